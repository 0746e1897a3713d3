//! H1 to H10: each check by its id, with its exact error, and a handshake that goes on as if nothing had come.

use quorate::channel::{ChannelError, Event};

use crate::rogue::{self, Ephemeral, Run, name, sign};
use crate::stage::{C, I, Node, R, cluster, cluster_of, id, key, pair, shake, talk};

/// Encodings of X25519's points of small order (RFC 7748 says that they exist; the list is of all of them below 2^255, canonical or not).
pub(crate) const SMALL_ORDER: [&str; 7] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

fn small(at: usize) -> [u8; 32] {
    hex::decode(SMALL_ORDER[at]).unwrap().try_into().unwrap()
}

fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bad = bytes.to_vec();
    bad[at] ^= 1;
    bad
}

/// A handshake of 3 and 7 before its second and before its third message is received.
fn begun() -> (Node, Node, [Vec<u8>; 2]) {
    let (mut i, mut r) = (Node::new(I), Node::new(R));
    let first = i.connect(R);
    let second = r.reply(&first);
    (i, r, [first, second])
}

#[test]
fn a_handshake_gives_both_one_channel() {
    let (mut i, mut r) = pair();
    talk(&mut i, &mut r);
    let poke = r.connect(I);
    assert!(matches!(i.take(&poke).unwrap(), Event::Poke(peer) if peer == id(R)));
}

#[test]
fn h1_sizes_version_type_and_suite_are_exact() {
    let (mut i, mut r, [first, second]) = begun();
    let mut c = Node::new(C);
    let poke = c.connect(I);
    let malformed = |node: &mut Node, good: &[u8]| {
        for len in 0..good.len() + 2 {
            if len != good.len() {
                let mut bad = good.to_vec();
                bad.resize(len, 0);
                node.refuses(&bad, ChannelError::Malformed);
            }
        }
        for (at, value) in [(0, 0), (0, 2), (1, 4), (1, 0xff), (6, 1), (7, 0), (7, 2)] {
            let mut bad = good.to_vec();
            bad[at] = value;
            node.refuses(&bad, ChannelError::Malformed);
        }
    };
    malformed(&mut i, &poke);
    malformed(&mut r, &first);
    malformed(&mut i, &second);
    let third = i.reply(&second);
    malformed(&mut r, &third);
    r.established(&third);
    talk(&mut i, &mut r);
    assert_eq!(ChannelError::Malformed.code(), 5141);
}

#[test]
fn h2_another_cluster_or_revision_is_refused() {
    let (mut i, mut r, [first, second]) = begun();
    for at in 8..40 {
        r.refuses(&flipped(&first, at), ChannelError::OtherRoster);
        i.refuses(&flipped(&second, at), ChannelError::OtherRoster);
    }
    for cluster in [cluster_of(&[I, R, C], 6), cluster_of(&[I, R], 5)] {
        let other = Node::of(I, cluster, quorate::channel::Limits::default()).connect(R);
        r.refuses(&other, ChannelError::OtherRoster);
    }
    let third = i.reply(&second);
    r.refuses(&flipped(&third, 8), ChannelError::OtherRoster);
    r.established(&third);
    assert_eq!(ChannelError::OtherRoster.code(), 5142);
}

#[test]
fn h3_only_members_speak_and_only_to_this_device() {
    let (mut i, mut r, [first, second]) = begun();
    let with = |message: &[u8], from: u16, to: u16| {
        let mut bad = message.to_vec();
        bad[2..4].copy_from_slice(&from.to_be_bytes());
        bad[4..6].copy_from_slice(&to.to_be_bytes());
        bad
    };
    for (from, to) in [(I, C), (4, R), (0, R), (65535, R), (R, R), (I, 0), (I, I)] {
        r.refuses(&with(&first, from, to), ChannelError::WrongPeer);
    }
    for (from, to) in [(R, C), (8, I), (0, I), (I, I)] {
        i.refuses(&with(&second, from, to), ChannelError::WrongPeer);
    }
    // The transport says that somebody else sent it.
    let mut rng = crate::stage::rng(1);
    assert_eq!(i.peers.receive_from(id(C), &second, &mut rng).unwrap_err(), ChannelError::WrongPeer);
    assert!(matches!(i.peers.receive_from(id(R), &second, &mut rng), Ok(Event::ToSign(_))));
    r.established(&i.reply(&second));
    assert_eq!(ChannelError::WrongPeer.code(), 5143);
}

