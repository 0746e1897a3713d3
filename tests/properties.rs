//! What holds for every threshold, group, quorum, message and network: found by random search.
mod driver;

use driver::{E, rng, shuffle};
use ed25519_dalek::VerifyingKey;
use ff::Field;
use group::Group;
use proptest::prelude::*;
use proptest::sample::subsequence;
use quorate::curve::{
    Curve, EcdsaP256, EcdsaSecp256k1, Ed25519, P256, Scheme, Secp256k1, Unchecked, encode_point,
    random_scalar, read_point, read_scalar, write_scalar,
};
use quorate::dkg::{Dkg, Run};
use quorate::envelope::{Unsigned, Verified};
use quorate::evidence::{Envelope, Evidence, EvidenceKind};
use quorate::frost::{Coordinator, Cosigner, Sign, SigningNonces, Task};
use quorate::key::{Certificate, KeyShare, PublicKey};
use quorate::party::{Parties, PartyId, Threshold};
use quorate::session::Status;
use quorate::sharing::{Commitment, coefficient, coefficients};
use quorate::sim::{Cast, Faults};
use quorate::wire::{Header, Kind, SessionId};

/// A group of parties with any ids, a threshold, and a quorum.
#[derive(Clone, Debug)]
struct Setting {
    ids: Vec<u16>,
    t: u16,
    quorum: Vec<u16>,
    seed: u64,
}

fn settings(most: usize) -> impl Strategy<Value = Setting> {
    let ids = prop::collection::btree_set(prop_oneof![1..=9u16, 1..=65534u16, 65520..=65534u16], 2..=most);
    let with_t = ids.prop_flat_map(|ids| {
        let ids: Vec<u16> = ids.into_iter().collect();
        let n = ids.len();
        (Just(ids), 2..=n)
    });
    let with_quorum = with_t.prop_flat_map(|(ids, t)| {
        let n = ids.len();
        (Just(ids.clone()), Just(t), subsequence(ids, t..=n), any::<u64>())
    });
    with_quorum.prop_map(|(ids, t, quorum, seed)| Setting { ids, t: t as u16, quorum, seed })
}

fn faults() -> impl Strategy<Value = Faults> {
    let free = (any::<bool>(), 0..40u8, 0..40u8, 0..40u8);
    let any =
        free.prop_map(|(reorder, duplicate, drop, corrupt)| Faults { reorder, duplicate, drop, corrupt });
    prop_oneof![Just(Faults::default()), Just(Faults::storm()), any]
}

/// Generates a key, and checks everything that all shares must agree on.
fn generate<S: Scheme>(group: &Setting, faults: Faults) -> (Cast, Vec<KeyShare<S>>) {
    let mut rng = rng(group.seed);
    let cast = Cast::new(group.ids.iter().copied(), &mut rng).unwrap();
    let threshold = Threshold::new(group.t, group.ids.len() as u16).unwrap();
    let run = Run::new(threshold, cast.roster().clone(), SessionId([8; 16])).unwrap();
    let mut sessions: Vec<_> = cast
        .ids()
        .iter()
        .map(|me| Dkg::<S>::start(&run, *me, &mut quorate::sim::MemoryLedger::default(), &mut rng).unwrap())
        .collect();
    shuffle(&mut sessions, &mut rng);
    let reports = cast.run_with(sessions, faults, &mut |_| true, &mut rng);
    let shares: Vec<_> = reports.into_iter().map(|report| report.output()).collect();
    let public = shares[0].public();
    for share in &shares {
        assert!(share.public() == public);
        let bytes = share.to_bytes();
        assert_eq!(bytes.expose().len(), KeyShare::<S>::stored_len(group.t.into(), group.ids.len()));
        // reading verifies s*G = V(id), the key's name and the certificate
        let again = KeyShare::<S>::from_bytes(bytes.expose()).unwrap();
        assert!(again.to_bytes().expose() == bytes.expose());
    }
    let again = PublicKey::<S>::from_bytes(&public.to_bytes()).unwrap();
    assert!(again == *public && again.to_bytes() == public.to_bytes());
    let certificate = Certificate::from_bytes(&public.certificate().to_bytes()).unwrap();
    assert!(certificate == *public.certificate() && certificate.verify(public).is_ok());
    // the quorum's public shares interpolate to the public key
    let quorum = Parties::from_numbers(group.quorum.iter().copied()).unwrap();
    let terms = quorum.iter().zip(coefficients::<S::Curve>(&quorum));
    let terms: Vec<_> = terms
        .map(|(id, l)| (read_point::<S::Curve>(&public.public_share(id).unwrap()).unwrap(), l))
        .collect();
    let found = S::Curve::msm_vartime(&terms);
    assert_eq!(encode_point::<S::Curve>(&found).unwrap(), public.public_key());
    (cast, shares)
}

fn verifies(public: &PublicKey<E>, message: &[u8], signature: ed25519_dalek::Signature) -> bool {
    let key: [u8; 32] = public.public_key().try_into().unwrap();
    VerifyingKey::from_bytes(&key).unwrap().verify_strict(message, &signature).is_ok()
}

