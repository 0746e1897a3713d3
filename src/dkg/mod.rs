#![doc = include_str!("protocol.md")]

mod carriage;
mod ceremony;
mod complaint;
mod deal;
mod judge;
pub(crate) mod msg;
mod part;
mod round1;
mod round2;
mod round3;

pub(crate) use carriage::{Carriage, Opened};
pub(crate) use ceremony::occasion;
pub use ceremony::{Ceremony, Occasion, judge};
pub use deal::Deal;
pub(crate) use part::Lens;
pub use round1::Round1;
pub(crate) use round1::Stake;
pub use round2::Round2;
pub use round3::Round3;

use rand_core::CryptoRng;

use crate::curve::Scheme;
use crate::error::SetupError;
use crate::identity::Roster;
use crate::key::{KeyShare, PendingSeat, PendingShare, Seat};
use crate::party::{PartyId, Threshold};
use crate::session::{Session, SpendOnce};
use crate::wire::{SessionId, protocol};

/// The protocol's number in headers.
pub const PROTOCOL: u8 = protocol::KEY_GENERATION;

/// What all parties of a key generation agree on beforehand; its binding's items are `u32 epoch 0, base 0^32, ids of all dealers`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run<S: Scheme>(Deal<S>);

impl<S: Scheme> Run<S> {
    /// A key generation of `threshold` among the members of `roster`. The session id is unique, and durable before the
    /// first message leaves.
    ///
    /// # Errors
    /// [`SetupError::RosterSize`] unless the roster has `n` members.
    pub fn new(threshold: Threshold, roster: Roster, session: SessionId) -> Result<Self, SetupError> {
        Deal::generation(threshold, roster, session).map(Self)
    }
}

occasion!(0 => KeyShare);

/// A key generation at one party.
pub type Dkg<S> = Ceremony<Run<S>>;

impl<S: Scheme> Dkg<S> {
    /// Starts a key generation at `me`. The witness records the session id durably before anything is made, whoever proposed
    /// it: a device that ran twice under one id would sign two messages for one slot, and convict itself. After a crash, go
    /// on from a snapshot ([`Session::resume`], same witness) or start a run with a new id.
    ///
    /// # Errors
    /// [`SetupError::SelfMissing`] if `me` is not in the roster, [`SetupError::SessionSpent`] if the witness knows the run.
    pub fn start(
        run: &Run<S>,
        me: PartyId,
        witness: &mut dyn SpendOnce,
        rng: &mut dyn CryptoRng,
    ) -> Result<Session<Self>, SetupError> {
        Self::begin(run, me, Stake::Random, witness, rng)
    }
}
