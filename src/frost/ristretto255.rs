//! FROST(ristretto255, SHA-512): RFC 9591 section 6.2.

use sha2::{Digest, Sha512};

use super::schnorr::SchnorrSignature;
use super::sha512;
use super::suite::Suite;
use crate::curve::{Curve, FrostRistretto255, Scheme};
use crate::party::PartyId;

type Scalar = <<FrostRistretto255 as Scheme>::Curve as Curve>::Scalar;

/// RFC 9591 section 6.2.
impl Suite for FrostRistretto255 {
    const CONTEXT: &'static [u8] = b"FROST-RISTRETTO255-SHA512-v1";

    type Signature = SchnorrSignature<Self>;
    type Binding = Sha512;
    type Tweak = ();

    fn binding(public_key: &[u8], message: &[u8], commitments: &[u8]) -> Sha512 {
        sha512::binding::<Self>(public_key, message, commitments)
    }

    fn binding_factor(binding: &Sha512, id: PartyId) -> Scalar {
        sha512::binding_factor::<Self>(binding, id)
    }

    fn challenge(commitment: &[u8], public_key: &[u8], message: &[u8]) -> Scalar {
        let hash = sha512::start::<Self>(b"chal").chain_update(commitment).chain_update(public_key);
        sha512::scalar::<Self>(hash.chain_update(message))
    }

    fn nonce(random: &[u8; 32], secret: &Scalar) -> Scalar {
        sha512::nonce::<Self>(random, secret)
    }

    fn signature(commitment: &[u8], z: &Scalar) -> Option<SchnorrSignature<Self>> {
        SchnorrSignature::new(commitment, z)
    }
}
