//! Attacks on what stands between the checks: hiding a conviction, foreign rosters, session ids used twice, equivocators
//! that nobody saw twice.
use quorate::curve::FrostEd25519;
use quorate::dkg::{Dkg, Run, judge};
use quorate::envelope::{Unsigned, Verified};
use quorate::error::{Fault, Rejected, SetupError, Verdict};
use quorate::evidence::Envelope;
use quorate::frost::{SigningNonces, SigningPackage, sign};
use quorate::party::{PartyId, Threshold};
use quorate::session::{Finding, Session, SpendOnce, Status};
use quorate::sim::{Cast, Faults, Letter, MemoryLedger};
use quorate::wire::{Kind, SessionId};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

type E = FrostEd25519;

fn id(n: u16) -> PartyId {
    PartyId::new(n).unwrap()
}

struct Table {
    cast: Cast,
    run: Run<E>,
    rng: ChaCha20Rng,
}

impl Table {
    fn new(seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let cast = Cast::new(1..=3, &mut rng).unwrap();
        let run = Run::new(Threshold::new(2, 3).unwrap(), cast.roster().clone(), SessionId([1; 16])).unwrap();
        Self { cast, run, rng }
    }

    fn sessions(&mut self) -> Vec<Session<Dkg<E>>> {
        let start = |id| Dkg::start(&self.run, id, &mut MemoryLedger::default(), &mut self.rng).unwrap();
        self.cast.ids().into_iter().map(start).collect()
    }

    fn seal(&self, from: PartyId, message: &[u8]) -> Envelope {
        let unsigned = Unsigned::new(message).unwrap();
        let signature = self.cast.key(from).unwrap().sign(unsigned.to_sign());
        unsigned.attach(self.cast.roster(), signature).unwrap()
    }

    fn open(&self, envelope: &Envelope) -> Verified {
        envelope.clone().verify(self.cast.roster()).unwrap()
    }
}

/// Dealer 2 sends party 1 a bad share, and then, with party 1's complaint under way, disagrees on the view of round 2. Party 3,
/// which holds the complaint, must convict the dealer all the same, and never suspect party 1.
#[test]
fn k3_3_a_dealer_cannot_hide_from_a_complaint_behind_another_view() {
    let mut table = Table::new(1);
    let sessions = table.sessions();
    let mut tamper = |letter: &mut Letter| {
        let header = letter.header;
        if header.from == id(2) && header.kind == Kind::Direct && letter.to == id(1) {
            letter.body[40] ^= 1;
        }
        if header.from == id(2) && header.round == 3 {
            letter.body[0] ^= 1;
        }
        true
    };
    let reports = table.cast.run_with(sessions, Faults::default(), &mut tamper, &mut table.rng);
    for (report, check) in [(&reports[0], "K2.6"), (&reports[2], "K3.3")] {
        let Some(Err(abort)) = &report.outcome else { panic!("{}: no verdict", report.id) };
        assert_eq!(abort.check, check);
        let Verdict::Cheater { who, fault, evidence } = &abort.verdict else { panic!("{abort}") };
        assert_eq!((*who, *fault), (id(2), Fault::BadShare));
        if let Some(evidence) = evidence {
            assert_eq!(judge(&table.run, evidence), Finding::Guilty(id(2), Fault::BadShare));
        }
    }
}

/// An envelope whose signature holds in another roster with the same ids says nothing in this one.
#[test]
fn an_envelope_verified_against_another_roster_is_refused() {
    let mut table = Table::new(2);
    let (foreign, mut sessions) = (Table::new(3), table.sessions());
    let message = sessions[1].outgoing(0).next().unwrap().bytes.to_vec();
    let theirs = foreign.open(&foreign.seal(id(2), &message));
    assert_eq!(sessions[0].receive_signed(&theirs), Err(Rejected::Roster));
    assert_eq!(sessions[0].missing(), [id(2), id(3)]);
    let ours = table.open(&table.seal(id(2), &message));
    assert!(sessions[0].receive_signed(&ours).is_ok());
}

