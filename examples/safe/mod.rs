//! What stands on the chain: a Safe that counts its owners' signatures, and the contract that is an owner in the name of a P-256 key.
//!
//! The checks are those of `Safe.checkSignatures` (1.4.1) and of the WebAuthn signer of Safe's passkey module (0.2.1), written anew. They know
//! nothing of the library.

// Each user takes what it needs.
#![allow(dead_code)]

pub(crate) mod holders;
pub(crate) mod phone;

use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::ecdsa::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};

/// The flag that the signer contract asks for.
const USER_VERIFIED: u8 = 0x04;

/// Calldata. What is read behind its end is zero, as in the EVM.
struct Calldata<'a>(&'a [u8]);

impl Calldata<'_> {
    fn word(&self, at: usize) -> [u8; 32] {
        std::array::from_fn(|k| at.checked_add(k).and_then(|at| self.0.get(at)).copied().unwrap_or(0))
    }

    /// A word that is used as a length or an offset. What is longer than the machine's numbers would run out of gas.
    fn number(&self, at: usize) -> Option<usize> {
        let word = self.word(at);
        let (high, low) = word.split_at(24);
        let small = high.iter().all(|byte| *byte == 0) && low[..4] == [0; 4];
        small.then(|| low.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
    }

    fn bytes(&self, at: usize) -> Option<&[u8]> {
        let length = self.number(at)?;
        self.0.get(at + 32..)?.get(..length)
    }
}

/// The signer contract of one public key.
pub(crate) struct SignerContract {
    pub(crate) address: [u8; 20],
    pub(crate) key: VerifyingKey,
}

impl SignerContract {
    /// `isValidSignature`: `hash` becomes the challenge, whatever it is of.
    pub(crate) fn is_valid_signature(&self, hash: &[u8; 32], signature: &[u8]) -> bool {
        self.verify(hash, signature).is_some()
    }

    fn verify(&self, hash: &[u8; 32], signature: &[u8]) -> Option<()> {
        let data = Calldata(signature);
        let authenticator_data = data.bytes(data.number(0)?)?;
        let fields = std::str::from_utf8(data.bytes(data.number(32)?)?).ok()?;
        // nothing may be smuggled in behind it, at the cost of whoever pays for the gas
        let longest = 192 + authenticator_data.len().next_multiple_of(32) + fields.len().next_multiple_of(32);
        if signature.len() > longest || authenticator_data.get(32)? & USER_VERIFIED == 0 {
            return None;
        }
        let challenge = base64url(hash);
        let client_data = format!(r#"{{"type":"webauthn.get","challenge":"{challenge}",{fields}}}"#);
        let message = [authenticator_data, &Sha256::digest(client_data)].concat();
        let signature = Signature::from_scalars(data.word(64), data.word(96)).ok()?;
        // either s will do
        self.key.verify_prehash(&Sha256::digest(message), &signature).ok()
    }
}

/// A Safe whose owners are signer contracts.
pub(crate) struct Safe {
    pub(crate) owners: Vec<SignerContract>,
    pub(crate) threshold: usize,
}

/// What the Safe reverts with, in its own words and numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Revert {
    SignaturesTooShort,
    ContractSignatureOutside,
    ContractSays,
    InvalidOwner,
    NoKeyHere,
}

impl Safe {
    /// `checkSignatures`.
    pub(crate) fn check_signatures(&self, hash: &[u8; 32], blob: &[u8]) -> Result<(), Revert> {
        if blob.len() < self.threshold * 65 {
            return Err(Revert::SignaturesTooShort); // GS020
        }
        let (data, mut last) = (Calldata(blob), [0; 20]);
        for at in (0..self.threshold).map(|k| k * 65) {
            if blob[at + 64] != 0 {
                return Err(Revert::NoKeyHere); // owners that are keys are not part of this model
            }
            let owner: [u8; 20] = data.word(at)[12..].try_into().map_err(|_| Revert::InvalidOwner)?;
            let offset = data.number(at + 32).ok_or(Revert::ContractSignatureOutside)?;
            if offset < self.threshold * 65 {
                return Err(Revert::ContractSignatureOutside); // GS021
            }
            let signature = data.bytes(offset).ok_or(Revert::ContractSignatureOutside)?; // GS022, GS023
            let contract = self.owners.iter().find(|one| one.address == owner);
            if owner <= last {
                return Err(Revert::InvalidOwner); // GS026: ascending, so that nobody counts twice
            }
            let contract = contract.ok_or(Revert::InvalidOwner)?;
            if !contract.is_valid_signature(hash, signature) {
                return Err(Revert::ContractSays); // GS024
            }
            last = owner;
        }
        Ok(())
    }
}

/// Without padding (RFC 4648, section 5).
pub(crate) fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let group = |chunk: &[u8]| {
        let bits = (0..3).fold(0, |bits, k| bits << 8 | usize::from(chunk.get(k).copied().unwrap_or(0)));
        (0..=chunk.len()).map(move |k| char::from(DIGITS[bits >> (18 - 6 * k) & 63])).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}
