//! Every field of every message, wrong in every way.

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT as G;
use curve25519_dalek::ristretto::RistrettoPoint;
use quorate::error::Rejected;
use quorate::session::{Receipt, Status};
use quorate::wire::{Header, Kind};

use crate::game::{End, Honest, P1_1, P2_1, P2_2, P2_3, P3_1, P4_1, SESSION, identities, play};
use crate::puppet::{Puppet, decode, encode, h, hash_point};

/// Encodings that no point has, and the identity's.
fn no_points(good: &[u8]) -> Vec<Vec<u8>> {
    let with = |at: usize, bits: u8| {
        let mut bytes = good.to_vec();
        bytes[at] |= bits;
        bytes
    };
    // p - s for the field prime p = 2^255 - 19: the other square root, which is odd.
    let mut negated = [0xff; 32];
    (negated[0], negated[31]) = (0xed, 0x7f);
    let mut borrow = 0;
    for (a, b) in negated.iter_mut().zip(good) {
        let difference = i16::from(*a) - i16::from(*b) - borrow;
        borrow = i16::from(difference < 0);
        *a = difference as u8;
    }
    let p_plus = |k: u8| {
        let mut bytes = vec![0xff; 32];
        (bytes[0], bytes[31]) = (0xed + k, 0x7f);
        bytes
    };
    // An even string below p that is no point.
    let off = (0..=255u8).map(|k| [&[2 * (k & 0x7f)], &good[1..31], &[k & 0x7f]].concat());
    let off = off.into_iter().find(|bytes| decode(bytes).is_none()).unwrap();
    let mut bad = vec![vec![0; 32], vec![0xff; 32], with(31, 0x80), with(0, 1), negated.to_vec(), off];
    bad.extend([p_plus(0), p_plus(1), p_plus(3)]);
    for bytes in &bad {
        assert!(bytes == &[0; 32] || decode(bytes).is_none());
    }
    bad
}

/// Points that are not the right one.
fn other_points(good: &[u8]) -> Vec<Vec<u8>> {
    let point = decode(good).unwrap();
    let flips = (1..255).map(|bit: usize| {
        let mut bytes = good.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    });
    let flipped = flips.into_iter().find(|bytes| decode(bytes).is_some()).unwrap();
    let points = [-point, point + point, G, point + G].map(|p: RistrettoPoint| encode(p).to_vec());
    [vec![flipped], points.to_vec()].concat()
}

/// Ways to spoil bytes that are no point.
fn other_bytes(good: &[u8]) -> Vec<Vec<u8>> {
    let flip = |bit: usize| {
        let mut bytes = good.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    };
    vec![flip(0), flip(good.len() * 8 - 1), vec![0; good.len()], vec![0xff; good.len()]]
}

/// Puts each of `values` at `at` of the round's message.
fn expect(round: u8, at: usize, values: impl Fn(&[u8]) -> Vec<Vec<u8>>, len: usize, end: End) {
    for low in [true, false] {
        let mut count = 1;
        let mut k = 0;
        while k < count {
            let (honest, _) = play(low, &mut |now, puppet| {
                if now == round {
                    let field = &mut puppet.sent[usize::from(round) - 1][at..at + len];
                    let all = values(field);
                    count = all.len();
                    field.copy_from_slice(&all[k]);
                }
            });
            assert_eq!(honest.end(), end, "round {round}, byte {at}, value {k}");
            k += 1;
        }
    }
}

const S: usize = 32;
const E: usize = 64;
const C: usize = 96;

#[test]
fn p1_1_setup_points() {
    expect(1, S, no_points, 32, P1_1);
    expect(1, E, no_points, 32, P1_1);
}

#[test]
fn another_nonce_is_as_good() {
    expect(1, 0, other_bytes, 32, End::Pairing);
}

