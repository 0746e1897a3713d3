//! Section D of the list of known attacks: proof systems, and what there is to learn from those of the Paillier family.

use group::Group;
use proptest::prelude::*;
use quorate::curve::{
    Curve, EcdsaSecp256k1, FrostEd25519, Scheme, encode_point, read_point, read_scalar, write_scalar,
};
use quorate::ecdsa::{Message, Presign, PresignTask, Sign, Task};
use quorate::envelope::Unsigned;
use quorate::error::{Doubt, Fault, Rejected, SetupError, Verdict};
use quorate::evidence::Envelope;
use quorate::frost;
use quorate::key::Path;
use quorate::pairing::{Opening, Pairings};
use quorate::party::PartyId;
use quorate::session::{Session, Terms};
use quorate::sim::{Cast, Letter, Report};
use quorate::wire::{HEADER_LEN, Kind, SessionId, VERSION};

use crate::c_dkg::with_reveal;
use crate::parties::{FOE, Generation, World, all_convict, body, enc, h, id, rng, set, verdicts};

type E = FrostEd25519;
type K = EcdsaSecp256k1;

fn mutated<S: Scheme>() {
    let (game, len) = (Generation::<S>::new(21), S::Curve::POINT_LEN);
    let (before, _) = game.fair(21);
    let own = body(&before, FOE, 2, Kind::All);
    let other = |bytes: &[u8]| {
        let point = read_point::<S::Curve>(bytes).unwrap() + <S::Curve as Curve>::Point::generator();
        encode_point::<S::Curve>(&point).unwrap()
    };
    // Both coefficients, and R.
    for at in [32, 32 + len, 96 + 2 * len] {
        let planned = [&own[..at], &other(&own[at..at + len]), &own[at + len..]].concat();
        all_convict(&with_reveal(&game, 21, &planned), "K2.4", Fault::BadProof);
    }
    let (rest, z) = own.split_last_chunk::<32>().unwrap();
    let mut planned = rest.to_vec();
    write_scalar::<S::Curve>(
        &(read_scalar::<S::Curve>(z).unwrap() + S::Curve::scalar_from_wide(&[1; 64])),
        &mut planned,
    );
    all_convict(&with_reveal(&game, 21, &planned), "K2.4", Fault::BadProof);
    // Coefficients that change places.
    let planned =
        [&own[..32], &own[32 + len..32 + 2 * len], &own[32..32 + len], &own[32 + 2 * len..]].concat();
    all_convict(&with_reveal(&game, 21, &planned), "K2.4", Fault::BadProof);
}

/// tss-lib's ProofBobWC (2019) leaves a commitment out of its challenge. Party 3 changes each element of the statement and of the proof that
/// a dealer knows its polynomial, committed to in time: everybody must say K2.4 of each. Party and session are elements too (C6, C7). The
/// proof in a complaint has its turn in `faults_dkg`.
#[test]
fn d2_proof_bob_wc_omits_an_element() {
    mutated::<E>();
    mutated::<K>();
}

/// Three devices that sign ECDSA together.
struct Ecdsa {
    world: World<K>,
    pairings: std::collections::BTreeMap<PartyId, Pairings>,
}

impl Ecdsa {
    fn new(seed: u64) -> Self {
        let mut world = World::<K>::new(3, 3, seed);
        let pairings = world.cast.deal_pairings(&set(&[1, 2, 3]), &mut world.rng).unwrap();
        Self { world, pairings }
    }

    fn task(&self, session: u8) -> Task<K> {
        let (key, message) = (self.world.share(1).public(), Message::sha256(b"m"));
        Task::new(key, set(&[1, 2, 3]), Path::default(), message, SessionId([session; 16])).unwrap()
    }

    fn start(&mut self, me: u16, session: u8) -> Result<Session<Sign<K>>, SetupError> {
        let task = self.task(session);
        let share = &self.world.shares[usize::from(me) - 1];
        Sign::start(share, task, &self.pairings[&id(me)], &mut self.world.rng)
    }

    fn play(&mut self, tamper: &mut dyn FnMut(&mut Letter)) -> Vec<Report<quorate::ecdsa::Signature<K>>> {
        let sessions = [1, 2, 3].map(|me| self.start(me, 1).unwrap());
        self.world.play(sessions, &mut |letter| {
            if letter.header.from == id(FOE) {
                tamper(letter);
            }
            true
        })
    }

