//! FROST behind the gate.

use std::collections::BTreeMap;

use quorate::approval::audit::{Event, Outcome};
use quorate::approval::gate::{Approved, GateError};
use quorate::approval::registry::{Entry, RegistryError};
use quorate::approval::request::{Action, DigestRule, Draft, SigningRequest};
use quorate::curve::{FrostEd25519, FrostP256, FrostRistretto255, FrostSecp256k1, FrostTaproot, Scheme};
use quorate::error::{Rejected, SetupError};
use quorate::frost::{Coordinator, SchnorrSignature, Sign, Suite, Taproot, Task, taproot};
use quorate::gated::frost::{Requested, cosign, nonces, sign};
use quorate::gated::{Gated, GatedSession, key_ref};
use quorate::key::{Derive, KeyShare, Path, derive};
use quorate::party::{PartyId, Threshold};
use quorate::session::{Session, Status};
use quorate::sim::Cast;

use super::world::{NOW, Node, draft, drive, id, request, rng, run, session, set};

pub(super) struct Group<S: Scheme> {
    pub(super) cast: Cast,
    pub(super) shares: Vec<Gated<KeyShare<S>>>,
    pub(super) nodes: Vec<Node>,
}

/// Parties 1 to 3, two of which sign.
pub(super) fn group<S: Scheme>(seed: u64) -> Group<S> {
    let cast = Cast::new(1..=3, &mut rng(seed)).unwrap();
    let shares = cast.deal::<S>(Threshold::new(2, 3).unwrap(), &mut rng(seed + 1)).unwrap();
    let nodes = shares.iter().map(|share| Node::of(share.public())).collect();
    Group { cast, shares: shares.into_iter().map(Gated::new).collect(), nodes }
}

impl<S: Scheme> Group<S> {
    pub(super) fn draft(&self, action: Action, rule: DigestRule, payload: &[u8]) -> Draft {
        draft(action, rule, Some(key_ref(self.shares[0].public())), payload.to_vec())
    }

    /// A request for coins.
    pub(super) fn coins(&self, nonce: u8) -> SigningRequest {
        request(self.draft(Action::Sign, rule::<S>(), &[0, 100]), nonce)
    }
}

const fn rule<S: Scheme>() -> DigestRule {
    match S::ID {
        4 => DigestRule::TapSighash,
        _ => DigestRule::Message,
    }
}

impl<S: Requested> Group<S> {
    pub(super) fn open(
        &mut self,
        request: &SigningRequest,
        signers: &[u16],
        n: u8,
    ) -> BTreeMap<PartyId, GatedSession<Sign<S>>> {
        let open = |who: &u16| {
            let (share, node) = (&self.shares[usize::from(*who) - 1], &mut self.nodes[usize::from(*who) - 1]);
            let approved = node.approve(request, session(n));
            (id(*who), sign(share, set(signers), approved, NOW, &mut rng(u64::from(*who))).unwrap())
        };
        signers.iter().map(open).collect()
    }

    /// Signs with parties 1 and 3, and closes; the signature.
    fn sign(&mut self, request: &SigningRequest) -> S::Signature {
        let mut sessions = self.open(request, &[1, 3], 1);
        let signatures = run(&self.cast, &mut sessions);
        for (who, session) in &mut sessions {
            session.close(&mut self.nodes[usize::from(who.get()) - 1].stores(), NOW).unwrap();
        }
        assert_eq!(signatures[0], signatures[1]);
        signatures.into_iter().next().unwrap()
    }

    /// Party 1's, of another request than was asked for.
    fn refuse(&mut self, approved: Approved<SigningRequest>, signers: &[u16], now: u64) -> GateError {
        sign(&self.shares[0], set(signers), approved, now, &mut rng(1)).unwrap_err().error
    }
}

/// Byte for byte, leading zeros too.
#[test]
fn ed25519_and_ristretto_sign_the_payload() {
    let mut g = group::<FrostEd25519>(10);
    let request = g.coins(1);
    let signature = g.sign(&request);
    let key: [u8; 32] = g.shares[0].public().public_key().try_into().unwrap();
    let key = ed25519_dalek::VerifyingKey::from_bytes(&key).unwrap();
    key.verify_strict(&[0, 100], &ed25519_dalek::Signature::from_bytes(&signature.to_bytes())).unwrap();
    let mut g = group::<FrostRistretto255>(20);
    let request = g.coins(1);
    let signature = g.sign(&request);
    assert!(signature.verify(&g.shares[0].public().public_key(), &[0, 100]));
}

