//! Different messages to different receivers, all of them signed: nobody ends with a key that others do not have, nobody
//! honest is convicted, and whoever sees both versions convicts their sender.

use quorate::curve::FrostEd25519;
use quorate::dkg::{Run, judge};
use quorate::envelope::Verified;
use quorate::error::{Fault, Rejected};
use quorate::evidence::{Evidence, EvidenceKind};
use quorate::key::PendingShare;
use quorate::party::PartyId;
use quorate::session::{Finding, Receipt};
use quorate::sim::Letter;
use quorate::wire::{Header, Kind};
use sha2::{Digest, Sha512};

use crate::complaints::second_reveal;
use crate::foe::Foe;
use crate::game::{Game, identity, is, rng, seal, sign};
use crate::hash::h;
use crate::puppet::{Puppet, id};
use crate::verdict::{Want, brittle, cheater, unproved};

every_scheme! {
    k2_1_two_commitments_leave_suspects
    k2_1_view_of_round_1_that_one_party_does_not_share_ends_only_its_run
    k3_1_two_reveals_leave_suspects
    k3_1_view_of_round_2_that_one_party_does_not_share_ends_only_its_run
    k3_2_two_valid_signatures_give_everybody_the_same_key
    k3_3_certificate_to_some_and_complaint_to_others
    one_body_of_two_kinds_is_equivocation
    undecodable_messages_in_no_slot_convict_nobody
    a_session_that_gets_both_versions_convicts_the_sender
}

/// The malicious party among five, 3 of whom are needed.
const TWO_FACED: u16 = 4;

/// Who gets the second version.
fn second(to: PartyId) -> bool {
    to > id(2)
}

/// The honest exchange what they have received: somebody is handed a second version and convicts the sender, and nobody
/// else is ever convicted.
fn exchange<S: Foe>(game: &mut Game<S>) {
    let kept = |seat: &crate::game::Seat<Run<S>>| -> Vec<Verified> {
        let sealed = seat.session.envelopes().map(|e| e.verify(game.run.roster()).unwrap());
        sealed.filter(|sealed| sealed.header().to.is_none()).collect()
    };
    let all: Vec<Verified> = game.seats.values().flat_map(kept).collect();
    let mut convictions = Vec::new();
    for (me, seat) in &mut game.seats {
        for sealed in all.iter().filter(|sealed| sealed.header().from != *me) {
            if let Err(Rejected::Conflict { who, evidence }) = seat.session.receive_signed(sealed) {
                assert_eq!(who, id(TWO_FACED), "{}", game.label);
                convictions.push(evidence.unwrap());
            }
        }
    }
    assert!(!convictions.is_empty(), "{}", game.label);
    for evidence in convictions {
        game.convicts(&evidence, id(TWO_FACED), Fault::Equivocation, &game.label);
    }
}

/// Makes the second party from the first.
type Face<S> = dyn Fn(&Puppet<S>, &Game<S>) -> Puppet<S>;

/// Two complete parties in one: each receiver sees the one made for it, right to the end, with its own views.
fn two_faces<S: Foe>(label: &str, other: &Face<S>) -> Game<S> {
    let mut game = Game::<S>::new(3, 5, &[TWO_FACED]);
    game.label = format!("{} {label}", S::NAME);
    game.play(&mut |game, letter| {
        let (to, puppet) = (letter.to, &game.puppets[&id(TWO_FACED)]);
        let other = other(puppet, game);
        let face = if second(to) { &other } else { puppet };
        match (letter.header.round, letter.header.kind) {
            (1, _) => letter.body = face.commit(&game.sid),
            (2, Kind::All) => letter.body = face.reveal(&game.view(to, 1).unwrap()),
            (2, _) => {
                let (e1, key) = (game.view(to, 1).unwrap(), game.key(to, face.me));
                letter.body = face.share(&e1, to, key, crate::puppet::at::<S>(&face.f, to));
            }
            _ => {}
        }
        true
    });
    game
}

fn clone<S: Foe>(puppet: &Puppet<S>) -> Puppet<S> {
    let (f, points) = (puppet.f.clone(), puppet.points.clone());
    Puppet { f, points, e: puppet.e.clone(), d: puppet.d.clone(), ..*puppet }
}

