//! Pairings: opened, used, banned and closed, on a disk that loses power, beside somebody who keeps every container that ever was.

use quorate::curve::EcdsaSecp256k1;
use quorate::ecdsa::{Message, Sign, Task};
use quorate::error::ResumeError;
use quorate::identity::PublicIdentity;
use quorate::key::{KeyShare, Path};
use quorate::pairing::{MAX_OPENS, Opening, Pairing, Pairings, StoredPairing};
use quorate::party::{Parties, Threshold};
use quorate::sim::{Cast, Faults};
use quorate::vault::{EpochRule, Expect, Limits, Rollback, Stored, Subject, VaultError, open};
use quorate::wire::SessionId;

use crate::disk::{Cut, Disk, load, save};
use crate::driver::{id, rng};
use crate::fixture::{a_key, by_held, sealed};

/// Two devices with a key and a pairing; what becomes of the first one's is looked at.
struct Two {
    cast: Cast,
    shares: Vec<KeyShare<EcdsaSecp256k1>>,
    subject: Subject,
    /// The first one's container before it is opened: closed, under counter 1.
    closed: Vec<u8>,
}

const SEED: u64 = 31;

impl Two {
    fn new() -> Self {
        let cast = Cast::new([1, 2], &mut rng(SEED)).unwrap();
        let shares = cast.deal(Threshold::new(2, 2).unwrap(), &mut rng(SEED + 1)).unwrap();
        let pairing = Self::pairs(&cast)[0].remove(&Self::peer(&cast)).unwrap();
        let stored = StoredPairing::new(pairing.close().unwrap()).unwrap();
        Self { cast, shares, subject: stored.subject(), closed: sealed(&stored, 1) }
    }

    fn peer(cast: &Cast) -> PublicIdentity {
        cast.roster().identity(id(2)).unwrap()
    }

    /// The same two sides every time.
    fn pairs(cast: &Cast) -> [Pairings; 2] {
        let parties = Parties::from_numbers([1, 2]).unwrap();
        let sets = cast.deal_pairings(&parties, &mut rng(SEED + 2)).unwrap();
        sets.into_values().collect::<Vec<_>>().try_into().unwrap()
    }

    /// Signs with it; the peer cheats, or does not.
    fn use_it(&self, pairing: Pairing, cheats: bool) -> Pairing {
        let (mut mine, [_, theirs]) = (Pairings::new(), Self::pairs(&self.cast));
        assert!(mine.insert(pairing).is_none());
        let signers = Parties::from_numbers([1, 2]).unwrap();
        let key = self.shares[0].public();
        let path = Path::new([44]).unwrap();
        let task = Task::new(key, signers, path, Message::sha256(b"x"), SessionId([1; 16])).unwrap();
        let sessions = self.shares.iter().zip([&mine, &theirs]).map(|(share, pairings)| {
            Sign::start(share, task.clone(), pairings, &mut rng(share.id().get().into())).unwrap()
        });
        let sessions: Vec<_> = sessions.collect();
        // Check S1.2 of the transfer that the first one is sender in.
        let mut tamper = |letter: &mut quorate::sim::Letter| {
            if cheats && (letter.header.from, letter.header.round) == (id(2), 1) {
                letter.body[4416] ^= 1;
            }
            true
        };
        let reports = self.cast.run_with(sessions, Faults::default(), &mut tamper, &mut rng(3));
        assert_eq!(reports[0].outcome.as_ref().is_some_and(Result::is_ok), !cheats);
        drop(reports);
        mine.remove(&Self::peer(&self.cast)).unwrap()
    }

    /// Opens what the disk has; nobody else does at the time.
    fn open(&self, disk: &mut Disk) -> Result<Pairing, Cut> {
        let seen = disk.watermark;
        let stored: StoredPairing = load(disk.read(), self.subject, seen).unwrap();
        let opening = Opening::load(stored.into_form()).unwrap();
        let marked = StoredPairing::new(opening.to_store()).unwrap();
        assert!(save(disk, &marked, seen)?);
        Ok(opening.stored(marked.form()).unwrap())
    }
}

