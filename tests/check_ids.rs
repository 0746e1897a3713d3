//! Every check has an id, stands in the code, and has a test named after it: the table in `src/guide/checks.md` says where, and is what the
//! source says. `QUORATE_WRITE=1 cargo test --test check_ids` writes it anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// An id: its letter, and one number or two. `K1` and `K1.1` are of different books.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Id(char, u8, Option<u8>);

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.2 {
            Some(second) => write!(f, "{}{}.{second}", self.0, self.1),
            None => write!(f, "{}{}", self.0, self.1),
        }
    }
}

/// Ids of one letter and form: what they are about, where they are defined, and where their tests are, if names of other tests look alike.
struct Book {
    letter: char,
    dotted: bool,
    title: &'static str,
    defined: &'static str,
    tests: &'static [&'static str],
}

const fn book(letter: char, dotted: bool, title: &'static str, defined: &'static str) -> Book {
    Book { letter, dotted, title, defined, tests: &["src/", "tests/"] }
}

/// The names of attacks begin with a letter and a number as well: in files of attacks only ids with a point count, and of these books only
/// some files.
const fn only(mut book: Book, tests: &'static [&'static str]) -> Book {
    book.tests = tests;
    book
}

const BOOKS: &[Book] = &[
    book('K', true, "Key generation", "crate::dkg"),
    book('T', true, "Certificates handed over", "crate::dkg"),
    book('R', true, "Refresh", "crate::refresh"),
    book('E', true, "Reshare", "crate::reshare"),
    book('I', true, "Import", "crate::import"),
    book('L', true, "Repair", "crate::repair"),
    book('F', true, "FROST", "crate::frost"),
    book('P', true, "Pairing", "crate::pairing"),
    book('S', true, "ECDSA", "crate::ecdsa"),
    book('E', false, "Envelopes", "crate::envelope"),
    book('I', false, "Identities and clusters", "crate::identity"),
    book('H', false, "Channels: handshake", "crate::channel"),
    book('T', false, "Channels: records", "crate::channel"),
    book('V', false, "Vault: containers", "crate::vault"),
    book('F', false, "Vault: passkey's PRF", "crate::vault::prf"),
    only(book('B', false, "Vault: backups", "crate::vault::backup"), &["tests/vault/"]),
    book('R', false, "Requests", "crate::approval::request"),
    only(
        book('A', false, "Approvers and their evidence", "crate::approval::approver"),
        &["tests/policy/", "tests/gate/"],
    ),
    book('O', false, "Codes (TOTP)", "crate::approval::totp"),
    book('W', false, "WebAuthn: configuration and assertions", "crate::approval::webauthn"),
    book('N', false, "WebAuthn: registrations", "crate::approval::webauthn"),
    book('K', false, "Key formats", "crate::approval::keyfmt"),
    book('P', false, "Policies and caps", "crate::approval::policy"),
    book('S', false, "Registry", "crate::approval::registry"),
    book('G', false, "Gate", "crate::approval::gate"),
    book('U', false, "Audit log", "crate::approval::audit"),
    book('X', false, "A quorum's passkey", "crate::approval::passkey"),
    book('Q', false, "Quotes", "crate::approval::quote"),
];

fn book_of(id: Id) -> Option<&'static Book> {
    BOOKS.iter().find(|book| book.letter == id.0 && book.dotted == id.2.is_some())
}

/// `K1.1` or `H7`, whole.
fn parse(text: &str) -> Option<Id> {
    let mut chars = text.chars();
    let letter = chars.next().filter(char::is_ascii_uppercase)?;
    let (first, second) = match chars.as_str().split_once('.') {
        Some((first, second)) => (first, Some(second)),
        None => (chars.as_str(), None),
    };
    let number = |text: &str| text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
    Some(Id(letter, number(first)?, second.map(|s| number(s).ok_or(())).transpose().ok()?))
}

/// The ids in brackets in a comment, also where the brackets are escaped.
fn in_comment(line: &str) -> Vec<Id> {
    let Some((_, comment)) = line.split_once("//") else { return Vec::new() };
    let comment = comment.replace('\\', "");
    comment.split('[').skip(1).filter_map(|rest| parse(rest.split_once(']')?.0)).collect()
}

