//! E: EdDSA, Schnorr, FROST.
