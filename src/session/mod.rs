//! The one driver of all protocols: bytes in, bytes out, no I/O.
//!
//! A [`Session`] holds one run at one device. The caller moves bytes: [`Session::outgoing`] gives what to send,
//! [`Session::receive`] takes what arrived, [`Session::advance`] does one round of work when its messages are complete,
//! [`Session::missing`] says who is waited for. The driver knows bytes, rounds and parties; it knows no curve and no
//! protocol.
//!
//! # What holds
//! - **Any order, any number of times.** Each (round, kind, sender) has one slot of a fixed length, so the memory of a run
//!   is bounded by its [`Plan`] before the first byte arrives. Messages of later rounds wait in theirs.
//! - **Garbage never kills a run.** A message that is refused ([`Rejected`]) changes nothing; only a completed round can
//!   abort.
//! - **A disagreement is not a time-out.** A message with our session id and another binding is
//!   [`Rejected::SetupMismatch`] at once.
//! - **The outbox stays.** Messages are made once and kept byte for byte, also after the end: re-send them as often as the
//!   network loses them.
//! - **A finished or aborted session holds no secret.** The state is moved out before a step runs. After an abort the
//!   messages received stay, so that a second version of one still convicts its sender; private ones, and those in the outbox, are
//!   wiped with the session.
//!
//! # The caller's duties
//! `from` in [`Session::receive`] is what the transport authenticated. Private messages are encrypted by the transport.
//! The session id is unique per run, and never used again after a crash unless the run is resumed from its snapshot.

mod court;
mod inbox;
mod recipient;
mod snapshot;
mod state;
mod terms;
mod traffic;
mod view;

pub use crate::identity::Pending;
pub use court::Finding;
pub(crate) use court::{Guilty, admit, equivocation};
pub use inbox::{Inbox, Message};
pub use recipient::Recipient;
pub use snapshot::{AlreadySpent, Snapshot, SpendOnce};
pub use state::{Expect, Failure, Outbox, Plan, RoundPlan, Shapes, State, Step, Stored, Suspend};
pub use terms::Terms;
#[cfg(any(feature = "channel", feature = "ecdsa"))]
pub(crate) use terms::pairing_binding;
pub(crate) use terms::{binding, binding_of};
pub use traffic::Traffic;
pub(crate) use view::{body_hashes, view, views_differ};

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroize;

use crate::envelope::{SIGNATURE_LEN, Verified};
use crate::error::{Abort, Rejected, SetupError};
use crate::evidence::{Envelope, Evidence, EvidenceKind};
use crate::party::PartyId;
use crate::secret::published_in_place;
use crate::wire::{HEADER_LEN, Header, Kind};

/// What became of an accepted message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Receipt {
    /// It is in its slot.
    Stored,
    /// The same bytes were there already.
    Duplicate,
    /// The sender says that it has given up. Nothing changes and nobody is blamed.
    Notice,
}

/// Where a session stands after [`Session::advance`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Status<O> {
    /// Messages are missing; see [`Session::missing`].
    Waiting,
    /// A round is finished; there may be something to send, and more to do.
    Advanced {
        /// The finished round.
        round: u8,
    },
    /// Store [`Session::pending`] durably, sign, and call [`Session::kept`].
    Keep,
    /// The result. The session is empty now, but its outbox stays readable.
    Done(O),
    /// The session ended earlier.
    Over,
}

/// Header and body. Wiped and shown as a [`Message`] is.
#[derive(Clone)]
struct Sent {
    to: Option<PartyId>,
    bytes: Vec<u8>,
}

impl Drop for Sent {
    fn drop(&mut self) {
        if self.to.is_some() {
            self.bytes.zeroize();
        }
    }
}

impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Sent");
        out.field("to", &self.to);
        let (private, public) = (inbox::Private(&self.bytes), &self.bytes);
        if self.to.is_some() {
            out.field("bytes", &private)
        } else {
            out.field("bytes", public)
        };
        out.finish()
    }
}

/// A message to send: header and body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outgoing<'a> {
    /// The receiver of a private message; `None` is everybody else who takes part.
    pub to: Option<PartyId>,
    /// Header and body. Signed protocols put them in an envelope ([`crate::envelope`]).
    pub bytes: &'a [u8],
}

