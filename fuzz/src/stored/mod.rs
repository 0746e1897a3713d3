//! Everything that a device stores, changed and then sealed again under the right key with its digests put right, so that what is behind
//! every MAC and every checksum is reached.
//!
//! The first byte picks the thing, the second one of its valid forms; the rest is a program that changes it.
//!
//! Held against every input: a form is refused, or written out again byte for byte, and so it is out of a container, which a second writer made;
//! a container that says another subject or an older counter is refused; what may come back once comes back once; an opening is counted;
//! a snapshot that comes back runs to an end; a record of epochs signs for no number that it has signed for.

mod backups;
mod snapshots;
mod things;

use sha2::{Digest as _, Sha256};

use crate::input::Input;
use crate::steer;

#[path = "../../../tests/vault/other.rs"]
#[allow(dead_code)]
mod other;

/// What became of a form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    Refused,
    Opened,
}

/// What is done with a form; it may read more of the input.
type Check = dyn Fn(Vec<u8>, &mut Input<'_>) -> Fate;

/// A kind of stored form.
struct Thing {
    name: &'static str,
    forms: Vec<Vec<u8>>,
    /// Whether it ends with a digest of all that stands before it.
    closed: bool,
    /// Forms inside of it that end with digests of their own, outer ones behind inner ones, by form.
    inner: Vec<Vec<(usize, usize)>>,
    check: Box<Check>,
}

impl Thing {
    fn new(
        name: &'static str,
        forms: Vec<Vec<u8>>,
        closed: bool,
        check: impl Fn(Vec<u8>, &mut Input<'_>) -> Fate + 'static,
    ) -> Self {
        let inner = vec![Vec::new(); forms.len()];
        Self { name, forms, closed, inner, check: Box::new(check) }
    }

    /// With these forms inside, wherever they stand.
    fn around(mut self, parts: &[Vec<u8>]) -> Self {
        for (form, inner) in self.forms.iter().zip(&mut self.inner) {
            let place = |part: &Vec<u8>| form.windows(part.len()).position(|window| window == part);
            inner.extend(parts.iter().filter_map(|part| Some((place(part)?, part.len()))));
        }
        self
    }

    fn play(&self, number: usize, input: &mut Input<'_>) -> Fate {
        let number = number % self.forms.len();
        let mut form = self.forms[number].clone();
        let mut rest = 4;
        while rest > 0 && !input.is_empty() {
            let operation = input.byte();
            if operation == 0 {
                break;
            }
            let other = &self.forms[input.below(self.forms.len())];
            change(operation, &mut form, other, input);
            rest -= 1;
        }
        for (at, len) in &self.inner[number] {
            if let Some(part) = form.get_mut(*at..at + len) {
                close(part);
            }
        }
        if self.closed && form.len() >= 32 {
            close(&mut form);
        }
        (self.check)(form, input)
    }
}

/// Puts the digest right.
fn close(form: &mut [u8]) {
    let (content, digest) = form.split_at_mut(form.len() - 32);
    digest.copy_from_slice(&Sha256::digest(content));
}

fn change(operation: u8, form: &mut Vec<u8>, other: &[u8], input: &mut Input<'_>) {
    if form.is_empty() {
        return;
    }
    match operation % 8 {
        0 => steer::change(steer::EDGE, form, other, input),
        1 | 2 => steer::change(steer::FLIP, form, other, input),
        3 => steer::change(steer::SPLICE, form, other, input),
        4 => {
            let at = input.word() % form.len();
            let given = input.take(usize::from(operation >> 3) + 1);
            let len = given.len().min(form.len() - at);
            form[at..at + len].copy_from_slice(&given[..len]);
        }
        5 => {
            // a number where there may be one
            let (at, number) = (input.word() % form.len(), input.byte());
            let number = [0, 1, u32::from(u16::MAX), u32::MAX, u32::MAX >> 1, u32::from(number)]
                [usize::from(operation >> 3) % 6];
            let bytes = number.to_be_bytes();
            let len = bytes.len().min(form.len() - at);
            form[at..at + len].copy_from_slice(&bytes[4 - len..]);
        }
        6 => {
            let (at, len) = (input.word() % form.len(), usize::from(input.byte()));
            form.drain(at..(at + len).min(form.len()));
        }
        _ => {
            let (at, from) = (input.word() % form.len(), input.word() % other.len());
            let len = (usize::from(input.byte()) + 1).min(other.len() - from);
            form.splice(at..at, other[from..from + len].iter().copied());
        }
    }
}

thread_local! {
    static THINGS: Vec<Thing> = {
        let mut all = things::all();
        all.extend(snapshots::all());
        all.extend(backups::all());
        all
    };
}

pub(crate) fn play(data: &[u8]) -> Fate {
    let mut input = Input::new(data);
    let (pick, number) = (input.byte(), input.byte());
    THINGS.with(|all| all[usize::from(pick) % all.len()].play(number.into(), &mut input))
}

/// Every form as it is, and with a bit turned in its head, its middle and its end.
pub(crate) fn seeds() -> Vec<(String, Vec<u8>)> {
    let mut list = Vec::new();
    let shapes =
        THINGS.with(|all| all.iter().map(|thing| (thing.name, thing.forms.clone())).collect::<Vec<_>>());
    for (pick, (name, forms)) in shapes.into_iter().enumerate() {
        for (number, form) in forms.iter().enumerate() {
            let mut add = |what: &str, rest: &[u8]| {
                let bytes = [&[pick as u8, number as u8], rest].concat();
                let fate = play(&bytes);
                assert!(fate == Fate::Opened || !rest.is_empty(), "{name} {number}");
                list.push((format!("{pick:02}-{}-{number}{what}", name.replace(' ', "-")), bytes));
            };
            add("", &[]);
            let [.., high, low] = (form.len() / 2).to_be_bytes();
            let (last_high, last_low) = (((form.len() - 33) >> 8) as u8, (form.len() - 33) as u8);
            add("-changed", &[1, 0, 0, 4, 1, 1, 0, high, low, 1, 1, 0, last_high, last_low, 1, 0]);
            add("-middle", &[1, 0, high, low, 0x80, 0]);
            add("-cut", &[6, 0, high, low, 1, 0]);
            add("-spliced", &[3, number as u8 + 1, high, low, high, low, 0, 0]);
        }
    }
    list
}
