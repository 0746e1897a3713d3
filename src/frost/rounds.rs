//! The two rounds and the aggregation, as plain functions (RFC 9591 sections 5.1 to 5.3).

use alloc::vec::Vec;

use ff::Field;

use super::nonce::SigningNonces;
use super::package::SigningPackage;
use super::search::bad_shares;
use super::share::SigningShare;
use super::suite::Suite;
use crate::curve::{Curve, Scheme, read_scalar, write_scalar};
use crate::error::SetupError;
use crate::party::{Parties, PartyId};
use crate::secret::{Secret, published};

/// `z_i`: one signer's part of the signature, `SCALAR_LEN` bytes on the wire. Public once sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SignatureShare<S: Suite>(pub(super) <S::Curve as Curve>::Scalar);

impl<S: Suite> SignatureShare<S> {
    /// The encoded scalar.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(S::Curve::SCALAR_LEN);
        write_scalar::<S::Curve>(&self.0, &mut out);
        out
    }

    /// A canonical scalar, or `None`. [F2.3]
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        read_scalar::<S::Curve>(bytes).map(Self)
    }
}

/// `z_i = d_i + e_i*rho_i + lambda_i*s_i*c`, with the share as the package's [`KeyView`](super::KeyView) maps it, and with the nonces negated where `R` is. The
/// nonces are spent, also by a failure.
///
/// # Errors
/// [`SetupError::WrongNonce`] if the package does not hold exactly these nonces' commitments for this signer [F1.2], or they were made
/// for another share; [`SetupError::SelfMissing`] if this signer is not in it; [`SetupError::RefreshFirst`], [`SetupError::Burned`] for a key share that
/// may not sign.
pub fn sign<S: Suite>(
    nonces: SigningNonces<S>,
    share: SigningShare<'_, S>,
    package: &SigningPackage<S>,
) -> Result<SignatureShare<S>, SetupError> {
    // [L2.2] as in the sessions
    share.unchecked.map_or(Ok(()), |of| of.check_standing(false))?;
    let (Some(place), Some(lambda)) = (package.signer(share.id), package.lambda(share.id)) else {
        return Err(SetupError::SelfMissing(share.id));
    };
    let ours = nonces.owner == share.id
        && nonces.epoch_id == share.epoch_id
        && share.commitment == package.view().base();
    if !ours || place.bytes != nonces.commitments {
        return Err(SetupError::WrongNonce(share.id));
    }
    // It is as secret as the share: z_i and it give the share away.
    let mut nonce = Secret::new(*nonces.binding.expose() * place.factor + nonces.hiding.expose());
    if package.negated() {
        *nonce.expose_mut() = -*nonce.expose();
    }
    let secret = package.view().share(share.secret);
    // It goes to all, or to the coordinator; the nonce hides the share in it.
    Ok(SignatureShare(published(lambda * secret.expose() * package.challenge() + nonce.expose())))
}

/// Why shares do not make a signature.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AggregateError {
    /// These signers' shares do not fit what they committed to. [F2.2]
    #[error("bad signature shares of {0}")]
    BadShares(Parties),
    /// The shares are not exactly one from each signer of the package.
    #[error("not one share from each signer")]
    Signers,
    /// Every share is good and the signature is not: this device computes wrongly. [F2.4]
    #[error("every share verifies, the signature does not")]
    OwnFault,
}

/// Adds up the shares, and verifies the signature before it is returned [F2.4]. Only if that fails is each share verified, to name everybody
/// whose is bad [F2.2].
///
/// # Errors
/// [`AggregateError`].
pub fn aggregate<S: Suite>(
    package: &SigningPackage<S>,
    shares: &[(PartyId, SignatureShare<S>)],
) -> Result<S::Signature, AggregateError> {
    let one_each = Parties::new(shares.iter().map(|(id, _)| *id)).is_ok_and(|ids| ids == *package.signers());
    if !one_each {
        return Err(AggregateError::Signers);
    }
    let z =
        shares.iter().fold(<<S as Scheme>::Curve as Curve>::Scalar::ZERO, |sum, (_, share)| sum + share.0);
    if package.verify(&z) {
        return S::signature(package.group_commitment(), &z).ok_or(AggregateError::OwnFault);
    }
    match Parties::new(bad_shares(package, shares)) {
        Ok(bad) if !bad.is_empty() => Err(AggregateError::BadShares(bad)),
        _ => Err(AggregateError::OwnFault),
    }
}
