//! The examples run, and what they check can fail.

// Each has a copy of what they share, and a `main`.
#![allow(dead_code, clippy::duplicate_mod)]

#[path = "../examples/addresses.rs"]
mod addresses;
#[path = "../examples/batch.rs"]
mod batch;
#[path = "../examples/cosigner.rs"]
mod cosigner;
#[path = "../examples/lifecycle.rs"]
#[allow(dead_code)]
mod lifecycle;
#[path = "../examples/presign.rs"]
mod presign;
#[path = "../examples/quickstart.rs"]
mod quickstart;
#[path = "../examples/rounds.rs"]
mod rounds;
#[path = "../examples/safe_passkey.rs"]
mod safe_passkey;
#[path = "../examples/withdrawals.rs"]
mod withdrawals;

use batch::Coin;
use batch::devices::{Error, Wallet, os_rng};
use quickstart::Options;
use quorate::error::{ResumeError, SetupError};
use quorate::party::{PartyId, Threshold};

fn options(line: &str) -> Result<Option<Options>, Error> {
    Options::parse(line.split_whitespace().map(Into::into))
}

fn quickstart(line: &str) -> Result<(), Error> {
    quickstart::run(&options(line)?.unwrap())
}

#[test]
fn quickstart_signs_for_three_chains_and_files() {
    quickstart("").unwrap();
    quickstart("--threshold 3 --parties 4 --only ecdsa").unwrap();
    quickstart("--threshold 5 --parties 11 --only ed25519").unwrap();
    quickstart("--file Cargo.toml").unwrap();
}

#[test]
fn quickstart_says_what_is_wrong_with_its_arguments() {
    assert!(options("--only ecdsa --help").unwrap().is_none());
    let cases = [
        ("--no-such-option", "unknown argument --no-such-option"),
        ("--file", "--file needs a value"),
        ("--threshold many", "--threshold: many is not a number of parties"),
        ("--parties 70000", "--parties: 70000 is not a number of parties"),
        ("--only rsa", "--only: rsa is neither ed25519 nor ecdsa"),
        ("--threshold 4", "a threshold of 4 of 3 is not possible"),
    ];
    for (line, message) in cases {
        let error = options(line).err().unwrap().to_string();
        assert!(error.contains(message), "{line}: {error}");
    }
    assert!(quickstart("--file no/such/file").unwrap_err().to_string().starts_with("no/such/file: "));
}

#[test]
fn presignatures_are_spent_once_and_die_with_their_pairing() {
    presign::run().unwrap();
}

/// Where the library refused for another reason, or not at all, the example fails.
#[test]
fn presign_fails_where_nothing_is_refused() {
    assert!(presign::expect(None, ResumeError::Spent).is_err());
    assert!(presign::expect(Some(ResumeError::Malformed), ResumeError::Spent).is_err());
    let [one, other] = [1, 2].map(|id| PartyId::new(id).unwrap());
    assert!(presign::expect(Some(SetupError::Banned(one)), SetupError::Banned(other)).is_err());
    assert!(presign::expect(Some(SetupError::Banned(one)), SetupError::Banned(one)).is_ok());
}

#[test]
fn batch_signs_every_input() {
    batch::run().unwrap();
}

/// Every input has its own key and its own digest, so no signature fits another's place.
#[test]
fn batch_fails_with_signatures_in_the_wrong_places() {
    let rng = &mut os_rng();
    let wallet = Wallet::new(Threshold::new(2, 3).unwrap(), rng).unwrap();
    let coins: Vec<Coin> = (0..3).map(|index| Coin::new(&wallet, index).unwrap()).collect();
    let orders = batch::orders(&coins, &batch::sweep(&coins)).unwrap();
    let mut signed = batch::in_a_batch(&wallet, &orders, rng).unwrap();
    assert_eq!(batch::witnesses(&coins, &orders, &signed).unwrap().len(), 3);
    signed.signatures.swap(0, 2);
    assert!(batch::witnesses(&coins, &orders, &signed).is_err());
    signed.signatures.swap(0, 2);
    signed.signatures.pop();
    assert!(batch::witnesses(&coins, &orders, &signed).is_err());
}

fn addresses(line: &str) -> Result<String, Error> {
    addresses::run(&addresses::Options::parse(line.split_whitespace().map(Into::into))?.unwrap())
}

