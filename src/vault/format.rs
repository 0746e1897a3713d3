//! The layout of a container, without any key.

use alloc::vec::Vec;

use super::error::VaultError;
use super::slot::Slot;
use crate::party::PartyId;
use crate::wire::{Reader, StoredKind, Subject, put_u16, put_u64};

const MAGIC: &[u8; 8] = b"QRTVAULT";
const VERSION: u8 = 1;
/// AES-256-GCM, HKDF with SHA-256.
const SUITE: u8 = 1;
/// Bytes of the fixed header `F`.
pub(super) const FIXED_LEN: usize = 112;
/// What stands around slots and plaintext: header, counts, MAC, length, tag.
pub(super) const FRAME_LEN: usize = 152 + super::crypto::TAG_LEN;
/// The most slots there may be.
pub(super) const MAX_SLOTS: usize = 8;
/// The longest container, and the longest of a backup.
const MAX_LEN: usize = (16 << 20) + (16 << 10);
const MAX_BACKUP_LEN: usize = 64 << 20;

pub(super) const fn max_len(kind: u8) -> usize {
    if kind == StoredKind::Backup.number() { MAX_BACKUP_LEN } else { MAX_LEN }
}

/// What the fixed header says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Head {
    pub(super) kind: StoredKind,
    pub(super) subject: Subject,
    /// Of a backup its number in the chain, of all else a u32.
    pub(super) epoch: u64,
    pub(super) counter: u64,
    pub(super) object: [u8; 16],
    pub(super) dk_commit: [u8; 32],
}

impl Head {
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(FIXED_LEN);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&[VERSION, self.kind.number(), SUITE, self.subject.scheme]);
        put_u16(&mut out, self.subject.holder.map_or(0, PartyId::get));
        put_u16(&mut out, 0);
        out.extend_from_slice(&self.subject.key_id);
        put_u64(&mut out, self.epoch);
        put_u64(&mut out, self.counter);
        out.extend_from_slice(&self.object);
        out.extend_from_slice(&self.dk_commit);
        out
    }
}

/// What an expected container is of.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub(super) kind: StoredKind,
    /// `None` where any will do.
    pub(super) subject: Option<Subject>,
}

/// A container that has been parsed, and nothing more: what it says is true only once it has been opened.
///
/// It is what to look at before there is a key: which slots there are, and what they need.
#[derive(Clone, Debug)]
pub struct Container<'a> {
    pub(super) head: Head,
    /// `F`.
    pub(super) fixed: &'a [u8; FIXED_LEN],
    /// Everything that the MAC over the slots is of: `F`, count, length, slots.
    pub(super) above: &'a [u8],
    pub(super) slots: Vec<Slot<'a>>,
    pub(super) slots_mac: &'a [u8; 32],
    pub(super) ciphertext: &'a [u8],
    pub(super) tag: &'a [u8; 16],
}

impl<'a> Container<'a> {
    /// Parses a container: V1, V2, V3 and V6.
    ///
    /// # Errors
    /// [`VaultError::Malformed`], [`VaultError::NotAContainer`], [`VaultError::UnsupportedVersion`].
    pub fn read(bytes: &'a [u8]) -> Result<Self, VaultError> {
        Self::expect(bytes, None)
    }

