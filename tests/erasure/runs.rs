//! Runs of every protocol.

use quorate::curve::{Curve as _, EcdsaP256, EcdsaSecp256k1, FrostTaproot, Scheme, write_scalar};
use quorate::ecdsa::EcdsaScheme;
use quorate::error::Abort;
use quorate::frost::{Sign, SigningNonces};
use quorate::key::KeyShare;
use quorate::keyset::{self, AnyScheme, Bundle, KeySet};
use quorate::pairing;
use quorate::party::{PartyId, Threshold};
use quorate::secret::Secret;
use quorate::session::{Session, Snapshot, Status, Suspend};
use quorate::sim::{Cast, MemoryLedger};
use quorate::wire::SessionId;
use rand_core::Rng as _;
use sha2::{Digest as _, Sha256};

use crate::driver::{self, E, Mail, Outcome, Player, Protocol, Script, id, rng};
use crate::{Found, found, kept, scrub};

impl Outcome for Bundle {
    fn bytes(&self) -> Vec<u8> {
        self.to_bytes().expose().clone()
    }
}

/// One party from its start to its result, or to its verdict; `between` gets the session before every step.
fn play<S: Protocol>(
    script: &Script<S>,
    mut player: Player<S>,
    between: &mut dyn FnMut(Session<S>) -> Session<S>,
) -> Result<&'static [u8], Abort> {
    let (me, mut round) = (player.me(), 0);
    loop {
        player = Player { session: between(player.session), ..player };
        scrub();
        match player.step() {
            Some(Status::Advanced { .. }) => {}
            Some(Status::Keep) => player.keep(&script.cast),
            Some(Status::Waiting) => {
                round += 1;
                let inbound = script.mail.iter().filter(|mail| mail.is_for(me));
                for mail in inbound.filter(|mail| mail.header().round == round) {
                    scrub();
                    player.receive(mail).unwrap();
                }
            }
            _ => return player.result.take().unwrap().map(|result| &*Vec::leak(result)),
        }
    }
}

/// Down to bytes and back.
fn again<S: Protocol + Suspend>(config: &S::Config, session: Session<S>) -> Session<S> {
    scrub();
    let snapshot = session.suspend().unwrap();
    let bytes = Secret::new(snapshot.expose().to_vec());
    drop(snapshot);
    scrub();
    Session::resume(config, Snapshot::from_bytes(bytes), &mut MemoryLedger::default()).unwrap()
}

/// All that was sent, with the signatures.
fn mail<S: Protocol>(script: &Script<S>) -> impl Iterator<Item = &[u8]> {
    script.mail.iter().flat_map(|mail| [mail.message(), &mail.0.envelope().signature[..]])
}

/// All that the snapshots of party 1 and its result hold, but what was sent, and what others hold too.
fn suspended<S: Protocol + Suspend>(
    label: &str,
    script: &Script<S>,
    config: impl Fn(PartyId) -> S::Config,
    others: &[u16],
    more: &[&[u8]],
) -> Found {
    let forms = |me: u16| {
        let (me, mut forms) = (id(me), Vec::new());
        let result = play(script, script.play(me), &mut |session| {
            let snapshot = session.suspend().unwrap();
            forms.push(kept(snapshot.expose()));
            Session::resume(&config(me), snapshot, &mut MemoryLedger::default()).unwrap()
        });
        forms.push(result.unwrap());
        forms
    };
    let known = others.iter().flat_map(|other| forms(*other)).collect::<Vec<_>>();
    let known = mail(script).chain(known).chain(more.iter().copied());
    let config = config(id(1));
    found(label, &forms(1), known, || {
        play(script, script.play(id(1)), &mut |session| again(&config, session)).unwrap();
    })
}

/// A run that is not suspended, and secrets that the party had before. It starts before anything is looked for.
fn signing<S: Protocol>(label: &str, script: &Script<S>, me: u16, secrets: &[&[u8]]) -> Found {
    let player = script.play(id(me));
    found(label, secrets, mail(script), || {
        play(script, player, &mut |session| session).unwrap();
    })
}

