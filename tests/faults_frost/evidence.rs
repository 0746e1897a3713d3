//! Evidence: it convinces whoever holds the key's certificate and the task, in exactly the run that it is from; and nothing
//! that an honest party ever signed convicts it of anything.

use curve25519_dalek::scalar::Scalar;
use quorate::error::{Abort, Fault, Rejected, Verdict};
use quorate::evidence::{Envelope, Evidence, EvidenceKind};
use quorate::frost::{self, Coordinator, Cosigner, NonceCommitments, Sign, SigningNonces};
use quorate::party::PartyId;
use quorate::session::{Finding, Receipt, Status};
use quorate::wire::Kind;

use crate::game::{E, Foe, Game, Puppet, Seen, id, leaderless, party, rng, suspects, task};
use crate::reference::{List, Signing, view};

const SIGNERS: [u16; 4] = [1, 2, 4, 5];
const KINDS: [EvidenceKind; 6] = [
    EvidenceKind::Equivocation,
    EvidenceKind::Undecodable,
    EvidenceKind::Opening,
    EvidenceKind::Complaint,
    EvidenceKind::SignatureShare,
    EvidenceKind::Certificate,
];

fn game() -> Game {
    Game::new(3, 5, &SIGNERS, 41)
}

/// Breaks one thing.
#[derive(Clone, Copy)]
enum Break {
    Point,
    Scalar,
    Share,
}

impl Foe for Break {
    fn first(&self, puppet: &Puppet, _: u16) -> [u8; 64] {
        let mut body = puppet.commitments();
        if let Self::Point = self {
            body[32..].fill(0xff);
        }
        body
    }

    fn second(&self, puppet: &Puppet, _: u16, signing: &Signing<'_>, view: [u8; 32]) -> Vec<u8> {
        let z = match self {
            Self::Scalar => [0xff; 32],
            _ => (puppet.share(signing) + Scalar::ONE).to_bytes(),
        };
        [view, z].concat()
    }
}

fn shown(abort: Abort) -> Evidence {
    match abort.verdict {
        Verdict::Cheater { evidence: Some(evidence), .. } => *evidence,
        verdict => panic!("{verdict}"),
    }
}

/// A coordinator that is member 3 sends the given list to signer 1, in an envelope.
fn list_to_signer(game: &Game, change: impl Fn(&mut [u8])) -> Abort {
    let nonces = SigningNonces::generate(game.share(1).into(), &mut rng(1));
    let mut list = nonces.commitments().as_bytes().to_vec();
    list.extend([2, 4, 5].iter().flat_map(|number| Puppet::new(game, *number, 42).commitments()));
    change(&mut list);
    let mut session = Cosigner::start(game.share(1), game.task.clone(), id(3), nonces).unwrap();
    game.deliver(&mut session, true, id(3), (1, Kind::Direct), &list).unwrap();
    session.advance(&mut rng(2)).unwrap_err()
}

/// An honest coordinator that is member 3 gets a broken answer from signer 4.
fn answer_to_coordinator(game: &Game, broken: Break) -> Abort {
    let puppets = SIGNERS.map(|number| Puppet::new(game, number, 43));
    let list: List = puppets.iter().map(|p| (p.id, p.commitments())).collect();
    let given = list.iter().map(|(n, body)| (id(*n), NonceCommitments::from_bytes::<E>(body).unwrap()));
    let mut session = Coordinator::start(game.task.clone(), id(3), given).unwrap();
    let signing = game.signing(&list);
    let body: Vec<u8> = list.values().flatten().copied().collect();
    let digest =
        sha2::Digest::finalize(sha2::Digest::chain_update(<sha2::Sha256 as sha2::Digest>::new(), body))
            .into();
    for puppet in &puppets {
        let body = match puppet.id {
            4 => broken.second(puppet, 3, &signing, digest),
            _ => [digest, puppet.share(&signing).to_bytes()].concat(),
        };
        game.deliver(&mut session, true, id(puppet.id), (2, Kind::Direct), &body).unwrap();
    }
    session.advance(&mut rng(2)).unwrap_err()
}

