//! Section B of the list of known attacks: what FROST's nonces are bound to, and what keys are bound to.

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use quorate::curve::{
    Curve, EcdsaSecp256k1, Ed25519, FrostEd25519, FrostSecp256k1, FrostTaproot, Scheme, Secp256k1,
    encode_point, read_point, read_scalar,
};
use quorate::error::{Rejected, SetupError};
use quorate::frost::{
    KeyView, NonceCommitments, Sign, SigningNonces, SigningPackage, Suite, Taproot, Task, aggregate, sign,
    taproot,
};
use quorate::key::{KeyShare, Network, Path, Xpub, XpubError, derive, export};
use quorate::party::Parties;
use quorate::secret::Secret;
use quorate::sharing::{Commitment, coefficient};
use quorate::sim::MemoryLedger;
use quorate::wire::{HEADER_LEN, SessionId};
use sha2::{Digest, Sha256, Sha512};

use crate::common::text;
use crate::parties::{World, id, secret_bytes, set};

type E = FrostEd25519;

fn scalar(bytes: &[u8]) -> Scalar {
    Scalar::from_canonical_bytes(bytes.try_into().unwrap()).unwrap()
}

fn point(bytes: &[u8]) -> EdwardsPoint {
    CompressedEdwardsY::from_slice(bytes).unwrap().decompress().unwrap()
}

/// Ed25519's challenge (RFC 8032).
fn challenge(commitment: &[u8], key: &[u8], message: &[u8]) -> Scalar {
    let hash = Sha512::new().chain_update(commitment).chain_update(key).chain_update(message);
    Scalar::from_bytes_mod_order_wide(&hash.finalize().into())
}

/// Nonces as often as the attacker likes: it keeps no promise to use them once.
struct Reused(Vec<u8>);

impl Reused {
    fn new(share: &KeyShare<E>, rng: &mut dyn rand_core::CryptoRng) -> Self {
        Self(SigningNonces::<E>::generate(share.into(), rng).store().expose().clone())
    }

    fn get(&self) -> SigningNonces<E> {
        SigningNonces::load(Secret::new(self.0.clone()), &mut MemoryLedger::default()).unwrap()
    }

    /// version 1, scheme 1, owner 2, epoch id 32, d, e
    fn secrets(&self) -> [Scalar; 2] {
        [scalar(&self.0[36..68]), scalar(&self.0[68..])]
    }
}

/// As many sessions as the order of the group has bits.
const SESSIONS: usize = 253;

/// Benhamouda, Lepoint, Loss, Orru, Raykova (EUROCRYPT 2021): in every session two messages are at hand, with challenges `c^0` and `c^1`
/// under one R. With `k_i = 2^i / (c_i^1 - c_i^0)` the bits of one number choose the messages so that `sum k_i c_i` is the challenge of
/// `sum k_i R_i` and the target. Only then the sessions answer, and `sum k_i z_i` signs the target.
fn forgery(
    key: &[u8],
    target: &[u8],
    sessions: &[(EdwardsPoint, [Scalar; 2])],
    answer: &mut dyn FnMut(usize, usize) -> Scalar,
) -> bool {
    assert_eq!(sessions.len(), SESSIONS);
    let powers = std::iter::successors(Some(Scalar::ONE), |power| Some(power + power));
    let factors: Vec<Scalar> =
        powers.zip(sessions).map(|(power, (_, [c0, c1]))| power * (c1 - c0).invert()).collect();
    let commitment: EdwardsPoint = factors.iter().zip(sessions).map(|(k, (r, _))| r * k).sum();
    let commitment = commitment.compress().0;
    let wanted = challenge(&commitment, key, target);
    let offset: Scalar = factors.iter().zip(sessions).map(|(k, (_, [c0, _]))| k * c0).sum();
    let bits = (wanted - offset).to_bytes();
    let chosen = (0..SESSIONS).map(|i| answer(i, usize::from(bits[i / 8] >> (i % 8) & 1)));
    let z: Scalar = chosen.zip(&factors).map(|(z, k)| z * k).sum();
    let signature =
        ed25519_dalek::Signature::from_bytes(&[commitment, z.to_bytes()].concat().try_into().unwrap());
    let key = ed25519_dalek::VerifyingKey::from_bytes(key.try_into().unwrap()).unwrap();
    key.verify_strict(target, &signature).is_ok()
}

