//! Threshold cryptography as sans-IO state machines: distributed key generation with complaints, ECDSA in three rounds, and FROST,
//! for code that owns its network and its storage.
//!
//! A run of a protocol at one device is a [`session::Session`]: bytes in, bytes out, four verbs. No I/O, no clock, no
//! threads, no async, no global state; randomness is an argument. Every failure says who, or says honestly that it cannot
//! know ([`error::Verdict`]), with evidence that convinces others where there can be any ([`evidence::Evidence`]).
//!
//! # Where to start
//! - [`dkg`]: make a key that never exists in one place. The module is the specification.
//! - [`keyset`]: make several keys, of several schemes, in the rounds of one.
//! - [`repair`]: give a member its lost share back.
//! - [`frost`]: sign with it (RFC 9591; BIP-340 and BIP-341 for Taproot).
//! - [`pairing`], [`ecdsa`]: pair the devices once, and sign with any ECDSA key that they share.
//! - [`session`]: the driver, and what the caller owes it.
//! - [`key`]: what a device stores. [`identity`], [`envelope`]: who the parties are, and how they sign what they send.
//! - [`vault`]: how a device stores it, sealed, and backups.
//! - [`channel`]: what carries all of it between the members of a [`cluster`], where there is nothing better.
//! - [`approval`], [`gated`]: signing requests, passkeys and other approvers, policies, caps, quotes, the audit log, and shares that sign
//!   only what was approved.
//! - [`guide`]: for wallets, for auditors, for researchers; all protocols, and every check, in one place.
//!
//! Below them: [`curve`] (groups), [`sharing`] (polynomials, Lagrange, Feldman), [`wire`] (the header), [`secret`] (the
//! only home of secrets).
//!
//! # Features
//! All are additive, and none changes a byte on the wire.
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `std` | yes | tables of k256 and p256 built at first use; the library itself never uses `std` |
//! | `critical-section` | | the same tables where there is no `std` but a `critical-section` implementation |
//! | `ed25519` | yes | keys for FROST(Ed25519, SHA-512) |
//! | `secp256k1` | | keys for ECDSA, for Taproot (BIP-340) and for FROST(secp256k1, SHA-256) |
//! | `p256` | | keys for ECDSA and for FROST(P-256, SHA-256) |
//! | `ristretto255` | | keys for FROST(ristretto255, SHA-512) |
//! | `frost` | yes | FROST signing, for keys of the FROST schemes that are there |
//! | `ecdsa` | yes | pairings and ECDSA signing, for keys on the curves that are there |
//! | `xpub` | | extended public keys of BIP-32 as text, for wallets that only watch; brings `secp256k1` |
//! | `channel` | | encrypted, authenticated channels between the members of a cluster ([`channel`]) |
//! | `vault` | | sealed containers for what a device stores, and backups of them ([`vault`]) |
//! | `approval` | | signing requests, passkeys, policies, the single-use registry, the audit log, and the gate ([`approval`], [`gated`]) |
//! | `passkey` | | a threshold P-256 key as a passkey and as an owner of a Safe ([`approval::passkey`]) |
//! | `quote` | | quotes for payments over HTTP, as in x402 ([`approval::quote`]) |
//! | `hazmat` | | putting a key's secret together, to leave threshold cryptography ([`key`]) |
//! | `serde` | | `Serialize` and `Deserialize` of results, through the crate's own bytes |
//! | `sim` | | an in-memory network with faults, for tests, benches and examples; needs `std` |
//!
//! Without default features the crate is `no_std` and needs `alloc`. Security parameters, hash choices and the detection
//! of cheaters are never features.
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
// A message from the network cannot panic. Tests may; `clippy.toml` says so.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// A build without any scheme makes no keys.
#![cfg_attr(
    not(any(feature = "ed25519", feature = "secp256k1", feature = "p256", feature = "ristretto255")),
    allow(dead_code)
)]
extern crate alloc;
#[cfg(feature = "sim")]
extern crate std;

#[cfg(feature = "approval")]
pub mod approval;
#[cfg(test)]
mod attacks;
#[cfg(feature = "channel")]
pub mod channel;
pub mod cluster;
pub mod curve;
pub mod dkg;
#[cfg(feature = "ecdsa")]
pub mod ecdsa;
pub mod envelope;
pub mod error;
pub mod evidence;
#[cfg(feature = "frost")]
pub mod frost;
#[cfg(feature = "approval")]
pub mod gated;
pub mod guide;
mod hash;
mod hedge;
pub mod identity;
pub mod import;
pub mod key;
pub mod keyset;
#[cfg(test)]
mod known_answers;
#[cfg(feature = "ecdsa")]
mod ot;
#[cfg(feature = "ecdsa")]
pub mod pairing;
pub mod party;
mod proof;
pub mod refresh;
pub mod repair;
pub mod reshare;
pub mod secret;
pub mod session;
pub mod sharing;
#[cfg(feature = "sim")]
pub mod sim;
#[cfg(feature = "vault")]
pub mod vault;
#[cfg(feature = "ecdsa")]
mod vole;
pub mod wire;
#[cfg(feature = "ecdsa")]
mod zero;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
