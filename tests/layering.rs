//! The layers of the crate: which module may name which.
//!
//! Reads every file under `src/` and follows every path that starts with `crate`, `super` or `self`, in imports and in
//! code. Code under `#[cfg(test)] mod tests` is free.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const L0: &[&str] = &["party", "error", "evidence", "secret", "wire"];
const L1: &[&str] = &["curve", "hash"];
const L2: &[&str] = &["sharing", "proof", "hedge", "identity", "envelope", "cluster"];
const L3: &[&str] = &["ot", "vole", "zero"];
const L4: &[&str] = &["session"];
const L5: &[&str] = &["key"];
const L6: &[&str] = &["dkg", "keyset", "refresh", "reshare", "import", "repair", "frost", "pairing", "ecdsa"];

/// From the bottom to the top: a module, and what it may name beside itself and its own parts. `module::Item` allows
/// that item alone.
const TABLE: &[(&str, &[&[&str]])] = &[
    // No curve, no cryptography.
    ("party", &[L0]),
    ("error", &[L0]),
    ("evidence", &[L0]),
    ("secret", &[L0]),
    ("wire", &[L0]),
    ("curve", &[L0]),
    ("hash", &[L0, &["curve"]]),
    ("sharing", &[L0, L1]),
    ("proof", &[L0, L1]),
    ("hedge", &[L0, L1]),
    ("identity", &[L0, L1]),
    ("envelope", &[L0, L1, &["identity"]]),
    ("cluster", &[L0, &["hash", "identity"]]),
    // Two-party building blocks; they know no session.
    ("ot", &[L0, L1]),
    ("vole", &[L0, L1, &["ot"]]),
    ("zero", &[L0, L1]),
    // One driver for all protocols. It knows a scheme by its number, and no curve.
    ("session", &[L0, &["hash", "identity", "envelope", "curve::Scheme"]]),
    ("key", &[L0, L1, L2, &["session::Terms", "session::binding", "session::binding_of"]]),
    // The protocols do not know each other, but ECDSA its pairings, and what deals the dealing.
    ("dkg", &[L0, L1, L2, L4, L5]),
    ("keyset", &[L0, L1, L2, L4, L5, &["dkg"]]),
    ("refresh", &[L0, L1, L2, L4, L5, &["dkg"]]),
    ("reshare", &[L0, L1, L2, L4, L5, &["dkg"]]),
    ("import", &[L0, L1, L2, L4, L5, &["dkg"]]),
    ("repair", &[L0, L1, L2, L4, L5]),
    ("frost", &[L0, L1, L2, L4, L5]),
    ("pairing", &[L0, L1, L2, L3, L4]),
    ("ecdsa", &[L0, L1, L2, L3, L4, L5, &["pairing"]]),
    // What stands around the cryptography. The wings do not know each other.
    ("channel", &[L0, L4, &["hash", "identity", "envelope", "cluster"]]),
    ("approval", &[L0, &["hash", "identity", "cluster"]]),
    // The only door between approvals and shares.
    ("gated", &[L0, L1, L2, L4, L5, L6, &["approval"]]),
    ("vault", &[L0, &["hash", "curve", "keyset", "gated::share_of"]]),
    ("sim", &[L0, L1, L2, L4, L5, L6, &["approval"]]),
    // Documentation alone.
    ("guide", &[]),
    // Tests of the private parts.
    ("attacks", &[L0, L1, L2, L3, L4, L5, L6, &["sim"]]),
    ("known_answers", &[L0, L1, L2, L3, L4, L5, L6, &["sim"]]),
];

#[test]
fn every_path_in_the_source_goes_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = rust_files(&root);
    let (mut edges, mut wrong) = (BTreeSet::new(), Vec::new());
    for file in &files {
        let name = file.strip_prefix(&root).expect("a file under src/");
        let source = fs::read_to_string(file).expect("a readable file");
        for edge in edges_of(&module_of(name), &source) {
            if let Err(why) = judge(&edge) {
                wrong.push(format!("src/{}:{}: {why}", name.display(), edge.line));
            }
            edges.insert((edge.from().to_owned(), edge.to().to_owned()));
        }
    }
    assert!(wrong.is_empty(), "edges that the table does not allow:\n{}", wrong.join("\n"));
    // It did read the source: these stand or fall with the design.
    for (from, to) in [("dkg", "session"), ("session", "wire"), ("curve", "curve"), ("", "dkg")] {
        assert!(
            edges.contains(&(from.to_owned(), to.to_owned())),
            "no edge from `{from}` to `{to}` was found"
        );
    }
}

