//! Section B of the list of known attacks: nonces and presignatures. Each test is one malicious party at work on the public API.

use std::collections::BTreeSet;

use ff::PrimeField;
use quorate::curve::{Curve, EcdsaSecp256k1, FrostEd25519, Secp256k1, encode_point, read_point, read_scalar};
use quorate::dkg::Dkg;
use quorate::ecdsa::{Digest, Message, Online, Prehashed, Presignature, Sign, Signature, Task};
use quorate::error::{Doubt, Rejected, ResumeError, SetupError, Verdict};
use quorate::frost::{self, SigningNonces, SigningPackage};
use quorate::key::{KeyShare, Path, derive};
use quorate::secret::Secret;
use quorate::session::{Receipt, Session, Snapshot, Status};
use quorate::sim::MemoryLedger;
use quorate::wire::{HEADER_LEN, SessionId};
use sha2::{Digest as _, Sha256};

use crate::driver::ecdsa::{Group, presign, presignatures};
use crate::parties::{Generation, World, id, rng, set};
use crate::stage::{End, Stage, honest};

type K = EcdsaSecp256k1;
type Scalar = <Secp256k1 as Curve>::Scalar;

/// The members and signers of the presignatures below: 1 is honest, 3 is not.
const MEMBERS: [u16; 3] = [1, 2, 3];
const SIGNERS: [u16; 2] = [1, 3];

/// Where things stand in a stored presignature of two signers with a path of two steps: version 1, scheme 1, generation 4, party 2, three
/// names of 32, signers 2 + 4, path 2 + 8, key 33, R 33, pairing 32, three fragments of 32, SHA-256 of all that.
const PATH: usize = 112;
const KEY: usize = PATH + 8;
const NONCE: usize = KEY + 33;
const FRAGMENTS: usize = NONCE + 33 + 32;

/// A signer's fragments `phi`, `u`, `v`, out of the form on its disk.
fn fragments(form: &[u8]) -> [Scalar; 3] {
    let part = |k: usize| read_scalar::<Secp256k1>(&form[FRAGMENTS + 32 * k..][..32]).unwrap();
    [part(0), part(1), part(2)]
}

fn reduced(bytes: &[u8]) -> Scalar {
    let mut wide = [0; 64];
    wide[32..].copy_from_slice(bytes);
    Secp256k1::scalar_from_wide(&wide)
}

/// One presignature of 1 and 3, as each has it stored, and the group it is of.
fn stored(seed: u64) -> (Group<K>, [Vec<u8>; 2]) {
    let mut made = presignatures(&presign::<K>(2, &MEMBERS, &SIGNERS, 1, seed));
    let forms = SIGNERS.map(|me| made.remove(&id(me)).unwrap().remove(0).expose().clone());
    (Group::new(2, &MEMBERS, &SIGNERS, seed), forms)
}

/// A device that reads a form from its disk and signs, with a witness of its own.
fn online(group: &Group<K>, me: u16, form: &[u8], message: Message) -> Session<Online<K>> {
    let form = Secret::new(form.to_vec());
    let presignature = Presignature::load(&form, &mut MemoryLedger::default()).unwrap();
    let share = &group.shares[usize::from(me) - 1];
    Online::start(presignature, share, &group.pairings()[&id(me)], message, group.session).unwrap()
}

fn first(session: &Session<Online<K>>) -> Vec<u8> {
    session.outgoing(0).next().unwrap().bytes.to_vec()
}

/// The header that the receiver wants, with the body that the attacker has.
fn relabelled(header_of: &[u8], message: &[u8]) -> Vec<u8> {
    let mut out = message.to_vec();
    out[24..HEADER_LEN].copy_from_slice(&header_of[24..HEADER_LEN]);
    out
}

/// PS3 (fail0verflow, 27C3, 2010): two signatures under one nonce. Here every device's generator is rolled back, as by a restored machine,
/// and gives the same bytes to a second signing of another message. Everybody must sign with another R, and send nothing again.
#[test]
fn b1_ps3_one_nonce_for_two_messages() {
    let run = |session: u8| {
        let mut group = Group::<K>::new(2, &MEMBERS, &SIGNERS, 11);
        group.session = SessionId([session; 16]);
        let message = Message::sha256(&[session]);
        let task =
            Task::new(group.shares[0].public(), set(&SIGNERS), Path::default(), message, group.session);
        let task = task.unwrap();
        group.script::<Sign<K>>(move |_, me, share, pairings| {
            Sign::start(share, task.clone(), pairings, &mut rng(u64::from(me.get()))).unwrap()
        })
    };
    let (one, replayed, other) = (run(1), run(1), run(2));
    assert_eq!(one.results, replayed.results, "the generators do give the same bytes");
    assert_ne!(one.results[0].1[..32], other.results[0].1[..32], "r");
    let blocks =
        |message: &[u8]| message[HEADER_LEN..].windows(16).map(<[u8]>::to_vec).collect::<BTreeSet<_>>();
    for (first, second) in one.mail.iter().zip(&other.mail).filter(|(first, _)| first.header().round < 3) {
        assert!(blocks(first.message()).is_disjoint(&blocks(second.message())), "{:?}", first.header());
    }
}

