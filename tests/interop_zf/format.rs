//! ZF's stored forms: exactly its own bytes are taken, and nothing that is inconsistent.

use std::collections::BTreeMap;

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::CompressedEdwardsY;
use frost_ed25519::keys::{IdentifierList, KeyPackage, PublicKeyPackage, generate_with_dealer};
use frost_ed25519::{Identifier, round1, round2};
use quorate::error::SetupError;
use quorate::frost::{NonceCommitments, SignatureShare, SigningNonces, zf};
use quorate::party::{Parties, PartyId, Threshold};
use quorate::sim::Cast;
use rand_core::Rng;

use super::{E, Key, Old, id, rng, zf_id};

/// A dealt key in ZF's bytes, cut into its fields.
#[derive(Clone)]
struct Bytes {
    key: Vec<u8>,
    public: Vec<u8>,
    n: usize,
}

impl Bytes {
    fn new(t: u16, n: u16, seed: u64) -> Self {
        let (shares, public) =
            generate_with_dealer(n, t, IdentifierList::Default, Old(&mut rng(seed))).unwrap();
        let key: KeyPackage = shares[&zf_id::<E>(2)].clone().try_into().unwrap();
        Self { key: key.serialize().unwrap(), public: public.serialize().unwrap(), n: n.into() }
    }

    fn decode(&self) -> Result<zf::Share<E>, SetupError> {
        zf::Share::<E>::decode(&self.key, &self.public)
    }

    fn refused(&self, change: impl FnOnce(&mut Self)) -> SetupError {
        let mut changed = self.clone();
        change(&mut changed);
        changed.decode().map(|share| share.id()).unwrap_err()
    }

    /// One field of the key package: id, signing share, verifying share, verifying key.
    fn own(&mut self, field: usize) -> &mut [u8; 32] {
        self.key[5 + 32 * field..].first_chunk_mut().unwrap()
    }

    /// The id (0) or the verifying share (1) of a member, counted from 0.
    fn member(&mut self, place: usize, field: usize) -> &mut [u8; 32] {
        self.public[6 + 64 * place + 32 * field..].first_chunk_mut().unwrap()
    }

    fn group_key(&mut self) -> &mut [u8; 32] {
        self.public[6 + 64 * self.n..].first_chunk_mut().unwrap()
    }

    fn thresholds(&mut self) -> [&mut u8; 2] {
        [self.key.last_mut().unwrap(), self.public.last_mut().unwrap()]
    }
}

fn little(number: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    bytes
}

/// CRC-32 (IEEE 802.3), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

#[test]
fn sizes_and_header_are_as_documented() {
    let mut header = vec![0];
    header.extend_from_slice(&crc32(b"FROST-ED25519-SHA512-v1").to_be_bytes());
    for (t, n) in [(2, 2), (2, 3), (127, 127), (127, 128), (128, 128), (200, 300)] {
        let cast = Cast::new(1..=n, &mut rng(1)).unwrap();
        let shares = cast.deal::<E>(Threshold::new(t, n).unwrap(), &mut rng(2)).unwrap();
        let key = zf::encode_key_package::<E>((&shares[0]).into()).unwrap();
        let members = shares[0].public().roster().parties();
        let public = zf::encode_public_key_package::<E>(shares[0].public().commitment(), members).unwrap();
        assert!(key.expose().starts_with(&header) && public.starts_with(&header));
        let [t_len, n_len] = [t, n].map(|number| if number < 128 { 1 } else { 2 });
        assert_eq!(key.expose().len(), 133 + t_len);
        assert_eq!(public.len(), 38 + n_len + 64 * usize::from(n) + t_len);
        assert_eq!(KeyPackage::deserialize(key.expose()).unwrap().serialize().unwrap(), *key.expose());
        assert_eq!(PublicKeyPackage::deserialize(&public).unwrap().serialize().unwrap(), public);
        let share = zf::Share::<E>::decode(key.expose(), &public).unwrap();
        assert_eq!(share.commitment(), shares[0].public().commitment());
        assert_eq!(share.members(), members);
    }
}

#[test]
fn a_signature_share_is_32_bytes_to_both() {
    let mut rng = rng(3);
    let mut taken = 0;
    for _ in 0..1000 {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        bytes[31] &= 0x1f;
        let (ours, theirs) =
            (SignatureShare::<E>::from_bytes(&bytes), round2::SignatureShare::deserialize(&bytes));
        assert_eq!(ours.map(|z| z.to_bytes()), theirs.ok().map(|z| z.serialize()));
        taken += usize::from(ours.is_some());
    }
    assert!((300..700).contains(&taken));
}

