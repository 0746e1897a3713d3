//! What is signed, by whom, under which key.

use alloc::vec::Vec;

use ff::Field;

use super::suite::Suite;
use super::view::KeyView;
use crate::curve::{Curve, Scheme};
use crate::error::SetupError;
use crate::hash::sha256;
use crate::key::{Derive, Path, PublicKey, derive};
use crate::party::{Parties, PartyId};
use crate::session::{Terms, binding};
use crate::wire::SessionId;

use super::PROTOCOL;

type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;

/// One message to be signed by a set of signers: what all of them, and the coordinator, agree on beforehand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Task<S: Suite> {
    key: PublicKey<S>,
    signers: Parties,
    message: Vec<u8>,
    session: SessionId,
    path: Path,
    /// What the path adds to every share, public.
    delta: Scalar<S>,
    /// `pk'`, encoded: the derived key, before any tweak.
    derived: Vec<u8>,
    tweak: S::Tweak,
    /// The key that signs, after both.
    view: KeyView<S>,
}

impl<S: Suite> Task<S> {
    /// `message` is signed as it is, of any length; nothing hashes it first. The session id is unique per run. The key itself signs, of a Taproot
    /// key its output key without script paths, unless [`path`](Self::path) or `taproot` say otherwise.
    ///
    /// # Errors
    /// [F0.1] [`SetupError::NotInRoster`] names a signer that is no member, [`SetupError::TooFewSigners`] counts them;
    /// [`SetupError::Malformed`] if a Taproot key has no output key, with negligible probability.
    pub fn new(
        key: &PublicKey<S>,
        signers: Parties,
        message: &[u8],
        session: SessionId,
    ) -> Result<Self, SetupError> {
        if let Some(stranger) = signers.iter().find(|id| !key.roster().parties().contains(*id)) {
            return Err(SetupError::NotInRoster(stranger));
        }
        let t = key.threshold().t();
        if signers.len() < usize::from(t) {
            return Err(SetupError::TooFewSigners { signers: signers.len(), t });
        }
        let (delta, tweak) = (Scalar::<S>::ZERO, S::Tweak::default());
        let view = KeyView::tweaked(key.commitment(), &tweak)?;
        Ok(Self {
            key: key.clone(),
            signers,
            message: message.to_vec(),
            session,
            path: Path::default(),
            delta,
            derived: key.public_key(),
            tweak,
            view,
        })
    }

    /// Signs with the key at the end of a path, in schemes that have one: BIP-32 on secp256k1, SLIP-10 on P-256.
    ///
    /// # Errors
    /// [`SetupError::Underivable`]; [`SetupError::Malformed`] if there is no such key, with negligible probability.
    pub fn path(self, path: Path) -> Result<Self, SetupError>
    where
        S: Derive,
    {
        let derived = derive(&self.key, &path)?;
        Self { path, delta: *derived.tweak(), derived: derived.public_key(), ..self }.formed()
    }

    #[cfg(feature = "secp256k1")]
    pub(super) fn tweaked(self, tweak: S::Tweak) -> Result<Self, SetupError> {
        Self { tweak, ..self }.formed()
    }

    /// Derivation first, then the tweak, in whatever order they were said.
    fn formed(self) -> Result<Self, SetupError> {
        let view = S::form(KeyView::shifted(self.key.commitment(), &self.delta)?, &self.tweak)?;
        Ok(Self { view, ..self })
    }

    /// The key that signs: what the signature verifies under.
    #[must_use]
    pub const fn view(&self) -> &KeyView<S> {
        &self.view
    }

    /// The key; what signs is [`view`](Self::view).
    #[must_use]
    pub const fn key(&self) -> &PublicKey<S> {
        &self.key
    }

    /// The signers, ascending.
    #[must_use]
    pub const fn signers(&self) -> &Parties {
        &self.signers
    }

    /// The message.
    #[must_use]
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// The terms at one party: the binding's items are `key id, u32 epoch, epoch id, signers, pk', path, SHA-256(message)`, of Taproot
    /// with the tweak before the last (empty, `01`, or `02 || root`); `pk'` is the derived key before the tweak, threshold and roster are the key's.
    #[must_use]
    pub fn terms(&self, me: PartyId) -> Terms {
        let binding = binding::<S>(PROTOCOL, self.key.threshold(), self.key.roster())
            .bytes(self.key.key_id())
            .u32(self.key.epoch())
            .bytes(&self.key.epoch_id())
            .bytes(&self.signers.to_bytes())
            .bytes(&self.derived)
            .bytes(&self.path.to_bytes());
        let tweak = S::tweak_item(&self.tweak);
        let binding = tweak.iter().fold(binding, |binding, item| binding.bytes(item));
        let binding = binding.bytes(&sha256(&self.message)).finish();
        Terms { protocol: PROTOCOL, session: self.session, binding, me, roster: *self.key.roster().hash() }
    }
}
