//! The hashes of the suites with SHA-256 (RFC 9591 sections 6.4 and 6.5).
//!
//! `H1` to `H3` are `hash_to_field` of RFC 9380 section 5.2 for one element of the field of q elements: 48 bytes of `expand_message_xmd`
//! (section 5.3.1) with the domain `ctx || label`, as a big-endian integer modulo q. `H4` and `H5` are `SHA-256(ctx || label || m)`.
//!
//! ```text
//! b_0 = SHA-256(64 zero bytes || m || u16 len || 0 || DST')       DST' = DST || u8 length of DST
//! b_1 = SHA-256(b_0 || 1 || DST')        b_i = SHA-256((b_0 xor b_(i-1)) || i || DST')
//! ```
//!
//! The message comes first, so what all signers share of it is hashed once and the state cloned for each.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::suite::{Suite, concatenated, serialized_id};
use crate::curve::{Curve, Scheme};
use crate::party::PartyId;
use crate::secret::Secret;

type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;

/// Before the message.
fn start() -> Sha256 {
    Sha256::new().chain_update([0; 64])
}

/// `expand_message_xmd`, at most 8160 bytes, of a domain of at most 255 bytes in parts.
fn expand<const N: usize>(message: Sha256, domain: &[&[u8]]) -> Zeroizing<[u8; N]> {
    let len: usize = domain.iter().map(|part| part.len()).sum();
    let finish = |hash: Sha256| {
        let hash = domain.iter().fold(hash, |hash, part| hash.chain_update(part));
        Zeroizing::new(<[u8; 32]>::from(hash.chain_update([len as u8]).finalize()))
    };
    let first = finish(message.chain_update((N as u16).to_be_bytes()).chain_update([0]));
    let mut out = Zeroizing::new([0; N]);
    let mut block = Zeroizing::new([0; 32]);
    for (chunk, number) in out.chunks_mut(32).zip(1u8..) {
        block.iter_mut().zip(first.iter()).for_each(|(b, f)| *b ^= f);
        block = finish(Sha256::new().chain_update(block.as_slice()).chain_update([number]));
        chunk.iter_mut().zip(block.iter()).for_each(|(to, from)| *to = *from);
    }
    out
}

/// `hash_to_field` of one element modulo q, with `L = 48`: the bias is below 2^-128.
fn scalar<S: Suite>(message: Sha256, label: &[u8]) -> Scalar<S> {
    let bytes = expand::<48>(message, &[S::CONTEXT, label]);
    let mut wide = Zeroizing::new([0; 64]);
    wide.iter_mut().skip(16).zip(bytes.iter()).for_each(|(to, from)| *to = *from);
    S::Curve::scalar_from_wide(&wide)
}

/// `H1` after `enc(PK) || H4(msg) || H5(B)`.
pub(super) fn binding<S: Suite>(public_key: &[u8], message: &[u8], commitments: &[u8]) -> Sha256 {
    let hash = |label: &[u8], data| {
        Sha256::new().chain_update(S::CONTEXT).chain_update(label).chain_update(data).finalize()
    };
    start()
        .chain_update(public_key)
        .chain_update(hash(b"msg", message))
        .chain_update(hash(b"com", commitments))
}

/// `H1`, to its end.
pub(super) fn binding_factor<S: Suite>(binding: &Sha256, id: PartyId) -> Scalar<S> {
    scalar::<S>(binding.clone().chain_update(serialized_id::<S>(id)), b"rho")
}

/// `H2`.
pub(super) fn challenge<S: Suite>(commitment: &[u8], public_key: &[u8], message: &[u8]) -> Scalar<S> {
    scalar::<S>(start().chain_update(commitment).chain_update(public_key).chain_update(message), b"chal")
}

/// `H3`.
pub(super) fn nonce<S: Suite>(random: &[u8; 32], secret: &Scalar<S>) -> Scalar<S> {
    let secret = Secret::new(concatenated::<S>(&[], secret));
    scalar::<S>(start().chain_update(random).chain_update(secret.expose()), b"nonce")
}

