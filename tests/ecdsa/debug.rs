//! What `Debug` shows of things that hold secrets.

use quorate::curve::EcdsaSecp256k1;
use quorate::ecdsa::{Message, Presign, PresignTask, Sign, Task};
use quorate::key::Path;
use quorate::party::Parties;
use quorate::sim::Faults;

use super::game::Wallet;

/// Whether any eight bytes in a row of `secret` stand in `shown`, as `Debug` writes byte strings, or as hexadecimal.
fn shows(shown: &str, secret: &[u8]) -> bool {
    let shown = shown.replace(char::is_whitespace, "");
    secret.windows(8).any(|part| {
        let list = format!("{part:?}").replace(' ', "");
        let limbs = |bytes: [u8; 8]| [u64::from_le_bytes(bytes), u64::from_be_bytes(bytes)];
        let numbers = limbs(part.try_into().unwrap());
        shown.contains(list.trim_matches(['[', ']']))
            || shown.to_lowercase().contains(&hex::encode(part))
            || numbers.iter().any(|number| *number > 1 << 40 && shown.contains(&number.to_string()))
    })
}

#[test]
fn debug_shows_no_byte_of_a_share_a_pairing_a_presignature_or_a_session() {
    assert!(shows("[ 1, 2, 3, 4, 5, 6, 7, 8, 9 ]", &[2, 3, 4, 5, 6, 7, 8, 9]));
    assert!(shows("0102030405060708", &[1, 2, 3, 4, 5, 6, 7, 8]));
    assert!(shows("578437695752307201", &[1, 2, 3, 4, 5, 6, 7, 8]));

    let mut wallet = Wallet::<EcdsaSecp256k1>::deal(2, 1..=2, 77);
    let signers = Parties::from_numbers([1, 2]).unwrap();
    let (session, key) = (wallet.session(), wallet.key().clone());
    let task = Task::new(&key, signers.clone(), Path::default(), Message::sha256(b"m"), session).unwrap();
    let mut secrets: Vec<Vec<u8>> = Vec::new();
    let mut shown = String::new();
    let sessions = wallet.start(&signers, |share, pairings, rng| {
        // Version, kind and id come before a stored share's secret.
        secrets.push(share.to_bytes().expose()[5..37].to_vec());
        for pairing in pairings.iter() {
            let stored = pairing.store();
            // Leaves of both directions, Delta and the zero-sharing seed: what stands between the public head and the digest.
            secrets.push(
                stored.expose()[stored.expose().len() - 32 - 7216..stored.expose().len() - 32].to_vec(),
            );
            shown += &format!("{pairing:?}");
        }
        shown += &format!("{share:?}{pairings:?}");
        Sign::start(share, task.clone(), pairings, rng).unwrap()
    });
    shown += &format!("{sessions:?}");
    drop(sessions);
    let session = wallet.session();
    let task = PresignTask::new(&key, signers.clone(), &Path::default(), 1, session).unwrap();
    let sessions = wallet
        .start(&signers, |share, pairings, rng| Presign::start(share, task.clone(), pairings, rng).unwrap());
    for presignature in wallet.run(sessions, Faults::default()).into_iter().flatten() {
        shown += &format!("{presignature:?}");
        let stored = presignature.store();
        let end = stored.expose().len() - 32;
        secrets.push(stored.expose()[end - 96..end].to_vec());
    }
    assert_eq!(secrets.len(), 6);
    for secret in &secrets {
        // Nothing but secret bytes: zeros would hide that the ranges are wrong.
        assert!(secret.chunks(16).filter(|chunk| **chunk == [0; 16]).count() == 0);
        assert!(!shows(&shown, secret));
    }
}
