//! Section C of the list of known attacks: who chooses the key, who takes part, and what is learnt.

use group::Group;
use quorate::curve::{
    Curve, EcdsaSecp256k1, Ed25519, FrostEd25519, FrostRistretto255, FrostTaproot, P256, Ristretto255,
    Scheme, Secp256k1, encode_point, read_point,
};
use quorate::ecdsa;
use quorate::envelope::EnvelopeError;
use quorate::error::{Fault, Rejected, SetupError};
use quorate::frost::{self, Sign};
use quorate::identity::{IdentityKey, Roster};
use quorate::key::Path;
use quorate::party::{Parties, PartyId};
use quorate::secret::Secret;
use quorate::session::{Session, State};
use quorate::sim::{Letter, Report};
use quorate::wire::{Header, Kind, SessionId};

use crate::parties::{
    FOE, Generation, World, all_convict, body, h, id, is, none_has_a_result, rng, runs, seal, secret_bytes,
    set,
};

type E = FrostEd25519;
type Point<S> = <<S as Scheme>::Curve as Curve>::Point;

/// A reveal of 2 of 3: view 32, two points, chain code part and salt 64, proof.
fn proof_at<S: Scheme>() -> usize {
    96 + 2 * S::Curve::POINT_LEN
}

/// What a reveal is committed to with: `H("dkg-commit"; sid, i, A, cc, salt)`.
fn commitment<S: Scheme>(game: &Generation<S>, reveal: &[u8]) -> [u8; 32] {
    let (me, points) = (id(FOE), 32..32 + 2 * S::Curve::POINT_LEN);
    let (cc, salt) = reveal[points.end..points.end + 64].split_at(32);
    h("dkg-commit", &[&game.run.terms(me).sid(), &me.to_bytes(), &reveal[points], cc, salt])
}

/// Plays with a reveal that the attacker planned beforehand, and committed to, under the view that everybody has.
pub(crate) fn with_reveal<S: Scheme>(
    game: &Generation<S>,
    seed: u64,
    planned: &[u8],
) -> Vec<Report<quorate::key::KeyShare<S>>> {
    let hash = commitment(game, planned);
    let (_, reports) = game.play(seed, &mut |heard, letter| {
        if is(letter, FOE, 1, Kind::All) {
            letter.body[32..64].copy_from_slice(&hash);
        }
        if is(letter, FOE, 2, Kind::All) {
            letter.body = [&body(heard, 1, 2, Kind::All)[..32], &planned[32..]].concat();
        }
        true
    });
    reports
}

/// `A_0` of a reveal.
fn constant<S: Scheme>(reveal: &[u8]) -> Point<S> {
    read_point::<S::Curve>(&reveal[32..32 + S::Curve::POINT_LEN]).unwrap()
}

/// Gennaro, Jarecki, Krawczyk, Rabin (EUROCRYPT 1999): the last to choose biases the key of a joint-Feldman generation. Party 3 sees what
/// the others reveal before it reveals itself. If it changes what it committed to, everybody convicts it (K2.2). What it can do is say
/// nothing where the key does not please it; then nobody has a key, and waits.
#[test]
fn c1_gennaro_bias_of_the_public_key() {
    let (mut made, mut spoilt) = (0, 0);
    for session in 0..12 {
        let (game, seed) = (Generation::<E>::new(session), u64::from(session));
        let (before, keys) = game.fair(seed);
        let own = body(&before, FOE, 2, Kind::All).to_vec();
        let key = |heard: &[Letter]| {
            let others = [1, 2].map(|from| constant::<E>(body(heard, from, 2, Kind::All)));
            encode_point::<Ed25519>(&(others[0] + others[1] + constant::<E>(&own))).unwrap()
        };
        let mut seen = Vec::new();
        let (_, reports) = game.play(seed, &mut |heard, letter| {
            if letter.header.round < 2 {
                return true;
            }
            seen = key(heard);
            seen[0] & 1 == 0
        });
        assert_eq!(seen, keys[0].public().public_key(), "it does know the key beforehand");
        if seen[0] & 1 == 0 {
            assert!(reports.into_iter().all(|report| report.output().public().public_key() == seen));
            made += 1;
            continue;
        }
        none_has_a_result(&reports);
        assert!(reports.iter().all(|report| report.outcome.is_none()));
        spoilt += 1;
        let (_, reports) = game.play(seed, &mut |_, letter| {
            if is(letter, FOE, 2, Kind::All) {
                let moved = constant::<E>(&own) + Ed25519::mul_base(&1_u64.into());
                letter.body[32..64].copy_from_slice(&encode_point::<Ed25519>(&moved).unwrap());
            }
            true
        });
        all_convict(&reports, "K2.2", Fault::BadOpening);
    }
    assert!(made > 2 && spoilt > 2, "{made} {spoilt}");
}

