//! A session of whatever protocol, as the scheduler sees it.

use std::rc::Rc;

use quorate::curve::EcdsaSecp256k1;
use quorate::ecdsa::{Presignature, Signature};
use quorate::error::{Abort, Rejected};
use quorate::frost::Ed25519Signature;
use quorate::identity::SigInput;
use quorate::key::epoch::{EpochError, Epochs, Waiting};
use quorate::key::{KeyShare, Seat};
use quorate::party::PartyId;
use quorate::session::{Receipt, Session, Snapshot, State, Status, Suspend};
use rand_chacha::ChaCha20Rng;

use crate::driver::{E, Mail};

/// A message to one receiver.
#[derive(Clone)]
pub(crate) struct Packet {
    pub(crate) run: usize,
    pub(crate) from: PartyId,
    pub(crate) to: PartyId,
    /// Header and body.
    pub(crate) bytes: Rc<[u8]>,
    /// Of signed protocols.
    pub(crate) mail: Option<Rc<Mail>>,
    /// Its sender, who cheats, never sends it.
    pub(crate) withheld: bool,
}

pub(crate) enum Output {
    Nothing,
    Seat(Box<Seat<E>>),
    Ed25519(Ed25519Signature),
    Ecdsa(Signature<EcdsaSecp256k1>),
    Presignatures(Vec<Presignature<EcdsaSecp256k1>>),
}

impl From<()> for Output {
    fn from((): ()) -> Self {
        Self::Nothing
    }
}

impl From<KeyShare<E>> for Output {
    fn from(share: KeyShare<E>) -> Self {
        Self::Seat(Box::new(Seat::Member(share)))
    }
}

impl From<Seat<E>> for Output {
    fn from(seat: Seat<E>) -> Self {
        Self::Seat(Box::new(seat))
    }
}

impl From<Ed25519Signature> for Output {
    fn from(signature: Ed25519Signature) -> Self {
        Self::Ed25519(signature)
    }
}

impl From<Signature<EcdsaSecp256k1>> for Output {
    fn from(signature: Signature<EcdsaSecp256k1>) -> Self {
        Self::Ecdsa(signature)
    }
}

impl From<Vec<Presignature<EcdsaSecp256k1>>> for Output {
    fn from(list: Vec<Presignature<EcdsaSecp256k1>>) -> Self {
        Self::Presignatures(list)
    }
}

/// What came of one step.
pub(crate) enum Work {
    Waiting,
    Moved,
    Keep,
    Done(Output),
    Aborted(Abort),
}

pub(crate) trait Live {
    fn take(&mut self, packet: &Packet) -> Result<Receipt, Rejected>;
    fn work(&mut self, rng: &mut ChaCha20Rng) -> Work;
    /// Takes what waits into the record.
    fn keep(&self, epochs: &mut Option<Epochs<E>>) -> Result<SigInput, EpochError>;
    fn kept(&mut self, signature: &[u8; 64]);
    fn outgoing(&self, after: usize) -> Vec<(Option<PartyId>, Vec<u8>)>;
    /// What a refused message must not change.
    fn glance(&self) -> (Vec<PartyId>, usize, usize, u8, bool);
    /// `None` if the protocol has no snapshots.
    fn suspend(self: Box<Self>) -> Option<Vec<u8>>;
    fn can_sleep(&self) -> bool;
    /// Whether messages come in signed envelopes.
    fn is_signed(&self) -> bool;
}

type Keep<S> = fn(&Session<S>, &mut Option<Epochs<E>>) -> Result<SigInput, EpochError>;

struct Run<S: State> {
    session: Session<S>,
    keep: Option<Keep<S>>,
    suspend: Option<fn(Session<S>) -> Option<Snapshot>>,
    signed: bool,
}

/// A protocol that signs: nothing to keep, nothing to take down.
pub(crate) fn signing<S: State + 'static>(session: Session<S>) -> Box<dyn Live>
where
    S::Output: Into<Output>,
{
    Box::new(Run { session, keep: None, suspend: None, signed: S::SIGNED })
}

/// A protocol that makes shares.
pub(crate) fn dealing<S: Suspend + 'static>(session: Session<S>) -> Box<dyn Live>
where
    S::Output: Into<Output>,
    for<'a> Waiting<'a, E>: From<&'a S::Pending>,
{
    let keep: Keep<S> = |session, epochs| {
        let pending = session.pending().expect("something to keep");
        let record = epochs.get_or_insert_with(|| Epochs::generating(Waiting::from(pending)));
        record.keep(Waiting::from(pending))
    };
    Box::new(Run { session, keep: Some(keep), suspend: Some(Session::suspend), signed: S::SIGNED })
}

impl<S: State> Live for Run<S>
where
    S::Output: Into<Output>,
{
    fn take(&mut self, packet: &Packet) -> Result<Receipt, Rejected> {
        match &packet.mail {
            Some(mail) if self.signed => self.session.receive_signed(&mail.0),
            _ => self.session.receive(packet.from, &packet.bytes),
        }
    }

    fn work(&mut self, rng: &mut ChaCha20Rng) -> Work {
        match self.session.advance(rng) {
            Ok(Status::Advanced { .. }) => Work::Moved,
            Ok(Status::Keep) => Work::Keep,
            Ok(Status::Done(output)) => Work::Done(output.into()),
            Ok(_) => Work::Waiting,
            Err(abort) => Work::Aborted(abort),
        }
    }

    fn keep(&self, epochs: &mut Option<Epochs<E>>) -> Result<SigInput, EpochError> {
        self.keep.expect("a protocol that makes shares")(&self.session, epochs)
    }

    fn kept(&mut self, signature: &[u8; 64]) {
        self.session.kept(signature).expect("its own signature");
    }

    fn outgoing(&self, after: usize) -> Vec<(Option<PartyId>, Vec<u8>)> {
        self.session.outgoing(after).map(|out| (out.to, out.bytes.to_vec())).collect()
    }

    fn glance(&self) -> (Vec<PartyId>, usize, usize, u8, bool) {
        let session = &self.session;
        let received = session.traffic().iter().map(|traffic| traffic.messages_in).sum();
        (session.missing(), received, session.sent(), session.round(), session.is_over())
    }

    fn suspend(self: Box<Self>) -> Option<Vec<u8>> {
        Some(self.suspend?(self.session)?.expose().to_vec())
    }

    fn is_signed(&self) -> bool {
        self.signed
    }

    fn can_sleep(&self) -> bool {
        self.suspend.is_some() && !self.session.is_over()
    }
}
