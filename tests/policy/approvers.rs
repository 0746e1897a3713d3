//! A1 to A7, and I1, I2, I4 for approvers' keys.

use curve25519_dalek::constants::EIGHT_TORSION;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::ecdsa::{Signature, SigningKey};
use quorate::approval::approver::{
    ApprovalError, Approver, ApproverId, ApproverKey, ApproverKind, ApproverSet, Evidence, Factor, Passkey,
    Proof, Status, Unsigned,
};
use quorate::approval::audit::flags;
use quorate::approval::policy::{ApproverChange, Policy};
use quorate::approval::request::{Action, Batch, Purpose};
use quorate::approval::totp::TotpError;
use quorate::approval::webauthn::WebauthnError;
use serde_json::json;

use crate::tools::*;

const TRANSFER: &str = "transfer coin 0x01 5";

/// The refusal of one piece of evidence.
fn refusal(world: &mut World, action: Action, evidence: Evidence<'_>) -> ApprovalError {
    let request = request(action, TRANSFER.as_bytes());
    let tally = world.tally(&request, &[evidence]);
    assert!(tally.approvals.counted.is_empty() && tally.evidence.is_empty() && tally.updates.is_empty());
    let [(0, error)] = &tally.refused[..] else { panic!("{:?}", tally.refused) };
    error.clone()
}

#[test]
fn numbers_of_errors() {
    let errors = [
        (ApprovalError::BadSet, 5551),
        (ApprovalError::UnknownApprover, 5552),
        (ApprovalError::Webauthn(WebauthnError::WrongType), 5553),
        (ApprovalError::BadSignature, 5553),
        (ApprovalError::OtherRequest, 5554),
        (ApprovalError::Rejected, 5554),
        (ApprovalError::OwnRemoval, 5554),
        (ApprovalError::RequesterUnproven, 5556),
        (ApprovalError::SelfApproval, 5556),
        (ApprovalError::WeakFactor, 5557),
        (ApprovalError::Totp(TotpError::Reused), 5583),
    ];
    for (error, code) in errors {
        assert_eq!(error.code(), code);
    }
}

#[test]
fn a1_nothing_stands_twice_in_a_set() {
    let make = |list: Vec<Approver>| ApproverSet::new(1, list).map(drop);
    let (alice, bob) =
        (approver(ALICE, ApproverKind::Human, 1, true), approver(BOB, ApproverKind::Human, 1, true));
    assert_eq!(make(vec![bob.clone(), alice.clone()]), Ok(()));
    let wrong = [
        vec![alice.clone(), alice.clone()],
        vec![alice.clone(), Approver { id: ALICE, ..bob.clone() }],
        vec![alice.clone(), Approver { keys: alice.keys.clone(), ..bob.clone() }],
        vec![alice.clone(), Approver { passkeys: alice.passkeys.clone(), ..bob.clone() }],
        // One credential id with two keys, one key under two ids, a passkey's key as an operator's.
        vec![
            alice.clone(),
            Approver {
                passkeys: vec![Passkey { id_hash: alice.passkeys[0].id_hash, ..passkey_of(BOB, 0) }],
                ..bob.clone()
            },
        ],
        vec![
            alice.clone(),
            Approver {
                passkeys: vec![Passkey { key: alice.passkeys[0].key, ..passkey_of(BOB, 0) }],
                ..bob.clone()
            },
        ],
        vec![alice.clone(), Approver { keys: vec![ApproverKey::P256(alice.passkeys[0].key)], ..bob.clone() }],
        vec![Approver { keys: vec![key_of(ALICE), key_of(ALICE)], ..alice.clone() }],
        vec![Approver { id: ApproverId([0; 32]), ..alice.clone() }],
        vec![Approver { passkeys: (0..17).map(|n| passkey_of(ALICE, n)).collect(), ..alice.clone() }],
        vec![Approver { keys: (1..10).map(|n| key_of(ApproverId([n; 32]))).collect(), ..alice.clone() }],
        vec![Approver {
            passkeys: vec![Passkey { rp_id: String::new(), ..passkey_of(ALICE, 0) }],
            ..alice.clone()
        }],
        vec![Approver {
            passkeys: vec![Passkey { rp_id: "ex\u{e4}mple.com".into(), ..passkey_of(ALICE, 0) }],
            ..alice.clone()
        }],
        vec![Approver { passkeys: vec![Passkey { key: [4; 33], ..passkey_of(ALICE, 0) }], ..alice.clone() }],
    ];
    for (i, list) in wrong.into_iter().enumerate() {
        assert_eq!(make(list), Err(ApprovalError::BadSet), "{i}");
    }
    let many = |n: u16| {
        (1..=n).map(|i| {
            let mut id = [0; 32];
            id[..2].copy_from_slice(&i.to_be_bytes());
            Approver { id: ApproverId(id), passkeys: vec![], keys: vec![], ..alice.clone() }
        })
    };
    let most = ApproverSet::new(1, many(1024)).unwrap();
    assert_eq!(ApproverSet::new(1, many(1025)).map(drop), Err(ApprovalError::BadSet));
    let bytes = most.to_bytes();
    assert_eq!(ApproverSet::from_bytes(&bytes), Ok(most));
    // One more in the bytes: the count is after the head of 13, and an entry without passkeys and keys has 36.
    let mut more = [&bytes[..], &bytes[bytes.len() - 36..]].concat();
    (more[14], more[bytes.len()]) = (1, 5);
    assert_eq!(ApproverSet::from_bytes(&more).map(drop), Err(ApprovalError::BadSet));
}

