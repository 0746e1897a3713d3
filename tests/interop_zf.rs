//! FROST(Ed25519, SHA-512) with ZF's `frost-ed25519` 3.0 in one group: keys made by either, signers of both, signatures
//! put together by both; and ZF's stored forms, byte for byte.
#![allow(clippy::large_enum_variant, clippy::type_complexity)]

#[path = "interop_zf/format.rs"]
mod format;

use std::collections::BTreeMap;

use frost::keys::{IdentifierList, KeyPackage, PublicKeyPackage, dkg};
use frost::{Identifier, round1, round2};
use frost_ed25519 as frost;
use quorate::curve::FrostEd25519;
use quorate::dkg::{Dkg, Run};
use quorate::error::SetupError;
use quorate::frost::{
    AggregateError, SignatureShare, SigningNonces, SigningPackage, SigningShare, aggregate, sign, zf,
};
use quorate::key::KeyShare;
use quorate::party::{Parties, PartyId, Threshold};
use quorate::sim::Cast;
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

type E = FrostEd25519;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn id(number: u16) -> PartyId {
    PartyId::new(number).unwrap()
}

fn zf_id(number: u16) -> Identifier {
    number.try_into().unwrap()
}

/// The same generator behind the older traits that ZF asks for.
struct Old<'a>(&'a mut ChaCha20Rng);

impl frost::rand_core::RngCore for Old<'_> {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }
    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
    fn fill_bytes(&mut self, out: &mut [u8]) {
        self.0.fill_bytes(out);
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), frost::rand_core::Error> {
        self.0.fill_bytes(out);
        Ok(())
    }
}

impl frost::rand_core::CryptoRng for Old<'_> {}

/// A share in our hands: our own, or one that came from ZF.
enum Held {
    Own(KeyShare<E>),
    Imported(zf::Share),
}

impl<'a> From<&'a Held> for SigningShare<'a, E> {
    fn from(held: &'a Held) -> Self {
        match held {
            Held::Own(share) => share.into(),
            Held::Imported(share) => share.into(),
        }
    }
}

/// A key in both libraries' hands: everybody's share, as each of them holds it.
struct Key {
    ours: BTreeMap<u16, Held>,
    theirs: BTreeMap<u16, KeyPackage>,
    public: PublicKeyPackage,
}

impl Key {
    /// From ZF's packages; both stored forms go out and back on the way, unchanged.
    fn of_zf(theirs: BTreeMap<u16, KeyPackage>, public: PublicKeyPackage) -> Self {
        let public_bytes = public.serialize().unwrap();
        let import = |(number, package): (&u16, &KeyPackage)| {
            let bytes = package.serialize().unwrap();
            let share = zf::Share::decode(&bytes, &public_bytes).unwrap();
            assert_eq!(share.id(), id(*number));
            assert_eq!(*zf::encode_key_package((&share).into()).unwrap().expose(), bytes);
            assert_eq!(
                zf::encode_public_key_package(share.commitment(), share.members()).unwrap(),
                public_bytes
            );
            (*number, Held::Imported(share))
        };
        Self { ours: theirs.iter().map(import).collect(), theirs, public }
    }

    /// From our key shares, through the bytes that ZF reads.
    fn of_ours(shares: Vec<KeyShare<E>>) -> Self {
        let public = shares[0].public();
        let bytes = zf::encode_public_key_package(public.commitment(), public.roster().parties()).unwrap();
        let public = PublicKeyPackage::deserialize(&bytes).unwrap();
        assert_eq!(public.serialize().unwrap(), bytes);
        let theirs = shares.iter().map(|share| {
            let bytes = zf::encode_key_package(share.into()).unwrap();
            let package = KeyPackage::deserialize(bytes.expose()).unwrap();
            assert_eq!(package.serialize().unwrap(), *bytes.expose());
            (share.id().get(), package)
        });
        let imported = Self::of_zf(theirs.collect(), public);
        let ours = shares.into_iter().map(|share| (share.id().get(), Held::Own(share)));
        Self { ours: ours.collect(), ..imported }
    }

