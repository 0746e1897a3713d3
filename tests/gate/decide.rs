//! Decisions: G1, G2, what they reserve, what they note, and what a rejection does.

use quorate::approval::audit::{Decision as Noted, Event, Outcome};
use quorate::approval::cap::{CapError, CapUse, Caps};
use quorate::approval::gate::{GateError, Stores};
use quorate::approval::policy::{Decision, PolicyError};
use quorate::approval::registry::{Entry, JUMP_S, MemoryRegistry, Registry, RegistryError, Space};
use quorate::approval::request::{
    Action, DigestRule, KeyRef, LiveKey, Purpose, RequestError, SigningRequest,
};

use super::world::{NOW, Node, approver, draft, request, says, session, yes};

const KEY: KeyRef = KeyRef { scheme: 3, id: [4; 32], epoch: 0 };

pub(crate) fn node() -> Node {
    Node::new(vec![LiveKey { scheme: 3, id: KEY.id, epoch: 0, public: vec![], chain_code: [0; 32] }])
}

fn pay(amount: u8, nonce: u8) -> SigningRequest {
    request(draft(Action::Sign, DigestRule::Message, Some(KEY), vec![amount]), nonce)
}

fn change(action: Action, payload: &[u8], nonce: u8) -> SigningRequest {
    request(draft(action, DigestRule::None, None, payload.to_vec()), nonce)
}

/// SHA-256(LP("quorate/1/outcome") || LP("rejected")), LP as in the documentation of requests; computed elsewhere.
const REJECTED: &str = "4098e248328617d4f324e4bc9096b3ca9620ccc5f3037ec4463d4ea75ca421d4";

#[test]
fn g1_only_an_allowed_request_passes_and_nothing_is_reserved_for_another() {
    let mut node = node();
    let more = pay(150, 1);
    let denied = node.decide(&more, &yes(&more)[..1], session(1), NOW).unwrap_err();
    assert!(matches!(&denied.error, GateError::Denied(Decision::NeedMore(need)) if need.approvers == 1));
    assert!(denied.trace.to_string().contains("P8 coins: needs more"), "{}", denied.trace);
    assert_eq!(denied.to_string(), "the policy: needs 1 more by key");
    let over = pay(201, 2);
    let denied = node.decide(&over, &yes(&over), session(1), NOW).unwrap_err();
    assert_eq!(denied.error, GateError::Denied(Decision::Deny(PolicyError::OverLimit)));
    assert_eq!((node.entry(&more), node.entry(&over), node.spent(&more)), (None, None, 0));
    // Evidence that does not count is told, with its place.
    let stranger = says(1, Purpose::Approve, &over);
    let denied = node.decide(&more, &[yes(&more)[0].clone(), stranger], session(1), NOW).unwrap_err();
    assert_eq!(denied.refused.len(), 1);
    assert_eq!(denied.refused[0].0, 1);
    // All of it is in the journal, with the policy and the trace.
    let records = node.records();
    let decisions: Vec<_> = records.iter().map(|r| (r.entry.event, r.entry.decision)).collect();
    assert_eq!(
        decisions,
        [(Event::Decided, Noted::NeedMore), (Event::Decided, Noted::Deny), (Event::Decided, Noted::NeedMore)]
    );
    assert_eq!(records[2].entry.trace, denied.trace.hash());
    assert_eq!(records[2].entry.policy, *node.policy.hash());
    assert_eq!(records[1].entry.evidence.len(), 2);
}

