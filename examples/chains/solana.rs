//! Solana: an address is the key.

/// Base58, without a checksum, of the Ed25519 key.
pub(crate) fn address(public_key: &[u8; 32]) -> String {
    bs58::encode(public_key).into_string()
}
