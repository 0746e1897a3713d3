//! Section C of the list of known attacks: blame, agreement, and what becomes of shares from one epoch to the next.

use std::collections::BTreeMap;

use quorate::curve::{FrostEd25519, Scheme};
use quorate::dkg::{self, Dkg};
use quorate::ecdsa;
use quorate::error::{Doubt, Fault, Rejected, SetupError, Verdict};
use quorate::frost::{self, Sign, Task};
use quorate::key::epoch::Met;
use quorate::key::{Path, PendingShare};
use quorate::party::Threshold;
use quorate::refresh;
use quorate::repair::{self, Outcome, Repair};
use quorate::session::{Finding, Pending, Session, State, Status};
use quorate::sim::{Letter, MemoryLedger, Report};
use quorate::wire::{HEADER_LEN, Kind, SessionId};

use crate::parties::{
    FOE, Generation, World, all_suspect, id, is, none_has_a_result, rng, runs, seal, set, verdicts,
};
use crate::stage::{End, Stage, convicted, honest, only_to};

type E = FrostEd25519;

/// These devices sign with the shares that they are in possession of.
fn they_sign(stage: &mut Stage<E>, signers: &[u16]) {
    let session = stage.session();
    let task = Task::new(stage.public(signers[0]), set(signers), b"m", session).unwrap();
    let start = |device: &u16| {
        Sign::start(stage.records[device].current().unwrap(), task.clone(), &mut stage.rng).unwrap()
    };
    let sessions: Vec<_> = signers.iter().map(start).collect();
    let reports = stage.cast.only(&set(signers)).unwrap().run(sessions, &mut stage.rng);
    let signatures: Vec<_> = reports.into_iter().map(Report::output).collect();
    assert_eq!(signatures[0], signatures[1]);
}

/// Everybody shows everybody the certificate that it has.
fn meet(stage: &mut Stage<E>, devices: &[u16]) {
    for (from, to) in devices.iter().flat_map(|from| devices.iter().map(move |to| (*from, *to))) {
        stage.meet(from, to);
    }
}

/// What the attacker does to the `at`-th of its letters.
#[derive(Clone, Copy, Debug)]
enum Harm {
    Withhold,
    First,
    Last,
}

fn once(at: usize, harm: Harm) -> impl FnMut(&mut Letter) -> bool {
    let mut count = 0;
    move |letter| {
        if letter.header.from != id(FOE) {
            return true;
        }
        count += 1;
        if count - 1 != at {
            return true;
        }
        match harm {
            Harm::Withhold => return false,
            Harm::First => letter.body[0] ^= 1,
            Harm::Last => *letter.body.last_mut().unwrap() ^= 1,
        }
        true
    }
}

/// Letters of one dealer to two others: commitments, reveals, shares, certificates.
const LETTERS: usize = 8;

/// "Forget and forgive", "lather, rinse, repeat" (Aumasson and Shlomovits, 2020): one party makes some devices erase their old shares and
/// others not, and uses every repeated failure to learn more. Party 3 withholds or spoils each one of its letters of a refresh in turn, and
/// then lies in each again, always to the same devices. After every run the honest two must hold shares of one epoch, once they have shown
/// each other their certificates, and sign; and a failed run must leave the shares as they were.
#[test]
fn c12_forget_and_forgive() {
    let mut stage = Stage::<E>::new(2, 3, 3, 41);
    let (mut epoch, mut failed) = (0, 0);
    for (at, harm) in
        (0..LETTERS).flat_map(|at| [Harm::Withhold, Harm::First, Harm::Last].map(|harm| (at, harm)))
    {
        epoch += 1;
        let before = [1, 2].map(|device| stage.of(device).current().unwrap().to_bytes().expose().clone());
        stage.refresh(epoch, &mut once(at, harm));
        meet(&mut stage, &[1, 2]);
        assert_eq!(stage.name(1), stage.name(2), "letter {at}, {harm:?}");
        if stage.public(1).epoch() < epoch {
            let after = [1, 2].map(|device| stage.of(device).current().unwrap().to_bytes().expose().clone());
            assert!(before == after, "letter {at}, {harm:?}");
            failed += 1;
        }
        they_sign(&mut stage, &[1, 2]);
        meet(&mut stage, &[1, 2, 3]);
    }
    assert!(failed > 8, "{failed}");
    let ends = stage.refresh(epoch + 1, &mut honest);
    assert!(ends.values().all(|end| matches!(end, End::Entered)));
}

