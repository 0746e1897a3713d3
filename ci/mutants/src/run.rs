//! Each mutant against the tests that come by it, the likeliest first, until one fails or the mutant's time is up.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use crate::Result;
use crate::fit::out_of_build;
use crate::list::{self, Mutant};
use crate::tests::{self, End, Test, workers};

const RESULTS: &str = "target/mutants.results";

/// What is known of how often each test catches what it comes by.
#[derive(Default)]
struct Record {
    /// (file, function or nothing for the whole file, test) -> tried, caught
    counts: HashMap<(String, String, usize), (u64, u64)>,
}

impl Record {
    fn add(&mut self, mutant: &Mutant, test: usize, caught: bool) {
        for function in [mutant.function(), ""] {
            let (tried, found) =
                self.counts.entry((mutant.file.clone(), function.to_owned(), test)).or_default();
            *tried += 1;
            *found += u64::from(caught);
        }
    }

    /// The milliseconds it is expected to take for each mutant that it catches.
    fn cost(&self, mutant: &Mutant, i: usize, test: &Test) -> f64 {
        let count = |function: &str| {
            let key = (mutant.file.clone(), function.to_owned(), i);
            self.counts.get(&key).copied().unwrap_or_default()
        };
        let ((tried, found), (tried_here, found_here)) = (count(""), count(mutant.function()));
        // A test that comes by few mutants says more about each of them.
        let before = 20.0 / (100.0 + test.reached.len() as f64);
        let rate = (before + found as f64 + 4.0 * found_here as f64)
            / (1.0 + tried as f64 + 4.0 * tried_here as f64);
        (test.millis + 10) as f64 / rate
    }
}

/// Seconds of tests for one mutant, as they were when they were recorded, by CAP. What is not caught by then is `open`, and is run again
/// under a higher cap only.
fn cap() -> u64 {
    std::env::var("CAP").ok().and_then(|number| number.parse().ok()).unwrap_or(20)
}

/// Stops after so many seconds. Only genres that start with what is in GENRE (`Delete`: the two kinds that delete checks), only files
/// with one of the prefixes, if there are any. Mutants with a result are not run again; delete their lines to have them so.
pub fn run(list: &str, tree: &Path, seconds: u64, files: &[&str]) -> Result<()> {
    let tree = tree.canonicalize()?;
    let (mutants, tests, out) = (list::read(list)?, tests::all(&tree)?, out_of_build(&tree)?);
    let (known, genre, cap) = (results(&tree), std::env::var("GENRE").unwrap_or_default(), cap());
    let mut todo: Vec<(f64, &Mutant)> = Vec::new();
    let mut place: HashMap<&str, usize> = HashMap::new();
    for mutant in &mutants {
        let place = place.entry(mutant.file.as_str()).or_default();
        *place += 1;
        let wanted = mutant.genre.starts_with(&genre)
            && (files.is_empty() || files.iter().any(|file| mutant.file.starts_with(file)))
            && !out.contains_key(&mutant.id);
        let done = known.get(&mutant.id).is_some_and(|r| match r.verdict.as_str() {
            "open" => r.cap() >= cap,
            verdict => verdict != "error",
        });
        if wanted && !done {
            // The same share of each file at any time: what has been run is a sample of the whole.
            todo.push(((*place as f64 * 0.618_033_988_749_895).fract(), mutant));
        }
    }
    todo.sort_by(|a, b| a.0.total_cmp(&b.0));
    println!("{} mutants, {} tests", todo.len(), tests.len());
    let hints = Hints::read(&tree.join("../before"));
    let hints: HashMap<usize, &str> = keys(&mutants)
        .zip(&mutants)
        .filter_map(|(key, mutant)| Some((mutant.id, hints.0.get(&key)?.as_str())))
        .collect();
    println!("{} hints", hints.len());
    let mut record = Record::default();
    let names: HashMap<String, usize> = tests.iter().enumerate().map(|(i, test)| (test.label(), i)).collect();
    for mutant in &mutants {
        let by = known.get(&mutant.id).and_then(|result| names.get(&result.by));
        by.into_iter().for_each(|test| record.add(mutant, *test, true));
    }
    let file = fs::OpenOptions::new().create(true).append(true).open(tree.join(RESULTS))?;
    let (file, queue, start) = (Mutex::new(file), Mutex::new(todo.into_iter()), Instant::now());
    let record = Mutex::new(record);
    std::thread::scope(|scope| {
        for _ in 0..workers() {
            scope.spawn(|| {
                while start.elapsed().as_secs() < seconds {
                    let Some((_, mutant)) = queue.lock().unwrap().next() else { return };
                    let began = Instant::now();
                    let hint = hints.get(&mutant.id).copied();
                    let verdict = judge(&tree, mutant, &tests, &record, hint, cap)
                        .unwrap_or_else(|error| format!("error\t{error}"));
                    let line = format!("{}\t{verdict}\t{}\n", mutant.id, began.elapsed().as_millis());
                    let _ = file.lock().unwrap().write_all(line.as_bytes());
                    if !verdict.starts_with("caught") {
                        println!("{verdict} {}", mutant.name);
                    }
                }
            });
        }
    });
    let left = queue.lock().unwrap().len();
    println!("{left} left");
    Ok(())
}

