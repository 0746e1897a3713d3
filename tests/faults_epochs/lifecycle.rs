//! Random lives of a key, in which one party tampers with a message of every run: the run ends with the same key, or without one, and nobody
//! else is ever named; then the honest go on from the epoch that they have.

use proptest::prelude::*;
use quorate::curve::{EcdsaSecp256k1, FrostEd25519, Scheme};
use quorate::error::Verdict;
use quorate::key::{KeyShare, Path, Seat};
use quorate::party::PartyId;
use quorate::sim::{Cast, Letter, Report};
use rand_chacha::ChaCha20Rng;

use crate::flow;
use crate::game::rng;
use crate::puppet::id;
use crate::stage::{set, threshold};

/// What happens next.
#[derive(Clone, Debug)]
enum Op {
    Refresh,
    /// To these, down to or up to this threshold.
    Reshare(Vec<u16>, u16),
    /// With a child at this index, where there are children.
    Sign(u32),
}

fn ops() -> impl Strategy<Value = Vec<(Op, u64)>> {
    let members = prop::sample::subsequence((1..=6).collect::<Vec<u16>>(), 2..=4);
    let reshare = members.prop_flat_map(|members| {
        let n = members.len() as u16;
        (Just(members), 2..=n).prop_map(|(members, t)| Op::Reshare(members, t))
    });
    let op = prop_oneof![2 => Just(Op::Refresh), 3 => reshare, 1 => (0..1u32 << 31).prop_map(Op::Sign)];
    prop::collection::vec((op, any::<u64>()), 1..5)
}

/// Changes one message that one party sends: one to one receiver, or the same to all.
struct Meddler {
    who: PartyId,
    /// Which of its letters.
    at: u64,
    everywhere: bool,
    seen: u64,
    rng: ChaCha20Rng,
}

impl Meddler {
    fn new(cast: &[PartyId], seed: u64) -> Self {
        let mut rng = rng(seed);
        let who = cast[rng.next_u64() as usize % cast.len()];
        // A party sends about three messages to every other one, and shares.
        let at = rng.next_u64() % (4 * cast.len() as u64);
        Self { who, at, everywhere: rng.next_u32().is_multiple_of(2), seen: 0, rng }
    }

    fn meddle(&mut self, letter: &mut Letter, target: &mut Option<(u8, u8, Vec<u8>)>) -> bool {
        if letter.header.from != self.who {
            return true;
        }
        let slot = (letter.header.round, letter.header.kind as u8);
        if let Some((round, kind, body)) = target {
            if self.everywhere && (*round, *kind) == slot && letter.header.to.is_none() {
                letter.body.clone_from(body);
            }
            return true;
        }
        self.seen += 1;
        if self.seen > self.at {
            let bit = self.rng.next_u64() as usize % (letter.body.len() * 8);
            letter.body[bit / 8] ^= 1 << (bit % 8);
            *target = Some((slot.0, slot.1, letter.body.clone()));
        }
        true
    }
}

/// Nobody honest names anybody honest, and who has a key has the same as before.
fn judged<S: Scheme, O>(
    reports: &[Report<O>],
    who: PartyId,
    old: &[KeyShare<S>],
    key: impl Fn(&O) -> Vec<u8>,
) {
    for report in reports.iter().filter(|report| report.id != who) {
        match &report.outcome {
            None => {}
            Some(Ok(output)) => assert_eq!(key(output), old[0].public().public_key()),
            Some(Err(abort)) => {
                assert!(abort.cheaters().all(|(named, _)| named == who), "{}: {abort}", report.id);
                match &abort.verdict {
                    Verdict::Suspects { who: suspects, .. } => assert!(suspects.contains(who)),
                    Verdict::NoFault { .. } => panic!("{}: {abort}", report.id),
                    _ => {}
                }
            }
        }
    }
}

/// All the shares, if everybody has one who is to.
fn complete<S: Scheme>(outputs: Vec<Option<KeyShare<S>>>) -> Option<Vec<KeyShare<S>>> {
    outputs.into_iter().collect()
}

