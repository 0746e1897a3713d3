//! Garbage into pairings, signings and presignatures, and into what is stored of them.

use quorate::curve::{EcdsaP256, EcdsaSecp256k1};
use quorate::ecdsa::{EcdsaScheme, Message, Presignature, Sign, Signature, Task};
use quorate::error::Verdict;
use quorate::key::Path;
use quorate::pairing::{Opening, Pair, Run};
use quorate::secret::Secret;
use quorate::session::{Receipt, Session, Snapshot, Status};
use quorate::sim::MemoryLedger;
use quorate::wire::{HEADER_LEN, SessionId};
use sha2::{Digest as _, Sha256};

use super::driver::ecdsa::{Group, batch, judge, online, pairing, presign, presignatures, sign};
use super::driver::{Protocol, Script, id, rng};
use super::tools::{bombard_every_round, decode, one_bad_message};

#[test]
fn a_pairing_survives_fifty_thousand_strings() {
    bombard_every_round(&pairing(61), id(1), 10_000, 200);
    bombard_every_round(&pairing(62), id(2), 1000, 100);
}

#[test]
fn signings_survive_a_hundred_thousand_strings() {
    bombard_every_round(&sign::<EcdsaSecp256k1>(2, &[1, 2, 3], &[1, 3], 63), id(3), 12_000, 200);
    bombard_every_round(&sign::<EcdsaP256>(3, &[1, 2, 3], &[1, 2, 3], 64), id(2), 2000, 50);
    bombard_every_round(&batch::<EcdsaP256>(2, &[1, 2], &[1, 2], 2, 65), id(1), 1000, 20);
    bombard_every_round(&presign::<EcdsaSecp256k1>(2, &[1, 2], &[1, 2], 1, 66), id(1), 8000, 100);
    bombard_every_round(&online::<EcdsaSecp256k1>(3, &[1, 2, 3], &[1, 2, 3], 67), id(1), 20_000, 500);
}

#[test]
fn one_bad_message_never_blames_anybody_else() {
    fn check<S: Protocol>(script: &Script<S>, me: u16, times: usize) {
        one_bad_message(script, id(me), times, |evidence| judge(script.cast.roster(), evidence));
    }
    check(&pairing(68), 1, 150);
    check(&sign::<EcdsaSecp256k1>(3, &[1, 2, 3], &[1, 2, 3], 69), 2, 300);
    check(&sign::<EcdsaP256>(2, &[1, 2], &[1, 2], 70), 1, 80);
    check(&batch::<EcdsaSecp256k1>(2, &[1, 2, 3], &[2, 3], 3, 71), 3, 60);
}

/// Nobody can be named for a wrong fragment, unless its scalars are not canonical.
#[test]
fn one_bad_fragment_spends_a_presignature_and_blames_nobody_else() {
    let script = online::<EcdsaP256>(3, &[1, 2, 3], &[1, 2, 3], 72);
    one_bad_message(&script, id(2), 500, |evidence| judge(script.cast.roster(), evidence));
}

/// Behind its digest, which a bad disk does not make right.
fn sealed(content: &[u8]) -> Secret<Vec<u8>> {
    Secret::new([content, &Sha256::digest(content)].concat())
}

fn content(form: &Secret<Vec<u8>>) -> Vec<u8> {
    form.expose()[..form.expose().len() - 32].to_vec()
}