#[test]
fn a_point_that_is_not_the_peers_own_helps_nobody() {
    // Its owner cannot make the trees that fit.
    expect(1, S, other_points, 32, P3_1);
    // Nor the pad.
    expect(1, E, other_points, 32, P2_3);
}

#[test]
fn p2_1_every_point_of_a_choice() {
    for place in [0, 129, 255] {
        expect(2, 32 * place, no_points, 32, P2_1);
    }
}

#[test]
fn p2_2_a_sum_that_is_the_identity() {
    for (e, b) in [(0, 0), (0, 1), (64, 1), (127, 0)] {
        let (honest, _) = play(true, &mut |round, puppet| {
            if round == 2 {
                let other = puppet.sent[1][64 * e + 32 * (1 - b)..][..32].to_vec();
                let cancels = encode(-hash_point(&puppet.direction(false), e, b, &other));
                puppet.sent[1][64 * e + 32 * b..][..32].copy_from_slice(&cancels);
            }
        });
        assert_eq!(honest.end(), P2_2);
    }
}

#[test]
fn another_choice_is_the_peers_own_loss() {
    // The peer may choose its points as it likes: what it gets is its own affair, and the honest side's secrets do not change.
    expect(2, 32 * 5, other_points, 32, End::Pairing);
}

#[test]
fn p2_3_the_commitment_opens() {
    expect(1, C, other_bytes, 32, P2_3);
    expect(2, 8192, other_bytes, 32, P2_3); // z
    expect(2, 8192 + 32, other_bytes, 32, P2_3); // salt
}

#[test]
fn p2_3_the_commitment_is_of_its_sender_and_its_run() {
    type Change = fn(&mut Puppet);
    let changes: [Change; 4] = [
        // another device's name
        |p| {
            let c = h("pair-commit", &[&p.sid, &p.peer, &p.opening[..32], &p.opening[32..]]);
            p.sent[0][C..].copy_from_slice(&c);
        },
        // another run
        |p| {
            let c = h("pair-commit", &[&[1; 32], &p.me, &p.opening[..32], &p.opening[32..]]);
            p.sent[0][C..].copy_from_slice(&c);
        },
        // another tag
        |p| {
            let c = h("sign-commit", &[&p.sid, &p.me, &p.opening[..32], &p.opening[32..]]);
            p.sent[0][C..].copy_from_slice(&c);
        },
        // another border between part and salt
        |p| {
            let c = h("pair-commit", &[&p.sid, &p.me, &p.opening[..31], &p.opening[31..]]);
            p.sent[0][C..].copy_from_slice(&c);
        },
    ];
    for change in changes {
        let (honest, _) = play(true, &mut |round, puppet| {
            if round == 1 {
                change(puppet);
            }
        });
        assert_eq!(honest.end(), P2_3);
    }
    // The pad of the other direction; no pad at all.
    for plain in [false, true] {
        let (honest, _) = play(true, &mut |round, puppet| {
            if round == 2 {
                let pad = if plain { [0; 64] } else { puppet.pad(false) };
                for ((to, a), b) in puppet.sent[1][8192..].iter_mut().zip(puppet.opening).zip(pad) {
                    *to = a ^ b;
                }
            }
        });
        assert_eq!(honest.end(), P2_3);
    }
}

#[test]
fn p3_1_proofs() {
    for tree in [0, 63] {
        expect(3, 96 * tree + 32, other_bytes, 32, P3_1); // sum
        expect(3, 96 * tree + 64, other_bytes, 32, P3_1); // digest
        // both corrections: one that is not used goes unnoticed (see `guess`)
        let swapped = |good: &[u8]| [&good[16..], &good[..16]].concat();
        let other = |good: &[u8]| vec![vec![0; 32], good.iter().map(|b| !b).collect(), swapped(good)];
        expect(3, 96 * tree, other, 32, P3_1);
    }
}

