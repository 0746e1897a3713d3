//! The tests of the tree, one process each: which mutants each comes by, and how long it takes.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Result;

/// Each test in a session of its own.
pub fn workers() -> usize {
    std::env::var("WORKERS").ok().and_then(|number| number.parse().ok()).unwrap_or(2)
}

const INDEX: &str = "target/mutants.tests";

#[derive(Clone, Debug)]
pub struct Test {
    /// The test binary.
    pub binary: PathBuf,
    /// `faults_dkg`, or `quorate` for the unit tests.
    pub target: String,
    pub name: String,
    pub millis: u64,
    pub reached: BTreeSet<usize>,
}

impl Test {
    pub fn label(&self) -> String {
        format!("{}::{}", self.target, self.name)
    }
}

/// How a test ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    Passed,
    Failed,
    TimedOut,
}

/// What a test that panics, aborts or is a crash ends with, other than by the exit code of libtest.
const SIGILL: i32 = 4;
const SIGABRT: i32 = 6;
const SIGBUS: i32 = 7;
const SIGSEGV: i32 = 11;
/// The signal for who has used up its processor time.
const SIGXCPU: i32 = 24;
/// Measure time, and so may fail by themselves.
const LEFT_OUT: [&str; 1] = ["a_reserve_costs_the_logarithm_of_the_window"];
/// For a test that waits and computes nothing.
const LONGEST: Duration = Duration::from_secs(1800);

/// Runs one test in a process of its own, with 8 GB of address space and so many seconds of processor time.
pub fn run_one(tree: &Path, binary: &Path, name: &str, env: &[(&str, &str)], seconds: u64) -> Result<End> {
    let mut child = Command::new("bash")
        .args([
            "-c",
            "ulimit -v 8000000; ulimit -S -t \"$2\"; exec \"$0\" --exact \"$1\" --test-threads=1",
            &binary.to_string_lossy(),
            name,
            &seconds.to_string(),
        ])
        .envs(env.iter().copied())
        .env("CARGO_MANIFEST_DIR", tree)
        .current_dir(tree)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let start = Instant::now();
    let mut pause = 1;
    loop {
        if let Some(status) = child.try_wait()? {
            return match (status.code(), status.signal()) {
                (Some(0), _) => Ok(End::Passed),
                (Some(101), _) | (_, Some(SIGILL | SIGABRT | SIGBUS | SIGSEGV)) => Ok(End::Failed),
                (_, Some(SIGXCPU)) => Ok(End::TimedOut),
                _ => Err(format!("{name}: {status}").into()),
            };
        }
        if start.elapsed() > LONGEST {
            child.kill()?;
            child.wait()?;
            return Err(format!("{name} waits").into());
        }
        std::thread::sleep(Duration::from_millis(pause));
        pause = (pause * 2).min(20);
    }
}

/// Builds all tests but those of the documentation, and runs each once. Those that fail without a mutant (they read the sources, or
/// measure memory) are left out, by name. `targets`: what cargo takes, if not all (`--lib`, `--test=vault`); what was recorded of others stays.
pub fn record(tree: &Path, targets: &[&str]) -> Result<()> {
    let tree = tree.canonicalize()?;
    let known: HashMap<String, String> = index(&tree).into_iter().map(|line| (key(&line), line)).collect();
    let mut todo = Vec::new();
    for (binary, target) in binaries(&tree, targets)? {
        let stamp = fs::metadata(&binary)?.modified()?.duration_since(std::time::UNIX_EPOCH)?.as_secs();
        let list = Command::new(&binary).args(["--list", "--format", "terse"]).current_dir(&tree).output()?;
        for name in
            String::from_utf8_lossy(&list.stdout).lines().filter_map(|line| line.strip_suffix(": test"))
        {
            if LEFT_OUT.contains(&name) {
                continue;
            }
            todo.push(format!("{binary}\t{stamp}\t{target}\t{name}"));
        }
    }
    fs::create_dir_all(tree.join(INDEX))?;
    // A binary that was built again is recorded again.
    let built: HashSet<&str> = todo.iter().filter_map(|line| line.split('\t').next()).collect();
    let others =
        known.values().filter(|line| !line.split('\t').next().is_some_and(|binary| built.contains(binary)));
    let others: Vec<String> =
        others.filter(|line| !targets.is_empty() && !line.is_empty()).cloned().collect();
    let number = todo.len();
    let (lines, queue) = (Mutex::new(others), Mutex::new(todo.into_iter().enumerate()));
    std::thread::scope(|scope| {
        for _ in 0..workers() {
            scope.spawn(|| {
                loop {
                    let Some((i, head)) = queue.lock().unwrap().next() else { return };
                    let line = match known.get(&head) {
                        Some(line) => line.clone(),
                        None => one(&tree, &head).unwrap_or_else(|error| format!("{head}\t0\t{error}\t")),
                    };
                    if line.split('\t').nth(5) != Some("Passed") {
                        println!(
                            "left out: {}",
                            line.split('\t').skip(2).take(4).collect::<Vec<_>>().join(" ")
                        );
                    }
                    let mut lines = lines.lock().unwrap();
                    lines.push(line);
                    if i % 50 == 0 {
                        println!("{i} of {number}");
                        let _ = keep(&tree, &lines);
                    }
                }
            });
        }
    });
    let lines = lines.into_inner()?;
    keep(&tree, &lines)?;
    println!("{number} tests");
    Ok(())
}

