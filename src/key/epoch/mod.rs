//! Epochs: which share of a key is the one to sign with, and when an old one may go.
//!
//! Refresh and reshare put a new sharing in the place of an old one, at devices that crash, on a network that loses messages, among parties of
//! whom some lie. If a device erases its old share too early, or signs for a new one that it then loses, the key is gone; in published systems one
//! peer could make half of the devices delete old shares and the other half new ones (Aumasson and Shlomovits 2020, "forget-and-forgive";
//! Kudelski's audit of 2021). [`Epochs`] is one device's record of one key, and the rules by which it changes. They are searched exhaustively
//! in the crate's tests, with three and four devices, one of them malicious: in every state that can be reached, the honest devices can sign.
//!
//! # Rules
//! A device has at most one *current* epoch, whose share it signs with, and any number of *pending* ones, all with higher numbers.
//!
//! 1. **One signature a number, and numbers rise.** A device signs for an epoch only if its number is above every one that it signed for or
//!    holds ([`Epochs::admits`]). Two certificates under one number would put devices where neither can follow the other. A step of more than
//!    2^16 ([`MAX_STEP`]) is refused until the application confirms the number ([`Epochs::confirm`]): whoever proposes a run chooses the
//!    number, and one step to 2^32 - 1 would end refresh and reshare for ever.
//! 2. **First the disk, then the signature.** The pending share is durable before the signature that says so leaves ([`Epochs::keep`], then
//!    store, then `Session::kept`). The certificate makes others erase their old shares; it must not speak for a share that a crash can take.
//! 3. **Only a complete certificate makes an epoch current**: the signatures of all members, and of all dealers where others dealt
//!    ([`Epochs::enter`], check T3.1). Everything lower is erased then, because by the certificate every member has the new share or can come to it.
//!    Newer pending epochs stay. A dealer that is no member erases its share then, and not before. A device that took no part erases nothing.
//! 4. **The certificate can be handed on**, by anyone, at any time ([`Epochs::certificate`], [`Epochs::meet`]). A confirmation between two would
//!    let one peer tell some devices to go ahead and others to stay. Devices in different epochs exchange certificates before they sign.
//! 5. **What is pending stays**, without limit, until a complete certificate of its number or a higher one arrives. A verdict against somebody does
//!    not end it: the cheater may have given its signature to others, who have erased what came before. Only where nothing came before,
//!    in key generation and import, may the application give up the key ([`Epochs::abandon`]); no one uses a public key before all
//!    devices report success. A device that joins a key that exists has promised its share like any other, and does not give it up.
//! 6. **The highest number wins.** A run that stalls is replaced by another with a higher number. If both certificates become complete after all,
//!    every member of the higher one has it pending, by 2 and 5, and leaves the lower.
//! 7. **What no rule can do.** Any `t` devices can reshare the same epoch twice, to two rosters that have nobody honest in common. A device keeps to
//!    the epoch that it entered; two rosters have the key then. Authorise one reshare an epoch.
//! 8. **A lost device blocks every run whose roster has it.** The way out is a reshare without it: `t` dealers, and all of the new roster
//!    online. With `t = n` a lost device is a lost key.
//!
//! While shares are replaced, whoever holds up to `t - 1` devices has up to `t - 1` shares of the old epoch and of the new one: a corruption
//! during the change counts in both. Erasing is what makes the next period safe; backups are out of reach, and `t` old shares anywhere are the key.
//!
//! A share signs in its own epoch only: the epoch's id is in the binding of every run, so that a mixed quorum is
//! [`Rejected::SetupMismatch`](crate::error::Rejected::SetupMismatch) before any secret is used. Presignatures end with their epoch, and the
//! receipt says when.
//!
//! # Use
//! ```
//! use quorate::curve::FrostEd25519;
//! use quorate::identity::IdentityKey;
//! use quorate::key::epoch::{EpochName, Epochs};
//! use quorate::refresh::Refresh;
//! use quorate::session::{Session, Status};
//! # use quorate::{envelope::Unsigned, evidence::Envelope, party::Threshold, refresh, sim::{Cast, MemoryLedger}, wire::SessionId};
//! # use rand_core::SeedableRng;
//!
//! trait Disk {
//!     fn store(&mut self, record: &[u8]) -> std::io::Result<()>; // sealed under a new wrapping key, durable when it returns
//!     fn destroy(&mut self, epochs: &[EpochName]); // old wrapping keys, and presignatures of these epochs
//! }
//!
//! /// Does what there is to do in a refresh at one device. Whether it is over.
//! fn work(
//!     session: &mut Session<Refresh<FrostEd25519>>,
//!     epochs: &mut Epochs<FrostEd25519>,
//!     key: &IdentityKey,
//!     disk: &mut impl Disk,
//!     rng: &mut dyn rand_core::CryptoRng,
//! ) -> Result<bool, Box<dyn std::error::Error>> {
//!     match session.advance(rng)? {
//!         Status::Keep => {
//!             let pending = session.pending().ok_or("there is one after Keep")?;
//!             let input = epochs.keep(pending)?;
//!             disk.store(epochs.to_bytes().expose())?; // first the disk,
//!             session.kept(&key.sign(&input))?; // then the signature
//!         }
//!         Status::Done(share) => {
//!             let receipt = epochs.enter(share.public().certificate())?;
//!             disk.store(epochs.to_bytes().expose())?; // first what is new,
//!             disk.destroy(&receipt.erased); // then what is old
//!             epochs.settled(&receipt.erased);
//!             disk.store(epochs.to_bytes().expose())?;
//!             return Ok(true);
//!         }
//!         _ => {}
//!     }
//!     Ok(false)
//! }
//! # #[derive(Default)]
//! # struct Memory(Vec<u8>, usize);
//! # impl Disk for Memory {
//! #     fn store(&mut self, record: &[u8]) -> std::io::Result<()> { self.0 = record.to_vec(); Ok(()) }
//! #     fn destroy(&mut self, epochs: &[EpochName]) { self.1 += epochs.len(); }
//! # }
//! # let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(1);
//! # let cast = Cast::new([1, 2], &mut rng)?;
//! # let shares = cast.deal::<FrostEd25519>(Threshold::new(2, 2)?, &mut rng)?;
//! # let run = refresh::Run::new(shares[0].public(), 1, SessionId([1; 16]))?;
//! # let mut devices = Vec::new();
//! # for share in shares {
//! #     let session = Refresh::start(&run, &share, &mut MemoryLedger::default(), &mut rng)?;
//! #     let epochs = Epochs::new(share);
//! #     epochs.admits(1)?;
//! #     devices.push((session, epochs, Memory::default(), 0, false));
//! # }
//! # while devices.iter().any(|device| !device.4) {
//! #     let mut mail = Vec::new();
//! #     for (session, epochs, disk, sent, over) in &mut devices {
//! #         let key = cast.key(epochs.me()).ok_or("a key")?;
//! #         *over |= work(session, epochs, key, disk, &mut rng)?;
//! #         for out in session.outgoing(*sent) {
//! #             let signature = key.sign(Unsigned::new(out.bytes)?.to_sign());
//! #             let envelope = Envelope { bytes: out.bytes.to_vec(), signature };
//! #             mail.push(envelope.verify(cast.roster())?);
//! #         }
//! #         *sent = session.sent();
//! #     }
//! #     for message in &mail {
//! #         devices.iter_mut().for_each(|device| drop(device.0.receive_signed(message)));
//! #     }
//! # }
//! # for (_, epochs, disk, ..) in devices {
//! #     assert_eq!(epochs.current().ok_or("a share")?.public().epoch(), 1);
//! #     assert_eq!((epochs.owed(), disk.1), (&[][..], 1));
//! #     assert_eq!(Epochs::<FrostEd25519>::from_bytes(&disk.0).ok_or("a record")?.highest_signed(), Some(1));
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//! After a crash, [`Epochs::from_bytes`] gives the record back; a session that comes back from its snapshot says `Keep` again, which is kept
//! again without harm. A device whose session is gone, or ended with a verdict, gets the certificate from another one and enters by it:
//! so does every device that was behind.

mod book;
#[cfg(test)]
mod model;
mod record;
mod store;
mod tell;

pub use book::MAX_STEP;
pub use record::{Epochs, Waiting};
pub use tell::{EpochError, EpochName, Met, Receipt};
