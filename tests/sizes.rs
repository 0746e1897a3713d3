//! The exact size of every message and stored form, from the outboxes of real sessions. The table is printed with
//! `cargo test --test sizes -- --nocapture`.
mod driver;

use driver::{E, Mail, Protocol, Script, dkg, ecdsa, frost, id, key, rng, seal};
use quorate::curve::{Curve, EcdsaP256, EcdsaSecp256k1, Scheme};
use quorate::dkg::{Dkg, Run};
use quorate::ecdsa::{EcdsaScheme, MAX_BATCH};
use quorate::envelope::SIGNATURE_LEN;
use quorate::frost::{Coordinator, Cosigner, SigningNonces, Task};
use quorate::key::{Certificate, KeyShare};
use quorate::pairing::{self, Pair, STORED_LEN};
use quorate::party::{Parties, PartyId, Threshold};
use quorate::session::{Receipt, Status, Suspend as _, Traffic};
use quorate::sim::Cast;
use quorate::wire::{HEADER_LEN, Header, Kind, SessionId};

/// The bodies of a message, by round and kind: all must have one length.
fn body_len(messages: &[Vec<u8>], round: u8, kind: Kind) -> usize {
    let of_kind = |m: &&Vec<u8>| {
        let header = Header::split(m).unwrap().0;
        (header.round, header.kind) == (round, kind)
    };
    let mut lengths: Vec<_> = messages.iter().filter(of_kind).map(|m| m.len() - HEADER_LEN).collect();
    lengths.dedup();
    let [length] = lengths[..] else { panic!("round {round}, {kind:?}: {lengths:?}") };
    length
}

/// Commit, reveal and share of party 1 among `n`; the others get no further than round 1.
fn first_rounds<S: Scheme>(t: u16, n: u16) -> Vec<Vec<u8>> {
    let mut rng = rng(51);
    let cast = Cast::new(1..=n, &mut rng).unwrap();
    let run = Run::new(Threshold::new(t, n).unwrap(), cast.roster().clone(), SessionId([5; 16])).unwrap();
    let mut sessions: Vec<_> = cast
        .ids()
        .into_iter()
        .map(|me| Dkg::<S>::start(&run, me, &mut quorate::sim::MemoryLedger::default(), &mut rng).unwrap())
        .collect();
    let mut one = sessions.remove(0);
    for session in &sessions {
        let mail = seal(&cast, session.outgoing(0).next().unwrap().bytes);
        assert_eq!(one.receive_signed(&mail.0), Ok(Receipt::Stored));
    }
    assert!(matches!(one.advance(&mut rng), Ok(Status::Advanced { round: 1 })));
    one.outgoing(0).map(|m| m.bytes.to_vec()).collect()
}

#[test]
fn key_generation_messages() {
    fn check<S: Scheme>(point: usize) {
        assert_eq!((S::Curve::POINT_LEN, S::Curve::SCALAR_LEN), (point, 32));
        for (t, n) in [(2, 2), (2, 3), (3, 3), (3, 5), (5, 7), (67, 100)] {
            let messages = first_rounds::<S>(t, n);
            let (t, n) = (usize::from(t), usize::from(n));
            let commit = body_len(&messages, 1, Kind::All);
            let reveal = body_len(&messages, 2, Kind::All);
            let share = body_len(&messages, 2, Kind::Direct);
            println!(
                "{:<24} {t:>3}-of-{n:<3} commit {commit:>4}  reveal {reveal:>4}  share {share}",
                S::NAME
            );
            assert_eq!(commit, 64 + point * (n - 1));
            assert_eq!(reveal, 128 + point * (t + 1));
            assert_eq!(share, point + 32);
            assert_eq!(messages.len(), 1 + n);
        }
        // whole runs
        for (t, n) in [(2u16, 3u16), (3, 5)] {
            let ids: Vec<u16> = (1..=n).collect();
            let (script, _) = dkg::<S>(t, &ids, 51);
            for me in script.cast.ids() {
                let messages = script.outbound(me);
                assert_eq!(body_len(&messages, 3, Kind::All), 96);
                traffic(&script, me);
            }
            let sent: usize = script.outbound(id(1)).iter().map(|m| m.len() - HEADER_LEN).sum();
            println!("{:<24} {t:>3}-of-{n:<3} certify   96  bodies sent by one party {sent}", S::NAME);
            if (t, n) == (2, 3) {
                assert_eq!(sent, if point == 33 { 583 } else { 64 + 2 * 32 + 128 + 3 * 32 + 2 * 64 + 96 });
            }
            let stored = KeyShare::<S>::stored_len(t.into(), n.into());
            assert_eq!(script.result(id(1)).len(), stored);
            let certificate =
                KeyShare::<S>::from_bytes(script.result(id(1))).unwrap().public().certificate().to_bytes();
            assert_eq!(certificate.len(), 32 + 64 * usize::from(n));
            assert!(Certificate::from_bytes(&certificate).is_some());
            println!(
                "{:<24} {t:>3}-of-{n:<3} stored share {stored}  certificate {}",
                S::NAME,
                certificate.len()
            );
        }
        let [complaint, share] = complaint::<S>();
        println!("{:<24} complaint {complaint}, of which a share in its envelope {share}", S::NAME);
        assert_eq!(complaint, 250 + 2 * point);
        assert_eq!(share, HEADER_LEN + point + 32 + SIGNATURE_LEN);
    }
    check::<E>(32);
    check::<EcdsaSecp256k1>(33);
    check::<EcdsaP256>(33);
    assert_eq!((HEADER_LEN, SIGNATURE_LEN), (56, 64));
    // as the README has it: 2-of-3 Ed25519
    assert_eq!(KeyShare::<E>::stored_len(2, 3), 2 + 35 + 5 + 3 * 34 + 21 + 4 * 32 + 2 * 32 + 3 * 64 + 4 + 32);
    assert!(KeyShare::<E>::stored_len(2, 3) <= 700);
}

