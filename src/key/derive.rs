//! Child keys by public derivation: BIP-32 on secp256k1, SLIP-10 on P-256.
//!
//! For each index i below 2^31, from `(K, c) = (pk, chain code)` on: `I = HMAC-SHA512(c, K || u32 i)`, in halves `I_L` and `I_R`, and
//! `(K, c) := (K + I_L * G, I_R)`. The sum of the `I_L` is the tweak of the whole path: the child's public key is `pk + tweak * G`, and
//! a member that adds the tweak to its share holds a share of the child's secret.
//!
//! Where `I_L >= q`, or the sum is the identity, BIP-32 has no such child, and SLIP-10 hashes again: `I = HMAC-SHA512(c, 01 || I_R || u32 i)`.
//!
//! A derived key is a view of the key and is never stored. Whoever knows the parent's public key and chain code and one child's secret
//! knows the parent's secret, so no secret of a child is ever put together either. Hardened indices need the parent's secret: there is
//! none to hash.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use ff::Field;
use group::Group;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;

use super::certificate::Sharing;
use crate::curve::{Curve, Scheme, encode_point, read_scalar};
use crate::error::SetupError;

/// A scheme whose keys have children. Sealed, like [`Scheme`]. Ed25519 and ristretto255 have none.
pub trait Derive: Scheme {
    /// What becomes of an index whose hash is no scalar: hashed again (SLIP-10), or refused (BIP-32).
    #[doc(hidden)]
    const HASHES_AGAIN: bool;
}

#[cfg(feature = "secp256k1")]
impl Derive for crate::curve::EcdsaSecp256k1 {
    const HASHES_AGAIN: bool = false;
}

#[cfg(feature = "secp256k1")]
impl Derive for crate::curve::FrostTaproot {
    const HASHES_AGAIN: bool = false;
}

#[cfg(feature = "secp256k1")]
impl Derive for crate::curve::FrostSecp256k1 {
    const HASHES_AGAIN: bool = false;
}

#[cfg(feature = "p256")]
impl Derive for crate::curve::EcdsaP256 {
    const HASHES_AGAIN: bool = true;
}

#[cfg(feature = "p256")]
impl Derive for crate::curve::FrostP256 {
    const HASHES_AGAIN: bool = true;
}

const HARDENED: u32 = 1 << 31;

/// The way from a key to one of its descendants: at most 255 indices below 2^31. The empty path is the key itself.
///
/// As text, `m/0/7`; `m` is the empty path.
///
/// ```
/// use quorate::key::Path;
/// let path: Path = "m/0/7".parse()?;
/// assert_eq!(path, Path::new([0, 7])?);
/// assert_eq!(path.to_string(), "m/0/7");
/// assert!("m/44'/0".parse::<Path>().is_err()); // hardened
/// # Ok::<(), quorate::error::SetupError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Path(Vec<u32>);

impl Path {
    /// What an extended key of BIP-32 can count to.
    const MAX_DEPTH: usize = 255;

    /// From indices.
    ///
    /// # Errors
    /// [`SetupError::Underivable`] names a hardened index, [`SetupError::Malformed`] says that there are more than 255.
    pub fn new(indices: impl IntoIterator<Item = u32>) -> Result<Self, SetupError> {
        let mut path = Vec::new();
        for index in indices {
            if index >= HARDENED {
                return Err(SetupError::Underivable(index));
            }
            if path.len() == Self::MAX_DEPTH {
                return Err(SetupError::Malformed("path"));
            }
            path.push(index);
        }
        Ok(Self(path))
    }

    /// The indices.
    #[must_use]
    pub fn indices(&self) -> &[u32] {
        &self.0
    }

    /// The indices, big-endian, 4 bytes each.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|index| index.to_be_bytes()).collect()
    }

    /// Reads what [`Path::to_bytes`] wrote; `None` for anything else.
    #[cfg(feature = "ecdsa")]
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (indices, rest) = bytes.as_chunks();
        let indices = indices.iter().map(|index| u32::from_be_bytes(*index));
        if rest.is_empty() { Self::new(indices).ok() } else { None }
    }
}

