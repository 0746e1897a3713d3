//! Complaints about a share of one key, true and false, and what the length of one says.

use quorate::error::{Fault, Rejected};
use quorate::evidence::{Envelope, Evidence, EvidenceKind};
use quorate::keyset::{AnyScheme, judge};
use quorate::session::Finding;
use quorate::sim::Letter;
use quorate::wire::{HEADER_LEN, Kind};

use crate::driver::id;
use crate::stage::{E, Game, LIST, Of, Stage, VILLAIN, envelope, header_of, is, point_len};

type Change<'a> = &'a dyn Fn(&mut Vec<u8>);

/// `G`, as every proof of nothing opens to it.
fn base(scheme: AnyScheme) -> Vec<u8> {
    use quorate::curve::{Curve, Ed25519, P256, Secp256k1, encode_point};
    fn g<C: Curve>() -> Vec<u8> {
        encode_point::<C>(&C::mul_base(&C::Scalar::from(1))).unwrap()
    }
    match scheme {
        AnyScheme::EcdsaSecp256k1 => g::<Secp256k1>(),
        AnyScheme::EcdsaP256 => g::<P256>(),
        _ => g::<Ed25519>(),
    }
}

fn letter(seen: &[Letter], of: Of, from: u16, to: u16) -> &Letter {
    seen.iter().find(|l| is(l, of) && l.header.from == id(from) && l.to == id(to)).unwrap()
}

/// The villain's complaint about the dealer's share of a key, with nothing opened.
fn complaint(stage: &Stage, seen: &[Letter], certify: &[u8], index: usize, dealer: u16) -> Vec<u8> {
    let mut body = vec![index as u8];
    body.extend_from_slice(&certify[stage.piece(index, Of::Certify)]);
    body.extend_from_slice(&dealer.to_be_bytes());
    body.extend_from_slice(&base(LIST[index]));
    body.extend_from_slice(&[0; 64]);
    body.extend_from_slice(&envelope(stage, letter(seen, Of::Share, dealer, VILLAIN)));
    body
}

/// Plays with a complaint of the villain's in the place of its certificate.
fn complaining<'a>(stage: &'a Stage, index: usize, dealer: u16, change: &dyn Fn(&mut Vec<u8>)) -> Game<'a> {
    stage.play(&mut |seen, letter| {
        if is(letter, Of::Certify) {
            let mut body = complaint(stage, seen, &letter.body, index, dealer);
            change(&mut body);
            (letter.header, letter.body) = (header_of(letter, Kind::Complaint), body);
        }
        true
    })
}

#[test]
fn k3_3_false_complaint_convicts_the_complainant() {
    let stage = Stage::usual();
    for index in 0..LIST.len() {
        for (dealer, other) in [(1, 2), (2, 1)] {
            let game = complaining(&stage, index, dealer, &|_| ());
            let label = format!("key {index} about {dealer}");
            game.convicted(other, (3, "K3.3"), Fault::FalseComplaint, true, &label);
            // the accused has no signature on its own reveal
            game.convicted(dealer, (3, "K3.3"), Fault::FalseComplaint, false, &label);
        }
    }
}

