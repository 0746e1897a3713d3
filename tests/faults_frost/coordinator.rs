//! The coordinator flow: a coordinator that sends other lists, signers that send other answers.

use curve25519_dalek::scalar::Scalar;
use quorate::error::{Abort, Fault, Rejected, SetupError};
use quorate::frost::{self, Coordinator, Cosigner, NonceCommitments, SigningNonces};
use quorate::party::PartyId;
use quorate::session::{Finding, Receipt, Session, Status};
use quorate::wire::Kind;
use sha2::{Digest, Sha256};

use crate::game::{E, Game, Puppet, encode, id, party, rng, suspects};
use crate::reference::{List, point, scalar};
use crate::values::{digests, never_points, never_scalars, points, scalars, torsion};

const SIGNERS: [u16; 3] = [1, 3, 4];
const HUBS: [u16; 3] = [2, 3, u16::MAX];
const LIST: (u8, Kind) = (1, Kind::Direct);
const ANSWER: (u8, Kind) = (2, Kind::Direct);

fn game() -> Game {
    Game::new(2, 5, &SIGNERS, 21)
}

/// A coordinator without a share has no identity key, and signs nothing.
fn modes(hub: u16) -> &'static [bool] {
    if hub == u16::MAX { &[false] } else { &[false, true] }
}

fn bytes(list: &List) -> Vec<u8> {
    list.values().flatten().copied().collect()
}

fn commitments(list: &List) -> Vec<(PartyId, NonceCommitments)> {
    list.iter()
        .map(|(number, body)| (id(*number), NonceCommitments::from_bytes::<E>(body).unwrap()))
        .collect()
}

/// An honest signer, and the list that an honest coordinator would send.
fn cosigner(game: &Game, me: u16, hub: u16, seed: u64) -> (Session<Cosigner<E>>, List) {
    let nonces = SigningNonces::generate(game.share(me).into(), &mut rng(seed));
    let mut list: List = SIGNERS.iter().map(|n| (*n, Puppet::new(game, *n, 50).commitments())).collect();
    list.insert(me, nonces.commitments().as_bytes().try_into().unwrap());
    (Cosigner::start(game.share(me), game.task.clone(), party(hub), nonces).unwrap(), list)
}

/// Sends a list to an honest signer: its answer, or its verdict.
fn answer(
    game: &Game,
    mut session: Session<Cosigner<E>>,
    hub: u16,
    signed: bool,
    list: &List,
) -> Result<Vec<u8>, Abort> {
    assert_eq!(game.deliver(&mut session, signed, party(hub), LIST, &bytes(list)), Ok(Receipt::Stored));
    let status = session.advance(&mut rng(3))?;
    assert!(matches!(status, Status::Done(())));
    let sent = session.outgoing(0).next().unwrap();
    assert_eq!((sent.to, session.sent()), (Some(party(hub)), 1));
    Ok(sent.bytes[56..].to_vec())
}

/// Holds an answer or a verdict against the equations; gives the check that decided.
fn hold(
    game: &Game,
    me: u16,
    hub: u16,
    signed: bool,
    (own, list): ([u8; 64], &List),
    found: Result<Vec<u8>, Abort>,
) -> &'static str {
    let signing = game.signing(list);
    let Some(derived) = signing.derive().filter(|derived| derived.commitment.is_torsion_free()) else {
        game.convicts(&found.unwrap_err(), "F1.1", Fault::Malformed, &[hub], signed);
        return "F1.1";
    };
    if list[&me] != own {
        game.convicts(&found.unwrap_err(), "F1.2", Fault::Malformed, &[hub], false);
        return "F1.2";
    }
    let answer = found.unwrap();
    assert_eq!(answer[..32], Sha256::digest(bytes(list))[..]);
    let public_share = game.task.key().public_share(id(me)).unwrap();
    assert!(derived.share_holds(me, &own, &public_share, scalar(&answer[32..]).unwrap()));
    ""
}

/// Changes one field of a list on its way to one signer.
fn change(
    game: &Game,
    me: u16,
    hub: u16,
    signed: bool,
    (entry, at): (u16, usize),
    value: [u8; 32],
) -> &'static str {
    let (session, mut list) = cosigner(game, me, hub, 60);
    let own = list[&me];
    list.get_mut(&entry).unwrap()[at..at + 32].copy_from_slice(&value);
    let found = answer(game, session, hub, signed, &list);
    hold(game, me, hub, signed, (own, &list), found)
}

#[test]
fn f1_1_a_list_with_what_is_no_point_convicts_the_coordinator() {
    let game = game();
    for hub in HUBS {
        for (turn, value) in never_points().into_iter().enumerate() {
            let signed = modes(hub)[turn % modes(hub).len()];
            for entry in SIGNERS {
                assert_eq!(change(&game, 3, hub, signed, (entry, 0), value), "F1.1");
            }
            if point(&value).is_none() {
                assert_eq!(change(&game, 3, hub, signed, (1, 32), value), "F1.1");
            }
        }
    }
}

