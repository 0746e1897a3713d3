//! Every decoder behind a trust boundary, each with valid inputs. What decodes has one encoding.

mod wings;

use quorate::cluster::Cluster;
use quorate::curve::{
    Curve, EcdsaP256, EcdsaSecp256k1, Ed25519, P256, Ristretto255, Scheme, Secp256k1, Unchecked,
    encode_point, read_point, read_scalar, write_scalar,
};
use quorate::dkg::{Dkg, Run, judge};
use quorate::ecdsa::{EcdsaScheme, Message, Presignature, Signature};
use quorate::envelope::Verified;
use quorate::evidence::{Envelope, Evidence};
use quorate::frost::{NonceCommitments, SignatureShare, SigningNonces};
use quorate::key::epoch::Epochs;
use quorate::key::{Certificate, KeyShare, Path, PendingSeat, PendingShare, PublicKey, Xpub, derive};
use quorate::keyset::{self, AnyScheme, Bundle, KeySet};
use quorate::pairing::{self, Opening, Pair};
use quorate::party::Threshold;
use quorate::secret::Secret;
use quorate::session::{Finding, Session, Snapshot};
use quorate::sharing::Commitment;
use quorate::sim::{Cast, MemoryLedger};
use quorate::vault::backup::{self, Item, Known};
use quorate::vault::{self, AppSecret, Container, EpochRule, Expect, Limits, Rollback, SlotKey, SlotSpec};
use quorate::wire::{Header, SessionId};
use sha2::{Digest as _, Sha256};

use crate::driver::{self, E, Script, dkg, id, life, rng};

type Decode = Box<dyn Fn(&[u8]) -> Option<Vec<u8>>>;

/// A decoder that writes out again what it has read, and inputs that it takes.
pub(crate) struct Decoder {
    pub(crate) name: &'static str,
    pub(crate) decode: Decode,
    pub(crate) seeds: Vec<Vec<u8>>,
}

fn decoder(
    name: &'static str,
    seeds: Vec<Vec<u8>>,
    decode: impl Fn(&[u8]) -> Option<Vec<u8>> + 'static,
) -> Decoder {
    Decoder { name, decode: Box::new(decode), seeds }
}

pub(crate) fn all() -> Vec<Decoder> {
    let mut list = Vec::new();
    messages(&mut list);
    keys::<E>(&mut list);
    keys::<EcdsaSecp256k1>(&mut list);
    keys::<EcdsaP256>(&mut list);
    lives(&mut list);
    curve::<Ristretto255>(&mut list);
    curve::<Ed25519>(&mut list);
    curve::<Secp256k1>(&mut list);
    curve::<P256>(&mut list);
    signing(&mut list);
    pairings(&mut list);
    ecdsa::<EcdsaSecp256k1>(&mut list);
    ecdsa::<EcdsaP256>(&mut list);
    list.push(decoder("path", vec![b"m/44/7/0".to_vec()], |bytes| {
        let path: Path = std::str::from_utf8(bytes).ok()?.parse().ok()?;
        Some(path.to_string().into_bytes())
    }));
    extended_keys(&mut list);
    vaults(&mut list);
    list.push(cluster());
    wings::add(&mut list);
    list
}

