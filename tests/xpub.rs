//! Extended public keys: the test vectors of BIP-32, every kind of text that is none, and derivation in steps.

mod driver;

use std::collections::BTreeSet;

use driver::rng;
use proptest::prelude::*;
use quorate::curve::EcdsaSecp256k1;
use quorate::error::SetupError;
use quorate::key::{Network, Path, PublicKey, Xpub, XpubError, derive};
use quorate::party::Threshold;
use quorate::sim::Cast;
use sha2::{Digest, Sha256};

const BASE58: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const HARDENED: u32 = 1 << 31;

/// BIP-32, test vectors 1 to 4: each key, and how it follows from the one before.
const VECTORS: [&[(u32, &str)]; 4] = [
    &[
        (
            0,
            "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8",
        ),
        (
            HARDENED,
            "xpub68Gmy5EdvgibQVfPdqkBBCHxA5htiqg55crXYuXoQRKfDBFA1WEjWgP6LHhwBZeNK1VTsfTFUHCdrfp1bgwQ9xv5ski8PX9rL2dZXvgGDnw",
        ),
        (
            1,
            "xpub6ASuArnXKPbfEwhqN6e3mwBcDTgzisQN1wXN9BJcM47sSikHjJf3UFHKkNAWbWMiGj7Wf5uMash7SyYq527Hqck2AxYysAA7xmALppuCkwQ",
        ),
        (
            HARDENED + 2,
            "xpub6D4BDPcP2GT577Vvch3R8wDkScZWzQzMMUm3PWbmWvVJrZwQY4VUNgqFJPMM3No2dFDFGTsxxpG5uJh7n7epu4trkrX7x7DogT5Uv6fcLW5",
        ),
        (
            2,
            "xpub6FHa3pjLCk84BayeJxFW2SP4XRrFd1JYnxeLeU8EqN3vDfZmbqBqaGJAyiLjTAwm6ZLRQUMv1ZACTj37sR62cfN7fe5JnJ7dh8zL4fiyLHV",
        ),
        (
            1_000_000_000,
            "xpub6H1LXWLaKsWFhvm6RVpEL9P4KfRZSW7abD2ttkWP3SSQvnyA8FSVqNTEcYFgJS2UaFcxupHiYkro49S8yGasTvXEYBVPamhGW6cFJodrTHy",
        ),
    ],
    &[
        (
            0,
            "xpub661MyMwAqRbcFW31YEwpkMuc5THy2PSt5bDMsktWQcFF8syAmRUapSCGu8ED9W6oDMSgv6Zz8idoc4a6mr8BDzTJY47LJhkJ8UB7WEGuduB",
        ),
        (
            0,
            "xpub69H7F5d8KSRgmmdJg2KhpAK8SR3DjMwAdkxj3ZuxV27CprR9LgpeyGmXUbC6wb7ERfvrnKZjXoUmmDznezpbZb7ap6r1D3tgFxHmwMkQTPH",
        ),
        (
            u32::MAX,
            "xpub6ASAVgeehLbnwdqV6UKMHVzgqAG8Gr6riv3Fxxpj8ksbH9ebxaEyBLZ85ySDhKiLDBrQSARLq1uNRts8RuJiHjaDMBU4Zn9h8LZNnBC5y4a",
        ),
        (
            1,
            "xpub6DF8uhdarytz3FWdA8TvFSvvAh8dP3283MY7p2V4SeE2wyWmG5mg5EwVvmdMVCQcoNJxGoWaU9DCWh89LojfZ537wTfunKau47EL2dhHKon",
        ),
        (
            u32::MAX - 1,
            "xpub6ERApfZwUNrhLCkDtcHTcxd75RbzS1ed54G1LkBUHQVHQKqhMkhgbmJbZRkrgZw4koxb5JaHWkY4ALHY2grBGRjaDMzQLcgJvLJuZZvRcEL",
        ),
        (
            2,
            "xpub6FnCn6nSzZAw5Tw7cgR9bi15UV96gLZhjDstkXXxvCLsUXBGXPdSnLFbdpq8p9HmGsApME5hQTZ3emM2rnY5agb9rXpVGyy3bdW6EEgAtqt",
        ),
    ],
    &[
        (
            0,
            "xpub661MyMwAqRbcEZVB4dScxMAdx6d4nFc9nvyvH3v4gJL378CSRZiYmhRoP7mBy6gSPSCYk6SzXPTf3ND1cZAceL7SfJ1Z3GC8vBgp2epUt13",
        ),
        (
            HARDENED,
            "xpub68NZiKmJWnxxS6aaHmn81bvJeTESw724CRDs6HbuccFQN9Ku14VQrADWgqbhhTHBaohPX4CjNLf9fq9MYo6oDaPPLPxSb7gwQN3ih19Zm4Y",
        ),
    ],
    &[
        (
            0,
            "xpub661MyMwAqRbcGczjuMoRm6dXaLDEhW1u34gKenbeYqAix21mdUKJyuyu5F1rzYGVxyL6tmgBUAEPrEz92mBXjByMRiJdba9wpnN37RLLAXa",
        ),
        (
            HARDENED,
            "xpub69AUMk3qDBi3uW1sXgjCmVjJ2G6WQoYSnNHyzkmdCHEhSZ4tBok37xfFEqHd2AddP56Tqp4o56AePAgCjYdvpW2PU2jbUPFKsav5ut6Ch1m",
        ),
        (
            HARDENED + 1,
            "xpub6BJA1jSqiukeaesWfxe6sNK9CCGaujFFSJLomWHprUL9DePQ4JDkM5d88n49sMGJxrhpjazuXYWdMf17C9T5XnxkopaeS7jGk1GyyVziaMt",
        ),
    ],
];

