//! A set in the making, with a malicious party: where each key's fields are, and what everybody must say.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;

use quorate::error::{Abort, Doubt, Fault, Verdict};
use quorate::evidence::Evidence;
use quorate::keyset::{AnyScheme, Bundle, KeySet, Run, judge};
use quorate::party::Threshold;
use quorate::secret::Secret;
use quorate::session::{Finding, Session, Snapshot};
use quorate::sim::{Cast, Faults, Letter, MemoryLedger, Report};
use quorate::wire::{Header, Kind, SessionId};

use crate::driver::{Outcome, Script, id, rng};
use crate::hash::sha256;

pub(crate) const K: AnyScheme = AnyScheme::EcdsaSecp256k1;
pub(crate) const P: AnyScheme = AnyScheme::EcdsaP256;
pub(crate) const E: AnyScheme = AnyScheme::FrostEd25519;

/// The list that the faults are tried on: every scheme, and one of them twice.
pub(crate) const LIST: [AnyScheme; 4] = [K, E, P, K];

/// In a game of three.
pub(crate) const VILLAIN: u16 = 3;

impl Outcome for Bundle {
    fn bytes(&self) -> Vec<u8> {
        self.to_bytes().expose().clone()
    }
}

pub(crate) fn point_len(scheme: AnyScheme) -> usize {
    if scheme == E { 32 } else { 33 }
}

/// A message that every key has a piece of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Of {
    Commit,
    Reveal,
    Share,
    Certify,
}

impl Of {
    pub(crate) fn slot(self) -> (u8, Kind) {
        match self {
            Self::Commit => (1, Kind::All),
            Self::Reveal => (2, Kind::All),
            Self::Share => (2, Kind::Direct),
            Self::Certify => (3, Kind::All),
        }
    }
}

pub(crate) struct Stage {
    pub(crate) cast: Cast,
    pub(crate) run: Run,
    seed: u64,
}

impl Stage {
    pub(crate) fn new(t: u16, n: u16, schemes: &[AnyScheme], seed: u64) -> Self {
        let cast = Cast::new(1..=n, &mut rng(seed)).unwrap();
        let threshold = Threshold::new(t, n).unwrap();
        let session = SessionId([seed as u8; 16]);
        let run = Run::new(threshold, cast.roster().clone(), session, schemes.iter().copied()).unwrap();
        Self { cast, run, seed }
    }

    /// 2 of 3, every scheme.
    pub(crate) fn usual() -> Self {
        Self::new(2, 3, &LIST, 7)
    }

    pub(crate) fn session(&self, me: u16) -> Session<KeySet> {
        let mut rng = rng(self.seed << 16 | u64::from(me));
        KeySet::start(&self.run, id(me), &mut MemoryLedger::default(), &mut rng).unwrap()
    }

    pub(crate) fn sessions(&self) -> Vec<Session<KeySet>> {
        self.cast.ids().iter().map(|me| self.session(me.get())).collect()
    }

    pub(crate) fn script(self) -> (Script<KeySet>, Run) {
        let run = self.run.clone();
        let cast = Cast::new(self.cast.ids().iter().map(|id| id.get()), &mut rng(self.seed)).unwrap();
        let parties = self.cast.ids();
        (Script::new(cast, &parties, move |me| self.session(me.get())), run)
    }

    /// Plays with the villain's letters changed; sees all letters.
    pub(crate) fn play_with(
        &self,
        sessions: Vec<Session<KeySet>>,
        tamper: &mut dyn FnMut(&[Letter], &mut Letter) -> bool,
    ) -> Game<'_> {
        let seen = RefCell::new(Vec::new());
        let mut change = |letter: &mut Letter| {
            let go = letter.header.from != id(VILLAIN) || tamper(&seen.borrow(), letter);
            if go {
                seen.borrow_mut().push(letter.clone());
            }
            go
        };
        let reports = self.cast.run_with(sessions, Faults::default(), &mut change, &mut rng(self.seed + 1));
        let reports = reports.into_iter().map(|report| (report.id.get(), report)).collect();
        Game { stage: self, reports, letters: seen.into_inner() }
    }

    pub(crate) fn play(&self, tamper: &mut dyn FnMut(&[Letter], &mut Letter) -> bool) -> Game<'_> {
        self.play_with(self.sessions(), tamper)
    }

    pub(crate) fn fair(&self) -> Game<'_> {
        let game = self.play(&mut |_, _| true);
        assert!(game.reports.values().all(|report| matches!(report.outcome, Some(Ok(_)))));
        game
    }

    /// Bytes of a key's piece.
    pub(crate) fn piece_len(&self, index: usize, of: Of) -> usize {
        let (t, n) = (usize::from(self.run.threshold().t()), usize::from(self.run.threshold().n()));
        let len = point_len(self.run.schemes()[index]);
        match of {
            Of::Commit => 64 + len * (n - 1),
            Of::Reveal => 128 + len * (t + 1),
            Of::Share => len + 32,
            Of::Certify => 32,
        }
    }

    /// Where a key's piece is in a body.
    pub(crate) fn piece(&self, index: usize, of: Of) -> Range<usize> {
        let start = (0..index).map(|before| self.piece_len(before, of)).sum();
        start..start + self.piece_len(index, of)
    }

    /// Where a field of a key's piece is in a body.
    pub(crate) fn field(&self, index: usize, of: Of, within: Range<usize>) -> Range<usize> {
        let start = self.piece(index, of).start;
        start + within.start..start + within.end
    }

    pub(crate) fn share_len(&self) -> usize {
        (0..self.run.schemes().len()).map(|index| self.piece_len(index, Of::Share)).sum()
    }

    /// The villain's session with another message of round 1, which it believes to be its own.
    pub(crate) fn with_commit(&self, change: impl Fn(&mut Vec<u8>)) -> Vec<Session<KeySet>> {
        let mut sessions = self.sessions();
        let session = sessions.pop().unwrap();
        let old = session.outgoing(0).next().unwrap().bytes[56..].to_vec();
        let mut new = old.clone();
        change(&mut new);
        let mut bytes = session.suspend().unwrap().expose().to_vec();
        bytes.truncate(bytes.len() - 32);
        let mut found = 0;
        for at in 0..=bytes.len() - old.len() {
            if bytes[at..].starts_with(&old) {
                bytes[at..at + old.len()].copy_from_slice(&new);
                found += 1;
            }
        }
        assert_eq!(found, 2, "in the outbox and among the own messages");
        bytes.extend(sha256(&bytes));
        let snapshot = Snapshot::from_bytes(Secret::new(bytes));
        let config = (self.run.clone(), id(VILLAIN));
        sessions.push(Session::resume(&config, snapshot, &mut MemoryLedger::default()).unwrap());
        sessions
    }
}

