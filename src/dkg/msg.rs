//! Message layouts of a dealing. Fields are borrowed from the received bytes and never re-encoded.
//!
//! With `L` = point bytes, `s` = 32 scalar bytes, `d` dealers, and `p` = the points that a dealer reveals: `t`, or `t - 1` in a refresh.
//!
//! | message | from | to | fields | body bytes |
//! |---|---|---|---|---|
//! | commit (round 1) | all | all | nu 32; of a dealer C 32; of a receiver E per other dealer L | 32, + 32, + L(d-1) or Ld |
//! | reveal (round 2) | dealers | all | e1 32, A p*L, cc 32 in a first epoch, salt 32, R L, z 32 | 96 + L(p+1), + 32 |
//! | share (round 2) | dealers | one receiver | D L, c 32 | L + 32 |
//! | certify (round 3) | all | all | e2 32, signature 64 | 96 |
//! | complaint (round 3) | receivers | all | e2 32, accused 2, K L, c 32, z 32, the share's envelope 152 + L | 250 + 2L |

use alloc::vec::Vec;

use crate::curve::{Curve, Scheme};
use crate::party::PartyId;
use crate::session::{Expect, Plan, RoundPlan, Shapes};
use crate::wire::{HEADER_LEN, Kind, Reader};

use super::Deal;

/// Round 1 of `from`, who deals, receives, or both.
pub(crate) fn commit_len<S: Scheme>(deal: &Deal<S>, from: PartyId) -> usize {
    let keys = if deal.receives(from) { deal.dealers().without(from).len() } else { 0 };
    commit_head(deal, from) + S::Curve::POINT_LEN * keys
}

fn commit_head<S: Scheme>(deal: &Deal<S>, from: PartyId) -> usize {
    if deal.deals(from) { 64 } else { 32 }
}

pub(crate) fn reveal_len<S: Scheme>(deal: &Deal<S>) -> usize {
    64 + chain_len(deal) + S::Curve::SCALAR_LEN + S::Curve::POINT_LEN * (deal.points() + 1)
}

const fn chain_len<S: Scheme>(deal: &Deal<S>) -> usize {
    if deal.brings_chain() { 32 } else { 0 }
}

pub(crate) const fn share_len<C: Curve>() -> usize {
    C::POINT_LEN + C::SCALAR_LEN
}

pub(crate) const CERTIFY_LEN: usize = 96;

pub(crate) const fn complaint_len<C: Curve>() -> usize {
    complaint_head::<C>() + envelope_len::<C>()
}

/// Of a complaint, what stands before the envelope.
pub(crate) const fn complaint_head<C: Curve>() -> usize {
    34 + C::POINT_LEN + 2 * C::SCALAR_LEN
}

/// Of the envelope that a share comes in, where it comes alone.
pub(crate) const fn envelope_len<C: Curve>() -> usize {
    HEADER_LEN + share_len::<C>() + 64
}

/// What `me` receives.
pub(crate) fn plan<S: Scheme>(deal: &Deal<S>, me: PartyId) -> Plan {
    let others = deal.cast().parties().without(me);
    let dealers = deal.dealers().without(me);
    let receivers = deal.roster().parties();
    let all = |shapes: &[(Kind, usize)]| Some(Expect::new(dealers.clone(), shapes));
    // Who sends alike in round 1: by role.
    let both = others.intersection(deal.dealers()).intersection(receivers);
    let roles = [both, others.difference(deal.dealers()), others.difference(receivers)];
    let commits = roles.into_iter().filter_map(|role| {
        let first = role.iter().next()?;
        Some((role, alloc::vec![(Kind::All, commit_len(deal, first))]))
    });
    let certify = (Kind::All, CERTIFY_LEN);
    let complaint = (Kind::Complaint, complaint_len::<S::Curve>());
    let last: Vec<(_, Shapes)> = alloc::vec![
        (others.intersection(receivers), alloc::vec![certify, complaint]),
        (others.difference(receivers), alloc::vec![certify]),
    ];
    let direct = all(&[(Kind::Direct, share_len::<S::Curve>())]).filter(|_| deal.receives(me));
    Plan::from(alloc::vec![
        RoundPlan { round: 1, all: Some(Expect::groups(commits.collect())), direct: None },
        RoundPlan { round: 2, all: all(&[(Kind::All, reveal_len(deal))]), direct },
        RoundPlan { round: 3, all: Some(Expect::groups(last)), direct: None },
    ])
}

/// Round 1.
pub(crate) struct Commit<'a> {
    /// Of a dealer.
    pub(crate) commitment: Option<&'a [u8; 32]>,
    keys: &'a [u8],
}

impl<'a> Commit<'a> {
    pub(crate) fn parse<S: Scheme>(deal: &Deal<S>, from: PartyId, body: &'a [u8]) -> Option<Self> {
        let mut r = Reader::new(body);
        r.array::<32>()?;
        let commitment = if deal.deals(from) { Some(r.array()?) } else { None };
        (body.len() == commit_len(deal, from)).then(|| Self { commitment, keys: r.rest() })
    }

    /// `E_{from,dealer}`: the one-time key that `from` made for `dealer`.
    pub(crate) fn key_for<S: Scheme>(
        &self,
        deal: &Deal<S>,
        from: PartyId,
        dealer: PartyId,
    ) -> Option<&'a [u8]> {
        let position = deal.dealers().without(from).position(dealer)?;
        self.keys.get(position * S::Curve::POINT_LEN..(position + 1) * S::Curve::POINT_LEN)
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
    /// Empty where the chain code is kept.
    pub(crate) chain: &'a [u8],
    pub(crate) salt: &'a [u8; 32],
    pub(crate) r: &'a [u8],
    pub(crate) z: &'a [u8],
}

impl<'a> Reveal<'a> {
    pub(crate) fn parse<S: Scheme>(deal: &Deal<S>, body: &'a [u8]) -> Option<Self> {
        let mut r = Reader::new(body);
        let reveal = Self {
            e1: r.array()?,
            points: r.bytes(S::Curve::POINT_LEN * deal.points())?,
            chain: r.bytes(chain_len(deal))?,
            salt: r.array()?,
            r: r.bytes(S::Curve::POINT_LEN)?,
            z: r.bytes(S::Curve::SCALAR_LEN)?,
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
    /// A share's envelope has `envelope_len` bytes.
    pub(crate) fn parse<C: Curve>(body: &'a [u8], envelope_len: usize) -> Option<Self> {
        let mut r = Reader::new(body);
        let complaint = Self {
            e2: r.array()?,
            accused: r.u16()?,
            opened: r.bytes(C::POINT_LEN)?,
            c: r.bytes(C::SCALAR_LEN)?,
            z: r.bytes(C::SCALAR_LEN)?,
            envelope: r.bytes(envelope_len)?,
        };
        r.end()?;
        Some(complaint)
    }
}