fn xpub(text: &str) -> Xpub {
    text.parse().unwrap()
}

#[test]
fn bip_32_test_vectors_1_to_4() {
    let mut derived = 0;
    for chain in VECTORS {
        for (depth, (number, text)) in chain.iter().enumerate() {
            let key = xpub(text);
            assert_eq!(key.to_string(), *text);
            assert_eq!(Xpub::from_bytes(&key.to_bytes()), Ok(key.clone()));
            assert_eq!((usize::from(key.depth()), key.child_number()), (depth, *number));
            assert_eq!(key.network(), Network::Main);
            let Some(above) = depth.checked_sub(1) else {
                assert_eq!(key.parent_fingerprint(), [0; 4]);
                continue;
            };
            let parent = xpub(chain[above].1);
            assert_eq!(key.parent_fingerprint(), parent.fingerprint());
            // A hardened child cannot be derived, nor asked for.
            match Path::new([*number]) {
                Ok(path) => {
                    assert_eq!(parent.derive(&path).as_ref(), Ok(&key));
                    derived += 1;
                }
                Err(error) => assert_eq!(error, SetupError::Underivable(*number)),
            }
        }
    }
    assert_eq!(derived, 6);
    let (from, to) = (xpub(VECTORS[0][3].1), xpub(VECTORS[0][5].1));
    assert_eq!(from.derive(&Path::new([2, 1_000_000_000]).unwrap()), Ok(to));
}

#[test]
fn hardened_indices_are_refused() {
    for text in ["m/0'", "m/0h", "m/0H", "m/2147483648", "m/44/0/0'"] {
        assert!(matches!(text.parse::<Path>(), Err(SetupError::Underivable(HARDENED))), "{text}");
    }
}

