#![doc = include_str!("protocol.md")]

mod bundle;
mod cut;
mod failures;
mod judge;
mod part;
mod pending;
mod round3;
mod schemes;
mod state;
mod stored;

pub use bundle::Bundle;
pub use judge::judge;
pub use pending::PendingSet;
pub use schemes::{AnyScheme, AnyShare, SetScheme};
pub use state::KeySet;

use alloc::boxed::Box;
use alloc::vec::Vec;

use part::Part;

use crate::dkg::Lens;
use crate::error::SetupError;
use crate::identity::Roster;
use crate::key::{MAX_KEYS, Made, Place};
use crate::party::{PartyId, Threshold};
use crate::session::{Terms, binding_of};
use crate::wire::SessionId;

/// The protocol's number in headers.
pub const PROTOCOL: u8 = Made::GeneratedInSet as u8;

/// What all parties agree on beforehand: who, how many of them, and keys of which schemes in which order.
#[derive(Debug)]
pub struct Run {
    threshold: Threshold,
    roster: Roster,
    session: SessionId,
    schemes: Vec<AnyScheme>,
    parts: Vec<Box<dyn Part>>,
    lens: Vec<Lens>,
    binding: [u8; 32],
}

impl Run {
    /// A key of each of these schemes, in this order, shared `threshold` among the members of `roster`; a scheme may stand there more
    /// than once. The session id is unique, and durable before the first message leaves.
    ///
    /// # Errors
    /// [`SetupError::SetSize`] unless there are 1 to [`MAX_KEYS`] schemes, [`SetupError::RosterSize`] unless the roster has `n` members.
    pub fn new(
        threshold: Threshold,
        roster: Roster,
        session: SessionId,
        schemes: impl IntoIterator<Item = AnyScheme>,
    ) -> Result<Self, SetupError> {
        let schemes: Vec<AnyScheme> = schemes.into_iter().take(MAX_KEYS + 1).collect();
        let size = SetupError::SetSize { found: schemes.len(), limit: MAX_KEYS };
        if schemes.is_empty() {
            return Err(size);
        }
        let ids: Vec<u8> = schemes.iter().map(|scheme| scheme.id()).collect();
        let mut parts = Vec::with_capacity(schemes.len());
        for (index, scheme) in schemes.iter().enumerate() {
            let place = Place::new(ids.clone(), index).ok_or_else(|| size.clone())?;
            parts.push(scheme.part(threshold, roster.clone(), session, place)?);
        }
        let lens = parts.iter().map(|part| part.lens()).collect();
        let binding = binding_of(PROTOCOL, 0, threshold, &roster).bytes(&ids).finish();
        Ok(Self { threshold, roster, session, schemes, parts, lens, binding })
    }

    /// How many of how many, of every key.
    #[must_use]
    pub const fn threshold(&self) -> Threshold {
        self.threshold
    }

    /// The members.
    #[must_use]
    pub const fn roster(&self) -> &Roster {
        &self.roster
    }

    /// The run's id.
    #[must_use]
    pub const fn session(&self) -> SessionId {
        self.session
    }

    /// The keys' schemes, in order.
    #[must_use]
    pub fn schemes(&self) -> &[AnyScheme] {
        &self.schemes
    }

    /// The terms at one party: the binding is `H("binding"; 13, scheme 0, t, n, roster hash, a byte per scheme in order)`.
    #[must_use]
    pub const fn terms(&self, me: PartyId) -> Terms {
        let (session, binding, roster) = (self.session, self.binding, *self.roster.hash());
        Terms { protocol: PROTOCOL, session, binding, me, roster }
    }
}

impl Clone for Run {
    fn clone(&self) -> Self {
        Self {
            threshold: self.threshold,
            roster: self.roster.clone(),
            session: self.session,
            schemes: self.schemes.clone(),
            parts: self.parts.iter().map(|part| part.again()).collect(),
            lens: self.lens.clone(),
            binding: self.binding,
        }
    }
}

/// Equal if all that the parties agree on is.
impl PartialEq for Run {
    fn eq(&self, other: &Self) -> bool {
        (self.session, self.binding) == (other.session, other.binding)
    }
}

impl Eq for Run {}
