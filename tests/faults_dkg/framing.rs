//! The judge, from the outside: evidence is as good as every byte of it, and nothing makes it convict the honest.

use quorate::curve::{Curve, FrostEd25519};
use quorate::dkg::judge;
use quorate::error::Fault;
use quorate::evidence::{Envelope, Evidence, EvidenceKind};
use quorate::party::PartyId;
use quorate::session::Finding;
use quorate::sim::Letter;
use quorate::wire::{Header, Kind, SessionId};

use crate::foe::{Foe, Scalar};
use crate::game::{Game, is, rng, seal, sign};
use crate::hash::{h, sha256};
use crate::puppet::{Lane, Puppet, base, id, scalar_bytes};
use crate::verdict::{Want, brittle, cheater};

every_scheme! {
    k3_3_step_1_evidence_of_every_kind_is_brittle
    k3_3_step_1_a_message_of_another_length_convicts_nobody
    k3_3_step_1_second_round_1_frames_no_dealer
    k3_3_step_1_second_reveal_frames_no_complainant
    k3_3_step_1_evidence_is_about_the_accused_dealer
    k3_2_other_reveals_frame_nobody
    k2_2_other_commitments_frame_nobody
}

/// A game of 2 of 3 in which party 3 does something to its letters, and party 2's evidence of it.
fn evidence<S: Foe>(cheat: &dyn Fn(&Game<S>, &mut Letter), want: &Want) -> (Game<S>, Evidence) {
    let mut game = Game::<S>::new(2, 3, &[3]);
    game.play(&mut |game, letter| {
        cheat(game, letter);
        true
    });
    game.expect(2, want);
    let evidence = game.evidence(2);
    (game, evidence)
}

fn all_kinds<S: Foe>() -> Vec<(Game<S>, Evidence)> {
    let malformed = |round, check| cheater(round, check, 3, Fault::Malformed);
    vec![
        evidence(
            &|_, l| {
                if is(l, 3, 1, Kind::All) {
                    l.body[64..].fill(0xff)
                }
            },
            &malformed(1, "K1.1"),
        ),
        evidence(
            &|_, l| {
                if is(l, 3, 2, Kind::All) {
                    l.body.last_chunk_mut::<32>().unwrap().fill(0xff)
                }
            },
            &malformed(2, "K2.3"),
        ),
        evidence(
            &|_, l| {
                if is(l, 3, 2, Kind::Direct) {
                    l.body.fill(0xff)
                }
            },
            &malformed(2, "K2.5"),
        ),
        evidence(
            &|game, l| {
                if is(l, 3, 3, Kind::All) {
                    let mut complaint = game.complaint(3, 1);
                    complaint.envelope[60] ^= 1;
                    (l.header.kind, l.body) = (Kind::Complaint, complaint.body());
                }
            },
            &malformed(3, "K3.3"),
        ),
        evidence(
            &|_, l| {
                if is(l, 3, 1, Kind::All) {
                    l.body[32] ^= 1
                }
            },
            &cheater(2, "K2.2", 3, Fault::BadOpening),
        ),
        evidence(
            &|_, l| {
                if is(l, 3, 2, Kind::All) {
                    let at = 96 + 2 * S::Curve::POINT_LEN;
                    let g = base::<S>(&Scalar::<S>::from(1));
                    l.body[at..at + g.len()].copy_from_slice(&g);
                }
            },
            &cheater(2, "K2.4", 3, Fault::BadProof),
        ),
        evidence(
            &|_, l| {
                if is(l, 3, 2, Kind::Direct) && l.to == id(1) {
                    l.body[S::Curve::POINT_LEN + 9] ^= 1
                }
            },
            &cheater(3, "K3.3", 3, Fault::BadShare),
        ),
        evidence(
            &|game, l| {
                if is(l, 3, 3, Kind::All) {
                    (l.header.kind, l.body) = (Kind::Complaint, game.complaint(3, 1).body());
                }
            },
            &cheater(3, "K3.3", 3, Fault::FalseComplaint),
        ),
        evidence(
            &|_, l| {
                if is(l, 3, 3, Kind::All) {
                    l.body[50] ^= 1
                }
            },
            &cheater(3, "K3.2", 3, Fault::BadSignature),
        ),
    ]
}

fn k3_3_step_1_evidence_of_every_kind_is_brittle<S: Foe>() {
    for (game, evidence) in all_kinds::<S>() {
        brittle(&game.run, &evidence);
    }
}