/// Packages of before 3.0 have no threshold on the public side; the key package has it.
#[test]
fn a_public_key_package_without_a_threshold_is_taken() {
    let bytes = Bytes::new(2, 3, 4);
    let new = PublicKeyPackage::deserialize(&bytes.public).unwrap();
    let old = PublicKeyPackage::new(new.verifying_shares().clone(), *new.verifying_key(), None);
    let old = old.serialize().unwrap();
    assert_eq!(old.len() + 2, bytes.public.len());
    assert_eq!(
        zf::Share::<E>::decode(&bytes.key, &old).unwrap().commitment(),
        bytes.decode().unwrap().commitment()
    );
}

/// Whatever bit is flipped, and wherever the bytes end: nothing else is taken.
#[test]
fn no_bit_of_a_package_is_idle() {
    for (t, n) in [(2, 2), (2, 3), (3, 4)] {
        let bytes = Bytes::new(t, n, 5);
        assert!(bytes.decode().is_ok());
        for bit in 0..8 * bytes.key.len() {
            bytes.refused(|b| b.key[bit / 8] ^= 1 << (bit % 8));
        }
        for bit in 0..8 * bytes.public.len() {
            bytes.refused(|b| b.public[bit / 8] ^= 1 << (bit % 8));
        }
        for len in 0..bytes.key.len() {
            bytes.refused(|b| b.key.truncate(len));
        }
        for len in (0..bytes.public.len()).filter(|len| len + 2 != bytes.public.len()) {
            bytes.refused(|b| b.public.truncate(len));
        }
        bytes.refused(|b| b.key.push(0));
        bytes.refused(|b| b.public.push(0));
    }
}

#[test]
fn every_inconsistency_is_named() {
    let bytes = Bytes::new(2, 4, 6);
    let mut other = Bytes::new(2, 4, 7);
    let malformed = |text| SetupError::Malformed(text);
    let not_a_polynomial = malformed("ZF verifying shares: not a polynomial of degree t - 1");
    let off = malformed("ZF verifying shares: not on one polynomial");
    let foreign_key = malformed("ZF verifying key: not that of the verifying shares");
    let no_member = malformed("ZF key package: not of a member");
    let wrong_share = malformed("ZF signing share: not that of its verifying share");

    // Another group's package, another group's fields, another member's.
    assert_eq!(bytes.refused(|b| b.key.clone_from(&other.key)), foreign_key);
    assert_eq!(bytes.refused(|b| *b.own(1) = *other.own(1)), wrong_share);
    assert_eq!(bytes.refused(|b| *b.own(2) = *other.own(2)), no_member);
    assert_eq!(bytes.refused(|b| *b.own(3) = *other.own(3)), foreign_key);
    assert_eq!(bytes.refused(|b| *b.group_key() = *other.group_key()), foreign_key);
    let both = |b: &mut Bytes| (*b.own(3), *b.group_key()) = (*other.group_key(), *other.group_key());
    assert_eq!(bytes.refused(both), foreign_key);
    assert_eq!(bytes.refused(|b| *b.own(2) = *b.member(2, 1)), no_member);
    for place in 2..4 {
        assert_eq!(bytes.refused(|b| *b.member(place, 1) = *other.member(place, 1)), off);
    }
    // The first t shares determine the polynomial: then it is the others, or the key, that do not fit.
    for place in 0..2 {
        assert_eq!(bytes.refused(|b| *b.member(place, 1) = *other.member(place, 1)), off);
    }
    // An id that is no member's; one that stands twice; two in the wrong order.
    assert_eq!(bytes.refused(|b| *b.own(0) = little(5)), no_member);
    assert_eq!(bytes.refused(|b| *b.own(0) = little(3)), no_member);
    let order = malformed("ZF public key package");
    assert_eq!(bytes.refused(|b| *b.member(1, 0) = little(1)), order);
    let swap = |b: &mut Bytes| (*b.member(1, 0), *b.member(2, 0)) = (little(3), little(2));
    assert_eq!(bytes.refused(swap), order);
    assert_eq!(bytes.refused(|b| *b.member(3, 0) = little(5)), off);

    // Somebody with a share on the polynomial, whom the group does not list.
    let unlisted = |b: &mut Bytes| {
        b.public.drain(6 + 64..6 + 2 * 64);
        b.public[5] = 3;
    };
    assert_eq!(bytes.refused(unlisted), no_member);

    // Thresholds: two different ones; both too low, both too high, none.
    assert_eq!(bytes.refused(|b| *b.thresholds()[0] = 3), malformed("ZF threshold: two different ones"));
    assert_eq!(bytes.refused(|b| *b.thresholds()[1] = 3), malformed("ZF threshold: two different ones"));
    let set = |t: u8| move |b: &mut Bytes| b.thresholds().into_iter().for_each(|byte| *byte = t);
    assert_eq!(bytes.refused(set(3)), not_a_polynomial);
    assert_eq!(Bytes::new(3, 4, 8).refused(set(2)), off);
    for t in [0, 1, 5] {
        assert_eq!(bytes.refused(set(t)), SetupError::Threshold { t: t.into(), n: 4 });
    }
    assert!(bytes.decode().is_ok());
}

