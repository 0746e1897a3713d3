//! dkls23-core 0.6: the same paper, with multiplication set up per key.

use std::collections::BTreeMap;

use dkls23_core::curve::DklsCurve;
use dkls23_core::protocols::messages::{MessageTag, PhaseInput, PhaseOutput};
use dkls23_core::protocols::re_key::re_key;
use dkls23_core::protocols::signing::{Broadcast3to4, SignData, TransmitPhase1to2, TransmitPhase2to3};
use dkls23_core::protocols::{Parameters, Party, PartyIndex, dkg};
use dkls23_core::{DkgSession, SignSession};
use getrandom::SysRng;
use k256::Secp256k1;
use k256::elliptic_curve::{CurveArithmetic, Field};
use p256::NistP256;
use rand_core::{Rng, UnwrapErr};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::meter::{Cost, FIRST};
use crate::row::Row;

const WHO: &str = "dkls23-core 0.6";

fn random() -> [u8; 32] {
    let mut out = [0; 32];
    UnwrapErr(SysRng).fill_bytes(&mut out);
    out
}

/// A message in the library's own framing.
fn encode<T: MessageTag>(message: &T) -> Vec<u8> {
    let mut out = PhaseOutput::new();
    out.add_p2p(1, message).unwrap();
    out.p2p.remove(&1).unwrap()
}

/// Messages of one round: from, to, bytes.
#[derive(Default)]
struct Post(Vec<(u8, u8, Vec<u8>)>);

impl Post {
    fn push(&mut self, cost: &mut Cost, from: u8, to: u8, bytes: Vec<u8>) {
        if from != to {
            cost.send(from.into(), bytes.len(), 1);
        }
        self.0.push((from, to, bytes));
    }

    fn all(&mut self, cost: &mut Cost, from: u8, to: impl Iterator<Item = u8>, bytes: &[u8]) {
        to.for_each(|to| self.push(cost, from, to, bytes.to_vec()));
    }

    /// What waits for one party, as the library takes it.
    fn input(&self, me: u8) -> PhaseInput {
        let p2p = self.0.iter().filter(|(_, to, _)| *to == me);
        PhaseInput { broadcasts: BTreeMap::new(), p2p: p2p.map(|(from, _, m)| (*from, m.clone())).collect() }
    }
}

fn decode<T: MessageTag>(input: &PhaseInput) -> Vec<T> {
    input.p2p.keys().map(|from| input.get_p2p(*from).unwrap()).collect()
}

fn keys<C: DklsCurve>(t: u16, n: u16) -> Vec<Party<C>> {
    let parameters = Parameters::new(t as u8, n as u8).unwrap();
    let secret = <C::Scalar as Field>::random(&mut UnwrapErr(SysRng));
    re_key::<C>(&parameters, &random(), &secret, None, |_| String::new()).0
}

pub fn sign(t: u16, n: u16) -> Row {
    Row::new(format!("secp256k1, sign {t}-of-{n}"), WHO, move || {
        let parties = keys::<Secp256k1>(t, n);
        move || run(&parties[..t.into()])
    })
}

pub fn sign_p256(t: u16, n: u16) -> Row {
    Row::new(format!("P-256, sign {t}-of-{n}"), WHO, move || {
        let parties = keys::<NistP256>(t, n);
        move || run(&parties[..t.into()])
    })
}