#[test]
fn the_table_itself_goes_down() {
    for (place, (module, allowed)) in TABLE.iter().enumerate() {
        for target in allowed.iter().copied().flatten() {
            let target = target.split("::").next().expect("a first part");
            let below = TABLE.iter().take(place).any(|(name, _)| *name == target);
            let both_at_the_bottom = L0.contains(module) && L0.contains(&target);
            assert!(
                below || both_at_the_bottom,
                "the table lets {module} name {target}, which is not below it"
            );
        }
    }
    assert!(!allows("dkg", &["frost"]) && !allows("frost", &["dkg"]));
}

#[test]
fn the_checker_complains_about_forbidden_edges() {
    let forbidden = [
        ("session/mod.rs", "use crate::dkg::Dkg;"),
        ("session/mod.rs", "use crate::curve::Curve;"),
        ("session/mod.rs", "use crate::curve::{self, Scheme};"),
        ("session/mod.rs", "use crate::curve::*;"),
        ("session/mod.rs", "use crate::curve;"),
        ("session/mod.rs", "use crate::{party::PartyId,\n    curve::{Scheme, Unchecked as U},\n};"),
        ("session/mod.rs", "fn f() -> usize { crate::key::LEN * 2 }"),
        ("session/mod.rs", "fn f<'a>(x: &'a str) -> char { '\"' } type K = crate::key::KeyShare;"),
        ("session/mod.rs", "const A: &str = \"\\\"\"; /* /* */ */ use crate::key::KeyShare;"),
        ("session/mod.rs", "const A: &str = r#\"\"\"#; use crate::key::KeyShare;"),
        ("session/mod.rs", "macro_rules! m { () => { $crate::key::LEN } }"),
        ("session/mod.rs", "use super::key::KeyShare;"),
        ("session/mod.rs", "use self::super::key::KeyShare;"),
        ("session/mod.rs", "mod inner { use super::super::key::KeyShare; }"),
        ("session/state.rs", "use super::{inbox, super::key::KeyShare};"),
        ("dkg/round1.rs", "use crate::frost;"),
        ("frost/share.rs", "use crate::dkg::Run;"),
        ("sharing/mod.rs", "use crate::proof::dlog;"),
        ("party.rs", "use crate::hash::sha256;"),
        ("dkg/mod.rs", "#[cfg(test)]\nuse crate::frost;\nmod tests {}"),
        // Nothing hides behind the crate root, and no module is missing from the table.
        ("dkg/mod.rs", "use crate::*;"),
        ("dkg/mod.rs", "use crate as all;"),
        ("dkg/mod.rs", "use crate::{self as all};"),
        ("dkg/mod.rs", "use super::KeyShare;"),
        ("dkg/mod.rs", "use crate::nowhere::Thing;"),
        ("lib.rs", "extern crate self as all;"),
        ("lib.rs", "mod nowhere;"),
        ("nowhere/mod.rs", ""),
        ("nowhere.rs", "use std::vec::Vec;"),
    ];
    for (file, source) in forbidden {
        let edges = edges_of(&module_of(Path::new(file)), source);
        let refused = edges.iter().filter(|edge| judge(edge).is_err()).count();
        assert_eq!(refused, 1, "{file}: {source}");
    }
    let edge =
        edges_of(&module_of(Path::new("session/mod.rs")), "//! Driver.\n\nuse crate::{\n    key::A,\n};");
    let [_, edge] = &edge[..] else { panic!("one edge beside the file's own") };
    assert_eq!((edge.line, judge(edge)), (4, Err("session may not name key::A".to_owned())));
}

