//! Making containers, and changing who can open them.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::crypto::{Expander, Key, encrypt, mac, random, random_key};
use super::error::VaultError;
use super::format::{Container, FRAME_LEN, Head, MAX_SLOTS, associated, max_len};
use super::kdf::Limits;
use super::keys::{SlotKey, SlotSpec};
use super::open::unlock;
use super::prf::{PrfError, SinglePrfSlot};
use super::slot::{Slot, SlotKind};
use crate::hash::Tag;
use crate::secret::Secret;
use crate::wire::{Stored, StoredKind, Subject, put_u16, put_u32};

/// Seals a stored form: a new container under a new data key, with these slots.
///
/// `counter` is the rollback counter: one more than that of the container which this one replaces. Open the result before it replaces
/// anything.
///
/// # Errors
/// [`VaultError::BadSlots`], [`VaultError::WeakPassphrase`], [`VaultError::KdfOutOfRange`], [`VaultError::NoMemory`], [`VaultError::Wrap`],
/// [`VaultError::Prf`], [`VaultError::TooLarge`].
pub fn seal(
    what: &impl Stored,
    counter: u64,
    slots: Vec<SlotSpec<'_>>,
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>, VaultError> {
    seal_form(&Title::of(what, counter), what.write(), slots, rng)
}

/// What stands in the header of a new container.
pub(super) struct Title {
    pub(super) kind: StoredKind,
    pub(super) subject: Subject,
    pub(super) epoch: u64,
    pub(super) counter: u64,
}

impl Title {
    fn of<T: Stored>(what: &T, counter: u64) -> Self {
        Self { kind: T::KIND, subject: what.subject(), epoch: what.epoch().into(), counter }
    }
}

pub(super) fn seal_form(
    title: &Title,
    mut form: Secret<Vec<u8>>,
    slots: Vec<SlotSpec<'_>>,
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>, VaultError> {
    check_each(&slots)?;
    let accept = slots.iter().any(SlotSpec::accepts_single_prf);
    let (object, data_key) = (random(rng), random_key(rng));
    let keys = Expander::new(&object, data_key.expose());
    let dk_commit = *keys.key(Tag::VaultCommit, &[]).expose();
    let Title { kind, subject, epoch, counter } = *title;
    let fixed = Head { kind, subject, epoch, counter, object, dk_commit }.to_bytes();
    let mut made = Vec::with_capacity(slots.len());
    for slot in slots {
        made.push(slot.make(&fixed, &data_key, rng)?);
    }
    let above = with_slots(&fixed, &made, accept)?;
    // [V1] what is too long to be opened is not made
    let length = form.expose().len();
    if above.len() + 32 + 4 + length + 16 > max_len(kind.number()) {
        return Err(VaultError::TooLarge);
    }
    let body = keys.key(Tag::VaultBody, &[]);
    let tag = encrypt(&body, &associated(&fixed, length), form.expose_mut()).ok_or(VaultError::TooLarge)?;
    let mut out = Vec::with_capacity(above.len() + FRAME_LEN + length);
    out.extend_from_slice(&above);
    out.extend_from_slice(&mac(&keys.key(Tag::VaultSlots, &[]), &[&above]));
    put_u32(&mut out, length as u32);
    // The form is ciphertext by now.
    out.extend_from_slice(form.expose());
    out.extend_from_slice(&tag);
    Ok(out)
}

/// What to do with the slots of a container.
#[derive(Debug)]
#[non_exhaustive]
pub enum SlotChange<'a> {
    /// One more, behind the others.
    Add(SlotSpec<'a>),
    /// One less.
    Remove {
        /// Its index.
        slot: usize,
        /// Whether a PRF slot may be the only one that stays.
        alone: SinglePrfSlot,
    },
    /// Another in its place.
    Replace {
        /// The index.
        slot: usize,
        /// The new one.
        with: SlotSpec<'a>,
    },
}

/// Changes who can open a container, without touching what is in it: header, data key and body stay as they are.
///
/// It revokes nothing: an old copy with an old slot still opens. After a leak seal anew, destroy the old copies, and refresh the key.
///
/// # Errors
/// As [`open`](super::open) up to the slots, and as [`seal`].
pub fn rewrap(
    bytes: &[u8],
    key: &SlotKey<'_>,
    change: SlotChange<'_>,
    limits: &Limits,
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>, VaultError> {
    let container = Container::read(bytes)?;
    let (spec, place, mut accept) = match change {
        SlotChange::Add(spec) => (Some(spec), container.slots.len()..container.slots.len(), false),
        SlotChange::Remove { slot, alone } => (None, slot..slot + 1, alone == SinglePrfSlot::Accept),
        SlotChange::Replace { slot, with } => (Some(with), slot..slot + 1, false),
    };
    // [V15] there is a slot there
    if place.end > container.slots.len() {
        return Err(VaultError::BadSlots);
    }
    if let Some(spec) = &spec {
        spec.check()?;
        accept = spec.accepts_single_prf();
    }
    let unlocked = unlock(&container, key, limits)?;
    let mut slots: Vec<Vec<u8>> = container.slots.iter().map(|slot| slot.bytes.to_vec()).collect();
    let new = spec.map(|spec| spec.make(container.fixed, &unlocked.data_key, rng)).transpose()?;
    slots.splice(place, new);
    let above = with_slots(container.fixed, &slots, accept)?;
    let after = bytes.get(container.above.len() + 32..).ok_or(VaultError::Malformed)?;
    // [V1] as when it is sealed
    if above.len() + 32 + after.len() > max_len(container.head.kind.number()) {
        return Err(VaultError::TooLarge);
    }
    let slots_mac = mac(&unlocked.keys.key(Tag::VaultSlots, &[]), &[&above]);
    Ok([&above, &slots_mac[..], after].concat())
}

fn check_each(slots: &[SlotSpec<'_>]) -> Result<(), VaultError> {
    // [V15] 1 to 8 slots
    if !(1..=MAX_SLOTS).contains(&slots.len()) {
        return Err(VaultError::BadSlots);
    }
    slots.iter().try_for_each(SlotSpec::check)
}

/// `F`, count 1, zero 1, length 2, slots; [V15] and [F3].
fn with_slots(fixed: &[u8], slots: &[Vec<u8>], accept: bool) -> Result<Vec<u8>, VaultError> {
    // [V15] what is to be read must read: a blob of more than 1,024 bytes does not
    let kinds = slots.iter().map(|slot| Slot::alone(slot).map(|slot| slot.kind));
    let kinds = kinds.collect::<Option<Vec<_>>>().ok_or(VaultError::BadSlots)?;
    // [V15] 1 to 8 slots, and no two that one key would be for
    let twice = |at: usize, kind: &SlotKind<'_>| kinds.iter().skip(at + 1).any(|other| rivals(kind, other));
    if !(1..=MAX_SLOTS).contains(&slots.len()) || kinds.iter().enumerate().any(|(at, kind)| twice(at, kind)) {
        return Err(VaultError::BadSlots);
    }
    // [F3] one credential is not the only way in
    if !accept && of_one_credential(&kinds) {
        return Err(PrfError::NoSecondSlot.into());
    }
    let area = slots.concat();
    let mut out = Vec::with_capacity(fixed.len() + 4 + area.len());
    out.extend_from_slice(fixed);
    // Eight slots of at most 1,207 bytes.
    out.extend_from_slice(&[slots.len() as u8, 0]);
    put_u16(&mut out, area.len() as u16);
    out.extend_from_slice(&area);
    Ok(out)
}

/// Whether a key that names its slot would find either.
fn rivals(a: &SlotKind<'_>, b: &SlotKind<'_>) -> bool {
    match (a, b) {
        (
            SlotKind::Prf { rp_id_hash: a, credential_hash: c, .. },
            SlotKind::Prf { rp_id_hash: b, credential_hash: d, .. },
        ) => (a, c) == (b, d),
        (SlotKind::External { label: a, .. }, SlotKind::External { label: b, .. }) => a == b,
        (SlotKind::Held { label_hash: a }, SlotKind::Held { label_hash: b }) => a == b,
        _ => false,
    }
}

fn of_one_credential(kinds: &[SlotKind<'_>]) -> bool {
    let credential = |kind: &SlotKind<'_>| match kind {
        SlotKind::Prf { credential_hash, .. } => Some(**credential_hash),
        _ => None,
    };
    let first = kinds.first().and_then(credential);
    first.is_some() && kinds.iter().all(|kind| credential(kind) == first)
}

/// What a data key opens.
pub(super) struct Unlocked {
    pub(super) data_key: Key,
    pub(super) keys: Expander,
}