/// Who signs, with which child.
type Sign<S> = dyn Fn(&Cast, &[KeyShare<S>], &[u16], u32, &mut ChaCha20Rng);

fn live<S: Scheme>(ops: &[(Op, u64)], sign: &Sign<S>) -> Result<(), TestCaseError> {
    let mut rng = rng(ops.iter().fold(1, |sum, (_, seed)| sum ^ seed));
    let cast = Cast::new(1..=6, &mut rng).unwrap();
    let mut shares = cast.only(&set(&[1, 2, 3])).unwrap().deal::<S>(threshold(2, 3), &mut rng).unwrap();
    let (key, id_of_key) = (shares[0].public().public_key(), *shares[0].public().key_id());
    let mut epoch = 0;
    for (op, seed) in ops {
        let ids: Vec<u16> = shares.iter().map(|share| share.id().get()).collect();
        let t = usize::from(shares[0].public().threshold().t());
        let mut quorum = ids.clone();
        crate::driver::shuffle(&mut quorum, &mut rng);
        quorum.truncate(t);
        quorum.sort_unstable();
        // Twice: with somebody who meddles, and then, from whatever there is, without.
        for meddled in [true, false] {
            epoch += 1 + rng.next_u32() % 5;
            let mut target = None;
            let next = match op {
                Op::Sign(index) => {
                    sign(&cast, &shares, &quorum, *index, &mut rng);
                    None
                }
                Op::Refresh => {
                    let party = ids.iter().map(|n| id(*n)).collect::<Vec<_>>();
                    let mut meddler = Meddler::new(&party, *seed);
                    let mut tamper = |letter: &mut Letter| !meddled || meddler.meddle(letter, &mut target);
                    let reports = flow::try_refresh(&cast, &shares, epoch, &mut tamper, &mut rng);
                    judged(&reports, meddler.who, &shares, |share| share.public().public_key());
                    complete(reports.into_iter().map(|r| r.outcome?.ok()).collect())
                }
                Op::Reshare(members, u) => {
                    let all = set(&quorum).union(&set(members));
                    let mut meddler = Meddler::new(&all.iter().collect::<Vec<_>>(), *seed);
                    let mut tamper = |letter: &mut Letter| !meddled || meddler.meddle(letter, &mut target);
                    let change = (&quorum[..], &members[..], *u);
                    let reports = flow::try_reshare(&cast, &shares, change, epoch, &mut tamper, &mut rng);
                    judged(&reports, meddler.who, &shares, |seat| seat.public().public_key());
                    let members = reports.into_iter().filter(|r| members.contains(&r.id.get()));
                    complete(members.map(|r| r.outcome?.ok().and_then(Seat::member)).collect())
                }
            };
            prop_assert!(meddled || next.is_some() || matches!(op, Op::Sign(_)));
            if let Some(next) = next {
                shares = next;
                break;
            }
        }
        prop_assert_eq!(shares[0].public().public_key(), key.clone());
        prop_assert_eq!(shares[0].public().key_id(), &id_of_key);
    }
    let t = usize::from(shares[0].public().threshold().t());
    let signers: Vec<u16> = shares.iter().map(|share| share.id().get()).take(t).collect();
    sign(&cast, &shares, &signers, 3, &mut rng);
    Ok(())
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}

proptest! {
    #![proptest_config(config(96))]

    #[test]
    fn lives_of_a_frost_key(ops in ops()) {
        live::<FrostEd25519>(&ops, &|cast, shares, signers, _, rng| {
            flow::sign_frost(cast, shares, signers, rng);
        })?;
    }
}

proptest! {
    #![proptest_config(config(32))]

    #[test]
    fn lives_of_an_ecdsa_key(ops in ops()) {
        live::<EcdsaSecp256k1>(&ops, &|cast, shares, signers, index, rng| {
            flow::sign_ecdsa(cast, shares, signers, &Path::new([index]).unwrap(), rng);
        })?;
    }
}
