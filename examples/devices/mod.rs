//! What the examples share: devices in one process, whose messages are carried, counted and timed. A wallet has its network
//! and its disk in this place.

// Each example takes what it needs.
#![allow(dead_code)]

pub(crate) mod life;

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use k256::ecdsa::VerifyingKey;
use k256::ecdsa::signature::hazmat::PrehashVerifier;
use quorate::curve::{EcdsaSecp256k1, Scheme};
use quorate::dkg::{Dkg, Run};
use quorate::ecdsa::Signature;
use quorate::error::SetupError;
use quorate::key::{KeyShare, PublicKey};
use quorate::pairing::{Pair, Pairings};
use quorate::party::{Parties, PartyId, Threshold};
use quorate::session::{Session, State};
use quorate::sim::{Cast, Faults, Letter, MemoryLedger, Report};
use quorate::wire::SessionId;
use rand_core::{Rng, UnwrapErr};

pub(crate) type Error = Box<dyn std::error::Error>;
pub(crate) type OsRng = UnwrapErr<getrandom::SysRng>;

pub(crate) const fn os_rng() -> OsRng {
    UnwrapErr(getrandom::SysRng)
}

/// Every run has one of its own. Here one hand draws it; devices agree on it in whatever way starts the run.
pub(crate) fn session_id(rng: &mut OsRng) -> SessionId {
    let mut id = [0; 16];
    rng.fill_bytes(&mut id);
    SessionId(id)
}

/// What `main` returns: 2 and a message on failure.
pub(crate) fn exit(name: &str, result: Result<(), Error>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::from(2)
        }
    }
}

/// What a run gave to everybody, ascending by party, and what it cost the first of them.
pub(crate) struct Ran<O> {
    pub(crate) outputs: Vec<(PartyId, O)>,
    /// A line a round.
    pub(crate) table: String,
    /// Time in `start` and `advance`.
    pub(crate) computed: Duration,
    /// Bytes, headers included.
    pub(crate) sent: usize,
}

impl<O> Ran<O> {
    /// The outputs without whose they are.
    pub(crate) fn into_outputs(self) -> Vec<O> {
        self.outputs.into_iter().map(|(_, output)| output).collect()
    }

    /// What everybody has, if it is the same.
    pub(crate) fn agreed(self) -> Result<O, Error>
    where
        O: PartialEq,
    {
        let mut outputs = self.into_outputs().into_iter();
        let one = outputs.next().ok_or("nobody takes part")?;
        if outputs.all(|other| other == one) { Ok(one) } else { Err("the parties' results differ".into()) }
    }
}

/// Starts a session for each of `each`, and runs them to the end.
pub(crate) fn run<T, S: State>(
    cast: &Cast,
    each: impl IntoIterator<Item = T>,
    mut start: impl FnMut(T, &mut OsRng) -> Result<Session<S>, SetupError>,
    rng: &mut OsRng,
) -> Result<Ran<S::Output>, Error> {
    let (mut sessions, mut starts) = (Vec::new(), BTreeMap::new());
    for one in each {
        let began = Instant::now();
        let session = start(one, rng)?;
        starts.insert(session.terms().me, began.elapsed());
        sessions.push(session);
    }
    let reports = watch(cast, sessions, rng);
    let first = reports.first().ok_or("nobody takes part")?;
    let computed = starts.values().next().into_iter().chain(first.times.values()).sum();
    let sent = first.traffic.iter().map(|round| round.bytes_out).sum();
    let (table, mut outputs) = (first.table(), Vec::new());
    for Report { id, outcome, .. } in reports {
        let output = outcome.ok_or_else(|| format!("{id} still waits for messages"))?;
        outputs.push((id, output.map_err(|abort| format!("{id}: {abort}"))?));
    }
    Ok(Ran { outputs, table, computed, sent })
}

/// Runs the sessions over the in-memory network, and shows who has sent what where they are many.
fn watch<S: State>(cast: &Cast, sessions: Vec<Session<S>>, rng: &mut OsRng) -> Vec<Report<S::Output>> {
    let (n, began, terminal) = (sessions.len(), Instant::now(), std::io::stderr().is_terminal());
    let mut seen = (0, 0, None);
    let mut progress = |letter: &mut Letter| {
        let header = letter.header;
        if seen.0 != header.round {
            seen = (header.round, 0, None);
        }
        if seen.2 != Some(header.from) {
            seen = (header.round, seen.1 + 1, Some(header.from));
            if terminal && n > MANY {
                eprint!("\rround {}: {} of {n} parties have sent", seen.0, seen.1);
                let _ = std::io::stderr().flush();
            } else if n > MANY && seen.1 == n {
                let seconds = began.elapsed().as_secs_f64();
                eprintln!("round {}: all {n} parties have sent, {seconds:.1} s", seen.0);
            }
        }
        true
    };
    let reports = cast.run_with(sessions, Faults::default(), &mut progress, rng);
    if terminal && n > MANY {
        eprintln!("\rdone in {:.1} s{:40}", began.elapsed().as_secs_f64(), "");
    }
    reports
}

/// From here on there is something to wait for.
pub(crate) const MANY: usize = 10;

