//! Signed envelopes: header, body, and the sender's signature, so that a third party can be convinced.
//!
//! `header 56 || body || signature 64`, nothing before, between or after, with signature = Ed25519(identity key,
//! `H("sig-envelope"; header, body)`). Dealings run on signed envelopes for every message, private ones too (sign, then encrypt); repair and FROST
//! should ([`Header::must_be_signed`]).
//!
//! | id | check | where | error |
//! |---|---|---|---|
//! | E1 | 120 to 2^20 bytes, version; the protocol is known | always; [`Verified::open_for`] | [`EnvelopeError::Malformed`] |
//! | E2 | the binding is that of the run | the session; a judge, from the terms | [`SetupMismatch`](crate::error::Rejected::SetupMismatch), inconclusive |
//! | E3 | the sender is in the roster | always | [`EnvelopeError::UnknownSender`] |
//! | E4 | the signature verifies strictly, over the bytes as received | always | [`EnvelopeError::BadSignature`] |
//! | E5 | the protocol signs, and has such a message | [`Verified::open_for`], [`equivocation`] | [`EnvelopeError::HeaderMismatch`] |
//! | E6 | the receiver is this device, or all | [`Verified::open_for`] | [`EnvelopeError::NotForMe`] |

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroize;

use crate::error::SetupError;
use crate::evidence::{Envelope, is_private, show};
use crate::hash::{Tag, Transcript};
use crate::identity::{PublicIdentity, Roster, SigInput, Signer, SignerError};
use crate::party::PartyId;
use crate::wire::{HEADER_LEN, Header, Kind, protocol};

/// Bytes that an envelope adds to a message.
pub const SIGNATURE_LEN: usize = 64;

/// The longest envelope, in bytes.
pub const MAX_ENVELOPE_LEN: usize = 1 << 20;

/// An envelope that is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// Too short or too long, not a message of version 1, or of a protocol that there is not.
    #[error("not an envelope of version 1")]
    Malformed,
    /// The header's sender is not in the roster.
    #[error("the sender is not in the roster")]
    UnknownSender,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    BadSignature,
    /// The protocol does not sign, or has no such message.
    #[error("no protocol signs such a message")]
    HeaderMismatch,
    /// A private message to somebody else.
    #[error("addressed to somebody else")]
    NotForMe,
}

impl EnvelopeError {
    /// A stable number.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::Malformed => 5181,
            Self::UnknownSender => 5182,
            Self::BadSignature => 5183,
            Self::HeaderMismatch => 5185,
            Self::NotForMe => 5186,
        }
    }
}

fn input(message: &[u8]) -> Option<SigInput> {
    let (header, body) = message.split_at_checked(HEADER_LEN)?;
    Some(SigInput::new(Transcript::new(Tag::SigEnvelope).bytes(header).bytes(body)))
}

/// A message waiting for its signature, so that a key across a network can give it. Wiped and shown as an [`Envelope`] is.
#[derive(Clone)]
pub struct Unsigned {
    bytes: Vec<u8>,
    input: SigInput,
}

impl Drop for Unsigned {
    fn drop(&mut self) {
        if is_private(&self.bytes) {
            self.bytes.zeroize();
        }
    }
}

impl fmt::Debug for Unsigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Unsigned");
        show(&mut out, &self.bytes).field("input", &self.input).finish()
    }
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
    pub fn attach(mut self, roster: &Roster, signature: [u8; 64]) -> Result<Envelope, SetupError> {
        let (header, _) = Header::split(&self.bytes).ok_or(SetupError::Malformed("header"))?;
        if !roster.verify(header.from, &self.input, &signature) {
            return Err(SetupError::WrongSigner(header.from));
        }
        Ok(Envelope { bytes: core::mem::take(&mut self.bytes), signature })
    }

    /// The short form for a signer at hand. Nothing checks that it is the header's sender's: use [`Unsigned::attach`] where
    /// that is not certain.
    ///
    /// # Errors
    /// [`SignerError`] if it does not sign.
    pub fn sign_with(mut self, signer: &mut dyn Signer) -> Result<Envelope, SignerError> {
        let signature = signer.sign(&self.input)?;
        Ok(Envelope { bytes: core::mem::take(&mut self.bytes), signature })
    }
}

