//! Writing a log.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::AuditError;
use super::record::{Entry, Record};
use crate::hash::{Tag, Transcript};
use crate::identity::{Pending, PublicIdentity, SigInput, Signer, SignerError};
use crate::party::PartyId;
use crate::wire::Reader;

/// Where a log begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Genesis {
    /// The cluster.
    pub cluster_id: [u8; 32],
    /// Whose log it is.
    pub party: PartyId,
    /// The log's own name, random.
    pub log_id: [u8; 32],
    /// The head of the log that this one continues; zero if none.
    pub continues: [u8; 32],
}

impl Genesis {
    /// A new log, which continues the one whose head is `continues`, or none.
    #[must_use]
    pub fn new(
        cluster_id: [u8; 32],
        party: PartyId,
        continues: Option<[u8; 32]>,
        rng: &mut dyn CryptoRng,
    ) -> Self {
        let mut log_id = [0; 32];
        rng.fill_bytes(&mut log_id);
        Self { cluster_id, party, log_id, continues: continues.unwrap_or_default() }
    }

    /// What the first record has for the hash of the record before.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Transcript::new(Tag::AuditGenesis)
            .bytes(&self.cluster_id)
            .party(self.party)
            .bytes(&self.log_id)
            .bytes(&self.continues)
            .finish()
    }
}

/// A record could not be stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not stored")]
pub struct SinkError;

/// Where the bytes of records go.
pub trait Sink {
    /// Appends a record, and returns only when it is durable.
    ///
    /// # Errors
    /// [`SinkError`]: it is not there, and never will be.
    fn write(&mut self, record: &[u8]) -> Result<(), SinkError>;
}

impl Sink for Vec<Vec<u8>> {
    fn write(&mut self, record: &[u8]) -> Result<(), SinkError> {
        self.push(record.to_vec());
        Ok(())
    }
}

/// What takes note of what happens. A thing that cannot be noted does not happen.
pub trait Journal {
    /// Notes it, and returns only when that is durable.
    ///
    /// # Errors
    /// [`AuditError::TooLong`], [`AuditError::NotStored`]: nothing was noted.
    fn note(&mut self, entry: Entry) -> Result<(), AuditError>;
}

/// A log that is being written.
#[derive(Debug)]
pub struct Log<W> {
    log_id: [u8; 32],
    /// The number of the next record.
    next: u64,
    head: [u8; 32],
    sink: W,
}

impl<W: Sink> Log<W> {
    /// An empty log.
    pub fn new(genesis: &Genesis, sink: W) -> Self {
        Self { log_id: genesis.log_id, next: 0, head: genesis.hash(), sink }
    }

    /// A log that goes on after this record, which is the last in the sink; `None` if it is no record.
    pub fn resume(genesis: &Genesis, last: &[u8], sink: W) -> Option<Self> {
        let next = Record::from_bytes(last)?.seq.checked_add(1)?;
        Some(Self { log_id: genesis.log_id, next, head: Record::hash(last), sink })
    }

    /// Appends a record, and gives its number. If it is not stored, the log is as it was.
    ///
    /// # Errors
    /// [`AuditError::TooLong`], [`AuditError::NotStored`].
    pub fn append(&mut self, entry: Entry) -> Result<u64, AuditError> {
        let seq = self.next;
        let record = Record { seq, prev: self.head, entry };
        let bytes = record.to_bytes().ok_or(AuditError::TooLong)?;
        let next = seq.checked_add(1).ok_or(AuditError::NotStored)?;
        self.sink.write(&bytes).map_err(|SinkError| AuditError::NotStored)?;
        (self.next, self.head) = (next, Record::hash(&bytes));
        Ok(seq)
    }

    /// How many records there are.
    pub const fn len(&self) -> u64 {
        self.next
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.next == 0
    }

    /// The hash of the last record; of an empty log, of its beginning.
    pub const fn head(&self) -> &[u8; 32] {
        &self.head
    }

    /// Where the records are.
    pub const fn sink(&self) -> &W {
        &self.sink
    }

    /// The log's end, to be signed; `None` of an empty log.
    pub fn checkpoint(&self, now: u64) -> Option<PendingCheckpoint> {
        let seq = self.next.checked_sub(1)?;
        Some(PendingCheckpoint { log_id: self.log_id, seq, head: self.head, now })
    }
}

impl<W: Sink> Journal for Log<W> {
    fn note(&mut self, entry: Entry) -> Result<(), AuditError> {
        self.append(entry).map(drop)
    }
}

/// A checkpoint without its signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PendingCheckpoint {
    log_id: [u8; 32],
    seq: u64,
    head: [u8; 32],
    now: u64,
}

impl Pending for PendingCheckpoint {
    fn to_sign(&self) -> SigInput {
        let (seq, now) = (self.seq.to_be_bytes(), self.now.to_be_bytes());
        let transcript = Transcript::new(Tag::AuditCheck).bytes(&self.log_id).bytes(&seq);
        SigInput::new(transcript.bytes(&self.head).bytes(&now))
    }
}

impl PendingCheckpoint {
    /// The checkpoint, if the signature is the identity's.
    #[must_use]
    pub fn attach(self, identity: &PublicIdentity, signature: [u8; 64]) -> Option<Checkpoint> {
        let checkpoint = Checkpoint { of: self, signature };
        checkpoint.verify(identity).then_some(checkpoint)
    }

    /// Signs it.
    ///
    /// # Errors
    /// [`SignerError`] if the signer does not, or signs with another key than it says.
    pub fn sign_with(self, signer: &mut dyn Signer) -> Result<Checkpoint, SignerError> {
        let signature = signer.sign(&self.to_sign())?;
        self.attach(&signer.public(), signature).ok_or(SignerError)
    }
}

/// A signed statement of where a log stood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    of: PendingCheckpoint,
    signature: [u8; 64],
}

impl Checkpoint {
    /// Bytes of a checkpoint.
    pub const LEN: usize = 144;

    /// Of which log.
    #[must_use]
    pub const fn log_id(&self) -> &[u8; 32] {
        &self.of.log_id
    }

    /// The last record.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.of.seq
    }

    /// Its hash.
    #[must_use]
    pub const fn head(&self) -> &[u8; 32] {
        &self.of.head
    }

    /// When it was made; the node's claim.
    #[must_use]
    pub const fn now(&self) -> u64 {
        self.of.now
    }

    /// Whether it is signed by this identity.
    #[must_use]
    pub fn verify(&self, identity: &PublicIdentity) -> bool {
        identity.verify(&self.of.to_sign(), &self.signature)
    }

    /// `log id 32 | seq 8 | head 32 | now 8 | signature 64`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let PendingCheckpoint { log_id, seq, head, now } = &self.of;
        [log_id, &seq.to_be_bytes()[..], head, &now.to_be_bytes(), &self.signature].concat()
    }

    /// Reads what [`Checkpoint::to_bytes`] wrote; `None` for any other length. It is not verified.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader::new(bytes);
        let log_id = *r.array()?;
        let seq = u64::from_be_bytes(*r.array()?);
        let head = *r.array()?;
        let now = u64::from_be_bytes(*r.array()?);
        let signature = *r.array()?;
        r.end()?;
        Some(Self { of: PendingCheckpoint { log_id, seq, head, now }, signature })
    }
}
