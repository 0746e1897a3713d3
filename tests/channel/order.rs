//! H11, and messages that come again, late, or in another order.

use quorate::channel::{ChannelError, Event};

use crate::rogue::{self, Ephemeral, Run};
use crate::stage::{I, Node, R, cluster, id, pair, shake, talk};

fn duplicate(node: &mut Node, bytes: &[u8]) {
    let event = node.take(bytes).unwrap();
    assert!(matches!(event, Event::Duplicate), "{event:?}");
}

#[test]
fn h11_the_initiator_has_one_handshake_and_repeats_its_message() {
    let (mut i, mut r) = (Node::new(I), Node::new(R));
    let first = i.connect(R);
    assert_eq!(i.connect(R), first);
    let second = r.reply(&first);
    assert_eq!(i.connect(R), first, "until a second message has passed H7");
    assert!(matches!(i.take_unsigned(&second), Ok(Event::ToSign(_))));
    let newer = i.connect(R);
    assert_ne!(newer, first, "after that, a new one");
    i.refuses(&second, ChannelError::UnknownHandshake);
    let second = r.reply(&newer);
    r.established(&i.reply(&second));
    talk(&mut i, &mut r);
}

#[test]
fn h11_the_responder_keeps_four_and_drops_the_oldest() {
    let mut r = Node::new(R);
    let runs: Vec<_> = (1..=5u8)
        .map(|n| {
            let own = Ephemeral([n; 32]);
            let first = rogue::first(I, R, cluster().hash(), own.public());
            let second = r.reply(&first);
            (Run::initiate(&first, &second, own), second)
        })
        .collect();
    let third = |at: usize| runs[at].0.third(&runs[at].1);
    r.refuses(&third(0), ChannelError::UnknownHandshake);
    r.established(&third(1));
    // The others began later: they stay, and the newest may still take its place.
    r.established(&third(4));
    // It dropped those between.
    r.refuses(&third(2), ChannelError::UnknownHandshake);
    r.refuses(&third(3), ChannelError::UnknownHandshake);
}

#[test]
fn the_same_message_has_the_same_answer() {
    let (mut i, mut r) = (Node::new(I), Node::new(R));
    let first = i.connect(R);
    // Also while the signature is awaited: the same question.
    let Ok(Event::ToSign(one)) = r.take_unsigned(&first) else { panic!("a job") };
    let Ok(Event::ToSign(two)) = r.take_unsigned(&first) else { panic!("a job") };
    assert_eq!(one, two);
    let second = r.reply(&first);
    assert_eq!(r.reply(&first), second);
    // No signature is asked for again.
    let Ok(Event::Reply { bytes, .. }) = r.take_unsigned(&first) else { panic!("a message") };
    assert_eq!(bytes, second);
    // Both jobs done: the same message, whichever comes last.
    let signature = crate::stage::key(R).sign(one.to_sign());
    let Ok(Event::Reply { bytes, .. }) = r.peers.signed(one, signature) else { panic!("a message") };
    assert_eq!(bytes, second);
    let third = i.reply(&second);
    assert_eq!(i.reply(&second), third);
    r.established(&third);
    duplicate(&mut r, &third);
    duplicate(&mut r, &first);
    let hello = i.seal(R, b"hello");
    r.open(&hello).unwrap();
    assert_eq!(i.reply(&second), third, "until the peer's first record opens");
    let back = r.seal(I, b"back");
    i.open(&back).unwrap();
    i.refuses(&second, ChannelError::UnknownHandshake);
    talk(&mut i, &mut r);
    duplicate(&mut r, &third);
    duplicate(&mut r, &first);
}

#[test]
fn a_job_whose_handshake_is_gone_is_refused() {
    let (mut i, mut r) = (Node::new(I), Node::new(R));
    let first = i.connect(R);
    let second = r.reply(&first);
    let Ok(Event::ToSign(job)) = i.take_unsigned(&second) else { panic!("a job") };
    let signature = crate::stage::key(I).sign(job.to_sign());
    i.connect(R);
    assert_eq!(i.peers.signed(job, signature).unwrap_err(), ChannelError::UnknownHandshake);
    let Ok(Event::ToSign(job)) = r.take_unsigned(&i.connect(R)) else { panic!("a job") };
    let signature = crate::stage::key(R).sign(job.to_sign());
    r.peers.forget(id(I));
    assert_eq!(r.peers.signed(job, signature).unwrap_err(), ChannelError::UnknownHandshake);
}