#[test]
fn f1_2_a_list_with_other_commitments_of_a_signer_convicts_the_coordinator() {
    let game = game();
    let other = Puppet::new(&game, 3, 70).points().map(|p| p.compress().0);
    for hub in HUBS {
        for signed in modes(hub) {
            for at in [0, 32] {
                assert_eq!(change(&game, 3, hub, *signed, (3, at), other[at / 32]), "F1.2");
            }
            // The entries in another order; everybody's entry is somebody's.
            let (session, list) = cosigner(&game, 3, hub, 60);
            let turned: List = list.keys().copied().zip(list.values().copied().cycle().skip(1)).collect();
            let found = answer(&game, session, hub, *signed, &turned);
            assert_eq!(hold(&game, 3, hub, *signed, (list[&3], &turned), found), "F1.2");
        }
    }
}

#[test]
fn every_value_in_a_list_gets_the_verdict_of_the_equations() {
    let game = game();
    let mut seen = std::collections::BTreeMap::<_, usize>::new();
    for (entry, at) in SIGNERS.iter().flat_map(|entry| [(*entry, 0), (*entry, 32)]) {
        let (_, list) = cosigner(&game, 3, 2, 60);
        let [good, twin] = [at, 32 - at].map(|at| point(&list[&entry][at..at + 32]).unwrap());
        let other = Puppet::new(&game, 4, 70).points()[0];
        for (turn, value) in points(good, &[twin, other]).into_iter().enumerate() {
            let hub = HUBS[turn % 3];
            let signed = modes(hub)[turn % modes(hub).len()];
            *seen.entry(change(&game, 3, hub, signed, (entry, at), value)).or_default() += 1;
        }
    }
    assert!(["", "F1.1", "F1.2"].iter().all(|check| seen[check] > 5), "{seen:?}");
}

#[test]
fn a_list_of_another_length_is_no_list() {
    let game = game();
    for hub in HUBS {
        for signed in modes(hub) {
            let (mut session, list) = cosigner(&game, 3, hub, 60);
            let all = bytes(&list);
            for body in [&all[..128], &all[..191], &[&all[..], &all[..64]].concat(), &[]] {
                let refused = game.deliver(&mut session, *signed, party(hub), LIST, body);
                assert_eq!(refused, Err(Rejected::Length { expected: 192, found: body.len() }));
            }
            assert_eq!(session.missing(), [party(hub)]);
            assert!(answer(&game, session, hub, *signed, &list).is_ok());
        }
    }
}

/// Two signers whose small-order parts cancel make a list that everybody accepts. Its coordinator did nothing wrong, and
/// the list does not convict it.
#[test]
fn a_list_whose_small_order_parts_cancel_does_not_convict_the_coordinator() {
    let game = game();
    let (session, mut list) = cosigner(&game, 3, 2, 60);
    for (number, k) in [(1, 3), (4, 5)] {
        let [d, e] = Puppet::new(&game, number, 50).points();
        list.insert(number, encode([d + torsion(k), e]));
    }
    Coordinator::start(game.task.clone(), id(2), commitments(&list)).unwrap();
    assert!(answer(&game, session, 2, true, &list).is_ok());
    let envelope = game.envelope(2, Some(3), 1, &bytes(&list));
    let evidence = quorate::evidence::Evidence {
        kind: quorate::evidence::EvidenceKind::Undecodable,
        messages: vec![envelope],
        attachments: Vec::new(),
    };
    assert_eq!(frost::judge(&game.task, &evidence), Finding::Inconclusive);
}

/// An honest coordinator, and malicious signers' answers instead of all.
fn collect(
    game: &Game,
    hub: u16,
    signed: bool,
    change: impl Fn(u16, &mut Vec<u8>),
) -> Result<[u8; 64], Abort> {
    let puppets = SIGNERS.map(|number| Puppet::new(game, number, 80));
    let list: List = puppets.iter().map(|p| (p.id, p.commitments())).collect();
    let mut session = Coordinator::start(game.task.clone(), party(hub), commitments(&list)).unwrap();
    assert_eq!(session.sent(), 3);
    for message in session.outgoing(0) {
        assert_eq!(message.bytes[56..], bytes(&list));
    }
    for puppet in &puppets {
        let z = puppet.share(&game.signing(&list));
        let mut body = [Sha256::digest(bytes(&list)).to_vec(), z.to_bytes().to_vec()].concat();
        change(puppet.id, &mut body);
        let received = game.deliver(&mut session, signed, id(puppet.id), ANSWER, &body);
        assert_eq!(received, Ok(Receipt::Stored));
    }
    match session.advance(&mut rng(4))? {
        Status::Done(signature) => Ok(signature.into()),
        status => panic!("{status:?}"),
    }
}