/// One run at one device.
#[derive(Debug)]
pub struct Session<S: State> {
    terms: Terms,
    inbox: Inbox,
    /// The round waited for, as an index into the plan.
    at: usize,
    state: Option<S>,
    keeping: bool,
    outbox: Vec<Sent>,
    traffic: Vec<Traffic>,
    notices: Vec<PartyId>,
    generation: u32,
}

impl<S: State> Session<S> {
    pub(crate) fn new(terms: Terms, plan: Plan, state: S, first: Outbox) -> Self {
        let mut session = Self {
            terms,
            inbox: Inbox::new(terms, plan),
            at: 0,
            state: Some(state),
            keeping: false,
            outbox: Vec::new(),
            traffic: Vec::new(),
            notices: Vec::new(),
            generation: 0,
        };
        session.send(first);
        session
    }

    /// The run.
    #[must_use]
    pub const fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Takes a message: header and body, from whom the transport says. Cheap: header, length, slot.
    ///
    /// # Errors
    /// [`Rejected`]; the session is as it was.
    pub fn receive(&mut self, from: PartyId, message: &[u8]) -> Result<Receipt, Rejected> {
        let (header, body) = Header::split(message).ok_or(Rejected::Header)?;
        self.accept(from, &header, body, None)
    }

    /// Takes a message that came in a signed envelope, and keeps its signature, so that a verdict carries evidence that
    /// convinces others. The sender is the envelope's signer, whoever forwarded it.
    ///
    /// # Errors
    /// [`Rejected`]; the session is as it was.
    pub fn receive_signed(&mut self, envelope: &Verified) -> Result<Receipt, Rejected> {
        let header = envelope.header();
        if envelope.roster() != &self.terms.roster {
            return Err(Rejected::Roster);
        }
        self.accept(header.from, header, envelope.body(), Some(envelope.envelope().signature))
    }

    fn accept(
        &mut self,
        from: PartyId,
        header: &Header,
        body: &[u8],
        signature: Option<[u8; 64]>,
    ) -> Result<Receipt, Rejected> {
        if header.protocol != self.terms.protocol {
            return Err(Rejected::Protocol(header.protocol));
        }
        if header.session != self.terms.session {
            return Err(Rejected::Session);
        }
        if header.from != from {
            return Err(Rejected::WrongSender { transport: from, header: header.from });
        }
        if header.to.is_some_and(|to| to != self.terms.me) {
            return Err(Rejected::NotForMe);
        }
        // [E2] the terms of the run, for every message, signed or not
        if header.binding != self.inbox.header(header.round, header.kind, from, header.to).binding {
            return Err(Rejected::SetupMismatch(from));
        }
        if header.kind == Kind::Notice {
            return self.notice(header, body);
        }
        let round_error = Rejected::Slot { round: header.round, kind: header.kind as u8 };
        let Some(index) = self.inbox.rounds.iter().position(|r| r.number == header.round) else {
            return Err(round_error);
        };
        let message = Message { from, kind: header.kind, body: Vec::new(), signature };
        let Some(round) = self.inbox.rounds.get_mut(index) else { return Err(round_error) };
        let slots = match (header.kind, header.to) {
            (Kind::Direct, Some(_)) => &mut round.direct,
            (Kind::All | Kind::Complaint, None) => &mut round.all,
            _ => return Err(round_error),
        };
        let Some(expect) = &slots.expect else { return Err(round_error) };
        let Some(place) = expect.from().position(from) else { return Err(Rejected::Unexpected(from)) };
        let of_kind = expect.shapes(from).iter().filter(|(kind, _)| *kind == header.kind);
        let mut lengths = of_kind.map(|(_, len)| *len);
        let Some(expected) = lengths.next() else { return Err(round_error) };
        if body.len() != expected && !lengths.any(|len| len == body.len()) {
            return Err(Rejected::Length { expected, found: body.len() });
        }
        if S::SIGNED && signature.is_none() {
            return Err(Rejected::Unsigned);
        }
        let past = index < self.at || self.state.is_none();
        let Some(slot) = slots.filled.get_mut(place) else { return Err(round_error) };
        match slot {
            // Two signed versions convict their sender, also when the round is over.
            Some(there)
                if past && (there.signature.and(signature).is_none() || same(there, header, body)) =>
            {
                Err(Rejected::PastRound(header.round))
            }
            None if past => Err(Rejected::PastRound(header.round)),
            Some(there) if same(there, header, body) => {
                there.signature = there.signature.or(signature);
                Ok(Receipt::Duplicate)
            }
            Some(there) => {
                let evidence = both_envelopes(header, there, &message, body);
                Err(Rejected::Conflict { who: from, evidence })
            }
            None => {
                *slot = Some(Message { body: body.to_vec(), ..message });
                let bytes = wire_len(body.len(), signature.is_some());
                count_traffic(&mut self.traffic, header.round, |t| {
                    t.messages_in = t.messages_in.saturating_add(1);
                    t.bytes_in = t.bytes_in.saturating_add(bytes);
                });
                Ok(Receipt::Stored)
            }
        }
    }

