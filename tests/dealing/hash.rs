//! The protocol's hashes, written a second time from its description.

use quorate::curve::Curve;
use sha2::{Digest, Sha256};

/// `H(tag; items)`.
pub(crate) fn h(tag: &str, items: &[&[u8]]) -> [u8; 32] {
    let tag = format!("quorate/1/{tag}");
    let mut sha = Sha256::new();
    for item in [tag.as_bytes()].iter().chain(items) {
        sha.update(u32::try_from(item.len()).unwrap().to_be_bytes());
        sha.update(item);
    }
    sha.finalize().into()
}

/// `H2S(tag; items)`.
pub(crate) fn h2s<C: Curve>(tag: &str, items: &[&[u8]]) -> C::Scalar {
    let mut wide = [0; 64];
    for (count, half) in (0u32..).zip(wide.chunks_mut(32)) {
        half.copy_from_slice(&h(tag, &[items, &[&count.to_be_bytes()]].concat()));
    }
    C::scalar_from_wide(&wide)
}

/// SHA-256 of a body.
pub(crate) fn sha256(body: &[u8]) -> [u8; 32] {
    Sha256::digest(body).into()
}
