//! What all signers of a message share: commitments, binding factors, `R`, the challenge.

use alloc::vec::Vec;

use ff::Field;
use group::Group;

use super::nonce::NonceCommitments;
use super::suite::{Suite, serialized_id};
use super::view::KeyView;
use crate::curve::{Curve, Scheme, Unchecked, encode_point};
use crate::party::{Parties, PartyId};
use crate::sharing::{Commitment, coefficient};

type Point<S> = <<S as Scheme>::Curve as Curve>::Point;
type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;

/// Why a signing package cannot be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// These signers' commitments do not decode, are the identity, or are not of prime order. [F1.1]
    #[error("malformed nonce commitments of {0}")]
    Malformed(Parties),
    /// A signer stands twice, or there are fewer signers than the key's threshold. [F0.1]
    #[error("not a set of at least t signers")]
    Signers,
    /// `R` is the identity, the challenge zero, or there is no tweaked key: negligible probability. [F1.3]
    #[error("degenerate group commitment")]
    Degenerate,
}

/// One signer's place in the package; where `R` was negated, with its nonces' points negated.
#[derive(Debug)]
pub(super) struct Signer<C: Curve> {
    pub(super) id: PartyId,
    /// `rho_i`.
    pub(super) factor: C::Scalar,
    pub(super) hiding: Unchecked<C>,
    pub(super) binding: Unchecked<C>,
    pub(super) bytes: NonceCommitments,
}

/// Everything public about one signature in the making, as every signer computes it for itself.
#[derive(Debug)]
pub struct SigningPackage<S: Suite> {
    signers: Vec<Signer<S::Curve>>,
    ids: Parties,
    key: KeyView<S>,
    /// `R`, as it stands in the signature.
    group_commitment: Point<S>,
    group_commitment_bytes: Vec<u8>,
    /// Whether that is the negated sum.
    negated: bool,
    /// `c`.
    challenge: Scalar<S>,
}

impl<S: Suite> SigningPackage<S> {
    /// Computes binding factors, `R = sum D_i + rho_i E_i`, and the challenge (RFC 9591 sections 4.4 to 4.6). The key is a [`KeyView`], or
    /// a commitment, which stands for the key itself (of a Taproot key, for its output key without script paths).
    ///
    /// Points are decoded without the check of their order; `R` is checked, and each point only if that fails. What
    /// small-order parts that cancel in `R` could do is argued in the module's documentation: nothing.
    ///
    /// # Errors
    /// [`PackageError`]; every signer with malformed commitments is named.
    pub fn new(
        key: impl TryInto<KeyView<S>>,
        commitments: impl IntoIterator<Item = (PartyId, NonceCommitments)>,
        message: &[u8],
    ) -> Result<Self, PackageError> {
        let mut list: Vec<(PartyId, NonceCommitments)> = commitments.into_iter().collect();
        list.sort_by_key(|(id, _)| *id);
        let ids = Parties::new(list.iter().map(|(id, _)| *id)).map_err(|_| PackageError::Signers)?;
        let key = key.try_into().map_err(|_| PackageError::Degenerate)?;
        if ids.len() < key.commitment().t() || ids.contains(PartyId::COORDINATOR) {
            return Err(PackageError::Signers);
        }
        let signers = decode::<S::Curve>(&list, Unchecked::read).map_err(|_| malformed::<S::Curve>(&list))?;
        let mut package = Self {
            signers,
            ids,
            key,
            group_commitment: Point::<S>::identity(),
            group_commitment_bytes: Vec::new(),
            negated: false,
            challenge: Scalar::<S>::ZERO,
        };
        package.bind(message);
        package.commit(&list)?;
        // [F1.3] R is not the identity, c is not zero
        package.group_commitment_bytes =
            encode_point::<S::Curve>(&package.group_commitment).ok_or(PackageError::Degenerate)?;
        package.normalize();
        package.challenge = S::challenge(&package.group_commitment_bytes, package.key.public_key(), message);
        if package.challenge.is_zero().into() { Err(PackageError::Degenerate) } else { Ok(package) }
    }

    /// `rho_i` for every signer: one hash of everything, then a short continuation each.
    fn bind(&mut self, message: &[u8]) {
        let len = S::Curve::SCALAR_LEN + 2 * S::Curve::POINT_LEN;
        let mut list = Vec::with_capacity(self.signers.len() * len);
        for signer in &self.signers {
            list.extend_from_slice(&serialized_id::<S>(signer.id));
            list.extend_from_slice(signer.bytes.as_bytes());
        }
        let binding = S::binding(self.key.public_key(), message, &list);
        for signer in &mut self.signers {
            signer.factor = S::binding_factor(&binding, signer.id);
        }
    }

