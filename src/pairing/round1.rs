//! Round 1: points for the base transfers, one-time keys, commitments to the parts of the zero-sharing seed.
//!
//! Checks at the end of the round: P1.1.

use alloc::vec::Vec;

use curve25519_dalek::Scalar;
use rand_core::CryptoRng;

use super::msg::{
    CHOICE_LEN, Exchange, OPENING_LEN, SENT_LEN, SETUP_LEN, Setup, cheater, commit, received, to_peer,
};
use super::{Round2, Run, read_scalar, read_sent};
use crate::error::{Abort, Fault};
use crate::ot::base;
use crate::secret::{Secret, published_in_place};
use crate::session::{Inbox, Outbox, Terms};
use crate::wire::Reader;

/// Committed; waiting for the peer's points.
#[derive(Debug)]
pub struct Round1 {
    run: Run,
    /// `y`: of the base transfers that this device sends.
    y: Secret<Scalar>,
    /// `e`: of the pads.
    e: Secret<Scalar>,
    /// `z || salt`.
    opening: Secret<[u8; OPENING_LEN]>,
    /// The body sent.
    sent: Secret<Vec<u8>>,
}

impl Round1 {
    /// Samples everything and commits.
    pub fn start(run: Run, terms: &Terms, rng: &mut dyn CryptoRng) -> (Self, Outbox) {
        let mut nonce = [0; 32];
        rng.fill_bytes(&mut nonce);
        let (y, e) = (base::random_scalar(rng), base::random_scalar(rng));
        let mut opening = Secret::new([0; OPENING_LEN]);
        rng.fill_bytes(opening.expose_mut());

        let mut body = Vec::with_capacity(SETUP_LEN);
        body.extend_from_slice(&nonce);
        body.extend_from_slice(&base::public(y.expose()));
        body.extend_from_slice(&base::public(e.expose()));
        body.extend_from_slice(&commit(&terms.sid(), &run.me, opening.expose()));
        // The peer reads it, and its copy here goes into the pairing's name.
        published_in_place(body.as_slice());
        let mut sent = Secret::buffer(SENT_LEN);
        sent.expose_mut().extend_from_slice(&body);
        (Self { run, y, e, opening, sent }, to_peer(&run, 1, body))
    }

    /// Chooses in every base transfer, and opens the commitment to the peer alone.
    ///
    /// # Errors
    /// [`Abort`] with check P1.1.
    pub fn finish(self, inbox: &Inbox, rng: &mut dyn CryptoRng) -> Result<(Round2, Outbox), Abort> {
        let Self { run, y, e, opening, mut sent } = self;
        let theirs = received(&run, inbox, 1)?;
        // [P1.1] S and E are canonical encodings of points other than the identity
        let points = Setup::parse(theirs)
            .and_then(|s| Some((s.point, base::read_point(s.point)?, base::read_point(s.key)?)));
        let Some((encoded, point, key)) = points else {
            return Err(cheater(&run, 1, "P1.1", Fault::Malformed));
        };
        let exchange = Exchange::new(&run, &inbox.terms().sid(), sent.expose(), theirs);
        let shared = base::agree(e.expose(), &key);

        let choices = Secret::<[u8; 16]>::build(|bits| rng.fill_bytes(bits));
        let direction = exchange.direction(&run.peer, &run.me);
        let (mut body, keys) = base::receive(&direction, encoded, &point, choices.expose(), rng);
        body.reserve_exact(OPENING_LEN);
        let pad = exchange.pad(&run.me, &run.peer, &shared);
        body.extend(opening.expose().iter().zip(pad.expose()).map(|(a, b)| a ^ b));

        // The same of this one: points that are uniform whatever the choices are, and the opening under its pad.
        published_in_place(body.as_slice());

        let pad = exchange.pad(&run.peer, &run.me, &shared);
        sent.expose_mut().extend_from_slice(&body);
        debug_assert_eq!(body.len(), CHOICE_LEN);
        let outbox = to_peer(&run, 2, body);
        let z = Secret::<[u8; 32]>::build(|z| z.iter_mut().zip(opening.expose()).for_each(|(a, b)| *a = *b));
        Ok((Round2 { run, y, z, pad, choices, keys, sent }, outbox))
    }

    pub(super) fn save(&self, tag: u8) -> Secret<Vec<u8>> {
        let mut out = Secret::buffer(1 + 64 + OPENING_LEN + SETUP_LEN);
        let bytes = out.expose_mut();
        bytes.push(tag);
        bytes.extend_from_slice(self.y.expose().as_bytes());
        bytes.extend_from_slice(self.e.expose().as_bytes());
        bytes.extend_from_slice(self.opening.expose());
        bytes.extend_from_slice(self.sent.expose());
        out
    }

    pub(super) fn restore(run: Run, mut r: Reader<'_>) -> Option<Self> {
        let (y, e) = (read_scalar(&mut r)?, read_scalar(&mut r)?);
        let opening = Secret::new(*r.array()?);
        let sent = read_sent(&mut r, SETUP_LEN)?;
        r.end()?;
        Some(Self { run, y, e, opening, sent })
    }
}
