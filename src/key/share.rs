//! One device's share, before and after the certificate.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::certificate::{Certificate, CertificateError, PublicKey, VERSION};
use super::origin::Origin;
use super::sharing::Sharing;
use crate::curve::{Curve, Scheme, read_scalar, write_scalar};
use crate::error::SetupError;
use crate::hash::{DIGEST_LEN, close, closed};
use crate::identity::{Pending, SigInput};
use crate::party::PartyId;
use crate::secret::{Secret, published_in_place};
use crate::wire::{Reader, put_u16, put_u32};

type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;

/// What a share may be used for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Standing {
    Good = 0,
    /// Rebuilt from others' shares: whoever has the lost device has it too. It takes part in a refresh or reshare first.
    Repaired = 1,
    /// The key's secret was put together outside: it is no threshold key any more.
    Burned = 2,
}

impl Standing {
    fn from_wire(number: u8) -> Option<Self> {
        [Self::Good, Self::Repaired, Self::Burned].into_iter().find(|s| *s as u8 == number)
    }
}

/// A party's secret with its id. `s * G = V(id)` was checked when it was made.
#[derive(Debug)]
struct Held<S: Scheme> {
    id: PartyId,
    standing: Standing,
    secret: Secret<Scalar<S>>,
}

impl<S: Scheme> Held<S> {
    const LEN: usize = 3 + S::Curve::SCALAR_LEN;

    fn write(&self, out: &mut Vec<u8>) {
        put_u16(out, self.id.get());
        out.push(self.standing as u8);
        write_scalar::<S::Curve>(self.secret.expose(), out);
    }

    fn read(r: &mut Reader<'_>, sharing: &Sharing<S>) -> Option<Self> {
        let id = PartyId::new(r.u16()?).ok()?;
        let standing = Standing::from_wire(r.u8()?)?;
        let secret = Secret::new(read_scalar::<S::Curve>(r.bytes(S::Curve::SCALAR_LEN)?)?);
        let mine = sharing.roster.parties().contains(id) && sharing.commitment.verify(id, secret.expose());
        mine.then_some(Self { id, standing, secret })
    }
}

/// A share whose certificate is not complete yet. It must be durable before this device's signature leaves, and is kept until
/// the complete certificate arrives, from this run or handed over later by anyone; only the application's decision to abandon
/// the key discards it.
#[derive(Debug)]
pub struct PendingShare<S: Scheme> {
    held: Held<S>,
    sharing: Sharing<S>,
}

impl<S: Scheme> PendingShare<S> {
    pub(crate) const fn new(id: PartyId, secret: Secret<Scalar<S>>, sharing: Sharing<S>) -> Self {
        Self { held: Held { id, standing: Standing::Good, secret }, sharing }
    }

    /// What is public of it.
    #[must_use]
    pub const fn sharing(&self) -> &Sharing<S> {
        &self.sharing
    }

    /// Whose share it is.
    #[must_use]
    pub const fn id(&self) -> PartyId {
        self.held.id
    }

    /// The stored form, secret: version 1, `p`, id 2, standing 1, secret, sharing.
    #[must_use]
    pub fn to_bytes(&self) -> Secret<Vec<u8>> {
        let mut out = Secret::buffer(2 + Held::<S>::LEN + self.sharing.stored_len());
        out.expose_mut().extend_from_slice(&[VERSION, b'p']);
        self.held.write(out.expose_mut());
        self.sharing.write(out.expose_mut());
        out
    }

    /// Reads what [`PendingShare::to_bytes`] wrote; `None` unless the share fits its commitment.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (held, r) = split::<S>(bytes, b'p')?;
        let mut r = r;
        let sharing = Sharing::read(&mut r)?;
        r.end()?;
        let held = Held::read(&mut Reader::new(held), &sharing)?;
        (held.standing == Standing::Good).then_some(Self { held, sharing })
    }

    /// [T3.1] Makes it the key, with a complete certificate from anyone.
    ///
    /// # Errors
    /// The share comes back with the reason.
    pub fn complete(self, certificate: Certificate) -> Result<KeyShare<S>, (Box<Self>, CertificateError)> {
        match certificate.verify(&self.sharing) {
            Ok(()) => Ok(self.certified(certificate)),
            Err(error) => Err((Box::new(self), error)),
        }
    }

    /// With signatures that were verified one by one.
    pub(crate) fn certified(self, certificate: Certificate) -> KeyShare<S> {
        let public = PublicKey::verified(self.sharing, certificate);
        KeyShare { held: self.held, public, outdated: Vec::new() }
    }
}

