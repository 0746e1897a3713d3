//! Signings with malicious signers, message by message: every honest party is a real session, every malicious one a
//! [`Puppet`] that knows its secrets and sends whatever the test wants, to everybody something else if it likes.

use std::collections::BTreeMap;

use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use quorate::curve::FrostEd25519;
use quorate::envelope::{Unsigned, Verified};
use quorate::error::{Abort, Doubt, Fault, Rejected, Verdict};
use quorate::evidence::Envelope;
use quorate::frost::{self, Sign, SigningNonces, Task};
use quorate::key::KeyShare;
use quorate::party::{Parties, PartyId, Threshold};
use quorate::session::{Finding, Receipt, Session, State, Status, Terms};
use quorate::sim::Cast;
use quorate::wire::{Kind, SessionId};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::reference::{List, Signing, point, scalar, view};

pub(crate) type E = FrostEd25519;

pub(crate) fn id(number: u16) -> PartyId {
    PartyId::new(number).unwrap()
}

pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// A key, and one signing of it.
pub(crate) struct Game {
    pub(crate) cast: Cast,
    pub(crate) shares: Vec<KeyShare<E>>,
    pub(crate) task: Task<E>,
}

/// How a party ended; `None` if it waits for somebody who has given up.
pub(crate) type Outcome = Option<Result<[u8; 64], Abort>>;

impl Game {
    pub(crate) fn new(t: u16, n: u16, signers: &[u16], seed: u64) -> Self {
        let mut rng = rng(seed);
        let cast = Cast::new(1..=n, &mut rng).unwrap();
        let shares = cast.deal::<E>(Threshold::new(t, n).unwrap(), &mut rng).unwrap();
        let task = task(&shares, signers, b"signed by some", 7);
        Self { cast, shares, task }
    }

    pub(crate) fn signers(&self) -> Vec<u16> {
        self.task.signers().iter().map(PartyId::get).collect()
    }

    pub(crate) fn share(&self, number: u16) -> &KeyShare<E> {
        &self.shares[usize::from(number) - 1]
    }

    pub(crate) fn terms(&self) -> Terms {
        self.task.terms(id(1))
    }

    pub(crate) fn public_key(&self) -> [u8; 32] {
        self.task.key().public_key().try_into().unwrap()
    }

    pub(crate) fn signing<'a>(&'a self, list: &'a List) -> Signing<'a> {
        Signing { public_key: self.public_key(), message: self.task.message(), list }
    }

    pub(crate) fn verifies(&self, signature: [u8; 64]) -> bool {
        let key = ed25519_dalek::VerifyingKey::from_bytes(&self.public_key()).unwrap();
        key.verify_strict(self.task.message(), &ed25519_dalek::Signature::from_bytes(&signature)).is_ok()
    }

    /// A signed message of any member.
    pub(crate) fn envelope(&self, from: u16, to: Option<u16>, round: u8, body: &[u8]) -> Envelope {
        let kind = if to.is_some() { Kind::Direct } else { Kind::All };
        let mut message = self.terms().header(round, kind, id(from), to.map(id)).to_bytes();
        message.extend_from_slice(body);
        let unsigned = Unsigned::new(&message).unwrap();
        let signature = self.cast.key(id(from)).unwrap().sign(unsigned.to_sign());
        Envelope { bytes: message, signature }
    }

    pub(crate) fn open(&self, envelope: Envelope) -> Verified {
        envelope.verify(self.cast.roster()).unwrap()
    }

    /// Gives a session a message, in an envelope or not.
    pub(crate) fn deliver<S: State>(
        &self,
        session: &mut Session<S>,
        signed: bool,
        from: PartyId,
        (round, kind): (u8, Kind),
        body: &[u8],
    ) -> Result<Receipt, Rejected> {
        let to = (kind == Kind::Direct).then_some(session.terms().me);
        if signed {
            let envelope = self.envelope(from.get(), to.map(PartyId::get), round, body);
            return session.receive_signed(&self.open(envelope));
        }
        let mut message = self.terms().header(round, kind, from, to).to_bytes();
        message.extend_from_slice(body);
        session.receive(from, &message)
    }

