//! ECDSA behind the gate.

use std::collections::BTreeMap;

use quorate::approval::gate::GateError;
use quorate::approval::registry::Entry;
use quorate::approval::request::{Action, DigestRule, Draft, SigningRequest};
use quorate::curve::{EcdsaP256, EcdsaSecp256k1};
use quorate::ecdsa::{EcdsaScheme, Message, Prehashed, Presignature, Sign};
use quorate::error::SetupError;
use quorate::gated::ecdsa::{online, presign, sign, sign_batch};
use quorate::gated::{Gated, GatedSession};
use quorate::key::{KeyShare, Path, derive};
use quorate::pairing::Pairings;
use quorate::party::PartyId;

use super::frost::{Group, group};
use super::world::{NOW, drive, id, request, rng, run, session, set, yes};

pub(super) struct Duo<S: EcdsaScheme> {
    pub(super) group: Group<S>,
    pairings: BTreeMap<PartyId, Pairings>,
}

pub(super) fn duo<S: EcdsaScheme>(seed: u64) -> Duo<S> {
    let group = group::<S>(seed);
    let pairings = group.cast.deal_pairings(&set(&[1, 2, 3]), &mut rng(seed + 2)).unwrap();
    Duo { group, pairings: pairings.into_iter().collect() }
}

impl<S: EcdsaScheme> Duo<S> {
    pub(super) fn pay(&self, rule: DigestRule, nonce: u8) -> SigningRequest {
        request(self.group.draft(Action::Sign, rule, &[1, 2, 100]), nonce)
    }

    fn at(&self, path: &[u32], nonce: u8) -> SigningRequest {
        let draft = self.group.draft(Action::Sign, DigestRule::Sha256, &[1, 2, 100]);
        request(Draft { path: path.to_vec(), ..draft }, nonce)
    }

    pub(super) fn share(&self, who: u16) -> &Gated<KeyShare<S>> {
        &self.group.shares[usize::from(who) - 1]
    }

    pub(super) fn open(
        &mut self,
        request: &SigningRequest,
        signers: &[u16],
        n: u8,
    ) -> BTreeMap<PartyId, GatedSession<Sign<S>>> {
        let mut sessions = BTreeMap::new();
        for who in signers {
            let approved = self.group.nodes[usize::from(*who) - 1].approve(request, session(n));
            let pairings = &self.pairings[&id(*who)];
            let opened =
                sign(self.share(*who), set(signers), pairings, approved, NOW, &mut rng(u64::from(*who)));
            sessions.insert(id(*who), opened.unwrap());
        }
        sessions
    }

    fn close<P: quorate::gated::Guarded>(&mut self, sessions: &mut BTreeMap<PartyId, GatedSession<P>>) {
        for (who, session) in sessions {
            session.close(&mut self.group.nodes[usize::from(who.get()) - 1].stores(), NOW).unwrap();
        }
    }

    /// Made by 1 and 2 for the key at `path`.
    fn presign(&mut self, path: &[u32], count: usize, n: u8) -> Vec<Vec<Gated<Presignature<S>>>> {
        let path = Path::new(path.iter().copied()).unwrap();
        let open = |who: u16| {
            let what = (&path, count);
            let (pairings, mut rng) = (&self.pairings[&id(who)], rng(u64::from(who)));
            (id(who), presign(self.share(who), set(&[1, 2]), pairings, what, session(n), &mut rng).unwrap())
        };
        let mut sessions: BTreeMap<_, _> = [1, 2].into_iter().map(open).collect();
        let made = run(&self.group.cast, &mut sessions);
        self.close(&mut sessions);
        made
    }
}

fn signs_every_rule<S: EcdsaScheme>(seed: u64) {
    let mut d = duo::<S>(seed);
    let payload = [1, 2, 100];
    let rules = [
        (DigestRule::Sha256, Message::sha256(&payload)),
        (DigestRule::DoubleSha256, Message::sha256d(&payload)),
        (DigestRule::Keccak256, Message::keccak256(&payload)),
    ];
    for (n, (rule, message)) in (1..).zip(rules) {
        let pay = d.pay(rule, n);
        let mut sessions = d.open(&pay, &[1, 3], n);
        let signatures = run(&d.group.cast, &mut sessions);
        d.close(&mut sessions);
        let key = *derive(d.share(1).public(), &Path::default()).unwrap().point();
        assert!(signatures.iter().all(|s| s.verify(&key, message)), "{rule:?}");
        assert!(matches!(d.group.nodes[0].entry(&pay), Some(Entry::Committed { .. })));
        assert_eq!(d.group.nodes[0].entry(&pay), d.group.nodes[2].entry(&pay));
    }
}

