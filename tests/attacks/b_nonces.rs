//! B: nonces, presignatures, derivation.