/// What is stored of a pairing after its peer cheated.
fn banned() -> Secret<Vec<u8>> {
    let group = Group::<EcdsaSecp256k1>::new(2, &[1, 2], &[1, 2], 73);
    let (pairings, script) = (group.pairings(), sign::<EcdsaSecp256k1>(2, &[1, 2], &[1, 2], 73));
    let key = group.shares[0].public();
    let path = Path::new([44, 7]).unwrap();
    let task = Task::new(key, group.signers.clone(), path, Message::sha256(b"one"), group.session).unwrap();
    let mut session = Sign::start(&group.shares[0], task, &pairings[&id(1)], &mut rng(73)).unwrap();
    let mut bad = script.inbound(id(1))[0].message().to_vec();
    bad[HEADER_LEN + 100] ^= 1;
    assert_eq!(session.receive(id(2), &bad), Ok(Receipt::Stored));
    let abort = session.advance(&mut rng(74)).unwrap_err();
    assert!(abort.check == "S1.2" && matches!(abort.verdict, Verdict::Cheater { .. }));
    let pairing = pairings[&id(1)].iter().next().unwrap();
    assert!(pairing.must_save());
    pairing.store()
}

#[test]
fn stored_pairings() {
    let script = pairing(75);
    let mut forms: Vec<_> = script.results.iter().map(|(_, form)| form[..form.len() - 32].to_vec()).collect();
    forms.push(content(&banned()));
    decode("pairing", &forms, 20_000, |bytes| {
        let opening = Opening::load(sealed(bytes)).ok()?;
        let mut again = content(&opening.to_store());
        // the open mark and count of an active one go up
        if bytes[3] == 1 {
            assert_eq!((again[4], again[5]), (1, bytes[5] + 1));
            again[4..6].copy_from_slice(&bytes[4..6]);
        }
        let form = opening.to_store();
        assert_eq!(opening.stored(&form).unwrap().ban().is_some(), bytes[3] == 2);
        Some(again)
    });
    // without a digest that fits, nothing is a form
    let whole: Vec<_> = script.results.iter().map(|(_, form)| form.clone()).collect();
    decode("sealed pairing", &whole, 5000, |bytes| {
        let again = Opening::load(Secret::new(bytes.to_vec())).ok().map(|_| bytes.to_vec());
        assert!(again.is_none() || whole.iter().any(|form| form == bytes));
        again
    });
}

#[test]
fn snapshots_of_pairings() {
    let script = pairing(76);
    let identity = |n| script.cast.key(id(n)).unwrap().public();
    let session = script.play(id(1)).session.terms().session;
    let run = Run::new(identity(1), identity(2), session).unwrap();
    let mut seeds = Vec::new();
    for delivered in 0..4 {
        let mut player = script.play(id(1));
        for mail in &script.inbound(id(1))[..delivered] {
            assert_eq!(player.receive(mail), Ok(Receipt::Stored));
            player.advance(&script.cast);
        }
        let bytes = player.session.suspend().unwrap().expose().to_vec();
        seeds.push(bytes[..bytes.len() - 32].to_vec());
    }
    decode("snapshot of a pairing", &seeds, 4000, |bytes| {
        let snapshot = Snapshot::from_bytes(sealed(bytes));
        let session = Session::<Pair>::resume(&run, snapshot, &mut MemoryLedger::default()).ok()?;
        let mut again = session.suspend()?.expose().to_vec();
        again.truncate(again.len() - 32);
        again[52..56].copy_from_slice(&bytes[52..56]); // the generation goes up
        Some(again)
    });
}

#[test]
fn stored_presignatures() {
    fn check<S: EcdsaScheme>(seed: u64) {
        let mut forms = Vec::new();
        for (ids, count) in [(&[1u16, 2][..], 1), (&[1, 2, 3], 2)] {
            let made = presignatures(&presign::<S>(ids.len() as u16, &[1, 2, 3], ids, count, seed));
            forms.extend(made.values().flatten().map(content));
        }
        decode("presignature", &forms, 20_000, |bytes| {
            let back = Presignature::<S>::load(&sealed(bytes), &mut MemoryLedger::default()).ok()?;
            assert!(!back.signers().is_empty());
            let mut again = content(&back.store());
            again[2..6].copy_from_slice(&bytes[2..6]); // the generation goes up
            Some(again)
        });
    }
    check::<EcdsaSecp256k1>(77);
    check::<EcdsaP256>(78);
}

