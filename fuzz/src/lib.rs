//! What the fuzz targets run; each is a function of bytes. `README.md` says what each of them holds its input against.

mod channels;
mod decoders;
mod input;
mod multiscalar;
mod passkeys;
mod receive;
mod scheduler;
pub mod seeds;
mod steer;
mod stored;

#[path = "../../tests/driver/mod.rs"]
mod driver;
#[path = "../../tests/policy/readers.rs"]
mod readers;

pub use receive::{receive_dkg, receive_ecdsa, receive_frost, receive_life, receive_pairing};

thread_local! {
    static DECODERS: Vec<decoders::Decoder> = decoders::all();
    static STAGE: channels::Stage = channels::Stage::new();
    static TABLE: passkeys::Table = passkeys::Table::new();
}

/// The first byte picks a decoder, the rest is its input.
///
/// # Panics
/// If something is not as it must be; so do all the others.
pub fn decode(data: &[u8]) {
    let Some((pick, bytes)) = data.split_first() else { return };
    DECODERS.with(|all| {
        if let Some(decoder) = all.get(usize::from(*pick)) {
            let again = (decoder.decode)(bytes);
            assert!(again.is_none_or(|again| again == bytes), "{}: two encodings", decoder.name);
        }
    });
}

/// A member of a cluster with a live channel, a handshake that the peer could complete, and one that it has begun.
pub fn receive_channel(data: &[u8]) {
    STAGE.with(|stage| stage.play(data));
}

/// What browsers hand over.
pub fn passkey(data: &[u8]) {
    TABLE.with(|table| table.check(data));
}

/// What a holder reads before it signs.
pub fn policy(data: &[u8]) {
    readers::check(data);
}

/// Multiscalar multiplication.
pub fn multiscalar(data: &[u8]) {
    multiscalar::check(data);
}

/// Whole clusters.
pub fn scheduler(data: &[u8]) {
    scheduler::play(data);
}

/// What devices store.
pub fn stored(data: &[u8]) {
    stored::play(data);
}

/// A target by its name.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 12] = [
    ("decode", decode),
    ("multiscalar", multiscalar),
    ("passkey", passkey),
    ("policy", policy),
    ("receive_channel", receive_channel),
    ("receive_dkg", receive_dkg),
    ("receive_ecdsa", receive_ecdsa),
    ("receive_frost", receive_frost),
    ("receive_life", receive_life),
    ("receive_pairing", receive_pairing),
    ("scheduler", scheduler),
    ("stored", stored),
];