impl FromStr for Path {
    type Err = SetupError;

    fn from_str(text: &str) -> Result<Self, SetupError> {
        let mut parts = text.split('/');
        if parts.next() != Some("m") {
            return Err(SetupError::Malformed("path"));
        }
        parts.map(index).collect::<Result<Vec<u32>, _>>().and_then(Self::new)
    }
}

/// One index, in decimal, without leading zeros. Of a hardened one we say what is wrong with it.
fn index(text: &str) -> Result<u32, SetupError> {
    let digits = text.strip_suffix(['\'', 'h', 'H']).unwrap_or(text);
    let number = digits.parse::<u32>().ok().filter(|number| plain(*number, digits));
    match number {
        Some(number) if digits == text => Ok(number),
        Some(number) if number < HARDENED => Err(SetupError::Underivable(number | HARDENED)),
        _ => Err(SetupError::Malformed("path")),
    }
}

/// Whether the digits are the number's only spelling.
fn plain(number: u32, digits: &str) -> bool {
    let mut spelled = String::new();
    fmt::Write::write_fmt(&mut spelled, format_args!("{number}")).is_ok() && spelled == digits
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("m")?;
        self.0.iter().try_for_each(|index| write!(f, "/{index}"))
    }
}

/// The public side of a derived key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Derived<C: Curve> {
    tweak: C::Scalar,
    point: C::Point,
    chain_code: [u8; 32],
}

impl<C: Curve> Derived<C> {
    /// What its secret has more than the key's.
    #[must_use]
    pub const fn tweak(&self) -> &C::Scalar {
        &self.tweak
    }

    /// Its public key: the key's and `tweak * G`. Never the identity.
    #[must_use]
    pub const fn point(&self) -> &C::Point {
        &self.point
    }

    /// Its public key, encoded.
    #[must_use]
    pub fn public_key(&self) -> Vec<u8> {
        encode_point::<C>(&self.point).unwrap_or_default()
    }

    /// Its chain code, for an extended public key.
    #[must_use]
    pub const fn chain_code(&self) -> &[u8; 32] {
        &self.chain_code
    }

    /// One step. The hash is of the parent's chain code.
    fn child<S: Derive<Curve = C>>(&self, index: u32, hash: impl Fn(&[u8]) -> [[u8; 32]; 2]) -> Option<Self> {
        let mut data = encode_point::<C>(&self.point)?;
        loop {
            data.extend_from_slice(&index.to_be_bytes());
            let [left, chain_code] = hash(&data);
            if let Some((step, point)) = step::<C>(&self.point, &left) {
                return Some(Self { tweak: self.tweak + step, point, chain_code });
            }
            if !S::HASHES_AGAIN {
                return None;
            }
            data.clear();
            data.push(1);
            data.extend_from_slice(&chain_code);
        }
    }
}

/// `I_L` as a scalar, and `K + I_L * G`, if both are valid.
fn step<C: Curve>(parent: &C::Point, left: &[u8; 32]) -> Option<(C::Scalar, C::Point)> {
    let step = read_scalar::<C>(left)?;
    let point = C::mul_base(&step) + parent;
    (!bool::from(point.is_identity())).then_some((step, point))
}

/// `I_L` and `I_R`.
fn hmac(chain_code: &[u8; 32], data: &[u8]) -> [[u8; 32]; 2] {
    // HMAC fills a short key with zeros to the block of its hash (RFC 2104).
    let mut key = [0; 128];
    key.iter_mut().zip(chain_code).for_each(|(to, from)| *to = *from);
    let hash: [u8; 64] = Hmac::<Sha512>::new(&key.into()).chain_update(data).finalize().into_bytes().into();
    let mut halves = [[0; 32]; 2];
    halves.iter_mut().flatten().zip(hash).for_each(|(to, from)| *to = from);
    halves
}

