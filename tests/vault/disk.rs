//! A disk that loses power before any of its steps, and what is on it then.

use quorate::vault::{
    AppSecret, Limits, Rollback, SlotChange, SlotKey, SlotSpec, Stored, Subject, VaultError, open, rewrap,
    seal,
};

use crate::driver::{E, rng};
use crate::fixture::{a_key, by_held, expect, held, same, sealed, share};

/// The power is gone.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Cut;

/// One file, another beside it that is being written, and a watermark elsewhere.
pub(crate) struct Disk {
    /// What the file may hold if the power goes now; the last is what a running program reads.
    file: Vec<Vec<u8>>,
    beside: Option<(Vec<u8>, bool)>,
    pub(crate) watermark: u64,
    /// Steps until the power goes.
    pub(crate) fuse: usize,
    /// Everything that was ever written, for whoever keeps copies.
    pub(crate) history: Vec<Vec<u8>>,
}

impl Disk {
    pub(crate) fn new(file: Vec<u8>, watermark: u64, fuse: usize) -> Self {
        Self { file: vec![file.clone()], beside: None, watermark, fuse, history: vec![file] }
    }

    pub(crate) fn read(&self) -> &[u8] {
        self.file.last().unwrap()
    }

    /// What may be found when the power is back.
    pub(crate) fn possible(&self) -> &[Vec<u8>] {
        &self.file
    }

    fn step(&mut self) -> Result<(), Cut> {
        self.fuse = self.fuse.checked_sub(1).ok_or(Cut)?;
        Ok(())
    }

    /// Some of it may arrive, nobody reads it.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Cut> {
        self.history.push(bytes.to_vec());
        self.step()?;
        self.beside = Some((bytes.to_vec(), false));
        Ok(())
    }

    pub(crate) fn flush(&mut self) -> Result<(), Cut> {
        self.step()?;
        self.beside.as_mut().unwrap().1 = true;
        Ok(())
    }

    /// Either name may be on the disk, also if the power goes in the middle. What was not flushed may be there in part.
    pub(crate) fn rename(&mut self) -> Result<(), Cut> {
        let (bytes, flushed) = self.beside.take().unwrap();
        if !flushed {
            self.file.extend([Vec::new(), bytes[..bytes.len() / 2].to_vec()]);
        }
        self.file.push(bytes);
        self.step()
    }

    /// From now on it is the new name.
    pub(crate) fn flush_folder(&mut self) -> Result<(), Cut> {
        self.step()?;
        self.file.drain(..self.file.len() - 1);
        Ok(())
    }

    /// Whether it still was what the caller has read.
    pub(crate) fn raise(&mut self, from: u64, to: u64) -> Result<bool, Cut> {
        self.step()?;
        let ours = self.watermark == from;
        if ours {
            self.watermark = to;
        }
        Ok(ours)
    }
}

/// In the order of the vault's documentation, under the counter after `seen`. Whether the watermark was still `seen`.
pub(crate) fn save(disk: &mut Disk, what: &impl Stored, seen: u64) -> Result<bool, Cut> {
    let counter = seen + 1;
    let bytes = seal(what, counter, vec![held(&a_key(0x44))], &mut rng(counter)).unwrap();
    again(&bytes, what, counter);
    disk.write(&bytes)?;
    disk.flush()?;
    disk.rename()?;
    disk.flush_folder()?;
    disk.raise(seen, counter)
}

fn again<T: Stored>(bytes: &[u8], what: &T, least: u64) {
    assert!(same(&load::<T>(bytes, what.subject(), least).unwrap(), what));
}

pub(crate) fn load<T: Stored>(bytes: &[u8], subject: Subject, least: u64) -> Result<T, VaultError> {
    open(bytes, &by_held(&a_key(0x44)), &expect(subject, least), &Limits::default())
}

