//! What a key is for.

use core::fmt::Debug;

use super::{Curve, sealed};

/// A signature scheme together with its curve: what a key is for.
///
/// A key belongs to one scheme for its life and carries it in its type, so that one key under two schemes does not
/// compile. Two schemes over one curve are two types. Sealed, like [`Curve`].
pub trait Scheme: sealed::Sealed + Copy + Eq + Debug + Send + Sync + 'static {
    /// The curve of keys, nonces and signatures.
    type Curve: Curve;
    /// The scheme's number in messages and hashes. Never reused.
    const ID: u8;
    /// The scheme's name, for people.
    const NAME: &'static str;
}

macro_rules! scheme {
    ($(#[$doc:meta])* $feature:literal, $name:ident, $curve:ident, $id:literal, $label:literal) => {
        $(#[$doc])*
        #[cfg(feature = $feature)]
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub struct $name;

        #[cfg(feature = $feature)]
        impl sealed::Sealed for $name {}

        #[cfg(feature = $feature)]
        impl Scheme for $name {
            type Curve = super::$curve;
            const ID: u8 = $id;
            const NAME: &'static str = $label;
        }
    };
}

scheme! {
    /// ECDSA over secp256k1 (SEC 1, SEC 2).
    "secp256k1", EcdsaSecp256k1, Secp256k1, 1, "ECDSA(secp256k1)"
}
scheme! {
    /// ECDSA over P-256 (FIPS 186-5).
    "p256", EcdsaP256, P256, 2, "ECDSA(P-256)"
}
scheme! {
    /// FROST(Ed25519, SHA-512) (RFC 9591, section 6.1): its signatures are plain Ed25519 (RFC 8032).
    "ed25519", FrostEd25519, Ed25519, 3, "FROST(Ed25519, SHA-512)"
}
scheme! {
    /// FROST over secp256k1 with BIP-340 signatures, for Taproot (BIP-341).
    "secp256k1", FrostTaproot, Secp256k1, 4, "FROST(secp256k1, BIP-340)"
}
scheme! {
    /// FROST(P-256, SHA-256) (RFC 9591, section 6.4).
    "p256", FrostP256, P256, 5, "FROST(P-256, SHA-256)"
}
scheme! {
    /// FROST(ristretto255, SHA-512) (RFC 9591, section 6.2).
    "ristretto255", FrostRistretto255, Ristretto255, 6, "FROST(ristretto255, SHA-512)"
}
scheme! {
    /// FROST(secp256k1, SHA-256) (RFC 9591, section 6.5).
    "secp256k1", FrostSecp256k1, Secp256k1, 7, "FROST(secp256k1, SHA-256)"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_for_ever() {
        #[cfg(feature = "secp256k1")]
        assert_eq!(super::super::EcdsaSecp256k1::ID, 1);
        #[cfg(feature = "p256")]
        assert_eq!(super::super::EcdsaP256::ID, 2);
        #[cfg(feature = "ed25519")]
        assert_eq!(super::super::FrostEd25519::ID, 3);
        #[cfg(feature = "secp256k1")]
        assert_eq!(super::super::FrostTaproot::ID, 4);
        #[cfg(feature = "p256")]
        assert_eq!(super::super::FrostP256::ID, 5);
        #[cfg(feature = "ristretto255")]
        assert_eq!(super::super::FrostRistretto255::ID, 6);
        #[cfg(feature = "secp256k1")]
        assert_eq!(super::super::FrostSecp256k1::ID, 7);
        assert_eq!(super::super::toy::ToyScheme::ID, 200);
    }
}
