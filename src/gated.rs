//! Shares that sign only what was approved.
