//! Message layouts of key generation. Fields are borrowed from the received bytes and never re-encoded.
//!
//! With `L` = point bytes and `s` = 32 scalar bytes:
//!
//! | message | to | fields | body bytes |
//! |---|---|---|---|
//! | commit (round 1) | all | nu 32, C 32, E per other party L | 64 + L(n-1) |
//! | reveal (round 2) | all | e1 32, A t*L, cc 32, salt 32, R L, z 32 | 128 + L(t+1) |
//! | share (round 2) | one | D L, c 32 | L + 32 |
//! | certify (round 3) | all | e2 32, signature 64 | 96 |
//! | complaint (round 3) | all | e2 32, accused 2, K L, c 32, z 32, the share's envelope 152 + L | 250 + 2L |

use crate::curve::Curve;
use crate::party::{PartyId, Threshold};
use crate::session::{Expect, Plan, RoundPlan};
use crate::wire::{HEADER_LEN, Kind, Reader};

use super::Run;

pub(crate) const fn commit_len<C: Curve>(threshold: Threshold) -> usize {
    64 + C::POINT_LEN * (threshold.n() as usize - 1)
}

pub(crate) const fn reveal_len<C: Curve>(threshold: Threshold) -> usize {
    96 + C::SCALAR_LEN + C::POINT_LEN * (threshold.t() as usize + 1)
}

pub(crate) const fn share_len<C: Curve>() -> usize {
    C::POINT_LEN + C::SCALAR_LEN
}

pub(crate) const CERTIFY_LEN: usize = 96;

pub(crate) const fn complaint_len<C: Curve>() -> usize {
    34 + C::POINT_LEN + 2 * C::SCALAR_LEN + envelope_len::<C>()
}

const fn envelope_len<C: Curve>() -> usize {
    HEADER_LEN + share_len::<C>() + 64
}

pub(crate) fn plan<C: Curve>(run: &Run, me: PartyId) -> Plan {
    let others = run.roster().parties().without(me);
    let expect = |shapes: &[(Kind, usize)]| Some(Expect { from: others.clone(), shapes: shapes.to_vec() });
    let threshold = run.threshold();
    Plan::from(alloc::vec![
        RoundPlan { round: 1, all: expect(&[(Kind::All, commit_len::<C>(threshold))]), direct: None },
        RoundPlan {
            round: 2,
            all: expect(&[(Kind::All, reveal_len::<C>(threshold))]),
            direct: expect(&[(Kind::Direct, share_len::<C>())]),
        },
        RoundPlan {
            round: 3,
            all: expect(&[(Kind::All, CERTIFY_LEN), (Kind::Complaint, complaint_len::<C>())]),
            direct: None,
        },
    ])
}

/// Round 1.
pub(crate) struct Commit<'a> {
    pub(crate) commitment: &'a [u8; 32],
    keys: &'a [u8],
}

impl<'a> Commit<'a> {
    pub(crate) fn parse(body: &'a [u8]) -> Option<Self> {
        let mut r = Reader::new(body);
        r.array::<32>()?;
        Some(Self { commitment: r.array()?, keys: r.rest() })
    }

    /// `E_{from,dealer}`: the one-time key that `from` made for `dealer`.
    pub(crate) fn key_for<C: Curve>(&self, run: &Run, from: PartyId, dealer: PartyId) -> Option<&'a [u8]> {
        let position = run.roster().parties().without(from).position(dealer)?;
        self.keys.get(position * C::POINT_LEN..(position + 1) * C::POINT_LEN)
    }

    /// All one-time keys.
    pub(crate) fn keys<C: Curve>(&self) -> impl Iterator<Item = &'a [u8]> {
        self.keys.chunks(C::POINT_LEN)
    }
}

/// Round 2, to all.
pub(crate) struct Reveal<'a> {
    pub(crate) e1: &'a [u8; 32],
    pub(crate) points: &'a [u8],
    pub(crate) chain: &'a [u8; 32],
    pub(crate) salt: &'a [u8; 32],
    pub(crate) r: &'a [u8],
    pub(crate) z: &'a [u8],
}

impl<'a> Reveal<'a> {
    pub(crate) fn parse<C: Curve>(body: &'a [u8], threshold: Threshold) -> Option<Self> {
        let mut r = Reader::new(body);
        let reveal = Self {
            e1: r.array()?,
            points: r.bytes(C::POINT_LEN * usize::from(threshold.t()))?,
            chain: r.array()?,
            salt: r.array()?,
            r: r.bytes(C::POINT_LEN)?,
            z: r.bytes(C::SCALAR_LEN)?,
        };
        r.end()?;
        Some(reveal)
    }
}

/// Round 2, private.
pub(crate) struct Share<'a> {
    pub(crate) point: &'a [u8],
    pub(crate) masked: &'a [u8],
}

impl<'a> Share<'a> {
    pub(crate) fn parse<C: Curve>(body: &'a [u8]) -> Option<Self> {
        let mut r = Reader::new(body);
        let share = Self { point: r.bytes(C::POINT_LEN)?, masked: r.bytes(C::SCALAR_LEN)? };
        r.end()?;
        Some(share)
    }
}

/// Round 3: the view of round 2 stands first in both kinds.
pub(crate) fn view_of(body: &[u8]) -> Option<&[u8; 32]> {
    body.first_chunk()
}

/// Round 3, kind 0.
pub(crate) fn signature_of(body: &[u8]) -> Option<&[u8; 64]> {
    body.get(32..)?.first_chunk()
}

/// Round 3, kind 2.
pub(crate) struct Complaint<'a> {
    pub(crate) e2: &'a [u8; 32],
    pub(crate) accused: u16,
    pub(crate) opened: &'a [u8],
    pub(crate) c: &'a [u8],
    pub(crate) z: &'a [u8],
    /// Header, body and signature of the share complained about.
    pub(crate) envelope: &'a [u8],
}

impl<'a> Complaint<'a> {
    pub(crate) fn parse<C: Curve>(body: &'a [u8]) -> Option<Self> {
        let mut r = Reader::new(body);
        let complaint = Self {
            e2: r.array()?,
            accused: r.u16()?,
            opened: r.bytes(C::POINT_LEN)?,
            c: r.bytes(C::SCALAR_LEN)?,
            z: r.bytes(C::SCALAR_LEN)?,
            envelope: r.bytes(envelope_len::<C>())?,
        };
        r.end()?;
        Some(complaint)
    }
}
