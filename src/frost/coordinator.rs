//! Star topology: a coordinator collects nonce commitments made ahead, sends every signer the list, and adds up.
//!
//! The coordinator needs no share and learns nothing it could forge with; a wrong list only makes failures. It may be a
//! member of the roster, or nobody ([`PartyId::COORDINATOR`]).
//!
//! | message | to | fields | body bytes |
//! |---|---|---|---|
//! | list (round 1) | each signer | (D L, E L) per signer ascending | 2L * signers |
//! | share (round 2) | coordinator | SHA-256(list) 32, z 32 | 64 |

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::leaderless::{blame, check, read_shares};
use super::nonce::{NonceCommitments, SigningNonces};
use super::package::{PackageError, SigningPackage};
use super::rounds::{aggregate, sign};
use super::share::SigningShare;
use super::suite::Suite;
use super::task::Task;
use crate::curve::{Curve, Scheme};
use crate::error::{Abort, Chance, Charges, Doubt, Fault, SetupError, Verdict};
use crate::evidence::{Evidence, EvidenceKind};
use crate::hash::sha256;
use crate::key::KeyShare;
use crate::party::{Parties, PartyId};
use crate::secret::Secret;
use crate::session::{Expect, Failure, Inbox, Outbox, Plan, RoundPlan, Session, State, Step};
use crate::wire::Kind;

fn plan_for(round: u8, from: Parties, len: usize) -> Plan {
    let direct = Some(Expect::new(from, &[(Kind::Direct, len)]));
    Plan::from(alloc::vec![RoundPlan { round, all: None, direct }])
}

/// The coordinator's side.
#[derive(Debug)]
pub struct Coordinator<S: Suite> {
    package: SigningPackage<S>,
    commitments: Vec<(PartyId, Vec<u8>)>,
    list: Vec<u8>,
}

impl<S: Suite> Coordinator<S> {
    /// Starts with the commitments that the signers made ahead, each used once.
    ///
    /// # Errors
    /// [`SetupError::WrongNonce`] names a signer whose commitments are missing, stand twice, or are malformed;
    /// [`SetupError::NotInRoster`] a coordinator id that is neither a member's nor [`PartyId::COORDINATOR`].
    pub fn start(
        task: Task<S>,
        me: PartyId,
        commitments: impl IntoIterator<Item = (PartyId, NonceCommitments)>,
    ) -> Result<Session<Self>, SetupError> {
        if me != PartyId::COORDINATOR && !task.key().roster().parties().contains(me) {
            return Err(SetupError::NotInRoster(me));
        }
        let mut given: Vec<_> = commitments.into_iter().collect();
        given.sort_by_key(|(id, _)| *id);
        let mut ids = given.iter().map(|(id, _)| *id);
        for signer in task.signers().iter() {
            match ids.next() {
                Some(id) if id == signer => {}
                Some(id) if id < signer => return Err(SetupError::WrongNonce(id)),
                _ => return Err(SetupError::WrongNonce(signer)),
            }
        }
        if let Some(id) = ids.next() {
            return Err(SetupError::WrongNonce(id));
        }
        let list: Vec<u8> = given.iter().flat_map(|(_, c)| c.as_bytes()).copied().collect();
        let commitments = given.iter().map(|(id, c)| (*id, c.as_bytes().to_vec())).collect();
        let package = SigningPackage::new(task.key().commitment(), given, task.message());
        let package = package.map_err(|error| match error {
            PackageError::Malformed(who) => SetupError::WrongNonce(who.iter().next().unwrap_or(me)),
            _ => SetupError::Malformed("nonce commitments"),
        })?;
        let plan = plan_for(2, task.signers().clone(), 32 + S::Curve::SCALAR_LEN);
        let direct = task.signers().iter().map(|id| (id, list.clone())).collect();
        let terms = task.terms(me);
        let state = Self { package, commitments, list };
        Ok(Session::new(terms, plan, state, Outbox { round: 1, all: None, direct }))
    }
}

impl<S: Suite> State for Coordinator<S> {
    type Output = S::Signature;
    type Pending = core::convert::Infallible;
    const SIGNED: bool = false;

