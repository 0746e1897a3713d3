//! Runs all mutants that cargo-mutants lists from one build: see ci/mutants.sh.

mod checks;
mod fit;
mod instrument;
mod list;
mod run;
mod tests;

use std::error::Error;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const USAGE: &str = "quorate-mutants checks LIST.json ORIGINAL OUT.json
quorate-mutants fit LIST.json ORIGINAL TREE
quorate-mutants record TREE [--lib|--test=TARGET ..]
quorate-mutants run LIST.json TREE SECONDS [FILE-PREFIX..]
quorate-mutants report LIST.json TREE";

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["fit", list, original, tree] => fit::fit(list, original.as_ref(), tree.as_ref()),
        ["checks", list, original, out] => checks::checks(list, original.as_ref(), out),
        ["record", tree, targets @ ..] => tests::record(tree.as_ref(), targets),
        ["run", list, tree, seconds, files @ ..] => run::run(list, tree.as_ref(), seconds.parse()?, files),
        ["report", list, tree] => run::report(list, tree.as_ref()),
        _ => Err(USAGE.into()),
    }
}
