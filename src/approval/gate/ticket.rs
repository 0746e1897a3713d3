//! What is left of an approved request while it is carried out: what was reserved for it, to be settled in the end.

use alloc::vec::Vec;

use super::{GateError, Stores};
use crate::approval::audit::{Entry, Event, Outcome};
use crate::approval::cap::CapError;
use crate::approval::registry::{self, RegistryError, Space};
use crate::hash::{Tag, Transcript};
use crate::wire::SessionId;

/// `TH("outcome"; result)`.
pub(crate) fn outcome(result: &[u8]) -> [u8; 32] {
    Transcript::new(Tag::Outcome).bytes(result).finish()
}

/// How a request ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Closing<'a> {
    /// With this outcome.
    Done(&'a [u8; 32]),
    /// By this check of the protocol. Whether this holder's part of the result may have left.
    Aborted { check: &'static str, left: bool },
    /// Given back before anything was sent, or given up by the application. Whether this holder's part may have left.
    Released { left: bool },
}

/// The reservations of one approved request.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Ticket {
    pub(super) request: [u8; 32],
    pub(super) session: SessionId,
    pub(super) cluster: [u8; 32],
    pub(super) policy: [u8; 32],
    /// Whether something is reserved in the caps.
    pub(super) capped: bool,
    /// The second name of a reshare.
    pub(super) once: Option<[u8; 32]>,
}

impl Ticket {
    fn entry(&self, event: Event, now: u64) -> Entry {
        let (request, session, cluster, policy) = (self.request, self.session, self.cluster, self.policy);
        Entry { request, session, cluster, policy, ..Entry::new(event, now) }
    }

    /// Settles: the caps first, since a request that is still reserved in the registry cannot be decided again meanwhile. May be called
    /// again after an error; then what was done is not done twice, but may be noted twice. If the request was given back by then, another
    /// attempt may have it, and what the caps hold is that attempt's.
    pub(crate) fn close(
        &self,
        closing: Closing<'_>,
        stores: &mut Stores<'_>,
        now: u64,
    ) -> Result<(), GateError> {
        let (event, outcome, data): (_, _, Vec<u8>) = match closing {
            Closing::Done(outcome) => (Event::Signed, Outcome::Signed, outcome.to_vec()),
            Closing::Aborted { check, .. } => (Event::Aborted, Outcome::Aborted, check.into()),
            Closing::Released { .. } => (Event::Released, Outcome::Released, Vec::new()),
        };
        if self.is_held(stores.registry)? {
            self.settle_caps(closing, stores)?;
        }
        for id in self.once.iter().chain([&self.request]) {
            self.settle_name(id, closing, stores.registry)?;
        }
        Ok(stores.journal.note(Entry { outcome, data, ..self.entry(event, now) })?)
    }

    /// Whether the request is still reserved for this session. If not, an earlier call has settled the caps, which know no owner.
    fn is_held(&self, registry: &mut dyn registry::Registry) -> Result<bool, GateError> {
        let entry = registry.entry(Space::Request, &self.request).map_err(GateError::Registry)?;
        Ok(matches!(entry, Some(registry::Entry::Reserved { owner, .. }) if owner == self.session.0))
    }

    fn settle_caps(&self, closing: Closing<'_>, stores: &mut Stores<'_>) -> Result<(), GateError> {
        if !self.capped {
            return Ok(());
        }
        let result = match closing {
            // Where this holder's part has left a peer may have the whole signature: it counts as spent, in a later attempt too.
            Closing::Done(_) | Closing::Aborted { left: true, .. } | Closing::Released { left: true } => {
                stores.caps.commit(&self.request)
            }
            Closing::Aborted { .. } | Closing::Released { .. } => stores.caps.release(&self.request),
        };
        match result {
            // Its window has passed, or it was released before; or an earlier attempt has spent it.
            Ok(()) | Err(CapError::NotReserved | CapError::Committed) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn settle_name(
        &self,
        id: &[u8; 32],
        closing: Closing<'_>,
        registry: &mut dyn registry::Registry,
    ) -> Result<(), GateError> {
        let (space, owner) = (Space::Request, &self.session.0);
        let result = match closing {
            Closing::Done(outcome) => registry.commit(space, id, owner, outcome),
            Closing::Aborted { .. } | Closing::Released { .. } => registry.release(space, id, owner),
        };
        let Err(error) = result else { return Ok(()) };
        // The same was done before, and its answer was lost; what was given back may be another attempt's by now.
        let given_back = matches!(closing, Closing::Aborted { .. } | Closing::Released { .. });
        let done = match (registry.entry(space, id).map_err(GateError::Registry)?, closing) {
            (Some(registry::Entry::Committed { outcome }), Closing::Done(ours)) => outcome == *ours,
            (Some(registry::Entry::Released { .. }), _) => given_back,
            (Some(registry::Entry::Reserved { owner: other, .. }), _) => given_back && other != *owner,
            _ => false,
        };
        let refused = matches!(error, RegistryError::WrongState | RegistryError::NotOwner);
        if done && refused { Ok(()) } else { Err(GateError::Registry(error)) }
    }
}
