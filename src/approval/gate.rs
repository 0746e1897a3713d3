//! The gate: what makes a request approved.
