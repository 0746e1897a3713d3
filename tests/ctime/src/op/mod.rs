//! The operations.

mod ecdsa;
mod frost;
mod keys;
mod life;
mod planted;
mod wings;

use quorate::party::{Parties, PartyId};
use quorate::wire::SessionId;

use crate::table::Table;

pub fn all(table: &mut Table) {
    keys::all(table);
    frost::all(table);
    ecdsa::all(table);
    life::all(table);
    wings::all(table);
    planted::all(table);
}

fn id(number: u16) -> PartyId {
    PartyId::new(number).unwrap()
}

fn set(ids: &[u16]) -> Parties {
    Parties::from_numbers(ids.iter().copied()).unwrap()
}

fn session(number: u8) -> SessionId {
    SessionId([number; 16])
}
