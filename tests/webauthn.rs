//! Passkeys: key formats, assertions and registrations, by the standard's own examples, real browsers' samples, attacks and
//! garbage.

#[path = "webauthn/assertion.rs"]
mod assertion;
#[path = "webauthn/attacks.rs"]
mod attacks;
#[path = "webauthn/browser.rs"]
mod browser;
#[path = "webauthn/config.rs"]
mod config;
#[path = "webauthn/differential.rs"]
mod differential;
#[path = "webauthn/keyfmt.rs"]
mod keyfmt;
#[path = "webauthn/level3.rs"]
mod level3;
#[path = "webauthn/mutations.rs"]
mod mutations;
#[path = "webauthn/readers.rs"]
mod readers;
#[path = "webauthn/record.rs"]
mod record;
#[path = "webauthn/registration.rs"]
mod registration;
#[path = "webauthn/scene.rs"]
mod scene;
#[path = "webauthn/wycheproof.rs"]
mod wycheproof;
