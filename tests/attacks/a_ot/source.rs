//! What can be read in the source: how points come from hashes, how wide the check is, where secrets could become a branch.

use curve25519_dalek::RistrettoPoint;
use quorate::curve::EcdsaSecp256k1;
use quorate::ecdsa::Sign;
use quorate::error::Fault;
use sha2::{Digest, Sha512};

use super::super::common::signers::game::{Flow, Game};
use super::super::common::signers::table::{End, id};
use super::super::common::{library, text};

/// The arguments of every call of `function` in a text.
fn arguments<'a>(text: &'a str, function: &str) -> Vec<&'a str> {
    let call = format!("{function}(");
    let rest = text.match_indices(&call).map(|(at, _)| &text[at + call.len()..]);
    rest.map(|rest| {
        let mut depth = 1;
        let end = rest.char_indices().find(|(_, c)| {
            depth += match c {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            depth == 0
        });
        &rest[..end.unwrap().0]
    })
    .collect()
}

/// A base transfer whose base point is a hash times the generator has a base point whose logarithm everybody knows, and keys that everybody
/// has (a pitfall). Here no argument of a multiplication of the generator is a hash; points of base transfers come of the one hash onto
/// the group; and that is the one of RFC 9496, by its known answers. (In `ot::base` a simulator that knows a logarithm fails.)
#[test]
fn a23_no_base_point_is_a_hash_times_the_generator() {
    let mut calls = 0;
    for (path, code) in library() {
        for argument in arguments(&code, "mul_base") {
            let hashed = ["Transcript", "scalar::<", "wide(", "finish", "hash", "Sha", "challenge", "H2S"];
            assert!(hashed.iter().all(|hash| !argument.contains(hash)), "{path}: mul_base({argument})");
            calls += 1;
        }
        let onto_group = arguments(&code, "RistrettoPoint::from_uniform_bytes");
        let wide = "&wide(Tag::BotH2g, &[self.ot, &e.to_be_bytes(), &[b], x])";
        assert_eq!(onto_group, if path == "src/ot/base.rs" { vec![wide] } else { vec![] }, "{path}");
        if path.starts_with("src/ot/") || path.starts_with("src/pairing/") {
            let arguments = arguments(&code, "mul_base");
            assert!(arguments.iter().all(|k| ["k", "beta.expose()"].contains(k)), "{path}: {arguments:?}");
            // Scalars are drawn, or read from storage; none is hashed.
            let reduced = code.matches("from_bytes_mod_order").count();
            assert_eq!(reduced, usize::from(path == "src/ot/base.rs"), "{path}");
            assert!(!code.contains(".scalar::<"), "{path}");
        }
    }
    assert!(calls > 15, "{calls} calls: was the right thing read?");
    // RFC 9496, appendix A.3: SHA-512 of each label, mapped to the group.
    for (label, element) in [
        (
            "Ristretto is traditionally a short shot of espresso coffee",
            "3066f82a1a747d45120d1740f14358531a8f04bbffe6a819f86dfe50f44a0a46",
        ),
        (
            "made with the normal amount of ground coffee but extracted with",
            "f26e5b6f7d362d2d2a94c5d0e7602cb4773c95a2e5c31a64f133189fa76ed61b",
        ),
        (
            "about half the amount of water in the same amount of time",
            "006ccd2a9e6867e6a2c5cea83d3302cc9de128dd2a9a57dd8ee7b9d7ffe02826",
        ),
        ("by using a finer grind.", "f8f0c87cf237953c5890aec3998169005dae3eca1fbb04548c635953c817f92a"),
        (
            "This produces a concentrated shot of coffee per volume.",
            "ae81e7dedf20a497e10c304a765c1767a42d6e06029758d2d7e8ef7cc4c41179",
        ),
        (
            "Just pulling a normal shot short will produce a weaker shot",
            "e2705652ff9f5e44d3e841bf1c251cf7dddb77d140870d1ab2ed64f1a9ce8628",
        ),
        (
            "and is not a Ristretto as some believe.",
            "80bd07262511cdde4863f8a7434cef696750681cb9510eea557088f76d9e5065",
        ),
    ] {
        let point = RistrettoPoint::from_uniform_bytes(&Sha512::digest(label).into());
        assert_eq!(hex::encode(point.compress().as_bytes()), element);
    }
}

/// DKLs23, section 5.1 (2023): made non-interactive by hashing, the check of the extension can be ground offline, so a statistical width of
/// 40 or 80 bits is too little. Here it has 128, asserted where it is defined; and each byte of the fold and of the digest counts.
#[test]
fn a26_the_check_of_the_extension_has_128_bits() {
    let row = text("src/ot/row.rs");
    assert!(row.contains("const _: () = assert!(SIGMA == 128"), "the assertion is gone");
    let game = Game::<EcdsaSecp256k1>::new(2, 3, &[1, 3], 1);
    let mut lengths = Vec::new();
    // com 32, n_B 32, 64 rows of 416 + 128 bits, the fold 16, the digest 32
    for at in 4416..4464 {
        let pairs = game.deal(80);
        let mut table = Sign::table(&game, &pairs, 1, 1);
        assert!(table.post(&mut |_, letter| {
            if letter.header.from == id(3) {
                lengths.push(letter.body.len());
                letter.body[at] ^= 1 << (at % 8);
            }
            true
        }));
        assert!(table.advance(1));
        let end = End::Cheater(1, "S1.2", vec![(3, Fault::OtExtension)]);
        assert_eq!(table.end(1, &|_| false), end, "byte {at}");
    }
    assert!(lengths.iter().all(|len| *len == 32 + 32 + 64 * (416 + 128) / 8 + 16 + 32));
}

/// Silent Shard audit, appendix D (2024): branches on choice bits, and timing that tells them. Here what can be seen without a clock:
/// among transfers and multiplication no code indexes by anything but the loops of one file over arrays of a fixed length, and the only
/// secret condition that becomes a branch is one verdict over all trees. (What the compiler makes of it is not seen here.)
#[test]
fn a29_no_secret_indexes_and_one_verdict_branches() {
    let lib = text("src/lib.rs");
    assert!(lib.contains("clippy::indexing_slicing") && lib.contains("#![deny(clippy::unwrap_used"));
    let mut files = 0;
    for (path, code) in library() {
        if !["src/ot/", "src/vole/", "src/zero.rs"].iter().any(|part| path.starts_with(part)) {
            continue;
        }
        files += 1;
        assert_eq!(code.contains("indexing_slicing"), path == "src/vole/limbs.rs", "{path}");
        let branches: usize =
            ["bool::from(", "unwrap_u8(", "verdict("].map(|one| code.matches(one).count()).iter().sum();
        // In base.rs, whether a scalar is drawn again because it is zero.
        let known = ["src/ot/base.rs", "src/ot/pprf.rs"].contains(&path.as_str());
        assert_eq!(branches, usize::from(known), "{path}");
        assert!(!code.contains(".into_option()"), "{path}");
        // Comparisons of secret bytes are those of `subtle`. These are of lengths and parameters, of a scalar that would be drawn again,
        // and, in `is_canonical`, of what a peer sent.
        for line in code.lines().filter(|line| line.contains(" == ") || line.contains(" != ")) {
            let public = ["len()", "% size == 0", "SIGMA", "&Scalar::ZERO", "subtract(a, &C::ORDER).1 != 0"];
            assert!(public.iter().any(|part| line.contains(part)), "{path}: {}", line.trim());
        }
    }
    assert!(files > 10, "{files} files");
}
