//! Which of ZF's suites belongs to which of ours.

use std::collections::BTreeMap;

use frost_core::keys::{KeyPackage, PublicKeyPackage};
use frost_core::{
    CheaterDetection, Ciphersuite, Identifier, Signature, SigningPackage, VerifyingKey, round1, round2,
};
use frost_secp256k1_tr::keys::Tweak;
use quorate::curve::{FrostEd25519, FrostP256, FrostRistretto255, FrostSecp256k1, FrostTaproot};
use quorate::frost::{Suite, Taproot};

type Shares<C> = BTreeMap<Identifier<C>, round2::SignatureShare<C>>;

pub(crate) trait Pair: Suite {
    type Zf: Ciphersuite;

    /// Everything that a key can be tweaked with.
    fn tweaks() -> Vec<Self::Tweak> {
        vec![Self::Tweak::default()]
    }

    fn bytes(signature: &Self::Signature) -> Vec<u8>;

    /// A third verifier.
    fn accepts(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool;

    fn zf_sign(
        _: &Self::Tweak,
        package: &SigningPackage<Self::Zf>,
        nonces: &round1::SigningNonces<Self::Zf>,
        key: &KeyPackage<Self::Zf>,
    ) -> round2::SignatureShare<Self::Zf> {
        round2::sign(package, nonces, key).unwrap()
    }

    fn zf_aggregate(
        _: &Self::Tweak,
        package: &SigningPackage<Self::Zf>,
        shares: &Shares<Self::Zf>,
        key: &PublicKeyPackage<Self::Zf>,
    ) -> Signature<Self::Zf> {
        frost_core::aggregate(package, shares, key).unwrap()
    }

    /// The key under which signatures with this tweak verify.
    fn zf_public(_: &Self::Tweak, key: &PublicKeyPackage<Self::Zf>) -> PublicKeyPackage<Self::Zf> {
        key.clone()
    }

    fn zf_key(tweak: &Self::Tweak, key: &PublicKeyPackage<Self::Zf>) -> VerifyingKey<Self::Zf> {
        *Self::zf_public(tweak, key).verifying_key()
    }

    fn zf_culprits(
        tweak: &Self::Tweak,
        package: &SigningPackage<Self::Zf>,
        shares: &Shares<Self::Zf>,
        key: &PublicKeyPackage<Self::Zf>,
    ) -> Vec<Identifier<Self::Zf>> {
        let key = Self::zf_public(tweak, key);
        let all = CheaterDetection::AllCheaters;
        frost_core::aggregate_custom(package, shares, &key, all).unwrap_err().culprits()
    }
}

impl Pair for FrostEd25519 {
    type Zf = frost_ed25519::Ed25519Sha512;

    fn bytes(signature: &Self::Signature) -> Vec<u8> {
        signature.to_bytes().to_vec()
    }

    fn accepts(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        let key = ed25519_dalek::VerifyingKey::from_bytes(&public_key.try_into().unwrap()).unwrap();
        key.verify_strict(message, &signature.try_into().unwrap()).is_ok()
    }
}

macro_rules! rfc {
    ($scheme:ident, $zf:ty) => {
        impl Pair for $scheme {
            type Zf = $zf;

            fn bytes(signature: &Self::Signature) -> Vec<u8> {
                signature.as_bytes().to_vec()
            }

            fn accepts(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
                Self::Signature::from_bytes(signature).unwrap().verify(public_key, message)
            }
        }
    };
}

rfc!(FrostP256, frost_p256::P256Sha256);
rfc!(FrostRistretto255, frost_ristretto255::Ristretto255Sha512);
rfc!(FrostSecp256k1, frost_secp256k1::Secp256K1Sha256);

impl Pair for FrostTaproot {
    type Zf = frost_secp256k1_tr::Secp256K1Sha256TR;

    fn tweaks() -> Vec<Taproot> {
        vec![Taproot::KeyPath, Taproot::ScriptRoot([3; 32]), Taproot::Untweaked]
    }

    fn bytes(signature: &Self::Signature) -> Vec<u8> {
        signature.to_bytes().to_vec()
    }

    fn accepts(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        let key: [u8; 32] = public_key[1..].try_into().unwrap();
        let key = k256::schnorr::VerifyingKey::from_bytes(&key.into()).unwrap();
        let signature = k256::schnorr::Signature::from_bytes(signature.try_into().unwrap()).unwrap();
        key.verify_raw(message, &signature).is_ok()
    }

    fn zf_sign(
        tweak: &Taproot,
        package: &SigningPackage<Self::Zf>,
        nonces: &round1::SigningNonces<Self::Zf>,
        key: &KeyPackage<Self::Zf>,
    ) -> round2::SignatureShare<Self::Zf> {
        use frost_secp256k1_tr::round2::{sign, sign_with_tweak};
        match tweak {
            Taproot::Untweaked => sign(package, nonces, key),
            Taproot::KeyPath => sign_with_tweak(package, nonces, key, None),
            Taproot::ScriptRoot(root) => sign_with_tweak(package, nonces, key, Some(root)),
        }
        .unwrap()
    }

    fn zf_aggregate(
        tweak: &Taproot,
        package: &SigningPackage<Self::Zf>,
        shares: &Shares<Self::Zf>,
        key: &PublicKeyPackage<Self::Zf>,
    ) -> Signature<Self::Zf> {
        use frost_secp256k1_tr::{aggregate, aggregate_with_tweak};
        match tweak {
            Taproot::Untweaked => aggregate(package, shares, key),
            Taproot::KeyPath => aggregate_with_tweak(package, shares, key, None),
            Taproot::ScriptRoot(root) => aggregate_with_tweak(package, shares, key, Some(root)),
        }
        .unwrap()
    }

    fn zf_public(tweak: &Taproot, key: &PublicKeyPackage<Self::Zf>) -> PublicKeyPackage<Self::Zf> {
        match tweak {
            Taproot::Untweaked => key.clone(),
            Taproot::KeyPath => key.clone().tweak::<&[u8]>(None),
            Taproot::ScriptRoot(root) => key.clone().tweak(Some(root)),
        }
    }
}