/// Drijvers and others (IEEE S&P 2019), with the polynomial-time solution of 2021: parallel sessions of a Schnorr protocol with linear nonces
/// forge. Signer 2 opens 506 sessions with the honest signer 1 before it says what is to be signed in any. Against linear nonces the
/// script forges; against FROST it must not, though every session answers.
#[test]
fn b6_drijvers_ros_with_parallel_sessions() {
    let mut world = World::<E>::new(2, 3, 16);
    let message = |i: usize, choice: usize| [&(i as u64).to_be_bytes()[..], &[choice as u8]].concat();

    let s = Scalar::from(0x5ec2e7_u64);
    let key = EdwardsPoint::mul_base(&s).compress().0;
    let nonces: Vec<Scalar> = (0..SESSIONS as u64).map(|i| Scalar::from(i + 3).invert()).collect();
    let linear = (0..).zip(&nonces).map(|(i, r)| {
        let commitment = EdwardsPoint::mul_base(r);
        (commitment, [0, 1].map(|choice| challenge(&commitment.compress().0, &key, &message(i, choice))))
    });
    let linear: Vec<_> = linear.collect();
    let mut answer = |i: usize, choice: usize| nonces[i] + linear[i].1[choice] * s;
    assert!(forgery(&key, b"never asked for", &linear, &mut answer), "the attack works where it can");

    let key = world.share(1).public().public_key();
    for _ in 0..2 {
        let mut honest: Vec<_> = (0..SESSIONS)
            .map(|_| Some(SigningNonces::<E>::generate((&world.shares[0]).into(), &mut world.rng)))
            .collect();
        let foe: Vec<_> = (0..SESSIONS).map(|_| Reused::new(&world.shares[1], &mut world.rng)).collect();
        let package = |i: usize, choice: usize, honest: &NonceCommitments| {
            let list = [(id(1), honest.clone()), (id(2), foe[i].get().commitments().clone())];
            let commitment = world.share(1).public().commitment();
            SigningPackage::<E>::new(commitment, list, &message(i, choice)).unwrap()
        };
        let offers: Vec<[SigningPackage<E>; 2]> = (0..SESSIONS)
            .map(|i| [0, 1].map(|choice| package(i, choice, honest[i].as_ref().unwrap().commitments())))
            .collect();
        let sessions = (0..).zip(&offers).map(|(i, offer)| {
            let c = |choice: usize| challenge(offer[choice].group_commitment(), &key, &message(i, choice));
            (point(offer[0].group_commitment()), [c(0), c(1)])
        });
        let sessions: Vec<_> = sessions.collect();
        let mut answer = |i: usize, choice: usize| {
            let package = &offers[i][choice];
            let own = sign(honest[i].take().unwrap(), world.share(1).into(), package).unwrap();
            let theirs = sign(foe[i].get(), world.share(2).into(), package).unwrap();
            let signature = aggregate(package, &[(id(1), own), (id(2), theirs)]).unwrap();
            scalar(&signature.to_bytes()[32..])
        };
        assert!(!forgery(&key, b"never asked for", &sessions, &mut answer));
        assert!(offers.iter().all(|[one, other]| one.group_commitment() != other.group_commitment()));
    }
}

