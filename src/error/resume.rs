//! What is stored and does not come back.

/// A snapshot that cannot be resumed. Start again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResumeError {
    /// It, or a later one of the same session, was resumed before.
    #[error("already spent")]
    Spent,
    /// It belongs to other terms: protocol, session, roster, threshold, or party.
    #[error("belongs to another session")]
    Foreign,
    /// It does not decode.
    #[error("malformed")]
    Malformed,
    /// A pairing was opened too often without being closed: whoever can crash the device there learns about it each time.
    #[error("opened too often without being closed; pair anew")]
    MustPairAnew,
}

impl ResumeError {
    /// A stable number, 4000..=4999.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::Spent => 4001,
            Self::Foreign => 4002,
            Self::Malformed => 4003,
            Self::MustPairAnew => 4004,
        }
    }
}
