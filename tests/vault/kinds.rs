//! Everything that has a stored form: sealed, told by its header, opened as itself, and as nothing else.

use quorate::curve::{
    EcdsaP256, EcdsaSecp256k1, FrostEd25519, FrostP256, FrostRistretto255, FrostSecp256k1, FrostTaproot,
    Scheme,
};
use quorate::ecdsa::{Presignature, StoredPresignature};
use quorate::error::ResumeError;
use quorate::frost::{SigningNonces, StoredNonces};
use quorate::key::epoch::Epochs;
use quorate::key::{KeyShare, PendingSeat, PendingShare};
use quorate::keyset::{self, AnyScheme, Bundle, KeySet, PendingSet};
use quorate::pairing::{Pairing, StoredPairing};
use quorate::party::{Parties, PartyId, Threshold};
use quorate::secret::Secret;
use quorate::session::{Session, Snapshot, Status};
use quorate::sim::{Cast, MemoryLedger};
use quorate::vault::{Container, Stored, StoredKind, Subject, VaultError};
use quorate::wire::SessionId;

use crate::driver::{E, Outcome, Protocol, Script, dkg, ecdsa, id, life, rng};
use crate::fixture::{app_secret, error, opened, same, sealed, share};

impl Outcome for Bundle {
    fn bytes(&self) -> Vec<u8> {
        self.to_bytes().expose().clone()
    }
}

/// The share of 1 before and after a refresh.
pub(crate) fn refreshed(seed: u64) -> (KeyShare<E>, KeyShare<E>) {
    let (script, _) = life::refresh::<E>(2, &[1, 2, 3], seed);
    (share(seed), KeyShare::from_bytes(script.result(id(1))).unwrap())
}

pub(crate) fn shares<S: Scheme>(seed: u64) -> Vec<KeyShare<S>> {
    let cast = Cast::new([1, 2], &mut rng(seed)).unwrap();
    cast.deal::<S>(Threshold::new(2, 2).unwrap(), &mut rng(seed + 1)).unwrap()
}

/// A session that waits for what it has to be stored.
fn keeping<S: Protocol>(script: &Script<S>, me: PartyId) -> Session<S> {
    let mut player = script.play(me);
    for mail in script.inbound(me) {
        let _ = player.receive(&mail);
    }
    while !matches!(player.step(), Some(Status::Keep)) {}
    player.session
}

pub(crate) fn pending_share(seed: u64) -> PendingShare<E> {
    let (script, _) = dkg::<E>(2, &[1, 2, 3], seed);
    let session = keeping(&script, id(2));
    PendingShare::from_bytes(session.pending().unwrap().to_bytes().expose()).unwrap()
}

fn key_set(seed: u64) -> Script<KeySet> {
    let cast = Cast::new([1, 2, 3], &mut rng(seed)).unwrap();
    let schemes = [AnyScheme::EcdsaSecp256k1, AnyScheme::FrostEd25519, AnyScheme::EcdsaSecp256k1];
    let threshold = Threshold::new(2, 3).unwrap();
    let run = keyset::Run::new(threshold, cast.roster().clone(), SessionId([1; 16]), schemes).unwrap();
    let ids = cast.ids();
    Script::new(cast, &ids, move |me| {
        let seed = seed << 16 | u64::from(me.get());
        KeySet::start(&run, me, &mut MemoryLedger::default(), &mut rng(seed)).unwrap()
    })
}

pub(crate) fn bundle(seed: u64) -> Bundle {
    Bundle::from_bytes(key_set(seed).result(id(2))).unwrap()
}

/// A pairing in use, of which the first life counts.
pub(crate) fn pairing(seed: u64) -> Pairing {
    let cast = Cast::new([1, 2], &mut rng(seed)).unwrap();
    let parties = Parties::from_numbers([1, 2]).unwrap();
    let mut sets = cast.deal_pairings(&parties, &mut rng(seed)).unwrap();
    sets.remove(&id(1)).unwrap().into_iter().next().unwrap()
}