/// The same through a coordinator, who may be a member or nobody.
fn star(shares: &[KeyShare<E>], task: &Task<E>, hub: PartyId, seed: u64) -> ed25519_dalek::Signature {
    let mut rng = rng(seed);
    let (mut commitments, mut signers) = (Vec::new(), Vec::new());
    for share in shares.iter().filter(|s| task.signers().contains(s.id())) {
        let nonces = SigningNonces::generate(share.into(), &mut rng);
        commitments.push((share.id(), nonces.commitments().clone()));
        signers.push(Cosigner::start(share, task.clone(), hub, nonces).unwrap());
    }
    shuffle(&mut commitments, &mut rng);
    shuffle(&mut signers, &mut rng);
    let mut session = Coordinator::start(task.clone(), hub, commitments).unwrap();
    for signer in &mut signers {
        let me = signer.terms().me;
        let list = session.outgoing(0).find(|m| m.to == Some(me)).unwrap().bytes.to_vec();
        signer.receive(hub, &list).unwrap();
        assert!(matches!(signer.advance(&mut rng), Ok(Status::Done(()))));
        session.receive(me, signer.outgoing(0).next().unwrap().bytes).unwrap();
    }
    let Ok(Status::Done(signature)) = session.advance(&mut rng) else { panic!("no signature") };
    signature.into()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_generated_key_signs(
        group in settings(7),
        (first, second) in (faults(), faults()),
        message in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let (cast, shares) = generate::<E>(&group, first);
        let public = shares[0].public();
        let signers = Parties::from_numbers(group.quorum.iter().copied()).unwrap();
        let task = Task::new(public, signers.clone(), &message, SessionId([9; 16])).unwrap();
        let mut rng = rng(group.seed ^ 1);
        let chosen = shares.iter().filter(|s| signers.contains(s.id()));
        let mut sessions: Vec<_> = chosen.map(|s| Sign::start(s, task.clone(), &mut rng).unwrap()).collect();
        shuffle(&mut sessions, &mut rng);
        let reports = cast.run_with(sessions, second, &mut |_| true, &mut rng);
        let signatures: Vec<_> = reports.into_iter().map(|report| report.output()).collect();
        prop_assert_eq!(signatures.len(), signers.len());
        prop_assert!(signatures.iter().all(|s| *s == signatures[0]));
        prop_assert!(verifies(public, &message, signatures[0].into()));
        let mut other = message.clone();
        other.push(0);
        prop_assert!(!verifies(public, &other, signatures[0].into()));
        for hub in [PartyId::COORDINATOR, cast.ids()[0]] {
            prop_assert!(verifies(public, &message, star(&shares, &task, hub, group.seed ^ 2)));
        }
    }

    #[test]
    fn keys_of_the_other_schemes_agree(group in settings(5), faults in faults()) {
        let _ = generate::<EcdsaSecp256k1>(&group, faults);
        let _ = generate::<EcdsaP256>(&group, faults);
    }
}

/// Shamir and Feldman over one curve.
fn sharing<C: Curve>(group: &Setting) {
    let mut rng = rng(group.seed);
    let t = usize::from(group.t);
    let a: Vec<C::Scalar> = (0..t).map(|_| random_scalar::<C>(&mut rng)).collect();
    let mut bytes = Vec::new();
    C::encode_points(&a.iter().map(C::mul_base).collect::<Vec<_>>(), &mut bytes).unwrap();
    let commitment = Commitment::<C>::read(&bytes).unwrap();
    assert!(commitment.t() == t && commitment.public_key() == C::mul_base(&a[0]));
    let at = |id: PartyId| {
        let x = C::Scalar::from(u64::from(id.get()));
        a.iter().rev().fold(C::Scalar::ZERO, |sum, a| sum * x + a)
    };
    let all = Parties::from_numbers(group.ids.iter().copied()).unwrap();
    for id in all.iter() {
        assert!(commitment.verify(id, &at(id)) && !commitment.verify(id, &(at(id) + C::Scalar::ONE)));
        assert!(commitment.at(id) == C::mul_base(&at(id)));
    }
    // any t or more give the secret; the coefficients of any set add up to one
    let quorum = Parties::from_numbers(group.quorum.iter().copied()).unwrap();
    let lambda = coefficients::<C>(&quorum);
    let secret: C::Scalar = quorum.iter().zip(&lambda).map(|(id, l)| at(id) * l).sum();
    assert!(secret == a[0] && lambda.iter().sum::<C::Scalar>() == C::Scalar::ONE);
    for (id, l) in quorum.iter().zip(&lambda) {
        assert!(coefficient::<C>(&quorum, id) == Some(*l));
    }
    // t - 1 give something else
    if let Some(few) = (t > 2).then(|| Parties::new(quorum.iter().take(t - 1)).unwrap()) {
        let wrong: C::Scalar = few.iter().zip(coefficients::<C>(&few)).map(|(id, l)| at(id) * l).sum();
        assert!(wrong != a[0]);
    }
    let mut again = Vec::new();
    commitment.write(&mut again);
    assert!(again == bytes && bytes.len() == t * C::POINT_LEN);
}

