//! Every suite with ZF's crate for it, 3.0, in one group: keys made by either, signers of both, signatures put together by both; and
//! ZF's stored forms, byte for byte.
#![allow(clippy::large_enum_variant, clippy::type_complexity)]

#[path = "interop_zf/format.rs"]
mod format;
#[path = "interop_zf/pairs.rs"]
mod pairs;

use std::collections::BTreeMap;

use frost::keys::{IdentifierList, dkg};
use frost::{round1, round2};
use frost_core as frost;
use quorate::curve::{FrostEd25519, FrostP256, FrostRistretto255, FrostSecp256k1, FrostTaproot, Scheme};
use quorate::dkg::{Dkg, Run};
use quorate::error::SetupError;
use quorate::frost::{
    AggregateError, KeyView, SignatureShare, SigningNonces, SigningPackage, SigningShare, Taproot, aggregate,
    sign, zf,
};
use quorate::key::KeyShare;
use quorate::party::{Parties, PartyId, Threshold};
use quorate::sim::Cast;
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use crate::pairs::Pair;

type E = FrostEd25519;
type KeyPackage<S> = frost::keys::KeyPackage<<S as Pair>::Zf>;
type PublicKeyPackage<S> = frost::keys::PublicKeyPackage<<S as Pair>::Zf>;
type Identifier<S> = frost::Identifier<<S as Pair>::Zf>;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn id(number: u16) -> PartyId {
    PartyId::new(number).unwrap()
}

fn zf_id<S: Pair>(number: u16) -> Identifier<S> {
    number.try_into().unwrap()
}

/// The same generator behind the older traits that ZF asks for.
struct Old<'a>(&'a mut ChaCha20Rng);

impl frost_ed25519::rand_core::RngCore for Old<'_> {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }
    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
    fn fill_bytes(&mut self, out: &mut [u8]) {
        self.0.fill_bytes(out);
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), frost_ed25519::rand_core::Error> {
        self.0.fill_bytes(out);
        Ok(())
    }
}

impl frost_ed25519::rand_core::CryptoRng for Old<'_> {}

/// A share in our hands: our own, or one that came from ZF.
enum Held<S: Pair> {
    Own(KeyShare<S>),
    Imported(zf::Share<S>),
}

impl<'a, S: Pair> From<&'a Held<S>> for SigningShare<'a, S> {
    fn from(held: &'a Held<S>) -> Self {
        match held {
            Held::Own(share) => share.into(),
            Held::Imported(share) => share.into(),
        }
    }
}

/// A key in both libraries' hands: everybody's share, as each of them holds it.
struct Key<S: Pair> {
    ours: BTreeMap<u16, Held<S>>,
    theirs: BTreeMap<u16, KeyPackage<S>>,
    public: PublicKeyPackage<S>,
}

impl<S: Pair> Key<S> {
    /// From ZF's packages; both stored forms go out and back on the way, unchanged.
    fn of_zf(theirs: BTreeMap<u16, KeyPackage<S>>, public: PublicKeyPackage<S>) -> Self {
        let public_bytes = public.serialize().unwrap();
        let import = |(number, package): (&u16, &KeyPackage<S>)| {
            let bytes = package.serialize().unwrap();
            let share = zf::Share::<S>::decode(&bytes, &public_bytes).unwrap();
            assert_eq!(share.id(), id(*number));
            assert_eq!(*zf::encode_key_package::<S>((&share).into()).unwrap().expose(), bytes);
            assert_eq!(
                zf::encode_public_key_package::<S>(share.commitment(), share.members()).unwrap(),
                public_bytes
            );
            (*number, Held::Imported(share))
        };
        Self { ours: theirs.iter().map(import).collect(), theirs, public }
    }

    /// From our key shares, through the bytes that ZF reads.
    fn of_ours(shares: Vec<KeyShare<S>>) -> Self {
        let public = shares[0].public();
        let bytes =
            zf::encode_public_key_package::<S>(public.commitment(), public.roster().parties()).unwrap();
        let public = PublicKeyPackage::<S>::deserialize(&bytes).unwrap();
        assert_eq!(public.serialize().unwrap(), bytes);
        let theirs = shares.iter().map(|share| {
            let bytes = zf::encode_key_package::<S>(share.into()).unwrap();
            let package = KeyPackage::<S>::deserialize(bytes.expose()).unwrap();
            assert_eq!(package.serialize().unwrap(), *bytes.expose());
            (share.id().get(), package)
        });
        let imported = Self::of_zf(theirs.collect(), public);
        let ours = shares.into_iter().map(|share| (share.id().get(), Held::Own(share)));
        Self { ours: ours.collect(), ..imported }
    }

