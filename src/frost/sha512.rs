//! The hashes of the suites with SHA-512 (RFC 9591 sections 6.1 and 6.2): `H1` and `H3` to `H5` are
//! `SHA-512(ctx || label || m)`, as scalars little-endian and reduced modulo q.

use sha2::{Digest, Sha512};
use zeroize::Zeroize;

use super::suite::{Suite, serialized_id};
use crate::curve::{Curve, Scheme};
use crate::party::PartyId;
use crate::secret::Secret;

type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;

/// `SHA-512(ctx || label || ..)`.
pub(super) fn start<S: Suite>(label: &[u8]) -> Sha512 {
    Sha512::new().chain_update(S::CONTEXT).chain_update(label)
}

pub(super) fn scalar<S: Suite>(hash: Sha512) -> Scalar<S> {
    let mut wide = hash.finalize().into();
    let scalar = S::Curve::scalar_from_wide(&wide);
    wide.zeroize();
    scalar
}

/// `H1` after `enc(PK) || H4(msg) || H5(B)`.
pub(super) fn binding<S: Suite>(public_key: &[u8], message: &[u8], commitments: &[u8]) -> Sha512 {
    let message = start::<S>(b"msg").chain_update(message).finalize();
    let commitments = start::<S>(b"com").chain_update(commitments).finalize();
    start::<S>(b"rho").chain_update(public_key).chain_update(message).chain_update(commitments)
}

/// `H1`, to its end.
pub(super) fn binding_factor<S: Suite>(binding: &Sha512, id: PartyId) -> Scalar<S> {
    scalar::<S>(binding.clone().chain_update(serialized_id::<S>(id)))
}

/// `H3`.
pub(super) fn nonce<S: Suite>(random: &[u8; 32], secret: &Scalar<S>) -> Scalar<S> {
    let secret = Secret::new(super::suite::concatenated::<S>(&[], secret));
    scalar::<S>(start::<S>(b"nonce").chain_update(random).chain_update(secret.expose()))
}
