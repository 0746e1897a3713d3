//! What lies on a disk: shares, records of epochs, what waits, pairings, what signs once, sets, and all of that behind the gate.

use quorate::curve::{EcdsaP256, EcdsaSecp256k1, Scheme};
use quorate::ecdsa::{EcdsaScheme, Presignature, StoredPresignature};
use quorate::error::ResumeError;
use quorate::frost::{SigningNonces, StoredNonces};
use quorate::gated::{self, Gated};
use quorate::key::epoch::{EpochError, Epochs};
use quorate::key::{KeyShare, PendingSeat, PendingShare};
use quorate::keyset::{AnyScheme, Bundle, KeySet, PendingSet, Run};
use quorate::pairing::{MAX_OPENS, Opening, StoredPairing};
use quorate::party::Threshold;
use quorate::secret::Secret;
use quorate::session::{Session, Status};
use quorate::sim::{Cast, MemoryLedger};
use quorate::vault::{
    self, AppSecret, EpochRule, Expect, Limits, Part, Rollback, SlotKey, SlotSpec, Stored, VaultError,
};
use quorate::wire::SessionId;

use super::other::{Other, OtherSlot};
use super::{Fate, Thing};
use crate::driver::{self, E, Outcome as _, Script, dkg, id, life, rng};

const KEY: u8 = 0x44;
const LABEL: &str = "daily work";
const COUNTER: u64 = 7;

/// A container of these bytes, by the second writer.
fn container(kind: u8, subject: vault::Subject, epoch: u32, plain: &[u8]) -> Vec<u8> {
    let holder = subject.holder.map_or(0, |id| id.get());
    let other = Other {
        kind,
        scheme: subject.scheme,
        holder,
        name: subject.key_id,
        epoch: epoch.into(),
        counter: COUNTER,
        plain: plain.to_vec(),
        slots: vec![OtherSlot::held(LABEL, KEY)],
        ..Other::app_secret()
    };
    other.write()
}

fn open<T: Stored>(bytes: &[u8], subject: vault::Subject, least: u64) -> Result<T, VaultError> {
    let key = Secret::new([KEY; 32]);
    let expect = Expect { subject, epoch: EpochRule::Any, rollback: Rollback::AtLeast(least) };
    vault::open(bytes, &SlotKey::Held { label: LABEL, key: &key }, &expect, &Limits::default())
}

/// Reads a form by itself and out of containers.
fn sealed<T: Stored>(form: &[u8], seed: &T) -> Option<T> {
    let Some(read) = T::read(Secret::new(form.to_vec())) else {
        let (subject, epoch) = (seed.subject(), seed.epoch());
        let refused = open::<T>(&container(T::KIND.number(), subject, epoch, form), subject, 0);
        assert_eq!(refused.err(), Some(VaultError::Corrupt(Part::Content)));
        return None;
    };
    assert!(read.write().expose() == form, "two encodings");
    let (subject, epoch) = (read.subject(), read.epoch());
    let there = container(T::KIND.number(), subject, epoch, form);
    let back = open::<T>(&there, subject, COUNTER).expect("what it reads it opens");
    assert!(back.write().expose() == form, "another came out");
    let rollback = VaultError::Rollback { found: COUNTER, least: Some(COUNTER + 1) };
    assert_eq!(open::<T>(&there, subject, COUNTER + 1).err(), Some(rollback));
    let stranger = vault::Subject { key_id: [0xee; 32], ..subject };
    assert_eq!(open::<T>(&there, stranger, 0).err(), Some(VaultError::WrongSubject));
    // The header says another epoch than the content, under the right key.
    let lies = container(T::KIND.number(), subject, epoch ^ 1, form);
    assert_eq!(open::<T>(&lies, subject, 0).err(), Some(VaultError::Corrupt(Part::Content)));
    let key = Secret::new([KEY; 32]);
    let made = vault::seal(&read, COUNTER, vec![SlotSpec::Held { label: LABEL, key: &key }], &mut rng(1));
    let back = open::<T>(&made.expect("a container"), subject, COUNTER).expect("its own");
    assert!(back.write().expose() == form, "another came out of its own");
    Some(read)
}

/// A form that is written as it is read, and nothing more.
fn plain<T: Stored + 'static>(name: &'static str, forms: Vec<Vec<u8>>, closed: bool) -> Thing {
    then(name, forms, closed, |_: T, _| {})
}

/// And then this is done with it.
fn then<T: Stored + 'static>(
    name: &'static str,
    forms: Vec<Vec<u8>>,
    closed: bool,
    use_it: impl Fn(T, &[u8]) + 'static,
) -> Thing {
    let seed = T::read(Secret::new(forms[0].clone())).expect("a form");
    Thing::new(name, forms, closed, move |form, _| match sealed(&form, &seed) {
        Some(read) => {
            use_it(read, &form);
            Fate::Opened
        }
        None => Fate::Refused,
    })
}

