//! What goes to the chain: a contract's signature, and the signatures of a Safe's owners in one blob.
//!
//! **Contract signature**, as the WebAuthn signer contract of Safe takes it: `abi.encode(bytes authenticatorData, string clientDataFields,
//! uint256 r, uint256 s)`, that is four words (offset 128, offset of the string, r, s), then each of the two as a word with its length and
//! the bytes, filled up with zeros to whole words. In all 192 bytes and both lengths rounded up to 32; the contract refuses longer ones.
//! `clientDataFields` is client data between the comma after the challenge and the closing brace.
//!
//! **Blob** (`checkSignatures` of Safe): for each owner 65 bytes, owners ascending; then what these point to. A key's 65 bytes are `r 32 | s 32 | v`
//! with v other than 0; a contract's are `owner 32 | offset 32 | 00`, and at the offset stand `length 32 | signature`, without padding.

use alloc::vec::Vec;

use super::error::PasskeyError;
use super::safe::word;

/// Bytes of an owner's static part.
const STATIC: usize = 65;
/// Of contract signatures it says that they are ones.
const CONTRACT: u8 = 0;

/// One owner's signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OwnerSignature {
    /// By a key, or an approved hash: the 65 bytes as they are.
    Static {
        /// The owner's address.
        owner: [u8; 20],
        /// `r 32 | s 32 | v`, v not zero.
        signature: [u8; STATIC],
    },
    /// By a contract: that of a distributed passkey.
    Contract {
        /// The address of the signer contract, which knows the public key.
        owner: [u8; 20],
        /// What the contract verifies.
        signature: Vec<u8>,
    },
}

impl OwnerSignature {
    const fn owner(&self) -> &[u8; 20] {
        match self {
            Self::Static { owner, .. } | Self::Contract { owner, .. } => owner,
        }
    }
}

/// The blob of these owners' signatures, in any order given. Whether they are owners, and enough, is for the Safe to say.
///
/// # Errors
/// [`PasskeyError::Owners`] if an owner stands twice or a static signature has v = 0.
pub fn owner_blob(signatures: &[OwnerSignature]) -> Result<Vec<u8>, PasskeyError> {
    let mut sorted: Vec<_> = signatures.iter().collect();
    sorted.sort_unstable_by_key(|one| *one.owner());
    if sorted.windows(2).any(|pair| matches!(pair, [a, b] if a.owner() == b.owner())) {
        return Err(PasskeyError::Owners);
    }
    let start = sorted.len() * STATIC;
    let (mut heads, mut tails) = (Vec::with_capacity(start), Vec::new());
    for one in sorted {
        match one {
            OwnerSignature::Static { signature: [.., CONTRACT], .. } => return Err(PasskeyError::Owners),
            OwnerSignature::Static { signature, .. } => heads.extend_from_slice(signature),
            OwnerSignature::Contract { owner, signature } => {
                heads.extend_from_slice(&word(owner));
                heads.extend_from_slice(&number(start + tails.len()));
                heads.push(CONTRACT);
                tails.extend_from_slice(&number(signature.len()));
                tails.extend_from_slice(signature);
            }
        }
    }
    heads.append(&mut tails);
    Ok(heads)
}

/// The contract signature.
pub(super) fn contract_signature(authenticator_data: &[u8], fields: &str, signature: &[u8; 64]) -> Vec<u8> {
    let (first, second) = (dynamic(authenticator_data), dynamic(fields.as_bytes()));
    let head = 4 * 32;
    let mut out = Vec::with_capacity(head + first.len() + second.len());
    out.extend_from_slice(&number(head));
    out.extend_from_slice(&number(head + first.len()));
    out.extend_from_slice(signature);
    out.extend_from_slice(&first);
    out.extend_from_slice(&second);
    out
}

/// Length word, bytes, zeros up to a whole word.
fn dynamic(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 + bytes.len());
    out.extend_from_slice(&number(bytes.len()));
    out.extend_from_slice(bytes);
    out.resize(32 + bytes.len().next_multiple_of(32), 0);
    out
}

/// A length or an offset as a word.
fn number(value: usize) -> [u8; 32] {
    let mut out = [0; 32];
    if let Some(low) = out.last_chunk_mut() {
        *low = (value as u64).to_be_bytes();
    }
    out
}
