//! Operations of the groups, as the protocols use them.

use std::hint::black_box;

use criterion::Criterion;
use curve25519_dalek::constants::RISTRETTO_BASEPOINT_TABLE;
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar as RistrettoScalar;

use crate::table::Table;

macro_rules! weierstrass {
    ($function:ident, $name:literal, $curve:ident) => {
        fn $function(c: &mut Criterion, table: &mut Table) {
            use ff::FromUniformBytes;
            use $curve::elliptic_curve::ops::{Invert, LinearCombination, MulByGeneratorVartime, Reduce};
            use $curve::elliptic_curve::point::DecompressPoint;
            use $curve::elliptic_curve::sec1::ToSec1Point;
            use $curve::{AffinePoint, FieldBytes, ProjectivePoint, Scalar};

            let wide: [u8; 64] = crate::random();
            let narrow: FieldBytes = crate::random::<32>().into();
            let k = Scalar::from_uniform_bytes(&wide);
            let l = k.square();
            let p = <ProjectivePoint as group::Group>::mul_by_generator(&l);
            let terms = [(p, k), (p + p, l)];
            let affine = p.to_affine();
            let x: FieldBytes = *affine.to_sec1_point(true).x().unwrap();

            let name = |what: &str| format!(concat!($name, ", {}"), what);
            table
                .bench(c, name("k*G"), || <ProjectivePoint as group::Group>::mul_by_generator(black_box(&k)));
            table.bench(c, name("k*P"), || *black_box(&p) * black_box(&k));
            table.bench(c, name("k*P + l*Q"), || ProjectivePoint::lincomb(black_box(&terms)));
            table
                .bench(c, name("k*P + l*Q, vartime"), || ProjectivePoint::lincomb_vartime(black_box(&terms)));
            table.bench(c, name("k*G + l*P, vartime"), || {
                ProjectivePoint::mul_by_generator_and_mul_add_vartime(black_box(&k), &l, &p)
            });
            table.bench(c, name("decompress"), || {
                AffinePoint::decompress(black_box(&x), 0.into()).into_option()
            });
            table.bench(c, name("to affine"), || black_box(&p).to_affine());
            table.bench(c, name("scalar product"), || black_box(&k) * black_box(&l));
            table.bench(c, name("scalar inverse"), || Invert::invert(black_box(&k)));
            table.bench(c, name("scalar from 32 B, reduced"), || {
                <Scalar as Reduce<FieldBytes>>::reduce(black_box(&narrow))
            });
            table
                .bench(c, name("scalar from 64 B, reduced"), || Scalar::from_uniform_bytes(black_box(&wide)));
        }
    };
}

weierstrass!(secp256k1, "secp256k1", k256);
weierstrass!(p256, "P-256", p256);

fn ristretto(c: &mut Criterion, table: &mut Table) {
    let wide: [u8; 64] = crate::random();
    let k = RistrettoScalar::from_bytes_mod_order_wide(&wide);
    let p = RistrettoPoint::from_uniform_bytes(&wide);
    let bytes = p.compress();
    table.bench(c, "ristretto255, k*G", || RISTRETTO_BASEPOINT_TABLE * black_box(&k));
    table.bench(c, "ristretto255, k*P", || black_box(&p) * black_box(&k));
    table
        .bench(c, "ristretto255, from 64 uniform B", || RistrettoPoint::from_uniform_bytes(black_box(&wide)));
    table.bench(c, "ristretto255, compress", || black_box(&p).compress());
    table.bench(c, "ristretto255, decompress", || black_box(&bytes).decompress());
    let many: Vec<_> = (0..128).map(|i| p * RistrettoScalar::from(i as u64 + 1)).collect();
    table.bench(c, "ristretto255, compress 128 doubles", || {
        RistrettoPoint::double_and_compress_batch(black_box(&many))
    });
}

pub(crate) fn bench(c: &mut Criterion, table: &mut Table) {
    secp256k1(c, table);
    p256(c, table);
    ristretto(c, table);
}
