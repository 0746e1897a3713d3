//! Leaks that must be found.

use std::hint::black_box;

use quorate::curve::{Curve, Ed25519, Secp256k1, encode_point, random_scalar, read_point, write_scalar};

use crate::table::{Expected, Table};
use crate::tainted::Tainted;
use crate::valgrind::hide;

fn secret<const N: usize>() -> [u8; N] {
    let mut bytes = [7; N];
    hide(&mut bytes);
    bytes
}

pub fn all(table: &mut Table) {
    table.row("planted: a branch on a secret bit", Expected::Errors("planted"), || {
        let mut secret = secret::<1>();
        if black_box(secret[0]) & 1 == 1 {
            black_box(&mut secret)[0] ^= 2;
        }
        secret.to_vec()
    });
    table.row("planted: a table read at a secret place", Expected::Errors("planted"), || {
        let (secret, table) = (secret::<1>(), black_box([3u8; 256]));
        black_box(table[usize::from(secret[0])]);
        secret.to_vec()
    });
    table.row("planted: a MAC compared as a slice", Expected::Errors("planted"), || {
        let (mac, claimed) = (secret::<32>(), [7u8; 32]);
        // Of a length that the compiler does not know, so that it calls memcmp.
        let len = black_box(32);
        black_box(mac[..len] == claimed[..len]);
        mac.to_vec()
    });
    table.row("planted: a multiplication in variable time by a secret", Expected::Errors("planted"), || {
        let k = random_scalar::<Secp256k1>(&mut Tainted::new(30));
        let point = Secp256k1::mul_base(&<Secp256k1 as Curve>::Scalar::from(2u64));
        black_box(Secp256k1::msm_vartime(&[(point, k)]));
        let mut bytes = Vec::new();
        write_scalar::<Secp256k1>(&k, &mut bytes);
        bytes
    });
    table.row("planted: a decompression of a secret point", Expected::Errors("planted"), || {
        let k = random_scalar::<Ed25519>(&mut Tainted::new(31));
        let secret = encode_point::<Ed25519>(&Ed25519::mul_base(&k)).unwrap();
        black_box(read_point::<Ed25519>(&secret));
        secret
    });
}
