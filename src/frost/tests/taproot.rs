//! Taproot: every combination of signs, and what BIP-340 and BIP-341 publish.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use rand_chacha::ChaCha20Rng;

use super::{id, rng};
use crate::curve::{Curve, FrostTaproot, Secp256k1, read_point, read_scalar};
use crate::frost::taproot::verify;
use crate::frost::*;
use crate::party::{Parties, PartyId, Threshold};
use crate::secret::Secret;
use crate::sharing::{Commitment, Polynomial};

type S = FrostTaproot;
type Scalar = <Secp256k1 as Curve>::Scalar;

const TWEAKS: [Taproot; 3] = [Taproot::KeyPath, Taproot::ScriptRoot([0x5a; 32]), Taproot::Untweaked];

/// A key and everybody's share.
struct Key {
    commitment: Commitment<Secp256k1>,
    secrets: BTreeMap<PartyId, Secret<Scalar>>,
}

impl Key {
    fn of(polynomial: &Polynomial<Secp256k1>, n: u16) -> Self {
        let secrets = (1..=n).map(|number| (id(number), Secret::new(polynomial.at(id(number)))));
        Self { commitment: Commitment::new(polynomial.commit()).unwrap(), secrets: secrets.collect() }
    }

    fn random(t: u16, n: u16, rng: &mut ChaCha20Rng) -> Self {
        Self::of(&Polynomial::random(Threshold::new(t, n).unwrap(), rng), n)
    }

    fn share(&self, id: PartyId) -> SigningShare<'_, S> {
        SigningShare {
            id,
            secret: &self.secrets[&id],
            commitment: &self.commitment,
            epoch_id: [0; 32],
            unchecked: None,
        }
    }

    /// Everybody signs.
    fn sign(
        &self,
        view: &KeyView<S>,
        message: &[u8],
        rng: &mut ChaCha20Rng,
    ) -> (SigningPackage<S>, Vec<(PartyId, SignatureShare<S>)>) {
        let nonces: Vec<_> =
            self.secrets.keys().map(|id| SigningNonces::generate(self.share(*id), rng)).collect();
        let list = nonces.iter().map(|nonces| (nonces.owner, nonces.commitments().clone()));
        let package = SigningPackage::new(view, list, message).unwrap();
        let shares = nonces.into_iter().map(|nonces| {
            let id = nonces.owner;
            (id, sign(nonces, self.share(id), &package).unwrap())
        });
        let shares = shares.collect();
        (package, shares)
    }
}

fn x_only(view: &KeyView<S>) -> [u8; 32] {
    assert_eq!(view.public_key()[0], 2, "of even y");
    view.public_key()[1..].try_into().unwrap()
}

/// By two verifiers.
fn accepted(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    let parsed = k256::schnorr::VerifyingKey::from_bytes(&(*key).into());
    let other =
        parsed.and_then(|key| key.verify_raw(message, &k256::schnorr::Signature::from_bytes(signature)?));
    let own = verify(key, message, signature);
    assert_eq!(own, other.is_ok());
    own
}

fn is_odd(point: &<Secp256k1 as Curve>::Point) -> bool {
    crate::curve::encode_point::<Secp256k1>(point).unwrap()[0] == 3
}