/// The ids in the first cell of a row of a table in documentation.
fn in_table(line: &str) -> Vec<Id> {
    let line = line.trim_start().trim_start_matches("//!").trim_start_matches("///").trim_start();
    let Some((cell, _)) = line.strip_prefix('|').and_then(|row| row.split_once('|')) else {
        return Vec::new();
    };
    let ids: Option<Vec<_>> = cell.split(", ").map(|id| parse(id.trim())).collect();
    ids.unwrap_or_default()
}

/// The ids that the name of a function begins with: `k2_5_and_k2_6_..` has two, `t3_t4_..` too.
fn in_name(name: &str) -> BTreeSet<Id> {
    let mut words = name.split('_').peekable();
    let mut ids = BTreeSet::new();
    while let Some(word) = words.next() {
        if matches!(word, "and" | "to") && !ids.is_empty() {
            continue;
        }
        let second = words.peek().and_then(|next| next.parse::<u8>().ok());
        let text = match second {
            Some(second) => format!("{}.{second}", word.to_uppercase()),
            None => word.to_uppercase(),
        };
        let Some(id) = parse(&text).filter(|_| word.starts_with(|c: char| c.is_ascii_lowercase())) else {
            break;
        };
        words.next_if(|_| second.is_some());
        ids.insert(id);
    }
    ids
}

/// Names of functions that a line begins, if it begins one.
fn function(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("fn ")?;
    Some(&rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?])
}

/// Names that a macro makes tests of: those that stand in `every_scheme! {` or another list of this kind;
/// `rules! {` is that of the stores' contract, which every store is tested with.
fn listed(text: &str) -> BTreeSet<&str> {
    let (mut found, mut inside) = (BTreeSet::new(), false);
    for line in text.lines().map(str::trim) {
        match line {
            "every_scheme! {" | "every_dealing! {" | "on_both! {" | "rules! {" => inside = true,
            "}" => inside = false,
            _ if inside => found.extend(line.split([' ', ';', ','])),
            _ => {}
        }
    }
    found
}

#[derive(Default)]
struct Found {
    /// Files under `src/` in whose comments it stands.
    code: BTreeSet<String>,
    /// Files under `src/` with a table that defines it.
    defined: BTreeSet<String>,
    /// Tests named after it: name and file.
    tests: BTreeSet<(String, String)>,
}

fn look(root: &Path) -> BTreeMap<Id, Found> {
    let mut found: BTreeMap<Id, Found> = BTreeMap::new();
    for path in files(&root.join("src")).into_iter().chain(files(&root.join("tests"))) {
        let file = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let source = file.strip_prefix("src/").filter(|name| !name.starts_with("guide"));
        let listed = listed(&text);
        let mut attribute = false;
        for line in text.lines() {
            if let Some(source) = source {
                for id in in_table(line) {
                    found.entry(id).or_default().defined.insert(source.to_owned());
                }
                if file.ends_with(".rs") && !line.trim_start().starts_with("//!") {
                    for id in in_comment(line) {
                        found.entry(id).or_default().code.insert(source.to_owned());
                    }
                }
            }
            // A test, or what a macro in the same file makes a test of.
            if let Some(name) = function(line).filter(|name| attribute || listed.contains(name)) {
                for id in in_name(name) {
                    let counts = |book: &&Book| {
                        let attack = file.contains("/attacks") && !book.dotted;
                        !attack && book.tests.iter().any(|place| file.starts_with(place))
                    };
                    if book_of(id).filter(counts).is_some() {
                        found.entry(id).or_default().tests.insert((name.to_owned(), file.clone()));
                    }
                }
            }
            attribute = line.trim() == "#[test]" || (attribute && line.trim().starts_with('#'));
        }
    }
    found
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else if path.extension().is_some_and(|e| e == "rs" || e == "md") {
            all.push(path);
        }
    }
    all.sort();
    all
}