pub(crate) fn presignature(seed: u64) -> StoredPresignature<EcdsaSecp256k1> {
    let mut made = ecdsa::presignatures(&ecdsa::presign::<EcdsaSecp256k1>(2, &[1, 2], &[1, 2], 1, seed));
    StoredPresignature::new(made.remove(&id(1)).unwrap().remove(0)).unwrap()
}

pub(crate) fn snapshot(seed: u64) -> Snapshot {
    let (script, _) = dkg::<E>(2, &[1, 2, 3], seed);
    script.play(id(3)).session.suspend().unwrap()
}

pub(crate) fn nonces(seed: u64) -> StoredNonces<E> {
    let share = share(seed);
    let nonces = SigningNonces::generate((&share).into(), &mut rng(seed));
    StoredNonces::new(nonces.store()).unwrap()
}

fn round_trip<T: Stored>(what: &T, kind: StoredKind, subject: Subject, epoch: u32) {
    assert_eq!((T::KIND, what.subject(), what.epoch()), (kind, subject, epoch));
    let bytes = sealed(what, 3);
    let container = Container::read(&bytes).unwrap();
    assert_eq!((container.kind(), container.subject()), (kind, subject));
    assert_eq!((container.epoch(), container.counter()), (epoch.into(), 3));
    assert!(same(&opened::<T>(&bytes, subject).unwrap(), what));
    let other = Subject { key_id: [0xee; 32], ..subject };
    assert_eq!(error(opened::<T>(&bytes, other)), VaultError::WrongSubject);
    assert!(T::read(Secret::new(Vec::new())).is_none());
    if kind != StoredKind::AppSecret {
        // Sealed as what it is, and cut: it does not decode.
        let cut = what.write().expose().split_last().unwrap().1.to_vec();
        assert!(T::read(Secret::new(cut)).is_none());
        let longer = [what.write().expose(), &[0][..]].concat();
        assert!(T::read(Secret::new(longer)).is_none());
        assert!(T::read(app_secret().write()).is_none());
        let wrong = error(opened::<quorate::vault::AppSecret>(&bytes, subject));
        assert_eq!(wrong, VaultError::WrongKind { found: kind.number(), wanted: StoredKind::AppSecret });
    }
}

fn of(scheme: u8, holder: u16, key_id: [u8; 32]) -> Subject {
    Subject { scheme, holder: Some(id(holder)), key_id }
}

fn a_share<S: Scheme>(scheme: u8) {
    let mut shares = shares::<S>(7);
    let share = shares.remove(1);
    let key_id = *share.public().key_id();
    round_trip(&share, StoredKind::KeyShare, of(scheme, 2, key_id), 0);
    let epochs = Epochs::new(share);
    round_trip_of_record(&epochs, of(scheme, 2, key_id), 0);
}

fn round_trip_of_record<S: Scheme>(epochs: &Epochs<S>, subject: Subject, epoch: u32) {
    round_trip(epochs, StoredKind::Epochs, subject, epoch);
}

#[test]
fn shares_of_every_scheme_and_their_records() {
    a_share::<EcdsaSecp256k1>(1);
    a_share::<EcdsaP256>(2);
    a_share::<FrostEd25519>(3);
    a_share::<FrostTaproot>(4);
    a_share::<FrostP256>(5);
    a_share::<FrostRistretto255>(6);
    a_share::<FrostSecp256k1>(7);
}

#[test]
fn later_epochs_are_told_by_the_header() {
    let (old, new) = refreshed(8);
    let key_id = *old.public().key_id();
    round_trip(&new, StoredKind::KeyShare, of(3, 1, key_id), 1);
    round_trip_of_record(&Epochs::new(new), of(3, 1, key_id), 1);
}

