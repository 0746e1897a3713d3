//! Records: one key and counter a direction, any order, each once.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit};

use super::error::ChannelError;
use super::layout::VERSION;
use super::opened::Content;
use super::schedule::Traffic;
use super::window::Window;
use crate::party::PartyId;
use crate::secret::{Secret, published};
use crate::wire::{Reader, put_u16};

/// Bytes that a record adds: 31 of header, 16 of tag.
pub const RECORD_OVERHEAD: usize = HEADER_LEN + TAG_LEN;

/// The longest content of a record, in bytes. The longest core message is a round of 256 ECDSA signatures, 11 MB.
pub const MAX_CONTENT: usize = 1 << 24;

/// The second byte of a record, where handshake messages have 0 to 3.
pub(super) const RECORD: u8 = 0x10;

const HEADER_LEN: usize = 31;
const TAG_LEN: usize = 16;

/// How far a channel goes before it must be made anew, each direction for itself. An application may stay below these numbers, not above them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Records sent: 2^24.
    pub records: u64,
    /// Bytes of content sent: 2^36. AES-GCM then stays far from its birthday bound (NIST SP 800-38D).
    pub bytes: u64,
    /// Failed openings: 2^36, each a guess at a tag of 128 bits.
    pub failures: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { records: 1 << 24, bytes: 1 << 36, failures: 1 << 36 }
    }
}

impl Limits {
    pub(super) fn capped(self) -> Self {
        let most = Self::default();
        Self {
            records: self.records.min(most.records),
            bytes: self.bytes.min(most.bytes),
            failures: self.failures.min(most.failures),
        }
    }
}

/// `version 1 | 0x10 | from u16 | to u16 | channel id 16 | counter u64 | kind 1`: associated data, all of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct RecordHeader {
    pub(super) from: u16,
    pub(super) to: u16,
    pub(super) channel: [u8; 16],
    counter: u64,
    content: Content,
}

impl RecordHeader {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[VERSION, RECORD]);
        put_u16(out, self.from);
        put_u16(out, self.to);
        out.extend_from_slice(&self.channel);
        out.extend_from_slice(&self.counter.to_be_bytes());
        out.push(self.content as u8);
    }

    /// Splits off the header.
    pub(super) fn read(record: &[u8]) -> Result<Self, ChannelError> {
        // [T1] length, version, type, kind
        if !(RECORD_OVERHEAD..=RECORD_OVERHEAD + MAX_CONTENT).contains(&record.len()) {
            return Err(ChannelError::MalformedRecord);
        }
        Self::split(record).ok_or(ChannelError::MalformedRecord)
    }

    fn split(record: &[u8]) -> Option<Self> {
        let mut r = Reader::new(record);
        let known = r.array()? == &[VERSION, RECORD];
        let (from, to, channel) = (r.u16()?, r.u16()?, *r.array()?);
        let counter = u64::from_be_bytes(*r.array()?);
        let content = Content::from_wire(r.u8()?)?;
        // [T1] the highest counter is none: the window says what it has seen by the one after
        let known = known && counter != u64::MAX;
        known.then_some(Self { from, to, channel, counter, content })
    }
}

/// A cipher with its iv. The key schedule lives on the heap and is wiped by its own `Drop`.
struct Direction {
    cipher: Box<Aes256Gcm>,
    iv: Secret<[u8; 12]>,
}

impl Direction {
    fn new(r: &mut Reader<'_>) -> Option<Self> {
        let cipher = Box::new(Aes256Gcm::new(r.array::<32>()?.into()));
        let iv = r.array::<12>()?;
        Some(Self { cipher, iv: Secret::<[u8; 12]>::build(|own| own.copy_from_slice(iv)) })
    }

    /// `iv XOR (0^4 || counter)`.
    fn nonce(&self, counter: u64) -> [u8; 12] {
        let mut nonce = *self.iv.expose();
        let [_, _, _, _, low @ ..] = &mut nonce;
        low.iter_mut().zip(counter.to_be_bytes()).for_each(|(byte, other)| *byte ^= other);
        nonce
    }
}

/// One completed handshake. No `Clone` and no stored form: a counter restored would repeat a nonce.
pub(super) struct Channel {
    pub(super) id: [u8; 16],
    /// The handshake's name.
    pub(super) hs: [u8; 16],
    /// At the responder: the hash of the message that completed it.
    pub(super) third: Option<[u8; 32]>,
    out: Direction,
    sent: u64,
    sent_bytes: u64,
    into: Direction,
    window: Window,
    failures: u64,
}

impl Channel {
    /// `None` never: the keys have their length.
    pub(super) fn new(traffic: &Traffic, hs: [u8; 16], initiator: bool) -> Option<Self> {
        let mut r = Reader::new(traffic.keys.expose());
        let (first, second) = (Direction::new(&mut r)?, Direction::new(&mut r)?);
        r.end()?;
        let (out, into) = if initiator { (first, second) } else { (second, first) };
        let window = Window::new();
        let id = traffic.id;
        Some(Self { id, hs, third: None, out, sent: 0, sent_bytes: 0, into, window, failures: 0 })
    }

