//! A signer that multiplies other numbers than it opens, or opens what it should not be able to: it knows its nonce and, where the test
//! lets it, somebody else's.

use alloc::vec::Vec;

use ff::Field;
use group::Group;

use super::{Stage, id, rng};
use crate::curve::{Curve, EcdsaP256, EcdsaSecp256k1, Scheme, encode_point, write_scalar};
use crate::ecdsa::{EcdsaScheme, Sign};
use crate::error::{Abort, Chance, Doubt, Fault, Verdict};
use crate::hash::{Tag, Transcript};
use crate::key::{Path, derive};
use crate::ot::DEPTH;
use crate::ot::extension::extend;
use crate::party::PartyId;
use crate::sharing::coefficient;
use crate::sim::{Faults, Letter};
use crate::vole::multiply;
use crate::zero;

type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;

/// The number of the malicious signer; it is the last of the signers, so that it hears before it speaks.
const VILLAIN: u16 = 4;
const SESSION: u8 = 1;

fn seed(party: u16) -> u64 {
    900 + u64::from(party)
}

/// The nonce that this party will draw: its session's generator is known here.
fn nonce<S: EcdsaScheme>(stage: &Stage<S>, party: u16) -> Scalar<S> {
    let mut fresh = [0; 32];
    rand_core::Rng::fill_bytes(&mut rng(seed(party)), &mut fresh);
    let (mut share, mut wide) = (Vec::new(), [0; 64]);
    write_scalar::<S::Curve>(stage.share(party).secret().expose(), &mut share);
    let sid = stage.task(SESSION).terms(id(party)).sid();
    Transcript::new(Tag::SessionRng).bytes(&fresh).bytes(&share).bytes(&sid).u8(1).fill(&mut wide);
    S::Curve::scalar_from_wide(&wide)
}

/// What the villain does otherwise, towards one receiver.
#[derive(Clone, Copy)]
struct Deed<S: EcdsaScheme> {
    /// Its nonce, opened and multiplied.
    nonce: Scalar<S>,
    /// Added to what it multiplies: nonce, share.
    multiplied: [Scalar<S>; 2],
    /// Added to the share that it opens, and multiplies.
    share: Scalar<S>,
    /// `Gamma^u` and `Gamma^v` are off by so many times G.
    gamma: [Scalar<S>; 2],
}

impl<S: EcdsaScheme> Deed<S> {
    fn honest(stage: &Stage<S>) -> Self {
        let zero = Scalar::<S>::ZERO;
        Self { nonce: nonce(stage, VILLAIN), multiplied: [zero; 2], share: zero, gamma: [zero; 2] }
    }
}

/// The villain, with every letter that it has heard.
struct Villain<'a, S: EcdsaScheme> {
    stage: &'a Stage<S>,
    heard: Vec<Letter>,
    sid: [u8; 32],
}

fn point<S: EcdsaScheme>(k: &Scalar<S>) -> Vec<u8> {
    encode_point::<S::Curve>(&S::Curve::mul_base(k)).unwrap()
}