fn judge(
    tree: &Path,
    mutant: &Mutant,
    tests: &[Test],
    record: &Mutex<Record>,
    hint: Option<&str>,
    cap: u64,
) -> Result<String> {
    let mut reaching: Vec<(f64, usize, &Test)> = Vec::new();
    {
        let record = record.lock().unwrap();
        for (i, test) in tests.iter().enumerate().filter(|(_, test)| test.reached.contains(&mutant.id)) {
            let first = hint.is_some_and(|hint| hint == test.label());
            reaching.push((if first { 0.0 } else { record.cost(mutant, i, test) }, i, test));
        }
    }
    if reaching.is_empty() {
        return Ok("unreached\t0".into());
    }
    reaching.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (id, number, mut spent) = (mutant.id.to_string(), reaching.len(), 0);
    for (done, (_, i, test)) in reaching.into_iter().enumerate() {
        if spent >= cap * 1000 {
            return Ok(format!("open\t{done} of {number} in {cap}"));
        }
        spent += test.millis + 10;
        let once = || tests::run_one(tree, &test.binary, &test.name, &[("MUTANT", &id)], limit(test));
        let mut end = once()?;
        // A test that fails for another reason seldom does so twice.
        if end == End::Failed && once()? == End::Passed {
            println!("failed once: {}", test.label());
            end = End::Passed;
        }
        record.lock().unwrap().add(mutant, i, end != End::Passed);
        if end != End::Passed {
            let end = if end == End::Failed { "caught" } else { "timeout" };
            return Ok(format!("{end}\t{}", test.label()));
        }
    }
    Ok(format!("missed\t{number}"))
}

/// Seconds of processor time for one run of it.
fn limit(test: &Test) -> u64 {
    10 + 10 * test.millis.div_ceil(1000)
}

/// Of an earlier run, kept in `before`: which test caught the mutant that does the same in the same place. It is tried first, and no more.
struct Hints(HashMap<String, String>);

impl Hints {
    fn read(before: &Path) -> Self {
        let read = || -> Option<HashMap<String, String>> {
            let mutants = list::read(&before.join("list.json").to_string_lossy()).ok()?;
            let outcomes = outcomes(&fs::read_to_string(before.join("results")).ok()?);
            let caught = |m: &Mutant| Some(outcomes.get(&m.id).filter(|r| r.is_caught())?.by.clone());
            Some(keys(&mutants).zip(&mutants).filter_map(|(key, m)| Some((key, caught(m)?))).collect())
        };
        Self(read().unwrap_or_default())
    }
}