/// How far a life came.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Reached {
    Nothing,
    Opened,
    Banned,
    Closed,
}

fn life(two: &Two, disk: &mut Disk, cheats: bool, reached: &mut Reached) -> Result<(), Cut> {
    let pairing = two.open(disk)?;
    *reached = Reached::Opened;
    let pairing = two.use_it(pairing, cheats);
    assert_eq!(pairing.must_save(), cheats);
    if cheats {
        let form = StoredPairing::new(pairing.store()).unwrap();
        let seen = disk.watermark;
        assert!(save(disk, &form, seen)?);
        pairing.saved(form.form());
        assert!(!pairing.must_save());
        *reached = Reached::Banned;
    }
    let closed = StoredPairing::new(pairing.close().unwrap()).unwrap();
    let seen = disk.watermark;
    assert!(save(disk, &closed, seen)?);
    *reached = Reached::Closed;
    Ok(())
}

/// State, open mark and count of a form.
fn marks(bytes: &[u8], subject: Subject, least: u64) -> Result<[u8; 3], VaultError> {
    let stored: StoredPairing = load(bytes, subject, least)?;
    let form = stored.form().expose();
    let marks = [form[3], form[4], form[5]];
    let banned = marks == [2, 0, 0];
    let opening = Opening::load(stored.into_form()).unwrap();
    let form = opening.to_store();
    assert_eq!(opening.stored(&form).unwrap().ban().is_some(), banned);
    Ok(marks)
}

const BANNED: [u8; 3] = [2, 0, 0];
const CLOSED: [u8; 3] = [1, 0, 0];
const OPEN: [u8; 3] = [1, 1, 1];

#[test]
fn no_ban_is_lost_whenever_the_power_goes() {
    let two = Two::new();
    for cheats in [true, false] {
        let mut lives = 0;
        for fuse in 0.. {
            let mut disk = Disk::new(two.closed.clone(), 1, fuse);
            let mut reached = Reached::Nothing;
            let ended = life(&two, &mut disk, cheats, &mut reached).is_ok();
            // Whatever the disk holds now opens, and says what it must.
            for bytes in disk.possible() {
                let marks = marks(bytes, two.subject, disk.watermark).unwrap();
                let right = match (reached, cheats) {
                    (Reached::Nothing, _) => [CLOSED, OPEN].contains(&marks),
                    (Reached::Opened, true) => [OPEN, BANNED].contains(&marks),
                    (Reached::Opened, false) => [OPEN, CLOSED].contains(&marks),
                    (_, true) => marks == BANNED,
                    (_, false) => marks == CLOSED,
                };
                assert!(right, "{fuse}: {reached:?}, {marks:?}");
            }
            // And whoever puts back what there was before finds that it does not open, or that it tells of the ban.
            for bytes in &disk.history {
                let marks = marks(bytes, two.subject, disk.watermark);
                match reached {
                    Reached::Nothing => {}
                    Reached::Opened => assert!(!cheats || marks != Ok(CLOSED), "{fuse}"),
                    Reached::Banned => assert!(marks.is_err() || marks == Ok(BANNED), "{fuse}"),
                    Reached::Closed => {
                        assert!(marks.is_err() || marks == Ok(if cheats { BANNED } else { CLOSED }));
                    }
                }
                let expect =
                    Expect { subject: two.subject, epoch: EpochRule::Any, rollback: Rollback::NotChecked };
                let unchecked =
                    open::<StoredPairing>(bytes, &by_held(&a_key(0x44)), &expect, &Limits::default());
                assert!(matches!(unchecked, Err(VaultError::Rollback { least: None, .. })));
            }
            lives += 1;
            if ended {
                break;
            }
        }
        // Five steps for each time that it is stored.
        assert_eq!(lives, if cheats { 16 } else { 11 });
    }
}

