//! One device's record of one key.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::book::{Book, Entry, Replaced};
use super::tell::{EpochError, EpochName, Met, Receipt};
use crate::curve::Scheme;
use crate::identity::SigInput;
use crate::key::{Certificate, KeyShare, PendingSeat, PendingShare, PublicKey, Seat, Sharing};
use crate::party::PartyId;

/// What a session wants kept: what `Session::pending` lends, of whatever run.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Waiting<'a, S: Scheme> {
    /// Of a key generation or a refresh.
    Share(&'a PendingShare<S>),
    /// Of a reshare or an import.
    Seat(&'a PendingSeat<S>),
}

impl<'a, S: Scheme> From<&'a PendingShare<S>> for Waiting<'a, S> {
    fn from(share: &'a PendingShare<S>) -> Self {
        Self::Share(share)
    }
}

impl<'a, S: Scheme> From<&'a PendingSeat<S>> for Waiting<'a, S> {
    fn from(seat: &'a PendingSeat<S>) -> Self {
        Self::Seat(seat)
    }
}

impl<S: Scheme> Waiting<'_, S> {
    /// Whose it is.
    #[must_use]
    pub const fn id(&self) -> PartyId {
        match self {
            Self::Share(share) => share.id(),
            Self::Seat(seat) => seat.id(),
        }
    }

    /// What is public of the epoch.
    #[must_use]
    pub const fn sharing(&self) -> &Sharing<S> {
        match self {
            Self::Share(share) => share.sharing(),
            Self::Seat(seat) => seat.sharing(),
        }
    }

    /// A second copy, which only its stored form can make; it is the form that counts after a crash.
    fn copy(&self) -> Option<PendingSeat<S>> {
        let form = match self {
            Self::Share(share) => share.to_bytes(),
            Self::Seat(seat) => seat.to_bytes(),
        };
        PendingSeat::from_bytes(form.expose())
    }
}

pub(super) type Rules<S> = Book<[u8; 32], PendingSeat<S>, Seat<S>>;

/// One device's durable record of one key: the share it signs with, everything that waits for a certificate, and the highest number it
/// signed for. Every method that changes it says so by `&mut`: store [`Epochs::to_bytes`] before anything else leaves the device.
///
/// See the [module](super) for the rules.
#[derive(Debug)]
pub struct Epochs<S: Scheme> {
    pub(super) me: PartyId,
    pub(super) key_id: [u8; 32],
    pub(super) burned: bool,
    pub(super) book: Rules<S>,
    /// Erased, and not settled: ascending.
    pub(super) owed: Vec<EpochName>,
    /// Pairings that the last share refused, while this device is no member: for the share it may get again.
    pub(super) refused: Vec<[u8; 32]>,
    /// Of a device that joins: the key that its user means, until its first share says so.
    pub(super) joins: Option<Joins>,
}

/// What a device knows of a key that it holds no share of yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Joins {
    /// Encoded.
    pub(super) public_key: Vec<u8>,
    pub(super) chain_code: [u8; 32],
}

impl Joins {
    fn fits<S: Scheme>(&self, sharing: &Sharing<S>) -> bool {
        self.chain_code == *sharing.chain_code() && self.public_key == sharing.public_key()
    }
}

impl<S: Scheme> Epochs<S> {
    /// Of a device that holds a share, and has signed for nothing above it. One whose share was rebuilt may have: tell it by
    /// [`Epochs::raise_highest`].
    #[must_use]
    pub fn new(share: KeyShare<S>) -> Self {
        let (me, key_id, burned, epoch) =
            (share.id(), *share.public().key_id(), share.is_burned(), share.public().epoch());
        let name = *share.public().cert();
        let current = Entry { epoch, name, held: Seat::Member(share) };
        Self {
            me,
            key_id,
            burned,
            book: Book::new(Some(current), Some(epoch)),
            owed: Vec::new(),
            refused: Vec::new(),
            joins: None,
        }
    }