#[test]
fn a_request_that_passes_is_reserved_counted_and_noted() {
    let (mut node, pay) = (node(), pay(150, 1));
    // Evidence that is there twice is noted once.
    let evidence = [yes(&pay), yes(&pay)].concat();
    let approved = node.decide(&pay, &evidence, session(7), NOW + 1).unwrap();
    assert_eq!((approved.request(), approved.session(), approved.rule()), (&pay, session(7), "coins"));
    assert!(!approved.user_verified() && approved.updates().is_empty());
    assert_eq!(approved.min_signers(), 2);
    assert_eq!(node.entry(&pay), Some(Entry::Reserved { owner: [7; 16], attempts: 1 }));
    assert_eq!(node.spent(&pay), 150);
    let [record] = &node.records()[..] else { panic!("one record") };
    let entry = &record.entry;
    assert_eq!((entry.now, entry.request, entry.session), (NOW + 1, *pay.hash(), session(7)));
    assert_eq!(entry.trace, approved.trace().hash());
    assert_eq!(approved.trace().to_string(), "P10 coins: holds\nP9 coins: holds\n");
    assert_eq!((entry.decision, entry.rule.as_str(), entry.cluster), (Noted::Allow, "coins", *pay.cluster()));
    let who: Vec<_> = entry.evidence.iter().map(|e| (e.approver, e.factor)).collect();
    assert_eq!(who, [([1; 32], 3), ([2; 32], 3)]);
}

#[test]
fn g2_a_request_passes_once() {
    let (mut node, pay) = (node(), pay(100, 1));
    let approved = node.approve(&pay, session(1));
    let again = node.decide(&pay, &yes(&pay), session(2), NOW).unwrap_err();
    assert_eq!(again.error, GateError::AlreadyUsed(RegistryError::Taken));
    assert_eq!(node.spent(&pay), 100, "counted once");
    // Given back before anything started: the caps are free, and it passes again, three times in all.
    approved.release(&mut node.stores(), NOW).unwrap();
    assert_eq!((node.entry(&pay), node.spent(&pay)), (Some(Entry::Released { attempts: 1 }), 0));
    for attempt in 2..=3 {
        let approved = node.approve(&pay, session(attempt));
        assert_eq!(node.spent(&pay), 100);
        approved.release(&mut node.stores(), NOW).unwrap();
    }
    let end = node.decide(&pay, &yes(&pay), session(4), NOW).unwrap_err();
    assert_eq!(end.error, GateError::AlreadyUsed(RegistryError::Exhausted));
    let last = node.records().pop().unwrap().entry;
    assert_eq!((last.event, last.decision), (Event::Decided, Noted::Deny));
}

#[test]
fn release_then_double_decide_opens_one() {
    let (mut node, pay) = (node(), pay(100, 1));
    node.approve(&pay, session(1)).release(&mut node.stores(), NOW).unwrap();
    let one = node.decide(&pay, &yes(&pay), session(2), NOW);
    let two = node.decide(&pay, &yes(&pay), session(3), NOW);
    assert!(one.is_ok());
    assert_eq!(two.unwrap_err().error, GateError::AlreadyUsed(RegistryError::Taken));
}

#[test]
fn g2_if_the_caps_refuse_the_registry_is_given_back() {
    let mut node = node();
    let (first, second) = (pay(200, 1), pay(150, 2));
    node.approve(&first, session(1)).release(&mut node.stores(), NOW).unwrap();
    let _first = node.approve(&first, session(2));
    let denied = node.decide(&second, &yes(&second), session(3), NOW).unwrap_err();
    let over = PolicyError::CapExceeded("hour".into());
    assert_eq!(denied.error, GateError::Denied(Decision::Deny(over)));
    assert!(denied.trace.to_string().ends_with("P9 coins: refused\n"));
    assert_eq!(node.entry(&second), Some(Entry::Released { attempts: 1 }));
    assert_eq!(node.spent(&second), 200);
}

/// In either order. (Threads and interleavings of the stores themselves: tests of the registry.)
#[test]
fn two_requests_race_under_one_cap_and_one_passes() {
    for order in [[1, 2], [2, 1]] {
        let mut node = node();
        let passed = order.map(|n| {
            let pay = pay(200, n);
            node.decide(&pay, &yes(&pay), session(n), NOW).is_ok()
        });
        assert_eq!(passed, [true, false]);
        assert_eq!(node.spent(&pay(200, 1)), 200);
    }
}

