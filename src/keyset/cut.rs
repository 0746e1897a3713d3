//! Where in the set's messages the keys' own messages are, and back.
//!
//! | message | body |
//! |---|---|
//! | commit, reveal, share | those of all keys, in order |
//! | certify | per key its `e2` 32, in order; one signature 64 |
//! | complaint | place of the key 1, the complaint of that key, in which the quoted envelope is the set's |

use alloc::vec::Vec;

use super::Run;
use super::part::Part;
use crate::dkg::{Carriage, Lens, Opened};
use crate::envelope::SIGNATURE_LEN;
use crate::error::{Abort, Verdict};
use crate::evidence::{Envelope, Evidence};
use crate::party::PartyId;
use crate::session::{Expect, Inbox, Message, Outbox, Plan, RoundPlan, Shapes, Terms, admit};
use crate::wire::{HEADER_LEN, Header, Kind};

/// One of the messages that all keys have a piece of.
type Field = fn(&Lens) -> usize;

impl Run {
    fn total(&self, field: Field) -> usize {
        self.lens.iter().map(field).sum()
    }

    /// Bytes of the envelope with everybody's shares for one receiver.
    pub(super) fn share_envelope_len(&self) -> usize {
        HEADER_LEN + self.total(|lens| lens.share) + SIGNATURE_LEN
    }

    fn certify_len(&self) -> usize {
        32 * self.parts.len() + 64
    }

    fn complaint_len(&self, lens: &Lens) -> usize {
        1 + lens.complaint_head + self.share_envelope_len()
    }

    /// Of the complaints about each key.
    pub(super) fn complaint_shapes(&self) -> impl Iterator<Item = (Kind, usize)> + '_ {
        self.lens.iter().map(|lens| (Kind::Complaint, self.complaint_len(lens)))
    }

    /// What `me` receives.
    pub(super) fn plan(&self, me: PartyId) -> Plan {
        let others = self.roster.parties().without(me);
        let all = |shapes: &[(Kind, usize)]| Some(Expect::new(others.clone(), shapes));
        let commit = [(Kind::All, self.total(|lens| lens.commit))];
        let reveal = [(Kind::All, self.total(|lens| lens.reveal))];
        let share = [(Kind::Direct, self.total(|lens| lens.share))];
        let mut last: Shapes = alloc::vec![(Kind::All, self.certify_len())];
        for complaint in self.complaint_shapes() {
            if !last.contains(&complaint) {
                last.push(complaint);
            }
        }
        Plan::from(alloc::vec![
            RoundPlan { round: 1, all: all(&commit), direct: None },
            RoundPlan { round: 2, all: all(&reveal), direct: all(&share) },
            RoundPlan { round: 3, all: all(&last), direct: None },
        ])
    }

    /// The key's piece of a message; `None` if it has none, or if the message has another length.
    pub(super) fn cut<'a>(&self, index: usize, round: u8, kind: Kind, body: &'a [u8]) -> Option<&'a [u8]> {
        let field: Field = match (round, kind) {
            (1, Kind::All) => |lens| lens.commit,
            (2, Kind::All) => |lens| lens.reveal,
            (2, Kind::Direct) => |lens| lens.share,
            (3, Kind::Complaint) => {
                let (place, complaint) = body.split_first()?;
                let whole = body.len() == self.complaint_len(self.lens.get(index)?);
                return (usize::from(*place) == index && whole).then_some(complaint);
            }
            _ => return None,
        };
        let before: usize = self.lens.get(..index)?.iter().map(field).sum();
        let piece = body.get(before..)?.get(..field(self.lens.get(index)?))?;
        (body.len() == self.total(field)).then_some(piece)
    }

    /// The pieces of a message to all of a round, of everybody, by party.
    pub(super) fn cut_reveals(
        &self,
        index: usize,
        reveals: &[(PartyId, Vec<u8>)],
    ) -> Option<Vec<(PartyId, Vec<u8>)>> {
        reveals.iter().map(|(id, body)| Some((*id, self.cut(index, 2, Kind::All, body)?.to_vec()))).collect()
    }

    /// What the key's own run received.
    pub(super) fn inbox(&self, index: usize, part: &dyn Part, inbox: &Inbox) -> Inbox {
        let me = inbox.terms().me;
        let cut = |round, message: &Message| {
            self.cut(index, round, message.kind, &message.body).map(<[u8]>::to_vec)
        };
        inbox.part(part.terms(me), part.plan(me), &cut)
    }

    /// Everybody's messages of one round at one key each, as one. The keys' receivers are the same.
    pub(super) fn join(round: u8, outboxes: Vec<Outbox>) -> Outbox {
        let mut joined = Outbox { round, ..Outbox::default() };
        for outbox in outboxes {
            match (&mut joined.all, outbox.all) {
                (Some((_, body)), Some((_, piece))) => body.extend_from_slice(&piece),
                (all, piece) => *all = piece,
            }
            if joined.direct.is_empty() {
                joined.direct = outbox.direct;
                continue;
            }
            for ((_, body), (_, piece)) in joined.direct.iter_mut().zip(outbox.direct) {
                body.extend_from_slice(&piece);
            }
        }
        joined
    }

    /// A key's complaint as the set's: with the place of the key, and the envelope that the share came in.
    pub(super) fn quote(&self, index: usize, inbox: &Inbox, words: &Outbox) -> Option<Outbox> {
        let (kind, body) = words.all.as_ref()?;
        let head = body.get(..self.lens.get(index)?.complaint_head)?;
        let accused: &[u8; 2] = head.get(32..)?.first_chunk()?;
        let accused = PartyId::new(u16::from_be_bytes(*accused)).ok()?;
        let share = inbox.envelope(2, inbox.direct_from(2, accused)?)?;
        let mut body = alloc::vec![index as u8];
        body.extend_from_slice(head);
        body.extend_from_slice(&share.to_bytes());
        Some(Outbox::to_all(3, *kind, body))
    }
}