/// A complaint from a run in which dealer 1 sends 2 a bad share: body and the envelope inside.
fn complaint<S: Scheme>() -> [usize; 2] {
    let (script, _) = dkg::<S>(2, &[1, 2, 3], 52);
    let mut victim = script.play(id(2));
    let mut share = 0;
    for mail in script.inbound(id(2)).iter().filter(|m| m.header().round < 3) {
        let spoiled = (mail.from(), mail.header().kind) == (id(1), Kind::Direct);
        // the last byte is a scalar's lowest on the Weierstrass curves, its highest on edwards25519
        let mail =
            if spoiled { script.forge(mail, |body| *body.last_mut().unwrap() ^= 1) } else { mail.clone() };
        if spoiled {
            share = mail.0.envelope().to_bytes().len();
        }
        assert_eq!(victim.receive(&mail), Ok(Receipt::Stored));
    }
    victim.advance(&script.cast);
    assert!(victim.result.as_ref().is_some_and(Result::is_err));
    let complaint = victim.outbox().pop().unwrap();
    assert_eq!(Header::split(&complaint).unwrap().0.kind, Kind::Complaint);
    [complaint.len() - HEADER_LEN, share]
}

/// What a party counted is what was sent and received.
fn traffic<S: Protocol>(script: &Script<S>, me: PartyId) {
    let mut player = script.play(me);
    for mail in script.inbound(me) {
        assert_eq!(player.receive(&mail), Ok(Receipt::Stored));
        assert_eq!(player.receive(&mail), Ok(Receipt::Duplicate)); // counts once
    }
    player.advance(&script.cast);
    assert!(player.session.is_over());
    let more = if S::SIGNED { SIGNATURE_LEN } else { 0 };
    let rounds = script.mail.iter().map(|m| m.header().round).max().unwrap();
    let expected: Vec<_> = (1..=rounds)
        .map(|round| {
            let of = |mail: &[&Mail]| -> (usize, usize) {
                let of_round = mail.iter().filter(|m| m.header().round == round);
                (of_round.clone().count(), of_round.map(|m| m.message().len() + more).sum())
            };
            let (messages_in, bytes_in) =
                of(&script.mail.iter().filter(|m| m.is_for(me)).collect::<Vec<_>>());
            let (messages_out, bytes_out) =
                of(&script.mail.iter().filter(|m| m.from() == me).collect::<Vec<_>>());
            Traffic { round, messages_in, bytes_in, messages_out, bytes_out }
        })
        .collect();
    assert_eq!(player.session.traffic(), expected);
}

