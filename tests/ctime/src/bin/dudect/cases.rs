//! What is timed.

use std::hint::black_box;
use std::rc::Rc;

use aes_gcm::aead::AeadInOut as _;
use aes_gcm::{Aes256Gcm, KeyInit as _, Nonce};
use quorate::approval::fact::Amount;
use quorate::approval::quote::{Address, MacKey, MacKeys, Offer};
use quorate::curve::{
    Curve, EcdsaSecp256k1, Ed25519, FrostEd25519, P256, Ristretto255, Secp256k1, random_scalar,
};
use quorate::ecdsa::{Message, Sign, Task};
use quorate::key::{KeyShare, Path};
use quorate::party::{Parties, PartyId, Threshold};
use quorate::secret::Secret;
use quorate::sim::Cast;
use quorate::vault::{EpochRule, Expect, Limits, Rollback, SlotKey, SlotSpec, Stored, open, seal};
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use sha2::{Digest as _, Sha256, Sha512};
use subtle::ConstantTimeEq as _;

use crate::Case;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// What is computed is used, as far as the compiler knows.
fn sink<T>(value: T) {
    let _ = black_box(value);
}

fn case<T: 'static>(
    name: &'static str,
    (count, times): (usize, u32),
    mut input: impl FnMut(bool, &mut ChaCha20Rng) -> T + 'static,
    run: impl Fn(&T) + Clone + 'static,
) -> Case {
    let ready = move |fixed, rng: &mut ChaCha20Rng| {
        let (input, run) = (input(fixed, rng), run.clone());
        Box::new(move || run(black_box(&input))) as Box<dyn FnMut()>
    };
    Case { name, count, times, ready: Box::new(ready) }
}

fn bytes<const N: usize>(fixed: bool, rng: &mut ChaCha20Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    if fixed { [0x11; N] } else { bytes }
}

fn scalar<C: Curve>(fixed: bool, random: &mut ChaCha20Rng) -> C::Scalar {
    let drawn = random_scalar::<C>(random);
    // Small, so that a multiplication that skips zeros would be seen.
    if fixed { C::Scalar::from(3) } else { drawn }
}