/// No session takes such a message, so nobody is convicted by one, whoever signed it.
fn k3_3_step_1_a_message_of_another_length_convicts_nobody<S: Foe>() {
    for (game, evidence) in all_kinds::<S>() {
        for place in 0..evidence.messages.len() {
            let (header, body) = Header::split(&evidence.messages[place].bytes).unwrap();
            let judged = |body: &[u8]| {
                let mut changed = evidence.clone();
                changed.messages[place] = seal(&header, body);
                (changed != evidence, judge(&game.run, &changed))
            };
            assert!(matches!(judged(body), (false, Finding::Guilty(..))));
            for other in [[body, &[0]].concat(), body[..body.len() - 1].to_vec()] {
                let context = (evidence.kind, place, other.len());
                assert_eq!(judged(&other), (true, Finding::Inconclusive), "{context:?}");
            }
        }
    }
}

#[test]
fn k3_3_step_1_every_byte_of_evidence_counts() {
    type E = FrostEd25519;
    for (game, evidence) in all_kinds::<E>() {
        let good = evidence.to_bytes();
        for at in 0..good.len() {
            let mut bytes = good.clone();
            bytes[at] ^= 1 << (at % 8);
            let finding = Evidence::from_bytes(&bytes).map(|e| judge(&game.run, &e));
            assert!(matches!(finding, None | Some(Finding::Inconclusive)), "{:?} {at}", evidence.kind);
        }
    }
}

/// No one, two or four messages of an honest run, under any name, show anything.
#[test]
fn k3_3_step_1_honest_messages_convict_nobody() {
    type E = FrostEd25519;
    let mut game = Game::<E>::new(2, 3, &[]);
    game.play_fair();
    game.expect_all(&Want::Key);
    let mut sent: Vec<Envelope> = Vec::new();
    for post in &game.post {
        if !sent.contains(post.sealed.envelope()) {
            sent.push(post.sealed.envelope().clone());
        }
    }
    assert_eq!(sent.len(), 3 * 5);
    let hashes = |round| {
        game.ids.iter().map(|i| (*i, sha256(game.body(round, *i, id(1)).unwrap()).to_vec())).collect()
    };
    let reveals =
        game.ids.iter().map(|i| (*i, game.body(2, *i, id(1)).unwrap().to_vec())).collect::<Vec<_>>();
    type Entries = Vec<(PartyId, Vec<u8>)>;
    let attached: [Vec<Entries>; 3] = [vec![], vec![reveals], vec![hashes(1), hashes(2)]];
    let innocent = |kind, messages: &[&Envelope]| {
        for attachments in &attached {
            let messages = messages.iter().map(|m| (*m).clone()).collect();
            let evidence = Evidence { kind, messages, attachments: attachments.clone() };
            assert_eq!(judge(&game.run, &evidence), Finding::Inconclusive, "{evidence:?}");
        }
    };
    for kind in [EvidenceKind::Undecodable, EvidenceKind::Certificate] {
        innocent(kind, &[]);
        sent.iter().for_each(|a| innocent(kind, &[a]));
    }
    for kind in [EvidenceKind::Equivocation, EvidenceKind::Opening] {
        for a in &sent {
            sent.iter().filter(|b| *b != a).for_each(|b| innocent(kind, &[a, b]));
        }
    }
}

/// The liar's complaint against an honest dealer, and the evidence of it with what `change` makes of it.
fn liar<S: Foe>() -> (Game<S>, Evidence) {
    let mut game = Game::<S>::new(3, 5, &[4, 5]);
    game.play(&mut |game, letter| {
        if is(letter, 5, 3, Kind::All) {
            (letter.header.kind, letter.body) = (Kind::Complaint, game.complaint(5, 1).body());
        }
        true
    });
    game.expect(2, &cheater(3, "K3.3", 5, Fault::FalseComplaint));
    let evidence = game.evidence(2);
    (game, evidence)
}

fn resealed(envelope: &Envelope, body: &[u8]) -> Envelope {
    seal(&Header::split(&envelope.bytes).unwrap().0, body)
}