/// The same, where a byte of the private message of a round to it is wrong, and this check says so.
fn failing<S: Protocol>(
    check: &str,
    script: &mut Script<S>,
    me: u16,
    (round, at): (u8, usize),
    secrets: &[&[u8]],
) -> Found {
    let spoilt = |mail: &Mail| mail.header().to == Some(id(me)) && mail.header().round == round;
    let place = script.mail.iter().position(spoilt).unwrap();
    script.mail[place] = script.forge(&script.mail[place], |body| body[at] ^= 1);
    let player = script.play(id(me));
    found(&format!("{check} fails"), secrets, mail(script), || {
        assert_eq!(play(script, player, &mut |session| session).unwrap_err().check, check);
    })
}

/// Where the secret stands in a stored share.
const SECRET: std::ops::Range<usize> = 5..37;

fn secret<S: Scheme>(share: &KeyShare<S>) -> &'static [u8] {
    kept(&share.to_bytes().expose()[SECRET])
}

/// The secrets of 2, who signs with 1 or 3: its share, its pairing, and what it draws in a run.
fn ecdsa<S: EcdsaScheme, P: Protocol>(
    script: &Script<P>,
    ids: &[u16],
    signers: &[u16],
    seed: u64,
) -> Vec<&'static [u8]> {
    let group = driver::ecdsa::Group::<S>::new(2, ids, signers, seed);
    let share = group.shares.iter().find(|share| share.id() == id(2)).unwrap();
    let pairings = &group.pairings()[&id(2)];
    let form = pairings.iter().next().unwrap().store();
    let sid = script.play(id(2)).session.terms().sid();
    // Behind the names, before the digest.
    let mut all = vec![secret(share), kept(&form.expose()[6 + 3 * 32..form.expose().len() - 32])];
    // As the driver seeds the start and the first step. What the second draws are weights of a sum, of no use once it is checked.
    for (round, seed) in [(1, seed << 16 | 2), (2, 2 << 8 | 1)] {
        all.extend(drawn::<S>(seed, all[0], &sid, round));
    }
    all
}

/// The first of what a signer draws in a round: `XOF("session-rng"; 32 fresh bytes, share, sid, round)`, as bytes and as scalars of 64 each. Some
/// of it is sent: that is public then.
fn drawn<S: Scheme>(seed: u64, share: &[u8], sid: &[u8; 32], round: u8) -> Vec<&'static [u8]> {
    let mut fresh = [0; 32];
    rng(seed).fill_bytes(&mut fresh);
    let block = |count: u32| {
        let items = [&b"quorate/1/session-rng"[..], &fresh, share, sid, &[round], &count.to_be_bytes()];
        let framed = items.iter().flat_map(|item| [&(item.len() as u32).to_be_bytes()[..], item].concat());
        <[u8; 32]>::from(Sha256::digest(framed.collect::<Vec<u8>>()))
    };
    let blocks: Vec<[u8; 32]> = (0..24).map(block).collect();
    let scalar = |pair: &[[u8; 32]]| {
        let mut bytes = Vec::new();
        let wide = pair.concat().try_into().unwrap();
        write_scalar::<S::Curve>(&S::Curve::scalar_from_wide(&wide), &mut bytes);
        kept(&bytes)
    };
    blocks.iter().map(|block| kept(block)).chain(blocks.windows(2).map(scalar)).collect()
}

/// A signing with nonces that are known.
fn frost() -> Found {
    let (_, shares) = driver::key(2, &[1, 2, 3], 10);
    let (_, task) = driver::frost(2, &[1, 2, 3], &[1, 2], b"a message", 10);
    let nonces = |me: PartyId| {
        let share = shares.iter().find(|share| share.id() == me).unwrap();
        SigningNonces::<E>::generate(share.into(), &mut rng(u64::from(me.get())))
    };
    let secrets = [secret(&shares[0]), kept(&nonces(id(1)).store().expose()[36..])];
    let (cast, again) = (Cast::new([1, 2, 3], &mut rng(10)).unwrap(), driver::key(2, &[1, 2, 3], 10).1);
    let script = Script::new(cast, &[id(1), id(2)], move |me| {
        let share = again.iter().find(|share| share.id() == me).unwrap();
        let nonces = SigningNonces::generate(share.into(), &mut rng(u64::from(me.get())));
        Sign::start_with(share, task.clone(), nonces).unwrap()
    });
    signing("FROST", &script, 1, &secrets)
}