#[test]
fn what_waits_for_a_certificate() {
    let pending = pending_share(11);
    let key_id = *pending.sharing().key_id();
    round_trip(&pending, StoredKind::PendingShare, of(3, 2, key_id), 0);
    let epochs = Epochs::generating(&pending);
    round_trip_of_record(&epochs, of(3, 2, key_id), 0);
    // In a reshare: 1 leaves and 4 is new.
    let (script, run) = life::reshare::<E>(12);
    for (me, member) in [(1, false), (4, true)] {
        let session = keeping(&script, id(me));
        let seat = session.pending().unwrap();
        assert_eq!(seat.member().is_some(), member);
        let key_id = *seat.sharing().key_id();
        round_trip::<PendingSeat<E>>(seat, StoredKind::PendingShare, of(3, me, key_id), 1);
    }
    drop(run);
    // A member's seat is its share; a leaver's is none.
    let bytes = sealed(keeping(&script, id(4)).pending().unwrap(), 1);
    let subject = Container::read(&bytes).unwrap().subject();
    assert!(opened::<PendingShare<E>>(&bytes, subject).is_ok());
    let bytes = sealed(keeping(&script, id(1)).pending().unwrap(), 1);
    let subject = Container::read(&bytes).unwrap().subject();
    let content = VaultError::Corrupt(quorate::vault::Part::Content);
    assert_eq!(error(opened::<PendingShare<E>>(&bytes, subject)), content);
}

#[test]
fn key_sets() {
    let script = key_set(13);
    let session = keeping(&script, id(3));
    let pending = session.pending().unwrap();
    let bundle = Bundle::from_bytes(script.result(id(3))).unwrap();
    let first = *bundle.shares()[0].key_id();
    round_trip::<PendingSet>(pending, StoredKind::PendingSet, of(0, 3, first), 0);
    round_trip(&bundle, StoredKind::Bundle, of(0, 3, first), 0);
}

#[test]
fn pairings_active_closed_and_open() {
    let pairing = pairing(14);
    let name = *pairing.id();
    let stored = StoredPairing::new(pairing.store()).unwrap();
    assert_eq!((stored.id(), stored.form().expose().len()), (&name, quorate::pairing::STORED_LEN));
    round_trip(&stored, StoredKind::Pairing, Subject::named(name), 0);
    let closed = StoredPairing::new(pairing.close().unwrap()).unwrap();
    round_trip(&closed, StoredKind::Pairing, Subject::named(name), 0);
    let mut form = closed.into_form();
    form.expose_mut()[9] ^= 1;
    assert!(StoredPairing::new(form).is_none(), "a bad disk");
}

#[test]
fn presignatures_and_nonces() {
    let stored = presignature(15);
    let bytes = sealed(&stored, 1);
    let subject = stored.subject();
    assert_eq!((subject.scheme, subject.holder), (1, Some(id(1))));
    round_trip(&stored, StoredKind::Presignature, subject, 0);
    let wrong = opened::<StoredPresignature<EcdsaP256>>(&bytes, subject);
    assert_eq!(error(wrong), VaultError::Corrupt(quorate::vault::Part::Content));
    let (mut ledger, form) = (MemoryLedger::default(), stored.into_form());
    let loaded = Presignature::<EcdsaSecp256k1>::load(&form, &mut ledger).unwrap();
    assert_eq!((*loaded.key_id(), loaded.signers().len()), (subject.key_id, 2));
    // The vault opens a copy as often as it is asked. The witness does not.
    let again: StoredPresignature<EcdsaSecp256k1> = opened(&bytes, subject).unwrap();
    let again = Presignature::<EcdsaSecp256k1>::load(&again.into_form(), &mut ledger);
    assert_eq!(again.unwrap_err(), ResumeError::Spent);

    let share = share(16);
    let stored = nonces(16);
    let subject = of(3, 1, share.public().epoch_id());
    round_trip(&stored, StoredKind::Presignature, subject, 0);
    let form = opened::<StoredNonces<E>>(&sealed(&stored, 1), subject).unwrap().into_form();
    assert!(SigningNonces::<E>::load(form, &mut ledger).is_ok());
    let form = opened::<StoredNonces<E>>(&sealed(&stored, 1), subject).unwrap().into_form();
    assert_eq!(SigningNonces::<E>::load(form, &mut ledger).unwrap_err(), ResumeError::Spent);
    // Of another scheme, though no field is longer or shorter; and of no version that there is.
    let form = || nonces(16).into_form().expose().clone();
    assert!(StoredNonces::<E>::new(Secret::new(form())).is_some());
    assert!(StoredNonces::<FrostRistretto255>::new(Secret::new(form())).is_none());
    for version in [0, 2] {
        let other = [&[version][..], &form()[1..]].concat();
        assert!(StoredNonces::<E>::new(Secret::new(other)).is_none(), "{version}");
    }
}

