//! Groups that mix this library with ZF's `frost-ed25519`, `frost-ristretto255`, `frost-p256`, `frost-secp256k1` and `frost-secp256k1-tr`, all
//! 3.0: keys and nonce commitments in those crates' own bytes.
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
//! let key = zf::encode_key_package::<FrostEd25519>((&shares[0]).into())?;
//! let public = shares[0].public();
//! let public = zf::encode_public_key_package::<FrostEd25519>(public.commitment(), public.roster().parties())?;
//! // And back, or from ZF's dealer or key generation.
//! let share = zf::Share::<FrostEd25519>::decode(key.expose(), &public)?;
//! assert_eq!(share.id(), shares[0].id());
//! # Ok::<(), quorate::error::SetupError>(())
//! ```
//!
//! A [`Share`] signs through the plain functions ([`SigningNonces::generate`](super::SigningNonces::generate),
//! [`SigningPackage::new`](super::SigningPackage::new), [`sign`](super::sign()), [`aggregate`](super::aggregate)). It has no
//! certificate and no roster of identities, so it is no [`KeyShare`](crate::key::KeyShare) and takes no part in sessions.
//!
//! # Taproot
//!
//! | `frost-secp256k1-tr` | here, for the package |
//! |---|---|
//! | `round2::sign`, `aggregate` | `KeyView::tweaked(commitment, &Taproot::Untweaked)` |
//! | `round2::sign_with_tweak`, `aggregate_with_tweak` of `None` | `Taproot::KeyPath`: what a bare commitment means |
//! | the same of `Some(root)` | `Taproot::ScriptRoot(root)` |
//!
//! ZF's key generation tweaks the key when it ends (its dealer does not): such a key has no script path already, and its output key
//! is that of `Untweaked`.
//!
//! # Layout
//!
//! Postcard's encoding of the structs: fields one after another, arrays of fixed size as they are, integers of more than
//! eight bits as base-128 varints, the low seven bits first, in as few bytes as possible.
//!
//! | name | bytes | content |
//! |---|---|---|
//! | header | 5 | version `00`, then the CRC-32 of the suite's context string, big-endian |
//! | id | 32 | the party's number as a scalar |
//! | scalar, point | 32; L = 32 or 33 | as everywhere in the suite |
//! | count, threshold | 1 to 3 | varint |
//!
//! | suite | CRC-32 |
//! |---|---|
//! | Ed25519 | `b1 69 f0 da` |
//! | ristretto255 | `d7 6e cf f5` |
//! | P-256 | `a1 32 f0 c9` |
//! | secp256k1 | `ee d6 b1 b1` |
//! | Taproot | `23 0f 8a b3` |
//!
//! | value | fields | bytes |
//! |---|---|---|
//! | `KeyPackage` | header, id, signing share, verifying share, verifying key, threshold | 70 + 2L to 72 + 2L |
//! | `PublicKeyPackage` | header, count, (id, verifying share) per member ascending, verifying key, `01`, threshold | 8 + L + (32 + L)n to 12 + L + (32 + L)n |
//! | the same before 3.0 | without the last two | 6 + L + (32 + L)n to 8 + L + (32 + L)n |
//! | `round1::SigningCommitments` | header, D, E | 5 + 2L |
//! | `round2::SignatureShare` | z: the bytes of [`SignatureShare`](super::SignatureShare) | 32 |
//! | `Signature` | the bytes of [`Suite::Signature`] | 64 or 65 |
//!
//! What is decoded here has exactly these bytes: no second form of a varint, no other order of members, nothing behind the
//! last field. ZF's own decoder is more generous. ZF's identifiers are any scalars, ours the numbers 1 to 65534; others
//! are refused.

use alloc::vec::Vec;

use super::nonce::NonceCommitments;
use super::share::SigningShare;
use super::suite::{Suite, concatenated, serialized_id};
use crate::curve::{Curve, Scheme, encode_point, read_point, read_scalar, write_scalar};
use crate::error::SetupError;
use crate::hash::sha256;
use crate::party::{Parties, PartyId, Threshold};
use crate::secret::Secret;
use crate::sharing::Commitment;
use crate::wire::Reader;

type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;
type Point<S> = <<S as Scheme>::Curve as Curve>::Point;

const HEADER: usize = 5;
const ID: usize = 32;

const KEY_PACKAGE: SetupError = SetupError::Malformed("ZF key package");
const PUBLIC_KEY_PACKAGE: SetupError = SetupError::Malformed("ZF public key package");
const COMMITMENTS: SetupError = SetupError::Malformed("ZF signing commitments");
const IDENTIFIER: SetupError = SetupError::Malformed("ZF identifier");

/// Version 0, and CRC-32 (IEEE 802.3) of the context string.
fn header<S: Suite>() -> [u8; HEADER] {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    let crc = !S::CONTEXT.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step));
    let [a, b, c, d] = crc.to_be_bytes();
    [0, a, b, c, d]
}

