//! Base transfers and trees: a malicious device that pairs with an honest one, and a relay that reads along.

use curve25519_dalek::RistrettoPoint;
use curve25519_dalek::constants::{EIGHT_TORSION, RISTRETTO_BASEPOINT_POINT as G};
use quorate::curve::{EcdsaP256, EcdsaSecp256k1};
use quorate::ecdsa::{EcdsaScheme, Sign};
use quorate::error::{Fault, ResumeError};
use quorate::identity::PublicIdentity;
use quorate::pairing::{Pair, Run};
use quorate::secret::Secret;
use quorate::session::{Receipt, Session, Snapshot};
use quorate::sim::MemoryLedger;
use quorate::wire::SessionId;

use super::super::common::pairs::game::{
    End, Honest, P1_1, P2_1, P3_1, SESSION, identities, play, play_with,
};
use super::super::common::pairs::puppet::{Bytes32, Puppet, Seed, decode, encode, h, hash_point};
use super::super::common::pairs::{Held, meet};
use super::super::common::signers::foe::Foe;
use super::super::common::signers::game::{Flow, Game};
use super::super::common::signers::table::{End as Ending, id};

/// Where S and E stand in round 1, and the points in round 2.
const S: usize = 32;
const E: usize = 64;

/// `Key(e, b, D)` for the encoding of D.
fn key(ot: &Bytes32, e: u16, b: u8, s: &[u8], pair: &[u8], shared: &[u8]) -> Seed {
    let items = [&ot[..], &e.to_be_bytes(), &[b], s, &pair[..32], &pair[32..], shared];
    h("bot-key", &items)[..16].try_into().unwrap()
}

/// The two leaves that grow from node `b` of level 1 of tree 0.
fn grown(ot: &Bytes32, b: usize, node: &[u8]) -> Bytes32 {
    h("pprf-node", &[ot, &[0, 0], &[1], &[0, b as u8], node])
}

/// What the honest device's tree 0 has from its keys of transfer 0: the two nodes' leaves; and its keys of transfer 1.
fn of_tree_0(honest: &Honest) -> ([Bytes32; 2], [Seed; 2]) {
    let (held, trees) = (Held::of(honest.pairing()), honest.body(3));
    let leaves = [0, 1].map(|b| [held.leaf(0, 2 * b), held.leaf(0, 2 * b + 1)].concat().try_into().unwrap());
    let sum = |c: usize, k: usize| trees[16 * c + k] ^ held.leaf(0, c)[k] ^ held.leaf(0, 2 + c)[k];
    (leaves, [0, 1].map(|c| core::array::from_fn(|k| sum(c, k))))
}

/// MP-SPDZ issue 153 (2021) and Bron audit TOB2-3 (Trail of Bits, 2026): the number of the transfer was in no hash, so a receiver that sent
/// equal points in two transfers got equal keys in both, or made the sender have them. Here the malicious receiver sends the points of
/// transfer 0 in transfer 1 too: the honest sender's four keys are four.
#[test]
fn a14_equal_points_in_two_transfers_give_other_keys() {
    let (honest, puppet) = play(true, &mut |round, puppet| {
        if round == 2 {
            puppet.sent[1].copy_within(..64, 64);
        }
    });
    assert_eq!(honest.end(), End::Pairing, "points are the receiver's to choose");
    assert_eq!(puppet.sent[1][..64], puppet.sent[1][64..128]);
    let (ot, (leaves, second)) = (puppet.direction(false), of_tree_0(&honest));
    // The receiver has its key of transfer 0, and nothing else of the four.
    let c = puppet.choices[0];
    assert_eq!(grown(&ot, c, &puppet.keys[0]), leaves[c]);
    for key in second {
        for b in [0, 1] {
            assert_ne!(grown(&ot, b, &key), leaves[b], "a key of transfer 1 is one of transfer 0");
        }
    }
    assert!(second[0] != second[1] && !second.contains(&puppet.keys[0]));
}

/// Bron audit TOB2-4 (2026): the identity was refused in one place and taken in others, and made pads anybody can compute. Here it stands
/// in every kind of point field of a pairing in turn: named, and the run is over.
#[test]
fn a15_the_identity_is_refused_wherever_a_point_stands() {
    let fields = [(1, S, P1_1), (1, E, P1_1)].into_iter();
    let points = [0, 1, 2, 3, 64, 127, 128, 200, 254, 255].map(|place| (2, 32 * place, P2_1));
    for (round, at, end) in fields.chain(points) {
        let (honest, _) = play(true, &mut |now, puppet| {
            if now == round {
                puppet.sent[usize::from(round) - 1][at..at + 32].fill(0);
            }
        });
        assert_eq!(honest.end(), end, "round {round}, byte {at}");
    }
}

