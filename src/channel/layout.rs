//! The four handshake messages, all lengths fixed.

use alloc::vec::Vec;

use super::error::ChannelError;
use crate::wire::{Reader, put_u16};

pub(super) const VERSION: u8 = 1;
/// X25519, Ed25519, HKDF and HMAC with SHA-256, AES-256-GCM.
const SUITE: u16 = 1;

pub(super) const HEAD_LEN: usize = 40;
pub(super) const POKE_LEN: usize = HEAD_LEN;
pub(super) const FIRST_LEN: usize = HEAD_LEN + 32;
/// Of the second message, what its signature is made over.
pub(super) const OFFER_LEN: usize = HEAD_LEN + 16 + 32;
pub(super) const SECOND_LEN: usize = OFFER_LEN + 64 + 32;
/// Of the third message, what its signature is made over.
pub(super) const CLAIM_LEN: usize = HEAD_LEN + 16;
pub(super) const THIRD_LEN: usize = CLAIM_LEN + 64 + 32;

/// Which of the four.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Step {
    Poke = 0,
    First = 1,
    Second = 2,
    Third = 3,
}

impl Step {
    const fn len(self) -> usize {
        match self {
            Self::Poke => POKE_LEN,
            Self::First => FIRST_LEN,
            Self::Second => SECOND_LEN,
            Self::Third => THIRD_LEN,
        }
    }
}

/// `version 1 | type 1 | from u16 | to u16 | suite u16 | cluster hash 32`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) step: Step,
    pub(super) from: u16,
    pub(super) to: u16,
    pub(super) cluster: [u8; 32],
}

impl Head {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[VERSION, self.step as u8]);
        put_u16(out, self.from);
        put_u16(out, self.to);
        put_u16(out, SUITE);
        out.extend_from_slice(&self.cluster);
    }

    /// Reads the head of a message that has exactly its type's length.
    pub(super) fn read(message: &[u8]) -> Result<Self, ChannelError> {
        // [H1] exact size for the type, version, suite
        let head = Self::split(message).ok_or(ChannelError::Malformed)?;
        if message.len() != head.step.len() {
            return Err(ChannelError::Malformed);
        }
        Ok(head)
    }

    fn split(message: &[u8]) -> Option<Self> {
        let mut r = Reader::new(message);
        let version = r.u8()?;
        let step = match r.u8()? {
            0 => Step::Poke,
            1 => Step::First,
            2 => Step::Second,
            3 => Step::Third,
            _ => return None,
        };
        let (from, to, suite) = (r.u16()?, r.u16()?, r.u16()?);
        let head = Self { step, from, to, cluster: *r.array()? };
        (version == VERSION && suite == SUITE).then_some(head)
    }
}

/// The second message: `head | hs 16 | e_R 32 | sig_R 64 | mac_R 32`.
#[derive(Clone, Copy)]
pub(super) struct Second<'a> {
    pub(super) offer: &'a [u8; OFFER_LEN],
    pub(super) hs: &'a [u8; 16],
    pub(super) ephemeral: &'a [u8; 32],
    pub(super) signature: &'a [u8; 64],
    pub(super) mac: &'a [u8; 32],
}

impl<'a> Second<'a> {
    pub(super) fn split(message: &'a [u8]) -> Option<Self> {
        let (offer, rest) = message.split_first_chunk::<OFFER_LEN>()?;
        let (mut r, mut inside) = (Reader::new(rest), Reader::new(offer));
        inside.bytes(HEAD_LEN)?;
        let split = Self {
            offer,
            hs: inside.array()?,
            ephemeral: inside.array()?,
            signature: r.array()?,
            mac: r.array()?,
        };
        r.end()?;
        Some(split)
    }
}

/// The third message: `head | hs 16 | sig_I 64 | mac_I 32`.
#[derive(Clone, Copy)]
pub(super) struct Third<'a> {
    pub(super) claim: &'a [u8; CLAIM_LEN],
    pub(super) hs: &'a [u8; 16],
    pub(super) signature: &'a [u8; 64],
    pub(super) mac: &'a [u8; 32],
}

impl<'a> Third<'a> {
    pub(super) fn split(message: &'a [u8]) -> Option<Self> {
        let (claim, rest) = message.split_first_chunk::<CLAIM_LEN>()?;
        let mut r = Reader::new(rest);
        let hs = claim.last_chunk::<16>()?;
        let split = Self { claim, hs, signature: r.array()?, mac: r.array()? };
        r.end()?;
        Some(split)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As decoders of their own, whatever has looked at the length before.
    #[test]
    fn h1_every_message_has_one_length() {
        let bytes = [0; SECOND_LEN + 2];
        for len in 0..=bytes.len() {
            let message = &bytes[..len];
            assert_eq!(Second::split(message).is_some(), len == SECOND_LEN, "{len}");
            assert_eq!(Third::split(message).is_some(), len == THIRD_LEN, "{len}");
        }
    }
}
