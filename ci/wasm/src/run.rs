//! A session of any protocol.

use alloc::vec::Vec;

use quorate::envelope::{Unsigned, Verified};
use quorate::identity::{IdentityKey, Pending, Roster};
use quorate::party::PartyId;
use quorate::session::{Session, State, Status};

use crate::device::{Failure, Outcome};
use crate::platform::HostRng;

/// A run of a protocol at this device.
pub(crate) trait Run {
    /// The next message, and who gets it: 0 is everybody.
    fn send(&mut self, key: &IdentityKey, roster: &Roster) -> Option<(u16, Vec<u8>)>;
    fn receive(&mut self, roster: &Roster, from: PartyId, message: &[u8]) -> Result<(), Failure>;
    /// As far as it goes.
    fn advance(&mut self, key: &IdentityKey) -> Result<Option<Outcome>, Failure>;
}

pub(crate) struct Running<S: State> {
    pub(crate) session: Session<S>,
    pub(crate) sent: usize,
    pub(crate) outcome: fn(S::Output) -> Outcome,
    /// In a pairing the two devices have ids of their own: the other's, and its number.
    pub(crate) other: Option<(PartyId, PartyId)>,
}

impl<S: State> Run for Running<S> {
    fn send(&mut self, key: &IdentityKey, roster: &Roster) -> Option<(u16, Vec<u8>)> {
        let message = self.session.outgoing(self.sent).next()?;
        let to = message.to.map_or(0, |to| self.other.map_or(to, |(_, number)| number).get());
        let bytes = if S::SIGNED {
            let unsigned = Unsigned::new(message.bytes).ok()?;
            let signature = key.sign(unsigned.to_sign());
            unsigned.attach(roster, signature).ok()?.to_bytes()
        } else {
            message.bytes.to_vec()
        };
        self.sent += 1;
        Some((to, bytes))
    }

    fn receive(&mut self, roster: &Roster, from: PartyId, message: &[u8]) -> Result<(), Failure> {
        let from = match self.other {
            Some((id, number)) if from == number => id,
            Some(_) => return Err(Failure::Refused),
            None => from,
        };
        let receipt = if S::SIGNED {
            self.session.receive_signed(&Verified::open(roster, message).map_err(|_| Failure::Refused)?)
        } else {
            self.session.receive(from, message)
        };
        receipt.map(drop).map_err(|_| Failure::Refused)
    }

    fn advance(&mut self, key: &IdentityKey) -> Result<Option<Outcome>, Failure> {
        loop {
            match self.session.advance(&mut HostRng).map_err(|_| Failure::Aborted)? {
                Status::Advanced { .. } => {}
                Status::Keep => {
                    // An application makes it durable first.
                    let pending = self.session.pending().ok_or(Failure::Aborted)?;
                    let signature = key.sign(&pending.to_sign());
                    self.session.kept(&signature).map_err(|_| Failure::Aborted)?;
                }
                Status::Done(output) => return Ok(Some((self.outcome)(output))),
                _ => return Ok(None),
            }
        }
    }
}
