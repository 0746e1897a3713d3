//! Groups that mix this library with ZF's `frost-ed25519` 3.0: keys and nonce commitments in that crate's own bytes.
//!
//! ```
//! use quorate::curve::FrostEd25519;
//! use quorate::frost::zf;
//! # use quorate::party::Threshold;
//! # use quorate::sim::Cast;
//! # use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
//! # let mut rng = ChaCha20Rng::seed_from_u64(1);
//! # let cast = Cast::new([1, 2, 3], &mut rng)?;
//! # let shares = cast.deal::<FrostEd25519>(Threshold::new(2, 3)?, &mut rng)?;
//! // To ZF: `KeyPackage::deserialize(key.expose())`, `PublicKeyPackage::deserialize(&public)`.
//! let key = zf::encode_key_package((&shares[0]).into())?;
//! let public = shares[0].public();
//! let public = zf::encode_public_key_package(public.commitment(), public.roster().parties())?;
//! // And back, or from ZF's dealer or key generation.
//! let share = zf::Share::decode(key.expose(), &public)?;
//! assert_eq!(share.id(), shares[0].id());
//! # Ok::<(), quorate::error::SetupError>(())
//! ```
//!
//! A [`Share`] signs through the plain functions ([`SigningNonces::generate`](super::SigningNonces::generate),
//! [`SigningPackage::new`](super::SigningPackage::new), [`sign`](super::sign()), [`aggregate`](super::aggregate)). It has no
//! certificate and no roster of identities, so it is no [`KeyShare`](crate::key::KeyShare) and takes no part in sessions.
//!
//! # Layout
//!
//! Postcard's encoding of the structs: fields one after another, arrays of fixed size as they are, integers of more than
//! eight bits as base-128 varints, the low seven bits first, in as few bytes as possible.
//!
//! | name | bytes | content |
//! |---|---|---|
//! | header | 5 | version `00`, then the CRC-32 of `FROST-ED25519-SHA512-v1`, big-endian: `b1 69 f0 da` |
//! | id | 32 | the party's number as a scalar, little-endian |
//! | scalar, point | 32 | as everywhere in the suite: little-endian; RFC 8032 |
//! | count, threshold | 1 to 3 | varint |
//!
//! | value | fields | bytes |
//! |---|---|---|
//! | `KeyPackage` | header, id, signing share, verifying share, verifying key, threshold | 134 or 135 |
//! | `PublicKeyPackage` | header, count, (id, verifying share) per member ascending, verifying key, `01`, threshold | 40 + 64n to 42 + 64n |
//! | the same before 3.0 | without the last two | 38 + 64n or 39 + 64n |
//! | `round1::SigningCommitments` | header, D, E | 69 |
//! | `round2::SignatureShare` | z: the bytes of [`SignatureShare`](super::SignatureShare) | 32 |
//! | `Signature` | R, z: the bytes of [`Ed25519Signature`](super::Ed25519Signature) | 64 |
//!
//! What is decoded here has exactly these bytes: no second form of a varint, no other order of members, nothing behind the
//! last field. ZF's own decoder is more generous. ZF's identifiers are any scalars, ours the numbers 1 to 65534; others
//! are refused.

use alloc::vec::Vec;

use super::nonce::NonceCommitments;
use super::share::SigningShare;
use super::suite::serialized_id;
use crate::curve::{Curve, Ed25519, FrostEd25519, encode_point, read_point, read_scalar, write_scalar};
use crate::error::SetupError;
use crate::hash::sha256;
use crate::party::{Parties, PartyId, Threshold};
use crate::secret::Secret;
use crate::sharing::Commitment;
use crate::wire::Reader;

type Scalar = <Ed25519 as Curve>::Scalar;
type Point = <Ed25519 as Curve>::Point;

const HEADER: [u8; 5] = [0, 0xb1, 0x69, 0xf0, 0xda];
const POINT: usize = Ed25519::POINT_LEN;
const SCALAR: usize = Ed25519::SCALAR_LEN;

const KEY_PACKAGE: SetupError = SetupError::Malformed("ZF key package");
const PUBLIC_KEY_PACKAGE: SetupError = SetupError::Malformed("ZF public key package");
const COMMITMENTS: SetupError = SetupError::Malformed("ZF signing commitments");
const IDENTIFIER: SetupError = SetupError::Malformed("ZF identifier");

/// A share of a key that ZF's dealer or key generation made.
///
/// It fits the key's Feldman commitment, and so does every member's verifying share. The commitment is not part of ZF's
/// packages; it is interpolated from the verifying shares.
#[derive(Debug)]
pub struct Share {
    id: PartyId,
    secret: Secret<Scalar>,
    members: Parties,
    commitment: Commitment<Ed25519>,
    /// `SHA-256("quorate/1/zf" || V_0 || .. || V_{t-1})`: what nonces made for this share are bound to.
    epoch_id: [u8; 32],
}

