//! Who speaks, about what, and in which words: replays, headers, lengths, ids; in every protocol.

use std::collections::BTreeSet;

use quorate::curve::{EcdsaSecp256k1, FrostEd25519};
use quorate::dkg;
use quorate::ecdsa::{Message, PresignTask, Sign, Task};
use quorate::envelope::Unsigned;
use quorate::error::{Rejected, SetupError};
use quorate::evidence::Envelope;
use quorate::frost;
use quorate::identity::Roster;
use quorate::party::{Parties, PartyId, Threshold};
use quorate::wire::{Header, Kind, SessionId};

use super::super::common::links::stage::{I, R, pair, shake};
use super::super::common::signers::game::{Flow, Game, path};
use super::super::common::signers::table::{End, fair};
use super::super::common::{Visit, deliver, every_protocol, play_through};
use crate::driver::{Mail, Player, Protocol, Script, id, permutations, rng};

/// Silent Shard audit TOB1-6 (Trail of Bits, 2024, high): both directions of a channel had one key, and counters as nonces, so two messages
/// shared a nonce, and the relay forged others. Here the relay logs 10,000 records of a channel and of those that replace it, all of the
/// same 32 zeros, whose ciphertext is what key and nonce make of it: no two are equal, and no two share direction, channel and counter. A
/// flipped bit, a record turned round, and a second copy are refused.
#[test]
fn a3_no_key_and_nonce_come_twice_on_a_channel() {
    let (mut i, mut r) = pair();
    let (mut names, mut streams) = (BTreeSet::new(), BTreeSet::new());
    for round in 0..5000 {
        let (there, back) = (i.seal(R, &[0; 32]), r.seal(I, &[0; 32]));
        for record in [&there, &back] {
            assert!(names.insert(record[2..30].to_vec()));
            // Before the tag.
            let end = record.len() - 16;
            assert!(streams.insert(record[end - 32..end].to_vec()), "one key and nonce for two records");
        }
        if round % 500 == 0 {
            for bit in [0, 16, 31, 8 * there.len() - 1] {
                let mut forged = there.clone();
                forged[bit / 8] ^= 1 << (bit % 8);
                assert!(r.open(&forged).is_err(), "bit {bit}");
            }
            assert!(i.open(&there).is_err(), "its own record back");
            assert_eq!(r.open(&there).unwrap(), [0; 32]);
            assert!(r.open(&there).is_err(), "a second time");
            shake(&mut i, &mut r);
        }
    }
    assert_eq!((names.len(), streams.len()), (10_000, 10_000));
}

/// Every wrong value of a header that is otherwise right, with what is due.
fn wrong(good: Header, me: PartyId) -> Vec<(Header, Rejected)> {
    let mut all = Vec::new();
    for protocol in [0, good.protocol ^ 1, good.protocol ^ 0x40, 255] {
        all.push((Header { protocol, ..good }, Rejected::Protocol(protocol)));
    }
    for bit in 0..128 {
        let mut session = good.session;
        session.0[bit / 8] ^= 1 << (bit % 8);
        all.push((Header { session, ..good }, Rejected::Session));
    }
    for bit in 0..256 {
        let mut binding = good.binding;
        binding[bit / 8] ^= 1 << (bit % 8);
        all.push((Header { binding, ..good }, Rejected::SetupMismatch(good.from)));
    }
    for round in [0, 9, 255] {
        all.push((Header { round, ..good }, Rejected::Slot { round, kind: good.kind as u8 }));
    }
    let other = if me == id(1) { id(3) } else { id(1) };
    all.push((Header { to: Some(other), ..good }, Rejected::NotForMe));
    // A private message goes to one, every other to all.
    let kinds = if good.kind == Kind::Direct { [Kind::All, Kind::Complaint] } else { [Kind::Direct; 2] };
    for kind in kinds {
        all.push((Header { kind, ..good }, Rejected::Slot { round: good.round, kind: kind as u8 }));
    }
    all
}

/// What a body is in another round of its protocol: one without such a message of this sender, or with one of another length. `None` if the
/// lengths are the same, so that only the contents can tell.
fn elsewhere<P: Protocol>(script: &Script<P>, mail: &Mail, round: u8, me: PartyId) -> Option<Rejected> {
    let good = mail.header();
    let is_it = |other: &&Mail| {
        let header = other.header();
        (header.round, header.kind, header.from) == (round, good.kind, good.from) && other.is_for(me)
    };
    let Some(other) = script.mail.iter().find(is_it) else {
        return Some(Rejected::Slot { round, kind: good.kind as u8 });
    };
    let (expected, found) = (other.0.body().len(), mail.0.body().len());
    (expected != found).then_some(Rejected::Length { expected, found })
}