impl<S: Scheme> Pending for PendingShare<S> {
    fn to_sign(&self) -> SigInput {
        self.sharing.to_sign()
    }
}

/// One device's share of a key, with everything public about it. Typed by the scheme: a key is used for that and nothing
/// else.
///
/// It has no `Clone`: a second copy of a share is made by storing it, on purpose.
///
/// ```compile_fail,E0599
/// fn copy(share: &quorate::key::KeyShare<quorate::curve::FrostEd25519>) {
///     let _ = (*share).clone();
/// }
/// ```
///
/// A key of one scheme is none of another:
///
/// ```compile_fail,E0308
/// use quorate::{curve::{EcdsaSecp256k1, FrostEd25519}, key::KeyShare};
/// fn other(share: KeyShare<EcdsaSecp256k1>) -> KeyShare<FrostEd25519> {
///     share
/// }
/// ```
#[derive(Debug)]
pub struct KeyShare<S: Scheme> {
    held: Held<S>,
    public: PublicKey<S>,
    /// Pairings that this share does not sign with.
    outdated: Vec<[u8; 32]>,
}

impl<S: Scheme> KeyShare<S> {
    /// Whose share it is.
    #[must_use]
    pub const fn id(&self) -> PartyId {
        self.held.id
    }

    /// The public side.
    #[must_use]
    pub const fn public(&self) -> &PublicKey<S> {
        &self.public
    }

    pub(crate) const fn secret(&self) -> &Secret<Scalar<S>> {
        &self.held.secret
    }

    /// Whether the share must go through a refresh or a reshare before it signs: it was rebuilt ([`crate::repair`]), or one party knew all
    /// shares of its epoch ([`crate::import`]).
    #[must_use]
    pub fn must_refresh(&self) -> bool {
        self.held.standing == Standing::Repaired || self.public.was_whole()
    }

    /// Whether the key's secret was put together outside ([`KeyShare::burn`]).
    #[must_use]
    pub fn is_burned(&self) -> bool {
        self.held.standing == Standing::Burned
    }

    /// Marks the key as one whose secret somebody may have: the share signs nothing any more, with presignatures either, and deals nothing. For
    /// good; store it. What has begun goes on: drop the sessions.
    pub const fn burn(&mut self) {
        self.held.standing = Standing::Burned;
    }

    /// Refuses to sign with these pairings, by their ids, beside those refused before. A refresh renews shares and not pairings, so whoever
    /// stole a pairing from this device keeps it: where proactive security is asked for, refuse all pairings from before on entering the
    /// new epoch, and pair anew. Presignatures that were made with one of them sign with this share no more. What has begun goes on, here and
    /// with the peer, who is not told. Store the share.
    pub fn refuse_pairings(&mut self, ids: impl IntoIterator<Item = [u8; 32]>) {
        self.outdated.extend(ids);
        self.outdated.sort_unstable();
        self.outdated.dedup();
    }

    /// Takes over what holds of the key at this device whatever the epoch, from the share that this one replaces: the pairings that it
    /// refuses, and that it is burned. A run gives a share without either: what was said to the old one while the run went on, or before, it does
    /// not know. [`Epochs`](super::epoch::Epochs) and [`Bundle`](crate::keyset::Bundle) do this; who keeps shares otherwise, does it before
    /// the old share is erased. Store the share.
    pub fn inherit(&mut self, before: &Self) {
        self.refuse_pairings(before.outdated.iter().copied());
        if before.is_burned() {
            self.burn();
        }
    }

    /// The pairings that the share does not sign with, ascending.
    #[must_use]
    pub fn refused_pairings(&self) -> &[[u8; 32]] {
        &self.outdated
    }

    /// Whether the share may sign, and deal to the next epoch if `dealing`.
    pub(crate) fn check_standing(&self, dealing: bool) -> Result<(), SetupError> {
        if self.is_burned() {
            return Err(SetupError::Burned(self.id()));
        }
        if self.must_refresh() && !dealing {
            return Err(SetupError::RefreshFirst(self.id()));
        }
        Ok(())
    }

