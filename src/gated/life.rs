//! The life of a key behind the gate: refresh, reshare, repair, and, with `hazmat`, export.
//!
//! The payload of a request says what is meant, and must be what the run is (\[G4\]):
//!
//! | action | payload |
//! |---|---|
//! | Refresh | the new epoch, u32 |
//! | Reshare | the new epoch, u32; the new threshold, u16; count of dealers u16, their ids u16 each; count of members u16, for each id u16 and identity key 32 |
//! | Repair | the party that lost its share, u16; count of helpers u16, their ids u16 each |
//! | Export | empty |
//!
//! Ids ascend. The session id of the run is the one that was reserved for, and as many members refresh, dealers deal, helpers help or shares are
//! put together as the rule wants at least (\[G5\]).
//!
//! A gated run is not suspended: what was reserved for it would have to be stored with it. A device that crashes before it has kept what it was
//! dealt needs another request; one that crashed after it has all that it needs in its record, which is gated too, and enters by the
//! certificate.

use alloc::boxed::Box;
use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::open::{Unopened, check, open};
use super::session::{GatedSession, Guarded, sealed};
use super::{Gated, Holds};
use crate::approval::gate::{Approved, GateError, outcome};
use crate::approval::request::{Action, SigningRequest};
use crate::curve::Scheme;
use crate::identity::Roster;
use crate::key::epoch::Epochs;
use crate::key::{KeyShare, PublicKey, Seat};
use crate::party::{Parties, PartyId};
use crate::refresh::{self, Refresh};
use crate::repair::{self, Repair};
use crate::reshare::{self, Reshare};
use crate::session::SpendOnce;
use crate::wire::{SessionId, put_u16};

type Opened<P> = Result<GatedSession<P>, Box<Unopened>>;

fn put_ids(out: &mut Vec<u8>, ids: &Parties) {
    put_u16(out, ids.len() as u16);
    out.extend_from_slice(&ids.to_bytes());
}

/// The payload of a request for this refresh.
#[must_use]
pub fn refresh_payload<S: Scheme>(run: &refresh::Run<S>) -> Vec<u8> {
    run.epoch().to_be_bytes().to_vec()
}

/// The payload of a request for this reshare.
#[must_use]
pub fn reshare_payload<S: Scheme>(run: &reshare::Run<S>) -> Vec<u8> {
    let mut out = run.epoch().to_be_bytes().to_vec();
    put_u16(&mut out, run.threshold().t());
    put_ids(&mut out, run.dealers());
    put_roster(&mut out, run.roster());
    out
}

fn put_roster(out: &mut Vec<u8>, roster: &Roster) {
    put_u16(out, roster.len() as u16);
    for (id, key) in roster.iter() {
        put_u16(out, id.get());
        out.extend_from_slice(&key.0);
    }
}

/// The payload of a request for this repair.
#[must_use]
pub fn repair_payload<S: Scheme>(run: &repair::Run<S>) -> Vec<u8> {
    let mut out = run.lost().get().to_be_bytes().to_vec();
    put_ids(&mut out, run.helpers());
    out
}

/// What a run is: its payload, its session, and how many give something of their shares.
type Is<'a> = (&'a [u8], SessionId, usize);

/// \[G3\] to \[G5\] of a run: the key that it starts from, what it does, its session, and by how many.
fn admit<S: Scheme>(
    approved: &[Approved<SigningRequest>],
    action: Action,
    key: &PublicKey<S>,
    (payload, session, holders): Is<'_>,
    now: u64,
) -> Result<(), GateError> {
    let [one] = approved else { return Err(GateError::WrongSetup) };
    check(one, &[action], key, now)?;
    // [G4]
    if one.request().payload() != payload {
        return Err(GateError::WrongContent);
    }
    // [G5]
    if one.session() != session {
        return Err(GateError::WrongSetup);
    }
    one.check_signers(holders)
}