/// Whoever proposes it, a session id is used once by a device; resuming goes on, starting again does not.
#[test]
fn a_run_is_started_once() {
    let mut table = Table::new(4);
    let mut ledger = MemoryLedger::default();
    let session = Dkg::<E>::start(&table.run, id(1), &mut ledger, &mut table.rng).unwrap();
    let again =
        |ledger: &mut MemoryLedger, rng: &mut ChaCha20Rng| Dkg::<E>::start(&table.run, id(1), ledger, rng);
    let refused = again(&mut ledger, &mut table.rng).unwrap_err();
    assert_eq!(refused, SetupError::SessionSpent(id(1)));

    let config = (table.run.clone(), id(1));
    let sent: Vec<u8> = session.outgoing(0).next().unwrap().bytes.to_vec();
    let back = Session::<Dkg<E>>::resume(&config, session.suspend().unwrap(), &mut ledger).unwrap();
    assert_eq!(back.outgoing(0).next().unwrap().bytes, sent);
    assert_eq!(again(&mut ledger, &mut table.rng).unwrap_err(), SetupError::SessionSpent(id(1)));

    // The id is durable before anything is made: a witness that cannot record it stops the start.
    struct Broken;
    impl SpendOnce for Broken {
        fn spend(&mut self, _: &[u8; 32], _: u32) -> Result<(), quorate::session::AlreadySpent> {
            Err(quorate::session::AlreadySpent)
        }
    }
    let refused = Dkg::<E>::start(&table.run, id(2), &mut Broken, &mut table.rng).unwrap_err();
    assert_eq!(refused, SetupError::SessionSpent(id(2)));
}

/// Party 2 shows parties 1 and 3 different commitments. Both end with suspects; the envelopes they exchange afterwards convict it.
#[test]
fn k2_1_an_equivocator_is_convicted_by_what_the_suspects_exchange() {
    let mut table = Table::new(5);
    let mut sessions = table.sessions();
    let first: Vec<Vec<u8>> = sessions.iter().map(|s| s.outgoing(0).next().unwrap().bytes.to_vec()).collect();
    let mut other = first[1].clone();
    other[56] ^= 1; // nu: of no consequence but for the view
    for (receiver, second) in [(0, &first[1]), (2, &other)] {
        let fellow = 2 - receiver;
        for (from, message) in [(2, second), (fellow as u16 + 1, &first[fellow])] {
            let envelope = table.open(&table.seal(id(from), message));
            sessions[receiver].receive_signed(&envelope).unwrap();
        }
        assert!(matches!(sessions[receiver].advance(&mut table.rng), Ok(Status::Advanced { round: 1 })));
    }
    // Everybody's round 2, party 2's made up from party 1's: it fails on the view before anything else is looked at.
    let rest = |s: &Session<Dkg<E>>| s.outgoing(1).map(|m| (m.to, m.bytes.to_vec())).collect::<Vec<_>>();
    let (one, three) = (rest(&sessions[0]), rest(&sessions[2]));
    for (receiver, posts) in [(0, [&three, &one]), (2, [&one, &three])] {
        let me = id(receiver as u16 + 1);
        for (from, post) in [(id(3 - receiver as u16), posts[0]), (id(2), posts[1])] {
            for (to, message) in
                post.iter().filter(|(to, _)| to.is_none() || from == id(2) || *to == Some(me))
            {
                let mut bytes = message.clone();
                bytes[4..6].copy_from_slice(&from.to_bytes());
                if to.is_some() {
                    bytes[6..8].copy_from_slice(&me.to_bytes());
                }
                let _ = sessions[receiver].receive_signed(&table.open(&table.seal(from, &bytes)));
            }
        }
        assert_eq!(sessions[receiver].missing(), []);
        let abort = sessions[receiver].advance(&mut table.rng).unwrap_err();
        assert_eq!(abort.check, "K2.1");
        assert!(matches!(abort.verdict, Verdict::Suspects { .. }));
    }
    let seen: Vec<Envelope> = sessions[2].envelopes().collect();
    let conflicts: Vec<_> = seen
        .iter()
        .filter_map(|envelope| match sessions[0].receive_signed(&table.open(envelope)) {
            Err(Rejected::Conflict { who, evidence }) => Some((who, evidence.unwrap())),
            _ => None,
        })
        .collect();
    let (who, evidence) = conflicts.iter().find(|(_, e)| e.messages[0].bytes[2] == 1).unwrap();
    assert_eq!(*who, id(2));
    assert_eq!(judge(&table.run, evidence), Finding::Guilty(id(2), Fault::Equivocation));
}

/// A package of another key is not signed, even where ids and nonces fit.
#[test]
fn f0_1_a_share_signs_only_under_its_own_key() {
    let mut table = Table::new(6);
    let threshold = Threshold::new(2, 3).unwrap();
    let [ours, theirs] = [(); 2].map(|()| table.cast.deal::<E>(threshold, &mut table.rng).unwrap());
    let nonces: Vec<_> = ours.iter().map(|s| SigningNonces::generate(s.into(), &mut table.rng)).collect();
    let list = ours.iter().zip(&nonces).map(|(s, n)| (s.id(), n.commitments().clone()));
    let package = SigningPackage::<E>::new(theirs[0].public().commitment(), list, b"m").unwrap();
    for (share, nonces) in ours.iter().zip(nonces) {
        assert_eq!(sign(nonces, share.into(), &package), Err(SetupError::WrongNonce(share.id())));
    }
}
