//! The last round: fragments of the signature, which add up to it.
//!
//! Source: DKLs23, Protocol 3.6, steps 9 and 10. It is round 3 of signing, and the only round of spending a presignature. Checks: S3.1 to S3.4.

#![allow(non_snake_case)]

use alloc::vec::Vec;

use ff::Field;

use super::message::Digest;
use super::msg::{FRAGMENT_LEN, Fragment};
use super::round2::Presigned;
use super::signature::Signature;
use super::suite::{EcdsaScheme, NonceImage, reduce};
use crate::curve::{Curve, Scheme, write_scalar};
use crate::error::{Abort, Charges, Doubt, Fault, Verdict};
use crate::party::{Parties, PartyId};
use crate::session::{Inbox, Outbox, views_differ};
use crate::wire::Kind;

type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;
type Point<S> = <<S as Scheme>::Curve as Curve>::Point;

/// One signature after this party's fragment.
#[derive(Debug)]
struct Item<S: EcdsaScheme> {
    view: [u8; 32],
    R: Point<S>,
    image: NonceImage<S::Curve>,
    key: Point<S>,
    digest: Digest,
    /// `w_i`, `u_i`: sent, so public.
    own: [Scalar<S>; 2],
}

/// Sent the own fragments; waiting for the others'.
#[derive(Debug)]
pub struct Round3<S: EcdsaScheme> {
    round: u8,
    signers: Parties,
    items: Vec<Item<S>>,
}

impl<S: EcdsaScheme> Round3<S> {
    /// `w_i = h phi_i + r_x v_i`. This is where the nonces are consumed: each `presigned` is moved in, with its key and digest.
    pub(super) fn start(
        round: u8,
        signers: Parties,
        presigned: impl IntoIterator<Item = (Presigned<S>, Point<S>, Digest)>,
    ) -> (Self, Outbox) {
        let (mut items, mut body) = (Vec::new(), Vec::new());
        for (Presigned { id, R, image, fragments }, key, digest) in presigned {
            let [phi, u, v] = fragments.expose();
            let w = reduce::<S::Curve>(digest.as_bytes()) * phi + image.r * v;
            body.extend_from_slice(&id);
            write_scalar::<S::Curve>(&w, &mut body);
            write_scalar::<S::Curve>(u, &mut body);
            items.push(Item { view: id, R, image, key, digest, own: [w, *u] });
        }
        (Self { round, signers, items }, Outbox::to_all(round, Kind::All, body))
    }

    /// Adds the fragments up, and verifies every signature before it is returned.
    ///
    /// # Errors
    /// [`Abort`] with check S3.1 to S3.4: nobody can be named for a wrong fragment without revealing secrets.
    pub fn finish(self, inbox: &Inbox) -> Result<Vec<Signature<S>>, Abort> {
        let (round, me) = (self.round, inbox.terms().me);
        let mut fragments = Vec::with_capacity(self.signers.len());
        for message in inbox.others(round) {
            let list: Option<Vec<_>> = message.body.chunks_exact(FRAGMENT_LEN).map(Fragment::split).collect();
            fragments.push((message.from, list.unwrap_or_default()));
        }
        // [S3.1] everybody saw the same openings
        let same =
            |list: &Vec<Fragment<'_>>| list.iter().zip(&self.items).all(|(f, own)| *f.view == own.view);
        if !fragments.iter().all(|(_, list)| same(list)) {
            return Err(views_differ(round, "S3.1", &self.signers, me));
        }
        // [S3.2] their scalars are canonical
        let decoded = decode::<S>(round, &fragments)?;
        let mut signatures = Vec::with_capacity(self.items.len());
        for (at, item) in self.items.iter().enumerate() {
            let others = decoded.iter().filter_map(|list| list.get(at));
            let [w, u] = others.fold(item.own, |[w, u], [other_w, other_u]| [w + other_w, u + other_u]);
            let doubt = |check| {
                let verdict = Verdict::Suspects { who: self.signers.without(me), why: Doubt::Signature };
                Abort { round, check, verdict, others: Vec::new() }
            };
            // [S3.3] s = w / u exists and is not zero
            let inverse = (w * u).invert().into_option().ok_or_else(|| doubt("S3.3"))?;
            let (s, s_inverse) = (w * w * inverse, u * u * inverse);
            // [S3.4] and the signature verifies: h/s G + r/s pk' is R
            let h = reduce::<S::Curve>(item.digest.as_bytes());
            let (a, b) = (h * s_inverse, item.image.r * s_inverse);
            if S::Curve::mul_base_add_vartime(&a, &item.key, &b) != item.R {
                return Err(doubt("S3.4"));
            }
            let signature = Signature::from_parts(item.image, &s).ok_or_else(|| doubt("S3.3"))?;
            signatures.push(signature);
        }
        Ok(signatures)
    }
}

fn decode<S: EcdsaScheme>(
    round: u8,
    fragments: &[(PartyId, Vec<Fragment<'_>>)],
) -> Result<Vec<Vec<[Scalar<S>; 2]>>, Abort> {
    let mut charges = Charges::default();
    let mut decoded = Vec::with_capacity(fragments.len());
    for (id, list) in fragments {
        match list.iter().map(Fragment::decode::<S>).collect() {
            Some(list) => decoded.push(list),
            None => charges.add(*id, "S3.2", Fault::Malformed, None),
        }
    }
    charges.verdict(round)?;
    Ok(decoded)
}