/// How the messages of one key of a set travel: in the set's envelopes.
pub(super) struct Carried<'a> {
    run: &'a Run,
    index: usize,
    outer: Terms,
    inner: Terms,
}

impl<'a> Carried<'a> {
    pub(super) fn new(run: &'a Run, index: usize, part: &dyn Part) -> Self {
        let nobody = PartyId::COORDINATOR;
        Self { run, index, outer: run.terms(nobody), inner: part.terms(nobody) }
    }
}

impl Carriage for Carried<'_> {
    fn open(&self, envelope: &Envelope) -> Option<Opened> {
        let verified = admit(envelope, &self.run.roster, &self.outer)?;
        let header = verified.header();
        let piece = self.run.cut(self.index, header.round, header.kind, verified.body())?;
        Some(Opened::new(Header { binding: self.inner.binding, ..*header }, piece.to_vec()))
    }

    fn share_envelope_len(&self) -> usize {
        self.run.share_envelope_len()
    }
}

/// Evidence of a key as the set's: every message is the one that was signed. What is of the set already, a quoted share, stays.
pub(super) fn lift(inbox: &Inbox, mut evidence: Evidence) -> Option<Evidence> {
    for envelope in &mut evidence.messages {
        let (header, _) = Header::split(&envelope.bytes)?;
        if header.binding != inbox.terms().binding {
            let message = match header.kind {
                Kind::Direct => inbox.direct_from(header.round, header.from),
                _ => inbox.from(header.round, header.from),
            };
            *envelope = inbox.envelope(header.round, message?)?;
        }
    }
    Some(evidence)
}

/// As [`lift`], of everything that an abort says.
pub(super) fn lift_abort(inbox: &Inbox, abort: &mut Abort) {
    let first = match &mut abort.verdict {
        Verdict::Cheater { evidence, .. } => Some(evidence),
        _ => None,
    };
    for evidence in first.into_iter().chain(abort.others.iter_mut().map(|other| &mut other.evidence)) {
        *evidence = evidence.take().and_then(|evidence| lift(inbox, *evidence)).map(Into::into);
    }
}