/// Opens a refresh.
///
/// # Errors
/// [`Unopened`], with [`GateError`] of G3 to G5, or [`GateError::Setup`] as [`Refresh::start`] says.
pub fn refresh<S: Scheme, H: Holds<S>>(
    share: &Gated<H>,
    run: &refresh::Run<S>,
    approved: Approved<SigningRequest>,
    witness: &mut dyn SpendOnce,
    now: u64,
    rng: &mut dyn CryptoRng,
) -> Opened<Refresh<S>> {
    open(alloc::vec![approved], |approved| {
        let held = share.0.share()?;
        let run_is = (&refresh_payload(run)[..], run.session(), run.roster().len());
        admit(approved, Action::Refresh, held.public(), run_is, now)?;
        Ok(Refresh::start(run, held, witness, rng)?)
    })
    .map(|session| session.of(&share.1))
}

/// Opens a reshare at a dealer.
///
/// # Errors
/// [`Unopened`], with [`GateError`] of G3 to G5, or [`GateError::Setup`] as [`Reshare::deal`] says.
pub fn reshare<S: Scheme, H: Holds<S>>(
    share: &Gated<H>,
    run: &reshare::Run<S>,
    approved: Approved<SigningRequest>,
    witness: &mut dyn SpendOnce,
    now: u64,
    rng: &mut dyn CryptoRng,
) -> Opened<Reshare<S>> {
    open(alloc::vec![approved], |approved| {
        let held = share.0.share()?;
        let run_is = (&reshare_payload(run)[..], run.session(), run.dealers().len());
        admit(approved, Action::Reshare, held.public(), run_is, now)?;
        Ok(Reshare::deal(run, held, witness, rng)?)
    })
    .map(|session| session.of(&share.1))
}

/// Opens a reshare at a member that does not deal, from the public side of the epoch `base` before; a member of it has that in its record.
///
/// # Errors
/// [`Unopened`], with [`GateError`] of G3 to G5, or [`GateError::Setup`] as [`Reshare::receive`] says.
pub fn join<S: Scheme>(
    (base, me): (&PublicKey<S>, PartyId),
    run: &reshare::Run<S>,
    approved: Approved<SigningRequest>,
    witness: &mut dyn SpendOnce,
    now: u64,
    rng: &mut dyn CryptoRng,
) -> Opened<Reshare<S>> {
    open(alloc::vec![approved], |approved| {
        let run_is = (&reshare_payload(run)[..], run.session(), run.dealers().len());
        // [G3] the run is of that key and epoch: the payload does not say
        if !run.starts_from(base) {
            return Err(GateError::WrongKey);
        }
        admit(approved, Action::Reshare, base, run_is, now)?;
        Ok(Reshare::receive(run, me, witness, rng)?)
    })
}

/// Opens a repair at a helper. Of a record of epochs the run is also told the highest that this device signed for.
///
/// # Errors
/// [`Unopened`], with [`GateError`] of G3 to G5, or [`GateError::Setup`] as [`Repair::help`] says.
pub fn help<S: Scheme>(
    epochs: &Gated<Epochs<S>>,
    run: &repair::Run<S>,
    approved: Approved<SigningRequest>,
    now: u64,
    rng: &mut dyn CryptoRng,
) -> Opened<Repair<S>> {
    open(alloc::vec![approved], |approved| {
        let share = epochs.0.share()?;
        let run_is = (&repair_payload(run)[..], run.terms(share.id()).session, run.helpers().len());
        admit(approved, Action::Repair, share.public(), run_is, now)?;
        Ok(Repair::help(run, share, epochs.highest_signed(), rng)?)
    })
}

/// Opens a repair at the party that lost its share.
///
/// # Errors
/// [`Unopened`], with [`GateError`] of G3 to G5, or [`GateError::Setup`] as [`Repair::rebuild`] says.
pub fn rebuild<S: Scheme>(
    run: &repair::Run<S>,
    me: PartyId,
    approved: Approved<SigningRequest>,
    now: u64,
) -> Opened<Repair<S>> {
    open(alloc::vec![approved], |approved| {
        let run_is = (&repair_payload(run)[..], run.terms(me).session, run.helpers().len());
        admit(approved, Action::Repair, run.key(), run_is, now)?;
        Ok(Repair::rebuild(run, me)?)
    })
}

