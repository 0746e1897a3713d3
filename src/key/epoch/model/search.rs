//! The search itself.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::string::String;
use std::vec::Vec;

use super::{Mutant, Rules, Scene};
use crate::key::epoch::book::{Book, Entry};

/// Where a device is in a run.
const JOINED: u8 = 1;
const KEPT: u8 = 2;
const SENT: u8 = 3;

/// Books by number, in memory and on disk; by device and run how far it is, and whose signatures it got.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct State {
    memory: [u16; 4],
    disk: [u16; 4],
    stage: [[u8; 3]; 4],
    got: [[u8; 3]; 4],
}

/// What happens, to which device, in which run.
#[allow(dead_code)] // read by whoever looks at a counterexample
#[derive(Clone, Copy, Debug)]
enum Step {
    Start,
    Join(usize, usize),
    Keep(usize, usize),
    Store(usize),
    Send(usize, usize),
    Crash(usize),
    Deliver { from: usize, to: usize, run: usize },
    Enter(usize, usize),
    HandOver { to: usize, run: usize },
    Drop(usize, usize),
}

/// How a search ends.
pub(super) enum Found {
    /// What must hold holds in all of so many states, in which so many of the runs are entered somewhere.
    Nothing {
        /// All states.
        states: usize,
        /// Runs that somebody entered.
        entered: usize,
    },
    /// The steps to a state in which it does not.
    Counterexample(String),
}

pub(super) struct Search {
    scene: Scene,
    mutant: Mutant,
    books: Vec<Rules>,
    numbers: HashMap<Rules, u16>,
    /// Outcomes of entering, or else keeping, by book, device and run.
    moves: HashMap<(bool, u16, usize, usize), Option<u16>>,
    states: Vec<(State, usize, Step)>,
    seen: HashSet<State>,
}

impl Search {
    pub(super) fn new(scene: Scene, mutant: Mutant) -> Self {
        let (books, numbers, moves) = (Vec::new(), HashMap::new(), HashMap::new());
        let mut search =
            Self { scene, mutant, books, numbers, moves, states: Vec::new(), seen: HashSet::new() };
        let mut state = State { memory: [0; 4], disk: [0; 4], stage: [[0; 3]; 4], got: [[0; 3]; 4] };
        for p in 0..search.scene.n {
            let member = search.scene.start >> p & 1 == 1;
            let current = member.then_some(Entry { epoch: 0, name: 0, held: true });
            state.memory[p] = search.number(Book::new(current, Some(0)));
        }
        state.disk = state.memory;
        search.reach(state, 0, Step::Start);
        search
    }

    /// All states, in the order of their distance from the start.
    pub(super) fn run(mut self, limit: usize) -> Found {
        let (mut at, mut entered) = (0, HashSet::new());
        while let Some((state, ..)) = self.states.get(at).copied() {
            assert!(at < limit, "too many states");
            if let Some(why) = self.broken(&state) {
                return Found::Counterexample(self.trace(at, why));
            }
            entered.extend(self.honest().filter_map(|p| self.entered(state.memory[p])));
            self.expand(&state, at);
            at += 1;
        }
        Found::Nothing { states: at, entered: entered.len() }
    }

    fn trace(&self, mut at: usize, why: &str) -> String {
        let mut steps = Vec::new();
        while at > 0 {
            let (_, from, step) = self.states[at];
            steps.push(step);
            at = from;
        }
        let mut out = String::new();
        steps.iter().rev().for_each(|step| writeln!(out, "  {step:?}").unwrap());
        write!(out, "  {why}").unwrap();
        out
    }

    fn number(&mut self, book: Rules) -> u16 {
        assert!(book.is_sound() || self.mutant != Mutant::None, "{book:?}");
        let next = self.books.len() as u16;
        *self.numbers.entry(book).or_insert_with_key(|book| {
            self.books.push(book.clone());
            next
        })
    }

    fn book(&self, number: u16) -> &Rules {
        &self.books[usize::from(number)]
    }

    fn reach(&mut self, state: State, from: usize, step: Step) {
        if self.seen.insert(state) {
            self.states.push((state, from, step));
        }
    }

    fn honest(&self) -> impl Iterator<Item = usize> + use<> {
        let bad = self.scene.bad;
        (0..self.scene.n).filter(move |p| Some(*p) != bad)
    }

