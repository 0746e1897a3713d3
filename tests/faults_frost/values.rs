//! What a field can be replaced with.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;

/// Every how many-th bit is flipped.
const STRIDE: usize = 7;

fn flips(good: [u8; 32]) -> impl Iterator<Item = [u8; 32]> {
    (0..256).step_by(STRIDE).map(move |bit| {
        let mut bytes = good;
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    })
}

/// y with the given lowest byte, middle bytes and highest byte.
fn y(low: u8, middle: u8, high: u8) -> [u8; 32] {
    let mut bytes = [middle; 32];
    (bytes[0], bytes[31]) = (low, high);
    bytes
}

pub(crate) fn torsion(k: usize) -> EdwardsPoint {
    EIGHT_TORSION[k]
}

/// Encodings that no honest signer sends, whatever its nonces are: no points, not canonical, the identity, and the seven
/// other points of small order.
pub(crate) fn never_points() -> Vec<[u8; 32]> {
    let mut values: Vec<_> = (0..8).map(|k| torsion(k).compress().0).collect();
    values.extend([[0xff; 32], y(2, 0, 0), y(1, 0, 0x80), y(0xec, 0xff, 0xff)]);
    // y = p, p + 1, .., with either sign.
    values.extend((0xed..=0xff).flat_map(|low| [y(low, 0xff, 0x7f), y(low, 0xff, 0xff)]));
    values
}

/// A point of prime order, and something of small order.
pub(crate) fn mixed(good: EdwardsPoint) -> Vec<[u8; 32]> {
    (1..8).map(|k| (good + torsion(k)).compress().0).collect()
}

/// Everything a point field gets: the above, flipped bits, and valid points that are another's or of another time.
pub(crate) fn points(good: EdwardsPoint, others: &[EdwardsPoint]) -> Vec<[u8; 32]> {
    let mut values = never_points();
    values.extend(mixed(good));
    values.extend(flips(good.compress().0));
    values.extend(others.iter().map(|p| p.compress().0));
    values
}

/// `q`, little-endian.
fn order() -> [u8; 32] {
    let mut bytes = (-Scalar::ONE).to_bytes();
    bytes[0] += 1;
    bytes
}

/// Integers that are no scalars: `q`, `q + good`, the largest, and high bits set.
pub(crate) fn never_scalars(good: Scalar) -> Vec<[u8; 32]> {
    let mut sum = [0u8; 32];
    let mut carry = 0;
    for (place, (a, b)) in sum.iter_mut().zip(good.to_bytes().iter().zip(order())) {
        let byte = u16::from(*a) + u16::from(b) + carry;
        (*place, carry) = (byte as u8, byte >> 8);
    }
    let high = |bit: u8| {
        let mut bytes = good.to_bytes();
        bytes[31] |= bit;
        bytes
    };
    vec![order(), sum, [0xff; 32], high(0x20), high(0x40), high(0x80)]
}

/// Everything a scalar field gets.
pub(crate) fn scalars(good: Scalar, others: &[Scalar]) -> Vec<[u8; 32]> {
    let mut values = never_scalars(good);
    values.extend(flips(good.to_bytes()));
    values.extend((0..8).map(|k| torsion(k).compress().0));
    values.extend([Scalar::ZERO, Scalar::ONE, -good, good + Scalar::ONE, -Scalar::ONE].map(|z| z.to_bytes()));
    values.extend(others.iter().map(Scalar::to_bytes));
    values
}

/// Everything a digest gets.
pub(crate) fn digests(good: [u8; 32], others: &[[u8; 32]]) -> Vec<[u8; 32]> {
    let mut values = vec![[0; 32], [0xff; 32], torsion(0).compress().0];
    values.extend(flips(good));
    values.extend(others);
    values
}