#[test]
fn identifiers_are_numbers_from_1_to_65534() {
    let bytes = Bytes::new(2, 3, 9);
    let identifier = SetupError::Malformed("ZF identifier");
    let derived: [u8; 32] = Identifier::derive(b"name").unwrap().serialize().try_into().unwrap();
    for (value, error) in [
        (little(0), identifier.clone()),
        (little(65535), SetupError::PartyId(65535)),
        (little(65536), identifier.clone()),
        (little(1 << 32 | 3), identifier.clone()),
        (derived, identifier),
    ] {
        assert_eq!(bytes.refused(|b| *b.own(0) = value), error);
        assert_eq!(bytes.refused(|b| *b.member(2, 0) = value), error);
    }
    // Nor do we give the coordinator's number away as a member's.
    let share = bytes.decode().unwrap();
    let members = Parties::new([id(1), id(2), PartyId::COORDINATOR]).unwrap();
    let refused = zf::encode_public_key_package::<E>(share.commitment(), &members);
    assert_eq!(refused, Err(SetupError::PartyId(65535)));
    let one = Parties::from_numbers([1]).unwrap();
    let refused = zf::encode_public_key_package::<E>(share.commitment(), &one);
    assert_eq!(refused, Err(SetupError::Threshold { t: 2, n: 1 }));
}

/// A varint has one form, and a length field promises nothing.
#[test]
fn counts_are_short_and_believed_only_if_the_bytes_are_there() {
    let bytes = Bytes::new(2, 3, 10);
    let (key, public) =
        (SetupError::Malformed("ZF key package"), SetupError::Malformed("ZF public key package"));
    let end = |b: &mut Vec<u8>, tail: &[u8]| {
        b.pop();
        b.extend_from_slice(tail);
    };
    for tail in [&[0x82, 0][..], &[0x82, 0x80, 0], &[0x82], &[0xff, 0xff, 0x04], &[0xff, 0xff, 0xff, 0x01]] {
        assert_eq!(bytes.refused(|b| end(&mut b.key, tail)), key);
        assert_eq!(bytes.refused(|b| end(&mut b.public, tail)), public);
    }
    let largest = bytes.refused(|b| end(&mut b.key, &[0xff, 0xff, 0x03]));
    assert_eq!(largest, SetupError::Threshold { t: 65535, n: 3 });
    for flag in [0, 2, 0x81] {
        let at = bytes.public.len() - 2;
        assert_eq!(bytes.refused(|b| b.public[at] = flag), public);
    }
    for count in [&[0x83, 0][..], &[0xff, 0xff, 0x03], &[0xff; 9], &[4], &[2], &[0]] {
        let count = |b: &mut Bytes| drop(b.public.splice(5..6, count.iter().copied()));
        assert_eq!(bytes.refused(count), public);
    }
    // More members than there may be, all well formed.
    let mut large = bytes.public[..5].to_vec();
    large.extend_from_slice(&[0x81, 0x08]);
    for number in 1..=1025 {
        large.extend_from_slice(&little(number));
        large.extend_from_slice(&bytes.key[69..101]);
    }
    large.extend_from_slice(&bytes.key[101..133]);
    let refused = bytes.refused(|b| b.public = large);
    assert_eq!(refused, SetupError::Threshold { t: 2, n: 1025 });
}

