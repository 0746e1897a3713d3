//! Nonces: made once, used once, by value.
//!
//! A signer's nonces move into [`super::sign`] and are gone, whatever comes of it. They are neither `Clone` nor
//! serializable; [`SigningNonces::store`] takes them off to a store, and [`SigningNonces::load`] brings them back only past a
//! durable witness that this was never done before. Two signatures under one pair of nonces give the share away.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

use super::share::SigningShare;
use super::suite::Suite;
use crate::curve::{Curve, Scheme, read_scalar, write_scalar};
use crate::error::ResumeError;
use crate::party::PartyId;
use crate::secret::{Secret, published_in_place};
use crate::session::SpendOnce;
use crate::wire::{Reader, put_u16};

type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;

/// `D || E`: what a signer publishes of its nonces, `2 * POINT_LEN` bytes. Not checked before it is used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NonceCommitments(Vec<u8>);

impl NonceCommitments {
    /// The bytes, as sent.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Bytes as received; `None` unless they have the length of two points of the suite.
    #[must_use]
    pub fn from_bytes<S: Suite>(bytes: &[u8]) -> Option<Self> {
        (bytes.len() == 2 * S::Curve::POINT_LEN).then(|| Self(bytes.to_vec()))
    }

    /// `SHA-256(D || E)`, by which the nonces are known to a [`SpendOnce`].
    #[must_use]
    pub fn id(&self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }
}

/// A signer's two nonces for one signature.
///
/// ```compile_fail,E0599
/// fn twice(nonces: &quorate::frost::SigningNonces<quorate::curve::FrostEd25519>) {
///     let _ = (*nonces).clone();
/// }
/// ```
///
/// ```compile_fail,E0382
/// use quorate::{curve::FrostEd25519, frost::{self, SigningNonces, SigningPackage, SigningShare}};
/// fn twice(
///     nonces: SigningNonces<FrostEd25519>,
///     share: SigningShare<FrostEd25519>,
///     one: &SigningPackage<FrostEd25519>,
///     two: &SigningPackage<FrostEd25519>,
/// ) {
///     let _ = frost::sign(nonces, share, one);
///     let _ = frost::sign(nonces, share, two);
/// }
/// ```
#[derive(Debug)]
pub struct SigningNonces<S: Suite> {
    pub(super) owner: PartyId,
    pub(super) epoch_id: [u8; 32],
    pub(super) hiding: Secret<Scalar<S>>,
    pub(super) binding: Secret<Scalar<S>>,
    pub(super) commitments: NonceCommitments,
}

const VERSION: u8 = 1;

/// Owner and epoch id of a stored form.
pub(super) fn names_of<S: Suite>(form: &[u8]) -> Option<(PartyId, [u8; 32])> {
    let mut r = Reader::new(form);
    if (r.u8()?, r.u8()?) != (VERSION, S::ID) {
        return None;
    }
    let owner = PartyId::new(r.u16()?).ok()?;
    let epoch_id = *r.array()?;
    r.bytes(2 * S::Curve::SCALAR_LEN)?;
    r.end()?;
    Some((owner, epoch_id))
}

impl<S: Suite> SigningNonces<S> {
    /// `d = H3(32 random bytes || ser(s))`, `e` likewise with other bytes, and their commitments (RFC 9591 section 5.1).
    /// Never deterministic: the share is mixed in against weak randomness, it does not replace it.
    pub fn generate(share: SigningShare<'_, S>, rng: &mut dyn CryptoRng) -> Self {
        loop {
            let mut nonce = || {
                let random = Secret::<[u8; 32]>::build(|bytes| rng.fill_bytes(bytes));
                Secret::new(S::nonce(random.expose(), share.secret.expose()))
            };
            let (hiding, binding) = (nonce(), nonce());
            // A zero nonce, which never happens, would have no commitment.
            if let Some(nonces) = Self::with(share.id, share.epoch_id, hiding, binding) {
                return nonces;
            }
        }
    }

    fn with(
        owner: PartyId,
        epoch_id: [u8; 32],
        hiding: Secret<Scalar<S>>,
        binding: Secret<Scalar<S>>,
    ) -> Option<Self> {
        let points = [&hiding, &binding].map(|k| S::Curve::mul_base(k.expose()));
        let mut bytes = Vec::with_capacity(2 * S::Curve::POINT_LEN);
        S::Curve::encode_points(&points, &mut bytes)?;
        // Commitments are made to be sent.
        published_in_place(bytes.as_slice());
        Some(Self { owner, epoch_id, hiding, binding, commitments: NonceCommitments(bytes) })
    }

    /// What to publish.
    #[must_use]
    pub const fn commitments(&self) -> &NonceCommitments {
        &self.commitments
    }

    /// Takes the nonces to a store: secret bytes to seal, `version 1, scheme 1, owner 2, epoch id 32, d 32, e 32`.
    #[must_use]
    pub fn store(self) -> Secret<Vec<u8>> {
        let mut out = Secret::buffer(36 + 2 * S::Curve::SCALAR_LEN);
        let bytes = out.expose_mut();
        bytes.extend_from_slice(&[VERSION, S::ID]);
        put_u16(bytes, self.owner.get());
        bytes.extend_from_slice(&self.epoch_id);
        write_scalar::<S::Curve>(self.hiding.expose(), bytes);
        write_scalar::<S::Curve>(self.binding.expose(), bytes);
        out
    }

    /// Brings stored nonces back, once: the witness is asked, and answers durably, before they are returned.
    ///
    /// # Errors
    /// [`ResumeError::Malformed`] if the bytes are not nonces of this scheme, [`ResumeError::Spent`] if they came back before.
    pub fn load(bytes: Secret<Vec<u8>>, witness: &mut dyn SpendOnce) -> Result<Self, ResumeError> {
        let nonces = Self::read(bytes.expose()).ok_or(ResumeError::Malformed)?;
        witness.spend(&nonces.commitments.id(), 1).map_err(|_| ResumeError::Spent)?;
        Ok(nonces)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader::new(bytes);
        if (r.u8()?, r.u8()?) != (VERSION, S::ID) {
            return None;
        }
        let owner = PartyId::new(r.u16()?).ok()?;
        let epoch_id = *r.array()?;
        let mut scalar = || Some(Secret::new(read_scalar::<S::Curve>(r.bytes(S::Curve::SCALAR_LEN)?)?));
        let (hiding, binding) = (scalar()?, scalar()?);
        r.end()?;
        Self::with(owner, epoch_id, hiding, binding)
    }
}