fn rogue_key<S: Scheme>() {
    let (game, five) = (Generation::<S>::new(1), S::Curve::mul_base(&5_u64.into()));
    let rogue = |heard: &[Letter]| {
        let others = [1, 2].map(|from| constant::<S>(body(heard, from, 2, Kind::All)));
        encode_point::<S::Curve>(&(five - others[0] - others[1])).unwrap()
    };
    let (_, reports) = game.play(2, &mut |heard, letter| {
        if is(letter, FOE, 2, Kind::All) {
            letter.body[32..32 + S::Curve::POINT_LEN].copy_from_slice(&rogue(heard));
        }
        true
    });
    all_convict(&reports, "K2.2", Fault::BadOpening);
    let (before, _) = game.fair(2);
    let mut planned = body(&before, FOE, 2, Kind::All).to_vec();
    planned[32..32 + S::Curve::POINT_LEN].copy_from_slice(&rogue(&before));
    all_convict(&with_reveal(&game, 2, &planned), "K2.4", Fault::BadProof);
}

/// Rogue key (Sigma Prime's audit of Drand, 2020; Bron audit TOB2-13, Trail of Bits 2026): party 3 publishes `5G - A_1 - A_2`, so that it
/// knows the joint secret. After the others have revealed, everybody must say K2.2; if it foresaw them and committed in time, K2.4: it does
/// not know the logarithm.
#[test]
fn c2_rogue_key_that_cancels_the_others() {
    rogue_key::<E>();
    rogue_key::<EcdsaSecp256k1>();
}

/// The attacker's reveal with one coefficient more, one fewer, none, and all twice.
fn raised<P: State<Output: std::fmt::Debug>>(name: &str, start: fn(&mut World<E>) -> [Session<P>; 3]) {
    for change in 0..4 {
        let mut world = World::<E>::new(2, 3, 31);
        let (sessions, mut lengths) = (start(&mut world), (0, 0));
        let reports = world.play(sessions, &mut |letter| {
            if is(letter, FOE, 2, Kind::All) {
                let old = letter.body.clone();
                letter.body = match change {
                    0 => [&old[..96], &old[64..96], &old[96..]].concat(),
                    1 => [&old[..32], &old[64..]].concat(),
                    2 => Vec::new(),
                    _ => old.repeat(2),
                };
                lengths = (old.len(), letter.body.len());
            }
            true
        });
        let (expected, found) = lengths;
        assert_ne!(expected, found, "{name}");
        for report in reports.iter().filter(|report| report.id != id(FOE)) {
            assert_eq!(report.rejected, [Rejected::Length { expected, found }], "{name}");
            assert!(report.outcome.is_none(), "{name}");
        }
    }
}

/// Threshold raise ("Breaking the shared key", Trail of Bits 2024; WSTS issues 87 and 88, tss-lib 291): a vector of another length than t
/// makes a key that more parties are needed for than anybody knows. In every protocol with such a vector, each honest party must refuse the
/// message by its length, go on waiting for the right one, and have no key.
#[test]
fn c3_threshold_raise() {
    raised("generation", runs::generation);
    raised("refresh", runs::refresh);
    raised("reshare", runs::reshare);
    raised("import", runs::import);
    raised("key set", runs::keyset);
}

