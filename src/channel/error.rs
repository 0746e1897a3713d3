//! What a channel refuses.

use crate::envelope::EnvelopeError;

/// Bytes, or a call, that a channel refuses. Nothing has changed, but what [`ChannelError::LowOrder`], [`ChannelError::RekeyRequired`] and the
/// errors of authentic content say.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChannelError {
    /// H1. Not a handshake message of this version and suite.
    #[error("not a handshake message of version 1")]
    Malformed,
    /// H2. The sender has another roster.
    #[error("the handshake is of another cluster, or another revision of its roster")]
    OtherRoster,
    /// H3. Not from a member to this device, or not from whom the transport says.
    #[error("not from a peer to this device")]
    WrongPeer,
    /// H4. The lower id initiates.
    #[error("the message is the other role's")]
    WrongRole,
    /// H5. There is no such handshake.
    #[error("no such handshake is pending")]
    UnknownHandshake,
    /// H6. Our own ephemeral key came back.
    #[error("the ephemeral key is our own")]
    Reflected,
    /// H7, H10. The peer did not sign this.
    #[error("the peer's signature does not verify")]
    BadSignature,
    /// H8. The ephemeral key is of small order. A responder that signed one has ended the handshake.
    #[error("the ephemeral key is of small order")]
    LowOrder,
    /// H9, H10. The peer has other keys.
    #[error("the confirmation of the keys does not verify")]
    BadConfirmation,
    /// I5. The signature is not this device's.
    #[error("the signature is not by this device's identity key")]
    WrongSigner,
    /// The signer did not sign.
    #[error("the identity key did not sign")]
    NotSigned,
    /// This device is not a member of the cluster.
    #[error("this device is not in the roster")]
    SelfMissing,
    /// There is no channel to this peer.
    #[error("there is no channel to this peer")]
    NotConnected,
    /// More than a record carries, or an envelope has.
    #[error("too long for a record")]
    TooLong,
    /// T1. Not a record of this version.
    #[error("not a record of version 1")]
    MalformedRecord,
    /// T2. Of a channel that is not, or no longer, there. A record may overtake the end of its handshake: it comes again.
    #[error("no such channel")]
    UnknownChannel,
    /// T3. Older than the window. Harmless.
    #[error("older than the window of received records")]
    TooOld,
    /// T4. Received before. Harmless.
    #[error("received before")]
    Replayed,
    /// T5. Not by the peer.
    #[error("the record's tag does not verify")]
    BadTag,
    /// T6. What the peer sealed is not its own message to this device.
    #[error("the record holds no message of the peer to this device")]
    ForeignMessage,
    /// T6. The protocol runs on signed envelopes.
    #[error("this message travels in a signed envelope only")]
    Unsigned,
    /// T6. The envelope is refused.
    #[error("envelope: {0}")]
    Envelope(#[from] EnvelopeError),
    /// T7, T8. The channel is used up: make a new one.
    #[error("the channel is used up")]
    RekeyRequired,
}

impl ChannelError {
    /// A stable number, 5141..=5199; an envelope's is its own.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::Malformed => 5141,
            Self::OtherRoster => 5142,
            Self::WrongPeer => 5143,
            Self::WrongRole => 5144,
            Self::UnknownHandshake => 5145,
            Self::Reflected => 5146,
            Self::BadSignature => 5147,
            Self::LowOrder => 5148,
            Self::BadConfirmation => 5149,
            Self::WrongSigner => 5152,
            Self::NotSigned => 5153,
            Self::SelfMissing => 5154,
            Self::NotConnected => 5155,
            Self::TooLong => 5156,
            Self::MalformedRecord => 5161,
            Self::UnknownChannel => 5162,
            Self::TooOld => 5163,
            Self::Replayed => 5164,
            Self::BadTag => 5165,
            Self::ForeignMessage => 5166,
            Self::RekeyRequired => 5167,
            Self::Unsigned => 5168,
            Self::Envelope(inner) => inner.code(),
        }
    }
}
