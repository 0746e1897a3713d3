//! Round 4: both sides came to the same.
//!
//! Checks at the end of the round: P4.1.

use alloc::vec::Vec;

use subtle::ConstantTimeEq;

use super::Run;
use super::live::{Pairing, Secrets};
use super::msg::{confirmation, received, suspect};
use crate::error::{Abort, Doubt};
use crate::secret::{Secret, verdict};
use crate::session::Inbox;
use crate::wire::Reader;

/// Confirmed; waiting for the peer's confirmation.
#[derive(Debug)]
pub struct Round4 {
    pub(super) run: Run,
    pub(super) id: [u8; 32],
    pub(super) secrets: Secrets,
}

impl Round4 {
    /// The pairing, which is to be stored ([`Pairing::must_save`]).
    ///
    /// # Errors
    /// [`Abort`] with check P4.1.
    pub fn finish(self, inbox: &Inbox) -> Result<Pairing, Abort> {
        let Self { run, id, secrets } = self;
        let expected = confirmation(&id, secrets.zero.expose(), &run.peer);
        // [P4.1] the peer's confirmation is of the own computation
        let same = expected.as_slice().ct_eq(received(&run, inbox, 4)?);
        // The pairing fails if not, which shows.
        if !verdict(same) {
            return Err(suspect(&run, 4, "P4.1", Doubt::Confirmation));
        }
        Ok(Pairing::new(id, run.me, run.peer, secrets))
    }

    pub(super) fn save(&self, tag: u8) -> Secret<Vec<u8>> {
        let mut out = Secret::buffer(1 + 32 + Secrets::LEN);
        let bytes = out.expose_mut();
        bytes.push(tag);
        bytes.extend_from_slice(&self.id);
        self.secrets.write(bytes);
        out
    }

    pub(super) fn restore(run: Run, mut r: Reader<'_>) -> Option<Self> {
        let id = *r.array()?;
        let secrets = Secrets::read(&mut r)?;
        r.end()?;
        Some(Self { run, id, secrets })
    }
}