    fn share(&self, number: u16) -> SigningShare<'_, S> {
        (&self.ours[&number]).into()
    }

    fn dealt_by_zf(t: u16, ids: &[u16], rng: &mut ChaCha20Rng) -> Self {
        let list: Vec<_> = ids.iter().copied().map(zf_id::<S>).collect();
        let n = ids.len() as u16;
        let list = IdentifierList::Custom(&list);
        let (shares, public) =
            frost::keys::generate_with_dealer::<S::Zf, _>(n, t, list, &mut Old(rng)).unwrap();
        let package = |number: &u16| (*number, shares[&zf_id::<S>(*number)].clone().try_into().unwrap());
        Self::of_zf(ids.iter().map(package).collect(), public)
    }

    fn generated_by_zf(t: u16, n: u16, rng: &mut ChaCha20Rng) -> Self {
        let (mut secrets, mut first) = (BTreeMap::new(), BTreeMap::new());
        for number in 1..=n {
            let (secret, package) = dkg::part1::<S::Zf, _>(zf_id::<S>(number), n, t, Old(rng)).unwrap();
            secrets.insert(number, secret);
            first.insert(zf_id::<S>(number), package);
        }
        let others = |number: u16| {
            let others = first.iter().filter(|(id, _)| **id != zf_id::<S>(number));
            others.map(|(id, package)| (*id, package.clone())).collect::<BTreeMap<_, _>>()
        };
        let (mut second, mut dealt) = (BTreeMap::new(), BTreeMap::<_, BTreeMap<_, _>>::new());
        for (number, secret) in secrets {
            let (secret, packages) = dkg::part2(secret, &others(number)).unwrap();
            second.insert(number, secret);
            for (to, package) in packages {
                dealt.entry(to).or_default().insert(zf_id::<S>(number), package);
            }
        }
        let mut public = None;
        let mut finish = |(number, secret): (&u16, &dkg::round2::SecretPackage<S::Zf>)| {
            let (key, all) = dkg::part3(secret, &others(*number), &dealt[&zf_id::<S>(*number)]).unwrap();
            public = Some(all);
            (*number, key)
        };
        let theirs = second.iter().map(&mut finish).collect();
        Self::of_zf(theirs, public.unwrap())
    }

    fn generated_by_us(t: u16, n: u16, rng: &mut ChaCha20Rng) -> Self {
        let cast = Cast::new(1..=n, rng).unwrap();
        let threshold = Threshold::new(t, n).unwrap();
        let run = Run::new(threshold, cast.roster().clone(), SessionId([1; 16])).unwrap();
        let start =
            |me| Dkg::<S>::start(&run, me, &mut quorate::sim::MemoryLedger::default(), &mut *rng).unwrap();
        let sessions: Vec<_> = cast.ids().into_iter().map(start).collect();
        let shares: Vec<_> = cast.run(sessions, rng).into_iter().map(|r| r.output()).collect();
        Self::of_ours(shares)
    }

    /// Signs with the given members; those in `zf` use ZF. Everything that travels, travels as bytes.
    fn sign(&self, members: &[u16], zf: &[u16], message: &[u8], rng: &mut ChaCha20Rng) {
        for tweak in S::tweaks() {
            self.sign_with(&tweak, members, zf, message, rng);
        }
    }

    fn view(&self, tweak: &S::Tweak) -> KeyView<S> {
        let share: SigningShare<'_, S> = self.ours.values().next().unwrap().into();
        KeyView::tweaked(share.commitment(), tweak).unwrap()
    }

    fn sign_with(
        &self,
        tweak: &S::Tweak,
        members: &[u16],
        zf: &[u16],
        message: &[u8],
        rng: &mut ChaCha20Rng,
    ) {
        let (package, theirs, shares) = Round1::new(self, members, zf, rng).sign(self, tweak, message);
        let own = |(id, z): &(u16, Vec<u8>)| (self::id(*id), SignatureShare::from_bytes(z).unwrap());
        let own: Vec<_> = shares.iter().map(own).collect();
        let signature = S::bytes(&aggregate(&package, &own).unwrap());
        let other =
            |(id, z): &(u16, Vec<u8>)| (zf_id::<S>(*id), round2::SignatureShare::deserialize(z).unwrap());
        let other = S::zf_aggregate(tweak, &theirs, &shares.iter().map(other).collect(), &self.public);
        assert_eq!(other.serialize().unwrap(), signature);
        let read = frost::Signature::<S::Zf>::deserialize(&signature).unwrap();
        assert_eq!(read.serialize().unwrap(), signature);

        let key = S::zf_key(tweak, &self.public);
        key.verify(message, &other).unwrap();
        assert!(S::accepts(self.view(tweak).public_key(), message, &signature));
    }
}