/// Groth and Shoup (EUROCRYPT 2022, ePrint 2021/1330): a child key chosen after R leaves 85 bits. Signer 3 changes the path, and the key at
/// its end, in its stored presignature. The honest signer must call it a mismatch; and if 3 hides that in the header, what comes out is a
/// signature of the key that was fixed before R, and of no other.
#[test]
fn b2_path_chosen_after_the_nonce_point() {
    let (group, [honest, mut foe]) = stored(12);
    let key = group.shares[0].public();
    let (fixed, late) = (Path::new([44, 3]).unwrap(), Path::new([44, 4]).unwrap());
    assert_eq!(honest[PATH..KEY], fixed.to_bytes());
    let other = derive(key, &late).unwrap();
    foe[PATH..KEY].copy_from_slice(&late.to_bytes());
    foe[KEY..NONCE].copy_from_slice(&other.public_key());
    let content = foe.len() - 32;
    let close: [u8; 32] = Sha256::digest(&foe[..content]).into();
    foe[content..].copy_from_slice(&close);

    let message = Message::sha256(b"pay");
    let mut session = online(&group, 1, &honest, message);
    let theirs = first(&online(&group, 3, &foe, message));
    assert_eq!(session.receive(id(3), &theirs), Err(Rejected::SetupMismatch(id(3))));
    assert!(matches!(session.advance(&mut rng(1)), Ok(Status::Waiting)));
    let hidden = relabelled(&first(&session), &theirs);
    assert_eq!(session.receive(id(3), &hidden), Ok(Receipt::Stored));
    let Ok(Status::Done(signature)) = session.advance(&mut rng(1)) else { panic!("no signature") };
    assert!(signature.verify(derive(key, &fixed).unwrap().point(), message));
    assert!(!signature.verify(other.point(), message));
}

/// CVE-2025-66017 (RUSTSEC-2025-0127), cggmp21: presignatures that sign raw digests are a forgery with one query. Signer 3 knows R = kG,
/// wants `target`, and needs a signature on `h r / r*` with `R* = aR`. That the honest signer takes no digest is a matter of types; what is
/// left to 3 is its own fragment. The honest signer must see no signature, say S3.4, and what 3 has in hand must forge nothing.
#[test]
fn b3_cve_2025_66017_presignature_api() {
    let (group, [honest, foe]) = stored(13);
    let key = *derive(group.shares[0].public(), &Path::new([44, 3]).unwrap()).unwrap().point();
    let nonce = read_point::<Secp256k1>(&foe[NONCE..NONCE + 33]).unwrap();
    let x = |point| reduced(&encode_point::<Secp256k1>(point).unwrap()[1..]);
    let a = Scalar::from(0x5eed_u64);
    let (r, forged_r) = (x(&nonce), x(&Secp256k1::mul(&nonce, &a)));
    let target = Message::sha256(b"all of it to 3");
    let query = reduced(Digest::from(target).as_bytes()) * r * forged_r.invert().unwrap();
    let forge = |s: Scalar| {
        let s = s * forged_r * (r * a).invert().unwrap();
        let bytes = [forged_r.to_repr(), s.to_repr()].concat();
        Signature::<K>::from_bytes(&bytes.try_into().unwrap(), &key, target).is_some()
    };
    let ([phi1, u1, v1], [phi3, u3, v3]) = (fragments(&honest), fragments(&foe));
    let sum_u = (u1 + u3).invert().unwrap();
    // The attack is real: had 1 answered the query, as the flawed interface did, the target would be signed.
    assert!(forge((query * (phi1 + phi3) + r * (v1 + v3)) * sum_u));

    let message = Message::sha256(b"rent");
    let mut session = online(&group, 1, &honest, message);
    let mut theirs = first(&online(&group, 3, &foe, message));
    let w3 = query * phi3 + r * v3;
    theirs[HEADER_LEN + 32..HEADER_LEN + 64].copy_from_slice(&w3.to_repr());
    let ours = first(&session);
    session.receive(id(3), &theirs).unwrap();
    let abort = session.advance(&mut rng(1)).unwrap_err();
    assert_eq!(
        (abort.check, abort.verdict),
        ("S3.4", Verdict::Suspects { who: set(&[3]), why: Doubt::Signature })
    );
    // What 3 holds: the fragment of 1 for `rent`, all it likes of its own.
    let w1 = read_scalar::<Secp256k1>(&ours[HEADER_LEN + 32..HEADER_LEN + 64]).unwrap();
    let asked = Prehashed::new(query.to_repr().into());
    for w3 in [w3, phi3 * reduced(Digest::from(message).as_bytes()) + r * v3] {
        let s = (w1 + w3) * sum_u;
        let bytes = [r.to_repr(), s.to_repr()].concat().try_into().unwrap();
        assert!(!forge(s) && Signature::<K>::from_bytes(&bytes, &key, asked).is_none());
    }
}

