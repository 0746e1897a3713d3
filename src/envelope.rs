//! Signed envelopes: header, body, and the sender's signature, so that a third party can be convinced.
//!
//! `header 56 || body || signature 64`, with signature = Ed25519(identity key, `H("sig-envelope"; header, body)`). Key
//! generation runs on signed envelopes for every message, private ones too (sign, then encrypt); FROST should.

use alloc::vec::Vec;

use crate::error::SetupError;
use crate::evidence::Envelope;
use crate::hash::{Tag, Transcript};
use crate::identity::{Roster, SigInput, Signer, SignerError};
use crate::wire::{HEADER_LEN, Header};

/// Bytes that an envelope adds to a message.
pub const SIGNATURE_LEN: usize = 64;

/// An envelope that is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// Too short, or not a message of version 1.
    #[error("not an envelope of version 1")]
    Malformed,
    /// The header's sender is not in the roster.
    #[error("the sender is not in the roster")]
    UnknownSender,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    BadSignature,
}

impl EnvelopeError {
    /// A stable number.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::Malformed => 5181,
            Self::UnknownSender => 5182,
            Self::BadSignature => 5183,
        }
    }
}

fn input(message: &[u8]) -> Option<SigInput> {
    let (header, body) = message.split_at_checked(HEADER_LEN)?;
    Some(SigInput::new(Transcript::new(Tag::SigEnvelope).bytes(header).bytes(body)))
}

/// A message waiting for its signature, so that a key across a network can give it.
#[derive(Clone, Debug)]
pub struct Unsigned {
    bytes: Vec<u8>,
    input: SigInput,
}

impl Unsigned {
    /// Takes a message as [`crate::session::Session::outgoing`] gives it.
    ///
    /// # Errors
    /// [`EnvelopeError::Malformed`] if it has no header of this version.
    pub fn new(message: &[u8]) -> Result<Self, EnvelopeError> {
        Header::split(message).ok_or(EnvelopeError::Malformed)?;
        let input = input(message).ok_or(EnvelopeError::Malformed)?;
        Ok(Self { bytes: message.to_vec(), input })
    }

    /// What the identity key signs.
    #[must_use]
    pub const fn to_sign(&self) -> &SigInput {
        &self.input
    }

    /// Adds the signature, and checks it, so that a wrong key shows before anything is sent.
    ///
    /// # Errors
    /// [`SetupError::WrongSigner`] if the roster's key of the header's sender does not verify it.
    pub fn attach(self, roster: &Roster, signature: [u8; 64]) -> Result<Envelope, SetupError> {
        let (header, _) = Header::split(&self.bytes).ok_or(SetupError::Malformed("header"))?;
        if !roster.verify(header.from, &self.input, &signature) {
            return Err(SetupError::WrongSigner(header.from));
        }
        Ok(Envelope { bytes: self.bytes, signature })
    }

    /// The short form for a signer at hand. Nothing checks that it is the header's sender's: use [`Unsigned::attach`] where
    /// that is not certain.
    ///
    /// # Errors
    /// [`SignerError`] if it does not sign.
    pub fn sign_with(self, signer: &mut dyn Signer) -> Result<Envelope, SignerError> {
        let signature = signer.sign(&self.input)?;
        Ok(Envelope { bytes: self.bytes, signature })
    }
}

impl Envelope {
    /// The bytes on the wire: header, body, signature.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.bytes.len() + SIGNATURE_LEN);
        out.extend_from_slice(&self.bytes);
        out.extend_from_slice(&self.signature);
        out
    }

    /// Splits what [`Envelope::to_bytes`] wrote, without verifying anything.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (message, signature) = bytes.split_last_chunk::<SIGNATURE_LEN>()?;
        (message.len() >= HEADER_LEN).then(|| Self { bytes: message.to_vec(), signature: *signature })
    }

    /// Verifies the signature against the roster's key of the header's sender.
    ///
    /// # Errors
    /// [`EnvelopeError`]; discard such an envelope silently, nobody is to blame for it.
    pub fn verify(self, roster: &Roster) -> Result<Verified, EnvelopeError> {
        let (header, _) = Header::split(&self.bytes).ok_or(EnvelopeError::Malformed)?;
        if !roster.parties().contains(header.from) {
            return Err(EnvelopeError::UnknownSender);
        }
        let input = input(&self.bytes).ok_or(EnvelopeError::Malformed)?;
        if !roster.verify(header.from, &input, &self.signature) {
            return Err(EnvelopeError::BadSignature);
        }
        Ok(Verified { envelope: self, header, roster: *roster.hash() })
    }
}

/// An envelope whose signature holds: the only kind that a session takes as signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verified {
    envelope: Envelope,
    header: Header,
    roster: [u8; 32],
}

impl Verified {
    /// Reads and verifies an envelope.
    ///
    /// # Errors
    /// As [`Envelope::verify`].
    pub fn open(roster: &Roster, bytes: &[u8]) -> Result<Self, EnvelopeError> {
        Envelope::from_bytes(bytes).ok_or(EnvelopeError::Malformed)?.verify(roster)
    }

    /// The header.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.envelope.bytes.get(HEADER_LEN..).unwrap_or(&[])
    }

    /// The hash of the roster that it was verified against.
    #[must_use]
    pub const fn roster(&self) -> &[u8; 32] {
        &self.roster
    }

    /// The envelope itself.
    #[must_use]
    pub const fn envelope(&self) -> &Envelope {
        &self.envelope
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::IdentityKey;
    use crate::party::PartyId;
    use crate::secret::Secret;
    use crate::wire::{Kind, SessionId};

    #[test]
    fn envelopes_hold_for_their_sender_and_break_with_any_bit() {
        let mut keys: Vec<_> = (1..=2u8).map(|k| IdentityKey::from_seed(Secret::new([k; 32]))).collect();
        let id = |n| PartyId::new(n).unwrap();
        let roster = Roster::new([(id(1), keys[0].public()), (id(2), keys[1].public())]).unwrap();
        let header = |from| Header {
            protocol: 2,
            round: 1,
            kind: Kind::All,
            from: id(from),
            to: None,
            session: SessionId([3; 16]),
            binding: [4; 32],
        };
        let mut message = header(1).to_bytes();
        message.extend_from_slice(b"body");
        let unsigned = Unsigned::new(&message).unwrap();
        let wrong = keys[1].sign(unsigned.to_sign());
        assert_eq!(unsigned.clone().attach(&roster, wrong), Err(SetupError::WrongSigner(id(1))));
        let bytes = unsigned.sign_with(&mut keys[0]).unwrap().to_bytes();
        assert_eq!(bytes.len(), HEADER_LEN + 4 + SIGNATURE_LEN);
        let open = Verified::open(&roster, &bytes).unwrap();
        assert_eq!((open.header(), open.body()), (&header(1), &b"body"[..]));
        for at in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            assert!(Verified::open(&roster, &bad).is_err(), "byte {at}");
        }
        for cut in 0..bytes.len() {
            assert!(Verified::open(&roster, &bytes[..cut]).is_err());
        }
        let stranger = Unsigned::new(&header(3).to_bytes()).unwrap().sign_with(&mut keys[0]).unwrap();
        assert_eq!(stranger.verify(&roster), Err(EnvelopeError::UnknownSender));
    }
}