/// A container and a backup, for whoever has no key: the layout is read, and what is not the seed does not open.
fn vaults(list: &mut Vec<Decoder>) {
    let key = Secret::new([7; 32]);
    let slots = || {
        vec![
            SlotSpec::Held { label: "held", key: &key },
            SlotSpec::Wrapped { label: "kms", key: &key, blob: b"blob" },
        ]
    };
    let secret = AppSecret::new("x", Secret::new(vec![1; 32])).expect("a label");
    let container = vault::seal(&secret, 1, slots(), &mut rng(7)).expect("a container");
    let item = Item::new(&secret, 1).expect("a secret");
    let made = backup::create(&[item], 1, None, slots(), &mut rng(7)).expect("a backup");
    let only = container.clone();
    list.push(decoder("container", vec![container], move |bytes| {
        let container = Container::read(bytes).ok()?;
        let (epoch, rollback) = (EpochRule::Any, Rollback::NotChecked);
        let expect = Expect { subject: container.subject(), epoch, rollback };
        let key = Secret::new([7; 32]);
        for key in [SlotKey::Held { label: "held", key: &key }, SlotKey::External { label: "kms", key: &key }]
        {
            let opened = vault::open::<AppSecret>(bytes, &key, &expect, &Limits::default());
            assert_eq!(opened.is_ok(), bytes == only);
        }
        Some(bytes.to_vec())
    }));
    let only = made.clone();
    list.push(decoder("backup", vec![made], move |bytes| {
        let (key, limits) = (Secret::new([7; 32]), Limits::default());
        let key = SlotKey::Held { label: "held", key: &key };
        let verified = backup::verify(bytes, &key, &Known::NOTHING, &limits);
        assert_eq!(verified.is_ok(), bytes == only);
        Some(bytes.to_vec())
    }));
}

fn cluster() -> Decoder {
    let (script, _) = dkg::<E>(2, &[1, 2, 3], 1);
    let cluster = Cluster::new([7; 32], 1, script.cast.roster().clone()).expect("three members");
    decoder("cluster", vec![cluster.to_bytes()], |bytes| Some(Cluster::from_bytes(bytes).ok()?.to_bytes()))
}

/// A root, and a descendant: as text, and as the bytes under its checksum.
fn extended_keys(list: &mut Vec<Decoder>) {
    let text = [
        "xpub661MyMwAqRbcFW31YEwpkMuc5THy2PSt5bDMsktWQcFF8syAmRUapSCGu8ED9W6oDMSgv6Zz8idoc4a6mr8BDzTJY47LJhkJ8UB7WEGuduB",
        "xpub6FnCn6nSzZAw5Tw7cgR9bi15UV96gLZhjDstkXXxvCLsUXBGXPdSnLFbdpq8p9HmGsApME5hQTZ3emM2rnY5agb9rXpVGyy3bdW6EEgAtqt",
    ];
    let bytes = text.map(|text| text.parse::<Xpub>().unwrap().to_bytes()).to_vec();
    list.push(decoder("extended key", bytes, |bytes| Some(Xpub::from_bytes(bytes).ok()?.to_bytes())));
    let text = text.map(|text| text.as_bytes().to_vec()).to_vec();
    list.push(decoder("extended key, text", text, |bytes| {
        let key: Xpub = std::str::from_utf8(bytes).ok()?.parse().ok()?;
        Some(key.to_string().into_bytes())
    }));
}

fn messages(list: &mut Vec<Decoder>) {
    let (script, run) = dkg::<E>(2, &[1, 2, 3], 1);
    let first = &script.mail[0];
    let envelope = first.0.envelope().to_bytes();
    list.push(decoder("header", vec![first.message().to_vec()], |bytes| {
        let (header, body) = Header::split(bytes)?;
        Some([&header.to_bytes(), body].concat())
    }));
    list.push(decoder("envelope", vec![envelope.clone()], |b| Some(Envelope::from_bytes(b)?.to_bytes())));
    let roster = script.cast.roster().clone();
    list.push(decoder("verified", vec![envelope], move |bytes| {
        Some(Verified::open(&roster, bytes).ok()?.envelope().to_bytes())
    }));
    list.push(evidence(&script, run.clone()));
    list.push(snapshot(&script, run));
}

