//! Suspended sessions of every protocol that has them, in every round.

use quorate::error::ResumeError;
use quorate::keyset::{AnyScheme, Bundle, KeySet, Run};
use quorate::pairing;
use quorate::party::{PartyId, Threshold};
use quorate::secret::Secret;
use quorate::session::{Session, Snapshot, Suspend};
use quorate::sim::{Cast, MemoryLedger};
use quorate::wire::SessionId;

use super::{Fate, Thing};
use crate::driver::{self, E, Outcome, Player, Protocol, Script, dkg, ecdsa, id, life, rng};

impl Outcome for Bundle {
    fn bytes(&self) -> Vec<u8> {
        self.to_bytes().expose().clone()
    }
}

/// Of the run that makes the set.
fn set_run() -> (Cast, Run) {
    let cast = Cast::new(1..=2, &mut rng(6)).expect("a cast");
    let schemes = [AnyScheme::EcdsaSecp256k1, AnyScheme::FrostEd25519];
    let threshold = Threshold::new(2, 2).expect("2-of-2");
    let run = Run::new(threshold, cast.roster().clone(), SessionId([6; 16]), schemes).expect("a run");
    (cast, run)
}

pub(super) fn key_set() -> Script<KeySet> {
    let (cast, run) = set_run();
    let parties = cast.ids();
    let start = move |me: PartyId| {
        let rng = &mut rng(600 + u64::from(me.get()));
        KeySet::start(&run, me, &mut MemoryLedger::default(), rng).expect("a session")
    };
    Script::new(cast, &parties, start)
}

/// Where the second of four bytes of the generation stands, and the bytes behind it: version, protocol, session, binding, party.
const GENERATION: usize = 52;

fn thing<S: Protocol + Suspend + 'static>(
    name: &'static str,
    script: Script<S>,
    config: S::Config,
    me: PartyId,
) -> Thing {
    let inbound = script.inbound(me);
    let mut forms = Vec::new();
    for delivered in 0..inbound.len() {
        let mut player = script.play(me);
        for mail in &inbound[..delivered] {
            player.receive(mail).expect("an honest message");
        }
        while let Some(quorate::session::Status::Advanced { .. }) = player.step() {}
        if let Some(snapshot) = player.session.suspend() {
            forms.push(snapshot.expose().to_vec());
        }
    }
    // Every other one is enough, and the last.
    let last = forms.pop().expect("a snapshot");
    let mut forms: Vec<_> = forms.into_iter().step_by(2).collect();
    forms.push(last);
    Thing::new(name, forms, true, move |form, _| {
        let mut ledger = MemoryLedger::default();
        let mut resume = |form: &[u8]| {
            Session::<S>::resume(&config, Snapshot::from_bytes(Secret::new(form.to_vec())), &mut ledger)
        };
        let Ok(session) = resume(&form) else { return Fate::Refused };
        assert_eq!(resume(&form).err(), Some(ResumeError::Spent), "resumed twice");
        let again = session.suspend().expect("a live session").expose().to_vec();
        let generation = |form: &[u8]| {
            u32::from_be_bytes([
                form[GENERATION],
                form[GENERATION + 1],
                form[GENERATION + 2],
                form[GENERATION + 3],
            ])
        };
        assert_eq!(generation(&again), generation(&form).saturating_add(1));
        let (a, b) = (&form[..form.len() - 32], &again[..again.len() - 32]);
        assert!(
            a[..GENERATION] == b[..GENERATION] && a[GENERATION + 4..] == b[GENERATION + 4..],
            "two encodings"
        );
        let Ok(session) = resume(&again) else {
            assert_eq!(generation(&form), u32::MAX);
            return Fate::Opened;
        };
        assert_eq!(resume(&form).err(), Some(ResumeError::Spent), "an older one came back");
        // It goes on: with whatever, to whatever end.
        let mut player = Player::of(session);
        for mail in &inbound {
            let _ = player.receive(mail);
        }
        player.advance(&script.cast);
        if let Some(Ok(result)) = &player.result {
            assert!(!result.is_empty());
        }
        Fate::Opened
    })
}

pub(super) fn all() -> Vec<Thing> {
    let (generation, run) = dkg::<E>(2, &[1, 2, 3], 1);
    let (refresh, refresh_run) = life::refresh::<E>(2, &[1, 2, 3], 1);
    let (reshare, reshare_run) = life::reshare::<E>(1);
    let (import, import_run) = life::import::<E>(1);
    let (other, other_run) = life::reshare::<E>(1);
    let pair = ecdsa::pairing(1);
    let identity = |n| pair.cast.key(id(n)).expect("a member").public();
    let session = pair.play(id(1)).session.terms().session;
    let pair_run = pairing::Run::new(identity(1), identity(2), session).expect("two devices");
    let me = driver::id(2);
    vec![
        thing("snapshot of a generation", generation, (run, me), me),
        thing("snapshot of a refresh", refresh, (refresh_run, me), me),
        thing("snapshot of a reshare, dealer", reshare, (reshare_run, me), me),
        thing("snapshot of a reshare, joiner", other, (other_run, id(4)), id(4)),
        thing("snapshot of an import", import, (import_run, me), me),
        thing("snapshot of a pairing", pair, pair_run, id(1)),
        thing("snapshot of a set", key_set(), (set_run().1, id(1)), id(1)),
    ]
}