/// The table, as Markdown for rustdoc. A test that the old table names stays in it, so that new tests change nothing.
fn table(found: &BTreeMap<Id, Found>, old: &str) -> String {
    let mut out = String::new();
    for book in BOOKS {
        let of_book = |(id, found): &(&Id, &Found)| {
            let known = !found.code.is_empty() || !found.defined.is_empty();
            known && id.0 == book.letter && id.2.is_some() == book.dotted
        };
        let _ = writeln!(
            out,
            "\n## {}: [`{}`]({})\n",
            book.title,
            &book.defined["crate::".len()..],
            book.defined
        );
        out.push_str("| check | where it is made | a test |\n|---|---|---|\n");
        for (id, found) in found.iter().filter(of_book) {
            let code: Vec<_> = found.code.iter().map(String::as_str).collect();
            let row = |(name, file): &(String, String)| {
                format!("| {id} | {} | `{file}`: `{name}` |\n", code.join(", "))
            };
            let test = |row: &String| old.contains(row.split('|').nth(3).unwrap_or("none"));
            let rows: Vec<_> = found.tests.iter().map(row).collect();
            out.push_str(rows.iter().find(|row| test(row)).or(rows.first()).map_or("", String::as_str));
        }
    }
    out
}

const MARK: &str = "<!-- written by tests/check_ids.rs -->\n";

#[test]
fn every_check_is_in_the_code_and_has_a_test_and_the_table_says_where() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = look(root);
    let mut wrong = Vec::new();
    for (id, found) in &found {
        // The name of a test may look like an id; what is defined, or stands in the code, is one.
        if found.code.is_empty() && found.defined.is_empty() {
            continue;
        }
        if book_of(*id).is_none() {
            wrong.push(format!("{id}: of no book: {:?} {:?}", found.code, found.defined));
        }
        if found.code.is_empty() {
            wrong.push(format!(
                "{id}: not in the code; defined in {:?}, tests {:?}",
                found.defined, found.tests
            ));
        }
        if found.defined.is_empty() {
            wrong.push(format!("{id}: in no table of the documentation; in the code {:?}", found.code));
        }
        if found.tests.is_empty() {
            wrong.push(format!("{id}: no test; in the code {:?}", found.code));
        }
    }
    let path = root.join("src/guide/checks.md");
    let text = fs::read_to_string(&path).unwrap();
    let (head, old) = text.split_once(MARK).expect("the mark");
    let new = table(&found, old);
    if std::env::var_os("QUORATE_WRITE").is_some() {
        fs::write(&path, format!("{head}{MARK}{new}")).unwrap();
    } else if old != new {
        wrong.push(
            "src/guide/checks.md is not what the source says: QUORATE_WRITE=1 cargo test --test check_ids"
                .into(),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(found.len() > 150, "only {} ids were found: was the right thing read?", found.len());
}

#[test]
fn ids_are_read_as_they_are_written() {
    let ids = |names: &[&str]| names.iter().map(|name| parse(name).unwrap()).collect::<Vec<_>>();
    assert_eq!(in_comment("x(); // [K2.6] and \\[H7\\], not [`Plan`], [1] or [K2.x]"), ids(&["K2.6", "H7"]));
    assert_eq!(in_comment("let a = b[K1];"), []);
    assert_eq!(in_table("//! | W11, W12 | flags | error |"), ids(&["W11", "W12"]));
    assert_eq!(in_table("| M0 poke | x |"), []);
    let name = |text: &str| in_name(text).into_iter().collect::<Vec<_>>();
    assert_eq!(name("k2_5_and_k2_6_bad_shares"), ids(&["K2.5", "K2.6"]));
    assert_eq!(name("t3_t4_any_order"), ids(&["T3", "T4"]));
    assert_eq!(name("h10_signature_then"), ids(&["H10"]));
    assert_eq!(name("k1_1"), ids(&["K1.1"]));
    assert_eq!(name("the_limit_of_k1_1"), []);
    assert_eq!(name("p256_obeys"), []);
    let list = listed("fn k1_1() {\n}\nevery_scheme! {\n    k2_1\n    k2_2;\n}\n    k2_3\n");
    assert!(
        list.contains("k2_1") && list.contains("k2_2") && !list.contains("k1_1") && !list.contains("k2_3")
    );
}
