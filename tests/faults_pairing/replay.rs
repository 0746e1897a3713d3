//! Messages of another run, of the other direction, of another pair of devices.

use quorate::error::Rejected;
use quorate::identity::IdentityKey;
use quorate::secret::Secret;
use quorate::session::Receipt;
use quorate::wire::Header;

use crate::game::{End, Honest, P2_3, P3_1, P4_1, SESSION, identities, play, play_with};
use crate::puppet::Puppet;

/// What replaying the body of a round of another run gives.
const REPLAYED: [End; 4] = [P2_3, P2_3, P3_1, P4_1];

#[test]
fn a_message_of_another_run_fits_nowhere() {
    let [lo, hi] = identities();
    for other_session in [SESSION, [1; 16]] {
        // The same devices before: another run, or the same session id once more with fresh randomness.
        let (_, old) = play_with(other_session, 70, true, &mut |_, _| {});
        for (at, end) in REPLAYED.iter().enumerate() {
            let (honest, _) = play(true, &mut |round, puppet| {
                if usize::from(round) == at + 1 {
                    puppet.sent[at] = old.sent[at].clone();
                }
            });
            assert_eq!(honest.end(), *end, "round {}", at + 1);
        }
        // From round `at` on nothing but the old run.
        for (at, end) in REPLAYED.iter().enumerate() {
            let (honest, _) = play(true, &mut |round, puppet| {
                if usize::from(round) > at {
                    puppet.sent[usize::from(round) - 1] = old.sent[usize::from(round) - 1].clone();
                }
            });
            assert_eq!(honest.end(), *end);
        }
    }
    // With its own header it does not even arrive.
    let (other, old) = play_with([1; 16], 70, true, &mut |_, _| {});
    let mut honest = Honest::new(lo, hi, SESSION, 7);
    for (round, body) in (1..).zip(&old.sent) {
        let message = other.message(round, body);
        assert_eq!(honest.session.receive(honest.peer(), &message), Err(Rejected::Session));
    }
}

#[test]
fn ones_own_message_sent_back_is_no_answer() {
    // Directions are separate: what the honest device sent as one is nothing as the other.
    let ends = [P2_3, P2_3, P3_1, P4_1];
    let [lo, hi] = identities();
    for (me, peer) in [(lo, hi), (hi, lo)] {
        for (at, end) in ends.iter().enumerate() {
            let mut honest = Honest::new(me, peer, SESSION, 7);
            let mut puppet = Puppet::new(peer, me, SESSION, 8);
            for round in 1..=4 {
                let theirs = honest.body(round.into());
                if usize::from(round) == at + 1 {
                    puppet.sent[at] = theirs.clone();
                }
                let body = puppet.sent[usize::from(round) - 1].clone();
                assert_eq!(honest.receive(round, &body), Ok(Receipt::Stored));
                honest.advance();
                if honest.outcome.is_some() {
                    break;
                }
                puppet.step(&theirs);
            }
            assert_eq!(honest.end(), *end, "round {}", at + 1);
        }
    }
}

#[test]
fn p2_3_a_peer_that_restarted_under_one_session_id_is_suspected_and_not_convicted() {
    let [lo, hi] = identities();
    let mut honest = Honest::new(lo, hi, SESSION, 7);
    let (mut before, mut after) = (Puppet::new(hi, lo, SESSION, 1), Puppet::new(hi, lo, SESSION, 2));
    assert_eq!(honest.receive(1, &before.sent[0]), Ok(Receipt::Stored));
    let conflict = honest.receive(1, &after.sent[0]);
    assert!(matches!(conflict, Err(Rejected::Conflict { who, evidence: None }) if who == honest.peer()));
    let first = honest.body(1);
    assert!(before.step(&first) && after.step(&first));
    honest.advance();
    assert_eq!(honest.receive(2, &after.sent[1]), Ok(Receipt::Stored));
    honest.advance();
    assert_eq!(honest.end(), P2_3);
}

#[test]
fn who_pairs_is_in_the_terms() {
    // The same session id, but the peer thinks it pairs with somebody else: an error at the first message.
    let [lo, hi] = identities();
    let stranger = IdentityKey::from_seed(Secret::new([3; 32])).public().0;
    let mut honest = Honest::new(lo, hi, SESSION, 7);
    for (me, peer) in [(hi, stranger), (stranger, lo)] {
        let other = Honest::new(me, peer, SESSION, 8);
        let message = other.session.outgoing(0).next().unwrap().bytes.to_vec();
        let (header, body) = Header::split(&message).unwrap();
        // Whatever numbers it gives the two.
        let header = Header { from: honest.peer(), to: Some(honest.session.terms().me), ..header };
        let message = [&header.to_bytes()[..], body].concat();
        let refused = honest.session.receive(honest.peer(), &message);
        assert_eq!(refused, Err(Rejected::SetupMismatch(honest.peer())));
    }
    assert!(!honest.session.is_over());
}
