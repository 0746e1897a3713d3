//! A key, some of whose holders rebuild another's share.

use quorate::curve::Scheme;
use quorate::error::Abort;
use quorate::key::KeyShare;
use quorate::party::{Parties, PartyId, Threshold};
use quorate::repair::{Outcome, Repair, Run};
use quorate::session::Session;
use quorate::sim::{Cast, Faults, Tamper};
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sha2::{Digest, Sha256};

pub(crate) fn id(number: u16) -> PartyId {
    PartyId::new(number).unwrap()
}

pub(crate) fn set(ids: &[u16]) -> Parties {
    Parties::from_numbers(ids.iter().copied()).unwrap()
}

pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// Where the secret stands in a stored share: version 1, kind 1, id 2, standing 1 before it.
pub(crate) const SECRET: std::ops::Range<usize> = 5..37;

pub(crate) fn stored<S: Scheme>(share: &KeyShare<S>) -> Vec<u8> {
    share.to_bytes().expose().clone()
}

/// A stored share with the mark of a rebuilt one.
pub(crate) fn marked<S: Scheme>(share: &KeyShare<S>) -> Vec<u8> {
    let mut bytes = stored(share);
    assert_eq!(bytes[4], 0);
    bytes[4] = 1;
    // SHA-256 of everything before it stands last
    let (content, digest) = bytes.split_last_chunk_mut::<32>().unwrap();
    *digest = Sha256::digest(content).into();
    bytes
}

pub(crate) struct Game<S: Scheme> {
    pub(crate) cast: Cast,
    pub(crate) shares: Vec<KeyShare<S>>,
}

/// How the parties of a run ended, ascending; `None` if one still waits.
pub(crate) type Ends<S> = Vec<(u16, Option<Result<Outcome<S>, Abort>>)>;

impl<S: Scheme> Game<S> {
    pub(crate) fn new(t: u16, ids: &[u16], seed: u64) -> Self {
        let cast = Cast::new(ids.iter().copied(), &mut rng(seed)).unwrap();
        let threshold = Threshold::new(t, ids.len() as u16).unwrap();
        let shares = cast.deal::<S>(threshold, &mut rng(seed + 1)).unwrap();
        Self { cast, shares }
    }

    pub(crate) fn share(&self, number: u16) -> &KeyShare<S> {
        self.shares.iter().find(|share| share.id() == id(number)).unwrap()
    }

    pub(crate) fn run(&self, lost: u16, helpers: &[u16], session: u8) -> Run<S> {
        Run::new(self.shares[0].public(), id(lost), set(helpers), SessionId([session; 16])).unwrap()
    }

    /// Everybody's session, ascending.
    pub(crate) fn start(&self, run: &Run<S>, seed: u64) -> Vec<Session<Repair<S>>> {
        let help = |id: PartyId| {
            let share = self.share(id.get());
            Repair::help(run, share, None, &mut rng(seed << 16 | u64::from(id.get()))).unwrap()
        };
        let mut sessions: Vec<_> = run.helpers().iter().map(help).collect();
        sessions.push(Repair::rebuild(run, run.lost()).unwrap());
        sessions.sort_by_key(|session| session.terms().me);
        sessions
    }

    pub(crate) fn play(&self, run: &Run<S>, seed: u64, faults: Faults, tamper: &mut Tamper<'_>) -> Ends<S> {
        let reports = self.cast.run_with(self.start(run, seed), faults, tamper, &mut rng(seed));
        reports.into_iter().map(|report| (report.id.get(), report.outcome)).collect()
    }
}

/// The end at the party that lost its share; all others helped.
pub(crate) fn at_the_lost<S: Scheme>(run: &Run<S>, ends: Ends<S>) -> Option<Result<Outcome<S>, Abort>> {
    let mut found = None;
    for (number, end) in ends {
        if id(number) == run.lost() {
            found = end;
        } else {
            assert!(matches!(end, Some(Ok(Outcome::Helped))), "{number}: {end:?}");
        }
    }
    found
}

/// `q`, encoded as the scheme encodes scalars: no scalar.
pub(crate) fn order<S: Scheme>() -> [u8; 32] {
    use ff::Field;
    use quorate::curve::{Curve, write_scalar};
    let mut bytes = Vec::new();
    write_scalar::<S::Curve>(&-<S::Curve as Curve>::Scalar::ONE, &mut bytes);
    // q - 1 is even: no carry. Big-endian where points are those of SEC 1.
    bytes[if S::Curve::POINT_LEN == 33 { 31 } else { 0 }] += 1;
    bytes.try_into().unwrap()
}