/// ING's and GG18's reshare (Kudelski, 2021): the last acknowledgement is given to some and not to others, who delete or keep the wrong
/// shares. Party 3 deals a reshare from 1 and 3 to 1, 2 and 4 and leaves; it withholds or spoils any one letter, or shows its certificate
/// to any of them only. Either all three members hold the new epoch, once they have met, or the old members hold the old one; they sign.
#[test]
fn c13_split_acknowledgement_of_a_reshare() {
    let mut ends = BTreeMap::<&str, usize>::new();
    let favoured: [&[u16]; 7] = [&[], &[1], &[2], &[4], &[1, 2], &[1, 4], &[2, 4]];
    type Tampers<'a> = Vec<Box<dyn FnMut(&mut Letter) -> bool + 'a>>;
    let mut tampers: Tampers<'_> = Vec::new();
    for at in 0..12 {
        tampers
            .extend([Harm::Withhold, Harm::First, Harm::Last].map(|harm| Box::new(once(at, harm)) as Box<_>));
    }
    tampers.extend(favoured.iter().map(|favoured| Box::new(only_to(FOE, favoured)) as Box<_>));
    for mut tamper in tampers {
        let mut stage = Stage::<E>::new(2, 3, 4, 42);
        stage.reshare(&[1, FOE], &[1, 2, 4], 1, &mut *tamper);
        // 4 has no certificate to show before it is a member.
        meet(&mut stage, &[1, 2]);
        let new = [1, 2, 4]
            .iter()
            .any(|device| stage.of(*device).current().is_some_and(|s| s.public().epoch() == 1));
        if new {
            let has =
                [1, 2, 4].into_iter().find(|n| stage.of(*n).public().is_some_and(|key| key.epoch() == 1));
            for device in [1, 2, 4] {
                stage.meet(has.unwrap(), device);
            }
            assert!([1, 2, 4].iter().all(|device| stage.public(*device).epoch() == 1));
            they_sign(&mut stage, &[2, 4]);
        } else {
            they_sign(&mut stage, &[1, 2]);
        }
        *ends.entry(if new { "new" } else { "old" }).or_default() += 1;
    }
    assert!(ends["new"] >= 6 && ends["old"] > 12, "{ends:?}");
}

/// ZF's refresh with a smaller `min_signers` (before frost 2.2.0, 2025): shares of a lower degree than the key's. Party 3 proposes a refresh
/// for fewer signers; every device must refuse the proposal by name. What it deals of a lower degree is no message (C3).
#[test]
fn c14_zf_refresh_with_a_smaller_threshold() {
    let world = World::<E>::new(3, 5, 43);
    let key = world.share(1).public();
    let propose = |t| {
        let threshold = Threshold::new(t, 5).unwrap();
        refresh::Run::as_proposed(key, threshold, key.roster(), 1, SessionId([1; 16])).map(drop)
    };
    assert_eq!(propose(3), Ok(()));
    for t in [2, 4, 5] {
        assert_eq!(propose(t), Err(SetupError::ThresholdChange { from: 3, to: t }));
    }
}

