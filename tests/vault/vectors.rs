//! Vectors that others made: RFC 9106, W3C, and a script that knows the layouts from their description alone.

use std::collections::BTreeMap;
use std::convert::Infallible;

use quorate::curve::{Curve, Ed25519, Secp256k1};
use quorate::secret::Secret;
use quorate::vault::backup::{self, Item, Known, Link};
use quorate::vault::prf::{Label, derive, ed25519_seed, hmac_secret_salt, scalar};
use quorate::vault::{AppSecret, Limits, SlotKey, SlotSpec, open, seal};
use rand_core::{TryCryptoRng, TryRng};

use crate::fixture::{FLOOR, a_key, a_prf, alone, app_secret, by_held, expect, held, same, secret};
use crate::other::{Other, hmac, sha256};

/// Random bytes that are 0, 1, 2, .. modulo 256.
struct Counting(u8);

impl TryRng for Counting {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!()
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for byte in out {
            *byte = self.0;
            self.0 = self.0.wrapping_add(1);
        }
        Ok(())
    }
}

impl TryCryptoRng for Counting {}

fn golden() -> BTreeMap<&'static str, Vec<u8>> {
    let lines = include_str!("../vectors/vault.txt").lines();
    lines.map(|line| line.split_once(' ').unwrap()).map(|(n, v)| (n, hex::decode(v).unwrap())).collect()
}

#[test]
fn containers_are_those_of_the_script_byte_for_byte() {
    let (golden, key) = (golden(), a_key(0x44));
    let one = seal(&app_secret(), 7, vec![held(&key)], &mut Counting(0)).unwrap();
    assert_eq!(hex::encode(&one), hex::encode(&golden["held"]));
    let (passphrase, prf, external) = (secret(b"correct horse"), a_prf(b"credential"), a_key(0x33));
    let slots = vec![
        SlotSpec::Passphrase { passphrase: &passphrase, kdf: FLOOR },
        alone(&prf),
        SlotSpec::Wrapped { label: "kms key 1", key: &external, blob: b"blob" },
        held(&key),
    ];
    let every = seal(&app_secret(), u64::MAX, slots, &mut Counting(0)).unwrap();
    assert_eq!(hex::encode(&every), hex::encode(&golden["every"]));
    let keys = [
        SlotKey::Passphrase { slot: 0, passphrase: &passphrase },
        SlotKey::Prf(&prf),
        SlotKey::External { label: "kms key 1", key: &external },
        by_held(&key),
    ];
    for key in &keys {
        let subject = AppSecret::subject_of("quote MAC key");
        let opened: AppSecret =
            open(&golden["every"], key, &expect(subject, u64::MAX), &Limits::default()).unwrap();
        assert!(same(&opened, &app_secret()), "{key:?}");
    }
}

#[test]
fn the_second_writer_agrees_with_the_first() {
    let opened: AppSecret =
        crate::fixture::opened(&Other::app_secret().write(), AppSecret::subject_of("quote MAC key")).unwrap();
    assert!(same(&opened, &app_secret()));
}

#[test]
fn a_backup_is_that_of_the_script_byte_for_byte() {
    let (golden, key) = (golden(), a_key(0x44));
    let before = Link { chain: [0x66; 32], sequence: 2, hash: [0x77; 32] };
    let items = [Item::new(&app_secret(), 7).unwrap()];
    let made =
        backup::create(&items, 1_800_000_000, Some(&before), vec![held(&key)], &mut Counting(0)).unwrap();
    assert_eq!(hex::encode(&made), hex::encode(&golden["backup"]));
    let link = Link::of(&made).unwrap();
    assert_eq!(hex::encode(link.hash), hex::encode(&golden["backup-hash"]));
    let known = Known::after(before);
    let verified = backup::verify(&made, &by_held(&key), &known, &Limits::default()).unwrap();
    assert_eq!((verified.link, verified.made_at), (link, 1_800_000_000));
}

