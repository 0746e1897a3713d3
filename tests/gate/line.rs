//! A gated session behind a channel: what arrives goes straight in, and the sender must be the one of the session's roster.

use std::collections::BTreeMap;

use quorate::channel::{Content, Event, Limits, Opened, Peers};
use quorate::cluster::Cluster;
use quorate::curve::FrostEd25519;
use quorate::envelope::Unsigned;
use quorate::error::Rejected;
use quorate::party::PartyId;
use quorate::session::{Recipient, Status};
use quorate::sim::Cast;
use rand_chacha::ChaCha20Rng;

use super::frost::group;
use super::world::{id, rng};

struct End {
    peers: Peers,
    rng: ChaCha20Rng,
}

impl End {
    fn new(cast: &Cast, me: PartyId) -> Self {
        let cluster = Cluster::new([9; 32], 0, cast.roster().clone()).unwrap();
        Self { peers: Peers::new(me, cluster, Limits::default()).unwrap(), rng: rng(u64::from(me.get())) }
    }

    fn take(&mut self, cast: &Cast, me: PartyId, bytes: &[u8]) -> Event {
        match self.peers.receive(bytes, &mut self.rng).unwrap() {
            Event::ToSign(job) => {
                let signature = cast.key(me).unwrap().sign(job.to_sign());
                self.peers.signed(job, signature).unwrap()
            }
            event => event,
        }
    }
}

/// A channel between parties 1 and 3.
fn ends(cast: &Cast) -> BTreeMap<PartyId, End> {
    let (one, three) = (id(1), id(3));
    let (mut first, mut second) = (End::new(cast, one), End::new(cast, three));
    let hello = first.peers.connect(three, &mut first.rng).unwrap();
    let Event::Reply { bytes, .. } = second.take(cast, three, &hello) else { panic!() };
    let Event::Established { reply: Some(bytes), .. } = first.take(cast, one, &bytes) else { panic!() };
    assert!(matches!(second.take(cast, three, &bytes), Event::Established { reply: None, .. }));
    BTreeMap::from([(one, first), (three, second)])
}

#[test]
fn what_a_channel_opens_is_given_to_a_gated_session() {
    let mut group = group::<FrostEd25519>(70);
    let request = group.coins(1);
    let mut sessions = group.open(&request, &[1, 3], 1);
    let (cast, mut ends) = (&group.cast, ends(&group.cast));
    let mut sent = BTreeMap::from([(id(1), 0), (id(3), 0)]);
    let mut signatures = Vec::new();
    while signatures.len() < 2 {
        let mut mail = Vec::new();
        for (me, session) in &mut sessions {
            while let Status::Advanced { .. } | Status::Done(_) = {
                let status = session.advance(&mut rng(8)).unwrap();
                if let Status::Done(signature) = &status {
                    signatures.push(signature.to_bytes());
                }
                status
            } {}
            let other = id(4 - me.get());
            for message in session.outgoing(sent[me]) {
                let unsigned = Unsigned::new(message.bytes).unwrap();
                let signature = cast.key(*me).unwrap().sign(unsigned.to_sign());
                let envelope = unsigned.attach(cast.roster(), signature).unwrap().to_bytes();
                let end = ends.get_mut(me).unwrap();
                mail.push((other, end.peers.seal(other, Content::Envelope, &envelope).unwrap()));
            }
            sent.insert(*me, session.sent());
        }
        for (to, record) in mail {
            let Event::Received(opened) = ends.get_mut(&to).unwrap().take(cast, to, &record) else {
                panic!()
            };
            let session = sessions.get_mut(&to).unwrap();
            // Another cluster's roster is not the session's.
            let strangers = Cast::new(1..=3, &mut rng(71)).unwrap();
            assert_eq!(opened.deliver(session, strangers.roster()), Some(Err(Rejected::Roster)));
            assert_eq!(Recipient::terms(session).me, to);
            opened.deliver(session, cast.roster()).unwrap().unwrap();
        }
    }
    assert_eq!(signatures[0], signatures[1]);
}

#[test]
fn what_is_the_applications_is_not_given_to_a_session() {
    let mut group = group::<FrostEd25519>(72);
    let request = group.coins(1);
    let mut sessions = group.open(&request, &[1, 3], 1);
    let mut ends = ends(&group.cast);
    let record = ends.get_mut(&id(1)).unwrap().peers.seal(id(3), Content::Application, b"hello").unwrap();
    let Event::Received(opened) = ends.get_mut(&id(3)).unwrap().take(&group.cast, id(3), &record) else {
        panic!()
    };
    assert!(matches!(opened, Opened::Application { .. }));
    assert!(opened.deliver(sessions.get_mut(&id(3)).unwrap(), group.cast.roster()).is_none());
}
