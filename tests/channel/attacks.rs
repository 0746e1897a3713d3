//! What somebody between the devices, or one of them, may try.

use quorate::channel::{ChannelError, Content, Event, Limits, Opened};
use quorate::cluster::Cluster;
use quorate::envelope::EnvelopeError;
use quorate::wire::Kind;

use crate::envelopes::{header, signed};
use crate::rogue::{self, Ephemeral, Run, sign};
use crate::stage::{
    C, Fixed, I, Node, R, cluster, cluster_of, id, pair, rogue_initiator, roster, shake, talk,
};

/// A recorded handshake, played again at both ends, leads to nothing.
#[test]
fn a_replayed_handshake_makes_no_channel() {
    let (mut i, mut r) = (Node::new(I), Node::new(R));
    let [first, second, third] = shake(&mut i, &mut r);
    talk(&mut i, &mut r);
    let channel = i.peers.channel_id(id(R));
    shake(&mut i, &mut r);
    shake(&mut i, &mut r);
    assert_ne!(i.peers.channel_id(id(R)), channel);
    let channel = i.peers.channel_id(id(R));
    let again = r.reply(&first);
    assert_ne!(again, second, "another ephemeral key");
    r.refuses(&third, ChannelError::BadSignature);
    i.refuses(&second, ChannelError::UnknownHandshake);
    i.refuses(&again, ChannelError::UnknownHandshake);
    assert_eq!([i.peers.channel_id(id(R)), r.peers.channel_id(id(I))], [channel; 2]);
    // Nor at a device that has restarted.
    let mut r = Node::of(R, cluster(), Limits::default());
    let mut entropy = crate::stage::rng(99);
    assert!(matches!(r.peers.receive(&first, &mut entropy), Ok(Event::ToSign(_))));
    r.refuses(&third, ChannelError::UnknownHandshake);
    shake(&mut i, &mut r);
    talk(&mut i, &mut r);
}

#[test]
fn messages_of_two_runs_do_not_mix() {
    let own = [Ephemeral([1; 32]), Ephemeral([2; 32])];
    let mut r = Node::new(R);
    let firsts = own.map(|own| rogue::first(I, R, cluster().hash(), own.public()));
    let seconds = [r.reply(&firsts[0]), r.reply(&firsts[1])];
    // The second message of one run, renamed to the other.
    for (a, b) in [(0, 1), (1, 0)] {
        let mut i = Node::new(I);
        let mine = i.peers.connect(id(R), &mut Fixed(own[a].0[0])).unwrap();
        assert_eq!(mine, firsts[a]);
        i.refuses(&seconds[b], ChannelError::UnknownHandshake);
        let mut renamed = seconds[b].clone();
        renamed[40..56].copy_from_slice(&seconds[a][40..56]);
        i.refuses(&renamed, ChannelError::BadSignature);
        i.reply(&seconds[a]);
    }
    // The third message of one, renamed to the other; then each half of it in the other.
    let runs = [0, 1].map(|at| Run::initiate(&firsts[at], &seconds[at], own[at]));
    let thirds = [0, 1].map(|at| runs[at].third(&seconds[at]));
    let mut renamed = thirds[1].clone();
    renamed[40..56].copy_from_slice(&thirds[0][40..56]);
    r.refuses(&renamed, ChannelError::BadSignature);
    let halves = [&thirds[0][..120], &thirds[1][120..]].concat();
    r.refuses(&halves, ChannelError::BadConfirmation);
    r.established(&thirds[0]);
    r.established(&thirds[1]);
}

#[test]
fn nothing_can_be_reflected() {
    let (mut i, mut r) = pair();
    let first = i.connect(R);
    i.refuses(&first, ChannelError::WrongPeer);
    let turned = rogue::first(R, I, cluster().hash(), first[40..].try_into().unwrap());
    i.refuses(&turned, ChannelError::WrongRole);
    let second = r.reply(&first);
    r.refuses(&second, ChannelError::WrongPeer);
    let third = i.reply(&second);
    i.refuses(&third, ChannelError::WrongPeer);
    r.established(&third);
    let record = i.seal(R, b"x");
    i.refuses(&record, ChannelError::UnknownChannel);
    // Its ids turned round, it is a record of the other direction: another key.
    let mut turned = record.clone();
    turned[2..4].copy_from_slice(&R.to_be_bytes());
    turned[4..6].copy_from_slice(&I.to_be_bytes());
    i.refuses(&turned, ChannelError::BadTag);
    assert_eq!(r.open(&record).unwrap(), b"x");
}

