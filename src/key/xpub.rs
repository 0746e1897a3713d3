//! Extended public keys of BIP-32, and their text.
//!
//! 78 bytes: `version 4 || depth 1 || parent's fingerprint 4 || child number 4 || chain code 32 || public key 33`. The fingerprint of a key is
//! the first 4 bytes of `RIPEMD-160(SHA-256(public key))`. The text is base58 of the 78 bytes and the first 4 of their `SHA-256(SHA-256(..))`.
//!
//! Only the versions of BIP-32 itself are known, not those of SLIP-132: which kind of address a key is for is not in its version.

use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use ripemd::{Digest, Ripemd160};
use zeroize::Zeroizing;

use super::child::{Derivation, Derive, Derived, hmac};
use super::path::Path;
use super::sharing::Sharing;
use crate::curve::{Curve, Secp256k1, encode_point, read_point};
use crate::error::SetupError;
use crate::hash::sha256;
use crate::wire::Reader;

type Point = <Secp256k1 as Curve>::Point;

/// Bytes of an extended key, and of its checksum.
const LEN: usize = 78;
const CHECKSUM_LEN: usize = 4;

/// Which Bitcoin an extended public key is for: its version, and the first letters of its text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Network {
    /// `0488B21E`, `xpub`.
    Main,
    /// `043587CF`, `tpub`.
    Test,
}

impl Network {
    const fn version(self) -> [u8; 4] {
        match self {
            Self::Main => [0x04, 0x88, 0xb2, 0x1e],
            Self::Test => [0x04, 0x35, 0x87, 0xcf],
        }
    }

    fn read(version: [u8; 4]) -> Result<Self, XpubError> {
        match version {
            [0x04, 0x88, 0xad, 0xe4] | [0x04, 0x35, 0x83, 0x94] => Err(XpubError::Secret),
            _ => [Self::Main, Self::Test]
                .into_iter()
                .find(|network| network.version() == version)
                .ok_or(XpubError::Version(version)),
        }
    }
}

/// A text, or 78 bytes, that is no extended public key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum XpubError {
    /// A character that base58 does not have.
    #[error("not base58")]
    Base58,
    /// Not 78 bytes (with the checksum, 82).
    #[error("an extended key has another length")]
    Length,
    /// The last four bytes are not the checksum of the others.
    #[error("the checksum is wrong: the text was changed")]
    Checksum,
    /// An extended secret key. Nothing of it is kept; whoever entered it has shown it to this program.
    #[error("this is an extended secret key: it belongs nowhere near a threshold wallet")]
    Secret,
    /// The version is none of BIP-32's.
    #[error("unknown version {0:02x?} of an extended key")]
    Version([u8; 4]),
    /// The key has no ancestors, but a parent's fingerprint or a child number.
    #[error("depth 0 with a parent or a child number")]
    Root,
    /// Not the compressed encoding of a point of secp256k1.
    #[error("the public key is not a point of secp256k1")]
    PublicKey,
}

impl XpubError {
    /// A stable number.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::Base58 => 5121,
            Self::Length => 5122,
            Self::Checksum => 5123,
            Self::Secret => 5124,
            Self::Version(_) => 5125,
            Self::Root => 5126,
            Self::PublicKey => 5127,
        }
    }
}

/// An extended public key: with it, whoever only watches derives the public keys of all descendants, without hardened indices.
///
/// It is public, but not harmless: it links all addresses below it, and together with one descendant's secret it gives the key's
/// own. No secret of a descendant is ever put together here.
///
/// Ordered by nothing; two are equal if all their bytes are. Its text has one spelling.
///
/// ```
/// use quorate::key::{Path, Xpub, XpubError};
/// // BIP-32, test vector 2: m and m/0.
/// let key: Xpub = "xpub661MyMwAqRbcFW31YEwpkMuc5THy2PSt5bDMsktWQcFF8syAmRUapSCGu8ED9W6oDMSgv6Zz8idoc4a6mr8BDzTJY47LJhkJ8UB7WEGuduB"
///     .parse()?;
/// let child = key.derive(&Path::new([0])?)?;
/// assert_eq!(child.to_string(), "xpub69H7F5d8KSRgmmdJg2KhpAK8SR3DjMwAdkxj3ZuxV27CprR9LgpeyGmXUbC6wb7ERfvrnKZjXoUmmDznezpbZb7ap6r1D3tgFxHmwMkQTPH");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Xpub {
    network: Network,
    depth: u8,
    parent: [u8; 4],
    number: u32,
    chain_code: [u8; 32],
    point: Point,
}

impl Xpub {
    /// That of a key itself, at depth 0; [`Xpub::derive`] leads to others. For every scheme on secp256k1: all of them derive by BIP-32.
    ///
    /// ```compile_fail,E0271
    /// # use quorate::{curve::EcdsaP256, key::{Network, Sharing, Xpub}};
    /// fn of(key: &Sharing<EcdsaP256>) -> Xpub {
    ///     Xpub::new(key, Network::Main)
    /// }
    /// ```
    #[must_use]
    pub fn new<S: Derive<Curve = Secp256k1>>(key: &Sharing<S>, network: Network) -> Self {
        const { assert!(matches!(S::DERIVATION, Derivation::Bip32), "an xpub is BIP-32's") };
        let point = key.commitment().public_key();
        Self { network, depth: 0, parent: [0; 4], number: 0, chain_code: *key.chain_code(), point }
    }

