//! Proof that `quorate` and all that it links need no std.
//!
//! This static library brings its own panic handler. std has one too, and two in one program are error E0152: so
//! `cargo check` fails here as soon as any linked crate links std.
#![no_std]

extern crate alloc;

use core::alloc::{GlobalAlloc, Layout};

use quorate::channel::{self, Content, Event, Opened, Peers};
use quorate::cluster::Cluster;
use quorate::curve::{
    EcdsaP256, EcdsaSecp256k1, FrostEd25519, FrostP256, FrostRistretto255, FrostSecp256k1, FrostTaproot,
    Scheme,
};
use quorate::dkg::{self, Dkg};
use quorate::ecdsa::{
    self, Batch, EcdsaScheme, Message, Online, Presign, PresignTask, Presignature, SignBatch,
};
use quorate::error::{ResumeError, SetupError};
use quorate::frost::{Sign, Suite, Taproot, Task, taproot, zf};
use quorate::identity::{IdentityKey, PublicIdentity};
use quorate::import::{self, Import};
use quorate::key::epoch::Epochs;
use quorate::key::{KeyShare, Network, Path, PublicKey, Xpub, derive};
use quorate::keyset::{self, AnyShare, Bundle, KeySet};
use quorate::pairing::{Opening, Pair, Pairing, Pairings};
use quorate::party::{Parties, PartyId};
use quorate::refresh::{self, Refresh};
use quorate::repair::{self, Repair};
use quorate::reshare::{self, Reshare};
use quorate::secret::Secret;
use quorate::session::{Session, SpendOnce, State, Status};
use quorate::vault::backup::{self, BackupError, Item, Known};
use quorate::vault::prf::{self, Label, Prf, SinglePrfSlot};
use quorate::vault::{
    self, EpochRule, Expect, Kdf, KeyWrap, Limits, Rollback, SlotChange, SlotKey, SlotSpec, Stored,
    VaultError,
};
use quorate::wire::SessionId;
use rand_core::CryptoRng;

/// Never called: what is named here is linked.
pub fn key_generation(
    run: &keyset::Run,
    me: PartyId,
    witness: &mut dyn SpendOnce,
    rng: &mut dyn CryptoRng,
) -> Option<Bundle> {
    output(&mut KeySet::start(run, me, witness, rng).ok()?, rng)
}

/// Never called: what is named here is linked.
pub fn lives(
    all: Bundle,
    parties: &Parties,
    session: SessionId,
    witness: &mut dyn SpendOnce,
    rng: &mut dyn CryptoRng,
) -> Option<()> {
    fn life<S: Scheme>(
        share: KeyShare<S>,
        parties: &Parties,
        session: SessionId,
        witness: &mut dyn SpendOnce,
        rng: &mut dyn CryptoRng,
    ) -> Option<()> {
        let (me, key) = (share.id(), share.public().clone());
        let (threshold, roster) = (key.threshold(), key.roster().clone());
        let run = dkg::Run::<S>::new(threshold, roster.clone(), session).ok()?;
        output(&mut Dkg::start(&run, me, witness, rng).ok()?, rng)?;
        let run = refresh::Run::new(&key, 1, session).ok()?;
        output(&mut Refresh::start(&run, &share, witness, rng).ok()?, rng)?;
        let run = reshare::Run::new(&key, parties.clone(), roster.clone(), 2, session).ok()?;
        output(&mut Reshare::deal(&run, &share, witness, rng).ok()?, rng)?;
        let dealer = (me, roster.identity(me)?);
        let run = import::Run::<S>::whole(threshold, roster, &key.public_key(), dealer, session).ok()?;
        output(&mut Import::receive(&run, me, witness, rng).ok()?, rng)?;
        let run = repair::Run::new(&key, me, parties.clone(), session).ok()?;
        output(&mut Repair::help(&run, &share, None, rng).ok()?, rng)?;
        let mut epochs = Epochs::new(share);
        drop(epochs.enter(key.certificate()).ok()?);
        Epochs::<S>::from_bytes(epochs.to_bytes().expose()).map(drop)
    }
    for share in all.into_shares() {
        match share {
            AnyShare::EcdsaSecp256k1(share) => life(share, parties, session, witness, rng)?,
            AnyShare::EcdsaP256(share) => life(share, parties, session, witness, rng)?,
            AnyShare::FrostEd25519(share) => life(share, parties, session, witness, rng)?,
            AnyShare::FrostTaproot(share) => life(share, parties, session, witness, rng)?,
            AnyShare::FrostP256(share) => life(share, parties, session, witness, rng)?,
            AnyShare::FrostRistretto255(share) => life(share, parties, session, witness, rng)?,
            AnyShare::FrostSecp256k1(share) => life(share, parties, session, witness, rng)?,
            _ => return None,
        }
    }
    Some(())
}