/// Nonces of all signers, and what each of them published.
struct Round1<S: Pair> {
    ours: BTreeMap<u16, SigningNonces<S>>,
    theirs: BTreeMap<u16, round1::SigningNonces<S::Zf>>,
    wire: BTreeMap<u16, Vec<u8>>,
}

impl<S: Pair> Round1<S> {
    fn new(key: &Key<S>, members: &[u16], zf: &[u16], rng: &mut ChaCha20Rng) -> Self {
        let mut round = Self { ours: BTreeMap::new(), theirs: BTreeMap::new(), wire: BTreeMap::new() };
        for member in members {
            let wire = if zf.contains(member) {
                let (nonces, commitments) =
                    round1::commit(key.theirs[member].signing_share(), &mut Old(&mut *rng));
                round.theirs.insert(*member, nonces);
                commitments.serialize().unwrap()
            } else {
                let nonces = SigningNonces::generate(key.share(*member), rng);
                let wire = zf::encode_commitments::<S>(nonces.commitments()).unwrap();
                round.ours.insert(*member, nonces);
                wire
            };
            // Both read it, and write it again as it was.
            let theirs = round1::SigningCommitments::<S::Zf>::deserialize(&wire).unwrap();
            let ours = zf::decode_commitments::<S>(&wire).unwrap();
            let len = 5 + 2 * <S::Curve as quorate::curve::Curve>::POINT_LEN;
            assert_eq!((wire.len(), theirs.serialize().unwrap()), (len, wire.clone()));
            assert_eq!(zf::encode_commitments::<S>(&ours).unwrap(), wire);
            round.wire.insert(*member, wire);
        }
        round
    }

    /// Both packages, and everybody's share.
    fn sign(
        self,
        key: &Key<S>,
        tweak: &S::Tweak,
        message: &[u8],
    ) -> (SigningPackage<S>, frost::SigningPackage<S::Zf>, Vec<(u16, Vec<u8>)>) {
        let list =
            self.wire.iter().map(|(number, wire)| (id(*number), zf::decode_commitments::<S>(wire).unwrap()));
        let ours = SigningPackage::new(key.view(tweak), list, message).unwrap();
        let read = |(number, wire): (&u16, &Vec<u8>)| {
            (zf_id::<S>(*number), round1::SigningCommitments::<S::Zf>::deserialize(wire).unwrap())
        };
        let theirs = frost::SigningPackage::new(self.wire.iter().map(read).collect(), message);
        let mut shares = Vec::new();
        for (number, nonces) in self.ours {
            let share = sign(nonces, key.share(number), &ours).unwrap();
            shares.push((number, share.to_bytes()));
        }
        for (number, nonces) in self.theirs {
            let share = S::zf_sign(tweak, &theirs, &nonces, &key.theirs[&number]);
            shares.push((number, share.serialize()));
        }
        (ours, theirs, shares)
    }
}

/// No ZF signer, every second one, all of them.
fn mixes(members: &[u16]) -> [Vec<u16>; 3] {
    let every_second = members.iter().copied().step_by(2).collect();
    [Vec::new(), every_second, members.to_vec()]
}

