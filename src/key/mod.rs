//! Keys: what key generation puts out, and what a device stores.
//!
//! A [`Sharing`] is everything public about one sharing of a key: threshold, roster, Feldman commitment, chain code, and
//! the digests that pin the run it came from. It becomes a [`PublicKey`] with a complete [`Certificate`]: every member's
//! signature that it holds its share durably. A [`PendingShare`] is a share without the certificate, a [`KeyShare`] one
//! with it. [`derive()`] gives the public side of a child key at a [`Path`], by the rule of its scheme ([`Derivation`]); `Xpub` (feature
//! `xpub`) is an extended public key of BIP-32, for wallets that only watch.
//!
//! - `cert = H("cert"; sid, u32 epoch, base epoch_id, e1, e2, u8 scheme, u16 t, roster hash, V encoded, chain code)`
//! - `key_id = H("key-id"; u8 scheme, cert)` of the first epoch; it names the key for its life
//! - `epoch_id = H("epoch-id"; key_id, u32 epoch, cert)` names this sharing of it
//! - a member signs `H("sig-cert"; cert)` with its identity key

mod certificate;
mod child;
mod derive;
mod path;
mod share;
#[cfg(feature = "xpub")]
mod xpub;

pub(crate) use certificate::First;
pub use certificate::{Certificate, CertificateError, PublicKey, Sharing};
pub use child::{Derivation, Derive, Derived};
pub use derive::derive;
pub use path::Path;
pub use share::{KeyShare, PendingShare};
#[cfg(feature = "xpub")]
pub use xpub::{Network, Xpub, XpubError};
