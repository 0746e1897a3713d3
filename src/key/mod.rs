//! Keys: what key generation puts out, what later runs make of it, and what a device stores.
//!
//! A [`Sharing`] is everything public about one sharing of a key: threshold, roster, Feldman commitment, chain code, the run it came from
//! ([`Origin`]), and the digests that pin that run. It becomes a [`PublicKey`] with a complete [`Certificate`]: the signature of everybody who
//! took part, each saying that it holds its share durably. A [`PendingShare`] is a share without the certificate, a [`KeyShare`] one
//! with it. Where not everybody who takes part is a member, a device ends with a [`Seat`].
//! [`epoch::Epochs`] is a device's record of a key over its epochs: which share signs, what waits, and what may be erased.
//! [`derive()`] gives the public side of a child key at a [`Path`], by the rule of its scheme ([`Derivation`]); `Xpub` (feature
//! `xpub`) is an extended public key of BIP-32, for wallets that only watch.
//!
//! - `cert = H("cert"; sid, u32 epoch, base epoch_id, e1, e2, u8 scheme, u16 t, roster hash, V encoded, chain code)`, where `sid` is that of
//!   the run, so that it holds the protocol, the dealers and the members
//! - `key_id = H("key-id"; u8 scheme, cert)` of the first epoch; it names the key for its life
//! - `epoch_id = H("epoch-id"; key_id, u32 epoch, cert)` names this sharing of it; the base epoch_id of a later epoch holds the key id
//! - everybody signs `H("sig-cert"; cert)` with its identity key; of keys made in one set ([`crate::keyset`]) all at once,
//!   `H("sig-set-cert"; cert_1, .., cert_k)`

mod certificate;
mod child;
mod derive;
pub mod epoch;
#[cfg(feature = "hazmat")]
mod export;
mod origin;
mod path;
mod place;
mod seat;
mod share;
mod sharing;
mod stored;
#[cfg(feature = "xpub")]
mod xpub;

pub(crate) use certificate::certificate_input;
pub use certificate::{Certificate, CertificateError, PublicKey};
pub use child::{Derivation, Derive, Derived};
pub use derive::derive;
#[cfg(feature = "hazmat")]
pub use export::{Exported, export};
pub(crate) use origin::{Base, Source, together};
pub use origin::{Made, Origin};
pub use path::Path;
pub use place::{MAX_KEYS, Place};
pub use seat::{Leaver, PendingSeat, Seat};
pub use share::{KeyShare, PendingShare};
pub use sharing::Sharing;
pub(crate) use sharing::{Draft, chain_code};
#[cfg(feature = "xpub")]
pub use xpub::{Network, Xpub, XpubError};