fn every_key_signs_in_every_mix_of_libraries<S: Pair>() {
    let mut rng = rng(1);
    let shapes: [(u16, u16, &[&[u16]]); 4] = [
        (2, 2, &[&[1, 2]]),
        (2, 3, &[&[1, 3], &[2, 3], &[1, 2, 3]]),
        (3, 5, &[&[1, 3, 5], &[2, 3, 4, 5], &[1, 2, 3, 4, 5]]),
        (5, 7, &[&[1, 2, 3, 6, 7], &[7, 5, 3, 1, 2, 4]]),
    ];
    for (t, n, subsets) in shapes {
        let ids: Vec<_> = (1..=n).collect();
        let keys = [
            Key::<S>::generated_by_us(t, n, &mut rng),
            Key::dealt_by_zf(t, &ids, &mut rng),
            Key::generated_by_zf(t, n, &mut rng),
        ];
        for (key, subset) in keys.iter().flat_map(|key| subsets.iter().map(move |subset| (key, subset))) {
            for zf in mixes(subset) {
                key.sign(subset, &zf, b"interoperable", &mut rng);
            }
        }
    }
}

fn messages_of_any_length_are_signed_as_they_are<S: Pair>() {
    let mut rng = rng(2);
    let keys = [Key::<S>::generated_by_us(2, 3, &mut rng), Key::generated_by_zf(2, 3, &mut rng)];
    let messages: [&[u8]; 5] = [b"", b"\0", b"\0\0\0lead", b"lead", &vec![0xa5; 1 << 20]];
    for (key, message) in keys.iter().flat_map(|key| messages.iter().map(move |message| (key, message))) {
        key.sign(&[1, 3], &[3], message, &mut rng);
    }
}

fn ids_of_two_bytes_are_the_same_numbers_on_both_sides<S: Pair>() {
    let mut rng = rng(3);
    let ids = [1, 255, 256, 257, 513, 65534];
    let key = Key::<S>::dealt_by_zf(3, &ids, &mut rng);
    let Held::Imported(share) = &key.ours[&256] else { panic!("dealt by ZF") };
    assert_eq!(*share.members(), Parties::from_numbers(ids).unwrap());
    key.sign(&[255, 256, 257], &[256], b"m", &mut rng);
    key.sign(&[65534, 1, 513, 257], &[1, 257], b"m", &mut rng);
}

/// More than 127 members and signers: counts of two bytes.
fn a_large_key_goes_over_and_back<S: Pair>() {
    let mut rng = rng(4);
    let (t, n) = (130, 140);
    let list = IdentifierList::Default;
    let (shares, public) =
        frost::keys::generate_with_dealer::<S::Zf, _>(n, t, list, &mut Old(&mut rng)).unwrap();
    let few = [1, 140].map(|number| (number, shares[&zf_id::<S>(number)].clone().try_into().unwrap()));
    let key = Key::<S>::of_zf(few.into(), public);
    let len = <S::Curve as quorate::curve::Curve>::POINT_LEN;
    assert_eq!(key.theirs[&1].serialize().unwrap().len(), 71 + 2 * len);
    assert_eq!(key.public.serialize().unwrap().len(), 10 + len + (32 + len) * 140);
}

/// A share that is bad to one library is bad to the other, and both name its signer: whatever the signs.
fn both_libraries_name_the_same_cheaters<S: Pair>() {
    let mut rng = rng(5);
    for tweak in S::tweaks().into_iter().cycle().take(6) {
        let key = Key::<S>::generated_by_us(3, 5, &mut rng);
        let round = Round1::new(&key, &[1, 2, 3, 5], &[2, 5], &mut rng);
        let (package, theirs, mut shares) = round.sign(&key, &tweak, b"m");
        for (number, share) in &mut shares {
            // In a way that cannot cancel: by 2, and by 1 or 3.
            share[16] ^= if [2, 3].contains(number) { *number as u8 } else { 0 };
        }
        let read = |(n, z): &(u16, Vec<u8>)| (id(*n), SignatureShare::from_bytes(z).unwrap());
        let ours: Vec<_> = shares.iter().map(read).collect();
        let found = aggregate(&package, &ours).unwrap_err();
        assert_eq!(found, AggregateError::BadShares(Parties::from_numbers([2, 3]).unwrap()));
        let other =
            shares.iter().map(|(n, z)| (zf_id::<S>(*n), round2::SignatureShare::deserialize(z).unwrap()));
        let found = S::zf_culprits(&tweak, &theirs, &other.collect(), &key.public);
        assert_eq!(found, [zf_id::<S>(2), zf_id::<S>(3)]);
    }
}

