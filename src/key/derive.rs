//! Child keys by public derivation: BIP-32 on secp256k1, SLIP-10 on P-256, a rule of our own on edwards25519.
//!
//! One step leads from a key and its chain code `(K, c)` and an index i below 2^31 to `(K + step * G, c')`; a rule says what `step` and `c'`
//! are, see [`Derivation`]. The sum of the steps is the tweak of the whole path: the child's public key is `pk + tweak * G`, and a member
//! that adds the tweak to its share holds a share of the child's secret.
//!
//! A derived key is a view of the key and is never stored. Whoever knows the parent's public key and chain code and one child's secret
//! knows the parent's secret, so no secret of a child is ever put together either. Hardened indices need the parent's secret: there is
//! none to hash.

use super::child::{Derive, Derived};
use super::path::Path;
use super::sharing::Sharing;
use crate::curve::Curve;
use crate::error::SetupError;

/// The descendant at the end of the path. Variable time: what a public key is derived from is public.
///
/// # Errors
/// [`SetupError::Underivable`] names the index that has no child: with BIP-32 one in 2^127, with SLIP-10 and our own rule none.
pub fn derive<S: Derive>(key: &Sharing<S>, path: &Path) -> Result<Derived<S::Curve>, SetupError> {
    descend::<S>(key.commitment().public_key(), *key.chain_code(), path)
}

fn descend<S: Derive>(
    point: <S::Curve as Curve>::Point,
    chain_code: [u8; 32],
    path: &Path,
) -> Result<Derived<S::Curve>, SetupError> {
    path.indices().iter().try_fold(Derived::root(point, chain_code), |parent, index| {
        parent.child::<S>(*index).ok_or(SetupError::Underivable(*index))
    })
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use sha2::{Digest, Sha256};

    use super::super::child::Derivation;
    use super::*;
    use crate::curve::toy::{Toy, ToyScheme};
    #[cfg(feature = "ed25519")]
    use crate::curve::{Ed25519, FrostEd25519};
    use crate::curve::{encode_point, read_scalar};

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
        assert_eq!(*derived.point(), S::Curve::mul_base(&secret(to)));
        assert_eq!(derived.chain_code(), &to.0);
        assert_eq!(*derived.tweak(), secret(to) - secret(from));
        assert_eq!(derived.public_key(), encode_point::<S::Curve>(derived.point()).unwrap());
    }

    /// Base58Check of BIP-32: version 4, depth 1, fingerprint 4, index 4, chain code 32, zero, secret 32, checksum 4.
    #[cfg(feature = "secp256k1")]
    fn xprv(text: &str) -> Extended {
        let mut bytes = [0u8; 82];
        assert_eq!(bs58::decode(text).onto(&mut bytes), Ok(82));
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
        assert!(Derived::<P256>::root(point, from.0).bip32(33941, super::super::child::hmac).is_none());
        leads::<EcdsaP256>(&from, "m/33941", &to);
    }

    /// `tests/vectors/ed25519_derivation.txt`, made by the Python script beside it, which shares no code with this crate.
    #[cfg(feature = "ed25519")]
    #[test]
    fn our_own_rule_gives_what_the_script_gives() {
        const FILE: &str = include_str!("../../tests/vectors/ed25519_derivation.txt");
        let lines = FILE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut count = 0;
        for line in lines {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [secret, chain_code, path, tweak, key, next] = fields[..] else { panic!("{line}") };
            let scalar = |text| read_scalar::<Ed25519>(&hex32(text)).unwrap();
            let root = Ed25519::mul_base(&scalar(secret));
            let path: Path = path.parse().unwrap();
            let derived = descend::<FrostEd25519>(root, hex32(chain_code), &path).unwrap();
            assert_eq!(*derived.tweak(), scalar(tweak), "{line}");
            assert_eq!(derived.public_key(), hex32(key), "{line}");
            assert_eq!(*derived.chain_code(), hex32(next), "{line}");
            let ordinary = ed25519_dalek::VerifyingKey::from_bytes(&hex32(key)).unwrap();
            assert!(!ordinary.is_weak());
            assert_eq!(*derived.point(), Ed25519::mul_base(&(scalar(secret) + scalar(tweak))));
            count += 1;
        }
        assert_eq!(count, 12);
    }

    impl Derive for ToyScheme {
        const DERIVATION: Derivation = Derivation::None;
    }

    #[test]
    fn without_a_rule_there_is_the_key_itself_only() {
        let point = Toy::mul_base(&5u64.into());
        let itself = descend::<ToyScheme>(point, [1; 32], &Path::default()).unwrap();
        assert_eq!((itself.point(), itself.chain_code()), (&point, &[1; 32]));
        let path = Path::new([0, 7]).unwrap();
        assert_eq!(descend::<ToyScheme>(point, [1; 32], &path), Err(SetupError::Underivable(0)));
    }
}
