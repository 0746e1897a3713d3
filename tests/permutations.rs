//! Messages may arrive in any order, any number of times, changed, from other rounds and after the end: the result is the
//! same, and what is refused changes nothing.
mod driver;

use std::collections::BTreeMap;

use driver::{
    E, Mail, Player, Protocol, Script, dkg, ecdsa, frost, id, key, life, permutations, rng, seal, shuffle,
};
use quorate::curve::{EcdsaP256, EcdsaSecp256k1};
use quorate::dkg::{self as keygen, Dkg};
use quorate::error::{Fault, Rejected};
use quorate::frost::{self as signing, Coordinator, Cosigner, SigningNonces, Task};
use quorate::party::{Parties, PartyId};
use quorate::secret::Secret;
use quorate::session::{Finding, Receipt, Session, Snapshot, Status};
use quorate::sim::{Cast, MemoryLedger};
use quorate::wire::{HEADER_LEN, Header, Kind, SessionId};

/// Delivers something that is no news: it must be refused, or be a duplicate, and change nothing.
fn no_news<S: Protocol>(player: &mut Player<S>, mail: &Mail) -> Result<Receipt, Rejected> {
    let before = player.look();
    let answer = player.receive(mail);
    assert_ne!(answer, Ok(Receipt::Stored));
    assert_eq!(player.look(), before, "{answer:?}");
    answer
}

/// Every message that was delivered, again and changed. A changed one convicts its sender if both versions are signed and the
/// first is still there, which it is until there is a result.
fn replay<S: Protocol>(script: &Script<S>, player: &mut Player<S>, delivered: &[Mail]) {
    for mail in delivered {
        let past = player.session.is_over() || mail.header().round < player.session.round();
        let late = Rejected::PastRound(mail.header().round);
        let again = no_news(player, mail);
        let changed = no_news(player, &script.conflict(mail));
        assert_eq!(again, if past { Err(late.clone()) } else { Ok(Receipt::Duplicate) });
        if player.session.is_over() || past && !player.signed {
            assert_eq!(changed, Err(late));
        } else {
            let Err(Rejected::Conflict { who, evidence }) = changed else { panic!("{changed:?}") };
            assert_eq!((who, evidence.is_some()), (mail.from(), player.signed));
        }
    }
}

/// One order of all messages; `replaying` what came before at every point.
fn play<S: Protocol>(script: &Script<S>, me: PartyId, order: &[Mail], signed: bool, replaying: bool) {
    let mut player = script.play(me);
    player.signed = signed;
    for (k, mail) in order.iter().enumerate() {
        assert_eq!(player.receive(mail), Ok(Receipt::Stored));
        if replaying {
            replay(script, &mut player, &order[..=k]);
        }
        player.advance(&script.cast);
        if replaying {
            replay(script, &mut player, &order[..=k]);
        }
    }
    assert_eq!(player.result.unwrap().unwrap(), script.result(me));
    assert_eq!(player.session.outgoing(0).map(|m| m.bytes).collect::<Vec<_>>(), script.outbound(me));
}

#[test]
fn every_order_of_a_signing_among_three_gives_the_same_bytes() {
    let (script, _) = frost(2, &[1, 2, 3], &[1, 2, 3], b"any order", 11);
    for me in script.cast.ids() {
        let inbound = script.inbound(me);
        assert_eq!(inbound.len(), 4);
        permutations(4, |order| {
            let order: Vec<_> = order.iter().map(|k| inbound[*k].clone()).collect();
            play(&script, me, &order, false, true);
            play(&script, me, &order, true, true);
        });
    }
}

#[test]
fn every_order_of_a_signing_by_two_or_four_of_five_gives_the_same_bytes() {
    for (signers, me, messages) in [(&[2, 5][..], 5, 2), (&[1, 2, 3, 5], 2, 6)] {
        let (script, _) = frost(2, &[1, 2, 3, 4, 5], signers, b"any order", 12);
        let inbound = script.inbound(id(me));
        assert_eq!(inbound.len(), messages);
        permutations(messages, |order| {
            let order: Vec<_> = order.iter().map(|k| inbound[*k].clone()).collect();
            play(&script, id(me), &order, false, false);
        });
    }
}

