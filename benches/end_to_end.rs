//! One party's CPU time, ours beside ZF's `frost-ed25519` and `frost-secp256k1-tr`, in one run: `cargo bench --features sim --bench end_to_end`.
//!
//! Everything a party computes counts on both sides: start, decoding of what arrives, every round, aggregation. What the
//! other parties compute does not. Ours is a [`Session`] fed with messages; signing envelopes belongs to the transport and
//! is shown in a line of its own. ZF's is its functions fed with serialized packages.

mod zf;

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use quorate::curve::{EcdsaP256, EcdsaSecp256k1, FrostEd25519, FrostTaproot, Scheme};
use quorate::dkg::{Dkg, Run};
use quorate::envelope::{Unsigned, Verified};
use quorate::evidence::Envelope;
use quorate::frost::{self, NonceCommitments, Sign, SigningNonces, SigningPackage, Suite, Task};
use quorate::key::KeyShare;
use quorate::keyset::{self, AnyScheme, KeySet};
use quorate::party::{Parties, PartyId, Threshold};
use quorate::session::{Pending, Session, State, Status};
use quorate::sim::{Cast, MemoryLedger};
use quorate::wire::{Kind, SessionId};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

type E = FrostEd25519;

/// Runs `f` and adds its time to `total`.
fn clock<T>(total: &mut Duration, f: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let value = f();
    *total += start.elapsed();
    value
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(2026)
}

/// One signer of `t` of `n`, the first; the others are played.
struct Signing<S: Suite> {
    shares: Vec<KeyShare<S>>,
    task: Task<S>,
}

impl<S: Suite> Signing<S> {
    fn new(t: u16, n: u16) -> Self {
        let mut rng = rng();
        let cast = Cast::new(1..=n, &mut rng).unwrap();
        let mut shares = cast.deal::<S>(Threshold::new(t, n).unwrap(), &mut rng).unwrap();
        shares.truncate(t.into());
        let signers = Parties::new(shares.iter().map(KeyShare::id)).unwrap();
        let task =
            Task::new(shares[0].public(), signers, b"a message of thirty-two bytes...", SessionId([7; 16]))
                .unwrap();
        Self { shares, task }
    }

    /// (commit, share and aggregate): the time of one whole signing at the first signer.
    fn run(&self, rng: &mut ChaCha20Rng) -> (Duration, Duration) {
        let (mut commit, mut rest) = (Duration::ZERO, Duration::ZERO);
        let task = self.task.clone();
        let mut session = clock(&mut commit, || Sign::start(&self.shares[0], task, rng).unwrap());
        // a second real session says what the view is
        let mut second = Sign::start(&self.shares[1], self.task.clone(), rng).unwrap();
        let mut nonces: Vec<_> =
            self.shares[2..].iter().map(|s| (s, SigningNonces::generate(s.into(), rng))).collect();

        let body = |s: &Session<Sign<S>>| s.outgoing(0).next().unwrap().bytes[56..].to_vec();
        let mut commitments =
            vec![(self.shares[0].id(), body(&session)), (self.shares[1].id(), body(&second))];
        commitments.extend(nonces.iter().map(|(s, n)| (s.id(), n.commitments().as_bytes().to_vec())));
        let messages: Vec<_> = commitments.iter().map(|(id, body)| self.message(1, *id, body)).collect();
        clock(&mut rest, || deliver(&mut session, &messages));
        deliver(&mut second, &messages);
        clock(&mut rest, || assert!(matches!(session.advance(rng), Ok(Status::Advanced { .. }))));
        assert!(matches!(second.advance(rng), Ok(Status::Advanced { .. })));

        let share2 = second.outgoing(1).next().unwrap().bytes[56..].to_vec();
        let list = commitments.iter().map(|(id, c)| (*id, NonceCommitments::from_bytes::<S>(c).unwrap()));
        let package = SigningPackage::new(self.task.view(), list, self.task.message()).unwrap();
        let mut messages = vec![self.message(2, self.shares[1].id(), &share2)];
        for (share, nonces) in nonces.drain(..) {
            let z = frost::sign(nonces, share.into(), &package).unwrap();
            let body = [&share2[..32], &z.to_bytes()].concat();
            messages.push(self.message(2, share.id(), &body));
        }
        clock(&mut rest, || {
            deliver(&mut session, &messages);
            assert!(matches!(session.advance(rng), Ok(Status::Done(_))));
        });
        (commit, rest)
    }

