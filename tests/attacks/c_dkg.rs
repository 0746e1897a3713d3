//! C: key generation, verifiable secret sharing, refresh, reshare.
