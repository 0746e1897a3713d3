//! A pairing in use, and its ban.
//!
//! All sessions of a pair share one object. Checks on its secrets are computed without a lock; their *result* takes effect in one atomic
//! step ([`Link::settle`]). So no result after the first failure is visible, and parallel sessions test no more than sessions one after
//! the other: tests worth m bits of Delta pass with probability at most 2^-m over the life of the pairing.

use alloc::sync::Arc;

use spin::Mutex;

use crate::identity::PublicIdentity;
use crate::ot::Seed;
use crate::secret::Secret;
use crate::wire::SessionId;

/// What a pairing is made of, both directions.
#[derive(Debug)]
pub(crate) struct Secrets {
    /// As Bob: every leaf of every tree, `BASE / DEPTH` trees of `2^DEPTH` leaves.
    pub(crate) leaves: Secret<alloc::vec::Vec<Seed>>,
    /// As Alice: all leaves but one. Slot z of a block holds leaf `z ^ Delta_i`; slot 0, the missing leaf, is zero bytes.
    pub(crate) punctured: Secret<alloc::vec::Vec<Seed>>,
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

#[derive(Debug)]
enum Life {
    Active(Arc<Secrets>),
    Banned(Ban),
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) id: [u8; 32],
    pub(super) me: PublicIdentity,
    pub(super) peer: PublicIdentity,
    life: Mutex<Life>,
}

/// What became of a check's result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Settled {
    /// It passed, and the pairing is not banned.
    Pass,
    /// It failed first: the pairing is banned now, its secrets are gone.
    Banned,
    /// The pairing was banned before; the result is dropped.
    AlreadyBanned,
}

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
        match &*self.0.life.lock() {
            Life::Active(secrets) => Some(secrets.clone()),
            Life::Banned(_) => None,
        }
    }

    /// Lets the result of a check on the secrets take effect, in one atomic step.
    pub(crate) fn settle(&self, passed: bool, check: &'static str, session: SessionId) -> Settled {
        let mut life = self.0.life.lock();
        match (&*life, passed) {
            (Life::Banned(_), _) => Settled::AlreadyBanned,
            (Life::Active(_), true) => Settled::Pass,
            (Life::Active(_), false) => {
                *life = Life::Banned(Ban { check, session });
                Settled::Banned
            }
        }
    }

    /// The ban, if there is one.
    pub(crate) fn ban(&self) -> Option<Ban> {
        match &*self.0.life.lock() {
            Life::Active(_) => None,
            Life::Banned(ban) => Some(*ban),
        }
    }
}

/// What two devices set up once, for any number of keys on both curves.
#[derive(Debug)]
pub struct Pairing {
    link: Link,
}

impl Pairing {
    pub(super) fn new(
        id: [u8; 32],
        me: PublicIdentity,
        peer: PublicIdentity,
        life: Result<Secrets, Ban>,
    ) -> Self {
        let life = match life {
            Ok(secrets) => Life::Active(Arc::new(secrets)),
            Err(ban) => Life::Banned(ban),
        };
        Self { link: Link(Arc::new(Shared { id, me, peer, life: Mutex::new(life) })) }
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

    pub(crate) fn link(&self) -> Link {
        self.link.clone()
    }

    /// Both sides of a pairing with given randomness, without the protocol: for tests of what stands above it.
    #[cfg(test)]
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
            Self::new(id, a, b, Ok(side(a_leaves, a_punctured, a_delta))),
            Self::new(id, b, a, Ok(side(b_leaves, b_punctured, b_delta))),
        )
    }
}
