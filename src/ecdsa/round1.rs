//! Round 1: commit to nonces, choose multiplicands; then open, and multiply.
//!
//! Source: DKLs23, Protocol 3.6, steps 1 to 6. Inputs: the weighted shares, the pairings. Checks: S1.1, S1.2. Output: round 2. Deviations:
//! one commitment for all, with a view digest in round 2; both parties' nonces in every use of the pairing; the view in the zero shares.

#![allow(non_snake_case)]

use alloc::sync::Arc;
use alloc::vec::Vec;

use group::Group;
use rand_core::{CryptoRng, Rng};
use subtle::Choice;
use zeroize::Zeroizing;

use super::msg::{COMMIT_LEN, Commit, OPEN_LEN};
use super::round2::{Opened, Products, Round2};
use super::suite::EcdsaScheme;
use super::team::Team;
use crate::curve::{Curve, Scheme, random_scalar, write_scalar};
use crate::error::{Abort, Chance, Fault, SetupError};
use crate::hash::{Tag, Transcript};
use crate::hedge::SessionRng;
use crate::ot::DEPTH;
use crate::ot::extension::{Extended, extend};
use crate::pairing::Secrets;
use crate::party::PartyId;
use crate::secret::{Secret, published, published_in_place};
use crate::session::{Inbox, Outbox};
use crate::vole::{Receiver, multiply};
use crate::wire::HEADER_LEN;
use crate::zero;

type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;
type Point<S> = <<S as Scheme>::Curve as Curve>::Point;

/// One signature after this party's commitment.
#[derive(Debug)]
struct Draft<S: EcdsaScheme> {
    /// `r_i`, `phi_i`.
    nonce: Secret<Scalar<S>>,
    mask: Secret<Scalar<S>>,
    salt: Secret<[u8; 32]>,
    /// `R_i`, and its encoding: secret until round 2.
    R: Secret<Point<S>>,
    encoded: Secret<Vec<u8>>,
    commitment: [u8; 32],
    /// As Bob, towards each other signer.
    receivers: Vec<Receiver<S::Curve>>,
}

/// Committed to nonces; waiting for the others' commitments.
#[derive(Debug)]
pub struct Round1<S: EcdsaScheme> {
    team: Team<S>,
    drafts: Vec<Draft<S>>,
}

impl<S: EcdsaScheme> Round1<S> {
    pub(super) fn start(team: Team<S>, rng: &mut dyn CryptoRng) -> Result<(Self, Outbox), SetupError> {
        let mut rng = SessionRng::new::<S::Curve>(rng, &team.share, &team.sid, 1);
        let mut secrets = Vec::with_capacity(team.links.len());
        for (id, link) in &team.links {
            secrets.push(link.secrets().ok_or(SetupError::Banned(*id))?);
        }
        let items = team.items.len();
        let mut bodies: Vec<_> =
            team.links.iter().map(|_| Vec::with_capacity(HEADER_LEN + COMMIT_LEN * items)).collect();
        let mut drafts = Draft::many(&team, &mut rng);
        for ((sid, _), draft) in team.items.iter().zip(&mut drafts) {
            for (((id, link), of), body) in team.links.iter().zip(&secrets).zip(&mut bodies) {
                body.extend_from_slice(&draft.commitment);
                let psid = Team::<S>::psid(sid, link, *id, team.me);
                draft.receivers.push(Receiver::start(&psid, of.leaves.expose(), &mut rng, body));
            }
        }
        let direct = team.links.iter().map(|(id, _)| *id).zip(bodies).collect();
        Ok((Self { team, drafts }, Outbox { round: 1, all: None, direct }))
    }