/// Party 5 made one key for the honest dealer 1, and shows another, with which the share decrypts to nonsense.
fn k3_3_step_1_second_round_1_frames_no_dealer<S: Foe>() {
    let (game, evidence) = liar::<S>();
    let (len, run) = (S::Curve::POINT_LEN, &game.run);
    let other = Scalar::<S>::from(123);
    let mut commit = evidence.messages[3].bytes[56..].to_vec();
    commit[64..64 + len].copy_from_slice(&base::<S>(&other));
    let key = base::<S>(&other);
    let e1 = game.view(id(5), 1).unwrap();
    let lane = Lane { e1: &e1, dealer: id(1), receiver: id(5), key: &key };
    let point = &game.private(1, 5).body()[..len];
    let d = quorate::curve::read_point::<S::Curve>(point).unwrap();
    let opened = quorate::curve::encode_point::<S::Curve>(&(d * other)).unwrap();
    let proof = lane.prove::<S>(&other, point, &opened);
    let mut complaint = game.complaint(5, 1);
    complaint.open_as::<S>(opened, proof);

    let mut framed = evidence.clone();
    framed.messages[0] = resealed(&evidence.messages[0], &complaint.body());
    framed.messages[3] = resealed(&evidence.messages[3], &commit);
    assert_eq!(judge(run, &framed), Finding::Inconclusive, "{}", S::NAME);
    // With the hash of the new message in the list, the list is not the view that the dealer signed.
    framed.attachments[0][4].1 = sha256(&commit).to_vec();
    assert_eq!(judge(run, &framed), Finding::Inconclusive, "{}", S::NAME);
    // With the key that the dealer saw, the new opening is the liar's fault.
    framed.messages[3] = evidence.messages[3].clone();
    framed.attachments = evidence.attachments.clone();
    assert_eq!(judge(run, &framed), Finding::Guilty(id(5), Fault::FalseComplaint), "{}", S::NAME);
}

/// Dealer 4 gave 1 a bad share; 1's honest complaint is shown with a reveal that the share does fit.
fn k3_3_step_1_second_reveal_frames_no_complainant<S: Foe>() {
    let mut game = Game::<S>::new(3, 5, &[4, 5]);
    let other = Puppet::<S>::new(id(4), &game.ids, 3, &mut rng(9));
    game.play(&mut |game, letter| {
        if is(letter, 4, 2, Kind::Direct) && letter.to == id(1) {
            let (e1, key) = (game.view(id(4), 1).unwrap(), game.key(id(1), id(4)));
            letter.body =
                game.puppets[&id(4)].share(&e1, id(1), key, crate::puppet::at::<S>(&other.f, id(1)));
        }
        true
    });
    game.expect(2, &cheater(3, "K3.3", 4, Fault::BadShare));
    let evidence = game.evidence(2);
    let reveal = other.reveal(&game.view(id(4), 1).unwrap());
    let mut framed = evidence.clone();
    framed.messages[1] = resealed(&evidence.messages[1], &reveal);
    assert_eq!(judge(&game.run, &framed), Finding::Inconclusive, "{}", S::NAME);
    framed.attachments[1][3].1 = sha256(&reveal).to_vec();
    assert_eq!(judge(&game.run, &framed), Finding::Inconclusive, "{}", S::NAME);
    // The two reveals convict the dealer of something else.
    let messages = vec![evidence.messages[1].clone(), framed.messages[1].clone()];
    let two = Evidence { kind: EvidenceKind::Equivocation, messages, attachments: Vec::new() };
    assert_eq!(judge(&game.run, &two), Finding::Guilty(id(4), Fault::Equivocation));
}

/// The envelopes of one dealer under the name of another: whatever comes of it, it is not a verdict on a dealer.
fn k3_3_step_1_evidence_is_about_the_accused_dealer<S: Foe>() {
    let (game, evidence) = liar::<S>();
    let reveal = |number| game.envelope(2, number, 2).envelope().clone();
    let accuse = |accused: u16| {
        let mut complaint = game.complaint(5, 1);
        complaint.accused = accused.to_be_bytes();
        resealed(&evidence.messages[0], &complaint.body())
    };
    for (accused, shown) in [(1, 2), (1, 4), (2, 1), (2, 2), (5, 1), (5, 5), (0, 1), (9, 1)] {
        let mut framed = evidence.clone();
        framed.messages[0] = accuse(accused);
        framed.messages[1] = reveal(shown);
        assert_eq!(judge(&game.run, &framed), Finding::Inconclusive, "{accused} {shown}");
    }
    // Another's first message, and a private message beside the quoted one.
    for from in 1..=4 {
        let mut framed = evidence.clone();
        framed.messages[3] = game.envelope(1, from, if from == 1 { 2 } else { 1 }).envelope().clone();
        assert_eq!(judge(&game.run, &framed), Finding::Inconclusive, "{from}");
    }
    for (from, to) in [(1, 2), (2, 5), (4, 5), (5, 1)] {
        let mut framed = evidence.clone();
        framed.messages[2] = game.private(from, to).envelope().clone();
        assert_eq!(judge(&game.run, &framed), Finding::Inconclusive, "{from} {to}");
    }
    // What is not a complaint, in its place.
    let mut framed = evidence.clone();
    framed.messages[0] = game.envelope(3, 2, 1).envelope().clone();
    assert_eq!(judge(&game.run, &framed), Finding::Inconclusive);
}