/// tss-lib's Shamir (pull request 149, 2021): an index of zero is handed the secret, equal indices divide by zero. No id of zero and no id
/// twice must come in, by configuration or on the wire.
#[test]
fn c4_tss_lib_index_zero_and_duplicates() {
    assert_eq!(PartyId::new(0), Err(SetupError::PartyId(0)));
    assert_eq!(PartyId::new(u16::MAX), Err(SetupError::PartyId(u16::MAX)));
    assert_eq!(Parties::from_numbers([3, 1, 3]), Err(SetupError::DuplicateParty(id(3))));
    let world = World::<E>::new(2, 3, 32);
    let members: Vec<_> = world.cast.roster().iter().collect();
    let twice = [&members[..], &members[..1]].concat();
    assert_eq!(Roster::new(twice), Err(SetupError::DuplicateParty(id(1))));
    let task = frost::Task::new(world.share(1).public(), set(&[1, 2]), b"m", SessionId([1; 16])).unwrap();
    let mut session = Sign::start(world.share(1), task, &mut rng(1)).unwrap();
    let mut message = session.outgoing(0).next().unwrap().bytes.to_vec();
    message[4..6].fill(0);
    assert_eq!(session.receive(id(2), &message), Err(Rejected::Header));
    // A share at zero would be the secret; there is no such point on anybody's commitment.
    assert_eq!(world.share(1).public().public_share(id(4)), None);
}

/// WSTS issue 211 (2026): shares of a dealer whose commitment never came are summed all the same. Party 3 deals and certifies without
/// having committed, to one party and to both. Nobody must have a key, and who lacks the commitment must not have revealed anything.
#[test]
fn c5_wsts_uncommitted_shares() {
    for victims in [&[1][..], &[1, 2]] {
        for round in [1, 2] {
            let game = Generation::<E>::new(3);
            let (heard, reports) = game.play(3, &mut |_, letter| {
                !(is(letter, FOE, round, Kind::All) && victims.contains(&letter.to.get()))
            });
            none_has_a_result(&reports);
            assert!(
                reports.iter().filter(|report| report.id != id(FOE)).all(|report| report.outcome.is_none())
            );
            let went_on = |n: u16| heard.iter().any(|l| l.header.from == id(n) && l.header.round > round);
            assert!(victims.iter().all(|victim| !went_on(*victim)));
        }
    }
}

/// CVE-2022-47930, tss-lib: a proof of knowledge is replayed by another party or in another session. Party 3 shows party 1's polynomial with
/// party 1's proof, and its own polynomial with the proof it made in an earlier session. Everybody must say K2.4.
#[test]
fn c6_cve_2022_47930_replayed_proof_of_knowledge() {
    let (game, earlier) = (Generation::<E>::new(4), Generation::<E>::new(5));
    let (before, _) = game.fair(4);
    let [theirs, own] = [1, FOE].map(|from| body(&before, from, 2, Kind::All));
    // All of 1's but chain code part and salt, which are opened as well.
    let planned = [&theirs[..96], &own[96..160], &theirs[160..]].concat();
    all_convict(&with_reveal(&game, 4, &planned), "K2.4", Fault::BadProof);
    let (past, _) = earlier.fair(4);
    let old = body(&past, FOE, 2, Kind::All);
    assert_eq!(old[32..160], own[32..160], "the same polynomial");
    let planned = [&own[..160], &old[160..]].concat();
    all_convict(&with_reveal(&game, 4, &planned), "K2.4", Fault::BadProof);
}

/// Proofs of possession without domain separation (ChillDKG issue 31, 2024): one made for another scheme serves in this one. Party 3 has
/// the same polynomial in two generations under one session id, of an ECDSA key and of a Taproot key. Everybody must say K2.4.
#[test]
fn c7_proof_of_possession_of_another_scheme() {
    let (ecdsa, taproot) = (Generation::<EcdsaSecp256k1>::new(6), Generation::<FrostTaproot>::new(6));
    let (other, _) = ecdsa.fair(6);
    let (before, _) = taproot.fair(6);
    let [other, own] = [&other, &before].map(|heard| body(heard, FOE, 2, Kind::All));
    let at = proof_at::<FrostTaproot>();
    assert_eq!(other[32..at], own[32..at], "the same polynomial");
    let planned = [&own[..at], &other[at..]].concat();
    all_convict(&with_reveal(&taproot, 6, &planned), "K2.4", Fault::BadProof);
}

