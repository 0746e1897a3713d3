//! The EIP-712 digest of an EIP-3009 transfer authorization, and who signed it.

use alloc::string::String;
use core::fmt;

use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use sha3::{Digest, Keccak256};

use super::payment::Authorization;
use crate::approval::fact::Amount;

/// `keccak256("TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)")`
/// (EIP-3009).
pub(super) const TRANSFER: [u8; 32] = [
    0x7c, 0x7c, 0x6c, 0xdb, 0x67, 0xa1, 0x87, 0x43, 0xf4, 0x9e, 0xc6, 0xfa, 0x9b, 0x35, 0xf5, 0x0d, 0x52,
    0xed, 0x05, 0xcb, 0xed, 0x4c, 0xc5, 0x92, 0xe1, 0x3b, 0x44, 0x50, 0x1c, 0x1a, 0x22, 0x67,
];
/// `keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")` (EIP-712).
pub(super) const DOMAIN: [u8; 32] = [
    0x8b, 0x73, 0xc3, 0xc6, 0x9b, 0xb8, 0xfe, 0x3d, 0x51, 0x2e, 0xcc, 0x4c, 0xf7, 0x59, 0xcc, 0x79, 0x23,
    0x9f, 0x7b, 0x17, 0x9b, 0x0f, 0xfa, 0xca, 0xa9, 0xa7, 0x5d, 0x52, 0x2b, 0x39, 0x40, 0x0f,
];

/// An account of an EVM chain, 20 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(pub [u8; 20]);

impl Address {
    /// `0x` and 40 hexadecimal digits, in either case; the checksum of EIP-55 is not looked at.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        hex(text).map(Self)
    }

    fn word(&self) -> [u8; 32] {
        let mut word = [0; 32];
        if let Some(low) = word.last_chunk_mut() {
            *low = self.0;
        }
        word
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// `0x` and exactly `2 N` hexadecimal digits.
pub(super) fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.strip_prefix("0x")?.as_bytes();
    let (pairs, rest) = digits.as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let mut out = [0; N];
    for (to, [high, low]) in out.iter_mut().zip(pairs) {
        *to = (digit(*high)? << 4 | digit(*low)?) as u8;
    }
    Some(out)
}

/// The token contract, as its EIP-712 domain names it. From the application's configuration, and never from a payment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenDomain {
    /// The CAIP-2 name of its network.
    pub network: String,
    /// The name that version 1 of x402 has for that network, if it is taken.
    pub alias: Option<String>,
    /// The network's chain id.
    pub chain_id: u64,
    /// The contract.
    pub contract: Address,
    /// The domain's name.
    pub name: String,
    /// The domain's version.
    pub version: String,
}

fn keccak(parts: &[&[u8]]) -> [u8; 32] {
    parts.iter().fold(Keccak256::new(), |hash, part| hash.chain_update(part)).finalize().into()
}

impl TokenDomain {
    /// `keccak256(DOMAIN || keccak256(name) || keccak256(version) || chain id || contract)`.
    #[must_use]
    pub fn separator(&self) -> [u8; 32] {
        let (name, version) = (keccak(&[self.name.as_bytes()]), keccak(&[self.version.as_bytes()]));
        let chain = Amount::from(u128::from(self.chain_id)).0;
        keccak(&[&DOMAIN, &name, &version, &chain, &self.contract.word()])
    }

    /// `keccak256(0x1901 || separator || keccak256(TRANSFER || from || to || value || validAfter || validBefore || nonce))`: what the payer
    /// signs.
    #[must_use]
    pub fn digest(&self, authorization: &Authorization) -> [u8; 32] {
        let Authorization { from, to, value, valid_after, valid_before, nonce } = authorization;
        let time = |time: &u64| Amount::from(u128::from(*time)).0;
        let fields = keccak(&[
            &TRANSFER,
            &from.word(),
            &to.word(),
            &value.0,
            &time(valid_after),
            &time(valid_before),
            nonce,
        ]);
        keccak(&[&[0x19, 0x01], &self.separator(), &fields])
    }
}

/// [Q10] Who signed the digest: `r || s || v`, v 27 or 28, low s.
pub(super) fn signer(digest: &[u8; 32], signature: &[u8; 65]) -> Option<Address> {
    let (rs, v) = signature.split_last_chunk::<1>()?;
    let recovery = match v {
        [27] => RecoveryId::new(false, false),
        [28] => RecoveryId::new(true, false),
        _ => return None,
    };
    let signature = Signature::from_slice(rs).ok()?;
    if signature.normalize_s() != signature {
        return None;
    }
    let key = VerifyingKey::recover_from_prehash(digest, &signature, recovery).ok()?;
    let point = key.to_sec1_point(false);
    let hash = keccak(&[point.as_bytes().get(1..)?]);
    hash.last_chunk().copied().map(Address)
}
