//! Key generation on the way: chain codes, rogue keys, proofs that are somebody else's.

use group::Group;
use quorate::curve::{Curve, EcdsaSecp256k1, FrostEd25519, Scheme, encode_point, read_point};
use quorate::dkg::{Dkg, Run};
use quorate::error::{Abort, Doubt, Fault, Verdict};
use quorate::key::KeyShare;
use quorate::party::{PartyId, Threshold};
use quorate::sim::{Cast, Faults, Letter, MemoryLedger, Report};
use quorate::wire::{Kind, SessionId};

use crate::driver::{id, rng};

/// The last of three, which hears before it speaks.
const ROGUE: u16 = 3;

/// A run of 2 of 3 in which the rogue's letters are changed by somebody who has seen all that was sent before.
fn play<S: Scheme>(seed: u64, change: &mut dyn FnMut(&[Letter], &mut Letter)) -> Vec<Report<KeyShare<S>>> {
    let cast = Cast::new(1..=3, &mut rng(seed)).unwrap();
    let run =
        Run::<S>::new(Threshold::new(2, 3).unwrap(), cast.roster().clone(), SessionId([seed as u8; 16]))
            .unwrap();
    let start = |me: PartyId| {
        Dkg::start(&run, me, &mut MemoryLedger::default(), &mut rng(u64::from(me.get()))).unwrap()
    };
    let mut seen: Vec<Letter> = Vec::new();
    let mut tamper = |letter: &mut Letter| {
        if letter.header.from == id(ROGUE) {
            change(&seen, letter);
        }
        seen.push(letter.clone());
        true
    };
    let sessions: Vec<_> = cast.ids().into_iter().map(start).collect();
    cast.run_with(sessions, Faults::default(), &mut tamper, &mut rng(seed))
}

fn verdict<O>(report: &Report<O>) -> &Abort {
    match &report.outcome {
        Some(Err(abort)) => abort,
        _ => panic!("{}: no verdict", report.id),
    }
}

/// Both honest parties convict the rogue of this, and nobody has a key.
fn convicted<S: Scheme>(reports: &[Report<KeyShare<S>>], check: &str, fault: Fault) {
    for report in &reports[..2] {
        let abort = verdict(report);
        assert_eq!((abort.round, abort.check), (2, check), "{}", S::NAME);
        let Verdict::Cheater { who, fault: found, evidence } = &abort.verdict else { panic!("{abort}") };
        assert_eq!((*who, *found, evidence.is_some()), (id(ROGUE), fault, true), "{}", S::NAME);
        assert!(abort.others.is_empty());
    }
    assert!(reports.iter().all(|report| !matches!(report.outcome, Some(Ok(_)))));
}

fn sent(seen: &[Letter], from: u16, round: u8, kind: Kind) -> &Letter {
    let is_it = |l: &&Letter| (l.header.from, l.header.round, l.header.kind) == (id(from), round, kind);
    seen.iter().find(is_it).expect("it was heard before")
}

const fn is_reveal(letter: &Letter) -> bool {
    letter.header.round == 2 && matches!(letter.header.kind, Kind::All)
}

/// Silent Shard audit TOB1-7 (Trail of Bits, 2024): the chain code was the last one's, or the relay's, so that devices derived other keys. Here
/// the rogue tells one of them another contribution: to it, that does not open; to commit to both, it shows two commitments, and all
/// see two views. Either way nobody has a key, so nobody derives from another chain code.
#[test]
fn a8_nobody_sets_or_splits_the_chain_code() {
    chain_code::<FrostEd25519>();
    chain_code::<EcdsaSecp256k1>();
}

