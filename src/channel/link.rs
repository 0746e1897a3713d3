//! All that there is with one peer: handshakes in the making, and at most two channels.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::error::ChannelError;
use super::initiator::{Answered, Outbound};
use super::layout::{FIRST_LEN, Head, SECOND_LEN, Step, Third};
use super::record::{Channel, Limits, RecordHeader};
use super::responder::Inbound;
use super::schedule::{Traffic, name};
use crate::cluster::Cluster;
use crate::hash::sha256;
use crate::identity::{PublicIdentity, SigInput};
use crate::party::PartyId;

/// Handshakes of one peer that a responder keeps; the oldest goes.
const MAX_INBOUND: usize = 4;

/// This device, a peer, and their cluster.
pub(super) struct Between<'a> {
    pub(super) me: PartyId,
    pub(super) peer: PartyId,
    pub(super) cluster: &'a Cluster,
    /// The identities of the initiator and the responder.
    keys: [PublicIdentity; 2],
}

impl<'a> Between<'a> {
    /// `None` unless both are members, and two.
    pub(super) fn new(me: PartyId, peer: PartyId, cluster: &'a Cluster) -> Option<Self> {
        let key = |id| cluster.roster().identity(id);
        let keys = [key(me.min(peer))?, key(me.max(peer))?];
        (me != peer).then_some(Self { me, peer, cluster, keys })
    }

    /// The lower id.
    pub(super) fn initiates(&self) -> bool {
        self.me < self.peer
    }

    pub(super) const fn keys(&self) -> [&PublicIdentity; 2] {
        let [initiator, responder] = &self.keys;
        [initiator, responder]
    }

    pub(super) fn head(&self, step: Step) -> Head {
        Head { step, from: self.me.get(), to: self.peer.get(), cluster: *self.cluster.hash() }
    }

    pub(super) fn signed_by_peer(&self, input: &SigInput, signature: &[u8; 64]) -> bool {
        self.cluster.roster().verify(self.peer, input, signature)
    }
}

/// What a handshake message leads to.
pub(super) enum Outcome {
    Reply(Vec<u8>),
    Sign { hs: [u8; 16], input: SigInput },
    Established(Option<Vec<u8>>),
    Duplicate,
}

#[derive(Default)]
pub(super) struct Link {
    outbound: Option<Outbound>,
    /// The oldest first.
    inbound: VecDeque<Inbound>,
    answered: Option<Answered>,
    pub(super) current: Option<Box<Channel>>,
    previous: Option<Box<Channel>>,
}

impl Link {
    /// The first message: [H11] one handshake at a time, the same message until the peer has answered.
    pub(super) fn first(&mut self, between: &Between<'_>, rng: &mut dyn CryptoRng) -> Vec<u8> {
        if let Some(first) = self.outbound.as_ref().and_then(Outbound::again) {
            return first.to_vec();
        }
        let outbound = self.outbound.insert(Outbound::start(between, rng));
        outbound.again().unwrap_or_default().to_vec()
    }

    /// The responder's side of the first message.
    pub(super) fn on_first(
        &mut self,
        between: &Between<'_>,
        message: &[u8; FIRST_LEN],
        rng: &mut dyn CryptoRng,
    ) -> Result<Outcome, ChannelError> {
        let hs = name(message);
        if self.channels().any(|channel| channel.hs == hs) {
            return Ok(Outcome::Duplicate);
        }
        let at = self.inbound.iter().position(|pending| pending.hs == hs);
        if at.is_none() {
            let pending = Inbound::start(between, message, rng)?;
            // [H11] four at most
            if self.inbound.len() >= MAX_INBOUND {
                self.inbound.pop_front();
            }
            self.inbound.push_back(pending);
        }
        let pending = at.map_or(self.inbound.back(), |at| self.inbound.get(at));
        let pending = pending.ok_or(ChannelError::UnknownHandshake)?;
        // The same message again has the same answer.
        Ok(match pending.second() {
            Some(second) => Outcome::Reply(second.to_vec()),
            None => Outcome::Sign { hs, input: pending.to_sign() },
        })
    }