/// BIP-32, test vector 5: extended keys that are none. Secret ones are none here, valid or not.
#[test]
fn bip_32_test_vector_5() {
    use XpubError::{Checksum, PublicKey, Root, Secret, Version};
    let cases = [
        (
            "xpub661MyMwAqRbcEYS8w7XLSVeEsBXy79zSzH1J8vCdxAZningWLdN3zgtU6LBpB85b3D2yc8sfvZU521AAwdZafEz7mnzBBsz4wKY5fTtTQBm",
            PublicKey,
        ),
        (
            "xprv9s21ZrQH143K24Mfq5zL5MhWK9hUhhGbd45hLXo2Pq2oqzMMo63oStZzFGTQQD3dC4H2D5GBj7vWvSQaaBv5cxi9gafk7NF3pnBju6dwKvH",
            Secret,
        ),
        (
            "xpub661MyMwAqRbcEYS8w7XLSVeEsBXy79zSzH1J8vCdxAZningWLdN3zgtU6Txnt3siSujt9RCVYsx4qHZGc62TG4McvMGcAUjeuwZdduYEvFn",
            PublicKey,
        ),
        (
            "xprv9s21ZrQH143K24Mfq5zL5MhWK9hUhhGbd45hLXo2Pq2oqzMMo63oStZzFGpWnsj83BHtEy5Zt8CcDr1UiRXuWCmTQLxEK9vbz5gPstX92JQ",
            Secret,
        ),
        (
            "xpub661MyMwAqRbcEYS8w7XLSVeEsBXy79zSzH1J8vCdxAZningWLdN3zgtU6N8ZMMXctdiCjxTNq964yKkwrkBJJwpzZS4HS2fxvyYUA4q2Xe4",
            PublicKey,
        ),
        (
            "xprv9s21ZrQH143K24Mfq5zL5MhWK9hUhhGbd45hLXo2Pq2oqzMMo63oStZzFAzHGBP2UuGCqWLTAPLcMtD9y5gkZ6Eq3Rjuahrv17fEQ3Qen6J",
            Secret,
        ),
        (
            "xprv9s2SPatNQ9Vc6GTbVMFPFo7jsaZySyzk7L8n2uqKXJen3KUmvQNTuLh3fhZMBoG3G4ZW1N2kZuHEPY53qmbZzCHshoQnNf4GvELZfqTUrcv",
            Secret,
        ),
        (
            "xpub661no6RGEX3uJkY4bNnPcw4URcQTrSibUZ4NqJEw5eBkv7ovTwgiT91XX27VbEXGENhYRCf7hyEbWrR3FewATdCEebj6znwMfQkhRYHRLpJ",
            Root,
        ),
        (
            "xprv9s21ZrQH4r4TsiLvyLXqM9P7k1K3EYhA1kkD6xuquB5i39AU8KF42acDyL3qsDbU9NmZn6MsGSUYZEsuoePmjzsB3eFKSUEh3Gu1N3cqVUN",
            Secret,
        ),
        (
            "xpub661MyMwAuDcm6CRQ5N4qiHKrJ39Xe1R1NyfouMKTTWcguwVcfrZJaNvhpebzGerh7gucBvzEQWRugZDuDXjNDRmXzSZe4c7mnTK97pTvGS8",
            Root,
        ),
        (
            "DMwo58pR1QLEFihHiXPVykYB6fJmsTeHvyTp7hRThAtCX8CvYzgPcn8XnmdfHGMQzT7ayAmfo4z3gY5KfbrZWZ6St24UVf2Qgo6oujFktLHdHY4",
            Version([1; 4]),
        ),
        (
            "DMwo58pR1QLEFihHiXPVykYB6fJmsTeHvyTp7hRThAtCX8CvYzgPcn8XnmdfHPmHJiEDXkTiJTVV9rHEBUem2mwVbbNfvT2MTcAqj3nesx8uBf9",
            Version([1; 4]),
        ),
        (
            "xprv9s21ZrQH143K24Mfq5zL5MhWK9hUhhGbd45hLXo2Pq2oqzMMo63oStZzF93Y5wvzdUayhgkkFoicQZcP3y52uPPxFnfoLZB21Teqt1VvEHx",
            Secret,
        ),
        (
            "xprv9s21ZrQH143K24Mfq5zL5MhWK9hUhhGbd45hLXo2Pq2oqzMMo63oStZzFAzHGBP2UuGCqWLTAPLcMtD5SDKr24z3aiUvKr9bJpdrcLg1y3G",
            Secret,
        ),
        (
            "xpub661MyMwAqRbcEYS8w7XLSVeEsBXy79zSzH1J8vCdxAZningWLdN3zgtU6Q5JXayek4PRsn35jii4veMimro1xefsM58PgBMrvdYre8QyULY",
            PublicKey,
        ),
        (
            "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHL",
            Checksum,
        ),
    ];
    for (text, error) in cases {
        assert_eq!(text.parse::<Xpub>(), Err(error), "{text}");
    }
}