    fn honest_of(&self, mask: u8) -> impl Iterator<Item = usize> + use<> {
        self.honest().filter(move |p| mask >> p & 1 == 1)
    }

    fn cast(&self, run: usize) -> u8 {
        self.scene.runs[run].dealers | self.scene.runs[run].members
    }

    /// The run whose epoch this book is in, as a member or having left.
    fn entered(&self, book: u16) -> Option<usize> {
        usize::from(self.book(book).current.as_ref()?.name).checked_sub(1)
    }

    /// Whether a book has the share of a run, or is above it.
    fn safe(&self, book: u16, run: usize) -> bool {
        let epoch = self.scene.runs[run].epoch;
        let book = self.book(book);
        book.knows(&(run as u8 + 1)) || book.current.as_ref().is_some_and(|e| e.epoch > epoch)
    }

    /// The book after device `p` enters, or else keeps, a run, if it does.
    fn moved(&mut self, enter: bool, book: u16, p: usize, run: usize) -> Option<u16> {
        if let Some(known) = self.moves.get(&(enter, book, p, run)) {
            return *known;
        }
        let mut new = self.book(book).clone();
        let done = if enter { self.enter(&mut new, run) } else { self.keep(&mut new, p, run) };
        let number = done.then(|| self.number(new));
        self.moves.insert((enter, book, p, run), number);
        number
    }

    fn admits(&self, book: &Rules, run: usize) -> bool {
        let epoch = self.scene.runs[run].epoch;
        let twice = self.mutant == Mutant::TwoPerNumber && book.floor == Some(epoch);
        let far = self.mutant == Mutant::AnyStep && book.floor < Some(epoch);
        twice || far || book.admits(epoch).is_ok()
    }

    fn keep(&self, book: &mut Rules, p: usize, run: usize) -> bool {
        let this = self.scene.runs[run];
        let held = this.members >> p & 1 == 1;
        let entry = Entry { epoch: this.epoch, name: run as u8 + 1, held };
        match self.mutant {
            Mutant::TwoPerNumber if book.floor == Some(this.epoch) && !book.knows(&entry.name) => {
                book.pending.push(entry);
                return true;
            }
            Mutant::AnyStep => book.confirm(this.epoch),
            _ => {}
        }
        let kept = book.keep(entry).is_ok();
        match self.mutant {
            Mutant::EraseOnSigning if kept => book.current = None,
            Mutant::LeaverErasesOnSigning if kept && !held => book.current = None,
            _ => {}
        }
        kept
    }

    fn enter(&self, book: &mut Rules, run: usize) -> bool {
        if book.enter(&(run as u8 + 1), |held| held).is_none() {
            return false;
        }
        let epoch = self.scene.runs[run].epoch;
        match self.mutant {
            Mutant::LastWins => book.pending.clear(),
            Mutant::TwoPerNumber => book.pending.retain(|e| e.epoch > epoch),
            _ => {}
        }
        true
    }

    fn expand(&mut self, state: &State, at: usize) {
        for p in self.honest() {
            let mut next = *state;
            next.disk[p] = state.memory[p];
            self.reach(next, at, Step::Store(p));
            let mut next = *state;
            next.memory[p] = state.disk[p];
            next.stage[p].iter_mut().filter(|stage| **stage == KEPT).for_each(|stage| *stage = JOINED);
            self.reach(next, at, Step::Crash(p));
            for run in 0..self.scene.runs.len() {
                if self.cast(run) >> p & 1 == 1 {
                    self.take_part(state, at, p, run);
                    self.receive(state, at, p, run);
                    self.give_up(state, at, p, run);
                }
            }
        }
    }

    /// Join, keep, send.
    fn take_part(&mut self, state: &State, at: usize, p: usize, run: usize) {
        let (this, book) = (self.scene.runs[run], self.book(state.memory[p]));
        let dealer = this.dealers >> p & 1 == 1;
        let starts = !dealer || book.current.as_ref().is_some_and(|e| e.name == this.base && e.held);
        let mut next = *state;
        match state.stage[p][run] {
            0 if starts && self.admits(book, run) => {
                next.stage[p][run] = JOINED;
                self.reach(next, at, Step::Join(p, run));
            }
            JOINED if self.honest_of(self.cast(run)).all(|q| state.stage[q][run] >= JOINED) => {
                if let Some(kept) = self.moved(false, state.memory[p], p, run) {
                    (next.memory[p], next.stage[p][run]) = (kept, KEPT);
                    self.reach(next, at, Step::Keep(p, run));
                }
            }
            KEPT if self.mutant == Mutant::SendBeforeStore || self.safe(state.disk[p], run) => {
                next.stage[p][run] = SENT;
                self.reach(next, at, Step::Send(p, run));
            }
            _ => {}
        }
    }

