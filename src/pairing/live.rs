//! A pairing in use, and its ban.
//!
//! All sessions of a pair share one object. Checks on its secrets are computed without a lock; their *result* takes effect in one atomic
//! step ([`Link::settle`]). So no result after the first failure is visible, and parallel sessions test no more than sessions one after
//! the other: tests worth m bits of Delta pass with probability at most 2^-m over the life of the pairing.

use alloc::sync::Arc;
use alloc::vec::Vec;

use spin::Mutex;
use subtle::Choice;

use super::store;
use crate::error::Fault;
use crate::identity::PublicIdentity;
use crate::ot::Seed;
use crate::secret::{Secret, verdict};
use crate::wire::SessionId;

/// What a pairing is made of, both directions.
#[derive(Debug)]
pub(crate) struct Secrets {
    /// As Bob: every leaf of every tree, `BASE / DEPTH` trees of `2^DEPTH` leaves.
    pub(crate) leaves: Secret<Vec<Seed>>,
    /// As Alice: all leaves but one. Slot z of a block holds leaf `z ^ Delta_i`; slot 0, the missing leaf, is zero bytes.
    pub(crate) punctured: Secret<Vec<Seed>>,
    /// As Alice: which leaf of each tree is missing, `DEPTH` bits a block, little-endian.
    pub(crate) delta: Secret<[u8; 16]>,
    /// Common to both: the seed of zero shares.
    pub(crate) zero: Secret<[u8; 32]>,
}

/// Why and where a pairing was banned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ban {
    /// The check that failed: `S1.2`, `S2.4` or `S2.5`.
    pub check: &'static str,
    /// The session it failed in.
    pub session: SessionId,
}

/// A pairing is active, or banned for ever.
#[derive(Clone, Debug)]
pub(super) enum Life {
    /// In use.
    Active(Arc<Secrets>),
    /// Caught; the secrets are gone.
    Banned(Ban),
}

/// What the application said is durable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Saved {
    Nothing,
    Active,
    Banned,
}

impl Life {
    const fn when_saved(&self) -> Saved {
        match self {
            Self::Active(_) => Saved::Active,
            Self::Banned(_) => Saved::Banned,
        }
    }
}

#[derive(Debug)]
struct Held {
    life: Life,
    saved: Saved,
    /// Another session bans as soon as the next result has passed.
    #[cfg(test)]
    trap: bool,
}

impl Held {
    const fn new(life: Life, saved: Saved) -> Self {
        Self {
            life,
            saved,
            #[cfg(test)]
            trap: false,
        }
    }
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) id: [u8; 32],
    pub(super) me: PublicIdentity,
    pub(super) peer: PublicIdentity,
    /// Unclean ends, if this life ends uncleanly too.
    pub(super) opens: u8,
    held: Mutex<Held>,
}

/// What became of a check's result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Settled {
    /// It passed, and the pairing is not banned.
    Pass,
    /// This check failed, and it is the pairing's first: it is banned now, its secrets are gone.
    Banned(&'static str, Fault),
    /// The pairing was banned before; the result is dropped.
    AlreadyBanned,
}

