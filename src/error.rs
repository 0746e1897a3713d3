//! What can go wrong, and who is to blame.
//!
//! Four types, told apart by what the caller does about them: fix the call ([`SetupError`]), log and carry on
//! ([`Rejected`]), match the verdict ([`Abort`]), start again ([`ResumeError`]). None is generic; all have a stable
//! numeric [`code`](SetupError::code) for foreign interfaces.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::evidence::Evidence;
use crate::party::{Parties, PartyId};

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

/// One message refused. The session is untouched: log it and carry on.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Rejected {
    /// Shorter than a header, or a header field has a value that no message of version 1 has.
    #[error("not a message of version 1")]
    Header,
    /// A message of another protocol.
    #[error("protocol {0} is not this session's")]
    Protocol(u8),
    /// Another session's id.
    #[error("another session's message")]
    Session,
    /// The session id is ours but the sender disagrees on what is being done: threshold, roster, key, epoch, path or message.
    #[error("{0} disagrees on the terms of this session")]
    SetupMismatch(PartyId),
    /// The transport's sender is not the header's.
    #[error("the transport says {transport}, the header {header}")]
    WrongSender {
        /// Whom the transport authenticated.
        transport: PartyId,
        /// Whom the header names.
        header: PartyId,
    },
    /// The sender has nothing to send in this round of this session.
    #[error("{0} sends nothing of this kind in this round")]
    Unexpected(PartyId),
    /// Addressed to somebody else.
    #[error("addressed to somebody else")]
    NotForMe,
    /// A round this protocol does not have, or a kind the round does not have.
    #[error("no round {round} with kind {kind} here")]
    Slot {
        /// Round in the header.
        round: u8,
        /// Kind in the header.
        kind: u8,
    },
    /// The body's length is not the one the slot has. Counts as a missing message.
    #[error("{found} bytes where {expected} are due")]
    Length {
        /// Bytes due.
        expected: usize,
        /// Bytes found.
        found: usize,
    },
    /// The round is over.
    #[error("round {0} is over")]
    PastRound(u8),
    /// A different message already fills the slot; the first one stays. With two signatures, this convicts the sender.
    #[error("a second, different message in the slot of {who}")]
    Conflict {
        /// The sender.
        who: PartyId,
        /// Both envelopes, where both are signed.
        evidence: Option<Box<Evidence>>,
    },
    /// The envelope was verified against another roster than the session's, so its signature says nothing here.
    #[error("an envelope of another roster")]
    Roster,
    /// This protocol runs on signed envelopes only.
    #[error("this protocol needs signed envelopes")]
    Unsigned,
}

impl Rejected {
    /// A stable number, 2000..=2999.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::Header => 2001,
            Self::Protocol(_) => 2002,
            Self::Session => 2003,
            Self::SetupMismatch(_) => 2004,
            Self::WrongSender { .. } => 2005,
            Self::Unexpected(_) => 2006,
            Self::NotForMe => 2007,
            Self::Slot { .. } => 2008,
            Self::Length { .. } => 2009,
            Self::PastRound(_) => 2010,
            Self::Conflict { .. } => 2011,
            Self::Unsigned => 2012,
            Self::Roster => 2013,
        }
    }
}

/// A round failed and the session is over.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("round {round}, check {check}: {verdict}")]
#[must_use = "an abort says who cheated; look at the verdict"]
pub struct Abort {
    /// The round whose messages failed.
    pub round: u8,
    /// The check that failed, by its id in the protocol's documentation, such as `K2.4`.
    pub check: &'static str,
    /// Who, or that it cannot be known.
    pub verdict: Verdict,
    /// Further parties convicted by the same look at the round, ascending; the verdict names the lowest.
    pub others: Vec<Conviction>,
}

/// A further cheater, as certain as the one in the verdict.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conviction {
    /// The cheater.
    pub who: PartyId,
    /// What it did.
    pub fault: Fault,
    /// What convinces a third party, as in the verdict.
    pub evidence: Option<Box<Evidence>>,
}

impl Abort {
    /// A stable number, 3000..=3999; the same for every party convicted of one fault.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match &self.verdict {
            Verdict::Cheater { fault, .. } => 3000 + fault.code(),
            Verdict::Suspects { why, .. } => 3100 + *why as u16,
            Verdict::NoFault { why } => 3200 + *why as u16,
        }
    }

    /// Everyone convicted, ascending. Empty unless the verdict is [`Verdict::Cheater`].
    pub fn cheaters(&self) -> impl Iterator<Item = (PartyId, Fault)> + '_ {
        let first = match &self.verdict {
            Verdict::Cheater { who, fault, .. } => Some((*who, *fault)),
            _ => None,
        };
        first.into_iter().chain(self.others.iter().map(|c| (c.who, c.fault)))
    }
}

/// What is known about an abort's cause.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Verdict {
    /// Certain, given a transport that authenticates senders.
    #[error("{who} cheated: {fault}")]
    Cheater {
        /// The lowest cheater.
        who: PartyId,
        /// What it did.
        fault: Fault,
        /// What convinces a third party, where the fault allows it and the messages were signed.
        evidence: Option<Box<Evidence>>,
    },
    /// One of these, or the network; not decidable from here.
    #[error("one of {who}, or the network: {why}")]
    Suspects {
        /// Who may have done it.
        who: Parties,
        /// What was seen.
        why: Doubt,
    },
    /// An event of negligible probability, or a fault of this device. Run again.
    #[error("nobody's fault: {why}")]
    NoFault {
        /// What was seen.
        why: Chance,
    },
}

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

/// Charges against the senders of one round, gathered before any verdict, so that every peer is looked at.
#[derive(Default)]
pub(crate) struct Charges(Vec<Charge>);

struct Charge {
    who: PartyId,
    check: &'static str,
    fault: Fault,
    evidence: Option<Evidence>,
}

impl Charges {
    /// Only the first charge against a party counts.
    pub(crate) fn add(
        &mut self,
        who: PartyId,
        check: &'static str,
        fault: Fault,
        evidence: Option<Evidence>,
    ) {
        if !self.against(who) {
            self.0.push(Charge { who, check, fault, evidence });
        }
    }

    pub(crate) fn against(&self, who: PartyId) -> bool {
        self.0.iter().any(|c| c.who == who)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// An abort that names the lowest, and the others beside it, if there is any charge.
    pub(crate) fn verdict(mut self, round: u8) -> Result<(), Abort> {
        self.0.sort_by_key(|c| c.who);
        let mut charges = self.0.into_iter();
        let Some(Charge { who, check, fault, evidence }) = charges.next() else { return Ok(()) };
        let verdict = Verdict::Cheater { who, fault, evidence: evidence.map(Box::new) };
        let others = charges.map(|Charge { who, fault, evidence, .. }| {
            let evidence = evidence.map(Box::new);
            Conviction { who, fault, evidence }
        });
        Err(Abort { round, check, verdict, others: others.collect() })
    }
}

impl Abort {
    pub(crate) const fn no_fault(round: u8, check: &'static str, why: Chance) -> Self {
        Self { round, check, verdict: Verdict::NoFault { why }, others: Vec::new() }
    }
}