/// Presignatures restored from a backup or retried after a crash (Blockdaemon's documentation; mpcsec.org). Whoever holds the honest
/// device's disk puts the old form back after it has signed, before it, and in place of a newer one: the device must say `Spent`, always.
#[test]
fn b4_presignature_restored_from_a_backup() {
    let (group, [backup, _]) = stored(14);
    let mut witness = MemoryLedger::default();
    let mut load = |form: &[u8]| Presignature::<K>::load(&Secret::new(form.to_vec()), &mut witness);
    let spent = Some(ResumeError::Spent);
    // A crash between the disk and the signature.
    let newer = load(&backup).unwrap().store();
    assert_eq!(load(&backup).err(), spent);
    let again = load(newer.expose()).unwrap();
    let (share, pairings) = (&group.shares[0], group.pairings().remove(&id(1)).unwrap());
    let one = Online::start(again, share, &pairings, Message::sha256(b"one"), group.session).unwrap();
    assert_eq!(one.sent(), 1);
    for form in [&backup, newer.expose(), &backup] {
        assert_eq!(load(form).err(), spent);
    }
}

/// Split view of a presignature: two messages under one R are the key. Signer 3 gives the honest 1 one message and the honest 2 another.
/// Each must call the other's fragment a mismatch and wait, and the fragments that 3 collects from both must not make a signature.
#[test]
fn b5_one_presignature_for_two_messages() {
    let mut made = presignatures(&presign::<K>(3, &MEMBERS, &MEMBERS, 1, 15));
    let group = Group::<K>::new(3, &MEMBERS, &MEMBERS, 15);
    let forms: Vec<_> = MEMBERS.map(|me| made.remove(&id(me)).unwrap().remove(0).expose().clone()).into();
    let messages = [Message::sha256(b"to Alice"), Message::sha256(b"to Bob")];
    let mut sessions =
        [1, 2].map(|me| online(&group, me, &forms[usize::from(me) - 1], messages[usize::from(me) - 1]));
    let sent = [first(&sessions[0]), first(&sessions[1])];
    assert_eq!(sessions[0].receive(id(2), &sent[1]), Err(Rejected::SetupMismatch(id(2))));
    assert_eq!(sessions[1].receive(id(1), &sent[0]), Err(Rejected::SetupMismatch(id(1))));
    // To each what it wants to hear from 3, which nobody stops from signing both.
    let mut own = Vec::new();
    for (session, message) in sessions.iter_mut().zip(messages) {
        let theirs = first(&online(&group, 3, &forms[2], message));
        assert_eq!(session.receive(id(3), &theirs), Ok(Receipt::Stored));
        assert!(matches!(session.advance(&mut rng(1)), Ok(Status::Waiting)));
        own.push(theirs);
    }
    assert_eq!(sessions.each_ref().map(|session| session.missing()), [vec![id(2)], vec![id(1)]]);
    let key = *derive(group.shares[0].public(), &Path::new([44, 3]).unwrap()).unwrap().point();
    // A third signer's id stands before it.
    let r = reduced(&forms[2][NONCE + 3..NONCE + 35]);
    let signs = |fragments: [&[u8]; 3], message: Message| {
        let sum = |at: usize| -> Scalar {
            let part = |f: &[u8]| read_scalar::<Secp256k1>(&f[HEADER_LEN + at..][..32]).unwrap();
            fragments.into_iter().map(part).sum()
        };
        let s = sum(32) * sum(64).invert().unwrap();
        let bytes = [r.to_repr(), s.to_repr()].concat().try_into().unwrap();
        Signature::<K>::from_bytes(&bytes, &key, message).is_some()
    };
    let same = first(&online(&group, 2, &forms[1], messages[0]));
    assert!(
        signs([&sent[0], &same, &own[0]], messages[0]),
        "three fragments for one message are a signature"
    );
    for theirs in &own {
        assert!(messages.iter().all(|message| !signs([&sent[0], &sent[1], theirs], *message)));
    }
}

