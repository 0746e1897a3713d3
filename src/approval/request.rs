//! Signing requests and their hashes.
