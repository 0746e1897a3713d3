//! Leaderless signing: everybody sends to everybody, everybody gets the signature.
//!
//! | message | to | fields | body bytes |
//! |---|---|---|---|
//! | commit (round 1) | all | D L, E L | 2L |
//! | share (round 2) | all | view of round 1 32, z 32 | 64 |

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::nonce::{NonceCommitments, SigningNonces};
use super::package::{PackageError, SigningPackage};
use super::rounds::{AggregateError, SignatureShare, aggregate, sign};
use super::share::SigningShare;
use super::suite::Suite;
use super::task::Task;
use crate::curve::{Curve, Scheme};
use crate::error::{Abort, Chance, Charges, Fault, SetupError};
use crate::evidence::{Evidence, EvidenceKind};
use crate::hedge::SessionRng;
use crate::key::KeyShare;
use crate::party::{Parties, PartyId};
use crate::secret::Secret;
use crate::session::{
    Expect, Failure, Inbox, Message, Outbox, Plan, RoundPlan, Session, State, Step, body_hashes, view,
    views_differ,
};
use crate::wire::Kind;

/// A leaderless signing at one signer, by its rounds.
///
/// It cannot be suspended: a stored copy of a session could answer twice under one pair of nonces. Restart it instead.
///
/// ```compile_fail,E0599
/// use quorate::{curve::FrostEd25519, frost::Sign, session::Session};
/// fn pause(session: Session<Sign<FrostEd25519>>) {
///     let _ = session.suspend();
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Sign<S: Suite> {
    /// Committed to nonces; waiting for the others' commitments.
    Round1(Round1<S>),
    /// Sent the own share; waiting for the others'.
    Round2(Round2<S>),
}

impl<S: Suite> Sign<S> {
    /// Starts signing with fresh nonces. The generator is hedged: one that repeats itself, after a fork or on a restored machine, gives other
    /// nonces to another run, since share and sid are mixed in.
    ///
    /// # Errors
    /// [`SetupError::SelfMissing`] if this share's owner is not a signer of the task; [`SetupError::WrongNonce`] if the share is of
    /// another sharing than the task's.
    pub fn start(
        share: &KeyShare<S>,
        task: Task<S>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Session<Self>, SetupError> {
        let sid = task.terms(share.id()).sid();
        let mut hedged = SessionRng::new::<S::Curve>(rng, share.secret(), &sid, 1);
        let nonces = SigningNonces::generate(share.into(), &mut hedged);
        Self::start_with(share, task, nonces)
    }

    /// Starts signing with nonces made ahead. They are spent, also by a failure.
    ///
    /// # Errors
    /// As [`Sign::start`], and [`SetupError::WrongNonce`] if the nonces were made for another share.
    pub fn start_with(
        share: &KeyShare<S>,
        task: Task<S>,
        nonces: SigningNonces<S>,
    ) -> Result<Session<Self>, SetupError> {
        let me = check(share, &task, &nonces)?;
        let terms = task.terms(me);
        let others = task.signers().without(me);
        let expect = |len| Some(Expect::new(others.clone(), &[(Kind::All, len)]));
        let plan = Plan::from(alloc::vec![
            RoundPlan { round: 1, all: expect(2 * S::Curve::POINT_LEN), direct: None },
            RoundPlan { round: 2, all: expect(32 + S::Curve::SCALAR_LEN), direct: None },
        ]);
        let body = nonces.commitments().as_bytes().to_vec();
        let secret = Secret::new(*share.secret().expose());
        let round = Round1 { task, nonces, secret };
        Ok(Session::new(terms, plan, Self::Round1(round), Outbox::to_all(1, Kind::All, body)))
    }
}

/// The share is of the task's key and epoch, its owner signs, and the nonces are its own.
pub(super) fn check<S: Suite>(
    share: &KeyShare<S>,
    task: &Task<S>,
    nonces: &SigningNonces<S>,
) -> Result<PartyId, SetupError> {
    let (id, epoch_id) = (share.id(), share.public().epoch_id());
    // [L2.2] a share that was rebuilt or imported goes through a refresh first; a burned one signs nothing
    share.check_standing(false)?;
    if !task.signers().contains(id) {
        return Err(SetupError::SelfMissing(id));
    }
    if epoch_id != task.key().epoch_id() || (nonces.owner, nonces.epoch_id) != (id, epoch_id) {
        return Err(SetupError::WrongNonce(id));
    }
    Ok(id)
}

impl<S: Suite> State for Sign<S> {
    type Output = S::Signature;
    type Pending = core::convert::Infallible;
    const SIGNED: bool = false;