impl Share {
    /// Puts a `KeyPackage` and its `PublicKeyPackage` together. A commitment has to be found from verifying shares, which
    /// takes seconds where the threshold is several hundred.
    ///
    /// # Errors
    /// [`SetupError::Malformed`] names what does not decode or does not fit the rest, [`SetupError::PartyId`] a member that is
    /// number 65535, [`SetupError::Threshold`] a threshold outside `2 <= t <= n <= 1024`.
    pub fn decode(key_package: &[u8], public_key_package: &[u8]) -> Result<Self, SetupError> {
        let own = KeyPackage::read(key_package)?;
        let group = PublicKeyPackage::read(public_key_package)?;
        let threshold = Threshold::new(own.threshold, group.count)?;
        if group.threshold.is_some_and(|t| t != own.threshold) {
            return Err(SetupError::Malformed("ZF threshold: two different ones"));
        }
        // The first t verifying shares determine the polynomial; the others have to lie on it.
        let commitment = group.shares.get(..threshold.t().into()).and_then(Commitment::interpolate);
        let commitment = commitment
            .ok_or(SetupError::Malformed("ZF verifying shares: not a polynomial of degree t - 1"))?;
        if group.shares.iter().skip(commitment.t()).any(|(id, share)| commitment.at(*id) != *share) {
            return Err(SetupError::Malformed("ZF verifying shares: not on one polynomial"));
        }
        if [own.key, group.key].iter().any(|key| *key != commitment.public_key()) {
            return Err(SetupError::Malformed("ZF verifying key: not that of the verifying shares"));
        }
        let members = Parties::new(group.shares.iter().map(|(id, _)| *id))?;
        if !members.contains(own.id) || own.public != commitment.at(own.id) {
            return Err(SetupError::Malformed("ZF key package: not of a member"));
        }
        if !commitment.verify(own.id, own.secret.expose()) {
            return Err(SetupError::Malformed("ZF signing share: not that of its verifying share"));
        }
        let mut name = b"quorate/1/zf".to_vec();
        commitment.write(&mut name);
        Ok(Self { id: own.id, secret: own.secret, members, commitment, epoch_id: sha256(&name) })
    }

    /// Whose share it is.
    #[must_use]
    pub const fn id(&self) -> PartyId {
        self.id
    }

    /// The signing share itself, to be dealt anew ([`crate::import`]).
    #[must_use]
    pub fn secret_bytes(&self) -> Secret<[u8; 32]> {
        Secret::new(self.secret.expose().to_bytes())
    }

    /// Who has a share.
    #[must_use]
    pub const fn members(&self) -> &Parties {
        &self.members
    }

    /// The key's Feldman commitment.
    #[must_use]
    pub const fn commitment(&self) -> &Commitment<Ed25519> {
        &self.commitment
    }
}

impl<'a> From<&'a Share> for SigningShare<'a, FrostEd25519> {
    fn from(share: &'a Share) -> Self {
        Self {
            id: share.id,
            secret: &share.secret,
            commitment: &share.commitment,
            epoch_id: share.epoch_id,
            own: None,
        }
    }
}

/// A share as a `KeyPackage`: secret bytes.
///
/// # Errors
/// [`SetupError::Malformed`] if the share is zero, which happens with negligible probability and has no encoding.
pub fn encode_key_package(share: SigningShare<'_, FrostEd25519>) -> Result<Secret<Vec<u8>>, SetupError> {
    let commitment = share.commitment;
    let mut out = Secret::buffer(HEADER.len() + 2 * SCALAR + 2 * POINT + 3);
    let bytes = out.expose_mut();
    bytes.extend_from_slice(&HEADER);
    bytes.extend(identifier(share.id)?);
    write_scalar::<Ed25519>(share.secret.expose(), bytes);
    bytes.extend(public(&commitment.at(share.id))?);
    bytes.extend(public(&commitment.public_key())?);
    put_varint(bytes, commitment.t());
    Ok(out)
}

/// The public side of a key as a `PublicKeyPackage`.
///
/// # Errors
/// [`SetupError::Threshold`] if there are fewer members than the threshold; [`SetupError::Malformed`] if somebody's share is zero, as
/// [`encode_key_package`].
pub fn encode_public_key_package(
    commitment: &Commitment<Ed25519>,
    members: &Parties,
) -> Result<Vec<u8>, SetupError> {
    let (t, n) = (commitment.t(), members.len());
    if t > n {
        return Err(SetupError::Threshold { t: t.try_into().unwrap_or(u16::MAX), n: n as u16 });
    }
    let mut out = Vec::with_capacity(HEADER.len() + n * (SCALAR + POINT) + POINT + 7);
    out.extend_from_slice(&HEADER);
    put_varint(&mut out, n);
    for id in members.iter() {
        out.extend(identifier(id)?);
        out.extend(public(&commitment.at(id))?);
    }
    out.extend(public(&commitment.public_key())?);
    out.push(1);
    put_varint(&mut out, t);
    Ok(out)
}

/// Nonce commitments as a `round1::SigningCommitments`.
///
/// # Errors
/// [`SetupError::Malformed`] unless both are points of prime order: what ZF would refuse.
pub fn encode_commitments(commitments: &NonceCommitments) -> Result<Vec<u8>, SetupError> {
    let checked = checked(commitments.as_bytes())?;
    Ok([HEADER.as_slice(), checked.as_bytes()].concat())
}

