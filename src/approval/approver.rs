//! Approvers and their sets.

/// The name of an approver.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ApproverId(pub [u8; 32]);
