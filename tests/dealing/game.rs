//! A dealing with honest sessions on one side and puppets on the other, round by round.

use std::cell::RefCell;
use std::collections::BTreeMap;

use ed25519_dalek::{Signer, SigningKey};
use quorate::curve::{Curve, Unchecked, encode_point, read_point};
use quorate::dkg::{Ceremony, Dkg, Occasion, Run};
use quorate::envelope::Verified;
use quorate::error::{Abort, Rejected};
use quorate::evidence::Envelope;
use quorate::identity::{PublicIdentity, Roster};
use quorate::party::{PartyId, Threshold};
use quorate::session::{Pending, Session, Status};
use quorate::sim::{Letter, MemoryLedger};
use quorate::wire::{Header, Kind, SessionId};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::facts::{Affair, Facts, Kept};
use crate::foe::{Foe, Scalar};
use crate::hash::{h, sha256};
use crate::puppet::{Complaint, Lane, Puppet, at, base, id, scalar_bytes};

/// Changes a puppet's letter, seeing everything sent so far, or holds it back by returning `false`.
pub(crate) type Tamper<'a, S, O = Run<S>> = dyn FnMut(&Game<S, O>, &mut Letter) -> bool + 'a;

pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// The identity key of a party: the same in every game.
pub(crate) fn identity(party: PartyId) -> SigningKey {
    thread_local!(static KEYS: RefCell<BTreeMap<PartyId, SigningKey>> = RefCell::default());
    let new = || SigningKey::from_bytes(&[party.get() as u8 + 100; 32]);
    KEYS.with_borrow_mut(|keys| keys.entry(party).or_insert_with(new).clone())
}

pub(crate) fn roster(ids: impl IntoIterator<Item = PartyId>) -> Roster {
    let member = |id: PartyId| (id, PublicIdentity(identity(id).verifying_key().to_bytes()));
    Roster::new(ids.into_iter().map(member)).unwrap()
}

pub(crate) fn sign(party: PartyId, input: &[u8; 32]) -> [u8; 64] {
    identity(party).sign(input).to_bytes()
}

/// Any message, signed by whom its header names.
pub(crate) fn seal(header: &Header, body: &[u8]) -> Envelope {
    let head = header.to_bytes();
    let signature = sign(header.from, &h("sig-envelope", &[&head, body]));
    Envelope { bytes: [&head, body].concat(), signature }
}

/// Whether a letter is the given party's of this round and kind.
pub(crate) fn is(letter: &Letter, from: u16, round: u8, kind: Kind) -> bool {
    let header = letter.header;
    (header.from, header.round, header.kind) == (id(from), round, kind)
}

/// Something sent to one receiver.
pub(crate) struct Post {
    pub(crate) to: PartyId,
    pub(crate) sealed: Verified,
}

/// An honest party.
pub(crate) struct Seat<O: Occasion> {
    pub(crate) session: Session<Ceremony<O>>,
    pub(crate) sent: usize,
    pub(crate) outcome: Option<Result<O::Output, Abort>>,
    /// The pending share, as it was stored.
    pub(crate) pending: Option<Vec<u8>>,
    pub(crate) rejected: Vec<Rejected>,
}

pub(crate) struct Game<S: Foe, O: Affair<S> = Run<S>> {
    pub(crate) run: O,
    pub(crate) facts: Facts<S>,
    /// Everybody who takes part.
    pub(crate) ids: Vec<PartyId>,
    pub(crate) binding: [u8; 32],
    pub(crate) sid: [u8; 32],
    cast: Roster,
    pub(crate) seats: BTreeMap<PartyId, Seat<O>>,
    pub(crate) puppets: BTreeMap<PartyId, Puppet<S>>,
    pub(crate) post: Vec<Post>,
    /// Runs that evidence from this one says nothing about.
    pub(crate) others: Box<dyn Fn() -> Vec<(&'static str, O)>>,
    /// Shown when something is not as expected.
    pub(crate) label: String,
}

impl<S: Foe> Game<S> {
    /// `t` of `1..=n` with these malicious. Everything is a function of the arguments.
    pub(crate) fn new(t: u16, n: u16, villains: &[u16]) -> Self {
        Self::with(t, n, villains, 1)
    }

