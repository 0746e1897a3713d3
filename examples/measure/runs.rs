//! Every protocol once, at every party, for one threshold.

use std::collections::BTreeMap;

use quorate::curve::{
    Curve, EcdsaP256, EcdsaSecp256k1, FrostEd25519, FrostP256, FrostRistretto255, FrostSecp256k1,
    FrostTaproot, Scheme, encode_point, write_scalar,
};
use quorate::dkg::{self, Dkg};
use quorate::ecdsa::{Batch, EcdsaScheme, Message, Online, Presign, PresignTask, Sign, SignBatch, Task};
use quorate::frost::{self, Suite};
use quorate::import::{self, Import};
use quorate::key::{KeyShare, Path};
use quorate::keyset::{self, AnyScheme, KeySet};
use quorate::pairing::{Pair, Pairings};
use quorate::party::{Parties, PartyId, Threshold};
use quorate::refresh::{self, Refresh};
use quorate::repair::{self, Repair};
use quorate::reshare::{self, Reshare};
use quorate::secret::Secret;
use quorate::sim::{Cast, MemoryLedger};
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use super::Error;
use super::meter::{Played, play};
use super::sheet::{Sheet, What};

type Shares<S> = BTreeMap<PartyId, KeyShare<S>>;
type Run<O> = Result<Vec<Played<O>>, Error>;

/// Which table is wanted.
pub(crate) struct Plan {
    pub(crate) sizes: Vec<(u16, u16)>,
    pub(crate) repetitions: usize,
    /// Signatures in a batch.
    pub(crate) batch: u32,
    /// Two schemes instead of all.
    pub(crate) few: bool,
}

/// Above this many parties of one run, a single repetition has samples enough, and pairings of all with all are too many.
const MANY: u16 = 50;

/// One threshold, and the table that its rows go to.
struct Bench<'a> {
    sheet: &'a mut Sheet,
    threshold: Threshold,
    plan: &'a Plan,
    rng: ChaCha20Rng,
}

pub(crate) fn all(plan: &Plan, say: &mut dyn FnMut(&str)) -> Result<Sheet, Error> {
    let mut sheet = Sheet::default();
    // Nothing here is secret, and the bytes and their number are the same in every run.
    let rng = ChaCha20Rng::seed_from_u64(2026);
    let threshold = Threshold::new(2, 2)?;
    Bench { sheet: &mut sheet, threshold, plan, rng: rng.clone() }.pairing()?;
    for (t, n) in &plan.sizes {
        say(&format!("{t}-of-{n}"));
        Bench { sheet: &mut sheet, threshold: Threshold::new(*t, *n)?, plan, rng: rng.clone() }
            .protocols()?;
    }
    Ok(sheet)
}

fn session(rng: &mut ChaCha20Rng) -> SessionId {
    let mut id = [0; 16];
    rng.fill_bytes(&mut id);
    SessionId(id)
}

fn everybody(ids: impl IntoIterator<Item = PartyId>, role: &'static str) -> Vec<(PartyId, &'static str)> {
    ids.into_iter().map(|id| (id, role)).collect()
}