pub(super) fn all() -> Vec<Thing> {
    let mut list = Vec::new();
    keys::<E>(&mut list);
    keys::<EcdsaSecp256k1>(&mut list);
    keys::<EcdsaP256>(&mut list);
    sets(&mut list);
    once(&mut list);
    presignatures::<EcdsaSecp256k1>(&mut list);
    presignatures::<EcdsaP256>(&mut list);
    list.push(pairings());
    let secret = AppSecret::new("x", Secret::new(vec![1; 32])).expect("a label");
    list.push(plain::<AppSecret>("secret", vec![secret.write().expose().clone()], false));
    list
}

/// What a run wants kept.
fn pending<O: quorate::dkg::Occasion>(script: &Script<quorate::dkg::Ceremony<O>>, me: u16) -> Vec<u8>
where
    quorate::dkg::Ceremony<O>: driver::Protocol,
    for<'a> quorate::key::epoch::Waiting<'a, O::Scheme>:
        From<&'a <quorate::dkg::Ceremony<O> as quorate::session::State>::Pending>,
{
    let mut player = script.play(id(me));
    for mail in script.inbound(id(me)).iter().filter(|mail| mail.header().round < 3) {
        player.receive(mail).expect("an honest message");
    }
    while !matches!(player.step(), Some(Status::Keep)) {}
    let waiting = quorate::key::epoch::Waiting::from(player.session.pending().expect("something to keep"));
    match waiting {
        quorate::key::epoch::Waiting::Share(share) => share.to_bytes().expose().clone(),
        quorate::key::epoch::Waiting::Seat(seat) => seat.to_bytes().expose().clone(),
        _ => unreachable!("a share or a seat"),
    }
}

fn keys<S: Scheme>(list: &mut Vec<Thing>) {
    let (generated, _) = dkg::<S>(2, &[1, 2], 1);
    let (refreshed, _) = life::refresh::<S>(2, &[1, 2], 2);
    let (reshared, _) = life::reshare::<S>(3);
    let read = |form: &[u8]| KeyShare::<S>::from_bytes(form).expect("a share");
    let first = generated.result(id(1)).to_vec();
    let mut shares = vec![first.clone(), refreshed.result(id(1)).to_vec(), reshared.result(id(4)).to_vec()];
    let mut burned = read(&first);
    burned.burn();
    burned.refuse_pairings([[1; 32], [2; 32]]);
    shares.push(burned.bytes());
    list.push(plain::<KeyShare<S>>("share", shares.clone(), true));
    list.push(plain::<PendingShare<S>>(
        "pending share",
        vec![pending(&generated, 1), pending(&refreshed, 2)],
        false,
    ));
    // With a share, with another and a confirmed number, of a joiner, and with a share that waits.
    let mut records = vec![Epochs::new(read(&first))];
    let mut waits = Epochs::new(read(&shares[1]));
    waits.confirm(9);
    records.push(waits);
    let base = read(&shares[1]);
    records.push(Epochs::joining(base.public(), id(7)));
    let (imported, _) = life::import::<S>(4);
    let form = pending(&imported, 1);
    let seat = PendingSeat::<S>::from_bytes(&form).expect("a seat");
    let mut waits = Epochs::generating(&seat);
    waits.keep(&seat).expect("its own");
    records.push(waits);
    let forms: Vec<_> = records.iter().map(|record| record.to_bytes().expose().clone()).collect();
    let never_twice = |record: Epochs<S>, _: &[u8]| {
        if let Some(highest) = record.highest_signed() {
            assert!(matches!(record.admits(highest), Err(EpochError::Signed { .. })), "{highest} twice");
            assert!(matches!(record.admits(0), Err(EpochError::Signed { .. })));
        }
        if let Some(public) = record.public() {
            assert!(record.highest_signed() >= Some(public.epoch()), "it is above what it signed for");
        }
    };
    list.push(then::<Epochs<S>>("epochs", forms, true, never_twice).around(&shares));
    let gated: Vec<_> =
        shares.iter().map(|form| Gated::new(read(form)).to_bytes().expose().clone()).collect();
    list.push(plain::<Gated<KeyShare<S>>>("gated share", gated, false).around(&shares));
    let epochs = Epochs::new(read(&first)).to_bytes().expose().clone();
    let gated = Gated::new(Epochs::new(read(&first))).to_bytes().expose().clone();
    list.push(plain::<Gated<Epochs<S>>>("gated epochs", vec![gated], false).around(&[first, epochs]));
}