fn key_set() -> (Script<KeySet>, keyset::Run) {
    let cast = Cast::new([1, 2, 3], &mut rng(8)).unwrap();
    let schemes = [AnyScheme::EcdsaSecp256k1, AnyScheme::FrostEd25519];
    let threshold = Threshold::new(2, 3).unwrap();
    let run = keyset::Run::new(threshold, cast.roster().clone(), SessionId([1; 16]), schemes).unwrap();
    let (ids, again) = (cast.ids(), run.clone());
    let start = move |me: PartyId| {
        let mut rng = rng(9 << 16 | u64::from(me.get()));
        KeySet::start(&again, me, &mut MemoryLedger::default(), &mut rng).unwrap()
    };
    (Script::new(cast, &ids, start), run)
}

pub(crate) fn all() -> Vec<Found> {
    let mut all = Vec::new();
    let (script, run) = driver::dkg::<E>(2, &[1, 2, 3], 1);
    all.push(suspended("key generation, Ed25519", &script, |me| (run.clone(), me), &[2, 3], &[]));
    let (script, run) = driver::dkg::<EcdsaSecp256k1>(2, &[1, 2, 3], 2);
    all.push(suspended("key generation, secp256k1", &script, |me| (run.clone(), me), &[2, 3], &[]));
    let (script, run) = driver::dkg::<EcdsaP256>(2, &[1, 2, 3], 3);
    all.push(suspended("key generation, P-256", &script, |me| (run.clone(), me), &[2, 3], &[]));
    let (script, run) = driver::life::refresh::<FrostTaproot>(2, &[1, 2, 3], 4);
    all.push(suspended("refresh", &script, |me| (run.clone(), me), &[2, 3], &[]));
    let (script, run) = driver::life::reshare::<E>(5);
    all.push(suspended("resharing, a dealer who leaves", &script, |me| (run.clone(), me), &[2, 3, 4], &[]));
    let (script, run) = driver::life::import::<E>(6);
    all.push(suspended("import, a receiver", &script, |me| (run.clone(), me), &[2, 3, 9], &[]));
    let (script, run) = key_set();
    all.push(suspended("key set", &script, |me| (run.clone(), me), &[2, 3], &[]));

    let script = driver::ecdsa::pairing(7);
    let identities = [1, 2].map(|n| script.cast.key(id(n)).unwrap().public());
    let session = script.play(id(1)).session.terms().session;
    let config = |me: PartyId| {
        let [own, peer] = if me == id(1) { identities } else { [identities[1], identities[0]] };
        pairing::Run::new(own, peer, session).unwrap()
    };
    // Its names.
    let names = &script.result(id(1))[..6 + 3 * 32];
    all.push(suspended("pairing", &script, config, &[], &[names]));

    all.push(frost());

    let one = || driver::ecdsa::sign::<EcdsaSecp256k1>(2, &[1, 2, 3], &[1, 2], 11);
    let secrets = ecdsa::<EcdsaSecp256k1, _>(&one(), &[1, 2, 3], &[1, 2], 11);
    all.push(signing("ECDSA, secp256k1", &one(), 2, &secrets));
    for (check, round, at) in [("S1.2", 1, 4416), ("S2.4", 2, 228), ("S2.5", 2, 131)] {
        all.push(failing(check, &mut one(), 2, (round, at), &secrets));
    }
    let other = driver::ecdsa::sign::<EcdsaP256>(2, &[1, 2, 3], &[1, 2], 12);
    let secrets = ecdsa::<EcdsaP256, _>(&other, &[1, 2, 3], &[1, 2], 12);
    all.push(signing("ECDSA, P-256", &other, 2, &secrets));
    let batch = driver::ecdsa::batch::<EcdsaSecp256k1>(2, &[1, 2], &[1, 2], 2, 13);
    let secrets = ecdsa::<EcdsaSecp256k1, _>(&batch, &[1, 2], &[1, 2], 13);
    all.push(signing("a batch", &batch, 2, &secrets));
    let presign = driver::ecdsa::presign::<EcdsaSecp256k1>(2, &[1, 2, 3], &[2, 3], 1, 14);
    let secrets = ecdsa::<EcdsaSecp256k1, _>(&presign, &[1, 2, 3], &[2, 3], 14);
    all.push(signing("presigning", &presign, 2, &secrets));
    let online = driver::ecdsa::online::<EcdsaSecp256k1>(2, &[1, 2, 3], &[2, 3], 15);
    let secrets = ecdsa::<EcdsaSecp256k1, _>(&online, &[1, 2, 3], &[2, 3], 15);
    all.push(signing("online", &online, 2, &secrets));
    all
}
