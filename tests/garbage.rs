//! A hundred thousand byte strings that nobody should send, into live sessions in every round and into every decoder:
//! nothing panics, what is refused changes nothing, honest parties are not blamed, and what decodes has one encoding.
mod driver;
#[path = "garbage/ecdsa.rs"]
mod ecdsa;
#[path = "garbage/tools.rs"]
mod tools;

use driver::{E, Mail, Protocol, Script, dkg, frost, id, life, rng, seal};
use quorate::curve::{
    Curve, EcdsaP256, EcdsaSecp256k1, Ed25519, P256, Scheme, Secp256k1, Unchecked, encode_point, read_point,
    read_scalar, write_scalar,
};
use quorate::dkg::{self as keygen, Dkg, Run};
use quorate::envelope::Verified;
use quorate::error::{Fault, Rejected, Verdict};
use quorate::evidence::{Envelope, Evidence};
use quorate::frost::{self as signing, NonceCommitments, SignatureShare, SigningNonces, SigningPackage};
use quorate::key::{Certificate, KeyShare, PendingShare, PublicKey};
use quorate::secret::Secret;
use quorate::session::{Finding, Receipt, Session, Snapshot};
use quorate::sharing::Commitment;
use quorate::sim::MemoryLedger;
use quorate::wire::Header;
use sha2::{Digest as _, Sha256};
use tools::{bombard_every_round, decode, garbage, one_bad_message};

#[test]
fn a_key_generation_survives_a_hundred_thousand_strings() {
    bombard_every_round(&dkg::<E>(2, &[1, 2, 3], 31).0, id(2), 20_000, 1000);
    bombard_every_round(&dkg::<EcdsaSecp256k1>(2, &[1, 2], 32).0, id(2), 1000, 100);
    bombard_every_round(&dkg::<EcdsaP256>(2, &[1, 2], 33).0, id(1), 1000, 100);
}

#[test]
fn what_becomes_of_a_key_survives_ten_thousand_strings() {
    bombard_every_round(&life::refresh::<E>(2, &[1, 2, 3], 61).0, id(2), 3000, 200);
    // who leaves, who deals and stays, who stays, who is new
    for me in 1..=4 {
        bombard_every_round(&life::reshare::<E>(62).0, id(me), 1000, 100);
    }
    for me in [1, 9] {
        bombard_every_round(&life::import::<EcdsaSecp256k1>(63).0, id(me), 1000, 100);
    }
}

#[test]
fn a_signing_survives_a_hundred_thousand_strings() {
    bombard_every_round(&frost(2, &[1, 2, 3], &[1, 2, 3], b"x", 34).0, id(3), 34_000, 1000);
}

#[test]
fn one_bad_message_never_blames_anybody_else() {
    fn key_generation<S: Scheme>(seed: u64, me: u16, times: usize) {
        let (script, run) = dkg::<S>(2, &[1, 2, 3], seed);
        one_bad_message(&script, id(me), times, |evidence| keygen::judge(&run, evidence));
    }
    key_generation::<E>(35, 2, 3000);
    key_generation::<EcdsaSecp256k1>(36, 1, 200);
    key_generation::<EcdsaP256>(37, 3, 200);
    let (script, run) = life::refresh::<E>(2, &[1, 2, 3], 64);
    one_bad_message(&script, id(1), 1000, |evidence| keygen::judge(&run, evidence));
    let (script, run) = life::reshare::<E>(65);
    for me in 1..=4 {
        one_bad_message(&script, id(me), 500, |evidence| keygen::judge(&run, evidence));
    }
    let (script, run) = life::import::<EcdsaSecp256k1>(66);
    for me in [2, 9] {
        one_bad_message(&script, id(me), 200, |evidence| keygen::judge(&run, evidence));
    }
    let (script, task) = frost(2, &[1, 2, 3], &[1, 2, 3], b"x", 38);
    one_bad_message(&script, id(3), 3000, |evidence| signing::judge(&task, evidence));
}

fn mail_bytes<S: Protocol>(script: &Script<S>) -> Vec<Vec<u8>> {
    script.mail.iter().map(|m| m.0.envelope().to_bytes()).collect()
}