/// The version decides: SLIP-132's `zpub` of BIP-84's account, and secret keys of both networks.
#[test]
fn other_versions_are_refused() {
    let zpub = "zpub6rFR7y4Q2AijBEqTUquhVz398htDFrtymD9xYYfG1m4wAcvPhXNfE3EfH1r1ADqtfSdVCToUG868RvUUkgDKf31mGDtKsAYz2oz2AGutZYs";
    assert_eq!(zpub.parse::<Xpub>(), Err(XpubError::Version([0x04, 0xb2, 0x47, 0x46])));
    let bytes = xpub(VECTORS[1][5].1).to_bytes();
    let with = |version: [u8; 4]| Xpub::from_bytes(&[&version[..], &bytes[4..]].concat());
    assert_eq!(with([0x04, 0x88, 0xad, 0xe4]), Err(XpubError::Secret));
    assert_eq!(with([0x04, 0x35, 0x83, 0x94]), Err(XpubError::Secret));
    let test = with([0x04, 0x35, 0x87, 0xcf]).unwrap();
    assert_eq!(test.network(), Network::Test);
    assert!(test.to_string().starts_with("tpub"));
    assert_eq!(xpub(&test.to_string()), test);
    // A network stays with the children.
    assert_eq!(test.derive(&Path::new([1]).unwrap()).unwrap().network(), Network::Test);
}

fn check(bytes: &[u8]) -> String {
    let sum = Sha256::digest(Sha256::digest(bytes));
    bs58::encode([bytes, &sum[..4]].concat()).into_string()
}

#[test]
fn other_lengths_and_points_are_refused_whatever_the_checksum() {
    let good = xpub(VECTORS[1][5].1);
    let bytes = good.to_bytes();
    assert_eq!(bytes.len(), 78);
    assert_eq!(xpub(&check(&bytes)), good);
    for len in 0..78 {
        assert_eq!(Xpub::from_bytes(&bytes[..len]), Err(XpubError::Length));
        assert_eq!(check(&bytes[..len]).parse::<Xpub>(), Err(XpubError::Length), "{len}");
    }
    for longer in [[&bytes[..], &[0]].concat(), [&[0], &bytes[..]].concat(), [&bytes[..], &bytes].concat()] {
        assert_eq!(Xpub::from_bytes(&longer), Err(XpubError::Length));
        assert_eq!(check(&longer).parse::<Xpub>(), Err(XpubError::Length));
    }
    for tag in (0..=255).filter(|tag| ![2, 3].contains(tag)) {
        let mut other = bytes.clone();
        other[45] = tag;
        assert_eq!(check(&other).parse::<Xpub>(), Err(XpubError::PublicKey), "{tag}");
    }
    // Coordinates written long: p is 0, which no point has, and p + 1 is 1, which two have.
    for (last, x) in [(0x2f, "p"), (0x30, "p + 1")] {
        let mut other = bytes.clone();
        other[46..].fill(0xff);
        other[73] = 0xfe;
        (other[76], other[77]) = (0xfc, last);
        assert_eq!(check(&other).parse::<Xpub>(), Err(XpubError::PublicKey), "{x}");
    }
    for text in ["", "1", "xpub", "0", "xpub\n"] {
        assert!(text.parse::<Xpub>().is_err(), "{text}");
    }
}

