//! Parties of the scripts: identities, keys, runs, and what their ends are held against.
#![allow(dead_code)]

use std::fmt::Debug;

use quorate::curve::Scheme;
use quorate::dkg::{Dkg, Run};
use quorate::envelope::Unsigned;
use quorate::error::{Abort, Doubt, Fault, Verdict};
use quorate::evidence::Envelope;
use quorate::key::KeyShare;
use quorate::party::{Parties, PartyId, Threshold};
use quorate::session::{Session, State};
use quorate::sim::{Cast, Faults, Letter, MemoryLedger, Report};
use quorate::wire::{Kind, SessionId};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sha2::{Digest, Sha256};

/// Who attacks, unless a script says otherwise: the last of three, who sees what the others say first.
pub(crate) const FOE: u16 = 3;

pub(crate) fn id(number: u16) -> PartyId {
    PartyId::new(number).unwrap()
}

pub(crate) fn set(numbers: &[u16]) -> Parties {
    Parties::from_numbers(numbers.iter().copied()).unwrap()
}

pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// `enc(tag; items)`, written down from its description: every part behind its length.
pub(crate) fn enc(tag: &str, items: &[&[u8]]) -> Vec<u8> {
    let tag = format!("quorate/1/{tag}");
    let mut out = Vec::new();
    for item in [tag.as_bytes()].iter().chain(items) {
        out.extend(u32::try_from(item.len()).unwrap().to_be_bytes());
        out.extend(*item);
    }
    out
}

/// `H(tag; items)`.
pub(crate) fn h(tag: &str, items: &[&[u8]]) -> [u8; 32] {
    Sha256::digest(enc(tag, items)).into()
}

/// The secret in a stored share: version 1, kind 1, id 2, standing 1 before it.
pub(crate) fn secret_bytes<S: Scheme>(share: &KeyShare<S>) -> Vec<u8> {
    share.to_bytes().expose()[5..37].to_vec()
}

/// Whether a letter is `from`'s of this slot.
pub(crate) fn is(letter: &Letter, from: u16, round: u8, kind: Kind) -> bool {
    (letter.header.from, letter.header.round, letter.header.kind) == (id(from), round, kind)
}

/// A key among `1..=n`, dealt by one hand.
pub(crate) struct World<S: Scheme> {
    pub(crate) cast: Cast,
    pub(crate) shares: Vec<KeyShare<S>>,
    pub(crate) rng: ChaCha20Rng,
}

impl<S: Scheme> World<S> {
    pub(crate) fn new(t: u16, n: u16, seed: u64) -> Self {
        let mut rng = rng(seed);
        let cast = Cast::new(1..=n, &mut rng).unwrap();
        let shares = cast.deal::<S>(Threshold::new(t, n).unwrap(), &mut rng).unwrap();
        Self { cast, shares, rng }
    }

    pub(crate) fn share(&self, number: u16) -> &KeyShare<S> {
        &self.shares[usize::from(number) - 1]
    }

    /// Plays some sessions past a malicious party.
    pub(crate) fn play<P: State>(
        &mut self,
        sessions: impl IntoIterator<Item = Session<P>>,
        tamper: &mut dyn FnMut(&mut Letter) -> bool,
    ) -> Vec<Report<P::Output>> {
        self.cast.run_with(sessions, Faults::default(), tamper, &mut self.rng)
    }
}

/// A key generation of 2 of 3, in which every party's randomness is known beforehand.
pub(crate) struct Generation<S: Scheme> {
    pub(crate) cast: Cast,
    pub(crate) run: Run<S>,
}

impl<S: Scheme> Generation<S> {
    pub(crate) fn new(session: u8) -> Self {
        let cast = Cast::new(1..=3, &mut rng(1)).unwrap();
        let threshold = Threshold::new(2, 3).unwrap();
        let run = Run::new(threshold, cast.roster().clone(), SessionId([session; 16])).unwrap();
        Self { cast, run }
    }

