//! A call that cannot start.

use crate::party::PartyId;

/// A call that cannot start, before any message is made. Nobody is blamed; fix the call.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// Ids are `1..=65534`.
    #[error("party id {0} is not in 1..=65534")]
    PartyId(u16),
    /// A set names a party twice.
    #[error("{0} stands twice in the set")]
    DuplicateParty(PartyId),
    /// More parties than the library allows.
    #[error("more than {limit} parties")]
    TooManyParties {
        /// The most there may be.
        limit: usize,
    },
    /// `2 <= t <= n <= 1024` does not hold.
    #[error("a threshold of {t} of {n} is not possible: 2 <= t <= n <= 1024")]
    Threshold {
        /// Signers needed.
        t: u16,
        /// Parties.
        n: u16,
    },
    /// The roster's size is not the threshold's `n`.
    #[error("the roster has {roster} members, the threshold says {n}")]
    RosterSize {
        /// Members of the roster.
        roster: usize,
        /// `n` of the threshold.
        n: u16,
    },
    /// Two roster entries carry one identity key.
    #[error("{0} and {1} have the same identity key")]
    DuplicateIdentity(PartyId, PartyId),
    /// An identity key is not a canonical, prime-order Ed25519 key.
    #[error("the identity key of {0} is not a valid Ed25519 key")]
    BadIdentity(PartyId),
    /// The own id is not in the roster, or not among the signers.
    #[error("{0}, this device, is not among the participants")]
    SelfMissing(PartyId),
    /// A named party is not in the roster of the key.
    #[error("{0} is not in the roster of the key")]
    NotInRoster(PartyId),
    /// Too few signers for the key's threshold.
    #[error("{signers} signers, {t} are needed")]
    TooFewSigners {
        /// Signers given.
        signers: usize,
        /// Signers needed.
        t: u16,
    },
    /// A signature handed to `kept`, or attached to an envelope, is not by the own identity key.
    #[error("the signature is not by the identity key that the roster has for {0}")]
    WrongSigner(PartyId),
    /// `kept` without anything pending.
    #[error("nothing is waiting to be kept")]
    NothingToKeep,
    /// A nonce commitment or signature share does not fit the others it is used with.
    #[error("{0}: these nonces or commitments do not belong to this run")]
    WrongNonce(PartyId),
    /// This device has started a run with this session id and these terms before.
    #[error("{0}, this device, has used this session id before")]
    SessionSpent(PartyId),
    /// The peer was caught by a check on our pairing's secrets, in this run of the process or before. Only a new pairing lifts it.
    #[error("the pairing with {0} is banned")]
    Banned(PartyId),
    /// There is no pairing with this party.
    #[error("no pairing with {0}")]
    NoPairing(PartyId),
    /// The pairing is not between this device and the one the key's roster names.
    #[error("the pairing with {0} is with another identity")]
    ForeignPairing(PartyId),
    /// The pairing that a presignature was made with has been replaced.
    #[error("the pairing with {0} was renewed since")]
    PairingRenewed(PartyId),
    /// ECDSA is signed by exactly `t`.
    #[error("{signers} signers, exactly {t} sign")]
    SignerCount {
        /// Signers given.
        signers: usize,
        /// Signers needed.
        t: u16,
    },
    /// The share is of another key than the one to sign with.
    #[error("the share of {0} is of another key")]
    WrongKey(PartyId),
    /// The share is of another epoch of the key.
    #[error("the share of {who} is of epoch {share}, the key's is {key}")]
    WrongEpoch {
        /// Whose share.
        who: PartyId,
        /// The share's epoch.
        share: u32,
        /// The epoch to sign in.
        key: u32,
    },
    /// A digest of zero.
    #[error("a digest of zero cannot be signed")]
    ZeroDigest,
    /// No messages, or more than a batch may have.
    #[error("{found} messages, a batch has 1 to {limit}")]
    BatchSize {
        /// Messages given.
        found: usize,
        /// The most there may be.
        limit: usize,
    },
    /// The presignature was not made for this key, these signers or this path.
    #[error("the presignature was made for something else")]
    WrongPresignature,
    /// A derivation index is hardened, or a derived key does not exist.
    #[error("index {0} of the path cannot be derived")]
    Underivable(u32),
    /// The share must take part in a refresh or a reshare before it signs: it was rebuilt, or imported.
    #[error("the share of {0} must be refreshed before it signs")]
    RefreshFirst(PartyId),
    /// The key's secret was put together outside.
    #[error("the key of {0}'s share is burned")]
    Burned(PartyId),
    /// The share refuses pairings from before its epoch.
    #[error("the pairing with {0} is older than the epoch of the key")]
    PairingOutdated(PartyId),
    /// A reshare and a repair are done by exactly `t`.
    #[error("{dealers} dealers, exactly {t} deal")]
    DealerCount {
        /// Dealers given.
        dealers: usize,
        /// Dealers needed.
        t: u16,
    },
    /// A new epoch's number is above the one it starts from.
    #[error("epoch {epoch} does not come after epoch {base}")]
    EpochOrder {
        /// The number given.
        epoch: u32,
        /// The epoch that the run starts from.
        base: u32,
    },
    /// An id keeps its identity key for the life of the key.
    #[error("the id of {0} belongs to another identity")]
    IdTaken(PartyId),
    /// The threshold changes, and the run does not say so.
    #[error("the threshold changes from {from} to {to}, which must be allowed explicitly")]
    ThresholdChange {
        /// Signers needed before.
        from: u16,
        /// Signers needed after.
        to: u16,
    },
    /// A refresh keeps the members; a reshare changes them.
    #[error("a refresh is for exactly the members that the key has")]
    RosterChange,
    /// Who deals brings its share.
    #[error("{0}, this device, deals: its share is needed")]
    ShareMissing(PartyId),
    /// What a dealer brings is not what the run says.
    #[error("what {0} deals is not what the run is about")]
    WrongSecret(PartyId),
    /// A key set of no keys, or of more than it may have.
    #[error("{found} keys, a set has 1 to {limit}")]
    SetSize {
        /// Keys asked for; if there are more than allowed, one more than that.
        found: usize,
        /// The most there may be.
        limit: usize,
    },
    /// A device does not pair with itself.
    #[error("both devices have the same identity")]
    SameIdentity,
    /// A stored or foreign value does not decode, or does not fit its own public data.
    #[error("malformed {0}")]
    Malformed(&'static str),
}

