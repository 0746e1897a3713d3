//! What every opening checks, and what it gives back when it does not open.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use super::session::{GatedSession, Guarded};
use crate::approval::gate::{Approved, GateError};
use crate::approval::request::{Action, KeyRef, LiveKey, SigningRequest};
use crate::curve::Scheme;
use crate::key::PublicKey;
use crate::session::Session;
#[cfg(feature = "ecdsa")]
use crate::wire::SessionId;

/// A session that was not opened: nothing was sent. The approved requests are here, to be used for another opening or released.
pub struct Unopened<T = ()> {
    /// Why.
    pub error: GateError,
    /// What was approved, as it was given.
    pub approved: Vec<Approved<SigningRequest>>,
    /// What else was given by value, unless it was spent.
    pub with: T,
}

impl<T> fmt::Debug for Unopened<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unopened").field("error", &self.error).finish_non_exhaustive()
    }
}

impl<T> fmt::Display for Unopened<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<T> core::error::Error for Unopened<T> {}

impl<T> Unopened<T> {
    pub(super) fn new(error: GateError, approved: Vec<Approved<SigningRequest>>, with: T) -> Box<Self> {
        Box::new(Self { error, approved, with })
    }
}

/// [G3], and of [G5] the time.
pub(super) fn check<S: Scheme>(
    approved: &Approved<SigningRequest>,
    actions: &[Action],
    key: &PublicKey<S>,
    now: u64,
) -> Result<(), GateError> {
    approved.check(actions, Some(&key_ref(key)), now)
}

/// A key as requests name it.
#[must_use]
pub fn key_ref<S: Scheme>(key: &PublicKey<S>) -> KeyRef {
    KeyRef { scheme: S::ID, id: *key.key_id(), epoch: key.epoch() }
}

/// A key as a holder of a share of it holds requests against it.
#[must_use]
pub fn live_key<S: Scheme>(key: &PublicKey<S>) -> LiveKey {
    LiveKey {
        scheme: S::ID,
        id: *key.key_id(),
        epoch: key.epoch(),
        public: key.public_key(),
        chain_code: *key.chain_code(),
    }
}

/// [G5] The session that all of them are for.
#[cfg(feature = "ecdsa")]
pub(super) fn session_of(approved: &[Approved<SigningRequest>]) -> Result<SessionId, GateError> {
    let session = approved.first().ok_or(GateError::WrongSetup)?.session();
    if approved.iter().all(|one| one.session() == session) { Ok(session) } else { Err(GateError::WrongSetup) }
}

/// Opens a session: `start` makes it from the requests, whose reservations it then carries.
pub(super) fn open<P: Guarded>(
    approved: Vec<Approved<SigningRequest>>,
    start: impl FnOnce(&[Approved<SigningRequest>]) -> Result<Session<P>, GateError>,
) -> Result<GatedSession<P>, Box<Unopened>> {
    match start(&approved) {
        Ok(session) => Ok(GatedSession::new(session, approved)),
        Err(error) => Err(Unopened::new(error, approved, ())),
    }
}