    fn notice(&mut self, header: &Header, body: &[u8]) -> Result<Receipt, Rejected> {
        if header.round != 0 {
            return Err(Rejected::Slot { round: header.round, kind: header.kind as u8 });
        }
        if !body.is_empty() {
            return Err(Rejected::Length { expected: 0, found: body.len() });
        }
        let takes_part = |r: &inbox::Round| {
            [&r.all, &r.direct]
                .iter()
                .any(|s| s.expect.as_ref().is_some_and(|e| e.from().contains(header.from)))
        };
        if !self.inbox.rounds.iter().any(takes_part) {
            return Err(Rejected::Unexpected(header.from));
        }
        if self.notices.contains(&header.from) {
            return Ok(Receipt::Duplicate);
        }
        self.notices.push(header.from);
        Ok(Receipt::Notice)
    }

    /// Does at most one round: everything that costs time. The randomness must be fresh and unpredictable.
    ///
    /// # Errors
    /// [`Abort`]: the session is over. Its verdict says who cheated; a complaint for the others may be in the outbox.
    pub fn advance(&mut self, rng: &mut dyn CryptoRng) -> Result<Status<S::Output>, Abort> {
        let Some(state) = self.state.take() else { return Ok(Status::Over) };
        if self.keeping || !self.inbox.complete(self.at) {
            self.state = Some(state);
            return Ok(if self.keeping { Status::Keep } else { Status::Waiting });
        }
        let round = self.inbox.rounds.get(self.at).map_or(0, |r| r.number);
        self.at += 1;
        match state.step(&self.inbox, rng) {
            Ok(Step::Next(next, outbox)) => {
                self.state = Some(next);
                self.send(outbox);
                Ok(Status::Advanced { round })
            }
            Ok(Step::Keep(next)) => {
                self.state = Some(next);
                self.keeping = true;
                Ok(Status::Keep)
            }
            Ok(Step::Done(output, outbox)) => {
                self.send(outbox);
                self.inbox.clear();
                Ok(Status::Done(output))
            }
            Err(failure) => {
                if let Some(last_words) = failure.last_words {
                    self.send(*last_words);
                }
                Err(failure.abort)
            }
        }
    }

    /// What to store durably, and sign for, after [`Status::Keep`].
    #[must_use]
    pub fn pending(&self) -> Option<&S::Pending> {
        if self.keeping { self.state.as_ref()?.pending() } else { None }
    }

    /// The pending value is durable and `signature` is the identity key's: releases the message that says so.
    ///
    /// # Errors
    /// [`SetupError::WrongSigner`] if the signature does not verify, [`SetupError::NothingToKeep`] out of turn. Nothing
    /// changes then.
    pub fn kept(&mut self, signature: &[u8; 64]) -> Result<(), SetupError> {
        if !self.keeping {
            return Err(SetupError::NothingToKeep);
        }
        let state = self.state.take().ok_or(SetupError::NothingToKeep)?;
        match state.kept(signature) {
            Ok((next, outbox)) => {
                self.state = Some(next);
                self.keeping = false;
                self.send(outbox);
                Ok(())
            }
            Err((state, error)) => {
                self.state = Some(state);
                Err(error)
            }
        }
    }

