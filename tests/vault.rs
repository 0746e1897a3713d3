//! The vault: every layout against a second writer and against vectors made elsewhere, every check by its id, every attack that it must
//! withstand, a million changed containers, and a disk that loses power at every step.

#[path = "vault/attacks.rs"]
mod attacks;
#[path = "vault/backups.rs"]
mod backups;
#[path = "vault/checks.rs"]
mod checks;
#[path = "vault/codes.rs"]
mod codes;
#[path = "vault/disk.rs"]
mod disk;
mod driver;
#[path = "vault/fixture.rs"]
mod fixture;
#[path = "vault/gated.rs"]
mod gated;
#[path = "vault/kinds.rs"]
mod kinds;
#[path = "vault/mutations.rs"]
mod mutations;
#[path = "vault/other.rs"]
mod other;
#[path = "vault/pairings.rs"]
mod pairings;
#[path = "vault/prf.rs"]
mod prf;
#[path = "vault/slots.rs"]
mod slots;
#[path = "vault/vectors.rs"]
mod vectors;
#[path = "vault/wycheproof.rs"]
mod wycheproof;