/// A message under another sender's name: as the transport says, or as the signature does.
fn under_another_name<P: Protocol>(script: &Script<P>, player: &mut Player<P>, mail: &Mail) {
    for from in [1, 2, 3, 9].map(id).into_iter().filter(|from| *from != mail.from()) {
        let bytes = [&Header { from, ..*mail.header() }.to_bytes()[..], mail.0.body()].concat();
        let wrong = Rejected::WrongSender { transport: mail.from(), header: from };
        if player.signed {
            let signature =
                script.cast.key(mail.from()).unwrap().sign(Unsigned::new(&bytes).unwrap().to_sign());
            assert!(Envelope { bytes, signature }.verify(script.cast.roster()).is_err());
        } else {
            assert_eq!(player.session.receive(mail.from(), &bytes), Err(wrong));
        }
    }
}

/// Silent Shard audit TOB1-11 (2024): no version, suite or session in hashes and headers, so messages crossed between protocols. Here, in
/// each message of each protocol, every bit of session id and binding is flipped, and every other field is wrong, round and sender among
/// others that there are: the receiver says which, and is as before. (That the tags of all hashes are distinct and prefix-free is a test of `hash`.)
#[test]
fn a5_every_field_of_every_header_counts() {
    #[derive(Default)]
    struct Headers(usize, usize);
    impl Visit for Headers {
        fn protocol<P: Protocol>(&mut self, name: &str, make: &dyn Fn(u64) -> Script<P>) {
            let script = make(21);
            let rounds: BTreeSet<u8> = script.mail.iter().map(|mail| mail.header().round).collect();
            play_through(name, &script, id(2), |player, mail| {
                let before = player.look();
                for (header, why) in wrong(*mail.header(), id(2)) {
                    let found = deliver(&script, player, &header, mail.0.body());
                    assert_eq!(found, Err(why), "{name}: {header:?}");
                    self.0 += 1;
                }
                under_another_name(&script, player, mail);
                for round in rounds.iter().copied().filter(|round| *round != mail.header().round) {
                    let Some(why) = elsewhere(&script, mail, round, id(2)) else { continue };
                    let header = Header { round, ..*mail.header() };
                    let found = deliver(&script, player, &header, mail.0.body());
                    let unexpected = Err(Rejected::Unexpected(header.from));
                    assert!(found == Err(why) || found == unexpected, "{name}: {header:?}: {found:?}");
                    self.1 += 1;
                }
                for version in [0, 2, 255] {
                    let mut bytes = mail.message().to_vec();
                    bytes[0] = version;
                    assert_eq!(player.session.receive(mail.from(), &bytes), Err(Rejected::Header));
                    assert!(Unsigned::new(&bytes).is_err());
                }
                assert_eq!(player.look(), before, "{name}");
            });
        }
    }
    let mut headers = Headers::default();
    every_protocol(&mut headers);
    assert!(headers.0 > 20_000 && headers.1 > 60, "{}, {}", headers.0, headers.1);
}

/// Silent Shard audit TOB1-9 (2024): messages of earlier sessions counted in later ones. Here everything that was sent in another session
/// of the same protocol is sent again at every point of this one: another session's, every time, and nothing changes.
#[test]
fn a5b_messages_of_earlier_sessions_are_refused_at_every_point() {
    struct Replay;
    impl Visit for Replay {
        fn protocol<P: Protocol>(&mut self, name: &str, make: &dyn Fn(u64) -> Script<P>) {
            let (script, earlier) = (make(21), make(22));
            assert_ne!(script.mail[0].header().session, earlier.mail[0].header().session);
            play_through(name, &script, id(2), |player, _| {
                let before = player.look();
                for old in earlier.mail.iter().filter(|old| old.from() != id(2)) {
                    let found = deliver(&script, player, old.header(), old.0.body());
                    assert_eq!(found, Err(Rejected::Session), "{name}");
                }
                assert_eq!(player.look(), before, "{name}");
            });
        }
    }
    every_protocol(&mut Replay);
}

/// Silent Shard audit TOB1-1 and TOB1-2 (2024): lists were zipped, which stops at the shorter one, so a longer one raised the threshold and
/// a shorter one skipped proofs. Here every message of every protocol comes a byte and a point longer and shorter, doubled, and empty:
/// refused by its length, in words, before anything is read.
#[test]
fn a9_messages_of_another_length_are_refused() {
    #[derive(Default)]
    struct Lengths(usize);
    impl Visit for Lengths {
        fn protocol<P: Protocol>(&mut self, name: &str, make: &dyn Fn(u64) -> Script<P>) {
            let script = make(21);
            play_through(name, &script, id(2), |player, mail| {
                let (before, body) = (player.look(), mail.0.body());
                let expected = body.len();
                let mut all = vec![Vec::new(), body.repeat(2), body[1..].to_vec(), [body, &[0]].concat()];
                for point in [32, 33].into_iter().filter(|point| *point <= expected) {
                    all.push([body, &body[..point]].concat());
                    all.push(body[..expected - point].to_vec());
                    all.push([&body[..32], &body[..point], &body[32..]].concat());
                }
                for wrong in all.into_iter().filter(|wrong| wrong.len() != expected) {
                    let found = deliver(&script, player, mail.header(), &wrong);
                    assert_eq!(found, Err(Rejected::Length { expected, found: wrong.len() }), "{name}");
                    self.0 += 1;
                }
                assert_eq!(player.look(), before, "{name}");
            });
        }
    }
    let mut lengths = Lengths::default();
    every_protocol(&mut lengths);
    assert!(lengths.0 > 300, "{}", lengths.0);
}