/// Encodings that no element of ristretto255 has: beyond p, negative, off the curve, and those of the points of small order of the curve
/// below.
fn no_elements() -> Vec<Bytes32> {
    let beyond = (0..19).map(|k| {
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (0xed + k, 0x7f);
        bytes
    });
    let mut all: Vec<Bytes32> = beyond.collect();
    all.extend(EIGHT_TORSION.map(|point| point.compress().0));
    let good = encode(G);
    let mut high = good;
    high[31] |= 0x80;
    all.push(high);
    all.push(core::array::from_fn(|k| good[k] | u8::from(k == 0)));
    let mut off = [0; 32];
    while decode(&off).is_some() {
        off[0] += 2;
    }
    all.push(off);
    assert!(all.iter().all(|bytes| *bytes == [0; 32] || decode(bytes).is_none()));
    all
}

/// "Devious transfer" (2024), mpecdsa: the sender's point of a base transfer was not looked at, and a point off the curve, or of small
/// order, gave away the receiver's choices, and the key. Here the sender's point, its one-time key and the receiver's points are each of
/// these in turn; and so are the points of a signing. Every one is `Malformed` before it is used, and bans nobody.
#[test]
fn a20_devious_transfer_mpecdsa() {
    for (which, bytes) in no_elements().into_iter().enumerate() {
        for (round, at, end) in [(1, S, P1_1), (1, E, P1_1), (2, 32 * (7 + which), P2_1)] {
            // What is wrong in round 1 ends it there; one in three for round 2, which costs more.
            if round == 2 && which % 3 > 0 {
                continue;
            }
            let (honest, _) = play(which % 2 == 0, &mut |now, puppet| {
                if now == round {
                    puppet.sent[usize::from(round) - 1][at..at + 32].copy_from_slice(&bytes);
                }
            });
            assert_eq!(honest.end(), end, "round {round}, {}", hex::encode(bytes));
        }
    }
    signing::<EcdsaSecp256k1>();
    signing::<EcdsaP256>();
}

/// `R`, `pk`, `Gamma^u`, `Gamma^v`.
fn signing<S: EcdsaScheme + Foe>() {
    let game = Game::<S>::new(2, 3, &[1, 3], 1);
    for at in [0, 65, 98, 131] {
        let good =
            quorate::curve::encode_point::<S::Curve>(&game.shares[0].public().commitment().public_key())
                .unwrap();
        for (name, bytes) in S::no_points(&good) {
            let pairs = game.deal(70);
            let mut table = Sign::table(&game, &pairs, 1, 1);
            table.play(&mut |_, letter| {
                if letter.header.from == id(3) && letter.header.round == 2 {
                    letter.body[at..at + 33].copy_from_slice(&bytes);
                }
                true
            });
            let end = Ending::Cheater(2, "S2.2", vec![(3, Fault::Malformed)]);
            assert_eq!(table.end(1, &|_| false), end, "byte {at}, {name}");
            assert_eq!(game.bans(&pairs, 1), []);
        }
    }
}

/// "Devious transfer" (2024), docknetwork: keys came from a sum of public points in place of a scalar product, so whoever read along had
/// them. Here a relay has every byte of a pairing, and puts everything that it can compute of them in the place of the shared point: of
/// the honest device's tree it comes by no node.
#[test]
fn a22_devious_transfer_docknetwork() {
    let (honest, puppet) = play(true, &mut |_, _| {});
    let (ot, s) = (puppet.direction(false), &honest.body(1)[S..E]);
    let (leaves, second) = of_tree_0(&honest);
    for e in 0..2 {
        let pair = &puppet.sent[1][64 * e..][..64];
        let x = [&pair[..32], &pair[32..]];
        let p = x.map(|x| decode(x).unwrap());
        let hashed = [0, 1].map(|b| hash_point(&ot, e, b, x[1 - b]));
        let public = decode(s).unwrap();
        let known: [RistrettoPoint; 8] =
            [G, public, p[0], p[1], hashed[0], hashed[1], p[0] + hashed[0], p[1] + hashed[1]];
        let mut guesses = vec![[0; 32]];
        for a in known {
            guesses.push(encode(a));
            for b in known {
                let (one, other) = (encode(a), encode(b));
                guesses.extend([encode(a + b), encode(a - b), core::array::from_fn(|k| one[k] ^ other[k])]);
            }
        }
        let is_key = |b: usize, guess: &Bytes32| {
            let key = key(&ot, e as u16, b as u8, s, pair, guess);
            if e == 0 { grown(&ot, b, &key) == leaves[b] } else { key == second[b] }
        };
        for guess in &guesses {
            assert!(!is_key(0, guess) && !is_key(1, guess), "transfer {e}: {}", hex::encode(guess));
        }
        // The same computation with the honest device's secret, which only its peer's choice gives half of.
        let c = puppet.choices[e];
        assert_eq!(puppet.keys[e], if e == 0 { puppet.keys[0] } else { second[c] });
    }
    assert_eq!(grown(&ot, puppet.choices[0], &puppet.keys[0]), leaves[puppet.choices[0]]);
}

