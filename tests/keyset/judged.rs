//! What no session would have taken convicts nobody, whoever signed it.

use quorate::error::{Fault, Verdict};
use quorate::evidence::{Envelope, Evidence, EvidenceKind};
use quorate::keyset::judge;
use quorate::session::Finding;
use quorate::wire::{Header, Kind};

use crate::driver::{id, seal};
use crate::stage::{Game, LIST, Of, Stage, VILLAIN, header_of, is};

/// The evidence that party 1 has against the villain.
fn evidence(game: &Game<'_>) -> Evidence {
    let Verdict::Cheater { evidence: Some(evidence), .. } = &game.abort(1).verdict else { panic!() };
    (**evidence).clone()
}

/// The finding if the villain had signed another header and body.
fn finding(game: &Game<'_>, good: &Evidence, change: impl FnOnce(&mut Header, &mut Vec<u8>)) -> Finding {
    let (mut header, body) = Header::split(&good.messages[0].bytes).unwrap();
    let mut body = body.to_vec();
    change(&mut header, &mut body);
    let bytes = [&header.to_bytes()[..], &body].concat();
    let envelope = seal(&game.stage.cast, &bytes).0.envelope().clone();
    judge(&game.stage.run, &Evidence { messages: vec![envelope], ..good.clone() })
}

#[test]
fn k3_2_a_certificate_in_another_slot_or_of_another_length_convicts_nobody() {
    let stage = Stage::usual();
    let game = stage.play(&mut |_, letter| {
        if is(letter, Of::Certify) {
            *letter.body.last_mut().unwrap() ^= 1;
        }
        true
    });
    let good = evidence(&game);
    assert_eq!(good.kind, EvidenceKind::Certificate);
    assert_eq!(finding(&game, &good, |_, _| ()), Finding::Guilty(id(VILLAIN), Fault::BadSignature));
    for round in [0, 1, 2, 4, 255] {
        assert_eq!(finding(&game, &good, |header, _| header.round = round), Finding::Inconclusive, "{round}");
    }
    for kind in [Kind::Direct, Kind::Complaint, Kind::Notice] {
        assert_eq!(finding(&game, &good, |header, _| header.kind = kind), Finding::Inconclusive, "{kind:?}");
    }
    assert_eq!(finding(&game, &good, |header, _| header.to = Some(id(1))), Finding::Inconclusive);
    // the views of fewer keys, and of more
    let views = 32 * LIST.len();
    for keys in 0..LIST.len() {
        let fewer = finding(&game, &good, |_, body| drop(body.drain(32 * keys..views)));
        assert_eq!(fewer, Finding::Inconclusive, "{keys}");
    }
    let more = finding(&game, &good, |_, body| drop(body.splice(views..views, [0; 32])));
    assert_eq!(more, Finding::Inconclusive);
}

#[test]
fn k3_3_a_complaint_about_no_key_to_one_party_convicts_nobody() {
    let stage = Stage::usual();
    let game = stage.play(&mut |_, letter| {
        if is(letter, Of::Certify) {
            // as long as a complaint about the first key
            let len = stage.run.schemes().len();
            let mut body = vec![0xff; 1 + 32 + 2 + 33 + 64 + 56 + stage.share_len() + 64];
            body[0] = len as u8;
            (letter.header, letter.body) = (header_of(letter, Kind::Complaint), body);
        }
        true
    });
    let good = evidence(&game);
    assert_eq!(good.kind, EvidenceKind::Undecodable);
    assert_eq!(finding(&game, &good, |_, _| ()), Finding::Guilty(id(VILLAIN), Fault::Malformed));
    for to in [1, 2, VILLAIN] {
        assert_eq!(
            finding(&game, &good, |header, _| header.to = Some(id(to))),
            Finding::Inconclusive,
            "{to}"
        );
    }
    for round in [0, 1, 2, 4] {
        assert_eq!(finding(&game, &good, |header, _| header.round = round), Finding::Inconclusive, "{round}");
    }
    // as long as the complaint about another key, and as none
    let of_length = |len| finding(&game, &good, |_, body| body.resize(len, 0));
    let len = good.messages[0].bytes.len() - 56;
    assert_eq!(of_length(len - 1), Finding::Guilty(id(VILLAIN), Fault::Malformed));
    for len in [1, len - 2, len + 1] {
        assert_eq!(of_length(len), Finding::Inconclusive, "{len}");
    }
}

/// A notice has no slot and no body: there are no two versions of it.
#[test]
fn notices_are_no_equivocation() {
    let stage = Stage::usual();
    let good = Header { round: 0, kind: Kind::Notice, ..stage.fair().letters[0].header };
    let envelope = |header: &Header, body: &[u8]| -> Envelope {
        seal(&stage.cast, &[&header.to_bytes()[..], body].concat()).0.envelope().clone()
    };
    let judged = |header: Header| {
        let messages = vec![envelope(&header, b""), envelope(&header, b"more")];
        judge(&stage.run, &Evidence { kind: EvidenceKind::Equivocation, messages, attachments: Vec::new() })
    };
    assert_eq!(judged(good), Finding::Inconclusive);
    let message = Header { round: 1, kind: Kind::All, ..good };
    assert_eq!(judged(message), Finding::Guilty(message.from, Fault::Equivocation));
}