/// Points that no honest library writes, in every place where a point can stand.
fn bad_points(good: [u8; 32]) -> Vec<[u8; 32]> {
    let point = CompressedEdwardsY(good).decompress().unwrap();
    let mut bad: Vec<_> = EIGHT_TORSION.iter().map(|t| t.compress().0).collect();
    bad.extend(EIGHT_TORSION.iter().skip(1).map(|t| (point + t).compress().0));
    let mut two = [0; 32];
    two[0] = 2;
    bad.extend([[0xff; 32], two]);
    bad
}

#[test]
fn no_field_takes_a_point_outside_the_prime_order_group() {
    let mut bytes = Bytes::new(2, 3, 11);
    for field in [2, 3] {
        for bad in bad_points(*bytes.own(field)) {
            assert_eq!(bytes.refused(|b| *b.own(field) = bad), SetupError::Malformed("ZF key package"));
        }
    }
    let public = SetupError::Malformed("ZF public key package");
    for bad in bad_points(*bytes.group_key()) {
        assert_eq!(bytes.refused(|b| *b.group_key() = bad), public);
    }
    for place in 0..3 {
        for bad in bad_points(*bytes.member(place, 1)) {
            assert_eq!(bytes.refused(|b| *b.member(place, 1) = bad), public);
        }
    }
}

/// What ZF takes as commitments, we take; what it refuses, we refuse. Only bytes behind the last field are between us.
#[test]
fn commitments_are_those_that_zf_takes() {
    let mut rng = rng(12);
    let key = Key::<E>::generated_by_us(2, 2, &mut rng);
    let nonces = SigningNonces::generate(key.share(1), &mut rng);
    let good = zf::encode_commitments::<E>(nonces.commitments()).unwrap();
    let agree = |bytes: &[u8]| {
        let ours = zf::decode_commitments::<E>(bytes);
        let theirs = round1::SigningCommitments::deserialize(bytes).ok().map(|c| c.serialize().unwrap());
        let theirs = theirs.filter(|again| again == bytes);
        assert_eq!(
            ours.as_ref().map(|c| zf::encode_commitments::<E>(c).unwrap()).ok(),
            theirs,
            "{bytes:02x?}"
        );
        ours.is_ok()
    };
    assert!(agree(&good));
    let flipped = (0..8 * good.len()).filter(|bit| {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        agree(&bytes)
    });
    assert!(flipped.count() > 10, "some flips give other points of prime order");
    for at in [5, 37] {
        for bad in bad_points(*good[at..].first_chunk().unwrap()) {
            let mut bytes = good.clone();
            bytes[at..at + 32].copy_from_slice(&bad);
            assert!(!agree(&bytes));
            // What was received unchecked does not go out either.
            let unchecked = NonceCommitments::from_bytes::<E>(&bytes[5..]).unwrap();
            let refused = SetupError::Malformed("ZF signing commitments");
            assert_eq!(zf::encode_commitments::<E>(&unchecked), Err(refused));
        }
    }
    for len in 0..good.len() {
        assert!(!agree(&good[..len]));
    }
    let longer = [&good[..], &[0]].concat();
    assert!(
        zf::decode_commitments::<E>(&longer).is_err()
            && round1::SigningCommitments::deserialize(&longer).is_ok()
    );
}

/// Packages changed in a random field: whatever we take, ZF takes, and writes again as it was.
#[test]
fn what_we_take_zf_takes() {
    let mut rng = rng(13);
    let groups: Vec<_> = (0..4).map(|seed| Bytes::new(2, 3, 20 + seed)).collect();
    let mut taken = BTreeMap::<bool, usize>::new();
    for _ in 0..2000 {
        let mut bytes = groups[rng.next_u32() as usize % 4].clone();
        let (mut from, field) = (groups[rng.next_u32() as usize % 4].clone(), rng.next_u32() as usize % 4);
        match rng.next_u32() % 3 {
            0 => *bytes.own(field) = *from.own(field),
            1 => *bytes.member(field % 3, 1) = *from.member(rng.next_u32() as usize % 3, 1),
            _ => *bytes.group_key() = *from.group_key(),
        }
        let ok = bytes.decode().is_ok();
        if ok {
            assert_eq!(KeyPackage::deserialize(&bytes.key).unwrap().serialize().unwrap(), bytes.key);
            let public = PublicKeyPackage::deserialize(&bytes.public).unwrap();
            assert_eq!(public.serialize().unwrap(), bytes.public);
        }
        *taken.entry(ok).or_default() += 1;
    }
    assert!(taken.values().all(|count| *count > 100), "{taken:?}");
}
