//! A helper whose generator repeats itself: its parts do not.

use std::collections::BTreeSet;

use quorate::curve::{Curve, EcdsaP256, EcdsaSecp256k1, FrostEd25519, Scheme, write_scalar};
use quorate::repair::{Repair, Run};
use quorate::wire::{HEADER_LEN, SessionId};
use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest as _, Sha256};

use crate::game::{Game, SECRET, id, set, stored};

/// Says the same for ever.
struct Stuck;

impl TryRng for Stuck {
    type Error = std::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(0x0505_0505)
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(0x0505_0505_0505_0505)
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        out.fill(5);
        Ok(())
    }
}

impl TryCryptoRng for Stuck {}

/// What a helper gives the others.
fn parts<S: Scheme>(game: &Game<S>, run: &Run<S>, helper: u16) -> Vec<Vec<u8>> {
    let share = game.shares.iter().find(|share| share.id() == id(helper)).unwrap();
    let session = Repair::help(run, share, None, &mut Stuck).unwrap();
    session.outgoing(0).map(|out| out.bytes[HEADER_LEN..].to_vec()).collect()
}

/// `XOF("session-rng"; 32 fresh bytes, share, sid, u8 1)`, 64 bytes a part.
fn described<S: Scheme>(share: &[u8], sid: &[u8; 32], part: u32) -> Vec<u8> {
    let block = |count: u32| {
        let tag: &[u8] = b"quorate/1/session-rng";
        let items = [tag, &[5; 32], share, sid, &[1], &count.to_be_bytes()];
        let framed = items.iter().flat_map(|item| [&(item.len() as u32).to_be_bytes()[..], item].concat());
        Sha256::digest(framed.collect::<Vec<u8>>())
    };
    let wide: Vec<u8> = [block(2 * part), block(2 * part + 1)].concat();
    let mut bytes = Vec::new();
    write_scalar::<S::Curve>(&S::Curve::scalar_from_wide(&wide.try_into().unwrap()), &mut bytes);
    bytes
}

fn check<S: Scheme>() {
    let game = Game::<S>::new(3, &[1, 2, 3, 4, 5], 61);
    let run = |lost: u16, helpers: &[u16], session: u8| {
        Run::new(game.shares[0].public(), id(lost), set(helpers), SessionId([session; 16])).unwrap()
    };
    // another id, another that lost its share, other helpers; and two helpers in each
    let runs = [run(5, &[1, 2, 3], 1), run(5, &[1, 2, 3], 2), run(4, &[1, 2, 3], 1), run(5, &[1, 2, 4], 1)];
    let mut seen = BTreeSet::new();
    for (run, helper) in runs.iter().flat_map(|run| [(run, 1), (run, 2)]) {
        let made = parts(&game, run, helper);
        let share = &stored(&game.shares[usize::from(helper) - 1])[SECRET];
        let sid = run.terms(id(helper)).sid();
        assert_eq!(made, [0, 1].map(|part| described::<S>(share, &sid, part)));
        assert_eq!(made, parts(&game, run, helper), "the generator does repeat itself");
        seen.extend(made);
    }
    assert_eq!(seen.len(), runs.len() * 2 * 2);
}

#[test]
fn parts_do_not_repeat_with_the_generator() {
    check::<FrostEd25519>();
    check::<EcdsaSecp256k1>();
    check::<EcdsaP256>();
}
