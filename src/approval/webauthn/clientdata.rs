//! W4-W8: What the browser says: which ceremony, for which challenge, on which page.

use alloc::string::String;

use base64ct::{Base64UrlUnpadded, Encoding as _};

use super::config::{CrossOrigin, WebauthnConfig};
use super::error::{ClientDataFault, Member, WebauthnError};
use crate::approval::json::{Limits, Object, Value};

const LIMITS: Limits = Limits { depth: 4, members: 32 };
const BOM: &[u8] = b"\xef\xbb\xbf";

/// `clientDataJSON`, read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ClientData {
    kind: String,
    challenge: String,
    origin: String,
    cross_origin: bool,
    top_origin: Option<String>,
}

impl ClientData {
    /// Reads the bytes. One byte order mark at the start is dropped, as "UTF-8 decode" of the Encoding standard does. Members
    /// that are not known are for later versions, and browsers add some at random so that nobody compares with a template.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, ClientDataFault> {
        // [W4]
        let bytes = bytes.strip_prefix(BOM).unwrap_or(bytes);
        let object = Object::read(bytes, LIMITS).map_err(ClientDataFault::Json)?;
        let text = |name, member| match object.get(name) {
            None => Err(ClientDataFault::Missing(member)),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(ClientDataFault::Kind(member)),
        };
        let top_origin = match text("topOrigin", Member::TopOrigin) {
            Err(ClientDataFault::Missing(_)) => None,
            other => Some(other?),
        };
        let cross_origin = match object.get("crossOrigin") {
            None => false,
            Some(Value::Bool(value)) => *value,
            Some(_) => return Err(ClientDataFault::Kind(Member::CrossOrigin)),
        };
        Ok(Self {
            kind: text("type", Member::Type)?,
            challenge: text("challenge", Member::Challenge)?,
            origin: text("origin", Member::Origin)?,
            cross_origin,
            top_origin,
        })
    }

    /// Whether these are of this ceremony, this challenge and this relying party.
    pub(super) fn check(
        &self,
        kind: &str,
        challenge: &[u8],
        config: &WebauthnConfig,
    ) -> Result<(), WebauthnError> {
        // [W5]
        if self.kind != kind {
            return Err(WebauthnError::WrongType);
        }
        // [W6] Nothing is decoded: base64 has more than one text for some bytes.
        if self.challenge != Base64UrlUnpadded::encode_string(challenge) {
            return Err(WebauthnError::WrongChallenge);
        }
        // [W7]
        if !config.has_origin(&self.origin) {
            return Err(WebauthnError::OriginNotAllowed);
        }
        // [W8]
        let framed = self.cross_origin || self.top_origin.is_some();
        if framed && config.cross_origin == CrossOrigin::Deny {
            return Err(WebauthnError::CrossOrigin);
        }
        match &self.top_origin {
            Some(top) if !self.cross_origin || !config.has_top_origin(top) => Err(WebauthnError::TopOrigin),
            _ => Ok(()),
        }
    }
}