fn run<C>(signers: &[Party<C>]) -> Cost
where
    C: DklsCurve
        + CurveArithmetic<AffinePoint: Serialize + DeserializeOwned, Scalar: Serialize + DeserializeOwned>,
{
    let mut cost = Cost::default();
    let ids: Vec<u8> = signers.iter().map(|p| p.party_index.as_u8()).collect();
    let (sign_id, message_hash) = (random().to_vec(), random());
    let (mut sessions, mut first, mut second, mut third) =
        (Vec::new(), Post::default(), Post::default(), Post::default());
    for (party, &me) in signers.iter().zip(&ids) {
        let others = ids.iter().filter(|id| **id != me).map(|id| PartyIndex::new(*id).unwrap());
        let data = SignData { sign_id: sign_id.clone(), counterparties: others.collect(), message_hash };
        let (session, out) = cost.work(me.into(), || {
            let (session, out) = SignSession::new(party, data).unwrap();
            let out: Vec<_> = out.iter().map(|m| (m.parties.receiver.as_u8(), encode(m))).collect();
            (session, out)
        });
        out.into_iter().for_each(|(to, bytes)| first.push(&mut cost, me, to, bytes));
        sessions.push(session);
    }
    for (session, &me) in sessions.iter_mut().zip(&ids) {
        let input = first.input(me);
        let out: Vec<_> = cost.work(me.into(), || {
            let out = session.phase2(&decode::<TransmitPhase1to2>(&input)).unwrap();
            out.iter().map(|m| (m.parties.receiver.as_u8(), encode(m))).collect()
        });
        out.into_iter().for_each(|(to, bytes)| second.push(&mut cost, me, to, bytes));
    }
    for (session, &me) in sessions.iter_mut().zip(&ids) {
        let input = second.input(me);
        let out = cost
            .work(me.into(), || encode(&session.phase3(&decode::<TransmitPhase2to3<C>>(&input)).unwrap()));
        // to itself too: the last phase sums all
        third.all(&mut cost, me, ids.iter().copied(), &out);
    }
    let input = third.input(ids[0]);
    let session = sessions.swap_remove(0);
    cost.work(FIRST, || session.phase4(&decode::<Broadcast3to4<C>>(&input), true).unwrap());
    cost
}

pub fn key_generation(t: u16, n: u16) -> Row {
    Row::new(format!("secp256k1, key generation and pairing {t}-of-{n}"), WHO, move || {
        move || generate(t as u8, n as u8)
    })
}

type C = Secp256k1;

fn generate(t: u8, n: u8) -> Cost {
    let mut cost = Cost::default();
    let session_id = random().to_vec();
    let parameters = Parameters::new(t, n).unwrap();
    let ids: Vec<u8> = (1..=n).collect();
    let (mut sessions, mut dealt) = (Vec::new(), Post::default());
    for &me in &ids {
        let (session, out) = cost.work(me.into(), || {
            let index = PartyIndex::new(me).unwrap();
            let session = DkgSession::<C>::new(parameters.clone(), index, session_id.clone());
            let out: Vec<_> = session.phase1().iter().map(|s| postcard::to_allocvec(s).unwrap()).collect();
            (session, out)
        });
        for (to, bytes) in (1..).zip(out) {
            dealt.push(&mut cost, me, to, bytes);
        }
        sessions.push(session);
    }
    // One box per kind of message: proofs, seeds of zero shares, set-up of multiplication, chain codes.
    let mut boxes: [Post; 6] = Default::default();
    for (session, &me) in sessions.iter_mut().zip(&ids) {
        let input = dealt.input(me);
        let (proof, zero, chain) = cost.work(me.into(), || {
            let fragments: Vec<_> =
                input.p2p.values().map(|bytes| postcard::from_bytes(bytes).unwrap()).collect();
            let (proof, zero, chain) = session.phase2(&fragments).unwrap();
            let zero: Vec<_> = zero.iter().map(|m| (m.parties.receiver.as_u8(), encode(m))).collect();
            (encode(&proof), zero, encode(&chain))
        });
        boxes[0].all(&mut cost, me, ids.iter().copied(), &proof);
        boxes[1].all(&mut cost, me, ids.iter().copied(), &chain);
        zero.into_iter().for_each(|(to, bytes)| boxes[2].push(&mut cost, me, to, bytes));
    }
    for (session, &me) in sessions.iter_mut().zip(&ids) {
        let (zero, mul, chain) = cost.work(me.into(), || {
            let (zero, mul, chain) = session.phase3().unwrap();
            let zero: Vec<_> = zero.iter().map(|m| (m.parties.receiver.as_u8(), encode(m))).collect();
            let mul: Vec<_> = mul.iter().map(|m| (m.parties.receiver.as_u8(), encode(m))).collect();
            (zero, mul, encode(&chain))
        });
        boxes[3].all(&mut cost, me, ids.iter().copied(), &chain);
        zero.into_iter().for_each(|(to, bytes)| boxes[4].push(&mut cost, me, to, bytes));
        mul.into_iter().for_each(|(to, bytes)| boxes[5].push(&mut cost, me, to, bytes));
    }
    let [proofs, chain2, zero2, chain3, zero3, mul] = boxes.each_ref().map(|post| post.input(ids[0]));
    let session = sessions.swap_remove(0);
    cost.work(FIRST, || {
        let chain2 = decode::<dkg::BroadcastDerivationPhase2to4>(&chain2);
        let chain3 = decode::<dkg::BroadcastDerivationPhase3to4>(&chain3);
        session
            .phase4(
                &decode::<dkg::ProofCommitment<C>>(&proofs),
                &decode::<dkg::TransmitInitZeroSharePhase2to4>(&zero2),
                &decode::<dkg::TransmitInitZeroSharePhase3to4>(&zero3),
                &decode::<dkg::TransmitInitMulPhase3to4<C>>(&mul),
                &chain2.into_iter().map(|m| (m.sender_index, m)).collect(),
                &chain3.into_iter().map(|m| (m.sender_index, m)).collect(),
                |_| String::new(),
            )
            .unwrap()
    });
    cost
}