/// A share of a key that ZF's dealer or key generation made.
///
/// It fits the key's Feldman commitment, and so does every member's verifying share. The commitment is not part of ZF's
/// packages; it is interpolated from the verifying shares.
#[derive(Debug)]
pub struct Share<S: Suite> {
    id: PartyId,
    secret: Secret<Scalar<S>>,
    members: Parties,
    commitment: Commitment<S::Curve>,
    /// `SHA-256("quorate/1/zf" || V_0 || .. || V_{t-1})`: what nonces made for this share are bound to.
    epoch_id: [u8; 32],
}

impl<S: Suite> Share<S> {
    /// Puts a `KeyPackage` and its `PublicKeyPackage` together. A commitment has to be found from verifying shares, which
    /// takes seconds where the threshold is several hundred.
    ///
    /// # Errors
    /// [`SetupError::Malformed`] names what does not decode or does not fit the rest, [`SetupError::PartyId`] a member that is
    /// number 65535, [`SetupError::Threshold`] a threshold outside `2 <= t <= n <= 1024`.
    pub fn decode(key_package: &[u8], public_key_package: &[u8]) -> Result<Self, SetupError> {
        let own = KeyPackage::<S>::read(key_package)?;
        let group = PublicKeyPackage::<S>::read(public_key_package)?;
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
        let mut bytes = Secret::buffer(S::Curve::SCALAR_LEN);
        write_scalar::<S::Curve>(self.secret.expose(), bytes.expose_mut());
        Secret::build(|out: &mut [u8; 32]| {
            out.iter_mut().zip(bytes.expose()).for_each(|(to, from)| *to = *from)
        })
    }

    /// Who has a share.
    #[must_use]
    pub const fn members(&self) -> &Parties {
        &self.members
    }

    /// The key's Feldman commitment.
    #[must_use]
    pub const fn commitment(&self) -> &Commitment<S::Curve> {
        &self.commitment
    }
}

impl<'a, S: Suite> From<&'a Share<S>> for SigningShare<'a, S> {
    fn from(share: &'a Share<S>) -> Self {
        let (id, secret, commitment) = (share.id, &share.secret, &share.commitment);
        Self { id, secret, commitment, epoch_id: share.epoch_id, unchecked: None }
    }
}

/// A share as a `KeyPackage`: secret bytes.
///
/// # Errors
/// [`SetupError::Malformed`] if the share is zero, which happens with negligible probability and has no encoding;
/// [`SetupError::RefreshFirst`], [`SetupError::Burned`] for a key share that may not sign.
pub fn encode_key_package<S: Suite>(share: SigningShare<'_, S>) -> Result<Secret<Vec<u8>>, SetupError> {
    // [L2.2] what signs nothing here does not sign elsewhere
    share.unchecked.map_or(Ok(()), |of| of.check_standing(false))?;
    let commitment = share.commitment;
    let mut out = Secret::buffer(HEADER + ID + S::Curve::SCALAR_LEN + 2 * S::Curve::POINT_LEN + 3);
    let bytes = out.expose_mut();
    bytes.extend_from_slice(&header::<S>());
    bytes.extend(identifier::<S>(share.id)?);
    write_scalar::<S::Curve>(share.secret.expose(), bytes);
    bytes.extend(public::<S>(&commitment.at(share.id))?);
    bytes.extend(public::<S>(&commitment.public_key())?);
    put_varint(bytes, commitment.t());
    Ok(out)
}

/// The public side of a key as a `PublicKeyPackage`.
///
/// # Errors
/// [`SetupError::Threshold`] if there are fewer members than the threshold; [`SetupError::Malformed`] if somebody's share is zero, as
/// [`encode_key_package`].
pub fn encode_public_key_package<S: Suite>(
    commitment: &Commitment<S::Curve>,
    members: &Parties,
) -> Result<Vec<u8>, SetupError> {
    let (t, n) = (commitment.t(), members.len());
    if t > n {
        return Err(SetupError::Threshold { t: t.try_into().unwrap_or(u16::MAX), n: n as u16 });
    }
    let mut out = Vec::with_capacity(HEADER + n * (ID + S::Curve::POINT_LEN) + S::Curve::POINT_LEN + 7);
    out.extend_from_slice(&header::<S>());
    put_varint(&mut out, n);
    for id in members.iter() {
        out.extend(identifier::<S>(id)?);
        out.extend(public::<S>(&commitment.at(id))?);
    }
    out.extend(public::<S>(&commitment.public_key())?);
    out.push(1);
    put_varint(&mut out, t);
    Ok(out)
}

/// Nonce commitments as a `round1::SigningCommitments`.
///
/// # Errors
/// [`SetupError::Malformed`] unless both are points of prime order: what ZF would refuse.
pub fn encode_commitments<S: Suite>(commitments: &NonceCommitments) -> Result<Vec<u8>, SetupError> {
    let checked = checked::<S>(commitments.as_bytes())?;
    Ok([header::<S>().as_slice(), checked.as_bytes()].concat())
}

