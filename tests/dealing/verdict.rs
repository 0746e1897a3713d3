//! What every honest party must say, and what everybody else must be able to conclude from it.

use quorate::dkg::{Occasion, Run, judge};
use quorate::error::{Abort, Chance, Doubt, Fault, Verdict};
use quorate::evidence::{Evidence, EvidenceKind};
use quorate::identity::{IdentityKey, Roster};
use quorate::key::KeyShare;
use quorate::party::{PartyId, Threshold};
use quorate::secret::Secret;
use quorate::session::Finding;
use quorate::wire::{Header, Kind, SessionId};

use crate::facts::{Affair, Ended};
use crate::foe::Foe;
use crate::game::Game;
use crate::puppet::id;

/// How a party must end.
#[derive(Clone, Debug)]
pub(crate) enum Want {
    /// With a key.
    Key,
    /// Waiting for these.
    Wait(Vec<u16>),
    /// With a conviction: round, check, lowest cheater, fault, whether there is evidence, the others convicted.
    Cheater(u8, &'static str, u16, Fault, bool, Vec<(u16, Fault)>),
    /// With everybody else suspected: round, check.
    Suspects(u8, &'static str),
    /// With nobody to blame: round, check.
    Degenerate(u8, &'static str),
}

/// A conviction of one, with evidence.
pub(crate) fn cheater(round: u8, check: &'static str, who: u16, fault: Fault) -> Want {
    Want::Cheater(round, check, who, fault, true, Vec::new())
}

/// A conviction of one, without evidence.
pub(crate) fn unproved(round: u8, check: &'static str, who: u16, fault: Fault) -> Want {
    Want::Cheater(round, check, who, fault, false, Vec::new())
}

/// Whether the liar's complaint is about somebody other than this party.
fn about_another<S: Foe, O: Affair<S>>(game: &Game<S, O>, number: u16, liar: PartyId) -> bool {
    game.body(3, liar, id(number)).is_some_and(|complaint| complaint[32..34] != number.to_be_bytes())
}

impl<S: Foe, O: Affair<S>> Game<S, O> {
    /// The ending of one party, exactly; evidence is judged from the outside.
    pub(crate) fn expect(&self, number: u16, want: &Want) {
        let (seat, label) = (self.seat(number), &self.label);
        assert_eq!(seat.rejected, [], "{label}: {number}");
        let found = match &seat.outcome {
            None => {
                let Want::Wait(missing) = want else { panic!("{label}: {number} waits, not {want:?}") };
                let missing: Vec<_> = missing.iter().map(|n| id(*n)).collect();
                assert_eq!(seat.session.missing(), missing, "{label}: {number}");
                return;
            }
            Some(Ok(ended)) => {
                assert!(matches!(want, Want::Key), "{label}: {number} has a key, not {want:?}");
                self.sound(id(number), ended);
                return;
            }
            Some(Err(abort)) => abort,
        };
        let context = format!("{label}: {number} wants {want:?}");
        match want {
            Want::Key | Want::Wait(_) => panic!("{context}: {found}"),
            Want::Cheater(round, check, who, fault, proved, others) => {
                let Verdict::Cheater { who: w, fault: f, evidence } = &found.verdict else {
                    panic!("{context}: {found}")
                };
                let lowest = (found.round, found.check, *w, *f, evidence.is_some());
                assert_eq!(lowest, (*round, *check, id(*who), *fault, *proved), "{context}");
                let named: Vec<_> = found.others.iter().map(|c| (c.who.get(), c.fault)).collect();
                assert_eq!(named, *others, "{context}");
                let convictions = found.others.iter().map(|c| (c.who, c.fault, &c.evidence));
                for (who, fault, evidence) in convictions.chain([(*w, *f, evidence)]) {
                    // What does not fit takes the complaint to show, which its maker has not signed yet; and an accused
                    // dealer has no signature on its own reveal.
                    let unproved = matches!(fault, Fault::BadShare) && *round == 2
                        || matches!(fault, Fault::FalseComplaint) && !about_another(self, number, who);
                    assert_eq!(evidence.is_none(), unproved, "{context}: {who}");
                    if let Some(evidence) = evidence {
                        self.convicts(evidence, who, fault, &context);
                    }
                }
            }
            Want::Suspects(round, check) => {
                let who = self.roster().parties().without(id(number));
                let verdict = Verdict::Suspects { who, why: Doubt::ViewsDiffer };
                let wanted = Abort { round: *round, check, verdict, others: Vec::new() };
                assert_eq!(found, &wanted, "{context}");
            }
            Want::Degenerate(round, check) => {
                let verdict = Verdict::NoFault { why: Chance::Degenerate };
                let wanted = Abort { round: *round, check, verdict, others: Vec::new() };
                assert_eq!(found, &wanted, "{context}");
            }
        }
    }

    /// The same ending for every honest party.
    pub(crate) fn expect_all(&self, want: &Want) {
        self.seats.keys().for_each(|me| self.expect(me.get(), want));
    }

    /// `s_i * G = V(i)` of a member, the same public key as everybody's, and the certificate that we compute ourselves.
    fn sound(&self, me: PartyId, ended: &O::Output) {
        let label = &self.label;
        assert_eq!(ended.share().is_some(), self.facts.members.contains(&me), "{label}");
        if let Some(share) = ended.share() {
            assert_eq!(share.id(), me, "{label}");
            assert!(KeyShare::<S>::from_bytes(share.to_bytes().expose()).is_some(), "{label}");
        }
        let cert = self.cert(me).expect("a certificate");
        assert_eq!(ended.public().cert(), &cert, "{label}");
        if !self.facts.before.is_empty() {
            let len = ended.public().public_key().len();
            assert_eq!(ended.public().public_key(), self.facts.before[..len], "{label}");
        }
        for seat in self.seats.values() {
            if let Some(Ok(other)) = &seat.outcome {
                assert_eq!(other.public().cert(), &cert, "{label}");
                assert_eq!(other.public().public_key(), ended.public().public_key(), "{label}");
            }
        }
    }

    /// The evidence convicts exactly this party of exactly this, in this run; in any other it shows nothing.
    pub(crate) fn convicts(&self, evidence: &Evidence, who: PartyId, fault: Fault, context: &str) {
        let read = Evidence::from_bytes(&evidence.to_bytes()).expect("evidence");
        assert_eq!(&read, evidence, "{context}");
        assert_eq!(judge(&self.run, &read), Finding::Guilty(who, fault), "{context}");
        for (name, finding) in self.elsewhere(&read) {
            assert_eq!(finding, Finding::Inconclusive, "{context}: {name}");
        }
    }

    /// What other runs than this make of evidence: key generations with its terms, and those that the game names.
    fn elsewhere(&self, evidence: &Evidence) -> Vec<(String, Finding)> {
        let deal = self.run.deal();
        let (threshold, roster) = (deal.threshold(), deal.roster().clone());
        let session = deal.origin().session();
        let mut findings = Vec::new();
        for (name, other) in (self.others)() {
            findings.push((name.into(), judge(&other, evidence)));
        }
        for (name, other) in other_runs(&Run::<S>::new(threshold, roster.clone(), session).unwrap()) {
            findings.push((name.into(), judge(&other, evidence)));
        }
        let other = Run::<S::Other>::new(threshold, roster, session).unwrap();
        findings.push(("another scheme".into(), judge(&other, evidence)));
        findings
    }

    /// The party's session is over, and the last thing in its outbox is a complaint about this dealer, to all.
    pub(crate) fn complained(&self, number: u16, dealer: u16) {
        let session = &self.seat(number).session;
        assert!(session.is_over(), "{}", self.label);
        let last = session.outgoing(0).last().unwrap();
        let (header, body) = Header::split(last.bytes).unwrap();
        assert_eq!((header.round, header.kind, header.to), (3, Kind::Complaint, None), "{}", self.label);
        assert_eq!(body[32..34], dealer.to_be_bytes(), "{}", self.label);
    }

    /// One party's evidence.
    pub(crate) fn evidence(&self, number: u16) -> Evidence {
        match &self.seat(number).outcome {
            Some(Err(Abort { verdict: Verdict::Cheater { evidence: Some(evidence), .. }, .. })) => {
                (**evidence).clone()
            }
            other => panic!("{}: no evidence: {other:?}", self.label),
        }
    }
}

/// Changed in any way, the evidence shows nothing.
pub(crate) fn brittle<O: Occasion>(run: &O, evidence: &Evidence) {
    for (name, changed) in alterations(evidence) {
        assert_eq!(judge(run, &changed), Finding::Inconclusive, "{:?} {name}", evidence.kind);
    }
}

/// The same run but for one thing.
fn other_runs<S: Foe>(run: &Run<S>) -> Vec<(&'static str, Run<S>)> {
    let (t, n) = (run.threshold().t(), run.threshold().n());
    let make = |t, n, roster: Roster, session| {
        Run::new(Threshold::new(t, n).unwrap(), roster, SessionId(session)).unwrap()
    };
    let stranger = IdentityKey::from_seed(Secret::new([99; 32])).public();
    let members: Vec<_> = run.roster().iter().collect();
    let replaced =
        |k: usize| members.iter().enumerate().map(move |(i, m)| if i == k { (m.0, stranger) } else { *m });
    let more = members.iter().copied().chain([(id(999), stranger)]);
    let mut session = run.session().0;
    session[15] ^= 1;
    let mut runs = vec![
        ("another session", make(t, n, run.roster().clone(), session)),
        (
            "another threshold",
            make(if t == n { t - 1 } else { t + 1 }, n, run.roster().clone(), run.session().0),
        ),
        ("one more member", make(t, n + 1, Roster::new(more).unwrap(), run.session().0)),
    ];
    for k in 0..members.len() {
        runs.push(("another roster", make(t, n, Roster::new(replaced(k)).unwrap(), run.session().0)));
    }
    runs
}

fn alterations(evidence: &Evidence) -> Vec<(String, Evidence)> {
    let mut all = Vec::new();
    let mut add = |name: String, change: &dyn Fn(&mut Evidence)| {
        let mut changed = evidence.clone();
        change(&mut changed);
        if changed != *evidence {
            all.push((name, changed));
        }
    };
    for m in 0..evidence.messages.len() {
        let len = evidence.messages[m].bytes.len();
        // round, sender, session, binding, the body's ends
        for at in [2, 5, 8, 55, 56, len - 1] {
            add(format!("message {m} byte {at}"), &|e| e.messages[m].bytes[at] ^= 1);
        }
        for at in [0, 32, 63] {
            add(format!("message {m} signature byte {at}"), &|e| e.messages[m].signature[at] ^= 1);
        }
        add(format!("message {m} longer"), &|e| e.messages[m].bytes.push(0));
        add(format!("without message {m}"), &|e| drop(e.messages.remove(m)));
        add(format!("message {m} twice"), &|e| e.messages.insert(m, e.messages[m].clone()));
        if evidence.kind != EvidenceKind::Equivocation {
            add(format!("messages {m} and 0 exchanged"), &|e| e.messages.swap(m, 0));
        }
    }
    for a in 0..evidence.attachments.len() {
        for k in 0..evidence.attachments[a].len() {
            let len = evidence.attachments[a][k].1.len();
            for at in [0, len / 2, len - 1] {
                add(format!("attachment {a} {k} byte {at}"), &|e| e.attachments[a][k].1[at] ^= 1);
            }
            add(format!("attachment {a} {k} of a stranger"), &|e| e.attachments[a][k].0 = id(77));
            add(format!("attachment {a} without {k}"), &|e| drop(e.attachments[a].remove(k)));
            add(format!("attachment {a} {k} twice"), &|e| {
                let entry = e.attachments[a][k].clone();
                e.attachments[a].insert(k, entry);
            });
            add(format!("attachment {a}: {k} and 0 exchanged"), &|e| e.attachments[a].swap(k, 0));
        }
        add(format!("without attachment {a}"), &|e| drop(e.attachments.remove(a)));
        add(format!("attachment {a} twice"), &|e| e.attachments.push(e.attachments[a].clone()));
        add(format!("attachments {a} and 0 exchanged"), &|e| e.attachments.swap(a, 0));
    }
    for kind in [
        EvidenceKind::Equivocation,
        EvidenceKind::Undecodable,
        EvidenceKind::Opening,
        EvidenceKind::Complaint,
        EvidenceKind::SignatureShare,
        EvidenceKind::Certificate,
    ] {
        add(format!("as {kind:?}"), &|e| e.kind = kind);
    }
    all
}