/// Commitment copying (Fresco issue 432, 2025): party 3 repeats party 1's commitment, and then its opening. In a key generation everybody
/// must say K2.2; in ECDSA signing, where the nonce points are committed to, S2.3.
#[test]
fn c8_copied_commitment() {
    let (_, reports) = Generation::<E>::new(7).play(7, &mut |heard, letter| {
        if is(letter, FOE, 1, Kind::All) {
            letter.body[32..64].copy_from_slice(&body(heard, 1, 1, Kind::All)[32..64]);
        }
        if is(letter, FOE, 2, Kind::All) {
            letter.body = body(heard, 1, 2, Kind::All).to_vec();
        }
        true
    });
    all_convict(&reports, "K2.2", Fault::BadOpening);

    let mut world = World::<EcdsaSecp256k1>::new(3, 3, 33);
    let everybody = set(&[1, 2, 3]);
    let pairings = world.cast.deal_pairings(&everybody, &mut world.rng).unwrap();
    let (key, session) = (world.share(1).public(), SessionId([1; 16]));
    let message = ecdsa::Message::sha256(b"m");
    let task = ecdsa::Task::new(key, everybody, Path::default(), message, session).unwrap();
    let sessions: Vec<_> = (world.shares.iter())
        .map(|share| ecdsa::Sign::start(share, task.clone(), &pairings[&share.id()], &mut world.rng).unwrap())
        .collect();
    let mut heard: Vec<Letter> = Vec::new();
    let reports = world.play(sessions, &mut |letter| {
        if letter.header.from == id(FOE) && letter.header.round < 3 {
            let first = body(&heard, 1, letter.header.round, Kind::Direct);
            if letter.header.round == 1 {
                letter.body[..32].copy_from_slice(&first[..32]);
            } else {
                // R and salt; the view, as everybody has it
                letter.body[..65].copy_from_slice(&first[..65]);
                letter.body[196..228].copy_from_slice(&first[196..228]);
            }
        }
        heard.push(letter.clone());
        true
    });
    all_convict(&reports, "S2.3", Fault::BadOpening);
}

/// Kryptology's GG20 (2022): shares were sent in clear, encryption being left to the caller. Party 3 reads every wire. Of no protocol that
/// deals may it find a share that anybody ends with, forwards or backwards.
#[test]
fn c9_kryptology_shares_on_the_wire() {
    fn overheard<P: State>(
        start: fn(&mut World<E>) -> [Session<P>; 3],
        secrets: fn(P::Output) -> Vec<Vec<u8>>,
    ) {
        let mut world = World::<E>::new(2, 3, 34);
        let (sessions, mut wire) = (start(&mut world), Vec::new());
        let reports = world.play(sessions, &mut |letter| {
            wire.extend(letter.header.to_bytes());
            wire.extend(&letter.body);
            true
        });
        let said = |bytes: &[u8]| wire.windows(bytes.len()).any(|window| window == bytes);
        let mut found: Vec<_> = reports.into_iter().flat_map(|report| secrets(report.output())).collect();
        found.extend(world.shares.iter().map(secret_bytes));
        assert!(found.len() >= 6 && said(&wire[wire.len() - 32..]));
        for secret in found {
            assert!(!said(&secret) && !said(&secret.iter().rev().copied().collect::<Vec<_>>()));
        }
    }
    let member = |seat: quorate::key::Seat<E>| vec![secret_bytes(&seat.member().unwrap())];
    overheard(runs::generation, |share| vec![secret_bytes(&share)]);
    overheard(runs::refresh, |share| vec![secret_bytes(&share)]);
    overheard(runs::reshare, member);
    overheard(runs::import, member);
    overheard(runs::keyset, |bundle| vec![secret_bytes(bundle.get::<E>(0).unwrap())]);
}

/// tofnd (2021): a message says in its payload whom it is from. Party 3 speaks as party 2, in a protocol that signs and in one that does
/// not. The envelope must be refused as not 2's, the bare message as sent by somebody else, and neither session may change.
#[test]
fn c10_tofnd_spoofed_sender() {
    let game = Generation::<E>::new(8);
    let (mut session, theirs) = (game.session(1, 8), game.session(2, 8));
    let message = theirs.outgoing(0).next().unwrap().bytes.to_vec();
    let forged = seal(&game.cast, FOE, &message);
    assert_eq!(forged.verify(game.run.roster()), Err(EnvelopeError::BadSignature));
    let spoofed = Err(Rejected::WrongSender { transport: id(FOE), header: id(2) });
    assert_eq!(session.receive(id(FOE), &message), spoofed);
    assert_eq!(session.missing(), [id(2), id(3)]);

    let world = World::<E>::new(2, 3, 35);
    let task = frost::Task::new(world.share(1).public(), set(&[1, 2, 3]), b"m", SessionId([1; 16])).unwrap();
    let start = |me: u16| Sign::start(world.share(me), task.clone(), &mut rng(me.into())).unwrap();
    let (mut session, theirs) = (start(1), start(2));
    let message = theirs.outgoing(0).next().unwrap().bytes.to_vec();
    assert_eq!(session.receive(id(FOE), &message), spoofed);
    assert_eq!(session.missing(), [id(2), id(3)]);
}