    /// Another session, with other randomness.
    pub(crate) fn with(t: u16, n: u16, villains: &[u16], session: u8) -> Self {
        let ids: Vec<_> = (1..=n).map(id).collect();
        let threshold = Threshold::new(t, n).unwrap();
        let run = Run::new(threshold, roster(ids.iter().copied()), SessionId([session; 16])).unwrap();
        let facts = Facts::generation(&run);
        let start = |me| begin(&run, me);
        let puppet = |me| Puppet::new(me, &ids, t, &mut rng(start_seed(me, session)));
        Self::between(run.clone(), facts, villains, &mut { start }, &mut { puppet })
    }
}

impl<S: Foe, O: Affair<S>> Game<S, O> {
    /// Any dealing, among honest parties that start so and puppets that are made so.
    pub(crate) fn between(
        run: O,
        facts: Facts<S>,
        villains: &[u16],
        start: &mut dyn FnMut(PartyId) -> Session<Ceremony<O>>,
        puppet: &mut dyn FnMut(PartyId) -> Puppet<S>,
    ) -> Self {
        let (ids, binding) = (facts.cast(), facts.binding());
        let mut game = Self {
            run,
            sid: facts.sid(&binding),
            binding,
            cast: roster(ids.iter().copied()),
            ids: ids.clone(),
            facts,
            seats: BTreeMap::new(),
            puppets: BTreeMap::new(),
            post: Vec::new(),
            others: Box::new(Vec::new),
            label: S::NAME.into(),
        };
        for me in ids {
            if villains.contains(&me.get()) {
                game.puppets.insert(me, puppet(me));
                continue;
            }
            let session = start(me);
            let seat = Seat { session, sent: 0, outcome: None, pending: None, rejected: Vec::new() };
            game.seats.insert(me, seat);
        }
        game
    }

    /// The identities of everybody who takes part.
    pub(crate) const fn roster(&self) -> &Roster {
        &self.cast
    }

    pub(crate) fn puppet(&mut self, number: u16) -> &mut Puppet<S> {
        self.puppets.get_mut(&id(number)).unwrap()
    }

    pub(crate) fn seat(&self, number: u16) -> &Seat<O> {
        &self.seats[&id(number)]
    }

    /// All three rounds, with puppets that do nothing wrong.
    pub(crate) fn play_fair(&mut self) {
        self.play(&mut |_, _| true);
    }

    /// All three rounds. In each the honest speak first.
    pub(crate) fn play(&mut self, tamper: &mut Tamper<'_, S, O>) {
        for round in 1..=3 {
            self.speak();
            self.puppets_speak(round, tamper);
            self.work();
        }
        self.speak();
    }

    /// The honest send what they have to send.
    pub(crate) fn speak(&mut self) {
        let mut letters = Vec::new();
        for (me, seat) in &mut self.seats {
            for out in seat.session.outgoing(seat.sent) {
                let (header, body) = Header::split(out.bytes).unwrap();
                let others = self.ids.iter().filter(|to| *to != me && out.to.is_none_or(|t| t == **to));
                letters.extend(others.map(|to| Letter { to: *to, header, body: body.to_vec() }));
            }
            seat.sent = seat.session.sent();
        }
        letters.iter().for_each(|letter| self.send(letter));
    }

    /// The puppets send their messages of a round.
    pub(crate) fn puppets_speak(&mut self, round: u8, tamper: &mut Tamper<'_, S, O>) {
        for me in self.puppets.keys().copied().collect::<Vec<_>>() {
            for mut letter in self.letters(me, round) {
                if tamper(self, &mut letter) {
                    self.send(&letter);
                }
            }
        }
    }

    /// Signs and delivers.
    pub(crate) fn send(&mut self, letter: &Letter) {
        let envelope = seal(&letter.header, &letter.body);
        let sealed = envelope.verify(self.roster()).unwrap();
        if let Some(seat) = self.seats.get_mut(&letter.to) {
            let over = seat.session.is_over();
            match seat.session.receive_signed(&sealed) {
                Ok(_) => assert!(!over),
                Err(Rejected::PastRound(_)) if over => {}
                Err(rejected) => seat.rejected.push(rejected),
            }
        }
        self.post.push(Post { to: letter.to, sealed });
    }

