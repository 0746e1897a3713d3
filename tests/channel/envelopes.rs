//! E1 to E6, and two envelopes that convict.

use quorate::channel::{ChannelError, Content, Event, Opened};
use quorate::envelope::{EnvelopeError, MAX_ENVELOPE_LEN, Unsigned, Verified, equivocation};
use quorate::error::Rejected;
use quorate::identity::Roster;
use quorate::wire::{Header, Kind, SessionId};

use crate::stage::{C, I, R, id, key, pair, roster};

pub(crate) fn header(protocol: u8, round: u8, kind: Kind, from: u16, to: Option<u16>) -> Header {
    let to = to.map(|to| if to == 65535 { quorate::party::PartyId::COORDINATOR } else { id(to) });
    Header { protocol, round, kind, from: id(from), to, session: SessionId([1; 16]), binding: [2; 32] }
}

fn signed_by(signer: u16, header: Header, body: &[u8]) -> Vec<u8> {
    let message = [&header.to_bytes()[..], body].concat();
    Unsigned::new(&message).unwrap().sign_with(&mut key(signer)).unwrap().to_bytes()
}

pub(crate) fn signed(header: Header, body: &[u8]) -> Vec<u8> {
    signed_by(header.from.get(), header, body)
}

fn all() -> Roster {
    roster(&[I, R, C])
}

fn open(bytes: &[u8]) -> Result<Verified, EnvelopeError> {
    Verified::open_for(&all(), id(R), bytes)
}

#[test]
fn e1_size_version_and_protocol() {
    let commit = header(2, 1, Kind::All, I, None);
    let good = signed(commit, b"body");
    open(&good).unwrap();
    for len in 0..120 {
        assert_eq!(open(&good[..len]), Err(EnvelopeError::Malformed));
    }
    let empty = signed(commit, b"");
    assert_eq!(empty.len(), 120);
    open(&empty).unwrap();
    let most = vec![0; MAX_ENVELOPE_LEN - 120];
    open(&signed(commit, &most)).unwrap();
    let long = signed(commit, &vec![0; MAX_ENVELOPE_LEN - 119]);
    assert_eq!(open(&long), Err(EnvelopeError::Malformed));
    assert_eq!(Verified::open(&all(), &long), Err(EnvelopeError::Malformed));
    let parts = quorate::evidence::Envelope::from_bytes(&long).unwrap();
    assert_eq!(parts.verify(&all()), Err(EnvelopeError::Malformed));
    for protocol in [0, 11, 12, 14, 255] {
        let unknown = signed(Header { protocol, ..commit }, b"body");
        assert_eq!(open(&unknown), Err(EnvelopeError::Malformed));
        assert_eq!(equivocation(&all(), &unknown, &unknown), Err(EnvelopeError::HeaderMismatch));
    }
    let mut version = good.clone();
    version[0] = 2;
    assert_eq!(open(&version), Err(EnvelopeError::Malformed));
    assert_eq!(EnvelopeError::Malformed.code(), 5181);
}

#[test]
fn e3_the_sender_is_a_member() {
    let stranger = signed_by(I, header(2, 1, Kind::All, 4, None), b"");
    assert_eq!(open(&stranger), Err(EnvelopeError::UnknownSender));
    assert_eq!(EnvelopeError::UnknownSender.code(), 5182);
}

#[test]
fn e4_the_signature_is_the_senders_over_all_bytes() {
    let good = signed(header(2, 1, Kind::All, I, None), b"body");
    let other = signed_by(C, header(2, 1, Kind::All, I, None), b"body");
    assert_eq!(open(&other), Err(EnvelopeError::BadSignature));
    for at in 8..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert_eq!(open(&bad), Err(EnvelopeError::BadSignature), "{at}");
    }
    assert_eq!(EnvelopeError::BadSignature.code(), 5183);
}