macro_rules! for_every_suite {
    ($($test:ident),*) => {$(
        mod $test {
            #[test]
            fn ed25519() {
                super::$test::<super::FrostEd25519>();
            }
            #[test]
            fn taproot() {
                super::$test::<super::FrostTaproot>();
            }
            #[test]
            fn p256() {
                super::$test::<super::FrostP256>();
            }
            #[test]
            fn ristretto255() {
                super::$test::<super::FrostRistretto255>();
            }
            #[test]
            fn secp256k1() {
                super::$test::<super::FrostSecp256k1>();
            }
        }
    )*};
}

for_every_suite!(
    every_key_signs_in_every_mix_of_libraries,
    messages_of_any_length_are_signed_as_they_are,
    ids_of_two_bytes_are_the_same_numbers_on_both_sides,
    a_large_key_goes_over_and_back,
    both_libraries_name_the_same_cheaters
);

/// ZF's Taproot key generation ends with a tweak; here the same key is the untweaked one. Its dealer's keys are bare.
#[test]
fn a_key_generated_by_zf_commits_to_no_script_already() {
    let mut rng = rng(7);
    for generated in [true, false] {
        let key = match generated {
            true => Key::<FrostTaproot>::generated_by_zf(2, 3, &mut rng),
            false => Key::dealt_by_zf(2, &[1, 2, 3], &mut rng),
        };
        let zf_key = key.public.verifying_key().serialize().unwrap();
        assert_eq!(key.view(&Taproot::Untweaked).public_key()[1..], zf_key[1..]);
        assert_ne!(key.view(&Taproot::KeyPath).public_key()[1..], zf_key[1..]);
    }
}

/// The context string's CRC keeps the bytes of two suites apart, also where nothing else differs.
#[test]
fn packages_of_one_suite_are_none_of_another() {
    let mut rng = rng(8);
    let key = Key::<FrostSecp256k1>::generated_by_us(2, 3, &mut rng);
    let (package, public) = (key.theirs[&1].serialize().unwrap(), key.public.serialize().unwrap());
    assert!(zf::Share::<FrostSecp256k1>::decode(&package, &public).is_ok());
    assert!(zf::Share::<FrostTaproot>::decode(&package, &public).is_err());
    fn header<S: Pair>(expected: [u8; 4]) {
        let key = Key::<S>::generated_by_us(2, 2, &mut self::rng(9));
        let bytes = zf::encode_key_package(key.share(1)).unwrap();
        assert_eq!(bytes.expose()[..5], [&[0][..], &expected].concat(), "{}", <S as Scheme>::NAME);
    }
    header::<FrostEd25519>([0xb1, 0x69, 0xf0, 0xda]);
    header::<FrostRistretto255>([0xd7, 0x6e, 0xcf, 0xf5]);
    header::<FrostP256>([0xa1, 0x32, 0xf0, 0xc9]);
    header::<FrostSecp256k1>([0xee, 0xd6, 0xb1, 0xb1]);
    header::<FrostTaproot>([0x23, 0x0f, 0x8a, 0xb3]);
}

/// Nonces are bound to the sharing that they were made for, and an imported one is another than the certified one.
#[test]
fn nonces_of_an_imported_share_sign_for_no_other() {
    let mut rng = rng(6);
    let (key, other) = (Key::<E>::generated_by_us(2, 3, &mut rng), Key::generated_by_us(2, 3, &mut rng));
    let again = Key::of_zf(key.theirs.clone(), key.public.clone());
    let attempt = |maker: SigningShare<'_, E>, user: SigningShare<'_, E>, rng: &mut ChaCha20Rng| {
        let (nonces, second) = (SigningNonces::generate(maker, rng), SigningNonces::generate(maker, rng));
        let list = [(id(1), nonces.commitments().clone()), (id(2), second.commitments().clone())];
        sign(nonces, user, &SigningPackage::new(user.commitment(), list, b"m").unwrap())
    };
    // Twice imported is the same sharing; our own, another key's and another member's are others.
    let (first, second) = (again.share(1), Key::of_zf(key.theirs.clone(), key.public.clone()));
    assert!(attempt(first, second.share(1), &mut rng).is_ok());
    for maker in [key.share(1), other.share(1), again.share(2)] {
        assert_eq!(attempt(maker, first, &mut rng), Err(SetupError::WrongNonce(id(1))));
    }
}
