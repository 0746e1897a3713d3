//! One device's share, before and after the certificate.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::certificate::{Certificate, CertificateError, PublicKey, Sharing, VERSION};
use crate::curve::{Curve, Scheme, read_scalar, write_scalar};
use crate::identity::{Pending, SigInput};
use crate::party::PartyId;
use crate::secret::Secret;
use crate::wire::{Reader, put_u16};

type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;

/// A party's secret with its id. `s * G = V(id)` was checked when it was made.
#[derive(Debug)]
struct Held<S: Scheme> {
    id: PartyId,
    secret: Secret<Scalar<S>>,
}

impl<S: Scheme> Held<S> {
    const LEN: usize = 2 + S::Curve::SCALAR_LEN;

    fn write(&self, out: &mut Vec<u8>) {
        put_u16(out, self.id.get());
        write_scalar::<S::Curve>(self.secret.expose(), out);
    }

    fn read(r: &mut Reader<'_>, sharing: &Sharing<S>) -> Option<Self> {
        let id = PartyId::new(r.u16()?).ok()?;
        let secret = Secret::new(read_scalar::<S::Curve>(r.bytes(S::Curve::SCALAR_LEN)?)?);
        let mine = sharing.roster.parties().contains(id) && sharing.commitment.verify(id, secret.expose());
        mine.then_some(Self { id, secret })
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
        Self { held: Held { id, secret }, sharing }
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

    /// The stored form, secret: version 1, `p`, id 2, secret, sharing.
    #[must_use]
    pub fn to_bytes(&self) -> Secret<Vec<u8>> {
        let (t, n) = (self.sharing.commitment.t(), self.sharing.roster.len());
        let mut out = Secret::buffer(2 + Held::<S>::LEN + Sharing::<S>::stored_len(t, n));
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
        Some(Self { held: Held::read(&mut Reader::new(held), &sharing)?, sharing })
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
        KeyShare { held: self.held, public: PublicKey::verified(self.sharing, certificate) }
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

    #[cfg(any(feature = "frost", feature = "ecdsa"))]
    pub(crate) const fn secret(&self) -> &Secret<Scalar<S>> {
        &self.held.secret
    }

    /// Bytes of the stored form of a `t`-of-`n` share.
    #[must_use]
    pub const fn stored_len(t: usize, n: usize) -> usize {
        2 + Held::<S>::LEN + Sharing::<S>::stored_len(t, n) + 64 * n
    }

    /// The stored form, secret: version 1, `k`, id 2, secret, sharing, signatures. Seal it before it touches a disk.
    #[must_use]
    pub fn to_bytes(&self) -> Secret<Vec<u8>> {
        let (t, n) = (self.public.commitment.t(), self.public.roster.len());
        let mut out = Secret::buffer(Self::stored_len(t, n));
        out.expose_mut().extend_from_slice(&[VERSION, b'k']);
        self.held.write(out.expose_mut());
        self.public.write(out.expose_mut());
        out
    }

    /// Reads what [`KeyShare::to_bytes`] wrote; `None` unless the share fits its commitment and the certificate is complete.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (held, mut r) = split::<S>(bytes, b'k')?;
        let public = PublicKey::read(&mut r)?;
        r.end()?;
        Some(Self { held: Held::read(&mut Reader::new(held), &public)?, public })
    }
}

/// The held part and a reader at the public part, behind version and kind.
fn split<S: Scheme>(bytes: &[u8], kind: u8) -> Option<(&[u8], Reader<'_>)> {
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
