//! Round 2: the peer has chosen; both keys of every base transfer, and from them the trees.
//!
//! Checks at the end of the round, in this order: P2.1, P2.2, P2.3.

use alloc::vec::Vec;

use curve25519_dalek::Scalar;

use super::msg::{
    CHOICE_LEN, Exchange, OPENING_LEN, SETUP_LEN, Setup, cheater, commit, received, suspect, to_peer,
};
use super::{Round3, Run, read_scalar, read_seeds, read_sent, write_seeds};
use crate::error::{Abort, Doubt, Fault};
use crate::ot::{BASE, DEPTH, Seed, base, pprf};
use crate::secret::{Secret, published, published_in_place};
use crate::session::{Inbox, Outbox};
use crate::wire::Reader;

/// Chosen; waiting for the peer's choices.
#[derive(Debug)]
pub struct Round2 {
    pub(super) run: Run,
    pub(super) y: Secret<Scalar>,
    /// The own part of the zero-sharing seed.
    pub(super) z: Secret<[u8; 32]>,
    /// What hides the peer's opening.
    pub(super) pad: Secret<[u8; OPENING_LEN]>,
    /// The choice bits of the base transfers that this device receives.
    pub(super) choices: Secret<[u8; 16]>,
    /// Their keys.
    pub(super) keys: Secret<Vec<Seed>>,
    /// The bodies of rounds 1 and 2.
    pub(super) sent: Secret<Vec<u8>>,
}

impl Round2 {
    /// Sends the trees that the peer will know all but one leaf of.
    ///
    /// # Errors
    /// [`Abort`] with check P2.1, P2.2 or P2.3.
    pub fn finish(self, inbox: &Inbox) -> Result<(Round3, Outbox), Abort> {
        let Self { run, y, z, pad, choices, keys, mut sent } = self;
        let (first, second) = (received(&run, inbox, 1)?, received(&run, inbox, 2)?);
        let mine = sent.expose().get(..SETUP_LEN).unwrap_or_default();
        let exchange = Exchange::new(&run, &inbox.terms().sid(), mine, first);
        let direction = exchange.direction(&run.me, &run.peer);
        let (pairs, padded) = second
            .split_last_chunk::<OPENING_LEN>()
            .ok_or(base::Flaw::Point)
            .and_then(|(points, padded)| Ok((base::send(&direction, y.expose(), points)?, padded)))
            .map_err(|flaw| match flaw {
                // [P2.1] every X is the canonical encoding of a point other than the identity
                base::Flaw::Point => cheater(&run, 2, "P2.1", Fault::Malformed),
                // [P2.2] no Q is the identity
                base::Flaw::Degenerate => cheater(&run, 2, "P2.2", Fault::Malformed),
            })?;
        // [P2.3] the peer's part opens its commitment; a peer that restarted under one session id fails here too
        let mut opening = pad;
        opening.expose_mut().iter_mut().zip(padded).for_each(|(a, b)| *a ^= b);
        let committed = Setup::parse(first).map(|s| *s.commitment);
        // A commitment that the peer has made itself, or none that hides anything.
        if committed != Some(published(commit(&inbox.terms().sid(), &run.peer, opening.expose()))) {
            return Err(suspect(&run, 2, "P2.3", Doubt::Opening));
        }
        let (theirs, _salt) = opening.expose().split_at(OPENING_LEN / 2);
        let zero = exchange.zero(&run, z.expose(), theirs);

        let (leaves, body) = pprf::expand::<DEPTH>(&direction, pairs.expose());
        // The peer reads it: corrections under keys of which it has one of two, sums and digests.
        published_in_place(body.as_slice());
        sent.expose_mut().extend_from_slice(&body);
        let outbox = to_peer(&run, 3, body);
        Ok((Round3 { run, choices, keys, leaves, zero, sent }, outbox))
    }

    pub(super) fn save(&self, tag: u8) -> Secret<Vec<u8>> {
        let mut out = Secret::buffer(1 + 64 + OPENING_LEN + 16 * (1 + BASE) + SETUP_LEN + CHOICE_LEN);
        let bytes = out.expose_mut();
        bytes.push(tag);
        bytes.extend_from_slice(self.y.expose().as_bytes());
        bytes.extend_from_slice(self.z.expose());
        bytes.extend_from_slice(self.pad.expose());
        bytes.extend_from_slice(self.choices.expose());
        write_seeds(self.keys.expose(), bytes);
        bytes.extend_from_slice(self.sent.expose());
        out
    }

    pub(super) fn restore(run: Run, mut r: Reader<'_>) -> Option<Self> {
        let y = read_scalar(&mut r)?;
        let (z, pad) = (Secret::new(*r.array()?), Secret::new(*r.array()?));
        let choices = Secret::new(*r.array()?);
        let keys = read_seeds(&mut r, BASE)?;
        let sent = read_sent(&mut r, SETUP_LEN + CHOICE_LEN)?;
        r.end()?;
        Some(Self { run, y, z, pad, choices, keys, sent })
    }
}
