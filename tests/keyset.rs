//! Key sets: several keys in the three rounds of one, all or none.
mod driver;

#[path = "keyset/ceremony.rs"]
mod ceremony;
#[path = "keyset/complaints.rs"]
mod complaints;
#[path = "keyset/faults.rs"]
mod faults;
#[path = "dealing/hash.rs"]
#[allow(dead_code)]
mod hash;
#[path = "keyset/judged.rs"]
mod judged;
#[path = "keyset/replay.rs"]
mod replay;
#[path = "keyset/resume.rs"]
mod resume;
#[path = "keyset/stage.rs"]
mod stage;
#[path = "keyset/stored.rs"]
mod stored;
#[path = "garbage/tools.rs"]
#[allow(dead_code)]
mod tools;