/// Nonce commitments from a `round1::SigningCommitments`.
///
/// # Errors
/// [`SetupError::Malformed`] unless header and length are right and both are points of prime order.
pub fn decode_commitments<S: Suite>(bytes: &[u8]) -> Result<NonceCommitments, SetupError> {
    checked::<S>(bytes.strip_prefix(header::<S>().as_slice()).ok_or(COMMITMENTS)?)
}

fn checked<S: Suite>(bytes: &[u8]) -> Result<NonceCommitments, SetupError> {
    let valid = bytes.chunks(S::Curve::POINT_LEN).all(|point| read_point::<S::Curve>(point).is_some());
    NonceCommitments::from_bytes::<S>(bytes).filter(|_| valid).ok_or(COMMITMENTS)
}

/// A `KeyPackage`, each field valid by itself.
struct KeyPackage<S: Suite> {
    id: PartyId,
    secret: Secret<Scalar<S>>,
    public: Point<S>,
    key: Point<S>,
    threshold: u16,
}

impl<S: Suite> KeyPackage<S> {
    fn read(bytes: &[u8]) -> Result<Self, SetupError> {
        let mut r = body::<S>(bytes).ok_or(KEY_PACKAGE)?;
        let id = read_identifier::<S>(&mut r, KEY_PACKAGE)?;
        let mut rest = || {
            let secret = Secret::new(read_scalar::<S::Curve>(r.bytes(S::Curve::SCALAR_LEN)?)?);
            let (public, key) = (point::<S>(&mut r)?, point::<S>(&mut r)?);
            let threshold = varint(&mut r)?;
            r.clone().end()?;
            Some(Self { id, secret, public, key, threshold })
        };
        rest().ok_or(KEY_PACKAGE)
    }
}

/// A `PublicKeyPackage`, each field valid by itself, the members ascending.
struct PublicKeyPackage<S: Suite> {
    count: u16,
    shares: Vec<(PartyId, Point<S>)>,
    key: Point<S>,
    threshold: Option<u16>,
}

impl<S: Suite> PublicKeyPackage<S> {
    fn read(bytes: &[u8]) -> Result<Self, SetupError> {
        let mut r = body::<S>(bytes).ok_or(PUBLIC_KEY_PACKAGE)?;
        let count = varint(&mut r).ok_or(PUBLIC_KEY_PACKAGE)?;
        // The length is checked before anything is allocated for it.
        let len = usize::from(count) * (ID + S::Curve::POINT_LEN);
        let mut list = Reader::new(r.bytes(len).ok_or(PUBLIC_KEY_PACKAGE)?);
        let key = point::<S>(&mut r).ok_or(PUBLIC_KEY_PACKAGE)?;
        let threshold = match r.u8() {
            None => None,
            Some(1) => Some(varint(&mut r).ok_or(PUBLIC_KEY_PACKAGE)?),
            Some(_) => return Err(PUBLIC_KEY_PACKAGE),
        };
        r.end().ok_or(PUBLIC_KEY_PACKAGE)?;
        let mut shares = Vec::with_capacity(count.into());
        for _ in 0..count {
            let id = read_identifier::<S>(&mut list, PUBLIC_KEY_PACKAGE)?;
            shares.push((id, point::<S>(&mut list).ok_or(PUBLIC_KEY_PACKAGE)?));
        }
        let ascending = shares.is_sorted_by(|(a, _), (b, _)| a < b);
        if ascending { Ok(Self { count, shares, key, threshold }) } else { Err(PUBLIC_KEY_PACKAGE) }
    }
}

/// What stands behind the header.
fn body<S: Suite>(bytes: &[u8]) -> Option<Reader<'_>> {
    bytes.strip_prefix(header::<S>().as_slice()).map(Reader::new)
}

fn point<S: Suite>(r: &mut Reader<'_>) -> Option<Point<S>> {
    read_point::<S::Curve>(r.bytes(S::Curve::POINT_LEN)?)
}

fn read_identifier<S: Suite>(r: &mut Reader<'_>, short: SetupError) -> Result<PartyId, SetupError> {
    let bytes = r.array::<ID>().ok_or(short)?;
    // Two bytes of the scalar can be a party's number, at the end that the curve's integers start from.
    let [low, high, .., b, a] = bytes;
    let scalar = |number: u16| concatenated::<S>(&[], &Scalar::<S>::from(u64::from(number)));
    let big_endian = scalar(1).first() == Some(&0);
    let number = u16::from_be_bytes(if big_endian { [*b, *a] } else { [*high, *low] });
    if number == 0 || scalar(number) != bytes { Err(IDENTIFIER) } else { PartyId::new(number) }
}

/// A member's id; the coordinator's is none.
fn identifier<S: Suite>(id: PartyId) -> Result<Vec<u8>, SetupError> {
    PartyId::new(id.get()).map(serialized_id::<S>)
}

fn public<S: Suite>(point: &Point<S>) -> Result<Vec<u8>, SetupError> {
    encode_point::<S::Curve>(point).ok_or(SetupError::Malformed("a share that is zero"))
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