    /// The messages made so far from number `after` on, in order; the same bytes every time, also after the end.
    pub fn outgoing(&self, after: usize) -> impl Iterator<Item = Outgoing<'_>> {
        self.outbox.iter().skip(after).map(|sent| Outgoing { to: sent.to, bytes: &sent.bytes })
    }

    /// How many messages were made so far.
    #[must_use]
    pub fn sent(&self) -> usize {
        self.outbox.len()
    }

    /// Who has not sent all of the current round's messages, ascending.
    #[must_use]
    pub fn missing(&self) -> Vec<PartyId> {
        if self.state.is_none() { Vec::new() } else { self.inbox.missing(self.at) }
    }

    /// The round that is being waited for or worked on; after the end, the last.
    #[must_use]
    pub fn round(&self) -> u8 {
        self.inbox.rounds.get(self.at).or(self.inbox.rounds.last()).map_or(0, |r| r.number)
    }

    /// The signed messages to all that were received, as complete envelopes. After [`Verdict::Suspects`](crate::error::Verdict::Suspects) the
    /// parties exchange them: whoever is handed a second version of a message it has gets
    /// [`Rejected::Conflict`] with evidence against the sender. Private ones are not among them: nobody else has a version of such a message,
    /// and of some protocols they are parts of secrets. Empty after a result.
    pub fn envelopes(&self) -> impl Iterator<Item = Envelope> {
        let rounds = self.inbox.rounds.iter();
        rounds.flat_map(|r| r.all.present().filter_map(|m| self.inbox.envelope(r.number, m)))
    }

    /// Who said that it has given up.
    #[must_use]
    pub fn notices(&self) -> &[PartyId] {
        &self.notices
    }

    /// A notice to all that this device has given up: the same bytes for every reason. Sending it is optional.
    #[must_use]
    pub fn notice_to_send(&self) -> Vec<u8> {
        self.terms.header(0, Kind::Notice, self.terms.me, None).to_bytes()
    }

    /// Messages and bytes of each round so far.
    #[must_use]
    pub fn traffic(&self) -> &[Traffic] {
        &self.traffic
    }

    /// Whether a message of this round or a later one was made. Made is as good as sent: nobody can tell that it has not left.
    #[must_use]
    pub fn has_made(&self, round: u8) -> bool {
        self.traffic.iter().any(|t| t.round >= round && t.messages_out > 0)
    }

    /// Whether the session has ended, with a result or an abort.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.state.is_none()
    }

    fn send(&mut self, outbox: Outbox) {
        let Outbox { round, all, direct } = outbox;
        if let Some((kind, body)) = &all {
            // A message to all is public as soon as it is made.
            published_in_place(body.as_slice());
            self.inbox.sent(round, *kind, body);
        }
        let all = all.into_iter().map(|(kind, body)| (kind, None, body));
        let direct = direct.into_iter().map(|(to, body)| (Kind::Direct, Some(to), body));
        for (kind, to, body) in all.chain(direct) {
            count_traffic(&mut self.traffic, round, |t| {
                t.messages_out = t.messages_out.saturating_add(1);
                t.bytes_out = t.bytes_out.saturating_add(wire_len(body.len(), S::SIGNED));
            });
            // In place where there is room: large bodies are not copied.
            let mut bytes = body;
            bytes.splice(..0, self.inbox.header(round, kind, self.terms.me, to).to_bytes());
            self.outbox.push(Sent { to, bytes });
        }
    }
}

fn same(there: &Message, header: &Header, body: &[u8]) -> bool {
    there.kind == header.kind && there.body == body
}

const fn wire_len(body: usize, signed: bool) -> usize {
    HEADER_LEN + body + if signed { SIGNATURE_LEN } else { 0 }
}

/// Applies `count` to the entry of `round`, making it first where there is none.
fn count_traffic(traffic: &mut Vec<Traffic>, round: u8, count: impl FnOnce(&mut Traffic)) {
    let at = traffic.partition_point(|t| t.round < round);
    if traffic.get(at).is_none_or(|t| t.round != round) {
        traffic.insert(at, Traffic { round, ..Traffic::default() });
    }
    if let Some(entry) = traffic.get_mut(at) {
        count(entry);
    }
}

/// Evidence (a): two signed messages of one slot, which differ in nothing but kind and body. A caller that keeps it can convict the
/// sender before anyone.
fn both_envelopes(header: &Header, there: &Message, second: &Message, body: &[u8]) -> Option<Box<Evidence>> {
    let envelope = |kind: Kind, body: &[u8], signature: Option<[u8; 64]>| {
        let mut bytes = Header { kind, ..*header }.to_bytes();
        bytes.extend_from_slice(body);
        Some(Envelope { bytes, signature: signature? })
    };
    let first = envelope(there.kind, &there.body, there.signature)?;
    let second = envelope(second.kind, body, second.signature)?;
    Some(Box::new(Evidence::new(EvidenceKind::Equivocation, alloc::vec![first, second])))
}
