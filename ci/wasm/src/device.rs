//! The device: what it holds, and what it can be asked for.

use alloc::boxed::Box;
use alloc::vec::Vec;

use quorate::curve::{FrostEd25519, Scheme};
use quorate::dkg::{self, Dkg};
use quorate::error::SetupError;
use quorate::frost;
use quorate::identity::{IdentityKey, PublicIdentity, Roster};
use quorate::key::KeyShare;
use quorate::party::{Parties, PartyId, Threshold};
use quorate::session::{AlreadySpent, Session, SpendOnce, State};
use quorate::wire::SessionId;
#[cfg(feature = "ecdsa")]
use {
    quorate::curve::EcdsaSecp256k1,
    quorate::ecdsa::{self, Message},
    quorate::key::Path,
    quorate::pairing::{self, Pair, Pairing, Pairings},
};

use crate::platform::HostRng;
use crate::run::{Run, Running};

/// What a run gives.
pub(crate) enum Outcome {
    Ed25519(KeyShare<FrostEd25519>),
    #[cfg(feature = "ecdsa")]
    Secp256k1(KeyShare<EcdsaSecp256k1>),
    #[cfg(feature = "ecdsa")]
    Paired(Pairing),
    Signature(Vec<u8>),
}

/// Why a call failed.
#[derive(Clone, Copy)]
pub(crate) enum Failure {
    /// Out of turn, or what was given has not the right form.
    Usage = -1,
    /// The run cannot start.
    Setup = -2,
    /// A message was refused.
    Refused = -3,
    /// The run is over.
    Aborted = -4,
}

impl Failure {
    pub(crate) const fn code(self) -> i32 {
        self as i32
    }
}

impl From<SetupError> for Failure {
    fn from(_: SetupError) -> Self {
        Self::Setup
    }
}

pub(crate) struct Device {
    pub(crate) buffer: Vec<u8>,
    key: Option<IdentityKey>,
    place: Option<(PartyId, Roster)>,
    run: Option<Box<dyn Run>>,
    ed25519: Option<KeyShare<FrostEd25519>>,
    #[cfg(feature = "ecdsa")]
    secp256k1: Option<KeyShare<EcdsaSecp256k1>>,
    #[cfg(feature = "ecdsa")]
    pairings: Pairings,
}

impl Device {
    pub(crate) const fn new() -> Self {
        Self {
            buffer: Vec::new(),
            key: None,
            place: None,
            run: None,
            ed25519: None,
            #[cfg(feature = "ecdsa")]
            secp256k1: None,
            #[cfg(feature = "ecdsa")]
            pairings: Pairings::new(),
        }
    }

    pub(crate) fn identity(&mut self) -> Result<(), Failure> {
        let key = self.key.insert(IdentityKey::generate(&mut HostRng));
        self.buffer = key.public().0.to_vec();
        Ok(())
    }

    pub(crate) fn roster(&mut self, me: u32) -> Result<(), Failure> {
        let identities = self.buffer.as_chunks::<32>().0;
        let member = |(bytes, number)| Ok((party(number)?, PublicIdentity(bytes)));
        let members: Vec<_> =
            identities.iter().copied().zip(1..).map(member).collect::<Result<_, Failure>>()?;
        self.place = Some((party(me)?, Roster::new(members)?));
        Ok(())
    }