/// The wish of an unknown-key-share attack: one device thinks that it speaks with C, where the other's channel is with I.
#[test]
fn identities_cannot_be_misbound() {
    // I begins with C; a relay gives its key to R as its own, and R's answer back as C's.
    let (mut i, mut r, mut c) = (Node::new(I), Node::new(R), Node::new(C));
    let first = i.connect(C);
    let ephemeral: [u8; 32] = first[40..].try_into().unwrap();
    r.refuses(&first, ChannelError::WrongPeer);
    let relayed = r.reply(&rogue::first(I, R, cluster().hash(), ephemeral));
    i.refuses(&relayed, ChannelError::UnknownHandshake);
    let mut as_c = relayed.clone();
    as_c[2..4].copy_from_slice(&C.to_be_bytes());
    as_c[40..56].copy_from_slice(&rogue::name(&first));
    i.refuses(&as_c, ChannelError::BadSignature);
    // C, a member that cheats, signs R's key as its own. It cannot confirm: it has no share in the secret.
    let offered: [u8; 32] = relayed[56..88].try_into().unwrap();
    let guess = Run::new(&first, offered, [0; 32]);
    assert_eq!(guess.ids, [I, C]);
    i.refuses(&guess.second(), ChannelError::BadConfirmation);
    assert_eq!(i.peers.channel_id(id(C)), None);
    // The honest C still answers in its own handshake, once I begins anew.
    let second = c.reply(&i.connect(C));
    c.established(&i.reply(&second));
    talk(&mut i, &mut c);
}

#[test]
fn every_bit_of_a_record_counts() {
    let (mut i, mut r) = pair();
    let record = i.seal(R, b"all of it");
    for bit in 0..8 * record.len() {
        let mut bad = record.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let error = r.take(&bad).unwrap_err();
        let expected: &[ChannelError] = match bit / 8 {
            0 => &[ChannelError::MalformedRecord],
            1 => &[ChannelError::Malformed],
            2..22 => &[ChannelError::UnknownChannel],
            30 => &[ChannelError::MalformedRecord, ChannelError::BadTag],
            _ => &[ChannelError::BadTag],
        };
        assert!(expected.contains(&error), "bit {bit}: {error:?}");
    }
    assert_eq!(r.open(&record).unwrap(), b"all of it");
}

#[test]
fn every_bit_of_a_handshake_counts() {
    let (mut i, mut r) = (Node::new(I), Node::new(R));
    let first = i.connect(R);
    let second = r.reply(&first);
    let third = i.reply(&second);
    for (node, good) in [(&mut r, &third), (&mut Node::new(I), &second)] {
        for bit in 0..8 * good.len() {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(node.take(&bad).is_err(), "bit {bit}");
        }
    }
    r.established(&third);
    talk(&mut i, &mut r);
}

#[test]
fn a_new_handshake_has_other_keys() {
    let mut r = Node::new(R);
    let one = rogue_initiator(&mut r);
    let mut other = Node::of(R, cluster(), Limits::default());
    other.connect(I);
    // The same initiator with the same ephemeral key, even: the responder's is new.
    r.peers.forget(id(I));
    let two = rogue_initiator(&mut r);
    assert_ne!(one.id, two.id);
    for (at, len) in [(0, 32), (32, 12), (44, 32), (76, 12)] {
        assert_ne!(one.keys[at..at + len], two.keys[at..at + len]);
    }
    r.refuses(&one.seal(I, 0, 3, b"x"), ChannelError::UnknownChannel);
    assert_eq!(r.open(&two.seal(I, 0, 3, b"x")).unwrap(), b"x");
    assert_ne!(one.keys[..32], one.keys[44..76], "a key for each direction");
}

/// Counters are written nowhere twice: over ten thousand records both ways, no key meets a nonce again.
#[test]
fn no_key_and_nonce_come_twice() {
    let (mut i, mut r) = pair();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..5_000 {
        for record in [i.seal(R, b""), r.seal(I, b"")] {
            // Direction, channel and counter are the key and the nonce.
            assert!(seen.insert(record[2..30].to_vec()));
        }
        if seen.len() % 2_500 == 0 {
            shake(&mut i, &mut r);
        }
    }
    assert_eq!(seen.len(), 10_000);
}

/// Ids, written one after the other without their lengths, would be the same.
#[test]
fn pairs_of_ids_are_not_run_together() {
    let channel = |low: u16, high: u16| {
        let members = [1, 11, 23, 123];
        let cluster = cluster_of(&members, 1);
        let mut low_node = Node::of(low, cluster.clone(), Limits::default());
        let mut high_node = Node::of(high, cluster, Limits::default());
        let first = low_node.peers.connect(id(high), &mut Fixed(1)).unwrap();
        let event = high_node.peers.receive(&first, &mut Fixed(2)).unwrap();
        let event = high_node.peers.sign_with(event, &mut crate::stage::key(high)).unwrap();
        let Event::Reply { bytes, .. } = event else { panic!("{event:?}") };
        let third = low_node.reply(&bytes);
        high_node.established(&third);
        (low_node.peers.channel_id(id(high)).unwrap(), rogue::name(&first))
    };
    // 1 and 123, 11 and 23: the same digits.
    let all = [channel(1, 123), channel(11, 23), channel(1, 23), channel(11, 123)];
    for (at, one) in all.iter().enumerate() {
        assert!(all[..at].iter().all(|other| one.0 != other.0 && one.1 != other.1));
    }
}

