//! Velocity caps.