#[test]
fn both_curves_sign_what_was_approved_under_every_rule() {
    signs_every_rule::<EcdsaSecp256k1>(200);
    signs_every_rule::<EcdsaP256>(210);
}

#[test]
fn g4_the_path_is_the_requests() {
    let mut d = duo::<EcdsaSecp256k1>(220);
    let pay = d.at(&[44, 7], 1);
    let mut sessions = d.open(&pay, &[1, 2], 1);
    let signatures = run(&d.group.cast, &mut sessions);
    let key = |path: &[u32]| {
        let path = Path::new(path.iter().copied()).unwrap();
        *derive(d.share(1).public(), &path).unwrap().point()
    };
    let message = Message::sha256(&[1, 2, 100]);
    assert!(signatures[0].verify(&key(&[44, 7]), message));
    assert!(!signatures[0].verify(&key(&[]), message));
}

/// Raw hashes are signed in three rounds, with ECDSA by exactly t: a rule that wants three signers of a key that two sign never allows it.
#[test]
fn g5_a_raw_hash_needs_as_many_signers_as_its_rule_wants() {
    let mut d = duo::<EcdsaSecp256k1>(230);
    let raw = request(d.group.draft(Action::SignRaw, DigestRule::Prehashed, &[9; 32]), 1);
    let approved = d.group.nodes[0].approve(&raw, session(1));
    let unopened =
        sign(d.share(1), set(&[1, 2]), &d.pairings[&id(1)], approved, NOW, &mut rng(1)).unwrap_err();
    assert_eq!(unopened.error, GateError::WrongSetup);
    let approved = unopened.approved.into_iter().next().unwrap();
    let unopened =
        sign(d.share(1), set(&[1, 2, 3]), &d.pairings[&id(1)], approved, NOW, &mut rng(1)).unwrap_err();
    assert_eq!(unopened.error, GateError::Setup(SetupError::SignerCount { signers: 3, t: 2 }));
}

/// The same key, but of three, so that the rule for raw hashes can be met.
#[test]
fn a_raw_hash_is_signed_in_three_rounds() {
    use quorate::party::Threshold;
    let mut d = duo::<EcdsaSecp256k1>(240);
    let shares = d.group.cast.deal::<EcdsaSecp256k1>(Threshold::new(3, 3).unwrap(), &mut rng(241)).unwrap();
    d.group.nodes.iter_mut().for_each(|node| node.keys = vec![super::world::live(shares[0].public())]);
    d.group.shares = shares.into_iter().map(Gated::new).collect();
    let raw = request(d.group.draft(Action::SignRaw, DigestRule::Prehashed, &[9; 32]), 1);
    let mut sessions = d.open(&raw, &[1, 2, 3], 1);
    let signatures = run(&d.group.cast, &mut sessions);
    let key = *derive(d.share(1).public(), &Path::default()).unwrap().point();
    assert!(signatures[0].verify(&key, Prehashed::new([9; 32])));
}

#[test]
fn a_batch_of_requests_is_signed_in_one_run_and_each_is_settled() {
    let mut d = duo::<EcdsaSecp256k1>(250);
    let requests: Vec<_> = (1..=3).map(|n| d.at(&[u32::from(n)], n)).collect();
    let open = |d: &mut Duo<EcdsaSecp256k1>, who: u16, order: &[usize]| {
        let node = &mut d.group.nodes[usize::from(who) - 1];
        let approved = order.iter().map(|at| node.approve(&requests[*at], session(9))).collect();
        let share = &d.group.shares[usize::from(who) - 1];
        let pairings = &d.pairings[&id(who)];
        (id(who), sign_batch(share, set(&[1, 2]), pairings, approved, NOW, &mut rng(u64::from(who))).unwrap())
    };
    // In whatever order each holder has them.
    let mut sessions = BTreeMap::from([open(&mut d, 1, &[0, 1, 2]), open(&mut d, 2, &[2, 0, 1])]);
    assert_eq!(d.group.nodes[0].spent(&requests[0]), 300);
    let signatures = run(&d.group.cast, &mut sessions);
    d.close(&mut sessions);
    assert_eq!(signatures[0].len(), 3);
    let mut sorted: Vec<_> = requests.iter().collect();
    sorted.sort_by_key(|request| *request.hash());
    for (request, signature) in sorted.iter().zip(&signatures[0]) {
        let path = Path::new(request.path().iter().copied()).unwrap();
        let key = *derive(d.share(1).public(), &path).unwrap().point();
        assert!(signature.verify(&key, Message::sha256(&[1, 2, 100])));
        let framed = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes(), bytes].concat();
        let bytes = [framed(b"quorate/1/outcome"), framed(&signature.to_bytes())].concat();
        let outcome: [u8; 32] = <sha2::Sha256 as sha2::Digest>::digest(bytes).into();
        assert_eq!(d.group.nodes[0].entry(request), Some(Entry::Committed { outcome }));
        assert_eq!(d.group.nodes[1].entry(request), Some(Entry::Committed { outcome }));
    }
}

