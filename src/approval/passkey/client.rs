//! The bytes that an authenticator and a browser would make: client data, authenticator data, and what is signed.
//!
//! - `clientDataJSON` is the serialization that WebAuthn Level 3 prescribes (section 5.8.1.1), in its first members and nothing after them:
//!   `{"type":"webauthn.get","challenge":"` base64url `","origin":` CCD(origin) `,"crossOrigin":false}`. Contracts rebuild exactly this.
//! - CCD(x) is `CCDToString` of section 5.8.1.2: in quotes, `"` and `\` behind a backslash, control characters below 0x20 as `\u00xx` in
//!   lower case, everything else as it is.
//! - Authenticator data is `SHA-256(rp id) 32 | flags 1 | counter 0 4`, 37 bytes. The counter is zero forever: there is no device that
//!   could count.
//! - Signed is `SHA-256(authenticatorData || SHA-256(clientDataJSON))`.

use alloc::string::String;
use alloc::vec::Vec;

use base64ct::{Base64UrlUnpadded, Encoding};

use crate::hash::sha256;

/// User present: somebody asked.
pub const UP: u8 = 0x01;
/// User verified.
pub const UV: u8 = 0x04;
/// Backup eligible: the key lives on several devices. Always set.
pub const BE: u8 = 0x08;
/// Backed up. Always set.
pub const BS: u8 = 0x10;
/// Attested credential data follow: at registration only.
pub(super) const AT: u8 = 0x40;

/// Flags of an assertion without user verification, `19`.
pub const PRESENT: u8 = UP | BE | BS;
/// Flags of an assertion with user verification, `1d`.
pub const VERIFIED: u8 = PRESENT | UV;

/// Bytes of an assertion's authenticator data.
pub const AUTHENTICATOR_DATA_LEN: usize = 37;

/// What the ceremony is, as client data say it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ceremony {
    Create,
    Get,
}

/// `clientDataJSON` up to and with the comma after the challenge; and the members that follow, without the closing brace. A Safe's signer
/// contract is given the second and writes the first itself.
pub(super) fn client_data(ceremony: Ceremony, challenge: &[u8], origin: &str) -> (String, String) {
    let kind = match ceremony {
        Ceremony::Create => "webauthn.create",
        Ceremony::Get => "webauthn.get",
    };
    let challenge = Base64UrlUnpadded::encode_string(challenge);
    let head = alloc::format!(r#"{{"type":"{kind}","challenge":"{challenge}","#);
    let fields = alloc::format!(r#""origin":{},"crossOrigin":false"#, ccd(origin));
    (head, fields)
}

/// `CCDToString`.
pub(super) fn ccd(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\0'..='\u{1f}' => out.push_str(&alloc::format!("\\u{:04x}", u32::from(c))),
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

pub(super) fn authenticator_data(rp_id: &str, flags: u8) -> [u8; AUTHENTICATOR_DATA_LEN] {
    let mut out = [0; AUTHENTICATOR_DATA_LEN];
    let [hash @ .., at, _, _, _, _] = &mut out;
    hash.copy_from_slice(&sha256(rp_id.as_bytes()));
    *at = flags;
    out
}

/// `authenticatorData || SHA-256(clientDataJSON)`: what is hashed once more and signed.
pub(super) fn preimage(authenticator_data: &[u8], client_data_json: &[u8]) -> Vec<u8> {
    [authenticator_data, &sha256(client_data_json)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_quotes_backslashes_and_controls_are_escaped() {
        assert_eq!(ccd("https://a.example"), r#""https://a.example""#);
        assert_eq!(
            ccd("a\"b\\c/\u{7f}\u{e9}\u{2028}\u{1f600}"),
            "\"a\\\"b\\\\c/\u{7f}\u{e9}\u{2028}\u{1f600}\""
        );
        assert_eq!(ccd("\0\t\n\r\u{8}\u{c}\u{1f} "), r#""\u0000\u0009\u000a\u000d\u0008\u000c\u001f ""#);
    }

    #[test]
    fn the_flags_are_the_two_that_are_specified() {
        assert_eq!((PRESENT, VERIFIED), (0x19, 0x1d));
        let data = authenticator_data("a", VERIFIED);
        assert_eq!(data[..32], sha256(b"a"));
        assert_eq!(data[32..], [0x1d, 0, 0, 0, 0]);
    }
}