/// Whether a letter is of this sort.
pub(crate) fn is(letter: &Letter, of: Of) -> bool {
    (letter.header.round, letter.header.kind) == of.slot()
}

/// A run that is over, as far as it went.
pub(crate) struct Game<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) reports: BTreeMap<u16, Report<Bundle>>,
    pub(crate) letters: Vec<Letter>,
}

impl Game<'_> {
    pub(crate) fn body(&self, of: Of, from: u16, to: u16) -> &[u8] {
        let letter = self.letters.iter().find(|l| is(l, of) && l.header.from == id(from) && l.to == id(to));
        &letter.unwrap().body
    }

    pub(crate) fn abort(&self, party: u16) -> &Abort {
        match &self.reports[&party].outcome {
            Some(Err(abort)) => abort,
            other => panic!("{party}: {other:?}"),
        }
    }

    pub(crate) fn bundle(&self, party: u16) -> &Bundle {
        match &self.reports[&party].outcome {
            Some(Ok(bundle)) => bundle,
            other => panic!("{party}: {other:?}"),
        }
    }

    /// Exactly this conviction of the villain, and evidence that convinces whoever has the run's terms.
    pub(crate) fn convicted(
        &self,
        party: u16,
        (round, check): (u8, &str),
        fault: Fault,
        proved: bool,
        label: &str,
    ) {
        let abort = self.abort(party);
        let Verdict::Cheater { who: named, fault: found, evidence } = &abort.verdict else {
            panic!("{label}: {party}: {abort}")
        };
        let found = (abort.round, abort.check, *named, *found, evidence.is_some());
        assert_eq!(found, (round, check, id(VILLAIN), fault, proved), "{label}: {party}");
        assert_eq!(abort.others, [], "{label}: {party}");
        if let Some(evidence) = evidence {
            self.convinces(evidence, VILLAIN, fault, label);
        }
    }

    pub(crate) fn convinces(&self, evidence: &Evidence, who: u16, fault: Fault, label: &str) {
        let run = &self.stage.run;
        let guilty = Finding::Guilty(id(who), fault);
        let carried = Evidence::from_bytes(&evidence.to_bytes()).unwrap();
        assert_eq!(judge(run, &carried), guilty, "{label}");
        for at in 0..carried.messages.len() {
            // What was signed: the set's messages, whole.
            let verified = carried.messages[at].clone().verify(run.roster()).unwrap();
            assert_eq!(verified.header().binding, run.terms(id(1)).binding, "{label}");
            let mut bad = carried.clone();
            *bad.messages[at].bytes.last_mut().unwrap() ^= 1;
            assert_eq!(judge(run, &bad), Finding::Inconclusive, "{label}");
            let mut bad = carried.clone();
            drop(bad.messages.remove(at));
            assert_eq!(judge(run, &bad), Finding::Inconclusive, "{label}");
        }
        for at in 0..carried.attachments.len() {
            let mut bad = carried.clone();
            bad.attachments[at][0].1[0] ^= 1;
            assert_eq!(judge(run, &bad), Finding::Inconclusive, "{label}");
        }
        let turned: Vec<_> = run.schemes().iter().rev().copied().collect();
        let other = Run::new(run.threshold(), run.roster().clone(), run.session(), turned).unwrap();
        if other != *run {
            assert_eq!(judge(&other, &carried), Finding::Inconclusive, "{label}");
        }
    }

    /// Everybody else is suspected.
    pub(crate) fn suspects(&self, party: u16, round: u8, check: &'static str, label: &str) {
        let who = self.stage.run.roster().parties().without(id(party));
        let verdict = Verdict::Suspects { who, why: Doubt::ViewsDiffer };
        let wanted = Abort { round, check, verdict, others: Vec::new() };
        assert_eq!(self.abort(party), &wanted, "{label}: {party}");
    }

    /// No key of the set exists at this party.
    pub(crate) fn waits(&self, party: u16, label: &str) {
        assert!(self.reports[&party].outcome.is_none(), "{label}: {party}");
    }
}

/// A message of the run in an envelope of its sender.
pub(crate) fn envelope(stage: &Stage, letter: &Letter) -> Vec<u8> {
    let mut message = letter.header.to_bytes();
    message.extend_from_slice(&letter.body);
    crate::driver::seal(&stage.cast, &message).0.envelope().to_bytes()
}

/// The header of a letter under other terms.
pub(crate) fn header_of(letter: &Letter, kind: Kind) -> Header {
    Header { kind, ..letter.header }
}
