//! Every field of every key's piece of every message: the verdict is that of a key generation alone, and no key of the set comes out.

use quorate::error::{Fault, Rejected};
use quorate::keyset::judge;
use quorate::session::{Finding, Receipt};

use crate::driver::id;
use crate::hash::h;
use crate::stage::{E, LIST, Of, Stage, VILLAIN, is, point_len};

type Change<'a> = &'a dyn Fn(&mut [u8]);

fn flip(bytes: &mut [u8]) {
    bytes[0] ^= 1;
}

fn no_value(bytes: &mut [u8]) {
    bytes.fill(0xff);
}

/// Plays with a field of the villain's message of this sort changed, for those of `to`.
fn changed<'a>(
    stage: &'a Stage,
    index: usize,
    of: Of,
    within: std::ops::Range<usize>,
    change: Change<'_>,
    to: &[u16],
) -> crate::stage::Game<'a> {
    let at = stage.field(index, of, within);
    stage.play(&mut |_, letter| {
        if is(letter, of) && to.contains(&letter.to.get()) {
            change(&mut letter.body[at.clone()]);
        }
        true
    })
}

/// The lowest byte of a scalar.
fn low(index: usize) -> impl Fn(&mut [u8]) {
    move |bytes| {
        let at = if LIST[index] == E { 0 } else { bytes.len() - 1 };
        bytes[at] ^= 1;
    }
}

#[test]
fn r1_any_nonce_is_no_fault() {
    let stage = Stage::usual();
    for index in 0..LIST.len() {
        let at = stage.field(index, Of::Commit, 0..32);
        let sessions = stage.with_commit(|body| flip(&mut body[at.clone()]));
        let game = stage.play_with(sessions, &mut |_, _| true);
        assert_eq!(game.bundle(1).shares().len(), LIST.len());
    }
}

#[test]
fn k1_1_undecodable_one_time_key_convicts_its_maker() {
    let stage = Stage::usual();
    for (index, scheme) in LIST.into_iter().enumerate() {
        let len = point_len(scheme);
        for (victim, spared) in [(1, 2), (2, 1)] {
            let at = 64 + usize::from(victim - 1) * len;
            let game = changed(&stage, index, Of::Commit, at..at + len, &no_value, &[1, 2]);
            let label = format!("key {index} E for {victim}");
            game.convicted(victim, (1, "K1.1"), Fault::Malformed, true, &label);
            game.waits(spared, &label);
        }
    }
}

#[test]
fn k2_1_foreign_view_of_round_1_leaves_suspects() {
    let stage = Stage::usual();
    for index in 0..LIST.len() {
        let game = changed(&stage, index, Of::Reveal, 0..32, &flip, &[1, 2]);
        [1, 2].into_iter().for_each(|party| game.suspects(party, 2, "K2.1", &format!("key {index} e1")));
        // one nonce to one, another to the other
        let game = changed(&stage, index, Of::Commit, 0..32, &flip, &[1]);
        [1, 2].into_iter().for_each(|party| game.suspects(party, 2, "K2.1", &format!("key {index} nu")));
    }
}

#[test]
fn k2_2_commitment_that_does_not_open_convicts() {
    let stage = Stage::usual();
    for (index, scheme) in LIST.into_iter().enumerate() {
        let at = stage.field(index, Of::Commit, 32..64);
        let sessions = stage.with_commit(|body| flip(&mut body[at.clone()]));
        let game = stage.play_with(sessions, &mut |_, _| true);
        let check = |game: &crate::stage::Game<'_>, label: &str| {
            for party in [1, 2] {
                game.convicted(party, (2, "K2.2"), Fault::BadOpening, true, label);
            }
        };
        check(&game, &format!("key {index} C"));
        let cc = 32 + 2 * point_len(scheme);
        for (name, within) in [("A", 32..cc), ("cc", cc..cc + 32), ("salt", cc + 32..cc + 64)] {
            let game = changed(&stage, index, Of::Reveal, within, &flip, &[1, 2]);
            check(&game, &format!("key {index} {name}"));
        }
    }
}