/// Evidence, and the judge: whatever is brought forward, only party 1, who signed two messages, is ever convicted.
fn evidence(script: &Script<Dkg<E>>, run: Run<E>) -> Decoder {
    let mut player = script.play(id(2));
    let mail = script.inbound(id(2)).remove(0);
    player.receive(&mail).expect("an honest message");
    let seed = match player.receive(&script.conflict(&mail)) {
        Err(quorate::error::Rejected::Conflict { evidence: Some(evidence), .. }) => evidence.to_bytes(),
        answer => panic!("{answer:?}"),
    };
    decoder("evidence", vec![seed], move |bytes| {
        let evidence = Evidence::from_bytes(bytes)?;
        assert!(matches!(judge(&run, &evidence), Finding::Inconclusive | Finding::Guilty(..)));
        if let Finding::Guilty(who, _) = judge(&run, &evidence) {
            assert_eq!(who, id(1));
        }
        Some(evidence.to_bytes())
    })
}

/// Snapshots behind their digest.
fn snapshot(script: &Script<Dkg<E>>, run: Run<E>) -> Decoder {
    let config = (run, id(2));
    let mut seeds = Vec::new();
    for delivered in [0, 2, 6] {
        let mut player = script.play(id(2));
        for mail in &script.inbound(id(2))[..delivered] {
            player.receive(mail).expect("an honest message");
        }
        player.step();
        let bytes = player.session.suspend().expect("a live session").expose().to_vec();
        seeds.push(bytes[..bytes.len() - 32].to_vec());
    }
    decoder("snapshot", seeds, move |content| {
        let snapshot = Snapshot::from_bytes(Secret::new([content, &Sha256::digest(content)].concat()));
        let mut session = Session::<Dkg<E>>::resume(&config, snapshot, &mut MemoryLedger::default()).ok()?;
        let _ = session.advance(&mut rng(1));
        let snapshot = Snapshot::from_bytes(Secret::new([content, &Sha256::digest(content)].concat()));
        let session = Session::<Dkg<E>>::resume(&config, snapshot, &mut MemoryLedger::default()).ok()?;
        let mut again = session.suspend()?.expose().to_vec();
        again.truncate(again.len() - 32);
        again[52..56].copy_from_slice(&content[52..56]); // the generation goes up
        Some(again)
    })
}

fn keys<S: Scheme>(list: &mut Vec<Decoder>) {
    let (script, _) = dkg::<S>(2, &[1, 2], 1);
    let share = script.result(id(1)).to_vec();
    let public = KeyShare::<S>::from_bytes(&share).expect("a key share").public().to_bytes();
    let certificate =
        KeyShare::<S>::from_bytes(&share).expect("a key share").public().certificate().to_bytes();
    // the pending form is the share without its signatures, the count of refused pairings and the digest, with another letter
    let mut pending = share[..share.len() - 2 * 64 - 4 - 32].to_vec();
    pending[1] = b'p';
    let epochs = Epochs::new(KeyShare::<S>::from_bytes(&share).expect("a key share")).to_bytes();
    list.push(closed("share", &[&share], |b| {
        Some(KeyShare::<S>::from_bytes(b)?.to_bytes().expose().clone())
    }));
    list.push(closed("epochs", &[epochs.expose()], |b| {
        Some(Epochs::<S>::from_bytes(b)?.to_bytes().expose().clone())
    }));
    list.push(decoder("pending", vec![pending], |b| {
        Some(PendingShare::<S>::from_bytes(b)?.to_bytes().expose().clone())
    }));
    list.push(decoder("public", vec![public], |b| Some(PublicKey::<S>::from_bytes(b)?.to_bytes())));
    list.push(decoder("certificate", vec![certificate], |b| Some(Certificate::from_bytes(b)?.to_bytes())));
}

/// A form that ends with its digest: what stands behind it.
fn closed(
    name: &'static str,
    seeds: &[&[u8]],
    decode: impl Fn(&[u8]) -> Option<Vec<u8>> + 'static,
) -> Decoder {
    let content = |form: &[u8]| form[..form.len() - 32].to_vec();
    decoder(name, seeds.iter().map(|form| content(form)).collect(), move |bytes| {
        decode(&[bytes, &Sha256::digest(bytes)].concat()).map(|form| content(&form))
    })
}