/// Ambiguous complaints: where a ciphertext opens in two ways, or nothing is opened, dealer and receiver frame each other. Party 3 deals
/// party 1 a bad share: 1 must say K2.6, 2 must convict by 1's complaint (K3.3), and anybody by 2's evidence. Then it complains of party 1,
/// whose share was right: everybody must convict the liar. `faults_dkg` has the complaint in every other form.
#[test]
fn c16_ambiguous_complaints() {
    let game = Generation::<E>::new(11);
    let (_, reports) = game.play(11, &mut |_, letter| {
        if is(letter, FOE, 2, Kind::Direct) && letter.to == id(1) {
            letter.body[40] ^= 1;
        }
        true
    });
    let all = verdicts(&reports);
    assert_eq!(all.iter().map(|(_, abort)| abort.check).collect::<Vec<_>>(), ["K2.6", "K3.3"]);
    for (_, abort) in &all {
        assert_eq!(abort.cheaters().collect::<Vec<_>>(), [(id(FOE), Fault::BadShare)]);
    }
    let Verdict::Cheater { evidence: Some(evidence), .. } = &all[1].1.verdict else { panic!("no evidence") };
    assert_eq!(dkg::judge(&game.run, evidence), Finding::Guilty(id(FOE), Fault::BadShare));

    let (_, reports) = game.play(11, &mut |heard, letter| {
        if is(letter, FOE, 3, Kind::All) {
            let share = heard.iter().find(|l| is(l, 1, 2, Kind::Direct) && l.to == id(FOE)).unwrap();
            let quoted =
                seal(&game.cast, 1, &[&share.header.to_bytes()[..], &share.body].concat()).to_bytes();
            let (view, opened) = (letter.body[..32].to_vec(), &share.body[..32]);
            letter.header.kind = Kind::Complaint;
            letter.body = [&view[..], &id(1).to_bytes(), opened, &[1; 64], &quoted].concat();
        }
        true
    });
    for (me, abort) in verdicts(&reports) {
        assert_eq!(abort.check, "K3.3", "{me}");
        assert_eq!(abort.cheaters().collect::<Vec<_>>(), [(id(FOE), Fault::FalseComplaint)]);
    }
}

/// A repaired share that nobody compares with the public share: a helper's wrong part is stored in silence. Helper 3 adds one to what it
/// sends, to the other helper or to who lost the share. The latter must say L2.1, suspect all helpers, and have no share.
#[test]
fn c17_wrong_part_in_a_repair() {
    for round in [1, 2] {
        let mut world = World::<E>::new(2, 3, 44);
        let run =
            repair::Run::new(world.share(1).public(), id(1), set(&[2, FOE]), SessionId([1; 16])).unwrap();
        let mut help = |at: usize| Repair::help(&run, &world.shares[at], None, &mut world.rng).unwrap();
        let sessions = [Repair::rebuild(&run, id(1)).unwrap(), help(1), help(2)];
        let reports = world.play(sessions, &mut |letter| {
            if is(letter, FOE, round, Kind::Direct) {
                letter.body[0] ^= 1;
            }
            true
        });
        let Some(Err(abort)) = &reports[0].outcome else { panic!("{:?}", reports[0].outcome) };
        assert_eq!(abort.check, "L2.1");
        assert_eq!(abort.verdict, Verdict::Suspects { who: set(&[2, 3]), why: Doubt::ShareSum });
        assert!(matches!(reports[1].outcome, Some(Ok(Outcome::Helped))));
    }
}

/// Plays with `change` made to what party 1 alone gets from party 3 in one round.
fn two_faced<S: Scheme, P: State<Output: std::fmt::Debug>>(
    world: &mut World<S>,
    sessions: impl IntoIterator<Item = Session<P>>,
    round: u8,
    change: &dyn Fn(&mut Vec<u8>),
) -> Vec<Report<P::Output>> {
    world.play(sessions, &mut |letter| {
        let common = letter.header.kind == Kind::All || letter.header.protocol == ecdsa::SIGN;
        if common && letter.header.from == id(FOE) && (letter.header.round, letter.to) == (round, id(1)) {
            change(&mut letter.body);
        }
        true
    })
}