#[test]
fn message_decoders() {
    let (script, _) = dkg::<E>(2, &[1, 2, 3], 40);
    let messages: Vec<_> = script.mail.iter().map(|m| m.message().to_vec()).collect();
    decode("header", &messages, 100_000, |bytes| {
        let (header, body) = Header::split(bytes)?;
        Some([&header.to_bytes(), body].concat())
    });
    let envelopes = mail_bytes(&script);
    decode("envelope", &envelopes, 100_000, |bytes| Some(Envelope::from_bytes(bytes)?.to_bytes()));
    let roster = script.cast.roster();
    decode("verified", &envelopes, 10_000, |bytes| {
        Some(Verified::open(roster, bytes).ok()?.envelope().to_bytes())
    });
}

#[test]
fn key_decoders() {
    fn check<S: Scheme>(seed: u64, times: usize) {
        let (script, _) = dkg::<S>(2, &[1, 2, 3], seed);
        let shares: Vec<_> = script.results.iter().map(|(_, bytes)| bytes.clone()).collect();
        let read = |bytes: &Vec<u8>| KeyShare::<S>::from_bytes(bytes).unwrap();
        let publics: Vec<_> = shares.iter().map(|s| read(s).public().to_bytes()).collect();
        let certificates = [read(&shares[0]).public().certificate().to_bytes()];
        // the pending form is the share without its signatures, the count of refused pairings and the digest, with another letter
        let pending: Vec<_> = shares
            .iter()
            .map(|s| {
                let mut bytes = s[..s.len() - 3 * 64 - 4 - 32].to_vec();
                bytes[1] = b'p';
                bytes
            })
            .collect();
        // all of it is signed, or fits what is: what decodes is what was written
        decode("key share", &shares, times, |b| {
            let again = KeyShare::<S>::from_bytes(b)?.to_bytes().expose().clone();
            assert!(shares.contains(&again));
            Some(again)
        });
        decode("public key", &publics, times, |b| {
            let again = PublicKey::<S>::from_bytes(b)?.to_bytes();
            assert!(publics.contains(&again));
            Some(again)
        });
        // without signatures it is the key's name that holds the rest together, in the first epoch
        decode("pending", &pending, times, |b| {
            let again = PendingShare::<S>::from_bytes(b)?.to_bytes().expose().clone();
            let later_epoch = again[37..41] != [0; 4];
            assert!(later_epoch || pending.contains(&again));
            Some(again)
        });
        decode("certificate", &certificates, times * 10, |b| Some(Certificate::from_bytes(b)?.to_bytes()));
        for bytes in &certificates {
            let mut rng = rng(seed);
            let sharing = read(&shares[0]);
            for _ in 0..times / 4 {
                let bad = garbage(&mut rng, std::slice::from_ref(bytes));
                let valid = Certificate::from_bytes(&bad).is_some_and(|c| c.verify(sharing.public()).is_ok());
                assert_eq!(valid, bad == *bytes);
            }
        }
    }
    check::<E>(41, 4000);
    check::<EcdsaSecp256k1>(42, 1000);
    check::<EcdsaP256>(43, 500);
}

#[test]
fn curve_decoders() {
    fn check<C: Curve>(times: usize) {
        let points: Vec<_> = [1, 2, 3, 1 << 60]
            .map(|k| encode_point::<C>(&C::mul_base(&C::Scalar::from(k))).unwrap())
            .to_vec();
        let scalar = |k: &C::Scalar| {
            let mut bytes = Vec::new();
            write_scalar::<C>(k, &mut bytes);
            bytes
        };
        let one = C::Scalar::from(1);
        let scalars = [one, one - one, -one, C::Scalar::from(u64::MAX)].map(|k| scalar(&k)).to_vec();
        decode(C::NAME, &points, times, |b| encode_point::<C>(&read_point::<C>(b)?));
        decode("unchecked", &points, times, |b| match Unchecked::<C>::read(b)?.check() {
            Some(point) => encode_point::<C>(&point),
            None => Some(b.to_vec()),
        });
        decode("scalar", &scalars, 100_000, |b| Some(scalar(&read_scalar::<C>(b)?)));
        let lists = [[&points[0][..], &points[1]].concat(), points.concat()];
        decode("commitment", &lists, times / 4, |b| {
            let mut bytes = Vec::new();
            Commitment::<C>::read(b)?.write(&mut bytes);
            Some(bytes)
        });
    }
    check::<Ed25519>(10_000);
    check::<Secp256k1>(20_000);
    check::<P256>(20_000);
}

