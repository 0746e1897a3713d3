//! A member that is not of a session, and speaks in it all the same.

use quorate::channel::{ChannelError, Content, Event, Limits, Opened, Peers};
use quorate::cluster::Cluster;
use quorate::curve::EcdsaSecp256k1;
use quorate::ecdsa::{Message, Sign, Task};
use quorate::error::Rejected;
use quorate::identity::Roster;
use quorate::key::Path;
use quorate::pairing::Pair;
use quorate::party::{Parties, PartyId, Threshold};
use quorate::session::{Receipt, Session};
use quorate::sim::{Cast, MemoryLedger};
use quorate::wire::SessionId;

use crate::rogue::{self, Ephemeral, Run, Traffic};
use crate::stage::{C, I, Node, R, id, key, rng, roster, shake};

const SESSION: SessionId = SessionId([4; 16]);

/// A channel of a real device with a member that the test plays.
fn channel_with(node: &mut Node, member: u16) -> Traffic {
    let (me, own) = (node.peers.me().get(), Ephemeral([0x77; 32]));
    if member > me {
        let run = Run::respond(&node.connect(member), own);
        let second = run.second();
        let third = node.reply(&second);
        return run.traffic(&second, &third);
    }
    let first = rogue::first(member, me, node.peers.cluster().hash(), own.public());
    let second = node.reply(&first);
    let run = Run::initiate(&first, &second, own);
    let third = run.third(&second);
    node.established(&third);
    run.traffic(&second, &third)
}

fn pairing(me: u16, peer: u16) -> Session<Pair> {
    let [me, peer] = [me, peer].map(|n| key(n).public());
    Pair::start(me, peer, SESSION, &mut MemoryLedger::default(), &mut rng(1)).unwrap()
}

/// Of three members two pair. The third knows the session id, and has the number of one of the two in a pairing with the other: it plays that
/// one with all that is public, which is enough to pair under its name, and to have it banned.
#[test]
fn t6_a_third_member_does_not_speak_in_a_pairing_of_two_others() {
    let mut members = [I, R, C];
    members.sort_by_key(|n| key(*n).public().0);
    for [victim, absent, third] in [members, [members[2], members[0], members[1]]] {
        let mut node = Node::new(victim);
        let mut session = pairing(victim, absent);
        let traffic = channel_with(&mut node, third);
        let played = pairing(absent, victim);
        let first = played.outgoing(0).next().unwrap();
        node.refuses(&traffic.seal(third, 0, 1, first.bytes), ChannelError::ForeignMessage);
        // Its own tool does not seal it either.
        let mut own = Node::new(third);
        let mut again = Node::new(victim);
        if third < victim {
            shake(&mut own, &mut again)
        } else {
            shake(&mut again, &mut own)
        };
        let refused = own.peers.seal(id(victim), Content::Message, first.bytes).unwrap_err();
        assert_eq!(refused, ChannelError::ForeignMessage);
        // From the other of the two it is taken.
        let traffic = channel_with(&mut node, absent);
        let event = node.take(&traffic.seal(absent, 0, 1, first.bytes)).unwrap();
        let Event::Received(opened) = event else { panic!("{event:?}") };
        assert_eq!(opened.deliver(&mut session, &roster(&[I, R, C])).unwrap(), Ok(Receipt::Stored));
    }
}

/// A signing session of 3 and 7 at 7, under a key of theirs, and what 3 has for it first.
fn signing() -> (Cast, Session<Sign<EcdsaSecp256k1>>, Vec<u8>) {
    let mut rng = rng(7);
    let cast = Cast::new([I, R], &mut rng).unwrap();
    let shares = cast.deal::<EcdsaSecp256k1>(Threshold::new(2, 2).unwrap(), &mut rng).unwrap();
    let both = Parties::from_numbers([I, R]).unwrap();
    let pairings = cast.deal_pairings(&both, &mut rng).unwrap();
    let task = Task::new(shares[0].public(), both, Path::default(), Message::sha256(b"m"), SESSION).unwrap();
    let mut start = |at: usize| {
        let share = &shares[at];
        Sign::start(share, task.clone(), &pairings[&share.id()], &mut rng).unwrap()
    };
    let (three, seven) = (start(0), start(1));
    let to_seven = |to: Option<PartyId>| to.is_none_or(|to| to == id(R));
    let first = three.outgoing(0).find(|out| to_seven(out.to)).unwrap().bytes.to_vec();
    (cast, seven, first)
}

fn open(node: &mut Node, record: &[u8]) -> Opened {
    match node.take(record).unwrap() {
        Event::Received(opened) => opened,
        event => panic!("{event:?}"),
    }
}

/// Member 3 of the cluster is not who was 3 when the key was made: it has no share, and says nothing in the key's sessions.
#[test]
fn t6_who_has_taken_a_members_number_is_not_the_party_of_that_number() {
    let (cast, mut session, first) = signing();
    let mut node = Node::new(R);
    let traffic = channel_with(&mut node, I);
    let opened = open(&mut node, &traffic.seal(I, 0, 1, &first));
    let Opened::Message { peer, identity, .. } = &opened else { panic!("{opened:?}") };
    assert_eq!((*peer, *identity), (id(I), key(I).public()));
    let refused = |found: Option<_>| assert_eq!(found, Some(Err(Rejected::Roster)));
    refused(opened.deliver(&mut session, cast.roster()));
    // Nor by the roster in which it is a member: that is not the session's.
    refused(opened.deliver(&mut session, &roster(&[I, R, C])));
    refused(opened.deliver(&mut session, &roster(&[I, R])));
    assert_eq!(session.missing(), [id(I)]);
}

/// The same session takes the same bytes from the member that the key knows, in a cluster of more than the key's parties.
#[test]
fn a_signing_session_takes_what_its_party_sends() {
    let (cast, mut session, first) = signing();
    let of = |n: u16| cast.key(id(n)).unwrap();
    let members = [(id(I), of(I).public()), (id(R), of(R).public()), (id(C), key(C).public())];
    let cluster = Cluster::new([1; 32], 0, Roster::new(members).unwrap()).unwrap();
    let node = |me: u16| Peers::new(id(me), cluster.clone(), Limits::default()).unwrap();
    let (mut three, mut seven, mut rng) = (node(I), node(R), rng(9));
    let mut bytes = three.connect(id(R), &mut rng).unwrap();
    for (me, at_seven) in [(R, true), (I, false), (R, true)] {
        let peers = if at_seven { &mut seven } else { &mut three };
        let event = peers.receive(&bytes, &mut rng).unwrap();
        let event = match event {
            Event::ToSign(job) => {
                let signature = of(me).sign(job.to_sign());
                peers.signed(job, signature).unwrap()
            }
            event => event,
        };
        bytes = match event {
            Event::Reply { bytes, .. } | Event::Established { reply: Some(bytes), .. } => bytes,
            _ => Vec::new(),
        };
    }
    let record = three.seal(id(R), Content::Message, &first).unwrap();
    let Event::Received(opened) = seven.receive(&record, &mut rng).unwrap() else { panic!("a record") };
    // The whole cluster is not the key's roster.
    let whole = opened.deliver(&mut session, cluster.roster()).unwrap();
    assert_eq!(whole, Err(Rejected::Roster));
    assert_eq!(opened.deliver(&mut session, cast.roster()).unwrap(), Ok(Receipt::Stored));
}