#[test]
fn a1_keys_of_both_kinds_are_read_back_in_one_order() {
    let p256 = |n| ApproverKey::P256(passkey_of(BOB, n).key);
    let keys = (6..10).map(|n| key_of(ApproverId([n; 32]))).chain((0..4).map(p256)).collect();
    let passkeys = (0..16).map(|n| passkey_of(ALICE, n)).collect();
    let full = Approver { passkeys, keys, ..approver(ALICE, ApproverKind::Human, 0, false) };
    let full = ApproverSet::new(1, [full]).unwrap();
    let (bytes, [one]) = (full.to_bytes(), full.approvers()) else { panic!("one") };
    assert_eq!((one.passkeys.len(), one.keys.len()), (16, 8));
    assert_eq!(ApproverSet::from_bytes(&bytes), Ok(full.clone()));
    // The last two, 34 bytes each, the other way round, twice the same, and of a kind that there is not.
    let (before, [first, second]) =
        (&bytes[..bytes.len() - 68], bytes[bytes.len() - 68..].as_chunks::<34>().0)
    else {
        panic!("two")
    };
    assert_eq!([first[0], second[0]], [2; 2]);
    for wrong in [[second, first], [first, first], [first, &[3; 34]]] {
        let bytes = [before, wrong[0], wrong[1]].concat();
        assert_eq!(ApproverSet::from_bytes(&bytes).map(drop), Err(ApprovalError::BadSet));
    }
    let ids: Vec<_> = set().approvers().iter().map(|approver| approver.id).collect();
    assert_eq!(ids, [ALICE, BOB, CAROL, DAVE, ERIN]);
}