fn curve<C: Curve>(names: [&'static str; 3]) -> [Case; 3] {
    let point = C::mul_base(&C::Scalar::from(7));
    [
        case(names[0], (20_000, 1), scalar::<C>, |k| sink(C::mul_base(k))),
        case(names[1], (20_000, 1), scalar::<C>, move |k| sink(C::mul(&point, k))),
        case(
            names[2],
            (100_000, 100),
            |f, r| (scalar::<C>(f, r), scalar::<C>(false, r)),
            |(a, b)| {
                sink(*a * b + a);
            },
        ),
    ]
}

/// A container, its key, and what it is expected to be.
type Sealed = (Vec<u8>, Secret<[u8; 32]>, Expect);

/// A share, in a container under a random key. The share is the same in all of them: its public side is verified when it is read, in a time that
/// depends on what it says.
fn sealed(share: &KeyShare<FrostEd25519>, random: &mut ChaCha20Rng) -> Sealed {
    let key = Secret::new(bytes(false, random));
    let bytes = seal(share, 1, vec![SlotSpec::Held { label: "daily", key: &key }], random).unwrap();
    let expect = Expect { subject: share.subject(), epoch: EpochRule::Any, rollback: Rollback::AtLeast(1) };
    (bytes, key, expect)
}

/// The first of a few that were made before, or any other. Copied, so that one is no longer in the caches than another.
fn open_container() -> Case {
    let mut random = rng(2);
    let cast = Cast::new([1, 2, 3], &mut rng(1)).unwrap();
    let share = cast.deal::<FrostEd25519>(Threshold::new(2, 3).unwrap(), &mut random).unwrap().remove(0);
    let pool: Vec<_> = (0..64).map(|_| sealed(&share, &mut random)).collect();
    let input = move |fixed, rng: &mut ChaCha20Rng| {
        let other = 1 + rng.next_u32() as usize % (pool.len() - 1);
        let (bytes, key, expect) = &pool[if fixed { 0 } else { other }];
        (bytes.clone(), Secret::new(*key.expose()), *expect)
    };
    case("vault: a share opened, key in memory", (20_000, 1), input, |of: &Sealed| {
        let key = SlotKey::Held { label: "daily", key: &of.1 };
        sink(open::<KeyShare<FrostEd25519>>(&of.0, &key, &of.2, &Limits::default()));
    })
}

/// The first message of a signer: its choices, nonces and masks are the secrets. The pairing is one for both classes: another would be in other caches.
fn extension() -> Case {
    let cast = Cast::new([1, 2, 3], &mut rng(3)).unwrap();
    let shares = cast.deal::<EcdsaSecp256k1>(Threshold::new(2, 3).unwrap(), &mut rng(4)).unwrap();
    let (one, signers) = (PartyId::new(1).unwrap(), Parties::from_numbers([1, 2]).unwrap());
    let pairings = cast.deal_pairings(&signers, &mut rng(5)).unwrap().remove(&one).unwrap();
    let (path, message) = (Path::new([1]).unwrap(), Message::sha256(b"one"));
    let task = Task::new(shares[0].public(), signers, path, message, SessionId([5; 16])).unwrap();
    let shared = Rc::new((shares, task, pairings));
    let input = move |fixed, random: &mut ChaCha20Rng| {
        let seed = random.next_u64();
        (shared.clone(), if fixed { 1 } else { seed })
    };
    case("ECDSA: Bob's half of the transfer extension", (10_000, 1), input, |(shared, seed)| {
        let (shares, task, pairings) = &**shared;
        sink(Sign::start(&shares[0], task.clone(), pairings, &mut rng(*seed)).unwrap());
    })
}

/// Tokens that are forged in the first byte of the MAC, or somewhere.
fn forged_quotes() -> Case {
    let keys =
        Rc::new(MacKeys::new(MacKey::new([1; 16], Secret::new((0..32).collect())).unwrap(), None).unwrap());
    let offer = Offer {
        method: "POST".into(),
        resource: b"/report".to_vec(),
        body: [1; 32],
        network: "eip155:84532".into(),
        asset: Address([1; 20]),
        pay_to: Address([2; 20]),
        payer: Address([3; 20]),
        amount: Amount::from(10_000),
    };
    let (_, token) = keys.quote(offer, 1_800_000_000, 300, &mut rng(6)).unwrap();
    let len = token.len();
    case(
        "quote: a forged MAC refused",
        (100_000, 1),
        move |fixed, rng| {
            // The MAC is the last 32 bytes; its end is not touched, where not every letter is canonical.
            let at = len - 42 + if fixed { 0 } else { rng.next_u32() as usize % 40 };
            let mut forged = token.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            (keys.clone(), String::from_utf8(forged).unwrap())
        },
        |(keys, token)| sink(keys.read(token, 1_800_000_000).is_err()),
    )
}

fn hashes() -> [Case; 2] {
    [
        case("SHA-256 of 1 KiB", (100_000, 4), bytes::<1024>, |data| sink(Sha256::digest(data))),
        case("SHA-512 of 1 KiB", (100_000, 4), bytes::<1024>, |data| sink(Sha512::digest(data))),
    ]
}

fn ciphers() -> [Case; 2] {
    let input = |fixed, rng: &mut ChaCha20Rng| (bytes::<32>(fixed, rng), bytes::<512>(false, rng));
    [
        case("AES-256-GCM: key schedule and 512 bytes encrypted", (100_000, 4), input, |(key, data)| {
            let mut data = *data;
            let cipher = Aes256Gcm::new(key.into());
            sink(cipher.encrypt_inout_detached(&Nonce::default(), &[], data.as_mut_slice().into()));
        }),
        case("MAC compared in constant time, 32 bytes", (100_000, 100), bytes::<32>, |mac| {
            sink(mac.ct_eq(black_box(&[0x11; 32])));
        }),
    ]
}

/// Leaks that must be found.
fn planted() -> [Case; 3] {
    [
        case("planted: a MAC compared as a slice, 32 bytes", (100_000, 100), bytes::<32>, |mac| {
            let other = black_box([0x11; 32]);
            sink(mac.iter().zip(&other).all(|(a, b)| a == b));
        }),
        case("planted: a branch on a secret bit", (100_000, 100), bytes::<1>, |bit| {
            if black_box(bit[0]) & 1 == 1 {
                sink((0..8u64).fold(1, |x: u64, y| black_box(x).wrapping_mul(y | 3)));
            }
        }),
        case("planted: a multiplication in variable time", (20_000, 1), scalar::<Secp256k1>, |k| {
            let point = Secp256k1::mul_base(&<Secp256k1 as Curve>::Scalar::from(7u64));
            sink(Secp256k1::msm_vartime(&[(point, *k)]));
        }),
    ]
}

pub fn all() -> Vec<Case> {
    let mut all = Vec::new();
    all.extend(curve::<Secp256k1>(["secp256k1: k*G", "secp256k1: k*P", "secp256k1: a*b + a modulo q"]));
    all.extend(curve::<P256>(["P-256: k*G", "P-256: k*P", "P-256: a*b + a modulo q"]));
    all.extend(curve::<Ed25519>([
        "edwards25519: k*G",
        "edwards25519: k*P",
        "edwards25519: a*b + a modulo q",
    ]));
    all.extend(curve::<Ristretto255>([
        "ristretto255: k*G",
        "ristretto255: k*P",
        "ristretto255: a*b + a modulo q",
    ]));
    all.extend(hashes());
    all.extend(ciphers());
    all.push(extension());
    all.push(open_container());
    all.push(forged_quotes());
    all.extend(planted());
    all
}
