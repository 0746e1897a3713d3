//! Round 1: dealers commit to a polynomial, receivers publish a one-time key per dealer.
//!
//! Source: Feldman 1987 and Pedersen 1991 with the commit-then-release of Gennaro, Jarecki, Krawczyk and Rabin 2007; the
//! per-dealer one-time keys are ours. Checks at the end of the round: K1.1.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use ff::Field;
use rand_core::CryptoRng;

use super::complaint::pad;
use super::msg::Commit;
use super::{Deal, Round2};
use crate::curve::{Curve, Scheme, random_scalar, read_point, read_scalar, write_scalar};
use crate::error::{Abort, Charges, Fault};
use crate::evidence::{Evidence, EvidenceKind};
use crate::party::PartyId;
use crate::proof::{commit::Opening, dlog};
use crate::secret::{Secret, verdict};
use crate::session::{Inbox, Outbox, Terms, body_hashes, view};
use crate::sharing::Polynomial;
use crate::wire::{Kind, Reader};

type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;
type Scalars<S> = Secret<Vec<Scalar<S>>>;

/// What this device brings to a dealing.
pub(crate) enum Stake<S: Scheme> {
    /// Nothing: it only receives.
    None,
    /// A random constant.
    Random,
    /// Zero, and the share that the sum of what is dealt is added to.
    Zero(Secret<Scalar<S>>),
    /// This constant, and this part of the chain code where it is not random.
    Constant(Secret<Scalar<S>>, Option<Secret<[u8; 32]>>),
}

/// Committed; waiting for the others' commitments.
pub struct Round1<S: Scheme> {
    deal: Deal<S>,
    /// Of a dealer.
    dealing: Option<Dealing<S::Curve>>,
    /// The share of the epoch before, in a refresh; else zero.
    held: Secret<Scalar<S>>,
    /// `e_{i,j}` per other dealer `j`, ascending; of a receiver.
    keys: Scalars<S>,
}

/// What a dealer has committed to.
struct Dealing<C: Curve> {
    polynomial: Polynomial<C>,
    /// `A_i`, encoded.
    points: Vec<u8>,
    /// `cc_i || salt_i`.
    opening: Secret<[u8; 64]>,
    brings_chain: bool,
}

impl<C: Curve> Dealing<C> {
    fn new<S: Scheme<Curve = C>>(
        deal: &Deal<S>,
        polynomial: Polynomial<C>,
        opening: Secret<[u8; 64]>,
    ) -> Self {
        let points = encode::<C>(&polynomial.commit_from(usize::from(deal.of_zero())));
        Self { polynomial, points, opening, brings_chain: deal.brings_chain() }
    }

    fn sample<S: Scheme<Curve = C>>(
        deal: &Deal<S>,
        stake: &Stake<S>,
        rng: &mut dyn CryptoRng,
    ) -> Option<Self> {
        let polynomial = match stake {
            Stake::None => return None,
            Stake::Random => Polynomial::random(deal.threshold(), rng),
            Stake::Zero(_) => Polynomial::with_constant(&C::Scalar::ZERO, deal.threshold(), rng),
            Stake::Constant(constant, _) => {
                Polynomial::with_constant(constant.expose(), deal.threshold(), rng)
            }
        };
        let mut opening = Secret::new([0; 64]);
        rng.fill_bytes(opening.expose_mut());
        if let Stake::Constant(_, Some(chain)) = stake {
            opening.expose_mut().iter_mut().zip(chain.expose()).for_each(|(to, from)| *to = *from);
        }
        Some(Self::new(deal, polynomial, opening))
    }

    fn opening(&self) -> Opening<'_> {
        let (chain, salt) = halves(self.opening.expose());
        Opening { points: &self.points, chain: if self.brings_chain { chain } else { &[] }, salt }
    }

    /// The coefficients whose points are sent.
    fn coefficients(&self) -> &[C::Scalar] {
        let all = self.polynomial.coefficients();
        let first = all.len().saturating_sub(self.points.len() / C::POINT_LEN);
        all.get(first..).unwrap_or(all)
    }
}

/// Nothing but the name: the polynomial's commitment is secret until it is revealed.
impl<S: Scheme> fmt::Debug for Round1<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Round1(..)")
    }
}

