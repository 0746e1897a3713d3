//! Round 2: the party that lost its share adds up the helpers' sums.
//!
//! Checks at the end of the round: L2.0, L2.1.

use alloc::boxed::Box;
use alloc::vec::Vec;

use ff::Field;

use super::Run;
use crate::curve::{Curve, Scheme, read_scalar};
use crate::error::{Abort, Charges, Doubt, Fault, Verdict};
use crate::key::KeyShare;
use crate::party::PartyId;
use crate::secret::Secret;
use crate::session::Inbox;
use crate::wire::Reader;

type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;

/// Bytes of an epoch's number, which stands behind a sum.
pub(super) const EPOCH_LEN: usize = 4;

/// A share as it was, and what the helpers say of later epochs.
#[derive(Debug)]
pub struct Rebuilt<S: Scheme> {
    /// The share, marked ([`KeyShare::must_refresh`]). Store it before anything else.
    pub share: KeyShare<S>,
    /// The highest epoch that each helper says it signed for, by itself, unproved; ascending by helper.
    pub signed: Vec<(PartyId, u32)>,
}

impl<S: Scheme> Rebuilt<S> {
    /// The highest of them, and at least the share's own. The device takes it for the highest epoch that it signed for itself
    /// ([`Epochs::raise_highest`](crate::key::epoch::Epochs::raise_highest)), which asks for a confirmation where it is far above the share's.
    #[must_use]
    pub fn highest_signed(&self) -> u32 {
        self.signed.iter().map(|(_, epoch)| *epoch).fold(self.share.public().epoch(), u32::max)
    }
}

/// The party that lost its share, waiting for sums of parts.
#[derive(Debug)]
pub struct Round2<S: Scheme> {
    run: Box<Run<S>>,
}

impl<S: Scheme> Round2<S> {
    pub(super) fn new(run: &Run<S>) -> Self {
        Self { run: Box::new(run.clone()) }
    }

    /// Adds up the sums, and compares with the certificate.
    ///
    /// # Errors
    /// [`Abort`] with check L2.0 or L2.1; nothing is left of what came.
    pub fn finish(self, inbox: &Inbox) -> Result<Rebuilt<S>, Abort> {
        let Run { key, lost, helpers, .. } = *self.run;
        let mut share = Secret::new(Scalar::<S>::ZERO);
        let mut signed = Vec::with_capacity(helpers.len());
        let mut charges = Charges::default();
        for message in inbox.direct(2) {
            // [L2.0] sigma_j is canonical
            match read::<S>(&message.body) {
                Some((sum, epoch)) => {
                    *share.expose_mut() += sum.expose();
                    signed.push((message.from, epoch));
                }
                None => charges.add(message.from, "L2.0", Fault::Malformed, None),
            }
        }
        charges.verdict(2)?;
        // [L2.1] s_m G = V(m)
        if !key.commitment().verify(lost, share.expose()) {
            let verdict = Verdict::Suspects { who: helpers, why: Doubt::ShareSum };
            return Err(Abort { round: 2, check: "L2.1", verdict, others: Vec::new() });
        }
        // [L2.2] it may only refresh or reshare until a new epoch
        Ok(Rebuilt { share: KeyShare::repaired(lost, share, key), signed })
    }
}

/// `sigma_j || u32 epoch`.
fn read<S: Scheme>(body: &[u8]) -> Option<(Secret<Scalar<S>>, u32)> {
    let mut r = Reader::new(body);
    let sum = read_scalar::<S::Curve>(r.bytes(S::Curve::SCALAR_LEN)?).map(Secret::new)?;
    let epoch = r.u32()?;
    r.end()?;
    Some((sum, epoch))
}