    /// The honest go as far as they can.
    pub(crate) fn work(&mut self) {
        for (me, seat) in &mut self.seats {
            loop {
                let step = u64::from(me.get()) << 8 | u64::from(seat.session.round());
                match seat.session.advance(&mut rng(step)) {
                    Ok(Status::Advanced { .. }) => {}
                    Ok(Status::Keep) => {
                        let pending = seat.session.pending().unwrap();
                        seat.pending = Some(pending.stored());
                        let signature = sign(*me, pending.to_sign().as_bytes());
                        seat.session.kept(&signature).unwrap();
                    }
                    Ok(Status::Done(share)) => seat.outcome = Some(Ok(share)),
                    Err(abort) => seat.outcome = Some(Err(abort)),
                    Ok(_) => break,
                }
            }
        }
    }

    pub(crate) fn header(&self, round: u8, kind: Kind, from: PartyId, to: Option<PartyId>) -> Header {
        let Facts { protocol, session, .. } = self.facts;
        Header { protocol, round, kind, from, to, session, binding: self.binding }
    }

    /// A puppet's letters of a round, none if it lacks something for them.
    pub(crate) fn letters(&self, me: PartyId, round: u8) -> Vec<Letter> {
        let puppet = &self.puppets[&me];
        let mut letters = Vec::new();
        let others = |ids: &[PartyId]| ids.iter().copied().filter(|id| *id != me).collect::<Vec<_>>();
        let all = match round {
            1 => puppet.commit(&self.sid),
            2 if !puppet.role.deals => return letters,
            2 => {
                let e1 = self.view(me, 1).unwrap();
                for to in others(&self.facts.members) {
                    let header = self.header(2, Kind::Direct, me, Some(to));
                    let body = puppet.share(&e1, to, self.key(to, me), at::<S>(&puppet.f, to));
                    letters.push(Letter { to, header, body });
                }
                puppet.reveal(&e1)
            }
            _ => match self.certificate(me) {
                Some(body) => body,
                None => return letters,
            },
        };
        let header = self.header(round, Kind::All, me, None);
        letters.extend(others(&self.ids).into_iter().map(|to| Letter { to, header, body: all.clone() }));
        letters
    }

    /// `E_{receiver, dealer}` as the dealer got it.
    pub(crate) fn key(&self, receiver: PartyId, dealer: PartyId) -> &[u8] {
        let body = self.body(1, receiver, dealer).unwrap();
        &body[self.facts.key_at(receiver, dealer)..][..S::Curve::POINT_LEN]
    }

    fn find(&self, round: u8, direct: bool, from: PartyId, to: PartyId) -> Option<&Verified> {
        let mut sent = self.post.iter().filter(|p| p.to == to || from == to).map(|p| &p.sealed);
        sent.find(|s| {
            let header = s.header();
            header.from == from && header.round == round && (header.kind == Kind::Direct) == direct
        })
    }

    /// A message to all as `to` got it, or sent it.
    pub(crate) fn body(&self, round: u8, from: PartyId, to: PartyId) -> Option<&[u8]> {
        self.find(round, false, from, to).map(Verified::body)
    }

    /// The envelope of a message to all, as `to` got it.
    pub(crate) fn envelope(&self, round: u8, from: u16, to: u16) -> &Verified {
        self.find(round, false, id(from), id(to)).unwrap()
    }

    /// The envelope of a private message.
    pub(crate) fn private(&self, from: u16, to: u16) -> &Verified {
        self.find(2, true, id(from), id(to)).unwrap()
    }

    /// The view of a round as `me` saw it.
    pub(crate) fn view(&self, me: PartyId, round: u8) -> Option<[u8; 32]> {
        let mut entries = Vec::new();
        for from in if round == 2 { &self.facts.dealers } else { &self.ids } {
            entries.push([&from.to_bytes()[..], &sha256(self.body(round, *from, me)?)].concat());
        }
        let (round, count) = ([round], (entries.len() as u16).to_be_bytes());
        let mut items: Vec<&[u8]> = vec![&self.sid, &round, &count];
        items.extend(entries.iter().map(Vec::as_slice));
        Some(h("view", &items))
    }

