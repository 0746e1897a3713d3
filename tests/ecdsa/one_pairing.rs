//! One pairing of two devices, made by the protocol, serves every key that they share, on both curves, at the same time.

use std::collections::BTreeMap;

use quorate::curve::{EcdsaP256, EcdsaSecp256k1, Scheme};
use quorate::dkg::{Dkg, Run};
use quorate::ecdsa::{Digest, Message, Sign, Signature, Task};
use quorate::key::{KeyShare, Path};
use quorate::pairing::Pairings;
use quorate::party::{Parties, PartyId, Threshold};
use quorate::session::{Session, Status};
use quorate::sim::{Cast, MemoryLedger};
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::game::{Judged, check};

fn key<S: Scheme>(cast: &Cast, session: u8, rng: &mut ChaCha20Rng) -> Vec<KeyShare<S>> {
    let n = cast.ids().len() as u16;
    let run = Run::new(Threshold::new(2, n).unwrap(), cast.roster().clone(), SessionId([session; 16]));
    let run = run.unwrap();
    let start = |id| Dkg::start(&run, id, &mut MemoryLedger::default(), rng).unwrap();
    let sessions: Vec<_> = cast.ids().into_iter().map(start).collect();
    cast.run(sessions, rng).into_iter().map(|report| report.output()).collect()
}

/// One run, to be moved on a little at a time.
struct Duo<S: Judged> {
    key: KeyShare<S>,
    path: Path,
    digest: Digest,
    sessions: Vec<(PartyId, Session<Sign<S>>)>,
    sent: Vec<usize>,
    done: Vec<Signature<S>>,
    rng: ChaCha20Rng,
}

impl<S: Judged> Duo<S> {
    fn start(shares: &[KeyShare<S>], sets: &BTreeMap<PartyId, Pairings>, number: u8) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(number.into());
        let path = Path::new([u32::from(number) % 3]).unwrap();
        let digest = Message::sha256(&[number]).into();
        let signers = Parties::new(shares.iter().map(KeyShare::id)).unwrap();
        let session = SessionId([number / 2; 16]);
        let task = Task::new(shares[0].public(), signers, path.clone(), digest, session).unwrap();
        let start = |share: &KeyShare<S>| {
            let id = share.id();
            (id, Sign::start(share, task.clone(), &sets[&id], &mut rng).unwrap())
        };
        let sessions: Vec<_> = shares.iter().map(start).collect();
        let key = KeyShare::from_bytes(shares[0].to_bytes().expose()).unwrap();
        Self { key, path, digest, sent: vec![0; sessions.len()], sessions, done: Vec::new(), rng }
    }

    /// Delivers what is new, and advances everybody by one round.
    fn turn(&mut self) {
        let mut mail = Vec::new();
        for ((from, session), sent) in self.sessions.iter().zip(&mut self.sent) {
            mail.extend(session.outgoing(*sent).map(|m| (*from, m.to, m.bytes.to_vec())));
            *sent = session.sent();
        }
        for (from, to, message) in mail {
            for (id, session) in &mut self.sessions {
                if *id != from && to.is_none_or(|to| to == *id) {
                    session.receive(from, &message).unwrap();
                }
            }
        }
        for (_, session) in &mut self.sessions {
            if let Status::Done(signature) = session.advance(&mut self.rng).unwrap() {
                self.done.push(signature);
            }
        }
    }

    fn end(self) {
        assert_eq!(self.done.len(), self.sessions.len());
        for signature in &self.done {
            assert!(*signature == self.done[0]);
            check(self.key.public(), &self.path, self.digest, signature);
        }
    }
}

#[test]
fn two_keys_on_two_curves_sign_over_one_pairing_at_the_same_time() {
    let mut rng = ChaCha20Rng::seed_from_u64(40);
    let cast = Cast::new([1, 2], &mut rng).unwrap();
    let sets = cast.pair(cast.roster().parties(), &mut rng).unwrap();
    let one = key::<EcdsaSecp256k1>(&cast, 1, &mut rng);
    let two = key::<EcdsaP256>(&cast, 2, &mut rng);
    // also two runs of one key; session ids are unique per key only
    let mut a: Vec<_> = [0, 2, 4].map(|number| Duo::start(&one, &sets, number)).into();
    let mut b: Vec<_> = [1, 3].map(|number| Duo::start(&two, &sets, number)).into();
    for turn in 0..6 {
        // each starts one turn after the one before
        a.iter_mut().enumerate().filter(|(at, _)| (*at..*at + 3).contains(&turn)).for_each(|(_, d)| d.turn());
        b.iter_mut()
            .enumerate()
            .filter(|(at, _)| (*at + 1..*at + 4).contains(&turn))
            .for_each(|(_, d)| d.turn());
    }
    a.into_iter().for_each(Duo::end);
    b.into_iter().for_each(Duo::end);
    assert!(sets.values().flat_map(Pairings::iter).all(|pairing| pairing.ban().is_none()));
}

/// A third device: its pairings and the pairings of the others are one set for every key and every quorum.
#[test]
fn pairings_among_three_serve_every_quorum_of_both_keys() {
    let mut rng = ChaCha20Rng::seed_from_u64(41);
    let cast = Cast::new([1, 2, 3], &mut rng).unwrap();
    let sets = cast.pair(cast.roster().parties(), &mut rng).unwrap();
    fn quorums<S: Judged>(cast: &Cast, sets: &BTreeMap<PartyId, Pairings>, rng: &mut ChaCha20Rng) {
        let mut shares = key::<S>(cast, 3, rng);
        for number in 0..3 {
            let mut duo = Duo::start(&shares[..2], sets, number);
            (0..3).for_each(|_| duo.turn());
            duo.end();
            shares.rotate_left(1);
        }
    }
    quorums::<EcdsaSecp256k1>(&cast, &sets, &mut rng);
    quorums::<EcdsaP256>(&cast, &sets, &mut rng);
}