impl Envelope {
    /// The bytes on the wire: header, body, signature. Those of a private message are the caller's to wipe.
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
        // [E1] size, version
        if self.bytes.len() > MAX_ENVELOPE_LEN - SIGNATURE_LEN {
            return Err(EnvelopeError::Malformed);
        }
        let (header, _) = Header::split(&self.bytes).ok_or(EnvelopeError::Malformed)?;
        // [E3] a member
        let identity = roster.identity(header.from).ok_or(EnvelopeError::UnknownSender)?;
        // [E4] its signature
        let input = input(&self.bytes).ok_or(EnvelopeError::Malformed)?;
        if !roster.verify(header.from, &input, &self.signature) {
            return Err(EnvelopeError::BadSignature);
        }
        Ok(Verified { envelope: self, header, identity, roster: *roster.hash() })
    }
}

/// An envelope whose signature holds: the only kind that a session takes as signed.
///
/// A private message may be part of a secret: it is wiped when dropped, as every [`Envelope`] is, and `Debug` shows the header alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Verified {
    envelope: Envelope,
    header: Header,
    identity: PublicIdentity,
    roster: [u8; 32],
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Verified");
        out.field("header", &self.header).field("body_len", &self.body().len()).finish_non_exhaustive()
    }
}

impl Verified {
    /// Reads and verifies an envelope.
    ///
    /// # Errors
    /// As [`Envelope::verify`].
    pub fn open(roster: &Roster, bytes: &[u8]) -> Result<Self, EnvelopeError> {
        // [E1] before anything is copied
        if bytes.len() > MAX_ENVELOPE_LEN {
            return Err(EnvelopeError::Malformed);
        }
        Envelope::from_bytes(bytes).ok_or(EnvelopeError::Malformed)?.verify(roster)
    }

    /// As [`Verified::open`], at a receiver that holds the sender to the rules: a message that is to be signed, and to this device or to all.
    /// What goes to a FROST coordinator without a share is let through to whoever may be the one.
    ///
    /// # Errors
    /// As [`Envelope::verify`], then [`EnvelopeError::HeaderMismatch`], [`EnvelopeError::NotForMe`].
    pub fn open_for(roster: &Roster, me: PartyId, bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let open = Self::open(roster, bytes)?;
        let header = open.header();
        // [E1] a known protocol
        if !header.is_known() {
            return Err(EnvelopeError::Malformed);
        }
        // [E5] signed, and such a slot
        if !header.is_signed_slot() {
            return Err(EnvelopeError::HeaderMismatch);
        }
        // [E6] to me or to all
        if !is_for(header, me) {
            return Err(EnvelopeError::NotForMe);
        }
        Ok(open)
    }

    /// The same envelope as seen from another roster, which must have the same identity for the sender: a run among some members of a cluster has
    /// a roster of its own. The signature is not verified again.
    #[must_use]
    pub fn under(&self, roster: &Roster) -> Option<Self> {
        let same = roster.identity(self.header.from) == Some(self.identity);
        same.then(|| {
            let mut again = self.clone();
            again.roster = *roster.hash();
            again
        })
    }

    /// Whether the two convict their sender: one slot of one run, two contents. All 56 bytes of the headers are equal, the binding included, but
    /// for the kind where a certificate and a complaint share a slot. A notice has no slot.
    #[must_use]
    pub fn contradicts(&self, other: &Self) -> bool {
        let slot =
            |h: &Header| Header { kind: if h.kind == Kind::Complaint { Kind::All } else { h.kind }, ..*h };
        let (a, b) = (&self.header, &other.header);
        let differ = self.body() != other.body() || a.kind != b.kind;
        self.identity == other.identity && slot(a) == slot(b) && differ && a.kind != Kind::Notice
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

/// Whether a private message is `me`'s: by its number, or as the FROST coordinator without a share that `me` may be.
pub(crate) fn is_for(header: &Header, me: PartyId) -> bool {
    let coordinator = |to| to == PartyId::COORDINATOR && header.protocol == protocol::FROST;
    header.to.is_none_or(|to| to == me || coordinator(to))
}

/// Whom two envelopes convict of having signed two contents for one slot; `None` is nobody. For anybody who trusts the roster, whatever the run was:
/// what is not an envelope of a signed protocol is an error.
///
/// # Errors
/// As [`Envelope::verify`], and [`EnvelopeError::HeaderMismatch`].
pub fn equivocation(roster: &Roster, a: &[u8], b: &[u8]) -> Result<Option<PartyId>, EnvelopeError> {
    let (a, b) = (Verified::open(roster, a)?, Verified::open(roster, b)?);
    // [E5] of both
    if !(a.header.is_signed_slot() && b.header.is_signed_slot()) {
        return Err(EnvelopeError::HeaderMismatch);
    }
    Ok(a.contradicts(&b).then_some(a.header.from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::IdentityKey;
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