impl<S: Scheme> Round1<S> {
    /// Samples everything and commits.
    pub(crate) fn start(
        deal: Deal<S>,
        terms: &Terms,
        stake: Stake<S>,
        rng: &mut dyn CryptoRng,
    ) -> (Self, Outbox) {
        let dealing = Dealing::sample(&deal, &stake, rng);
        let count = if deal.receives(terms.me) { deal.dealers().without(terms.me).len() } else { 0 };
        let mut keys: Scalars<S> = Secret::new(Vec::with_capacity(count));
        keys.expose_mut().extend((0..count).map(|_| random_scalar::<S::Curve>(rng)));
        let public: Vec<_> = keys.expose().iter().map(S::Curve::mul_base).collect();
        let mut nonce = [0; 32];
        rng.fill_bytes(&mut nonce);
        let mut body = nonce.to_vec();
        if let Some(dealing) = &dealing {
            body.extend_from_slice(&dealing.opening().commit(&terms.sid(), terms.me));
        }
        body.extend_from_slice(&encode::<S::Curve>(&public));
        let held = match stake {
            Stake::Zero(share) => share,
            _ => Secret::new(Scalar::<S>::ZERO),
        };
        (Self { deal, dealing, held, keys }, Outbox::to_all(1, Kind::All, body))
    }

    /// A dealer reveals the polynomial to all, and to each receiver its share.
    ///
    /// # Errors
    /// [`Abort`] with check K1.1.
    pub fn finish(self, inbox: &Inbox, rng: &mut dyn CryptoRng) -> Result<(Round2<S>, Outbox), Abort> {
        let terms = inbox.terms();
        let e1 = view(&terms.sid(), 1, &body_hashes(inbox, 1));
        let Some(dealing) = &self.dealing else {
            return Ok((Round2::new(self.deal, e1, self.held, self.keys), Outbox::default()));
        };
        let receivers = self.receivers(inbox)?;

        let coefficients = dealing.coefficients();
        let (r, z) = dlog::prove::<S::Curve>(&e1, terms.me, &dealing.points, coefficients, rng);
        let opening = dealing.opening();
        let mut body = e1.to_vec();
        body.extend_from_slice(&dealing.points);
        body.extend_from_slice(opening.chain);
        body.extend_from_slice(opening.salt);
        body.extend_from_slice(&r);
        write_scalar::<S::Curve>(&z, &mut body);

        let mut outbox = Outbox::to_all(2, Kind::All, body);
        let dealt = Dealt::<S::Curve>::new(&receivers, rng);
        for (receiver, point, shared) in dealt.to(&receivers) {
            let pad = pad::<S::Curve>(&e1, terms.me, receiver.id, receiver.key_bytes, point, shared);
            let mut body = point.to_vec();
            write_scalar::<S::Curve>(&(dealing.polynomial.at(receiver.id) + pad), &mut body);
            outbox.direct.push((receiver.id, body));
        }
        let mut own = self.held;
        if self.deal.receives(terms.me) {
            *own.expose_mut() += dealing.polynomial.at(terms.me);
        }
        Ok((Round2::new(self.deal, e1, own, self.keys), outbox))
    }

    /// [K1.1] `E_{j,i}` of every receiver `j`, the one meant for us, is canonical, of prime order and not the identity. The others stay
    /// bytes.
    fn receivers<'a>(&self, inbox: &'a Inbox) -> Result<Vec<Receiver<'a, S::Curve>>, Abort> {
        let me = inbox.terms().me;
        let mut charges = Charges::default();
        let mut receivers = Vec::with_capacity(self.deal.roster().len());
        for message in inbox.others(1).filter(|m| self.deal.receives(m.from)) {
            let id = message.from;
            let commit = Commit::parse(&self.deal, id, &message.body);
            let key_bytes = commit.and_then(|c| c.key_for(&self.deal, id, me));
            match key_bytes.and_then(|bytes| Some((bytes, read_point::<S::Curve>(bytes)?))) {
                Some((key_bytes, key)) => receivers.push(Receiver { id, key_bytes, key }),
                None => {
                    let evidence = inbox.envelope(1, message);
                    let evidence = evidence.map(|e| Evidence::new(EvidenceKind::Undecodable, alloc::vec![e]));
                    charges.add(id, "K1.1", Fault::Malformed, evidence);
                }
            }
        }
        charges.verdict(1)?;
        Ok(receivers)
    }

    /// tag 1; of a dealer the opening 64 and the coefficients that are not zero by nature; the share held, in a refresh; the one-time keys.
    pub(super) fn save(&self, tag: u8) -> Secret<Vec<u8>> {
        let scalars = self.dealing.as_ref().map_or(0, |d| d.coefficients().len());
        let scalars = scalars + usize::from(self.deal.of_zero()) + self.keys.expose().len();
        let mut out = Secret::buffer(1 + 64 + scalars * S::Curve::SCALAR_LEN);
        let bytes = out.expose_mut();
        bytes.push(tag);
        if let Some(dealing) = &self.dealing {
            bytes.extend_from_slice(dealing.opening.expose());
            dealing.coefficients().iter().for_each(|k| write_scalar::<S::Curve>(k, bytes));
        }
        if self.deal.of_zero() {
            write_scalar::<S::Curve>(self.held.expose(), bytes);
        }
        self.keys.expose().iter().for_each(|k| write_scalar::<S::Curve>(k, bytes));
        out
    }

    pub(super) fn restore(deal: Deal<S>, inbox: &Inbox, mut r: Reader<'_>) -> Option<Self> {
        let me = inbox.terms().me;
        let mut dealing = None;
        if deal.deals(me) {
            let opening = Secret::new(*r.array::<64>()?);
            let mut coefficients = read_scalars::<S::Curve>(&mut r, deal.points())?;
            if deal.of_zero() {
                coefficients.expose_mut().insert(0, Scalar::<S>::ZERO);
            }
            dealing = Some(Dealing::new(&deal, Polynomial::of(coefficients), opening));
        }
        let held = if deal.of_zero() { r.bytes(S::Curve::SCALAR_LEN)? } else { &[] };
        let held = if held.is_empty() { Scalar::<S>::ZERO } else { read_scalar::<S::Curve>(held)? };
        let held = Secret::new(held);
        let count = if deal.receives(me) { deal.dealers().without(me).len() } else { 0 };
        let keys = read_scalars::<S::Curve>(&mut r, count)?;
        r.end()?;
        Some(Self { deal, dealing, held, keys })
    }
}

