//! What is dealt: by whom, to whom, from what. Key generation, refresh, reshare and import are one protocol with different answers.

use alloc::vec::Vec;

use group::Group;

use crate::curve::{Curve, Scheme, Unchecked, small_mul_vartime};
use crate::error::{Chance, SetupError};
use crate::identity::Roster;
use crate::key::{Base, Draft, Made, Origin, Place, PublicKey, Sharing, Source, chain_code};
use crate::party::{Parties, PartyId, Threshold};
use crate::session::Terms;
use crate::sharing::{Commitment, coefficient, evaluate_unchecked};
use crate::wire::SessionId;

type Point<S> = <<S as Scheme>::Curve as Curve>::Point;

/// A dealing as all its parties know it beforehand.
///
/// | | key generation | refresh | reshare | import |
/// |---|---|---|---|---|
/// | dealers | all members | all members | t of the epoch before | who has the secret, or t who have shares |
/// | receivers | all members | all members | the new members | all members |
/// | constant dealt | random | zero, not sent | `lambda_i s_i` | the secret, or `lambda_i s_i` |
/// | chain code | from all dealers | kept | kept | the dealer's; given, or from all dealers |
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deal<S: Scheme> {
    threshold: Threshold,
    roster: Roster,
    origin: Origin,
    /// The key's name, where there is a key.
    key_id: Option<[u8; 32]>,
    /// Where it is known beforehand.
    chain_code: Option<[u8; 32]>,
    /// The polynomial shared before, in the exponent: of the epoch before, or of what is imported. Empty in key generation.
    before: Vec<Point<S>>,
}

impl<S: Scheme> Deal<S> {
    pub(crate) fn generation(
        threshold: Threshold,
        roster: Roster,
        session: SessionId,
    ) -> Result<Self, SetupError> {
        let origin = Origin::generated(&roster, session);
        let (key_id, chain_code, before) = (None, None, Vec::new());
        Self { threshold, roster, origin, key_id, chain_code, before }.sized()
    }

    /// A key generation as one key of a set.
    pub(crate) fn in_set(
        threshold: Threshold,
        roster: Roster,
        session: SessionId,
        place: Place,
    ) -> Result<Self, SetupError> {
        let origin = Origin::in_set(&roster, session, place);
        Ok(Self { origin, ..Self::generation(threshold, roster, session)? })
    }

    /// The next epoch of a key.
    pub(crate) fn next(
        old: &PublicKey<S>,
        threshold: Threshold,
        roster: Roster,
        origin: Origin,
    ) -> Result<Self, SetupError> {
        let base = Base { epoch: old.epoch(), cert: *old.cert() };
        if origin.epoch <= base.epoch {
            return Err(SetupError::EpochOrder { epoch: origin.epoch, base: base.epoch });
        }
        let origin = Origin { base: Some(base), ..origin };
        let (key_id, chain_code) = (Some(*old.key_id()), Some(*old.chain_code()));
        let before = old.commitment().points().to_vec();
        Self { threshold, roster, origin, key_id, chain_code, before }.sized()
    }

    /// A key from elsewhere.
    pub(crate) fn import(
        threshold: Threshold,
        roster: Roster,
        origin: Origin,
        before: Vec<Point<S>>,
    ) -> Result<Self, SetupError> {
        let mut points = Vec::new();
        S::Curve::encode_points(&before, &mut points).ok_or(SetupError::Malformed("public key"))?;
        let chain_code = origin.source.as_ref().and_then(|source| source.chain_code);
        let origin = Origin { source: Some(Source { points, chain_code }), ..origin };
        Self { threshold, roster, origin, key_id: None, chain_code, before }.sized()
    }

    fn sized(self) -> Result<Self, SetupError> {
        let (roster, n) = (self.roster.len(), self.threshold.n());
        if roster == usize::from(n) { Ok(self) } else { Err(SetupError::RosterSize { roster, n }) }
    }

    /// How many of how many, afterwards.
    #[must_use]
    pub const fn threshold(&self) -> Threshold {
        self.threshold
    }

    /// The members, afterwards.
    #[must_use]
    pub const fn roster(&self) -> &Roster {
        &self.roster
    }

    /// The run.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The key's name, where there is a key.
    pub(crate) const fn key_id(&self) -> Option<&[u8; 32]> {
        self.key_id.as_ref()
    }

    /// The public key, where there is one.
    pub(crate) fn public_key(&self) -> Option<Point<S>> {
        self.before.first().copied()
    }

    /// The terms at one party.
    #[must_use]
    pub fn terms(&self, me: PartyId) -> Terms {
        let key_id = self.key_id.unwrap_or_default();
        self.origin.terms::<S>(self.threshold, &self.roster, &key_id, me)
    }

    /// The run's id.
    #[must_use]
    pub const fn session(&self) -> SessionId {
        self.origin.session()
    }