/// What a forged presignature makes is a session that fails, and never a panic.
#[test]
fn forged_presignatures_sign_nothing() {
    let group = Group::<EcdsaSecp256k1>::new(2, &[1, 2], &[1, 2], 79);
    let script = presign::<EcdsaSecp256k1>(2, &[1, 2], &[1, 2], 1, 79);
    let made = presignatures(&script);
    let pairings = group.pairings();
    let session = SessionId([79; 16]);
    let start = |me: u16, form: &Secret<Vec<u8>>| {
        let presignature = Presignature::load(form, &mut MemoryLedger::default()).ok()?;
        let (share, pairings) = (&group.shares[usize::from(me) - 1], &pairings[&id(me)]);
        quorate::ecdsa::Online::start(presignature, share, pairings, Message::sha256(b"m"), session).ok()
    };
    let fragment = start(2, &made[&id(2)][0]).unwrap().outgoing(0).next().unwrap().bytes.to_vec();
    let form = content(&made[&id(1)][0]);
    let (mut refused, mut failed, mut signed) = (0, 0, 0);
    for bit in 0..form.len() * 8 {
        let mut bad = form.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let Some(mut session) = start(1, &sealed(&bad)) else {
            refused += 1;
            continue;
        };
        if session.receive(id(2), &fragment).is_err() {
            refused += 1;
            continue;
        }
        match session.advance(&mut rng(80)) {
            Ok(Status::Done(_)) => signed += 1,
            Err(abort) => {
                assert!(matches!(abort.verdict, Verdict::Suspects { .. }), "{abort}");
                failed += 1;
            }
            Ok(status) => panic!("{status:?}"),
        }
    }
    // the generation says nothing about the signature
    assert_eq!(signed, 32);
    assert!(refused > 1000 && failed > 700, "{refused} refused, {failed} failed");
}

#[test]
fn paths_and_signatures() {
    let texts = ["m", "m/0", "m/44/7", "m/2147483647/1/2/3"].map(|text| text.as_bytes().to_vec());
    decode("path", &texts, 100_000, |bytes| {
        let path: Path = std::str::from_utf8(bytes).ok()?.parse().ok()?;
        Some(path.to_string().into_bytes())
    });
    fn check<S: EcdsaScheme>(seed: u64) {
        let group = Group::<S>::new(2, &[1, 2], &[1, 2], seed);
        let script = sign::<S>(2, &[1, 2], &[1, 2], seed);
        let recoverable = script.result(id(1)).to_vec();
        let signature = Signature::<S>::from_bytes_recoverable(recoverable[..].try_into().unwrap()).unwrap();
        let path = Path::new([44, 7]).unwrap();
        let derived = quorate::key::derive(group.shares[0].public(), &path).unwrap();
        let (point, message) = (derived.point(), Message::sha256(b"one"));
        decode("recoverable signature", &[recoverable], 20_000, |bytes| {
            let read = Signature::<S>::from_bytes_recoverable(bytes.try_into().ok()?)?;
            Some(read.to_bytes_recoverable().to_vec())
        });
        let honest = [signature.to_bytes().to_vec(), signature.low_s().to_bytes().to_vec()];
        decode("r || s", &honest, 2000, |bytes| {
            let read = Signature::<S>::from_bytes(bytes.try_into().ok()?, point, message)?;
            assert!(honest[0][..32] == read.to_bytes()[..32], "the only signatures anybody has");
            Some(read.to_bytes().to_vec())
        });
        decode("DER", &[signature.to_der(), signature.low_s().to_der()], 20_000, |bytes| {
            let read = Signature::<S>::from_der(bytes, point, message)?;
            assert!(honest[0][..32] == read.to_bytes()[..32]);
            Some(read.to_der())
        });
    }
    check::<EcdsaSecp256k1>(81);
    check::<EcdsaP256>(82);
}
