//! Taproot: FROST over secp256k1 whose signatures are BIP-340's and whose keys are BIP-341's. All that this suite has of its own is here.
//!
//! `x(P)` are the 32 bytes of a point's x, big-endian. A key is known by them alone, so of `P` and `-P` the one with an even y is meant:
//!
//! - The internal key `P` is the derived key, negated if its y is odd. The output key is `Q = P + t*G` with
//!   `t = int(SHA-256(T || T || x(P) || root))`, `T = SHA-256("TapTweak")`, negated if its y is odd. Both steps are maps of
//!   [`KeyView`]: shares and commitment go with them.
//! - `R` is negated if its y is odd, and with it the nonces and their commitments ([`Suite::normalize`]).
//! - `c = int(SHA-256(T || T || x(R) || x(Q) || msg)) mod q`, `T = SHA-256("BIP0340/challenge")`. (q is so close to 2^256 that 32 bytes are
//!   biased by 2^-127 only.)

use alloc::vec::Vec;
use core::fmt;

use sha2::{Digest, Sha256};

use super::suite::{Suite, concatenated, hex};
use super::task::Task;
use super::view::KeyView;
use super::xmd;
use crate::curve::{Curve, FrostTaproot, Secp256k1, encode_point, read_point, read_scalar};
use crate::error::SetupError;
use crate::key::{Path, Sharing};
use crate::party::PartyId;

type Scalar = <Secp256k1 as Curve>::Scalar;

/// What a Taproot output commits to beside its key.
///
/// **Why the default tweaks.** Whoever knows a root `r` with `P = P' + H(P', r)*G` for some `P'` can spend by a script that nobody else saw. In key
/// generation the last to choose cannot bring that about here, since everybody commits first; but no verifier can see that from outside, and
/// keys may come from elsewhere. An output key `P + H(P)*G` provably has no script path (BIP-341, "constructing and spending").
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Taproot {
    /// Provably no script path: `t` hashes the internal key alone.
    #[default]
    KeyPath,
    /// The script tree with this Merkle root, beside the key path.
    ScriptRoot([u8; 32]),
    /// The internal key is the output key. Only for keys that bring their tweak along, such as those of ZF's key generation.
    Untweaked,
}

impl Taproot {
    /// What `t` hashes after the key.
    pub(super) fn root(&self) -> Option<&[u8]> {
        match self {
            Self::KeyPath => Some(&[]),
            Self::ScriptRoot(root) => Some(root),
            Self::Untweaked => None,
        }
    }
}

/// RFC 9591 section 6.5 with another context string, and the challenge and the signs of BIP-340.
impl Suite for FrostTaproot {
    const CONTEXT: &'static [u8] = b"FROST-secp256k1-SHA256-TR-v1";

    type Signature = Bip340Signature;
    type Binding = Sha256;
    type Tweak = Taproot;

    fn binding(public_key: &[u8], message: &[u8], commitments: &[u8]) -> Sha256 {
        xmd::binding::<Self>(public_key, message, commitments)
    }

    fn binding_factor(binding: &Sha256, id: PartyId) -> Scalar {
        xmd::binding_factor::<Self>(binding, id)
    }

    fn challenge(commitment: &[u8], public_key: &[u8], message: &[u8]) -> Scalar {
        challenge(commitment.get(1..).unwrap_or_default(), public_key.get(1..).unwrap_or_default(), message)
    }

    fn nonce(random: &[u8; 32], secret: &Scalar) -> Scalar {
        xmd::nonce::<Self>(random, secret)
    }

    fn signature(commitment: &[u8], z: &Scalar) -> Option<Bip340Signature> {
        concatenated::<Self>(commitment.get(1..)?, z).try_into().ok().map(Bip340Signature)
    }

    fn form(key: KeyView<Self>, tweak: &Taproot) -> Result<KeyView<Self>, SetupError> {
        let internal = even(key)?;
        match tweak.root() {
            None => Ok(internal),
            Some(root) => {
                let t = tweak_scalar(&tweak_hash(x_only(&internal)?, root))?;
                even(internal.plus(&t)?)
            }
        }
    }

    /// Nothing for the key itself, `01` for no script path, `02 || root`.
    fn tweak_item(tweak: &Taproot) -> Option<Vec<u8>> {
        Some(match tweak {
            Taproot::Untweaked => Vec::new(),
            Taproot::KeyPath => alloc::vec![1],
            Taproot::ScriptRoot(root) => [&[2], root.as_slice()].concat(),
        })
    }

    fn normalize(commitment: &mut [u8]) -> bool {
        match commitment.first_mut() {
            Some(tag) if *tag == ODD => {
                *tag = EVEN;
                true
            }
            _ => false,
        }
    }
}

/// The tags of SEC 1 for a point's y.
const EVEN: u8 = 2;
const ODD: u8 = 3;

fn is_odd(key: &KeyView<FrostTaproot>) -> bool {
    key.public_key().first() == Some(&ODD)
}

