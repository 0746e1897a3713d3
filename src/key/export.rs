//! A key's secret, put together.

use alloc::vec::Vec;

use ff::Field;
use subtle::ConstantTimeEq;

use super::share::KeyShare;
use crate::curve::{Curve, Scheme, write_scalar};
use crate::error::SetupError;
use crate::party::Parties;
use crate::secret::{Secret, verdict};
use crate::sharing::coefficient;

/// A secret outside threshold cryptography, and what is left of the shares that it was made of.
#[derive(Debug)]
pub struct Exported<S: Scheme> {
    /// The key's secret scalar, encoded as the scheme encodes scalars: 32 bytes, big-endian on secp256k1 and P-256, little-endian on
    /// edwards25519. There it is *the scalar*, not the seed that RFC 8032 calls the private key: nobody knows a seed of this key, and only software that
    /// takes a scalar can use it.
    pub secret: Secret<[u8; 32]>,
    /// The shares, burned. Store them in place of what is stored before the secret is used.
    pub shares: Vec<KeyShare<S>>,
}

/// **Puts the key's secret together at one place. From then on whoever reads this device's memory, or whatever the secret is written to, has the
/// key: everything that the threshold protected is gone, for good, for every device and for every child key.**
///
/// It is for leaving: to move to a wallet that knows no shares, with at least `t` shares of one epoch gathered on one device that its
/// owner trusts for the moment. Nothing in this crate needs it. The chain code is public and not part of it
/// ([`Sharing::chain_code`](super::Sharing::chain_code)).
///
/// The shares come back *burned* ([`KeyShare::burn`]): they sign nothing, deal nothing and help nobody any more, also after they were stored
/// and read again.
///
/// What burning does not do: it does not reach other devices, backups, or copies of these shares. The other members are to be told,
/// and to [`burn`](KeyShare::burn) theirs, which is theirs to do: no message of any protocol can demand it, or one malicious device could end
/// the key. Shares that were not told go on signing for a key whose secret somebody has. A presignature is refused by a share that is
/// burned, and taken by an older copy of it: throw all of the key's away. A run that has started holds its own copy of the share, so end all runs. Move what the key guards to another key, if it is to be guarded by a
/// threshold again; [importing](crate::import) this one keeps its public key but trusts that every copy of the secret is gone.
///
/// There is no export of a derived child's secret, and there will be none: with the public key and the chain code, which are no secrets,
/// one child's secret is the parent's: `secret = child - tweak`. Whoever asks for "only this account" would hand out the wallet.
///
/// # Errors
/// The shares come back as they were, with the reason: [`SetupError::Malformed`] for no shares, [`SetupError::DuplicateParty`],
/// [`SetupError::TooFewSigners`] counts them, [`SetupError::WrongKey`] and [`SetupError::WrongEpoch`] name a share that is not of the first
/// one's key or sharing; [`SetupError::Malformed`] also if the secret is not that of the public key, which is a fault of this device.
pub fn export<S: Scheme>(
    mut shares: Vec<KeyShare<S>>,
) -> Result<Exported<S>, (SetupError, Vec<KeyShare<S>>)> {
    match secret(&shares) {
        Ok(secret) => {
            shares.iter_mut().for_each(KeyShare::burn);
            Ok(Exported { secret, shares })
        }
        Err(error) => Err((error, shares)),
    }
}

/// `sum lambda_i s_i`, which must be the public key's.
fn secret<S: Scheme>(shares: &[KeyShare<S>]) -> Result<Secret<[u8; 32]>, SetupError> {
    let owners = Parties::new(shares.iter().map(KeyShare::id))?;
    let key = shares.first().ok_or(SetupError::Malformed("list of shares"))?.public();
    for share in shares {
        let (who, of) = (share.id(), share.public());
        if of.key_id() != key.key_id() {
            return Err(SetupError::WrongKey(who));
        }
        if of.epoch_id() != key.epoch_id() {
            return Err(SetupError::WrongEpoch { who, share: of.epoch(), key: key.epoch() });
        }
    }
    let t = key.threshold().t();
    if owners.len() < usize::from(t) {
        return Err(SetupError::TooFewSigners { signers: owners.len(), t });
    }
    let mut sum = Secret::new(<S::Curve as Curve>::Scalar::ZERO);
    for share in shares {
        let lambda =
            coefficient::<S::Curve>(&owners, share.id()).ok_or(SetupError::SelfMissing(share.id()))?;
        let term = Secret::new(lambda * share.secret().expose());
        *sum.expose_mut() += term.expose();
    }
    // The export fails if not, which shows.
    if !verdict(S::Curve::mul_base(sum.expose()).ct_eq(&key.commitment().public_key())) {
        return Err(SetupError::Malformed("secret"));
    }
    let mut bytes = Secret::buffer(S::Curve::SCALAR_LEN);
    write_scalar::<S::Curve>(sum.expose(), bytes.expose_mut());
    let mut encoded = Secret::new([0; 32]);
    match encoded.expose_mut().get_mut(..S::Curve::SCALAR_LEN) {
        Some(place) => place.copy_from_slice(bytes.expose()),
        None => return Err(SetupError::Malformed("secret")),
    }
    Ok(encoded)
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;
    use crate::curve::FrostEd25519;
    use crate::key::PendingShare;
    use crate::party::Threshold;
    use crate::sim::Cast;

    /// No share is read or made that does not fit; only a device that computes wrongly has one.
    #[test]
    fn a_secret_that_is_not_the_public_keys_does_not_leave() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let cast = Cast::new([1, 2], &mut rng).unwrap();
        let mut shares = cast.deal::<FrostEd25519>(Threshold::new(2, 2).unwrap(), &mut rng).unwrap();
        let second = shares.pop().unwrap();
        let wrong = Secret::new(second.secret().expose().double());
        let of = second.public();
        let wrong = PendingShare::new(second.id(), wrong, (**of).clone()).certified(of.certificate().clone());
        shares.push(wrong);
        let (error, shares) = export(shares).unwrap_err();
        assert_eq!(error, SetupError::Malformed("secret"));
        assert!(shares.iter().all(|share| !share.is_burned()));
    }
}
