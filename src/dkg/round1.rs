//! Round 1: commit to a polynomial, publish a one-time key per dealer.
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
use super::{Round2, Run};
use crate::curve::{Curve, Scheme, random_scalar, read_point, read_scalar, write_scalar};
use crate::error::{Abort, Charges, Fault};
use crate::evidence::{Evidence, EvidenceKind};
use crate::party::PartyId;
use crate::proof::{commit::Opening, dlog};
use crate::secret::Secret;
use crate::session::{Inbox, Outbox, Terms, body_hashes, view};
use crate::sharing::Polynomial;
use crate::wire::{Kind, Reader};

type Scalars<S> = Secret<Vec<<<S as Scheme>::Curve as Curve>::Scalar>>;

/// Committed; waiting for the others' commitments.
pub struct Round1<S: Scheme> {
    run: Run,
    polynomial: Polynomial<S::Curve>,
    /// `A_i`, encoded.
    points: Vec<u8>,
    /// `cc_i || salt_i`.
    opening: Secret<[u8; 64]>,
    /// `e_{i,j}` per dealer `j`, ascending.
    keys: Scalars<S>,
}

/// Nothing but the name: the polynomial's commitment is secret until it is revealed.
impl<S: Scheme> fmt::Debug for Round1<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Round1(..)")
    }
}

impl<S: Scheme> Round1<S> {
    /// Samples everything and commits.
    pub fn start(run: Run, terms: &Terms, rng: &mut dyn CryptoRng) -> (Self, Outbox) {
        let polynomial = Polynomial::<S::Curve>::random(run.threshold(), rng);
        let mut opening = Secret::new([0; 64]);
        rng.fill_bytes(opening.expose_mut());
        let others = run.roster().len().saturating_sub(1);
        let mut keys: Scalars<S> = Secret::new(Vec::with_capacity(others));
        keys.expose_mut().extend((0..others).map(|_| random_scalar::<S::Curve>(rng)));
        let points = encode::<S::Curve>(&polynomial.commit());

        let round = Self { run, polynomial, points, opening, keys };
        let public: Vec<_> = round.keys.expose().iter().map(S::Curve::mul_base).collect();
        let mut nonce = [0; 32];
        rng.fill_bytes(&mut nonce);
        let mut body = nonce.to_vec();
        body.extend_from_slice(&round.opening().commit(&terms.sid(), terms.me));
        body.extend_from_slice(&encode::<S::Curve>(&public));
        (round, Outbox::to_all(1, Kind::All, body))
    }

    fn opening(&self) -> Opening<'_> {
        let (chain, salt) = halves(self.opening.expose());
        Opening { points: &self.points, chain, salt }
    }

    /// Reveals the polynomial to all, and to each its share.
    ///
    /// # Errors
    /// [`Abort`] with check K1.1.
    pub fn finish(self, inbox: &Inbox, rng: &mut dyn CryptoRng) -> Result<(Round2<S>, Outbox), Abort> {
        let terms = inbox.terms();
        let e1 = view(&terms.sid(), 1, &body_hashes(inbox, 1));
        let receivers = self.receivers(inbox)?;

        let coefficients = self.polynomial.coefficients();
        let (r, z) = dlog::prove::<S::Curve>(&e1, terms.me, &self.points, coefficients, rng);
        let (chain, salt) = halves(self.opening.expose());
        let mut body = e1.to_vec();
        body.extend_from_slice(&self.points);
        body.extend_from_slice(chain);
        body.extend_from_slice(salt);
        body.extend_from_slice(&r);
        write_scalar::<S::Curve>(&z, &mut body);

        let mut outbox = Outbox::to_all(2, Kind::All, body);
        let dealt = Dealt::<S::Curve>::new(&receivers, rng);
        for (receiver, point, shared) in dealt.to(&receivers) {
            let pad = pad::<S::Curve>(&e1, terms.me, receiver.id, receiver.key_bytes, point, shared);
            let mut body = point.to_vec();
            write_scalar::<S::Curve>(&(self.polynomial.at(receiver.id) + pad), &mut body);
            outbox.direct.push((receiver.id, body));
        }
        let own = Secret::new(self.polynomial.at(terms.me));
        Ok((Round2::new(self.run, e1, own, self.keys), outbox))
    }

    /// [K1.1] `E_{j,i}`, the one meant for us, is canonical, of prime order and not the identity. The others stay bytes.
    fn receivers<'a>(&self, inbox: &'a Inbox) -> Result<Vec<Receiver<'a, S::Curve>>, Abort> {
        let me = inbox.terms().me;
        let mut charges = Charges::default();
        let mut receivers = Vec::with_capacity(self.run.roster().len());
        for message in inbox.others(1) {
            let id = message.from;
            let key_bytes =
                Commit::parse(&message.body).and_then(|c| c.key_for::<S::Curve>(&self.run, id, me));
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

    pub(super) fn save(&self, tag: u8) -> Secret<Vec<u8>> {
        let scalars = self.polynomial.coefficients().len() + self.keys.expose().len();
        let mut out = Secret::buffer(1 + 64 + scalars * S::Curve::SCALAR_LEN);
        let bytes = out.expose_mut();
        bytes.push(tag);
        bytes.extend_from_slice(self.opening.expose());
        for k in self.polynomial.coefficients().iter().chain(self.keys.expose()) {
            write_scalar::<S::Curve>(k, bytes);
        }
        out
    }

    pub(super) fn restore(run: Run, _: &Inbox, mut r: Reader<'_>) -> Option<Self> {
        let opening = Secret::new(*r.array::<64>()?);
        let polynomial = Polynomial::of(read_scalars::<S::Curve>(&mut r, run.threshold().t().into())?);
        let keys = read_scalars::<S::Curve>(&mut r, run.roster().len().checked_sub(1)?)?;
        r.end()?;
        let points = encode::<S::Curve>(&polynomial.commit());
        Some(Self { run, polynomial, points, opening, keys })
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
    let mut out = Secret::new(Vec::with_capacity(count));
    for _ in 0..count {
        // None of them is zero when it is sampled.
        let scalar = read_scalar::<C>(r.bytes(C::SCALAR_LEN)?).filter(|k| !bool::from(k.is_zero()))?;
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