    /// Deliver, enter, hand over.
    fn receive(&mut self, state: &State, at: usize, p: usize, run: usize) {
        let cast = self.cast(run);
        let all_sent = self.honest_of(cast).all(|q| state.stage[q][run] == SENT);
        let others = cast & !(1 << p);
        let mut complete = all_sent;
        if self.scene.explicit {
            let missing = others & !state.got[p][run];
            for from in (0..self.scene.n).filter(|q| missing >> q & 1 == 1) {
                if Some(from) == self.scene.bad || state.stage[from][run] == SENT {
                    let mut next = *state;
                    next.got[p][run] |= 1 << from;
                    self.reach(next, at, Step::Deliver { from, to: p, run });
                }
            }
            complete = missing == 0 && state.stage[p][run] == SENT;
        }
        let holds = |q| self.entered(state.memory[q]) == Some(run);
        // The malicious device has the certificate when all others have sent.
        let by_bad = all_sent && self.scene.bad.is_some_and(|bad| cast >> bad & 1 == 1);
        let handed = self.mutant != Mutant::Ack && (by_bad || self.honest().any(holds));
        let step = if complete { Step::Enter(p, run) } else { Step::HandOver { to: p, run } };
        if (complete || handed)
            && let Some(entered) = self.moved(true, state.memory[p], p, run)
        {
            let mut next = *state;
            next.memory[p] = entered;
            self.reach(next, at, step);
        }
    }

    /// What no honest device does: it drops what is pending.
    fn give_up(&mut self, state: &State, at: usize, p: usize, run: usize) {
        let drops = match self.mutant {
            Mutant::DropAfterVerdict => self.scene.bad.is_some_and(|bad| self.cast(run) >> bad & 1 == 1),
            Mutant::JoinerAbandons => self.scene.start >> p & 1 == 0,
            _ => false,
        };
        if drops && state.stage[p][run] == SENT {
            let mut book = self.book(state.memory[p]).clone();
            book.pending.retain(|e| usize::from(e.name) != run + 1);
            let mut next = *state;
            next.memory[p] = self.number(book);
            self.reach(next, at, Step::Drop(p, run));
        }
    }

    /// What does not hold in this state, if anything.
    fn broken(&mut self, state: &State) -> Option<&'static str> {
        for p in self.honest() {
            for book in [state.memory[p], state.disk[p]] {
                let Some(run) = self.entered(book) else { continue };
                let members = self.scene.runs[run].members;
                if !self.honest_of(members).all(|m| self.safe(state.disk[m], run)) {
                    return Some("a member of an epoch that is entered has no share of it");
                }
            }
        }
        let after = self.handed_over(state.memory);
        let members = |name: u8| {
            let is =
                |p: &usize| self.book(after[*p]).current.as_ref().is_some_and(|e| e.name == name && e.held);
            self.honest().filter(is).collect::<Vec<_>>()
        };
        let together = (0..=self.scene.runs.len() as u8).map(members).find(|m| m.len() >= self.scene.t);
        let Some(together) = together else { return Some("the honest devices cannot sign") };
        let highest = together.iter().filter_map(|p| self.book(after[*p]).floor).max().unwrap_or(0);
        let next = highest.checked_add(1);
        let go_on = |next| together.iter().all(|p| self.book(after[*p]).admits(next).is_ok());
        if next.is_some_and(go_on) { None } else { Some("the honest devices cannot refresh") }
    }

    /// The books when honest devices have given each other all certificates that they have.
    fn handed_over(&mut self, mut memory: [u16; 4]) -> [u16; 4] {
        let mut again = self.mutant != Mutant::Ack;
        while again {
            again = false;
            for (p, q) in self.honest().flat_map(|p| self.honest().map(move |q| (p, q))).collect::<Vec<_>>() {
                let Some(run) = self.entered(memory[q]) else { continue };
                if let Some(entered) = self.moved(true, memory[p], p, run) {
                    memory[p] = entered;
                    again = true;
                }
            }
        }
        memory
    }
}
