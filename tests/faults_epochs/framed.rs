//! Two who lie together about an honest dealer.

use quorate::curve::{Ed25519, FrostEd25519, encode_point, read_point};
use quorate::dkg::judge;
use quorate::error::Fault;
use quorate::evidence::{Envelope, Evidence, EvidenceKind};
use quorate::party::PartyId;
use quorate::session::Finding;
use quorate::wire::Kind;

use crate::game::seal;
use crate::hash::sha256;
use crate::puppet::{Lane, id};
use crate::stage::reshare;

/// Party 6 only receives, party 3 deals and receives. On a curve whose points are as long as a commitment, their first messages are of one
/// length, and mean other things: where 3 commits, 6 has its first key. So if 3 signs the first message of 6 as its own, and a judge took it
/// for that of 6, every key of 6 would seem to be the next one, and what 6 opens with that one would not be what the dealer dealt.
#[test]
fn k3_3_the_first_message_of_another_party_decides_no_complaint() {
    type E = FrostEd25519;
    const LIAR: u16 = 6;
    const HELPER: u16 = 3;
    const ACCUSED: u16 = 1;
    let mut game = reshare::<E>(&[HELPER, LIAR]);
    game.play_fair();
    let (liar, accused, bystander) = (id(LIAR), id(ACCUSED), id(7));
    let first = game.body(1, liar, bystander).unwrap().to_vec();
    assert_eq!(first.len(), game.body(1, id(HELPER), bystander).unwrap().len());
    // The key that 6 made for 3, in the place of the one for 1.
    let (e1, key) = (game.view(liar, 1).unwrap(), game.key(liar, id(HELPER)).to_vec());
    let e = game.puppets[&liar].e[&id(HELPER)];
    let share = game.private(ACCUSED, LIAR).clone();
    let point = &share.body()[..32];
    let opened = encode_point::<Ed25519>(&(read_point::<Ed25519>(point).unwrap() * e)).unwrap();
    let lane = Lane { e1: &e1, dealer: accused, receiver: liar, key: &key };
    let proof = lane.prove::<E>(&e, point, &opened);
    let mut complaint = game.complaint(LIAR, ACCUSED);
    complaint.open_as::<E>(opened, proof);
    let hashes = |round, ids: &[PartyId]| -> Vec<(PartyId, Vec<u8>)> {
        let hash = |from: &PartyId| (*from, sha256(game.body(round, *from, bystander).unwrap()).to_vec());
        ids.iter().map(hash).collect()
    };
    let judged = |commit: Envelope| {
        let messages = vec![
            seal(&game.header(3, Kind::Complaint, liar, None), &complaint.body()),
            game.envelope(2, ACCUSED, 7).envelope().clone(),
            share.envelope().clone(),
            commit,
        ];
        let attachments = vec![hashes(1, &game.ids), hashes(2, &game.facts.dealers)];
        judge(&game.run, &Evidence { kind: EvidenceKind::Complaint, messages, attachments })
    };
    let own = game.envelope(1, LIAR, 7).envelope().clone();
    assert_eq!(judged(own), Finding::Guilty(liar, Fault::FalseComplaint));
    let others = seal(&game.header(1, Kind::All, id(HELPER), None), &first);
    assert_eq!(judged(others), Finding::Inconclusive);
}