fn k2_1_two_commitments_leave_suspects<S: Foe>() {
    let faces: [(&str, &Face<S>); 3] = [
        ("two nonces", &|puppet, _| Puppet { nu: [7; 32], ..clone(puppet) }),
        ("two polynomials", &|_, game| Puppet::new(id(TWO_FACED), &game.ids, 3, &mut rng(9))),
        ("two one-time keys", &|puppet, _| {
            let mut other = clone(puppet);
            other.e.insert(id(5), 9.into());
            other
        }),
    ];
    for (label, other) in faces {
        let mut game = two_faces::<S>(label, other);
        game.expect_all(&Want::Suspects(2, "K2.1"));
        exchange(&mut game);
    }
}

fn k2_1_view_of_round_1_that_one_party_does_not_share_ends_only_its_run<S: Foe>() {
    let mut game = Game::<S>::new(3, 5, &[TWO_FACED]);
    game.play(&mut |_, letter| {
        if is(letter, TWO_FACED, 2, Kind::All) && letter.to == id(2) {
            letter.body[0] ^= 1;
        }
        true
    });
    game.expect(2, &Want::Suspects(2, "K2.1"));
    for other in [1, 3, 5] {
        game.expect(other, &Want::Wait(vec![2]));
    }
    exchange(&mut game);
}

/// The same polynomial under two proofs, and certificates to each receiver's taste.
fn k3_1_two_reveals_leave_suspects<S: Foe>() {
    let mut game = Game::<S>::new(3, 5, &[TWO_FACED]);
    game.play(&mut |game, letter| {
        if is(letter, TWO_FACED, 2, Kind::All) && second(letter.to) {
            letter.body = second_reveal(game, &game.puppets[&id(TWO_FACED)]);
        }
        if letter.header.round == 3 {
            let signature = sign(id(TWO_FACED), &h("sig-cert", &[&game.cert(letter.to).unwrap()]));
            letter.body = [&game.view(letter.to, 2).unwrap()[..], &signature].concat();
        }
        true
    });
    game.expect_all(&Want::Suspects(3, "K3.1"));
    exchange(&mut game);
}

/// Everybody else has the key, and gives the one that lacks it the certificate.
fn k3_1_view_of_round_2_that_one_party_does_not_share_ends_only_its_run<S: Foe>() {
    let mut game = Game::<S>::new(3, 5, &[TWO_FACED]);
    game.play(&mut |_, letter| {
        if letter.header.round == 3 && letter.to == id(2) {
            letter.body[0] ^= 1;
        }
        true
    });
    game.expect(2, &Want::Suspects(3, "K3.1"));
    for other in [1, 3, 5] {
        game.expect(other, &Want::Key);
    }
    complete(&game, 2, 1);
}

/// The pending share of one becomes the key with the certificate of another.
fn complete<S: Foe>(game: &Game<S>, lacks: u16, has: u16) {
    let pending = PendingShare::<S>::from_bytes(game.seat(lacks).pending.as_ref().unwrap()).unwrap();
    let Some(Ok(share)) = &game.seat(has).outcome else { panic!("{has} has no key") };
    let completed = pending.complete(share.public().certificate().clone()).unwrap();
    assert_eq!(completed.id(), id(lacks));
    assert_eq!(completed.public(), share.public());
}

fn k3_3_certificate_to_some_and_complaint_to_others<S: Foe>() {
    for accused in [1, 5] {
        let mut game = Game::<S>::new(3, 5, &[TWO_FACED]);
        game.label = format!("{} accused {accused}", S::NAME);
        game.play(&mut |game, letter| {
            if letter.header.round == 3 && second(letter.to) {
                let complaint = game.complaint(TWO_FACED, accused);
                (letter.header.kind, letter.body) = (Kind::Complaint, complaint.body());
            }
            true
        });
        game.expect(1, &Want::Key);
        game.expect(2, &Want::Key);
        let lie = Fault::FalseComplaint;
        game.expect(3, &cheater(3, "K3.3", TWO_FACED, lie));
        let verdict = if accused == 5 { unproved } else { cheater };
        game.expect(5, &verdict(3, "K3.3", TWO_FACED, lie));
        complete(&game, 3, 1);
        complete(&game, 5, 2);
        // The certificate is a second version to those who got the complaint.
        let certificate = game.envelope(3, TWO_FACED, 1).clone();
        let seat = game.seats.get_mut(&id(3)).unwrap();
        let Err(Rejected::Conflict { who, evidence }) = seat.session.receive_signed(&certificate) else {
            panic!("no conflict")
        };
        game.convicts(&evidence.unwrap(), who, Fault::Equivocation, &game.label);
    }
}