#[test]
fn the_checker_allows_what_the_table_allows() {
    let allowed = [
        ("session/terms.rs", "use crate::curve::Scheme;"),
        ("session/terms.rs", "use crate::{curve::Scheme, party::{self, PartyId}, hash::*};"),
        (
            "session/terms.rs",
            "use super::{Session, super::wire::Reader}; pub(crate) fn f() {} pub(super) fn g() {}",
        ),
        (
            "session/mod.rs",
            "// use crate::dkg::Dkg;\n/* crate::dkg */ /// [`crate::dkg`]\nconst A: &str = \"crate::dkg\";",
        ),
        (
            "session/mod.rs",
            "mod inner { use super::Session; use super::super::wire; } use super::wire::Reader;",
        ),
        ("session/mod.rs", "extern crate alloc; pub(in crate::session) fn f(self) { self.g() }"),
        (
            "session/mod.rs",
            "use crate::session::Inbox;\n#[cfg(test)]\nmod tests {\n    use crate::sim::Cast;\n}",
        ),
        (
            "session/mod.rs",
            "#[cfg(test)]\n#[allow(clippy::panic)]\nmod tests {\n    use crate::sim::Cast;\n}",
        ),
        (
            "lib.rs",
            "extern crate alloc; pub mod sim; pub use crate::dkg::Dkg; mod dkg { use super::session; }",
        ),
        ("sim.rs", "use crate::{dkg, frost, session}; use std::vec::Vec;"),
    ];
    for (file, source) in allowed {
        for edge in edges_of(&module_of(Path::new(file)), source) {
            assert_eq!(judge(&edge), Ok(()), "{file}: {source}");
        }
    }
}

/// A path that stands in module `at` and leads to `path`, both counted from the crate root.
struct Edge {
    at: Vec<String>,
    path: Vec<String>,
    line: usize,
}

impl Edge {
    fn from(&self) -> &str {
        self.at.first().map_or("", String::as_str)
    }

    fn to(&self) -> &str {
        self.path.first().map_or("", String::as_str)
    }
}

fn judge(edge: &Edge) -> Result<(), String> {
    let (from, to) = (edge.from(), edge.to());
    let path: Vec<_> = edge.path.iter().map(String::as_str).collect();
    let known = |name: &str| TABLE.iter().any(|(module, _)| *module == name);
    if !from.is_empty() && !known(from) {
        return Err(format!("module {from} is missing from the table"));
    }
    if !known(to) {
        return Err(format!("`crate::{}` names no module of the table", path.join("::")));
    }
    if from.is_empty() || from == to || allows(from, &path) {
        return Ok(());
    }
    Err(format!("{from} may not name {}", path.join("::")))
}

fn allows(from: &str, path: &[&str]) -> bool {
    let allowed = TABLE
        .iter()
        .filter(|(module, _)| *module == from)
        .flat_map(|(_, lists)| lists.iter().copied().flatten());
    allowed.into_iter().any(|entry| path.starts_with(&entry.split("::").collect::<Vec<_>>()))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// `curve/toy.rs` is `curve::toy`, `curve/mod.rs` is `curve`, `lib.rs` is the root.
fn module_of(file: &Path) -> Vec<String> {
    let mut parts: Vec<_> =
        file.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod" || last == "lib") {
        parts.pop();
    }
    parts
}

/// Every path of the file that is relative to the crate, and first the file itself as a part of its own module.
fn edges_of(module: &[String], source: &str) -> Vec<Edge> {
    let mut edges = Vec::new();
    if !module.is_empty() {
        edges.push(Edge { at: module.to_vec(), path: module.to_vec(), line: 1 });
    }
    let tokens = Tokens::of(without_tests(source));
    // The modules written out in this file around the present token, each with the depth of braces it stands at.
    let (mut inner, mut depth, mut i) = (Vec::<(String, usize)>::new(), 0, 0);
    while i < tokens.len() {
        let at =
            || module.iter().cloned().chain(inner.iter().map(|(name, _)| name.clone())).collect::<Vec<_>>();
        match tokens.at(i) {
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                inner.pop_if(|(_, opened)| *opened == depth);
            }
            "mod" if tokens.at(i + 2) == "{" => inner.push((tokens.at(i + 1).to_owned(), depth)),
            "mod" if at().is_empty() && tokens.at(i + 2) == ";" => {
                edges.push(Edge {
                    at: Vec::new(),
                    path: vec![tokens.at(i + 1).to_owned()],
                    line: tokens.line(i),
                });
            }
            "crate" | "super" | "self" if starts_path(&tokens, i) => {
                let mut leaves = Vec::new();
                i = tokens.leaves(i, &[], &mut leaves);
                let at = at();
                edges.extend(leaves.into_iter().map(|(written, line)| Edge {
                    at: at.clone(),
                    path: from_root(&at, &written),
                    line,
                }));
                continue;
            }
            _ => {}
        }
        i += 1;
    }
    edges
}