/// A signature that was made for something else proves nothing here, and the other way round.
#[test]
fn a_signature_serves_one_purpose() {
    let (mut i, mut r) = (Node::new(I), Node::new(R));
    let first = i.connect(R);
    let run = Run::respond(&first, Ephemeral([1; 32]));
    for tag in ["sig-envelope", "sig-cert", "sig-set-cert", "ch/init", "approve/sig", "audit/check", "ch/t1"]
    {
        i.refuses(&run.second_with(sign(R, tag, &[&run.t1])), ChannelError::BadSignature);
    }
    let own = Ephemeral([2; 32]);
    let rogue_first = rogue::first(I, R, cluster().hash(), own.public());
    let second = r.reply(&rogue_first);
    let run = Run::initiate(&rogue_first, &second, own);
    let t3 = run.t3(&second);
    for tag in ["sig-envelope", "sig-cert", "sig-set-cert", "ch/resp", "approve/sig", "audit/check", "ch/t3"]
    {
        r.refuses(&run.third_with(&second, sign(I, tag, &[&t3])), ChannelError::BadSignature);
    }
    r.established(&run.third(&second));
    // A handshake's signature as an envelope's: the headers would have to be equal, and the tags are not.
    let message = header(2, 1, Kind::All, I, None).to_bytes();
    for tag in ["ch/resp", "ch/init", "sig-cert"] {
        let forged = [&message[..], &sign(I, tag, &[&message, b""])].concat();
        let refused = quorate::envelope::Verified::open(&roster(&[I, R]), &forged);
        assert_eq!(refused, Err(EnvelopeError::BadSignature));
    }
}

/// What went to all does not come as if to one, nor the other way round, nor as another kind of record.
#[test]
fn a_broadcast_is_no_private_message() {
    let mut r = Node::new(R);
    let traffic = rogue_initiator(&mut r);
    let broadcast = signed(header(2, 2, Kind::All, I, None), b"body");
    let private = signed(header(2, 2, Kind::Direct, I, Some(R)), b"body");
    let turn = |bytes: &[u8], kind: u8, to: u16| {
        let mut turned = bytes.to_vec();
        turned[3] = kind;
        turned[6..8].copy_from_slice(&to.to_be_bytes());
        turned
    };
    let turned = [turn(&broadcast, 1, R), turn(&private, 0, 0), turn(&private, 1, C)];
    for (counter, bad) in (0..).zip(turned) {
        r.refuses(&traffic.seal(I, counter, 2, &bad), ChannelError::Envelope(EnvelopeError::BadSignature));
    }
    let record = traffic.seal(I, 10, 2, &private);
    for kind in [1, 3] {
        let mut bad = record.clone();
        bad[30] = kind;
        r.refuses(&bad, ChannelError::BadTag);
    }
    assert!(matches!(r.take(&record), Ok(Event::Received(Opened::Envelope { .. }))));
    // Its bytes without the signature, as a message that its sender could deny.
    let bare = &private[..private.len() - 64];
    r.refuses(&traffic.seal(I, 11, 1, bare), ChannelError::Unsigned);
}

#[test]
fn clusters_with_equal_members_do_not_meet() {
    let other = Cluster::new([1; 32], 5, roster(&[I, R, C])).unwrap();
    let (mut i, mut r) = (Node::new(I), Node::of(R, other, Limits::default()));
    r.refuses(&i.connect(R), ChannelError::OtherRoster);
    i.refuses(&r.connect(I), ChannelError::OtherRoster);
}

/// Nothing of what the peers hold is shown.
#[test]
fn debug_shows_no_key_and_no_content() {
    let mut r = Node::new(R);
    let traffic = rogue_initiator(&mut r);
    let event = r.take(&traffic.seal(I, 0, 3, &[0xab; 40])).unwrap();
    let text = format!("{:?} {event:?}", r.peers);
    for secret in [&traffic.keys[..4], &traffic.keys[44..48], &[0xab; 4]] {
        let list = format!("{secret:?}");
        assert!(!text.contains(list.trim_matches(['[', ']'])), "{text}");
        assert!(!text.contains(&hex::encode(secret)), "{text}");
    }
    let error = r.peers.seal(id(C), Content::Application, b"").unwrap_err();
    assert_eq!(error, ChannelError::NotConnected);
}