/// Trees spoilt so that they cannot be right, whatever was chosen.
fn spoilt(puppet: &Puppet) -> Vec<u8> {
    let mut trees = puppet.sent[2].clone();
    (trees[3], trees[16 + 3]) = (trees[3] ^ 1, trees[16 + 3] ^ 1);
    trees
}

/// Roy, "SoftSpokenOT" (2022): a correction of a tree that is wrong for one choice only fails for half of the choices, and whoever keeps a
/// part of a run that failed gives away bits of Delta. Here a wrong one ends the run, and the villain tries to get a second guess at the
/// same choices by having the victim come back from an older snapshot: it is spent. Then it pairs anew, and the generators of both give the very
/// same bytes again, so that the choices are the same: even so the trees of the new run have nothing of the old one's, and trees that were
/// right in the old one are wrong in the new.
#[test]
fn a28_a_failed_tree_ends_its_run_for_good() {
    let (mut honest, mut puppet) = meet(300);
    let mut rounds = |honest: &mut Honest| {
        for round in 1..=2 {
            let body = puppet.sent[usize::from(round) - 1].clone();
            assert_eq!(honest.receive(round, &body), Ok(Receipt::Stored));
            let theirs = honest.body(round.into());
            honest.advance();
            assert!(puppet.step(&theirs));
        }
    };
    rounds(&mut honest);
    let [me, peer] = identities().map(PublicIdentity);
    let run = Run::new(me, peer, SessionId(SESSION)).unwrap();
    let (mut ledger, mut first) = (MemoryLedger::default(), meet(300).0);
    std::mem::swap(&mut first.session, &mut honest.session);
    let snapshot = first.session.suspend().unwrap().expose().to_vec();
    let mut resume =
        || Session::<Pair>::resume(&run, Snapshot::from_bytes(Secret::new(snapshot.clone())), &mut ledger);
    honest.session = resume().unwrap();
    assert_eq!(honest.receive(3, &spoilt(&puppet)), Ok(Receipt::Stored));
    let sent = [1, 2, 3].map(|round| honest.body(round));
    honest.advance();
    assert_eq!(honest.end(), P3_1);
    assert!(honest.receive(3, &puppet.sent[2]).is_err() && honest.session.is_over());
    for _ in 0..3 {
        assert_eq!(resume().err(), Some(ResumeError::Spent));
    }
    let (again, _) = play_with([77; 16], 300, true, &mut |_, _| {});
    let new = [1, 2, 3].map(|round| again.body(round));
    assert!(sent[0][..96] == new[0][..96], "nonce, S and E are as they were drawn");
    assert!(sent[0][96..] != new[0][96..], "and the commitment is of the run");
    let old: std::collections::BTreeSet<_> = sent[2].chunks(16).collect();
    assert!(new[2].chunks(16).all(|chunk| !old.contains(chunk)));
    assert!(Held::of(again.pairing()).leaves().all(|leaf| !old.contains(leaf)));
    let right = puppet.sent[2].clone();
    let mut replay = |round, puppet: &mut Puppet| {
        if round == 3 {
            puppet.sent[2].copy_from_slice(&right);
        }
    };
    assert_eq!(play_with(SESSION, 300, true, &mut replay).0.end(), End::Pairing, "right in their run");
    assert_eq!(play_with([77; 16], 300, true, &mut replay).0.end(), P3_1);
}