/// E4, E5: whichever of the internal key, the output key and `R` have an odd y, with every tweak, signatures verify, honest shares fit
/// and exactly the bad ones are named.
#[test]
fn f2_2_every_combination_of_signs_signs_and_blames() {
    let mut rng = rng(31);
    let (mut seen, mut halves) = (BTreeSet::new(), BTreeSet::new());
    for round in 0..200u8 {
        // Every eighth key is of a group that is searched by halves.
        let key = if round % 8 == 0 { Key::random(2, 17, &mut rng) } else { Key::random(2, 3, &mut rng) };
        let tweak = TWEAKS[usize::from(round) % 3];
        let view = KeyView::<S>::tweaked(&key.commitment, &tweak).unwrap();
        let (package, mut shares) = key.sign(&view, &[round], &mut rng);
        let internal_odd = is_odd(&key.commitment.public_key());
        // Whether the output key was negated: seen from what became of the highest coefficient, on which tweaks have no effect.
        let flips = view.commitment().points()[1] != key.commitment.points()[1];
        let signs = (internal_odd, flips != internal_odd, package.negated());
        seen.insert((tweak == Taproot::Untweaked, signs));
        halves.insert((flips, package.negated(), shares.len() < 16));

        let signature = aggregate(&package, &shares).unwrap().to_bytes();
        assert!(accepted(&x_only(&view), &[round], &signature));
        assert!(!accepted(&x_only(&view), &[round, 0], &signature));
        for (id, share) in &shares {
            assert!(super::super::search::share_holds(&package, *id, &share.0));
        }
        let liar = usize::from(round) % shares.len();
        shares[liar].1.0 += Scalar::ONE;
        let named = Parties::new([shares[liar].0]).unwrap();
        assert_eq!(aggregate(&package, &shares), Err(AggregateError::BadShares(named)));
        // The share with the sign that it must not have.
        shares[liar].1.0 = -(shares[liar].1.0 - Scalar::ONE);
        let named = Parties::new([shares[liar].0]).unwrap();
        assert_eq!(aggregate(&package, &shares), Err(AggregateError::BadShares(named)));
    }
    // Without a tweak there is no second step whose sign could be odd.
    assert_eq!((seen.len(), halves.len()), (4 + 8, 8), "{seen:?} {halves:?}");
}

/// What a bare commitment means is the output key without script paths, not the key itself (B10).
#[test]
fn the_default_output_key_commits_to_no_script() {
    let mut rng = rng(32);
    let key = Key::random(2, 3, &mut rng);
    let default = KeyView::<S>::try_from(&key.commitment).unwrap();
    let [key_path, script, untweaked] =
        TWEAKS.map(|tweak| KeyView::tweaked(&key.commitment, &tweak).unwrap());
    assert_eq!(default, key_path);
    assert_ne!(x_only(&key_path), x_only(&untweaked));
    assert_ne!(x_only(&key_path), x_only(&script));
    assert_eq!(
        x_only(&untweaked)[..],
        crate::curve::encode_point::<Secp256k1>(&key.commitment.public_key()).unwrap()[1..]
    );
}

/// A signature is for one output key only.
#[test]
fn a_signature_under_one_tweak_is_none_under_another() {
    let mut rng = rng(33);
    let key = Key::random(2, 3, &mut rng);
    let views = TWEAKS.map(|tweak| KeyView::<S>::tweaked(&key.commitment, &tweak).unwrap());
    for (k, view) in views.iter().enumerate() {
        let (package, shares) = key.sign(view, b"m", &mut rng);
        let signature = aggregate(&package, &shares).unwrap().to_bytes();
        for (l, other) in views.iter().enumerate() {
            assert_eq!(accepted(&x_only(other), b"m", &signature), k == l);
        }
    }
}

fn hex32(text: &str) -> [u8; 32] {
    hex::decode(text).unwrap().try_into().unwrap()
}

#[test]
fn bip_340_publishes_these_signatures() {
    let mut counts = [0; 2];
    for line in include_str!("../../../tests/vectors/bip340.csv").lines().skip(1) {
        let fields: Vec<_> = line.split(',').collect();
        let (key, message) = (hex32(fields[2]), hex::decode(fields[4]).unwrap());
        let signature: [u8; 64] = hex::decode(fields[5]).unwrap().try_into().unwrap();
        let valid = fields[6] == "TRUE";
        assert_eq!(verify(&key, &message, &signature), valid, "{}", fields[0]);
        assert_eq!(accepted(&key, &message, &signature), valid, "{}", fields[0]);
        counts[usize::from(valid)] += 1;
        if valid {
            for bit in 0..8 * 64 {
                let mut changed = signature;
                changed[bit / 8] ^= 1 << (bit % 8);
                assert!(!verify(&key, &message, &changed));
            }
            // The threshold signer signs the same message for the same key.
            if let Some(secret) = read_scalar::<Secp256k1>(&hex::decode(fields[1]).unwrap()) {
                let mut rng = rng(34);
                let polynomial = Polynomial::of(Secret::new([secret, Scalar::from(7u64)].to_vec()));
                let shared = Key::of(&polynomial, 3);
                let view = KeyView::tweaked(&shared.commitment, &Taproot::Untweaked).unwrap();
                assert_eq!(x_only(&view), key);
                let (package, shares) = shared.sign(&view, &message, &mut rng);
                assert!(accepted(&key, &message, &aggregate(&package, &shares).unwrap().to_bytes()));
            }
        }
    }
    assert_eq!(counts, [10, 9]);
}