    /// Whether the share may deal in a run of `key_id` that starts from the epoch `base`.
    pub(crate) fn check_for_dealing(
        &self,
        origin: &Origin,
        key_id: Option<&[u8; 32]>,
        base: &[u8; 32],
    ) -> Result<(), SetupError> {
        let who = self.id();
        self.check_standing(true)?;
        if key_id != Some(self.public.key_id()) {
            return Err(SetupError::WrongKey(who));
        }
        if self.public.epoch_id() != *base {
            let key = origin.base.map_or(0, |base| base.epoch);
            return Err(SetupError::WrongEpoch { who, share: self.public.epoch(), key });
        }
        Ok(())
    }

    /// Of a share that was rebuilt.
    pub(crate) fn repaired(id: PartyId, secret: Secret<Scalar<S>>, public: PublicKey<S>) -> Self {
        Self { held: Held { id, standing: Standing::Repaired, secret }, public, outdated: Vec::new() }
    }

    /// Bytes of the stored form of a `t`-of-`n` share from key generation.
    #[must_use]
    pub const fn stored_len(t: usize, n: usize) -> usize {
        2 + Held::<S>::LEN + 5 + 34 * n + 21 + 4 * 32 + t * S::Curve::POINT_LEN + 64 * n + 4 + DIGEST_LEN
    }

    fn len(&self) -> usize {
        2 + Held::<S>::LEN + self.public.full_len() + 4 + 32 * self.outdated.len() + DIGEST_LEN
    }

    /// The stored form, secret: version 1, `k`, id 2, standing 1, secret, the public key's, count 4 of refused pairings, 32 each,
    /// and SHA-256 of all that, so that a bad disk neither burns a share nor lifts a restriction. Seal it before it touches a disk.
    #[must_use]
    pub fn to_bytes(&self) -> Secret<Vec<u8>> {
        let mut out = Secret::buffer(self.len());
        let bytes = out.expose_mut();
        bytes.extend_from_slice(&[VERSION, b'k']);
        self.held.write(bytes);
        self.public.write(bytes);
        put_u32(bytes, self.outdated.len() as u32);
        bytes.extend_from_slice(self.outdated.as_flattened());
        close(bytes);
        out
    }

    /// Reads what [`KeyShare::to_bytes`] wrote; `None` unless the share fits its commitment and the certificate is complete.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (held, mut r) = split::<S>(closed(bytes)?, b'k')?;
        let public = PublicKey::read(&mut r)?;
        let count = r.u32()? as usize;
        let (outdated, rest) = r.rest().as_chunks::<32>();
        let whole = rest.is_empty() && outdated.len() == count && outdated.is_sorted_by(|a, b| a < b);
        let held = Held::read(&mut Reader::new(held), &public)?;
        whole.then(|| Self { held, public, outdated: outdated.to_vec() })
    }
}

/// The held part and a reader at the public part, behind version and kind.
fn split<S: Scheme>(bytes: &[u8], kind: u8) -> Option<(&[u8], Reader<'_>)> {
    let open = 2 + Held::<S>::LEN - S::Curve::SCALAR_LEN;
    let (names, rest) = bytes.split_at_checked(open)?;
    // All but the secret is public, also when it comes out of a sealed container.
    published_in_place(names);
    published_in_place(rest.get(S::Curve::SCALAR_LEN..)?);
    let mut r = Reader::new(bytes);
    let right = r.u8()? == VERSION && r.u8()? == kind;
    let held = r.bytes(Held::<S>::LEN)?;
    right.then_some((held, r))
}

#[cfg(feature = "serde")]
mod with_serde {
    use alloc::vec::Vec;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use super::{KeyShare, PublicKey, Scheme};
    use crate::secret::Secret;

