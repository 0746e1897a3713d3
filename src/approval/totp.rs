//! Time-based one-time passwords (RFC 6238) as a second factor.