#[test]
fn g5_a_batch_is_of_one_session_and_not_empty() {
    let mut d = duo::<EcdsaSecp256k1>(260);
    let (one, two) = (d.at(&[1], 1), d.at(&[2], 2));
    let node = &mut d.group.nodes[0];
    let approved = vec![node.approve(&one, session(1)), node.approve(&two, session(2))];
    let unopened =
        sign_batch(d.share(1), set(&[1, 2]), &d.pairings[&id(1)], approved, NOW, &mut rng(1)).unwrap_err();
    assert_eq!((unopened.error, unopened.approved.len()), (GateError::WrongSetup, 2));
    let none = sign_batch(d.share(1), set(&[1, 2]), &d.pairings[&id(1)], vec![], NOW, &mut rng(1));
    assert_eq!(none.unwrap_err().error, GateError::WrongSetup);
}

#[test]
fn a_presignature_is_spent_for_an_approved_request() {
    let mut d = duo::<EcdsaSecp256k1>(270);
    let made = d.presign(&[5], 1, 1);
    let pay = d.at(&[5], 1);
    let mut sessions = BTreeMap::new();
    for (who, made) in [1u16, 2].into_iter().zip(made) {
        let approved = d.group.nodes[usize::from(who) - 1].approve(&pay, session(2));
        let presignature = made.into_iter().next().unwrap();
        let opened = online(d.share(who), presignature, &d.pairings[&id(who)], approved, NOW).unwrap();
        // One round: the part is made at once.
        assert!(opened.has_left());
        sessions.insert(id(who), opened);
    }
    let signatures = run(&d.group.cast, &mut sessions);
    d.close(&mut sessions);
    let key = *derive(d.share(1).public(), &Path::new([5]).unwrap()).unwrap().point();
    assert!(signatures[0].verify(&key, Message::sha256(&[1, 2, 100])));
    assert!(matches!(d.group.nodes[0].entry(&pay), Some(Entry::Committed { .. })));
    assert_eq!(d.group.nodes[0].spent(&pay), 100);
}

/// Another path, a raw hash, another key, another action: the presignature comes back unspent each time, and signs in the end.
#[test]
fn g3_g4_a_presignature_is_not_spent_for_another_path_key_or_action_nor_for_a_raw_hash() {
    let mut d = duo::<EcdsaSecp256k1>(280);
    let mut presignature = d.presign(&[5], 1, 1).remove(0).remove(0);
    let foreign = duo::<EcdsaSecp256k1>(290);
    let theirs = foreign.group.nodes[0].keys[0].clone();
    d.group.nodes[0].keys.push(theirs);
    // A raw hash wants three signers by its rule; the policy here wants two for it, so that the rule of the gate is what refuses.
    let raw_at = |d: &Duo<EcdsaSecp256k1>| {
        let draft = d.group.draft(Action::SignRaw, DigestRule::Prehashed, &[9; 32]);
        request(Draft { path: vec![5], ..draft }, 2)
    };
    d.group.nodes[0].policy = super::stored::policy_for_two();
    let refresh = request(d.group.draft(Action::Refresh, DigestRule::None, &[0, 0, 0, 1]), 4);
    let cases = [
        (d.at(&[6], 1), GateError::WrongContent),
        (d.at(&[], 5), GateError::WrongContent),
        (raw_at(&d), GateError::WrongContent),
        (foreign.at(&[5], 3), GateError::WrongKey),
        (refresh, GateError::WrongAction),
    ];
    for (n, (wrong, error)) in (2..).zip(cases) {
        let approved = d.group.nodes[0].approve(&wrong, session(n));
        let unopened = online(d.share(1), presignature, &d.pairings[&id(1)], approved, NOW).unwrap_err();
        assert_eq!(unopened.error, error);
        presignature = unopened.with.unwrap();
    }
    // One of another key, or of another sharing of this one, with a request of this key.
    let pay = d.at(&[5], 9);
    let mut approved = d.group.nodes[0].approve(&pay, session(9));
    let mut foreign = foreign;
    let theirs = foreign.presign(&[5], 1, 2).remove(0).remove(0);
    let unopened = online(d.share(1), theirs, &d.pairings[&id(1)], approved, NOW).unwrap_err();
    assert_eq!(unopened.error, GateError::WrongKey);
    assert!(unopened.with.is_some());
    approved = unopened.approved.into_iter().next().unwrap();
    assert!(online(d.share(1), presignature, &d.pairings[&id(1)], approved, NOW).is_ok());
}