/// A set of two keys, whole and waiting.
fn sets(list: &mut Vec<Thing>) {
    let cast = Cast::new(1..=2, &mut rng(3)).expect("a cast");
    let schemes = [AnyScheme::FrostEd25519, AnyScheme::EcdsaSecp256k1];
    let threshold = Threshold::new(2, 2).expect("2-of-2");
    let run = Run::new(threshold, cast.roster().clone(), SessionId([3; 16]), schemes).expect("a run");
    let start = |me| KeySet::start(&run, me, &mut MemoryLedger::default(), &mut rng(4)).expect("a session");
    let sessions: Vec<Session<KeySet>> = cast.ids().into_iter().map(start).collect();
    let bundles = cast.run(sessions, &mut rng(5)).into_iter().map(|report| report.output());
    let forms = bundles.map(|bundle| bundle.to_bytes().expose().clone()).collect();
    list.push(plain::<Bundle>("bundle", forms, false));
    let script = super::snapshots::key_set();
    let mut player = script.play(id(1));
    for mail in script.inbound(id(1)).iter().filter(|mail| mail.header().round < 3) {
        player.receive(mail).expect("an honest message");
    }
    while !matches!(player.step(), Some(Status::Keep)) {}
    let waits = player.session.pending().expect("something to keep").to_bytes().expose().clone();
    list.push(plain::<PendingSet>("pending set", vec![waits], false));
}

/// Nonces come back once.
fn once(list: &mut Vec<Thing>) {
    let (_, shares) = driver::key(2, &[1, 2], 1);
    let made = |seed| SigningNonces::generate((&shares[0]).into(), &mut rng(seed)).store().expose().clone();
    let forms = vec![made(1), made(2)];
    list.push(then::<StoredNonces<E>>("nonces", forms, false, |_, form| {
        let mut ledger = MemoryLedger::default();
        let mut load = || SigningNonces::<E>::load(Secret::new(form.to_vec()), &mut ledger);
        if let Ok(nonces) = load() {
            assert!(nonces.store().expose() == form, "two encodings");
            assert_eq!(load().err(), Some(ResumeError::Spent));
        }
    }));
}

/// Presignatures come back once in each generation, and an older one never after a newer.
fn presignatures<S: EcdsaScheme>(list: &mut Vec<Thing>) {
    let made = driver::ecdsa::presignatures(&driver::ecdsa::presign::<S>(2, &[1, 2, 3], &[1, 3], 1, 1));
    let forms: Vec<_> = made.values().flatten().map(|form| form.expose().clone()).collect();
    let gated = forms.iter().map(|form| {
        let live = Presignature::<S>::load(&Secret::new(form.clone()), &mut MemoryLedger::default());
        Gated::new(live.expect("a presignature")).store().expose().clone()
    });
    let gated: Vec<_> = gated.collect();
    let inner: Vec<Vec<u8>> = gated.iter().map(|form| form[6..].to_vec()).collect();
    list.push(then::<StoredPresignature<S>>("presignature", forms, true, |_, form| {
        let (form, mut ledger) = (Secret::new(form.to_vec()), MemoryLedger::default());
        if let Ok(back) = Presignature::<S>::load(&form, &mut ledger) {
            assert_eq!(Presignature::<S>::load(&form, &mut ledger).err(), Some(ResumeError::Spent));
            let again = back.store();
            // The last generation there is does not come back a second time.
            let last = form.expose()[2..6] == [0xff; 4];
            assert_eq!(Presignature::<S>::load(&again, &mut ledger).is_ok(), !last);
            assert_eq!(Presignature::<S>::load(&form, &mut ledger).err(), Some(ResumeError::Spent));
        }
    }));
    list.push(
        then::<gated::StoredPresignature<S>>("gated presignature", gated, false, |_, form| {
            let (form, mut ledger) = (Secret::new(form.to_vec()), MemoryLedger::default());
            if Gated::<Presignature<S>>::load(&form, &mut ledger).is_ok() {
                let twice = Gated::<Presignature<S>>::load(&form, &mut ledger);
                assert_eq!(twice.err(), Some(ResumeError::Spent));
            }
        })
        .around(&inner),
    );
}

/// A ban stays, and so many openings are all there are.
fn pairings() -> Thing {
    let script = driver::ecdsa::pairing(1);
    let mut forms: Vec<Vec<u8>> = script.results.iter().map(|(_, form)| form.clone()).collect();
    // Banned: the head of one, the second check, a session.
    let banned = [&[1, 0x81, forms[0][2], 2, 0, 0], &forms[0][6..102], &[2], &[9; 16], &[0; 32]].concat();
    forms.push(banned);
    let last = forms.len() - 1;
    super::close(&mut forms[last]);
    then::<StoredPairing>("pairing", forms, true, |_, form| {
        let (mut form, mut openings) = (form.to_vec(), 0);
        let banned = form[3] == 2;
        loop {
            match Opening::load(Secret::new(form.clone())) {
                Ok(opening) => {
                    form = opening.to_store().expose().clone();
                    let pairing = opening.stored(&Secret::new(form.clone())).expect("its own form");
                    assert_eq!(pairing.ban().is_some(), banned, "a ban came or went");
                    if banned {
                        return;
                    }
                    openings += 1;
                    assert!(openings <= MAX_OPENS, "opened too often");
                }
                Err(error) => {
                    assert!(error == ResumeError::MustPairAnew || openings == 0, "{error}");
                    return;
                }
            }
        }
    })
}