#[test]
fn every_order_of_a_pairing_and_of_signing_by_two_gives_the_same_bytes() {
    fn check<S: Protocol>(script: &Script<S>, messages: usize) {
        for (me, _) in &script.results {
            let inbound = script.inbound(*me);
            assert_eq!(inbound.len(), messages);
            // with all messages again at every point in two orders of each, in the others without
            let mut count = 0;
            permutations(messages, |order| {
                let order: Vec<_> = order.iter().map(|k| inbound[*k].clone()).collect();
                play(script, *me, &order, false, count % 12 == 1);
                play(script, *me, &order, true, count % 12 == 5);
                count += 1;
            });
        }
    }
    check(&ecdsa::pairing(21), 4);
    check(&ecdsa::sign::<EcdsaSecp256k1>(2, &[1, 2, 3], &[1, 3], 22), 3);
    check(&ecdsa::sign::<EcdsaP256>(2, &[7, 65534], &[7, 65534], 23), 3);
    check(&ecdsa::batch::<EcdsaSecp256k1>(2, &[1, 2], &[1, 2], 3, 24), 3);
    check(&ecdsa::presign::<EcdsaSecp256k1>(2, &[1, 2, 3], &[2, 3], 2, 25), 2);
    check(&ecdsa::online::<EcdsaP256>(2, &[1, 2, 3], &[2, 3], 26), 1);
}

#[test]
fn random_orders_of_signing_by_three_and_four_give_the_same_bytes() {
    fn check<S: Protocol>(script: &Script<S>, orders: usize) {
        let mut rng = rng(27);
        for k in 0..orders {
            let (me, _) = script.results[k % script.results.len()];
            let mut order = script.inbound(me);
            shuffle(&mut order, &mut rng);
            play(script, me, &order, k % 2 == 0, k == 1);
        }
    }
    check(&ecdsa::sign::<EcdsaSecp256k1>(3, &[1, 2, 3, 9], &[1, 3, 9], 27), 20);
    check(&ecdsa::sign::<EcdsaP256>(4, &[1, 2, 3, 4], &[1, 2, 3, 4], 28), 4);
    check(&ecdsa::presign::<EcdsaSecp256k1>(3, &[1, 2, 3], &[1, 2, 3], 1, 29), 10);
    let online = ecdsa::online::<EcdsaSecp256k1>(3, &[1, 2, 3], &[1, 2, 3], 30);
    for (me, _) in &online.results {
        let inbound = online.inbound(*me);
        permutations(2, |order| {
            let order: Vec<_> = order.iter().map(|k| inbound[*k].clone()).collect();
            play(&online, *me, &order, false, true);
        });
    }
}

#[test]
fn every_order_of_shares_gives_the_coordinator_the_signature() {
    let (cast, shares) = key(2, &[1, 2, 3], 13);
    let signers = Parties::new(cast.ids()).unwrap();
    let task = Task::new(shares[0].public(), signers, b"star", SessionId([13; 16])).unwrap();
    let nonces = || shares.iter().map(|s| SigningNonces::generate(s.into(), &mut rng(s.id().get().into())));
    let commitments: Vec<_> =
        shares.iter().map(|s| s.id()).zip(nonces().map(|n| n.commitments().clone())).collect();
    let start = || Coordinator::<E>::start(task.clone(), PartyId::COORDINATOR, commitments.clone()).unwrap();
    let lists: Vec<_> = start().outgoing(0).map(|m| (m.to.unwrap(), m.bytes.to_vec())).collect();
    let answers: Vec<_> = shares
        .iter()
        .zip(nonces())
        .map(|(share, nonces)| {
            let mut signer = Cosigner::start(share, task.clone(), PartyId::COORDINATOR, nonces).unwrap();
            for (to, list) in &lists {
                let answer = signer.receive(PartyId::COORDINATOR, list);
                assert_eq!(
                    answer,
                    if *to == share.id() { Ok(Receipt::Stored) } else { Err(Rejected::NotForMe) }
                );
            }
            assert!(matches!(signer.advance(&mut rng(0)), Ok(Status::Done(()))));
            (share.id(), signer.outgoing(0).next().unwrap().bytes.to_vec())
        })
        .collect();
    let mut signatures = Vec::new();
    permutations(3, |order| {
        let mut hub = start();
        for (k, at) in order.iter().enumerate() {
            assert!(matches!(hub.advance(&mut rng(0)), Ok(Status::Waiting)));
            assert_eq!(hub.missing().len(), 3 - k);
            let (from, answer) = &answers[*at];
            assert_eq!(hub.receive(*from, answer), Ok(Receipt::Stored));
            assert_eq!(hub.receive(*from, answer), Ok(Receipt::Duplicate));
        }
        let Ok(Status::Done(signature)) = hub.advance(&mut rng(0)) else { panic!("no signature") };
        signatures.push(signature);
        assert_eq!(hub.receive(answers[0].0, &answers[0].1), Err(Rejected::PastRound(2)));
    });
    assert!(signatures.windows(2).all(|w| w[0] == w[1]));
}