/// Key generation among all of the cast.
pub(crate) fn make_key<S: Scheme>(
    cast: &Cast,
    threshold: Threshold,
    rng: &mut OsRng,
) -> Result<Ran<KeyShare<S>>, Error> {
    let terms = Run::new(threshold, cast.roster().clone(), session_id(rng))?;
    // A device keeps one ledger for good, and it is durable.
    run(cast, cast.ids(), |me, rng| Dkg::start(&terms, me, &mut MemoryLedger::default(), rng), rng)
}

/// The pairings of every device, and what one pair's run looked like at one side.
pub(crate) struct Paired {
    pub(crate) sets: BTreeMap<PartyId, Pairings>,
    pub(crate) table: String,
    /// Bytes that each device stores.
    pub(crate) stored: BTreeMap<PartyId, usize>,
}

/// Pairs every two of these.
pub(crate) fn pair(cast: &Cast, parties: &Parties, rng: &mut OsRng) -> Result<Paired, Error> {
    let mut sets: BTreeMap<_, _> = parties.iter().map(|id| (id, Pairings::new())).collect();
    let mut table = String::new();
    for (at, i) in parties.iter().enumerate() {
        for j in parties.iter().take(at) {
            let identity = |id| cast.roster().identity(id).ok_or(SetupError::NotInRoster(id));
            let (a, b) = (identity(i)?, identity(j)?);
            let session = session_id(rng);
            let pair = |(me, peer), rng: &mut OsRng| {
                Pair::start(me, peer, session, &mut MemoryLedger::default(), rng)
            };
            let ran = run(cast, [(a, b), (b, a)], pair, rng)?;
            table.clone_from(&ran.table);
            for pairing in ran.into_outputs() {
                drop(sets.entry(if pairing.me() == a { i } else { j }).or_default().insert(pairing));
            }
        }
        if parties.len() > MANY && at > 0 {
            eprintln!("{at} of {} parties have paired with all before them", parties.len());
        }
    }
    let stored = sets.iter().map(|(id, set)| (*id, save(set))).collect();
    Ok(Paired { sets, table, stored })
}

/// Stores what must be stored. A device seals these bytes and writes them to its disk before it says `saved`.
fn save(set: &Pairings) -> usize {
    let store = |pairing: &quorate::pairing::Pairing| {
        let form = pairing.store();
        pairing.saved(&form);
        form.expose().len()
    };
    set.must_save().map(store).sum()
}

/// The devices that sign with one secp256k1 key, in one process.
pub(crate) struct Wallet {
    pub(crate) cast: Cast,
    /// The signers' shares, as many as it takes.
    pub(crate) shares: Vec<KeyShare<EcdsaSecp256k1>>,
    pub(crate) signers: Parties,
    pub(crate) pairings: BTreeMap<PartyId, Pairings>,
}

impl Wallet {
    /// A new key, of which the first `t` devices will sign. Nothing is dealt: key generation and pairing are the real ones.
    pub(crate) fn new(threshold: Threshold, rng: &mut OsRng) -> Result<Self, Error> {
        let cast = Cast::new(1..=threshold.n(), rng)?;
        let shares = make_key(&cast, threshold, rng)?.into_outputs();
        let signers = first(&shares)?;
        let pairings = pair(&cast, &signers, rng)?.sets;
        Ok(Self::of(cast, shares, signers, pairings))
    }

    pub(crate) fn of(
        cast: Cast,
        mut shares: Vec<KeyShare<EcdsaSecp256k1>>,
        signers: Parties,
        pairings: BTreeMap<PartyId, Pairings>,
    ) -> Self {
        shares.retain(|share| signers.contains(share.id()));
        Self { cast, shares, signers, pairings }
    }

    pub(crate) fn key(&self) -> &PublicKey<EcdsaSecp256k1> {
        self.shares[0].public()
    }

    /// Runs a session at every signer.
    pub(crate) fn run<S: State>(
        &self,
        mut start: impl FnMut(&KeyShare<EcdsaSecp256k1>, &Pairings, &mut OsRng) -> Result<Session<S>, SetupError>,
        rng: &mut OsRng,
    ) -> Result<Ran<S::Output>, Error> {
        let with_pairings =
            |share: &KeyShare<_>, rng: &mut OsRng| start(share, &self.pairings[&share.id()], rng);
        run(&self.cast, &self.shares, with_pairings, rng)
    }
}

/// The `t` lowest of a key's parties.
pub(crate) fn first<S: Scheme>(shares: &[KeyShare<S>]) -> Result<Parties, SetupError> {
    let t = shares.first().map_or(0, |share| share.public().threshold().t());
    Parties::new(shares.iter().take(t.into()).map(KeyShare::id))
}

/// Asks `k256`, which knows nothing of thresholds. The digest is the chain's own, not the library's.
pub(crate) fn verify(
    key: &VerifyingKey,
    digest: &[u8; 32],
    signature: Signature<EcdsaSecp256k1>,
) -> Result<(), Error> {
    let signature: k256::ecdsa::Signature = signature.into();
    key.verify_prehash(digest, &signature).map_err(|_| "k256 refuses the signature".into())
}

/// Milliseconds, for people.
pub(crate) fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}
