//! What can be read in the source, and in the bytes of every message.

use quorate::error::Rejected;
use quorate::wire::VERSION;

use super::super::common::{Visit, every_protocol, library, play_through, text};
use crate::driver::{Protocol, Script, id};

/// Dragonblood (2019): hashing to a curve by trial takes as many trials as the input says. Here the only hash onto a group is that of
/// ristretto255, which takes constant time; nothing is hashed to a point of secp256k1, P-256 or Ed25519, and no loop around a hash ends
/// when a point decodes.
#[test]
fn f4_only_ristretto255_is_hashed_to() {
    let (mut onto, mut files) = (Vec::new(), 0);
    for (path, code) in library() {
        files += 1;
        for name in [
            "hash_to_curve",
            "hash2curve",
            "map_to_curve",
            "encode_to_curve",
            "from_hash(",
            "hash_from_bytes",
            "nonspec",
            "elligator",
            "ProjectivePoint::from_uniform",
            "EdwardsPoint::from_uniform",
        ] {
            assert!(!code.contains(name), "{path}: {name}");
        }
        if code.contains("Point::from_uniform_bytes") {
            onto.push(path.clone());
        }
        // A loop in which there are a hash and a decoded point.
        for (at, _) in code.match_indices("loop {").chain(code.match_indices("while ")) {
            let end = code[at..].find("\n    }").map_or(code.len(), |len| at + len);
            let body = &code[at..end];
            let hashes =
                ["Transcript::new", "Sha256", "Sha512", ".finish()"].iter().any(|hash| body.contains(hash));
            let decodes =
                ["read_point", "decompress", "decode_point"].iter().any(|point| body.contains(point));
            assert!(!(hashes && decodes), "{path}: {body}");
        }
    }
    assert!(files > 200, "{files} files");
    assert_eq!(onto, ["src/ot/base.rs"]);
}

/// `unwrap`, `expect`, `panic!` and indices of slices are errors of the compiler in the library, and nothing takes that back but where
/// every length is fixed.
#[test]
fn f5_panics_are_denied_by_the_compiler() {
    let lib = text("src/lib.rs");
    let deny = "#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]";
    assert!(lib.contains(deny) && lib.contains("#![forbid(unsafe_code)]"));
    let manifest = text("Cargo.toml");
    for lint in ["todo = \"deny\"", "unimplemented = \"deny\"", "dbg_macro = \"deny\""] {
        assert!(manifest.contains(lint), "{lint}");
    }
    let mut allowed = Vec::new();
    for (path, code) in library() {
        // The network of tests is std, and says that it panics.
        if path.starts_with("src/sim") {
            continue;
        }
        for line in code.lines().filter(|line| line.contains("allow(") || line.contains("expect(clippy")) {
            for lint in ["unwrap_used", "expect_used", "clippy::panic", "indexing_slicing", "restriction"] {
                if line.contains(lint) {
                    allowed.push((path.clone(), lint));
                }
            }
        }
        for word in ["unreachable!", "assert!(", "assert_eq!(", ".unwrap()", ".expect(\""] {
            for line in code.lines().filter(|line| line.contains(word)) {
                // Asserted when it is built.
                let built = ["const _: () = assert!(", "const { assert!(", "debug_assert"]
                    .iter()
                    .any(|part| line.contains(part));
                assert!(built, "{path}: {line}");
            }
        }
    }
    println!("{allowed:?}");
    assert!(allowed.iter().all(|(_, lint)| *lint == "indexing_slicing"), "{allowed:?}");
    assert_eq!(
        allowed
            .iter()
            .filter(|(path, _)| path.starts_with("src/vole/") || path.starts_with("src/ot/"))
            .count(),
        1
    );
}

/// Multichain and THORChain (2023, 2026): a fault fixed upstream lived on in forks that nobody updated. Here what is depended on is held to
/// a policy by tests and the tool in CI, and every message starts with its version: a device of the next one is told apart from
/// nonsense, and never misread, in every protocol.
#[test]
fn f9_every_message_says_its_version() {
    struct Versions(usize);
    impl Visit for Versions {
        fn protocol<P: Protocol>(&mut self, name: &str, make: &dyn Fn(u64) -> Script<P>) {
            let script = make(21);
            play_through(name, &script, id(2), |player, mail| {
                assert_eq!(mail.message()[0], VERSION);
                for version in (0..=255).filter(|version| *version != VERSION) {
                    let mut bytes = mail.message().to_vec();
                    bytes[0] = version;
                    let found = player.session.receive(mail.from(), &bytes);
                    assert_eq!(found, Err(Rejected::Header), "{name}");
                    self.0 += 1;
                }
            });
        }
    }
    let mut versions = Versions(0);
    every_protocol(&mut versions);
    assert!(versions.0 > 255 * 30);
    let policy = text("deny.toml");
    for part in [
        "multiple-versions = \"deny\"",
        "unknown-registry = \"deny\"",
        "unknown-git = \"deny\"",
        "num-bigint",
    ] {
        assert!(policy.contains(part), "{part}");
    }
    assert!(text(".ci/run").contains("bash ci/supply.sh") && text("ci/supply.sh").contains("cargo deny"));
}