    fn message(&self, round: u8, from: PartyId, body: &[u8]) -> (PartyId, Vec<u8>) {
        let mut bytes = self.task.terms(from).header(round, Kind::All, from, None).to_bytes();
        bytes.extend_from_slice(body);
        (from, bytes)
    }
}

fn deliver<S: State>(session: &mut Session<S>, messages: &[(PartyId, Vec<u8>)]) {
    let me = session.terms().me;
    for (from, bytes) in messages.iter().filter(|(from, _)| *from != me) {
        session.receive(*from, bytes).unwrap();
    }
}

/// A whole key generation; the time of the first party, without and with the envelopes.
fn key_generation<S: Scheme>(t: u16, n: u16, rng: &mut ChaCha20Rng) -> (Duration, Duration) {
    let cast = Cast::new(1..=n, rng).unwrap();
    let run =
        Run::<S>::new(Threshold::new(t, n).unwrap(), cast.roster().clone(), SessionId([3; 16])).unwrap();
    ceremony(&cast, |me, rng| Dkg::start(&run, me, &mut MemoryLedger::default(), rng).unwrap(), rng)
}

/// As [`key_generation`], of several keys at once.
fn key_set(t: u16, n: u16, schemes: &[AnyScheme], rng: &mut ChaCha20Rng) -> (Duration, Duration) {
    let cast = Cast::new(1..=n, rng).unwrap();
    let threshold = Threshold::new(t, n).unwrap();
    let schemes = schemes.iter().copied();
    let run = keyset::Run::new(threshold, cast.roster().clone(), SessionId([3; 16]), schemes).unwrap();
    ceremony(&cast, |me, rng| KeySet::start(&run, me, &mut MemoryLedger::default(), rng).unwrap(), rng)
}

/// As [`key_set`], one after the other.
fn key_by_key(t: u16, n: u16, schemes: &[AnyScheme], rng: &mut ChaCha20Rng) -> (Duration, Duration) {
    let each = schemes.iter().map(|scheme| match scheme {
        AnyScheme::EcdsaSecp256k1 => key_generation::<EcdsaSecp256k1>(t, n, rng),
        AnyScheme::EcdsaP256 => key_generation::<EcdsaP256>(t, n, rng),
        AnyScheme::FrostTaproot => key_generation::<FrostTaproot>(t, n, rng),
        _ => key_generation::<E>(t, n, rng),
    });
    each.fold((Duration::ZERO, Duration::ZERO), |(core, all), (c, a)| (core + c, all + a))
}

/// A signed ceremony of the whole cast; the time of the first party, without and with the envelopes.
fn ceremony<S: State>(
    cast: &Cast,
    mut begin: impl FnMut(PartyId, &mut ChaCha20Rng) -> Session<S>,
    rng: &mut ChaCha20Rng,
) -> (Duration, Duration) {
    let first = cast.ids()[0];
    let (mut core, mut envelopes) = (Duration::ZERO, Duration::ZERO);
    let mut sessions: Vec<_> = Vec::new();
    for id in cast.ids() {
        let start = Instant::now();
        sessions.push(begin(id, rng));
        core += if id == first { start.elapsed() } else { Duration::ZERO };
    }
    let mut sent = vec![0; sessions.len()];
    loop {
        let mut post: Vec<(PartyId, Option<PartyId>, Envelope)> = Vec::new();
        for (session, sent) in sessions.iter().zip(&mut sent) {
            let me = session.terms().me;
            let start = Instant::now();
            for out in session.outgoing(*sent) {
                let unsigned = Unsigned::new(out.bytes).unwrap();
                let signature = cast.key(me).unwrap().sign(unsigned.to_sign());
                post.push((me, out.to, Envelope { bytes: out.bytes.to_vec(), signature }));
            }
            envelopes += if me == first { start.elapsed() } else { Duration::ZERO };
            *sent = session.sent();
        }
        // the others take them as verified: only the first party's time counts
        let opened: Vec<_> =
            post.iter().map(|(from, to, e)| (from, to, e.clone().verify(cast.roster()).unwrap())).collect();
        for (_, _, envelope) in
            post.iter().filter(|(from, to, _)| *from != first && to.is_none_or(|to| to == first))
        {
            let bytes = envelope.to_bytes();
            clock(&mut envelopes, || black_box(Verified::open(cast.roster(), &bytes).unwrap()));
        }
        let mut done = false;
        for session in &mut sessions {
            let me = session.terms().me;
            let start = Instant::now();
            for (from, to, envelope) in &opened {
                if **from != me && to.is_none_or(|to| to == me) {
                    session.receive_signed(envelope).unwrap();
                }
            }
            loop {
                match session.advance(rng).unwrap() {
                    Status::Advanced { .. } => {}
                    Status::Keep => {
                        let input = session.pending().unwrap().to_sign();
                        session.kept(&cast.key(me).unwrap().sign(&input)).unwrap();
                    }
                    Status::Done(_) => done = true,
                    _ => break,
                }
            }
            core += if me == first { start.elapsed() } else { Duration::ZERO };
        }
        if done {
            return (core, core + envelopes);
        }
    }
}

