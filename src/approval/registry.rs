//! The single-use registry.