    /// Whom a device has banned.
    fn banned_by(&self, me: u16) -> Vec<bool> {
        self.pairings[&id(me)].iter().map(|pairing| pairing.ban().is_some()).collect()
    }
}

/// THORChain's Asgard vault (2026): a known flaw in an unpatched fork, and a node that could try again. Two lessons are in the format: a
/// device of another version must not be understood, by anybody, in any protocol; and a failed run must leave nothing to try again with
/// (D6). Party 3 sends its messages as of versions 0, 2 and 255.
#[test]
fn d5_thorchain_unpatched_version() {
    let mut ecdsa = Ecdsa::new(51);
    let [mut honest, foe] = [1, FOE].map(|me| ecdsa.start(me, 1).unwrap());
    let game = Generation::<E>::new(22);
    let (mut generating, theirs) = (game.session(1, 22), game.session(FOE, 22));
    for version in [0, VERSION + 1, 255] {
        let mut message = foe.outgoing(0).find(|out| out.to == Some(id(1))).unwrap().bytes.to_vec();
        message[0] = version;
        assert_eq!(honest.receive(id(FOE), &message), Err(Rejected::Header));
        let mut message = theirs.outgoing(0).next().unwrap().bytes.to_vec();
        message[0] = version;
        assert!(Unsigned::new(&message).is_err());
        assert_eq!(generating.receive(id(FOE), &message), Err(Rejected::Header));
    }
    assert_eq!((honest.missing(), generating.missing()), (vec![id(2), id(3)], vec![id(2), id(3)]));
}

/// CVE-2023-33242, Lindell17: a failed signature is retried, and each retry leaks a bit. Party 3 fails the check on the extension once. Both
/// honest devices must ban it at once (S1.2); from then on no call may sign with it, in the same process and after the pairing was stored.
#[test]
fn d6_cve_2023_33242_retry_after_a_failed_signature() {
    let mut ecdsa = Ecdsa::new(52);
    let reports = ecdsa.play(&mut |letter| {
        if letter.header.round == 1 {
            *letter.body.last_mut().unwrap() ^= 1;
        }
    });
    all_convict(&reports, "S1.2", Fault::OtExtension);
    for me in [1, 2] {
        assert_eq!(ecdsa.banned_by(me).iter().filter(|banned| **banned).count(), 1);
        for session in 2..10 {
            assert_eq!(ecdsa.start(me, session).map(drop), Err(SetupError::Banned(id(FOE))));
        }
        let (key, session) = (ecdsa.world.share(1).public(), SessionId([9; 16]));
        let task = PresignTask::new(key, set(&[1, 2, 3]), &Path::default(), 1, session).unwrap();
        let share = &ecdsa.world.shares[usize::from(me) - 1];
        let again = Presign::start(share, task, &ecdsa.pairings[&id(me)], &mut rng(1)).map(drop);
        assert_eq!(again, Err(SetupError::Banned(id(FOE))));
        let bans: Vec<bool> = (ecdsa.pairings[&id(me)].iter())
            .map(|pairing| {
                let opening = Opening::load(pairing.store()).unwrap();
                let form = opening.to_store();
                opening.stored(&form).unwrap().ban().is_some()
            })
            .collect();
        assert_eq!(bans, ecdsa.banned_by(me));
    }
}

/// Reads what [`enc`] wrote; there is one way to read it.
fn read(mut bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut items = Vec::new();
    while !bytes.is_empty() {
        let (len, rest) = bytes.split_first_chunk::<4>()?;
        let (item, rest) = rest.split_at_checked(u32::from_be_bytes(*len) as usize)?;
        items.push(item.to_vec());
        bytes = rest;
    }
    Some(items)
}