/// An honest certificate, with reveals that would make it wrong.
fn k3_2_other_reveals_frame_nobody<S: Foe>() {
    let mut game = Game::<S>::new(3, 5, &[4, 5]);
    game.play_fair();
    let reveals: Vec<_> = game.ids.iter().map(|i| (*i, game.body(2, *i, id(1)).unwrap().to_vec())).collect();
    let honest = Evidence {
        kind: EvidenceKind::Certificate,
        messages: vec![game.envelope(3, 1, 2).envelope().clone()],
        attachments: vec![reveals],
    };
    assert_eq!(judge(&game.run, &honest), Finding::Inconclusive);
    let mut framed = honest.clone();
    let again = crate::complaints::second_reveal(&game, &game.puppets[&id(4)]);
    framed.attachments[0][3].1 = again;
    assert_eq!(judge(&game.run, &framed), Finding::Inconclusive);
    // A member who signed for the other reveals is out of line with these, but not provably wrong.
    let digest = h("sig-cert", &[&[1; 32]]);
    let mut other = honest.clone();
    let e2 = [7; 32];
    other.messages[0] =
        resealed(&game.envelope(3, 4, 1).envelope().clone(), &[&e2[..], &sign(id(4), &digest)].concat());
    assert_eq!(judge(&game.run, &other), Finding::Inconclusive);
    // One who signed something else for the right reveals is.
    let e2 = game.view(id(1), 2).unwrap();
    other.messages[0] =
        resealed(&game.envelope(3, 4, 1).envelope().clone(), &[&e2[..], &sign(id(4), &digest)].concat());
    assert_eq!(judge(&game.run, &other), Finding::Guilty(id(4), Fault::BadSignature));
}

/// An honest reveal with another's commitment, or a commitment with another's reveal.
fn k2_2_other_commitments_frame_nobody<S: Foe>() {
    let mut game = Game::<S>::new(3, 5, &[4, 5]);
    game.play_fair();
    for (committed, revealed) in [(1, 1), (4, 1), (1, 4), (2, 1)] {
        let to = 3;
        let messages =
            [(1, committed), (2, revealed)].map(|(r, from)| game.envelope(r, from, to).envelope().clone());
        let kind = EvidenceKind::Opening;
        let evidence = Evidence { kind, messages: messages.to_vec(), attachments: Vec::new() };
        assert_eq!(judge(&game.run, &evidence), Finding::Inconclusive, "{committed} {revealed}");
    }
    // A proof made under another view is right for that view: the view is not what this evidence is about.
    let mut elsewhere = game.puppets[&id(4)].reveal(&[9; 32]);
    let commit = game.envelope(1, 4, 1).envelope().clone();
    let reveal = game.envelope(2, 4, 1).envelope().clone();
    let opening = |body: &[u8]| Evidence {
        kind: EvidenceKind::Opening,
        messages: vec![commit.clone(), resealed(&reveal, body)],
        attachments: Vec::new(),
    };
    assert_eq!(judge(&game.run, &opening(&elsewhere)), Finding::Inconclusive);
    let z = scalar_bytes::<S>(&Scalar::<S>::from(3));
    let at = elsewhere.len() - 32;
    elsewhere[at..].copy_from_slice(&z);
    assert_eq!(judge(&game.run, &opening(&elsewhere)), Finding::Guilty(id(4), Fault::BadProof));
}

/// Messages of another protocol, session or binding, signed by the cheater itself, are not this run's.
#[test]
fn k3_3_step_1_every_header_field_binds_evidence_to_the_run() {
    type E = FrostEd25519;
    for (game, evidence) in all_kinds::<E>() {
        for m in 0..evidence.messages.len() {
            let (header, body) = Header::split(&evidence.messages[m].bytes).unwrap();
            let mut binding = header.binding;
            binding[0] ^= 1;
            for other in [
                Header { protocol: 9, ..header },
                Header { session: SessionId([7; 16]), ..header },
                Header { binding, ..header },
                Header { round: header.round + 1, ..header },
                Header { round: header.round - 1, ..header },
                Header { kind: Kind::Notice, ..header },
                Header { to: Some(id(if header.to == Some(id(2)) { 3 } else { 2 })), ..header },
            ] {
                // Misaddressed, it reaches no session, but nobody honest signs it either.
                if evidence.kind == EvidenceKind::Undecodable && other.to != header.to {
                    continue;
                }
                let mut changed = evidence.clone();
                changed.messages[m] = seal(&other, body);
                let finding = judge(&game.run, &changed);
                assert_eq!(finding, Finding::Inconclusive, "{:?} {m} {other:?}", evidence.kind);
            }
        }
    }
}
