//! Sealed containers for what a device stores: shares, pairings, presignatures, snapshots, and secrets of the application's own.
//!
//! A container is encrypted under a random data key, which is new at each sealing. Each of its slots wraps the data key for one key from outside: a
//! passphrase, the PRF output of a passkey, a key that a KMS protects, or a key that the application holds in memory. Who opens a container
//! says beforehand what it must be of. [`backup`] puts many things into one; [`prf`] is the passkey's side.
//!
//! Nothing here touches a disk, a clock or a network, and there is no default passphrase or key.
//!
//! # Container, version 1
//! Integers are big-endian. `F` is bytes 0 to 112.
//!
//! | offset | bytes | field |
//! |--:|--:|---|
//! | 0 | 8 | `QRTVAULT` |
//! | 8 | 1 | version 1 |
//! | 9 | 1 | kind ([`StoredKind`]) |
//! | 10 | 1 | suite 1: AES-256-GCM (NIST SP 800-38D), HKDF (RFC 5869) and HMAC (RFC 2104) with SHA-256 |
//! | 11 | 1 | scheme; 0 where there is none, or several |
//! | 12 | 2 | holder; 0 is none |
//! | 14 | 2 | zero |
//! | 16 | 32 | key id, or whatever names a thing of this kind ([`Subject`]) |
//! | 48 | 8 | epoch, below 2^32; of a backup its number |
//! | 56 | 8 | rollback counter |
//! | 64 | 16 | object id, random |
//! | 80 | 32 | commitment to the data key |
//! | 112 | 1 | count of slots, 1 to 8 |
//! | 113 | 1 | zero |
//! | 114 | 2 | length `A` of the slots |
//! | 116 | A | slots |
//! | 116 + A | 32 | MAC over bytes 0 to 116 + A |
//! | 148 + A | 4 | length `B` of the plaintext |
//! | 152 + A | B + 16 | ciphertext, tag |
//!
//! With `frame(t) = u32(length) || "quorate/1/" || t`, `DK` = 32 random bytes, `prk = HKDF-Extract(object id, DK)` and
//! `X(t) = HKDF-Expand(prk, frame(t), 32)`:
//!
//! - commitment = `X("vault/commit")`
//! - body: AES-256-GCM with key `X("vault/body")`, nonce zero, associated data `F || u32(B)`
//! - MAC = HMAC with key `X("vault/slots")`
//!
//! **Every AES key encrypts exactly once**, hence the zero nonces. GCM does not commit to its key: one ciphertext can be made that several keys
//! open, which lets a guesser test many at a time (Len, Grubbs and Ristenpart 2021). The commitments do, so a wrong key is told from a damaged file.
//!
//! ## Slots
//! `type 1, zero 1, length of the rest 2, salt 32, parameters, commitment 32, wrapped DK 48`
//!
//! | type | parameters | `ikm` |
//! |---|---|---|
//! | 1 passphrase | Argon2 version 0x13 1, zero 1, lanes 2, KiB 4, passes 4 | Argon2id(passphrase, salt), 32 bytes (RFC 9106) |
//! | 2 PRF | SHA-256 of the RP id 32, of the credential id 32, PRF input 32 | the PRF output for that input |
//! | 3 external | length 1 and label; length 2 and blob | a random key, which the wrapper protects in the blob |
//! | 4 held | SHA-256 of the label 32 | a random key in the application's memory |
//!
//! ```text
//! ctx        = H("vault/ctx"; F, u8 type, salt, parameters)           of type 3 without the blob
//! prk        = HKDF-Extract(salt, ikm)
//! commitment = HKDF-Expand(prk, frame("vault/slot-commit") || ctx, 32)
//! wrapped    = AES-256-GCM(key HKDF-Expand(prk, frame("vault/kek") || ctx, 32), nonce zero, associated data ctx, DK)
//! ```
//! Slots of type 4 are for daily work: marking a pairing open, storing a ban or a presignature must not ask for a passphrase or a passkey each
//! time. The application opens an [`AppSecret`] once, and holds it.
//!
//! # Checks
//! [`open`] makes them in this order, and gives the first error. Nothing of the content comes out before the last.
//!
//! | id | check | error |
//! |---|---|---|
//! | V1 | between 168 bytes and 16 MiB + 16 KiB; a backup up to 64 MiB | [`Malformed`](VaultError::Malformed); when sealing [`TooLarge`](VaultError::TooLarge) |
//! | V2 | magic | [`NotAContainer`](VaultError::NotAContainer) |
//! | V3 | version and suite | [`UnsupportedVersion`](VaultError::UnsupportedVersion) |
//! | V4 | the kind is that of the type asked for | [`WrongKind`](VaultError::WrongKind) |
//! | V5 | scheme, holder and name as expected | [`WrongSubject`](VaultError::WrongSubject) |
//! | V6 | zeros are zero, slots and plaintext fill their places exactly, types and labels are known ones | [`Malformed`](VaultError::Malformed) |
//! | V7 | Argon2's parameters within floor, ceiling and [`Limits`], before any memory is taken; then the memory is there | [`KdfOutOfRange`](VaultError::KdfOutOfRange), [`NoMemory`](VaultError::NoMemory) |
//! | V8 | there is a slot for the key | [`NoSuchSlot`](VaultError::NoSuchSlot) |
//! | V9 | the slot's commitment, in constant time | [`WrongKey`](VaultError::WrongKey), also if `F`, salt or parameters were changed |
//! | V10 | the tag of the wrapped key | [`Corrupt`](VaultError::Corrupt)([`Slot`](Part::Slot)) |
//! | V11 | the commitment in the header; the MAC over the slots | `Corrupt`([`Header`](Part::Header)), `Corrupt`([`Slots`](Part::Slots)) |
//! | V12 | the tag of the body | `Corrupt`([`Body`](Part::Body)) |
//! | V13 | counter and epoch, now that they are authentic | [`Rollback`](VaultError::Rollback), [`WrongEpoch`](VaultError::WrongEpoch) |
//! | V14 | the content decodes, and its own names and epoch are those of the header | `Corrupt`([`Content`](Part::Content)) |
//! | V15 | sealing and rewrapping: 1 to 8 slots, no two for one key; passphrase, label, blob and parameters in range | [`BadSlots`](VaultError::BadSlots), [`WeakPassphrase`](VaultError::WeakPassphrase), `KdfOutOfRange` |
//!
//! F1 to F4 are in [`prf`], B1 to B7 in [`backup`].
//!
//! # Passphrases
//! 8 to 1,024 bytes, as they are given. [`Kdf::default`] is the second choice of RFC 9106: 64 MiB, 3 passes, 4 lanes; an attempt costs about 0.15 s
//! of one core of a server. The OWASP Password Storage Cheat Sheet asks for at least 19 MiB, 2 passes, 1 lane: that is the floor, 0.02 s, for
//! sealing and for opening, so that nobody weakens a container by its parameters. Argon2 is what a guess costs; it does not make a weak passphrase
//! strong. (With a held key, sealing and opening cost 10 microseconds beside what the content itself costs to check; `cargo bench --bench vault`.)
//!
//! Whoever can write a container can ask for [`Limits::max_memory_kib`] of memory and 4 GiB of memory times passes for one attempt to open it, which are
//! about 3 s, and for no more.
//!
//! # Storing, in order
//! 1. [`seal`] under the next counter, and [`open`] the result.
//! 2. Write it beside the old file, and flush. Rename it over the old one, and flush the directory.
//! 3. Raise the watermark, the least counter that will be accepted from now on ([`Rollback::AtLeast`]). It stands where a thief of the disk cannot
//!    turn it back: in a TPM, at a server, on another device. A crash before this leaves one file above the watermark, which opens.
//! 4. Only then destroy what is old: other copies, and keys that wrapped it.
//!
//! A pairing ([`StoredPairing`](crate::pairing::StoredPairing)) goes through all of that when it is opened, when it is closed, and at a ban:
//!
//! - Read the watermark, open the container, load it ([`Opening`](crate::pairing::Opening)), seal the form that the opening gives under
//!   the next counter, write and flush it, and raise the watermark by compare-and-set from the value that was read. Who loses that race does not
//!   use the pairing: so it is in use once at a time. Only then call [`Opening::stored`](crate::pairing::Opening::stored).
//! - What [`Pairing::close`](crate::pairing::Pairing::close) gives is sealed the same way.
//! - So is a ban, at once when [`Pairing::must_save`](crate::pairing::Pairing::must_save) says so, and with it the watermark.
//!
//! An older container of a pairing would bring back the time before a ban, and an older record of epochs the time before a signature: of these two
//! kinds none is opened without a least counter.
//!
//! An older container of a share, or of a set, forgets what the device was told since: that the key is burned
//! ([`KeyShare::burn`](crate::key::KeyShare::burn)), and which pairings it refuses. [`Rollback::NotChecked`] lets that pass; where either matters,
//! give the least counter, or keep the share in its record of epochs, which has one.
//!
//! # What the vault does not do
//! - It makes nothing single-use. What is opened still passes its own gate: [`SpendOnce`](crate::session::SpendOnce) for presignatures, nonces and
//!   snapshots, [`Opening`](crate::pairing::Opening) for pairings.
//! - [`rewrap`] changes who can open a container from now on. It revokes nothing: an old copy with an old slot still opens. After a leak seal anew,
//!   destroy the old copies, and refresh the key.
//! - Without a watermark it cannot tell the newest container from an older one. With one, it cannot tell which of two containers with the same
//!   counter is meant: count every sealing.
//! - It hides neither that there is a container, nor its kind, scheme, holder, name, epoch, counter, length, and kinds of slots.
//! - Whoever has a key of one slot can make other containers with that slot: a container proves nothing about who made it.
//! - What other code copies of a secret, what the system swaps out, and what a flash disk keeps of deleted files is out of reach.
//!
//! # Use
//! ```
//! use quorate::curve::FrostEd25519;
//! use quorate::key::KeyShare;
//! use quorate::vault::{self, AppSecret, EpochRule, Expect, Kdf, Limits, Rollback, SlotKey, SlotSpec, Stored};
//! # use quorate::{party::Threshold, secret::Secret, sim::Cast};
//! # use rand_core::SeedableRng;
//! # let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(1);
//! # let cast = Cast::new([1, 2], &mut rng)?;
//! # let share = cast.deal::<FrostEd25519>(Threshold::new(2, 2)?, &mut rng)?.remove(0);
//! # let passphrase = Secret::new(b"correct horse battery staple".to_vec());
//!
//! // A key for daily work, held in memory, and a passphrase for the day when it is lost.
//! let daily = AppSecret::generate("daily work", &mut rng).ok_or("a label")?;
//! let key = daily.key().ok_or("32 bytes")?;
//! let slots = vec![
//!     SlotSpec::Held { label: daily.label(), key: &key },
//!     SlotSpec::Passphrase { passphrase: &passphrase, kdf: Kdf::default() },
//! ];
//! let sealed = vault::seal(&share, 1, slots, &mut rng)?;
//!
//! let expect = Expect {
//!     subject: share.subject(),
//!     epoch: EpochRule::AtLeast(0),
//!     rollback: Rollback::AtLeast(1),
//! };
//! let key = SlotKey::Held { label: "daily work", key: &key };
//! let opened: KeyShare<FrostEd25519> = vault::open(&sealed, &key, &expect, &Limits::default())?;
//! assert_eq!(opened.public().key_id(), share.public().key_id());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod app;
pub mod backup;
mod crypto;
mod error;
mod format;
mod kdf;
mod keys;
mod label;
mod open;
pub mod prf;
mod seal;
mod slot;

pub use crate::wire::{Stored, StoredKind, Subject};
pub use app::AppSecret;
pub use error::{Part, VaultError, WrapError};
pub use format::Container;
pub use kdf::{Kdf, Limits};
pub use keys::{KeyWrap, SlotKey, SlotSpec};
pub use open::{EpochRule, Expect, Rollback, open};
pub use seal::{SlotChange, rewrap, seal};
pub use slot::{Slot, SlotKind};
