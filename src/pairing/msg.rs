//! The messages of a pairing, and the hashes that name a run of it.

use alloc::vec::Vec;

use super::Run;
use crate::error::{Abort, Chance, Charges, Doubt, Fault, Verdict};
use crate::hash::{Tag, Transcript};
use crate::identity::PublicIdentity;
use crate::ot::{DEPTH, base, pprf};
use crate::party::Parties;
use crate::secret::Secret;
use crate::session::{Expect, Inbox, Outbox, Plan, RoundPlan};
use crate::wire::{Kind, Reader};

/// Bytes of a round 1 body: nonce 32, S 32, E 32, C 32.
pub(super) const SETUP_LEN: usize = 128;
/// Bytes of a padded opening: z 32, salt 32.
pub(super) const OPENING_LEN: usize = 64;
/// Bytes of a round 2 body: points, padded opening.
pub(super) const CHOICE_LEN: usize = base::MESSAGE_LEN + OPENING_LEN;
/// Bytes of a round 3 body: corrections and proofs.
pub(super) const TREES_LEN: usize = pprf::message_len::<DEPTH>();
/// Bytes of a round 4 body.
pub(super) const CONFIRM_LEN: usize = 32;

/// Bytes of this device's first three bodies, which it keeps for the pairing's name.
pub(super) const SENT_LEN: usize = SETUP_LEN + CHOICE_LEN + TREES_LEN;

/// What a run will receive: one private message a round.
pub(super) fn plan(run: &Run) -> Plan {
    let round = |(round, len)| {
        let from = Parties::new([run.peer_id]).unwrap_or_default();
        let direct = Some(Expect::new(from, &[(Kind::Direct, len)]));
        RoundPlan { round, all: None, direct }
    };
    let lengths = [(1, SETUP_LEN), (2, CHOICE_LEN), (3, TREES_LEN), (4, CONFIRM_LEN)];
    Plan::from(lengths.map(round).to_vec())
}

/// A round 1 body.
pub(super) struct Setup<'a> {
    /// `S`: the sender's point as sender of base transfers.
    pub(super) point: &'a [u8; 32],
    /// `E`: its one-time key for the pads.
    pub(super) key: &'a [u8; 32],
    /// `C`: its commitment to `z`.
    pub(super) commitment: &'a [u8; 32],
}

impl<'a> Setup<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        let mut r = Reader::new(body);
        let _nonce = r.array::<32>()?;
        Some(Self { point: r.array()?, key: r.array()?, commitment: r.array()? })
    }
}

/// `C_X = H("pair-commit"; sid, identity_X, z_X, salt_X)`, of `z || salt`.
pub(super) fn commit(sid: &[u8; 32], who: &PublicIdentity, opening: &[u8; OPENING_LEN]) -> [u8; 32] {
    let (z, salt) = opening.split_at(OPENING_LEN / 2);
    Transcript::new(Tag::PairCommit).bytes(sid).bytes(&who.0).bytes(z).bytes(salt).finish()
}

/// `sidP`: from it starts everything after round 1.
pub(super) struct Exchange([u8; 32]);

impl Exchange {
    /// Of both round 1 bodies.
    pub(super) fn new(run: &Run, sid: &[u8; 32], mine: &[u8], theirs: &[u8]) -> Self {
        let [lo, hi] = run.ordered(mine, theirs);
        Self(Transcript::new(Tag::PairSetup).bytes(sid).bytes(lo).bytes(hi).finish())
    }

    /// `ot(X -> Y)`: the direction in which X is the sender of base transfers.
    pub(super) fn direction(&self, sender: &PublicIdentity, receiver: &PublicIdentity) -> [u8; 32] {
        Transcript::new(Tag::PairOt).bytes(&self.0).bytes(&sender.0).bytes(&receiver.0).finish()
    }

    /// `pad(X -> Y)`, which hides X's opening from all but Y.
    pub(super) fn pad(
        &self,
        from: &PublicIdentity,
        to: &PublicIdentity,
        shared: &[u8; 32],
    ) -> Secret<[u8; OPENING_LEN]> {
        let start = Transcript::new(Tag::PairPad).bytes(&self.0).bytes(&from.0).bytes(&to.0);
        let mut pad = Secret::new([0; OPENING_LEN]);
        start.bytes(shared).fill(pad.expose_mut());
        pad
    }

    /// The seed of zero shares, of both parts.
    pub(super) fn zero(&self, run: &Run, mine: &[u8], theirs: &[u8]) -> Secret<[u8; 32]> {
        let [lo, hi] = run.ordered(mine, theirs);
        let seed = Transcript::new(Tag::ZeroSeed).bytes(&self.0).bytes(lo).bytes(hi);
        Secret::<[u8; 32]>::build(|zero| *zero = seed.finish())
    }
}

/// The pairing's name: of everything that both sent in rounds 1 to 3.
pub(super) fn pairing_id(run: &Run, sid: &[u8; 32], sent: &[u8], inbox: &Inbox) -> Result<[u8; 32], Abort> {
    let [lo, hi] = run.ordered(&run.me.0, &run.peer.0);
    let mut hash = Transcript::new(Tag::PairingId).bytes(sid).bytes(lo).bytes(hi);
    let mut mine = Reader::new(sent);
    for (round, len) in [(1, SETUP_LEN), (2, CHOICE_LEN), (3, TREES_LEN)] {
        let [lo, hi] = run.ordered(mine.bytes(len).unwrap_or_default(), received(run, inbox, round)?);
        hash = hash.bytes(lo).bytes(hi);
    }
    Ok(hash.finish())
}

/// What X sends to say that it came to this.
pub(super) fn confirmation(id: &[u8; 32], zero: &[u8; 32], who: &PublicIdentity) -> [u8; CONFIRM_LEN] {
    Transcript::new(Tag::PairConfirm).bytes(id).bytes(zero).bytes(&who.0).finish()
}

/// The peer's message of a round. The driver calls a round only when it is complete.
pub(super) fn received<'a>(run: &Run, inbox: &'a Inbox, round: u8) -> Result<&'a [u8], Abort> {
    match inbox.direct_from(round, run.peer_id) {
        Some(message) => Ok(&message.body),
        None => Err(Abort::no_fault(round, "incomplete round", Chance::OwnFault)),
    }
}

pub(super) fn to_peer(run: &Run, round: u8, body: Vec<u8>) -> Outbox {
    Outbox { round, all: None, direct: alloc::vec![(run.peer_id, body)] }
}

/// The peer cheated, for certain.
pub(super) fn cheater(run: &Run, round: u8, check: &'static str, fault: Fault) -> Abort {
    let mut charges = Charges::default();
    charges.add(run.peer_id, check, fault, None);
    match charges.verdict(round) {
        Err(abort) => abort,
        Ok(()) => Abort::no_fault(round, check, Chance::OwnFault),
    }
}

/// The peer, or the network.
pub(super) fn suspect(run: &Run, round: u8, check: &'static str, why: Doubt) -> Abort {
    let who = Parties::new([run.peer_id]).unwrap_or_default();
    Abort { round, check, verdict: Verdict::Suspects { who, why }, others: Vec::new() }
}
