//! Strings that nobody should send, and what must hold whatever they are.

use quorate::error::{Rejected, Verdict};
use quorate::evidence::Evidence;
use quorate::party::PartyId;
use quorate::session::{Finding, Receipt};
use quorate::wire::Header;
use rand_chacha::ChaCha20Rng;
use rand_core::Rng as _;

use super::driver::{Player, Protocol, Script, rng, seal};

/// Below `n`.
pub(crate) fn below(rng: &mut ChaCha20Rng, n: usize) -> usize {
    if n == 0 { 0 } else { rng.next_u64() as usize % n }
}

pub(crate) fn random(rng: &mut ChaCha20Rng, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// Something made of valid strings, or of nothing.
pub(crate) fn garbage(rng: &mut ChaCha20Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seeds[below(rng, seeds.len())].clone();
    let len = bytes.len();
    match below(rng, 8) {
        0 => {
            let wide = below(rng, 2 * len + 40);
            bytes = random(rng, wide);
        }
        1 => bytes = random(rng, len),
        2 => bytes.truncate(below(rng, len)),
        3 => {
            let more = 1 + below(rng, 40);
            bytes.extend(random(rng, more));
        }
        4 => {
            let other = &seeds[below(rng, seeds.len())];
            let (cut, at) = (below(rng, len), below(rng, other.len()));
            bytes.truncate(cut);
            bytes.extend_from_slice(&other[at..]);
        }
        5 if len > 0 => {
            let (at, run) = (below(rng, len), 1 + below(rng, 40));
            let fill = [0, 0xff, rng.next_u32() as u8][below(rng, 3)];
            bytes.iter_mut().skip(at).take(run).for_each(|b| *b = fill);
        }
        // a header field: version, protocol, round, kind, from, to
        6 if len > 8 => bytes[below(rng, 8)] = [0, 1, 2, 3, 255, rng.next_u32() as u8][below(rng, 6)],
        _ => {
            for _ in 0..=below(rng, 4) {
                let bit = below(rng, len * 8);
                if let Some(byte) = bytes.get_mut(bit / 8) {
                    *byte ^= 1 << (bit % 8);
                }
            }
        }
    }
    bytes
}

/// What can be seen of a session at little cost.
pub(crate) fn glance<S: Protocol>(player: &Player<S>) -> impl PartialEq + use<S> {
    let session = &player.session;
    (session.missing(), session.traffic().to_vec(), session.sent(), session.round(), session.is_over())
}

/// Strings into a session whose slots from here on are full: nothing can be news.
pub(crate) fn bombard<S: Protocol>(
    script: &Script<S>,
    player: &mut Player<S>,
    raw: usize,
    signed: usize,
    rng: &mut ChaCha20Rng,
) {
    let seeds: Vec<_> = script.mail.iter().map(|m| m.message().to_vec()).collect();
    let parties = script.cast.ids();
    let (look, glanced) = (player.look(), glance(player));
    let notices = player.session.notices().len();
    let mut answers = [0; 3];
    let mut count = |answer: Result<Receipt, Rejected>| match answer {
        Ok(Receipt::Stored) => panic!("stored"),
        Ok(Receipt::Notice) => answers[0] += 1,
        Ok(_) => answers[1] += 1,
        Err(_) => answers[2] += 1,
    };
    for k in 0..raw {
        let bytes = garbage(rng, &seeds);
        let claimed = Header::split(&bytes).map(|(header, _)| header.from);
        let from = claimed.filter(|_| k % 8 > 0).unwrap_or(parties[below(rng, parties.len())]);
        count(player.session.receive(from, &bytes));
        assert!(glance(player) == glanced);
    }
    for _ in 0..signed {
        let bytes = garbage(rng, &seeds);
        if Header::split(&bytes).is_some_and(|(header, _)| parties.contains(&header.from)) {
            count(player.session.receive_signed(&seal(&script.cast, &bytes).0));
            assert!(glance(player) == glanced);
        }
    }
    assert!(answers[2] > raw / 2, "{answers:?}");
    if player.session.notices().len() == notices {
        assert!(player.look() == look);
    }
}

pub(crate) fn bombard_every_round<S: Protocol>(script: &Script<S>, me: PartyId, raw: usize, signed: usize) {
    let mut rng = rng(31);
    let mut player = script.play(me);
    player.signed = true; // otherwise a second, signed copy would add its signature
    for mail in script.inbound(me) {
        assert_eq!(player.receive(&mail), Ok(Receipt::Stored));
    }
    loop {
        bombard(script, &mut player, raw, signed, &mut rng);
        if player.session.is_over() {
            break;
        }
        if let Some(quorate::session::Status::Keep) = player.step() {
            bombard(script, &mut player, raw, signed, &mut rng);
            player.keep(&script.cast);
        }
    }
    assert!(player.outbox() == script.outbound(me));
    assert!(player.result.unwrap().unwrap() == script.result(me));
}

/// One message of right length and wrong content, signed by its sender: whatever comes of it, nobody else is blamed.
/// Where there is evidence, the judge finds the same.
pub(crate) fn one_bad_message<S: Protocol>(
    script: &Script<S>,
    me: PartyId,
    times: usize,
    judge: impl Fn(&Evidence) -> Finding,
) {
    let mut rng = rng(35);
    let inbound = script.inbound(me);
    let (mut blamed, mut proved, mut doubted, mut passed) = (0, 0, 0, 0);
    for _ in 0..times {
        let at = below(&mut rng, inbound.len());
        let bodies: Vec<_> = inbound.iter().map(|m| m.0.body().to_vec()).collect();
        let bad = script.forge(&inbound[at], |body| {
            let len = body.len();
            while body.len() != len || *body == bodies[at] {
                *body = garbage(&mut rng, &bodies);
                body.resize(len, 0);
            }
        });
        let mut player = script.play(me);
        player.signed = true;
        for (k, mail) in inbound.iter().enumerate() {
            assert_eq!(player.receive(if k == at { &bad } else { mail }), Ok(Receipt::Stored));
            player.advance(&script.cast);
            if player.session.is_over() {
                break;
            }
        }
        match player.result.unwrap() {
            Ok(_) => passed += 1,
            Err(abort) => match abort.verdict {
                Verdict::Cheater { who, fault, evidence } => {
                    let alone = who == bad.from() && abort.others.is_empty();
                    assert!(alone, "check {} in round {}", abort.check, abort.round);
                    if let Some(evidence) = evidence {
                        assert_eq!(judge(&evidence), Finding::Guilty(who, fault), "check {}", abort.check);
                        proved += 1;
                    }
                    blamed += 1;
                }
                Verdict::Suspects { who, .. } => {
                    assert!(who.contains(bad.from()) && !who.contains(me));
                    doubted += 1;
                }
                verdict => panic!("{verdict}"),
            },
        }
    }
    println!("{blamed} blamed, {proved} of them with evidence, {doubted} doubted, {passed} passed");
    assert!(passed == 0 && blamed > 0 && doubted > 0);
}

/// Garbage into a decoder that writes out again what it has read.
pub(crate) fn decode(
    name: &str,
    seeds: &[Vec<u8>],
    times: usize,
    decoder: impl Fn(&[u8]) -> Option<Vec<u8>>,
) {
    let mut rng = rng(39);
    for seed in seeds {
        assert!(decoder(seed).as_ref() == Some(seed), "{name}: a valid encoding");
    }
    let mut decoded = 0;
    for _ in 0..times {
        let bytes = garbage(&mut rng, seeds);
        if let Some(again) = decoder(&bytes) {
            assert!(again == bytes, "{name}: two encodings, {}", hex::encode(bytes));
            decoded += 1;
        }
    }
    println!("{name}: {decoded} of {times} decode");
}