#[test]
fn snapshots() {
    let (script, run) = dkg::<E>(2, &[1, 2, 3], 17);
    let session = script.play(id(3)).session;
    let terms = *session.terms();
    let snapshot = session.suspend().unwrap();
    let subject = of(0, 3, terms.binding);
    round_trip(&snapshot, StoredKind::Snapshot, subject, 0);
    let opened: Snapshot = opened(&sealed(&snapshot, 1), subject).unwrap();
    let mut ledger = MemoryLedger::default();
    let back = Session::<quorate::dkg::Dkg<E>>::resume(&(run, id(3)), opened, &mut ledger).unwrap();
    assert_eq!(back.terms(), &terms);
    // What is no snapshot can be sealed, since it is opaque; it is not opened.
    let none = Snapshot::from_bytes(Secret::new(vec![1; 10]));
    assert_eq!(none.subject(), Subject::named([0; 32]));
    let bytes = sealed(&none, 1);
    let content = VaultError::Corrupt(quorate::vault::Part::Content);
    assert_eq!(error(crate::fixture::opened::<Snapshot>(&bytes, none.subject())), content);
    // Nor is what another version wrote, however whole.
    for (version, whole) in [(0, false), (1, true), (2, false)] {
        let form = snapshot.write();
        let (content, _) = form.expose().split_last_chunk::<32>().unwrap();
        let content = [&[version][..], &content[1..]].concat();
        let other = [&content[..], &crate::other::sha256(&content)].concat();
        assert_eq!(Snapshot::read(Secret::new(other)).is_some(), whole, "{version}");
    }
}

#[test]
fn secrets_of_the_application() {
    let secret = app_secret();
    let subject = Subject::named(crate::other::sha256(b"quote MAC key"));
    round_trip(&secret, StoredKind::AppSecret, subject, 0);
    assert_eq!(secret.key().unwrap().expose(), &[0xa5; 32]);
    assert_eq!((secret.label(), &secret.secret().expose()[..]), ("quote MAC key", &[0xa5; 32][..]));
    use quorate::vault::AppSecret;
    let short = AppSecret::new("x", Secret::new(vec![1; 31])).unwrap();
    assert!(short.key().is_none());
    assert!(AppSecret::new("", Secret::new(vec![1])).is_none());
    assert!(AppSecret::new("x", Secret::new(Vec::new())).is_none());
    let (one, two) = (AppSecret::generate("x", &mut rng(1)), AppSecret::generate("x", &mut rng(2)));
    assert!(!same(&one.unwrap(), &two.unwrap()));
}

#[test]
fn what_may_come_back_and_what_may_not() {
    let all = (1..=13).map(|number| StoredKind::from_number(number).unwrap());
    let backupable: Vec<_> = all.clone().filter(|kind| kind.is_backupable()).collect();
    assert_eq!(
        backupable,
        [StoredKind::KeyShare, StoredKind::AppSecret, StoredKind::Bundle, StoredKind::GatedShare]
    );
    let forward: Vec<_> = all.filter(|kind| kind.must_not_go_back()).collect();
    assert_eq!(forward, [StoredKind::Pairing, StoredKind::Epochs, StoredKind::GatedEpochs]);
}