/// Not so `self` as a receiver, `pub(crate)`, `extern crate alloc`.
fn starts_path(tokens: &Tokens, i: usize) -> bool {
    let before = |n: usize| i.checked_sub(n).map_or("", |k| tokens.at(k));
    if before(1) == "crate" && before(2) == "extern" {
        return true; // `extern crate self as ..`
    }
    let visibility = before(1) == "in" && before(2) == "(" && before(3) == "pub";
    !visibility && (tokens.at(i + 1) == "::" || before(1) == "use")
}

/// Resolves `crate`, `self` and `super` of a path written in module `at`.
fn from_root(at: &[String], written: &[String]) -> Vec<String> {
    let mut path = at.to_vec();
    for part in written {
        match part.as_str() {
            "crate" => path.clear(),
            "super" => drop(path.pop()),
            "self" => {}
            name => path.push(name.to_owned()),
        }
    }
    path
}

/// The source up to `#[cfg(test)] mod tests`, which stands last in a file.
fn without_tests(source: &str) -> &str {
    let mut pending = None;
    let mut start = 0;
    for line in source.split_inclusive('\n') {
        let text = line.trim();
        if text.starts_with("mod tests")
            && let Some(end) = pending
        {
            return source.get(..end).unwrap_or(source);
        } else if text == "#[cfg(test)]" {
            pending = Some(start);
        } else if !text.starts_with("#[") {
            pending = None;
        }
        start += line.len();
    }
    source
}

/// Words, `::` and single signs, each with its line; comments, literals and lifetimes left out.
struct Tokens<'a>(Vec<(&'a str, usize)>);

impl<'a> Tokens<'a> {
    fn of(source: &'a str) -> Self {
        let (mut tokens, mut rest, mut line) = (Vec::new(), source, 1);
        while let Some(first) = rest.chars().next() {
            let (len, counts) = token(rest, first);
            let (text, after) = rest.split_at(len);
            if counts {
                tokens.push((text, line));
            }
            line += text.matches('\n').count();
            rest = after;
        }
        Self(tokens)
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn at(&self, i: usize) -> &'a str {
        self.0.get(i).map_or("", |(text, _)| text)
    }

    fn line(&self, i: usize) -> usize {
        self.0.get(i).map_or(0, |(_, line)| *line)
    }

    /// Collects every path of the tree `a::{b, c::d as e, *}` at token `i`; gives the place after it.
    fn leaves(&self, mut i: usize, before: &[String], found: &mut Vec<(Vec<String>, usize)>) -> usize {
        let mut path = before.to_vec();
        loop {
            match self.at(i) {
                "{" => {
                    i += 1;
                    while !matches!(self.at(i), "}" | "") {
                        i = if self.at(i) == "," { i + 1 } else { self.leaves(i, &path, found).max(i + 1) };
                    }
                    return i + 1;
                }
                text if text == "*" || is_word(text) => path.push(text.to_owned()),
                _ => {
                    found.push((path, self.line(i))); // `a::b::<T>`, `a::$name`
                    return i;
                }
            }
            if self.at(i + 1) != "::" {
                found.push((path, self.line(i)));
                return if self.at(i + 1) == "as" { i + 3 } else { i + 1 };
            }
            i += 2;
        }
    }
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c == '_' || c.is_alphanumeric())
}

/// Length of the token at the start of `rest`, and whether it counts.
fn token(rest: &str, first: char) -> (usize, bool) {
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), false);
    }
    if rest.starts_with("/*") {
        return (block_comment(rest), false);
    }
    if rest.starts_with("::") {
        return (2, true);
    }
    match first {
        '"' => (quoted(rest, '"'), false),
        '\'' if rest.starts_with("'\\") || rest.chars().nth(2) == Some('\'') => (quoted(rest, '\''), false),
        '\'' => (1, false),
        c if is_word(c.encode_utf8(&mut [0; 4])) => {
            let len = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
            let (word, after) = rest.split_at(len);
            match word {
                "r" | "br" | "cr" => raw_string(after).map_or((len, true), |more| (len + more, false)),
                _ => (len, true),
            }
        }
        c => (c.len_utf8(), !c.is_whitespace()),
    }
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
        if tail.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if tail.starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += tail.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

fn quoted(rest: &str, end: char) -> usize {
    let mut escaped = true; // jumps the opening sign
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == end => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Length of `#"..."#` with any number of signs.
fn raw_string(rest: &str) -> Option<usize> {
    let signs = rest.len() - rest.trim_start_matches('#').len();
    let body = rest.get(signs..)?.strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(signs));
    Some(body.find(&end).map_or(rest.len(), |at| signs + 1 + at + end.len()))
}