/// In rounds 1 and 2 of a protocol that deals, by a field that nothing else depends on where there is one.
fn two_faced_dealer<P: State<Output: std::fmt::Debug>>(
    name: &str,
    start: fn(&mut World<E>) -> [Session<P>; 3],
) {
    let mut world = World::<E>::new(2, 3, 45);
    let sessions = start(&mut world);
    let reports = two_faced(&mut world, sessions, 1, &|body| body[0] ^= 1);
    if name == "import" {
        // Only the dealer says what it saw, to each of the others what it wants to hear: 2 waits for 1.
        assert_eq!(reports[0].outcome.as_ref().unwrap().as_ref().unwrap_err().check, "K2.1");
        none_has_a_result(&reports);
    } else {
        all_suspect(&reports, "K2.1", Doubt::ViewsDiffer);
    }
    let sessions = start(&mut world);
    let reports = two_faced(&mut world, sessions, 2, &|body| *body.last_mut().unwrap() ^= 1);
    none_has_a_result(&reports);
    let sessions = start(&mut world);
    let reports = two_faced(&mut world, sessions, 3, &|body| body[0] ^= 1);
    let Some(Err(abort)) = &reports[0].outcome else { panic!("{name}: {:?}", reports[0].outcome) };
    assert!(matches!(abort.verdict, Verdict::Suspects { .. }) && abort.check == "K3.1", "{name}: {abort}");
}

/// Multicast taken for broadcast: party 3 says one thing to party 1 and another to party 2. In every message to all of every protocol: in a
/// first round everybody must suspect everybody (K2.1, F2.1, S2.1), later nobody honest may have a result that another could not have;
/// a last message that is split leaves its receiver with suspects.
#[test]
fn c18_multicast_is_no_broadcast() {
    two_faced_dealer("generation", runs::generation);
    two_faced_dealer("refresh", runs::refresh);
    two_faced_dealer("reshare", runs::reshare);
    two_faced_dealer("import", runs::import);
    two_faced_dealer("key set", runs::keyset);

    let mut world = World::<E>::new(3, 3, 46);
    let everybody = set(&[1, 2, 3]);
    let task =
        frost::Task::new(world.share(1).public(), everybody.clone(), b"m", SessionId([1; 16])).unwrap();
    let start = |world: &World<E>, seed: u64| {
        [1, 2, 3]
            .map(|me| Sign::start(world.share(me), task.clone(), &mut rng(seed + u64::from(me))).unwrap())
    };
    // Both are points of prime order: only the view tells.
    let sessions = start(&world, 1);
    let reports = two_faced(&mut world, sessions, 1, &|body| body.rotate_left(32));
    all_suspect(&reports, "F2.1", Doubt::ViewsDiffer);
    let sessions = start(&world, 5);
    let reports = two_faced(&mut world, sessions, 2, &|body| body[0] ^= 1);
    assert_eq!(reports[0].outcome.as_ref().unwrap().as_ref().unwrap_err().check, "F2.1");

    let mut keys = World::<quorate::curve::EcdsaSecp256k1>::new(3, 3, 46);
    let message = ecdsa::Message::sha256(b"m");
    for (round, at, check) in [(1, 0, "S2.1"), (2, 200, "S2.1"), (3, 0, "S3.1")] {
        let pairings = keys.cast.deal_pairings(&everybody, &mut keys.rng).unwrap();
        let session = SessionId([1; 16]);
        let task =
            ecdsa::Task::new(keys.shares[0].public(), everybody.clone(), Path::default(), message, session);
        let task = task.unwrap();
        let sessions: Vec<_> = (keys.shares.iter())
            .map(|share| {
                ecdsa::Sign::start(share, task.clone(), &pairings[&share.id()], &mut keys.rng).unwrap()
            })
            .collect();
        let reports = two_faced(&mut keys, sessions, round, &|body| body[at] ^= 1);
        if round == 1 {
            all_suspect(&reports, check, Doubt::ViewsDiffer);
        }
        let Some(Err(abort)) = &reports[0].outcome else { panic!("round {round}") };
        assert_eq!(abort.check, check);
        assert!(pairings.values().flat_map(|set| set.iter()).all(|pairing| pairing.ban().is_none()));
    }
}