#[test]
fn a1_a_set_has_one_encoding() {
    let bytes = set().to_bytes();
    assert_eq!(ApproverSet::from_bytes(&bytes), Ok(set()));
    for len in 0..bytes.len() {
        assert_eq!(ApproverSet::from_bytes(&bytes[..len]), Err(ApprovalError::BadSet), "{len}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(ApproverSet::from_bytes(&longer), Err(ApprovalError::BadSet));
    for place in 0..bytes.len() {
        let mut other = bytes.clone();
        other[place] ^= 1;
        if let Ok(read) = ApproverSet::from_bytes(&other) {
            assert_eq!(read.to_bytes(), other, "{place}");
            assert_ne!(read.hash(), set().hash());
            assert_ne!(read, set());
        }
    }
    // Alice's two passkeys, the other way round: after the head of 15 bytes and hers of 35, 66 bytes and the RP ID each.
    let (from, len) = (15 + 35, 66 + RP.len());
    let (first, second) = (from..from + len, from + len..from + 2 * len);
    let swapped = [&bytes[..from], &bytes[second.clone()], &bytes[first], &bytes[second.end..]].concat();
    assert_eq!(ApproverSet::from_bytes(&swapped), Err(ApprovalError::BadSet));
    // The order of what was given does not matter, what was given does.
    let mut people = people();
    people.reverse();
    people[0].passkeys.reverse();
    assert_eq!(ApproverSet::new(1, people.clone()), Ok(set()));
    assert_ne!(ApproverSet::new(2, people).unwrap().hash(), set().hash());
}

#[test]
fn i1_weak_and_non_canonical_ed25519_keys_are_none() {
    assert!(key_of(ALICE).is_valid());
    let ApproverKey::Ed25519(good) = key_of(ALICE) else { unreachable!() };
    for torsion in EIGHT_TORSION {
        assert!(!ApproverKey::Ed25519(torsion.compress().0).is_valid());
        let point = curve25519_dalek::edwards::CompressedEdwardsY(good).decompress().unwrap() + torsion;
        assert_eq!(ApproverKey::Ed25519(point.compress().0).is_valid(), point.is_torsion_free());
    }
    let mut twice = [0xff; 32];
    (twice[0], twice[31]) = (0xee, 0x7f);
    let keys = vec![ApproverKey::Ed25519(twice)];
    let weak = Approver { keys, ..approver(ALICE, ApproverKind::Human, 0, false) };
    assert_eq!(ApproverSet::new(1, [weak]).map(drop), Err(ApprovalError::BadSet));
}

#[test]
fn i2_p256_keys_are_compressed_points() {
    let good = passkey_of(ALICE, 0).key;
    assert!(ApproverKey::P256(good).is_valid());
    for prefix in [0, 1, 4, 5, 6, 7, 0xff] {
        let mut key = good;
        key[0] = prefix;
        assert!(!ApproverKey::P256(key).is_valid(), "{prefix}");
    }
    let mut off_curve = [7; 33]; // this x has no y
    off_curve[0] = 2;
    assert!(!ApproverKey::P256(off_curve).is_valid());
    assert!(!ApproverKey::P256([0xff; 33]).is_valid());
}

#[test]
fn i4_signatures_have_one_form() {
    let request = sign(TRANSFER);
    let unsigned = Unsigned::new(ALICE, Purpose::Approve, &request);
    let digest = sha256(unsigned.to_sign().as_bytes());
    let secret = SigningKey::from_slice(&[7; 32]).unwrap();
    let point = secret.verifying_key().to_sec1_point(true);
    let key = ApproverKey::P256(point.as_bytes().try_into().unwrap());
    let signature: Signature = secret.sign_prehash(&digest).unwrap();
    let low = signature.normalize_s();
    let high = Signature::from_scalars(low.r(), -*low.s()).unwrap();
    let bytes = |signature: &Signature| -> [u8; 64] { signature.to_bytes().into() };
    assert!(key.verify(unsigned.to_sign(), &bytes(&low)));
    assert!(!key.verify(unsigned.to_sign(), &bytes(&high)));
    assert!(
        p256::ecdsa::signature::hazmat::PrehashVerifier::verify_prehash(
            secret.verifying_key(),
            &digest,
            &high
        )
        .is_ok()
    );
    let (mut zero_r, mut zero_s) = (bytes(&low), bytes(&low));
    zero_r[..32].fill(0);
    zero_s[32..].fill(0);
    assert!(!key.verify(unsigned.to_sign(), &zero_r) && !key.verify(unsigned.to_sign(), &zero_s));
    let wrong = unsigned.clone().attach(&key, bytes(&high)).map(drop);
    assert_eq!(wrong, Err(ApprovalError::BadSignature));

    // Ed25519: S + L is a second form that a lax verifier takes.
    let good = operator(ALICE).sign(unsigned.to_sign());
    assert!(key_of(ALICE).verify(unsigned.to_sign(), &good));
    let order: [u8; 16] =
        [0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14];
    let (mut second, mut carry) = (good, 0u16);
    for (i, byte) in second[32..].iter_mut().enumerate() {
        let add = order.get(i).copied().unwrap_or(if i == 31 { 0x10 } else { 0 });
        let sum = u16::from(*byte) + u16::from(add) + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
    assert!(!key_of(ALICE).verify(unsigned.to_sign(), &second));
    assert_eq!(unsigned.clone().attach(&key_of(BOB), good).map(drop), Err(ApprovalError::BadSignature));
    // A signature with R of small order and S = 0 is anybody's under a key of small order: such a key is none.
    let small = ApproverKey::Ed25519(EIGHT_TORSION[0].compress().0);
    let mut forged = [0; 64];
    forged[..32].copy_from_slice(&EIGHT_TORSION[0].compress().0);
    assert!(!small.verify(unsigned.to_sign(), &forged));
}

#[test]
fn a2_only_known_and_active_approvers_are_heard() {
    let (mut world, request) = (World::new(), sign(TRANSFER));
    let stranger = ApproverId([9; 32]);
    for evidence in [
        by_key(stranger, Purpose::Approve, &request),
        by_key(ERIN, Purpose::Approve, &request),
        yes(ERIN, &request),
        by_key(DAVE, Purpose::Approve, &request),
        by_key(DAVE, Purpose::Reject, &request),
    ] {
        assert_eq!(refusal(&mut world, Action::Sign, evidence), ApprovalError::UnknownApprover);
    }
    let tally = world.tally(&request, &[asked(DAVE, &request)]);
    assert_eq!((tally.approvals.requester, tally.refused), (Some(DAVE), vec![]));
}

#[test]
fn a3_evidence_is_the_approvers_own() {
    let (mut world, request) = (World::new(), sign(TRANSFER));
    let tally = world.tally(&request, &[yes(ALICE, &request), by_key(CAROL, Purpose::Approve, &request)]);
    assert_eq!(tally.approvals.counted[&ALICE], factors(&[Factor::PasskeyUv, Factor::Passkey]));
    assert_eq!(tally.approvals.counted[&CAROL], factors(&[Factor::Key]));
    assert_eq!((tally.refused.len(), tally.updates.len()), (0, 1));
    let [by_passkey, by_key_] = &tally.evidence[..] else { panic!() };
    assert_eq!(by_passkey.credential, passkey_of(ALICE, 0).id_hash);
    assert_eq!((by_passkey.factor, by_passkey.flags), (1, 3));
    let name = sha256(&[&[1][..], &operator(CAROL).public().0].concat());
    assert_eq!((by_key_.credential, by_key_.factor, by_key_.flags), (name, 3, 0));
    // A reader of the log can tell who approved from who rejected and who only asked.
    let no = by_key(CAROL, Purpose::Reject, &request);
    let tally = world.tally(&request, &[yes(ALICE, &request), no, asked(DAVE, &request)]);
    let said: Vec<_> = tally.evidence.iter().map(|e| e.flags & (flags::REJECTS | flags::ASKS)).collect();
    assert_eq!(said, [0, flags::REJECTS, flags::ASKS]);

    let unknown = ApprovalError::Webauthn(WebauthnError::UnknownCredential);
    let mut other = |evidence| refusal(&mut world, Action::Sign, evidence);
    // Bob's passkey in Alice's name; Carol's key in Alice's name; a bit of the signature.
    assert_eq!(other(Evidence { approver: ALICE, ..yes(BOB, &request) }), unknown);
    assert_eq!(
        other(Evidence { approver: ALICE, ..by_key(CAROL, Purpose::Approve, &request) }),
        ApprovalError::BadSignature
    );
    let Proof::Key { key, mut signature } = by_key(CAROL, Purpose::Approve, &request).proof else { panic!() };
    signature[3] ^= 1;
    let forged =
        Evidence { proof: Proof::Key { key, signature }, ..by_key(CAROL, Purpose::Approve, &request) };
    assert_eq!(other(forged), ApprovalError::BadSignature);
    let proof = Proof::Passkey(answer(ALICE, 0, &request.challenge(Purpose::Approve), 4));
    let absent = Evidence { proof, ..yes(ALICE, &request) };
    assert_eq!(other(absent), ApprovalError::Webauthn(WebauthnError::UserNotPresent));
}

#[test]
fn a3_a_passkey_must_be_listed_in_the_set() {
    // The records know Alice's second passkey, the set does not: whoever writes records cannot add approvals.
    let (mut world, request) = (World::new(), sign(TRANSFER));
    let unknown = ApprovalError::Webauthn(WebauthnError::UnknownCredential);
    let second = || by_passkey_with(ALICE, 1, Purpose::Approve, &request, UP_UV);
    assert!(world.tally(&request, &[second()]).refused.is_empty());
    world.set = ApproverSet::new(1, [approver(ALICE, ApproverKind::Human, 1, true)]).unwrap();
    assert_eq!(refusal(&mut world, Action::Sign, second()), unknown);
    // Listed, but with another RP ID or key.
    let listed = Passkey { rp_id: "example.com".into(), ..passkey_of(ALICE, 1) };
    let alice = Approver { passkeys: vec![listed], ..approver(ALICE, ApproverKind::Human, 0, true) };
    world.set = ApproverSet::new(1, [alice]).unwrap();
    assert_eq!(refusal(&mut world, Action::Sign, second()), unknown);
}

#[test]
fn a4_evidence_is_about_this_request_and_purpose() {
    let (mut world, request, other) = (World::new(), sign(TRANSFER), sign_again(TRANSFER, 8));
    let mut refused = |evidence| refusal(&mut world, Action::Sign, evidence);
    let wrong = ApprovalError::Webauthn(WebauthnError::WrongChallenge);
    assert_eq!(refused(yes(ALICE, &other)), wrong);
    assert_eq!(refused(by_key(CAROL, Purpose::Approve, &other)), ApprovalError::BadSignature);
    // A signature of one purpose for another.
    for (given, claimed) in [
        (Purpose::Request, Purpose::Approve),
        (Purpose::Reject, Purpose::Approve),
        (Purpose::Approve, Purpose::Reject),
    ] {
        let key = Evidence { purpose: claimed, ..by_key(CAROL, given, &request) };
        assert_eq!(refused(key), ApprovalError::BadSignature);
        let passkey = Evidence { purpose: claimed, ..by_passkey_with(ALICE, 0, given, &request, UP_UV) };
        assert_eq!(refused(passkey), wrong);
    }
    let batch = Batch::new([&other]).unwrap();
    assert_eq!(refused(yes_to_batch(ALICE, &batch)), ApprovalError::OtherRequest);
}

#[test]
fn a4_a_batch_approves_what_it_lists() {
    let (mut world, a, b) = (World::new(), sign(TRANSFER), sign("transfer coin 0x02 9"));
    let batch = Batch::new([&a, &b]).unwrap();
    for request in [&a, &b] {
        let tally = world.tally(request, &[yes_to_batch(ALICE, &batch)]);
        assert_eq!((tally.approvals.counted.len(), tally.refused), (1, vec![]));
    }
    let unsigned = Unsigned::batch(CAROL, Purpose::Approve, batch);
    let signature = operator(CAROL).sign(unsigned.to_sign());
    let evidence = unsigned.attach(&key_of(CAROL), signature).unwrap();
    assert_eq!(world.tally(&a, &[evidence]).approvals.counted[&CAROL], factors(&[Factor::Key]));
}

#[test]
fn a4_one_rejection_denies() {
    let policy = policy(json!([coins_out()]));
    let (mut world, request) = (World::new(), sign(TRANSFER));
    let no = by_key(CAROL, Purpose::Reject, &request);
    let decision = world.decide(&policy, &request, &[yes(ALICE, &request), yes(BOB, &request), no]);
    assert_eq!(denial(decision), ApprovalError::Rejected.into());
    // A forged one does not.
    let forged = Evidence { approver: BOB, ..by_key(CAROL, Purpose::Reject, &request) };
    assert_eq!(rule(&world.decide(&policy, &request, &[yes(ALICE, &request), forged])), "coins-out");
}

/// A policy that names another set.
fn policy_for(set: &ApproverSet) -> Policy {
    let mut source = source(json!([coins_out()]));
    source["approvers"] = json!(hex(*set.hash()));
    source["revision"] = json!(2);
    compile(source).unwrap()
}

#[test]
fn a4_nobody_vetoes_his_own_removal() {
    let mut world = World::new();
    let without = |id: ApproverId| people().into_iter().filter(move |approver| approver.id != id);
    let suspended = |id: ApproverId| {
        let status = move |a: &Approver| if a.id == id { Status::Suspended } else { a.status };
        people().into_iter().map(move |a| Approver { status: status(&a), ..a })
    };
    let mut tally = |set: ApproverSet| {
        let policy = policy_for(&set);
        let change = ApproverChange { set, policy };
        assert_eq!(
            ApproverChange::from_bytes(&change.to_bytes(), &self::policy(json!([])), &self::set()),
            Ok(change.clone())
        );
        let request = request(Action::ApproverChange, &change.to_bytes());
        let tally = world.tally(&request, &[by_key(CAROL, Purpose::Reject, &request)]);
        (tally.approvals.rejected, tally.refused)
    };
    let own = vec![(0, ApprovalError::OwnRemoval)];
    assert_eq!(tally(ApproverSet::new(2, without(CAROL)).unwrap()), (None, own.clone()));
    assert_eq!(tally(ApproverSet::new(2, suspended(CAROL)).unwrap()), (None, own));
    // Somebody else's removal, and any other action.
    assert_eq!(tally(ApproverSet::new(2, without(BOB)).unwrap()), (Some(CAROL), vec![]));
    let request = request(Action::RosterChange, b"whatever");
    let tally = world.tally(&request, &[by_key(CAROL, Purpose::Reject, &request)]);
    assert_eq!(tally.approvals.rejected, Some(CAROL));
}

#[test]
fn a5_an_approver_counts_once_with_all_its_factors() {
    let (mut world, request) = (World::new(), sign(TRANSFER));
    let evidence = [
        by_passkey_with(ALICE, 0, Purpose::Approve, &request, UP),
        by_passkey_with(ALICE, 1, Purpose::Approve, &request, UP_UV),
        by_key(ALICE, Purpose::Approve, &request),
    ];
    let tally = world.tally(&request, &evidence);
    let all = factors(&[Factor::PasskeyUv, Factor::Passkey, Factor::Key]);
    assert_eq!(tally.approvals.counted.into_iter().collect::<Vec<_>>(), [(ALICE, all)]);
    assert_eq!(tally.evidence.len(), 3);
    let weak = world.tally(&request, &evidence[..1]);
    assert_eq!(weak.approvals.counted[&ALICE], factors(&[Factor::Passkey]));
}

#[test]
fn a6_who_asks_proves_it() {
    let (mut world, request) = (World::new(), sign(TRANSFER)); // it says that Dave asks
    assert_eq!(world.tally(&request, &[]).approvals.requester, None);
    let tally = world.tally(&request, &[asked(CAROL, &request)]);
    assert_eq!(tally.approvals.requester, None);
    assert_eq!(tally.refused, [(0, ApprovalError::RequesterUnproven)]);
    let tally = world.tally(&request, &[asked(DAVE, &request)]);
    assert_eq!((tally.approvals.requester, tally.approvals.counted.len()), (Some(DAVE), 0));
}

#[test]
fn a6_whoever_asks_and_approves_with_one_passkey_leaves_one_update() {
    let mut world = World::new();
    let draft = quorate::approval::request::Draft {
        requester: Some(ALICE),
        ..draft(Action::Sign, TRANSFER.as_bytes())
    };
    let request = draft.with_nonce([9; 32]).unwrap();
    let answer = |purpose, count| {
        let proof = Proof::Passkey(answer_counted(ALICE, 0, &request.challenge(purpose), UP_UV, count));
        Evidence { approver: ALICE, purpose, batch: None, proof }
    };
    for order in [[0, 1], [1, 0]] {
        let both = [answer(Purpose::Request, 5), answer(Purpose::Approve, 6)];
        let tally = world.tally(&request, &order.map(|i| both[i].clone()));
        assert_eq!((tally.approvals.requester, tally.approvals.counted.len()), (Some(ALICE), 1));
        let [update] = &tally.updates[..] else { panic!("{:?}", tally.updates) };
        assert_eq!((update.old_sign_count(), update.sign_count()), (0, 6));
        assert!(world.credentials.clone().apply(update).is_ok());
    }
}

#[test]
fn a7_a_code_only_adds_to_what_verified() {
    let (mut world, request) = (World::new(), sign(TRANSFER));
    let right = totp_of(ALICE).code_at(NOW);
    assert_eq!(refusal(&mut world, Action::Sign, code(ALICE, right)), ApprovalError::WeakFactor);
    // A stranger's garbage beside it is no evidence either, and no code was looked at: nothing counts as a failure.
    let tally = world.tally(&request, &[code(ALICE, right), yes(ALICE, &sign_again(TRANSFER, 8))]);
    assert_eq!(tally.refused[0], (0, ApprovalError::WeakFactor));
    for _ in 0..20 {
        assert_eq!(refusal(&mut world, Action::Sign, code(ALICE, *b"000000")), ApprovalError::WeakFactor);
    }
    // Before the other in the list, it counts all the same.
    let tally = world.tally(&request, &[code(ALICE, right), yes(ALICE, &request)]);
    let all = factors(&[Factor::PasskeyUv, Factor::Passkey, Factor::Totp]);
    assert_eq!((tally.approvals.counted[&ALICE], tally.refused), (all, vec![]));
    assert_eq!(tally.evidence[1].factor, 4);
    // A wrong one takes nothing away, and a code of somebody without a secret is none.
    let tally = world.tally(&request, &[yes(BOB, &request), code(BOB, *b"000000")]);
    assert_eq!(tally.refused, [(1, ApprovalError::Totp(TotpError::WrongCode))]);
    assert_eq!(tally.approvals.counted.len(), 1);
    let carol = by_key(CAROL, Purpose::Approve, &request);
    let tally = world.tally(&request, &[carol, code(CAROL, right)]);
    assert_eq!(tally.refused, [(1, ApprovalError::UnknownApprover)]);
    // It says yes or nothing.
    let no = Evidence { purpose: Purpose::Reject, ..code(ALICE, right) };
    assert_eq!(world.tally(&request, &[yes(ALICE, &request), no]).refused, [(1, ApprovalError::WeakFactor)]);
}

#[test]
fn a7_no_code_counts_for_an_action_of_high_risk() {
    let mut world = World::new();
    let right = totp_of(ALICE).code_at(NOW);
    for action in [Action::Export, Action::SignRaw, Action::Reshare, Action::PolicyChange] {
        let request = request(action, b"?");
        let tally = world.tally(&request, &[yes(ALICE, &request), code(ALICE, right)]);
        assert_eq!(tally.refused, [(1, ApprovalError::WeakFactor)], "{action:?}");
    }
    let request = request(Action::Refresh, b"");
    let tally = world.tally(&request, &[yes(ALICE, &request), code(ALICE, right)]);
    assert!(tally.refused.is_empty() && tally.approvals.counted[&ALICE].has(Factor::Totp));
}
