//! ECDSA behind the gate.

use alloc::boxed::Box;
use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::open::{Unopened, check, open, session_of};
use super::session::{GatedSession, Guarded, sealed};
use super::{Gated, Holds};
use crate::approval::gate::{Approved, GateError, outcome};
use crate::approval::request::{Action, SigningRequest, ToSign};
use crate::ecdsa::{
    Batch, Digest, EcdsaScheme, Message, Online, Prehashed, Presign, PresignTask, Presignature, Sign,
    SignBatch, Signature, Task,
};
use crate::key::{KeyShare, Path};
use crate::pairing::Pairings;
use crate::party::Parties;
use crate::wire::SessionId;

const SIGNS: &[Action] = &[Action::Sign, Action::SignRaw];

/// What comes out of an opening.
type Opened<P> = Result<GatedSession<P>, Box<Unopened>>;

/// A presignature that was not spent, or was, and the approved request.
pub type NotOnline<S> = Box<Unopened<Option<Gated<Presignature<S>>>>>;

/// Opens signing in three rounds, by exactly `t` signers, for one request.
///
/// # Errors
/// [`Unopened`], with [`GateError`] of G3 to G5, or [`GateError::Setup`] as [`Task::new`] and [`Sign::start`] say.
pub fn sign<S: EcdsaScheme, H: Holds<S>>(
    share: &Gated<H>,
    signers: Parties,
    pairings: &Pairings,
    approved: Approved<SigningRequest>,
    now: u64,
    rng: &mut dyn CryptoRng,
) -> Opened<Sign<S>> {
    open(alloc::vec![approved], |approved| {
        share.1.messages()?;
        let share = share.0.share()?;
        let [one] = approved else { return Err(GateError::WrongSetup) };
        let (path, digest) = order(one, share, signers.len(), now)?;
        let task = Task::new(share.public(), signers, path, digest, one.session())?;
        Ok(Sign::start(share, task, pairings, rng)?)
    })
}

/// Opens signing for many requests at once, one signature each, in the order of their hashes. They were decided for one session id.
///
/// # Errors
/// As [`sign`], for the first request that does not fit; none is spent then.
pub fn sign_batch<S: EcdsaScheme, H: Holds<S>>(
    share: &Gated<H>,
    signers: Parties,
    pairings: &Pairings,
    mut approved: Vec<Approved<SigningRequest>>,
    now: u64,
    rng: &mut dyn CryptoRng,
) -> Opened<SignBatch<S>> {
    approved.sort_by_key(|one| *one.request().hash());
    open(approved, |approved| {
        share.1.messages()?;
        let share = share.0.share()?;
        let session = session_of(approved)?;
        let orders = approved.iter().map(|one| order(one, share, signers.len(), now));
        let orders = orders.collect::<Result<Vec<_>, _>>()?;
        let task = Batch::new(share.public(), signers, orders, session)?;
        Ok(SignBatch::start(share, task, pairings, rng)?)
    })
}

/// Opens presigning, which signs nothing and so needs no request. What comes out is spent by [`online`] alone.
///
/// # Errors
/// [`GateError::Setup`], as [`PresignTask::new`] and [`Presign::start`] say. The session id is unique per run.
pub fn presign<S: EcdsaScheme, H: Holds<S>>(
    share: &Gated<H>,
    signers: Parties,
    pairings: &Pairings,
    (path, count): (&Path, usize),
    session: SessionId,
    rng: &mut dyn CryptoRng,
) -> Result<GatedSession<Presign<S>>, GateError> {
    share.1.messages()?;
    let share = share.0.share()?;
    let task = PresignTask::new(share.public(), signers, path, count, session)?;
    Ok(GatedSession::new(Presign::start(share, task, pairings, rng)?, Vec::new()))
}