    pub(crate) fn session(&self, number: u16, seed: u64) -> Session<Dkg<S>> {
        let mut rng = rng(seed << 16 | u64::from(number));
        Dkg::start(&self.run, id(number), &mut MemoryLedger::default(), &mut rng).unwrap()
    }

    /// Everybody's letters and ends.
    pub(crate) fn play(
        &self,
        seed: u64,
        tamper: &mut dyn FnMut(&[Letter], &mut Letter) -> bool,
    ) -> (Vec<Letter>, Vec<Report<KeyShare<S>>>) {
        let mut heard = Vec::new();
        let mut tamper = |letter: &mut Letter| {
            let goes = letter.header.from != id(FOE) || tamper(&heard, letter);
            heard.push(letter.clone());
            goes
        };
        let sessions = [1, 2, 3].map(|number| self.session(number, seed));
        let reports = self.cast.run_with(sessions, Faults::default(), &mut tamper, &mut rng(seed));
        (heard, reports)
    }

    /// The same without an attack.
    pub(crate) fn fair(&self, seed: u64) -> (Vec<Letter>, Vec<KeyShare<S>>) {
        let (heard, reports) = self.play(seed, &mut |_, _| true);
        (heard, reports.into_iter().map(Report::output).collect())
    }
}

/// The body of the first letter of a slot.
pub(crate) fn body(heard: &[Letter], from: u16, round: u8, kind: Kind) -> &[u8] {
    &heard.iter().find(|letter| is(letter, from, round, kind)).unwrap().body
}

/// `message` in an envelope that `signer` signed, whoever its header names.
pub(crate) fn seal(cast: &Cast, signer: u16, message: &[u8]) -> Envelope {
    let unsigned = Unsigned::new(message).unwrap();
    let signature = cast.key(id(signer)).unwrap().sign(unsigned.to_sign());
    Envelope { bytes: message.to_vec(), signature }
}

/// The verdicts of everybody but the attacker.
pub(crate) fn verdicts<O: Debug>(reports: &[Report<O>]) -> Vec<(PartyId, &Abort)> {
    let honest = reports.iter().filter(|report| report.id != id(FOE));
    let verdict = |report: &'_ Report<O>| match &report.outcome {
        Some(Err(_)) => {}
        other => panic!("{}: no verdict but {other:?}", report.id),
    };
    honest
        .map(|report| {
            verdict(report);
            (report.id, report.outcome.as_ref().unwrap().as_ref().unwrap_err())
        })
        .collect()
}

/// Every honest party convicts the attacker, by this check, of this, and nobody else.
pub(crate) fn all_convict<O: Debug>(reports: &[Report<O>], check: &str, fault: Fault) {
    for (me, abort) in verdicts(reports) {
        assert_eq!(abort.check, check, "{me}: {abort}");
        assert_eq!(abort.cheaters().collect::<Vec<_>>(), [(id(FOE), fault)], "{me}: {abort}");
    }
}

/// Every honest party suspects all others, for this reason.
pub(crate) fn all_suspect<O: Debug>(reports: &[Report<O>], check: &str, why: Doubt) {
    let everybody = Parties::new(reports.iter().map(|report| report.id)).unwrap();
    for (me, abort) in verdicts(reports) {
        assert_eq!(abort.check, check, "{me}: {abort}");
        assert_eq!(abort.verdict, Verdict::Suspects { who: everybody.without(me), why });
    }
}

/// Nobody honest has a result, and nobody honest is convicted.
pub(crate) fn none_has_a_result<O: Debug>(reports: &[Report<O>]) {
    for report in reports.iter().filter(|report| report.id != id(FOE)) {
        match &report.outcome {
            None => {}
            Some(Err(abort)) => {
                assert!(abort.cheaters().all(|(who, _)| who == id(FOE)), "{}: {abort}", report.id);
            }
            Some(Ok(output)) => panic!("{}: {output:?}", report.id),
        }
    }
}