    /// A conviction of exactly these: by this check, the lowest first; with evidence that convinces the judge if the
    /// messages were signed and the check has any.
    pub(crate) fn convicts(&self, abort: &Abort, check: &str, fault: Fault, who: &[u16], evidence: bool) {
        let round = check.as_bytes()[1] - b'0';
        assert_eq!((abort.round, abort.check), (round, check));
        let found: Vec<_> = abort.cheaters().collect();
        assert_eq!(found, who.iter().map(|number| (party(*number), fault)).collect::<Vec<_>>());
        let Verdict::Cheater { evidence: shown, .. } = &abort.verdict else { panic!("{abort}") };
        assert_eq!(shown.is_some(), evidence, "evidence of {abort}");
        if let Some(shown) = shown {
            assert_eq!(frost::judge(&self.task, shown), Finding::Guilty(party(who[0]), fault));
        }
    }
}

/// Any id, the coordinator's included.
pub(crate) fn party(number: u16) -> PartyId {
    if number == u16::MAX { PartyId::COORDINATOR } else { id(number) }
}

pub(crate) fn task(shares: &[KeyShare<E>], signers: &[u16], message: &[u8], session: u8) -> Task<E> {
    let signers = Parties::from_numbers(signers.iter().copied()).unwrap();
    Task::new(shares[0].public(), signers, message, SessionId([session; 16])).unwrap()
}

pub(crate) fn suspects(abort: &Abort, who: impl IntoIterator<Item = u16>) {
    let who = Parties::from_numbers(who).unwrap();
    assert_eq!((abort.round, abort.check, &abort.others[..]), (2, "F2.1", &[][..]));
    assert_eq!(abort.verdict, Verdict::Suspects { who, why: Doubt::ViewsDiffer });
}

/// A malicious signer: its share and its nonces.
#[derive(Clone)]
pub(crate) struct Puppet {
    pub(crate) id: u16,
    pub(crate) secret: Scalar,
    pub(crate) d: Scalar,
    pub(crate) e: Scalar,
}

impl Puppet {
    pub(crate) fn new(game: &Game, number: u16, seed: u64) -> Self {
        let share = game.share(number);
        // version 1, kind 1, id 2, standing 1, secret
        let secret = scalar(&share.to_bytes().expose()[5..37]).unwrap();
        let nonces = SigningNonces::generate(share.into(), &mut rng(seed)).store();
        // version 1, scheme 1, owner 2, epoch id 32, d, e
        let nonce = |at: usize| scalar(&nonces.expose()[at..at + 32]).unwrap();
        Self { id: number, secret, d: nonce(36), e: nonce(68) }
    }

    pub(crate) fn points(&self) -> [EdwardsPoint; 2] {
        [self.d, self.e].map(|k| EdwardsPoint::mul_base(&k))
    }

    pub(crate) fn commitments(&self) -> [u8; 64] {
        encode(self.points())
    }

    /// The share as an honest signer would make it, if these are the nonces behind its commitments.
    pub(crate) fn share(&self, signing: &Signing<'_>) -> Scalar {
        signing.derive().map_or(Scalar::ONE, |derived| {
            let (rho, lambda) = (derived.factors[&self.id], derived.lambdas[&self.id]);
            self.d + self.e * rho + lambda * self.secret * derived.challenge
        })
    }
}

pub(crate) fn encode(points: [EdwardsPoint; 2]) -> [u8; 64] {
    points.map(|p| p.compress().0).concat().try_into().unwrap()
}

