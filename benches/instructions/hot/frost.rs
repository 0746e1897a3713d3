//! FROST by its functions, and what of the groups it stands on.

use gungraun::{library_benchmark, library_benchmark_group};
use quorate::curve::{Curve, Ed25519, FrostEd25519, P256, Secp256k1, random_scalar};
use quorate::frost::{
    AggregateError, Ed25519Signature, SignatureShare, SigningNonces, SigningPackage, aggregate, sign,
};
use quorate::key::KeyShare;
use quorate::party::{PartyId, Threshold};
use quorate::sharing::Commitment;
use quorate::sim::Cast;

use crate::play::rng;

type E = FrostEd25519;
type Shares = Vec<(PartyId, SignatureShare<E>)>;

fn shares(t: u16, n: u16) -> Vec<KeyShare<E>> {
    let cast = Cast::new(1..=n, &mut rng(1)).unwrap();
    let mut shares = cast.deal::<E>(Threshold::new(t, n).unwrap(), &mut rng(2)).unwrap();
    shares.truncate(t.into());
    shares
}

fn packaged(t: u16, n: u16) -> (Vec<KeyShare<E>>, Vec<SigningNonces<E>>, SigningPackage<E>) {
    let shares = shares(t, n);
    let mut rng = rng(3);
    let nonces: Vec<_> = shares.iter().map(|s| SigningNonces::generate(s.into(), &mut rng)).collect();
    let list = shares.iter().zip(&nonces).map(|(s, n)| (s.id(), n.commitments().clone()));
    let package = SigningPackage::new(shares[0].public().commitment(), list, b"a message").unwrap();
    (shares, nonces, package)
}

fn signed(t: u16, n: u16) -> (SigningPackage<E>, Shares) {
    let (shares, nonces, package) = packaged(t, n);
    let parts = shares.iter().zip(nonces);
    let parts = parts.map(|(s, n)| (s.id(), sign(n, s.into(), &package).unwrap())).collect();
    (package, parts)
}

/// Where one share is another's.
fn with_a_cheater(t: u16, n: u16) -> (SigningPackage<E>, Shares) {
    let (package, mut shares) = signed(t, n);
    shares[1].1 = shares[0].1;
    (package, shares)
}

fn one() -> (KeyShare<E>, SigningNonces<E>, SigningPackage<E>) {
    let (mut shares, mut nonces, package) = packaged(2, 3);
    (shares.remove(0), nonces.remove(0), package)
}

#[library_benchmark]
#[bench::ed25519(shares(2, 3).remove(0))]
fn frost_commit(share: KeyShare<E>) -> (SigningNonces<E>, KeyShare<E>) {
    (SigningNonces::generate((&share).into(), &mut rng(4)), share)
}

#[library_benchmark]
#[bench::of_2(one())]
fn frost_sign(
    (share, nonces, package): (KeyShare<E>, SigningNonces<E>, SigningPackage<E>),
) -> (SignatureShare<E>, KeyShare<E>, SigningPackage<E>) {
    (sign(nonces, (&share).into(), &package).unwrap(), share, package)
}

#[library_benchmark]
#[bench::of_2(signed(2, 3))]
#[bench::of_67(signed(67, 100))]
fn frost_aggregate((package, shares): (SigningPackage<E>, Shares)) -> (Ed25519Signature, SigningPackage<E>) {
    (aggregate(&package, &shares).unwrap(), package)
}

// The signature does not verify, so the shares are verified.
#[library_benchmark]
#[bench::of_2(with_a_cheater(2, 3))]
fn frost_name_a_cheater(
    (package, shares): (SigningPackage<E>, Shares),
) -> (AggregateError, SigningPackage<E>) {
    (aggregate(&package, &shares).unwrap_err(), package)
}

fn terms<C: Curve>() -> Vec<(C::Point, C::Scalar)> {
    let mut rng = rng(5);
    let mut term = || (C::mul_base(&random_scalar::<C>(&mut rng)), random_scalar::<C>(&mut rng));
    (0..100).map(|_| term()).collect()
}

#[library_benchmark]
#[bench::ed25519(terms::<Ed25519>())]
fn msm_ed25519(
    terms: Vec<(<Ed25519 as Curve>::Point, <Ed25519 as Curve>::Scalar)>,
) -> <Ed25519 as Curve>::Point {
    Ed25519::msm_vartime(&terms)
}

#[library_benchmark]
#[bench::secp256k1(terms::<Secp256k1>())]
fn msm_secp256k1(
    terms: Vec<(<Secp256k1 as Curve>::Point, <Secp256k1 as Curve>::Scalar)>,
) -> <Secp256k1 as Curve>::Point {
    Secp256k1::msm_vartime(&terms)
}

#[library_benchmark]
#[bench::p256(terms::<P256>())]
fn msm_p256(terms: Vec<(<P256 as Curve>::Point, <P256 as Curve>::Scalar)>) -> <P256 as Curve>::Point {
    P256::msm_vartime(&terms)
}

fn commitment() -> Vec<u8> {
    let mut bytes = Vec::new();
    shares(10, 10)[0].public().commitment().write(&mut bytes);
    bytes
}

// Ten points, as a dealer reveals them: decoded, and their order checked.
#[library_benchmark]
#[bench::ten_points(commitment())]
fn read_commitment(bytes: Vec<u8>) -> Commitment<Ed25519> {
    Commitment::read(&bytes).unwrap()
}

library_benchmark_group!(
    name = frost_group,
    benchmarks = [
        frost_commit,
        frost_sign,
        frost_aggregate,
        frost_name_a_cheater,
        msm_ed25519,
        msm_secp256k1,
        msm_p256,
        read_commitment
    ]
);
