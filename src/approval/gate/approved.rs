//! A request that passed.

use alloc::string::String;
use alloc::vec::Vec;

use super::ticket::{Closing, Ticket, outcome};
use super::{GateError, Stores};
use crate::approval::policy::Trace;
use crate::approval::registry::RegistryError;
use crate::approval::request::{Action, KeyRef, SigningRequest};
use crate::approval::webauthn::RecordUpdate;
use crate::wire::SessionId;

/// A request that passed this holder's gate, for one session. The module says what it is and is not.
///
/// Dropped, it leaves the request reserved for good; [`Approved::release`] gives it back.
#[derive(PartialEq, Eq, Debug)]
#[must_use = "dropped, it leaves its request reserved"]
pub struct Approved<T> {
    pub(super) request: T,
    pub(super) ticket: Ticket,
    pub(super) rule: String,
    pub(super) trace: Trace,
    pub(super) min_signers: u16,
    pub(super) user_verified: bool,
    pub(super) updates: Vec<RecordUpdate>,
    /// Whether somebody began to give it back. Some of what was reserved may be gone then.
    pub(super) given_back: bool,
}

impl Approved<SigningRequest> {
    /// What passed.
    #[must_use]
    pub const fn request(&self) -> &SigningRequest {
        &self.request
    }

    /// The session that it passed for.
    #[must_use]
    pub const fn session(&self) -> SessionId {
        self.ticket.session
    }

    /// The rule that allowed it.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// How the policy came to its yes.
    #[must_use]
    pub const fn trace(&self) -> &Trace {
        &self.trace
    }

    /// How many holders the rule wants to take part, at least.
    #[must_use]
    pub const fn min_signers(&self) -> u16 {
        self.min_signers
    }

    /// Whether somebody approved it with a passkey that verified its user.
    #[must_use]
    pub const fn user_verified(&self) -> bool {
        self.user_verified
    }

    /// What to store of the passkeys that were used, each by compare-and-set on the counter before.
    #[must_use]
    pub fn updates(&self) -> &[RecordUpdate] {
        &self.updates
    }

    /// Gives everything back: nothing was started, so the caps are free again, and the same evidence may be decided again.
    ///
    /// # Errors
    /// The request with what a store says, to be given back again. Nothing else is done with it any more: that is
    /// [`GateError::AlreadyUsed`].
    pub fn release(
        mut self,
        stores: &mut Stores<'_>,
        now: u64,
    ) -> Result<(), (GateError, alloc::boxed::Box<Self>)> {
        self.given_back = true;
        match self.ticket.close(Closing::Released { left: false }, stores, now) {
            Ok(()) => Ok(()),
            Err(error) => Err((error, alloc::boxed::Box::new(self))),
        }
    }

    /// Spends it on something that is no session: a change of policy, approvers or roster, an import, a backup. `change` is the canonical
    /// bytes of what the application is about to do, which must be what was approved. When it returns the request is committed, with outcome
    /// `TH("outcome"; change)`, and the application does it.
    ///
    /// # Errors
    /// The request as it was, with [`GateError::WrongAction`] (also for an action that is a session's), [`GateError::WrongContent`],
    /// [`GateError::Expired`], or what a store says.
    pub fn enact(
        self,
        action: Action,
        change: &[u8],
        stores: &mut Stores<'_>,
        now: u64,
    ) -> Result<(), (GateError, alloc::boxed::Box<Self>)> {
        let result = self.check_change(action, change, now);
        let done = outcome(change);
        match result.and_then(|()| self.ticket.close(Closing::Done(&done), stores, now)) {
            Ok(()) => Ok(()),
            Err(error) => Err((error, alloc::boxed::Box::new(self))),
        }
    }

    fn check_change(&self, action: Action, change: &[u8], now: u64) -> Result<(), GateError> {
        // [G3] an action without a key is none of a session's
        self.check(&[action], None, now)?;
        // [G4]
        if self.request.payload() == change { Ok(()) } else { Err(GateError::WrongContent) }
    }

    /// [G2] as far as is known here, [G3], and of [G5] the time.
    pub(crate) fn check(&self, actions: &[Action], key: Option<&KeyRef>, now: u64) -> Result<(), GateError> {
        // [G2] it is still reserved
        if self.given_back {
            return Err(GateError::AlreadyUsed(RegistryError::WrongState));
        }
        // [G3]
        if !actions.contains(&self.request.action()) {
            return Err(GateError::WrongAction);
        }
        // [G3] key, scheme and epoch; none for an action that has none
        if self.request.key() != key {
            return Err(GateError::WrongKey);
        }
        // [G5]
        if now >= self.request.expires() {
            return Err(GateError::Expired);
        }
        Ok(())
    }

    /// [G5] As many take part as the rule wants.
    pub(crate) fn check_signers(&self, signers: usize) -> Result<(), GateError> {
        if signers < usize::from(self.min_signers) { Err(GateError::WrongSetup) } else { Ok(()) }
    }

    /// What is left when it is spent.
    pub(crate) fn spend(self) -> Ticket {
        self.ticket
    }
}