/// An aborted generation that goes on: the adversary selects among keys by letting some parties fail. After an abort party 3 sends everything
/// once more, and asks to begin again under the same id, with all or without one. The session must stay over, and the id must be spent on
/// this disk. A smaller roster is another run, there as well: what is committed to in it is nothing to the old one, even from a generator
/// that gives the same bytes again. Polynomials are drawn at every start, and are new as far as the generator is.
#[test]
fn c19_aborted_generation_used_again() {
    let game = Generation::<E>::new(12);
    let mut ledger = MemoryLedger::default();
    let mut one = Dkg::start(&game.run, id(1), &mut ledger, &mut rng(1)).unwrap();
    let (two, three) = (game.session(2, 12), game.session(FOE, 12));
    let open = |bytes: &[u8], from: u16| seal(&game.cast, from, bytes).verify(game.run.roster()).unwrap();
    let message = |session: &Session<Dkg<E>>| session.outgoing(0).next().unwrap().bytes.to_vec();
    let mut bad = message(&three);
    bad[HEADER_LEN + 64..HEADER_LEN + 96].fill(0xff);
    let (from_two, from_three) = (open(&message(&two), 2), open(&bad, FOE));
    one.receive_signed(&from_two).unwrap();
    one.receive_signed(&from_three).unwrap();
    let abort = one.advance(&mut rng(2)).unwrap_err();
    assert_eq!(
        (abort.check, abort.cheaters().collect::<Vec<_>>()),
        ("K1.1", vec![(id(FOE), Fault::Malformed)])
    );
    let sent = one.sent();
    assert!(one.receive_signed(&open(&message(&three), FOE)).is_err());
    assert!(matches!(one.advance(&mut rng(3)), Ok(Status::Over)) && one.is_over() && one.sent() == sent);
    let again = Dkg::start(&game.run, id(1), &mut ledger, &mut rng(1)).map(drop);
    assert_eq!(again, Err(SetupError::SessionSpent(id(1))));
    // Without party 3, under the same id, on the same disk, with the same bytes.
    let rest = game.cast.only(&set(&[1, 2])).unwrap();
    let smaller =
        dkg::Run::new(Threshold::new(2, 2).unwrap(), rest.roster().clone(), game.run.session()).unwrap();
    let mut other = Dkg::<E>::start(&smaller, id(1), &mut ledger, &mut rng(1)).unwrap();
    let again = Dkg::start(&smaller, id(1), &mut ledger, &mut rng(1)).map(drop);
    assert_eq!(again, Err(SetupError::SessionSpent(id(1))));
    let elsewhere = seal(&rest, 2, &message(&two)).verify(rest.roster()).unwrap();
    assert_eq!(other.receive_signed(&elsewhere), Err(Rejected::SetupMismatch(id(2))));
    let committed = |session: &Session<Dkg<E>>| message(session)[HEADER_LEN + 32..HEADER_LEN + 64].to_vec();
    assert_ne!(committed(&one), committed(&other));
    // The points that party 1 reveals in a run of this id, before party 3 goes away.
    let mut revealed = |session: u8, generator: &mut rand_chacha::ChaCha20Rng| {
        let game = Generation::<E>::new(session);
        let mut one = Dkg::start(&game.run, id(1), &mut ledger, generator).unwrap();
        for from in [2, FOE] {
            let theirs = seal(&game.cast, from, &message(&game.session(from, 12)));
            one.receive_signed(&theirs.verify(game.run.roster()).unwrap()).unwrap();
        }
        assert!(matches!(one.advance(generator), Ok(Status::Advanced { .. })));
        let reveal = one.outgoing(1).find(|out| out.to.is_none()).unwrap().bytes.to_vec();
        reveal[HEADER_LEN + 32..HEADER_LEN + 96].to_vec()
    };
    let mut generator = rng(9);
    let rewound = [14, 15].map(|session| revealed(session, &mut generator.clone()));
    assert_eq!(rewound[0], rewound[1], "nothing but the generator's bytes decides");
    let first = revealed(16, &mut generator);
    assert_eq!(first, rewound[0]);
    assert_ne!(revealed(17, &mut generator), first, "the next run goes on with it");
}