fn on_a_path<S>(seed: u64)
where
    S: Requested + Derive + Suite<Signature = SchnorrSignature<S>>,
{
    let mut g = group::<S>(seed);
    let draft = Draft { path: vec![3, 1], ..g.draft(Action::Sign, DigestRule::Message, &[7, 100]) };
    let request = request(draft, 1);
    let signature = g.sign(&request);
    let key = derive(g.shares[0].public(), &Path::new([3, 1]).unwrap()).unwrap().public_key();
    assert!(signature.verify(&key, &[7, 100]));
    assert!(!signature.verify(&g.shares[0].public().public_key(), &[7, 100]));
}

#[test]
fn g4_secp256k1_and_p256_sign_at_the_path_of_the_request() {
    on_a_path::<FrostSecp256k1>(30);
    on_a_path::<FrostP256>(40);
}

#[test]
fn g4_taproot_signs_with_the_tweak_and_the_path_of_the_request() {
    use sha2::{Digest, Sha256};
    let root = [0x77; 32];
    let tweaks = [
        (vec![], Taproot::Untweaked),
        (vec![1], Taproot::KeyPath),
        ([&[2], &root[..]].concat(), Taproot::ScriptRoot(root)),
    ];
    let payload = [0, 1, 2, 100];
    let tag = Sha256::digest(b"TapSighash");
    let sighash = Sha256::new().chain_update(tag).chain_update(tag).chain_update(payload).finalize();
    for (n, (tweak, meant)) in (1..).zip(&tweaks) {
        let mut g = group::<FrostTaproot>(50 + u64::from(n));
        let draft = g.draft(Action::Sign, DigestRule::TapSighash, &payload);
        let request = request(Draft { tweak: tweak.clone(), path: vec![9], ..draft }, n);
        let signature = g.sign(&request);
        let signature = k256::schnorr::Signature::try_from(&signature.to_bytes()[..]).unwrap();
        for (_, other) in &tweaks {
            let path = Path::new([9]).unwrap();
            let key = taproot::output_key(g.shares[0].public(), &path, other).unwrap();
            let key = k256::schnorr::VerifyingKey::from_slice(&key).unwrap();
            assert_eq!(key.verify_raw(&sighash, &signature).is_ok(), meant == other, "{meant:?}, {other:?}");
        }
    }
}

/// One holder approved another tweak than the other: they do not even start.
#[test]
fn g6_another_tweak_than_the_others_request_is_a_setup_mismatch() {
    let mut g = group::<FrostTaproot>(60);
    let with = |g: &Group<FrostTaproot>, tweak: Vec<u8>, nonce| {
        request(Draft { tweak, ..g.draft(Action::Sign, DigestRule::TapSighash, &[0, 100]) }, nonce)
    };
    let (one, other) = (with(&g, vec![1], 1), with(&g, vec![], 2));
    let a = g.nodes[0].approve(&one, session(1));
    let b = g.nodes[1].approve(&other, session(1));
    let mut a = sign(&g.shares[0], set(&[1, 2]), a, NOW, &mut rng(1)).unwrap();
    let b = sign(&g.shares[1], set(&[1, 2]), b, NOW, &mut rng(2)).unwrap();
    let first = b.outgoing(0).next().unwrap().bytes.to_vec();
    assert_eq!(a.receive(id(2), &first).unwrap_err(), Rejected::SetupMismatch(id(2)));
}

#[test]
fn a_signature_commits_registry_and_caps_with_its_hash() {
    use quorate::approval::cap::{CapError, Caps};
    let mut g = group::<FrostEd25519>(70);
    let request = g.coins(1);
    let signature = g.sign(&request);
    let framed = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes(), bytes].concat();
    let bytes = [framed(b"quorate/1/outcome"), framed(&signature.to_bytes())].concat();
    let outcome: [u8; 32] = <sha2::Sha256 as sha2::Digest>::digest(bytes).into();
    for who in [0, 2] {
        let node = &mut g.nodes[who];
        assert_eq!(node.entry(&request), Some(Entry::Committed { outcome }));
        assert_eq!(node.caps.release(request.hash()), Err(CapError::Committed));
        let last = node.records().pop().unwrap().entry;
        assert_eq!((last.event, last.outcome, last.data), (Event::Signed, Outcome::Signed, outcome.to_vec()));
        assert_eq!((last.request, last.session), (*request.hash(), session(1)));
        assert_eq!((last.cluster, last.policy), (*request.cluster(), *node.policy.hash()));
    }
    assert_eq!(g.nodes[1].entry(&request), None);
    let done = g.nodes[0].decide(&request, &super::world::yes(&request), session(2), NOW).unwrap_err();
    let quorate::approval::registry::RegistryError::Done(theirs) = (match done.error {
        GateError::AlreadyUsed(error) => error,
        other => panic!("{other}"),
    }) else {
        panic!("done")
    };
    assert_eq!(theirs, outcome);
}

