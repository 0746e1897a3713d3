//! Writes the seed corpora under `fuzz/seeds`, each seed tried as it is made: `cargo run --manifest-path fuzz/Cargo.toml --bin seeds`.
//! With `--check` it writes nothing, and fails where what is there is not what it would write.
//!
//! A program and not an example, so that it is built with the targets and as they are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let seeds = quorate_fuzz::seeds::all();
    let total: usize = seeds.iter().map(|seed| seed.bytes.len()).sum();
    println!("{} seeds, {total} bytes", seeds.len());
    let wanted: BTreeMap<PathBuf, Vec<u8>> =
        seeds.into_iter().map(|seed| (root.join(seed.target).join(seed.name), seed.bytes)).collect();
    if env::args().nth(1).as_deref() == Some("--check") {
        let there = files(&root);
        let differ =
            wanted.iter().filter(|(path, bytes)| there.get(*path) != Some(bytes)).map(|(path, _)| path);
        let stale: Vec<_> = differ.chain(there.keys().filter(|path| !wanted.contains_key(*path))).collect();
        stale.iter().for_each(|path| eprintln!("error: not what is made now: {}", path.display()));
        return if stale.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    // What is not made any more goes.
    if root.exists() {
        fs::remove_dir_all(&root).expect("a folder");
    }
    for (path, bytes) in &wanted {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
    ExitCode::SUCCESS
}

fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let Ok(folders) = fs::read_dir(root) else { return files };
    for folder in folders {
        for file in fs::read_dir(folder.expect("an entry").path()).expect("a folder") {
            let path = file.expect("an entry").path();
            files.insert(path.clone(), fs::read(path).expect("a file"));
        }
    }
    files
}