/// A check on a pairing's secrets: whether it passed, its id, and the fault of a peer that fails it.
pub(crate) type Check = (Choice, &'static str, Fault);

/// A session's hold on a pairing.
#[derive(Clone, Debug)]
pub(crate) struct Link(Arc<Shared>);

impl Link {
    /// The pairing's id, known to its two devices.
    pub(crate) fn id(&self) -> &[u8; 32] {
        &self.0.id
    }

    /// The other device.
    pub(crate) fn peer(&self) -> &PublicIdentity {
        &self.0.peer
    }

    /// This device.
    pub(crate) fn me(&self) -> &PublicIdentity {
        &self.0.me
    }

    /// [S1.1] The secrets for one step; `None` if the pairing is banned. The last step that holds them erases them after a ban.
    pub(crate) fn secrets(&self) -> Option<Arc<Secrets>> {
        match &self.0.held.lock().life {
            Life::Active(secrets) => Some(secrets.clone()),
            Life::Banned(_) => None,
        }
    }

    /// Lets the results of checks on the secrets take effect, in one atomic step: the first of them that failed. They become a branch here and
    /// nowhere before, so that of a pairing that was banned meanwhile not even the time tells them.
    pub(crate) fn settle(&self, checks: &[Check], session: SessionId) -> Settled {
        let mut held = self.0.held.lock();
        if matches!(held.life, Life::Banned(_)) {
            return Settled::AlreadyBanned;
        }
        // A failure bans, which shows, and it is the last result that this peer gets.
        let failed = checks.iter().find(|(passed, ..)| !verdict(*passed));
        let Some(&(_, check, fault)) = failed else {
            #[cfg(test)]
            if held.trap {
                held.life = Life::Banned(Ban { check: "S1.2", session: SessionId([0; 16]) });
            }
            return Settled::Pass;
        };
        let secrets = core::mem::replace(&mut held.life, Life::Banned(Ban { check, session }));
        // Erasing takes its time, which nobody else should spend spinning.
        drop(held);
        drop(secrets);
        Settled::Banned(check, fault)
    }

    /// Sets the trap: for tests of what happens between a check and the message that it lets go.
    #[cfg(test)]
    pub(crate) fn ban_after_the_next_pass(&self) {
        self.0.held.lock().trap = true;
    }

    fn life(&self) -> Life {
        self.0.held.lock().life.clone()
    }

    /// The ban, if there is one.
    pub(crate) fn ban(&self) -> Option<Ban> {
        match &self.0.held.lock().life {
            Life::Active(_) => None,
            Life::Banned(ban) => Some(*ban),
        }
    }
}

/// What two devices set up once, for any number of keys on both curves.
///
/// All sessions of the pair use this one object; there is no second one. A failed check on its secrets bans the peer in here before
/// anyone hears of it, in all sessions at once, and erases the secrets.
///
/// # Storing it
/// - When [`Pairing::must_save`] says so, which is when the pairing is new and when its peer was banned, make what
///   [`Pairing::store`] gives durable and say so ([`Pairing::saved`]). A ban that is not durable gives the cheater another try after a
///   restart; a pairing that cannot be stored any more is not to be used any more.
/// - When the device is done with it, [`Pairing::close`].
/// - To use it again, [`Opening`](super::Opening). Load a stored form once at a time: two copies in use would be two tries. A second
///   process needs a pairing of its own.
///
/// ```compile_fail,E0599
/// fn twice(pairing: &quorate::pairing::Pairing) -> quorate::pairing::Pairing {
///     (*pairing).clone()
/// }
/// ```
#[derive(Debug)]
pub struct Pairing {
    link: Link,
}

impl Pairing {
    /// A new one, of which nothing is stored. Its first life counts as an opening.
    pub(super) fn new(id: [u8; 32], me: PublicIdentity, peer: PublicIdentity, secrets: Secrets) -> Self {
        Self::of(id, me, peer, Held::new(Life::Active(Arc::new(secrets)), Saved::Nothing), 1)
    }

    /// One that was stored like this.
    pub(super) fn opened(
        id: [u8; 32],
        me: PublicIdentity,
        peer: PublicIdentity,
        life: Life,
        opens: u8,
    ) -> Self {
        let saved = life.when_saved();
        Self::of(id, me, peer, Held::new(life, saved), opens)
    }

    fn of(id: [u8; 32], me: PublicIdentity, peer: PublicIdentity, held: Held, opens: u8) -> Self {
        Self { link: Link(Arc::new(Shared { id, me, peer, opens, held: Mutex::new(held) })) }
    }

    /// Its name, known to the two devices: 32 bytes, not secret, but it links what they do together.
    #[must_use]
    pub fn id(&self) -> &[u8; 32] {
        self.link.id()
    }

    /// This device.
    #[must_use]
    pub fn me(&self) -> PublicIdentity {
        *self.link.me()
    }

    /// The other device.
    #[must_use]
    pub fn peer(&self) -> PublicIdentity {
        *self.link.peer()
    }

    /// Why the peer is banned, if it is.
    #[must_use]
    pub fn ban(&self) -> Option<Ban> {
        self.link.ban()
    }

    /// Whether what is durable is not what this is: a new pairing, or a new ban.
    #[must_use]
    pub fn must_save(&self) -> bool {
        let held = self.link.0.held.lock();
        held.saved != held.life.when_saved()
    }

    /// Secret bytes to seal and store: [`STORED_LEN`](super::STORED_LEN) of them, or 151 without any secret if the peer is banned. Tell
    /// [`Pairing::saved`] when they are durable.
    #[must_use]
    pub fn store(&self) -> Secret<Vec<u8>> {
        store::form(&self.link.0, &self.link.life(), true)
    }

    /// The application has made these bytes, which [`Pairing::store`] gave, durable, in place of all earlier ones. Bytes that do not
    /// tell of a ban, where there is one by now, must be stored over again, also if the ban was durable before them.
    pub fn saved(&self, form: &Secret<Vec<u8>>) {
        let Some(tells_of_ban) = store::tells_of_ban(form.expose(), &self.link.0) else { return };
        self.link.0.held.lock().saved = if tells_of_ban { Saved::Banned } else { Saved::Active };
    }

    /// Ends its use cleanly: bytes to store like those of [`Pairing::store`], but marked closed, and without this life in the count.
    ///
    /// # Errors
    /// The pairing itself while a session still uses it: a ban in that session would be lost. Let the sessions end, or drop them.
    pub fn close(self) -> Result<Secret<Vec<u8>>, Self> {
        if Arc::strong_count(&self.link.0) > 1 {
            return Err(self);
        }
        Ok(store::form(&self.link.0, &self.link.life(), false))
    }

    pub(crate) fn link(&self) -> Link {
        self.link.clone()
    }

    /// Both sides of a pairing with given randomness, without the protocol: for tests and benches of what stands above it.
    #[cfg(any(test, feature = "sim"))]
    pub(crate) fn deal(
        a: PublicIdentity,
        b: PublicIdentity,
        rng: &mut dyn rand_core::CryptoRng,
    ) -> (Self, Self) {
        use crate::ot::{DEPTH, deal};
        let ((b_leaves, a_delta, a_punctured), (a_leaves, b_delta, b_punctured)) =
            (deal::<DEPTH>(rng), deal::<DEPTH>(rng));
        let (mut id, mut zero) = ([0; 32], [0; 32]);
        rng.fill_bytes(&mut id);
        rng.fill_bytes(&mut zero);
        let side = |leaves, punctured, delta| Secrets {
            leaves: Secret::new(leaves),
            punctured: Secret::new(punctured),
            delta: Secret::new(delta),
            zero: Secret::new(zero),
        };
        (
            Self::new(id, a, b, side(a_leaves, a_punctured, a_delta)),
            Self::new(id, b, a, side(b_leaves, b_punctured, b_delta)),
        )
    }
}
