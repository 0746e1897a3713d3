//! The header that pays.

use alloc::string::String;

use base64ct::{Base64, Encoding};

use super::eip712::{Address, hex};
use super::error::QuoteError;
use crate::approval::fact::Amount;
use crate::approval::json::{Limits, Object, Value};
use crate::hash::{Tag, Transcript};

/// The most bytes of a header.
const MAX_HEADER: usize = 8 * 1024;
const LIMITS: Limits = Limits { depth: 8, members: 32 };

/// An EIP-3009 transfer authorization.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Authorization {
    /// Who pays.
    pub from: Address,
    /// Who is paid.
    pub to: Address,
    /// How much.
    pub value: Amount,
    /// It can be settled after this time.
    pub valid_after: u64,
    /// It can be settled before this time.
    pub valid_before: u64,
    /// Its nonce.
    pub nonce: [u8; 32],
}

/// What version 2 says of the quote that it pays: what the payer accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Accepted {
    pub(super) asset: Address,
    pub(super) amount: Amount,
    pub(super) pay_to: Address,
}

/// A payment, decoded and otherwise unchecked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Payment {
    pub(super) scheme: String,
    pub(super) network: String,
    /// Of version 2.
    pub(super) accepted: Option<Accepted>,
    pub(super) authorization: Authorization,
    pub(super) signature: [u8; 65],
    token: Option<String>,
}

impl Payment {
    /// \[Q2\] Reads a header: `X-PAYMENT` of version 1, `PAYMENT-SIGNATURE` of version 2.
    ///
    /// # Errors
    /// [`QuoteError::Malformed`] for anything but a payment.
    pub fn from_header(header: &[u8]) -> Result<Self, QuoteError> {
        Self::read(header).ok_or(QuoteError::Malformed)
    }

    fn read(header: &[u8]) -> Option<Self> {
        // [Q2] before anything is allocated
        if header.len() > MAX_HEADER {
            return None;
        }
        let json = Base64::decode_vec(core::str::from_utf8(header).ok()?).ok()?;
        let object = Object::read(&json, LIMITS).ok()?;
        let Value::Number(version) = object.get("x402Version")? else { return None };
        match version.as_str() {
            "1" => Self::rest(&object, &object, None, member(&object, &["extra", "quote"])),
            "2" => {
                let terms = as_object(object.get("accepted")?)?;
                let (asset, pay_to) = (address(terms, "asset")?, address(terms, "payTo")?);
                let accepted = Accepted { asset, amount: amount(terms, "amount")?, pay_to };
                let token = member(&object, &["extensions", "quote", "info", "token"]);
                Self::rest(&object, terms, Some(accepted), token)
            }
            _ => None,
        }
    }

    fn rest(
        object: &Object,
        terms: &Object,
        accepted: Option<Accepted>,
        token: Option<&Value>,
    ) -> Option<Self> {
        let token = match token {
            None => None,
            Some(Value::String(token)) => Some(token.clone()),
            Some(_) => return None,
        };
        let payload = as_object(object.get("payload")?)?;
        let given = as_object(payload.get("authorization")?)?;
        let authorization = Authorization {
            from: address(given, "from")?,
            to: address(given, "to")?,
            value: amount(given, "value")?,
            valid_after: time(given, "validAfter")?,
            valid_before: time(given, "validBefore")?,
            nonce: hex(text(given, "nonce")?)?,
        };
        let (scheme, network) = (text(terms, "scheme")?.into(), text(terms, "network")?.into());
        let signature = hex(text(payload, "signature")?)?;
        Some(Self { scheme, network, accepted, authorization, signature, token })
    }

    /// The token of the quote, if it came with the payment. It is not part of what is paid: the nonce is.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// What was signed.
    #[must_use]
    pub const fn authorization(&self) -> &Authorization {
        &self.authorization
    }

    /// `TH("pay/body"; scheme, network, from, to, value, valid after, valid before, nonce, signature)`.
    pub(super) fn hash(&self, network: &str) -> [u8; 32] {
        let Authorization { from, to, value, valid_after, valid_before, nonce } = &self.authorization;
        Transcript::new(Tag::PayBody)
            .bytes(self.scheme.as_bytes())
            .bytes(network.as_bytes())
            .bytes(&from.0)
            .bytes(&to.0)
            .bytes(&value.0)
            .bytes(&valid_after.to_be_bytes())
            .bytes(&valid_before.to_be_bytes())
            .bytes(nonce)
            .bytes(&self.signature)
            .finish()
    }
}

/// The member at the end of this way, if there is one.
fn member<'a>(object: &'a Object, way: &[&str]) -> Option<&'a Value> {
    let (name, rest) = way.split_first()?;
    let value = object.get(name)?;
    if rest.is_empty() { Some(value) } else { member(as_object(value)?, rest) }
}

const fn as_object(value: &Value) -> Option<&Object> {
    match value {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    match object.get(name)? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

fn address(object: &Object, name: &str) -> Option<Address> {
    Address::from_text(text(object, name)?)
}

/// A decimal string below 2^256 without sign or leading zeros.
fn amount(object: &Object, name: &str) -> Option<Amount> {
    text(object, name)?.parse().ok()
}

/// Unix seconds, as an amount. What is beyond 2^64 is no time.
fn time(object: &Object, name: &str) -> Option<u64> {
    let (high, low) = amount(object, name)?.0.split_last_chunk::<8>().map(|(h, l)| (h.to_vec(), *l))?;
    high.iter().all(|byte| *byte == 0).then(|| u64::from_be_bytes(low))
}
