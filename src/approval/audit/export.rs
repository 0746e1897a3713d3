//! Records as lines of JSON, for people and their tools.
//!
//! One object a line, its members in a fixed order, hashes in lower-case hexadecimal, integers of 64 bits as decimal strings. The member
//! `raw` is the record itself, base64url without padding: it alone counts for [`verify`](super::verify), and the others repeat what is in it.

use alloc::string::String;
use core::fmt::{self, Write};

use base64ct::{Base64UrlUnpadded, Encoding};

use super::record::{Evidence, Record};

/// The lines of some records, each ended by a newline; `None` if one of them is no record.
#[must_use]
pub fn export<R: AsRef<[u8]>>(records: impl IntoIterator<Item = R>) -> Option<String> {
    let mut out = String::new();
    for bytes in records {
        writeln!(out, "{}", Line::new(bytes.as_ref())?).ok()?;
    }
    Some(out)
}

/// One record as a line, without the newline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    record: Record,
    raw: String,
}

impl Line {
    /// `None` if the bytes are no record.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        Some(Self { record: Record::from_bytes(bytes)?, raw: Base64UrlUnpadded::encode_string(bytes) })
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Record { seq, prev, entry } = &self.record;
        write!(f, r#"{{"seq":"{seq}","prev":"{}","now":"{}""#, Hex(prev), entry.now)?;
        write!(f, r#","event":"{}","request":"{}""#, entry.event.name(), Hex(&entry.request))?;
        write!(f, r#","session":"{}","cluster":"{}""#, Hex(&entry.session.0), Hex(&entry.cluster))?;
        write!(f, r#","policy":"{}","trace":"{}""#, Hex(&entry.policy), Hex(&entry.trace))?;
        write!(f, r#","decision":"{}","rule":"{}","evidence":["#, entry.decision.name(), Text(&entry.rule))?;
        for (place, item) in entry.evidence.iter().enumerate() {
            f.write_str(if place == 0 { "" } else { "," })?;
            let Evidence { approver, credential, factor, flags, counter } = item;
            write!(f, r#"{{"approver":"{}","credential":"{}""#, Hex(approver), Hex(credential))?;
            write!(f, r#","factor":{factor},"flags":{flags},"counter":{counter}}}"#)?;
        }
        write!(f, r#"],"outcome":"{}","data":"{}""#, entry.outcome.name(), Hex(&entry.data))?;
        write!(f, r#","raw":"{}"}}"#, self.raw)
    }
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The inside of a JSON string: `"`, `\` and control characters are escaped (RFC 8259 section 7).
struct Text<'a>(&'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '"' | '\\' => write!(f, "\\{c}"),
            c if c < ' ' => write!(f, "\\u{:04x}", u32::from(c)),
            c => f.write_char(c),
        })
    }
}
