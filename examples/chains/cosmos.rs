//! Cosmos: addresses of secp256k1 keys (ADR-028 of the Cosmos SDK, "Basic Address Specification").

use bech32::{Bech32, Hrp};

use super::bitcoin::hash160;

/// `cosmos1..`: bech32 of RIPEMD-160 of SHA-256 of the compressed key. Other chains of the family have other prefixes, and some other hashes.
pub(crate) fn address(public_key: &[u8; 33]) -> String {
    let hrp = Hrp::parse("cosmos").expect("a prefix");
    bech32::encode::<Bech32>(hrp, &hash160(public_key)).expect("20 bytes are not too long")
}