/// Never called: what is named here is linked.
pub fn signing(
    ed25519: (&KeyShare<FrostEd25519>, Task<FrostEd25519>),
    p256: (&KeyShare<FrostP256>, Task<FrostP256>),
    ristretto255: (&KeyShare<FrostRistretto255>, Task<FrostRistretto255>),
    secp256k1: (&KeyShare<FrostSecp256k1>, Task<FrostSecp256k1>),
    path: Path,
    rng: &mut dyn CryptoRng,
) -> Option<alloc::vec::Vec<u8>> {
    fn run<S: Suite>(
        (share, task): (&KeyShare<S>, Task<S>),
        rng: &mut dyn CryptoRng,
    ) -> Option<S::Signature> {
        zf::encode_key_package::<S>(share.into()).ok()?;
        output(&mut Sign::start(share, task, rng).ok()?, rng)
    }
    let mut all = run(ed25519, rng)?.to_bytes().to_vec();
    all.extend_from_slice(run((p256.0, p256.1.path(path).ok()?), rng)?.as_bytes());
    all.extend_from_slice(run(ristretto255, rng)?.as_bytes());
    let key = secp256k1.1.view().public_key().to_vec();
    let last = run(secp256k1, rng)?;
    last.verify(&key, &all).then_some(all)
}

/// Never called: what is named here is linked.
pub fn taproot_signing(
    share: &KeyShare<FrostTaproot>,
    task: Task<FrostTaproot>,
    path: Path,
    rng: &mut dyn CryptoRng,
) -> Option<[u8; 64]> {
    let tweak = Taproot::ScriptRoot([0; 32]);
    let key = taproot::output_key(share.public(), &path, &tweak).ok()?;
    let task = task.path(path).ok()?.taproot(tweak).ok()?;
    let message = task.message().to_vec();
    let signature = output(&mut Sign::start(share, task, rng).ok()?, rng)?.to_bytes();
    taproot::verify(&key, &message, &signature).then_some(signature)
}

/// Never called: what is named here is linked.
pub fn watching(
    key: &PublicKey<EcdsaSecp256k1>,
    other: &PublicKey<FrostEd25519>,
    path: &Path,
) -> Result<(), SetupError> {
    let text = alloc::format!("{}", Xpub::new(key, Network::Main).derive(path)?);
    let read = text.parse::<Xpub>().map_err(|_| SetupError::Malformed("xpub"))?;
    derive(other, path).map(|_| drop(read))
}

/// Never called: what is named here is linked.
pub fn pairing(
    [me, peer]: [PublicIdentity; 2],
    session: SessionId,
    witness: &mut dyn SpendOnce,
    rng: &mut dyn CryptoRng,
) -> Option<Pairing> {
    let mut session = Pair::start(me, peer, session, witness, rng).ok()?;
    let pairing = output(&mut session, rng)?;
    let stored = pairing.store();
    pairing.saved(&stored);
    let opening = Opening::load(pairing.close().ok()?).ok()?;
    let stored = opening.to_store();
    opening.stored(&stored).ok()
}

/// Never called: what is named here is linked.
pub fn ecdsa_on_both_curves(
    shares: (&KeyShare<EcdsaSecp256k1>, &KeyShare<EcdsaP256>),
    pairings: &Pairings,
    tasks: (ecdsa::Task<EcdsaSecp256k1>, ecdsa::Task<EcdsaP256>),
    batch: Batch<EcdsaSecp256k1>,
    rng: &mut dyn CryptoRng,
) -> Option<[[u8; 65]; 3]> {
    let (secp256k1, p256) = shares;
    let one = sign(secp256k1, pairings, tasks.0, rng)?;
    let two = sign(p256, pairings, tasks.1, rng)?;
    let mut many = SignBatch::start(secp256k1, batch, pairings, rng).ok()?;
    let three = output(&mut many, rng)?.first()?.to_bytes_recoverable();
    Some([one, two, three])
}

fn sign<S: EcdsaScheme>(
    share: &KeyShare<S>,
    pairings: &Pairings,
    task: ecdsa::Task<S>,
    rng: &mut dyn CryptoRng,
) -> Option<[u8; 65]> {
    let mut session = ecdsa::Sign::start(share, task, pairings, rng).ok()?;
    let signature = output(&mut session, rng)?;
    (!signature.to_der().is_empty()).then(|| signature.low_s().to_bytes_recoverable())
}

