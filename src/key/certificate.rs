//! The signatures that make a sharing final.

use alloc::vec::Vec;
use core::ops::Deref;

use super::place::MAX_KEYS;
use super::sharing::Sharing;
use crate::curve::Scheme;
use crate::hash::{Tag, Transcript};
use crate::identity::SigInput;
use crate::party::PartyId;
use crate::wire::Reader;

/// What is signed for keys that are certified together: of one `H("sig-cert"; cert)`, of a set `H("sig-set-cert"; cert_1, .., cert_k)`.
pub(crate) fn certificate_input(certs: &[[u8; 32]]) -> SigInput {
    let tag = if certs.len() == 1 { Tag::SigCert } else { Tag::SigSetCert };
    SigInput::new(certs.iter().fold(Transcript::new(tag), |t, cert| t.bytes(cert)))
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

impl CertificateError {
    /// A stable number.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::Foreign => 5101,
            Self::BadSignature(_) => 5102,
        }
    }
}

/// The signature of everybody who took part, members and dealers, ascending by id. Whoever holds it may hand it to anyone: it proves that every
/// member holds its share durably. Keys that were made in one set have one certificate, which is complete for all of them or for none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Certificate {
    /// What is certified: one digest, or those of all keys of a set in order.
    certs: Vec<[u8; 32]>,
    signatures: Vec<[u8; 64]>,
}

impl Certificate {
    /// Of one key.
    pub(crate) fn of(cert: [u8; 32], signatures: Vec<[u8; 64]>) -> Self {
        Self::of_set(alloc::vec![cert], signatures)
    }

    /// Of all keys of a set.
    pub(crate) const fn of_set(certs: Vec<[u8; 32]>, signatures: Vec<[u8; 64]>) -> Self {
        Self { certs, signatures }
    }

    /// What is certified: the key's digest alone, or the digests of all keys that were made in one set, in order.
    #[must_use]
    pub fn certs(&self) -> &[[u8; 32]] {
        &self.certs
    }

    /// `cert 32 || signature 64 per member`; of a set `count 1 || count certs, 32 each || signature 64 per member`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1 + 32 * self.certs.len() + 64 * self.signatures.len());
        if self.certs.len() != 1 {
            out.push(self.certs.len() as u8);
        }
        out.extend_from_slice(self.certs.as_flattened());
        out.extend_from_slice(self.signatures.as_flattened());
        out
    }

    /// Reads what [`Certificate::to_bytes`] wrote: the two forms differ in length by one modulo 32. It is verified where it is used.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader::new(bytes);
        let alone = bytes.len().is_multiple_of(32);
        let count = if alone { 1 } else { usize::from(r.u8()?) };
        if !alone && !(2..=MAX_KEYS).contains(&count) {
            return None;
        }
        let (certs, _) = r.bytes(32 * count)?.as_chunks::<32>();
        let (signatures, rest) = r.rest().as_chunks::<64>();
        rest.is_empty().then(|| Self::of_set(certs.to_vec(), signatures.to_vec()))
    }

    /// [T3.1] It certifies this sharing, in the place that it has if it was made in a set, and the signature of every member and every
    /// dealer verifies.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn verify<S: Scheme>(&self, sharing: &Sharing<S>) -> Result<(), CertificateError> {
        let (keys, index) = keys_of(sharing);
        if self.certs.len() != keys || self.certs.get(index) != Some(sharing.cert()) {
            return Err(CertificateError::Foreign);
        }
        let input = certificate_input(&self.certs);
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

/// How many keys were made with this one, itself included, and which of them it is.
fn keys_of<S: Scheme>(sharing: &Sharing<S>) -> (usize, usize) {
    sharing.origin.place().map_or((1, 0), |place| (place.schemes().len(), place.index()))
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

    /// A stored form: version 1, the sharing, of a key made in a set the certified digests of the others, 32 bytes each in order, and a
    /// signature of 64 bytes from each who took part.
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

    /// Bytes of the stored form, without the version.
    pub(crate) fn full_len(&self) -> usize {
        let (keys, _) = keys_of(&self.sharing);
        self.sharing.stored_len() + 32 * (keys - 1) + 64 * self.certificate.signatures.len()
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        self.sharing.write(out);
        let (_, own) = keys_of(&self.sharing);
        let others = self.certificate.certs.iter().enumerate().filter(|(index, _)| *index != own);
        others.for_each(|(_, cert)| out.extend_from_slice(cert));
        out.extend_from_slice(self.certificate.signatures.as_flattened());
    }

    pub(crate) fn read(r: &mut Reader<'_>) -> Option<Self> {
        let sharing = Sharing::<S>::read(r)?;
        let (keys, own) = keys_of(&sharing);
        let mut certs = Vec::with_capacity(keys);
        for index in 0..keys {
            certs.push(if index == own { *sharing.cert() } else { *r.array()? });
        }
        let count = sharing.origin.cast().len();
        let (signatures, _) = r.bytes(64 * count)?.as_chunks::<64>();
        Self::new(sharing, Certificate::of_set(certs, signatures.to_vec())).ok()
    }
}

impl<S: Scheme> Deref for PublicKey<S> {
    type Target = Sharing<S>;
    fn deref(&self) -> &Sharing<S> {
        &self.sharing
    }
}

pub(crate) const VERSION: u8 = 1;