/// Every run that deals, among the same three: 3 attacks, and deals in each.
pub(crate) mod runs {
    use quorate::curve::FrostEd25519;
    use quorate::dkg::{self, Dkg};
    use quorate::import::{self, Import};
    use quorate::keyset::{self, AnyScheme, KeySet};
    use quorate::party::Threshold;
    use quorate::refresh::{self, Refresh};
    use quorate::reshare::{self, Reshare};
    use quorate::secret::Secret;
    use quorate::session::Session;
    use quorate::sim::MemoryLedger;
    use quorate::wire::SessionId;

    use super::{FOE, World, id, set};

    pub(crate) type E = FrostEd25519;

    const SESSION: SessionId = SessionId([0x77; 16]);

    pub(crate) fn generation(world: &mut World<E>) -> [Session<Dkg<E>>; 3] {
        let run = dkg::Run::new(Threshold::new(2, 3).unwrap(), world.cast.roster().clone(), SESSION).unwrap();
        [1, 2, 3].map(|me| Dkg::start(&run, id(me), &mut MemoryLedger::default(), &mut world.rng).unwrap())
    }

    pub(crate) fn refresh(world: &mut World<E>) -> [Session<Refresh<E>>; 3] {
        let run = refresh::Run::new(world.share(1).public(), 1, SESSION).unwrap();
        let (shares, rng) = (&world.shares, &mut world.rng);
        [0, 1, 2].map(|at| Refresh::start(&run, &shares[at], &mut MemoryLedger::default(), rng).unwrap())
    }

    /// By 1 and 3 to all.
    pub(crate) fn reshare(world: &mut World<E>) -> [Session<Reshare<E>>; 3] {
        let (key, roster) = (world.share(1).public(), world.cast.roster().clone());
        let run = reshare::Run::new(key, set(&[1, FOE]), roster, 1, SESSION).unwrap();
        let (shares, rng) = (&world.shares, &mut world.rng);
        [1, 2, 3].map(|me| {
            let ledger = &mut MemoryLedger::default();
            match me {
                2 => Reshare::receive(&run, id(2), ledger, rng).unwrap(),
                _ => Reshare::deal(&run, &shares[me as usize - 1], ledger, rng).unwrap(),
            }
        })
    }

    /// Of a secret that 3 has.
    pub(crate) fn import(world: &mut World<E>) -> [Session<Import<E>>; 3] {
        let mut secret = [0; 32];
        secret[..3].copy_from_slice(&[0xe7, 0xc2, 0x5e]);
        let point = curve25519_dalek::edwards::EdwardsPoint::mul_base(
            &curve25519_dalek::scalar::Scalar::from_bytes_mod_order(secret),
        );
        let (roster, threshold) = (world.cast.roster().clone(), Threshold::new(2, 3).unwrap());
        let dealer = (id(FOE), roster.identity(id(FOE)).unwrap());
        let run = import::Run::whole(threshold, roster, &point.compress().0, dealer, SESSION).unwrap();
        [1, 2, 3].map(|me| {
            let (ledger, rng) = (&mut MemoryLedger::default(), &mut world.rng);
            match me {
                FOE => {
                    Import::deal(&run, id(me), &Secret::new(secret), Some(Secret::new([5; 32])), ledger, rng)
                }
                _ => Import::receive(&run, id(me), ledger, rng),
            }
            .unwrap()
        })
    }

    /// Of an ECDSA key and this one.
    pub(crate) fn keyset(world: &mut World<E>) -> [Session<KeySet>; 3] {
        let (threshold, roster) = (Threshold::new(2, 3).unwrap(), world.cast.roster().clone());
        let schemes = [AnyScheme::EcdsaSecp256k1, AnyScheme::FrostEd25519];
        let run = keyset::Run::new(threshold, roster, SESSION, schemes).unwrap();
        [1, 2, 3].map(|me| KeySet::start(&run, id(me), &mut MemoryLedger::default(), &mut world.rng).unwrap())
    }
}
