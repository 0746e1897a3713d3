//! Clusters: one encoding each, and one successor.

use quorate::channel::{ChannelError, Limits, Peers};
use quorate::cluster::{Cluster, ClusterError};
use quorate::identity::{IdentityKey, PublicIdentity, Roster};
use quorate::secret::Secret;

use crate::stage::{C, I, Node, R, cluster, cluster_of, id, key, pair, roster, shake, talk};

fn refused(bytes: &[u8]) {
    assert_eq!(Cluster::from_bytes(bytes).unwrap_err(), ClusterError::BadRoster);
}

/// The layout, of any members in any order.
fn encode(members: &[(u16, [u8; 32])]) -> Vec<u8> {
    let mut out = [&b"QRST\x01"[..], &[8; 32], &1u64.to_be_bytes()].concat();
    out.extend_from_slice(&(members.len() as u16).to_be_bytes());
    for (party, key) in members {
        out.extend_from_slice(&party.to_be_bytes());
        out.extend_from_slice(key);
    }
    out
}

#[test]
fn i3_a_roster_has_one_encoding() {
    let good = cluster().to_bytes();
    assert_eq!(Cluster::from_bytes(&good).unwrap().to_bytes(), good);
    for cut in 0..good.len() {
        refused(&good[..cut]);
    }
    refused(&[&good[..], &[0]].concat());
    for (at, bit) in [(0, 0x20), (4, 3), (45, 1), (46, 1), (46, 4)] {
        let mut bad = good.clone();
        bad[at] ^= bit;
        refused(&bad);
    }
    let [a, b] = [I, R].map(|n| (n, key(n).public().0));
    assert!(Cluster::from_bytes(&encode(&[a, b])).is_ok());
    refused(&encode(&[a]));
    refused(&encode(&[]));
    refused(&encode(&[b, a]));
    refused(&encode(&[a, (I, b.1)]));
    refused(&encode(&[a, (R, a.1)]));
    refused(&encode(&[(0, a.1), b]));
    refused(&encode(&[a, (65535, b.1)]));
    // The identity, and y = 2, which is no point.
    for bad in [1, 2] {
        let mut key = [0; 32];
        key[0] = bad;
        refused(&encode(&[a, (R, key)]));
    }
    // 1,024 members and no more
    let identity =
        |n: u16| IdentityKey::from_seed(Secret::new(core::array::from_fn(|at| n.to_be_bytes()[at % 2])));
    let many: Vec<_> = (1..=1025).map(|n| (n, identity(n).public().0)).collect();
    assert_eq!(Cluster::from_bytes(&encode(&many[..1024])).unwrap().roster().len(), 1024);
    refused(&encode(&many));
    assert_eq!(Cluster::new([0; 32], 0, roster(&[I])), Err(ClusterError::BadRoster));
}

#[test]
fn i6_a_successor_is_the_next_revision_of_the_same_cluster() {
    let at = |revision| cluster_of(&[I, R], revision);
    assert_eq!(at(6).succeeds(&at(5)), Ok(()));
    for wrong in [4, 5, 7, 0, u64::MAX] {
        assert_eq!(at(wrong).succeeds(&at(5)), Err(ClusterError::NotSuccessor));
    }
    assert_eq!(at(0).succeeds(&at(u64::MAX)), Err(ClusterError::NotSuccessor));
    let other = Cluster::new([1; 32], 6, roster(&[I, R])).unwrap();
    assert_eq!(other.succeeds(&at(5)), Err(ClusterError::NotSuccessor));
}

#[test]
fn the_hash_covers_id_revision_and_roster() {
    let base = cluster();
    let other_id = Cluster::new([1; 32], 5, roster(&[I, R, C])).unwrap();
    let other_key =
        Roster::new([(id(I), key(I).public()), (id(R), key(R).public()), (id(C), key(1).public())]);
    let other_key = Cluster::new(*base.id(), 5, other_key.unwrap()).unwrap();
    for other in [cluster_of(&[I, R, C], 6), cluster_of(&[I, R], 5), other_id, other_key] {
        assert_ne!(base.hash(), other.hash());
        assert_ne!(base, other);
    }
}

#[test]
fn a_new_roster_ends_every_channel_and_handshake() {
    let (mut i, mut r) = pair();
    let mut c = Node::new(C);
    let begun = i.connect(C);
    let second = c.reply(&begun);
    let record = i.seal(R, b"late");
    for wrong in [cluster_of(&[I, R, C], 7), cluster_of(&[I, R, C], 5), cluster_of(&[I, C], 7)] {
        assert_eq!(r.peers.replace_cluster(wrong), Err(ClusterError::NotSuccessor));
    }
    assert_eq!(r.peers.replace_cluster(cluster_of(&[I, C], 6)), Err(ClusterError::BadRoster));
    talk(&mut i, &mut r);
    for node in [&mut i, &mut r] {
        node.peers.replace_cluster(cluster_of(&[I, R, C], 6)).unwrap();
        assert_eq!(node.peers.cluster().revision(), 6);
    }
    assert_eq!(r.peers.channel_id(id(I)), None);
    r.refuses(&record, ChannelError::UnknownChannel);
    i.refuses(&second, ChannelError::OtherRoster);
    c.refuses(&i.connect(C), ChannelError::OtherRoster);
    shake(&mut i, &mut r);
    talk(&mut i, &mut r);
}

#[test]
fn who_is_no_member_has_no_peers() {
    let none = Peers::new(id(4), cluster(), Limits::default()).unwrap_err();
    assert_eq!((none.clone(), none.code()), (ChannelError::SelfMissing, 5154));
    let mut i = Node::new(I);
    for stranger in [4, I] {
        let error = i.peers.connect(id(stranger), &mut crate::stage::rng(1)).unwrap_err();
        assert_eq!(error, ChannelError::WrongPeer);
    }
    let weak = Roster::new([(id(I), PublicIdentity([0; 32])), (id(R), key(R).public())]);
    assert!(weak.is_err());
}
