#![doc = include_str!("protocol.md")]

use alloc::vec::Vec;
use rand_core::CryptoRng;

use crate::curve::Scheme;
use crate::dkg::{Ceremony, Deal, Stake, occasion};
use crate::error::SetupError;
use crate::identity::{PublicIdentity, Roster};
use crate::key::{KeyShare, Made, Origin, PendingSeat, PendingShare, PublicKey, Seat};
use crate::party::{PartyId, Threshold};
use crate::secret::Secret;
use crate::session::{Session, SpendOnce};
use crate::wire::SessionId;

/// The protocol's number in headers.
pub const PROTOCOL: u8 = Made::Refreshed as u8;

/// What all parties of a refresh agree on beforehand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run<S: Scheme> {
    deal: Deal<S>,
    base: [u8; 32],
}

impl<S: Scheme> Run<S> {
    /// A refresh of the key's shares, for all its members and with its threshold, to epoch `epoch`, which is above all that any of them
    /// signed for. Any member may propose it. The session id is unique, and durable before the first message leaves.
    ///
    /// # Errors
    /// [`SetupError::EpochOrder`] unless `epoch` is above the key's.
    pub fn new(key: &PublicKey<S>, epoch: u32, session: SessionId) -> Result<Self, SetupError> {
        Self::as_proposed(key, key.threshold(), key.roster(), epoch, session)
    }

    /// As another device proposes it, which spells out threshold and roster.
    ///
    /// # Errors
    /// As [`Run::new`]; [R0.1] [`SetupError::ThresholdChange`] or [`SetupError::RosterChange`] unless they are the key's: a refresh changes
    /// neither.
    pub fn as_proposed(
        key: &PublicKey<S>,
        threshold: Threshold,
        roster: &Roster,
        epoch: u32,
        session: SessionId,
    ) -> Result<Self, SetupError> {
        // [R0.1] t and roster equal the certified ones
        let (from, to) = (key.threshold().t(), threshold.t());
        if from != to {
            return Err(SetupError::ThresholdChange { from, to });
        }
        if roster != key.roster() || threshold != key.threshold() {
            return Err(SetupError::RosterChange);
        }
        let origin = Origin { made: Made::Refreshed, epoch, ..Origin::generated(roster, session) };
        let deal = Deal::next(key, threshold, roster.clone(), origin)?;
        Ok(Self { deal, base: key.epoch_id() })
    }

    /// With whom `me` pairs anew in the same period, where proactive security is asked for: with everybody. A refresh renews no pairing,
    /// and a stolen one is not healed by it. After the new pairings, refuse the old ones ([`KeyShare::refuse_pairings`]).
    #[must_use]
    pub fn pairings_to_renew(&self, me: PartyId) -> Vec<PublicIdentity> {
        self.roster().iter().filter(|(id, _)| *id != me).map(|(_, key)| key).collect()
    }
}

occasion!(deal => KeyShare);

/// A refresh at one party.
pub type Refresh<S> = Ceremony<Run<S>>;

impl<S: Scheme> Refresh<S> {
    /// Starts a refresh with this device's share. The witness records the session id durably before anything is made.
    ///
    /// # Errors
    /// [`SetupError::WrongKey`], [`SetupError::WrongEpoch`] unless the share is of the epoch that the run starts from;
    /// [`SetupError::Burned`]; [`SetupError::SessionSpent`].
    pub fn start(
        run: &Run<S>,
        share: &KeyShare<S>,
        witness: &mut dyn SpendOnce,
        rng: &mut dyn CryptoRng,
    ) -> Result<Session<Self>, SetupError> {
        share.check_for_dealing(run.deal.origin(), run.deal.key_id(), &run.base)?;
        let held = Secret::new(*share.secret().expose());
        Self::begin(run, share.id(), Stake::Zero(held), witness, rng)
    }
}