    /// The descendant at the end of the path. Variable time.
    ///
    /// # Errors
    /// [`SetupError::Underivable`] names an index that has no child, one in 2^127. [`SetupError::Malformed`] if it were deeper than 255.
    pub fn derive(&self, path: &Path) -> Result<Self, SetupError> {
        path.indices().iter().try_fold(self.clone(), |parent, index| parent.child(*index))
    }

    fn child(&self, number: u32) -> Result<Self, SetupError> {
        let depth = self.depth.checked_add(1).ok_or(SetupError::Malformed("path"))?;
        let child = Derived::<Secp256k1>::root(self.point, self.chain_code)
            .bip32(number, hmac)
            .ok_or(SetupError::Underivable(number))?;
        let (chain_code, point) = (*child.chain_code(), *child.point());
        Ok(Self { network: self.network, depth, parent: self.fingerprint(), number, chain_code, point })
    }

    /// Its network.
    #[must_use]
    pub const fn network(&self) -> Network {
        self.network
    }

    /// Its distance from the root.
    #[must_use]
    pub const fn depth(&self) -> u8 {
        self.depth
    }

    /// The fingerprint of the key it is a child of; zeros for a root. Different keys may have the same.
    #[must_use]
    pub const fn parent_fingerprint(&self) -> [u8; 4] {
        self.parent
    }

    /// Which child it is: from 2^31 on a hardened one, made elsewhere; 0 for a root.
    #[must_use]
    pub const fn child_number(&self) -> u32 {
        self.number
    }

    /// Its chain code.
    #[must_use]
    pub const fn chain_code(&self) -> &[u8; 32] {
        &self.chain_code
    }

    /// Its public key. Never the identity.
    #[must_use]
    pub const fn point(&self) -> &Point {
        &self.point
    }

    /// Its public key, 33 bytes.
    #[must_use]
    pub fn public_key(&self) -> Vec<u8> {
        encode_point::<Secp256k1>(&self.point).unwrap_or_default()
    }

    /// Its own fingerprint.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 4] {
        let [a, b, c, d, ..]: [u8; 20] = Ripemd160::digest(sha256(&self.public_key())).into();
        [a, b, c, d]
    }

    /// The 78 bytes, without a checksum.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(LEN + CHECKSUM_LEN);
        out.extend_from_slice(&self.network.version());
        out.push(self.depth);
        out.extend_from_slice(&self.parent);
        out.extend_from_slice(&self.number.to_be_bytes());
        out.extend_from_slice(&self.chain_code);
        out.extend_from_slice(&self.public_key());
        out
    }

    /// Reads what [`Xpub::to_bytes`] wrote, and nothing else.
    ///
    /// # Errors
    /// [`XpubError`], but not for a text.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, XpubError> {
        let (version, depth, parent, number, chain_code, key) = fields(bytes).ok_or(XpubError::Length)?;
        let network = Network::read(version)?;
        if depth == 0 && (parent != [0; 4] || number != 0) {
            return Err(XpubError::Root);
        }
        let point = read_point::<Secp256k1>(key).ok_or(XpubError::PublicKey)?;
        Ok(Self { network, depth, parent, number, chain_code, point })
    }
}

/// Version, depth, parent's fingerprint, child number, chain code, public key.
type Fields<'a> = ([u8; 4], u8, [u8; 4], u32, [u8; 32], &'a [u8; 33]);

fn fields(bytes: &[u8]) -> Option<Fields<'_>> {
    let mut r = Reader::new(bytes);
    let fields = (*r.array()?, r.u8()?, *r.array()?, r.u32()?, *r.array()?, r.array()?);
    r.end().map(|()| fields)
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_LEN] {
    let [a, b, c, d, ..] = sha256(&sha256(bytes));
    [a, b, c, d]
}

impl fmt::Display for Xpub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.to_bytes();
        let sum = checksum(&bytes);
        bytes.extend_from_slice(&sum);
        f.write_str(&bs58::encode(bytes).into_string())
    }
}

impl FromStr for Xpub {
    type Err = XpubError;

    fn from_str(text: &str) -> Result<Self, XpubError> {
        // Somebody may have given us a secret.
        let mut bytes = Zeroizing::new([0; LEN + CHECKSUM_LEN]);
        let len = bs58::decode(text).onto(bytes.as_mut_slice()).map_err(|error| match error {
            bs58::decode::Error::BufferTooSmall => XpubError::Length,
            _ => XpubError::Base58,
        })?;
        let (key, sum) = bytes.get(..len).and_then(<[u8]>::split_last_chunk).ok_or(XpubError::Length)?;
        if checksum(key) != *sum {
            return Err(XpubError::Checksum);
        }
        Self::from_bytes(key)
    }
}
