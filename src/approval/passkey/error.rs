//! Why a holder does not sign, or why something is no record, payload or signature of a distributed passkey.

/// A refusal. Nothing has been changed, and nothing was signed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PasskeyError {
    /// The bytes are no payload, or no record, in its one encoding.
    #[error("not the encoding of a passkey's payload or record")]
    Malformed,
    /// X1: The request names another RP ID than the key's record.
    #[error("the request is for another relying party")]
    WrongRp,
    /// X2: The request names another origin than the key's record, or the origin does not go with the RP ID.
    #[error("the request is for another origin, or the origin does not belong to the relying party")]
    WrongOrigin,
    /// X2: A web request for a Safe's key, or the other way round.
    #[error("the request is of another mode than the key")]
    WrongMode,
    /// X3: The challenge does not have the size that its mode asks for.
    #[error("the challenge has the wrong size")]
    Challenge,
    /// X3: Other flags than the two that such a key signs, or no user verification where a Safe wants it.
    #[error("these flags are never signed")]
    Flags,
    /// X4: Another chain or Safe than the record's, or the challenge is not the hash of the transaction that stands beside it.
    #[error("the challenge is not this transaction of this Safe on this chain")]
    WrongSafeTx,
    /// X5: The transaction is a delegate call: foreign code would run as the Safe.
    #[error("a delegate call is not signed")]
    DelegateCall,
    /// X6: The request says that the user was verified, and this holder has not seen it.
    #[error("no approval with user verification was verified for this request")]
    NoUserEvidence,
    /// X7: Another digest rule than WebAuthn's, or a derived key.
    #[error("a passkey signs nothing but assertions, and under its own key")]
    RawRefused,
    /// The key has another record, which never changes.
    #[error("the key has another record")]
    OtherRecord,
    /// The record is of another key.
    #[error("the record is of another key")]
    WrongKey,
    /// The signature is not by this key on this assertion.
    #[error("the signature is not by the passkey on this assertion")]
    BadSignature,
    /// Owners that stand twice, or a static signature that says it is a contract's.
    #[error("two signatures of one owner, or a static signature of the contract kind")]
    Owners,
}

impl PasskeyError {
    /// A stable number: 6100 and the number of the check, or above 6150 where there is none.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::WrongRp => 6101,
            Self::WrongOrigin | Self::WrongMode => 6102,
            Self::Challenge | Self::Flags => 6103,
            Self::WrongSafeTx => 6104,
            Self::DelegateCall => 6105,
            Self::NoUserEvidence => 6106,
            Self::RawRefused => 6107,
            Self::Malformed => 6150,
            Self::WrongKey => 6151,
            Self::BadSignature => 6152,
            Self::Owners => 6153,
            Self::OtherRecord => 6154,
        }
    }
}
