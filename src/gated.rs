//! Shares behind the gate: what they can do, they do for an approved request, and for nothing else.
//!
//! A share that is put into a [`Gated`] opens no session without an [`Approved`](crate::approval::gate::Approved) request, which its
//! holder's own [`Gate`](crate::approval::gate::Gate) gives and which is spent by it. It is a type and not a switch: the constructors of [`crate::ecdsa`], [`crate::frost`], [`crate::refresh`] and the
//! others want a share, and a gated one lends none. Taking it out needs the feature `hazmat`. What comes out of a gated run is gated again.
//!
//! - [`ecdsa`]: signatures, batches, presignatures (made freely, since they sign nothing, and spent only for a request).
//! - [`frost`]: signatures, of Taproot with the tweak of the request.
//! - `passkey`: the assertions of a passkey's key, which signs nothing else (with the feature).
//! - [`life`]: refresh, reshare, repair, and, with `hazmat`, export, each against a payload that describes it.
//!
//! Every session that is opened is a [`GatedSession`], which carries what was reserved for its requests. When it has ended, with or without a
//! result, [`GatedSession::close`] settles registry and caps by what the session knows, and notes it in the journal.
//!
//! # Checks
//! Those of [`crate::approval::gate`], G3 to G5. What opens takes key and epoch from the share, and path, tweak, message and session id from the
//! request; beside these it is told only who signs.
//!
//! # Stored
//! `"QGAT" | version 1 | kind 1 | form`, with kind 1 a share, 2 a record of epochs, 3 a presignature, `11` and `12` (hexadecimal) a passkey's share and record of
//! epochs, with `u16 length || record` of the passkey before the form, and the form of
//! [`KeyShare::to_bytes`](crate::key::KeyShare::to_bytes), [`Epochs::to_bytes`](crate::key::epoch::Epochs::to_bytes) or
//! [`Presignature::store`](crate::ecdsa::Presignature::store). It is secret. The reader of a share refuses it, and that of a gated share
//! refuses one that is not: what was gated stays so over a restart. It seals as kinds of its
//! own, 11 to 13, so that a container that was gated opens as gated. Against whoever can read the bytes no form is a gate.
//!
//! ```compile_fail,E0308
//! use quorate::{curve::FrostEd25519, frost, gated::Gated, key::KeyShare, session::Session};
//! fn around(share: &Gated<KeyShare<FrostEd25519>>, task: frost::Task<FrostEd25519>, rng: &mut dyn rand_core::CryptoRng) {
//!     let _ = frost::Sign::start(share, task, rng);
//! }
//! ```
//!
//! ```compile_fail,E0616
//! use quorate::{curve::FrostEd25519, gated::Gated, key::KeyShare};
//! fn around(share: Gated<KeyShare<FrostEd25519>>) -> KeyShare<FrostEd25519> {
//!     share.0
//! }
//! ```
//!
//! ```compile_fail,E0599
//! use quorate::{curve::FrostEd25519, gated::Gated, key::KeyShare};
//! fn twice(share: &Gated<KeyShare<FrostEd25519>>) -> Gated<KeyShare<FrostEd25519>> {
//!     (*share).clone()
//! }
//! ```

#[cfg(feature = "ecdsa")]
pub mod ecdsa;
mod epochs;
#[cfg(feature = "frost")]
pub mod frost;
mod kinds;
pub mod life;
mod open;
#[cfg(feature = "passkey")]
pub mod passkey;
mod session;
mod stored;
mod uses;

#[cfg(feature = "ecdsa")]
pub use kinds::StoredPresignature;
pub use open::{Unopened, key_ref, live_key};
pub use session::{GatedSession, Guarded};
#[cfg(feature = "vault")]
pub(crate) use stored::share_of;
use uses::Uses;

use crate::curve::Scheme;
use crate::error::SetupError;
use crate::key::epoch::Epochs;
use crate::key::{KeyShare, PublicKey};
use crate::party::PartyId;

/// A share, a record of epochs, or a presignature, behind the gate.
#[derive(Debug)]
pub struct Gated<T>(T, Uses);

impl<T> Gated<T> {
    /// Puts it behind the gate. From then on only what is said here is done with it.
    #[must_use]
    pub const fn new(thing: T) -> Self {
        Self(thing, Uses::ANYTHING)
    }

    /// Takes it out. Whoever has it does with it what nobody approved.
    #[cfg(feature = "hazmat")]
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<S: Scheme> Gated<KeyShare<S>> {
    /// Whose share it is.
    #[must_use]
    pub const fn id(&self) -> PartyId {
        self.0.id()
    }

    /// The public side.
    #[must_use]
    pub const fn public(&self) -> &PublicKey<S> {
        self.0.public()
    }

    /// As [`KeyShare::must_refresh`].
    #[must_use]
    pub fn must_refresh(&self) -> bool {
        self.0.must_refresh()
    }

    /// As [`KeyShare::is_burned`].
    #[must_use]
    pub fn is_burned(&self) -> bool {
        self.0.is_burned()
    }

    /// As [`KeyShare::burn`].
    pub const fn burn(&mut self) {
        self.0.burn();
    }

    /// As [`KeyShare::refuse_pairings`].
    pub fn refuse_pairings(&mut self, ids: impl IntoIterator<Item = [u8; 32]>) {
        self.0.refuse_pairings(ids);
    }

    /// A record of the key's epochs with this share as the current one.
    #[must_use]
    pub fn into_epochs(self) -> Gated<Epochs<S>> {
        Gated(Epochs::new(self.0), self.1)
    }
}

mod sealed {
    use super::{Epochs, KeyShare, Scheme};

    /// Closes [`Holds`](super::Holds).
    pub trait Sealed {}
    impl<S: Scheme> Sealed for KeyShare<S> {}
    impl<S: Scheme> Sealed for Epochs<S> {}
}

/// What has a share to sign with: a share itself, or a record of epochs. Sealed.
pub trait Holds<S: Scheme>: sealed::Sealed {
    #[doc(hidden)]
    fn share(&self) -> Result<&KeyShare<S>, SetupError>;
}

impl<S: Scheme> Holds<S> for KeyShare<S> {
    fn share(&self) -> Result<&KeyShare<S>, SetupError> {
        Ok(self)
    }
}

impl<S: Scheme> Holds<S> for Epochs<S> {
    fn share(&self) -> Result<&KeyShare<S>, SetupError> {
        self.current().ok_or(SetupError::ShareMissing(self.me()))
    }
}
