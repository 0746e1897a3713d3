//! What the library around the cryptography reads, on 32 bits: bytes of channels that stand written down, damaged vaults, damaged policies and
//! requests, CBOR and JSON.

// Each of these files is shared by the tests of its folder.
#![allow(dead_code)]

#[path = "../../tests/driver/mod.rs"]
mod driver;
#[path = "../../tests/vault/fixture.rs"]
mod fixture;
#[path = "../../tests/policy/garbage.rs"]
mod garbage;
#[path = "../../tests/channel/golden.rs"]
mod golden;
#[path = "../../tests/vault/mutations.rs"]
mod mutations;
#[path = "../../tests/vault/other.rs"]
mod other;
#[path = "../../tests/policy/readers.rs"]
mod readers;
#[path = "../../tests/channel/rogue.rs"]
mod rogue;
#[path = "../../tests/channel/stage.rs"]
mod stage;
#[path = "../../tests/policy/tools.rs"]
mod tools;
#[path = "../../tests/webauthn/readers.rs"]
mod webauthn_readers;