impl<S: EcdsaScheme> Villain<'_, S> {
    fn first(&self, from: PartyId, to: PartyId) -> &[u8] {
        let is_it = |l: &&Letter| (l.header.from, l.to, l.header.round) == (from, to, 1);
        &self.heard.iter().find(is_it).unwrap().body
    }

    /// Round 1: a commitment to the nonce of the deed.
    fn commit(&self, deed: &Deed<S>) -> [u8; 32] {
        let start = Transcript::new(Tag::SignCommit).bytes(&self.sid).u16(VILLAIN);
        start.bytes(&point::<S>(&deed.nonce)).bytes(&[7; 32]).finish()
    }

    /// `V1`, and the villain's share with the zero shares that go with it.
    fn share(&self) -> ([u8; 32], Scalar<S>) {
        let (signers, me) = (&self.stage.signers, id(VILLAIN));
        let other = |from| signers.iter().find(|to| *to != from).unwrap();
        let view = signers.iter().fold(Transcript::new(Tag::SignView1).bytes(&self.sid), |view, from| {
            view.parts(&[&from.to_bytes(), &self.first(from, other(from))[..32]])
        });
        let view = view.finish();
        let tweak = *derive(self.stage.shares[0].public(), &Path::default()).unwrap().tweak();
        let lambda = coefficient::<S::Curve>(signers, me).unwrap();
        let mut share = lambda * (tweak + self.stage.share(VILLAIN).secret().expose());
        for peer in signers.iter().filter(|peer| *peer != me) {
            let secrets = self.stage.link(VILLAIN, peer.get()).secrets().unwrap();
            zero::add::<S::Curve>(&mut share, &secrets.zero, &self.sid, &view, [me, peer]);
        }
        (view, share)
    }

    /// Round 2: `R 33, salt 32, pk 33, Gamma^u 33, Gamma^v 33, psi 32, V1 32, multiplication`; only `psi` is the session's own.
    fn open(&self, deed: &Deed<S>, letter: &mut Letter) {
        let (view, share) = self.share();
        let share = share + deed.share;
        let secrets = self.stage.link(VILLAIN, letter.to.get()).secrets().unwrap();
        let psid = self.stage.psid(&self.sid, VILLAIN, letter.to.get());
        let (delta, extension) = (secrets.delta.expose(), &self.first(letter.to, id(VILLAIN))[32..]);
        let (extended, passed) =
            extend::<DEPTH>(&psid, secrets.punctured.expose(), delta, extension).unwrap();
        assert!(bool::from(passed));
        let inputs = [&(deed.nonce + deed.multiplied[0]), &(share + deed.multiplied[1])];
        let mut product = Vec::new();
        let c = multiply::<S::Curve>(&psid, &extended, delta, inputs, &mut rng(3), &mut product);
        let [u, v] = c.expose();
        let mut body = point::<S>(&deed.nonce);
        body.extend_from_slice(&[7; 32]);
        for k in [share, *u + deed.gamma[0], *v + deed.gamma[1]] {
            body.extend_from_slice(&point::<S>(&k));
        }
        body.extend_from_slice(&letter.body[164..196]);
        body.extend_from_slice(&view);
        body.extend_from_slice(&product);
        assert_eq!(body.len(), letter.body.len());
        letter.body = body;
    }
}

/// A signing with these deeds by receiver; how the honest ended, in their order.
fn play<S: EcdsaScheme>(stage: &Stage<S>, deed: &dyn Fn(PartyId) -> Deed<S>) -> Vec<Option<Abort>> {
    let task = stage.task(SESSION);
    let start = |me: PartyId| {
        let (share, pairings) = (stage.share(me.get()), &stage.pairs[&me]);
        Sign::start(share, task.clone(), pairings, &mut rng(seed(me.get()))).unwrap()
    };
    let sid = task.terms(id(VILLAIN)).sid();
    let mut villain = Villain { stage, heard: Vec::new(), sid };
    let reports = stage.cast.run_with(
        stage.signers.iter().map(start),
        Faults::default(),
        &mut |letter| {
            let deed = deed(letter.to);
            match (letter.header.from == id(VILLAIN), letter.header.round) {
                (true, 1) => letter.body[..32].copy_from_slice(&villain.commit(&deed)),
                (true, 2) => villain.open(&deed, letter),
                _ => {}
            }
            if letter.header.round == 1 {
                villain.heard.push(letter.clone());
            }
            true
        },
        &mut rng(4),
    );
    let honest = reports.into_iter().filter(|report| report.id != id(VILLAIN));
    honest.map(|report| report.outcome.map(|outcome| outcome.expect_err("no signature"))).collect()
}

fn stages<S: EcdsaScheme>() -> [Stage<S>; 2] {
    [Stage::new(2, 4, &[1, VILLAIN], 20), Stage::new(3, 5, &[1, 3, VILLAIN], 21)]
}

/// Where every honest signer suspects everybody else.
fn suspected<S: EcdsaScheme>(stage: &Stage<S>, found: &[Option<Abort>], check: &str, why: Doubt) {
    for (me, abort) in stage.signers.iter().zip(found) {
        let abort = abort.as_ref().unwrap();
        let who = stage.signers.without(me);
        assert_eq!((abort.check, &abort.verdict), (check, &Verdict::Suspects { who, why }));
    }
    assert_eq!(stage.bans(), []);
}