    /// Looks at every peer's extension, then opens and multiplies.
    ///
    /// # Errors
    /// [`Abort`] with check S1.1 or S1.2. A failed S1.2 bans.
    pub fn finish(self, inbox: &Inbox, rng: &mut dyn CryptoRng) -> Result<(Round2<S>, Outbox), Abort> {
        let Self { team, drafts } = self;
        let own_fault = Abort::no_fault(1, "S1.2", Chance::OwnFault);
        // [S1.1] nobody was banned meanwhile
        let secrets = team.secrets(1)?;
        let mut rng = SessionRng::new::<S::Curve>(rng, &team.share, &team.sid, 2);
        let commits = commits(&team, inbox).ok_or_else(|| own_fault.clone())?;

        // [S1.2] every peer's extension is consistent
        let (mut extended, mut results) = (Vec::new(), Vec::new());
        for (((id, link), of), commits) in team.links.iter().zip(&secrets).zip(&commits) {
            let (mut list, mut passed) = (Vec::with_capacity(commits.len()), Choice::from(1));
            for ((sid, _), commit) in team.items.iter().zip(commits) {
                let psid = Team::<S>::psid(sid, link, team.me, *id);
                let (punctured, delta) = (of.punctured.expose(), of.delta.expose());
                let (columns, fine) = extend::<DEPTH>(&psid, punctured, delta, commit.extension)
                    .ok_or_else(|| own_fault.clone())?;
                passed &= fine;
                list.push(columns);
            }
            extended.push(list);
            // One bit for all items.
            results.push(alloc::vec![(passed, "S1.2", Fault::OtExtension)]);
        }
        team.settle(1, &results)?;

        let room = || Vec::with_capacity(HEADER_LEN + OPEN_LEN * drafts.len());
        let mut bodies: Vec<Vec<u8>> = team.links.iter().map(|_| room()).collect();
        let mut offers = Vec::with_capacity(drafts.len());
        for (at, draft) in drafts.into_iter().enumerate() {
            let others: Option<Vec<_>> = commits.iter().map(|list| Some(*list.get(at)?.commitment)).collect();
            let extended = extended.iter().map(|list| list.get(at));
            let extended: Option<Vec<_>> =
                secrets.iter().zip(extended).map(|(of, e)| Some((of, e?))).collect();
            let (Some((sid, order)), Some(others), Some(extended)) = (team.items.get(at), others, extended)
            else {
                return Err(own_fault);
            };
            let share = team.weighted_share(order);
            let view = commitments_view(sid, &team, &draft.commitment, &others);
            let mut sum = Zeroizing::new(*share.expose());
            for ((id, _), of) in team.links.iter().zip(&secrets) {
                zero::add::<S::Curve>(&mut sum, &of.zero, sid, &view, [team.me, *id]);
            }
            let mut offer = Offer {
                draft,
                share: Secret::new(*sum),
                view,
                others,
                products: Vec::new(),
                points: Vec::new(),
            };
            offer.multiply(sid, &team, &extended, &mut bodies, &mut rng);
            offers.push(offer);
        }
        let opened = open(offers, &mut bodies)?;
        // [S1.1] and nobody until this leaves
        team.release(1)?;
        let direct = team.links.iter().map(|(id, _)| *id).zip(bodies).collect();
        Ok((Round2::new(team, opened), Outbox { round: 2, all: None, direct }))
    }
}

/// The items of every peer's message.
fn commits<'a, S: EcdsaScheme>(team: &Team<S>, inbox: &'a Inbox) -> Option<Vec<Vec<Commit<'a>>>> {
    let of = |id: PartyId| {
        let body = &inbox.direct_from(1, id)?.body;
        body.chunks_exact(COMMIT_LEN).map(Commit::read).collect()
    };
    team.links.iter().map(|(id, _)| of(*id)).collect()
}

/// `V1 = H("sign-view1"; sid, per id ascending one item u16 id || com_id)`.
fn commitments_view<S: EcdsaScheme>(
    sid: &[u8; 32],
    team: &Team<S>,
    own: &[u8; 32],
    others: &[[u8; 32]],
) -> [u8; 32] {
    let others = team.links.iter().map(|(id, _)| *id).zip(others);
    let mut all: Vec<_> = others.chain([(team.me, own)]).collect();
    all.sort_unstable_by_key(|(id, _)| *id);
    let start = Transcript::new(Tag::SignView1).bytes(sid);
    all.into_iter().fold(start, |t, (id, com)| t.parts(&[&id.to_bytes(), com])).finish()
}

/// `com_i = H("sign-commit"; sid, u16 i, R_i, salt_i)`: the committing party is inside, so a copied commitment opens for nobody else.
pub(super) fn commit(sid: &[u8; 32], id: PartyId, nonce: &[u8], salt: &[u8; 32]) -> [u8; 32] {
    Transcript::new(Tag::SignCommit).bytes(sid).party(id).bytes(nonce).bytes(salt).finish()
}

impl<S: EcdsaScheme> Draft<S> {
    /// One for each item; their points are encoded together.
    fn many(team: &Team<S>, rng: &mut SessionRng) -> Vec<Self> {
        let mut draw = || {
            let nonce = Secret::new(random_scalar::<S::Curve>(rng));
            let mask = Secret::new(random_scalar::<S::Curve>(rng));
            let mut salt = Secret::new([0; 32]);
            rng.fill_bytes(salt.expose_mut());
            (nonce, mask, salt)
        };
        let drawn: Vec<_> = team.items.iter().map(|_| draw()).collect();
        let points = drawn.iter().map(|(nonce, ..)| S::Curve::mul_base(nonce.expose()));
        let points = Zeroizing::new(points.collect::<Vec<_>>());
        let mut all = Secret::buffer(S::Curve::POINT_LEN * points.len());
        // A nonce is not zero, so its point has an encoding.
        let _ = S::Curve::encode_points(&points, all.expose_mut());
        let encoded = all.expose().chunks_exact(S::Curve::POINT_LEN);
        let mut drafts = Vec::with_capacity(drawn.len());
        let items = team.items.iter().zip(drawn).zip(points.iter().zip(encoded));
        for (((sid, _), (nonce, mask, salt)), (R, encoded)) in items {
            // Sent in this round.
            let commitment = published(commit(sid, team.me, encoded, salt.expose()));
            let (R, encoded) = (Secret::new(*R), Secret::new(encoded.to_vec()));
            drafts.push(Self { nonce, mask, salt, R, encoded, commitment, receivers: Vec::new() });
        }
        drafts
    }
}

