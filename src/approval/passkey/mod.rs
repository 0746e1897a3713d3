//! A threshold P-256 key as a passkey and as an owner of a Safe.
