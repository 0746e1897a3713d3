//! What is public of a key, and the signatures that make it final.

use alloc::vec::Vec;
use core::ops::Deref;

use crate::curve::{Curve, Scheme, encode_point};
use crate::hash::{Tag, Transcript};
use crate::identity::{PublicIdentity, Roster, SigInput};
use crate::party::{PartyId, Threshold};
use crate::sharing::Commitment;
use crate::wire::{Reader, put_u16, put_u32};

/// Everything public about one sharing of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sharing<S: Scheme> {
    pub(crate) sid: [u8; 32],
    pub(crate) epoch: u32,
    pub(crate) base: [u8; 32],
    pub(crate) views: [[u8; 32]; 2],
    pub(crate) threshold: Threshold,
    pub(crate) roster: Roster,
    pub(crate) commitment: Commitment<S::Curve>,
    pub(crate) chain_code: [u8; 32],
    key_id: [u8; 32],
    /// The digest of all the above but the key id.
    cert: [u8; 32],
}

/// What key generation knows when it makes a sharing.
pub(crate) struct First<'a, C: Curve> {
    pub(crate) sid: [u8; 32],
    pub(crate) views: [[u8; 32]; 2],
    pub(crate) threshold: Threshold,
    pub(crate) roster: &'a Roster,
    pub(crate) commitment: Commitment<C>,
    /// Everybody's part of the chain code, ascending by id.
    pub(crate) chain_parts: &'a [[u8; 32]],
}

impl<C: Curve> First<'_, C> {
    /// The sharing of epoch 0: `chain code = H("chain-code"; e1, cc_1, .., cc_n)`, and the key gets its name.
    pub(crate) fn sharing<S: Scheme<Curve = C>>(self) -> Sharing<S> {
        let [e1, _] = &self.views;
        let start = Transcript::new(Tag::ChainCode).bytes(e1);
        let chain_code = self.chain_parts.iter().fold(start, |t, part| t.bytes(part)).finish();
        let mut sharing = Sharing {
            sid: self.sid,
            epoch: 0,
            base: [0; 32],
            views: self.views,
            threshold: self.threshold,
            roster: self.roster.clone(),
            commitment: self.commitment,
            chain_code,
            key_id: [0; 32],
            cert: [0; 32],
        };
        sharing.cert = sharing.digest();
        sharing.key_id = Sharing::<S>::first_key_id(&sharing.cert);
        sharing
    }
}

impl<S: Scheme> Sharing<S> {
    /// As if this polynomial had been shared anew: for tests of what must not mix epochs.
    #[cfg(test)]
    pub(crate) fn next_epoch(&self) -> Self {
        let mut next = Self { epoch: self.epoch + 1, base: self.epoch_id(), ..self.clone() };
        next.cert = next.digest();
        next
    }

    /// The name of the key: the same in every epoch.
    #[must_use]
    pub const fn key_id(&self) -> &[u8; 32] {
        &self.key_id
    }

    /// Which sharing of the key this is; 0 is the one of key generation.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The name of this sharing of the key.
    #[must_use]
    pub fn epoch_id(&self) -> [u8; 32] {
        Transcript::new(Tag::EpochId).bytes(&self.key_id).u32(self.epoch).bytes(&self.cert).finish()
    }

    /// How many of how many.
    #[must_use]
    pub const fn threshold(&self) -> Threshold {
        self.threshold
    }

    /// The members.
    #[must_use]
    pub const fn roster(&self) -> &Roster {
        &self.roster
    }

    /// The Feldman commitment: public key and public shares.
    #[must_use]
    pub const fn commitment(&self) -> &Commitment<S::Curve> {
        &self.commitment
    }

    /// The public key, encoded.
    #[must_use]
    pub fn public_key(&self) -> Vec<u8> {
        // A commitment's constant is never the identity.
        encode_point::<S::Curve>(&self.commitment.public_key()).unwrap_or_default()
    }

    /// The public share `V(id)` of a member, encoded; `None` for anybody else.
    #[must_use]
    pub fn public_share(&self, id: PartyId) -> Option<Vec<u8>> {
        self.roster.parties().contains(id).then(|| encode_point::<S::Curve>(&self.commitment.at(id)))?
    }

    /// The BIP-32 chain code that the parties made together.
    #[must_use]
    pub const fn chain_code(&self) -> &[u8; 32] {
        &self.chain_code
    }