/// Nonce commitments from a `round1::SigningCommitments`.
///
/// # Errors
/// [`SetupError::Malformed`] unless header and length are right and both are points of prime order.
pub fn decode_commitments(bytes: &[u8]) -> Result<NonceCommitments, SetupError> {
    checked(bytes.strip_prefix(HEADER.as_slice()).ok_or(COMMITMENTS)?)
}

fn checked(bytes: &[u8]) -> Result<NonceCommitments, SetupError> {
    let valid = bytes.chunks(POINT).all(|point| read_point::<Ed25519>(point).is_some());
    NonceCommitments::from_bytes::<FrostEd25519>(bytes).filter(|_| valid).ok_or(COMMITMENTS)
}

/// A `KeyPackage`, each field valid by itself.
struct KeyPackage {
    id: PartyId,
    secret: Secret<Scalar>,
    public: Point,
    key: Point,
    threshold: u16,
}

impl KeyPackage {
    fn read(bytes: &[u8]) -> Result<Self, SetupError> {
        let mut r = body(bytes).ok_or(KEY_PACKAGE)?;
        let id = read_identifier(&mut r, KEY_PACKAGE)?;
        let mut rest = || {
            let secret = Secret::new(read_scalar::<Ed25519>(r.bytes(SCALAR)?)?);
            let (public, key) = (point(&mut r)?, point(&mut r)?);
            let threshold = varint(&mut r)?;
            r.clone().end()?;
            Some(Self { id, secret, public, key, threshold })
        };
        rest().ok_or(KEY_PACKAGE)
    }
}

/// A `PublicKeyPackage`, each field valid by itself, the members ascending.
struct PublicKeyPackage {
    count: u16,
    shares: Vec<(PartyId, Point)>,
    key: Point,
    threshold: Option<u16>,
}

impl PublicKeyPackage {
    fn read(bytes: &[u8]) -> Result<Self, SetupError> {
        let mut r = body(bytes).ok_or(PUBLIC_KEY_PACKAGE)?;
        let count = varint(&mut r).ok_or(PUBLIC_KEY_PACKAGE)?;
        // The length is checked before anything is allocated for it.
        let mut list = Reader::new(r.bytes(usize::from(count) * (SCALAR + POINT)).ok_or(PUBLIC_KEY_PACKAGE)?);
        let key = point(&mut r).ok_or(PUBLIC_KEY_PACKAGE)?;
        let threshold = match r.u8() {
            None => None,
            Some(1) => Some(varint(&mut r).ok_or(PUBLIC_KEY_PACKAGE)?),
            Some(_) => return Err(PUBLIC_KEY_PACKAGE),
        };
        r.end().ok_or(PUBLIC_KEY_PACKAGE)?;
        let mut shares = Vec::with_capacity(count.into());
        for _ in 0..count {
            let id = read_identifier(&mut list, PUBLIC_KEY_PACKAGE)?;
            shares.push((id, point(&mut list).ok_or(PUBLIC_KEY_PACKAGE)?));
        }
        let ascending = shares.is_sorted_by(|(a, _), (b, _)| a < b);
        if ascending { Ok(Self { count, shares, key, threshold }) } else { Err(PUBLIC_KEY_PACKAGE) }
    }
}

/// What stands behind the header.
fn body(bytes: &[u8]) -> Option<Reader<'_>> {
    bytes.strip_prefix(HEADER.as_slice()).map(Reader::new)
}

fn point(r: &mut Reader<'_>) -> Option<Point> {
    read_point::<Ed25519>(r.bytes(POINT)?)
}

fn read_identifier(r: &mut Reader<'_>, short: SetupError) -> Result<PartyId, SetupError> {
    let [low, high, rest @ ..] = r.array::<32>().ok_or(short)?;
    let number = u16::from_le_bytes([*low, *high]);
    if rest.iter().any(|byte| *byte != 0) || number == 0 { Err(IDENTIFIER) } else { PartyId::new(number) }
}

/// A member's id; the coordinator's is none.
fn identifier(id: PartyId) -> Result<Vec<u8>, SetupError> {
    PartyId::new(id.get()).map(serialized_id::<FrostEd25519>)
}

fn public(point: &Point) -> Result<Vec<u8>, SetupError> {
    encode_point::<Ed25519>(point).ok_or(SetupError::Malformed("a share that is zero"))
}

/// Seven bits a byte, the low ones first; every byte but the last has its top bit set.
fn put_varint(out: &mut Vec<u8>, mut value: usize) {
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// At most sixteen bits, in as few bytes as possible.
fn varint(r: &mut Reader<'_>) -> Option<u16> {
    let mut value = 0u32;
    for shift in [0, 7, 14] {
        let byte = r.u8()?;
        value |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            let shortest = byte != 0 || shift == 0;
            return u16::try_from(value).ok().filter(|_| shortest);
        }
    }
    None
}
