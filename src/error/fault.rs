//! What was done, or seen.

/// What a cheater did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
#[repr(u16)]
pub enum Fault {
    /// A point or scalar that no honest party sends.
    #[error("malformed field")]
    Malformed = 1,
    /// A commitment does not open.
    #[error("the commitment does not open")]
    BadOpening = 2,
    /// A proof does not verify.
    #[error("the proof does not verify")]
    BadProof = 3,
    /// A share does not fit the public values.
    #[error("the share does not fit its commitment")]
    BadShare = 4,
    /// A certificate signature does not verify.
    #[error("the certificate signature does not verify")]
    BadSignature = 5,
    /// A complaint against an honest dealer.
    #[error("false complaint")]
    FalseComplaint = 6,
    /// Two different signed messages in one slot.
    #[error("two different messages in one slot")]
    Equivocation = 7,
    /// Messages after a failed check on the pairing's secrets, in this or another session of the pair.
    #[error("banned before")]
    AlreadyBanned = 8,
    /// The oblivious-transfer extension is inconsistent. Bans.
    #[error("the transfer extension is inconsistent")]
    OtExtension = 9,
    /// The multiplication is inconsistent. Bans.
    #[error("the multiplication is inconsistent")]
    Vole = 10,
    /// The inputs of the multiplication are not the opened ones. Bans.
    #[error("the multiplied values are not the opened ones")]
    Consistency = 11,
    /// A dealer's constant is not its public share, or not the public key that is imported.
    #[error("the constant dealt is not the dealer's public share")]
    BadConstant = 12,
}

impl Fault {
    /// A stable number below 100.
    #[must_use]
    pub const fn code(self) -> u16 {
        self as u16
    }
}

/// Why nobody can be named.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
#[repr(u16)]
pub enum Doubt {
    /// Parties saw different broadcasts. The equivocator may agree with each of us.
    #[error("the parties saw different broadcasts")]
    ViewsDiffer = 1,
    /// A commitment does not open; so it is too when an honest peer restarted under one session id.
    #[error("a commitment does not open, or the peer restarted")]
    Opening = 2,
    /// Both sides of a pairing did not come to the same.
    #[error("the two sides do not agree on what they computed")]
    Confirmation = 3,
    /// The signers' key shares do not add up to the key.
    #[error("the key shares do not add up to the key")]
    KeySum = 4,
    /// The signature does not verify; fragments cannot be attributed without revealing secrets.
    #[error("the signature does not verify")]
    Signature = 5,
    /// The helpers' parts do not add up to the share that is rebuilt.
    #[error("the helpers' parts do not add up to the lost share")]
    ShareSum = 6,
}

/// Why it was nobody.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
#[repr(u16)]
pub enum Chance {
    /// A public value came out as the identity or a challenge as zero.
    #[error("a public value came out degenerate")]
    Degenerate = 1,
    /// All inputs are valid and the result is not: this device computes wrongly. Report it.
    #[error("this device computed wrongly")]
    OwnFault = 2,
}