fn root(text: &str) -> Taproot {
    if text == "-" { Taproot::KeyPath } else { Taproot::ScriptRoot(hex32(text)) }
}

#[test]
fn bip_341_publishes_these_keys_and_signatures() {
    let (mut outputs, mut spends) = (0, 0);
    let mut rng = rng(35);
    for line in include_str!("../../../tests/vectors/bip341.txt").lines() {
        let fields: Vec<_> = line.split(' ').collect();
        match fields[0] {
            "output:" => {
                let internal = read_point::<Secp256k1>(&[&[2], &hex32(fields[1])[..]].concat()).unwrap();
                let commitment =
                    Commitment::new([internal, Secp256k1::mul_base(&Scalar::ONE)].to_vec()).unwrap();
                let tweak = root(fields[2]);
                let t = taproot::tweak_hash(hex32(fields[1]), tweak.root().unwrap());
                assert_eq!(t, hex32(fields[3]));
                let view = KeyView::<S>::tweaked(&commitment, &tweak).unwrap();
                assert_eq!(x_only(&view), hex32(fields[4]));
                let plain = KeyView::tweaked(&commitment, &Taproot::Untweaked).unwrap();
                let output = taproot::output_of(plain, &tweak).unwrap();
                assert_eq!((output.key, output.internal_key), (hex32(fields[4]), hex32(fields[1])));
                if fields[5] != "-" {
                    let first = u8::from_str_radix(fields[5], 16).unwrap();
                    assert_eq!(first & 1 == 1, output.odd);
                }
                outputs += 1;
            }
            "spend:" => {
                let secret = read_scalar::<Secp256k1>(&hex32(fields[1])).unwrap();
                let tweak = root(fields[2]);
                assert_eq!(taproot::tweak_hash(hex32(fields[3]), tweak.root().unwrap()), hex32(fields[4]));
                let key = Key::of(&Polynomial::of(Secret::new([secret, Scalar::from(3u64)].to_vec())), 3);
                let view = KeyView::<S>::tweaked(&key.commitment, &tweak).unwrap();
                let tweaked = read_scalar::<Secp256k1>(&hex32(fields[5])).unwrap();
                let found = *view.share(&Secret::new(secret)).expose();
                assert!(found == tweaked || found == -tweaked);
                let (hash, published) =
                    (hex32(fields[6]), hex::decode(fields[7]).unwrap().try_into().unwrap());
                assert!(accepted(&x_only(&view), &hash, &published));
                let (package, shares) = key.sign(&view, &hash, &mut rng);
                assert!(accepted(&x_only(&view), &hash, &aggregate(&package, &shares).unwrap().to_bytes()));
                spends += 1;
            }
            _ => {}
        }
    }
    assert_eq!((outputs, spends), (7, 7));
}

/// BIP-341: fail if the hash is not below q. Nobody finds such a key, so the step is tried by itself.
#[test]
fn a_tweak_that_is_no_scalar_is_an_error() {
    let q = hex32("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
    let mut below = q;
    below[31] -= 1;
    assert_eq!(taproot::tweak_scalar(&below), Ok(-Scalar::ONE));
    for no_scalar in [q, [0xff; 32]] {
        let refused = taproot::tweak_scalar(&no_scalar);
        assert_eq!(refused, Err(crate::error::SetupError::Malformed("tweak: its hash is no scalar")));
    }
    // And a tweak that leads to the identity.
    let mut rng = rng(36);
    let key = Key::random(2, 3, &mut rng);
    let secret = [1, 2].map(id).map(|id| *key.secrets[&id].expose());
    let secret = secret[0] + secret[0] - secret[1];
    let view = KeyView::<S>::tweaked(&key.commitment, &Taproot::Untweaked).unwrap();
    let mapped = *view.share(&Secret::new(secret)).expose();
    assert!(view.plus(&-mapped).is_err());
}
