//! Leaving and coming back: suspended sessions.
//!
//! A snapshot holds the whole run: the state's secrets, the outbox byte for byte, and the messages received. It is secret;
//! seal it before it touches a disk. `suspend` takes the session, so the live one and the stored one never coexist, and
//! coming back needs a durable witness ([`SpendOnce`]) that this snapshot, or a later one, was not resumed before. What no
//! library can stop is a witness that lies, a cloned machine, or one snapshot on two devices.
//!
//! A snapshot ends with its own SHA-256. Against malice only the seal helps; this is against a bad disk, since one wrong bit
//! in the outbox would make this device sign two messages for one slot, and one in a received message would blame its sender.

use alloc::vec::Vec;

use super::inbox::{Message, Slots};
use super::state::{Stored, Suspend};
use super::{Sent, Session, Traffic};
use crate::error::ResumeError;
use crate::hash::{DIGEST_LEN, close, closed};
use crate::party::PartyId;
use crate::secret::Secret;
use crate::session::{Inbox, Terms};
use crate::wire::{self, Kind, Reader, StoredKind, Subject, put_u16, put_u32, sealed};

/// The start of a run, the generation of a snapshot, or a stored nonce was spent before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("spent before")]
pub struct AlreadySpent;

/// A durable record of what was used. One per device, never restored from a backup.
pub trait SpendOnce {
    /// Marks `generation` of `id`, and every earlier one, as spent. Returns only when that is durable.
    ///
    /// # Errors
    /// [`AlreadySpent`] if this or a later generation of `id` was spent, or if the record could not be made durable.
    fn spend(&mut self, id: &[u8; 32], generation: u32) -> Result<(), AlreadySpent>;
}

const VERSION: u8 = 1;

/// A suspended session: secret, opaque bytes. It has no `Clone`; what [`Snapshot::expose`] lends must be sealed.
#[derive(Debug)]
pub struct Snapshot(Secret<Vec<u8>>);

impl Snapshot {
    /// The bytes to seal and store.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.expose()
    }

    /// Bytes that were stored. They are checked on resuming.
    #[must_use]
    pub fn from_bytes(bytes: Secret<Vec<u8>>) -> Self {
        Self(bytes)
    }
}

impl Snapshot {
    /// Party and binding of the run.
    fn names(&self) -> Option<(PartyId, [u8; 32])> {
        let mut r = Reader::new(self.expose());
        if r.u8()? != VERSION {
            return None;
        }
        r.bytes(1 + 16)?;
        let binding = *r.array()?;
        Some((PartyId::new(r.u16()?).ok()?, binding))
    }
}

impl sealed::Sealed for Snapshot {}

/// The scheme is in the binding. The session id is not, and nor is the generation: the resumed session's witness looks at them.
impl wire::Stored for Snapshot {
    const KIND: StoredKind = StoredKind::Snapshot;

    fn subject(&self) -> Subject {
        // Bytes that are no snapshot have no names, and do not come back.
        let (holder, key_id) = self.names().map_or((None, [0; 32]), |(me, binding)| (Some(me), binding));
        Subject { scheme: 0, holder, key_id }
    }

    fn epoch(&self) -> u32 {
        0
    }

    fn write(&self) -> Secret<Vec<u8>> {
        wire::copy(self.expose())
    }

    fn read(bytes: Secret<Vec<u8>>) -> Option<Self> {
        let snapshot = Self(bytes);
        let whole = closed(snapshot.expose()).is_some() && snapshot.names().is_some();
        whole.then_some(snapshot)
    }
}

impl<S: Suspend> Session<S> {
    /// Takes the session down to bytes; `None` if it has ended. Do this after every message of a long ceremony that must
    /// survive a crash, then resume and go on.
    #[must_use]
    pub fn suspend(self) -> Option<Snapshot> {
        let state = self.state.as_ref()?;
        let state = state.save();
        let outbox: usize = self.outbox.iter().map(|s| s.bytes.len() + 6).sum();
        let fixed = 64 + 17 * self.traffic.len() + DIGEST_LEN;
        let mut secret = Secret::buffer(fixed + outbox + self.inbox.stored_len() + state.expose().len());
        let out = secret.expose_mut();
        out.extend_from_slice(&[VERSION, self.terms.protocol]);
        out.extend_from_slice(&self.terms.session.0);
        out.extend_from_slice(&self.terms.binding);
        put_u16(out, self.terms.me.get());
        put_u32(out, self.generation.saturating_add(1));
        out.extend_from_slice(&[self.at as u8, u8::from(self.keeping), self.traffic.len() as u8]);
        for t in &self.traffic {
            out.push(t.round);
            for count in [t.messages_in, t.bytes_in, t.messages_out, t.bytes_out] {
                put_u32(out, u32::try_from(count).unwrap_or(u32::MAX));
            }
        }
        put_u16(out, self.outbox.len() as u16);
        for sent in &self.outbox {
            put_u16(out, sent.to.map_or(0, PartyId::get));
            put_u32(out, sent.bytes.len() as u32);
            out.extend_from_slice(&sent.bytes);
        }
        self.inbox.write(out);
        out.extend_from_slice(state.expose());
        close(out);
        Some(Snapshot(secret))
    }