/// The puppet itself is right: what it opens and multiplies passes round 2.
fn truth<S: EcdsaScheme>() {
    for stage in stages::<S>() {
        let honest = Deed::honest(&stage);
        // Its session knows nothing of this puppet and falls silent, so the honest wait for its fragment.
        assert!(play(&stage, &|_| honest).iter().all(Option::is_none));
        assert_eq!(stage.bans(), []);
    }
}

/// Other inputs than the opened ones, towards one: named and banned there.
fn inconsistent<S: EcdsaScheme>() {
    let (zero, one) = (Scalar::<S>::ZERO, Scalar::<S>::ONE);
    let five = Scalar::<S>::from(5);
    for number in 0..2 {
        for (multiplied, gamma) in [
            ([zero, one], [zero; 2]),
            ([one, zero], [zero; 2]),
            ([one, -one], [zero; 2]),
            ([zero; 2], [one, zero]),
            ([zero; 2], [zero, one]),
            // Right in sum, for whoever does not weigh the two equations.
            ([zero; 2], [five, -five]),
        ] {
            let stage = stages::<S>().into_iter().nth(number).unwrap();
            let honest = Deed::honest(&stage);
            let deed = |to| if to == id(1) { Deed { multiplied, gamma, ..honest } } else { honest };
            let found = play(&stage, &deed);
            let abort = found[0].as_ref().unwrap();
            let fault = Fault::Consistency;
            assert_eq!((abort.round, abort.check), (2, "S2.5"));
            assert_eq!(abort.verdict, Verdict::Cheater { who: id(VILLAIN), fault, evidence: None });
            assert_eq!(stage.bans(), [(1, VILLAIN, "S2.5")]);
            // The other honest signer heard the truth, and waits for the first.
            assert!(found[1..].iter().all(Option::is_none));
        }
    }
}

/// Another share, opened and multiplied alike: everything about it is consistent but the sum.
fn wrong_share<S: EcdsaScheme>() {
    for stage in stages::<S>() {
        let wrong = Deed { share: Scalar::<S>::ONE, ..Deed::honest(&stage) };
        let found = play(&stage, &|_| wrong);
        suspected(&stage, &found, "S2.6", Doubt::KeySum);
    }
    // To one of two.
    let [_, stage] = stages::<S>();
    let honest = Deed::honest(&stage);
    let wrong = Deed { share: -Scalar::<S>::ONE, ..honest };
    let found = play(&stage, &|to| if to == id(3) { wrong } else { honest });
    assert!(found[0].is_none() && found[1].as_ref().is_some_and(|abort| abort.check == "S2.6"));
    assert_eq!(stage.bans(), []);
}

/// A nonce that cancels the others': only who knows them beforehand can do this, and then it is nobody's fault.
fn cancelled<S: EcdsaScheme>() {
    for stage in stages::<S>() {
        let honest = stage.signers.iter().filter(|party| *party != id(VILLAIN));
        let sum = honest.map(|party| nonce(&stage, party.get())).fold(Scalar::<S>::ZERO, |sum, k| sum + k);
        assert!(!bool::from(S::Curve::mul_base(&sum).is_identity()));
        let opposite = Deed { nonce: -sum, ..Deed::honest(&stage) };
        for abort in play(&stage, &|_| opposite) {
            let abort = abort.unwrap();
            assert_eq!((abort.round, abort.check), (2, "S2.7"));
            assert_eq!(abort.verdict, Verdict::NoFault { why: Chance::Degenerate });
        }
        assert_eq!(stage.bans(), []);
    }
}

#[test]
fn the_puppet_passes_round_2() {
    truth::<EcdsaSecp256k1>();
    truth::<EcdsaP256>();
}

#[test]
fn s2_5_other_inputs_than_the_opened_ones_convict_and_ban() {
    inconsistent::<EcdsaSecp256k1>();
    inconsistent::<EcdsaP256>();
}

#[test]
fn s2_6_a_wrong_share_in_everything_leaves_suspects() {
    wrong_share::<EcdsaSecp256k1>();
    wrong_share::<EcdsaP256>();
}

#[test]
fn s2_7_nonces_that_cancel_are_nobodys_fault() {
    cancelled::<EcdsaSecp256k1>();
    cancelled::<EcdsaP256>();
}