impl SetupError {
    /// A stable number, 1000..=1999.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::PartyId(_) => 1001,
            Self::DuplicateParty(_) => 1002,
            Self::TooManyParties { .. } => 1003,
            Self::Threshold { .. } => 1004,
            Self::RosterSize { .. } => 1005,
            Self::DuplicateIdentity(..) => 1006,
            Self::BadIdentity(_) => 1007,
            Self::SelfMissing(_) => 1008,
            Self::NotInRoster(_) => 1009,
            Self::TooFewSigners { .. } => 1010,
            Self::WrongSigner(_) => 1011,
            Self::NothingToKeep => 1012,
            Self::WrongNonce(_) => 1013,
            Self::Malformed(_) => 1014,
            Self::SessionSpent(_) => 1015,
            Self::Banned(_) => 1016,
            Self::NoPairing(_) => 1017,
            Self::ForeignPairing(_) => 1018,
            Self::PairingRenewed(_) => 1019,
            Self::SignerCount { .. } => 1020,
            Self::WrongKey(_) => 1021,
            Self::WrongEpoch { .. } => 1022,
            Self::ZeroDigest => 1023,
            Self::BatchSize { .. } => 1024,
            Self::WrongPresignature => 1025,
            Self::Underivable(_) => 1026,
            Self::SameIdentity => 1027,
            Self::RefreshFirst(_) => 1028,
            Self::Burned(_) => 1029,
            Self::PairingOutdated(_) => 1030,
            Self::DealerCount { .. } => 1031,
            Self::EpochOrder { .. } => 1032,
            Self::IdTaken(_) => 1033,
            Self::ThresholdChange { .. } => 1034,
            Self::WrongSecret(_) => 1035,
            Self::RosterChange => 1036,
            Self::ShareMissing(_) => 1037,
            Self::SetSize { .. } => 1038,
        }
    }
}