/// The descendant at the end of the path. Variable time: what a public key is derived from is public.
///
/// # Errors
/// [`SetupError::Underivable`] names the index on which BIP-32 has no child, with probability 2^-127. On P-256 there always is one.
pub fn derive<S: Derive>(key: &Sharing<S>, path: &Path) -> Result<Derived<S::Curve>, SetupError> {
    descend::<S>(key.commitment().public_key(), *key.chain_code(), path)
}

fn descend<S: Derive>(
    point: <S::Curve as Curve>::Point,
    chain_code: [u8; 32],
    path: &Path,
) -> Result<Derived<S::Curve>, SetupError> {
    let root = Derived { tweak: <S::Curve as Curve>::Scalar::ZERO, point, chain_code };
    path.indices().iter().try_fold(root, |parent, index| {
        let hash = |data: &[u8]| hmac(&parent.chain_code, data);
        parent.child::<S>(*index, hash).ok_or(SetupError::Underivable(*index))
    })
}

#[cfg(test)]
#[cfg(any(feature = "secp256k1", feature = "p256"))]
mod tests {
    use alloc::string::ToString;
    use core::cell::RefCell;

    use ff::PrimeField;
    use sha2::{Digest, Sha256};

    use super::*;

    type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;

    fn hex32(text: &str) -> [u8; 32] {
        hex::decode(text).unwrap().try_into().unwrap()
    }

    /// A published extended secret key: chain code and secret.
    type Extended = ([u8; 32], [u8; 32]);

    /// From one to the other by public derivation; the tweak is the difference of the secrets.
    fn leads<S: Derive>(from: &Extended, path: &str, to: &Extended) {
        let secret = |(_, key): &Extended| read_scalar::<S::Curve>(key).unwrap();
        let start = S::Curve::mul_base(&secret(from));
        let derived = descend::<S>(start, from.0, &path.parse().unwrap()).unwrap();
        assert_eq!(derived.point, S::Curve::mul_base(&secret(to)));
        assert_eq!(derived.chain_code(), &to.0);
        assert_eq!(*derived.tweak(), secret(to) - secret(from));
        assert_eq!(derived.public_key(), encode_point::<S::Curve>(&derived.point).unwrap());
    }

    /// Base58Check of BIP-32: version 4, depth 1, fingerprint 4, index 4, chain code 32, zero, secret 32, checksum 4.
    fn xprv(text: &str) -> Extended {
        const DIGITS: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
        let mut bytes = [0u8; 82];
        for digit in text.chars() {
            let mut carry = DIGITS.find(digit).unwrap();
            for byte in bytes.iter_mut().rev() {
                carry += 58 * usize::from(*byte);
                *byte = carry as u8;
                carry >>= 8;
            }
            assert_eq!(carry, 0);
        }
        let sum = Sha256::digest(Sha256::digest(&bytes[..78]));
        assert_eq!((&bytes[..4], bytes[45], &bytes[78..]), (&[4, 0x88, 0xad, 0xe4][..], 0, &sum[..4]));
        (bytes[13..45].try_into().unwrap(), bytes[46..78].try_into().unwrap())
    }

