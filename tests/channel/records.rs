//! T1 to T8.

use quorate::channel::{ChannelError, Content, Event, Limits, MAX_CONTENT, Opened, RECORD_OVERHEAD, WINDOW};
use quorate::wire::{Header, Kind, SessionId};

use crate::stage::{C, I, Node, R, cluster, id, key, pair, rogue_initiator, rogue_responder, shake, talk};

fn flipped(bytes: &[u8], at: usize, bits: u8) -> Vec<u8> {
    let mut bad = bytes.to_vec();
    bad[at] ^= bits;
    bad
}

#[test]
fn t1_length_version_type_and_kind() {
    let (mut i, mut r) = pair();
    let record = i.seal(R, b"x");
    assert_eq!(record.len(), RECORD_OVERHEAD + 1);
    for len in 2..RECORD_OVERHEAD {
        r.refuses(&record[..len], ChannelError::MalformedRecord);
    }
    // The length stands before the channel.
    for len in 31..RECORD_OVERHEAD {
        r.refuses(&flipped(&record, 6, 1)[..len], ChannelError::MalformedRecord);
    }
    for (at, value) in [(0, 0), (0, 2), (30, 0), (30, 4), (30, 0xff)] {
        let mut bad = record.clone();
        bad[at] = value;
        r.refuses(&bad, ChannelError::MalformedRecord);
    }
    for kind in [0x11, 0x20] {
        let mut bad = record.clone();
        bad[1] = kind;
        r.refuses(&bad, ChannelError::Malformed); // no record at all
    }
    r.open(&record).unwrap();
    let empty = i.seal(R, b"");
    assert_eq!((empty.len(), r.open(&empty).unwrap()), (47, Vec::new()));
    let long = vec![7; MAX_CONTENT];
    let record = i.seal(R, &long);
    r.refuses(&[&record[..], &[0]].concat(), ChannelError::MalformedRecord);
    assert_eq!(r.open(&record).unwrap(), long);
    let error = i.peers.seal(id(R), Content::Application, &vec![7; MAX_CONTENT + 1]).unwrap_err();
    assert_eq!((error.clone(), error.code()), (ChannelError::TooLong, 5156));
    let mut seal = |len| i.peers.seal(id(R), Content::Envelope, &vec![7; len]);
    assert_eq!(seal((1 << 20) + 1).unwrap_err(), ChannelError::TooLong);
    assert_eq!(seal(1 << 20).unwrap().len(), RECORD_OVERHEAD + (1 << 20));
    assert_eq!(ChannelError::MalformedRecord.code(), 5161);
}

/// With the highest counter the window would have nothing above it, and such a record would come again and again.
#[test]
fn t1_the_highest_counter_is_none() {
    let mut r = Node::new(R);
    let traffic = rogue_initiator(&mut r);
    r.refuses(&traffic.seal(I, u64::MAX, 3, b"x"), ChannelError::MalformedRecord);
    let last = traffic.seal(I, u64::MAX - 1, 3, b"x");
    assert_eq!(r.open(&last).unwrap(), b"x");
    r.refuses(&last, ChannelError::Replayed);
}

#[test]
fn t2_only_channels_of_the_sender_to_this_device() {
    let (mut i, mut r) = pair();
    let mut c = Node::new(C);
    shake(&mut i, &mut c);
    let record = i.seal(R, b"x");
    // For somebody else, from somebody else, from nobody, of another channel.
    c.refuses(&record, ChannelError::UnknownChannel);
    for (at, value) in [(2, C), (2, R), (2, 0), (2, 65535), (2, 8), (4, C), (4, I), (4, 0)] {
        let mut bad = record.clone();
        bad[at..at + 2].copy_from_slice(&value.to_be_bytes());
        r.refuses(&bad, ChannelError::UnknownChannel);
    }
    for at in 6..22 {
        r.refuses(&flipped(&record, at, 1), ChannelError::UnknownChannel);
    }
    // Our own record, sent back.
    i.refuses(&record, ChannelError::UnknownChannel);
    let mut rng = crate::stage::rng(1);
    assert_eq!(r.peers.receive_from(id(C), &record, &mut rng).unwrap_err(), ChannelError::WrongPeer);
    assert!(matches!(r.peers.receive_from(id(I), &record, &mut rng), Ok(Event::Received(_))));
    assert_eq!(ChannelError::UnknownChannel.code(), 5162);
}