#[test]
fn e5_only_messages_that_a_protocol_signs() {
    let dealing = [(1, Kind::All), (2, Kind::All), (2, Kind::Direct), (3, Kind::All), (3, Kind::Complaint)];
    let helping = [(1, Kind::Direct), (2, Kind::Direct)];
    let frost = [(1, Kind::All), (2, Kind::All), (1, Kind::Direct), (2, Kind::Direct)];
    let slots = |protocol| -> &[(u8, Kind)] {
        match protocol {
            2 | 3 | 4 | 10 | 13 => &dealing,
            5 => &helping,
            9 => &frost,
            _ => &[],
        }
    };
    for protocol in (1..=10).chain([13]) {
        for round in 0..5 {
            for kind in [Kind::All, Kind::Direct, Kind::Complaint, Kind::Notice] {
                for to in [None, Some(R)] {
                    let right = !slots(protocol).is_empty()
                        && (slots(protocol).contains(&(round, kind)) || (round, kind) == (0, Kind::Notice))
                        && to.is_some() == (kind == Kind::Direct);
                    let found = open(&signed(header(protocol, round, kind, I, to), b""));
                    let expected = if right { Ok(()) } else { Err(EnvelopeError::HeaderMismatch) };
                    assert_eq!(found.map(drop), expected, "{protocol} {round} {kind:?} {to:?}");
                }
            }
        }
    }
    assert_eq!(EnvelopeError::HeaderMismatch.code(), 5185);
}

#[test]
fn e6_to_this_device_or_to_all() {
    let to = |protocol, to| open(&signed(header(protocol, 2, Kind::Direct, I, Some(to)), b""));
    assert!(to(2, R).is_ok() && to(9, R).is_ok());
    assert_eq!(to(2, C), Err(EnvelopeError::NotForMe));
    assert_eq!(to(9, C), Err(EnvelopeError::NotForMe));
    // A coordinator without a share is whoever runs it.
    assert!(to(9, 65535).is_ok());
    assert_eq!(to(2, 65535), Err(EnvelopeError::NotForMe));
    assert_eq!(EnvelopeError::NotForMe.code(), 5186);
}

#[test]
fn an_envelope_counts_under_another_roster_with_the_same_signer() {
    let open = open(&signed(header(2, 1, Kind::All, I, None), b"body")).unwrap();
    let some = roster(&[I, R]);
    let seen = open.under(&some).unwrap();
    assert_eq!((seen.roster(), seen.body(), seen.header()), (some.hash(), open.body(), open.header()));
    assert_eq!(open.under(&roster(&[R, C])), None);
    let taken = Roster::new([(id(I), key(1).public()), (id(R), key(R).public())]).unwrap();
    assert_eq!(open.under(&taken), None, "the id is somebody else's there");
}

/// In a record: the checks are those above, and who forwards an envelope is not who signed it.
#[test]
fn t6_envelopes_in_records_are_verified() {
    let (mut i, mut r) = pair();
    let mut send = |bytes: &[u8]| {
        let record = i.peers.seal(id(R), Content::Envelope, bytes).unwrap();
        r.take(&record)
    };
    let refused = |found: Result<Event, ChannelError>, error: EnvelopeError| {
        let found = found.unwrap_err();
        assert_eq!((found.clone(), found.code()), (ChannelError::Envelope(error.clone()), error.code()));
    };
    refused(send(b"short"), EnvelopeError::Malformed);
    refused(send(&signed_by(I, header(2, 1, Kind::All, 4, None), b"")), EnvelopeError::UnknownSender);
    refused(send(&signed_by(I, header(2, 1, Kind::All, C, None), b"")), EnvelopeError::BadSignature);
    refused(send(&signed(header(6, 3, Kind::All, I, None), b"")), EnvelopeError::HeaderMismatch);
    refused(send(&signed(header(2, 2, Kind::Direct, I, Some(C)), b"")), EnvelopeError::NotForMe);
    for (from, round, kind, to) in
        [(I, 1, Kind::All, None), (C, 1, Kind::All, None), (C, 2, Kind::Direct, Some(R))]
    {
        let bytes = signed(header(2, round, kind, from, to), b"body");
        let event = send(&bytes).unwrap();
        let Event::Received(opened) = event else { panic!("{event:?}") };
        assert_eq!(opened.peer(), id(I), "who forwards");
        let Opened::Envelope { envelope, .. } = &opened else { panic!("{opened:?}") };
        assert_eq!(opened.header(), Some(envelope.header()));
        assert_eq!((envelope.header().from, envelope.envelope().to_bytes()), (id(from), bytes));
        // A session of parties among whom the signer is not takes nothing.
        let mut session = crate::sessions::frost_signer();
        let refused = opened.deliver(&mut session, &roster(&[R, 4])).unwrap();
        assert_eq!(refused, Err(Rejected::Roster));
    }
}