/// The process dies after the registry and before the caps: a new process finds the request reserved, and nothing counted too little.
#[test]
fn crash_between_reserve_and_caps_leaves_the_request_used() {
    struct Dies;
    impl Caps for Dies {
        fn reserve(&mut self, _: &[u8; 32], _: &[CapUse], _: u64) -> Result<(), CapError> {
            panic!("the power fails");
        }
        fn commit(&mut self, _: &[u8; 32]) -> Result<(), CapError> {
            Ok(())
        }
        fn release(&mut self, _: &[u8; 32]) -> Result<(), CapError> {
            Ok(())
        }
    }
    use quorate::approval::gate::Gate;
    use quorate::approval::request::Holder;
    let (mut node, pay) = (node(), pay(100, 1));
    let crash = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let holder =
            Holder { cluster: super::world::CLUSTER, keys: &node.keys, decoder: Some(&super::world::Coins) };
        let stores = Stores { registry: &mut node.registry, caps: &mut Dies, journal: &mut node.diary };
        let totp = &mut std::collections::BTreeMap::new();
        let (policy, set) = (&node.policy, node.set.as_ref());
        let mut gate = Gate { policy, set, holder: &holder, passkeys: None, totp, stores };
        gate.decide(pay.clone(), &yes(&pay), session(1), NOW).is_ok()
    }));
    assert!(crash.is_err());
    let again = node.decide(&pay, &yes(&pay), session(2), NOW).unwrap_err();
    assert_eq!(again.error, GateError::AlreadyUsed(RegistryError::Taken));
}

#[test]
fn what_cannot_be_noted_does_not_pass_and_leaves_nothing() {
    let (mut node, pay) = (node(), pay(100, 1));
    node.diary.fails = true;
    let denied = node.decide(&pay, &yes(&pay), session(1), NOW).unwrap_err();
    assert_eq!(denied.error.code(), 6011);
    assert_eq!((node.entry(&pay), node.spent(&pay)), (Some(Entry::Released { attempts: 1 }), 0));
    // A denial that cannot be noted is one all the same.
    let denied = node.decide(&pay, &[], session(1), NOW).unwrap_err();
    assert!(denied.unnoted.is_some() && matches!(denied.error, GateError::Denied(Decision::NeedMore(_))));
}

#[test]
fn s7_a_clock_that_goes_back_revives_nothing_and_one_that_jumps_decides_nothing() {
    let (mut node, pay) = (node(), pay(100, 1));
    node.registry.clock(NOW + 600).unwrap();
    let denied = node.decide(&pay, &yes(&pay), session(1), NOW).unwrap_err();
    let expired = PolicyError::Request(RequestError::Expired);
    assert_eq!(denied.error, GateError::Denied(Decision::Deny(expired)));
    let far = NOW + 600 + JUMP_S + 1;
    let denied = node.decide(&pay, &yes(&pay), session(1), far).unwrap_err();
    let jump = RegistryError::ClockJump { high_water: NOW + 600, now: far };
    assert_eq!(denied.error, GateError::Registry(jump));
}

#[test]
fn s8_a_full_registry_denies() {
    let (mut node, pay) = (node(), pay(100, 1));
    node.registry = MemoryRegistry::new(0, NOW);
    let denied = node.decide(&pay, &yes(&pay), session(1), NOW).unwrap_err();
    assert_eq!(denied.error, GateError::Registry(RegistryError::Full));
    assert_eq!(node.spent(&pay), 0);
}

#[test]
fn a4_a_rejection_uses_the_request_up() {
    let (mut node, pay) = (node(), pay(100, 1));
    let no = says(3, Purpose::Reject, &pay);
    let denied = node.decide(&pay, &[yes(&pay), vec![no]].concat(), session(1), NOW).unwrap_err();
    assert_eq!(denied.error.code(), 5701);
    assert!(denied.trace.to_string().contains("A4: refused"), "{}", denied.trace);
    let Some(Entry::Committed { outcome }) = node.entry(&pay) else { panic!("used up") };
    assert_eq!(hex::encode(outcome), REJECTED);
    // Without the rejection it does not come back.
    let again = node.decide(&pay, &yes(&pay), session(2), NOW).unwrap_err();
    assert_eq!(again.error, GateError::AlreadyUsed(RegistryError::Done(outcome)));
}

