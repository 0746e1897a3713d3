#![doc = include_str!("protocol.md")]

use alloc::vec::Vec;
use rand_core::CryptoRng;
#[cfg(feature = "ed25519")]
use sha2::{Digest as _, Sha512};
use subtle::ConstantTimeEq;

use crate::curve::{Curve, Scheme, read_point, read_scalar};
use crate::dkg::{Ceremony, Deal, Stake, occasion};
use crate::error::SetupError;
use crate::identity::{PublicIdentity, Roster};
use crate::key::{Made, Origin, PendingSeat, Seat, Source, together};
use crate::party::{Parties, PartyId, Threshold};
use crate::secret::{Secret, verdict};
use crate::session::{Session, SpendOnce};
use crate::sharing::{Commitment, coefficient};
use crate::wire::SessionId;

/// The protocol's number in headers.
pub const PROTOCOL: u8 = Made::Imported as u8;

/// What all parties of an import agree on beforehand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run<S: Scheme> {
    deal: Deal<S>,
    /// The polynomial that shares of the key lie on, where there are shares.
    shared: Option<Commitment<S::Curve>>,
}

impl<S: Scheme> Run<S> {
    /// The import of a secret that `dealer` has, to the members of `roster`. `public_key` is the encoded key that the user of every device
    /// expects; a dealer with another secret is refused. The dealer may be a member; if not, its id is nobody else's.
    ///
    /// # Errors
    /// [`SetupError::Malformed`] unless `public_key` is a point; [`SetupError::RosterSize`]; [`SetupError::IdTaken`],
    /// [`SetupError::DuplicateIdentity`], [`SetupError::BadIdentity`], [`SetupError::TooManyParties`] for a dealer that does not go with the
    /// roster.
    pub fn whole(
        threshold: Threshold,
        roster: Roster,
        public_key: &[u8],
        dealer: (PartyId, PublicIdentity),
        session: SessionId,
    ) -> Result<Self, SetupError> {
        let point = read_point::<S::Curve>(public_key).ok_or(SetupError::Malformed("public key"))?;
        let origin = Self::origin(&roster, &[dealer], None, session)?;
        let deal = Deal::import(threshold, roster, origin, alloc::vec![point])?;
        Ok(Self { deal, shared: None })
    }

    /// The import of a key from shares made elsewhere, by Shamir's scheme over the scheme's scalars: the `dealers`, as many as the
    /// `commitment` says are needed, have the values at their ids. `chain_code` is the key's, if it has one; else the dealers make one.
    ///
    /// # Errors
    /// As [`Run::whole`], and [`SetupError::DealerCount`].
    pub fn shares(
        threshold: Threshold,
        roster: Roster,
        commitment: &Commitment<S::Curve>,
        chain_code: Option<[u8; 32]>,
        dealers: &Roster,
        session: SessionId,
    ) -> Result<Self, SetupError> {
        if dealers.len() != commitment.t() {
            let t = u16::try_from(commitment.t()).unwrap_or(u16::MAX);
            return Err(SetupError::DealerCount { dealers: dealers.len(), t });
        }
        let dealers: Vec<_> = dealers.iter().collect();
        let origin = Self::origin(&roster, &dealers, chain_code, session)?;
        let deal = Deal::import(threshold, roster, origin, commitment.points().to_vec())?;
        Ok(Self { deal, shared: Some(commitment.clone()) })
    }

    fn origin(
        roster: &Roster,
        dealers: &[(PartyId, PublicIdentity)],
        chain_code: Option<[u8; 32]>,
        session: SessionId,
    ) -> Result<Origin, SetupError> {
        let cast = together(roster, dealers)?;
        let source = Some(Source { points: Vec::new(), chain_code });
        let dealers = Parties::new(dealers.iter().map(|(id, _)| *id))?;
        Ok(Origin { made: Made::Imported, dealers, cast, source, ..Origin::generated(roster, session) })
    }
}

occasion!(deal => Seat);

/// An import at one party.
pub type Import<S> = Ceremony<Run<S>>;

impl<S: Scheme> Import<S> {
    /// Starts an import at a dealer. `secret` is the whole secret, or this dealer's share: `SCALAR_LEN` bytes, as the scheme encodes
    /// scalars. `chain_code` is the key's, of a dealer of the whole; any 32 bytes where there never was one.
    ///
    /// # Errors
    /// [`SetupError::SelfMissing`] if `me` does not deal; [`SetupError::Malformed`] unless `secret` is a scalar;
    /// [`SetupError::WrongSecret`] if it is not that of the public key, or not on the polynomial, or zero: nothing is sent then.
    /// [`SetupError::SessionSpent`].
    pub fn deal(
        run: &Run<S>,
        me: PartyId,
        secret: &Secret<[u8; 32]>,
        chain_code: Option<Secret<[u8; 32]>>,
        witness: &mut dyn SpendOnce,
        rng: &mut dyn CryptoRng,
    ) -> Result<Session<Self>, SetupError> {
        let lambda = coefficient::<S::Curve>(run.dealers(), me).ok_or(SetupError::SelfMissing(me))?;
        let scalar = read_scalar::<S::Curve>(secret.expose()).map(Secret::new);
        let scalar = scalar.ok_or(SetupError::Malformed("secret"))?;
        let public = S::Curve::mul_base(scalar.expose());
        let expected = run.shared.as_ref().map(|shared| shared.at(me)).or_else(|| run.deal.public_key());
        // Nothing is sent if not, which shows.
        if !expected.is_some_and(|point| verdict(point.ct_eq(&public))) {
            return Err(SetupError::WrongSecret(me));
        }
        let constant = Secret::new(lambda * scalar.expose());
        Self::begin(run, me, Stake::Constant(constant, chain_code), witness, rng)
    }

    /// Starts an import at a member that does not deal.
    ///
    /// # Errors
    /// [`SetupError::SelfMissing`] if `me` is no member, [`SetupError::ShareMissing`] if it deals; [`SetupError::SessionSpent`].
    pub fn receive(
        run: &Run<S>,
        me: PartyId,
        witness: &mut dyn SpendOnce,
        rng: &mut dyn CryptoRng,
    ) -> Result<Session<Self>, SetupError> {
        if run.dealers().contains(me) {
            return Err(SetupError::ShareMissing(me));
        }
        Self::begin(run, me, Stake::None, witness, rng)
    }
}

/// The secret scalar of an Ed25519 key from its seed, for [`Import::deal`]: the first 32 bytes of `SHA-512(seed)`, clamped, as a little-endian
/// integer modulo `q` (RFC 8032, 5.1.5). The reduction keeps the public key, since the base point has order `q`. What is lost is the other half
/// of the hash, from which RFC 8032 makes nonces: the shares sign with fresh ones.
#[cfg(feature = "ed25519")]
#[must_use]
pub fn ed25519_secret(seed: &Secret<[u8; 32]>) -> Secret<[u8; 32]> {
    use curve25519_dalek::scalar::{Scalar, clamp_integer};
    let mut hash = Secret::new([0; 64]);
    Sha512::new().chain_update(seed.expose()).finalize_into(hash.expose_mut().into());
    let mut half = Secret::new([0; 32]);
    half.expose_mut().iter_mut().zip(hash.expose()).for_each(|(to, from)| *to = *from);
    let clamped = Secret::new(clamp_integer(*half.expose()));
    let scalar = Secret::new(Scalar::from_bytes_mod_order(*clamped.expose()));
    Secret::new(scalar.expose().to_bytes())
}