/// One signature with what the commitments determine, multiplied with every peer; the points are not encoded yet.
struct Offer<S: EcdsaScheme> {
    draft: Draft<S>,
    /// `sk_i = lambda_i (s_i + epsilon) + zeta_i`.
    share: Secret<Scalar<S>>,
    view: [u8; 32],
    others: Vec<[u8; 32]>,
    /// `c^u, c^v` with each peer.
    products: Vec<Products<S>>,
    /// `pk_i`, then `Gamma^u, Gamma^v` for each peer.
    points: Vec<Point<S>>,
}

impl<S: EcdsaScheme> Offer<S> {
    /// Appends to each peer's body room for the fields before the multiplication, and the multiplication.
    fn multiply(
        &mut self,
        sid: &[u8; 32],
        team: &Team<S>,
        pairings: &[(&Arc<Secrets>, &Extended)],
        bodies: &mut [Vec<u8>],
        rng: &mut SessionRng,
    ) {
        let inputs = [self.draft.nonce.expose(), self.share.expose()];
        self.points.push(S::Curve::mul_base(self.share.expose()));
        for (((id, link), (of, extended)), body) in team.links.iter().zip(pairings).zip(bodies.iter_mut()) {
            let psid = Team::<S>::psid(sid, link, team.me, *id);
            body.extend_from_slice(&[0; OPEN_LEN - crate::vole::MESSAGE_LEN]);
            let c = multiply::<S::Curve>(&psid, extended, of.delta.expose(), inputs, rng, body);
            self.points.extend(c.expose().iter().map(S::Curve::mul_base));
            self.products.push(c);
        }
    }
}

/// Encodes all points at once and fills in the fields before each multiplication: R 33, salt 32, pk 33, Gamma^u 33, Gamma^v 33, psi 32,
/// V1 32.
fn open<S: EcdsaScheme>(offers: Vec<Offer<S>>, bodies: &mut [Vec<u8>]) -> Result<Vec<Opened<S>>, Abort> {
    let points: Vec<_> = offers.iter().flat_map(|offer| offer.points.iter().copied()).collect();
    let mut encoded = Vec::with_capacity(points.len() * S::Curve::POINT_LEN);
    // sk_i, c^u or c^v is zero with negligible probability
    let degenerate = Abort::no_fault(1, "S2.7", Chance::Degenerate);
    S::Curve::encode_points(&points, &mut encoded).ok_or(degenerate)?;
    // To be sent in this round: points of the share and of products. If a ban keeps them back, they are dropped unread.
    published_in_place(encoded.as_slice());
    let mut encoded = encoded.chunks_exact(S::Curve::POINT_LEN);

    let mut opened = Vec::with_capacity(offers.len());
    for (at, offer) in offers.into_iter().enumerate() {
        let Offer { draft, share, view, others, products, points } = offer;
        let key = encoded.next().unwrap_or(&[]);
        for (receiver, body) in draft.receivers.iter().zip(bodies.iter_mut()) {
            let (u, v) = (encoded.next().unwrap_or(&[]), encoded.next().unwrap_or(&[]));
            let mut psi = Vec::with_capacity(S::Curve::SCALAR_LEN);
            write_scalar::<S::Curve>(&(*draft.mask.expose() - receiver.factor().expose()), &mut psi);
            let fields = [&draft.encoded.expose()[..], draft.salt.expose(), key, u, v, &psi, &view].concat();
            let to = body.iter_mut().skip(at * OPEN_LEN);
            to.zip(fields).for_each(|(to, from)| *to = from);
        }
        // Sent as well, now that all are committed.
        published_in_place(draft.encoded.expose().as_slice());
        let K = points.first().copied().unwrap_or(Point::<S>::identity());
        let Draft { nonce, mask, R, receivers, encoded, .. } = draft;
        let encoded = [encoded.expose().clone(), key.to_vec()];
        let (R, c, commitments) = (*R.expose(), products, others);
        opened.push(Opened { nonce, mask, share, R, K, encoded, c, receivers, view, commitments });
    }
    Ok(opened)
}