macro_rules! suite {
    ($(#[$doc:meta])* $feature:literal, $scheme:ident, $context:literal) => {
        #[cfg(feature = $feature)]
        $(#[$doc])*
        impl Suite for crate::curve::$scheme {
            const CONTEXT: &'static [u8] = $context;

            type Signature = super::schnorr::SchnorrSignature<Self>;
            type Binding = Sha256;
            type Tweak = ();

            fn binding(public_key: &[u8], message: &[u8], commitments: &[u8]) -> Sha256 {
                binding::<Self>(public_key, message, commitments)
            }

            fn binding_factor(binding: &Sha256, id: PartyId) -> Scalar<Self> {
                binding_factor::<Self>(binding, id)
            }

            fn challenge(commitment: &[u8], public_key: &[u8], message: &[u8]) -> Scalar<Self> {
                challenge::<Self>(commitment, public_key, message)
            }

            fn nonce(random: &[u8; 32], secret: &Scalar<Self>) -> Scalar<Self> {
                nonce::<Self>(random, secret)
            }

            fn signature(commitment: &[u8], z: &Scalar<Self>) -> Option<Self::Signature> {
                super::schnorr::SchnorrSignature::new(commitment, z)
            }
        }
    };
}

suite! {
    /// FROST(P-256, SHA-256): RFC 9591 section 6.4.
    "p256", FrostP256, b"FROST-P256-SHA256-v1"
}
suite! {
    /// FROST(secp256k1, SHA-256): RFC 9591 section 6.5.
    "secp256k1", FrostSecp256k1, b"FROST-secp256k1-SHA256-v1"
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    /// RFC 9380, appendices K.1 and K.2.
    #[test]
    fn rfc_9380_appendix_k_byte_for_byte() {
        let long = format!("QUUX-V01-CS02-with-expander-SHA256-128-long-DST-{}", "1".repeat(208));
        let (short, long) = (&long.as_bytes()[..38], long.as_bytes());
        let q128 = format!("q128_{}", "q".repeat(128));
        let a512 = format!("a512_{}", "a".repeat(512));
        let messages = ["", "abc", "abcdef0123456789", &q128, &a512];
        let of_32 = [
            "68a985b87eb6b46952128911f2a4412bbc302a9d759667f87f7a21d803f07235",
            "d8ccab23b5985ccea865c6c97b6e5b8350e794e603b4b97902f53a8a0d605615",
            "eff31487c770a893cfb36f912fbfcbff40d5661771ca4b2cb4eafe524333f5c1",
            "b23a1d2b4d97b2ef7785562a7e8bac7eed54ed6e97e29aa51bfe3f12ddad1ff9",
            "4623227bcc01293b8c130bf771da8c298dede7383243dc0993d2d94823958c4c",
        ];
        let of_128 = [
            "af84c27ccfd45d41914fdff5df25293e221afc53d8ad2ac06d5e3e29485dadbee0d121587713a3e0dd4d5e69e93eb7cd4f5df4cd103e188cf60cb02edc3edf18eda8576c412b18ffb658e3dd6ec849469b979d444cf7b26911a08e63cf31f9dcc541708d3491184472c2c29bb749d4286b004ceb5ee6b9a7fa5b646c993f0ced",
            "abba86a6129e366fc877aab32fc4ffc70120d8996c88aee2fe4b32d6c7b6437a647e6c3163d40b76a73cf6a5674ef1d890f95b664ee0afa5359a5c4e07985635bbecbac65d747d3d2da7ec2b8221b17b0ca9dc8a1ac1c07ea6a1e60583e2cb00058e77b7b72a298425cd1b941ad4ec65e8afc50303a22c0f99b0509b4c895f40",
            "ef904a29bffc4cf9ee82832451c946ac3c8f8058ae97d8d629831a74c6572bd9ebd0df635cd1f208e2038e760c4994984ce73f0d55ea9f22af83ba4734569d4bc95e18350f740c07eef653cbb9f87910d833751825f0ebefa1abe5420bb52be14cf489b37fe1a72f7de2d10be453b2c9d9eb20c7e3f6edc5a60629178d9478df",
            "80be107d0884f0d881bb460322f0443d38bd222db8bd0b0a5312a6fedb49c1bbd88fd75d8b9a09486c60123dfa1d73c1cc3169761b17476d3c6b7cbbd727acd0e2c942f4dd96ae3da5de368d26b32286e32de7e5a8cb2949f866a0b80c58116b29fa7fabb3ea7d520ee603e0c25bcaf0b9a5e92ec6a1fe4e0391d1cdbce8c68a",
            "546aff5444b5b79aa6148bd81728704c32decb73a3ba76e9e75885cad9def1d06d6792f8a7d12794e90efed817d96920d728896a4510864370c207f99bd4a608ea121700ef01ed879745ee3e4ceef777eda6d9e5e38b90c86ea6fb0b36504ba4a45d22e86f6db5dd43d98a294bebb9125d5b794e9d2a81181066eb954966a487",
        ];
        for ((message, of_32), of_128) in messages.iter().zip(of_32).zip(of_128) {
            let message = start().chain_update(message);
            // A domain in parts is one domain.
            let parts = [&short[..7], &short[7..]];
            assert_eq!(hex::encode(*expand::<32>(message.clone(), &parts)), of_32);
            assert_eq!(hex::encode(*expand::<128>(message, &[short])), of_128);
        }
        // K.2 hashes a domain of more than 255 bytes first, which no suite here has.
        assert_eq!(long.len(), 256);
        let domain = Sha256::digest([b"H2C-OVERSIZE-DST-", long].concat()).to_vec();
        let found = expand::<32>(start(), &[&domain]);
        assert_eq!(hex::encode(*found), "e8dc0c8b686b7ef2074086fbdd2f30e3f8bfbd3bdf177f73f04b97ce618a3ed3");
    }
}
