//! What a device does, from what it has stored.

use alloc::vec::Vec;

use quorate::curve::{EcdsaSecp256k1, FrostEd25519};
use quorate::dkg::{self, Dkg};
use quorate::ecdsa::{self, Message};
use quorate::frost;
use quorate::identity::{IdentityKey, PublicIdentity, Roster};
use quorate::key::{KeyShare, Path};
use quorate::pairing::{Opening, Pair, Pairing, Pairings};
use quorate::party::{Parties, PartyId, Threshold};
use quorate::secret::Secret;
use quorate::session::{AlreadySpent, SpendOnce, State};
use quorate::wire::SessionId;

use crate::party::{Identity, Party, rng};

/// What both signatures are of.
pub const MESSAGE: &[u8] = b"two of three, one of them without an operating system";

pub trait Scene {
    type Stored;
    type Protocol: State;
    /// What a device does on starting, and after each turn of the others.
    const TURNS: &'static [&'static str];

    /// Reads what is stored.
    fn load(stored: &[&[u8]]) -> Self::Stored;

    fn start(me: PartyId, stored: Self::Stored) -> Party<Self::Protocol>;

    /// The result, as bytes to compare.
    fn result(output: &<Self::Protocol as State>::Output) -> Vec<u8>;
}

/// 1 and 2 of 1, 2 and 3.
pub fn signers() -> Parties {
    Parties::from_numbers([1, 2]).expect("two ids")
}

/// The path of the ECDSA key.
pub fn path() -> Path {
    Path::new([0, 7]).expect("not hardened")
}

/// A FROST(Ed25519, SHA-512) signature. Stored: the share.
pub struct Frost;

impl Scene for Frost {
    type Stored = KeyShare<FrostEd25519>;
    type Protocol = frost::Sign<FrostEd25519>;
    const TURNS: &'static [&'static str] = &["commit", "sign share", "aggregate, verify"];

    fn load(stored: &[&[u8]]) -> Self::Stored {
        KeyShare::from_bytes(stored[0]).expect("a share")
    }

    fn start(me: PartyId, share: Self::Stored) -> Party<Self::Protocol> {
        let session = SessionId([1; 16]);
        let task = frost::Task::new(share.public(), signers(), MESSAGE, session).expect("a task");
        let mut rng = rng(me);
        Party::new(frost::Sign::start(&share, task, &mut rng).expect("a signer"), None, rng)
    }

    fn result(signature: &frost::Ed25519Signature) -> Vec<u8> {
        signature.to_bytes().to_vec()
    }
}

/// An ECDSA signature on secp256k1 under a derived key. Stored: the share, the pairing.
pub struct Ecdsa;

impl Scene for Ecdsa {
    type Stored = (KeyShare<EcdsaSecp256k1>, Pairings);
    type Protocol = ecdsa::Sign<EcdsaSecp256k1>;
    const TURNS: &'static [&'static str] =
        &["commit", "round 1: open, multiply", "round 2: check, fragments", "round 3: add up, verify"];

    fn load(stored: &[&[u8]]) -> Self::Stored {
        let mut pairings = Pairings::new();
        assert!(pairings.insert(open(stored[1])).is_none());
        (KeyShare::from_bytes(stored[0]).expect("a share"), pairings)
    }

    fn start(me: PartyId, (share, pairings): Self::Stored) -> Party<Self::Protocol> {
        let (message, session) = (Message::sha256(MESSAGE), SessionId([2; 16]));
        let task = ecdsa::Task::new(share.public(), signers(), path(), message, session).expect("a task");
        let mut rng = rng(me);
        Party::new(ecdsa::Sign::start(&share, task, &pairings, &mut rng).expect("a signer"), None, rng)
    }

    fn result(signature: &ecdsa::Signature<EcdsaSecp256k1>) -> Vec<u8> {
        signature.to_bytes_recoverable().to_vec()
    }
}

fn open(stored: &[u8]) -> Pairing {
    let opening = Opening::load(Secret::new(stored.to_vec())).expect("a pairing");
    let form = opening.to_store(); // a real device writes it to its flash here
    opening.stored(&form).expect("the same form")
}

/// Pairing two devices. Stored: the own identity, the peer's.
pub struct Pairs;

impl Scene for Pairs {
    type Stored = [PublicIdentity; 2];
    type Protocol = Pair;
    const TURNS: &'static [&'static str] = &["commit", "round 1", "round 2", "round 3", "round 4"];

    fn load(stored: &[&[u8]]) -> Self::Stored {
        [0, 1].map(|at| identity(stored[at]))
    }

    fn start(me: PartyId, [own, peer]: Self::Stored) -> Party<Self::Protocol> {
        let mut rng = rng(me);
        let session = Pair::start(own, peer, SessionId([3; 16]), &mut Nothing, &mut rng);
        Party::new(session.expect("two devices"), None, rng)
    }

    fn result(pairing: &Pairing) -> Vec<u8> {
        pairing.store().expose().clone()
    }
}

/// 2-of-3 key generation for Ed25519, its envelopes and certificate included. Stored: the seed of the own identity key, and all identities.
pub struct Keygen;

impl Scene for Keygen {
    type Stored = Identity;
    type Protocol = Dkg<FrostEd25519>;
    const TURNS: &'static [&'static str] =
        &["commit", "round 1: reveal", "round 2: check, certify", "round 3: check the certificate"];

    fn load(stored: &[&[u8]]) -> Self::Stored {
        let (seed, identities) = stored.split_first().expect("a seed");
        let key = IdentityKey::from_seed(Secret::new((*seed).try_into().expect("32 bytes")));
        let member =
            |(bytes, number): (&&[u8], u16)| (PartyId::new(number).expect("not zero"), identity(bytes));
        Identity { roster: Roster::new(identities.iter().zip(1..).map(member)).expect("a roster"), key }
    }

    fn start(me: PartyId, identity: Self::Stored) -> Party<Self::Protocol> {
        let threshold = Threshold::new(2, 3).expect("two of three");
        let run = dkg::Run::new(threshold, identity.roster.clone(), SessionId([4; 16])).expect("a run");
        let mut rng = rng(me);
        let session = Dkg::start(&run, me, &mut Nothing, &mut rng).expect("a member");
        Party::new(session, Some(identity), rng)
    }

    fn result(share: &KeyShare<FrostEd25519>) -> Vec<u8> {
        share.to_bytes().expose().clone()
    }
}

fn identity(bytes: &[u8]) -> PublicIdentity {
    PublicIdentity(bytes.try_into().expect("32 bytes"))
}

/// Takes everything: a script is played once.
struct Nothing;

impl SpendOnce for Nothing {
    fn spend(&mut self, _: &[u8; 32], _: u32) -> Result<(), AlreadySpent> {
        Ok(())
    }
}