#[test]
fn h4_the_lower_id_initiates() {
    let (mut i, mut r, [_, second]) = begun();
    let (hash, e) = (*cluster().hash(), Ephemeral([5; 32]));
    // A first and a third message from the higher id, a poke and a second one from the lower.
    i.refuses(&rogue::first(R, I, &hash, e.public()), ChannelError::WrongRole);
    i.refuses(&[&rogue::head(3, R, I, &hash)[..], &[0; 112]].concat(), ChannelError::WrongRole);
    r.refuses(&rogue::head(0, I, R, &hash), ChannelError::WrongRole);
    r.refuses(&[&rogue::head(2, I, R, &hash)[..], &[0; 144]].concat(), ChannelError::WrongRole);
    let third = i.reply(&second);
    r.established(&third);
    assert_eq!(ChannelError::WrongRole.code(), 5144);
}

#[test]
fn h5_only_pending_handshakes_go_on() {
    let (mut i, mut r, [first, second]) = begun();
    let mut stranger = Node::new(I);
    stranger.refuses(&second, ChannelError::UnknownHandshake);
    for at in 40..56 {
        i.refuses(&flipped(&second, at), ChannelError::UnknownHandshake);
    }
    // The right name from somebody else, and somebody else's own.
    let mut named = second.clone();
    named[2..4].copy_from_slice(&C.to_be_bytes());
    i.refuses(&named, ChannelError::UnknownHandshake);
    let run =
        Run::respond(&rogue::first(I, C, cluster().hash(), Ephemeral([9; 32]).public()), Ephemeral([8; 32]));
    i.refuses(&run.second(), ChannelError::UnknownHandshake);
    let third = i.reply(&second);
    for at in 40..56 {
        r.refuses(&flipped(&third, at), ChannelError::UnknownHandshake);
    }
    // A third message where the second was never made: the signature is still awaited.
    let mut waiting = Node::new(R);
    assert!(matches!(waiting.take_unsigned(&first), Ok(Event::ToSign(_))));
    waiting.refuses(&third, ChannelError::UnknownHandshake);
    r.established(&third);
    talk(&mut i, &mut r);
    assert_eq!(ChannelError::UnknownHandshake.code(), 5145);
}

#[test]
fn h5_a_second_signed_answer_with_another_key_is_not_taken() {
    let (mut i, _, [first, second]) = begun();
    // H7 passes, H9 does not: the keys are agreed.
    i.refuses(&flipped(&second, 183), ChannelError::BadConfirmation);
    let other = Run::respond(&first, Ephemeral([1; 32])).second();
    i.refuses(&other, ChannelError::UnknownHandshake);
    i.reply(&second);
    i.refuses(&other, ChannelError::UnknownHandshake);
}

#[test]
fn h6_our_own_ephemeral_key_is_refused() {
    let (mut i, mut r, [first, second]) = begun();
    let own: [u8; 32] = first[40..].try_into().unwrap();
    i.refuses(&Run::new(&first, own, [7; 32]).second(), ChannelError::Reflected);
    r.established(&i.reply(&second));
    // At the responder only an rng that repeats itself could do it.
    let fixed = Ephemeral([3; 32]);
    let first = rogue::first(I, R, cluster().hash(), fixed.public());
    let error = r.peers.receive(&first, &mut crate::stage::Fixed(3)).unwrap_err();
    assert_eq!((error.clone(), error.code()), (ChannelError::Reflected, 5146));
    talk(&mut i, &mut r);
}

#[test]
fn h7_a_forged_answer_does_not_spend_the_ephemeral_secret() {
    let (mut i, mut r, [first, second]) = begun();
    let run = Run::respond(&first, Ephemeral([1; 32]));
    // By nobody, by another member, by the peer for another purpose, over another transcript; small-order keys among them.
    let forged = [
        run.second_with([0; 64]),
        run.second_with(sign(C, "ch/resp", &[&run.t1])),
        run.second_with(sign(R, "ch/init", &[&run.t1])),
        run.second_with(sign(R, "sig-envelope", &[&run.t1])),
        run.second_with(sign(R, "ch/resp", &[&[0; 32]])),
        Run::new(&first, small(0), [0; 32]).second_with([0; 64]),
    ];
    for bad in &forged {
        i.refuses(bad, ChannelError::BadSignature);
    }
    for at in 56..152 {
        i.refuses(&flipped(&second, at), ChannelError::BadSignature);
    }
    assert_eq!(i.connect(R), first, "the handshake is as it was");
    r.established(&i.reply(&second));
    talk(&mut i, &mut r);
    assert_eq!(ChannelError::BadSignature.code(), 5147);
}