/// Public keys and pending seats of every run that there is, and keys of a set.
fn lives(list: &mut Vec<Decoder>) {
    let (refreshed, _) = life::refresh::<E>(2, &[1, 2, 3], 2);
    let (reshared, _) = life::reshare::<E>(2);
    let (imported, _) = life::import::<E>(2);
    let public = |form: &[u8]| KeyShare::<E>::from_bytes(form).expect("a key share").public().to_bytes();
    let all = [refreshed.result(id(1)), reshared.result(id(2)), imported.result(id(1))].map(public);
    list.push(decoder("public, later epochs", all.to_vec(), |b| {
        Some(PublicKey::<E>::from_bytes(b)?.to_bytes())
    }));
    // the leaver's form is its public key without the signatures of all four, behind another letter and its id
    let left = reshared.result(id(1));
    let leaver = [&[1, b'l', 0, 1], &left[1..left.len() - 4 * 64]].concat();
    list.push(decoder("pending seat", vec![leaver], |b| {
        Some(PendingSeat::<E>::from_bytes(b)?.to_bytes().expose().clone())
    }));
    let cast = Cast::new(1..=2, &mut rng(3)).expect("a cast");
    let run = keyset::Run::new(
        Threshold::new(2, 2).expect("2-of-2"),
        cast.roster().clone(),
        SessionId([3; 16]),
        [AnyScheme::FrostEd25519, AnyScheme::EcdsaSecp256k1],
    );
    let run = run.expect("a run");
    let start = |me| KeySet::start(&run, me, &mut MemoryLedger::default(), &mut rng(4)).expect("a session");
    let sessions: Vec<_> = cast.ids().into_iter().map(start).collect();
    let bundle = cast.run(sessions, &mut rng(5)).remove(0).output().to_bytes().expose().clone();
    list.push(decoder("bundle", vec![bundle], |b| Some(Bundle::from_bytes(b)?.to_bytes().expose().clone())));
}

fn curve<C: Curve>(list: &mut Vec<Decoder>) {
    let points: Vec<_> =
        [2, 3].map(|k| encode_point::<C>(&C::mul_base(&C::Scalar::from(k))).expect("a point")).into();
    let scalar = |k: &C::Scalar| {
        let mut bytes = Vec::new();
        write_scalar::<C>(k, &mut bytes);
        bytes
    };
    let minus_one = scalar(&-C::Scalar::from(1));
    list.push(decoder("point", points.clone(), |b| encode_point::<C>(&read_point::<C>(b)?)));
    list.push(decoder("unchecked", points.clone(), |b| {
        let point = Unchecked::<C>::read(b)?;
        assert!(!point.is_identity());
        point.check().map_or(Some(b.to_vec()), |point| encode_point::<C>(&point))
    }));
    list.push(decoder("commitment", vec![points.concat()], |b| {
        let mut bytes = Vec::new();
        Commitment::<C>::read(b)?.write(&mut bytes);
        Some(bytes)
    }));
    list.push(decoder("scalar", vec![minus_one], move |b| Some(scalar(&read_scalar::<C>(b)?))));
}

fn signing(list: &mut Vec<Decoder>) {
    let (_, shares) = driver::key(2, &[1, 2], 1);
    let nonces = SigningNonces::generate((&shares[0]).into(), &mut rng(1));
    let commitments = nonces.commitments().as_bytes().to_vec();
    let stored = nonces.store().expose().clone();
    list.push(decoder("nonces", vec![stored], |bytes| {
        let nonces =
            SigningNonces::<E>::load(Secret::new(bytes.to_vec()), &mut MemoryLedger::default()).ok()?;
        Some(nonces.store().expose().clone())
    }));
    list.push(decoder("commitments", vec![commitments], |b| {
        NonceCommitments::from_bytes::<E>(b).map(|c| c.as_bytes().to_vec())
    }));
    list.push(decoder("signature share", vec![vec![1; 32]], |b| {
        SignatureShare::<E>::from_bytes(b).map(|s| s.to_bytes())
    }));
}

