//! What the tests have to know of each suite.

use quorate::curve::{FrostEd25519, FrostP256, FrostRistretto255, FrostSecp256k1, FrostTaproot};
use quorate::frost::{Suite, Taproot, Task};
use quorate::key::Derive;

pub(crate) trait Tested: Suite {
    /// Every way to see a key: the paths and tweaks of the scheme, the key as it comes first.
    fn views() -> Vec<Box<dyn Fn(Task<Self>) -> Task<Self>>>;
    /// A verifier that is not ours.
    fn accepts(public_key: &[u8], message: &[u8], signature: &Self::Signature) -> bool;
    /// Encodings that are no points, or points that nobody may send.
    fn no_points() -> Vec<Vec<u8>>;
    /// `z + 1`, given the encoded `z`.
    fn next(z: &mut [u8]);
}

fn plain<S: Suite>() -> Vec<Box<dyn Fn(Task<S>) -> Task<S>>> {
    vec![Box::new(|task| task)]
}

fn derived<S: Suite + Derive>() -> Vec<Box<dyn Fn(Task<S>) -> Task<S>>> {
    let path = |text: &'static str| -> Box<dyn Fn(Task<S>) -> Task<S>> {
        Box::new(move |task| task.path(text.parse().unwrap()).unwrap())
    };
    let mut views = plain();
    views.extend([path("m/0"), path("m/44/2147483647/3")]);
    views
}

/// SEC 1: the identity, another tag, x that is on no curve or not below p, and not compressed.
fn sec1() -> Vec<Vec<u8>> {
    let with = |tag: u8, fill: u8, last: u8| {
        let mut bytes = vec![fill; 33];
        (bytes[0], bytes[32]) = (tag, last);
        bytes
    };
    vec![with(0, 0, 0), with(2, 0xff, 0xff), with(3, 0xff, 0xfc), with(4, 0, 2), with(0, 0, 2), with(5, 0, 2)]
}

fn big_endian(z: &mut [u8]) {
    for byte in z.iter_mut().rev() {
        *byte = byte.wrapping_add(1);
        if *byte != 0 {
            return;
        }
    }
}

fn little_endian(z: &mut [u8]) {
    z.reverse();
    big_endian(z);
    z.reverse();
}

impl Tested for FrostEd25519 {
    fn views() -> Vec<Box<dyn Fn(Task<Self>) -> Task<Self>>> {
        plain()
    }

    fn accepts(public_key: &[u8], message: &[u8], signature: &Self::Signature) -> bool {
        let key = ed25519_dalek::VerifyingKey::from_bytes(&public_key.try_into().unwrap()).unwrap();
        key.verify_strict(message, &(*signature).into()).is_ok()
    }

    fn no_points() -> Vec<Vec<u8>> {
        let torsion = curve25519_dalek::constants::EIGHT_TORSION;
        torsion.iter().map(|point| point.compress().0.to_vec()).chain([vec![0xff; 32]]).collect()
    }

    fn next(z: &mut [u8]) {
        little_endian(z);
    }
}

impl Tested for FrostTaproot {
    fn views() -> Vec<Box<dyn Fn(Task<Self>) -> Task<Self>>> {
        let mut views = derived();
        for tweak in [Taproot::ScriptRoot([7; 32]), Taproot::Untweaked] {
            views.push(Box::new(move |task| task.taproot(tweak).unwrap()));
            // In either order.
            views.push(Box::new(move |task| {
                let path = || "m/0/1".parse().unwrap();
                let one = task.clone().path(path()).unwrap().taproot(tweak).unwrap();
                assert_eq!(one, task.taproot(tweak).unwrap().path(path()).unwrap());
                one
            }));
        }
        views
    }

    fn accepts(public_key: &[u8], message: &[u8], signature: &Self::Signature) -> bool {
        let key: [u8; 32] = public_key[1..].try_into().unwrap();
        let signature = signature.to_bytes();
        let accepted = quorate::frost::taproot::verify(&key, message, &signature);
        let key = k256::schnorr::VerifyingKey::from_bytes(&key.into()).unwrap();
        let signature = k256::schnorr::Signature::from_bytes(&signature).unwrap();
        assert_eq!(key.verify_raw(message, &signature).is_ok(), accepted);
        accepted
    }

    fn no_points() -> Vec<Vec<u8>> {
        sec1()
    }

    fn next(z: &mut [u8]) {
        big_endian(z);
    }
}

macro_rules! rfc {
    ($scheme:ident, $zf:ident, $views:ident, $no_points:expr, $next:ident) => {
        impl Tested for $scheme {
            fn views() -> Vec<Box<dyn Fn(Task<Self>) -> Task<Self>>> {
                $views()
            }

            fn accepts(public_key: &[u8], message: &[u8], signature: &Self::Signature) -> bool {
                let key = $zf::VerifyingKey::deserialize(public_key).unwrap();
                let other = $zf::Signature::deserialize(signature.as_bytes()).unwrap();
                let accepted = signature.verify(public_key, message);
                assert_eq!(key.verify(message, &other).is_ok(), accepted);
                accepted
            }

            fn no_points() -> Vec<Vec<u8>> {
                $no_points
            }

            fn next(z: &mut [u8]) {
                $next(z);
            }
        }
    };
}

rfc!(FrostP256, frost_p256, derived, sec1(), big_endian);
rfc!(FrostSecp256k1, frost_secp256k1, derived, sec1(), big_endian);
rfc!(
    FrostRistretto255,
    frost_ristretto255,
    plain,
    // The identity, an integer that is not below p, a negative one.
    vec![vec![0; 32], vec![0xff; 32], [&[1][..], &[0; 31]].concat()],
    little_endian
);