    /// BIP-32, test vectors 1 and 2, every step that is not hardened.
    #[cfg(feature = "secp256k1")]
    #[test]
    fn bip_32_publishes_these_steps() {
        let one = [
            "xprv9uHRZZhk6KAJC1avXpDAp4MDc3sQKNxDiPvvkX8Br5ngLNv1TxvUxt4cV1rGL5hj6KCesnDYUhd7oWgT11eZG7XnxHrnYeSvkzY7d2bhkJ7",
            "xprv9wTYmMFdV23N2TdNG573QoEsfRrWKQgWeibmLntzniatZvR9BmLnvSxqu53Kw1UmYPxLgboyZQaXwTCg8MSY3H2EU4pWcQDnRnrVA1xe8fs",
            "xprv9z4pot5VBttmtdRTWfWQmoH1taj2axGVzFqSb8C9xaxKymcFzXBDptWmT7FwuEzG3ryjH4ktypQSAewRiNMjANTtpgP4mLTj34bhnZX7UiM",
            "xprvA2JDeKCSNNZky6uBCviVfJSKyQ1mDYahRjijr5idH2WwLsEd4Hsb2Tyh8RfQMuPh7f7RtyzTtdrbdqqsunu5Mm3wDvUAKRHSC34sJ7in334",
            "xprvA41z7zogVVwxVSgdKUHDy1SKmdb533PjDz7J6N6mV6uS3ze1ai8FHa8kmHScGpWmj4WggLyQjgPie1rFSruoUihUZREPSL39UNdE3BBDu76",
        ]
        .map(xprv);
        let two = [
            "xprv9s21ZrQH143K31xYSDQpPDxsXRTUcvj2iNHm5NUtrGiGG5e2DtALGdso3pGz6ssrdK4PFmM8NSpSBHNqPqm55Qn3LqFtT2emdEXVYsCzC2U",
            "xprv9vHkqa6EV4sPZHYqZznhT2NPtPCjKuDKGY38FBWLvgaDx45zo9WQRUT3dKYnjwih2yJD9mkrocEZXo1ex8G81dwSM1fwqWpWkeS3v86pgKt",
            "xprv9wSp6B7kry3Vj9m1zSnLvN3xH8RdsPP1Mh7fAaR7aRLcQMKTR2vidYEeEg2mUCTAwCd6vnxVrcjfy2kRgVsFawNzmjuHc2YmYRmagcEPdU9",
            "xprv9zFnWC6h2cLgpmSA46vutJzBcfJ8yaJGg8cX1e5StJh45BBciYTRXSd25UEPVuesF9yog62tGAQtHjXajPPdbRCHuWS6T8XA2ECKADdw4Ef",
            "xprvA1RpRA33e1JQ7ifknakTFpgNXPmW2YvmhqLQYMmrj4xJXXWYpDPS3xz7iAxn8L39njGVyuoseXzU6rcxFLJ8HFsTjSyQbLYnMpCqE2VbFWc",
            "xprvA2nrNbFZABcdryreWet9Ea4LvTJcGsqrMzxHx98MMrotbir7yrKCEXw7nadnHM8Dq38EGfSh6dqA9QWTyefMLEcBYJUuekgW4BYPJcr9E7j",
        ]
        .map(xprv);
        let leads = leads::<crate::curve::EcdsaSecp256k1>;
        leads(&one[0], "m/1", &one[1]);
        leads(&one[2], "m/2", &one[3]);
        leads(&one[3], "m/1000000000", &one[4]);
        leads(&one[2], "m/2/1000000000", &one[4]);
        leads(&one[2], "m", &one[2]);
        leads(&two[0], "m/0", &two[1]);
        leads(&two[2], "m/1", &two[3]);
        leads(&two[4], "m/2", &two[5]);
    }

