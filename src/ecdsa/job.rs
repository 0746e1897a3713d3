//! What is signed, by whom, under which key.

use alloc::vec::Vec;

use super::message::Digest;
use super::suite::EcdsaScheme;
use super::{PRESIGN, SIGN};
use crate::curve::{Curve, Scheme, encode_point};
use crate::error::SetupError;
use crate::key::{Path, PublicKey, derive};
use crate::party::{Parties, PartyId};
use crate::session::{Terms, binding};
use crate::wire::SessionId;

type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;
type Point<S> = <<S as Scheme>::Curve as Curve>::Point;

/// The most signatures that one run makes. A party sends 44,820 bytes for each to each other signer, and keeps what it receives until the end of the
/// round: with the most signatures, 11.5 MB for each other signer. `Plan::capacity` says it for a run.
pub const MAX_BATCH: usize = 256;

/// One signature of a run: the derived key, and the digest unless it comes later.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Order<S: EcdsaScheme> {
    pub(super) path: Path,
    /// `epsilon`, public: what the path adds to every share.
    pub(super) tweak: Scalar<S>,
    /// `pk'`.
    pub(super) key: Point<S>,
    pub(super) digest: Option<Digest>,
}

impl<S: EcdsaScheme> Order<S> {
    fn new(key: &PublicKey<S>, path: Path, digest: Option<Digest>) -> Result<Self, SetupError> {
        // [S0.4] a digest of zero is signed for nobody
        if digest.is_some_and(|digest| digest.is_zero::<S::Curve>()) {
            return Err(SetupError::ZeroDigest);
        }
        let derived = derive(key, &path)?;
        Ok(Self { path, tweak: *derived.tweak(), key: *derived.point(), digest })
    }
}

/// Everything that the signers of a run agree on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Job<S: EcdsaScheme> {
    pub(super) key: PublicKey<S>,
    pub(super) signers: Parties,
    pub(super) session: SessionId,
    protocol: u8,
    /// Whether the orders stand as a list in the binding, be it of one.
    pub(super) batch: bool,
    pub(super) orders: Vec<Order<S>>,
}

impl<S: EcdsaScheme> Job<S> {
    /// [S0.1] exactly t signers, all of them members.
    fn new(
        key: &PublicKey<S>,
        signers: Parties,
        session: SessionId,
        protocol: u8,
        batch: bool,
        orders: Vec<Order<S>>,
    ) -> Result<Self, SetupError> {
        check_signers(key, &signers)?;
        if !(1..=MAX_BATCH).contains(&orders.len()) {
            return Err(SetupError::BatchSize { found: orders.len(), limit: MAX_BATCH });
        }
        Ok(Self { key: key.clone(), signers, session, protocol, batch, orders })
    }

    /// The binding's items: `key id, u32 epoch, epoch id, signers`, and for one signature `pk', path, u8 digest id, digest` (presigning:
    /// digest id 0 and no digest), for a batch `u32 count` and then those four for each.
    pub(super) fn terms(&self, me: PartyId) -> Terms {
        let mut transcript = binding::<S>(self.protocol, self.key.threshold(), self.key.roster())
            .bytes(self.key.key_id())
            .u32(self.key.epoch())
            .bytes(&self.key.epoch_id())
            .bytes(&self.signers.to_bytes());
        if self.batch {
            transcript = transcript.u32(self.orders.len() as u32);
        }
        for order in &self.orders {
            let (id, digest) = order.digest.as_ref().map_or((0, &[][..]), |d| (d.id(), d.as_bytes()));
            // A derived key is never the identity.
            let key = encode_point::<S::Curve>(&order.key).unwrap_or_default();
            transcript = transcript.bytes(&key).bytes(&order.path.to_bytes()).u8(id).bytes(digest);
        }
        let (protocol, session, roster) = (self.protocol, self.session, *self.key.roster().hash());
        Terms { protocol, session, binding: transcript.finish(), me, roster }
    }
}