    /// `cert`: what the certificate certifies.
    #[must_use]
    pub const fn cert(&self) -> &[u8; 32] {
        &self.cert
    }

    fn digest(&self) -> [u8; 32] {
        let [e1, e2] = &self.views;
        let mut points = Vec::new();
        self.commitment.write(&mut points);
        Transcript::new(Tag::Cert)
            .bytes(&self.sid)
            .u32(self.epoch)
            .bytes(&self.base)
            .bytes(e1)
            .bytes(e2)
            .u8(S::ID)
            .u16(self.threshold.t())
            .bytes(self.roster.hash())
            .bytes(&points)
            .bytes(&self.chain_code)
            .finish()
    }

    /// What every member's identity key signs.
    #[must_use]
    pub fn to_sign(&self) -> SigInput {
        certificate_input(&self.cert)
    }

    /// `key_id` of a first epoch with this certificate digest.
    fn first_key_id(cert: &[u8; 32]) -> [u8; 32] {
        Transcript::new(Tag::KeyId).u8(S::ID).bytes(cert).finish()
    }

    pub(crate) const fn stored_len(t: usize, n: usize) -> usize {
        1 + 4 + 2 + 2 + n * 34 + 6 * 32 + t * S::Curve::POINT_LEN
    }

    /// scheme 1, epoch 4, t 2, n 2, n * (id 2, identity 32), key_id 32, sid 32, base 32, e1 32, e2 32, chain 32, V t * L.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.push(S::ID);
        put_u32(out, self.epoch);
        put_u16(out, self.threshold.t());
        put_u16(out, self.threshold.n());
        for (id, key) in self.roster.iter() {
            put_u16(out, id.get());
            out.extend_from_slice(&key.0);
        }
        let [e1, e2] = &self.views;
        for field in [&self.key_id, &self.sid, &self.base, e1, e2, &self.chain_code] {
            out.extend_from_slice(field);
        }
        self.commitment.write(out);
    }

    /// Reads what [`Sharing::write`] wrote; `None` unless every field is valid and the key id is the digest's.
    pub(crate) fn read(r: &mut Reader<'_>) -> Option<Self> {
        if r.u8()? != S::ID {
            return None;
        }
        let epoch = r.u32()?;
        let threshold = Threshold::new(r.u16()?, r.u16()?).ok()?;
        let mut members = Vec::with_capacity(threshold.n().into());
        for _ in 0..threshold.n() {
            members.push((PartyId::new(r.u16()?).ok()?, PublicIdentity(*r.array()?)));
        }
        let ascending = members.is_sorted_by_key(|(id, _)| *id);
        let roster = Roster::new(members).ok()?;
        let mut field = || r.array::<32>().copied();
        let (key_id, sid, base, e1, e2, chain_code) =
            (field()?, field()?, field()?, field()?, field()?, field()?);
        let commitment = Commitment::read(r.bytes(usize::from(threshold.t()) * S::Curve::POINT_LEN)?)?;
        let views = [e1, e2];
        let cert = [0; 32];
        let mut sharing =
            Self { sid, epoch, base, views, threshold, roster, commitment, chain_code, key_id, cert };
        sharing.cert = sharing.digest();
        // Epoch 0 is the only one there is: it has no predecessor, and it names the key.
        let named = epoch == 0 && base == [0; 32] && key_id == Self::first_key_id(&sharing.cert);
        (ascending && named).then_some(sharing)
    }
}

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

/// Every member's signature, in the order of the roster. Whoever holds it may hand it to anyone: it proves that every
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

    /// [T3.1] It certifies this sharing, and every member's signature verifies.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn verify<S: Scheme>(&self, sharing: &Sharing<S>) -> Result<(), CertificateError> {
        if self.cert != sharing.cert {
            return Err(CertificateError::Foreign);
        }
        let input = certificate_input(&self.cert);
        let mut signatures = self.signatures.iter();
        for id in sharing.roster.parties().iter() {
            if !signatures.next().is_some_and(|s| sharing.roster.verify(id, &input, s)) {
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

    /// A stored form: version 1, the sharing, `n` signatures of 64 bytes.
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
        let mut signatures = Vec::with_capacity(sharing.roster.len());
        for _ in 0..sharing.roster.len() {
            signatures.push(*r.array()?);
        }
        let certificate = Certificate { cert: sharing.cert, signatures };
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