/// A session has the request; when it gives it back, the rejection still counts.
#[test]
fn a4_a_rejection_while_a_session_runs_counts_when_it_has_ended() {
    let (mut node, pay) = (node(), pay(100, 1));
    let approved = node.approve(&pay, session(1));
    let no = says(3, Purpose::Reject, &pay);
    node.decide(&pay, &[no], session(2), NOW).unwrap_err();
    assert_eq!(node.entry(&pay), Some(Entry::Reserved { owner: [1; 16], attempts: 1 }));
    approved.release(&mut node.stores(), NOW).unwrap();
    let denied = node.decide(&pay, &yes(&pay), session(3), NOW).unwrap_err();
    assert!(denied.trace.to_string().contains("A4: refused"), "{}", denied.trace);
    let veto = node.registry.entry(Space::Request, &pay.challenge(Purpose::Reject)).unwrap();
    assert_eq!(veto, Some(Entry::Committed { outcome: approver(3).0 }));
}

/// Approvers that the policy does not name have no say, for or against.
#[test]
fn a4_a_swapped_or_empty_set_rejects_nothing() {
    let (mut node, pay) = (node(), pay(100, 1));
    let set = super::world::approvers();
    let swapped = quorate::approval::approver::ApproverSet::new(2, set.counting().cloned()).unwrap();
    for other in [Some(swapped), None] {
        node.set = other;
        let evidence = [yes(&pay), vec![says(3, Purpose::Reject, &pay)]].concat();
        let denied = node.decide(&pay, &evidence, session(1), NOW).unwrap_err();
        assert_eq!(denied.error, GateError::Denied(Decision::Deny(PolicyError::NoApprovers)));
        assert_eq!(node.entry(&pay), None);
    }
}

#[test]
fn g3_g4_g5_a_change_without_a_session_is_enacted_as_it_was_approved() {
    let mut node = node();
    let wanted = change(Action::PolicyChange, b"the next policy", 1);
    let approved = node.approve(&wanted, session(1));
    let stores = &mut node.stores();
    let (error, approved) =
        approved.enact(Action::BackupExport, b"the next policy", stores, NOW).unwrap_err();
    assert_eq!(error, GateError::WrongAction); // [G3]
    let (error, approved) = approved.enact(Action::PolicyChange, b"another policy", stores, NOW).unwrap_err();
    assert_eq!(error, GateError::WrongContent); // [G4]
    let (error, approved) =
        approved.enact(Action::PolicyChange, b"the next policy", stores, NOW + 600).unwrap_err();
    assert_eq!(error, GateError::Expired); // [G5]
    approved.enact(Action::PolicyChange, b"the next policy", stores, NOW + 599).unwrap();
    assert!(matches!(node.entry(&wanted), Some(Entry::Committed { .. })));
    let last = node.records().pop().unwrap().entry;
    assert_eq!((last.event, last.outcome, last.request), (Event::Signed, Outcome::Signed, *wanted.hash()));
    // What a session is for is not enacted without one.
    let pay = pay(1, 2);
    let approved = node.approve(&pay, session(2));
    let (error, _) = approved.enact(Action::Sign, &[1], &mut node.stores(), NOW).unwrap_err();
    assert_eq!(error, GateError::WrongKey);
}

/// What has the request by now does not let it be committed with an outcome of somebody else's.
#[test]
fn s4_a_change_is_not_enacted_where_another_attempt_has_its_request() {
    let mut node = node();
    let wanted = change(Action::PolicyChange, b"the next policy", 1);
    let approved = node.approve(&wanted, session(1));
    node.registry.release(Space::Request, wanted.hash(), &[1; 16]).unwrap();
    let _other = node.approve(&wanted, session(2));
    let enacted = approved.enact(Action::PolicyChange, b"the next policy", &mut node.stores(), NOW);
    assert_eq!(enacted.unwrap_err().0, GateError::Registry(RegistryError::NotOwner));
    assert_eq!(node.entry(&wanted), Some(Entry::Reserved { owner: [2; 16], attempts: 2 }));
}