/// At depth 0 neither a parent nor a number, each by itself.
#[test]
fn a_root_has_no_parent_and_no_number() {
    let root = xpub(VECTORS[1][0].1).to_bytes();
    for at in 5..13 {
        for bit in 0..8 {
            let mut other = root.clone();
            other[at] ^= 1 << bit;
            assert_eq!(Xpub::from_bytes(&other), Err(XpubError::Root), "{at}");
            other[4] = 1;
            assert!(Xpub::from_bytes(&other).is_ok());
        }
    }
}

/// Every change of one character, every one left out, doubled or exchanged with the next, and spaces around.
#[test]
fn every_changed_text_is_refused() {
    for text in [VECTORS[0][0].1, VECTORS[1][5].1] {
        let mut others = BTreeSet::new();
        for (at, old) in text.char_indices() {
            let (before, after) = (&text[..at], &text[at + 1..]);
            let changed = BASE58.chars().chain("0OIl \u{e9}".chars()).filter(|new| *new != old);
            others.extend(changed.map(|new| format!("{before}{new}{after}")));
            others.insert(format!("{before}{after}"));
            others.insert(format!("{before}{old}{old}{after}"));
            if let Some(next) = after.chars().next().filter(|next| *next != old) {
                others.insert(format!("{before}{next}{old}{}", &after[1..]));
            }
        }
        others.extend([format!(" {text}"), format!("{text} "), format!("1{text}"), format!("{text}\n")]);
        assert!(others.len() > 111 * 63);
        for other in others {
            let refused = other.parse::<Xpub>().unwrap_err();
            let kinds = [XpubError::Checksum, XpubError::Base58, XpubError::Length];
            assert!(kinds.contains(&refused), "{other}: {refused}");
        }
    }
}

fn key() -> PublicKey<EcdsaSecp256k1> {
    let mut rng = rng(1);
    let cast = Cast::new([1, 2], &mut rng).unwrap();
    let shares = cast.deal::<EcdsaSecp256k1>(Threshold::new(2, 2).unwrap(), &mut rng).unwrap();
    shares[0].public().clone()
}

#[test]
fn no_key_is_deeper_than_255() {
    let root = Xpub::new(&key(), Network::Main);
    let deepest = root.derive(&Path::new([3; 255]).unwrap()).unwrap();
    assert_eq!((deepest.depth(), xpub(&deepest.to_string())), (255, deepest.clone()));
    assert_eq!(deepest.derive(&Path::default()), Ok(deepest.clone()));
    assert_eq!(deepest.derive(&Path::new([3]).unwrap()), Err(SetupError::Malformed("path")));
}

fn indices() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(prop_oneof![0..3u32, 0..HARDENED, HARDENED - 2..HARDENED], 0..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// What a watching wallet derives, in one go or in two with a text between, is what signers sign with.
    #[test]
    fn a_path_can_be_cut_anywhere(a in indices(), b in indices()) {
        let key = key();
        let path = Path::new(a.iter().chain(&b).copied()).unwrap();
        let [a, b] = [&a, &b].map(|part| Path::new(part.iter().copied()).unwrap());
        let root = Xpub::new(&key, Network::Main);
        prop_assert_eq!((root.depth(), root.public_key()), (0, key.public_key()));
        let at_once = root.derive(&path).unwrap();
        let between = root.derive(&a).unwrap().to_string();
        prop_assert_eq!(&xpub(&between).derive(&b).unwrap(), &at_once);
        let signed_with = derive(&key, &path).unwrap();
        prop_assert_eq!(at_once.point(), signed_with.point());
        prop_assert_eq!(at_once.public_key(), signed_with.public_key());
        prop_assert_eq!(at_once.chain_code(), signed_with.chain_code());
        prop_assert_eq!(usize::from(at_once.depth()), path.indices().len());
        prop_assert_eq!(at_once.child_number(), path.indices().last().copied().unwrap_or_default());
    }

    #[test]
    fn garbage_is_refused(text in ".{0,130}", bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        prop_assert!(text.parse::<Xpub>().is_err());
        prop_assert!(bs58::encode(&bytes).into_string().parse::<Xpub>().is_err());
        prop_assert!(Xpub::from_bytes(&bytes).is_err());
    }
}
