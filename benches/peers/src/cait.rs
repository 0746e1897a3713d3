//! cait-sith 0.8 on secp256k1: triples, presignatures, signatures.

use cait_sith::protocol::{Action, Participant, Protocol};
use cait_sith::{
    KeygenOutput, PresignArguments, PresignOutput, keygen, presign as cait_presign, sign as cait_sign,
    triples,
};
use k256_13::{Scalar, Secp256k1};
use rand_core_06::OsRng;

use crate::meter::{Cost, FIRST};
use crate::row::Row;

const WHO: &str = "cait-sith 0.8";

fn parties(count: u16) -> Vec<Participant> {
    (0..count).map(|i| Participant::from(u32::from(i))).collect()
}

/// Runs one protocol at all participants; results in their order.
///
/// The roles in a triple are not the same for all, so the cost is the mean of the participants' costs.
fn play<P: Protocol>(
    cost: &mut Cost,
    all: &[Participant],
    mut start: impl FnMut(Participant) -> P,
) -> Vec<P::Output> {
    let mut sum = Cost::default();
    let mut running: Vec<P> = all.iter().map(|me| sum.work(FIRST, || start(*me))).collect();
    let mut results: Vec<Option<P::Output>> = all.iter().map(|_| None).collect();
    while results.iter().any(Option::is_none) {
        for at in 0..all.len() {
            loop {
                match sum.work(FIRST, || running[at].poke()).unwrap() {
                    Action::Wait => break,
                    Action::Return(result) => results[at] = Some(result),
                    Action::SendPrivate(to, message) => {
                        let to = all.iter().position(|id| *id == to).unwrap();
                        deliver(&mut sum, all[at], message, &mut running[to]);
                    }
                    Action::SendMany(message) => {
                        for to in (0..all.len()).filter(|to| *to != at) {
                            deliver(&mut sum, all[at], message.clone(), &mut running[to]);
                        }
                    }
                }
            }
        }
    }
    cost.cpu += sum.cpu / all.len() as u32;
    cost.sent += sum.sent / all.len();
    results.into_iter().map(Option::unwrap).collect()
}

fn deliver<P: Protocol>(sum: &mut Cost, from: Participant, message: Vec<u8>, to: &mut P) {
    sum.send(FIRST, message.len(), 1);
    sum.work(FIRST, || to.message(from, message));
}

fn keys(cost: &mut Cost, t: u16, n: u16) -> Vec<KeygenOutput<Secp256k1>> {
    let all = parties(n);
    play(cost, &all, |me| keygen::<Secp256k1>(&all, me, t.into()).unwrap())
}

pub fn key_generation(t: u16, n: u16) -> Row {
    Row::new(format!("secp256k1, key generation {t}-of-{n}"), WHO, move || {
        move || {
            let mut cost = Cost::default();
            keys(&mut cost, t, n);
            cost
        }
    })
}

/// A presignature at each of the first t of n parties, from dealt triples.
fn presignatures(
    cost: &mut Cost,
    signers: &[Participant],
    keys: &[KeygenOutput<Secp256k1>],
) -> Vec<PresignOutput<Secp256k1>> {
    let t = signers.len();
    let (pub0, shares0) = triples::deal(&mut OsRng, signers, t);
    let (pub1, shares1) = triples::deal(&mut OsRng, signers, t);
    play(cost, signers, |me| {
        let at = u32::from(me) as usize;
        let arguments = PresignArguments {
            triple0: (shares0[at].clone(), pub0.clone()),
            triple1: (shares1[at].clone(), pub1.clone()),
            keygen_out: keys[at].clone(),
            threshold: t,
        };
        cait_presign::<Secp256k1>(signers, me, arguments).unwrap()
    })
}

/// One of the two triples that a presignature takes.
pub fn triple(t: u16) -> Row {
    Row::new(format!("secp256k1, one triple of two, {t} signers"), WHO, move || {
        let signers = parties(t);
        move || {
            let mut cost = Cost::default();
            play(&mut cost, &signers, |me| {
                triples::generate_triple::<Secp256k1>(&signers, me, t.into()).unwrap()
            });
            cost
        }
    })
}

pub fn presign(t: u16, n: u16) -> Row {
    Row::new(format!("secp256k1, presign {t}-of-{n}, without triples"), WHO, move || {
        let (keys, signers) = (keys(&mut Cost::default(), t, n), parties(t));
        move || {
            let mut cost = Cost::default();
            presignatures(&mut cost, &signers, &keys);
            cost
        }
    })
}

pub fn sign(t: u16, n: u16) -> Row {
    Row::new(format!("secp256k1, sign {t}-of-{n} with a presignature"), WHO, move || {
        let (keys, signers) = (keys(&mut Cost::default(), t, n), parties(t));
        let ready = presignatures(&mut Cost::default(), &signers, &keys);
        let public = keys[0].public_key;
        move || {
            let mut cost = Cost::default();
            play(&mut cost, &signers, |me| {
                let ready = ready[u32::from(me) as usize].clone();
                cait_sign::<Secp256k1>(&signers, me, public, ready, Scalar::from(7u64)).unwrap()
            });
            cost
        }
    })
}