#[test]
fn signing_messages() {
    for (t, n, k) in [(2u16, 3u16, 2u16), (2, 3, 3), (3, 5, 4), (67, 100, 67)] {
        let (ids, signers): (Vec<_>, Vec<_>) = ((1..=n).collect(), (1..=k).collect());
        let (cast, shares) = key(t, &ids, 53);
        let set = Parties::from_numbers(signers.iter().copied()).unwrap();
        let task = Task::new(shares[0].public(), set, b"sizes", SessionId([5; 16])).unwrap();
        let nonces: Vec<_> =
            shares.iter().take(k.into()).map(|s| SigningNonces::generate(s.into(), &mut rng(5))).collect();
        let commitments: Vec<_> =
            cast.ids().into_iter().zip(nonces.iter().map(|n| n.commitments().clone())).collect();
        let hub = Coordinator::<E>::start(task.clone(), PartyId::COORDINATOR, commitments).unwrap();
        let list = hub.outgoing(0).next().unwrap().bytes.to_vec();
        assert_eq!(list.len() - HEADER_LEN, 64 * usize::from(k));
        assert_eq!(hub.sent(), k.into());
        let first = nonces.into_iter().next().unwrap();
        let mut signer = Cosigner::start(&shares[0], task, PartyId::COORDINATOR, first).unwrap();
        signer.receive(PartyId::COORDINATOR, &list).unwrap();
        assert!(matches!(signer.advance(&mut rng(0)), Ok(Status::Done(()))));
        let answer = signer.outgoing(0).next().unwrap().bytes.len() - HEADER_LEN;
        assert_eq!(answer, 64);
        println!("sign {t}-of-{n} by {k}: list {}, answer {answer}", list.len() - HEADER_LEN);
        if k < 10 {
            let (script, _) = frost(t, &ids, &signers, b"sizes", 53);
            let sent = script.outbound(id(1));
            let [commit, share] = [1, 2].map(|round| body_len(&sent, round, Kind::All));
            println!("sign {t}-of-{n} by {k}: commit {commit}, share {share}");
            assert_eq!((commit, share), (64, 64));
            traffic(&script, id(1));
        }
    }
    let (_, shares) = key(2, &[1, 2, 3], 54);
    let nonces = SigningNonces::generate((&shares[0]).into(), &mut rng(54));
    assert_eq!((nonces.commitments().as_bytes().len(), nonces.store().expose().len()), (64, 100));
}

#[test]
fn pairing_messages() {
    let script = ecdsa::pairing(57);
    for me in script.cast.ids() {
        let messages = script.outbound(me);
        let bodies = [1, 2, 3, 4].map(|round| body_len(&messages, round, Kind::Direct));
        assert_eq!(bodies, [128, 8256, 6144, 32]);
        assert_eq!((messages.len(), bodies.iter().sum::<usize>()), (4, 14_560));
        assert_eq!(messages.iter().map(Vec::len).sum::<usize>(), 14_560 + 4 * HEADER_LEN);
        traffic(&script, me);
        assert_eq!(script.result(me).len(), STORED_LEN);
    }
    println!("pairing: 128 + 8256 + 6144 + 32 = 14560 a device, stored {STORED_LEN}");
    assert_eq!(STORED_LEN, 6 + 3 * 32 + 4096 + 3072 + 16 + 32 + 32);
    const { assert!(STORED_LEN <= 9000) };
    let identity = |n| script.cast.key(id(n)).unwrap().public();
    let run = pairing::Run::new(identity(1), identity(2), SessionId([5; 16])).unwrap();
    let (_, plan) = Pair::setup(&run).unwrap();
    assert_eq!(plan.capacity(), 14_560);
}

/// Bodies of rounds 1, 2 and 3 of one signature, for one counterparty.
const SIGNING: [usize; 3] = [4464, 40_260, 96];

#[test]
fn ecdsa_messages() {
    fn check<S: EcdsaScheme>() {
        for (t, n) in [(2u16, 2u16), (2, 3), (3, 5), (5, 7)] {
            let (ids, signers): (Vec<_>, Vec<_>) = ((1..=n).collect(), (1..=t).collect());
            let script = ecdsa::sign::<S>(t, &ids, &signers, 58);
            one_signature(&script, t, 1);
            let presign = ecdsa::presign::<S>(t, &ids, &signers, 1, 58);
            let messages = presign.outbound(id(1));
            assert_eq!([1, 2].map(|round| body_len(&messages, round, Kind::Direct)), SIGNING[..2]);
            assert_eq!(messages.len(), 2 * usize::from(t - 1));
            traffic(&presign, id(1));
            let online = ecdsa::online::<S>(t, &ids, &signers, 58);
            let messages = online.outbound(id(1));
            assert_eq!((messages.len(), messages[0].len()), (1, 96 + HEADER_LEN));
            assert_eq!(body_len(&messages, 1, Kind::All), 96);
            traffic(&online, id(1));
            let stored = ecdsa::presignatures(&presign)[&id(1)][0].expose().len();
            println!(
                "{:<24} {t}-of-{n} bodies to each {}, online 96, stored presignature {stored}",
                S::NAME,
                SIGNING.iter().sum::<usize>()
            );
            // two indices of the path
            assert_eq!(stored, 304 + 34 * usize::from(t - 1) + 2 * 4);
        }
    }
    check::<EcdsaSecp256k1>();
    check::<EcdsaP256>();
    assert_eq!(SIGNING.iter().sum::<usize>(), 44_820);
    assert_eq!(SIGNING.iter().sum::<usize>() + 3 * HEADER_LEN, 44_988);
}

