//! A session with what was reserved for it.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::Uses;
use crate::approval::gate::{Approved, Closing, GateError, Stores, Ticket};
use crate::approval::request::SigningRequest;
use crate::envelope::Verified;
use crate::error::{Abort, Rejected};
use crate::evidence::Envelope;
use crate::party::PartyId;
use crate::session::{Outgoing, Receipt, Recipient, Session, State, Status, Terms, Traffic};

pub(super) mod sealed {
    /// Closes [`Guarded`](super::Guarded).
    pub trait Sealed {}
}

/// A protocol that runs behind the gate. Sealed.
pub trait Guarded: State + sealed::Sealed {
    /// What comes out, gated where it can sign.
    type Kept;

    /// The first round whose messages have this holder's part of the result. Once one was made, a peer may have the whole.
    #[doc(hidden)]
    const DECISIVE: u8;

    /// What comes out, and for each request its outcome.
    #[doc(hidden)]
    fn guard(output: Self::Output) -> (Self::Kept, Vec<[u8; 32]>);
}

/// How it ended.
#[derive(Debug)]
enum End {
    Done,
    Aborted(&'static str),
    GivenUp,
}

/// A session that was opened for approved requests, driven as a [`Session`] is.
///
/// When it has ended, [`GatedSession::close`] it. Dropped before that, it leaves its requests reserved and their amounts counted.
#[derive(Debug)]
#[must_use = "dropped, it leaves its requests reserved"]
pub struct GatedSession<P: State> {
    session: Session<P>,
    /// What the share that it was opened with is for, and so what comes of it.
    uses: Uses,
    end: Option<End>,
    /// What is still to be settled, each with its outcome once there is one.
    tickets: Vec<(Ticket, Option<[u8; 32]>)>,
}

impl<P: Guarded> Recipient for GatedSession<P> {
    fn terms(&self) -> &Terms {
        GatedSession::terms(self)
    }

    fn receive(&mut self, from: PartyId, message: &[u8]) -> Result<Receipt, Rejected> {
        GatedSession::receive(self, from, message)
    }

    fn receive_signed(&mut self, envelope: &Verified) -> Result<Receipt, Rejected> {
        GatedSession::receive_signed(self, envelope)
    }
}

impl<P: Guarded> GatedSession<P> {
    pub(super) fn new(session: Session<P>, approved: Vec<Approved<SigningRequest>>) -> Self {
        let tickets = approved.into_iter().map(|approved| (approved.spend(), None)).collect();
        Self { session, uses: Uses::ANYTHING, end: None, tickets }
    }

    /// Of a share that is for this.
    pub(super) fn of(self, uses: &Uses) -> Self {
        Self { uses: uses.clone(), ..self }
    }

    pub(super) const fn uses(&self) -> &Uses {
        &self.uses
    }

    pub(super) const fn inner(&self) -> &Session<P> {
        &self.session
    }

    pub(super) const fn inner_mut(&mut self) -> &mut Session<P> {
        &mut self.session
    }

    /// As [`Session::terms`].
    #[must_use]
    pub const fn terms(&self) -> &Terms {
        self.session.terms()
    }

    /// As [`Session::receive`].
    ///
    /// # Errors
    /// [`Rejected`]; the session is as it was.
    pub fn receive(&mut self, from: PartyId, message: &[u8]) -> Result<Receipt, Rejected> {
        self.session.receive(from, message)
    }

    /// As [`Session::receive_signed`].
    ///
    /// # Errors
    /// [`Rejected`]; the session is as it was.
    pub fn receive_signed(&mut self, envelope: &Verified) -> Result<Receipt, Rejected> {
        self.session.receive_signed(envelope)
    }

    /// As [`Session::advance`].
    ///
    /// # Errors
    /// [`Abort`]: the session is over, and is to be closed.
    pub fn advance(&mut self, rng: &mut dyn CryptoRng) -> Result<Status<P::Kept>, Abort> {
        if self.end.is_some() {
            return Ok(Status::Over);
        }
        Ok(match self.session.advance(rng) {
            Ok(Status::Done(output)) => {
                let (kept, outcomes) = P::guard(output);
                for ((_, place), outcome) in self.tickets.iter_mut().zip(outcomes) {
                    *place = Some(outcome);
                }
                self.end = Some(End::Done);
                Status::Done(kept)
            }
            Ok(Status::Waiting) => Status::Waiting,
            Ok(Status::Advanced { round }) => Status::Advanced { round },
            Ok(Status::Keep) => Status::Keep,
            Ok(Status::Over) => Status::Over,
            Err(abort) => {
                self.end = Some(End::Aborted(abort.check));
                return Err(abort);
            }
        })
    }

    /// As [`Session::outgoing`].
    pub fn outgoing(&self, after: usize) -> impl Iterator<Item = Outgoing<'_>> {
        self.session.outgoing(after)
    }

    /// As [`Session::sent`].
    #[must_use]
    pub fn sent(&self) -> usize {
        self.session.sent()
    }

    /// As [`Session::missing`].
    #[must_use]
    pub fn missing(&self) -> Vec<PartyId> {
        self.session.missing()
    }

    /// As [`Session::round`].
    #[must_use]
    pub fn round(&self) -> u8 {
        self.session.round()
    }

    /// As [`Session::envelopes`].
    pub fn envelopes(&self) -> impl Iterator<Item = Envelope> {
        self.session.envelopes()
    }

    /// As [`Session::notices`].
    #[must_use]
    pub fn notices(&self) -> &[PartyId] {
        self.session.notices()
    }

    /// As [`Session::notice_to_send`].
    #[must_use]
    pub fn notice_to_send(&self) -> Vec<u8> {
        self.session.notice_to_send()
    }

    /// As [`Session::traffic`].
    #[must_use]
    pub fn traffic(&self) -> &[Traffic] {
        self.session.traffic()
    }

    /// Whether it has ended: with a result, with an abort, or given up.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.end.is_some() || self.session.is_over()
    }

    /// Whether this holder's part of the result was made, so that a peer may have the whole.
    #[must_use]
    pub fn has_left(&self) -> bool {
        self.session.has_made(P::DECISIVE)
    }

    /// Ends a session that waits in vain. What was made may still be sent; nothing more is made.
    pub fn give_up(&mut self) {
        self.end.get_or_insert(End::GivenUp);
    }

    /// Settles what was reserved, by how the session ended. With a result, registry and caps are committed. Without one, the registry is
    /// released; the caps are released only if this holder's part has not left ([`GatedSession::has_left`]), and committed if it has.
    ///
    /// # Errors
    /// [`GateError::Running`] before the end; what a store says. It may be called again, until there is none; what was settled is not settled
    /// twice.
    pub fn close(&mut self, stores: &mut Stores<'_>, now: u64) -> Result<(), GateError> {
        let left = self.has_left();
        let end = self.end.as_ref().ok_or(GateError::Running)?;
        while let Some((ticket, outcome)) = self.tickets.last() {
            let closing = match (end, outcome) {
                (End::Done, Some(outcome)) => Closing::Done(outcome),
                (End::Aborted(check), _) => Closing::Aborted { check, left },
                (End::Done | End::GivenUp, _) => Closing::Released { left },
            };
            ticket.close(closing, stores, now)?;
            self.tickets.pop();
        }
        Ok(())
    }
}