/// Binding factors without the signer set (review of secp256k1-zkp's FROST, pull request 138, 2022): who chooses the set, or anything else,
/// after the nonces are known, keeps the honest signer's part of R. The attacker offers one pair of nonces of signer 1 in packages that
/// differ in one thing; the binding factor, taken out of what signer 1 answers, must be another each time.
#[test]
fn b7_binding_factor_without_the_signer_set() {
    let mut world = World::<E>::new(2, 4, 17);
    let nonces: Vec<Reused> = world.shares.iter().map(|share| Reused::new(share, &mut world.rng)).collect();
    let others: Vec<Reused> = world.shares.iter().map(|share| Reused::new(share, &mut world.rng)).collect();
    let public = world.share(1).public();
    let commitments =
        |of: &[Reused], number: u16| of[usize::from(number) - 1].get().commitments().as_bytes().to_vec();
    let factor = |view: &KeyView<E>, delta: Scalar, list: &[(u16, Vec<u8>)], message: &[u8]| {
        let given = list.iter().map(|(n, bytes)| (id(*n), NonceCommitments::from_bytes::<E>(bytes).unwrap()));
        let package = SigningPackage::<E>::new(view, given, message).unwrap();
        let share = sign(nonces[0].get(), world.share(1).into(), &package).unwrap();
        let signers = Parties::from_numbers(list.iter().map(|(n, _)| *n)).unwrap();
        let lambda = coefficient::<Ed25519>(&signers, id(1)).unwrap();
        let secret = scalar(&secret_bytes(world.share(1))) + delta;
        let c = challenge(package.group_commitment(), view.public_key(), message);
        let [d, e] = nonces[0].secrets();
        (scalar(&share.to_bytes()) - d - lambda * secret * c) * e.invert()
    };
    let view = KeyView::<E>::try_from(public.commitment()).unwrap();
    let usual = [(1, commitments(&nonces, 1)), (2, commitments(&nonces, 2))];
    let with = |number: u16, bytes: Vec<u8>| [usual[0].clone(), (number, bytes)];
    let [one, other] = [commitments(&nonces, 2), commitments(&others, 2)];
    let path = Path::new([7]).unwrap();
    let child = KeyView::<E>::derived(public, &path, &<E as Suite>::Tweak::default()).unwrap();
    let delta = *derive(public, &path).unwrap().tweak();
    let (base, zero) = (factor(&view, Scalar::ZERO, &usual, b"m"), Scalar::ZERO);
    assert_eq!(base, factor(&view, zero, &usual, b"m"), "a function of what is agreed on");
    let found = [
        base,
        factor(&view, zero, &usual, b"n"),
        factor(&child, delta, &usual, b"m"),
        factor(&view, zero, &with(2, [&other[..32], &one[32..]].concat()), b"m"),
        factor(&view, zero, &with(2, [&one[..32], &other[32..]].concat()), b"m"),
        factor(&view, zero, &with(3, commitments(&nonces, 2)), b"m"),
        factor(&view, zero, &[&usual[..], &[(3, commitments(&nonces, 3))]].concat(), b"m"),
        factor(&view, zero, &[&usual[..], &[(4, commitments(&nonces, 3))]].concat(), b"m"),
    ];
    for (k, one) in found.iter().enumerate() {
        assert!(found[..k].iter().all(|earlier| earlier != one), "{k}");
    }
}

/// The public items that give out a scalar or 32 secret bytes or more, by name, as `ci/api.txt` lists them. Not those of the arithmetic, which
/// have them from their caller, nor those of the vault, which knows of no keys.
fn givers(list: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for line in list.lines() {
        let (name, given) = match line.split_once("fn ") {
            Some((_, function)) => {
                let Some((call, given)) = function.rsplit_once(") -> ") else { continue };
                (call.split('(').next().unwrap(), given)
            }
            None => {
                let Some(field) = line.strip_prefix("pub ").and_then(|field| field.split_once(": ")) else {
                    continue;
                };
                field
            }
        };
        let secret =
            ["Scalar", "Secret<[u8", "Secret<<", "Exported<"].iter().any(|part| given.contains(part));
        let left_out = ["curve::", "frost::Suite::", "sharing::", "vault::", "secret::", "type ", "trait "];
        if secret && !left_out.iter().any(|part| name.starts_with(part)) {
            found.push(name);
        }
    }
    found
}