/// Silent Shard audit TOB1-10 and TOB1-15 (2024): signing took threshold and key from its caller, not from the share, so a run under
/// other ones went ahead. Here one signer more or fewer, a stranger, a share of another key: none starts; and of two that think of two
/// keys, each refuses the other's first message.
#[test]
fn a6_threshold_and_key_are_those_of_the_share() {
    let game = Game::<EcdsaSecp256k1>::new(3, 5, &[1, 3, 4], 1);
    let other = Game::<EcdsaSecp256k1>::new(3, 5, &[1, 3, 4], 2);
    let pairs = game.deal(60);
    let key = game.shares[0].public();
    for signers in [&[][..], &[1, 3], &[1, 2, 3, 4], &[1, 2, 3, 4, 5], &[1, 3, 6]] {
        let set = || Parties::from_numbers(signers.iter().copied()).unwrap();
        let want = match signers.len() {
            3 => SetupError::NotInRoster(id(6)),
            signers => SetupError::SignerCount { signers, t: 3 },
        };
        let session = SessionId([1; 16]);
        let task = Task::new(key, set(), path("m"), Message::sha256(b"m"), session).map(drop);
        let presign = PresignTask::new(key, set(), &path("m"), 1, session).map(drop);
        assert_eq!((task, presign), (Err(want.clone()), Err(want)));
    }
    let foreign = Sign::start(other.share(1), game.task(1), &pairs[&id(1)], &mut rng(1));
    assert_eq!(foreign.err(), Some(SetupError::WrongKey(id(1))));
    let mut table = Sign::table(&game, &pairs, 1, 1);
    let theirs = Sign::table(&other, &pairs, 1, 1).seats.remove(&4).unwrap();
    table.seats.insert(4, theirs);
    table.play(&mut fair);
    assert!(!table.rejected.is_empty());
    for (to, why) in &table.rejected {
        assert!(matches!(why, Rejected::SetupMismatch(from) if (*to == 4) != (*from == id(4))), "{why}");
    }
    for me in [1, 3, 4] {
        assert!(matches!(table.end(me, &|_| false), End::Waits(_)), "{me}");
    }
    assert_eq!(game.bans(&pairs, 1), []);
    // FROST takes t or more, of the key's members.
    let (cast, shares) = crate::driver::key(2, &[1, 2, 3], 61);
    let package = |signers: &[u16]| {
        let set = Parties::from_numbers(signers.iter().copied()).unwrap();
        frost::Task::new(shares[0].public(), set, b"m", SessionId([1; 16])).map(drop)
    };
    assert_eq!(package(&[1]), Err(SetupError::TooFewSigners { signers: 1, t: 2 }));
    assert_eq!(package(&[1, 2, 4]), Err(SetupError::NotInRoster(id(4))));
    let threshold = Threshold::new(2, 4).unwrap();
    let run = dkg::Run::<FrostEd25519>::new(threshold, cast.roster().clone(), SessionId([1; 16])).map(drop);
    assert_eq!(run, Err(SetupError::RosterSize { roster: 3, n: 4 }));
}

/// A test for duplicates that compares pairs, or neighbours before they are sorted, lets a duplicate pass (a pitfall); Bron audit TOB2-11
/// and TOB2-16 (Trail of Bits, 2026): ids of zero. Here every order of five ids of which two are equal is refused, as a set and as a
/// roster, with whom it is about; and there is no party 0.
#[test]
fn a31_no_id_stands_twice_in_any_order() {
    let (cast, _) = crate::driver::key(2, &[1, 2, 3, 4, 5], 62);
    let identity = |k: usize| cast.roster().identity(id(k as u16 + 1)).unwrap();
    for double in 1..5 {
        // Party `double` twice, under two identities.
        let numbers = [1, 2, 3, 4, double];
        permutations(5, |order| {
            let ids = || order.iter().map(|k| id(numbers[*k]));
            let twice = Some(SetupError::DuplicateParty(id(double)));
            assert_eq!(Parties::new(ids()).err(), twice);
            assert_eq!(Parties::from_numbers(order.iter().map(|k| numbers[*k])).err(), twice);
            let members = order.iter().map(|k| (id(numbers[*k]), identity(*k)));
            assert_eq!(Roster::new(members).err(), twice);
        });
    }
    // Two ids for one identity.
    permutations(5, |order| {
        let members = order.iter().map(|k| (id(*k as u16 + 1), identity(k % 4)));
        assert_eq!(Roster::new(members).err(), Some(SetupError::DuplicateIdentity(id(1), id(5))));
    });
    for none in [0, 65_535] {
        assert_eq!(PartyId::new(none), Err(SetupError::PartyId(none)));
        assert_eq!(Parties::from_numbers([1, none]).err(), Some(SetupError::PartyId(none)));
    }
}