    fn step(self, inbox: &Inbox, _: &mut dyn CryptoRng) -> Result<Step<Self>, Failure> {
        match self {
            Self::Round1(round) => {
                let (next, outbox) = round.finish(inbox)?;
                Ok(Step::Next(Self::Round2(next), outbox))
            }
            Self::Round2(round) => Ok(Step::Done(round.finish(inbox)?, Outbox::default())),
        }
    }
}

/// Committed to nonces; waiting for the others' commitments.
#[derive(Debug)]
pub struct Round1<S: Suite> {
    task: Task<S>,
    nonces: SigningNonces<S>,
    secret: Secret<<<S as Scheme>::Curve as Curve>::Scalar>,
}

impl<S: Suite> Round1<S> {
    /// Signs what everybody committed to.
    ///
    /// # Errors
    /// [`Abort`] with check F1.1 or F1.3. The nonces are spent.
    pub fn finish(self, inbox: &Inbox) -> Result<(Round2<S>, Outbox), Abort> {
        let terms = inbox.terms();
        let list = inbox.all(1).into_iter();
        let list = list.filter_map(|m| Some((m.from, NonceCommitments::from_bytes::<S>(&m.body)?)));
        let package = match SigningPackage::<S>::new(self.task.view(), list, self.task.message()) {
            Ok(package) => package,
            // [F1.1] D_j, E_j canonical, of prime order, not the identity
            Err(PackageError::Malformed(who)) => return Err(malformed_commitments(inbox, &who)),
            // [F1.3] R is not the identity, c is not zero
            Err(_) => return Err(Abort::no_fault(1, "F1.3", Chance::Degenerate)),
        };
        let share = SigningShare {
            id: terms.me,
            secret: &self.secret,
            commitment: self.task.key().commitment(),
            epoch_id: self.task.key().epoch_id(),
            unchecked: None,
        };
        let own =
            sign(self.nonces, share, &package).map_err(|_| Abort::no_fault(1, "F1.2", Chance::OwnFault))?;
        let view = view(&terms.sid(), 1, &body_hashes(inbox, 1));
        let mut body = view.to_vec();
        body.extend_from_slice(&own.to_bytes());
        Ok((Round2 { task: self.task, package, view, own }, Outbox::to_all(2, Kind::All, body)))
    }
}

fn malformed_commitments(inbox: &Inbox, who: &Parties) -> Abort {
    let mut charges = Charges::default();
    for message in inbox.others(1).filter(|m| who.contains(m.from)) {
        let evidence = inbox.envelope(1, message);
        let evidence = evidence.map(|e| Evidence::new(EvidenceKind::Undecodable, alloc::vec![e]));
        charges.add(message.from, "F1.1", Fault::Malformed, evidence);
    }
    charges.verdict(1).err().unwrap_or(Abort::no_fault(1, "F1.1", Chance::OwnFault))
}

/// Sent the own share; waiting for the others'.
#[derive(Debug)]
pub struct Round2<S: Suite> {
    task: Task<S>,
    package: SigningPackage<S>,
    view: [u8; 32],
    own: SignatureShare<S>,
}

impl<S: Suite> Round2<S> {
    /// Adds the shares up and verifies the signature.
    ///
    /// # Errors
    /// [`Abort`] with check F2.1 to F2.4.
    pub fn finish(self, inbox: &Inbox) -> Result<S::Signature, Abort> {
        let me = inbox.terms().me;
        // [F2.1] everybody saw the same commitments
        if !inbox.others(2).all(|m| m.body.starts_with(&self.view)) {
            return Err(views_differ(2, "F2.1", self.task.signers(), me));
        }
        let mut shares = read_shares(inbox, inbox.others(2))?;
        shares.push((me, self.own));
        aggregate(&self.package, &shares).map_err(|error| {
            let commitments = inbox.all(1).into_iter().map(|m| (m.from, m.body.clone())).collect();
            blame(inbox, inbox.others(2), error, commitments)
        })
    }
}

/// [F2.3] `z_j` canonical, for every signer.
pub(super) fn read_shares<'a, S: Suite>(
    inbox: &Inbox,
    messages: impl Iterator<Item = &'a Message>,
) -> Result<Vec<(PartyId, SignatureShare<S>)>, Abort> {
    let mut charges = Charges::default();
    let mut shares = Vec::new();
    for message in messages {
        match message.body.get(32..).and_then(SignatureShare::from_bytes) {
            Some(share) => shares.push((message.from, share)),
            None => {
                let evidence = inbox.envelope(2, message);
                let evidence = evidence.map(|e| Evidence::new(EvidenceKind::Undecodable, alloc::vec![e]));
                charges.add(message.from, "F2.3", Fault::Malformed, evidence);
            }
        }
    }
    charges.verdict(2)?;
    Ok(shares)
}

/// [F2.2] Everybody whose share is bad, with evidence (e).
pub(super) fn blame<'a>(
    inbox: &Inbox,
    messages: impl Iterator<Item = &'a Message>,
    error: AggregateError,
    commitments: Vec<(PartyId, Vec<u8>)>,
) -> Abort {
    let AggregateError::BadShares(who) = error else {
        return Abort::no_fault(2, "F2.4", Chance::OwnFault);
    };
    let mut charges = Charges::default();
    for message in messages.filter(|m| who.contains(m.from)) {
        let envelope = inbox.envelope(2, message);
        let evidence = envelope
            .map(|e| Evidence::new(EvidenceKind::SignatureShare, alloc::vec![e]).attach(commitments.clone()));
        charges.add(message.from, "F2.2", Fault::BadShare, evidence);
    }
    charges.verdict(2).err().unwrap_or(Abort::no_fault(2, "F2.4", Chance::OwnFault))
}