/// Two signatures that both hold: the certificates differ, and what they certify does not.
fn k3_2_two_valid_signatures_give_everybody_the_same_key<S: Foe>() {
    let mut game = Game::<S>::new(3, 5, &[TWO_FACED]);
    game.play(&mut |game, letter| {
        if letter.header.round == 3 && second(letter.to) {
            let input = h("sig-cert", &[&game.cert(id(TWO_FACED)).unwrap()]);
            let signature = sign_again(id(TWO_FACED), &input);
            assert_ne!(letter.body[32..], signature);
            letter.body[32..].copy_from_slice(&signature);
        }
        true
    });
    game.expect_all(&Want::Key);
    let keys: Vec<_> =
        game.seats.values().map(|seat| seat.outcome.as_ref().unwrap().as_ref().unwrap()).collect();
    assert_ne!(keys[0].public().certificate(), keys[3].public().certificate());
    assert!(keys.iter().all(|key| key.public().key_id() == keys[0].public().key_id()));
}

/// Ed25519 with a nonce of the signer's choice.
fn sign_again(party: PartyId, input: &[u8; 32]) -> [u8; 64] {
    use curve25519_dalek::{edwards::EdwardsPoint, scalar::Scalar};
    let key = identity(party);
    let nonce = Scalar::from(5u64);
    let r = EdwardsPoint::mul_base(&nonce).compress().0;
    let hash = Sha512::new().chain_update(r).chain_update(key.verifying_key().as_bytes()).chain_update(input);
    let challenge = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
    let s = nonce + challenge * key.to_scalar();
    [r, s.to_bytes()].concat().try_into().unwrap()
}

/// One body under both kinds: two messages of one slot, whatever a session makes of them.
fn one_body_of_two_kinds_is_equivocation<S: Foe>() {
    let mut game = Game::<S>::new(3, 5, &[TWO_FACED]);
    game.play_fair();
    let first = game.envelope(3, TWO_FACED, 1);
    let header = Header { kind: Kind::Complaint, ..*first.header() };
    let messages = vec![first.envelope().clone(), seal(&header, first.body())];
    let evidence = Evidence { kind: EvidenceKind::Equivocation, messages, attachments: Vec::new() };
    game.convicts(&evidence, id(TWO_FACED), Fault::Equivocation, S::NAME);
}

/// Addressed as no session takes it, what does not decode convicts nobody.
fn undecodable_messages_in_no_slot_convict_nobody<S: Foe>() {
    let mut game = Game::<S>::new(3, 5, &[TWO_FACED]);
    game.play_fair();
    let bad = |round, kind, to: Option<PartyId>| {
        let len = match (round, kind) {
            (2, Kind::Direct) => game.private(TWO_FACED, 1).body().len(),
            (3, Kind::Complaint) => game.complaint(TWO_FACED, 1).body().len(),
            _ => game.envelope(round, TWO_FACED, 1).body().len(),
        };
        let messages = vec![seal(&game.header(round, kind, id(TWO_FACED), to), &vec![0xff; len])];
        judge(&game.run, &Evidence { kind: EvidenceKind::Undecodable, messages, attachments: Vec::new() })
    };
    let guilty = Finding::Guilty(id(TWO_FACED), Fault::Malformed);
    for (round, kind) in [(1, Kind::All), (2, Kind::All), (2, Kind::Direct), (3, Kind::Complaint)] {
        let (right, wrong) = if kind == Kind::Direct { (Some(id(1)), None) } else { (None, Some(id(1))) };
        assert_eq!(bad(round, kind, right), guilty, "{round} {kind:?}");
        assert_eq!(bad(round, kind, wrong), Finding::Inconclusive, "{round} {kind:?}");
    }
}

