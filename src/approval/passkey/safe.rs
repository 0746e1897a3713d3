//! A Safe's transaction and the hash that its owners sign (EIP-712; Safe 1.3.0 and later, whose domain has a chain id).
//!
//! ```text
//! domain = keccak(DOMAIN_TYPE_HASH || chain id 32 || Safe 32)
//! tx     = keccak(SAFE_TX_TYPE_HASH || to 32 || value 32 || keccak(data) || operation 32 || safeTxGas 32 || baseGas 32 || gasPrice 32
//!                 || gasToken 32 || refundReceiver 32 || nonce 32)
//! hash   = keccak(19 01 || domain || tx)
//! ```
//! Addresses are padded on the left. The type hashes are `keccak` of the type strings:
//! `EIP712Domain(uint256 chainId,address verifyingContract)` and `SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256
//! safeTxGas,uint256 baseGas,uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce)` without the line break.

use alloc::vec::Vec;

use sha3::{Digest, Keccak256};

use super::payload::Transaction;
use crate::approval::fact::Amount;

/// `keccak` of the domain's type string.
pub const DOMAIN_TYPE_HASH: [u8; 32] = [
    0x47, 0xe7, 0x95, 0x34, 0xa2, 0x45, 0x95, 0x2e, 0x8b, 0x16, 0x89, 0x3a, 0x33, 0x6b, 0x85, 0xa3, 0xd9,
    0xea, 0x9f, 0xa8, 0xc5, 0x73, 0xf3, 0xd8, 0x03, 0xaf, 0xb9, 0x2a, 0x79, 0x46, 0x92, 0x18,
];

/// `keccak` of the transaction's type string.
pub const SAFE_TX_TYPE_HASH: [u8; 32] = [
    0xbb, 0x83, 0x10, 0xd4, 0x86, 0x36, 0x8d, 0xb6, 0xbd, 0x6f, 0x84, 0x94, 0x02, 0xfd, 0xd7, 0x3a, 0xd5,
    0x3d, 0x31, 0x6b, 0x5a, 0x4b, 0x26, 0x44, 0xad, 0x6e, 0xfe, 0x0f, 0x94, 0x12, 0x86, 0xd8,
];

/// The fields of a Safe's transaction, in the order in which they are hashed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SafeTx {
    /// Whom the Safe calls.
    pub to: [u8; 20],
    /// Wei sent with the call.
    pub value: Amount,
    /// Call data.
    pub data: Vec<u8>,
    /// 0 call, 1 delegate call.
    pub operation: u8,
    /// Gas for the call; enforced where `gas_price` is not zero.
    pub safe_tx_gas: Amount,
    /// Gas added to what is refunded.
    pub base_gas: Amount,
    /// What the Safe pays for a unit of gas; nothing is refunded if zero.
    pub gas_price: Amount,
    /// The token in which it pays; zero for the chain's own.
    pub gas_token: [u8; 20],
    /// Who is paid; zero for whoever submits the transaction.
    pub refund_receiver: [u8; 20],
    /// The Safe's count of transactions.
    pub nonce: Amount,
}

impl SafeTx {
    /// The struct hash.
    #[must_use]
    pub fn struct_hash(&self) -> [u8; 32] {
        let mut operation = [0; 32];
        if let Some(last) = operation.last_mut() {
            *last = self.operation;
        }
        keccak(&[
            &SAFE_TX_TYPE_HASH,
            &word(&self.to),
            &self.value.0,
            &keccak(&[&self.data]),
            &operation,
            &self.safe_tx_gas.0,
            &self.base_gas.0,
            &self.gas_price.0,
            &word(&self.gas_token),
            &word(&self.refund_receiver),
            &self.nonce.0,
        ])
    }
}

/// The domain separator of a Safe.
#[must_use]
pub fn domain_hash(chain_id: u64, safe: &[u8; 20]) -> [u8; 32] {
    keccak(&[&DOMAIN_TYPE_HASH, &[0; 24], &chain_id.to_be_bytes(), &word(safe)])
}

impl Transaction {
    /// What the Safe's owners sign, `getTransactionHash` of the contract.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        keccak(&[&[0x19, 0x01], &domain_hash(self.chain_id, &self.safe), &self.tx.struct_hash()])
    }
}

/// An address as a word, padded on the left.
pub(super) fn word(address: &[u8; 20]) -> [u8; 32] {
    let mut out = [0; 32];
    if let Some(low) = out.last_chunk_mut() {
        *low = *address;
    }
    out
}

fn keccak(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Keccak256::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}
