//! WebAuthn: assertions and registrations, ES256.
