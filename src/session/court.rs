//! What every judge does first: admit envelopes of the run, and convict equivocators.

use super::terms::Terms;
use crate::envelope::Verified;
use crate::error::Fault;
use crate::evidence::{Envelope, Evidence};
use crate::identity::Roster;
use crate::party::PartyId;
use crate::wire::Header;

/// What evidence shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Finding {
    /// Certain: this member of the roster did this in this run.
    Guilty(PartyId, Fault),
    /// The evidence shows nothing against anybody.
    Inconclusive,
}

/// A finding in the making; `None` is inconclusive, so that `?` is.
pub(crate) type Guilty = Option<(PartyId, Fault)>;

impl From<Guilty> for Finding {
    fn from(guilty: Guilty) -> Self {
        guilty.map_or(Self::Inconclusive, |(who, fault)| Self::Guilty(who, fault))
    }
}

/// The envelope, if its signature holds and it belongs to the run.
pub(crate) fn admit(envelope: &Envelope, roster: &Roster, terms: &Terms) -> Option<Verified> {
    let verified = envelope.clone().verify(roster).ok()?;
    let Header { protocol, session, binding, .. } = *verified.header();
    (protocol == terms.protocol && session == terms.session && binding == terms.binding).then_some(verified)
}

/// Evidence (a): two different messages in one slot. A certificate and a complaint share a slot; a notice has none.
pub(crate) fn equivocation(evidence: &Evidence, roster: &Roster, terms: &Terms) -> Guilty {
    let [a, b] = evidence.messages.as_slice() else { return None };
    let (a, b) = (admit(a, roster, terms)?, admit(b, roster, terms)?);
    a.contradicts(&b).then_some((a.header().from, Fault::Equivocation))
}