#[test]
fn g3_another_action_key_scheme_or_epoch_is_refused() {
    let mut g = group::<FrostEd25519>(80);
    let refresh = request(g.draft(Action::Refresh, DigestRule::None, &[0, 0, 0, 1]), 1);
    let approved = g.nodes[0].approve(&refresh, session(1));
    assert_eq!(g.refuse(approved, &[1, 2], NOW), GateError::WrongAction);
    // A holder with two keys: approved for one, opened with the other.
    let other = group::<FrostEd25519>(90);
    g.nodes[0].keys.extend(other.nodes[0].keys.iter().cloned());
    let approved = g.nodes[0].approve(&other.coins(2), session(2));
    assert_eq!(g.refuse(approved, &[1, 2], NOW), GateError::WrongKey);
    // The same key under another scheme, and in another epoch, as a holder that is mistaken about its keys would have it.
    for change in [|node: &mut Node| node.keys[0].scheme = 6, |node: &mut Node| node.keys[0].epoch = 1] {
        let mut g = group::<FrostEd25519>(80);
        change(&mut g.nodes[0]);
        let live = g.nodes[0].keys[0].clone();
        let key = quorate::approval::request::KeyRef { scheme: live.scheme, id: live.id, epoch: live.epoch };
        let request = request(draft(Action::Sign, DigestRule::Message, Some(key), vec![100]), 3);
        let approved = g.nodes[0].approve(&request, session(3));
        assert_eq!(g.refuse(approved, &[1, 2], NOW), GateError::WrongKey);
    }
}

#[test]
fn g5_too_late_or_too_few_is_refused() {
    let mut g = group::<FrostEd25519>(100);
    let coins = g.coins(1);
    let approved = g.nodes[0].approve(&coins, session(1));
    let unopened = sign(&g.shares[0], set(&[1, 2]), approved, NOW + 600, &mut rng(1)).unwrap_err();
    assert_eq!(unopened.error, GateError::Expired);
    // What was not opened is given back, and opens in time.
    let approved = unopened.approved.into_iter().next().unwrap();
    let last = sign(&g.shares[0], set(&[1, 2]), approved, NOW + 599, &mut rng(1));
    assert!(last.is_ok());
    // The rule for what is raw wants three signers.
    let raw = request(g.draft(Action::SignRaw, DigestRule::Message, b"anything\0"), 2);
    let approved = g.nodes[0].approve(&raw, session(2));
    let unopened = sign(&g.shares[0], set(&[1, 2]), approved, NOW, &mut rng(1)).unwrap_err();
    assert_eq!(unopened.error, GateError::WrongSetup);
    let approved = unopened.approved.into_iter().next().unwrap();
    assert!(sign(&g.shares[0], set(&[1, 2, 3]), approved, NOW, &mut rng(1)).is_ok());
    // A signer that is no member is the protocol's to refuse.
    let coins = g.coins(3);
    let approved = g.nodes[0].approve(&coins, session(3));
    assert_eq!(g.refuse(approved, &[1, 4], NOW), GateError::Setup(SetupError::NotInRoster(id(4))));
}

#[test]
fn a_raw_hash_is_the_message_of_a_suite_that_takes_any() {
    let mut g = group::<FrostEd25519>(110);
    let raw = request(g.draft(Action::SignRaw, DigestRule::Prehashed, &[9; 32]), 1);
    let mut sessions = g.open(&raw, &[1, 2, 3], 1);
    let signatures = run(&g.cast, &mut sessions);
    let key: [u8; 32] = g.shares[0].public().public_key().try_into().unwrap();
    let key = ed25519_dalek::VerifyingKey::from_bytes(&key).unwrap();
    key.verify_strict(&[9; 32], &ed25519_dalek::Signature::from_bytes(&signatures[0].to_bytes())).unwrap();
}