    fn commit(&mut self, list: &[(PartyId, NonceCommitments)]) -> Result<(), PackageError> {
        let terms: Vec<_> = self.signers.iter().map(|s| (s.binding, s.factor)).collect();
        let mut sum: Unchecked<S::Curve> = self.signers.iter().map(|s| s.hiding).sum();
        sum += Unchecked::msm_vartime(&terms);
        let Some(point) = sum.check() else {
            return Err(malformed::<S::Curve>(list));
        };
        self.group_commitment = point;
        Ok(())
    }

    /// Where the signature has `-R`, everybody's nonces count negated.
    fn normalize(&mut self) {
        self.negated = S::normalize(&mut self.group_commitment_bytes);
        if self.negated {
            self.group_commitment = -self.group_commitment;
            for signer in &mut self.signers {
                (signer.hiding, signer.binding) = (-signer.hiding, -signer.binding);
            }
        }
    }

    /// The signers, ascending.
    #[must_use]
    pub const fn signers(&self) -> &Parties {
        &self.ids
    }

    /// `R`, encoded.
    #[must_use]
    pub fn group_commitment(&self) -> &[u8] {
        &self.group_commitment_bytes
    }

    /// The key that is signed for, in the form in which it signs.
    #[must_use]
    pub fn key(&self) -> &Commitment<S::Curve> {
        self.key.commitment()
    }

    pub(super) const fn view(&self) -> &KeyView<S> {
        &self.key
    }

    /// Whether nonces count negated.
    pub(super) const fn negated(&self) -> bool {
        self.negated
    }

    pub(super) const fn challenge(&self) -> &Scalar<S> {
        &self.challenge
    }

    /// `lambda_i` over the actual signers.
    pub(super) fn lambda(&self, id: PartyId) -> Option<Scalar<S>> {
        coefficient::<S::Curve>(&self.ids, id)
    }

    /// A signer's binding factor and commitments.
    pub(super) fn signer(&self, id: PartyId) -> Option<&Signer<S::Curve>> {
        self.signers.get(self.ids.position(id)?)
    }

    /// [F2.4] `z*G == R + c*PK`: the standard verifier's equation, without its cofactor.
    pub(super) fn verify(&self, z: &Scalar<S>) -> bool {
        let minus_c = Scalar::<S>::ZERO - self.challenge;
        S::Curve::mul_base_add_vartime(z, &self.key().public_key(), &minus_c) == self.group_commitment
    }
}

/// [F1.1] Everybody with a point that does not decode or is not of prime order.
fn malformed<C: Curve>(list: &[(PartyId, NonceCommitments)]) -> PackageError {
    let strict = |bytes: &[u8]| Unchecked::read(bytes).filter(|p: &Unchecked<C>| p.check().is_some());
    decode::<C>(list, strict).err().unwrap_or(PackageError::Degenerate)
}

/// Decodes all commitments, or names everybody whose do not.
fn decode<C: Curve>(
    list: &[(PartyId, NonceCommitments)],
    read: impl Fn(&[u8]) -> Option<Unchecked<C>>,
) -> Result<Vec<Signer<C>>, PackageError> {
    let mut bad = Vec::new();
    let mut signers = Vec::with_capacity(list.len());
    for (id, bytes) in list {
        let points = bytes.as_bytes().split_at_checked(C::POINT_LEN);
        match points.and_then(|(d, e)| Some((read(d)?, read(e)?))) {
            Some((hiding, binding)) => {
                let (id, factor) = (*id, C::Scalar::ZERO);
                signers.push(Signer { id, factor, hiding, binding, bytes: bytes.clone() });
            }
            None => bad.push(*id),
        }
    }
    match Parties::new(bad) {
        Ok(bad) if bad.is_empty() => Ok(signers),
        Ok(bad) => Err(PackageError::Malformed(bad)),
        Err(_) => Err(PackageError::Signers),
    }
}

#[cfg(test)]
impl<S: Suite> SigningPackage<S> {
    pub(super) fn factors(&self) -> Vec<Scalar<S>> {
        self.signers.iter().map(|s| s.factor).collect()
    }

    /// As a device has it that computes wrongly.
    pub(super) fn with_another_sum(mut self) -> Self {
        self.group_commitment += Point::<S>::generator();
        self
    }
}