#[test]
fn h8_small_order_keys_are_refused_on_both_sides() {
    for at in 0..SMALL_ORDER.len() {
        for top in [0, 0x80] {
            let mut point = small(at);
            point[31] |= top;
            let (mut i, mut r) = pair();
            let first = rogue::first(I, R, cluster().hash(), point);
            r.refuses(&first, ChannelError::LowOrder);
            // Nothing is pending: whatever finishes that handshake finds none.
            let run = Run::new(&first, [9; 32], [0; 32]);
            let second = run.second();
            r.refuses(&run.third(&second), ChannelError::UnknownHandshake);
            let first = i.connect(R);
            i.refuses(&Run::new(&first, point, [0; 32]).second(), ChannelError::LowOrder);
            assert_ne!(i.connect(R), first, "the peer signed that key: its fault ends the handshake");
            talk(&mut i, &mut r);
            shake(&mut i, &mut r);
        }
    }
    assert_eq!(ChannelError::LowOrder.code(), 5148);
}

#[test]
fn h9_a_damaged_confirmation_ends_nothing() {
    let (mut i, mut r, [_, second]) = begun();
    for at in 152..184 {
        i.refuses(&flipped(&second, at), ChannelError::BadConfirmation);
    }
    assert_eq!(i.peers.channel_id(id(R)), None);
    r.established(&i.reply(&second));
    talk(&mut i, &mut r);
    assert_eq!(ChannelError::BadConfirmation.code(), 5149);
}

#[test]
fn h10_signature_then_confirmation_of_the_initiator() {
    let (mut i, mut r) = pair();
    let first = i.connect(R);
    let second = r.reply(&first);
    let third = i.reply(&second);
    let before = r.peers.channel_id(id(I));
    for at in 56..120 {
        r.refuses(&flipped(&third, at), ChannelError::BadSignature);
    }
    for at in 120..152 {
        r.refuses(&flipped(&third, at), ChannelError::BadConfirmation);
    }
    // A member that knows all the keys but not the identity key, and the right key for another purpose.
    let own = Ephemeral([5; 32]);
    let rogue_first = rogue::first(I, R, cluster().hash(), own.public());
    let rogue_second = r.reply(&rogue_first);
    let run = Run::initiate(&rogue_first, &rogue_second, own);
    let t3 = run.t3(&rogue_second);
    for signature in [sign(C, "ch/init", &[&t3]), sign(I, "ch/resp", &[&t3]), sign(I, "ch/init", &[&run.t1])]
    {
        r.refuses(&run.third_with(&rogue_second, signature), ChannelError::BadSignature);
    }
    assert_eq!(r.peers.channel_id(id(I)), before, "a forged message does not drop the live channel");
    r.established(&third);
    talk(&mut i, &mut r);
}

#[test]
fn i5_a_wrong_key_shows_before_anything_is_sent() {
    let (mut i, mut r) = (Node::new(I), Node::new(R));
    let first = i.connect(R);
    let job = |node: &mut Node, bytes: &[u8]| match node.take_unsigned(bytes).unwrap() {
        Event::ToSign(job) => job,
        event => panic!("{event:?}"),
    };
    let wrong = job(&mut r, &first);
    assert_eq!(wrong.peer(), id(I));
    let signature = key(C).sign(wrong.to_sign());
    assert_eq!(r.peers.signed(wrong, signature).unwrap_err(), ChannelError::WrongSigner);
    let second = r.reply(&first);
    let wrong = job(&mut i, &second);
    let signature = key(C).sign(wrong.to_sign());
    assert_eq!(i.peers.signed(wrong, signature).unwrap_err(), ChannelError::WrongSigner);
    assert_eq!(i.peers.channel_id(id(R)), None);
    r.established(&i.reply(&second));
    assert_eq!(ChannelError::WrongSigner.code(), 5152);
    assert_eq!(name(&first).len(), 16);
}

/// A signer that is down: the peer's message, repeated, brings the question again.
#[test]
fn a_signer_that_fails_loses_nothing() {
    struct Down;
    impl quorate::identity::Signer for Down {
        fn public(&self) -> quorate::identity::PublicIdentity {
            key(R).public()
        }
        fn sign(
            &mut self,
            _: &quorate::identity::SigInput,
        ) -> Result<[u8; 64], quorate::identity::SignerError> {
            Err(quorate::identity::SignerError)
        }
    }
    let (mut i, mut r) = (Node::new(I), Node::new(R));
    let first = i.connect(R);
    let event = r.take_unsigned(&first).unwrap();
    assert_eq!(r.peers.sign_with(event, &mut Down).unwrap_err(), ChannelError::NotSigned);
    let second = r.reply(&first);
    r.established(&i.reply(&second));
    talk(&mut i, &mut r);
}
