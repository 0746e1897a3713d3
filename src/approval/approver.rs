//! Approvers and their sets.
