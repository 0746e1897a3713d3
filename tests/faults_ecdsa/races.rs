//! A ban that falls while another session of the pair is inside a step: no result of that step is visible.

use std::convert::Infallible;

use quorate::ecdsa::{EcdsaScheme, Presign, Sign};
use quorate::error::Fault;
use quorate::pairing::Ban;
use quorate::sim::Letter;
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, TryCryptoRng, TryRng};

use crate::game::{Flow, Game, Pairs};
use crate::table::{End, Table, id, rng};

/// Randomness that does something when it is first asked for, which a step does after it has looked at the pairings.
struct Trap<'a> {
    rng: ChaCha20Rng,
    spring: Option<Box<dyn FnOnce() + 'a>>,
}

impl TryRng for Trap<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.rng.next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.rng.next_u64())
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        if let Some(spring) = self.spring.take() {
            spring();
        }
        self.rng.fill_bytes(out);
        Ok(())
    }
}

impl TryCryptoRng for Trap<'_> {}

/// A session of the pair, up to where party 1 will notice in its next step that party 3 lied.
fn about_to_ban<S: EcdsaScheme>(game: &Game<S>, pairs: &Pairs, round: u8, at: usize) -> Table<Sign<S>> {
    let mut table = Sign::table(game, pairs, 1, 5);
    let mut lie = |_: &[Letter], letter: &mut Letter| {
        if (letter.header.from, letter.to, letter.header.round) == (id(3), id(1), round) {
            letter.body[at] ^= 1;
        }
        true
    };
    table.post(&mut lie);
    if round == 2 {
        table.work();
        table.post(&mut lie);
    }
    table
}

every_scheme! {
    s1_1_a_ban_during_a_step_drops_its_result
    s1_1_of_two_failures_only_the_first_counts
}

/// A session inside round `steps + 1`, whose message from party 3 is right or a `lie`, when another bans.
fn during<S: EcdsaScheme, F: Flow<S>>(steps: u8, lie: bool) {
    for (check, round, at) in [("S1.2", 1, 4416), ("S2.4", 2, 228)] {
        let game = Game::<S>::new(2, 3, &[1, 3], 1);
        let pairs = game.deal(40);
        let mut banning = about_to_ban(&game, &pairs, round, at);
        let mut table = F::table(&game, &pairs, 2, 1);
        let mut tell = |_: &[Letter], letter: &mut Letter| {
            let last = letter.header.round == steps + 1;
            if lie && last && letter.to == id(1) {
                letter.body[[4432, 40_228][usize::from(steps)]] ^= 1;
            }
            true
        };
        for _ in 0..steps {
            table.post(&mut tell);
            table.work();
        }
        table.post(&mut tell);
        let seat = table.seats.get_mut(&1).unwrap();
        let sent = seat.session.sent();
        let spring = || {
            assert!(banning.advance(1));
            assert_eq!(game.bans(&pairs, 1), [(1, 3, check)]);
        };
        let mut trap = Trap { rng: rng(9), spring: Some(Box::new(spring)) };
        let abort = seat.session.advance(&mut trap).err().expect("no result");
        assert!(trap.spring.is_none());
        drop(trap);
        let end = End::Cheater(steps + 1, "S1.1", vec![(3, Fault::AlreadyBanned)]);
        assert_eq!(End::of(&abort), end, "{}, {check}", S::NAME);
        assert_eq!(seat.session.sent(), sent);
        // The record is that of the first failure.
        let ban = game.pairing(&pairs, 1, 3).ban();
        assert_eq!(ban, Some(Ban { check, session: SessionId([1; 16]) }));
    }
}

fn s1_1_a_ban_during_a_step_drops_its_result<S: EcdsaScheme>() {
    for steps in [0, 1] {
        during::<S, Sign<S>>(steps, false);
        during::<S, Presign<S>>(steps, false);
    }
}

fn s1_1_of_two_failures_only_the_first_counts<S: EcdsaScheme>() {
    for steps in [0, 1] {
        during::<S, Sign<S>>(steps, true);
        during::<S, Presign<S>>(steps, true);
    }
}