#[test]
fn signing_decoders() {
    let (cast, shares) = driver::key(2, &[1, 2, 3], 44);
    let mut rng = rng(44);
    let stored: Vec<_> = shares.iter().map(|s| SigningNonces::generate(s.into(), &mut rng).store()).collect();
    let stored: Vec<_> = stored.iter().map(|s| s.expose().clone()).collect();
    decode("nonces", &stored, 20_000, |bytes| {
        let nonces =
            SigningNonces::<E>::load(Secret::new(bytes.to_vec()), &mut MemoryLedger::default()).ok()?;
        Some(nonces.store().expose().clone())
    });
    let commitments: Vec<_> = shares
        .iter()
        .map(|s| SigningNonces::generate(s.into(), &mut rng).commitments().as_bytes().to_vec())
        .collect();
    decode("nonce commitments", &commitments, 50_000, |bytes| {
        NonceCommitments::from_bytes::<E>(bytes).map(|c| c.as_bytes().to_vec())
    });
    decode("signature share", &[vec![0; 32], [&[1][..], &[0; 31]].concat()], 50_000, |bytes| {
        SignatureShare::<E>::from_bytes(bytes).map(|s| s.to_bytes())
    });
    let key = shares[0].public().commitment();
    for _ in 0..5000 {
        let list = cast.ids().into_iter().filter_map(|id| {
            Some((id, NonceCommitments::from_bytes::<E>(&garbage(&mut rng, &commitments))?))
        });
        let _ = SigningPackage::<E>::new(key, list, b"x");
    }
}

#[test]
fn snapshots() {
    let (script, run) = dkg::<E>(2, &[1, 2, 3], 45);
    let (me, config) = (id(1), (run, id(1)));
    let mut snapshots = Vec::new();
    for delivered in 0..8 {
        let mut player = script.play(me);
        for mail in script.inbound(me).iter().take(delivered) {
            assert_eq!(player.receive(mail), Ok(Receipt::Stored));
            player.advance(&script.cast);
        }
        snapshots.push(player.session.suspend().unwrap().expose().to_vec());
    }
    let contents: Vec<_> = snapshots.iter().map(|s| s[..s.len() - 32].to_vec()).collect();
    // behind the digest, which a bad disk does not make right
    decode("snapshot", &contents, 5000, |content| {
        let bytes = [content, &Sha256::digest(content)].concat();
        let snapshot = Snapshot::from_bytes(Secret::new(bytes));
        let session = Session::<Dkg<E>>::resume(&config, snapshot, &mut MemoryLedger::default()).ok()?;
        let mut again = session.suspend()?.expose().to_vec();
        again.truncate(again.len() - 32);
        again[52..56].copy_from_slice(&content[52..56]); // the generation goes up
        Some(again)
    });
}

/// Evidence from a run in which party 1 cheats, to be judged after every kind of damage.
fn evidence(run: &Run<E>, script: &Script<Dkg<E>>) -> Vec<Evidence> {
    let inbound = script.inbound(id(3));
    let mut evidence = Vec::new();
    let mut player = script.play(id(3));
    for mail in inbound.iter().filter(|m| m.from() == id(1)) {
        assert_eq!(player.receive(mail), Ok(Receipt::Stored));
        let Err(Rejected::Conflict { evidence: Some(found), .. }) = player.receive(&script.conflict(mail))
        else {
            panic!("no conflict")
        };
        evidence.push(*found);
    }
    for (k, bad) in inbound.iter().enumerate().filter(|(_, m)| m.from() == id(1)) {
        // every other byte of the body wrong in turn
        for at in (0..bad.0.body().len()).step_by(31) {
            let bad = script.forge(bad, |body| body[at] ^= 0x55);
            let mut player = script.play(id(3));
            for (j, mail) in inbound.iter().enumerate() {
                let _ = player.receive(if j == k { &bad } else { mail });
                player.advance(&script.cast);
            }
            if let Some(Err(abort)) = player.result
                && let Verdict::Cheater { evidence: Some(found), .. } = abort.verdict
            {
                evidence.push(*found);
            }
        }
    }
    evidence.extend(complaint(script));
    for evidence in &evidence {
        assert!(matches!(keygen::judge(run, evidence), Finding::Guilty(who, _) if who == id(1)));
    }
    evidence
}