/// The same first message, answered anew after all was forgotten, has another ephemeral key: the old signature does not fit.
#[test]
fn a_job_is_for_one_answer() {
    let (mut i, mut r) = (Node::new(I), Node::new(R));
    let first = i.connect(R);
    let Ok(Event::ToSign(old)) = r.take_unsigned(&first) else { panic!("a job") };
    r.peers.forget(id(I));
    let Ok(Event::ToSign(new)) = r.take_unsigned(&first) else { panic!("a job") };
    let [old_signature, new_signature] = [&old, &new].map(|job| crate::stage::key(R).sign(job.to_sign()));
    assert_eq!(r.peers.signed(old, old_signature).unwrap_err(), ChannelError::UnknownHandshake);
    let Ok(Event::Reply { bytes, .. }) = r.peers.signed(new, new_signature) else { panic!("a message") };
    let third = i.reply(&bytes);
    r.established(&third);
    talk(&mut i, &mut r);
}

/// The same at the initiator, whose rng has come back to where it was, so that even the handshake's name is the same.
#[test]
fn a_job_is_for_one_question() {
    let (mut i, mut r) = (Node::new(I), Node::new(R));
    let begin = |i: &mut Node| i.peers.connect(id(R), &mut crate::stage::Fixed(1)).unwrap();
    let first = begin(&mut i);
    let Ok(Event::ToSign(old)) = i.take_unsigned(&r.reply(&first)) else { panic!("a job") };
    i.peers.forget(id(R));
    r.peers.forget(id(I));
    assert_eq!(begin(&mut i), first);
    let Ok(Event::ToSign(new)) = i.take_unsigned(&r.reply(&first)) else { panic!("a job") };
    assert_ne!(old, new);
    let [old_signature, new_signature] = [&old, &new].map(|job| crate::stage::key(I).sign(job.to_sign()));
    assert_eq!(i.peers.signed(old, old_signature).unwrap_err(), ChannelError::UnknownHandshake);
    let Ok(Event::Established { reply: Some(third), .. }) = i.peers.signed(new, new_signature) else {
        panic!("a channel")
    };
    r.established(&third);
    talk(&mut i, &mut r);
}

#[test]
fn a_late_third_message_puts_no_older_channel_in_front() {
    let (mut i, mut r) = (Node::new(I), Node::new(R));
    let first = i.connect(R);
    let second = r.reply(&first);
    let late = i.reply(&second);
    // The initiator gives up waiting, and a second handshake completes first.
    let [.., newer] = shake(&mut i, &mut r);
    let channel = r.peers.channel_id(id(I));
    r.refuses(&late, ChannelError::UnknownHandshake);
    duplicate(&mut r, &newer);
    assert_eq!(r.peers.channel_id(id(I)), channel);
    talk(&mut i, &mut r);
}

#[test]
fn a_record_that_overtakes_the_third_message_comes_again() {
    let (mut i, mut r) = (Node::new(I), Node::new(R));
    let second = r.reply(&i.connect(R));
    let third = i.reply(&second);
    let early = i.seal(R, b"early");
    r.refuses(&early, ChannelError::UnknownChannel);
    r.established(&third);
    assert_eq!(r.open(&early).unwrap(), b"early");
}

#[test]
fn the_old_channel_is_read_until_the_new_one_speaks() {
    let (mut i, mut r) = pair();
    let [old_one, old_two] = [r.seal(I, b"one"), r.seal(I, b"two")];
    let old_id = i.peers.channel_id(id(R));
    let second = r.reply(&i.connect(R));
    let third = i.reply(&second);
    assert_ne!(i.peers.channel_id(id(R)), old_id);
    assert_eq!(r.peers.channel_id(id(I)), old_id, "not before the third message");
    assert_eq!(i.open(&old_one).unwrap(), b"one");
    r.established(&third);
    let new = r.seal(I, b"new");
    i.open(&new).unwrap();
    i.refuses(&old_two, ChannelError::UnknownChannel);
    talk(&mut i, &mut r);
}

#[test]
fn two_changes_of_channel_leave_only_the_last_two() {
    let (mut i, mut r) = pair();
    let oldest = i.seal(R, b"oldest");
    shake(&mut i, &mut r);
    let old = i.seal(R, b"old");
    shake(&mut i, &mut r);
    r.refuses(&oldest, ChannelError::UnknownChannel);
    assert_eq!(r.open(&old).unwrap(), b"old");
    talk(&mut i, &mut r);
}

#[test]
fn after_a_restart_or_forgetting_only_a_new_handshake_helps() {
    let (mut i, mut r) = pair();
    let record = i.seal(R, b"lost");
    let mut r = {
        drop(std::mem::replace(&mut r, Node::new(R)));
        r
    };
    r.refuses(&record, ChannelError::UnknownChannel);
    i.peers.forget(id(R));
    let error = i.peers.seal(id(R), quorate::channel::Content::Application, b"x").unwrap_err();
    assert_eq!((error.clone(), error.code()), (ChannelError::NotConnected, 5155));
    shake(&mut i, &mut r);
    talk(&mut i, &mut r);
}