/// 3 is a member and does not sign here: no session takes its commitments or its share.
#[test]
fn f1_1_f2_3_who_does_not_sign_is_not_convicted_of_what_does_not_decode() {
    let game = game();
    for (to, round, len) in [(None, 1, 64), (None, 2, 64), (Some(1), 2, 64)] {
        let judged = |from: u16| {
            let messages = vec![game.envelope(from, to, round, &vec![0xff; len])];
            let evidence = Evidence { kind: EvidenceKind::Undecodable, messages, attachments: Vec::new() };
            frost::judge(&game.task, &evidence)
        };
        assert_eq!(judged(4), Finding::Guilty(id(4), Fault::Malformed), "{to:?} {round}");
        assert_eq!(judged(3), Finding::Inconclusive, "{to:?} {round}");
    }
}

/// One piece of every sort, with whom it convicts of what.
fn pieces(game: &Game) -> Vec<(Evidence, u16, Fault)> {
    let leaderless = |broken: Break| {
        let seen = leaderless(game, true, &[Puppet::new(game, 4, 44)], &broken);
        shown(seen.into_iter().next().unwrap().outcome.unwrap().unwrap_err())
    };
    let twice = |to: Option<u16>, round, len| {
        let messages = [1, 2].map(|fill| game.envelope(4, to, round, &vec![fill; len])).to_vec();
        Evidence { kind: EvidenceKind::Equivocation, messages, attachments: Vec::new() }
    };
    vec![
        (leaderless(Break::Point), 4, Fault::Malformed),
        (leaderless(Break::Scalar), 4, Fault::Malformed),
        (leaderless(Break::Share), 4, Fault::BadShare),
        (shown(list_to_signer(game, |list| list[96..128].fill(0xff))), 3, Fault::Malformed),
        (shown(answer_to_coordinator(game, Break::Scalar)), 4, Fault::Malformed),
        (shown(answer_to_coordinator(game, Break::Share)), 4, Fault::BadShare),
        (twice(None, 1, 64), 4, Fault::Equivocation),
        (twice(None, 2, 64), 4, Fault::Equivocation),
        (twice(Some(3), 2, 64), 4, Fault::Equivocation),
    ]
}

#[test]
fn evidence_convicts_in_its_own_run_and_in_no_other() {
    let game = game();
    // The same members deal themselves another key: that is also what another epoch of this one would be.
    let other_key = game.cast.deal::<E>(game.task.key().threshold(), &mut rng(45)).unwrap();
    let message = game.task.message();
    let mut tasks = vec![
        task(&game.shares, &SIGNERS, b"signed by none", 7),
        task(&game.shares, &SIGNERS, &[message, b"\0"].concat(), 7),
        task(&game.shares, &SIGNERS, message, 8),
        task(&other_key, &SIGNERS, message, 7),
        task(&Game::new(3, 5, &SIGNERS, 46).shares, &SIGNERS, message, 7),
    ];
    for signers in [&[1, 2, 4][..], &[1, 2, 3, 4], &[1, 2, 3, 4, 5]] {
        tasks.push(task(&game.shares, signers, message, 7));
    }
    for (evidence, who, fault) in pieces(&game) {
        let bytes = evidence.to_bytes();
        assert_eq!(Evidence::from_bytes(&bytes), Some(evidence.clone()));
        assert_eq!(frost::judge(&game.task, &evidence), Finding::Guilty(id(who), fault));
        for other in &tasks {
            assert_eq!(frost::judge(other, &evidence), Finding::Inconclusive);
        }
        for kind in KINDS.into_iter().filter(|kind| *kind != evidence.kind) {
            assert_eq!(
                frost::judge(&game.task, &Evidence { kind, ..evidence.clone() }),
                Finding::Inconclusive
            );
        }
    }
}

#[test]
fn evidence_with_any_bit_changed_convicts_nobody() {
    let game = game();
    for (evidence, ..) in pieces(&game) {
        let bytes = evidence.to_bytes();
        for bit in 0..8 * bytes.len() {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let Some(changed) = Evidence::from_bytes(&bytes) {
                assert_eq!(frost::judge(&game.task, &changed), Finding::Inconclusive, "bit {bit}");
            }
        }
    }
}

