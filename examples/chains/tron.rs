//! Tron: addresses.

use super::bitcoin::sha256d;
use super::ethereum::Address;

/// `T..`: base58 of 41, the 20 bytes that would be the key's Ethereum address, and the first 4 bytes of the SHA-256 of the SHA-256 of both.
pub(crate) fn address(account: &Address) -> String {
    let mut bytes = [&[0x41], &account[..]].concat();
    let sum = sha256d(&bytes);
    bytes.extend_from_slice(&sum[..4]);
    bs58::encode(bytes).into_string()
}
