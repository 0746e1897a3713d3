//! The distributed passkey: what holders refuse, what they sign, and who accepts it.
#[path = "passkey/abi.rs"]
mod abi;
#[path = "passkey/accepted.rs"]
mod accepted;
#[path = "passkey/approval.rs"]
mod approval;
#[path = "passkey/checks.rs"]
mod checks;
mod driver;
#[path = "passkey/encodings.rs"]
mod encodings;
#[path = "passkey/facts.rs"]
mod facts;
#[path = "passkey/garbage.rs"]
mod garbage;
#[path = "passkey/gate.rs"]
mod gate;
#[path = "passkey/given.rs"]
mod given;
#[path = "passkey/life.rs"]
mod life;
#[path = "passkey/quorum.rs"]
mod quorum;
#[path = "../examples/safe/mod.rs"]
mod safe;