    /// The number of the epoch that it makes.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.origin.epoch()
    }

    /// Who deals, ascending.
    #[must_use]
    pub const fn dealers(&self) -> &Parties {
        self.origin.dealers()
    }

    /// Everybody who takes part, dealers and members: who signs envelopes of the run, and its certificate.
    #[must_use]
    pub const fn cast(&self) -> &Roster {
        self.origin.cast()
    }

    pub(super) fn deals(&self, id: PartyId) -> bool {
        self.dealers().contains(id)
    }

    pub(super) fn receives(&self, id: PartyId) -> bool {
        self.roster.parties().contains(id)
    }

    /// Whether the constant of every polynomial is zero, and so not sent.
    pub(super) fn of_zero(&self) -> bool {
        self.origin.made == Made::Refreshed
    }

    /// Points that a dealer reveals.
    pub(super) fn points(&self) -> usize {
        usize::from(self.threshold.t()) - usize::from(self.of_zero())
    }

    /// Whether dealers bring parts of a chain code.
    pub(super) const fn brings_chain(&self) -> bool {
        self.key_id.is_none()
    }

    /// What a dealer's points say of a receiver: `sum_k id^k A_k`, from `k = 1` on where the constant is not sent.
    pub(super) fn evaluate(&self, points: &[Unchecked<S::Curve>], id: PartyId) -> Unchecked<S::Curve> {
        let sum = evaluate_unchecked(points, id);
        if self.of_zero() { sum.small_mul_vartime(id.get()) } else { sum }
    }

    /// What a dealer's constant must be, where it is not its to choose: `lambda_i V(i)` of the polynomial before; of a secret that
    /// one party imports, the public key.
    pub(super) fn constant(&self, dealer: PartyId) -> Option<Point<S>> {
        if self.before.is_empty() || self.of_zero() {
            return None;
        }
        let value = self
            .before
            .iter()
            .rev()
            .fold(Point::<S>::identity(), |sum, v| small_mul_vartime::<S::Curve>(&sum, dealer.get()) + v);
        let lambda = coefficient::<S::Curve>(self.dealers(), dealer)?;
        Some(S::Curve::msm_vartime(&[(value, lambda)]))
    }

    /// The check that compares with [`Deal::constant`].
    pub(super) fn constant_check(&self) -> &'static str {
        if self.origin.made == Made::Imported { "I2.1" } else { "E2.1" }
    }

    /// `V` from the sums over all dealers.
    ///
    /// # Errors
    /// The check that fails, K2.7 or E2.2, and what it says.
    pub(super) fn commitment(
        &self,
        mut sums: Vec<Point<S>>,
    ) -> Result<Commitment<S::Curve>, (&'static str, Chance)> {
        if self.of_zero() {
            sums.insert(0, Point::<S>::identity());
            sums.iter_mut().zip(&self.before).for_each(|(sum, v)| *sum += v);
        }
        // [K2.7] no point is the identity
        let commitment = Commitment::new(sums).ok_or(("K2.7", Chance::Degenerate))?;
        // [E2.2] the public key is the one there was; it follows from E2.1, unless this device computes wrongly
        match self.public_key() {
            Some(key) if key != commitment.public_key() => Err(("E2.2", Chance::OwnFault)),
            _ => Ok(commitment),
        }
    }

    /// The sharing that comes of it, with the dealers' parts of a chain code, ascending.
    pub(super) fn sharing<'a>(
        &self,
        views: [[u8; 32]; 2],
        commitment: Commitment<S::Curve>,
        parts: impl IntoIterator<Item = &'a [u8]>,
    ) -> Sharing<S> {
        let [e1, _] = &views;
        let mut parts = parts.into_iter();
        let chain_code = match self.chain_code {
            Some(known) => known,
            None if self.origin.source.is_some() && self.dealers().len() == 1 => {
                parts.next().and_then(|part| part.try_into().ok()).unwrap_or_default()
            }
            None => chain_code(e1, parts),
        };
        let draft = Draft {
            origin: self.origin.clone(),
            views,
            threshold: self.threshold,
            roster: self.roster.clone(),
            commitment,
            chain_code,
            key_id: self.key_id,
        };
        draft.sharing()
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;
    use crate::curve::FrostEd25519;
    use crate::sim::Cast;

    type E = FrostEd25519;

    /// What no dealers that passed E2.1 can do.
    #[test]
    fn e2_2_another_public_key_is_no_next_epochs() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let cast = Cast::new([1, 2], &mut rng).unwrap();
        let threshold = Threshold::new(2, 2).unwrap();
        let [own, other] = [1, 2].map(|_| cast.deal::<E>(threshold, &mut rng).unwrap().swap_remove(0));
        let points = |share: &crate::key::KeyShare<E>| share.public().commitment().points().to_vec();
        let (old, roster) = (own.public(), cast.roster());
        let origin = |made| Origin { made, epoch: 1, ..Origin::generated(roster, SessionId([1; 16])) };
        let next = |made| Deal::next(old, threshold, roster.clone(), origin(made)).unwrap();
        let reshare = next(Made::Reshared);
        assert_eq!(reshare.commitment(points(&own)).unwrap().points(), points(&own));
        assert_eq!(reshare.commitment(points(&other)).unwrap_err(), ("E2.2", Chance::OwnFault));
        let identity = alloc::vec![points(&own)[0], Point::<E>::identity()];
        assert_eq!(reshare.commitment(identity).unwrap_err(), ("K2.7", Chance::Degenerate));
        // A refresh adds to what there was, and a first epoch has no key before it.
        let refreshed = next(Made::Refreshed).commitment(points(&other)[1..].to_vec()).unwrap();
        assert_eq!(refreshed.public_key(), points(&own)[0]);
        let first = Deal::<E>::generation(threshold, roster.clone(), SessionId([2; 16])).unwrap();
        assert_eq!(first.commitment(points(&other)).unwrap().points(), points(&other));
    }
}
