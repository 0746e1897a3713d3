//! The protocols, by their numbers in headers: one table of who signs what.
//!
//! A protocol is signed where its faults should convict before somebody who was not there: every message then goes in an envelope, broadcast or
//! not. Pairings and ECDSA are not signed, their broadcasts neither: signatures would turn a wallet's traffic into proofs for strangers.

use super::{Header, Kind};
use crate::party::PartyId;

/// Two devices pair.
pub const PAIRING: u8 = 1;
/// Levels of a pairing's trees, which the two agree on.
#[cfg(any(feature = "channel", feature = "ecdsa"))]
pub(crate) const PAIRING_DEPTH: u8 = 2;
/// Key generation.
pub const KEY_GENERATION: u8 = 2;
/// Refresh.
pub const REFRESH: u8 = 3;
/// Reshare.
pub const RESHARE: u8 = 4;
/// Repair of one share.
pub const REPAIR: u8 = 5;
/// ECDSA in three rounds.
pub const ECDSA_SIGN: u8 = 6;
/// ECDSA presignatures.
pub const ECDSA_PRESIGN: u8 = 7;
/// ECDSA with a presignature.
pub const ECDSA_ONLINE: u8 = 8;
/// FROST.
pub const FROST: u8 = 9;
/// Import.
pub const IMPORT: u8 = 10;
/// Generation of several keys at once. 11 and 12 are kept free.
pub const KEY_SET: u8 = 13;

/// Rounds with kinds. A notice stands in none of them.
type Slots = &'static [(u8, Kind)];

const DEALING: Slots =
    &[(1, Kind::All), (2, Kind::All), (2, Kind::Direct), (3, Kind::All), (3, Kind::Complaint)];
const HELPING: Slots = &[(1, Kind::Direct), (2, Kind::Direct)];
/// Without a coordinator and with one.
const FROST_SIGNING: Slots = &[(1, Kind::All), (2, Kind::All), (1, Kind::Direct), (2, Kind::Direct)];

/// Each number, and what its messages are if they are signed.
const TABLE: &[(u8, Option<Slots>)] = &[
    (PAIRING, None),
    (KEY_GENERATION, Some(DEALING)),
    (REFRESH, Some(DEALING)),
    (RESHARE, Some(DEALING)),
    (REPAIR, Some(HELPING)),
    (ECDSA_SIGN, None),
    (ECDSA_PRESIGN, None),
    (ECDSA_ONLINE, None),
    (FROST, Some(FROST_SIGNING)),
    (IMPORT, Some(DEALING)),
    (KEY_SET, Some(DEALING)),
];

fn row(protocol: u8) -> Option<Option<Slots>> {
    TABLE.iter().find(|(number, _)| *number == protocol).map(|(_, slots)| *slots)
}

impl Header {
    /// Whether there is such a protocol.
    #[must_use]
    pub fn is_known(&self) -> bool {
        row(self.protocol).is_some()
    }

    /// Whether this message travels only in a signed envelope. A FROST coordinator without a share has no identity to sign with.
    #[must_use]
    pub fn must_be_signed(&self) -> bool {
        row(self.protocol).flatten().is_some() && self.from != PartyId::COORDINATOR
    }

    /// Whether a signed protocol has such a message: round and kind, and a receiver exactly where it is private.
    pub(crate) fn is_signed_slot(&self) -> bool {
        let Some(slots) = row(self.protocol).flatten() else { return false };
        let there = (self.round, self.kind) == (0, Kind::Notice) || slots.contains(&(self.round, self.kind));
        there && self.to.is_some() == (self.kind == Kind::Direct)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::SessionId;

    fn header(protocol: u8, round: u8, kind: Kind, from: PartyId) -> Header {
        let to = (kind == Kind::Direct).then(|| PartyId::new(2).unwrap());
        Header { protocol, round, kind, from, to, session: SessionId([0; 16]), binding: [0; 32] }
    }

    #[test]
    fn what_is_signed_is_what_the_table_says() {
        let one = PartyId::new(1).unwrap();
        let all = |from| -> alloc::vec::Vec<u8> {
            (0..=255).filter(|p| header(*p, 1, Kind::All, from).must_be_signed()).collect()
        };
        assert_eq!(all(one), [2, 3, 4, 5, 9, 10, 13]);
        assert!(all(PartyId::COORDINATOR).is_empty());
        let known: alloc::vec::Vec<u8> =
            (0..=255).filter(|p| header(*p, 1, Kind::All, one).is_known()).collect();
        assert_eq!(known, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13]);
    }

    #[test]
    fn slots_are_those_of_the_protocols() {
        let one = PartyId::new(1).unwrap();
        let slots = |protocol| {
            let kinds = [Kind::All, Kind::Direct, Kind::Complaint, Kind::Notice];
            let all = (0..=255).flat_map(|round| kinds.map(|kind| (round, kind)));
            all.filter(|(round, kind)| header(protocol, *round, *kind, one).is_signed_slot()).count()
        };
        for dealing in [2, 3, 4, 10, 13] {
            assert_eq!(slots(dealing), 6);
        }
        assert_eq!((slots(5), slots(9), slots(1), slots(6), slots(11)), (3, 5, 0, 0, 0));
        let mut lost = header(2, 2, Kind::Direct, one);
        lost.to = None;
        assert!(!lost.is_signed_slot());
        let mut private = header(2, 1, Kind::All, one);
        private.to = Some(one);
        assert!(!private.is_signed_slot());
    }
}
