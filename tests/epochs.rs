//! Records of epochs around real runs: certificates that get lost and are handed on, members that lie in the last round, crashes around every
//! step, and what is refused.
#[path = "epochs/flows.rs"]
mod flows;
#[path = "epochs/forged.rs"]
mod forged;
#[path = "epochs/forms.rs"]
mod forms;
#[path = "epochs/mixed.rs"]
mod mixed;
#[path = "epochs/refusals.rs"]
mod refusals;
#[path = "epochs/stage.rs"]
mod stage;
#[path = "epochs/stored.rs"]
mod stored;