/// BIP-32 (2012): the parent's public key, its chain code and one child's secret are the parent's secret. The attack is arithmetic; so no
/// secret of a child must come out of any call, nor be taken in, and nothing that looks like one be printed. The only functions that put out
/// the secret of a key are `export`'s, and that of the whole key; they know of no path. `tweak` is what anybody can compute.
#[test]
fn b9_bip32_parent_from_one_child() {
    let world = World::<EcdsaSecp256k1>::new(2, 3, 21);
    let path: Path = "m/44/0/7".parse().unwrap();
    let public = world.share(1).public().clone();
    let derived = derive(&public, &path).unwrap();
    let xpub = Xpub::new(&public, Network::Main).derive(&path).unwrap();
    let exported = export(world.shares).unwrap();
    let parent = read_scalar::<Secp256k1>(exported.secret.expose()).unwrap();
    let child = parent + derived.tweak();
    assert_eq!(Secp256k1::mul_base(&child), *derived.point(), "the tweak is all that lies between them");
    let shown = format!("{derived:?}{xpub:?}{xpub}{:?}", exported.shares).to_lowercase();
    for secret in [parent, child] {
        let bytes: [u8; 32] = secret.to_bytes().into();
        assert!(!shown.contains(&hex::encode(bytes)) && !xpub.to_bytes().windows(32).any(|w| w == bytes));
    }
    let list = text("ci/api.txt");
    let expected = [
        "frost::zf::Share<S>::secret_bytes",
        "gated::life::export",
        "import::ed25519_secret",
        "key::Derived<C>::tweak",
        "key::Exported::secret",
        "key::export",
    ];
    let mut found = givers(&list);
    found.sort_unstable();
    assert_eq!(found.iter().map(|name| name.replace("<S: curve::Scheme>", "")).collect::<Vec<_>>(), expected);
    let of_children: Vec<_> = (list.lines())
        .filter(|line| {
            ["key::Path", "key::Derived", "key::Xpub", "Tweak"].iter().any(|part| line.contains(part))
        })
        .collect();
    assert!(of_children.len() > 60, "{}", of_children.len());
    assert_eq!(givers(&of_children.join("\n")), ["key::Derived<C>::tweak"]);
    assert!(of_children.iter().all(|line| !line.contains("Secret<")), "nor is one taken in");
    let leak = "pub fn key::derive_secret(&key::KeyShare<S>, &key::Path) -> secret::Secret<[u8; 32]>";
    assert_eq!(givers(leak), ["key::derive_secret"]);
    // What holds a child's secret elsewhere, `xprv`, is told to be one; what needs the parent's secret has no path.
    let mut secret = xpub.to_bytes();
    secret[..4].copy_from_slice(&[0x04, 0x88, 0xad, 0xe4]);
    assert_eq!(Xpub::from_bytes(&secret), Err(XpubError::Secret));
    assert_eq!(Path::new([44 | 1 << 31]), Err(SetupError::Underivable(44 | 1 << 31)));
}

/// `x`, and the point of even y with it.
fn lift(point: &<Secp256k1 as Curve>::Point) -> ([u8; 32], <Secp256k1 as Curve>::Point) {
    let bytes = encode_point::<Secp256k1>(point).unwrap();
    (bytes[1..].try_into().unwrap(), read_point::<Secp256k1>(&[&[2], &bytes[1..]].concat()).unwrap())
}

/// `P + tagged("TapTweak", x(P) || root) G` with P of even y (BIP-341), by this file alone.
fn output(internal: &<Secp256k1 as Curve>::Point, root: &[u8]) -> [u8; 32] {
    let (x, even) = lift(internal);
    let tag = Sha256::digest(b"TapTweak");
    let t = Sha256::new().chain_update(tag).chain_update(tag).chain_update(x).chain_update(root).finalize();
    lift(&(even + Secp256k1::mul_base(&read_scalar::<Secp256k1>(&t).unwrap()))).0
}