/// Whole or not at all: a run that is broken off leaves the index as it was.
fn keep(tree: &Path, lines: &[String]) -> Result<()> {
    let (new, index) = (tree.join(INDEX).join("index.new"), tree.join(INDEX).join("index"));
    fs::write(&new, lines.join("\n"))?;
    Ok(fs::rename(new, index)?)
}

fn index(tree: &Path) -> Vec<String> {
    fs::read_to_string(tree.join(INDEX).join("index"))
        .unwrap_or_default()
        .lines()
        .map(str::to_owned)
        .collect()
}

fn key(line: &str) -> String {
    line.split('\t').take(4).collect::<Vec<_>>().join("\t")
}

fn one(tree: &Path, head: &str) -> Result<String> {
    let fields: Vec<&str> = head.split('\t').collect();
    let [binary, _, target, name] = fields.as_slice() else { return Err("a line".into()) };
    let file = tree.join(INDEX).join(format!("{target}.{}", name.replace("::", ".")));
    let _ = fs::remove_file(&file);
    let path = file.to_string_lossy().into_owned();
    let start = Instant::now();
    let end = run_one(tree, binary.as_ref(), name, &[("MUTANT", "record"), ("MUTANT_REACHED", &path)], 300)?;
    Ok(format!("{head}\t{}\t{end:?}\t{path}", start.elapsed().as_millis()))
}

/// All that passed.
pub fn all(tree: &Path) -> Result<Vec<Test>> {
    let mut tests = Vec::new();
    for line in index(tree) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [binary, _, target, name, millis, "Passed", path] = fields.as_slice() else { continue };
        let reached = fs::read(path).unwrap_or_default();
        let reached = reached
            .chunks_exact(4)
            .map(|four| u32::from_le_bytes(four.try_into().unwrap_or_default()) as usize)
            .collect();
        tests.push(Test {
            binary: binary.into(),
            target: (*target).into(),
            name: (*name).into(),
            millis: millis.parse()?,
            reached,
        });
    }
    Ok(tests)
}

/// Builds them. A word that is a path is a binary that is there.
fn binaries(tree: &Path, targets: &[&str]) -> Result<Vec<(String, String)>> {
    if targets.iter().any(|target| target.starts_with('/')) {
        let name = |path: &str| path.rsplit('/').next()?.split('-').next().map(str::to_owned);
        return Ok(targets.iter().filter_map(|path| Some(((*path).to_owned(), name(path)?))).collect());
    }
    let output = Command::new("cargo")
        .args(["test", "--no-run", "--message-format=json"])
        .args(if targets.is_empty() { &["--lib", "--tests"] } else { targets })
        .current_dir(tree)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err("the tests do not build".into());
    }
    let mut found = Vec::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Ok(value) = serde_json::from_str::<Value>(line) else { continue };
        let test = value["profile"]["test"] == true;
        if let (true, Some(binary), Some(target)) =
            (test, value["executable"].as_str(), value["target"]["name"].as_str())
        {
            found.push((binary.to_owned(), target.to_owned()));
        }
    }
    Ok(found)
}