#[test]
fn k3_3_complaint_that_decides_nothing_convicts_the_complainant() {
    let stage = Stage::usual();
    for (index, scheme) in LIST.into_iter().enumerate() {
        let head = 35 + point_len(scheme) + 64;
        let cases: [(&str, Change<'_>); 8] = [
            ("about itself", &|body| body[33..35].copy_from_slice(&VILLAIN.to_be_bytes())),
            ("about nobody", &|body| body[33..35].copy_from_slice(&[0, 0])),
            ("about a stranger", &|body| body[33..35].copy_from_slice(&[0, 9])),
            ("about another dealer", &|body| body[33..35].copy_from_slice(&[0, 2])),
            ("an envelope that does not hold", &|body| *body.last_mut().unwrap() ^= 1),
            ("an envelope of another binding", &|body| body[head + HEADER_LEN - 1] ^= 1),
            ("no such key", &|body| body[0] = LIST.len() as u8),
            ("no such key at all", &|body| body[0] = 255),
        ];
        for (name, change) in cases {
            let game = complaining(&stage, index, 1, change);
            let label = format!("key {index} {name}");
            for party in [1, 2] {
                game.convicted(party, (3, "K3.3"), Fault::Malformed, true, &label);
            }
        }
    }
}

#[test]
fn k3_3_complaint_with_the_length_of_another_key_convicts_the_complainant() {
    let stage = Stage::usual();
    let ed = LIST.iter().position(|scheme| *scheme == E).unwrap();
    // about key 0 with the length that complaints about the Ed25519 key have, and the other way round
    let to_ed: &dyn Fn(&mut Vec<u8>) = &|body| body.truncate(body.len() - 1);
    let from_ed: &dyn Fn(&mut Vec<u8>) = &|body| body.push(0);
    for (index, change) in [(0, to_ed), (ed, from_ed)] {
        // whatever its view is
        for view in [0, 1] {
            let game = complaining(&stage, index, 1, &|body| {
                change(body);
                body[1] ^= view;
            });
            for party in [1, 2] {
                let label = format!("key {index}, view {view}");
                game.convicted(party, (3, "K3.3"), Fault::Malformed, true, &label);
            }
        }
    }
    // the place of a key of the same length is another complaint: its view is not that key's
    let game = complaining(&stage, 0, 1, &|body| body[0] = 3);
    [1, 2].into_iter().for_each(|party| game.suspects(party, 3, "K3.1", "another place"));
    // any other length is no message of the run
    let game = complaining(&stage, 0, 1, &|body| body.push(0));
    for party in [1, 2] {
        game.waits(party, "another length");
        let [Rejected::Length { .. }] = game.reports[&party].rejected[..] else { panic!("{party}") };
    }
}

#[test]
fn k3_1_complaint_of_another_view_leaves_suspects() {
    let stage = Stage::usual();
    for index in 0..LIST.len() {
        let game = complaining(&stage, index, 1, &|body| body[1] ^= 1);
        [1, 2].into_iter().for_each(|party| game.suspects(party, 3, "K3.1", &format!("key {index}")));
    }
}

/// What no session accepts, or an honest party sends, convicts nobody, whoever presents it as undecodable.
#[test]
fn messages_of_another_length_and_honest_complaints_convict_nobody() {
    let stage = Stage::usual();
    let undecodable = |letter: &Letter| Evidence {
        kind: EvidenceKind::Undecodable,
        messages: vec![Envelope::from_bytes(&envelope(&stage, letter)).unwrap()],
        attachments: Vec::new(),
    };
    // a one-time key that does not decode convicts; in a message that is too long or too short it does not
    let fair = stage.fair();
    let mut bad = letter(&fair.letters, Of::Commit, VILLAIN, 1).clone();
    bad.body[64..96].fill(0xff);
    let guilty = Finding::Guilty(id(VILLAIN), Fault::Malformed);
    assert_eq!(judge(&stage.run, &undecodable(&bad)), guilty);
    bad.body.push(0);
    assert_eq!(judge(&stage.run, &undecodable(&bad)), Finding::Inconclusive);
    bad.body.truncate(bad.body.len() - 2);
    assert_eq!(judge(&stage.run, &undecodable(&bad)), Finding::Inconclusive);
    for index in 0..LIST.len() {
        let at = stage.piece(index, Of::Share).start;
        let game = stage.play(&mut |_, letter| {
            if is(letter, Of::Share) && letter.to == id(1) {
                letter.body[at..].fill(0xff);
            }
            true
        });
        let honest = game.letters.iter().filter(|letter| letter.header.from != id(VILLAIN));
        let mut complaints = 0;
        for letter in honest {
            assert_eq!(judge(&stage.run, &undecodable(letter)), Finding::Inconclusive);
            complaints += usize::from(letter.header.kind == Kind::Complaint);
        }
        assert_eq!(complaints, 2, "to both others");
    }
}

/// The share that a true complaint is about is of one key; the complaint names it, and quotes what was signed.
#[test]
fn a_complaint_quotes_the_envelope_of_the_set() {
    let stage = Stage::usual();
    for (index, scheme) in LIST.into_iter().enumerate() {
        let at = stage.piece(index, Of::Share).start;
        let game = stage.play(&mut |_, letter| {
            if is(letter, Of::Share) && letter.to == id(1) {
                letter.body[at..].fill(0xff);
            }
            true
        });
        let complaint = game.letters.iter().find(|letter| letter.header.kind == Kind::Complaint).unwrap();
        let body = &complaint.body;
        let head = 35 + point_len(scheme) + 64;
        assert_eq!(body.len(), head + HEADER_LEN + stage.share_len() + 64);
        assert_eq!((body[0], &body[33..35]), (index as u8, &VILLAIN.to_be_bytes()[..]));
        let share = letter(&game.letters, Of::Share, VILLAIN, 1);
        assert_eq!(body[head..], envelope(&stage, share)[..]);
        // the secrets of the other keys stay theirs: only this key's one-time value is opened
        game.convicted(2, (3, "K3.3"), Fault::Malformed, true, &format!("key {index}"));
    }
}
