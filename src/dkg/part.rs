//! What a key generation shows to the set that it is a part of ([`crate::keyset`]).

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::carriage::Carriage;
use super::complaint::decide_in_run;
use super::judge::{certified_by, judge_deal};
use super::{Ceremony, Deal, Dkg, Occasion, Round1, Run, Stake, msg};
use crate::curve::Scheme;
use crate::error::{Fault, SetupError};
use crate::evidence::Evidence;
use crate::identity::Roster;
use crate::key::{Place, Sharing};
use crate::party::{PartyId, Threshold};
use crate::session::{Finding, Inbox, Message, Outbox, Plan};
use crate::wire::SessionId;

/// Bytes of the messages of a key generation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lens {
    pub(crate) commit: usize,
    pub(crate) reveal: usize,
    pub(crate) share: usize,
    /// What stands before the envelope.
    pub(crate) complaint_head: usize,
}

impl<S: Scheme> Run<S> {
    pub(crate) fn in_set(
        threshold: Threshold,
        roster: Roster,
        session: SessionId,
        place: Place,
    ) -> Result<Self, SetupError> {
        Deal::in_set(threshold, roster, session, place).map(Self)
    }

    /// Everybody deals and receives, so everybody's messages have the same lengths.
    pub(crate) fn lens(&self) -> Lens {
        let first = self.roster().parties().iter().next();
        Lens {
            commit: first.map_or(0, |id| msg::commit_len(self.deal(), id)),
            reveal: msg::reveal_len(self.deal()),
            share: msg::share_len::<S::Curve>(),
            complaint_head: msg::complaint_head::<S::Curve>(),
        }
    }

    pub(crate) fn plan(&self, me: PartyId) -> Plan {
        msg::plan(self.deal(), me)
    }

    /// As [`Dkg::start`], under a witness of the set's run.
    pub(crate) fn begin(&self, me: PartyId, rng: &mut dyn CryptoRng) -> (Dkg<S>, Outbox) {
        let (round1, outbox) = Round1::start(self.deal().clone(), &self.terms(me), Stake::Random, rng);
        (Ceremony::Round1(round1), outbox)
    }

    /// Who lied, the complainant or the dealer, with what convinces others.
    pub(crate) fn decide(
        &self,
        inbox: &Inbox,
        carriage: &dyn Carriage,
        e1: &[u8; 32],
        complaint: &Message,
    ) -> (PartyId, Fault, Option<Evidence>) {
        decide_in_run(inbox, self.deal(), carriage, e1, complaint)
    }

    pub(crate) fn judge(&self, carriage: &dyn Carriage, evidence: &Evidence) -> Finding {
        judge_deal(self.deal(), carriage, evidence)
    }

    /// What everybody with these reveals must certify, as far as `judged` must know.
    pub(crate) fn certified(&self, reveals: &[(PartyId, Vec<u8>)], judged: PartyId) -> Option<Sharing<S>> {
        certified_by(self.deal(), reveals, judged)
    }
}