    /// SLIP-10, test vectors 1 and 2 for nist256p1 and the one for its retry, every step that is not hardened.
    #[cfg(feature = "p256")]
    #[test]
    fn slip_10_publishes_these_steps() {
        let key = |chain_code, secret| (hex32(chain_code), hex32(secret));
        let one = [
            key(
                "3460cea53e6a6bb5fb391eeef3237ffd8724bf0a40e94943c98b83825342ee11",
                "6939694369114c67917a182c59ddb8cafc3004e63ca5d3b84403ba8613debc0c",
            ),
            key(
                "4187afff1aafa8445010097fb99d23aee9f599450c7bd140b6826ac22ba21d0c",
                "284e9d38d07d21e4e281b645089a94f4cf5a5a81369acf151a1c3a57f18b2129",
            ),
            key(
                "98c7514f562e64e74170cc3cf304ee1ce54d6b6da4f880f313e8204c2a185318",
                "694596e8a54f252c960eb771a3c41e7e32496d03b954aeb90f61635b8e092aa7",
            ),
            key(
                "ba96f776a5c3907d7fd48bde5620ee374d4acfd540378476019eab70790c63a0",
                "5996c37fd3dd2679039b23ed6f70b506c6b56b3cb5e424681fb0fa64caf82aaa",
            ),
            key(
                "b9b7b82d326bb9cb5b5b121066feea4eb93d5241103c9e7a18aad40f1dde8059",
                "21c4f269ef0a5fd1badf47eeacebeeaa3de22eb8e5b0adcd0f27dd99d34d0119",
            ),
        ];
        let two = [
            key(
                "96cd4465a9644e31528eda3592aa35eb39a9527769ce1855beafc1b81055e75d",
                "eaa31c2e46ca2962227cf21d73a7ef0ce8b31c756897521eb6c7b39796633357",
            ),
            key(
                "84e9c258bb8557a40e0d041115b376dd55eda99c0042ce29e81ebe4efed9b86a",
                "d7d065f63a62624888500cdb4f88b6d59c2927fee9e6d0cdff9cad555884df6e",
            ),
            key(
                "f235b2bc5c04606ca9c30027a84f353acf4e4683edbd11f635d0dcc1cd106ea6",
                "96d2ec9316746a75e7793684ed01e3d51194d81a42a3276858a5b7376d4b94b9",
            ),
            key(
                "7c0b833106235e452eba79d2bdd58d4086e663bc8cc55e9773d2b5eeda313f3b",
                "974f9096ea6873a915910e82b29d7c338542ccde39d2064d1cc228f371542bbc",
            ),
            key(
                "5794e616eadaf33413aa309318a26ee0fd5163b70466de7a4512fd4b1a5c9e6a",
                "da29649bbfaff095cd43819eda9a7be74236539a29094cd8336b07ed8d4eff63",
            ),
            key(
                "3bfb29ee8ac4484f09db09c2079b520ea5616df7820f071a20320366fbe226a7",
                "bb0a77ba01cc31d77205d51d08bd313b979a71ef4de9b062f8958297e746bd67",
            ),
        ];
        let leads = leads::<crate::curve::EcdsaP256>;
        leads(&one[0], "m/1", &one[1]);
        leads(&one[2], "m/2", &one[3]);
        leads(&one[3], "m/1000000000", &one[4]);
        leads(&one[2], "m/2/1000000000", &one[4]);
        leads(&two[0], "m/0", &two[1]);
        leads(&two[2], "m/1", &two[3]);
        leads(&two[4], "m/2", &two[5]);
    }

    /// SLIP-10, "derivation retry for nist256p1": the first hash of this step is no scalar.
    #[cfg(feature = "p256")]
    #[test]
    fn slip_10_hashes_again_where_the_hash_is_no_scalar() {
        use crate::curve::{EcdsaP256, P256};
        let from = (
            hex32("e94c8ebe30c2250a14713212f6449b20f3329105ea15b652ca5bdfc68f6c65c2"),
            hex32("06f0db126f023755d0b8d86d4591718a5210dd8d024e3e14b6159d63f53aa669"),
        );
        let to = (
            hex32("9e87fe95031f14736774cd82f25fd885065cb7c358c1edf813c72af535e83071"),
            hex32("092154eed4af83e078ff9b84322015aefe5769e31270f62c3f66c33888335f3a"),
        );
        let point = P256::mul_base(&read_scalar::<P256>(&from.1).unwrap());
        let mut data = encode_point::<P256>(&point).unwrap();
        data.extend_from_slice(&33941u32.to_be_bytes());
        assert!(step::<P256>(&point, &hmac(&from.0, &data)[0]).is_none());
        leads::<EcdsaP256>(&from, "m/33941", &to);
    }

    /// A root and what it does when the first hash has this left half; what was hashed.
    fn with_first_hash<S: Derive>(left: [u8; 32]) -> (Option<Derived<S::Curve>>, Vec<Vec<u8>>) {
        let root = root::<S>();
        let asked = RefCell::new(Vec::new());
        let child = root.child::<S>(7, |data| {
            asked.borrow_mut().push(data.to_vec());
            if asked.borrow().len() == 1 { [left, [0xcc; 32]] } else { [[1; 32], [0xdd; 32]] }
        });
        (child, asked.into_inner())
    }