/// Party 1 deals 2 a bad share; 3 judges the complaint.
fn complaint(script: &Script<Dkg<E>>) -> Option<Evidence> {
    let spoil = |mail: &Mail| {
        if (mail.from(), mail.header().to) == (id(1), Some(id(2))) {
            script.conflict(mail)
        } else {
            mail.clone()
        }
    };
    let mut victim = script.play(id(2));
    for mail in script.inbound(id(2)).iter().filter(|m| m.header().round < 3) {
        assert_eq!(victim.receive(&spoil(mail)), Ok(Receipt::Stored));
    }
    victim.advance(&script.cast);
    let complaint = seal(&script.cast, &victim.outbox().pop()?);
    let mut player = script.play(id(3));
    for mail in script.inbound(id(3)) {
        let mail = if mail.header().round == 3 && mail.from() == id(2) { &complaint } else { &mail };
        assert_eq!(player.receive(mail), Ok(Receipt::Stored));
    }
    player.advance(&script.cast);
    match player.result?.err()?.verdict {
        Verdict::Cheater { who, fault, evidence } => {
            assert_eq!((who, fault), (id(1), Fault::BadShare));
            evidence.map(|e| *e)
        }
        _ => None,
    }
}

#[test]
fn damaged_evidence_convicts_nobody_else() {
    let (script, run) = dkg::<E>(2, &[1, 2, 3], 46);
    let (_, other_run) = dkg::<E>(2, &[1, 2, 3], 47);
    let all = evidence(&run, &script);
    let seeds: Vec<_> = all.iter().map(Evidence::to_bytes).collect();
    let kinds: std::collections::BTreeSet<_> = all.iter().map(|e| e.kind as u8).collect();
    println!("{} pieces of kinds {kinds:?}", seeds.len());
    assert!(kinds.len() >= 4);
    decode("evidence", &seeds, 20_000, |bytes| Some(Evidence::from_bytes(bytes)?.to_bytes()));
    let mut rng = rng(46);
    let (mut judged, mut guilty) = (0, 0);
    for _ in 0..6000 {
        let Some(evidence) = Evidence::from_bytes(&garbage(&mut rng, &seeds)) else { continue };
        judged += 1;
        assert_eq!(keygen::judge(&other_run, &evidence), Finding::Inconclusive);
        match keygen::judge(&run, &evidence) {
            Finding::Guilty(who, _) => {
                assert_eq!(who, id(1));
                guilty += 1;
            }
            Finding::Inconclusive => {}
        }
    }
    println!("{judged} judged, {guilty} convict");
    assert!(judged > 1000 && guilty < judged / 2);
}

#[test]
fn damaged_evidence_of_a_signing_convicts_nobody_else() {
    let (script, task) = frost(2, &[1, 2, 3], &[1, 2, 3], b"x", 48);
    let inbound = script.inbound(id(3));
    let mut seeds = Vec::new();
    for (k, bad) in inbound.iter().enumerate().filter(|(_, m)| m.from() == id(1)) {
        for at in [0, 31, 32, 40, 63] {
            let bad = script.forge(bad, |body| body[at] ^= 0xf0);
            let mut player = script.play(id(3));
            player.signed = true;
            for (j, mail) in inbound.iter().enumerate() {
                let _ = player.receive(if j == k { &bad } else { mail });
                player.advance(&script.cast);
            }
            if let Some(Err(abort)) = player.result
                && let Verdict::Cheater { evidence: Some(found), .. } = abort.verdict
            {
                assert!(matches!(signing::judge(&task, &found), Finding::Guilty(who, _) if who == id(1)));
                seeds.push(found.to_bytes());
            }
        }
    }
    assert!(seeds.len() >= 4, "{}", seeds.len());
    let (mut rng, mut guilty) = (rng(48), 0);
    for _ in 0..6000 {
        let Some(evidence) = Evidence::from_bytes(&garbage(&mut rng, &seeds)) else { continue };
        if let Finding::Guilty(who, _) = signing::judge(&task, &evidence) {
            assert_eq!(who, id(1));
            guilty += 1;
        }
    }
    assert!(guilty < 1000, "{guilty}");
}
