//! Honest devices on a stormy network: from one epoch of a key to the next, and what the key signs.

use quorate::curve::{EcdsaSecp256k1, FrostEd25519, Scheme};
use quorate::ecdsa::{self, Message};
use quorate::frost;
use quorate::key::{KeyShare, Path, Seat, derive};
use quorate::party::PartyId;
use quorate::refresh::{self, Refresh};
use quorate::reshare::{self, Reshare};
use quorate::sim::{Cast, Faults, MemoryLedger, Report, Tamper};
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;
use rand_core::Rng as _;

use crate::stage::{set, threshold};

type Shares<S> = Vec<KeyShare<S>>;

pub(crate) fn session(rng: &mut ChaCha20Rng) -> SessionId {
    let mut id = [0; 16];
    rng.fill_bytes(&mut id);
    SessionId(id)
}

/// A refresh among all, past somebody who tampers.
pub(crate) fn try_refresh<S: Scheme>(
    cast: &Cast,
    shares: &[KeyShare<S>],
    epoch: u32,
    tamper: &mut Tamper<'_>,
    rng: &mut ChaCha20Rng,
) -> Vec<Report<KeyShare<S>>> {
    let run = refresh::Run::new(shares[0].public(), epoch, session(rng)).unwrap();
    let mut start = |share| Refresh::start(&run, share, &mut MemoryLedger::default(), rng).unwrap();
    let sessions: Vec<_> = shares.iter().map(&mut start).collect();
    cast.only(run.roster().parties()).unwrap().run_with(sessions, Faults::default(), tamper, rng)
}

pub(crate) fn refresh<S: Scheme>(
    cast: &Cast,
    shares: &[KeyShare<S>],
    epoch: u32,
    rng: &mut ChaCha20Rng,
) -> Shares<S> {
    let reports = try_refresh(cast, shares, epoch, &mut |_| true, rng);
    reports.into_iter().map(Report::output).collect()
}

/// Who deals, who receives, how many are enough afterwards.
pub(crate) type Change<'a> = (&'a [u16], &'a [u16], u16);

pub(crate) fn try_reshare<S: Scheme>(
    cast: &Cast,
    shares: &[KeyShare<S>],
    (dealers, members, t): Change<'_>,
    epoch: u32,
    tamper: &mut Tamper<'_>,
    rng: &mut ChaCha20Rng,
) -> Vec<Report<Seat<S>>> {
    let roster = cast.only(&set(members)).unwrap().roster().clone();
    let threshold = threshold(t, members.len() as u16);
    let (key, session) = (shares[0].public(), session(rng));
    let run = reshare::Run::with_threshold(key, set(dealers), threshold, roster, epoch, session).unwrap();
    let mut start = |me: PartyId| {
        let ledger = &mut MemoryLedger::default();
        match shares.iter().find(|share| share.id() == me && run.dealers().contains(me)) {
            Some(share) => Reshare::deal(&run, share, ledger, rng).unwrap(),
            None => Reshare::receive(&run, me, ledger, rng).unwrap(),
        }
    };
    let sessions: Vec<_> = run.cast().parties().iter().map(&mut start).collect();
    cast.only(run.cast().parties()).unwrap().run_with(sessions, Faults::default(), tamper, rng)
}

pub(crate) fn reshare<S: Scheme>(
    cast: &Cast,
    shares: &[KeyShare<S>],
    change: Change<'_>,
    epoch: u32,
    rng: &mut ChaCha20Rng,
) -> Shares<S> {
    let reports = try_reshare(cast, shares, change, epoch, &mut |_| true, rng);
    reports.into_iter().filter_map(|report| report.output().member()).collect()
}

/// The shares of these.
pub(crate) fn of<'a, S: Scheme>(shares: &'a [KeyShare<S>], ids: &[u16]) -> Vec<&'a KeyShare<S>> {
    shares.iter().filter(|share| ids.contains(&share.id().get())).collect()
}

/// FROST by these, judged by another library.
pub(crate) fn sign_frost(
    cast: &Cast,
    shares: &[KeyShare<FrostEd25519>],
    signers: &[u16],
    rng: &mut ChaCha20Rng,
) {
    let key = shares[0].public();
    let task = frost::Task::new(key, set(signers), b"what is signed", session(rng)).unwrap();
    let mut start = |share| frost::Sign::start(share, task.clone(), rng).unwrap();
    let sessions: Vec<_> = of(shares, signers).into_iter().map(&mut start).collect();
    let public: [u8; 32] = key.public_key().try_into().unwrap();
    let verifier = ed25519_dalek::VerifyingKey::from_bytes(&public).unwrap();
    for report in cast.run(sessions, rng) {
        verifier.verify_strict(b"what is signed", &report.output().into()).unwrap();
    }
}

/// ECDSA by these with new pairings, by the key and by a child of it, judged by another library.
pub(crate) fn sign_ecdsa(
    cast: &Cast,
    shares: &[KeyShare<EcdsaSecp256k1>],
    signers: &[u16],
    path: &Path,
    rng: &mut ChaCha20Rng,
) {
    use k256::ecdsa::signature::Verifier as _;
    let sets = cast.deal_pairings(&set(signers), rng).unwrap();
    let (key, message) = (shares[0].public(), Message::sha256(b"what is signed"));
    let task = ecdsa::Task::new(key, set(signers), path.clone(), message, session(rng)).unwrap();
    let mut start =
        |share: &KeyShare<_>| ecdsa::Sign::start(share, task.clone(), &sets[&share.id()], rng).unwrap();
    let sessions: Vec<_> = of(shares, signers).into_iter().map(&mut start).collect();
    let verifier = k256::ecdsa::VerifyingKey::from(&derive(key, path).unwrap());
    for report in cast.run(sessions, rng) {
        let (theirs, _): (k256::ecdsa::Signature, k256::ecdsa::RecoveryId) = report.output().low_s().into();
        verifier.verify(b"what is signed", &theirs).unwrap();
    }
}