    /// Brings a suspended session back, once.
    ///
    /// # Errors
    /// [`ResumeError::Malformed`] or [`ResumeError::Foreign`] before the witness is asked; [`ResumeError::Spent`] if it
    /// says so.
    pub fn resume(
        config: &S::Config,
        snapshot: Snapshot,
        witness: &mut dyn SpendOnce,
    ) -> Result<Self, ResumeError> {
        let (terms, plan) = S::setup(config).map_err(|_| ResumeError::Foreign)?;
        let malformed = ResumeError::Malformed;
        let mut r = Reader::new(closed(snapshot.expose()).ok_or(malformed)?);
        let generation = read_terms(&mut r, &terms)?;
        let mut session =
            read_session::<S>(&mut r, config, terms, Inbox::new(terms, plan)).ok_or(malformed)?;
        session.generation = generation;
        witness.spend(&terms.run_id(), generation).map_err(|AlreadySpent| ResumeError::Spent)?;
        Ok(session)
    }
}

fn read_terms(r: &mut Reader<'_>, terms: &Terms) -> Result<u32, ResumeError> {
    let mut field = || {
        let version = r.u8()?;
        let same = r.u8()? == terms.protocol;
        let same = (r.array()? == &terms.session.0) & same;
        let same = (r.array()? == &terms.binding) & same;
        let same = (r.u16()? == terms.me.get()) & same;
        Some((version == VERSION, same, r.u32()?))
    };
    match field() {
        Some((true, true, generation)) => Ok(generation),
        Some((true, false, _)) => Err(ResumeError::Foreign),
        _ => Err(ResumeError::Malformed),
    }
}

fn read_session<S: Suspend>(
    r: &mut Reader<'_>,
    config: &S::Config,
    terms: Terms,
    mut inbox: Inbox,
) -> Option<Session<S>> {
    let at = usize::from(r.u8()?);
    let keeping = match r.u8()? {
        0 => false,
        1 => true,
        _ => return None,
    };
    let mut traffic = Vec::new();
    for _ in 0..r.u8()? {
        let round = r.u8()?;
        let mut count = || r.u32().map(|c| c as usize);
        let (messages_in, bytes_in, messages_out, bytes_out) = (count()?, count()?, count()?, count()?);
        traffic.push(Traffic { round, messages_in, bytes_in, messages_out, bytes_out });
    }
    let mut outbox = Vec::new();
    for _ in 0..r.u16()? {
        let to = PartyId::from_wire(r.u16()?);
        let len = r.u32()? as usize;
        outbox.push(Sent { to, bytes: r.bytes(len)?.to_vec() });
    }
    inbox.read(r)?;
    let state = S::restore(config, &inbox, Stored(r.clone()))?;
    // The state is in the round that is waited for, and what is kept has not been signed for, or has and the others were told.
    let round = inbox.rounds.get(at)?;
    let unsigned = state.pending().is_some() && round.own.is_none();
    if state.round() != round.number || keeping != unsigned {
        return None;
    }
    Some(Session {
        terms,
        inbox,
        at,
        state: Some(state),
        keeping,
        outbox,
        traffic,
        notices: Vec::new(),
        generation: 0,
    })
}

fn write_message(out: &mut Vec<u8>, message: Option<&Message>) {
    let Some(message) = message else {
        out.push(0);
        return;
    };
    out.extend_from_slice(&[1 + u8::from(message.signature.is_some()), message.kind as u8]);
    put_u32(out, message.body.len() as u32);
    out.extend_from_slice(&message.body);
    if let Some(signature) = &message.signature {
        out.extend_from_slice(signature);
    }
}

#[allow(clippy::option_option)]
fn read_message(r: &mut Reader<'_>, from: PartyId) -> Option<Option<Message>> {
    let flag = r.u8()?;
    if flag == 0 {
        return Some(None);
    }
    let kind = Kind::from_wire(r.u8()?)?;
    let len = r.u32()? as usize;
    let body = r.bytes(len)?.to_vec();
    let signature = match flag {
        1 => None,
        2 => Some(*r.array()?),
        _ => return None,
    };
    Some(Some(Message { from, kind, body, signature }))
}

impl Slots {
    fn write(&self, out: &mut Vec<u8>) {
        self.filled.iter().for_each(|slot| write_message(out, slot.as_ref()));
    }

    fn read(&mut self, r: &mut Reader<'_>) -> Option<()> {
        let Some(expect) = &self.expect else { return Some(()) };
        for (id, slot) in expect.from().iter().zip(&mut self.filled) {
            *slot = read_message(r, id)?;
            if let Some(message) = slot
                && !expect.shapes(id).contains(&(message.kind, message.body.len()))
            {
                return None;
            }
        }
        Some(())
    }

    fn stored_len(&self) -> usize {
        self.filled.iter().map(|m| m.as_ref().map_or(1, |m| m.body.len() + 70)).sum()
    }
}

impl Inbox {
    fn write(&self, out: &mut Vec<u8>) {
        for round in &self.rounds {
            write_message(out, round.own.as_ref());
            round.all.write(out);
            round.direct.write(out);
        }
    }

    fn read(&mut self, r: &mut Reader<'_>) -> Option<()> {
        let me = self.terms().me;
        for round in &mut self.rounds {
            round.own = read_message(r, me)?;
            round.all.read(r)?;
            round.direct.read(r)?;
        }
        Some(())
    }

    fn stored_len(&self) -> usize {
        let own = |m: &Option<Message>| m.as_ref().map_or(1, |m| m.body.len() + 70);
        self.rounds.iter().map(|r| own(&r.own) + r.all.stored_len() + r.direct.stored_len()).sum()
    }
}
