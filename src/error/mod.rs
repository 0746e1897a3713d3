//! What can go wrong, and who is to blame.
//!
//! Four types, told apart by what the caller does about them: fix the call ([`SetupError`]), log and carry on
//! ([`Rejected`]), match the verdict ([`Abort`]), start again ([`ResumeError`]). None is generic; all have a stable
//! numeric [`code`](SetupError::code) for foreign interfaces.

mod abort;
mod charges;
mod fault;
mod rejected;
mod resume;
mod setup;

pub use abort::{Abort, Conviction, Verdict};
pub(crate) use charges::Charges;
pub use fault::{Chance, Doubt, Fault};
pub use rejected::Rejected;
pub use resume::ResumeError;
pub use setup::SetupError;