/// Points and scalars: read back what was written, and nothing else has that value.
fn encodings<C: Curve>(seed: u64, noise: &[u8; 64]) {
    let mut rng = rng(seed);
    for k in [random_scalar::<C>(&mut rng), C::scalar_from_wide(noise)] {
        let (mut bytes, point) = (Vec::new(), C::mul_base(&k));
        write_scalar::<C>(&k, &mut bytes);
        assert!(bytes.len() == C::SCALAR_LEN && read_scalar::<C>(&bytes) == Some(k));
        let encoded = encode_point::<C>(&point);
        assert_eq!(encoded.is_none(), bool::from(point.is_identity()));
        let Some(encoded) = encoded else { continue };
        assert!(encoded.len() == C::POINT_LEN && read_point::<C>(&encoded) == Some(point));
        assert!(Unchecked::<C>::read(&encoded).unwrap().check() == Some(point));
    }
    if let Some(point) = read_point::<C>(&noise[..C::POINT_LEN]) {
        assert_eq!(encode_point::<C>(&point).unwrap(), &noise[..C::POINT_LEN]);
    }
    if let Some(k) = read_scalar::<C>(&noise[..C::SCALAR_LEN]) {
        let mut bytes = Vec::new();
        write_scalar::<C>(&k, &mut bytes);
        assert_eq!(bytes, &noise[..C::SCALAR_LEN]);
    }
}

fn headers() -> impl Strategy<Value = Header> {
    let kind = prop_oneof![Just(Kind::All), Just(Kind::Direct), Just(Kind::Complaint), Just(Kind::Notice)];
    let parties = (1..=65534u16, prop::option::of(1..=65534u16));
    (any::<(u8, u8, [u8; 16], [u8; 32])>(), kind, parties).prop_map(
        |((protocol, round, session, binding), kind, (from, to))| {
            let id = |n| PartyId::new(n).unwrap();
            Header {
                protocol,
                round,
                kind,
                from: id(from),
                to: to.map(id),
                session: SessionId(session),
                binding,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sharing_is_linear_algebra_on_every_curve(group in settings(12)) {
        sharing::<Ed25519>(&group);
        sharing::<Secp256k1>(&group);
        sharing::<P256>(&group);
    }

    #[test]
    fn points_and_scalars_have_one_encoding(seed in any::<u64>(), half in any::<[u8; 32]>(), sign in 2..4u8) {
        let mut noise = [0; 64];
        noise[..32].copy_from_slice(&half);
        noise[32..].copy_from_slice(&half);
        encodings::<Ed25519>(seed, &noise);
        noise[0] = sign;
        encodings::<Secp256k1>(seed, &noise);
        encodings::<P256>(seed, &noise);
    }

    #[test]
    fn messages_read_back(header in headers(), body in prop::collection::vec(any::<u8>(), 0..300), seed in any::<u64>()) {
        let message = [&header.to_bytes()[..], &body].concat();
        prop_assert_eq!(Header::split(&message), Some((header, &body[..])));
        let cast = Cast::new([header.from.get()], &mut rng(seed)).unwrap();
        let unsigned = Unsigned::new(&message).unwrap();
        let signature = cast.key(header.from).unwrap().sign(unsigned.to_sign());
        let envelope = unsigned.attach(cast.roster(), signature).unwrap();
        let bytes = envelope.to_bytes();
        prop_assert_eq!(Envelope::from_bytes(&bytes), Some(envelope.clone()));
        let verified = Verified::open(cast.roster(), &bytes).unwrap();
        prop_assert_eq!((verified.header(), verified.body(), verified.envelope()), (&header, &body[..], &envelope));
        let entry = vec![(header.from, body.clone()), (header.from, Vec::new())];
        let evidence = Evidence {
            kind: EvidenceKind::Complaint,
            messages: vec![envelope.clone(), envelope],
            attachments: vec![entry, Vec::new()],
        };
        prop_assert_eq!(Evidence::from_bytes(&evidence.to_bytes()), Some(evidence));
    }

    #[test]
    fn sets_of_parties_do_not_depend_on_order(ids in prop::collection::vec(1..=65534u16, 0..40), seed in any::<u64>()) {
        let mut shuffled = ids.clone();
        shuffle(&mut shuffled, &mut rng(seed));
        let (a, b) = (Parties::from_numbers(ids.clone()), Parties::from_numbers(shuffled));
        prop_assert_eq!(&a, &b);
        let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
        prop_assert_eq!(a.is_ok(), distinct.len() == ids.len());
        if let Ok(set) = a {
            prop_assert_eq!(set.to_bytes(), distinct.iter().flat_map(|id| id.to_be_bytes()).collect::<Vec<_>>());
        }
    }
}