/// Never called: what is named here is linked.
pub fn presigning(
    share: &KeyShare<EcdsaSecp256k1>,
    task: PresignTask<EcdsaSecp256k1>,
    pairings: &Pairings,
    rng: &mut dyn CryptoRng,
) -> Option<Secret<alloc::vec::Vec<u8>>> {
    let mut session = Presign::start(share, task, pairings, rng).ok()?;
    output(&mut session, rng)?.pop().map(Presignature::store)
}

/// Never called: what is named here is linked.
pub fn online(
    stored: &Secret<alloc::vec::Vec<u8>>,
    share: &KeyShare<EcdsaSecp256k1>,
    pairings: &Pairings,
    witness: &mut dyn SpendOnce,
    rng: &mut dyn CryptoRng,
) -> Result<Option<[u8; 64]>, ResumeError> {
    let presignature = Presignature::load(stored, witness)?;
    let message = Message::keccak256(b"linked");
    let session = Online::start(presignature, share, pairings, message, SessionId([0; 16]));
    Ok(session.ok().and_then(|mut session| Some(output(&mut session, rng)?.to_bytes())))
}

/// Never called: what is named here is linked.
pub fn stored(
    share: &KeyShare<FrostEd25519>,
    passphrase: &Secret<alloc::vec::Vec<u8>>,
    wrapper: &mut dyn KeyWrap,
    outputs: [&Secret<alloc::vec::Vec<u8>>; 2],
    rng: &mut dyn CryptoRng,
) -> Result<Secret<[u8; 32]>, BackupError> {
    let limits = Limits::default();
    let prf = Prf::enrolled("example.org", &[1], [2; 32], outputs).map_err(VaultError::from)?;
    let spec = SlotSpec::Prf { prf: &prf, alone: SinglePrfSlot::Refuse };
    let kdf = Kdf::default();
    let slots = alloc::vec![SlotSpec::Passphrase { passphrase, kdf }, spec];
    let sealed = vault::seal(share, 1, slots, rng)?;
    let change = SlotChange::Add(SlotSpec::External { label: "kms", wrapper });
    let sealed = vault::rewrap(&sealed, &SlotKey::Prf(&prf), change, &limits, rng)?;
    let (epoch, rollback) = (EpochRule::Any, Rollback::AtLeast(1));
    let expect = Expect { subject: share.subject(), epoch, rollback };
    let key = SlotKey::Passphrase { slot: 0, passphrase };
    let opened: KeyShare<FrostEd25519> = vault::open(&sealed, &key, &expect, &limits)?;
    let slots = alloc::vec![SlotSpec::Passphrase { passphrase, kdf }];
    let backup = backup::create(&[Item::new(&opened, 1)?], 0, None, slots, rng)?;
    let items = backup::plan(&backup, &key, &Known::NOTHING, &limits, &|_| None)?.restore();
    items
        .into_iter()
        .try_for_each(|item| item?.read::<KeyShare<FrostEd25519>>().map(drop).map_err(BackupError::from))?;
    let label = Label { app: "a", purpose: "b", chain: "c", account: 0, version: 1 };
    Ok(prf::ed25519_seed(prf.secret(), "example.org", &label).map_err(VaultError::from)?)
}

/// Never called: what is named here is linked.
pub fn channels(
    me: PartyId,
    cluster: &[u8],
    bytes: &[u8],
    key: &mut IdentityKey,
    session: &mut Session<Sign<FrostEd25519>>,
    rng: &mut dyn CryptoRng,
) -> Option<alloc::vec::Vec<u8>> {
    let cluster = Cluster::from_bytes(cluster).ok()?;
    let mut peers = Peers::new(me, cluster.clone(), channel::Limits::default()).ok()?;
    let event = peers.receive(bytes, rng).ok()?;
    match peers.sign_with(event, key).ok()? {
        Event::Reply { bytes, .. } => Some(bytes),
        Event::Poke(peer) => peers.connect(peer, rng).ok(),
        Event::Established { peer, .. } => peers.seal(peer, Content::Application, bytes).ok(),
        Event::Received(opened) => {
            opened.deliver(session, cluster.roster())?.ok()?;
            matches!(opened, Opened::Message { .. }).then(|| cluster.to_bytes())
        }
        _ => None,
    }
}

fn output<S: State>(session: &mut Session<S>, rng: &mut dyn CryptoRng) -> Option<S::Output> {
    match session.advance(rng) {
        Ok(Status::Done(output)) => Some(output),
        _ => None,
    }
}

struct NoMemory;

// SAFETY: null is the answer of an allocator that has no memory left, and nothing is ever given back.
unsafe impl GlobalAlloc for NoMemory {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static MEMORY: NoMemory = NoMemory;

#[panic_handler]
fn stop(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