/// Deterministic nonces in FROST (cfrg discussions 232 and 235, 2022): the same run again, with other commitments of the peers, gives a
/// second share under the first one's nonces. Here the peers ask an honest signer ten times to sign the same in the same session, and in ten
/// more sessions after its generator was rolled back each time: no commitment must ever come twice.
#[test]
fn b8_deterministic_frost_nonces() {
    let mut world = World::<FrostEd25519>::new(2, 3, 18);
    let mut seen = BTreeSet::new();
    let task = |world: &World<_>, session: u8| {
        frost::Task::new(world.shares[0].public(), set(&[1, 2]), b"the same", SessionId([session; 16]))
            .unwrap()
    };
    let mut draw = |session: Session<frost::Sign<FrostEd25519>>| {
        for half in session.outgoing(0).next().unwrap().bytes[HEADER_LEN..].chunks(32) {
            assert!(seen.insert(half.to_vec()), "a commitment twice");
        }
    };
    for _ in 0..10 {
        draw(frost::Sign::start(&world.shares[0], task(&world, 1), &mut world.rng).unwrap());
    }
    for session in 2..12 {
        draw(frost::Sign::start(&world.shares[0], task(&world, session), &mut rng(5)).unwrap());
    }
    assert_eq!(seen.len(), 2 * 20);
}

/// Weak generators and cloned machines: nonces that repeat. Two signers, two keys and two epochs of one key get the very same random bytes,
/// and a nonce from one is offered for another. No two may publish the same commitment, and the foreign nonce must be refused. Of two
/// machines that have the same disk and ask the same witness, one comes back to a stored nonce, or a run, and the other must hear `Spent`.
#[test]
fn b11_one_generator_on_two_machines() {
    let mut stage = Stage::<FrostEd25519>::new(2, 3, 3, 19);
    let shares = |stage: &Stage<FrostEd25519>| -> Vec<KeyShare<FrostEd25519>> {
        let form = |device| stage.of(device).current().unwrap().to_bytes();
        MEMBERS.map(|device| KeyShare::from_bytes(form(device).expose()).unwrap()).into()
    };
    let before = shares(&stage);
    assert!(stage.refresh(1, &mut honest).values().all(|end| matches!(end, End::Entered)));
    let (after, foreign) = (shares(&stage), World::<FrostEd25519>::new(2, 3, 20).shares);
    let [old, new] = [&before, &after].map(|shares| shares[0].public());
    assert!(old.public_key() == new.public_key() && old.epoch() < new.epoch());
    let mut seen = BTreeSet::new();
    for share in before.iter().chain(&after).chain(&foreign) {
        let nonces = SigningNonces::generate(share.into(), &mut rng(7));
        for half in nonces.commitments().as_bytes().chunks(32) {
            assert!(seen.insert(half.to_vec()), "a commitment twice");
        }
    }
    let again = SigningNonces::generate((&before[0]).into(), &mut rng(7));
    assert!(seen.contains(&again.commitments().as_bytes()[..32]), "one share, the same bytes");
    for other in [&before[0], &foreign[0], &after[1]] {
        let nonces = SigningNonces::generate(other.into(), &mut rng(8));
        let peer = SigningNonces::generate((&after[2]).into(), &mut rng(9));
        let list = [(id(1), nonces.commitments().clone()), (id(3), peer.commitments().clone())];
        let package = SigningPackage::<FrostEd25519>::new(new.commitment(), list, b"m").unwrap();
        let refused = frost::sign(nonces, (&after[0]).into(), &package);
        assert_eq!(refused, Err(SetupError::WrongNonce(id(1))));
    }

    let (stored, mut witness) = (again.store().expose().clone(), MemoryLedger::default());
    let mut load =
        || SigningNonces::<FrostEd25519>::load(Secret::new(stored.clone()), &mut witness).map(drop);
    assert_eq!([load(), load()], [Ok(()), Err(ResumeError::Spent)]);
    let game = Generation::<FrostEd25519>::new(19);
    let snapshot = game.session(1, 19).suspend().unwrap().expose().to_vec();
    let mut resume = || {
        let snapshot = Snapshot::from_bytes(Secret::new(snapshot.clone()));
        Session::<Dkg<FrostEd25519>>::resume(&(game.run.clone(), id(1)), snapshot, &mut witness).map(drop)
    };
    assert_eq!([resume(), resume()], [Ok(()), Err(ResumeError::Spent)]);
}
