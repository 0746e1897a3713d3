//! Written-down runs of what becomes of a key.

use quorate::curve::Scheme;
use quorate::import::{self, Import};
use quorate::key::KeyShare;
use quorate::party::{Parties, PartyId, Threshold};
use quorate::refresh::{self, Refresh};
use quorate::reshare::{self, Reshare};
use quorate::secret::Secret;
use quorate::sim::{Cast, MemoryLedger};
use quorate::wire::SessionId;

use super::{Script, id, rng};

fn set(ids: &[u16]) -> Parties {
    Parties::from_numbers(ids.iter().copied()).unwrap()
}

fn start_seed(seed: u64, me: PartyId) -> u64 {
    seed << 16 | u64::from(me.get())
}

/// A refresh of a dealt key of `t` among these parties.
pub(crate) fn refresh<S: Scheme>(t: u16, ids: &[u16], seed: u64) -> (Script<Refresh<S>>, refresh::Run<S>) {
    let cast = Cast::new(ids.iter().copied(), &mut rng(seed)).unwrap();
    let shares = cast.deal::<S>(Threshold::new(t, ids.len() as u16).unwrap(), &mut rng(seed + 1)).unwrap();
    let run = refresh::Run::new(shares[0].public(), 1, SessionId([seed as u8; 16])).unwrap();
    let (parties, again) = (cast.ids(), run.clone());
    let start = move |me: PartyId| {
        let share = shares.iter().find(|share| share.id() == me).unwrap();
        Refresh::start(&again, share, &mut MemoryLedger::default(), &mut rng(start_seed(seed, me))).unwrap()
    };
    (Script::new(cast, &parties, start), run)
}

/// Of a dealt 2-of-3 key of 1, 2 and 3: 1 and 2 deal to 2, 3 and 4. So 1 leaves, 2 deals and receives, 3 stays, 4 is new.
pub(crate) fn reshare<S: Scheme>(seed: u64) -> (Script<Reshare<S>>, reshare::Run<S>) {
    let cast = Cast::new(1..=4, &mut rng(seed)).unwrap();
    let old = cast.only(&set(&[1, 2, 3])).unwrap();
    let shares: Vec<KeyShare<S>> = old.deal(Threshold::new(2, 3).unwrap(), &mut rng(seed + 1)).unwrap();
    let roster = cast.only(&set(&[2, 3, 4])).unwrap().roster().clone();
    let session = SessionId([seed as u8; 16]);
    let run = reshare::Run::new(shares[0].public(), set(&[1, 2]), roster, 1, session).unwrap();
    let (parties, again) = (cast.ids(), run.clone());
    let start = move |me: PartyId| {
        let (spent, rng) = (&mut MemoryLedger::default(), &mut rng(start_seed(seed, me)));
        if again.dealers().contains(me) {
            let share = shares.iter().find(|share| share.id() == me).unwrap();
            return Reshare::deal(&again, share, spent, rng).unwrap();
        }
        Reshare::receive(&again, me, spent, rng).unwrap()
    };
    (Script::new(cast, &parties, start), run)
}

/// 9 imports its secret, two, to 1, 2 and 3.
pub(crate) fn import<S: Scheme>(seed: u64) -> (Script<Import<S>>, import::Run<S>) {
    use quorate::curve::{Curve, encode_point, write_scalar};
    let cast = Cast::new([1, 2, 3, 9], &mut rng(seed)).unwrap();
    let two = <S::Curve as Curve>::Scalar::from(2);
    let (key, mut bytes) = (encode_point::<S::Curve>(&S::Curve::mul_base(&two)).unwrap(), Vec::new());
    write_scalar::<S::Curve>(&two, &mut bytes);
    let secret: [u8; 32] = bytes.try_into().unwrap();
    let roster = cast.only(&set(&[1, 2, 3])).unwrap().roster().clone();
    let dealer = (id(9), cast.roster().identity(id(9)).unwrap());
    let (threshold, session) = (Threshold::new(2, 3).unwrap(), SessionId([seed as u8; 16]));
    let run = import::Run::whole(threshold, roster, &key, dealer, session).unwrap();
    let (parties, again) = (cast.ids(), run.clone());
    let start = move |me: PartyId| {
        let (spent, rng) = (&mut MemoryLedger::default(), &mut rng(start_seed(seed, me)));
        if me == id(9) {
            let chain = Some(Secret::new([4; 32]));
            return Import::deal(&again, me, &Secret::new(secret), chain, spent, rng).unwrap();
        }
        Import::receive(&again, me, spent, rng).unwrap()
    };
    (Script::new(cast, &parties, start), run)
}