    fn start<S: State + 'static>(
        &mut self,
        session: Session<S>,
        outcome: fn(S::Output) -> Outcome,
    ) -> Result<(), Failure> {
        self.run = Some(Box::new(Running { session, sent: 0, outcome, other: None }));
        Ok(())
    }

    fn keygen<S: Scheme>(&mut self, outcome: fn(KeyShare<S>) -> Outcome) -> Result<(), Failure>
    where
        Dkg<S>: State<Output = KeyShare<S>> + 'static,
    {
        let (me, roster) = self.place.as_ref().ok_or(Failure::Usage)?;
        let threshold = Threshold::new(2, roster.len() as u16)?;
        let run = dkg::Run::<S>::new(threshold, roster.clone(), self.session()?.0)?;
        let session = Dkg::start(&run, *me, &mut Fresh, &mut HostRng)?;
        self.start(session, outcome)
    }

    pub(crate) fn keygen_ed25519(&mut self) -> Result<(), Failure> {
        self.keygen(Outcome::Ed25519)
    }

    pub(crate) fn sign_ed25519(&mut self, with: u32) -> Result<(), Failure> {
        let share = self.ed25519.as_ref().ok_or(Failure::Usage)?;
        let (session, message) = self.session()?;
        let signers = Parties::new([share.id(), party(with)?])?;
        let task = frost::Task::new(share.public(), signers, message, session)?;
        let session = frost::Sign::start(share, task, &mut HostRng)?;
        self.start(session, |signature| Outcome::Signature(signature.to_bytes().to_vec()))
    }

    /// The session id that the caller gave, and what followed it.
    fn session(&self) -> Result<(SessionId, &[u8]), Failure> {
        let (id, rest) = self.buffer.split_first_chunk().ok_or(Failure::Usage)?;
        Ok((SessionId(*id), rest))
    }

    pub(crate) fn send(&mut self) -> Option<u16> {
        let (to, message) = self.run.as_mut()?.send(self.key.as_ref()?, &self.place.as_ref()?.1)?;
        self.buffer = message;
        Some(to)
    }

    pub(crate) fn receive(&mut self, from: u32) -> Result<(), Failure> {
        let (run, (_, roster)) = self.run.as_mut().zip(self.place.as_ref()).ok_or(Failure::Usage)?;
        run.receive(roster, party(from)?, &self.buffer)
    }

    pub(crate) fn advance(&mut self) -> Result<bool, Failure> {
        let (run, key) = self.run.as_mut().zip(self.key.as_ref()).ok_or(Failure::Usage)?;
        let Some(outcome) = run.advance(key)? else { return Ok(false) };
        self.buffer = match outcome {
            Outcome::Signature(bytes) => bytes,
            Outcome::Ed25519(share) => self.ed25519.insert(share).public().public_key(),
            #[cfg(feature = "ecdsa")]
            Outcome::Secp256k1(share) => self.secp256k1.insert(share).public().public_key(),
            #[cfg(feature = "ecdsa")]
            Outcome::Paired(pairing) => {
                let id = pairing.id().to_vec();
                drop(self.pairings.insert(pairing));
                id
            }
        };
        Ok(true)
    }
}

#[cfg(feature = "ecdsa")]
impl Device {
    pub(crate) fn keygen_secp256k1(&mut self) -> Result<(), Failure> {
        self.keygen(Outcome::Secp256k1)
    }

    pub(crate) fn pair(&mut self, with: u32) -> Result<(), Failure> {
        let (me, roster) = self.place.as_ref().ok_or(Failure::Usage)?;
        let number = party(with)?;
        let [own, peer] = [*me, number].map(|id| roster.identity(id).ok_or(Failure::Usage));
        let (own, peer, id) = (own?, peer?, self.session()?.0);
        let other = Some((pairing::Run::new(own, peer, id)?.peer_id(), number));
        let session = Pair::start(own, peer, id, &mut Fresh, &mut HostRng)?;
        self.run = Some(Box::new(Running { session, sent: 0, outcome: Outcome::Paired, other }));
        Ok(())
    }

    pub(crate) fn sign_secp256k1(&mut self, with: u32) -> Result<(), Failure> {
        let share = self.secp256k1.as_ref().ok_or(Failure::Usage)?;
        let (session, message) = self.session()?;
        let signers = Parties::new([share.id(), party(with)?])?;
        let message = Message::sha256(message);
        let task = ecdsa::Task::new(share.public(), signers, Path::default(), message, session)?;
        let session = ecdsa::Sign::start(share, task, &self.pairings, &mut HostRng)?;
        self.start(session, |signature| Outcome::Signature(signature.to_bytes().to_vec()))
    }
}

fn party(number: u32) -> Result<PartyId, Failure> {
    let number = u16::try_from(number).map_err(|_| Failure::Usage)?;
    Ok(PartyId::new(number)?)
}

/// The host draws session ids at random and lives for one run of each; a wallet records them.
struct Fresh;

impl SpendOnce for Fresh {
    fn spend(&mut self, _: &[u8; 32], _: u32) -> Result<(), AlreadySpent> {
        Ok(())
    }
}
