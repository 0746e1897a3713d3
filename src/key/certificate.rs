//! The signatures that make a sharing final.

use alloc::vec::Vec;
use core::ops::Deref;

use super::sharing::Sharing;
use crate::curve::Scheme;
use crate::hash::{Tag, Transcript};
use crate::identity::SigInput;
use crate::party::PartyId;
use crate::wire::Reader;

pub(crate) fn certificate_input(cert: &[u8; 32]) -> SigInput {
    SigInput::new(Transcript::new(Tag::SigCert).bytes(cert))
}

/// A certificate that is not the one needed. It is ignored: nothing changes and nobody is blamed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// It certifies something else.
    #[error("the certificate is for another sharing")]
    Foreign,
    /// A signature is missing or does not verify.
    #[error("the signature of {0} does not verify")]
    BadSignature(PartyId),
}

/// The signature of everybody who took part, members and dealers, ascending by id. Whoever holds it may hand it to anyone: it proves that every
/// member holds its share durably.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Certificate {
    pub(crate) cert: [u8; 32],
    pub(crate) signatures: Vec<[u8; 64]>,
}

impl Certificate {
    /// `cert 32 || signature 64 per member`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.cert.iter().chain(self.signatures.iter().flatten()).copied().collect()
    }

    /// Reads what [`Certificate::to_bytes`] wrote. It is verified where it is used.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader::new(bytes);
        let cert = *r.array()?;
        let (signatures, rest) = r.rest().as_chunks::<64>();
        rest.is_empty().then(|| Self { cert, signatures: signatures.to_vec() })
    }

    /// [T3.1] It certifies this sharing, and the signature of every member and every dealer verifies.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn verify<S: Scheme>(&self, sharing: &Sharing<S>) -> Result<(), CertificateError> {
        if self.cert != *sharing.cert() {
            return Err(CertificateError::Foreign);
        }
        let input = certificate_input(&self.cert);
        let mut signatures = self.signatures.iter();
        let cast = sharing.origin.cast();
        for id in cast.parties().iter() {
            if !signatures.next().is_some_and(|s| cast.verify(id, &input, s)) {
                return Err(CertificateError::BadSignature(id));
            }
        }
        if signatures.next().is_some() { Err(CertificateError::Foreign) } else { Ok(()) }
    }
}

/// A key's public side, certified by all its members. Dereferences to its [`Sharing`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublicKey<S: Scheme> {
    sharing: Sharing<S>,
    certificate: Certificate,
}

impl<S: Scheme> PublicKey<S> {
    /// Puts a sharing and its certificate together.
    ///
    /// # Errors
    /// As [`Certificate::verify`].
    pub fn new(sharing: Sharing<S>, certificate: Certificate) -> Result<Self, CertificateError> {
        certificate.verify(&sharing)?;
        Ok(Self { sharing, certificate })
    }

    /// For signatures that were verified one by one.
    pub(crate) const fn verified(sharing: Sharing<S>, certificate: Certificate) -> Self {
        Self { sharing, certificate }
    }

    /// The certificate, to be handed to whoever lacks it.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// A stored form: version 1, the sharing, a signature of 64 bytes from each who took part.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = alloc::vec![VERSION];
        self.write(&mut out);
        out
    }

    /// Reads what [`PublicKey::to_bytes`] wrote; `None` unless everything, the certificate included, is valid. It is valid
    /// for the roster inside: that these are the members you mean is for you to compare.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader::new(bytes);
        if r.u8()? != VERSION {
            return None;
        }
        let key = Self::read(&mut r)?;
        r.end()?;
        Some(key)
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        self.sharing.write(out);
        self.certificate.signatures.iter().for_each(|s| out.extend_from_slice(s));
    }

    pub(crate) fn read(r: &mut Reader<'_>) -> Option<Self> {
        let sharing = Sharing::<S>::read(r)?;
        let count = sharing.origin.cast().len();
        let mut signatures = Vec::with_capacity(count);
        for _ in 0..count {
            signatures.push(*r.array()?);
        }
        let certificate = Certificate { cert: *sharing.cert(), signatures };
        Self::new(sharing, certificate).ok()
    }
}

impl<S: Scheme> Deref for PublicKey<S> {
    type Target = Sharing<S>;
    fn deref(&self) -> &Sharing<S> {
        &self.sharing
    }
}

pub(crate) const VERSION: u8 = 1;