#[test]
fn evidence_with_parts_missing_or_too_many_convicts_nobody() {
    let game = game();
    for (evidence, ..) in pieces(&game) {
        let same = |changed: Evidence| assert_eq!(frost::judge(&game.task, &changed), Finding::Inconclusive);
        let with = |messages: &[Envelope]| Evidence { messages: messages.to_vec(), ..evidence.clone() };
        let first = &evidence.messages[0];
        same(with(&[]));
        same(with(&evidence.messages[1..]));
        same(with(&[first.clone(), first.clone()]));
        same(with(&[first.clone(), first.clone(), first.clone()]));
        if let [list] = &evidence.attachments[..] {
            let with = |lists: &[Vec<_>]| Evidence { attachments: lists.to_vec(), ..evidence.clone() };
            same(with(&[]));
            same(with(&[list.clone(), list.clone()]));
            same(with(&[list[1..].to_vec()]));
            same(with(&[list.iter().rev().cloned().collect()]));
            same(with(&[list.iter().chain(&list[3..]).cloned().collect()]));
            // The same bytes cut in other places.
            let mut shifted = list.clone();
            let moved = shifted[1].1.remove(0);
            shifted[0].1.push(moved);
            same(with(&[shifted]));
        }
    }
}

/// Everything that honest members signed in a run, put together in every way.
#[test]
fn nothing_that_honest_members_signed_convicts_them() {
    let game = game();
    let seen = leaderless(&game, true, &[], &Break::Point);
    assert!(seen.iter().all(|party| party.outcome.as_ref().unwrap().is_ok()));
    let mut envelopes = Vec::new();
    for party in &seen {
        envelopes.push(game.envelope(party.me, None, 1, &party.list[&party.me]));
        envelopes.push(game.envelope(party.me, None, 2, &party.second[&party.me]));
    }
    // And in the other flow of the same task: member 3's list, member 1's answer.
    let nonces = SigningNonces::generate(game.share(1).into(), &mut rng(1));
    let mut list: List = seen[0].list.clone();
    list.insert(1, nonces.commitments().as_bytes().try_into().unwrap());
    let body: Vec<u8> = list.values().flatten().copied().collect();
    let mut session = Cosigner::start(game.share(1), game.task.clone(), id(3), nonces).unwrap();
    game.deliver(&mut session, true, id(3), (1, Kind::Direct), &body).unwrap();
    assert!(matches!(session.advance(&mut rng(2)), Ok(Status::Done(()))));
    envelopes.extend([1, 2].map(|to| game.envelope(3, Some(to), 1, &body)));
    envelopes.push(game.envelope(1, Some(3), 2, &session.outgoing(0).next().unwrap().bytes[56..]));
    // A list for another signer may be another, if the coordinator is honest with neither.
    let turned: Vec<u8> = list.values().rev().flatten().copied().collect();
    envelopes.push(game.envelope(3, Some(4), 1, &turned));

    let attached = |list: &List| list.iter().map(|(n, body)| (id(*n), body.to_vec())).collect::<Vec<_>>();
    let attachments = [
        vec![],
        vec![attached(&list)],
        vec![attached(&seen[0].list)],
        vec![attached(&list), attached(&list)],
    ];
    let mut count = 0;
    for kind in KINDS {
        for attachments in &attachments {
            let singles = envelopes.iter().map(|a| vec![a.clone()]);
            let pairs = envelopes.iter().flat_map(|a| envelopes.iter().map(|b| vec![a.clone(), b.clone()]));
            for messages in singles.chain(pairs) {
                let evidence = Evidence { kind, messages, attachments: attachments.clone() };
                assert_eq!(frost::judge(&game.task, &evidence), Finding::Inconclusive, "{evidence:?}");
                count += 1;
            }
        }
    }
    assert!(count > 3000);
}

/// A member that does not sign has no share that could be bad, whatever it says in round 2.
#[test]
fn f2_2_only_signers_are_judged_by_their_shares() {
    let game = game();
    let seen = leaderless(&game, true, &[], &Break::Point);
    let (of_one, list) = (&seen[0].second[&1], &seen[0].list);
    let list: Vec<_> = list.iter().map(|(n, body)| (id(*n), body.to_vec())).collect();
    let judged = |from| {
        let messages = vec![game.envelope(from, None, 2, of_one)];
        let attachments = vec![list.clone()];
        frost::judge(&game.task, &Evidence { kind: EvidenceKind::SignatureShare, messages, attachments })
    };
    assert_eq!(judged(1), Finding::Inconclusive);
    assert_eq!(judged(2), Finding::Guilty(id(2), Fault::BadShare));
    assert_eq!(judged(3), Finding::Inconclusive);
}