    impl<S: Scheme> Serialize for KeyShare<S> {
        fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
            self.to_bytes().expose().serialize(serializer)
        }
    }

    impl<'de, S: Scheme> Deserialize<'de> for KeyShare<S> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let bytes = Secret::new(Vec::<u8>::deserialize(deserializer)?);
            Self::from_bytes(bytes.expose()).ok_or_else(|| D::Error::custom("not a key share"))
        }
    }

    impl<S: Scheme> Serialize for PublicKey<S> {
        fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
            self.to_bytes().serialize(serializer)
        }
    }

    impl<'de, S: Scheme> Deserialize<'de> for PublicKey<S> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let bytes = Vec::<u8>::deserialize(deserializer)?;
            Self::from_bytes(&bytes).ok_or_else(|| D::Error::custom("not a public key"))
        }
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;
    use crate::curve::FrostEd25519;
    use crate::key::origin::{Base, Made};
    use crate::party::Threshold;
    use crate::sharing::coefficient_at;
    use crate::sim::Cast;

    type E = FrostEd25519;

    fn shares() -> Vec<KeyShare<E>> {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let cast = Cast::new([1, 2, 3], &mut rng).unwrap();
        cast.deal::<E>(Threshold::new(2, 3).unwrap(), &mut rng).unwrap()
    }

    fn reads(share: &KeyShare<E>) -> bool {
        KeyShare::<E>::from_bytes(share.to_bytes().expose()).is_some()
    }

    /// The commitment has a value at every number; only members have shares.
    #[test]
    fn a_share_of_nobody_is_not_read() {
        let shares = shares();
        let two = crate::party::Parties::from_numbers([1, 2]).unwrap();
        for (number, right) in [(3, true), (4, false), (65534, false)] {
            let id = PartyId::new(number).unwrap();
            let term = |share: &KeyShare<E>| {
                coefficient_at::<<E as Scheme>::Curve>(&two, share.id(), id).unwrap()
                    * share.secret().expose()
            };
            let secret = Secret::new(term(&shares[0]) + term(&shares[1]));
            assert!(shares[0].public().commitment().verify(id, secret.expose()));
            let held = Held { id, standing: Standing::Good, secret };
            let share = KeyShare { held, public: shares[0].public().clone(), outdated: Vec::new() };
            assert_eq!(reads(&share), right, "{number}");
        }
    }

    #[test]
    fn refused_pairings_are_counted_and_ascend() {
        let mut share = shares().swap_remove(0);
        for (outdated, right) in
            [(&[1, 2][..], true), (&[2, 1], false), (&[1, 1], false), (&[], true), (&[0, 1, 255], true)]
        {
            share.outdated = outdated.iter().map(|byte| [*byte; 32]).collect();
            assert_eq!(reads(&share), right, "{outdated:?}");
            let stored = share.to_bytes();
            let content = stored.expose().len() - DIGEST_LEN;
            let at = content - 32 * outdated.len() - 4;
            for count in [outdated.len() as u32 + 1, (outdated.len() as u32).wrapping_sub(1)] {
                let mut changed = stored.expose()[..content].to_vec();
                changed[at..at + 4].copy_from_slice(&count.to_be_bytes());
                close(&mut changed);
                assert!(KeyShare::<E>::from_bytes(&changed).is_none(), "{count} of {outdated:?}");
            }
        }
    }

    /// What waits has never been rebuilt and never burned: a mark there would be lost when it is certified, or would be one that nobody set.
    #[test]
    fn a_marked_pending_share_is_not_read() {
        for standing in [Standing::Good, Standing::Repaired, Standing::Burned] {
            let KeyShare { held, public, .. } = shares().swap_remove(0);
            let pending = PendingShare::<E> { held: Held { standing, ..held }, sharing: (*public).clone() };
            let read = PendingShare::<E>::from_bytes(pending.to_bytes().expose());
            assert_eq!(read.is_some(), standing == Standing::Good);
        }
    }

    #[test]
    fn members_stand_in_one_order() {
        let stored = shares()[0].public().to_bytes();
        // version 1, scheme 1, t 2, n 2; then id 2 and identity 32 of each
        let mut turned = stored.clone();
        turned[6..74].rotate_left(34);
        assert_ne!(turned, stored);
        assert!(PublicKey::<E>::from_bytes(&stored).is_some());
        assert!(PublicKey::<E>::from_bytes(&turned).is_none());
    }

    /// Whoever signs it: the first epoch is 0, and numbers rise.
    #[test]
    fn numbers_rise_from_0() {
        let shares = shares();
        let (cert, roster) = (*shares[0].public().cert(), shares[0].public().roster());
        let first = shares[0].public().origin().clone();
        let reads = |origin: &Origin| {
            let mut bytes = Vec::new();
            origin.write(&mut bytes);
            Origin::read(&mut Reader::new(&bytes), roster).is_some()
        };
        assert!(reads(&first) && !reads(&Origin { epoch: 1, ..first.clone() }));
        for (epoch, base, right) in [(1, 0, true), (1, 1, false), (1, 2, false), (u32::MAX, 7, true)] {
            let base = Some(Base { epoch: base, cert });
            assert_eq!(reads(&Origin { made: Made::Refreshed, epoch, base, ..first.clone() }), right);
        }
    }
}
