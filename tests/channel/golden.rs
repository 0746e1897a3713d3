//! Layouts and keys as a script computed them that shares no code with the crate.

use quorate::channel::{Content, Peers};
use quorate::cluster::Cluster;
use quorate::envelope::{Unsigned, Verified};
use sha2::{Digest, Sha256};

use crate::rogue::{self, Ephemeral, Run};
use crate::stage::{Fixed, I, Node, R, cluster, id, key, roster};

const CLUSTER: &str = "486ffdbb9a1a7b89c03ed3d2813ce8877d5bdda20d127cfbc8b85ab95f4c7b09";
const M0: &str = "0100000700030001486ffdbb9a1a7b89c03ed3d2813ce8877d5bdda20d127cfbc8b85ab95f4c7b09";
const M1: &str = "0101000300070001486ffdbb9a1a7b89c03ed3d2813ce8877d5bdda20d127cfbc8b85ab95f4c7b097b4e909bbe7ffe44c465a220037d608ee35897d31ef972f07f74892cb0f73f13";
const M2: &str = "0102000700030001486ffdbb9a1a7b89c03ed3d2813ce8877d5bdda20d127cfbc8b85ab95f4c7b09bf490008207858ce3e05f1793bead2df0faa684ed28867b97f4a6a2dee5df8ce974e76b7018e3f22a1c4cf2678570f204198f2175cf6658895586a3af7f24f0b68fa0ae3c0d261831310f4ece24e36154de8780ae27bbc6b4f150cad418e0b0b2db6ccbd61194f25fc179609020a530600b31a8dbed8e15dfc9b80d5f00620b7ee2d4e7acdbe4acde00d18c7553e6abf";
const M3: &str = "0103000300070001486ffdbb9a1a7b89c03ed3d2813ce8877d5bdda20d127cfbc8b85ab95f4c7b09bf490008207858ce3e05f1793bead2dfc30e79012b8de4b36d40e287a67b89f39cde4b894574600a3873365e47c089b4bd0fe787eacce0099673b9cabbffb96daea53096c63832f1f72b65768c99850215f794aa48acf20bb9a386c673ccaad5d5afd8dad4e64f6ba4fec36cdc9f130c";
const TRAFFIC: &str = "93477674a7c45d65912a9913049231f9c81b639e385f7febdb341fc9bf9001e91f437a8487363caf4750be60edd570cc3e8296e9b20c2d310d59613a556a380519abaa83bc39be5f4691071a681abe5a99ec52877a1b6941";
const CHANNEL: &str = "c431a89245acb2221fbb52d50f87dd90";
const RECORDS: [&str; 3] = [
    "011000030007c431a89245acb2221fbb52d50f87dd900000000000000000030f6ea8462e5023a53a77139be110299ad4517ffcf2",
    "011000030007c431a89245acb2221fbb52d50f87dd9000000000000000010342820e8d31d1852b5ff98e83ab5cb765",
    "011000070003c431a89245acb2221fbb52d50f87dd90000000000000000003529d74ab6c1b8b9bc50aa7113750c3b00be0c9e654",
];
const ENVELOPE: &str = "0102010000030000aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb626f647908cdffe7f4d0d4ddaf0c0d507663fde8d5fea6642e961d13fe80cb9d8da305a32222283d3b4045f3661b0e8efddc40fb918a900be3b557d0b402d567a813260e";

fn node(me: u16, byte: u8) -> (Peers, Fixed) {
    (Node::new(me).peers, Fixed(byte))
}

#[test]
fn the_cluster_is_the_documented_one() {
    let bytes = cluster().to_bytes();
    assert_eq!(bytes.len(), 149);
    assert_eq!(&bytes[..5], b"QRST\x01");
    let digest = hex::encode(Sha256::digest(&bytes));
    assert_eq!(digest, "ff1c9c79dc17011bdd294a4a7cd839936daeef5bd043ba6acaf773702c084aff");
    assert_eq!(hex::encode(cluster().hash()), CLUSTER);
    assert_eq!(Cluster::from_bytes(&bytes), Ok(cluster()));
}

#[test]
fn handshake_keys_and_records_are_the_documented_ones() {
    let ((mut i, mut i_rng), (mut r, mut r_rng)) = (node(I, 0x11), node(R, 0x22));
    assert_eq!(hex::encode(r.connect(id(I), &mut r_rng).unwrap()), M0);
    assert_eq!(hex::encode(i.connect(id(R), &mut i_rng).unwrap()), M1);
    let signed = |peers: &mut Peers, rng: &mut Fixed, bytes: &str, me: u16| {
        let event = peers.receive(&hex::decode(bytes).unwrap(), rng).unwrap();
        match peers.sign_with(event, &mut key(me)).unwrap() {
            quorate::channel::Event::Reply { bytes, .. } => Some(hex::encode(bytes)),
            quorate::channel::Event::Established { reply, .. } => reply.map(hex::encode),
            event => panic!("{event:?}"),
        }
    };
    assert_eq!(signed(&mut r, &mut r_rng, M1, R).as_deref(), Some(M2));
    assert_eq!(signed(&mut i, &mut i_rng, M2, I).as_deref(), Some(M3));
    assert_eq!(signed(&mut r, &mut r_rng, M3, R), None);
    for (peers, peer) in [(&i, R), (&r, I)] {
        assert_eq!(peers.channel_id(id(peer)).map(hex::encode).as_deref(), Some(CHANNEL));
    }
    let seal = |from: &mut Peers, to: u16, bytes: &[u8]| {
        hex::encode(from.seal(id(to), Content::Application, bytes).unwrap())
    };
    let made = [seal(&mut i, R, b"hello"), seal(&mut i, R, b""), seal(&mut r, I, b"hello")];
    assert_eq!(made, RECORDS);
}

/// So that what the tests forge is what they mean to forge.
#[test]
fn the_tests_own_handshake_is_the_documented_one() {
    let own = Ephemeral([0x11; 32]);
    let first = rogue::first(I, R, cluster().hash(), own.public());
    let run = Run::respond(&first, Ephemeral([0x22; 32]));
    let second = run.second();
    let again = Run::initiate(&first, &second, own);
    let third = again.third(&second);
    assert_eq!([first, second.clone(), third.clone()].map(hex::encode), [M1, M2, M3]);
    let traffic = run.traffic(&second, &third);
    assert_eq!(traffic, again.traffic(&second, &third));
    assert_eq!((hex::encode(traffic.keys), hex::encode(traffic.id)), (TRAFFIC.into(), CHANNEL.into()));
    let records = [(I, 0, &b"hello"[..]), (I, 1, b""), (R, 0, b"hello")];
    assert_eq!(
        records.map(|(from, counter, text)| hex::encode(traffic.seal(from, counter, 3, text))),
        RECORDS
    );
    assert_eq!(rogue::th("req", &[])[..4], [0x9e, 0x6c, 0xf0, 0xa0]);
    assert_eq!(rogue::th("req", &[b""])[..4], [0xe9, 0x57, 0xe6, 0xb7]);
}

#[test]
fn the_envelope_is_the_documented_one() {
    let bytes = hex::decode(ENVELOPE).unwrap();
    let made = Unsigned::new(&bytes[..60]).unwrap().sign_with(&mut key(I)).unwrap();
    assert_eq!(made.to_bytes(), bytes);
    assert_eq!(Verified::open_for(&roster(&[I, R]), id(R), &bytes).unwrap().body(), b"body");
}