#[test]
fn k2_3_undecodable_fields_convict() {
    let stage = Stage::usual();
    let check = |game: &crate::stage::Game<'_>, label: &str| {
        for party in [1, 2] {
            game.convicted(party, (2, "K2.3"), Fault::Malformed, true, label);
        }
    };
    let fair = stage.fair();
    for (index, scheme) in LIST.into_iter().enumerate() {
        let len = point_len(scheme);
        let r = 96 + 2 * len;
        for (name, within) in [("R", r..r + len), ("z", r + len..r + len + 32)] {
            let game = changed(&stage, index, Of::Reveal, within, &no_value, &[1, 2]);
            check(&game, &format!("key {index} {name}"));
        }
        // points that are none, and that the commitment opens to
        let sid = sid(&fair, index);
        let mut reveal = fair.body(Of::Reveal, VILLAIN, 1)[stage.piece(index, Of::Reveal)].to_vec();
        no_value(&mut reveal[32..32 + len]);
        let (points, rest) = reveal[32..].split_at(2 * len);
        let (cc, salt) = (&rest[..32], &rest[32..64]);
        let forged = h("dkg-commit", &[&sid, &VILLAIN.to_be_bytes(), points, cc, salt]);
        let at = stage.field(index, Of::Commit, 32..64);
        let sessions = stage.with_commit(|body| body[at.clone()].copy_from_slice(&forged));
        let place = stage.field(index, Of::Reveal, 32..32 + len);
        let game = stage.play_with(sessions, &mut |_, letter| {
            if is(letter, Of::Reveal) {
                no_value(&mut letter.body[place.clone()]);
            }
            true
        });
        check(&game, &format!("key {index} A"));
    }
}

/// What every hash of a key's run starts from.
pub(crate) fn sid(fair: &crate::stage::Game<'_>, index: usize) -> [u8; 32] {
    use quorate::curve::{EcdsaP256, EcdsaSecp256k1, FrostEd25519};
    let share = &fair.bundle(1).shares()[index];
    let k = share.of::<EcdsaSecp256k1>().map(|share| share.public().terms(id(1)).sid());
    let p = share.of::<EcdsaP256>().map(|share| share.public().terms(id(1)).sid());
    k.or(p).or(share.of::<FrostEd25519>().map(|share| share.public().terms(id(1)).sid())).unwrap()
}

#[test]
fn k2_4_bad_proof_of_knowledge_convicts() {
    let stage = Stage::usual();
    for (index, scheme) in LIST.into_iter().enumerate() {
        let len = point_len(scheme);
        let r = 96 + 2 * len;
        let z = changed(&stage, index, Of::Reveal, r + len..r + len + 32, &low(index), &[1, 2]);
        let copy: Change<'_> = &|reveal| reveal.copy_within(32..32 + len, r);
        let point = changed(&stage, index, Of::Reveal, 0..r + len, copy, &[1, 2]);
        for (game, name) in [(z, "z"), (point, "R")] {
            for party in [1, 2] {
                let label = format!("key {index} {name}");
                game.convicted(party, (2, "K2.4"), Fault::BadProof, true, &label);
            }
        }
    }
}

