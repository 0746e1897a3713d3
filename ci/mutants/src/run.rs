//! Each mutant against the tests that come by it, the likeliest first, until one fails.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::Result;
use crate::fit::out_of_build;
use crate::list::{self, Mutant};
use crate::tests::{self, End, Test, workers};

const RESULTS: &str = "target/mutants.results";

/// Stops after so many seconds. GENRE=Delete: only those genres that start so. Mutants with a result are not run again; delete their lines to have them so. Only files with one of
/// the prefixes, if there are any.
pub fn run(list: &str, tree: &Path, seconds: u64, files: &[&str]) -> Result<()> {
    let tree = tree.canonicalize()?;
    let (mutants, tests, out) = (list::read(list)?, tests::all(&tree)?, out_of_build(&tree)?);
    let known = results(&tree);
    let mut todo: Vec<(f64, &Mutant)> = Vec::new();
    let mut place: HashMap<&str, usize> = HashMap::new();
    for mutant in &mutants {
        let place = place.entry(mutant.file.as_str()).or_default();
        *place += 1;
        let genre = std::env::var("GENRE").unwrap_or_default();
        let wanted = mutant.genre.starts_with(&genre);
        let wanted = wanted && (files.is_empty() || files.iter().any(|file| mutant.file.starts_with(file)));
        if wanted && !known.contains_key(&mutant.id) && !out.contains_key(&mutant.id) {
            // The same share of each file at any time: what has been run is a sample of the whole.
            todo.push(((*place as f64 * 0.618_033_988_749_895).fract(), mutant));
        }
    }
    todo.sort_by(|a, b| a.0.total_cmp(&b.0));
    println!("{} mutants, {} tests", todo.len(), tests.len());
    let file = fs::OpenOptions::new().create(true).append(true).open(tree.join(RESULTS))?;
    let (file, queue, start) = (Mutex::new(file), Mutex::new(todo.into_iter()), Instant::now());
    // file -> test -> mutants caught
    let catches: Mutex<HashMap<(String, usize), u64>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..workers() {
            scope.spawn(|| {
                while start.elapsed().as_secs() < seconds {
                    let Some((_, mutant)) = queue.lock().unwrap().next() else { return };
                    let began = Instant::now();
                    let verdict = judge(&tree, mutant, &tests, &catches)
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
    catches: &Mutex<HashMap<(String, usize), u64>>,
) -> Result<String> {
    let mut reaching: Vec<(f64, usize, &Test)> = Vec::new();
    {
        let catches = catches.lock().unwrap();
        for (i, test) in tests.iter().enumerate().filter(|(_, test)| test.reached.contains(&mutant.id)) {
            let caught = catches.get(&(mutant.file.clone(), i)).copied().unwrap_or(0);
            // What catches most in a second of its time.
            reaching.push(((test.millis + 10) as f64 / (1 + caught) as f64, i, test));
        }
    }
    if reaching.is_empty() {
        return Ok("unreached\t0".into());
    }
    reaching.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (id, number) = (mutant.id.to_string(), reaching.len());
    for (_, i, test) in reaching {
        let limit = Duration::from_millis(20_000 + 20 * test.millis);
        let end = tests::run_one(tree, &test.binary, &test.name, &[("MUTANT", &id)], limit)?;
        if end != End::Passed {
            *catches.lock().unwrap().entry((mutant.file.clone(), i)).or_default() += 1;
            return Ok(format!(
                "{}\t{}",
                if end == End::Failed { "caught" } else { "timeout" },
                test.label()
            ));
        }
    }
    Ok(format!("missed\t{number}"))
}

/// id -> (verdict, by or number of tests, milliseconds); the last line of a mutant counts
fn results(tree: &Path) -> BTreeMap<usize, (String, String, u64)> {
    let text = fs::read_to_string(tree.join(RESULTS)).unwrap_or_default();
    let line = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [id, verdict, by, millis] = fields.as_slice() else { return None };
        Some((id.parse().ok()?, ((*verdict).to_owned(), (*by).to_owned(), millis.parse().ok()?)))
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
    missed: usize,
}

impl Row {
    const fn run(&self) -> usize {
        self.caught + self.timeout + self.missed
    }
}

/// The table by file, the sums, and every mutant that no test catches.
/// Of the mutants that the list `scope` names too.
pub fn report(list: &str, tree: &Path, scope: &str) -> Result<()> {
    let scope: HashSet<String> = list::read(scope)?.into_iter().map(|mutant| mutant.name).collect();
    let (mutants, out, results) = (list::read(list)?, out_of_build(tree)?, results(tree));
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    let mut survivors = Vec::new();
    for mutant in mutants.iter().filter(|mutant| scope.contains(&mutant.name)) {
        for row in [mutant.file.as_str(), "all"] {
            let row = rows.entry(row).or_default();
            row.listed += 1;
            match (out.get(&mutant.id).map(String::as_str), results.get(&mutant.id).map(|r| r.0.as_str())) {
                (Some("no form"), _) => row.no_form += 1,
                (Some(_), _) => row.unviable += 1,
                (None, Some("caught")) => row.caught += 1,
                (None, Some("timeout")) => row.timeout += 1,
                (None, Some("missed" | "unreached")) => row.missed += 1,
                (None, _) => {}
            }
        }
        if let Some((verdict, by, _)) =
            results.get(&mutant.id).filter(|r| r.0 != "caught" && r.0 != "timeout")
        {
            survivors.push(format!("{verdict} {by} {}", mutant.name));
        }
    }
    println!(
        "| file | in scope | no form | unviable | run | caught | timeout | missed |\n|---|---|---|---|---|---|---|---|"
    );
    for (file, r) in &rows {
        println!(
            "| {file} | {} | {} | {} | {} | {} | {} | {} |",
            r.listed,
            r.no_form,
            r.unviable,
            r.run(),
            r.caught,
            r.timeout,
            r.missed
        );
    }
    println!();
    for line in survivors {
        println!("{line}");
    }
    let time: u64 = results.values().map(|r| r.2).sum();
    println!("{} results, {} s", results.len(), time / 1000);
    Ok(())
}