/// Its complete refresh, which sets up multiplication with every other party anew.
pub fn refresh(t: u16, n: u16) -> Row {
    Row::new(format!("secp256k1, refresh and pairing {t}-of-{n}"), WHO, move || {
        let parties = keys::<Secp256k1>(t, n);
        move || renew(&parties)
    })
}

fn renew(parties: &[Party<C>]) -> Cost {
    let (mut cost, sid) = (Cost::default(), random());
    let ids: Vec<u8> = parties.iter().map(|p| p.party_index.as_u8()).collect();
    let mut boxes: [Post; 5] = Default::default();
    for (party, &me) in parties.iter().zip(&ids) {
        let out: Vec<_> = cost.work(me.into(), || {
            party.refresh_complete_phase1().iter().map(|s| postcard::to_allocvec(s).unwrap()).collect()
        });
        ids.iter().zip(out).for_each(|(to, bytes)| boxes[0].push(&mut cost, me, *to, bytes));
    }
    let mut kept = Vec::new();
    for (party, &me) in parties.iter().zip(&ids) {
        let input = boxes[0].input(me);
        let (value, keep, proof, zero) = cost.work(me.into(), || {
            let fragments: Vec<_> =
                input.p2p.values().map(|bytes| postcard::from_bytes(bytes).unwrap()).collect();
            let (value, proof, keep, zero) = party.refresh_complete_phase2(&sid, &fragments);
            let zero: Vec<_> = zero.iter().map(|m| (m.parties.receiver.as_u8(), encode(m))).collect();
            (value, keep, encode(&proof), zero)
        });
        boxes[1].all(&mut cost, me, ids.iter().copied(), &proof);
        zero.into_iter().for_each(|(to, bytes)| boxes[2].push(&mut cost, me, to, bytes));
        kept.push((value, keep));
    }
    let mut first = None;
    for ((party, &me), (value, keep)) in parties.iter().zip(&ids).zip(kept) {
        let (keeps, zero, mul) = cost.work(me.into(), || {
            let (zero_keep, zero, mul_keep, mul) = party.refresh_complete_phase3(&sid, &keep);
            let zero: Vec<_> = zero.iter().map(|m| (m.parties.receiver.as_u8(), encode(m))).collect();
            let mul: Vec<_> = mul.iter().map(|m| (m.parties.receiver.as_u8(), encode(m))).collect();
            ((zero_keep, mul_keep), zero, mul)
        });
        zero.into_iter().for_each(|(to, bytes)| boxes[3].push(&mut cost, me, to, bytes));
        mul.into_iter().for_each(|(to, bytes)| boxes[4].push(&mut cost, me, to, bytes));
        first.get_or_insert((value, keeps));
    }
    let (value, (zero_keep, mul_keep)) = first.unwrap();
    let [_, proofs, zero2, zero3, mul] = boxes.each_ref().map(|post| post.input(ids[0]));
    cost.work(FIRST, || {
        parties[0]
            .refresh_complete_phase4(
                &sid,
                &value,
                &decode::<dkg::ProofCommitment<C>>(&proofs),
                &zero_keep,
                &decode::<dkg::TransmitInitZeroSharePhase2to4>(&zero2),
                &decode::<dkg::TransmitInitZeroSharePhase3to4>(&zero3),
                &mul_keep,
                &decode::<dkg::TransmitInitMulPhase3to4<C>>(&mul),
            )
            .unwrap()
    });
    cost
}