/// A peer that breaks the run in round 1, before this holder's share is made: registry and caps are free.
#[test]
fn abort_before_the_share_left_frees_the_cap() {
    let mut g = group::<FrostEd25519>(120);
    let request = g.coins(1);
    let mut sessions = g.open(&request, &[1, 2], 1);
    assert_eq!(g.nodes[0].spent(&request), 100);
    let results = drive(&g.cast, &mut sessions, &mut |_, _| {}, &mut |from, _, bytes| {
        if from == id(2) {
            bytes[60..].fill(0xff);
        }
        true
    });
    let abort = results[&id(1)].as_ref().unwrap_err();
    assert_eq!(abort.check, "F1.1");
    let one = sessions.get_mut(&id(1)).unwrap();
    assert!(!one.has_left() && one.is_over());
    one.close(&mut g.nodes[0].stores(), NOW).unwrap();
    assert_eq!(g.nodes[0].spent(&request), 0);
    assert_eq!(g.nodes[0].entry(&request), Some(Entry::Released { attempts: 1 }));
    let last = g.nodes[0].records().pop().unwrap().entry;
    assert_eq!((last.event, last.outcome, last.data), (Event::Aborted, Outcome::Aborted, b"F1.1".to_vec()));
    // The same evidence decides again, and the second run signs.
    let signature = g.nodes[0].decide(&request, &super::world::yes(&request), session(2), NOW);
    assert!(signature.is_ok());
}

/// A peer that sends a bad share after it has ours could have the signature: it stays counted, whatever the second run does.
#[test]
fn abort_after_the_share_left_does_not_free_the_cap() {
    let mut g = group::<FrostEd25519>(130);
    let request = g.coins(1);
    let mut sessions = g.open(&request, &[1, 2], 1);
    let results = drive(&g.cast, &mut sessions, &mut |_, _| {}, &mut |from, _, bytes| {
        if from == id(2) && bytes[2] == 2 {
            *bytes.last_mut().unwrap() ^= 1;
        }
        true
    });
    assert!(results[&id(2)].is_ok(), "the peer has the signature");
    assert_eq!(results[&id(1)].as_ref().unwrap_err().round, 2);
    let one = sessions.get_mut(&id(1)).unwrap();
    assert_eq!((one.has_left(), one.round()), (true, 2));
    one.close(&mut g.nodes[0].stores(), NOW).unwrap();
    assert_eq!(g.nodes[0].spent(&request), 100);
    assert_eq!(g.nodes[0].entry(&request), Some(Entry::Released { attempts: 1 }));
    // A second attempt that ends before anything has left does not free what the first has spent.
    let approved = g.nodes[0].approve(&request, session(2));
    assert_eq!(g.nodes[0].spent(&request), 100, "and it counts once");
    approved.release(&mut g.nodes[0].stores(), NOW).unwrap();
    assert_eq!(g.nodes[0].spent(&request), 100);
    let approved = g.nodes[0].approve(&request, session(3));
    let mut third = sign(&g.shares[0], set(&[1, 2]), approved, NOW, &mut rng(1)).unwrap();
    third.give_up();
    third.close(&mut g.nodes[0].stores(), NOW).unwrap();
    assert_eq!(g.nodes[0].spent(&request), 100);
}

#[test]
fn a_session_that_runs_is_not_closed_and_one_given_up_does_nothing_more() {
    let mut g = group::<FrostEd25519>(140);
    let request = g.coins(1);
    let mut sessions = g.open(&request, &[1, 2], 1);
    let first = sessions[&id(2)].outgoing(0).next().unwrap().bytes.to_vec();
    let notice = sessions[&id(2)].notice_to_send();
    let one = sessions.get_mut(&id(1)).unwrap();
    assert_eq!(one.close(&mut g.nodes[0].stores(), NOW).unwrap_err(), GateError::Running);
    assert_eq!((one.is_over(), one.round()), (false, 1));
    assert_eq!(one.missing(), [id(2)]);
    one.receive(id(2), &first).unwrap();
    one.receive(id(2), &notice).unwrap();
    let [so_far] = one.traffic() else { panic!("{:?}", one.traffic()) };
    assert_eq!((so_far.round, so_far.messages_in, so_far.messages_out), (1, 1, 1));
    assert_eq!(one.notices(), [id(2)]);
    one.give_up();
    assert!(matches!(one.advance(&mut rng(1)), Ok(Status::Over)));
    assert!(!one.has_left() && one.is_over());
    // A store that fails leaves it to be closed again.
    g.nodes[0].diary.fails = true;
    assert!(one.close(&mut g.nodes[0].stores(), NOW).is_err());
    g.nodes[0].diary.fails = false;
    one.close(&mut g.nodes[0].stores(), NOW).unwrap();
    one.close(&mut g.nodes[0].stores(), NOW).unwrap();
    assert_eq!(g.nodes[0].spent(&request), 0);
    let events: Vec<_> = g.nodes[0].records().iter().map(|r| r.entry.event).collect();
    assert_eq!(events, [Event::Decided, Event::Released]);
}