    fn root<S: Derive>() -> Derived<S::Curve> {
        let tweak = Scalar::<S>::ZERO;
        Derived { tweak, point: S::Curve::mul_base(&5u64.into()), chain_code: [0xaa; 32] }
    }

    fn invalid_children<S: Derive>() {
        // q itself is Scalar::MODULUS, all ones are above it, -5 leads to the identity.
        let q = hex32(Scalar::<S>::MODULUS.trim_start_matches("0x"));
        let minus: [u8; 32] = (-Scalar::<S>::from(5)).to_repr().as_ref().try_into().unwrap();
        let parent = encode_point::<S::Curve>(&root::<S>().point).unwrap();
        let first = [&parent[..], &[0, 0, 0, 7]].concat();
        for left in [q, [0xff; 32], minus] {
            let (child, asked) = with_first_hash::<S>(left);
            assert_eq!(asked[0], first);
            assert_eq!(child.is_some(), S::HASHES_AGAIN);
            if S::HASHES_AGAIN {
                assert_eq!(asked[1..], [[&[1][..], &[0xcc; 32], &[0, 0, 0, 7]].concat()]);
                let child = child.unwrap();
                let step = read_scalar::<S::Curve>(&[1; 32]).unwrap();
                assert_eq!((child.tweak, child.chain_code), (step, [0xdd; 32]));
                assert_eq!(child.point, S::Curve::mul_base(&(step + Scalar::<S>::from(5))));
            } else {
                assert_eq!(asked.len(), 1);
            }
        }
        // Zero is a scalar like any other.
        let (child, asked) = with_first_hash::<S>([0; 32]);
        let child = child.unwrap();
        assert_eq!((asked.len(), child.point, child.chain_code), (1, root::<S>().point, [0xcc; 32]));
    }

    #[test]
    fn invalid_children_do_not_exist_in_bip_32_and_are_hashed_again_in_slip_10() {
        #[cfg(feature = "secp256k1")]
        invalid_children::<crate::curve::EcdsaSecp256k1>();
        #[cfg(feature = "p256")]
        invalid_children::<crate::curve::EcdsaP256>();
    }

    #[test]
    fn paths_have_one_spelling() {
        for (text, indices) in [("m", &[][..]), ("m/0/7", &[0, 7]), ("m/2147483647", &[HARDENED - 1])] {
            let path: Path = text.parse().unwrap();
            assert_eq!((path.indices(), path.to_string().as_str()), (indices, text));
            assert_eq!(path, Path::new(indices.iter().copied()).unwrap());
        }
        assert_eq!(Path::new([1, 0x0102_0304]).unwrap().to_bytes(), [0, 0, 0, 1, 1, 2, 3, 4]);
        for (text, index) in [
            ("m/0'", HARDENED),
            ("m/44h/0", HARDENED + 44),
            ("m/1/2147483647H", u32::MAX),
            ("m/2147483648", HARDENED),
            ("m/0/4294967295", u32::MAX),
        ] {
            assert_eq!(text.parse::<Path>(), Err(SetupError::Underivable(index)), "{text}");
        }
        for text in [
            "",
            "/",
            "0",
            "0/1",
            "M/0",
            "m/",
            "m//1",
            "m/1/",
            "m/01",
            "m/+1",
            "m/-1",
            "m/ 1",
            "m/1 ",
            "m/a",
            "m/0x1",
            "m/4294967296",
            "m/'",
            "m/2147483648'",
            "m/0''",
            "mm/0",
            "m0",
        ] {
            assert_eq!(text.parse::<Path>(), Err(SetupError::Malformed("path")), "{text}");
        }
        assert!(Path::new([0; 255]).is_ok());
        assert_eq!(Path::new([0; 256]), Err(SetupError::Malformed("path")));
    }
}