/// What a malicious signer sends in a leaderless signing, to whom.
pub(crate) trait Foe {
    fn first(&self, puppet: &Puppet, to: u16) -> [u8; 64];
    /// `list` is what the receiver got in round 1, `view` its digest.
    fn second(&self, puppet: &Puppet, to: u16, signing: &Signing<'_>, view: [u8; 32]) -> Vec<u8>;
}

/// What one honest party got, and what it made of it.
pub(crate) struct Seen {
    pub(crate) me: u16,
    pub(crate) list: List,
    /// Everybody's message of round 2, its own included.
    pub(crate) second: BTreeMap<u16, Vec<u8>>,
    pub(crate) outcome: Outcome,
}

/// Plays a leaderless signing to the end, against `foe` in all of `puppets`.
pub(crate) fn leaderless(game: &Game, signed: bool, puppets: &[Puppet], foe: &dyn Foe) -> Vec<Seen> {
    let mut rng = rng(99);
    let honest = game.signers().into_iter().filter(|number| puppets.iter().all(|p| p.id != *number));
    let start = |number| Sign::start(game.share(number), game.task.clone(), &mut rng).unwrap();
    let mut sessions: BTreeMap<u16, _> = honest.map(start).map(|s| (s.terms().me.get(), s)).collect();
    let sent = |session: &Session<Sign<E>>, after: usize| {
        session.outgoing(after).next().map(|message| message.bytes[56..].to_vec())
    };
    let firsts: BTreeMap<u16, [u8; 64]> =
        sessions.iter().map(|(me, s)| (*me, sent(s, 0).unwrap().try_into().unwrap())).collect();
    let mut seen = Vec::new();
    for (me, session) in &mut sessions {
        let mut list = firsts.clone();
        list.extend(puppets.iter().map(|p| (p.id, foe.first(p, *me))));
        for (from, body) in list.iter().filter(|(from, _)| *from != me) {
            assert_eq!(game.deliver(session, signed, id(*from), (1, Kind::All), body), Ok(Receipt::Stored));
        }
        let outcome = match session.advance(&mut self::rng(1)) {
            Ok(Status::Advanced { round: 1 }) => None,
            Ok(status) => panic!("{status:?}"),
            Err(abort) => Some(Err(abort)),
        };
        seen.push(Seen { me: *me, list, second: BTreeMap::new(), outcome });
    }
    let seconds: BTreeMap<u16, Option<Vec<u8>>> = sessions.iter().map(|(me, s)| (*me, sent(s, 1))).collect();
    for (party, session) in seen.iter_mut().zip(sessions.values_mut()).filter(|(p, _)| p.outcome.is_none()) {
        let view = view(&game.terms().sid(), &party.list);
        party.second = seconds.iter().filter_map(|(from, body)| Some((*from, body.clone()?))).collect();
        let signing = game.signing(&party.list);
        party.second.extend(puppets.iter().map(|p| (p.id, foe.second(p, party.me, &signing, view))));
        assert_eq!(party.second[&party.me][..32], view, "the view is what the specification says");
        for (from, body) in party.second.iter().filter(|(from, _)| **from != party.me) {
            assert_eq!(game.deliver(session, signed, id(*from), (2, Kind::All), body), Ok(Receipt::Stored));
        }
        party.outcome = match session.advance(&mut self::rng(2)) {
            Ok(Status::Done(signature)) => Some(Ok(signature.into())),
            Ok(Status::Waiting) => None,
            Ok(status) => panic!("{status:?}"),
            Err(abort) => Some(Err(abort)),
        };
    }
    seen
}

/// Holds what a party concluded against the equations. Gives the check that decided, or `""` for a signature.
pub(crate) fn hold(game: &Game, seen: &Seen, signed: bool) -> &'static str {
    let signing = game.signing(&seen.list);
    let outcome = seen.outcome.as_ref().expect("nobody is missing");
    let torsion = |derived: &crate::reference::Derived| !derived.commitment.is_torsion_free();
    let derived = match signing.derive() {
        Some(derived) if !torsion(&derived) => derived,
        _ => {
            let bad: Vec<_> = signing.bad_points().into_iter().collect();
            game.convicts(outcome.as_ref().unwrap_err(), "F1.1", Fault::Malformed, &bad, signed);
            return "F1.1";
        }
    };
    let view = view(&game.terms().sid(), &seen.list);
    if seen.second.values().any(|body| body[..32] != view) {
        suspects(outcome.as_ref().unwrap_err(), game.signers().into_iter().filter(|n| *n != seen.me));
        return "F2.1";
    }
    let shares: BTreeMap<u16, Option<Scalar>> =
        seen.second.iter().map(|(from, body)| (*from, scalar(&body[32..]))).collect();
    let bad: Vec<_> = shares.iter().filter(|(_, z)| z.is_none()).map(|(from, _)| *from).collect();
    if !bad.is_empty() {
        game.convicts(outcome.as_ref().unwrap_err(), "F2.3", Fault::Malformed, &bad, signed);
        return "F2.3";
    }
    if derived.verifies(&game.public_key(), shares.values().flatten().sum()) {
        let signature = outcome.as_ref().unwrap();
        assert!(game.verifies(*signature));
        assert_eq!(point(&signature[..32]), Some(derived.commitment));
        return "";
    }
    let public_share = |number: u16| game.task.key().public_share(id(number)).unwrap();
    let holds = |from: u16, z: Scalar| derived.share_holds(from, &seen.list[&from], &public_share(from), z);
    let bad = shares.iter().filter(|(from, z)| !holds(**from, z.unwrap())).map(|(from, _)| *from);
    game.convicts(outcome.as_ref().unwrap_err(), "F2.2", Fault::BadShare, &bad.collect::<Vec<_>>(), signed);
    "F2.2"
}