#[test]
fn k2_5_and_k2_6_bad_shares_convict_their_dealer() {
    let stage = Stage::usual();
    for (index, scheme) in LIST.into_iter().enumerate() {
        let len = point_len(scheme);
        let bad_scalar = low(index);
        let cases: [(&str, std::ops::Range<usize>, Change<'_>, &str, Fault); 3] = [
            ("D", 0..len, &no_value, "K2.5", Fault::Malformed),
            ("c", len..len + 32, &no_value, "K2.5", Fault::Malformed),
            ("c", len..len + 32, &bad_scalar, "K2.6", Fault::BadShare),
        ];
        for (name, within, change, check, fault) in cases {
            for (victim, spared) in [(1, 2), (2, 1)] {
                let game = changed(&stage, index, Of::Share, within.clone(), change, &[victim]);
                let label = format!("key {index} {name} {check} to {victim}");
                // what does not fit takes the complaint to show
                let proved = fault == Fault::Malformed;
                game.convicted(victim, (2, check), fault, proved, &label);
                game.convicted(spared, (3, "K3.3"), fault, true, &label);
            }
        }
    }
}

#[test]
fn k3_1_foreign_view_of_round_2_leaves_suspects() {
    let stage = Stage::usual();
    for index in 0..LIST.len() {
        let game = changed(&stage, index, Of::Certify, 0..32, &flip, &[1, 2]);
        [1, 2].into_iter().for_each(|party| game.suspects(party, 3, "K3.1", &format!("key {index} e2")));
    }
}

#[test]
fn k3_2_bad_certificate_signature_convicts() {
    let stage = Stage::usual();
    let fair = stage.fair();
    let certs = {
        use quorate::curve::FrostEd25519;
        let share = fair.bundle(1).get::<FrostEd25519>(0).unwrap();
        share.public().certificate().certs().to_vec()
    };
    assert_eq!(certs.len(), LIST.len());
    let parts = |certs: &[[u8; 32]]| certs.iter().map(|cert| cert.to_vec()).collect::<Vec<_>>();
    let signed = |tag: &str, items: &[Vec<u8>]| {
        let items: Vec<&[u8]> = items.iter().map(Vec::as_slice).collect();
        // an envelope's input is no certificate's: sign the digest itself
        identity_signature(&stage, &h(tag, &items))
    };
    let mut turned = certs.clone();
    turned.reverse();
    let mut cases = vec![
        ("the last is missing", signed("sig-set-cert", &parts(&certs[..3]))),
        ("in another order", signed("sig-set-cert", &parts(&turned))),
        ("under the tag of one key", signed("sig-cert", &parts(&certs))),
        ("in one item", signed("sig-set-cert", &[certs.concat()])),
    ];
    cases.extend(certs.iter().map(|cert| ("of one key", signed("sig-cert", &[cert.to_vec()]))));
    let mut bit = fair.body(Of::Certify, VILLAIN, 1)[128..].to_vec();
    flip(&mut bit);
    cases.push(("a bit", bit.try_into().unwrap()));
    // the right one, made here, is taken
    let right = signed("sig-set-cert", &parts(&certs));
    assert_eq!(right, fair.body(Of::Certify, VILLAIN, 1)[128..]);
    for (name, signature) in cases {
        let game = stage.play(&mut |_, letter| {
            if is(letter, Of::Certify) {
                letter.body[128..].copy_from_slice(&signature);
            }
            true
        });
        for party in [1, 2] {
            game.convicted(party, (3, "K3.2"), Fault::BadSignature, true, name);
        }
    }
}

/// The villain's identity key's signature on any 32 bytes: its seed is what the cast drew.
fn identity_signature(stage: &Stage, input: &[u8; 32]) -> [u8; 64] {
    use ed25519_dalek::Signer as _;
    use rand_core::Rng as _;
    let mut draws = crate::driver::rng(7);
    let mut seed = [0; 32];
    (0..VILLAIN).for_each(|_| draws.fill_bytes(&mut seed));
    let key = ed25519_dalek::SigningKey::from_bytes(&seed);
    assert_eq!(key.verifying_key().to_bytes(), stage.cast.key(id(VILLAIN)).unwrap().public().0);
    key.sign(input).to_bytes()
}

#[test]
fn faults_at_several_keys_make_one_verdict() {
    let stage = Stage::usual();
    // an undecodable point at key 2, a bad opening at key 1, a bad share at key 0: one charge, the first that can be shown
    let opening = stage.field(1, Of::Reveal, 40..41);
    let point = stage.field(2, Of::Reveal, 96 + 66..96 + 99);
    let share = stage.field(0, Of::Share, 33..65);
    let game = stage.play(&mut |_, letter| {
        if is(letter, Of::Reveal) {
            flip(&mut letter.body[opening.clone()]);
            no_value(&mut letter.body[point.clone()]);
        }
        if is(letter, Of::Share) {
            low(0)(&mut letter.body[share.clone()]);
        }
        true
    });
    [1, 2].into_iter().for_each(|party| game.convicted(party, (2, "K2.2"), Fault::BadOpening, true, "first"));
    // a conviction at one key goes before a doubt at another
    let view = stage.field(0, Of::Reveal, 0..32);
    let game = stage.play(&mut |_, letter| {
        if is(letter, Of::Reveal) {
            flip(&mut letter.body[view.clone()]);
            no_value(&mut letter.body[point.clone()]);
        }
        true
    });
    [1, 2].into_iter().for_each(|party| game.convicted(party, (2, "K2.3"), Fault::Malformed, true, "doubt"));
}

#[test]
fn two_versions_of_a_message_convict_their_sender() {
    let (script, run) = Stage::usual().script();
    for place in 0..script.inbound(id(1)).len() {
        let inbound = script.inbound(id(1));
        let mut player = script.play(id(1));
        assert_eq!(player.receive(&inbound[place]), Ok(Receipt::Stored));
        let Err(Rejected::Conflict { who, evidence: Some(evidence) }) =
            player.receive(&script.conflict(&inbound[place]))
        else {
            panic!("message {place}")
        };
        assert_eq!(who, inbound[place].from());
        assert_eq!(judge(&run, &evidence), Finding::Guilty(who, Fault::Equivocation));
    }
}

#[test]
fn one_bad_message_never_blames_anybody_else() {
    let (script, run) = Stage::new(2, 3, &[E, crate::stage::K], 14).script();
    crate::tools::one_bad_message(&script, id(2), 400, |evidence| judge(&run, evidence));
}

#[test]
fn a_set_in_the_making_survives_garbage() {
    crate::tools::bombard_every_round(
        &Stage::new(2, 3, &[E, crate::stage::K], 15).script().0,
        id(2),
        2000,
        200,
    );
}