#[test]
fn addresses_are_new_each_time_or_come_from_the_seed() {
    let [one, other] = [(), ()].map(|()| addresses("").unwrap());
    assert_ne!(one, other);
    let [one, other, third] = ["--seed a", "--seed a", "--seed b"].map(|line| addresses(line).unwrap());
    assert_eq!(one, other);
    assert_ne!(one, third);
    let table: Vec<&str> = one.lines().filter(|line| line.contains(" m/")).collect();
    assert_eq!(table.len(), 12);
    let starts = ["bc1q", "0x", "cosmos1", "T", "bc1p", ""];
    for (rows, start) in table.chunks(2).zip(starts) {
        let [a, b] = rows else { panic!("two of each") };
        let [a, b] = [a, b].map(|row| row.split_whitespace().last().unwrap());
        assert!(a.starts_with(start) && b.starts_with(start) && a != b, "{a}, {b}");
    }
    assert_eq!(addresses("--count 5").unwrap().lines().filter(|line| line.contains(" m/")).count(), 30);
}

#[test]
fn addresses_says_what_is_wrong_with_its_arguments() {
    let parse = |line: &str| addresses::Options::parse(line.split_whitespace().map(Into::into));
    assert!(parse("--seed x --help").unwrap().is_none());
    for (line, message) in [
        ("--no-such-option", "unknown argument --no-such-option"),
        ("--seed", "--seed needs a value"),
        ("--count 0", "--count: 0 is not in 1..=1000"),
        ("--count many", "--count: many is not in 1..=1000"),
    ] {
        assert_eq!(parse(line).err().unwrap().to_string(), message);
    }
}

/// Every signature in it is verified, and the public key compared with the first.
#[test]
fn a_wallet_outlives_its_devices() {
    lifecycle::live().unwrap();
}

/// A relying party's verifier and the Safe's checks are in it, and what holders refuse.
#[test]
fn a_quorum_is_a_passkey_and_owns_a_safe() {
    safe_passkey::run().unwrap();
}

/// Where something was signed, or refused for another reason, the example fails.
#[test]
fn safe_passkey_fails_where_nothing_is_refused() {
    use quorate::approval::gate::GateError;
    use quorate::approval::passkey::PasskeyError::{WrongMode, WrongOrigin};
    use safe_passkey::safe::holders::No;
    let no = |error| Err(No::Refused(error));
    assert!(safe_passkey::refused("x", no(WrongMode.into()), &WrongMode).is_ok());
    assert!(safe_passkey::refused("x", no(WrongMode.into()), &WrongOrigin).is_err());
    assert!(safe_passkey::refused("x", no(GateError::WrongContent), &WrongMode).is_err());
    assert!(safe_passkey::denied("x", no(WrongMode.into())).is_err());
}

/// What is signed is verified, and each refusal must be the expected one.
#[test]
fn a_server_cosigns_what_its_policy_allows() {
    cosigner::live().unwrap();
}

#[test]
fn cosigner_fails_where_it_is_signed_or_refused_unexpectedly() {
    let rng = &mut os_rng();
    let mut duo = cosigner::Duo::new(rng).unwrap();
    assert_eq!(duo.logs().unwrap_err().to_string(), "an empty log");
    let first = duo.request(0, cosigner::PAYEE, 1, rng).unwrap();
    let approval = duo.office.people[0].approves(&first);
    duo.signed(&first, &[&approval], rng).unwrap();
    // There is no refusal in the log to tamper with.
    assert!(duo.logs().unwrap_err().to_string().starts_with("a no became a yes: Ok"));
    let small = duo.request(0, cosigner::PAYEE, 1, rng).unwrap();
    let approval = duo.office.people[0].approves(&small);
    let error = duo.refused(&small, &[], 5607, rng).unwrap_err().to_string();
    assert_eq!(error, "refused, but with 5608, not 5607");
    assert_eq!(duo.signed(&small, &[], rng).unwrap_err().to_string(), "it was refused");
    // Neither holder has used it up meanwhile.
    duo.signed(&small, &[&approval], rng).unwrap();
    assert!(duo.refused(&small, &[&approval], 5607, rng).is_err());
    duo.replayed(&small, &approval, rng).unwrap();
    let other = duo.request(1, cosigner::PAYEE, 1, rng).unwrap();
    // The approval of another request is worth nothing, and this one has not been used.
    let error = duo.replayed(&other, &approval, rng).unwrap_err().to_string();
    assert_eq!(error, "it was not used");
    let approval = duo.office.people[0].approves(&other);
    assert_eq!(duo.refused(&other, &[&approval], 5608, rng).unwrap_err().to_string(), "it was signed");
    duo.logs().unwrap();
}

#[test]
fn a_list_of_withdrawals_is_decided_one_by_one() {
    withdrawals::live().unwrap();
}