/// Sessions refuse a body of another length before anything else; it proves nothing.
#[test]
fn f1_1_f2_3_bodies_of_other_lengths_convict_nobody() {
    let game = game();
    let judged = |from, to, round, body: &[u8]| {
        let messages = vec![game.envelope(from, to, round, body)];
        let evidence = Evidence { kind: EvidenceKind::Undecodable, messages, attachments: Vec::new() };
        frost::judge(&game.task, &evidence)
    };
    let guilty = |who| Finding::Guilty(id(who), Fault::Malformed);
    let list = 64 * SIGNERS.len();
    assert_eq!(judged(1, None, 1, &[0xff; 64]), guilty(1));
    assert_eq!(judged(1, None, 2, &[0xff; 64]), guilty(1));
    assert_eq!(judged(3, Some(1), 1, &vec![0xff; list]), guilty(3));
    for len in [0, 31, 32, 63, 65, 96, 128] {
        assert_eq!(judged(1, None, 1, &vec![0xff; len]), Finding::Inconclusive, "{len}");
        assert_eq!(judged(1, None, 2, &vec![0xff; len]), Finding::Inconclusive, "{len}");
    }
    for len in [0, 64, list - 1, list + 1, list + 64] {
        assert_eq!(judged(3, Some(1), 1, &vec![0xff; len]), Finding::Inconclusive, "{len}");
    }
}