fn repeat(iterations: u64, mut one: impl FnMut() -> Duration) -> Duration {
    (0..iterations).map(|_| one()).sum()
}

fn signing(c: &mut Criterion) {
    suite::<E, frost_ed25519::Ed25519Sha512>(c, "", &[(2, 3), (67, 100), (667, 1000)]);
    suite::<FrostTaproot, frost_secp256k1_tr::Secp256K1Sha256TR>(c, "Taproot, ", &[(2, 3), (67, 100)]);
}

fn suite<S: Suite, C: frost_core::Ciphersuite>(c: &mut Criterion, what: &str, sizes: &[(u16, u16)]) {
    for (t, n) in sizes.iter().copied() {
        let mut group = c.benchmark_group(format!("{what}sign {t}-of-{n}"));
        group.sample_size(if t > 100 { 10 } else { 30 });
        let (ours, theirs) = (Signing::<S>::new(t, n), zf::Signing::<C>::new(t, n));
        let mut rng = rng();
        group.bench_function(BenchmarkId::new("quorate", "commit + share + aggregate"), |b| {
            b.iter_custom(|k| {
                repeat(k, || {
                    let (a, b) = ours.run(&mut rng);
                    a + b
                })
            });
        });
        group.bench_function(BenchmarkId::new("quorate", "share + aggregate"), |b| {
            b.iter_custom(|k| repeat(k, || ours.run(&mut rng).1));
        });
        group.bench_function(BenchmarkId::new("zf", "commit + share + aggregate"), |b| {
            b.iter_custom(|k| {
                repeat(k, || {
                    let (a, b) = theirs.run();
                    a + b
                })
            });
        });
        group.bench_function(BenchmarkId::new("zf", "share + aggregate"), |b| {
            b.iter_custom(|k| repeat(k, || theirs.run().1));
        });
        group.finish();
    }
}

fn dkg(c: &mut Criterion) {
    for (t, n) in [(2, 3), (67, 100)] {
        let mut group = c.benchmark_group(format!("dkg {t}-of-{n}"));
        group.sample_size(10);
        let mut rng = rng();
        group.bench_function(BenchmarkId::new("quorate", "one party"), |b| {
            b.iter_custom(|k| repeat(k, || key_generation::<E>(t, n, &mut rng).0));
        });
        group.bench_function(BenchmarkId::new("quorate", "one party, envelopes included"), |b| {
            b.iter_custom(|k| repeat(k, || key_generation::<E>(t, n, &mut rng).1));
        });
        group.bench_function(BenchmarkId::new("zf", "one party"), |b| {
            b.iter_custom(|k| repeat(k, || zf::key_generation(t, n)));
        });
        group.finish();
    }
}

/// A set of keys beside the same keys made one after the other, envelopes included on both sides.
fn key_sets(c: &mut Criterion) {
    let (k, e, p) = (AnyScheme::EcdsaSecp256k1, AnyScheme::FrostEd25519, AnyScheme::EcdsaP256);
    let four = &[k, e, AnyScheme::FrostTaproot, p];
    for (t, n, schemes) in [(2, 3, &[k, e, p][..]), (2, 3, four), (3, 5, four)] {
        let mut group = c.benchmark_group(format!("{} keys {t}-of-{n}", schemes.len()));
        group.sample_size(30);
        let mut rng = rng();
        group.bench_function(BenchmarkId::new("quorate", "one set, one party, envelopes included"), |b| {
            b.iter_custom(|k| repeat(k, || key_set(t, n, schemes, &mut rng).1));
        });
        group.bench_function(BenchmarkId::new("quorate", "key by key, one party, envelopes included"), |b| {
            b.iter_custom(|k| repeat(k, || key_by_key(t, n, schemes, &mut rng).1));
        });
        group.finish();
    }
}

criterion_group!(benches, signing, dkg, key_sets);
criterion_main!(benches);