/// [G3] Of another key, with a request and a share that fit each other. (It is the protocol's to refuse too, but there it would be spent.)
#[test]
fn g3_a_presignature_of_another_key_comes_back() {
    let mut d = duo::<EcdsaSecp256k1>(320);
    let foreign = duo::<EcdsaSecp256k1>(330).presign(&[5], 1, 1).remove(0).remove(0);
    let pay = d.at(&[5], 1);
    let approved = d.group.nodes[0].approve(&pay, session(2));
    let unopened = online(d.share(1), foreign, &d.pairings[&id(1)], approved, NOW).unwrap_err();
    assert_eq!(unopened.error, GateError::WrongKey);
    assert!(unopened.with.is_some() && unopened.approved.len() == 1);
}

/// Burned since it was presigned.
#[test]
fn a_presignature_of_a_burned_share_is_not_spent() {
    let mut d = duo::<EcdsaSecp256k1>(300);
    let presignature = d.presign(&[5], 1, 1).remove(0).remove(0);
    let pay = d.at(&[5], 1);
    let approved = d.group.nodes[0].approve(&pay, session(2));
    d.group.shares[0].burn();
    let unopened = online(d.share(1), presignature, &d.pairings[&id(1)], approved, NOW).unwrap_err();
    assert_eq!(unopened.error, GateError::Setup(SetupError::Burned(id(1))));
    assert!(unopened.with.is_some());
}

/// A peer that breaks round 3 has our w_i: the cap stays. One that breaks round 2 has not.
#[test]
fn abort_by_the_peer_after_our_share_left_does_not_free_the_cap() {
    for (round, check, left, spent) in [(2, "S2", false, 0), (3, "S3", true, 100)] {
        let mut d = duo::<EcdsaSecp256k1>(310);
        let pay = d.pay(DigestRule::Sha256, 1);
        let mut sessions = d.open(&pay, &[1, 2], 1);
        let results = drive(&d.group.cast, &mut sessions, &mut |_, _| {}, &mut |from, _, bytes| {
            if from == id(2) && bytes[2] == round {
                *bytes.last_mut().unwrap() ^= 1;
            }
            true
        });
        let abort = results[&id(1)].as_ref().unwrap_err();
        assert!(abort.check.starts_with(check), "{}", abort.check);
        let one = sessions.get_mut(&id(1)).unwrap();
        assert_eq!(one.has_left(), left);
        one.close(&mut d.group.nodes[0].stores(), NOW).unwrap();
        assert_eq!(d.group.nodes[0].spent(&pay), spent);
        assert_eq!(d.group.nodes[0].entry(&pay), Some(Entry::Released { attempts: 1 }));
        // The same evidence may be decided again.
        assert!(d.group.nodes[0].decide(&pay, &yes(&pay), session(2), NOW).is_ok());
    }
}

/// With a presignature, and in a batch.
#[test]
fn g5_too_late_or_too_few_spends_nothing() {
    let mut d = duo::<EcdsaSecp256k1>(320);
    let presignature = d.presign(&[5], 1, 1).remove(0).remove(0);
    let draft = d.group.draft(Action::SignRaw, DigestRule::Sha256, b"three by their rule\0");
    let raw = request(Draft { path: vec![5], ..draft }, 1);
    let approved = d.group.nodes[0].approve(&raw, session(2));
    let pairings = &d.pairings[&id(1)];
    let unopened = online(d.share(1), presignature, pairings, approved, NOW).unwrap_err();
    assert_eq!(unopened.error, GateError::WrongSetup);
    let late = sign_batch(d.share(1), set(&[1, 2]), pairings, unopened.approved, NOW, &mut rng(1));
    assert_eq!(late.unwrap_err().error, GateError::WrongSetup);
    let pay = d.at(&[5], 2);
    let approved = d.group.nodes[0].approve(&pay, session(3));
    let pairings = &d.pairings[&id(1)];
    let unopened = online(d.share(1), unopened.with.unwrap(), pairings, approved, NOW + 600).unwrap_err();
    assert_eq!(unopened.error, GateError::Expired);
    let late = sign_batch(d.share(1), set(&[1, 2]), pairings, unopened.approved, NOW + 600, &mut rng(1));
    let unopened_batch = late.unwrap_err();
    assert_eq!(unopened_batch.error, GateError::Expired);
    let approved = unopened_batch.approved.into_iter().next().unwrap();
    assert!(online(d.share(1), unopened.with.unwrap(), pairings, approved, NOW + 599).is_ok());
}
