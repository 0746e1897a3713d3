//! The operations of the curves underneath: what no protocol over them can be faster than.

use std::hint::black_box;

use crate::meter::{Cost, FIRST};
use crate::row::Row;

/// Times a batch, so that reading the clock costs nothing, and gives one operation's share.
fn many<T>(mut f: impl FnMut() -> T) -> Cost {
    const BATCH: u32 = 50;
    let mut cost = Cost::default();
    cost.work(FIRST, || {
        for _ in 0..BATCH {
            black_box(f());
        }
    });
    Cost { cpu: cost.cpu / BATCH, sent: 0 }
}

macro_rules! curve {
    ($curve:ident, $who:literal) => {{
        use $curve::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
        use $curve::ecdsa::{Signature, SigningKey};
        use $curve::elliptic_curve::ops::{MulByGeneratorVartime, Reduce};
        use $curve::{FieldBytes, ProjectivePoint, Scalar};

        let k = || <Scalar as Reduce<FieldBytes>>::reduce(&[0xa7; 32].into());
        let point = move || <ProjectivePoint as group::Group>::mul_by_generator(&k());
        vec![
            Row::new("k*G", $who, move || {
                let k = k();
                move || many(|| <ProjectivePoint as group::Group>::mul_by_generator(black_box(&k)))
            }),
            Row::new("k*P", $who, move || {
                let (p, k) = (point(), k());
                move || many(|| *black_box(&p) * black_box(&k))
            }),
            Row::new("k*G + l*P, variable time", $who, move || {
                let (p, k) = (point(), k());
                move || many(|| ProjectivePoint::mul_by_generator_and_mul_add_vartime(&k, black_box(&k), &p))
            }),
            Row::new("ECDSA, one device signs", $who, || {
                let key = SigningKey::from_slice(&[0x17; 32]).unwrap();
                move || many(|| -> Signature { key.sign_prehash(black_box(&[0x51; 32])).unwrap() })
            }),
            Row::new("ECDSA, verification", $who, || {
                let key = SigningKey::from_slice(&[0x17; 32]).unwrap();
                let signature: Signature = key.sign_prehash(&[0x51; 32]).unwrap();
                let public = *key.verifying_key();
                move || many(|| public.verify_prehash(black_box(&[0x51; 32]), &signature).unwrap())
            }),
        ]
    }};
}

pub fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = curve!(k256, "k256 0.14");
    rows.extend(curve!(p256, "p256 0.14"));
    rows
}
