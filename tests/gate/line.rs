//! A gated session behind a channel: what arrives goes straight in, and the sender must be the one of the session's roster.

use std::collections::BTreeMap;

use quorate::approval::request::DigestRule;
use quorate::channel::{Content, Event, Limits, Opened, Peers};
use quorate::cluster::Cluster;
use quorate::curve::{EcdsaSecp256k1, FrostEd25519};
use quorate::ecdsa::Message;
use quorate::envelope::Unsigned;
use quorate::error::Rejected;
use quorate::gated::{GatedSession, Guarded};
use quorate::key::{Path, derive};
use quorate::pairing::Pair;
use quorate::party::PartyId;
use quorate::session::{Receipt, Recipient, Status};
use quorate::sim::{Cast, MemoryLedger};
use quorate::wire::Header;
use rand_chacha::ChaCha20Rng;

use super::ecdsa::duo;
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

/// Plays the sessions of parties 1 and 3 over a channel, on which what they send must travel as `content`; what they make.
fn over_a_channel<P: Guarded>(
    cast: &Cast,
    ends: &mut BTreeMap<PartyId, End>,
    sessions: &mut BTreeMap<PartyId, GatedSession<P>>,
    content: Content,
) -> Vec<P::Kept> {
    let mut sent = BTreeMap::from([(id(1), 0), (id(3), 0)]);
    let mut made = Vec::new();
    while made.len() < 2 {
        let mut mail = Vec::new();
        for (me, session) in sessions.iter_mut() {
            loop {
                match session.advance(&mut rng(8)).unwrap() {
                    Status::Advanced { .. } => {}
                    Status::Done(kept) => made.push(kept),
                    _ => break,
                }
            }
            let other = id(4 - me.get());
            for message in session.outgoing(sent[me]) {
                let (header, _) = Header::split(message.bytes).unwrap();
                assert_eq!(Content::of(&header), content);
                let unsigned = Unsigned::new(message.bytes).unwrap();
                let signature = cast.key(*me).unwrap().sign(unsigned.to_sign());
                let bytes = match content {
                    Content::Envelope => unsigned.attach(cast.roster(), signature).unwrap().to_bytes(),
                    _ => message.bytes.to_vec(),
                };
                let end = ends.get_mut(me).unwrap();
                mail.push((other, end.peers.seal(other, content, &bytes).unwrap()));
            }
            sent.insert(*me, session.sent());
        }
        assert!(!mail.is_empty() || made.len() == 2, "nothing moves");
        for (to, record) in mail {
            let Event::Received(opened) = ends.get_mut(&to).unwrap().take(cast, to, &record) else {
                panic!()
            };
            assert_eq!(matches!(opened, Opened::Message { .. }), content == Content::Message);
            let session = sessions.get_mut(&to).unwrap();
            // Another cluster's roster is not the session's.
            let strangers = Cast::new(1..=3, &mut rng(71)).unwrap();
            assert_eq!(opened.deliver(session, strangers.roster()), Some(Err(Rejected::Roster)));
            assert_eq!(Recipient::terms(session).me, to);
            assert_eq!(opened.deliver(session, cast.roster()), Some(Ok(Receipt::Stored)));
        }
    }
    made
}

#[test]
fn what_a_channel_opens_is_given_to_a_gated_session() {
    let mut group = group::<FrostEd25519>(70);
    let request = group.coins(1);
    let mut sessions = group.open(&request, &[1, 3], 1);
    let made = over_a_channel(&group.cast, &mut ends(&group.cast), &mut sessions, Content::Envelope);
    assert_eq!(made[0].to_bytes(), made[1].to_bytes());
}

/// Messages that nobody signs: the channel vouches for their sender, and a pairing's are none of this session's.
#[test]
fn t6_unsigned_messages_of_a_channel_are_given_to_a_gated_session() {
    let mut d = duo::<EcdsaSecp256k1>(73);
    let pay = d.pay(DigestRule::Sha256, 1);
    let mut sessions = d.open(&pay, &[1, 3], 1);
    let cast = &d.group.cast;
    let mut ends = ends(cast);
    let [one, three] = [1, 3].map(|number| cast.roster().identity(id(number)).unwrap());
    let (session, ledger) = (sessions[&id(1)].terms().session, &mut MemoryLedger::default());
    let pairing = Pair::start(one, three, session, ledger, &mut rng(1)).unwrap();
    let message = pairing.outgoing(0).next().unwrap().bytes.to_vec();
    let record = ends.get_mut(&id(1)).unwrap().peers.seal(id(3), Content::Message, &message).unwrap();
    let Event::Received(opened) = ends.get_mut(&id(3)).unwrap().take(cast, id(3), &record) else { panic!() };
    let refused = opened.deliver(sessions.get_mut(&id(3)).unwrap(), cast.roster());
    assert_eq!(refused, Some(Err(Rejected::Protocol(pairing.terms().protocol))));
    let made = over_a_channel(cast, &mut ends, &mut sessions, Content::Message);
    let key = *derive(d.share(1).public(), &Path::default()).unwrap().point();
    assert!(made.iter().all(|signature| signature.verify(&key, Message::sha256(&[1, 2, 100]))));
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