proptest! {
    /// CVE-2022-47931 (TSSHOCK's alpha-shuffle): values joined by `$` are hashed the same in two ways; RUSTSEC-2024-0393, cggmp21, likewise.
    /// An encoding from its description can be read back, whatever the items are, so no two lists are one input. It is the library's wherever
    /// a hash of it can be seen from outside: the names of random runs, and rosters of random members, which are lists of any length.
    #[test]
    fn d7_tsshock_ambiguous_encoding(
        items in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..6),
        protocol: u8, session: [u8; 16], binding: [u8; 32],
        members in proptest::collection::btree_set(1u16..=65_534, 2..6),
    ) {
        let list: Vec<&[u8]> = items.iter().map(Vec::as_slice).collect();
        let mut back = read(&enc("sid", &list)).unwrap();
        prop_assert_eq!(back.remove(0), b"quorate/1/sid");
        prop_assert_eq!(back, items.clone());
        // Moving a seam, or dropping an empty item, is another input.
        if items.len() > 1 {
            let joined = [&[[list[0], list[1]].concat()][..], &items[2..]].concat();
            let joined: Vec<&[u8]> = joined.iter().map(Vec::as_slice).collect();
            prop_assert_ne!(enc("sid", &joined), enc("sid", &list));
        }
        let session_id = SessionId(session);
        let terms = Terms { protocol, session: session_id, binding, me: id(1), roster: [0; 32] };
        let sid = h("sid", &[&[VERSION], &[protocol], &session, &binding]);
        prop_assert_eq!(terms.sid(), sid);
        prop_assert_eq!(terms.run_id(), h("snapshot", &[&sid, &[0, 1]]));
        let cast = Cast::new(members.iter().copied(), &mut rng(57)).unwrap();
        let member = |n: &u16| [&n.to_be_bytes()[..], &cast.roster().identity(id(*n)).unwrap().0].concat();
        let listed: Vec<_> = std::iter::once((members.len() as u16).to_be_bytes().to_vec())
            .chain(members.iter().map(member))
            .collect();
        let listed: Vec<&[u8]> = listed.iter().map(Vec::as_slice).collect();
        prop_assert_eq!(*cast.roster().hash(), h("roster", &listed));
    }
}

/// TSSHOCK's c-guess (Multichain, 2022) and c-split: a proof is repeated once instead of 128 times, because a peer or a setting may say so.
/// The repetitions here are rows and columns of messages of one length. Party 3 sends one row fewer, one column fewer, half of them, none:
/// both honest signers must refuse the length, wait for the right message, and ban nobody.
#[test]
fn d8_tsshock_fewer_repetitions() {
    // com 32, nonce 32, 64 rows of 68, fold 16, digest 32; 260 before 416 columns of 96, sum 32, digest 32.
    for (round, front, unit, count) in [(1, 64, 68, 64), (2, 260, 96, 416)] {
        for kept in [count - 1, count / 2, 1, 0] {
            let mut ecdsa = Ecdsa::new(53);
            let whole = front + unit * count + if round == 1 { 48 } else { 64 };
            let found = whole - unit * (count - kept);
            let reports = ecdsa.play(&mut |letter| {
                if letter.header.round == round {
                    assert_eq!(letter.body.len(), whole);
                    letter.body.drain(front + unit * kept..front + unit * count);
                }
            });
            for report in reports.iter().filter(|report| report.id != id(FOE)) {
                assert_eq!(report.rejected, [Rejected::Length { expected: whole, found }]);
                assert!(report.outcome.is_none());
            }
            assert!([1, 2].iter().all(|me| !ecdsa.banned_by(*me).contains(&true)));
        }
    }
}