/// Its answer was lost, or it could not be noted: asked again it is done, unless what was committed is something else.
#[test]
fn s5_a_change_that_was_committed_may_be_enacted_again() {
    let mut node = node();
    let wanted = change(Action::PolicyChange, b"the next policy", 1);
    let approved = node.approve(&wanted, session(1));
    node.diary.fails = true;
    let (error, approved) =
        approved.enact(Action::PolicyChange, b"the next policy", &mut node.stores(), NOW).unwrap_err();
    assert_eq!(error.code(), 6011);
    assert!(matches!(node.entry(&wanted), Some(Entry::Committed { .. })));
    node.diary.fails = false;
    approved.enact(Action::PolicyChange, b"the next policy", &mut node.stores(), NOW).unwrap();
    let wanted = change(Action::PolicyChange, b"the next policy", 2);
    let approved = node.approve(&wanted, session(2));
    node.registry.commit(Space::Request, wanted.hash(), &[2; 16], &[9; 32]).unwrap();
    let enacted = approved.enact(Action::PolicyChange, b"the next policy", &mut node.stores(), NOW);
    assert_eq!(enacted.unwrap_err().0, GateError::Registry(RegistryError::WrongState));
}

#[test]
fn one_reshare_of_an_epoch_is_allowed() {
    let reshare = |payload: u8, nonce, epoch| {
        let key = KeyRef { epoch, ..KEY };
        request(draft(Action::Reshare, DigestRule::None, Some(key), vec![payload]), nonce)
    };
    let mut node = node();
    let (one, other) = (reshare(1, 1, 0), reshare(2, 2, 0));
    let approved = node.approve(&one, session(1));
    let conflict = GateError::AlreadyUsed(RegistryError::Conflict);
    assert_eq!(node.decide(&other, &yes(&other), session(2), NOW).unwrap_err().error, conflict);
    assert_eq!(node.entry(&other), Some(Entry::Released { attempts: 1 }));
    // The same one may be tried again, and no other, also after the first was given back.
    approved.release(&mut node.stores(), NOW).unwrap();
    assert_eq!(node.decide(&other, &yes(&other), session(3), NOW).unwrap_err().error, conflict);
    let _again = node.approve(&one, session(4));
    // Of another epoch there may be one more.
    node.keys[0].epoch = 1;
    let next = reshare(2, 3, 1);
    node.diary.fails = true;
    assert_eq!(node.decide(&next, &yes(&next), session(5), NOW).unwrap_err().error.code(), 6011);
    // What could not be noted has left neither of its names reserved.
    node.diary.fails = false;
    node.approve(&next, session(6)).release(&mut node.stores(), NOW).unwrap();
}

/// A request is forgotten when nobody can use it any more. What epoch was reshared, and to whom, never is.
#[test]
fn g2_the_one_reshare_of_an_epoch_is_never_forgotten() {
    let reshare = |payload: u8, at: u64| {
        let draft = draft(Action::Reshare, DigestRule::None, Some(KEY), vec![payload]);
        request(quorate::approval::request::Draft { not_before: at, expires: at + 600, ..draft }, payload)
    };
    let (mut node, day) = (node(), JUMP_S);
    let one = reshare(1, NOW);
    node.approve(&one, session(1)).release(&mut node.stores(), NOW).unwrap();
    let later = (1..=8).map(|days| node.registry.clock(NOW + days * day).unwrap()).last().unwrap();
    assert_eq!(node.registry.purge(later), Ok(1));
    assert_eq!(node.entry(&one), None);
    let other = reshare(2, later);
    let denied = node.decide(&other, &yes(&other), session(2), later).unwrap_err();
    assert_eq!(denied.error, GateError::AlreadyUsed(RegistryError::Conflict));
}

/// The caps are out of reach by the time a request ends that they count nothing of.
#[test]
fn what_has_no_amounts_is_settled_without_the_caps() {
    struct Gone;
    impl Caps for Gone {
        fn reserve(&mut self, _: &[u8; 32], _: &[CapUse], _: u64) -> Result<(), CapError> {
            Err(CapError::Unavailable)
        }
        fn commit(&mut self, _: &[u8; 32]) -> Result<(), CapError> {
            Err(CapError::Unavailable)
        }
        fn release(&mut self, _: &[u8; 32]) -> Result<(), CapError> {
            Err(CapError::Unavailable)
        }
    }
    let mut node = node();
    let (wanted, pay) = (change(Action::PolicyChange, b"the next policy", 1), pay(100, 2));
    let (approved, paying) = (node.approve(&wanted, session(1)), node.approve(&pay, session(2)));
    let stores = &mut Stores { registry: &mut node.registry, caps: &mut Gone, journal: &mut node.diary };
    let (error, _) = paying.release(stores, NOW).unwrap_err();
    assert_eq!(error, GateError::Caps(CapError::Unavailable));
    approved.enact(Action::PolicyChange, b"the next policy", stores, NOW).unwrap();
    assert!(matches!(node.entry(&wanted), Some(Entry::Committed { .. })));
}