/// Sends one pair of commitments to the parties in `.0`, another to the rest, and stands by each.
struct Split(&'static [u16]);

impl Split {
    fn side(&self, puppet: &Puppet, to: u16) -> Puppet {
        let (d, e) = if self.0.contains(&to) { (puppet.d, puppet.e) } else { (puppet.e, puppet.d) };
        Puppet { d, e, ..puppet.clone() }
    }
}

impl Foe for Split {
    fn first(&self, puppet: &Puppet, to: u16) -> [u8; 64] {
        self.side(puppet, to).commitments()
    }

    fn second(&self, puppet: &Puppet, to: u16, signing: &Signing<'_>, view: [u8; 32]) -> Vec<u8> {
        [view, self.side(puppet, to).share(signing).to_bytes()].concat()
    }
}

fn equivocated(game: &Game, signed: bool, to: &'static [u16]) -> Vec<Seen> {
    leaderless(game, signed, &[Puppet::new(game, 4, 47)], &Split(to))
}

/// E2: with an equivocator each honest signer has a share that is bad to the others. None is convicted of it.
#[test]
fn f2_1_equivocation_makes_suspects_and_convicts_nobody_honest() {
    let game = game();
    for signed in [false, true] {
        for to in [&[1][..], &[2], &[1, 2], &[5]] {
            for party in equivocated(&game, signed, to) {
                let others = SIGNERS.into_iter().filter(|number| *number != party.me);
                suspects(&party.outcome.unwrap().unwrap_err(), others);
            }
        }
    }
}

#[test]
fn two_envelopes_convict_the_equivocator() {
    let game = game();
    let seen = equivocated(&game, true, &[1]);
    let bodies: Vec<_> = seen.iter().map(|party| party.list[&4]).collect();
    let [a, b] = [bodies[0], bodies[1]].map(|body| game.envelope(4, None, 1, &body));
    let guilty = Finding::Guilty(id(4), Fault::Equivocation);
    for messages in [vec![a.clone(), b.clone()], vec![b, a]] {
        let evidence = Evidence { kind: EvidenceKind::Equivocation, messages, attachments: Vec::new() };
        assert_eq!(frost::judge(&game.task, &evidence), guilty);
    }
    // The session says so itself, if the second one comes while the round is open.
    for (first, second) in [(false, false), (true, false), (false, true), (true, true)] {
        let mut session = Sign::start(game.share(1), game.task.clone(), &mut rng(3)).unwrap();
        let mut deliver =
            |signed, from, body: &[u8]| game.deliver(&mut session, signed, id(from), (1, Kind::All), body);
        assert_eq!(deliver(first, 4, &bodies[0]), Ok(Receipt::Stored));
        let Err(Rejected::Conflict { who, evidence }) = deliver(second, 4, &bodies[1]) else {
            panic!("taken twice")
        };
        assert_eq!((who, evidence.is_some()), (id(4), first && second));
        if let Some(evidence) = evidence {
            assert_eq!(frost::judge(&game.task, &evidence), guilty);
        }
        assert_eq!(deliver(true, 4, &bodies[0]), Ok(Receipt::Duplicate));
        for number in [2, 5] {
            deliver(true, number, &Puppet::new(&game, number, 48).commitments()).unwrap();
        }
        assert!(matches!(session.advance(&mut rng(4)), Ok(Status::Advanced { round: 1 })));
        let late = game.deliver(&mut session, false, id(4), (1, Kind::All), &bodies[1]);
        assert_eq!(late, Err(Rejected::PastRound(1)));
        // Or later, once both are signed.
        let late = game.deliver(&mut session, true, id(4), (1, Kind::All), &bodies[1]);
        let Err(Rejected::Conflict { evidence: Some(evidence), .. }) = late else { panic!("{late:?}") };
        assert_eq!(frost::judge(&game.task, &evidence), guilty);
    }
}

/// A share convicts only together with the commitments that its owner saw.
#[test]
fn f2_2_a_share_is_judged_against_the_view_that_its_owner_signed() {
    let game = game();
    let seen = equivocated(&game, true, &[1]);
    let attached = |list: &List| list.iter().map(|(n, body)| (id(*n), body.to_vec())).collect::<Vec<_>>();
    let judge = |from: u16, body: &[u8], list: &List| {
        let messages = vec![game.envelope(from, None, 2, body)];
        let attachments = vec![attached(list)];
        frost::judge(&game.task, &Evidence { kind: EvidenceKind::SignatureShare, messages, attachments })
    };
    for party in &seen {
        for other in &seen {
            // Good shares, against their own view and against others'.
            let body = &party.second[&party.me];
            assert_eq!(judge(party.me, body, &other.list), Finding::Inconclusive);
            assert_eq!(judge(4, &other.second[&4], &party.list), Finding::Inconclusive);
            // The signature of the one, the view of the other.
            let crossed = [&view(&game.terms().sid(), &other.list)[..], &party.second[&4][32..]].concat();
            let own_side = party.list == other.list;
            let guilty = Finding::Guilty(id(4), Fault::BadShare);
            let expected = if own_side { Finding::Inconclusive } else { guilty };
            assert_eq!(judge(4, &crossed, &other.list), expected);
            if !own_side {
                assert_eq!(judge(4, &crossed, &party.list), Finding::Inconclusive);
            }
        }
    }
}

/// Without envelopes there is nothing to show; a mix shows what was signed.
#[test]
fn only_signed_messages_are_evidence() {
    let game = game();
    for signed in [false, true] {
        for broken in [Break::Point, Break::Scalar, Break::Share] {
            for party in leaderless(&game, signed, &[Puppet::new(&game, 5, 49)], &broken) {
                let Verdict::Cheater { who, evidence, .. } = party.outcome.unwrap().unwrap_err().verdict
                else {
                    panic!("a cheater")
                };
                assert_eq!((who, evidence.is_some()), (id(5), signed));
            }
        }
    }
    // The commitments that a bad share is judged with need no signatures: their digest is in the share's envelope.
    let puppets = SIGNERS.map(|number| Puppet::new(&game, number, 50));
    let mut session = Sign::start(game.share(1), game.task.clone(), &mut rng(5)).unwrap();
    let own: [u8; 64] = session.outgoing(0).next().unwrap().bytes[56..].try_into().unwrap();
    let mut list: List = puppets.iter().map(|p| (p.id, p.commitments())).collect();
    list.insert(1, own);
    for (number, body) in list.iter().skip(1) {
        game.deliver(&mut session, false, id(*number), (1, Kind::All), body).unwrap();
    }
    assert!(session.advance(&mut rng(6)).is_ok());
    let (signing, view) = (game.signing(&list), view(&game.terms().sid(), &list));
    for puppet in &puppets[1..] {
        let off = if puppet.id == 2 { Scalar::ONE } else { Scalar::ZERO };
        let body = [view, (puppet.share(&signing) + off).to_bytes()].concat();
        game.deliver(&mut session, true, id(puppet.id), (2, Kind::All), &body).unwrap();
    }
    let abort = session.advance(&mut rng(7)).unwrap_err();
    game.convicts(&abort, "F2.2", Fault::BadShare, &[2], true);
    assert_eq!(party(u16::MAX), PartyId::COORDINATOR);
}
