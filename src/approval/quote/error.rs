//! Why a payment is refused.

use crate::approval::registry::RegistryError;

/// A field of a payment that is not the quote's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Field {
    /// The scheme.
    Scheme,
    /// The network, by its CAIP-2 name or the configured name of version 1.
    Network,
    /// The asset's contract.
    Asset,
    /// Who is paid.
    PayTo,
    /// How much.
    Amount,
    /// Who pays.
    Payer,
}

/// Why a quote is not made, or a payment is refused. None of it is ever a pass.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QuoteError {
    /// Q1: a MAC key that is too short or all one byte, or two of one id.
    #[error("a weak MAC key, or two of one id")]
    WeakKey,
    /// Q2, Q3: the header, the token or the offer is none.
    #[error("malformed")]
    Malformed,
    /// Q3: made with a key that is not known, or not any more.
    #[error("a MAC key that is not in use")]
    UnknownKey,
    /// Q4: not made here, or changed.
    #[error("the MAC does not verify")]
    BadMac,
    /// Q5: not in its time, or valid for longer than the shop allows.
    #[error("expired")]
    Expired,
    /// Q6: for another request.
    #[error("for another request")]
    OtherRequest,
    /// Q7: the payment is not what was quoted.
    #[error("the payment has another {0:?}")]
    FieldMismatch(Field),
    /// Q8: a nonce that is not this quote's.
    #[error("the nonce is not the quote's")]
    WrongNonce,
    /// Q9: the authorization cannot be settled in time, or can be for too long.
    #[error("the authorization's window does not fit")]
    Window,
    /// Q10: not signed by the payer.
    #[error("not signed by the payer")]
    BadSignature,
    /// Q11: the settlement is under way.
    #[error("being settled")]
    Taken,
    /// Q11: quote or nonce were used with another payment.
    #[error("used with another payment")]
    Conflict,
    /// Q11: settled before, with this reference: a duplicate gets the answer of the first.
    #[error("settled before")]
    Settled([u8; 32]),
    /// Q11: the registry refuses for a reason of its own.
    #[error("the registry: {0}")]
    Registry(RegistryError),
    /// Q12: nothing was settled.
    #[error("not settled")]
    NotSettled,
}

impl QuoteError {
    /// A stable number: 5800 and the number of the check.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::WeakKey => 5801,
            Self::Malformed => 5802,
            Self::UnknownKey => 5803,
            Self::BadMac => 5804,
            Self::Expired => 5805,
            Self::OtherRequest => 5806,
            Self::FieldMismatch(_) => 5807,
            Self::WrongNonce => 5808,
            Self::Window => 5809,
            Self::BadSignature => 5810,
            Self::Taken | Self::Conflict | Self::Settled(_) | Self::Registry(_) => 5811,
            Self::NotSettled => 5812,
        }
    }

    /// The HTTP status that says so: 400 for what is malformed, 409 for what is in use or was used, 503 for a registry that does not answer
    /// or keys that are not there, and 402 for everything that another payment mends.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Taken | Self::Conflict | Self::Settled(_) => 409,
            Self::Registry(_) | Self::WeakKey => 503,
            _ => 402,
        }
    }
}

impl From<RegistryError> for QuoteError {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Taken => Self::Taken,
            RegistryError::Conflict => Self::Conflict,
            RegistryError::Done(reference) => Self::Settled(reference),
            RegistryError::Expired => Self::Expired,
            error => Self::Registry(error),
        }
    }
}