impl Bench<'_> {
    fn protocols(&mut self) -> Result<(), Error> {
        let many = self.threshold.n() > MANY;
        self.dealings::<FrostEd25519>()?;
        self.dealings::<EcdsaSecp256k1>()?;
        self.frost::<FrostEd25519>()?;
        self.frost::<FrostTaproot>()?;
        if !self.plan.few {
            self.frost::<FrostRistretto255>()?;
            self.frost::<FrostP256>()?;
            self.frost::<FrostSecp256k1>()?;
        }
        if many {
            return Ok(());
        }
        if !self.plan.few {
            self.dealings::<EcdsaP256>()?;
            self.ecdsa::<EcdsaP256>()?;
        }
        self.ecdsa::<EcdsaSecp256k1>()?;
        self.key_set()
    }

    /// Repeats a run, and writes its rows.
    fn rows<O>(
        &mut self,
        protocol: &str,
        scheme: &str,
        mut run: impl FnMut(&mut ChaCha20Rng) -> Run<O>,
    ) -> Result<(), Error> {
        let (t, n) = (self.threshold.t(), self.threshold.n());
        let repetitions = if n > MANY { 1 } else { self.plan.repetitions };
        let runs: Result<Vec<_>, _> = (0..repetitions).map(|_| run(&mut self.rng)).collect();
        self.sheet.add(&What { protocol: protocol.into(), scheme: scheme.into(), t, n }, &runs?)
    }

    fn cast(&mut self, n: u16) -> Result<Cast, Error> {
        Ok(Cast::new(1..=n, &mut self.rng)?)
    }

    fn shares<S: Scheme>(&mut self, cast: &Cast) -> Result<Shares<S>, Error> {
        let shares = cast.deal::<S>(self.threshold, &mut self.rng)?;
        Ok(shares.into_iter().map(|share| (share.id(), share)).collect())
    }

    fn signers(&self) -> Result<Parties, Error> {
        Ok(Parties::from_numbers(1..=self.threshold.t())?)
    }

    /// Everything that deals, for keys of one scheme.
    fn dealings<S: Scheme>(&mut self) -> Result<(), Error> {
        let (threshold, t, n) = (self.threshold, self.threshold.t(), self.threshold.n());
        // One more than members, for who comes in a reshare, and who has the secret in an import.
        let all = self.cast(n + 1)?;
        let cast = all.only(&Parties::from_numbers(1..=n)?)?;
        let parties = everybody(cast.ids(), "member");
        self.rows("key generation", S::NAME, |rng| {
            let run = dkg::Run::<S>::new(threshold, cast.roster().clone(), session(rng))?;
            play(&cast, &parties, |me, rng| Dkg::start(&run, me, &mut MemoryLedger::default(), rng), rng)
        })?;
        let shares = self.shares::<S>(&cast)?;
        let key = shares[&PartyId::new(1)?].public();
        self.rows("refresh", S::NAME, |rng| {
            let run = refresh::Run::new(key, 1, session(rng))?;
            play(
                &cast,
                &parties,
                |me, rng| Refresh::start(&run, &shares[&me], &mut MemoryLedger::default(), rng),
                rng,
            )
        })?;

        // The last member leaves for one that is new; the first t deal.
        let (dealers, coming) = (self.signers()?, PartyId::new(n + 1)?);
        let stays = |id: &PartyId| id.get() != n;
        let roster = all.only(&Parties::new(all.ids().into_iter().filter(stays))?)?.roster().clone();
        let role = |id: PartyId| match (dealers.contains(id), id.get() == n) {
            (true, true) => "dealer",
            (true, false) => "dealer and member",
            _ => "member",
        };
        let takes_part = |id: &PartyId| stays(id) || dealers.contains(*id);
        let seats: Vec<_> = all.ids().into_iter().filter(takes_part).map(|id| (id, role(id))).collect();
        let here = all.only(&Parties::new(seats.iter().map(|seat| seat.0))?)?;
        self.rows("reshare", S::NAME, |rng| {
            let run = reshare::Run::new(key, dealers.clone(), roster.clone(), 1, session(rng))?;
            let start =
                |me: PartyId, rng: &mut ChaCha20Rng| match shares.get(&me).filter(|_| dealers.contains(me)) {
                    Some(share) => Reshare::deal(&run, share, &mut MemoryLedger::default(), rng),
                    None => Reshare::receive(&run, me, &mut MemoryLedger::default(), rng),
                };
            play(&here, &seats, start, rng)
        })?;

        if n > t {
            let lost = PartyId::new(n)?;
            let mut seats = everybody(dealers.iter(), "helper");
            seats.push((lost, "lost"));
            self.rows("repair", S::NAME, |rng| {
                let run = repair::Run::new(key, lost, dealers.clone(), session(rng))?;
                let start = |me: PartyId, rng: &mut ChaCha20Rng| {
                    if me == lost {
                        Repair::rebuild(&run, lost)
                    } else {
                        Repair::help(&run, &shares[&me], None, rng)
                    }
                };
                play(&cast, &seats, start, rng)
            })?;
        }

        let mut seats = everybody(cast.ids(), "member");
        seats.push((coming, "dealer"));
        let identity = all.roster().identity(coming).ok_or("no such party")?;
        let secret = <S::Curve as Curve>::Scalar::from(7);
        let (public, mut bytes) =
            (encode_point::<S::Curve>(&S::Curve::mul_base(&secret)).ok_or("the identity")?, Vec::new());
        write_scalar::<S::Curve>(&secret, &mut bytes);
        let secret = Secret::new(<[u8; 32]>::try_from(bytes).map_err(|_| "not 32 bytes")?);
        self.rows("import", S::NAME, |rng| {
            let roster = cast.roster().clone();
            let run = import::Run::<S>::whole(threshold, roster, &public, (coming, identity), session(rng))?;
            let start = |me: PartyId, rng: &mut ChaCha20Rng| {
                let spent = &mut MemoryLedger::default();
                if me == coming {
                    return Import::deal(&run, me, &secret, None, spent, rng);
                }
                Import::receive(&run, me, spent, rng)
            };
            play(&all, &seats, start, rng)
        })
    }

    fn key_set(&mut self) -> Result<(), Error> {
        let cast = self.cast(self.threshold.n())?;
        let list = [
            AnyScheme::EcdsaSecp256k1,
            AnyScheme::FrostEd25519,
            AnyScheme::FrostTaproot,
            AnyScheme::EcdsaP256,
        ];
        let (threshold, parties) = (self.threshold, everybody(cast.ids(), "member"));
        self.rows("key set", "secp256k1 + Ed25519 + Taproot + P-256", |rng| {
            let run = keyset::Run::new(threshold, cast.roster().clone(), session(rng), list)?;
            play(&cast, &parties, |me, rng| KeySet::start(&run, me, &mut MemoryLedger::default(), rng), rng)
        })
    }

    fn frost<S: Suite>(&mut self) -> Result<(), Error> {
        let (cast, signers) = (self.cast(self.threshold.n())?, self.signers()?);
        let shares = self.shares::<S>(&cast)?;
        let key = shares[&PartyId::new(1)?].public();
        let parties = everybody(signers.iter(), "signer");
        self.rows("FROST signature", S::NAME, |rng| {
            let task =
                frost::Task::new(key, signers.clone(), b"a message of thirty-two bytes...", session(rng))?;
            play(&cast, &parties, |me, rng| frost::Sign::start(&shares[&me], task.clone(), rng), rng)
        })
    }

    fn pairing(&mut self) -> Result<(), Error> {
        let cast = self.cast(2)?;
        let ids = cast.ids();
        let mut keys: Vec<_> = ids.iter().filter_map(|id| cast.roster().identity(*id)).collect();
        // In a pairing, party 1 is the device with the lower identity key.
        keys.sort_by_key(|key| key.0);
        let [low, high] = keys[..] else { return Err("two devices".into()) };
        let parties = everybody(ids, "device");
        self.rows("pairing", "any", |rng| {
            let id = session(rng);
            let start = |me: PartyId, rng: &mut ChaCha20Rng| {
                let (own, peer) = if me.get() == 1 { (low, high) } else { (high, low) };
                Pair::start(own, peer, id, &mut MemoryLedger::default(), rng)
            };
            play(&cast, &parties, start, rng)
        })
    }

    fn ecdsa<S: EcdsaScheme>(&mut self) -> Result<(), Error> {
        let (cast, signers, count) = (self.cast(self.threshold.n())?, self.signers()?, self.plan.batch);
        let shares = self.shares::<S>(&cast)?;
        let pairings: BTreeMap<PartyId, Pairings> = cast.deal_pairings(&signers, &mut self.rng)?;
        let key = shares[&PartyId::new(1)?].public();
        let parties = everybody(signers.iter(), "signer");
        let (path, message) = (Path::new([0, 7])?, || Message::sha256(b"a transaction"));
        self.rows("ECDSA signature", S::NAME, |rng| {
            let task = Task::new(key, signers.clone(), path.clone(), message(), session(rng))?;
            let start = |me: PartyId, rng: &mut ChaCha20Rng| {
                Sign::start(&shares[&me], task.clone(), &pairings[&me], rng)
            };
            play(&cast, &parties, start, rng)
        })?;
        self.rows(&format!("ECDSA batch of {count}"), S::NAME, |rng| {
            let items = (0..count).map(|k| Ok((Path::new([0, k])?, message())));
            let items: Vec<_> = items.collect::<Result<_, quorate::error::SetupError>>()?;
            let batch = Batch::new(key, signers.clone(), items, session(rng))?;
            let start = |me: PartyId, rng: &mut ChaCha20Rng| {
                SignBatch::start(&shares[&me], batch.clone(), &pairings[&me], rng)
            };
            play(&cast, &parties, start, rng)
        })?;
        let presign = |rng: &mut ChaCha20Rng| {
            let task = PresignTask::new(key, signers.clone(), &path, 1, session(rng))?;
            let start = |me: PartyId, rng: &mut ChaCha20Rng| {
                Presign::start(&shares[&me], task.clone(), &pairings[&me], rng)
            };
            play(&cast, &parties, start, rng)
        };
        self.rows("ECDSA presignature", S::NAME, presign)?;
        self.rows("ECDSA online", S::NAME, |rng| {
            let mut made: BTreeMap<_, _> =
                presign(rng)?.into_iter().map(|party| (party.me, party.output)).collect();
            let id = session(rng);
            let start = |me: PartyId, _: &mut ChaCha20Rng| {
                let ready = made.get_mut(&me).and_then(Vec::pop);
                let ready = ready.ok_or(quorate::error::SetupError::WrongPresignature)?;
                Online::start(ready, &shares[&me], &pairings[&me], message(), id)
            };
            play(&cast, &parties, start, rng)
        })
    }
}