/// How a gated repair ends.
#[derive(Debug)]
pub enum Repaired<S: Scheme> {
    /// At a helper.
    Helped,
    /// At the party that lost its share.
    Rebuilt {
        /// The share, marked. Store it before anything else.
        share: Box<Gated<KeyShare<S>>>,
        /// The highest epoch that a helper says it signed for ([`repair::Rebuilt::highest_signed`]).
        highest_signed: u32,
    },
}

/// The outcome of a run that makes an epoch.
fn entered<S: Scheme>(public: &PublicKey<S>) -> Vec<[u8; 32]> {
    alloc::vec![outcome(&public.epoch_id())]
}

impl<S: Scheme> sealed::Sealed for Refresh<S> {}

/// What comes out is public: the share waits in the record of epochs for the certificate.
impl<S: Scheme> Guarded for Refresh<S> {
    type Kept = PublicKey<S>;
    const DECISIVE: u8 = 1;

    fn guard(share: KeyShare<S>) -> (PublicKey<S>, Vec<[u8; 32]>) {
        (share.public().clone(), entered(share.public()))
    }
}

impl<S: Scheme> sealed::Sealed for Reshare<S> {}

/// As with a refresh.
impl<S: Scheme> Guarded for Reshare<S> {
    type Kept = PublicKey<S>;
    const DECISIVE: u8 = 1;

    fn guard(seat: Seat<S>) -> (PublicKey<S>, Vec<[u8; 32]>) {
        (seat.public().clone(), entered(seat.public()))
    }
}

impl<S: Scheme> sealed::Sealed for Repair<S> {}

impl<S: Scheme> Guarded for Repair<S> {
    type Kept = Repaired<S>;
    const DECISIVE: u8 = 1;

    fn guard(ended: repair::Outcome<S>) -> (Repaired<S>, Vec<[u8; 32]>) {
        match ended.rebuilt() {
            None => (Repaired::Helped, alloc::vec![outcome(b"helped")]),
            Some(rebuilt) => {
                let (outcomes, highest_signed) = (entered(rebuilt.share.public()), rebuilt.highest_signed());
                let share = Box::new(Gated::new(rebuilt.share));
                (Repaired::Rebuilt { share, highest_signed }, outcomes)
            }
        }
    }
}

/// What an export was not: the shares, as they were, and the approved request.
#[cfg(feature = "hazmat")]
pub type NotExported<S> = Box<Unopened<Vec<Gated<KeyShare<S>>>>>;

/// Puts the key's secret together at one place, as [`crate::key::export`] says, for a request that asks for it. The request is committed before
/// the secret is there, with the outcome `TH("outcome"; "exported")`. The shares come back burned, and are no longer gated, since they do
/// nothing any more.
///
/// # Errors
/// [`Unopened`] with the shares as they were.
#[cfg(feature = "hazmat")]
pub fn export<S: Scheme>(
    shares: Vec<Gated<KeyShare<S>>>,
    approved: Approved<SigningRequest>,
    stores: &mut crate::approval::gate::Stores<'_>,
    now: u64,
) -> Result<crate::key::Exported<S>, NotExported<S>> {
    use crate::approval::gate::Closing;
    let fits = |shares: &[Gated<KeyShare<S>>]| match shares.first() {
        Some(first) => {
            let run_is = (&[][..], approved.session(), shares.len());
            admit(core::slice::from_ref(&approved), Action::Export, first.public(), run_is, now)
        }
        None => Err(crate::error::SetupError::Malformed("list of shares").into()),
    };
    if let Err(error) = fits(&shares) {
        return Err(Unopened::new(error, alloc::vec![approved], shares));
    }
    let ticket = approved.spend();
    if let Err(error) = ticket.close(Closing::Done(&outcome(b"exported")), stores, now) {
        return Err(Unopened::new(error, Vec::new(), shares));
    }
    let (bare, uses): (_, Vec<_>) = shares.into_iter().map(|Gated(share, uses)| (share, uses)).unzip();
    crate::key::export(bare).map_err(|(error, shares)| {
        let shares = shares.into_iter().zip(uses).map(|(share, uses)| Gated(share, uses));
        Unopened::new(error.into(), Vec::new(), shares.collect())
    })
}