#[test]
fn a_cosigner_answers_a_coordinator_for_an_approved_request() {
    let mut g = group::<FrostEd25519>(150);
    let request = g.coins(1);
    let mut sessions = BTreeMap::new();
    let mut commitments = Vec::new();
    for who in [1u16, 2] {
        let at = usize::from(who) - 1;
        let made = nonces(&g.shares[at], &mut rng(u64::from(who))).unwrap();
        commitments.push((id(who), made.commitments().clone()));
        let approved = g.nodes[at].approve(&request, session(1));
        let opened = cosign(&g.shares[at], set(&[1, 2]), PartyId::COORDINATOR, made, approved, NOW);
        sessions.insert(id(who), opened.unwrap());
    }
    let task = Task::new(g.shares[0].public(), set(&[1, 2]), &[0, 100], session(1)).unwrap();
    let mut lead = Coordinator::start(task, PartyId::COORDINATOR, commitments).unwrap();
    let lists: Vec<_> = lead.outgoing(0).map(|out| (out.to.unwrap(), out.bytes.to_vec())).collect();
    for (to, list) in lists {
        let signer = sessions.get_mut(&to).unwrap();
        assert!(!signer.has_left());
        signer.receive(PartyId::COORDINATOR, &list).unwrap();
        assert!(matches!(signer.advance(&mut rng(1)), Ok(Status::Done(()))));
        assert!(signer.has_left());
        lead.receive(to, signer.outgoing(0).next().unwrap().bytes).unwrap();
        signer.close(&mut g.nodes[usize::from(to.get()) - 1].stores(), NOW).unwrap();
    }
    let Ok(Status::Done(_)) = lead.advance(&mut rng(1)) else { panic!("a signature") };
    assert!(matches!(g.nodes[0].entry(&request), Some(Entry::Committed { .. })));
    assert_eq!(g.nodes[0].spent(&request), 100);
}

/// The session says by itself what it made.
#[test]
fn a_session_tells_which_rounds_it_made() {
    let cast = Cast::new(1..=2, &mut rng(1)).unwrap();
    let shares = cast.deal::<FrostEd25519>(Threshold::new(2, 2).unwrap(), &mut rng(2)).unwrap();
    let task = Task::new(shares[0].public(), set(&[1, 2]), b"m", session(1)).unwrap();
    let start = |n: usize| Sign::start(&shares[n], task.clone(), &mut rng(n as u64)).unwrap();
    let (mut a, b): (Session<Sign<FrostEd25519>>, _) = (start(0), start(1));
    assert!(a.has_made(1) && !a.has_made(2));
    a.receive(id(2), b.outgoing(0).next().unwrap().bytes).unwrap();
    a.advance(&mut rng(3)).unwrap();
    assert!(a.has_made(1) && a.has_made(2) && !a.has_made(3));
}

/// Giving back failed half way: the amounts are free, and so nothing is signed any more, whoever still has the approved request.
#[test]
fn g2_what_was_given_back_in_part_opens_nothing() {
    let mut g = group::<FrostEd25519>(160);
    let coins = g.coins(1);
    let approved = g.nodes[0].approve(&coins, session(1));
    g.nodes[0].diary.fails = true;
    let (_, approved) = approved.release(&mut g.nodes[0].stores(), NOW).unwrap_err();
    g.nodes[0].diary.fails = false;
    assert_eq!(g.nodes[0].spent(&coins), 0);
    let unopened = sign(&g.shares[0], set(&[1, 2]), *approved, NOW, &mut rng(1)).unwrap_err();
    assert_eq!(unopened.error, GateError::AlreadyUsed(RegistryError::WrongState));
    let approved = unopened.approved.into_iter().next().unwrap();
    approved.release(&mut g.nodes[0].stores(), NOW).unwrap();
}

/// A session whose closing was not noted is closed again while another attempt runs, which stays counted.
#[test]
fn g2_a_late_close_leaves_the_next_attempt_alone() {
    let mut g = group::<FrostEd25519>(170);
    let coins = g.coins(1);
    let approved = g.nodes[0].approve(&coins, session(1));
    let mut first = sign(&g.shares[0], set(&[1, 2]), approved, NOW, &mut rng(1)).unwrap();
    first.give_up();
    g.nodes[0].diary.fails = true;
    assert!(first.close(&mut g.nodes[0].stores(), NOW).is_err());
    g.nodes[0].diary.fails = false;
    let mut second = g.open(&coins, &[1, 2], 2);
    first.close(&mut g.nodes[0].stores(), NOW).unwrap();
    assert_eq!(g.nodes[0].spent(&coins), 100);
    run(&g.cast, &mut second);
    second.get_mut(&id(1)).unwrap().close(&mut g.nodes[0].stores(), NOW).unwrap();
    assert_eq!(g.nodes[0].spent(&coins), 100);
}
