//! P-256 public keys and ECDSA signatures in the formats of the world.