pub(super) fn check_signers<S: EcdsaScheme>(key: &PublicKey<S>, signers: &Parties) -> Result<(), SetupError> {
    if let Some(stranger) = signers.iter().find(|id| !key.roster().parties().contains(*id)) {
        return Err(SetupError::NotInRoster(stranger));
    }
    let t = key.threshold().t();
    if signers.len() != usize::from(t) {
        return Err(SetupError::SignerCount { signers: signers.len(), t });
    }
    Ok(())
}

macro_rules! accessors {
    ($name:ident) => {
        impl<S: EcdsaScheme> $name<S> {
            /// The key; what is signed with is derived from it by the path.
            #[must_use]
            pub const fn key(&self) -> &PublicKey<S> {
                &self.0.key
            }

            /// The signers, ascending.
            #[must_use]
            pub const fn signers(&self) -> &Parties {
                &self.0.signers
            }

            /// The terms at one party.
            #[must_use]
            pub fn terms(&self, me: PartyId) -> Terms {
                self.0.terms(me)
            }
        }
    };
}

accessors!(Task);
accessors!(Batch);
accessors!(PresignTask);

/// One message to be signed by exactly `t` signers: what all of them agree on beforehand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Task<S: EcdsaScheme>(pub(super) Job<S>);

impl<S: EcdsaScheme> Task<S> {
    /// A [`Message`](super::Message) or a [`Prehashed`](super::Prehashed), signed by the key at `path` (the empty path is the key itself). The
    /// session id is unique per run.
    ///
    /// # Errors
    /// [S0.1] [`SetupError::NotInRoster`], [`SetupError::SignerCount`]; [S0.4] [`SetupError::ZeroDigest`];
    /// [`SetupError::Underivable`].
    pub fn new(
        key: &PublicKey<S>,
        signers: Parties,
        path: Path,
        message: impl Into<Digest>,
        session: SessionId,
    ) -> Result<Self, SetupError> {
        let order = Order::new(key, path, Some(message.into()))?;
        Job::new(key, signers, session, SIGN, false, alloc::vec![order]).map(Self)
    }
}

/// Many messages to be signed at once by exactly `t` signers, each with its own path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Batch<S: EcdsaScheme>(pub(super) Job<S>);

impl<S: EcdsaScheme> Batch<S> {
    /// 1 to [`MAX_BATCH`] messages. Order counts: it is part of what the signers agree on.
    ///
    /// # Errors
    /// As [`Task::new`], and [`SetupError::BatchSize`].
    pub fn new<M: Into<Digest>>(
        key: &PublicKey<S>,
        signers: Parties,
        messages: impl IntoIterator<Item = (Path, M)>,
        session: SessionId,
    ) -> Result<Self, SetupError> {
        let orders = messages.into_iter().take(MAX_BATCH + 1);
        let orders: Result<_, _> = orders.map(|(path, m)| Order::new(key, path, Some(m.into()))).collect();
        Job::new(key, signers, session, SIGN, true, orders?).map(Self)
    }
}

/// Presignatures to be made by exactly `t` signers, for messages that come later.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PresignTask<S: EcdsaScheme>(pub(super) Job<S>);

impl<S: EcdsaScheme> PresignTask<S> {
    /// `count` presignatures for the key at `path`, 1 to [`MAX_BATCH`].
    ///
    /// # Errors
    /// As [`Task::new`], and [`SetupError::BatchSize`].
    pub fn new(
        key: &PublicKey<S>,
        signers: Parties,
        path: &Path,
        count: usize,
        session: SessionId,
    ) -> Result<Self, SetupError> {
        let order = Order::new(key, path.clone(), None)?;
        let orders = alloc::vec![order; count.min(MAX_BATCH + 1)];
        Job::new(key, signers, session, PRESIGN, count != 1, orders).map(Self)
    }
}