/// All 8! orders of the eight messages that a party gets in a key generation among three.
///
/// A session depends on the messages that it has, and not on their order: for every set of them there is one snapshot,
/// whichever message came last. That is one check for each set and each last message, and by induction every order, being
/// a way from the empty set to the full one, leads to the same key.
#[test]
fn every_order_of_a_key_generation_among_three_gives_the_same_bytes() {
    let (script, run) = dkg::<E>(2, &[1, 2, 3], 14);
    let me = id(2);
    let config = (run.clone(), me);
    let inbound = script.inbound(me);
    assert_eq!(inbound.len(), 8);
    let resume = |bytes: &[u8]| {
        let snapshot = Snapshot::from_bytes(Secret::new(bytes.to_vec()));
        Player::of(Session::<Dkg<E>>::resume(&config, snapshot, &mut MemoryLedger::default()).unwrap())
    };
    let stored = |player: Player<Dkg<E>>| player.session.suspend().unwrap().expose().to_vec();
    let mut snapshots = BTreeMap::from([(0u32, stored(script.play(me)))]);
    let mut ends = 0;
    for set in 0..255u32 {
        for last in (0..8).filter(|k| set >> k & 1 == 0) {
            let mut player = resume(&snapshots[&set]);
            assert_eq!(player.receive(&inbound[last]), Ok(Receipt::Stored));
            player.advance(&script.cast);
            let with_last = set | 1 << last;
            if with_last == 255 {
                assert_eq!(player.outbox(), script.outbound(me));
                replay(&script, &mut player, &inbound);
                assert_eq!(player.result.unwrap().unwrap(), script.result(me));
                ends += 1;
            } else {
                let bytes = stored(player);
                let known = snapshots.entry(with_last).or_insert_with(|| bytes.clone());
                assert!(*known == bytes, "set {with_last:b}, last {last}");
            }
        }
        let there: Vec<_> = (0..8).filter(|k| set >> k & 1 == 1).map(|k| inbound[k].clone()).collect();
        let mut player = resume(&snapshots[&set]);
        replay(&script, &mut player, &there);
    }
    assert_eq!((snapshots.len(), ends), (255, 8));
}

#[test]
fn random_orders_of_key_generations_without_a_pause_give_the_same_bytes() {
    let mut rng = rng(15);
    for (t, ids, orders) in [(2, &[1, 2, 3][..], 2000), (3, &[7, 300, 9, 65534], 200)] {
        let (script, _) = dkg::<E>(t, ids, 15);
        for k in 0..orders {
            let me = id(ids[k % ids.len()]);
            let mut order = script.inbound(me);
            shuffle(&mut order, &mut rng);
            play(&script, me, &order, true, k < 10);
        }
    }
}

#[test]
fn random_orders_of_a_reshare_give_the_same_bytes_in_every_role() {
    let (mut rng, (script, _)) = (rng(18), life::reshare::<E>(18));
    for k in 0..400 {
        let me = id(1 + k % 4);
        let mut order = script.inbound(me);
        shuffle(&mut order, &mut rng);
        play(&script, me, &order, true, k < 12);
    }
}

#[test]
fn a_conflict_convicts_its_sender_at_once_and_later() {
    let (script, run) = dkg::<E>(2, &[1, 2, 3], 16);
    let mut player = script.play(id(3));
    let inbound = script.inbound(id(3));
    for (k, mail) in inbound.iter().enumerate() {
        assert_eq!(player.receive(mail), Ok(Receipt::Stored));
        for mail in &inbound[..=k] {
            let answer = player.receive(&script.conflict(mail));
            let Err(Rejected::Conflict { evidence: Some(evidence), .. }) = answer else {
                panic!("no evidence")
            };
            assert_eq!(keygen::judge(&run, &evidence), Finding::Guilty(mail.from(), Fault::Equivocation));
        }
        if k + 1 < inbound.len() {
            player.advance(&script.cast);
        }
    }
    player.advance(&script.cast);
    assert!(player.result.unwrap().unwrap() == script.result(id(3)));
}