/// Opens signing with a presignature, in one round. It must be of the request's key, epoch and path, and the request must have the message
/// itself: whoever chooses a hash after the nonce point is known forges.
///
/// # Errors
/// [`Unopened`], with [`GateError`] of G3 to G5, and the presignature; or without it, which is spent then, [`GateError::Setup`] as
/// [`Online::start`] says.
pub fn online<S: EcdsaScheme, H: Holds<S>>(
    share: &Gated<H>,
    presignature: Gated<Presignature<S>>,
    pairings: &Pairings,
    approved: Approved<SigningRequest>,
    now: u64,
) -> Result<GatedSession<Online<S>>, NotOnline<S>> {
    let message = match check_presignature(share, &presignature.0, &approved, now) {
        Ok(message) => message,
        Err(error) => return Err(Unopened::new(error, alloc::vec![approved], Some(presignature))),
    };
    let session = share
        .0
        .share()
        .and_then(|share| Online::start(presignature.0, share, pairings, message, approved.session()));
    match session {
        Ok(session) => Ok(GatedSession::new(session, alloc::vec![approved])),
        Err(error) => Err(Unopened::new(error.into(), alloc::vec![approved], None)),
    }
}

fn check_presignature<S: EcdsaScheme, H: Holds<S>>(
    share: &Gated<H>,
    presignature: &Presignature<S>,
    approved: &Approved<SigningRequest>,
    now: u64,
) -> Result<Message, GateError> {
    share.1.messages()?;
    let share = share.0.share()?;
    // A burned share signs nothing, with what was presigned before neither.
    share.check_standing(false)?;
    check(approved, SIGNS, share.public(), now)?;
    approved.check_signers(presignature.signers().len())?;
    // [G3] of this key and epoch
    let ours = (presignature.key_id(), presignature.epoch_id());
    if ours != (share.public().key_id(), &share.public().epoch_id()) {
        return Err(GateError::WrongKey);
    }
    // [G4] of the request's path, and a message that is hashed here
    if presignature.path().indices() != approved.request().path() {
        return Err(GateError::WrongContent);
    }
    message(approved.request()).ok_or(GateError::WrongContent)
}

/// What one request wants signed, checked against the share.
fn order<S: EcdsaScheme>(
    approved: &Approved<SigningRequest>,
    share: &KeyShare<S>,
    signers: usize,
    now: u64,
) -> Result<(Path, Digest), GateError> {
    check(approved, SIGNS, share.public(), now)?;
    approved.check_signers(signers)?;
    let request = approved.request();
    // [G4] path and digest are the request's
    let digest = match (message(request), request.to_sign()) {
        (Some(message), _) => message.into(),
        (None, Some(ToSign::Prehashed(digest))) => Prehashed::new(digest).into(),
        _ => return Err(GateError::WrongContent),
    };
    Ok((Path::new(request.path().iter().copied())?, digest))
}

/// The message, if it is one that is hashed here.
fn message(request: &SigningRequest) -> Option<Message> {
    match request.to_sign()? {
        ToSign::Sha256(bytes) => Some(Message::sha256(bytes)),
        ToSign::DoubleSha256(bytes) => Some(Message::sha256d(bytes)),
        ToSign::Keccak256(bytes) => Some(Message::keccak256(bytes)),
        _ => None,
    }
}

fn done<S: EcdsaScheme>(signature: &Signature<S>) -> [u8; 32] {
    outcome(&signature.to_bytes())
}

macro_rules! guarded {
    ($protocol:ident, $decisive:expr, $kept:ty, $guard:expr) => {
        impl<S: EcdsaScheme> sealed::Sealed for $protocol<S> {}

        impl<S: EcdsaScheme> Guarded for $protocol<S> {
            type Kept = $kept;
            const DECISIVE: u8 = $decisive;

            fn guard(output: Self::Output) -> (Self::Kept, Vec<[u8; 32]>) {
                $guard(output)
            }
        }
    };
}

guarded!(Sign, 3, Signature<S>, |signature: Signature<S>| (signature, alloc::vec![done(&signature)]));
guarded!(SignBatch, 3, Vec<Signature<S>>, |signatures: Vec<Signature<S>>| {
    let outcomes = signatures.iter().map(done).collect();
    (signatures, outcomes)
});
guarded!(Online, 1, Signature<S>, |signature: Signature<S>| (signature, alloc::vec![done(&signature)]));
// It carries no requests.
guarded!(Presign, 1, Vec<Gated<Presignature<S>>>, |made: Vec<Presignature<S>>| {
    (made.into_iter().map(Gated::new).collect(), Vec::new())
});