#[test]
fn a_store_that_fails_while_giving_back_may_be_asked_again() {
    let (mut node, pay) = (node(), pay(100, 1));
    let approved = node.approve(&pay, session(1));
    node.diary.fails = true;
    let (error, approved) = approved.release(&mut node.stores(), NOW).unwrap_err();
    assert_eq!(error.code(), 6011);
    node.diary.fails = false;
    approved.release(&mut node.stores(), NOW).unwrap();
    assert_eq!((node.entry(&pay), node.spent(&pay)), (Some(Entry::Released { attempts: 1 }), 0));
    assert_eq!(node.records().pop().unwrap().entry.event, Event::Released);
}

/// Giving back was noted late: another attempt has the request by then, and what is reserved is that attempt's.
#[test]
fn g2_a_late_call_to_give_back_leaves_the_next_attempt_alone() {
    let (mut node, pay) = (node(), pay(100, 1));
    let first = node.approve(&pay, session(1));
    node.diary.fails = true;
    let (error, first) = first.release(&mut node.stores(), NOW).unwrap_err();
    assert_eq!(error.code(), 6011);
    node.diary.fails = false;
    let second = node.approve(&pay, session(2));
    first.release(&mut node.stores(), NOW).unwrap();
    assert_eq!(node.spent(&pay), 100, "the second attempt counts");
    assert_eq!(node.entry(&pay), Some(Entry::Reserved { owner: [2; 16], attempts: 2 }));
    assert_eq!(node.records().pop().unwrap().entry.session, session(1));
    second.release(&mut node.stores(), NOW).unwrap();
    assert_eq!(node.spent(&pay), 0);
}

/// Whoever began to give a request back cannot carry it out: its amounts may be free already, and another attempt may have it.
#[test]
fn g2_what_was_given_back_in_part_is_not_enacted() {
    let mut node = node();
    let wanted = change(Action::PolicyChange, b"the next policy", 1);
    let approved = node.approve(&wanted, session(1));
    node.diary.fails = true;
    let (_, approved) = approved.release(&mut node.stores(), NOW).unwrap_err();
    node.diary.fails = false;
    let (error, approved) =
        approved.enact(Action::PolicyChange, b"the next policy", &mut node.stores(), NOW).unwrap_err();
    assert_eq!(error, GateError::AlreadyUsed(RegistryError::WrongState));
    approved.release(&mut node.stores(), NOW).unwrap();
    assert_eq!(node.entry(&wanted), Some(Entry::Released { attempts: 1 }));
}

/// One approver cannot fill the registry with names that are never forgotten. The longest life of these requests is 900 seconds.
#[test]
fn a4_a_rejection_of_what_cannot_pass_yet_is_not_kept() {
    for (expires, kept) in [(NOW + 1800, true), (NOW + 1801, false), (u64::MAX, false)] {
        let mut node = node();
        let draft = draft(Action::Sign, DigestRule::Message, Some(KEY), vec![100]);
        let pay = quorate::approval::request::Draft { not_before: expires - 600, expires, ..draft };
        let pay = request(pay, 1);
        let no = says(3, Purpose::Reject, &pay);
        let denied = node.decide(&pay, &[yes(&pay), vec![no]].concat(), session(1), NOW).unwrap_err();
        let early = PolicyError::Request(RequestError::NotYet);
        assert_eq!(denied.error, GateError::Denied(Decision::Deny(early)));
        assert_eq!(node.entry(&pay).is_some(), kept, "{expires}");
    }
}