/// Power goes right after each opening: the openings count, and the eighth is the last.
#[test]
fn unclean_ends_are_counted_through_the_vault() {
    let two = Two::new();
    let mut disk = Disk::new(two.closed.clone(), 1, usize::MAX);
    for count in 1..=MAX_OPENS {
        drop(two.open(&mut disk).unwrap());
        let stored: StoredPairing = load(disk.read(), two.subject, disk.watermark).unwrap();
        assert_eq!(stored.form().expose()[3..6], [1, 1, count]);
        // The container of before is of no use.
        let before = &disk.history[disk.history.len() - 2];
        let rolled_back = load::<StoredPairing>(before, two.subject, disk.watermark).unwrap_err();
        assert!(matches!(rolled_back, VaultError::Rollback { .. }));
    }
    let stored: StoredPairing = load(disk.read(), two.subject, disk.watermark).unwrap();
    assert_eq!(Opening::load(stored.into_form()).unwrap_err(), ResumeError::MustPairAnew);
}

/// Two processes open one pairing. The watermark decides, and the other does not use it; what the other has written does no harm.
#[test]
fn a_pairing_is_in_use_once_at_a_time() {
    let two = Two::new();
    let mut disk = Disk::new(two.closed.clone(), 1, usize::MAX);
    let seen = disk.watermark;
    let opening = || {
        let stored: StoredPairing = load(&two.closed, two.subject, seen).unwrap();
        Opening::load(stored.into_form()).unwrap()
    };
    let (first, second) = (opening(), opening());
    let form = |opening: &Opening| StoredPairing::new(opening.to_store()).unwrap();
    let (first_form, second_form) = (form(&first), form(&second));
    assert!(save(&mut disk, &first_form, seen).unwrap());
    assert!(!save(&mut disk, &second_form, seen).unwrap(), "it lost, and is not used");
    drop(second);
    assert_eq!(marks(disk.read(), two.subject, disk.watermark), Ok(OPEN));
    // The winner is banned and stores that; a late write of the loser's does not undo it.
    let banned = two.use_it(first.stored(first_form.form()).unwrap(), true);
    let ban = StoredPairing::new(banned.store()).unwrap();
    let now = disk.watermark;
    assert!(save(&mut disk, &ban, now).unwrap());
    assert_eq!(marks(disk.read(), two.subject, disk.watermark), Ok(BANNED));
    assert!(!save(&mut disk, &second_form, seen).unwrap());
    let lost = marks(disk.read(), two.subject, disk.watermark).unwrap_err();
    assert_eq!(lost, VaultError::Rollback { found: 2, least: Some(3) });
}

/// The container of before a ban, put back.
#[test]
fn a_pairing_of_before_its_ban_is_refused() {
    let two = Two::new();
    let mut disk = Disk::new(two.closed.clone(), 1, usize::MAX);
    let mut reached = Reached::Nothing;
    life(&two, &mut disk, true, &mut reached).unwrap();
    assert_eq!(reached, Reached::Closed);
    let before = VaultError::Rollback { found: 1, least: Some(disk.watermark) };
    assert_eq!(marks(&two.closed, two.subject, disk.watermark), Err(before));
    // As is one that is opened without asking how old it may be: also a record of epochs.
    let expect = |subject| Expect { subject, epoch: EpochRule::Any, rollback: Rollback::NotChecked };
    let open_it =
        open::<StoredPairing>(&two.closed, &by_held(&a_key(0x44)), &expect(two.subject), &Limits::default());
    assert_eq!(open_it.unwrap_err(), VaultError::Rollback { found: 1, least: None });
    let record = quorate::key::epoch::Epochs::new(crate::fixture::share(1));
    let open_it = open::<quorate::key::epoch::Epochs<crate::driver::E>>(
        &sealed(&record, 4),
        &by_held(&a_key(0x44)),
        &expect(record.subject()),
        &Limits::default(),
    );
    assert_eq!(open_it.unwrap_err(), VaultError::Rollback { found: 4, least: None });
}
