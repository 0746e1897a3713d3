//! What `cargo mutants --list --json` prints.

use serde_json::Value;

use crate::Result;

/// A place in a file: line from 1, column in characters from 1, as cargo-mutants counts.
pub type Place = (usize, usize);

#[derive(Clone, Debug)]
pub struct Mutant {
    /// Its number: its place in the list, from 1.
    pub id: usize,
    pub file: String,
    pub genre: String,
    /// As the tool prints it: file, line, column, what is done.
    pub name: String,
    pub replacement: String,
    pub start: Place,
}

impl Mutant {
    /// Where it is: what stands behind the last " in ".
    pub fn function(&self) -> &str {
        self.name.rsplit_once(" in ").map_or(self.name.as_str(), |(_, function)| function)
    }
}

pub fn read(path: &str) -> Result<Vec<Mutant>> {
    let list: Value = serde_json::from_slice(&std::fs::read(path)?)?;
    let list = list.as_array().ok_or("not a list")?;
    list.iter()
        .enumerate()
        .map(|(i, value)| {
            mutant(i + 1, value).ok_or_else(|| format!("mutant {i}: a field is missing").into())
        })
        .collect()
}

fn mutant(id: usize, value: &Value) -> Option<Mutant> {
    let text = |key: &str| Some(value.get(key)?.as_str()?.to_owned());
    let place = |key: &str| {
        let place = value.get("span")?.get(key)?;
        let number = |key: &str| usize::try_from(place.get(key)?.as_u64()?).ok();
        Some((number("line")?, number("column")?))
    };
    Some(Mutant {
        id,
        file: text("file")?,
        genre: text("genre")?,
        name: text("name")?,
        replacement: text("replacement")?,
        start: place("start")?,
    })
}