#[test]
fn derived_keys_are_those_of_the_script() {
    let (golden, prf) = (golden(), a_prf(b"credential"));
    let eth = Label { app: "wallet", purpose: "sign", chain: "eip155:1", account: 0, version: 1 };
    let btc = Label { chain: "bip122:000000000019d6689c085ae165831e93", ..eth };
    let cases = [
        ("derive-btc", btc, 0),
        ("derive-eth", eth, 0),
        ("derive-eth-account", Label { account: u32::MAX, ..eth }, 0),
        ("derive-eth-version", Label { version: u16::MAX, ..eth }, 0),
        ("derive-eth-again", eth, 1),
        ("derive-backup", Label { purpose: "backup", chain: "none", ..eth }, 0),
        ("derive-shifted", Label { app: "walle", purpose: "tsign", ..eth }, 0),
    ];
    for (name, label, ctr) in cases {
        let wide = derive(prf.secret(), "example.org", &label, ctr).unwrap();
        assert_eq!(hex::encode(wide.expose()), hex::encode(&golden[name]), "{name}");
    }
    // All differ, the shifted one too.
    let values: std::collections::BTreeSet<_> = cases.iter().map(|(name, ..)| &golden[name]).collect();
    assert_eq!(values.len(), cases.len());
    let wide: [u8; 64] = golden["derive-eth"].clone().try_into().unwrap();
    let on_secp256k1 = scalar::<Secp256k1>(prf.secret(), "example.org", &eth).unwrap();
    assert_eq!(*on_secp256k1.expose(), Secp256k1::scalar_from_wide(&wide));
    let on_ed25519 = scalar::<Ed25519>(prf.secret(), "example.org", &eth).unwrap();
    assert_eq!(*on_ed25519.expose(), Ed25519::scalar_from_wide(&wide));
    let seed = ed25519_seed(prf.secret(), "example.org", &eth).unwrap();
    assert_eq!(seed.expose()[..], wide[..32]);
    let elsewhere = derive(prf.secret(), "example.com", &eth, 0).unwrap();
    assert_ne!(elsewhere.expose(), &wide);
}

/// WebAuthn Level 3, section 16.17.1: the inputs are the seed and 2 or 3; CredRandom is SHA-256 of the seed and 6.
#[test]
fn w3c_prf() {
    let seed = b"WebAuthn PRF test vectors";
    let cred_random = sha256(&[&seed[..], &[6]].concat());
    assert_eq!(hex::encode(cred_random), "437e065e723a98b2f08f39d8baf7c53ecb3c363c5e5104bdaaf5d5ca2e028154");
    for (last, salt, output) in [
        (
            2,
            "527413ebb48293772df30f031c5ac4650c7de14bf9498671ae163447b6a772b3",
            "3c33e07d202c3b029cc21f1722767021bf27d595933b3d2b6a1b9d5dddc77fae",
        ),
        (
            3,
            "d68ac03329a10ee5e0ec834492bb9a96a0e547baf563bf78ccbe8789b22e776b",
            "a62a8773b19cda90d7ed4ef72a80a804320dbd3997e2f663805ad1fd3293d50b",
        ),
    ] {
        let made = hmac_secret_salt(&[&seed[..], &[last]].concat());
        assert_eq!(hex::encode(made), salt);
        assert_eq!(hex::encode(hmac(&cred_random, &made)), output);
    }
}

/// RFC 9106, section 5.3, by the crate that the vault calls. Its key and associated data are what the vault has none of.
#[test]
fn rfc9106_argon2id() {
    use argon2::{Algorithm, Argon2, AssociatedData, ParamsBuilder, Version};
    let params = ParamsBuilder::new()
        .m_cost(32)
        .t_cost(3)
        .p_cost(4)
        .data(AssociatedData::new(&[4; 12]).unwrap())
        .build()
        .unwrap();
    let argon = Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
    let mut out = Secret::new([0; 32]);
    argon.hash_password_into(&[1; 32], &[2; 16], out.expose_mut()).unwrap();
    let want = "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659";
    assert_eq!(hex::encode(out.expose()), want);
}