#[test]
fn t3_t4_any_order_once_and_not_later_than_1024() {
    let (mut i, mut r) = pair();
    let records: Vec<_> = (0..1500u32).map(|n| i.seal(R, &n.to_be_bytes())).collect();
    let open = |r: &mut Node, at: usize| r.open(&records[at]).map(|bytes| bytes == (at as u32).to_be_bytes());
    assert_eq!(open(&mut r, 3), Ok(true));
    assert_eq!(open(&mut r, 3), Err(ChannelError::Replayed));
    assert_eq!(open(&mut r, 0), Ok(true));
    assert_eq!(open(&mut r, 0), Err(ChannelError::Replayed));
    // 2 and 1 are 1023 and 1024 behind 1025.
    assert_eq!(open(&mut r, 1025), Ok(true));
    assert_eq!(open(&mut r, 1), Err(ChannelError::TooOld));
    assert_eq!(open(&mut r, 2), Ok(true));
    assert_eq!(open(&mut r, 2), Err(ChannelError::Replayed));
    assert_eq!(open(&mut r, 3), Err(ChannelError::Replayed));
    assert_eq!(open(&mut r, 1499), Ok(true));
    for at in 0..1500 - WINDOW as usize {
        assert_eq!(open(&mut r, at), Err(ChannelError::TooOld), "{at}");
    }
    let mut rest: Vec<_> = (1500 - WINDOW as usize..1499).filter(|at| *at != 1025).collect();
    rest.reverse();
    for at in rest {
        assert_eq!(open(&mut r, at), Ok(true), "{at}");
        assert_eq!(open(&mut r, at), Err(ChannelError::Replayed), "{at}");
    }
    assert_eq!((ChannelError::TooOld.code(), ChannelError::Replayed.code()), (5163, 5164));
}

#[test]
fn t5_a_bad_tag_moves_no_window() {
    let mut r = Node::new(R);
    let traffic = rogue_initiator(&mut r);
    let record = traffic.seal(I, 5, 3, b"five");
    // A counter far ahead, forged: if it moved the window, 5 would be too old.
    let mut far = record.clone();
    far[22..30].copy_from_slice(&5000u64.to_be_bytes());
    r.refuses(&far, ChannelError::BadTag);
    for at in 22..30 {
        r.refuses(&flipped(&record, at, 0x80), ChannelError::BadTag);
    }
    // 5 itself, damaged anywhere.
    for at in 30..record.len() {
        let bits = if at == 30 { 2 } else { 1 };
        r.refuses(&flipped(&record, at, bits), ChannelError::BadTag);
    }
    assert_eq!(r.open(&record).unwrap(), b"five");
    assert_eq!(r.open(&traffic.seal(I, 0, 3, b"zero")).unwrap(), b"zero");
    assert_eq!(ChannelError::BadTag.code(), 5165);
}

fn message(protocol: u8, from: u16, to: u16) -> Vec<u8> {
    let mut bytes = Header {
        protocol,
        round: 1,
        kind: Kind::Direct,
        from: id(1),
        to: None,
        session: SessionId([1; 16]),
        binding: [2; 32],
    }
    .to_bytes();
    bytes[4..6].copy_from_slice(&from.to_be_bytes());
    bytes[6..8].copy_from_slice(&to.to_be_bytes());
    bytes.extend_from_slice(b"body");
    bytes
}

/// Seals as a member that keeps to no rule.
struct Sender {
    node: Node,
    traffic: crate::rogue::Traffic,
    from: u16,
    counter: u64,
}

impl Sender {
    fn to_responder() -> Self {
        let mut node = Node::new(R);
        let traffic = rogue_initiator(&mut node);
        Self { node, traffic, from: I, counter: 0 }
    }

    fn to_initiator() -> Self {
        let mut node = Node::new(I);
        let traffic = rogue_responder(&mut node);
        Self { node, traffic, from: R, counter: 0 }
    }

    fn send(&mut self, kind: u8, plaintext: &[u8]) -> Result<Opened, ChannelError> {
        let record = self.traffic.seal(self.from, self.counter, kind, plaintext);
        self.counter += 1;
        let opened = self.node.take(&record).map(|event| match event {
            Event::Received(opened) => opened,
            event => panic!("{event:?}"),
        });
        // It was authentic: whatever came of it, it is not taken twice.
        assert_eq!(self.node.take(&record).unwrap_err(), ChannelError::Replayed);
        opened
    }

    fn passes(&mut self, plaintext: &[u8]) {
        let opened = self.send(1, plaintext).unwrap();
        assert_eq!(opened.header().unwrap().to_bytes(), plaintext[..56]);
        let from = u16::from_be_bytes([plaintext[4], plaintext[5]]);
        let Opened::Message { peer, header, bytes, .. } = opened else { panic!("{opened:?}") };
        assert_eq!((peer.get(), header.from.get(), &bytes.expose()[..]), (self.from, from, plaintext));
    }

    fn refused(&mut self, plaintext: &[u8], error: ChannelError) {
        assert_eq!(self.send(1, plaintext).unwrap_err(), error);
    }
}