fn even(key: KeyView<FrostTaproot>) -> Result<KeyView<FrostTaproot>, SetupError> {
    if is_odd(&key) { key.minus() } else { Ok(key) }
}

fn x_only(key: &KeyView<FrostTaproot>) -> Result<[u8; 32], SetupError> {
    let x = key.public_key().get(1..).and_then(|x| x.try_into().ok());
    x.ok_or(SetupError::Malformed("point"))
}

/// `SHA-256(T || T || ..)` with `T = SHA-256(tag)` (BIP-340).
fn tagged(tag: &[u8]) -> Sha256 {
    let tag = Sha256::digest(tag);
    Sha256::new().chain_update(tag).chain_update(tag)
}

pub(super) fn tweak_hash(internal: [u8; 32], root: &[u8]) -> [u8; 32] {
    tagged(b"TapTweak").chain_update(internal).chain_update(root).finalize().into()
}

/// `t`, unless the hash is not below q, with probability 2^-127.
pub(super) fn tweak_scalar(hash: &[u8; 32]) -> Result<Scalar, SetupError> {
    read_scalar::<Secp256k1>(hash).ok_or(SetupError::Malformed("tweak: its hash is no scalar"))
}

fn challenge(r: &[u8], public_key: &[u8], message: &[u8]) -> Scalar {
    let hash = tagged(b"BIP0340/challenge").chain_update(r).chain_update(public_key);
    let mut wide = [0; 64];
    let hash: [u8; 32] = hash.chain_update(message).finalize().into();
    wide.iter_mut().skip(32).zip(hash).for_each(|(to, from)| *to = from);
    Secp256k1::scalar_from_wide(&wide)
}

/// An output of BIP-341, and what spending it by a script needs to know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Output {
    /// `x(Q)`: what a pay-to-taproot script holds, and what an address encodes.
    pub key: [u8; 32],
    /// Whether y of `P + t*G` is odd: the low bit of a control block's first byte.
    pub odd: bool,
    /// `x(P)`: the internal key of a control block.
    pub internal_key: [u8; 32],
}

/// The output of a key at the end of a path.
///
/// # Errors
/// [`SetupError::Underivable`]; [`SetupError::Malformed`] if there is no such output, with negligible probability.
pub fn output(key: &Sharing<FrostTaproot>, path: &Path, tweak: &Taproot) -> Result<Output, SetupError> {
    output_of(KeyView::derived(key, path, &Taproot::Untweaked)?, tweak)
}

/// The output of an internal key of even y.
pub(super) fn output_of(internal: KeyView<FrostTaproot>, tweak: &Taproot) -> Result<Output, SetupError> {
    let internal_key = x_only(&internal)?;
    let Some(root) = tweak.root() else { return Ok(Output { key: internal_key, odd: false, internal_key }) };
    let key = internal.plus(&tweak_scalar(&tweak_hash(internal_key, root))?)?;
    Ok(Output { key: x_only(&key)?, odd: is_odd(&key), internal_key })
}

/// The output key of a key at the end of a path, 32 bytes: [`Output::key`].
///
/// # Errors
/// As [`output`].
pub fn output_key(key: &Sharing<FrostTaproot>, path: &Path, tweak: &Taproot) -> Result<[u8; 32], SetupError> {
    output(key, path, tweak).map(|output| output.key)
}

impl Task<FrostTaproot> {
    /// Signs for another output key than the one without script paths.
    ///
    /// # Errors
    /// [`SetupError::Malformed`] if there is no such key, with negligible probability.
    pub fn taproot(self, tweak: Taproot) -> Result<Self, SetupError> {
        self.tweaked(tweak)
    }

    /// The output key, 32 bytes, under which the signature verifies.
    #[must_use]
    pub fn output_key(&self) -> [u8; 32] {
        // The view's key was encoded when it was made.
        x_only(self.view()).unwrap_or_default()
    }
}

/// A BIP-340 signature: `x(R)` 32, `z` 32. It verified when it was made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Bip340Signature([u8; 64]);

impl Bip340Signature {
    /// The 64 bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 64] {
        self.0
    }
}

impl fmt::Debug for Bip340Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

impl From<Bip340Signature> for [u8; 64] {
    fn from(signature: Bip340Signature) -> Self {
        signature.0
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Bip340Signature {
    fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        self.0.as_slice().serialize(serializer)
    }
}

/// Whether a signature is valid (BIP-340, "Verification"), for a message of any length.
#[must_use]
pub fn verify(output_key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    let equation = || {
        let key = read_point::<Secp256k1>(&[&[EVEN], output_key.as_slice()].concat())?;
        let (r, z) = signature.split_at_checked(32)?;
        let minus_c = -challenge(r, output_key, message);
        let found = Secp256k1::mul_base_add_vartime(&read_scalar::<Secp256k1>(z)?, &key, &minus_c);
        let (tag, x) = encode_point::<Secp256k1>(&found).and_then(|bytes| Some((*bytes.first()?, bytes)))?;
        Some(tag == EVEN && x.get(1..) == Some(r))
    };
    equation().unwrap_or(false)
}