/// CVE-2025-66016, cggmp21: a verifier leaves out one equation. Party 3 changes one field after the other of what it sends in ECDSA signing,
/// so that it still decodes; each must be caught, by the check that is there for it, at every honest signer, who bans where the check is on
/// the pairing's secrets and nowhere else. Whether each check is missed when it is gone is what `ci/mutants.sh` tries; the
/// results are in `ci/mutants.md`.
#[test]
fn d10_cve_2025_66016_missing_equation() {
    enum Want {
        Cheats(Fault),
        Doubt(Doubt),
    }
    use Want::{Cheats, Doubt as Doubts};
    let fields: [(&str, u8, usize, &str, Want); 19] = [
        ("com", 1, 0, "S2.1", Doubts(Doubt::ViewsDiffer)),
        ("n_B", 1, 32, "S1.2", Cheats(Fault::OtExtension)),
        ("u", 1, 64 + 68 * 40, "S1.2", Cheats(Fault::OtExtension)),
        ("x~", 1, 4416, "S1.2", Cheats(Fault::OtExtension)),
        ("h_T", 1, 4432, "S1.2", Cheats(Fault::OtExtension)),
        ("R", 2, 0, "S2.3", Cheats(Fault::BadOpening)),
        ("salt", 2, 33, "S2.3", Cheats(Fault::BadOpening)),
        ("pk", 2, 65, "S2.5", Cheats(Fault::Consistency)),
        ("Gamma^u", 2, 98, "S2.5", Cheats(Fault::Consistency)),
        ("Gamma^v", 2, 131, "S2.5", Cheats(Fault::Consistency)),
        ("psi", 2, 195, "S3.4", Doubts(Doubt::Signature)),
        ("V1", 2, 196, "S2.1", Doubts(Doubt::ViewsDiffer)),
        ("n_A", 2, 228, "S2.4", Cheats(Fault::Vole)),
        ("a~", 2, 260 + 96 * 200 + 31, "S2.4", Cheats(Fault::Vole)),
        ("eta", 2, 40_196 + 31, "S2.4", Cheats(Fault::Vole)),
        ("mu", 2, 40_228, "S2.4", Cheats(Fault::Vole)),
        ("V2", 3, 0, "S3.1", Doubts(Doubt::ViewsDiffer)),
        ("w", 3, 63, "S3.4", Doubts(Doubt::Signature)),
        ("u_i", 3, 95, "S3.4", Doubts(Doubt::Signature)),
    ];
    for (name, round, at, check, want) in fields {
        let mut ecdsa = Ecdsa::new(54);
        let reports = ecdsa.play(&mut |letter| {
            if letter.header.round == round {
                letter.body[at] ^= 1;
            }
        });
        let bans = matches!(want, Cheats(Fault::OtExtension | Fault::Vole | Fault::Consistency));
        for (me, abort) in verdicts(&reports) {
            assert_eq!(abort.check, check, "{name}: {me}: {abort}");
            match want {
                Cheats(fault) => {
                    assert_eq!(abort.cheaters().collect::<Vec<_>>(), [(id(FOE), fault)], "{name}");
                }
                Doubts(why) => {
                    let who = set(&[1, 2, 3]).without(me);
                    assert_eq!(abort.verdict, Verdict::Suspects { who, why }, "{name}");
                }
            }
            assert_eq!(ecdsa.banned_by(me.get()).contains(&true), bans, "{name}: {me}");
        }
    }
}

/// Hashes that can be continued, transcripts without session or party (a class of flaws). All hashes are of one framed list that starts with
/// the run (D7). Party 3 flips each of the 448 bits of its header, in a protocol that signs, with a signature that holds, and in two that do
/// not: nothing may be taken in, and nothing may change.
#[test]
fn d11_replays_by_partial_transcripts() {
    let mut ecdsa = Ecdsa::new(55);
    let [mut honest, foe] = [1, FOE].map(|me| ecdsa.start(me, 1).unwrap());
    let theirs = foe.outgoing(0).find(|out| out.to == Some(id(1))).unwrap().bytes.to_vec();
    let world = World::<E>::new(2, 3, 56);
    let task = frost::Task::new(world.share(1).public(), set(&[1, FOE]), b"m", SessionId([1; 16])).unwrap();
    let [mut frost, foe] =
        [1, FOE].map(|me| frost::Sign::start(world.share(me), task.clone(), &mut rng(me.into())).unwrap());
    let commitments = foe.outgoing(0).next().unwrap().bytes.to_vec();
    let game = Generation::<E>::new(23);
    let (mut generating, foe) = (game.session(1, 23), game.session(FOE, 23));
    let dealt = foe.outgoing(0).next().unwrap().bytes.to_vec();
    let flipped = |message: &[u8], bit: usize| {
        let mut message = message.to_vec();
        message[bit / 8] ^= 1 << (bit % 8);
        message
    };
    let before = [format!("{honest:?}"), format!("{frost:?}"), format!("{generating:?}")];
    for bit in 0..8 * HEADER_LEN {
        assert!(honest.receive(id(FOE), &flipped(&theirs, bit)).is_err(), "bit {bit}");
        assert!(frost.receive(id(FOE), &flipped(&commitments, bit)).is_err(), "bit {bit}");
        let message = flipped(&dealt, bit);
        let Ok(unsigned) = Unsigned::new(&message) else { continue };
        let signature = game.cast.key(id(FOE)).unwrap().sign(unsigned.to_sign());
        let opened = Envelope { bytes: message, signature }.verify(game.run.roster());
        assert!(opened.is_err() || generating.receive_signed(&opened.unwrap()).is_err(), "bit {bit}");
    }
    assert_eq!([format!("{honest:?}"), format!("{frost:?}"), format!("{generating:?}")], before);
    assert!(honest.receive(id(FOE), &theirs).is_ok() && frost.receive(id(FOE), &commitments).is_ok());
}