#[test]
fn a_signature_that_comes_with_the_second_copy_is_kept() {
    let (script, task) = frost(2, &[1, 2, 3], &[1, 2, 3], b"x", 19);
    let mut player = script.play(id(3));
    for mail in script.inbound(id(3)) {
        let changed = script.conflict(&mail);
        player.signed = false;
        assert_eq!(player.receive(&mail), Ok(Receipt::Stored));
        let unsigned = player.receive(&changed);
        assert_eq!(unsigned, Err(Rejected::Conflict { who: mail.from(), evidence: None }));
        player.signed = true;
        assert_eq!(player.receive(&changed), unsigned);
        assert_eq!(player.receive(&mail), Ok(Receipt::Duplicate));
        let answer = player.receive(&changed);
        let Err(Rejected::Conflict { evidence: Some(evidence), .. }) = answer else { panic!("no evidence") };
        assert_eq!(signing::judge(&task, &evidence), Finding::Guilty(mail.from(), Fault::Equivocation));
        // and it is not forgotten
        player.signed = false;
        assert_eq!(player.receive(&mail), Ok(Receipt::Duplicate));
        player.signed = true;
        assert_eq!(
            player.receive(&changed),
            Err(Rejected::Conflict { who: mail.from(), evidence: Some(evidence) })
        );
    }
    player.advance(&script.cast);
    assert!(player.result.unwrap().unwrap() == script.result(id(3)));
}

/// Messages of every kind that a session refuses, made from one that it would take.
fn refusals<S: Protocol>(script: &Script<S>, mail: &Mail) -> Vec<(PartyId, Vec<u8>, Rejected)> {
    let (good, from) = (mail.message(), mail.from());
    let edit = |at: usize, byte: u8| {
        let mut bytes = good.to_vec();
        bytes[at] = byte;
        bytes
    };
    let (round, kind) = (good[2], good[3]);
    let body = good.len() - HEADER_LEN;
    let stranger = (1..).map(id).find(|x| !script.cast.roster().parties().contains(*x)).unwrap();
    let [high, low] = stranger.to_bytes();
    let from_stranger = [&good[..4], &[high, low], &good[6..]].concat();
    // a private message of a pair says in its binding which pairing it is of, and a stranger has none
    let private = mail.header().binding != script.play(script.mail[0].from()).session.terms().binding;
    let unknown = if private { Rejected::SetupMismatch(stranger) } else { Rejected::Unexpected(stranger) };
    let wrong_kind = if mail.header().to.is_some() { Kind::All } else { Kind::Direct };
    let mut refusals = vec![
        (from, good[..HEADER_LEN - 1].to_vec(), Rejected::Header),
        (from, Vec::new(), Rejected::Header),
        (from, edit(0, 2), Rejected::Header),
        (from, edit(3, 7), Rejected::Header),
        (from, edit(1, 77), Rejected::Protocol(77)),
        (from, edit(8, good[8] ^ 1), Rejected::Session),
        (from, edit(24, good[24] ^ 1), Rejected::SetupMismatch(from)),
        (from, edit(55, good[55] ^ 1), Rejected::SetupMismatch(from)),
        (stranger, good.to_vec(), Rejected::WrongSender { transport: stranger, header: from }),
        (stranger, from_stranger, unknown),
        (from, [&good[..6], &[high, low], &good[8..]].concat(), Rejected::NotForMe),
        (from, edit(2, 0), Rejected::Slot { round: 0, kind }),
        (from, edit(2, 200), Rejected::Slot { round: 200, kind }),
        (from, edit(3, wrong_kind as u8), Rejected::Slot { round, kind: wrong_kind as u8 }),
        (from, good[..good.len() - 1].to_vec(), Rejected::Length { expected: body, found: body - 1 }),
        (from, [good, &[0]].concat(), Rejected::Length { expected: body, found: body + 1 }),
    ];
    if S::SIGNED {
        refusals.push((from, good.to_vec(), Rejected::Unsigned));
    }
    refusals
}