#[test]
fn t6_a_message_is_the_peers_own_to_this_device() {
    let mut sender = Sender::to_responder();
    for protocol in [6, 7, 8] {
        sender.passes(&message(protocol, I, R));
        sender.passes(&message(protocol, I, 0));
        for (from, to) in [(C, R), (C, 0), (R, R), (I, C), (I, I), (65535, R), (I, 65535), (1, 2), (2, 1)] {
            sender.refused(&message(protocol, from, to), ChannelError::ForeignMessage);
        }
    }
    let good = message(6, I, R);
    for len in [0, 1, 55] {
        sender.refused(&good[..len], ChannelError::ForeignMessage);
    }
    let with = |at: usize, value| {
        let mut bad = good.clone();
        bad[at] = value;
        bad
    };
    // Version, kind, and protocols that nobody knows whether they sign.
    for bad in [with(0, 2), with(3, 7), with(1, 0), with(1, 11), with(1, 12), with(1, 14), with(1, 255)] {
        sender.refused(&bad, ChannelError::ForeignMessage);
    }
    assert_eq!(ChannelError::ForeignMessage.code(), 5166);
}

/// A message of the pairing of these two, with whatever numbers.
fn of_the_pairing(pair: [u16; 2], from: u16, to: u16) -> Vec<u8> {
    let [one, other] = pair.map(|n| key(n).public());
    let binding = quorate::pairing::Run::new(one, other, SessionId([1; 16])).unwrap().terms().binding;
    let mut bytes = message(1, from, to);
    bytes[24..56].copy_from_slice(&binding);
    bytes
}

#[test]
fn t6_in_a_pairing_numbers_and_binding_are_those_of_the_identity_keys() {
    let lower = if key(I).public().0 < key(R).public().0 { I } else { R };
    let [mut from_i, mut from_r] = [Sender::to_responder(), Sender::to_initiator()];
    for (sender, other) in [(&mut from_i, R), (&mut from_r, I)] {
        let (own, peers) = if sender.from == lower { (1, 2) } else { (2, 1) };
        sender.passes(&of_the_pairing([I, R], own, peers));
        for (from, to) in [(peers, own), (own, own), (own, 0), (sender.from, other), (65535, peers)] {
            sender.refused(&of_the_pairing([I, R], from, to), ChannelError::ForeignMessage);
        }
        // The numbers of this pair in the pairing of another, and in none.
        for pair in [[I, C], [R, C]] {
            sender.refused(&of_the_pairing(pair, own, peers), ChannelError::ForeignMessage);
        }
        sender.refused(&message(1, own, peers), ChannelError::ForeignMessage);
    }
}

#[test]
fn t6_what_is_signed_is_not_taken_unsigned() {
    let mut sender = Sender::to_responder();
    for protocol in [2, 3, 4, 5, 9, 10, 13] {
        for to in [0, R] {
            sender.refused(&message(protocol, I, to), ChannelError::Unsigned);
        }
        // Notices are messages too.
        let mut notice = message(protocol, I, 0)[..56].to_vec();
        (notice[2], notice[3]) = (0, 255);
        sender.refused(&notice, ChannelError::Unsigned);
    }
    assert_eq!(ChannelError::Unsigned.code(), 5168);
}

#[test]
fn t6_a_coordinator_without_a_share_is_passed_on_in_frost_alone() {
    let mut sender = Sender::to_responder();
    sender.passes(&message(9, 65535, R));
    sender.refused(&message(9, 65535, C), ChannelError::ForeignMessage);
    for protocol in [2, 5, 6, 10, 13] {
        sender.refused(&message(protocol, 65535, R), ChannelError::ForeignMessage);
    }
    // Nobody is taken for the coordinator by a session that did not ask for it.
    let opened = sender.send(1, &message(9, 65535, R)).unwrap();
    let mut session = crate::sessions::frost_signer();
    let refused = opened.deliver(&mut session, cluster().roster()).unwrap().unwrap_err();
    assert!(
        matches!(
            refused,
            quorate::error::Rejected::Protocol(_)
                | quorate::error::Rejected::Session
                | quorate::error::Rejected::WrongSender { .. }
        ),
        "{refused:?}"
    );
}

#[test]
fn t6_the_sender_is_told_before_it_sends() {
    let (mut i, mut r) = pair();
    let mut seal = |bytes: &[u8]| i.peers.seal(id(R), Content::Message, bytes);
    assert_eq!(seal(&message(2, I, 0)).unwrap_err(), ChannelError::Unsigned);
    assert_eq!(seal(&message(6, I, C)).unwrap_err(), ChannelError::ForeignMessage);
    assert_eq!(seal(b"no header").unwrap_err(), ChannelError::ForeignMessage);
    let record = seal(&message(6, I, R)).unwrap();
    assert!(matches!(r.take(&record), Ok(Event::Received(Opened::Message { .. }))));
}