    fn step(self, inbox: &Inbox, _: &mut dyn CryptoRng) -> Result<Step<Self>, Failure> {
        // [F2.1] every signer answers the list that it was sent
        let view = sha256(&self.list);
        let strangers = inbox.direct(2).filter(|m| !m.body.starts_with(&view)).map(|m| m.from);
        if let Ok(who) = Parties::new(strangers)
            && !who.is_empty()
        {
            let verdict = Verdict::Suspects { who, why: Doubt::ViewsDiffer };
            return Err(Abort { round: 2, check: "F2.1", verdict, others: Vec::new() }.into());
        }
        let shares = read_shares(inbox, inbox.direct(2))?;
        let result = aggregate(&self.package, &shares);
        match result {
            Ok(signature) => Ok(Step::Done(signature, Outbox::default())),
            Err(error) => Err(blame(inbox, inbox.direct(2), error, self.commitments).into()),
        }
    }
}

/// A signer's side: waits for the list, answers with its share.
#[derive(Debug)]
pub struct Cosigner<S: Suite> {
    task: Task<S>,
    coordinator: PartyId,
    nonces: SigningNonces<S>,
    secret: Secret<<<S as Scheme>::Curve as Curve>::Scalar>,
}

impl<S: Suite> Cosigner<S> {
    /// Starts with nonces whose commitments the coordinator has. They are spent, also by a failure.
    ///
    /// # Errors
    /// As [`super::Sign::start_with`], and [`SetupError::NotInRoster`] for a coordinator that is neither a member nor
    /// [`PartyId::COORDINATOR`].
    pub fn start(
        share: &KeyShare<S>,
        task: Task<S>,
        coordinator: PartyId,
        nonces: SigningNonces<S>,
    ) -> Result<Session<Self>, SetupError> {
        let me = check(share, &task, &nonces)?;
        if coordinator != PartyId::COORDINATOR && !task.key().roster().parties().contains(coordinator) {
            return Err(SetupError::NotInRoster(coordinator));
        }
        let plan = plan_for(1, Parties::new([coordinator])?, 2 * S::Curve::POINT_LEN * task.signers().len());
        let terms = task.terms(me);
        let secret = Secret::new(*share.secret().expose());
        Ok(Session::new(terms, plan, Self { task, coordinator, nonces, secret }, Outbox::default()))
    }

    fn package(&self, list: &[u8]) -> Result<SigningPackage<S>, PackageError> {
        let chunks = list.chunks(2 * S::Curve::POINT_LEN).filter_map(NonceCommitments::from_bytes::<S>);
        SigningPackage::new(
            self.task.key().commitment(),
            self.task.signers().iter().zip(chunks),
            self.task.message(),
        )
    }
}

impl<S: Suite> State for Cosigner<S> {
    type Output = ();
    type Pending = core::convert::Infallible;
    const SIGNED: bool = false;

    fn step(self, inbox: &Inbox, _: &mut dyn CryptoRng) -> Result<Step<Self>, Failure> {
        // What the list says of this device's own commitments proves nothing to others, who never saw them.
        let accuse = |check, provable| {
            let mut charges = Charges::default();
            let list = inbox.direct_from(1, self.coordinator).filter(|_| provable);
            let envelope = list.and_then(|m| inbox.envelope(1, m));
            let evidence = envelope.map(|e| Evidence::new(EvidenceKind::Undecodable, alloc::vec![e]));
            charges.add(self.coordinator, check, Fault::Malformed, evidence);
            charges.verdict(1).err().unwrap_or(Abort::no_fault(1, check, Chance::OwnFault))
        };
        let Some(list) = inbox.direct_from(1, self.coordinator).map(|m| m.body.as_slice()) else {
            return Err(accuse("F1.2", false).into());
        };
        let package = match self.package(list) {
            Ok(package) => package,
            // [F1.3] R is not the identity, c is not zero
            Err(PackageError::Degenerate) => {
                return Err(Abort::no_fault(1, "F1.3", Chance::Degenerate).into());
            }
            // [F1.1] every point canonical, of prime order, not the identity
            Err(_) => return Err(accuse("F1.1", true).into()),
        };
        let me = inbox.terms().me;
        let share = SigningShare {
            id: me,
            secret: &self.secret,
            commitment: self.task.key().commitment(),
            epoch_id: self.task.key().epoch_id(),
            own: None,
        };
        let coordinator = self.coordinator;
        // [F1.2] the own commitments are in the list, unchanged
        let Ok(own) = sign(self.nonces, share, &package) else { return Err(accuse("F1.2", false).into()) };
        let mut body = sha256(list).to_vec();
        body.extend_from_slice(&own.to_bytes());
        Ok(Step::Done((), Outbox { round: 2, all: None, direct: alloc::vec![(coordinator, body)] }))
    }
}