/// Keep issue 674 (2026): over a public relay, whoever speaks first for a seat has it. A stranger answers first for seat 3, under a key of
/// its own, and under an id of its own. Nobody must hear it; when the real party 3 comes, everybody gets the key.
#[test]
fn c11_keep_seat_hijack() {
    let game = Generation::<E>::new(9);
    let mallory = IdentityKey::from_seed(Secret::new([66; 32]));
    let message = game.session(FOE, 9).outgoing(0).next().unwrap().bytes.to_vec();
    let sign = |message: &[u8]| {
        let signature = mallory.sign(quorate::envelope::Unsigned::new(message).unwrap().to_sign());
        quorate::evidence::Envelope { bytes: message.to_vec(), signature }
    };
    let hijack = sign(&message);
    assert_eq!(hijack.clone().verify(game.run.roster()), Err(EnvelopeError::BadSignature));
    let (header, content) = Header::split(&message).unwrap();
    let stranger = [&Header { from: id(4), ..header }.to_bytes(), content].concat();
    assert_eq!(sign(&stranger).verify(game.run.roster()), Err(EnvelopeError::UnknownSender));
    // In a roster of its own making its envelope holds; that says nothing here.
    let own = game.run.roster().iter().map(|(n, key)| (n, if n == id(FOE) { mallory.public() } else { key }));
    let fooled = hijack.verify(&Roster::new(own).unwrap()).unwrap();
    let mut session = game.session(1, 9);
    assert_eq!(session.receive_signed(&fooled), Err(Rejected::Roster));
    assert_eq!(session.missing(), [id(2), id(3)]);
    assert_eq!(game.fair(9).1.len(), 3);
}

/// Identity accepted when points are read (ZF's frost before 2.0.0-rc.0, 2024). On every curve; and in every field of a key generation
/// with a point, where everybody must name its sender: K1.1 for a one-time key, K2.3 for a coefficient and the proof, K2.5 for a share.
#[test]
fn c15_zf_identity_on_decode() {
    fn refused<C: Curve>(encoding: &[u8]) {
        assert!(read_point::<C>(encoding).is_none() && encode_point::<C>(&C::Point::identity()).is_none());
    }
    let mut neutral = [0; 32];
    neutral[0] = 1;
    refused::<Ed25519>(&neutral);
    refused::<Ristretto255>(&[0; 32]);
    for encoding in [&[0; 33][..], &[0], &[4; 65]] {
        refused::<Secp256k1>(encoding);
        refused::<P256>(encoding);
    }
    fn fields<S: Scheme>(neutral: &[u8]) {
        let (game, len) = (Generation::<S>::new(10), S::Curve::POINT_LEN);
        let (before, _) = game.fair(10);
        let own = body(&before, FOE, 2, Kind::All);
        for at in [32, 32 + len] {
            let planned = [&own[..at], neutral, &own[at + len..]].concat();
            all_convict(&with_reveal(&game, 10, &planned), "K2.3", Fault::Malformed);
        }
        for (round, kind, places, check) in [
            (1, Kind::All, &[64, 64 + len][..], "K1.1"),
            (2, Kind::All, &[96 + 2 * len], "K2.3"),
            (2, Kind::Direct, &[0], "K2.5"),
        ] {
            let (_, reports) = game.play(10, &mut |_, letter| {
                if is(letter, FOE, round, kind) {
                    places.iter().for_each(|at| letter.body[*at..*at + len].copy_from_slice(neutral));
                }
                true
            });
            all_convict(&reports, check, Fault::Malformed);
        }
    }
    fields::<E>(&neutral);
    fields::<FrostRistretto255>(&[0; 32]);
    fields::<EcdsaSecp256k1>(&[0; 33]);
}