/// What a run of `items` signatures sends: one message a round and counterparty, and one to all.
fn one_signature<S: Protocol>(script: &Script<S>, t: u16, items: usize) {
    for (me, _) in &script.results {
        let messages = script.outbound(*me);
        let kinds = [(1, Kind::Direct), (2, Kind::Direct), (3, Kind::All)];
        let bodies = kinds.map(|(round, kind)| body_len(&messages, round, kind));
        assert_eq!(bodies, SIGNING.map(|len| len * items));
        let others = usize::from(t - 1);
        assert_eq!(messages.len(), 2 * others + 1);
        let to_each: usize = bodies.iter().sum::<usize>() + 3 * HEADER_LEN;
        assert_eq!(to_each, 44_820 * items + 168);
        traffic(script, *me);
    }
}

#[test]
fn batches_grow_by_bodies_alone() {
    for items in [1, 2, 8] {
        let script = ecdsa::batch::<EcdsaSecp256k1>(2, &[1, 2, 3], &[1, 3], items as u32, 59);
        one_signature(&script, 2, items);
        println!("batch of {items}: {} bytes to each with headers", 44_820 * items + 168);
    }
    assert_eq!(MAX_BATCH, 256);
}

/// What `Traffic` counts of one party is what others can make it hold: a signing among t has room for t - 1 counterparties.
#[test]
fn a_signing_holds_what_is_due_and_no_more() {
    let script = ecdsa::sign::<EcdsaSecp256k1>(5, &[1, 2, 3, 4, 5, 6, 7], &[1, 2, 3, 4, 5], 60);
    let held: usize = script.inbound(id(1)).iter().map(|m| m.0.body().len()).sum();
    assert_eq!(held, 4 * 44_820);
    // before anything was opened, everything from everybody is taken once, and nothing else
    let mut player = script.play(id(1));
    for mail in script.inbound(id(1)) {
        assert_eq!(player.receive(&mail), Ok(Receipt::Stored));
        let longer = script.forge(&mail, |body| body.push(0));
        let answer = player.receive(&longer);
        assert!(matches!(answer, Err(quorate::error::Rejected::Length { .. })), "{answer:?}");
    }
    let bytes_in: usize = player.session.traffic().iter().map(|t| t.bytes_in).sum();
    assert_eq!(bytes_in, held + script.inbound(id(1)).len() * HEADER_LEN);
}

#[test]
fn notices_have_no_body() {
    let (script, _) = dkg::<E>(2, &[1, 2], 55);
    assert_eq!(script.play(id(1)).session.notice_to_send().len(), HEADER_LEN);
}

/// The memory that a run can be made to hold is known before the first byte arrives.
#[test]
fn a_session_takes_no_more_than_its_plan() {
    let mut rng = rng(56);
    let cast = Cast::new(1..=100, &mut rng).unwrap();
    let run = Run::new(Threshold::new(67, 100).unwrap(), cast.roster().clone(), SessionId([5; 16])).unwrap();
    let (_, plan) = Dkg::<E>::setup(&(run.clone(), id(1))).unwrap();
    let [commit, reveal, share, last] = [64 + 32 * 99, 128 + 32 * 68, 64, 250 + 64];
    assert_eq!(plan.capacity(), 99 * (commit + reveal + share + last));
    println!("a 67-of-100 key generation holds at most {} bytes of others' messages", plan.capacity());
    assert!(plan.capacity() < 600 * 1024);
    let run = Run::new(run.threshold(), run.roster().clone(), run.session()).unwrap();
    let (_, plan) = Dkg::<EcdsaSecp256k1>::setup(&(run, id(1))).unwrap();
    assert!(plan.capacity() < 600 * 1024);
    // two complaints would have found room where two certificates came
    let (script, run) = dkg::<E>(2, &[1, 2, 3], 56);
    let held: usize = script.inbound(id(1)).iter().map(|m| m.0.body().len()).sum();
    let (_, plan) = Dkg::<E>::setup(&(run, id(1))).unwrap();
    assert_eq!(plan.capacity() - held, 2 * (314 - 96));
}