fn chain_code<S: Scheme>() {
    // e1 32, two points, the contribution 32, salt 32
    let at = 32 + 2 * S::Curve::POINT_LEN;
    let to_both = play::<S>(1, &mut |seen, letter| {
        if is_reveal(letter) {
            // Everybody else's is there; the last word would be its own.
            let others = [1, 2].map(|from| sent(seen, from, 2, Kind::All).body[at..at + 32].to_vec());
            let mine: Vec<u8> = others[0].iter().zip(&others[1]).map(|(a, b)| a ^ b).collect();
            letter.body[at..at + 32].copy_from_slice(&mine);
        }
    });
    convicted(&to_both, "K2.2", Fault::BadOpening);
    let to_one = play::<S>(2, &mut |_, letter| {
        if is_reveal(letter) && letter.to == id(1) {
            letter.body[at] ^= 1;
        }
    });
    assert_eq!(verdict(&to_one[0]).check, "K2.2");
    assert!(to_one.iter().all(|report| !matches!(report.outcome, Some(Ok(_)))), "no output");
    let committed = play::<S>(3, &mut |_, letter| {
        if letter.header.round == 1 && letter.to == id(1) {
            letter.body[32] ^= 1;
        }
    });
    for (report, other) in committed[..2].iter().zip([2, 1]) {
        let abort = verdict(report);
        let Verdict::Suspects { who, why } = &abort.verdict else { panic!("{abort}") };
        assert_eq!((abort.round, abort.check, *why), (2, "K2.1", Doubt::ViewsDiffer));
        assert!(who.contains(id(other)) && !who.contains(report.id));
    }
    assert!(committed.iter().all(|report| !matches!(report.outcome, Some(Ok(_)))), "no output");
}

/// Bron audit TOB2-12 and TOB2-13 (2026, high), and before them Gennaro and others: a dealer that publishes after the others fixes the
/// public key, where nothing holds it to what it committed to. Here the rogue hears both reveals and answers with the constant that
/// makes `5 G` the key: its commitment does not open. (One that knew beforehand has no proof, `K2.4`.)
#[test]
fn a19_a_rogue_key_does_not_open() {
    rogue_key::<FrostEd25519>();
    rogue_key::<EcdsaSecp256k1>();
}

fn rogue_key<S: Scheme>() {
    let (len, mut aimed) = (S::Curve::POINT_LEN, false);
    let reports = play::<S>(4, &mut |seen, letter| {
        if is_reveal(letter) {
            let constant =
                |from| read_point::<S::Curve>(&sent(seen, from, 2, Kind::All).body[32..32 + len]).unwrap();
            let rogue = S::Curve::mul_base(&5u64.into()) - constant(1) - constant(2);
            assert!(!bool::from(rogue.is_identity()));
            letter.body[32..32 + len].copy_from_slice(&encode_point::<S::Curve>(&rogue).unwrap());
            aimed = true;
        }
    });
    assert!(aimed);
    convicted(&reports, "K2.2", Fault::BadOpening);
}

/// Bron audit TOB2-9 (2026): proofs that name no prover, which anybody sends again as its own; TOB2-8: the wrong error for it. Here the
/// rogue sends the proof that party 1 or 2 has just shown in this run, and one of its own from another run: `BadProof`, and its own fault.
#[test]
fn a18_a_proof_is_its_provers_and_its_runs() {
    proofs::<FrostEd25519>();
    proofs::<EcdsaSecp256k1>();
}

fn proofs<S: Scheme>() {
    let at = 96 + 2 * S::Curve::POINT_LEN;
    for from in [1, 2] {
        let reports = play::<S>(5, &mut |seen, letter| {
            if is_reveal(letter) {
                let proof = sent(seen, from, 2, Kind::All).body[at..].to_vec();
                letter.body[at..].copy_from_slice(&proof);
            }
        });
        convicted(&reports, "K2.4", Fault::BadProof);
    }
    let mut old = Vec::new();
    let reports = play::<S>(6, &mut |_, letter| {
        if is_reveal(letter) {
            old = letter.body[at..].to_vec();
        }
    });
    assert!(reports.iter().all(|report| matches!(report.outcome, Some(Ok(_)))));
    let reports = play::<S>(7, &mut |_, letter| {
        if is_reveal(letter) {
            letter.body[at..].copy_from_slice(&old);
        }
    });
    convicted(&reports, "K2.4", Fault::BadProof);
}