#[test]
fn p4_1_confirmations() {
    expect(4, 0, other_bytes, 32, P4_1);
    // One that says the same of the other device, or of another pairing.
    for other in [0, 1] {
        let (honest, _) = play(false, &mut |round, puppet| {
            if round == 4 {
                let (mut id, mut who) = (puppet.id(), puppet.peer);
                if other == 1 {
                    (id[0], who) = (id[0] ^ 1, puppet.me);
                }
                puppet.sent[3] = h("pair-confirm", &[&id, &puppet.zero, &who]).to_vec();
            }
        });
        assert_eq!(honest.end(), P4_1);
    }
}

#[test]
fn a_wrong_length_is_refused_and_changes_nothing() {
    let (_, script) = play(true, &mut |_, _| {});
    let [lo, hi] = identities();
    let mut honest = Honest::new(lo, hi, SESSION, 7);
    for (round, body) in (1..).zip(&script.sent) {
        let expected = body.len();
        let long = [&body[..], &[0]].concat();
        for bad in [&body[1..], &long, &[], &[&body[..], body].concat()] {
            let refused = honest.receive(round, bad);
            assert_eq!(refused, Err(Rejected::Length { expected, found: bad.len() }));
        }
        assert!(matches!(honest.session.advance(&mut crate::game::rng(0)), Ok(Status::Waiting)));
        assert_eq!(honest.session.missing(), [honest.peer()]);
        assert_eq!(honest.receive(round, body), Ok(Receipt::Stored));
        assert_eq!(honest.receive(round, body), Ok(Receipt::Duplicate));
        honest.advance();
    }
    assert_eq!(honest.end(), End::Pairing);
}

#[test]
fn a_wrong_header_is_refused() {
    let (_, script) = play(true, &mut |_, _| {});
    let [lo, hi] = identities();
    let mut honest = Honest::new(lo, hi, SESSION, 7);
    let good = honest.message(1, &script.sent[0]);
    let (header, body) = Header::split(&good).unwrap();
    let peer = honest.peer();
    let slot = |round, kind: Kind| Rejected::Slot { round, kind: kind as u8 };
    let cases = [
        (Header { binding: [1; 32], ..header }, Rejected::SetupMismatch(peer)),
        (Header { session: quorate::wire::SessionId([1; 16]), ..header }, Rejected::Session),
        (Header { protocol: 2, ..header }, Rejected::Protocol(2)),
        (Header { kind: Kind::All, to: None, ..header }, slot(1, Kind::All)),
        (Header { kind: Kind::Complaint, to: None, ..header }, slot(1, Kind::Complaint)),
        (Header { round: 5, ..header }, slot(5, Kind::Direct)),
        (Header { to: Some(peer), ..header }, Rejected::NotForMe),
    ];
    for (header, why) in cases {
        let message = [&header.to_bytes()[..], body].concat();
        assert_eq!(honest.session.receive(peer, &message), Err(why));
    }
    let me = honest.session.terms().me;
    let wrong = Rejected::WrongSender { transport: me, header: peer };
    assert_eq!(honest.session.receive(me, &good), Err(wrong));
    assert_eq!(honest.session.receive(peer, &good), Ok(Receipt::Stored));
}

#[test]
fn of_several_faults_in_a_round_the_first_check_speaks() {
    let spoilt = |second: fn(&mut Puppet)| {
        let (honest, _) = play(true, &mut |round, puppet| {
            if round == 2 {
                puppet.sent[1][8192] ^= 1;
                second(puppet);
            }
        });
        honest.end()
    };
    assert_eq!(spoilt(|_| {}), P2_3);
    let degenerate: fn(&mut Puppet) = |puppet| {
        let cancels =
            encode(-hash_point(&puppet.direction(false), 9, 0, &puppet.sent[1][64 * 9 + 32..][..32]));
        puppet.sent[1][64 * 9..][..32].copy_from_slice(&cancels);
    };
    assert_eq!(spoilt(degenerate), P2_2);
    assert_eq!(spoilt(|puppet| puppet.sent[1][8160..8192].fill(0)), P2_1);
}
