//! Spending a presignature: one round.

use ff::Field;
use rand_core::CryptoRng;

use super::ONLINE;
use super::message::{Digest, Message};
use super::msg::FRAGMENT_LEN;
use super::presignature::Presignature;
use super::round3::{Asked, Round3};
use super::signature::Signature;
use super::suite::EcdsaScheme;
use super::team::{check_age, links};
use crate::curve::encode_point;
use crate::error::{Abort, Chance, SetupError};
use crate::key::{KeyShare, PublicKey};
use crate::pairing::Pairings;
use crate::session::{Expect, Failure, Inbox, Outbox, Plan, RoundPlan, Session, State, Step, Terms, binding};
use crate::wire::{Kind, SessionId};

/// Signing with a presignature, at one signer.
#[derive(Debug)]
pub struct Online<S: EcdsaScheme>(Round3<S>);

impl<S: EcdsaScheme> Online<S> {
    /// Signs a message that was hashed here. The presignature is spent, also by a failure; all of its signers must be given the same message.
    ///
    /// A raw digest is refused by type: whoever chooses one after the nonce point is known forges.
    ///
    /// ```compile_fail,E0308
    /// use quorate::{curve::EcdsaSecp256k1, ecdsa::{Online, Prehashed, Presignature}, key::KeyShare, pairing::Pairings};
    /// fn raw(presignature: Presignature<EcdsaSecp256k1>, share: &KeyShare<EcdsaSecp256k1>, pairings: &Pairings) {
    ///     let digest = Prehashed::new([7; 32]);
    ///     let _ = Online::start(presignature, share, pairings, digest, quorate::wire::SessionId([0; 16]));
    /// }
    /// ```
    ///
    /// So is a second use:
    ///
    /// ```compile_fail,E0382
    /// use quorate::{curve::EcdsaSecp256k1, ecdsa::{Message, Online, Presignature}, key::KeyShare, pairing::Pairings};
    /// fn twice(presignature: Presignature<EcdsaSecp256k1>, share: &KeyShare<EcdsaSecp256k1>, pairings: &Pairings) {
    ///     let (one, other) = (Message::sha256(b"one"), Message::sha256(b"other"));
    ///     let session = quorate::wire::SessionId([0; 16]);
    ///     let _ = Online::start(presignature, share, pairings, one, session);
    ///     let _ = Online::start(presignature, share, pairings, other, session);
    /// }
    /// ```
    ///
    /// The share adds nothing to the signature: all that is needed of it is in the presignature. It says what became of the key at this device
    /// since.
    ///
    /// # Errors
    /// [`SetupError::WrongPresignature`] if it was made for another key or epoch, or by another party than the share's; [L2.2]
    /// [`SetupError::Burned`], [`SetupError::RefreshFirst`]; [S0.5] [`SetupError::Banned`], [`SetupError::PairingRenewed`],
    /// [`SetupError::NoPairing`], [`SetupError::PairingOutdated`]; [S0.4] [`SetupError::ZeroDigest`].
    pub fn start(
        presignature: Presignature<S>,
        share: &KeyShare<S>,
        pairings: &Pairings,
        message: Message,
        session: SessionId,
    ) -> Result<Session<Self>, SetupError> {
        // [L2.2] what a share no longer signs, it does not sign with what it made ahead either
        share.check_standing(false)?;
        let key = share.public();
        let made_for = (presignature.me, presignature.key_id, presignature.epoch_id);
        if made_for != (share.id(), *key.key_id(), key.epoch_id()) {
            return Err(SetupError::WrongPresignature);
        }
        let digest = Digest::from(message);
        // [S0.4] a digest of zero is signed for nobody
        if digest.is_zero::<S::Curve>() {
            return Err(SetupError::ZeroDigest);
        }
        // [S0.5] after a ban no key of the pair signs in any way
        let links = links(key, &presignature.signers, presignature.me, pairings)?;
        for ((id, link), made_with) in links.iter().zip(&presignature.pairings) {
            if link.id() != made_with {
                return Err(SetupError::PairingRenewed(*id));
            }
        }
        check_age(share, &links)?;
        let terms = terms(&presignature, key, &digest, session);
        let others = presignature.signers.without(presignature.me);
        let all = Some(Expect::new(others, &[(Kind::All, FRAGMENT_LEN)]));
        let plan = Plan::from(alloc::vec![RoundPlan { round: 1, all, direct: None }]);
        let Presignature { presigned, signers, key, .. } = presignature;
        let asked = Asked { presigned, tweak: Field::ZERO, digest };
        let (round, outbox) = Round3::start(1, signers, key, [asked]);
        Ok(Session::new(terms, plan, Self(round), outbox))
    }
}

/// The binding's items are those of signing, `key id, u32 epoch, epoch id, signers, pk', path, u8 digest id, digest`, then the presignature's id.
fn terms<S: EcdsaScheme>(
    of: &Presignature<S>,
    key: &PublicKey<S>,
    digest: &Digest,
    session: SessionId,
) -> Terms {
    let derived = encode_point::<S::Curve>(&of.key).unwrap_or_default();
    let binding = binding::<S>(ONLINE, key.threshold(), key.roster())
        .bytes(key.key_id())
        .u32(key.epoch())
        .bytes(&key.epoch_id())
        .bytes(&of.signers.to_bytes())
        .bytes(&derived)
        .bytes(&of.path.to_bytes())
        .u8(digest.id())
        .bytes(digest.as_bytes())
        .bytes(of.id())
        .finish();
    Terms { protocol: ONLINE, session, binding, me: of.me, roster: *key.roster().hash() }
}

impl<S: EcdsaScheme> State for Online<S> {
    type Output = Signature<S>;
    type Pending = core::convert::Infallible;
    const SIGNED: bool = false;

    fn step(self, inbox: &Inbox, rng: &mut dyn CryptoRng) -> Result<Step<Self>, Failure> {
        let signature = self.0.finish(inbox, rng)?.into_iter().next();
        let signature = signature.ok_or(Abort::no_fault(1, "S3.4", Chance::OwnFault))?;
        Ok(Step::Done(signature, Outbox::default()))
    }
}
