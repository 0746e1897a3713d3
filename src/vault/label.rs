//! Labels: names that people give.

use crate::hash::sha256;

/// Printable ASCII, 1 to 64 bytes.
pub(super) fn is_label(bytes: &[u8]) -> bool {
    (1..=64).contains(&bytes.len()) && bytes.iter().all(|byte| (b' '..=b'~').contains(byte))
}

/// By which a label stands in a header or a slot: its SHA-256.
pub(super) fn hash_of(label: &str) -> [u8; 32] {
    sha256(label.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        for label in ["x", "quote MAC key, 2026", &"~".repeat(64)] {
            assert!(is_label(label.as_bytes()), "{label}");
        }
        for label in ["", &"x".repeat(65), "a\nb", "a\0", "ä", "\u{7f}"] {
            assert!(!is_label(label.as_bytes()), "{label}");
        }
    }
}