#[test]
fn whenever_the_power_goes_the_old_or_the_new_opens() {
    let (old, new) = crate::kinds::refreshed(8);
    let subject = old.subject();
    for fuse in 0.. {
        let mut disk = Disk::new(sealed(&old, 1), 1, fuse);
        let result = save(&mut disk, &new, 1);
        let mut found = Vec::new();
        for bytes in disk.possible() {
            let share: quorate::key::KeyShare<E> = load(bytes, subject, disk.watermark).unwrap();
            assert!(same(&share, &old) || same(&share, &new));
            found.push(share.public().epoch());
        }
        match fuse {
            0..=1 => assert_eq!(found, [0]),
            2..=3 => assert_eq!(found, [0, 1], "renamed, not flushed"),
            4.. => assert_eq!(found, [1]),
        }
        assert_eq!(disk.watermark, if fuse < 5 { 1 } else { 2 });
        if result == Ok(true) {
            assert_eq!(fuse, 5, "five steps");
            // The old file no longer opens.
            let rolled_back = load::<quorate::key::KeyShare<E>>(&sealed(&old, 1), subject, disk.watermark);
            assert_eq!(rolled_back.err(), Some(VaultError::Rollback { found: 1, least: Some(2) }));
            return;
        }
    }
}

/// The steps are in the order that they are in for a reason: with any other, there is a moment when nothing opens.
#[test]
fn other_orders_lose_the_file() {
    let (old, new) = crate::kinds::refreshed(8);
    let subject = old.subject();
    type Steps = fn(&mut Disk, &[u8]) -> Result<(), Cut>;
    let unflushed: Steps = |disk, bytes| {
        disk.write(bytes)?;
        disk.rename()?;
        disk.flush_folder()?;
        disk.raise(1, 2).map(drop)
    };
    let raised_first: Steps = |disk, bytes| {
        disk.write(bytes)?;
        disk.flush()?;
        disk.raise(1, 2)?;
        disk.rename()?;
        disk.flush_folder()
    };
    let folder_forgotten: Steps = |disk, bytes| {
        disk.write(bytes)?;
        disk.flush()?;
        disk.rename()?;
        disk.raise(1, 2).map(drop)
    };
    let bytes = sealed(&new, 2);
    for steps in [unflushed, raised_first, folder_forgotten] {
        let lost = (0..6).any(|fuse| {
            let mut disk = Disk::new(sealed(&old, 1), 1, fuse);
            let _ = steps(&mut disk, &bytes);
            let opens =
                |bytes: &Vec<u8>| load::<quorate::key::KeyShare<E>>(bytes, subject, disk.watermark).is_ok();
            !disk.possible().iter().all(opens)
        });
        assert!(lost);
    }
}

/// Changing the slots leaves the counter, so that there is nothing to raise: the old key or the new opens.
#[test]
fn an_interrupted_rewrap_locks_nobody_out() {
    let share = share(1);
    let (old, new) = (a_key(0x44), a_key(0x55));
    let before = sealed(&share, 1);
    let change = SlotChange::Replace { slot: 0, with: SlotSpec::Held { label: "new", key: &new } };
    let after = rewrap(&before, &by_held(&old), change, &Limits::default(), &mut rng(1)).unwrap();
    let by_new = SlotKey::Held { label: "new", key: &new };
    let opens = |bytes: &[u8], key: &SlotKey<'_>, least| {
        let expect =
            quorate::vault::Expect { rollback: Rollback::AtLeast(least), ..expect(share.subject(), least) };
        open::<quorate::key::KeyShare<E>>(bytes, key, &expect, &Limits::default()).is_ok()
    };
    let mut seen = [false; 2];
    for fuse in 0..=4 {
        let mut disk = Disk::new(before.clone(), 1, fuse);
        let steps = |disk: &mut Disk| {
            disk.write(&after)?;
            disk.flush()?;
            disk.rename()?;
            disk.flush_folder()
        };
        let done = steps(&mut disk).is_ok();
        assert_eq!(done, fuse == 4);
        for bytes in disk.possible() {
            let found = [opens(bytes, &by_held(&old), 1), opens(bytes, &by_new, 1)];
            assert!(found[0] != found[1] && (!done || found[1]), "{fuse}");
            seen[usize::from(found[1])] = true;
        }
    }
    assert_eq!(seen, [true; 2]);
    // Nothing of it is of another kind.
    assert!(load::<AppSecret>(&after, share.subject(), 1).is_err());
}
