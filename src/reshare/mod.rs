#![doc = include_str!("protocol.md")]

use alloc::vec::Vec;
use rand_core::CryptoRng;

use crate::curve::Scheme;
use crate::dkg::{Ceremony, Deal, Stake, occasion};
use crate::error::SetupError;
use crate::identity::{PublicIdentity, Roster};
use crate::key::{KeyShare, Made, Origin, PendingSeat, PublicKey, Seat, together};
use crate::party::{Parties, PartyId, Threshold};
use crate::secret::Secret;
use crate::session::{Session, SpendOnce};
use crate::sharing::coefficient;
use crate::wire::SessionId;

/// The protocol's number in headers.
pub const PROTOCOL: u8 = Made::Reshared as u8;

/// What all parties of a reshare agree on beforehand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run<S: Scheme> {
    deal: Deal<S>,
    base: [u8; 32],
    /// The members of the epoch before.
    before: Roster,
}

impl<S: Scheme> Run<S> {
    /// A reshare of the key by these `dealers`, exactly `t` of its members, to the members of `roster`, with the same threshold, to epoch
    /// `epoch`. The session id is unique, and durable before the first message leaves.
    ///
    /// # Errors
    /// As [`Run::with_threshold`].
    pub fn new(
        key: &PublicKey<S>,
        dealers: Parties,
        roster: Roster,
        epoch: u32,
        session: SessionId,
    ) -> Result<Self, SetupError> {
        let n = u16::try_from(roster.len()).unwrap_or(u16::MAX);
        Self::with_threshold(key, dealers, Threshold::new(key.threshold().t(), n)?, roster, epoch, session)
    }

    /// As [`Run::new`], to another threshold. A lower one makes fewer new shares enough; a higher one does not take from old shares what they
    /// could do: `t` of them that survive are still the key.
    ///
    /// # Errors
    /// [E0.1] [`SetupError::DealerCount`] unless exactly `t` deal, [`SetupError::NotInRoster`] for a dealer that is no member,
    /// [`SetupError::IdTaken`] for an id that another identity has, or had when it dealt the epoch before; [`SetupError::DuplicateIdentity`] for
    /// one identity under two ids; [`SetupError::RosterSize`], [`SetupError::EpochOrder`]; [`SetupError::TooManyParties`] for more dealers and
    /// members together than a run can have. Ids of still earlier epochs are not known here: never give one to another identity. That the certificate of the epoch before is complete and valid is in the
    /// type of `key`; that it is the epoch you mean is for you to know.
    pub fn with_threshold(
        key: &PublicKey<S>,
        dealers: Parties,
        threshold: Threshold,
        roster: Roster,
        epoch: u32,
        session: SessionId,
    ) -> Result<Self, SetupError> {
        // [E0.1] t members of the epoch before deal
        let (count, t) = (dealers.len(), key.threshold().t());
        if count != usize::from(t) {
            return Err(SetupError::DealerCount { dealers: count, t });
        }
        // [E0.1] an id keeps its identity, also that of a dealer that has left
        let (before, known) = (key.roster(), key.origin().cast());
        let moved = |(id, identity): &(PartyId, _)| known.identity(*id).is_some_and(|old| old != *identity);
        if let Some((id, _)) = roster.iter().find(moved) {
            return Err(SetupError::IdTaken(id));
        }
        let member = |id| before.identity(id).map(|key| (id, key)).ok_or(SetupError::NotInRoster(id));
        let members = dealers.iter().map(member).collect::<Result<Vec<_>, _>>()?;
        let cast = together(&roster, &members)?;
        let origin =
            Origin { made: Made::Reshared, epoch, dealers, cast, ..Origin::generated(&roster, session) };
        let deal = Deal::next(key, threshold, roster, origin)?;
        Ok(Self { deal, base: key.epoch_id(), before: before.clone() })
    }

    /// Whether this is the epoch before.
    #[cfg(feature = "approval")]
    pub(crate) fn starts_from(&self, key: &PublicKey<S>) -> bool {
        self.base == key.epoch_id()
    }

    /// With which members `me` has to pair before it signs ECDSA with them: those with whom it was not in the epoch before, by
    /// identity. Of a device that was restored, cloned or suspected, all pairings are to be made anew; so are all of them in the same
    /// period, where proactive security is asked for ([`crate::refresh`]).
    #[must_use]
    pub fn pairings_to_make(&self, me: PartyId) -> Vec<PublicIdentity> {
        let was_there = |id| self.roster().identity(id).is_some_and(|key| self.before.has(&key));
        let others = self.roster().iter().filter(|(id, _)| *id != me);
        others.filter(|(id, _)| !was_there(me) || !was_there(*id)).map(|(_, key)| key).collect()
    }
}

occasion!(deal => Seat);

/// A reshare at one party.
pub type Reshare<S> = Ceremony<Run<S>>;

impl<S: Scheme> Reshare<S> {
    /// Starts a reshare at a dealer, with its share. The witness records the session id durably before anything is made.
    ///
    /// # Errors
    /// [`SetupError::WrongKey`], [`SetupError::WrongEpoch`] unless the share is of the epoch that the run starts from;
    /// [`SetupError::SelfMissing`] if its owner does not deal; [`SetupError::WrongSecret`] for a share of zero, which only a malicious importer
    /// makes; [`SetupError::Burned`]; [`SetupError::SessionSpent`].
    pub fn deal(
        run: &Run<S>,
        share: &KeyShare<S>,
        witness: &mut dyn SpendOnce,
        rng: &mut dyn CryptoRng,
    ) -> Result<Session<Self>, SetupError> {
        let me = share.id();
        share.check_for_dealing(run.deal.origin(), run.deal.key_id(), &run.base)?;
        let lambda = coefficient::<S::Curve>(run.dealers(), me).ok_or(SetupError::SelfMissing(me))?;
        let constant = Secret::new(lambda * share.secret().expose());
        Self::begin(run, me, Stake::Constant(constant, None), witness, rng)
    }

    /// Starts a reshare at a member that does not deal, be it new or not.
    ///
    /// # Errors
    /// [`SetupError::SelfMissing`] if `me` is no member afterwards, [`SetupError::ShareMissing`] if it deals;
    /// [`SetupError::SessionSpent`].
    pub fn receive(
        run: &Run<S>,
        me: PartyId,
        witness: &mut dyn SpendOnce,
        rng: &mut dyn CryptoRng,
    ) -> Result<Session<Self>, SetupError> {
        if run.dealers().contains(me) {
            return Err(SetupError::ShareMissing(me));
        }
        Self::begin(run, me, Stake::None, witness, rng)
    }
}