#[test]
fn what_is_refused_changes_nothing_at_any_point() {
    fn check<S: Protocol>(script: &Script<S>) {
        let me = script.mail[0].from();
        let mut player = script.play(me);
        let mut order = script.inbound(me);
        order.reverse();
        // people of the same numbers, and of other identities
        let others = Cast::new(script.cast.ids().iter().map(|id| id.get()), &mut rng(99)).unwrap();
        for mail in &order {
            let before = player.look();
            for (from, bytes, expected) in refusals(script, mail) {
                assert_eq!(player.session.receive(from, &bytes), Err(expected));
            }
            let stranger = seal(&others, mail.message());
            assert_eq!(player.session.receive_signed(&stranger.0), Err(Rejected::Roster));
            for bytes in script.outbound(me) {
                // one's own messages, reflected
                assert!(player.session.receive(me, &bytes).is_err());
            }
            assert_eq!(player.look(), before);
            assert_eq!(player.receive(mail), Ok(Receipt::Stored));
            player.advance(&script.cast);
        }
        assert_eq!(player.result.unwrap().unwrap(), script.result(me));
    }
    check(&frost(2, &[1, 2, 3], &[1, 2, 3], b"x", 17).0);
    check(&dkg::<E>(2, &[1, 2, 3], 17).0);
    check(&ecdsa::pairing(17));
    check(&ecdsa::sign::<EcdsaSecp256k1>(2, &[1, 2, 3], &[1, 2], 17));
    check(&ecdsa::presign::<EcdsaP256>(2, &[1, 2, 3], &[1, 2], 1, 17));
    check(&ecdsa::online::<EcdsaSecp256k1>(2, &[1, 2, 3], &[1, 2], 17));
}

#[test]
fn a_notice_is_recorded_once_and_changes_nothing_else() {
    let (script, _) = dkg::<E>(2, &[1, 2, 3], 18);
    let mut player = script.play(id(1));
    let notice = seal(&script.cast, &script.play(id(3)).session.notice_to_send());
    assert_eq!(Header::split(notice.message()).unwrap().0.kind, Kind::Notice);
    let (missing, traffic) = (player.session.missing(), player.session.traffic().to_vec());
    assert_eq!(player.receive(&notice), Ok(Receipt::Notice));
    assert_eq!(no_news(&mut player, &notice), Ok(Receipt::Duplicate));
    assert_eq!(player.session.notices(), [id(3)]);
    assert_eq!((player.session.missing(), player.session.traffic().to_vec()), (missing, traffic));
    for mail in script.inbound(id(1)) {
        assert_eq!(player.receive(&mail), Ok(Receipt::Stored));
    }
    // What came is kept as long as the run, for the others to compare.
    assert_eq!(player.session.envelopes().count(), 3 * 2);
    player.advance(&script.cast);
    assert_eq!(player.session.envelopes().count(), 0);
    assert_eq!(player.result.unwrap().unwrap(), script.result(id(1)));
}

#[test]
fn what_others_sent_ahead_is_not_made_here() {
    let (script, _) = dkg::<E>(2, &[1, 2, 3], 20);
    let mut player = script.play(id(1));
    let made = |player: &Player<_>| [1, 2, 3].map(|round| player.session.has_made(round));
    assert_eq!(made(&player), [true, false, false]);
    for mail in script.inbound(id(1)) {
        assert_eq!(player.receive(&mail), Ok(Receipt::Stored));
    }
    assert_eq!(player.session.traffic().len(), 3);
    assert_eq!(made(&player), [true, false, false]);
    assert!(matches!(player.step(), Some(Status::Advanced { round: 1 })));
    assert_eq!(made(&player), [true, true, false]);
}

/// A member that does not sign has nothing to give up, though the transport knows it.
#[test]
fn a_notice_of_who_takes_no_part_is_refused() {
    let (script, _) = frost(2, &[1, 2, 3], &[1, 2], b"x", 19);
    let mut player = script.play(id(1));
    let from = |number: u16| {
        let mut bytes = script.play(id(2)).session.notice_to_send();
        bytes[4..6].copy_from_slice(&id(number).to_bytes());
        seal(&script.cast, &bytes)
    };
    let before = player.look();
    assert_eq!(player.receive(&from(3)), Err(Rejected::Unexpected(id(3))));
    assert_eq!(player.session.notices(), []);
    assert_eq!(player.look(), before);
    assert_eq!(player.receive(&from(2)), Ok(Receipt::Notice));
    assert_eq!(player.session.notices(), [id(2)]);
}