#[test]
fn withdrawals_fail_where_nodes_say_something_else() {
    let rng = &mut os_rng();
    let mut desk = withdrawals::Desk::new(rng).unwrap();
    let request = desk.request(2, 5, rng).unwrap();
    let [alice, bob] = [0, 1].map(|who| desk.office.people[who].approves(&request));
    let decided = desk.decide(&request, &[&alice, &bob], rng).unwrap();
    assert_eq!(decided.said, [0, 0, 5606]);
    assert!(decided.expect(&[0, 0, 0]).is_err() && decided.expect(&[0, 0]).is_err());
    assert!(desk.sign(&request, decided, 0, rng).unwrap());
    // The two that signed have used it up.
    let decided = desk.decide(&request, &[&alice, &bob], rng).unwrap();
    assert_eq!(decided.said, [5702, 5702, 5606]);
    assert!(!desk.sign(&request, decided, 0, rng).unwrap());
}

/// The bytes of the table are those that `tests/sizes.rs` has from the outboxes.
#[test]
fn rounds_writes_what_each_round_costs() {
    let out = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("rounds");
    let line = format!("--quick --out {}", out.display());
    let options = rounds::Options::parse(line.split_whitespace().map(Into::into)).unwrap().unwrap();
    let sheet = rounds::run(&options).unwrap();
    let read = |name: &str| std::fs::read_to_string(out.join(name)).unwrap();
    let csv = read("rounds.csv");
    // messages out, bytes out, to each; messages in, bytes in
    let row = |start: &str| -> Vec<usize> {
        let row =
            csv.lines().find_map(|row| row.strip_prefix(start)).unwrap_or_else(|| panic!("no row {start}"));
        row.split(',').take(5).map(|number| number.parse().unwrap()).collect()
    };
    let ed = "\"FROST(Ed25519, SHA-512)\",2,3";
    let (header, signed) = (56, 56 + 64);
    let [commit, reveal, share, certify] = [128, 224, 64, 96].map(|body| body + signed);
    assert_eq!(row(&format!("key generation,{ed},member,1,")), [1, commit, 2 * commit, 2, 2 * commit]);
    let both = reveal + 2 * share;
    assert_eq!(
        row(&format!("key generation,{ed},member,2,")),
        [3, both, 2 * both - 2 * share, 4, 2 * (reveal + share)]
    );
    assert_eq!(row(&format!("key generation,{ed},member,3,")), [1, certify, 2 * certify, 2, 2 * certify]);
    assert_eq!(row(&format!("key generation,{ed},member,result,")), [0; 5]);
    assert_eq!(
        row(&format!("FROST signature,{ed},signer,2,")),
        [1, 64 + header, 64 + header, 1, 64 + header]
    );
    for (round, body) in [(1, 128), (2, 8256), (3, 6144), (4, 32)] {
        let bytes = body + header;
        assert_eq!(row(&format!("pairing,\"any\",2,2,device,{round},")), [1, bytes, bytes, 1, bytes]);
    }
    for (round, body) in [(1, 4464), (2, 40_260), (3, 96)] {
        let of = |what, items| {
            row(&format!("{what},\"ECDSA(secp256k1)\",2,3,signer,{round},")) == [1, items, items, 1, items]
        };
        assert!(
            of("ECDSA signature", body + header) && of("ECDSA batch of 4", 4 * body + header),
            "round {round}"
        );
    }
    assert_eq!(row("ECDSA online,\"ECDSA(secp256k1)\",2,3,signer,1,"), [1, 152, 152, 1, 152]);
    assert_eq!(row(&format!("repair,{ed},helper,2,")), [1, 36 + header, 36 + header, 0, 0]);
    assert_eq!(row(&format!("reshare,{ed},member,1,"))[..2], [1, 32 + 32 * 2 + signed]);
    assert_eq!(row(&format!("import,{ed},dealer,1,"))[..2], [1, 64 + signed]);
    assert_eq!(read("rounds.md"), sheet.markdown());
    let svg = read("rounds.svg");
    assert!(
        svg.starts_with("<svg") && svg.contains("microseconds") && svg.contains("ECDSA online, secp256k1")
    );
}

#[test]
fn rounds_says_what_is_wrong_with_its_arguments() {
    let parse = |line: &str| rounds::Options::parse(line.split_whitespace().map(Into::into));
    assert!(parse("--quick --help").unwrap().is_none());
    for (line, message) in [
        ("--no-such-option", "unknown argument --no-such-option"),
        ("--out", "--out needs a value"),
        ("--repetitions 0", "--repetitions: 0 is not in 1..=10000"),
    ] {
        assert_eq!(parse(line).err().unwrap().to_string(), message);
    }
    let options = parse("--quick --out Cargo.toml/no").unwrap().unwrap();
    assert!(rounds::run(&options).err().unwrap().to_string().starts_with("Cargo.toml/no: "));
}