/// A party we deal to, with the one-time key `E` it made for us.
struct Receiver<'a, C: Curve> {
    id: PartyId,
    key_bytes: &'a [u8],
    key: C::Point,
}

/// Per receiver `D = d*G` and the Diffie-Hellman value `d*E`, encoded with one inversion each.
struct Dealt<C: Curve> {
    points: Vec<u8>,
    shared: Secret<Vec<u8>>,
    curve: PhantomData<C>,
}

impl<C: Curve> Dealt<C> {
    fn new(receivers: &[Receiver<'_, C>], rng: &mut dyn CryptoRng) -> Self {
        let mut secrets: Secret<Vec<C::Scalar>> = Secret::new(Vec::with_capacity(receivers.len()));
        secrets.expose_mut().extend(receivers.iter().map(|_| random_scalar::<C>(rng)));
        let points: Vec<_> = secrets.expose().iter().map(C::mul_base).collect();
        let mut shared = Secret::new(Vec::with_capacity(receivers.len()));
        shared.expose_mut().extend(receivers.iter().zip(secrets.expose()).map(|(r, d)| C::mul(&r.key, d)));
        Self {
            points: encode::<C>(&points),
            shared: Secret::new(encode::<C>(shared.expose())),
            curve: PhantomData,
        }
    }

    fn to<'a>(
        &'a self,
        receivers: &'a [Receiver<'a, C>],
    ) -> impl Iterator<Item = (&'a Receiver<'a, C>, &'a [u8], &'a [u8])> {
        let pairs = self.points.chunks(C::POINT_LEN).zip(self.shared.expose().chunks(C::POINT_LEN));
        receivers.iter().zip(pairs).map(|(receiver, (point, shared))| (receiver, point, shared))
    }
}

pub(super) fn read_scalars<C: Curve>(r: &mut Reader<'_>, count: usize) -> Option<Secret<Vec<C::Scalar>>> {
    // One more fits in without a copy.
    let mut out = Secret::new(Vec::with_capacity(count + 1));
    for _ in 0..count {
        // None of them is zero when it is sampled.
        let scalar = read_scalar::<C>(r.bytes(C::SCALAR_LEN)?).filter(|k| !verdict(k.is_zero()))?;
        out.expose_mut().push(scalar);
    }
    Some(out)
}

/// The encodings of points that are multiples of prime-order points by non-zero scalars, so none is the identity.
fn encode<C: Curve>(points: &[C::Point]) -> Vec<u8> {
    let mut out = Vec::with_capacity(points.len() * C::POINT_LEN);
    let _ = C::encode_points(points, &mut out);
    out
}

/// `cc || salt`.
fn halves(opening: &[u8; 64]) -> (&[u8; 32], &[u8; 32]) {
    let (halves, _) = opening.as_chunks::<32>();
    match halves {
        [chain, salt] => (chain, salt),
        _ => (&[0; 32], &[0; 32]),
    }
}