    pub(super) fn seal(
        &mut self,
        [from, to]: [PartyId; 2],
        content: Content,
        plaintext: &[u8],
        limits: &Limits,
    ) -> Result<Vec<u8>, ChannelError> {
        if plaintext.len() > MAX_CONTENT {
            return Err(ChannelError::TooLong);
        }
        // [T7] 2^24 records, 2^36 bytes
        let bytes = self.sent_bytes.saturating_add(plaintext.len() as u64);
        if self.sent >= limits.records || bytes > limits.bytes {
            return Err(ChannelError::RekeyRequired);
        }
        let (from, to, channel, counter) = (from.get(), to.get(), self.id, self.sent);
        let mut record = Vec::with_capacity(RECORD_OVERHEAD + plaintext.len());
        RecordHeader { from, to, channel, counter, content }.write(&mut record);
        record.extend_from_slice(plaintext);
        let (header, body) = record.split_at_mut_checked(HEADER_LEN).ok_or(ChannelError::TooLong)?;
        let nonce = self.out.nonce(counter).into();
        let tag = self.out.cipher.encrypt_inout_detached(&nonce, header, body.into());
        record.extend_from_slice(&tag.map_err(|_| ChannelError::TooLong)?);
        (self.sent, self.sent_bytes) = (counter + 1, bytes);
        Ok(record)
    }

    pub(super) fn open(
        &mut self,
        header: &RecordHeader,
        record: &[u8],
    ) -> Result<(Content, Secret<Vec<u8>>), ChannelError> {
        self.window.check(header.counter)?;
        let malformed = ChannelError::MalformedRecord;
        let (associated, rest) = record.split_at_checked(HEADER_LEN).ok_or(malformed.clone())?;
        let (ciphertext, tag) = rest.split_last_chunk::<TAG_LEN>().ok_or(malformed)?;
        let mut plaintext = Secret::new(ciphertext.to_vec());
        let nonce = self.into.nonce(header.counter).into();
        let inside = plaintext.expose_mut().as_mut_slice().into();
        // [T5] only a record that opens moves the window
        let opened = self.into.cipher.decrypt_inout_detached(&nonce, associated, inside, tag.into());
        // The record is refused if not, which shows.
        if published(opened.is_err()) {
            self.failures = self.failures.saturating_add(1);
            return Err(ChannelError::BadTag);
        }
        self.window.mark(header.counter);
        Ok((header.content, plaintext))
    }

    /// [T8] whether so many openings have failed that the channel must go.
    pub(super) const fn is_worn(&self, limits: &Limits) -> bool {
        self.failures >= limits.failures
    }

    /// Whether half of any limit is used.
    pub(super) const fn is_half_used(&self, limits: &Limits) -> bool {
        self.sent > limits.records / 2
            || self.sent_bytes > limits.bytes / 2
            || self.window.next() > limits.records / 2
            || self.failures > limits.failures / 2
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Channel");
        out.field("id", &self.id).field("sent", &self.sent).field("failures", &self.failures);
        out.finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel() -> Channel {
        let traffic = Traffic { id: [1; 16], keys: Secret::new([2; super::super::schedule::TRAFFIC_LEN]) };
        Channel::new(&traffic, [3; 16], true).unwrap()
    }

    #[test]
    fn t7_t8_the_limits_are_the_documented_ones_and_nobody_raises_them() {
        let [one, two] = [1, 2].map(|n| PartyId::new(n).unwrap());
        let all = Limits { records: u64::MAX, bytes: u64::MAX, failures: u64::MAX }.capped();
        assert_eq!(all, Limits { records: 1 << 24, bytes: 1 << 36, failures: 1 << 36 });
        let seal = |sent, sent_bytes| {
            let mut channel = Channel { sent, sent_bytes, ..channel() };
            channel.seal([one, two], Content::Application, &[0; 4], &all).map(|record| record.len())
        };
        assert_eq!(seal((1 << 24) - 1, (1 << 36) - 4), Ok(RECORD_OVERHEAD + 4));
        assert_eq!(seal(1 << 24, 0), Err(ChannelError::RekeyRequired));
        assert_eq!(seal(0, (1 << 36) - 3), Err(ChannelError::RekeyRequired));
        assert_eq!(seal(0, u64::MAX), Err(ChannelError::RekeyRequired));
        let worn = |failures| Channel { failures, ..channel() }.is_worn(&all);
        assert!(worn(1 << 36) && !worn((1 << 36) - 1));
        let used = |sent, sent_bytes, failures| {
            Channel { sent, sent_bytes, failures, ..channel() }.is_half_used(&all)
        };
        assert!(!used(1 << 23, 1 << 35, 1 << 35));
        assert!(used((1 << 23) + 1, 0, 0) && used(0, (1 << 35) + 1, 0) && used(0, 0, (1 << 35) + 1));
    }

    /// A counter of eight bytes stands in the nonce's last eight, and each value gives another.
    #[test]
    fn the_nonce_is_the_iv_with_the_counter_in_it() {
        let channel = channel();
        assert_eq!(channel.out.nonce(0), [2; 12]);
        let counter = 0x0102_0304_0506_0708;
        assert_eq!(channel.into.nonce(counter), [2, 2, 2, 2, 3, 0, 1, 6, 7, 4, 5, 10]);
    }
}
