//! ZF's FROST 3.0, without a coordinator: every signer sends to every other, and the first one aggregates.

macro_rules! suite {
    ($module:ident, $frost:ident, $who:literal) => {
        pub mod $module {
            use std::collections::BTreeMap;

            use frost::keys::dkg;
            use frost::{Identifier, SigningPackage, keys, round1, round2};
            use rand_core_06::OsRng;
            use $frost as frost;

            use crate::meter::{Cost, FIRST};
            use crate::row::Row;

            pub fn sign(t: u16, n: u16) -> Row {
                Row::new(format!("FROST, sign {t}-of-{n}"), $who, move || {
                    let (shares, public) =
                        keys::generate_with_dealer(n, t, keys::IdentifierList::Default, OsRng).unwrap();
                    let signers: Vec<_> = shares
                        .into_values()
                        .take(t.into())
                        .map(|share| keys::KeyPackage::try_from(share).unwrap())
                        .collect();
                    move || run(&signers, &public)
                })
            }

            fn run(signers: &[keys::KeyPackage], public: &keys::PublicKeyPackage) -> Cost {
                let mut cost = Cost::default();
                let others = signers.len() - 1;
                let (mut secret, mut wire) = (Vec::new(), BTreeMap::new());
                for (i, key) in (FIRST..).zip(signers) {
                    let (nonces, own, bytes) = cost.work(i, || {
                        let (nonces, commitments) = round1::commit(key.signing_share(), &mut OsRng);
                        (nonces, commitments, commitments.serialize().unwrap())
                    });
                    cost.send(i, bytes.len(), others);
                    secret.push((nonces, own));
                    wire.insert(*key.identifier(), bytes);
                }
                let (mut packages, mut shares) = (Vec::new(), BTreeMap::new());
                for ((i, key), (nonces, own)) in (FIRST..).zip(signers).zip(&secret) {
                    let (package, share, bytes) = cost.work(i, || {
                        let received = wire.iter().filter(|(id, _)| *id != key.identifier());
                        let mut list: BTreeMap<_, _> = received
                            .map(|(id, c)| (*id, round1::SigningCommitments::deserialize(c).unwrap()))
                            .collect();
                        list.insert(*key.identifier(), *own);
                        let package = SigningPackage::new(list, b"a message of thirty-two bytes...");
                        let share = round2::sign(&package, nonces, key).unwrap();
                        (package, share, share.serialize())
                    });
                    cost.send(i, bytes.len(), others);
                    packages.push((package, share));
                    shares.insert(*key.identifier(), bytes);
                }
                let (package, own) = &packages[0];
                shares.remove(signers[0].identifier());
                cost.work(FIRST, || {
                    let mut shares: BTreeMap<_, _> = shares
                        .iter()
                        .map(|(id, z)| (*id, round2::SignatureShare::deserialize(z).unwrap()))
                        .collect();
                    shares.insert(*signers[0].identifier(), *own);
                    frost::aggregate(package, &shares, public).unwrap().serialize().unwrap()
                });
                cost
            }

            /// The refresh without a dealer: every member deals zero to every other.
            pub fn refresh(t: u16, n: u16) -> Row {
                Row::new(format!("FROST, refresh {t}-of-{n}"), $who, move || {
                    let (shares, public) =
                        keys::generate_with_dealer(n, t, keys::IdentifierList::Default, OsRng).unwrap();
                    let share = shares.into_values().next().unwrap();
                    let key = keys::KeyPackage::try_from(share).unwrap();
                    move || renew(t, n, &key, &public)
                })
            }

            /// The first member's refresh; the others' messages are made unmeasured.
            fn renew(t: u16, n: u16, key: &keys::KeyPackage, public: &keys::PublicKeyPackage) -> Cost {
                let mut cost = Cost::default();
                let ids: Vec<Identifier> = (1..=n).map(|i| i.try_into().unwrap()).collect();
                let (mut secrets, mut wire) = (Vec::new(), BTreeMap::new());
                for (i, id) in (FIRST..).zip(&ids) {
                    let (secret, bytes) = cost.work(i, || {
                        let (secret, package) = keys::refresh::refresh_dkg_part1(*id, n, t, OsRng).unwrap();
                        (secret, package.serialize().unwrap())
                    });
                    cost.send(i, bytes.len(), ids.len() - 1);
                    secrets.push(secret);
                    wire.insert(*id, bytes);
                }
                let (mut first, mut dealt) = (None, BTreeMap::new());
                for ((i, id), secret) in (FIRST..).zip(&ids).zip(secrets) {
                    let (second, packages, out) = cost.work(i, || {
                        let packages: BTreeMap<_, _> = wire
                            .iter()
                            .filter(|(from, _)| *from != id)
                            .map(|(from, bytes)| (*from, dkg::round1::Package::deserialize(bytes).unwrap()))
                            .collect();
                        let (second, out) = keys::refresh::refresh_dkg_part2(secret, &packages).unwrap();
                        let out: Vec<_> =
                            out.iter().map(|(to, package)| (*to, package.serialize().unwrap())).collect();
                        (second, packages, out)
                    });
                    for (to, bytes) in out {
                        cost.send(i, bytes.len(), 1);
                        dealt.insert((*id, to), bytes);
                    }
                    first.get_or_insert((second, packages));
                }
                let (second, packages) = first.unwrap();
                cost.work(FIRST, || {
                    let shares = dealt
                        .iter()
                        .filter(|((_, to), _)| *to == ids[0])
                        .map(|((from, _), bytes)| (*from, dkg::round2::Package::deserialize(bytes).unwrap()))
                        .collect();
                    let (public, key) = (public.clone(), key.clone());
                    keys::refresh::refresh_dkg_shares(&second, &packages, &shares, public, key).unwrap()
                });
                cost
            }

            pub fn key_generation(t: u16, n: u16) -> Row {
                Row::new(format!("FROST, key generation {t}-of-{n}"), $who, move || move || generate(t, n))
            }

            fn generate(t: u16, n: u16) -> Cost {
                let mut cost = Cost::default();
                let ids: Vec<Identifier> = (1..=n).map(|i| i.try_into().unwrap()).collect();
                let others = ids.len() - 1;
                let (mut secrets, mut wire) = (Vec::new(), BTreeMap::new());
                for (i, id) in (FIRST..).zip(&ids) {
                    let (secret, bytes) = cost.work(i, || {
                        let (secret, package) = dkg::part1(*id, n, t, OsRng).unwrap();
                        (secret, package.serialize().unwrap())
                    });
                    cost.send(i, bytes.len(), others);
                    secrets.push(secret);
                    wire.insert(*id, bytes);
                }
                let (mut seconds, mut dealt) = (Vec::new(), BTreeMap::new());
                for ((i, id), secret) in (FIRST..).zip(&ids).zip(secrets) {
                    let (second, packages, out) = cost.work(i, || {
                        let packages: BTreeMap<_, _> = wire
                            .iter()
                            .filter(|(from, _)| *from != id)
                            .map(|(from, bytes)| (*from, dkg::round1::Package::deserialize(bytes).unwrap()))
                            .collect();
                        let (second, out) = dkg::part2(secret, &packages).unwrap();
                        let out: Vec<_> =
                            out.iter().map(|(to, package)| (*to, package.serialize().unwrap())).collect();
                        (second, packages, out)
                    });
                    for (to, bytes) in out {
                        cost.send(i, bytes.len(), 1);
                        dealt.insert((*id, to), bytes);
                    }
                    seconds.push((second, packages));
                }
                let (second, packages) = &seconds[0];
                cost.work(FIRST, || {
                    let shares = dealt
                        .iter()
                        .filter(|((_, to), _)| *to == ids[0])
                        .map(|((from, _), bytes)| (*from, dkg::round2::Package::deserialize(bytes).unwrap()))
                        .collect();
                    dkg::part3(second, packages, &shares).unwrap()
                });
                cost
            }
        }
    };
}

suite!(ed25519, frost_ed25519, "frost-ed25519 3.0");
suite!(taproot, frost_secp256k1_tr, "frost-secp256k1-tr 3.0");
