//! The same work with ZF's `frost-ed25519` and `frost-secp256k1-tr` 3.0, fed with serialized packages.

use std::collections::BTreeMap;
use std::time::Duration;

use frost::Identifier;
use frost::keys::dkg;
use frost::rand_core::{CryptoRng, RngCore};
use frost_core::{Ciphersuite, SigningPackage, keys, round1, round2};
use frost_ed25519 as frost;

use super::clock;

/// Operating-system randomness behind the older random traits.
pub(crate) struct Rng;

impl RngCore for Rng {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_le_bytes(bytes)
    }
    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_le_bytes(bytes)
    }
    fn fill_bytes(&mut self, dest: &mut [u8]) {
        getrandom::fill(dest).unwrap();
    }
    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), frost::rand_core::Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for Rng {}

pub(crate) struct Signing<C: Ciphersuite> {
    packages: Vec<keys::KeyPackage<C>>,
    public: keys::PublicKeyPackage<C>,
}

impl<C: Ciphersuite> Signing<C> {
    pub(crate) fn new(t: u16, n: u16) -> Self {
        let list = keys::IdentifierList::Default;
        let (shares, public) = keys::generate_with_dealer(n, t, list, &mut Rng).unwrap();
        let packages =
            shares.into_values().take(t.into()).map(|s| keys::KeyPackage::try_from(s).unwrap()).collect();
        Self { packages, public }
    }

    /// (commit, share and aggregate) of the first signer, which is also the one that aggregates.
    pub(crate) fn run(&self) -> (Duration, Duration) {
        let (mut commit, mut rest) = (Duration::ZERO, Duration::ZERO);
        let first = &self.packages[0];
        let (nonces, own) = clock(&mut commit, || {
            let (nonces, own) = round1::commit(first.signing_share(), &mut Rng);
            own.serialize().unwrap();
            (nonces, own)
        });
        let others: Vec<_> =
            self.packages[1..].iter().map(|p| (p, round1::commit(p.signing_share(), &mut Rng))).collect();
        let wire: Vec<(frost_core::Identifier<C>, Vec<u8>)> =
            others.iter().map(|(p, (_, c))| (*p.identifier(), c.serialize().unwrap())).collect();
        let (package, share) = clock(&mut rest, || {
            let mut list = BTreeMap::from([(*first.identifier(), own)]);
            list.extend(
                wire.iter().map(|(id, c)| (*id, round1::SigningCommitments::deserialize(c).unwrap())),
            );
            let package = SigningPackage::new(list, b"a message of thirty-two bytes...");
            let share = round2::sign(&package, &nonces, first).unwrap();
            share.serialize();
            (package, share)
        });
        let wire: Vec<(frost_core::Identifier<C>, Vec<u8>)> = others
            .iter()
            .map(|(p, (n, _))| (*p.identifier(), round2::sign(&package, n, p).unwrap().serialize()))
            .collect();
        clock(&mut rest, || {
            let mut shares = BTreeMap::from([(*first.identifier(), share)]);
            shares.extend(wire.iter().map(|(id, z)| (*id, round2::SignatureShare::deserialize(z).unwrap())));
            let signature = frost_core::aggregate(&package, &shares, &self.public).unwrap();
            signature.serialize().unwrap()
        });
        (commit, rest)
    }
}

/// A whole key generation; the time of the first party.
pub(crate) fn key_generation(t: u16, n: u16) -> Duration {
    let mut total = Duration::ZERO;
    let ids: Vec<Identifier> = (1..=n).map(|i| i.try_into().unwrap()).collect();
    let (secret, own) = clock(&mut total, || {
        let (secret, package) = dkg::part1(ids[0], n, t, Rng).unwrap();
        let bytes = package.serialize().unwrap();
        (secret, bytes)
    });
    let mut secrets = vec![secret];
    let mut wire = BTreeMap::from([(ids[0], own)]);
    for id in &ids[1..] {
        let (secret, package) = dkg::part1(*id, n, t, Rng).unwrap();
        wire.insert(*id, package.serialize().unwrap());
        secrets.push(secret);
    }
    let read = |except: Option<Identifier>| -> BTreeMap<_, _> {
        let others = wire.iter().filter(|(id, _)| Some(**id) != except);
        others.map(|(id, bytes)| (*id, dkg::round1::Package::deserialize(bytes).unwrap())).collect()
    };
    let mut secrets = secrets.into_iter();
    let secret = secrets.next().unwrap();
    let (packages, secret2) = clock(&mut total, || {
        let packages = read(Some(ids[0]));
        let (secret, out) = dkg::part2(secret, &packages).unwrap();
        out.values().for_each(|p| {
            p.serialize().unwrap();
        });
        (packages, secret)
    });
    // Every other party deals to the first one; only the first dealer's checks of the others matter to the rest.
    let mut all: BTreeMap<_, _> = read(None);
    let mut to_first = BTreeMap::new();
    for (id, secret) in ids[1..].iter().zip(secrets) {
        let own = all.remove(id).unwrap();
        let (_, out) = dkg::part2(secret, &all).unwrap();
        all.insert(*id, own);
        to_first.insert(*id, out[&ids[0]].serialize().unwrap());
    }
    clock(&mut total, || {
        let shares: BTreeMap<_, _> =
            to_first.iter().map(|(id, b)| (*id, dkg::round2::Package::deserialize(b).unwrap())).collect();
        dkg::part3(&secret2, &packages, &shares).unwrap()
    });
    total
}