    fn share(&self, number: u16) -> SigningShare<'_, E> {
        (&self.ours[&number]).into()
    }

    fn dealt_by_zf(t: u16, ids: &[u16], rng: &mut ChaCha20Rng) -> Self {
        let list: Vec<_> = ids.iter().copied().map(zf_id).collect();
        let n = ids.len() as u16;
        let (shares, public) =
            frost::keys::generate_with_dealer(n, t, IdentifierList::Custom(&list), Old(rng)).unwrap();
        let package = |number: &u16| (*number, shares[&zf_id(*number)].clone().try_into().unwrap());
        Self::of_zf(ids.iter().map(package).collect(), public)
    }

    fn generated_by_zf(t: u16, n: u16, rng: &mut ChaCha20Rng) -> Self {
        let (mut secrets, mut first) = (BTreeMap::new(), BTreeMap::new());
        for number in 1..=n {
            let (secret, package) = dkg::part1(zf_id(number), n, t, Old(rng)).unwrap();
            secrets.insert(number, secret);
            first.insert(zf_id(number), package);
        }
        let others = |number: u16| {
            let others = first.iter().filter(|(id, _)| **id != zf_id(number));
            others.map(|(id, package)| (*id, package.clone())).collect::<BTreeMap<_, _>>()
        };
        let (mut second, mut dealt) = (BTreeMap::new(), BTreeMap::<_, BTreeMap<_, _>>::new());
        for (number, secret) in secrets {
            let (secret, packages) = dkg::part2(secret, &others(number)).unwrap();
            second.insert(number, secret);
            for (to, package) in packages {
                dealt.entry(to).or_default().insert(zf_id(number), package);
            }
        }
        let mut public = None;
        let mut finish = |(number, secret): (&u16, &dkg::round2::SecretPackage)| {
            let (key, all) = dkg::part3(secret, &others(*number), &dealt[&zf_id(*number)]).unwrap();
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
            |me| Dkg::<E>::start(&run, me, &mut quorate::sim::MemoryLedger::default(), &mut *rng).unwrap();
        let sessions: Vec<_> = cast.ids().into_iter().map(start).collect();
        let shares: Vec<_> = cast.run(sessions, rng).into_iter().map(|r| r.output()).collect();
        Self::of_ours(shares)
    }

    /// Signs with the given members; those in `zf` use ZF. Everything that travels, travels as bytes.
    fn sign(&self, members: &[u16], zf: &[u16], message: &[u8], rng: &mut ChaCha20Rng) -> [u8; 64] {
        let (package, theirs, shares) = Round1::new(self, members, zf, rng).sign(self, message);
        let own = |(id, z): &(u16, Vec<u8>)| (self::id(*id), SignatureShare::from_bytes(z).unwrap());
        let own: Vec<_> = shares.iter().map(own).collect();
        let signature = aggregate(&package, &own).unwrap();
        let other = |(id, z): &(u16, Vec<u8>)| (zf_id(*id), round2::SignatureShare::deserialize(z).unwrap());
        let other = frost::aggregate(&theirs, &shares.iter().map(other).collect(), &self.public).unwrap();
        assert_eq!(other.serialize().unwrap(), signature.to_bytes());
        assert_eq!(frost::Signature::deserialize(&signature.to_bytes()).unwrap(), other);

        self.public.verifying_key().verify(message, &other).unwrap();
        let key: [u8; 32] = self.public.verifying_key().serialize().unwrap().try_into().unwrap();
        let key = ed25519_dalek::VerifyingKey::from_bytes(&key).unwrap();
        key.verify_strict(message, &signature.into()).unwrap();
        signature.into()
    }
}

/// Nonces of all signers, and what each of them published.
struct Round1 {
    ours: BTreeMap<u16, SigningNonces<E>>,
    theirs: BTreeMap<u16, round1::SigningNonces>,
    wire: BTreeMap<u16, Vec<u8>>,
}

impl Round1 {
    fn new(key: &Key, members: &[u16], zf: &[u16], rng: &mut ChaCha20Rng) -> Self {
        let mut round = Self { ours: BTreeMap::new(), theirs: BTreeMap::new(), wire: BTreeMap::new() };
        for member in members {
            let wire = if zf.contains(member) {
                let (nonces, commitments) =
                    round1::commit(key.theirs[member].signing_share(), &mut Old(&mut *rng));
                round.theirs.insert(*member, nonces);
                commitments.serialize().unwrap()
            } else {
                let nonces = SigningNonces::generate(key.share(*member), rng);
                let wire = zf::encode_commitments(nonces.commitments()).unwrap();
                round.ours.insert(*member, nonces);
                wire
            };
            // Both read it, and write it again as it was.
            let theirs = round1::SigningCommitments::deserialize(&wire).unwrap();
            let ours = zf::decode_commitments(&wire).unwrap();
            assert_eq!((wire.len(), theirs.serialize().unwrap()), (69, wire.clone()));
            assert_eq!(zf::encode_commitments(&ours).unwrap(), wire);
            round.wire.insert(*member, wire);
        }
        round
    }

