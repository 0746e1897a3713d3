//! FROST behind the gate.

use alloc::boxed::Box;
use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::open::{Unopened, check, open};
use super::session::{GatedSession, Guarded, sealed};
use super::{Gated, Holds};
use crate::approval::gate::{Approved, GateError, outcome};
use crate::approval::request::{Action, SigningRequest, ToSign};
use crate::error::SetupError;
use crate::frost::{Cosigner, Sign, SigningNonces, Suite, Task};
use crate::key::KeyShare;
use crate::party::{Parties, PartyId};

/// A suite whose keys sign requests: how path and tweak of a request make a task. Sealed.
pub trait Requested: Suite + sealed::Sealed {
    #[doc(hidden)]
    fn shape(task: Task<Self>, request: &SigningRequest) -> Result<Task<Self>, GateError>;
    #[doc(hidden)]
    fn bytes(signature: &Self::Signature) -> Vec<u8>;
}

/// Opens signing where everybody sends to everybody, by at least `t` signers.
///
/// # Errors
/// [`Unopened`], with [`GateError`] of G3 to G5, or [`GateError::Setup`] as [`Task::new`] and [`Sign::start`] say.
pub fn sign<S: Requested, H: Holds<S>>(
    share: &Gated<H>,
    signers: Parties,
    approved: Approved<SigningRequest>,
    now: u64,
    rng: &mut dyn CryptoRng,
) -> Result<GatedSession<Sign<S>>, Box<Unopened>> {
    open(alloc::vec![approved], |approved| {
        let share = share.0.share()?;
        let task = task(approved, share, signers, now)?;
        Ok(Sign::start(share, task, rng)?)
    })
}

/// Nonces made ahead, whose commitments a coordinator gets. They sign nothing without the share.
///
/// # Errors
/// [`SetupError::ShareMissing`] if the record has no share.
pub fn nonces<S: Suite, H: Holds<S>>(
    share: &Gated<H>,
    rng: &mut dyn CryptoRng,
) -> Result<SigningNonces<S>, SetupError> {
    Ok(SigningNonces::generate(share.0.share()?.into(), rng))
}

/// Opens signing for a coordinator, with nonces whose commitments it has. The nonces are spent, also by a failure.
///
/// # Errors
/// As [`sign`], and [`GateError::Setup`] as [`Cosigner::start`] says.
pub fn cosign<S: Requested, H: Holds<S>>(
    share: &Gated<H>,
    signers: Parties,
    coordinator: PartyId,
    nonces: SigningNonces<S>,
    approved: Approved<SigningRequest>,
    now: u64,
) -> Result<GatedSession<Cosigner<S>>, Box<Unopened>> {
    open(alloc::vec![approved], |approved| {
        let share = share.0.share()?;
        let task = task(approved, share, signers, now)?;
        Ok(Cosigner::start(share, task, coordinator, nonces)?)
    })
}

/// The task of a request, checked against the share.
fn task<S: Requested>(
    approved: &[Approved<SigningRequest>],
    share: &KeyShare<S>,
    signers: Parties,
    now: u64,
) -> Result<Task<S>, GateError> {
    let [one] = approved else { return Err(GateError::WrongSetup) };
    check(one, &[Action::Sign, Action::SignRaw], share.public(), now)?;
    one.check_signers(signers.len())?;
    let request = one.request();
    let key = share.public();
    // [G4] message, path and tweak are the request's
    let task = match request.to_sign() {
        Some(ToSign::Message(bytes)) => Task::new(key, signers, bytes, one.session()),
        Some(ToSign::TapSighash(hash) | ToSign::Prehashed(hash)) => {
            Task::new(key, signers, &hash, one.session())
        }
        _ => return Err(GateError::WrongContent),
    };
    S::shape(task?, request)
}

impl<S: Requested> sealed::Sealed for Sign<S> {}

impl<S: Requested> Guarded for Sign<S> {
    type Kept = S::Signature;
    const DECISIVE: u8 = 2;

    fn guard(signature: S::Signature) -> (S::Signature, Vec<[u8; 32]>) {
        let outcomes = alloc::vec![outcome(&S::bytes(&signature))];
        (signature, outcomes)
    }
}

impl<S: Requested> sealed::Sealed for Cosigner<S> {}

/// A cosigner does not see the signature: the outcome is a word.
impl<S: Requested> Guarded for Cosigner<S> {
    type Kept = ();
    const DECISIVE: u8 = 2;

    fn guard((): ()) -> ((), Vec<[u8; 32]>) {
        ((), alloc::vec![outcome(b"cosigned")])
    }
}

/// Without derivation: the request's path is empty, by its own checks, and here again.
#[cfg(any(feature = "ed25519", feature = "ristretto255"))]
fn whole<S: Suite>(task: Task<S>, request: &SigningRequest) -> Result<Task<S>, GateError> {
    if request.path().is_empty() && request.tweak().is_empty() {
        Ok(task)
    } else {
        Err(GateError::WrongContent)
    }
}

#[cfg(any(feature = "secp256k1", feature = "p256"))]
fn derived<S: Suite + crate::key::Derive>(
    task: Task<S>,
    request: &SigningRequest,
) -> Result<Task<S>, GateError> {
    Ok(task.path(crate::key::Path::new(request.path().iter().copied())?)?)
}

macro_rules! requested {
    ($feature:literal, $scheme:ident, $shape:expr, $bytes:expr) => {
        #[cfg(feature = $feature)]
        impl sealed::Sealed for crate::curve::$scheme {}

        #[cfg(feature = $feature)]
        impl Requested for crate::curve::$scheme {
            fn shape(task: Task<Self>, request: &SigningRequest) -> Result<Task<Self>, GateError> {
                $shape(task, request)
            }

            fn bytes(signature: &Self::Signature) -> Vec<u8> {
                $bytes(signature)
            }
        }
    };
}

requested!("ed25519", FrostEd25519, whole, |signature: &Self::Signature| signature.to_bytes().to_vec());
requested!("ristretto255", FrostRistretto255, whole, |signature: &Self::Signature| signature
    .as_bytes()
    .to_vec());
requested!("secp256k1", FrostSecp256k1, derived, |signature: &Self::Signature| signature.as_bytes().to_vec());
requested!("p256", FrostP256, derived, |signature: &Self::Signature| signature.as_bytes().to_vec());
requested!("secp256k1", FrostTaproot, taproot, |signature: &Self::Signature| signature.to_bytes().to_vec());

/// The BIP-32 path first, then the output key's tweak.
#[cfg(feature = "secp256k1")]
fn taproot(
    task: Task<crate::curve::FrostTaproot>,
    request: &SigningRequest,
) -> Result<Task<crate::curve::FrostTaproot>, GateError> {
    use crate::frost::Taproot;
    let tweak = match request.tweak() {
        [] => Taproot::Untweaked,
        [1] => Taproot::KeyPath,
        [2, root @ ..] => Taproot::ScriptRoot(root.try_into().map_err(|_| GateError::WrongContent)?),
        _ => return Err(GateError::WrongContent),
    };
    Ok(derived(task, request)?.taproot(tweak)?)
}
