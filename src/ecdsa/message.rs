//! What is signed: a digest that this module computed, or one that the caller answers for.
//!
//! The two are types of their own. Whoever may choose a raw digest after the nonce point is known forges from one signature (Groth and
//! Shoup, 2021; CVE-2025-66017), so a presignature takes a [`Message`] and nothing else. Three rounds fix the digest before any nonce is
//! opened; there a [`Prehashed`] is as good.

use core::fmt;

use ff::Field;
use sha2::Digest as _;

use super::suite::reduce;
use crate::curve::Curve;

mod sealed {
    /// Closes [`Hash`](super::Hash).
    pub trait Sealed {}
}

/// A hash function whose digests can be signed: SHA-256, Keccak-256, and SHA-512 of which the leftmost 256 bits count (FIPS 186-5,
/// section 6.4). Sealed: a hash of another's making is a raw digest.
pub trait Hash: sealed::Sealed {
    /// The function's number in messages and hashes. Never reused.
    #[doc(hidden)]
    const ID: u8;
    /// The leftmost 256 bits of the hash.
    #[doc(hidden)]
    fn hash(bytes: &[u8]) -> [u8; 32];
}

impl sealed::Sealed for sha2::Sha256 {}
impl Hash for sha2::Sha256 {
    const ID: u8 = 1;
    fn hash(bytes: &[u8]) -> [u8; 32] {
        Self::digest(bytes).into()
    }
}

impl sealed::Sealed for sha3::Keccak256 {}
impl Hash for sha3::Keccak256 {
    const ID: u8 = 3;
    fn hash(bytes: &[u8]) -> [u8; 32] {
        Self::digest(bytes).into()
    }
}

impl sealed::Sealed for sha2::Sha512 {}
impl Hash for sha2::Sha512 {
    const ID: u8 = 4;
    fn hash(bytes: &[u8]) -> [u8; 32] {
        let wide: [u8; 64] = Self::digest(bytes).into();
        let (left, _) = wide.as_chunks::<32>();
        left.first().copied().unwrap_or_default()
    }
}

/// The digest of a message that was hashed here. There is no other way to one.
///
/// ```compile_fail,E0277
/// use quorate::ecdsa::{Message, Prehashed};
/// fn launder(raw: Prehashed) -> Message {
///     raw.into()
/// }
/// ```
///
/// ```compile_fail,E0277
/// use quorate::ecdsa::{Digest, Message};
/// fn launder(raw: Digest) -> Message {
///     raw.into()
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Message(Digest);

impl Message {
    /// SHA-256 of the bytes.
    #[must_use]
    pub fn sha256(bytes: &[u8]) -> Self {
        Self::digest::<sha2::Sha256>(bytes)
    }

    /// SHA-256 of the SHA-256 of the bytes, as Bitcoin signs.
    #[must_use]
    pub fn sha256d(bytes: &[u8]) -> Self {
        let once = <sha2::Sha256 as Hash>::hash(bytes);
        Self(Digest { id: 2, bytes: <sha2::Sha256 as Hash>::hash(&once) })
    }

    /// Keccak-256 of the bytes, as Ethereum signs. It is not SHA3-256.
    #[must_use]
    pub fn keccak256(bytes: &[u8]) -> Self {
        Self::digest::<sha3::Keccak256>(bytes)
    }

    /// What nobody can hash to: for tests of the check against it.
    #[cfg(test)]
    pub(crate) const fn of_zero() -> Self {
        Self(Digest { id: 1, bytes: [0; 32] })
    }

    /// The leftmost 256 bits of `D` of the bytes.
    #[must_use]
    pub fn digest<D: Hash>(bytes: &[u8]) -> Self {
        Self(Digest { id: D::ID, bytes: D::hash(bytes) })
    }
}

/// A digest that the caller hands over, 32 bytes, and answers for: it must be the output of a hash function on a message that the
/// caller has seen. A digest that somebody else chose freely is a signature on whatever they like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Prehashed([u8; 32]);

impl Prehashed {
    /// Takes the digest as it is, read big-endian and modulo q when signed.
    #[must_use]
    pub const fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }
}

/// What a signature is over, with the way it came about: 0 handed over, 1 SHA-256, 2 SHA-256 twice, 3 Keccak-256, 4 leftmost 256 bits
/// of SHA-512. Signers agree on both. Made of a [`Message`] or a [`Prehashed`]; nothing is made of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest {
    id: u8,
    bytes: [u8; 32],
}

impl Digest {
    /// How it came about.
    #[must_use]
    pub const fn id(&self) -> u8 {
        self.id
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// [S0.4] Of a digest of zero modulo q the signature says nothing about the message: it is not signed.
    pub(crate) fn is_zero<C: Curve>(&self) -> bool {
        reduce::<C>(&self.bytes).is_zero().into()
    }
}

impl From<Message> for Digest {
    fn from(message: Message) -> Self {
        message.0
    }
}

impl From<Prehashed> for Digest {
    fn from(Prehashed(bytes): Prehashed) -> Self {
        Self { id: 0, bytes }
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.id)?;
        self.bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-4 and Keccak on "abc", Bitcoin's double hash of "hello".
    #[test]
    fn digests_are_the_published_ones_and_carry_their_numbers() {
        let cases: [(Digest, u8, &str); 6] = [
            (
                Message::sha256(b"abc").into(),
                1,
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                Message::digest::<sha2::Sha256>(b"abc").into(),
                1,
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                Message::sha256d(b"hello").into(),
                2,
                "9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50",
            ),
            (
                Message::keccak256(b"abc").into(),
                3,
                "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
            ),
            (
                Message::digest::<sha2::Sha512>(b"abc").into(),
                4,
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a",
            ),
            (Prehashed::new([7; 32]).into(), 0, &"07".repeat(32)),
        ];
        for (digest, id, bytes) in cases {
            assert_eq!(
                (digest.id(), hex::encode(digest.as_bytes())),
                (id, alloc::string::String::from(bytes))
            );
        }
        assert_eq!(Message::keccak256(b"abc"), Message::digest::<sha3::Keccak256>(b"abc"));
    }

    #[test]
    fn a_prehashed_digest_is_never_equal_to_a_hashed_one() {
        let hashed = Digest::from(Message::sha256(b"abc"));
        assert_ne!(Digest::from(Prehashed::new(*hashed.as_bytes())), hashed);
    }

    #[test]
    #[cfg(all(feature = "secp256k1", feature = "p256"))]
    fn only_multiples_of_q_are_zero() {
        use crate::curve::{P256, Secp256k1};
        let zero = |bytes| {
            let digest = Digest::from(Prehashed::new(bytes));
            [digest.is_zero::<Secp256k1>(), digest.is_zero::<P256>()]
        };
        let q = |minus_one: [u8; 32]| {
            let mut q = minus_one;
            q[31] += 1;
            q
        };
        assert_eq!(zero([0; 32]), [true, true]);
        assert_eq!(zero(q((-k256::Scalar::ONE).to_bytes().into())), [true, false]);
        assert_eq!(zero(q((-p256::Scalar::ONE).to_bytes().into())), [false, true]);
        let mut one = [0; 32];
        one[31] = 1;
        assert_eq!(zero(one), [false, false]);
    }
}
