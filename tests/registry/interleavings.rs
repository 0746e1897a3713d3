//! Every order in which three processes can take their steps, each dying anywhere, without a model checker: each step is one call, and the
//! stores run one call at a time, so an order of steps is all there is.

use std::collections::BTreeMap;

use quorate::approval::cap::{Caps, MemoryCaps};
use quorate::approval::registry::{Claim, Entry, MemoryRegistry, Registry, RegistryError, Space};
use quorate::sim::contract::START;

use crate::{claim, spend};

/// What a process does with a request: reserve, reserve in the caps, sign or abort, and settle.
#[derive(Clone, Copy)]
struct Process {
    request: u8,
    /// It signs; else it aborts before its share has left.
    signs: bool,
    /// It dies before this step.
    dies: usize,
}

const STEPS: usize = 4;

struct World {
    registry: MemoryRegistry,
    caps: MemoryCaps,
    /// Who is between reserve and settling, by request.
    inside: BTreeMap<u8, usize>,
    signed: Vec<u8>,
    /// Whether each process goes on.
    alive: Vec<bool>,
}

impl World {
    fn step(&mut self, place: usize, process: Process, step: usize) {
        if !self.alive[place] || step >= process.dies {
            return;
        }
        let mine = Claim { owner: [place as u8; 16], ..claim(process.request) };
        let rh = mine.id;
        match step {
            0 => match self.registry.reserve(&mine, START) {
                Ok(_) => {
                    let other = self.inside.insert(process.request, place);
                    assert_eq!(other, None, "two are inside at once");
                }
                Err(error) => {
                    assert!(matches!(error, RegistryError::Taken | RegistryError::Done(_)));
                    self.alive[place] = false;
                }
            },
            1 => {
                if self.caps.reserve(&rh, &[spend(600)], START).is_err() {
                    self.registry.release(Space::Request, &rh, &mine.owner).unwrap();
                    self.inside.remove(&process.request);
                    self.alive[place] = false;
                }
            }
            2 => {
                if process.signs {
                    self.signed.push(process.request);
                    self.caps.commit(&rh).unwrap();
                } else {
                    self.caps.release(&rh).unwrap();
                }
            }
            _ => {
                self.inside.remove(&process.request);
                if process.signs {
                    self.registry.commit(Space::Request, &rh, &mine.owner, &[1; 32]).unwrap();
                } else {
                    self.registry.release(Space::Request, &rh, &mine.owner).unwrap();
                }
            }
        }
    }

    fn check(&mut self) {
        let mut once = self.signed.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), self.signed.len(), "a request was signed twice");
        assert!(self.signed.len() <= 1, "600 and 600 under a cap of 1000");
        let spent = self.caps.spent("day", &[1], 100, START);
        assert!(spent >= (600 * self.signed.len() as u128).into(), "signed and not counted");
        assert!(spent <= 1000.into());
    }
}

/// All orders of `STEPS` steps of each of three processes: 12! / 4!^3.
fn orders(left: [usize; 3], order: &mut Vec<usize>, visit: &mut dyn FnMut(&[usize])) {
    if left == [0; 3] {
        visit(order);
    }
    for who in 0..3 {
        if left[who] > 0 {
            let mut left = left;
            left[who] -= 1;
            order.push(who);
            orders(left, order, visit);
            order.pop();
        }
    }
}

fn all(processes: [Process; 3]) -> (usize, usize) {
    let (mut runs, mut signed) = (0, 0);
    orders([STEPS; 3], &mut Vec::new(), &mut |order| {
        let mut world = World {
            registry: MemoryRegistry::new(10, START),
            caps: MemoryCaps::new(10),
            inside: BTreeMap::new(),
            signed: Vec::new(),
            alive: vec![true; 3],
        };
        let mut next = [0; 3];
        for who in order {
            world.step(*who, processes[*who], next[*who]);
            next[*who] += 1;
            world.check();
        }
        runs += 1;
        signed += world.signed.len();
    });
    (runs, signed)
}

const fn process(request: u8, signs: bool, dies: usize) -> Process {
    Process { request, signs, dies }
}

/// Two for one request and one for another, which do not fit under the cap together.
#[test]
fn no_order_of_three_processes_signs_twice_or_beyond_the_cap() {
    let (runs, signed) = all([process(1, true, 9), process(1, true, 9), process(2, true, 9)]);
    assert_eq!(runs, 34_650);
    assert_eq!(signed, runs, "nobody dies or aborts: one always signs");
}

#[test]
fn nor_if_one_aborts() {
    let (runs, signed) = all([process(1, false, 9), process(1, true, 9), process(2, true, 9)]);
    assert!(signed <= runs && signed > runs / 4, "{signed} of {runs}");
}

#[test]
fn nor_if_one_dies_anywhere() {
    for dies in 0..STEPS {
        let (runs, signed) = all([process(1, true, dies), process(1, true, 9), process(2, true, 9)]);
        assert!(signed <= runs && signed > runs / 4, "{signed} of {runs}");
    }
}

/// A dead process's reservation is nobody's: the state is still reserved at the end.
#[test]
fn a_dead_owner_keeps_what_it_reserved() {
    let mut registry = MemoryRegistry::new(10, START);
    registry.reserve(&claim(1), START).unwrap();
    assert!(matches!(registry.entry(Space::Request, &[1; 32]), Ok(Some(Entry::Reserved { .. }))));
    assert_eq!(registry.reserve(&claim(1), START + 899), Err(RegistryError::Taken));
}