/// A share thrown away after a verdict in the last round: some devices hold a working key, others nothing. Party 3 certifies to 1, and gives
/// 2 a wrong signature, in a generation, a refresh and a reshare. Party 2 must convict it, keep the share pending through a crash, and
/// come to the key by party 1's certificate.
#[test]
fn c20_share_dropped_after_a_verdict() {
    let mut lie = |letter: &mut Letter| {
        if letter.header.from == id(FOE) && letter.header.round == 3 && letter.to == id(2) {
            letter.body[40] ^= 1;
        }
        true
    };
    let mut stage = Stage::<E>::new(2, 3, 4, 47);
    for (epoch, reshare) in [(1, false), (2, true)] {
        let ends = match reshare {
            false => stage.refresh(epoch, &mut lie),
            true => stage.reshare(&[1, FOE], &[1, 2, FOE], epoch, &mut lie),
        };
        assert!(matches!(ends[&1], End::Entered) && convicted(&ends[&2], FOE), "{ends:?}");
        assert_eq!(stage.of(2).pending().count(), 1);
        stage.crash(2);
        assert!(matches!(stage.meet(1, 2), Met::CaughtUp(_)));
        they_sign(&mut stage, &[1, 2]);
        meet(&mut stage, &[1, 2, FOE]);
    }
    let game = Generation::<E>::new(14);
    let mut kept = Vec::new();
    let mut sessions = [1, 2, 3].map(|me| game.session(me, 14));
    // By hand, since the pending share is wanted at the end.
    let mut sent = [0; 3];
    for _ in 0..4 {
        let mut mail = Vec::new();
        for (session, sent) in sessions.iter_mut().zip(&mut sent) {
            mail.extend(session.outgoing(*sent).map(|out| (out.to, out.bytes.to_vec())));
            *sent = session.sent();
        }
        for (to, bytes) in mail {
            let from = quorate::wire::Header::split(&bytes).unwrap().0.from;
            for session in &mut sessions {
                let me = session.terms().me;
                if me != from && to.is_none_or(|to| to == me) {
                    let mut bytes = bytes.clone();
                    if from == id(FOE) && bytes[2] == 3 && me == id(2) {
                        bytes[HEADER_LEN + 40] ^= 1;
                    }
                    let sealed = seal(&game.cast, from.get(), &bytes).verify(game.run.roster()).unwrap();
                    session.receive_signed(&sealed).unwrap();
                }
            }
        }
        for session in &mut sessions {
            let me = session.terms().me;
            match session.advance(&mut rng(u64::from(me.get()))) {
                Ok(Status::Keep) => {
                    let pending = session.pending().unwrap();
                    let signature = game.cast.key(me).unwrap().sign(&pending.to_sign());
                    kept.push(pending.to_bytes().expose().clone());
                    session.kept(&signature).unwrap();
                }
                Ok(Status::Done(share)) if me == id(1) => {
                    let pending = PendingShare::<E>::from_bytes(&kept[1]).unwrap();
                    let completed = pending.complete(share.public().certificate().clone()).unwrap();
                    assert_eq!((completed.id(), completed.public()), (id(2), share.public()));
                    kept.push(Vec::new());
                }
                Err(abort) => {
                    assert_eq!((me, abort.check), (id(2), "K3.2"));
                    assert_eq!(abort.cheaters().collect::<Vec<_>>(), [(id(FOE), Fault::BadSignature)]);
                    kept.push(Vec::new());
                }
                _ => {}
            }
        }
    }
    assert_eq!(kept.len(), 5, "three shares kept, one key, one verdict");
}