    /// [V1] to [V6], in their order.
    pub(super) fn expect(bytes: &'a [u8], wanted: Option<Wanted>) -> Result<Self, VaultError> {
        // [V1] the length, before anything is looked at
        let kind = bytes.get(9).copied().unwrap_or_default();
        if !(FRAME_LEN..=max_len(kind)).contains(&bytes.len()) {
            return Err(VaultError::Malformed);
        }
        // [V2] the magic
        let rest = bytes.strip_prefix(MAGIC).ok_or(VaultError::NotAContainer)?;
        // [V3] version and suite
        let [VERSION, _, SUITE, scheme, ..] = rest else { return Err(VaultError::UnsupportedVersion) };
        if let Some(wanted) = wanted {
            // [V4] the kind
            if kind != wanted.kind.number() {
                return Err(VaultError::WrongKind { found: kind, wanted: wanted.kind });
            }
            // [V5] scheme, holder and name, which have their places whatever else is wrong
            let found = subject(*scheme, bytes).ok_or(VaultError::Malformed)?;
            if wanted.subject.is_some_and(|subject| subject != found) {
                return Err(VaultError::WrongSubject);
            }
        }
        // [V6] everything has its place, and nothing is left over
        Self::parse(bytes).ok_or(VaultError::Malformed)
    }

    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut r = Reader::new(bytes);
        let fixed = r.array::<FIXED_LEN>()?;
        let head = read_head(fixed)?;
        let count = usize::from(r.u8()?);
        let zero = r.u8()?;
        let len = usize::from(r.u16()?);
        if !(1..=MAX_SLOTS).contains(&count) || zero != 0 {
            return None;
        }
        let mut area = Reader::new(r.bytes(len)?);
        let slots = (0..count).map(|_| Slot::read(&mut area)).collect::<Option<Vec<_>>>()?;
        area.end()?;
        let above = bytes.get(..FIXED_LEN + 4 + len)?;
        let slots_mac = r.array()?;
        let length = usize::try_from(r.u32()?).ok()?;
        let ciphertext = r.bytes(length)?;
        let tag = r.array()?;
        r.end()?;
        Some(Self { head, fixed, above, slots, slots_mac, ciphertext, tag })
    }

    /// What it says that it holds.
    #[must_use]
    pub const fn kind(&self) -> StoredKind {
        self.head.kind
    }

    /// What it says that this is of.
    #[must_use]
    pub const fn subject(&self) -> Subject {
        self.head.subject
    }

    /// The epoch that it says; of a backup its number in the chain.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.head.epoch
    }

    /// The rollback counter that it says.
    #[must_use]
    pub const fn counter(&self) -> u64 {
        self.head.counter
    }

    /// The random name of this sealing, the same after every [`rewrap`](super::rewrap).
    #[must_use]
    pub const fn object_id(&self) -> &[u8; 16] {
        &self.head.object
    }

    /// The slots, in order: what the application needs to know to get a key.
    #[must_use]
    pub fn slots(&self) -> &[Slot<'a>] {
        &self.slots
    }

    /// Bytes of what is sealed.
    #[must_use]
    pub const fn plaintext_len(&self) -> usize {
        self.ciphertext.len()
    }

    /// `F || u32(B)`, to which the body is bound.
    pub(super) fn associated(&self) -> Vec<u8> {
        associated(self.fixed, self.ciphertext.len())
    }
}

pub(super) fn associated(fixed: &[u8], len: usize) -> Vec<u8> {
    [fixed, &(len as u32).to_be_bytes()].concat()
}

fn subject(scheme: u8, bytes: &[u8]) -> Option<Subject> {
    let mut r = Reader::new(bytes.get(12..)?);
    let holder = PartyId::from_wire(r.u16()?);
    r.bytes(2)?;
    Some(Subject { scheme, holder, key_id: *r.array()? })
}

fn read_head(fixed: &[u8; FIXED_LEN]) -> Option<Head> {
    let mut r = Reader::new(fixed);
    r.bytes(9)?;
    let kind = StoredKind::from_number(r.u8()?)?;
    let _suite = r.u8()?;
    let subject = subject(r.u8()?, fixed)?;
    r.bytes(2)?;
    let zero = r.u16()?;
    r.bytes(32)?;
    let epoch = r.u64()?;
    let counter = r.u64()?;
    let head = Head { kind, subject, epoch, counter, object: *r.array()?, dk_commit: *r.array()? };
    let right_epoch = kind == StoredKind::Backup || u32::try_from(epoch).is_ok();
    (zero == 0 && right_epoch).then_some(head)
}