/// Content behind its digest.
fn sealed(content: &[u8]) -> Secret<Vec<u8>> {
    Secret::new([content, &Sha256::digest(content)].concat())
}

fn content(form: &[u8]) -> Vec<u8> {
    form[..form.len() - 32].to_vec()
}

/// Stored pairings and snapshots of runs, behind their digests.
fn pairings(list: &mut Vec<Decoder>) {
    let script = driver::ecdsa::pairing(1);
    let forms = script.results.iter().map(|(_, form)| content(form)).collect();
    list.push(decoder("pairing", forms, |bytes| {
        let opening = Opening::load(sealed(bytes)).ok()?;
        let mut again = content(opening.to_store().expose());
        // of an active one the open mark is set and the count goes up
        if bytes[3] == 1 {
            again[4..6].copy_from_slice(&bytes[4..6]);
        }
        Some(again)
    }));
    let identity = |n| script.cast.key(id(n)).expect("a member").public();
    let session = script.play(id(1)).session.terms().session;
    let run = pairing::Run::new(identity(1), identity(2), session).expect("two devices");
    let mut seeds = Vec::new();
    for delivered in 0..4 {
        let mut player = script.play(id(1));
        for mail in &script.inbound(id(1))[..delivered] {
            player.receive(mail).expect("an honest message");
            player.step();
        }
        seeds.push(content(player.session.suspend().expect("a live session").expose()));
    }
    list.push(decoder("pairing snapshot", seeds, move |bytes| {
        let resume = || {
            let snapshot = Snapshot::from_bytes(sealed(bytes));
            Session::<Pair>::resume(&run, snapshot, &mut MemoryLedger::default()).ok()
        };
        let _ = resume()?.advance(&mut rng(1));
        let mut again = content(resume()?.suspend()?.expose());
        again[52..56].copy_from_slice(&bytes[52..56]); // the generation goes up
        Some(again)
    }));
}

/// Stored presignatures behind their digest, and signatures.
fn ecdsa<S: EcdsaScheme>(list: &mut Vec<Decoder>) {
    let made = driver::ecdsa::presignatures(&driver::ecdsa::presign::<S>(2, &[1, 2, 3], &[1, 3], 1, 1));
    let forms = made.values().flatten().map(|form| content(form.expose())).collect();
    list.push(decoder("presignature", forms, |bytes| {
        let back = Presignature::<S>::load(&sealed(bytes), &mut MemoryLedger::default()).ok()?;
        let mut again = content(back.store().expose());
        again[2..6].copy_from_slice(&bytes[2..6]); // the generation goes up
        Some(again)
    }));
    let group = driver::ecdsa::Group::<S>::new(2, &[1, 2], &[1, 2], 1);
    let seed = driver::ecdsa::sign::<S>(2, &[1, 2], &[1, 2], 1).result(id(1)).to_vec();
    let read = |bytes: &[u8]| Signature::<S>::from_bytes_recoverable(bytes.try_into().ok()?);
    let honest = read(&seed).expect("a signature");
    let path = Path::new([44, 7]).expect("a path");
    let point = *derive(group.shares[0].public(), &path).expect("a key").point();
    list.push(decoder("recoverable", vec![seed], move |bytes| {
        Some(read(bytes)?.to_bytes_recoverable().to_vec())
    }));
    let der = vec![honest.to_der(), honest.low_s().to_der()];
    list.push(decoder("der", der, move |bytes| {
        let read = Signature::<S>::from_der(bytes, &point, Message::sha256(b"one"))?;
        assert!(read == honest || read.low_s() == honest.low_s(), "a forgery");
        Some(read.to_der())
    }));
}
