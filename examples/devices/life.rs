//! Devices that keep a key over its epochs: the drive loop of everything that deals, with the record and the disk in their places.

use std::collections::BTreeMap;

use quorate::curve::Scheme;
use quorate::dkg::{Ceremony, Occasion};
use quorate::envelope::{Unsigned, Verified};
use quorate::evidence::Envelope;
use quorate::key::Certificate;
use quorate::key::KeyShare;
use quorate::key::epoch::{Epochs, Waiting};
use quorate::party::{Parties, PartyId};
use quorate::session::{Pending, Session, Status};
use quorate::sim::Cast;

use super::{Error, OsRng};

/// What one device keeps of the key.
pub(crate) struct Device<S: Scheme> {
    pub(crate) epochs: Option<Epochs<S>>,
    /// The record as it is on the disk. A wallet seals it, each epoch's under a key of its own.
    pub(crate) disk: Vec<u8>,
    /// Epochs whose shares are gone for good.
    pub(crate) erased: Vec<u32>,
}

impl<S: Scheme> Device<S> {
    pub(crate) const fn new() -> Self {
        Self { epochs: None, disk: Vec::new(), erased: Vec::new() }
    }

    pub(crate) fn store(&mut self) {
        self.disk = self.epochs.as_ref().map_or_else(Vec::new, |e| e.to_bytes().expose().clone());
    }

    /// Makes the pending share durable, and only then says what to sign for it.
    pub(crate) fn keep<'a>(
        &mut self,
        pending: impl Into<Waiting<'a, S>>,
    ) -> Result<quorate::identity::SigInput, Error> {
        let pending = pending.into();
        let epochs = self.epochs.get_or_insert_with(|| Epochs::generating(pending));
        let input = epochs.keep(pending)?;
        self.store();
        Ok(input)
    }

    /// Enters the epoch; stores what is new before it lets go of what is old.
    pub(crate) fn enter(&mut self, certificate: &Certificate) -> Result<(), Error> {
        let epochs = self.epochs.as_mut().ok_or("nothing is pending")?;
        let receipt = epochs.enter(certificate)?;
        self.store();
        // Here a wallet destroys the wrapping keys of these epochs, and their presignatures.
        self.erased.extend(receipt.erased.iter().map(|name| name.number));
        if let Some(epochs) = &mut self.epochs {
            epochs.settled(&receipt.erased);
        }
        self.store();
        Ok(())
    }
}

/// All devices, in one process.
pub(crate) struct Devices<S: Scheme> {
    pub(crate) cast: Cast,
    pub(crate) all: BTreeMap<PartyId, Device<S>>,
}

impl<S: Scheme> Devices<S> {
    pub(crate) fn new(cast: Cast) -> Self {
        let device = |id| (id, Device::new());
        let all = cast.ids().into_iter().map(device).collect();
        Self { cast, all }
    }

    /// A device's current share.
    pub(crate) fn share(&self, id: PartyId) -> Result<&KeyShare<S>, Error> {
        let epochs = self.all.get(&id).and_then(|device| device.epochs.as_ref());
        epochs.and_then(Epochs::current).ok_or_else(|| format!("{id} has no share").into())
    }

    /// Plays a dealing to its end at every device that takes part. Messages go in signed envelopes.
    pub(crate) fn play<O>(
        &mut self,
        mut sessions: Vec<Session<Ceremony<O>>>,
        certificate: fn(&O::Output) -> &Certificate,
        rng: &mut OsRng,
    ) -> Result<(), Error>
    where
        O: Occasion<Scheme = S>,
        O::Pending: Pending,
        for<'a> &'a O::Pending: Into<Waiting<'a, S>>,
    {
        let parties = Parties::new(sessions.iter().map(|session| session.terms().me))?;
        let part = self.cast.only(&parties)?;
        let mut sent = vec![0; sessions.len()];
        while sessions.iter().any(|session| !session.is_over()) {
            let mut mail = Vec::new();
            for (session, sent) in sessions.iter_mut().zip(&mut sent) {
                let me = session.terms().me;
                let key = part.key(me).ok_or("no identity key")?;
                let device = self.all.get_mut(&me).ok_or("no such device")?;
                loop {
                    match session.advance(rng)? {
                        Status::Advanced { .. } => {}
                        Status::Keep => {
                            let pending = session.pending().ok_or("there is one after Keep")?;
                            let input = device.keep(pending)?;
                            session.kept(&key.sign(&input))?;
                        }
                        Status::Done(output) => device.enter(certificate(&output))?,
                        _ => break,
                    }
                }
                for out in session.outgoing(*sent) {
                    let signature = key.sign(Unsigned::new(out.bytes)?.to_sign());
                    let envelope = Envelope { bytes: out.bytes.to_vec(), signature }.to_bytes();
                    mail.push((out.to, Verified::open(part.roster(), &envelope)?));
                }
                *sent = session.sent();
            }
            if mail.is_empty() && sessions.iter().any(|session| !session.is_over()) {
                return Err("the run stands still".into());
            }
            for (to, envelope) in &mail {
                let from = envelope.header().from;
                let mine = |me| me != from && to.is_none_or(|to| to == me);
                for session in sessions.iter_mut().filter(|session| mine(session.terms().me)) {
                    session.receive_signed(envelope)?;
                }
            }
        }
        Ok(())
    }
}