#[test]
fn t7_a_used_up_channel_seals_no_more() {
    let limits = Limits { records: 4, ..Limits::default() };
    let (mut i, mut r) = (Node::of(I, cluster(), limits), Node::new(R));
    shake(&mut i, &mut r);
    let mut states = Vec::new();
    for _ in 0..4 {
        states.push(i.peers.wants_rekey(id(R)));
        let record = i.seal(R, b"x");
        r.open(&record).unwrap();
    }
    assert_eq!(states, [false, false, false, true]);
    let full = |node: &mut Node| node.peers.seal(id(R), Content::Application, b"x").unwrap_err();
    assert_eq!(full(&mut i), ChannelError::RekeyRequired);
    shake(&mut i, &mut r);
    talk(&mut i, &mut r);

    let limits = Limits { bytes: 100, ..Limits::default() };
    let (mut i, mut r) = (Node::of(I, cluster(), limits), Node::new(R));
    shake(&mut i, &mut r);
    i.seal(R, &[0; 60]);
    assert!(i.peers.wants_rekey(id(R)));
    let error = i.peers.seal(id(R), Content::Application, &[0; 41]).unwrap_err();
    assert_eq!(error, ChannelError::RekeyRequired);
    i.seal(R, &[0; 40]);
    assert_eq!(full(&mut i), ChannelError::RekeyRequired);
    assert_eq!(ChannelError::RekeyRequired.code(), 5167);
}

#[test]
fn t8_too_many_failed_openings_end_the_channel() {
    let limits = Limits { failures: 3, ..Limits::default() };
    let (mut i, mut r) = (Node::new(I), Node::of(R, cluster(), limits));
    shake(&mut i, &mut r);
    let record = i.seal(R, b"x");
    let bad = flipped(&record, 40, 1);
    r.refuses(&bad, ChannelError::BadTag);
    assert!(!r.peers.wants_rekey(id(I)));
    r.refuses(&bad, ChannelError::BadTag);
    assert!(r.peers.wants_rekey(id(I)));
    r.refuses(&bad, ChannelError::RekeyRequired);
    r.refuses(&record, ChannelError::UnknownChannel);
    shake(&mut i, &mut r);
    talk(&mut i, &mut r);
}

/// The channel before is as much open to guesses as the current one, and goes alone.
#[test]
fn t8_too_many_failed_openings_end_the_channel_before() {
    let limits = Limits { failures: 2, ..Limits::default() };
    let (mut i, mut r) = (Node::new(I), Node::of(R, cluster(), limits));
    shake(&mut i, &mut r);
    let [old, late] = [i.seal(R, b"old"), i.seal(R, b"late")];
    shake(&mut i, &mut r);
    assert_eq!(r.open(&old).unwrap(), b"old");
    let bad = flipped(&late, 40, 1);
    r.refuses(&bad, ChannelError::BadTag);
    r.refuses(&bad, ChannelError::RekeyRequired);
    r.refuses(&late, ChannelError::UnknownChannel);
    talk(&mut i, &mut r);
}

/// Where none is borne, the first ends whatever there is.
#[test]
fn t8_without_any_failed_opening_allowed_the_first_ends_both_channels() {
    let limits = Limits { failures: 0, ..Limits::default() };
    let (mut i, mut r) = (Node::new(I), Node::of(R, cluster(), limits));
    shake(&mut i, &mut r);
    let old = i.seal(R, b"old");
    shake(&mut i, &mut r);
    let new = i.seal(R, b"new");
    r.refuses(&flipped(&new, 40, 1), ChannelError::RekeyRequired);
    r.refuses(&old, ChannelError::UnknownChannel);
    r.refuses(&new, ChannelError::UnknownChannel);
    shake(&mut i, &mut r);
    talk(&mut i, &mut r);
}

/// Who asks for more has no more.
#[test]
fn t7_limits_above_the_default_are_lowered() {
    let limits = Limits { records: u64::MAX, bytes: u64::MAX, failures: u64::MAX };
    let mut r = Node::of(R, cluster(), limits);
    let traffic = rogue_initiator(&mut r);
    for (counter, wants) in [((1 << 23) - 1, false), (1 << 23, true)] {
        assert_eq!(r.open(&traffic.seal(I, counter, 3, b"x")).unwrap(), b"x");
        assert_eq!(r.peers.wants_rekey(id(I)), wants, "{counter}");
    }
}

#[test]
fn the_receiver_too_sees_when_it_is_time_for_a_new_channel() {
    let limits = Limits { records: 4, ..Limits::default() };
    let (mut i, mut r) = (Node::new(I), Node::of(R, cluster(), limits));
    shake(&mut i, &mut r);
    for wants in [false, false, true] {
        let record = i.seal(R, b"x");
        r.open(&record).unwrap();
        assert_eq!(r.peers.wants_rekey(id(I)), wants);
    }
    assert!(!r.peers.wants_rekey(id(C)), "there is no channel");
}
