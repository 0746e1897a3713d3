//! The table of known attacks in SECURITY.md is what is tested, and what is tested is in the table.

use std::collections::{BTreeMap, BTreeSet};

use super::common::{files, text};

/// Letter, rows, and rows between two numbers.
const SECTIONS: [(&str, u16, &[&str]); 6] = [
    ("A", 33, &["A5b"]),
    ("B", 12, &[]),
    ("C", 20, &["C16b"]),
    ("D", 12, &[]),
    ("E", 11, &[]),
    ("F", 10, &[]),
];

/// One row.
struct Row {
    id: String,
    year: String,
    test: String,
    why: String,
}

fn rows() -> Vec<Row> {
    let document = text("SECURITY.md");
    let section =
        document.split("\n## ").find(|section| section.starts_with("Known attacks")).expect("the section");
    let mut rows = Vec::new();
    for part in section.split("\n### ").skip(1) {
        let letter = part.chars().next().unwrap();
        let table = part.lines().filter(|line| line.starts_with('|')).collect::<Vec<_>>();
        if table.is_empty() {
            continue;
        }
        assert_eq!(&table[..2], &["| attack | year | test | why it fails here |", "|---|---|---|---|"]);
        for line in &table[2..] {
            let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [name, year, test, why] = cells[..] else { panic!("four cells: {line}") };
            let id = name.split(' ').next().unwrap().to_owned();
            assert!(id.starts_with(letter) && name.len() > id.len() + 3, "{line}");
            rows.push(Row { id, year: year.into(), test: test.into(), why: why.into() });
        }
    }
    rows
}

fn ids(letters: &[&str]) -> BTreeSet<String> {
    let of = |(letter, count, more): &(&str, u16, &[&str])| {
        let more = more.iter().map(|id| (*id).to_owned());
        (1..=*count).map(|k| format!("{letter}{k}")).chain(more).collect::<Vec<_>>()
    };
    SECTIONS.iter().filter(|(letter, ..)| letters.contains(letter)).flat_map(of).collect()
}

/// Whether the file has a test of this name: a function under `#[test]`, one that a macro makes a test of, a property, or, under the name
/// `compile_fail`, a program that must not compile.
fn has_test(path: &str, name: &str) -> bool {
    let text = text(path);
    if name == "compile_fail" {
        return text.contains("```compile_fail,E0");
    }
    tests(&text).contains(name)
}

fn name_of(line: &str) -> Option<&str> {
    let name = line.trim_start().strip_prefix("fn ")?;
    name.split(['(', '<']).next()
}

/// The tests of a file that are run: none that is to be ignored.
fn tests(text: &str) -> BTreeSet<&str> {
    let (mut found, mut armed, mut listed, mut property) = (BTreeSet::new(), false, false, false);
    let mut ignored = false;
    for line in text.lines() {
        let bare = line.trim();
        if let Some(name) = name_of(line) {
            if (armed || property) && !ignored {
                found.insert(name);
            }
            (armed, ignored) = (false, false);
        }
        armed |= bare == "#[test]";
        ignored |= bare.starts_with("#[") && bare.contains("ignore");
        property |= bare == "proptest! {";
        // Lists of names, one a line, that a macro makes tests of.
        let opens = ["every_scheme! {", "every_dealing! {", "on_both! {"].contains(&bare);
        listed = (listed || opens) && bare != "}";
        if listed && !opens {
            found.extend(bare.split([' ', ';']).next().filter(|name| !name.is_empty()));
        }
    }
    found
}

/// `(path, name)` of every test that a cell names.
fn named(cell: &str) -> Vec<(String, String)> {
    cell.split(", ")
        .map(|part| {
            let part = part.strip_prefix('`').and_then(|part| part.strip_suffix('`'));
            let (path, name) =
                part.and_then(|part| part.rsplit_once("::")).unwrap_or_else(|| panic!("tests: {cell}"));
            (path.to_owned(), name.to_owned())
        })
        .collect()
}

#[test]
fn every_row_is_there_once() {
    let all = rows();
    let found: BTreeSet<_> = all.iter().map(|row| row.id.clone()).collect();
    assert_eq!(found.len(), all.len(), "a row stands twice");
    let letters: Vec<_> = SECTIONS.iter().map(|(letter, ..)| *letter).collect();
    let known = ids(&letters);
    let unknown: Vec<_> = found.difference(&known).collect();
    assert!(unknown.is_empty(), "{unknown:?} are no rows");
    let missing: Vec<_> = known.difference(&found).collect();
    assert!(missing.is_empty(), "{missing:?} are missing");
}

#[test]
fn every_row_names_tests_that_are_there_or_says_why_there_are_none() {
    for Row { id, year, test, why } in rows() {
        // A pitfall has no year.
        assert!(year.is_empty() || year.starts_with('2') || year.starts_with('1'), "{id}: {year}");
        assert!(!why.is_empty(), "{id}: why not here?");
        if test == "n/a" {
            assert!(why.len() > 20, "{id}: why is there no test?");
            continue;
        }
        for (path, name) in named(&test) {
            assert!(has_test(&path, &name), "{id}: {path} has no test {name}");
        }
    }
}

#[test]
fn every_script_is_in_the_table_under_its_row() {
    let mut listed: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for row in rows().iter().filter(|row| row.test != "n/a") {
        for test in named(&row.test) {
            listed.entry(test).or_default().insert(row.id.to_lowercase());
        }
    }
    let of_section = |path: &&String| {
        let file = path.trim_start_matches("tests/attacks/");
        file.as_bytes().get(1) == Some(&b'_')
            && SECTIONS.iter().any(|(letter, ..)| file[..1].eq_ignore_ascii_case(letter))
    };
    let paths = files("tests/attacks");
    let mut count = 0;
    for path in paths.iter().filter(of_section) {
        let text = text(path);
        assert!(text.lines().count() < 500, "{path} is too long");
        for name in tests(&text) {
            let row = name.split('_').next().unwrap();
            let rows = listed.get(&(path.clone(), name.to_owned()));
            assert!(
                rows.is_some_and(|rows| rows.contains(row)),
                "{path}::{name} is not in the table under {row}"
            );
            count += 1;
        }
    }
    assert!(count > 20, "{count} scripts: were the right files read?");
}

#[test]
fn what_is_no_test_is_not_found() {
    let found = tests("#[test]\nfn a() {\n}\nfn b() {}\nevery_scheme! {\n    c\n    d\n}\nfn c<S>() {\n}\n");
    assert_eq!(found, BTreeSet::from(["a", "c", "d"]));
    for attribute in ["#[ignore]", "#[ignore = \"slow\"]", "#[cfg_attr(unix, ignore)]"] {
        for text in [format!("#[test]\n{attribute}\nfn a() {{"), format!("{attribute}\n#[test]\nfn a() {{")] {
            assert_eq!(tests(&format!("{text}\n}}\n#[test]\nfn b() {{}}\n")), BTreeSet::from(["b"]));
        }
    }
    assert!(
        !has_test("tests/attacks/table.rs", "rows")
            && has_test("tests/attacks/table.rs", "what_is_no_test_is_not_found")
    );
    assert!(has_test("src/secret.rs", "compile_fail") && !has_test("src/hash.rs", "compile_fail"));
}
