//! The gate and what stands behind it: what passes, what does not, what is kept of it, and what a gated share does and refuses.

#[path = "gate/decide.rs"]
mod decide;
#[path = "gate/ecdsa.rs"]
mod ecdsa;
#[path = "gate/frost.rs"]
mod frost;
#[path = "gate/life.rs"]
mod life;
#[path = "gate/line.rs"]
mod line;
#[path = "gate/stored.rs"]
mod stored;
#[path = "gate/world.rs"]
mod world;

use quorate::approval::audit::AuditError;
use quorate::approval::cap::CapError;
use quorate::approval::gate::GateError;
use quorate::approval::policy::{Decision, PolicyError};
use quorate::approval::registry::RegistryError;
use quorate::error::SetupError;

#[test]
fn errors_have_stable_numbers() {
    let codes = [
        (GateError::Denied(Decision::Deny(PolicyError::NoRule)), 5701),
        (GateError::AlreadyUsed(RegistryError::Taken), 5702),
        (GateError::Registry(RegistryError::Unavailable), 5702),
        (GateError::WrongAction, 5703),
        (GateError::WrongKey, 5703),
        (GateError::WrongContent, 5704),
        (GateError::Expired, 5705),
        (GateError::WrongSetup, 5705),
        (GateError::Setup(SetupError::WrongPresignature), 1025),
        (GateError::NotNoted(AuditError::NotStored), 6011),
        (GateError::Caps(CapError::Full), 5609),
        (GateError::Running, 5720),
    ];
    for (error, code) in codes {
        assert_eq!(error.code(), code, "{error}");
    }
}