    /// `cert` as `me` computes it from what it got.
    pub(crate) fn cert(&self, me: PartyId) -> Option<[u8; 32]> {
        let (e1, e2, facts) = (self.view(me, 1)?, self.view(me, 2)?, &self.facts);
        let (len, end) = (S::Curve::POINT_LEN, facts.after_points());
        let mut sums = vec![Unchecked::<S::Curve>::identity(); facts.t.into()];
        let mut parts: Vec<&[u8]> = vec![&e1];
        for from in &facts.dealers {
            let reveal = self.body(2, *from, me)?;
            let points = reveal.get(32..end)?.chunks(len);
            for (sum, point) in sums[usize::from(facts.zero)..].iter_mut().zip(points) {
                *sum += Unchecked::read(point)?;
            }
            if facts.parts {
                parts.push(reveal.get(end..end + 32)?);
            }
        }
        if facts.zero {
            sums.iter_mut()
                .zip(facts.before.chunks(len))
                .for_each(|(s, v)| *s += Unchecked::read(v).unwrap());
        }
        let mut points = Vec::new();
        for sum in sums {
            points.extend(encode_point::<S::Curve>(&sum.check()?)?);
        }
        let chain = match (facts.chain, &parts[..]) {
            (Some(known), _) => known,
            // The one dealer of an import brings it.
            (None, [_, part]) => (*part).try_into().unwrap(),
            (None, _) => h("chain-code", &parts),
        };
        let (roster, t, epoch) = (facts.roster_hash(), facts.t.to_be_bytes(), facts.epoch.to_be_bytes());
        let head: [&[u8]; 8] = [&self.sid, &epoch, &facts.base, &e1, &e2, &[S::ID], &t, &roster];
        Some(h("cert", &[&head[..], &[&points, &chain]].concat()))
    }

    /// The message of round 3 that certifies.
    pub(crate) fn certificate(&self, me: PartyId) -> Option<Vec<u8>> {
        let signature = sign(me, &h("sig-cert", &[&self.cert(me)?]));
        Some([&self.view(me, 2)?[..], &signature].concat())
    }

    /// `e` times a dealer's point, with the proof for the one-time key that this dealer has.
    pub(crate) fn open_with(
        &self,
        me: u16,
        dealer: u16,
        e: &Scalar<S>,
        point: &[u8],
    ) -> (Vec<u8>, [Scalar<S>; 2]) {
        let (receiver, dealer) = (id(me), id(dealer));
        let (e1, key) = (self.view(receiver, 1).unwrap(), self.key(receiver, dealer));
        let opened = encode_point::<S::Curve>(&(read_point::<S::Curve>(point).unwrap() * e)).unwrap();
        let proof = Lane { e1: &e1, dealer, receiver, key }.prove::<S>(e, point, &opened);
        (opened, proof)
    }

    /// A puppet's complaint about a dealer, as an honest party would make it.
    pub(crate) fn complaint(&self, me: u16, dealer: u16) -> Complaint {
        let (me, accused) = (id(me), id(dealer));
        let share = self.private(dealer, me.get());
        let point = &share.body()[..S::Curve::POINT_LEN];
        let e = &self.puppets[&me].e[&accused];
        let (opened, [c, z]) = match read_point::<S::Curve>(point) {
            Some(_) => self.open_with(me.get(), dealer, e, point),
            None => (base::<S>(&Scalar::<S>::from(1)), [Scalar::<S>::from(0); 2]),
        };
        Complaint {
            e2: self.view(me, 2).unwrap().to_vec(),
            accused: accused.to_bytes(),
            opened,
            c: scalar_bytes::<S>(&c),
            z: scalar_bytes::<S>(&z),
            envelope: share.envelope().to_bytes(),
        }
    }
}

/// The session that an honest party has in a game, at its start.
pub(crate) fn begin<S: Foe>(run: &Run<S>, me: PartyId) -> Session<Dkg<S>> {
    let [session, ..] = run.session().0;
    Dkg::start(run, me, &mut MemoryLedger::default(), &mut rng(start_seed(me, session))).unwrap()
}

/// What a party's randomness at the start is made from.
pub(crate) fn start_seed(me: PartyId, session: u8) -> u64 {
    u64::from(session) << 32 | u64::from(me.get())
}