    /// The initiator's side of the second message.
    pub(super) fn on_second(
        &mut self,
        between: &Between<'_>,
        message: &[u8; SECOND_LEN],
    ) -> Result<Outcome, ChannelError> {
        if let Some(answered) = self.answered.as_ref().filter(|answered| answered.answers(message)) {
            return Ok(Outcome::Reply(answered.third.clone()));
        }
        let outbound = self.outbound.as_mut().ok_or(ChannelError::UnknownHandshake)?;
        let input = outbound.answer(between, message)?;
        Ok(Outcome::Sign { hs: outbound.hs, input })
    }

    /// The responder's side of the third message.
    pub(super) fn on_third(
        &mut self,
        between: &Between<'_>,
        message: &[u8],
    ) -> Result<Outcome, ChannelError> {
        let third = Third::split(message).ok_or(ChannelError::Malformed)?;
        let hash = sha256(message);
        if self.channels().any(|channel| channel.third == Some(hash)) {
            return Ok(Outcome::Duplicate);
        }
        // [H5] one that this device has answered
        let at = self.inbound.iter().position(|pending| &pending.hs == third.hs);
        let pending = at.and_then(|at| self.inbound.get(at)).ok_or(ChannelError::UnknownHandshake)?;
        let traffic = pending.finish(between, &third)?;
        // What began before this one would be older than the channel that there is now.
        self.inbound.drain(..=at.unwrap_or_default());
        self.establish(&traffic, *third.hs, false, Some(hash))?;
        Ok(Outcome::Established(None))
    }

    /// A signature has come, and it is this device's.
    pub(super) fn signed(
        &mut self,
        hs: &[u8; 16],
        input: &SigInput,
        signature: &[u8; 64],
    ) -> Result<Outcome, ChannelError> {
        if let Some(pending) = self.inbound.iter_mut().find(|p| &p.hs == hs && p.to_sign() == *input) {
            return Ok(Outcome::Reply(pending.sign(signature).to_vec()));
        }
        let outbound = self.outbound.as_ref().filter(|outbound| &outbound.hs == hs);
        let outbound = outbound.ok_or(ChannelError::UnknownHandshake)?;
        let (traffic, answered) = outbound.complete(input, signature)?;
        self.establish(&traffic, *hs, true, None)?;
        self.outbound = None;
        let third = answered.third.clone();
        self.answered = Some(answered);
        Ok(Outcome::Established(Some(third)))
    }

    fn establish(
        &mut self,
        traffic: &Traffic,
        hs: [u8; 16],
        initiator: bool,
        third: Option<[u8; 32]>,
    ) -> Result<(), ChannelError> {
        let mut channel = Box::new(Channel::new(traffic, hs, initiator).ok_or(ChannelError::Malformed)?);
        channel.third = third;
        self.previous = self.current.replace(channel);
        Ok(())
    }

    /// The channel of a record, which is the current one or the one before.
    pub(super) fn channel(&mut self, header: &RecordHeader) -> Result<&mut Channel, ChannelError> {
        let both = self.current.as_deref_mut().into_iter().chain(self.previous.as_deref_mut());
        both.into_iter().find(|channel| channel.id == header.channel).ok_or(ChannelError::UnknownChannel)
    }

    /// A record of this channel has opened: if it is the current one, the peer has it too, and what came before is over.
    pub(super) fn confirm(&mut self, id: &[u8; 16]) {
        if self.current.as_ref().is_some_and(|channel| &channel.id == id) {
            (self.previous, self.answered) = (None, None);
        }
    }

    /// [T8] drops channels that have seen too many forgeries; whether one was dropped.
    pub(super) fn drop_worn(&mut self, limits: &Limits) -> bool {
        let worn = |channel: &mut Option<Box<Channel>>| channel.take_if(|c| c.is_worn(limits)).is_some();
        worn(&mut self.current) | worn(&mut self.previous)
    }

    fn channels(&self) -> impl Iterator<Item = &Channel> {
        self.current.as_deref().into_iter().chain(self.previous.as_deref())
    }
}
