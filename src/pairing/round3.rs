//! Round 3: the peer's trees, without one leaf each, and the name of the pairing.
//!
//! Checks at the end of the round: P3.1.

use alloc::vec::Vec;

use super::live::Secrets;
use super::msg::{Exchange, SENT_LEN, SETUP_LEN, cheater, confirmation, pairing_id, received, to_peer};
use super::{Round4, Run, read_seeds, read_sent, write_seeds};
use crate::error::{Abort, Fault};
use crate::ot::{BASE, DEPTH, Seed, pprf};
use crate::secret::Secret;
use crate::session::{Inbox, Outbox};
use crate::wire::Reader;

/// Owner of trees; waiting for the peer's.
#[derive(Debug)]
pub struct Round3 {
    pub(super) run: Run,
    pub(super) choices: Secret<[u8; 16]>,
    pub(super) keys: Secret<Vec<Seed>>,
    /// All leaves of the own trees.
    pub(super) leaves: Secret<Vec<Seed>>,
    pub(super) zero: Secret<[u8; 32]>,
    /// The bodies of rounds 1 to 3.
    pub(super) sent: Secret<Vec<u8>>,
}

impl Round3 {
    /// Confirms.
    ///
    /// # Errors
    /// [`Abort`] with check P3.1. Everything of the run is erased then, the base transfers included: whether the check passes can
    /// depend on choice bits, so a second use of any of it would let the peer guess on.
    pub fn finish(self, inbox: &Inbox) -> Result<(Round4, Outbox), Abort> {
        let Self { run, choices, keys, leaves, zero, sent } = self;
        let sid = inbox.terms().sid();
        let mine = sent.expose().get(..SETUP_LEN).unwrap_or_default();
        let exchange = Exchange::new(&run, &sid, mine, received(&run, inbox, 1)?);
        let direction = exchange.direction(&run.peer, &run.me);
        let trees = received(&run, inbox, 3)?;
        // [P3.1] the proof of every tree
        let punctured = pprf::puncture::<DEPTH>(&direction, choices.expose(), keys.expose(), trees);
        let Some((delta, punctured)) = punctured else {
            return Err(cheater(&run, 3, "P3.1", Fault::BadProof));
        };
        let id = pairing_id(&run, &sid, sent.expose(), inbox)?;
        let outbox = to_peer(&run, 4, confirmation(&id, zero.expose(), &run.me).to_vec());
        Ok((Round4 { run, id, secrets: Secrets { leaves, punctured, delta, zero } }, outbox))
    }

    pub(super) fn save(&self, tag: u8) -> Secret<Vec<u8>> {
        let leaves = self.leaves.expose();
        let mut out = Secret::buffer(1 + 16 * (1 + BASE + leaves.len()) + 32 + SENT_LEN);
        let bytes = out.expose_mut();
        bytes.push(tag);
        bytes.extend_from_slice(self.choices.expose());
        write_seeds(self.keys.expose(), bytes);
        write_seeds(leaves, bytes);
        bytes.extend_from_slice(self.zero.expose());
        bytes.extend_from_slice(self.sent.expose());
        out
    }

    pub(super) fn restore(run: Run, mut r: Reader<'_>) -> Option<Self> {
        let choices = Secret::new(*r.array()?);
        let keys = read_seeds(&mut r, BASE)?;
        let leaves = read_seeds(&mut r, super::LEAVES)?;
        let zero = Secret::new(*r.array()?);
        let sent = read_sent(&mut r, SENT_LEN)?;
        r.end()?;
        Some(Self { run, choices, keys, leaves, zero, sent })
    }
}