/// A hidden tapscript in a joint key (ZF's post_dkg; ChillDKG issues 41 and 57, 2024): whoever chooses last makes the joint key `P' + tG`
/// with `t` of a script tree of its own. Grant the attacker such a key. Used as it is, it can be spent by the script; the output key that
/// everybody signs for by default must not be, and must be that of BIP-341 for no script.
#[test]
fn b10_hidden_tapscript_in_a_joint_key() {
    let root = [0x6f; 32];
    let own = Secp256k1::mul_base(&k256::Scalar::from(0x1234_u64));
    let rogue_x = output(&own, &root);
    let rogue = read_point::<Secp256k1>(&[&[2], &rogue_x[..]].concat()).unwrap();
    let points = [rogue, Secp256k1::mul_base(&k256::Scalar::from(9_u64))];
    let bytes = points.map(|point| encode_point::<Secp256k1>(&point).unwrap()).concat();
    let commitment = Commitment::<Secp256k1>::read(&bytes).unwrap();
    let view =
        |tweak| KeyView::<FrostTaproot>::tweaked(&commitment, &tweak).unwrap().public_key()[1..].to_vec();
    assert_eq!(view(Taproot::Untweaked), output(&own, &root), "the script spends the key itself");
    let default = KeyView::<FrostTaproot>::try_from(&commitment).unwrap();
    assert_ne!(default.public_key()[1..], output(&own, &root));
    assert_eq!(default.public_key()[1..], output(&rogue, &[]));
    // So in a session, and in the published vectors.
    let world = World::<FrostTaproot>::new(2, 3, 22);
    let public = world.share(1).public();
    let task = Task::new(public, set(&[1, 2]), b"m", SessionId([1; 16])).unwrap();
    assert_eq!(task.output_key(), output(&public.commitment().public_key(), &[]));
    assert_eq!(
        taproot::output_key(public, &Path::default(), &Taproot::default()).unwrap(),
        task.output_key()
    );
    let mut count = 0;
    for line in include_str!("../vectors/bip341.txt").lines().filter(|line| line.starts_with("output:")) {
        let fields: Vec<_> = line.split(' ').collect();
        let bytes = |n: usize| hex::decode(fields[n]).unwrap();
        let internal = read_point::<Secp256k1>(&[&[2], &bytes(1)[..]].concat()).unwrap();
        let commitment = [internal, points[1]].map(|point| encode_point::<Secp256k1>(&point).unwrap());
        let commitment = Commitment::<Secp256k1>::read(&commitment.concat()).unwrap();
        let tweak = match fields[2] {
            "-" => Taproot::KeyPath,
            _ => Taproot::ScriptRoot(bytes(2).try_into().unwrap()),
        };
        let view = KeyView::<FrostTaproot>::tweaked(&commitment, &tweak).unwrap();
        assert_eq!(view.public_key()[1..], bytes(4));
        count += 1;
    }
    assert_eq!(count, 7);
}

/// One key for several kinds of messages (NEAR MPC issue 2076, 2026). Three schemes on one curve hold the very same secret, as a careless
/// import would bring about. Shares, names and messages of one must be nothing to another.
#[test]
fn b12_one_key_for_two_purposes() {
    let (one, other) = (World::<FrostSecp256k1>::new(2, 3, 23), World::<FrostTaproot>::new(2, 3, 23));
    let ecdsa = World::<EcdsaSecp256k1>::new(2, 3, 23);
    let keys = [one.share(1).public().public_key(), other.share(1).public().public_key()];
    assert_eq!(keys, [ecdsa.share(1).public().public_key(), keys[0].clone()], "the same secret");
    let names =
        [one.share(1).public().key_id(), other.share(1).public().key_id(), ecdsa.share(1).public().key_id()];
    assert!(names[0] != names[1] && names[1] != names[2] && names[2] != names[0]);
    fn reads<S: Scheme>(bytes: &Secret<Vec<u8>>) -> bool {
        KeyShare::<S>::from_bytes(bytes.expose()).is_some()
    }
    for (k, stored) in
        [one.share(1).to_bytes(), other.share(1).to_bytes(), ecdsa.share(1).to_bytes()].iter().enumerate()
    {
        let found =
            [reads::<FrostSecp256k1>(stored), reads::<FrostTaproot>(stored), reads::<EcdsaSecp256k1>(stored)];
        assert_eq!(found, [k == 0, k == 1, k == 2]);
    }
    let task = |world: &World<FrostTaproot>| {
        Task::new(world.share(1).public(), set(&[1, 2]), b"m", SessionId([1; 16])).unwrap()
    };
    let foreign = Task::new(one.share(1).public(), set(&[1, 2]), b"m", SessionId([1; 16])).unwrap();
    let mut session = Sign::start(other.share(1), task(&other), &mut crate::parties::rng(1)).unwrap();
    let theirs = Sign::start(one.share(2), foreign, &mut crate::parties::rng(2)).unwrap();
    let mut message = theirs.outgoing(0).next().unwrap().bytes.to_vec();
    assert_eq!(session.receive(id(2), &message), Err(Rejected::SetupMismatch(id(2))));
    message[1] = quorate::ecdsa::SIGN;
    assert_eq!(session.receive(id(2), &message), Err(Rejected::Protocol(quorate::ecdsa::SIGN)));
    assert_eq!(message.len(), HEADER_LEN + 66);
}