    /// Both packages, and everybody's share.
    fn sign(
        self,
        key: &Key,
        message: &[u8],
    ) -> (SigningPackage<E>, frost::SigningPackage, Vec<(u16, Vec<u8>)>) {
        let list =
            self.wire.iter().map(|(number, wire)| (id(*number), zf::decode_commitments(wire).unwrap()));
        let any = *self.wire.keys().next().unwrap();
        let ours = SigningPackage::new(key.share(any).commitment(), list, message).unwrap();
        let read = |(number, wire): (&u16, &Vec<u8>)| {
            (zf_id(*number), round1::SigningCommitments::deserialize(wire).unwrap())
        };
        let theirs = frost::SigningPackage::new(self.wire.iter().map(read).collect(), message);
        let mut shares = Vec::new();
        for (number, nonces) in self.ours {
            let share = sign(nonces, key.share(number), &ours).unwrap();
            shares.push((number, share.to_bytes()));
        }
        for (number, nonces) in self.theirs {
            let share = round2::sign(&theirs, &nonces, &key.theirs[&number]).unwrap();
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

#[test]
fn every_key_signs_in_every_mix_of_libraries() {
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
            Key::generated_by_us(t, n, &mut rng),
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

#[test]
fn messages_of_any_length_are_signed_as_they_are() {
    let mut rng = rng(2);
    let keys = [Key::generated_by_us(2, 3, &mut rng), Key::generated_by_zf(2, 3, &mut rng)];
    let messages: [&[u8]; 5] = [b"", b"\0", b"\0\0\0lead", b"lead", &vec![0xa5; 1 << 20]];
    for (key, message) in keys.iter().flat_map(|key| messages.iter().map(move |message| (key, message))) {
        key.sign(&[1, 3], &[3], message, &mut rng);
    }
}

#[test]
fn ids_of_two_bytes_are_the_same_numbers_on_both_sides() {
    let mut rng = rng(3);
    let ids = [1, 255, 256, 257, 513, 65534];
    let key = Key::dealt_by_zf(3, &ids, &mut rng);
    let Held::Imported(share) = &key.ours[&256] else { panic!("dealt by ZF") };
    assert_eq!(*share.members(), Parties::from_numbers(ids).unwrap());
    key.sign(&[255, 256, 257], &[256], b"m", &mut rng);
    key.sign(&[65534, 1, 513, 257], &[1, 257], b"m", &mut rng);
}

/// More than 127 members and signers: counts of two bytes.
#[test]
fn a_large_key_goes_over_and_back() {
    let mut rng = rng(4);
    let (t, n) = (130, 140);
    let list = IdentifierList::Default;
    let (shares, public) = frost::keys::generate_with_dealer(n, t, list, Old(&mut rng)).unwrap();
    let few = [1, 140].map(|number| (number, shares[&zf_id(number)].clone().try_into().unwrap()));
    let key = Key::of_zf(few.into(), public);
    assert_eq!(key.theirs[&1].serialize().unwrap().len(), 135);
    assert_eq!(key.public.serialize().unwrap().len(), 42 + 64 * 140);
}

/// A share that is bad to one library is bad to the other, and both name its signer.
#[test]
fn both_libraries_name_the_same_cheaters() {
    let mut rng = rng(5);
    let key = Key::generated_by_zf(3, 5, &mut rng);
    let (package, theirs, mut shares) = Round1::new(&key, &[1, 2, 3, 5], &[2, 5], &mut rng).sign(&key, b"m");
    for (number, share) in &mut shares {
        share[0] ^= u8::from([2, 3].contains(number));
    }
    let ours: Vec<_> = shares.iter().map(|(n, z)| (id(*n), SignatureShare::from_bytes(z).unwrap())).collect();
    let found = aggregate(&package, &ours).unwrap_err();
    assert_eq!(found, AggregateError::BadShares(Parties::from_numbers([2, 3]).unwrap()));
    let other = shares.iter().map(|(n, z)| (zf_id(*n), round2::SignatureShare::deserialize(z).unwrap()));
    let all = frost::CheaterDetection::AllCheaters;
    let found = frost::aggregate_custom(&theirs, &other.collect(), &key.public, all).unwrap_err();
    assert_eq!(found.culprits(), [zf_id(2), zf_id(3)]);
}

/// Nonces are bound to the sharing that they were made for, and an imported one is another than the certified one.
#[test]
fn nonces_of_an_imported_share_sign_for_no_other() {
    let mut rng = rng(6);
    let (key, other) = (Key::generated_by_us(2, 3, &mut rng), Key::generated_by_us(2, 3, &mut rng));
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