/// Everybody in `who` sends `value` in one field.
fn replaced(
    game: &Game,
    hub: u16,
    signed: bool,
    who: &[u16],
    at: usize,
    value: impl Fn(&[u8]) -> [u8; 32],
) -> Abort {
    let change = |number, body: &mut Vec<u8>| {
        if who.contains(&number) {
            let value = value(&body[at..at + 32]);
            body[at..at + 32].copy_from_slice(&value);
        }
    };
    collect(game, hub, signed, change).unwrap_err()
}

#[test]
fn f2_1_whoever_answers_another_list_is_a_suspect() {
    let game = game();
    for (turn, value) in digests([5; 32], &[[6; 32]]).into_iter().enumerate() {
        let hub = HUBS[turn % 3];
        for signed in modes(hub) {
            suspects(&replaced(&game, hub, *signed, &[3], 0, |_| value), [3]);
            suspects(&replaced(&game, hub, *signed, &[4, 1], 0, |_| value), [1, 4]);
        }
    }
}

#[test]
fn f2_2_bad_share_convicts_signer_to_the_coordinator() {
    let game = game();
    for hub in HUBS {
        for signed in modes(hub) {
            let off = |z: &[u8]| (scalar(z).unwrap() + Scalar::ONE).to_bytes();
            for who in [&[1][..], &[3], &[4], &[3, 4], &[1, 3, 4]] {
                let abort = replaced(&game, hub, *signed, who, 32, off);
                game.convicts(&abort, "F2.2", Fault::BadShare, who, *signed);
            }
        }
    }
}

#[test]
fn f2_3_a_share_that_is_no_scalar_convicts_its_signer_to_the_coordinator() {
    let game = game();
    for hub in HUBS {
        for signed in modes(hub) {
            for which in 0..6 {
                let value = |z: &[u8]| never_scalars(scalar(z).unwrap())[which];
                for who in [&[1][..], &[4], &[1, 3]] {
                    let abort = replaced(&game, hub, *signed, who, 32, value);
                    game.convicts(&abort, "F2.3", Fault::Malformed, who, *signed);
                }
            }
        }
    }
}

#[test]
fn every_value_of_an_answer_is_convicted() {
    let game = game();
    let other = Puppet::new(&game, 1, 80).d;
    let count = scalars(other, &[other]).len();
    for which in 0..count {
        let hub = HUBS[which % 3];
        let signed = modes(hub)[which % modes(hub).len()];
        let values = |z: &[u8]| scalars(scalar(z).unwrap(), &[other]);
        let abort = replaced(&game, hub, signed, &[3], 32, |z| values(z)[which]);
        let decodes = abort.check == "F2.2";
        let fault = if decodes { Fault::BadShare } else { Fault::Malformed };
        game.convicts(&abort, if decodes { "F2.2" } else { "F2.3" }, fault, &[3], signed);
    }
}

#[test]
fn f2_4_only_a_sum_that_verifies_is_a_signature_to_the_coordinator() {
    let game = game();
    for hub in HUBS {
        for signed in modes(hub) {
            let add = |body: &mut Vec<u8>, by: Scalar| {
                let z = scalar(&body[32..]).unwrap() + by;
                body[32..].copy_from_slice(z.as_bytes());
            };
            let cancel = |number, body: &mut Vec<u8>| match number {
                1 => add(body, Scalar::ONE),
                4 => add(body, -Scalar::ONE),
                _ => {}
            };
            assert!(game.verifies(collect(&game, hub, *signed, cancel).unwrap()));
            assert!(game.verifies(collect(&game, hub, *signed, |_, _| {}).unwrap()));
            let all = |_, body: &mut Vec<u8>| add(body, Scalar::ONE);
            assert_eq!(collect(&game, hub, *signed, all).unwrap_err().check, "F2.2");
        }
    }
}

/// Before it sends anything, the coordinator names whose commitments it cannot use.
#[test]
fn f1_1_the_coordinator_does_not_start_with_bad_points() {
    let game = game();
    let good: List = SIGNERS.iter().map(|n| (*n, Puppet::new(&game, *n, 50).commitments())).collect();
    for bad in SIGNERS {
        for value in never_points() {
            let mut list = good.clone();
            list.get_mut(&bad).unwrap()[..32].copy_from_slice(&value);
            let refused = Coordinator::start(game.task.clone(), id(2), commitments(&list)).map(drop);
            assert_eq!(refused, Err(SetupError::WrongNonce(id(bad))));
        }
    }
}