/// What each mutant does, without its line: file, words, and the how manieth of its kind it is.
fn keys(mutants: &[Mutant]) -> impl Iterator<Item = String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    mutants.iter().map(move |m| {
        let words = m.name.splitn(4, ':').last().unwrap_or_default();
        let key = format!("{}:{words}", m.file);
        let number = seen.entry(key.clone()).or_default();
        *number += 1;
        format!("{key} {number}")
    })
}

struct Outcome {
    verdict: String,
    /// The test, or how many tests: `a of b in SECONDS` if it is open.
    by: String,
    millis: u64,
}

impl Outcome {
    fn is_caught(&self) -> bool {
        self.verdict == "caught" || self.verdict == "timeout"
    }

    /// What CAP was.
    fn cap(&self) -> u64 {
        self.by.rsplit_once(" in ").and_then(|(_, cap)| cap.parse().ok()).unwrap_or(0)
    }
}

fn results(tree: &Path) -> BTreeMap<usize, Outcome> {
    outcomes(&fs::read_to_string(tree.join(RESULTS)).unwrap_or_default())
}

/// By the mutant's number; its last line counts.
fn outcomes(text: &str) -> BTreeMap<usize, Outcome> {
    let line = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [id, verdict, by, millis] = fields.as_slice() else { return None };
        let (verdict, by) = ((*verdict).to_owned(), (*by).to_owned());
        Some((id.parse().ok()?, Outcome { verdict, by, millis: millis.parse().ok()? }))
    };
    text.lines().filter_map(line).collect()
}

#[derive(Default)]
struct Row {
    listed: usize,
    no_form: usize,
    unviable: usize,
    caught: usize,
    timeout: usize,
    open: usize,
    missed: usize,
}

impl Row {
    const fn run(&self) -> usize {
        self.caught + self.timeout + self.open + self.missed
    }
}

/// The module at the top that the file is of.
fn area(file: &str) -> &str {
    let inside = file.strip_prefix("src/").unwrap_or(file);
    inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
}

/// The table by modules, the sums, and every mutant that no test catches.
pub fn report(list: &str, tree: &Path) -> Result<()> {
    let (mutants, out, results) = (list::read(list)?, out_of_build(tree)?, results(tree));
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    let mut survivors = Vec::new();
    for mutant in &mutants {
        let deletes = mutant.genre.starts_with("Delete");
        let kind = if deletes { " checks deleted" } else { " of cargo-mutants" };
        for row in [area(&mutant.file), kind, " all"] {
            let row = rows.entry(row).or_default();
            row.listed += 1;
            match (
                out.get(&mutant.id).map(String::as_str),
                results.get(&mutant.id).map(|r| r.verdict.as_str()),
            ) {
                (Some("no form"), _) => row.no_form += 1,
                (Some(_), _) => row.unviable += 1,
                (None, Some("caught")) => row.caught += 1,
                (None, Some("timeout")) => row.timeout += 1,
                (None, Some("open")) => row.open += 1,
                (None, Some("missed" | "unreached")) => row.missed += 1,
                (None, _) => {}
            }
        }
        if let Some(r) = results.get(&mutant.id).filter(|r| !r.is_caught()) {
            survivors.push(format!("{} {} {}", r.verdict, r.by, mutant.name));
        }
    }
    println!(
        "| | in scope | no form | unviable | run | caught | timeout | open | missed |\n|---|---|---|---|---|---|---|---|---|"
    );
    for (file, r) in &rows {
        println!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            file.trim(),
            r.listed,
            r.no_form,
            r.unviable,
            r.run(),
            r.caught,
            r.timeout,
            r.open,
            r.missed
        );
    }
    println!();
    for line in survivors {
        println!("{line}");
    }
    let time: u64 = results.values().map(|r| r.millis).sum();
    println!("{} results, {} s", results.len(), time / 1000);
    Ok(())
}