/// Gives party 1 both versions of one message; the first counts, and the second convicts.
fn both<S: Foe>(round: u8, kind: Kind, first: &Change<S>, other: &Change<S>) {
    let mut game = Game::<S>::new(3, 5, &[TWO_FACED]);
    game.label = format!("{} round {round} {kind:?}", S::NAME);
    let mut found = None;
    for at in 1..=3 {
        game.speak();
        game.puppets_speak(at, &mut |game, letter| {
            if is(letter, TWO_FACED, round, kind) {
                first(game, letter);
            }
            true
        });
        if at == round {
            let mut letters = game.letters(id(TWO_FACED), round);
            let letter = letters.iter_mut().find(|l| l.to == id(1) && l.header.kind == kind).unwrap();
            other(&game, letter);
            let sealed = seal(&letter.header, &letter.body).verify(game.run.roster()).unwrap();
            let session = &mut game.seats.get_mut(&id(1)).unwrap().session;
            let before = format!("{session:?}");
            found = Some(session.receive_signed(&sealed));
            assert_eq!(format!("{session:?}"), before);
        }
        game.work();
    }
    let Some(Err(Rejected::Conflict { who, evidence: Some(evidence) })) = found else {
        panic!("{}: {found:?}", game.label)
    };
    assert_eq!(who, id(TWO_FACED));
    game.convicts(&evidence, who, Fault::Equivocation, &game.label);
    brittle(&game.run, &evidence);
    let [a, b] = &evidence.messages[..] else { panic!("{}", game.label) };
    let turned = Evidence { messages: vec![b.clone(), a.clone()], ..(*evidence).clone() };
    assert_eq!(judge(&game.run, &turned), Finding::Guilty(who, Fault::Equivocation));
    let twice = Evidence { messages: vec![a.clone(), a.clone()], ..(*evidence).clone() };
    assert_eq!(judge(&game.run, &twice), Finding::Inconclusive);
}

type Change<S> = dyn Fn(&Game<S>, &mut Letter);

fn a_session_that_gets_both_versions_convicts_the_sender<S: Foe>() {
    let keep: &Change<S> = &|_, _| {};
    let flip: &Change<S> = &|_, letter| *letter.body.last_mut().unwrap() ^= 1;
    let complain: &Change<S> = &|game, letter| {
        (letter.header.kind, letter.body) = (Kind::Complaint, game.complaint(TWO_FACED, 1).body());
    };
    let accuse_another: &Change<S> = &|game, letter| {
        (letter.header.kind, letter.body) = (Kind::Complaint, game.complaint(TWO_FACED, 2).body());
    };
    both(1, Kind::All, keep, flip);
    both(2, Kind::All, keep, flip);
    both(2, Kind::Direct, keep, flip);
    both(3, Kind::All, keep, flip);
    both(3, Kind::All, keep, complain);
    both(3, Kind::All, complain, keep);
    both(3, Kind::All, complain, accuse_another);
}

#[test]
fn two_messages_of_different_slots_are_no_equivocation() {
    type E = FrostEd25519;
    let mut game = Game::<E>::new(3, 5, &[]);
    game.play_fair();
    game.expect_all(&Want::Key);
    // Everything that everybody honestly sent, in pairs.
    let sent: Vec<_> = game.post.iter().map(|post| post.sealed.envelope().clone()).collect();
    let mut pairs = 0;
    for (k, a) in sent.iter().enumerate() {
        for b in &sent[..k] {
            // Enough of them: same sender, which is what the judge looks at last.
            if a.bytes[4..6] == b.bytes[4..6] && a != b {
                let evidence = Evidence {
                    kind: EvidenceKind::Equivocation,
                    messages: vec![a.clone(), b.clone()],
                    attachments: Vec::new(),
                };
                assert_eq!(judge(&game.run, &evidence), Finding::Inconclusive);
                pairs += 1;
            }
        }
    }
    assert!(pairs > 100, "{pairs}");
    // The same message again, by way of another receiver, is a duplicate and no conflict.
    let mut game = Game::<E>::new(3, 5, &[]);
    game.speak();
    let again = game.envelope(1, 2, 3).clone();
    let seat = game.seats.get_mut(&id(1)).unwrap();
    assert_eq!(seat.session.receive_signed(&again), Ok(Receipt::Duplicate));
}
