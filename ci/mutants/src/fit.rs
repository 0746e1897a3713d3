//! Writes all mutants into the tree, and takes out those with which it does not compile, until it does.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Result;
use crate::instrument::instrument;
use crate::list::{self, Mutant};

/// The switch, for the library's own use.
const SWITCH: &str = include_str!("switch.rs");

const OUT: &str = "target/mutants.out-of-build";

/// The mutants that are not in the tree's build, with the reason: "no form" in one build (a const function, an array's length, a let
/// chain, an iterator type), or "does not compile".
pub fn out_of_build(tree: &Path) -> Result<BTreeMap<usize, String>> {
    let text = fs::read_to_string(tree.join(OUT))?;
    let lines = text.lines().filter_map(|line| line.split_once('\t'));
    lines.map(|(id, why)| Ok((id.parse()?, why.to_owned()))).collect()
}

type Marks = Vec<(Range<usize>, Vec<usize>)>;

/// `original`: the sources; `tree`: a copy of the whole repository, whose src/ is written over.
pub fn fit(list: &str, original: &Path, tree: &Path) -> Result<()> {
    let mutants = list::read(list)?;
    let mut files: BTreeMap<&str, Vec<Mutant>> = BTreeMap::new();
    for mutant in &mutants {
        files.entry(&mutant.file).or_default().push(mutant.clone());
    }
    // id -> why it is out
    let mut out: BTreeMap<usize, String> = out_of_build(tree).unwrap_or_default();
    let mut constant = HashSet::new();
    for turn in 1.. {
        keep(tree, &out)?;
        let mut marks: BTreeMap<String, Marks> = BTreeMap::new();
        for (file, mutants) in &files {
            let source = fs::read_to_string(original.join(file))?;
            let left: Vec<Mutant> = mutants.iter().filter(|m| !out.contains_key(&m.id)).cloned().collect();
            let output = instrument(&source, &left, &constant)?;
            out.extend(output.unfit.into_iter().map(|id| (id, "no form".into())));
            let path = tree.join(file);
            if fs::read_to_string(&path)? != output.text {
                fs::write(path, &output.text)?;
            }
            marks.insert((*file).to_owned(), output.marks);
        }
        switch(original, tree)?;
        let (drop, keep_const, errors) = check(tree, &marks)?;
        println!(
            "turn {turn}: {errors} errors, {} mutants do not compile, {} functions stay const",
            drop.len(),
            keep_const.len()
        );
        if errors == 0 {
            break;
        }
        let before = (out.len(), constant.len());
        out.extend(drop.into_iter().map(|id| (id, "does not compile".into())));
        constant.extend(keep_const);
        if before == (out.len(), constant.len()) {
            return Err("errors that no mutant explains".into());
        }
    }
    keep(tree, &out)?;
    println!("{} mutants in the build, {} not", mutants.len() - out.len(), out.len());
    Ok(())
}

fn keep(tree: &Path, out: &BTreeMap<usize, String>) -> Result<()> {
    let lines: Vec<String> = out.iter().map(|(id, why)| format!("{id}\t{why}\n")).collect();
    Ok(fs::write(tree.join(OUT), lines.concat())?)
}

fn switch(original: &Path, tree: &Path) -> Result<()> {
    let lib = fs::read_to_string(original.join("src/lib.rs"))?;
    let lib = lib
        .replace("#![forbid(unsafe_code)]", "#![allow(warnings, arithmetic_overflow, unconditional_panic)]")
        + "\nmod mutants;\n";
    let path = tree.join("src/lib.rs");
    if fs::read_to_string(&path)? != lib {
        fs::write(path, lib)?;
    }
    let path = tree.join("src/mutants.rs");
    if fs::read_to_string(&path).ok().as_deref() != Some(SWITCH) {
        fs::write(path, SWITCH)?;
    }
    Ok(())
}

type Verdict = (HashSet<usize>, HashSet<String>, usize);

fn check(tree: &Path, marks: &BTreeMap<String, Marks>) -> Result<Verdict> {
    let output = Command::new("cargo")
        .args(["check", "--lib", "--tests", "--all-features", "--message-format=json"])
        .current_dir(tree)
        .stderr(Stdio::null())
        .output()?;
    let (mut drop, mut constant, mut errors) = (HashSet::new(), HashSet::new(), 0);
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Ok(value) = serde_json::from_str::<Value>(line) else { continue };
        let message = &value["message"];
        if message["level"] != "error" {
            continue;
        }
        let text = message["message"].as_str().unwrap_or_default();
        let spans = |of: &'_ Value| of["spans"].as_array().cloned().unwrap_or_default();
        let children = message["children"].as_array().cloned().unwrap_or_default();
        let spans: Vec<Value> = spans(message).into_iter().chain(children.iter().flat_map(spans)).collect();
        if !spans.is_empty() {
            errors += 1;
        }
        // "cannot call non-const associated function `Tag::new` in constants"
        if text.starts_with("cannot call non-const") {
            let name = text.split('`').nth(1).unwrap_or_default();
            constant.insert(plain(name));
            continue;
        }
        // A match whose arms have got a guard is no longer exhaustive: the place is what it looks at.
        if message["code"]["code"] == "E0004" {
            drop.extend(
                spans.iter().filter(|span| span["is_primary"] == true).flat_map(|span| arms(span, marks)),
            );
            continue;
        }
        let found = spans.iter().filter_map(|span| culprits(span, marks)).min_by_key(|(length, _)| *length);
        if let Some((_, ids)) = found {
            drop.extend(ids);
        } else if !spans.is_empty() {
            println!("unexplained: {}", message["rendered"].as_str().unwrap_or(text));
        }
    }
    if !output.status.success() && errors == 0 {
        return Err("cargo check fails without a place".into());
    }
    Ok((drop, constant, errors))
}

/// The mutants of the shortest marked text that the span touches.
fn culprits(span: &Value, marks: &BTreeMap<String, Marks>) -> Option<(usize, Vec<usize>)> {
    let number = |key: &str| usize::try_from(span[key].as_u64()?).ok();
    let (start, end) = (number("byte_start")?, number("byte_end")?);
    let marks = marks.get(span["file_name"].as_str()?)?;
    let touched =
        marks.iter().filter(|(range, ids)| !ids.is_empty() && range.start < end && start < range.end);
    touched.map(|(range, ids)| (range.len(), ids.clone())).min_by_key(|(length, _)| *length)
}

/// The mutants that start within a match's first 500 bytes.
fn arms(span: &Value, marks: &BTreeMap<String, Marks>) -> Vec<usize> {
    let end = span["byte_end"].as_u64().and_then(|end| usize::try_from(end).ok()).unwrap_or_default();
    let marks = span["file_name"].as_str().and_then(|file| marks.get(file));
    let near = marks.into_iter().flatten().filter(|(range, _)| (end..end + 500).contains(&range.start));
    near.flat_map(|(_, ids)| ids.iter().copied()).collect()
}

/// The function's own name: `id` of `KeyShare::<FrostP256>::id`, `message_len` of `extension::message_len::<2>`.
fn plain(path: &str) -> String {
    let mut depth = 0;
    let outside = path.chars().filter(|c| {
        depth += i32::from(*c == '<') - i32::from(*c == '>');
        depth == 0 && *c != '>'
    });
    let outside: String = outside.collect();
    outside.trim_end_matches(':').rsplit("::").next().unwrap_or_default().to_owned()
}