    /// Of a device in a key generation or an import, which has no epoch before: empty. What waits is still to be kept.
    #[must_use]
    pub fn generating<'a>(pending: impl Into<Waiting<'a, S>>) -> Self {
        let pending = pending.into();
        Self::empty(pending.id(), *pending.sharing().key_id(), None, None)
    }

    /// Of a device that is about to get its first share of a key that exists, in a reshare from the epoch `base`: empty. It takes part in
    /// reshares of this key and of no other, by its public key and chain code too: compare the public key with the one that the user means. A
    /// device that has a record of the key, from an earlier time, goes on with that.
    #[must_use]
    pub fn joining(base: &PublicKey<S>, me: PartyId) -> Self {
        let joins = Joins { public_key: base.public_key(), chain_code: *base.chain_code() };
        Self::empty(me, *base.key_id(), Some(base.epoch()), Some(joins))
    }

    const fn empty(me: PartyId, key_id: [u8; 32], floor: Option<u32>, joins: Option<Joins>) -> Self {
        Self {
            me,
            key_id,
            burned: false,
            book: Book::new(None, floor),
            owed: Vec::new(),
            refused: Vec::new(),
            joins,
        }
    }

    /// Whose record it is.
    #[must_use]
    pub const fn me(&self) -> PartyId {
        self.me
    }

    /// Of which key.
    #[must_use]
    pub const fn key_id(&self) -> &[u8; 32] {
        &self.key_id
    }

    /// The share to sign with; none before the first certificate, and none after leaving.
    #[must_use]
    pub fn current(&self) -> Option<&KeyShare<S>> {
        match &self.book.current.as_ref()?.held {
            Seat::Member(share) => Some(share),
            Seat::Left(_) => None,
        }
    }

    /// The public side of the epoch entered last, of which this device may be no member.
    #[must_use]
    pub fn public(&self) -> Option<&PublicKey<S>> {
        self.book.current.as_ref().map(|entry| entry.held.public())
    }

    /// The certificate of the epoch entered last, for whoever lacks it.
    #[must_use]
    pub fn certificate(&self) -> Option<&Certificate> {
        self.public().map(PublicKey::certificate)
    }

    /// What waits for a certificate, ascending.
    pub fn pending(&self) -> impl Iterator<Item = &PendingSeat<S>> {
        self.book.pending.iter().map(|entry| &entry.held)
    }

    /// The highest number that this device has signed for, or holds. This is what it reports to a device under repair.
    #[must_use]
    pub const fn highest_signed(&self) -> Option<u32> {
        self.book.floor
    }

    /// Whether this device may take part in a run to this epoch. Ask before the run starts; [`Epochs::keep`] asks again.
    ///
    /// # Errors
    /// [`EpochError::Signed`], [`EpochError::FarAhead`], [`EpochError::Burned`].
    pub fn admits(&self, epoch: u32) -> Result<(), EpochError> {
        self.book.admits(epoch)?;
        if self.burned { Err(EpochError::Burned(self.me)) } else { Ok(()) }
    }

    /// Somebody has decided that this number is right, however far it is. It stands for this number and no other, until a higher one is
    /// signed for. Numbers are used up for good: above 2^32 - 1 there is none.
    pub fn confirm(&mut self, epoch: u32) {
        self.book.confirm(epoch);
    }

    /// Signs for nothing up to this number any more. A device whose share was rebuilt does not know what it signed for: it takes the highest
    /// number that its helpers report.
    ///
    /// # Errors
    /// [`EpochError::FarAhead`]: one helper that lies would end refresh and reshare at this device, so a far number is confirmed first.
    pub fn raise_highest(&mut self, epoch: u32) -> Result<(), EpochError> {
        self.book.raise(epoch)
    }

    /// Takes in what a session wants kept, and gives what the identity key signs. Store the record between the two: the signature says that the
    /// share is durable. The same again, after a crash, gives the same and changes nothing.
    ///
    /// # Errors
    /// [`EpochError::WrongKey`], also if public key or chain code are not those of the epochs before; [`EpochError::WrongDevice`];
    /// [`EpochError::Signed`] also for another epoch under the same number, and for one
    /// that is erased; [`EpochError::FarAhead`], [`EpochError::Burned`], [`EpochError::Unreadable`].
    pub fn keep<'a>(&mut self, pending: impl Into<Waiting<'a, S>>) -> Result<SigInput, EpochError> {
        let pending = pending.into();
        let (id, sharing) = (pending.id(), pending.sharing());
        if id != self.me {
            return Err(EpochError::WrongDevice(id));
        }
        if !self.is_of_key(sharing) {
            return Err(EpochError::WrongKey);
        }
        let (epoch, name) = (sharing.epoch(), *sharing.cert());
        if !self.book.knows(&name) {
            self.admits(epoch)?;
            let held = pending.copy().ok_or(EpochError::Unreadable)?;
            self.book.keep(Entry { epoch, name, held })?;
        }
        Ok(sharing.to_sign())
    }

    /// Whether it is a sharing of the record's key, as far as the record knows the key. A name is not enough: strangers who make up an earlier
    /// epoch of a key, and certify it to each other, can reshare that to this device. Their public key is another, or they know the secret.
    pub(super) fn is_of_key(&self, sharing: &Sharing<S>) -> bool {
        let mut known =
            self.public().map(|public| &**public).into_iter().chain(self.pending().map(PendingSeat::sharing));
        let means = self.joins.as_ref().is_none_or(|key| key.fits(sharing));
        *sharing.key_id() == self.key_id && means && known.all(|of| sharing.is_of(of))
    }

    /// [T3.1] Enters a pending epoch, with its complete certificate, from anyone, at any time. Lower epochs are erased, pending ones and the
    /// current one; higher ones stay pending. Pairings that the old share refuses are refused by the new one too, also where this device was no
    /// member in between, and a burned key stays burned.
    ///
    /// Store the record, then destroy what the receipt lists, then call [`Epochs::settled`].
    ///
    /// # Errors
    /// [`EpochError::Unknown`] if nothing here waits for it, be it of an epoch that is current or erased; [`EpochError::Certificate`] if it is
    /// not complete.
    pub fn enter(&mut self, certificate: &Certificate) -> Result<Receipt, EpochError> {
        // Of keys that were made in one set, one certificate is for all.
        let mut certs = certificate.certs().iter();
        let found = certs.find_map(|cert| Some((*cert, self.book.waiting(cert)?)));
        let (cert, seat) = found.ok_or(EpochError::Unknown)?;
        // [T3.1] it certifies what waits, and everybody who took part signed
        certificate.verify(seat.sharing())?;
        let entered = EpochName::of(seat.sharing());
        let certify = |seat: PendingSeat<S>| seat.certified(certificate.clone());
        let replaced = self.book.enter(&cert, certify).ok_or(EpochError::Unknown)?;
        self.joins = None;
        self.inherit(&replaced);
        let Replaced { before, lower } = replaced;
        let before = before.and_then(|entry| entry.held.member());
        let before = before.iter().map(|share| EpochName::of(share.public()));
        let lower = lower.iter().filter_map(|entry| entry.held.member());
        let erased: Vec<_> = before.chain(lower.map(|share| EpochName::of(share.sharing()))).collect();
        self.owed.extend_from_slice(&erased);
        Ok(Receipt { entered, erased })
    }

    /// What holds of the key at this device, whatever the epoch.
    fn inherit(&mut self, replaced: &Replaced<[u8; 32], PendingSeat<S>, Seat<S>>) {
        let refused = match replaced.before.as_ref().map(|entry| &entry.held) {
            Some(Seat::Member(old)) => old.refused_pairings().to_vec(),
            _ => core::mem::take(&mut self.refused),
        };
        let Some(Seat::Member(new)) = self.book.current.as_mut().map(|entry| &mut entry.held) else {
            self.refused = refused;
            return;
        };
        new.refuse_pairings(refused);
        if self.burned {
            new.burn();
        }
    }

    /// Takes the certificate of another device's epoch, and says what it was good for. Two devices that give each other their certificates,
    /// and what [`Met::HandOver`] holds, are in one epoch afterwards, or in epochs that have not both of them in their rosters.
    ///
    /// # Errors
    /// [`EpochError::Certificate`] if it is not complete.
    pub fn meet(&mut self, theirs: &Certificate) -> Result<Met, EpochError> {
        match self.enter(theirs) {
            Ok(receipt) => Ok(Met::CaughtUp(receipt)),
            Err(EpochError::Unknown) => Ok(match self.certificate() {
                Some(ours) if ours.certs() == theirs.certs() => Met::Same,
                Some(ours) => Met::HandOver(ours.clone()),
                None => Met::Nothing,
            }),
            Err(error) => Err(error),
        }
    }

    /// Every epoch that was erased and is not settled yet, ascending: what the receipts listed, for a device that lost them in a crash.
    #[must_use]
    pub fn owed(&self) -> &[EpochName] {
        &self.owed
    }

    /// Wrapping keys and presignatures of these epochs are destroyed.
    pub fn settled(&mut self, epochs: &[EpochName]) {
        self.owed.retain(|name| !epochs.contains(name));
    }

    /// Marks the key as one whose secret somebody may have: no share of it, of whatever epoch, signs or deals any more at this device. For
    /// good. A certificate is still taken, since others may need that this device hands it on.
    pub fn burn(&mut self) {
        self.burned = true;
        if let Some(share) = self.share_mut() {
            share.burn();
        }
    }

    /// As [`KeyShare::refuse_pairings`], for the current share and those after it.
    ///
    /// # Errors
    /// [`EpochError::NoShare`].
    pub fn refuse_pairings(&mut self, ids: impl IntoIterator<Item = [u8; 32]>) -> Result<(), EpochError> {
        let me = self.me;
        self.share_mut().ok_or(EpochError::NoShare(me))?.refuse_pairings(ids);
        Ok(())
    }

    fn share_mut(&mut self) -> Option<&mut KeyShare<S>> {
        match &mut self.book.current.as_mut()?.held {
            Seat::Member(share) => Some(share),
            Seat::Left(_) => None,
        }
    }

    /// Gives the key up: only where the first epoch waits and nothing came before it. Nobody has used the key then, if applications wait for all
    /// devices, as they must. Returns what is erased.
    ///
    /// # Errors
    /// The record with [`EpochError::Promised`] and the number, in any other case.
    pub fn abandon(self) -> Result<Vec<EpochName>, (Box<Self>, EpochError)> {
        let entered = self.book.current.as_ref().map(|entry| entry.epoch);
        let later = self.book.pending.iter().map(|entry| entry.epoch).find(|number| *number > 0);
        match entered.or(later) {
            Some(number) => Err((Box::new(self), EpochError::Promised(number))),
            None => {
                let shares = self.pending().filter_map(PendingSeat::member);
                Ok(shares.map(|share| EpochName::of(share.sharing())).collect())
            }
        }
    }
}