#[test]
fn two_contents_of_one_slot_convict_their_signer() {
    let slot = header(2, 1, Kind::All, I, None);
    let judge = |a: &[u8], b: &[u8]| equivocation(&all(), a, b);
    let one = signed(slot, b"one");
    assert_eq!(judge(&one, &signed(slot, b"two")), Ok(Some(id(I))));
    assert_eq!(judge(&one, &one), Ok(None), "the same twice");
    // A certificate and a complaint share a slot, whatever their bodies.
    let [certify, complaint] = [Kind::All, Kind::Complaint].map(|kind| header(2, 3, kind, I, None));
    assert_eq!(judge(&signed(certify, b"x"), &signed(complaint, b"x")), Ok(Some(id(I))));
    assert_eq!(judge(&signed(complaint, b"x"), &signed(complaint, b"y")), Ok(Some(id(I))));
    // Anything else in the headers differs: two messages, not two versions of one.
    let others = [
        Header { binding: [3; 32], ..slot },
        Header { session: SessionId([2; 16]), ..slot },
        Header { protocol: 3, ..slot },
        Header { round: 2, ..slot },
        header(2, 1, Kind::All, R, None),
        header(2, 2, Kind::Direct, I, Some(R)),
    ];
    for other in others {
        assert_eq!(judge(&one, &signed(other, b"two")), Ok(None), "{other:?}");
    }
    let [to_r, to_c] = [R, C].map(|to| header(2, 2, Kind::Direct, I, Some(to)));
    assert_eq!(judge(&signed(to_r, b"x"), &signed(to_c, b"y")), Ok(None));
    // A notice has no slot; what no protocol signs is no evidence; a forgery convicts nobody.
    let notice = header(2, 0, Kind::Notice, I, None);
    assert_eq!(judge(&signed(notice, b"x"), &signed(notice, b"y")), Ok(None));
    let broadcast = header(6, 3, Kind::All, I, None);
    let unsigned = [b"x", b"y"].map(|body| signed(broadcast, body));
    for [a, b] in [[&unsigned[0], &unsigned[1]], [&one, &unsigned[0]], [&unsigned[0], &one]] {
        assert_eq!(judge(a, b), Err(EnvelopeError::HeaderMismatch));
    }
    assert_eq!(judge(&one, &signed_by(C, slot, b"two")), Err(EnvelopeError::BadSignature));
    assert_eq!(judge(&one[1..], &one), Err(EnvelopeError::Malformed));
}

/// A helper's private message in a repair is part of a share: no form of it shows its body.
#[test]
fn debug_shows_no_private_body() {
    let body = [0xabu8; 32];
    let shown = |header: Header| {
        let message = [&header.to_bytes()[..], &body].concat();
        let unsigned = Unsigned::new(&message).unwrap();
        let first = format!("{unsigned:?}");
        let envelope = unsigned.sign_with(&mut key(I)).unwrap();
        let verified = open(&envelope.to_bytes()).unwrap();
        let texts = [first, format!("{envelope:?}"), format!("{verified:?}")];
        texts.map(|text| text.contains("171, 171"))
    };
    assert_eq!(shown(header(5, 1, Kind::Direct, I, Some(R))), [false; 3]);
    assert_eq!(shown(header(2, 1, Kind::All, I, None)), [true, true, false]);
}
