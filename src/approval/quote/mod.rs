//! Quotes for payments over HTTP (x402).
