//! Numbers for foreign interfaces: none changes, none is used twice.

use std::collections::BTreeSet;

use quorate::channel::ChannelError;
use quorate::cluster::ClusterError;
use quorate::envelope::EnvelopeError;
use quorate::error::{Abort, Chance, Doubt, Fault, Rejected, ResumeError, SetupError, Verdict};
use quorate::key::epoch::EpochError;
use quorate::key::{CertificateError, XpubError};
use quorate::party::Parties;

use super::id;

#[test]
fn setup_errors_keep_their_numbers() {
    use SetupError as E;
    let (a, b, limit) = (id(1), id(2), 3);
    let all = [
        (E::PartyId(0), 1001),
        (E::DuplicateParty(a), 1002),
        (E::TooManyParties { limit }, 1003),
        (E::Threshold { t: 1, n: 1 }, 1004),
        (E::RosterSize { roster: 1, n: 2 }, 1005),
        (E::DuplicateIdentity(a, b), 1006),
        (E::BadIdentity(a), 1007),
        (E::SelfMissing(a), 1008),
        (E::NotInRoster(a), 1009),
        (E::TooFewSigners { signers: 1, t: 2 }, 1010),
        (E::WrongSigner(a), 1011),
        (E::NothingToKeep, 1012),
        (E::WrongNonce(a), 1013),
        (E::Malformed("x"), 1014),
        (E::SessionSpent(a), 1015),
        (E::Banned(a), 1016),
        (E::NoPairing(a), 1017),
        (E::ForeignPairing(a), 1018),
        (E::PairingRenewed(a), 1019),
        (E::SignerCount { signers: 1, t: 2 }, 1020),
        (E::WrongKey(a), 1021),
        (E::WrongEpoch { who: a, share: 0, key: 1 }, 1022),
        (E::ZeroDigest, 1023),
        (E::BatchSize { found: 4, limit }, 1024),
        (E::WrongPresignature, 1025),
        (E::Underivable(1 << 31), 1026),
        (E::SameIdentity, 1027),
        (E::RefreshFirst(a), 1028),
        (E::Burned(a), 1029),
        (E::PairingOutdated(a), 1030),
        (E::DealerCount { dealers: 1, t: 2 }, 1031),
        (E::EpochOrder { epoch: 1, base: 1 }, 1032),
        (E::IdTaken(a), 1033),
        (E::ThresholdChange { from: 2, to: 3 }, 1034),
        (E::WrongSecret(a), 1035),
        (E::RosterChange, 1036),
        (E::ShareMissing(a), 1037),
        (E::SetSize { found: 17, limit: 16 }, 1038),
    ];
    let numbers: Vec<_> = all.iter().map(|(error, _)| error.code()).collect();
    assert_eq!(numbers, all.iter().map(|(_, number)| *number).collect::<Vec<_>>());
    assert_eq!(numbers, (1001..=1038).collect::<Vec<_>>());
    let texts: BTreeSet<_> = all.iter().map(|(error, _)| error.to_string()).collect();
    assert_eq!(texts.len(), all.len(), "no two read the same");
}

#[test]
fn verdicts_keep_their_numbers() {
    let number = |verdict| Abort { round: 1, check: "X1.1", verdict, others: Vec::new() }.code();
    let faults = [
        Fault::Malformed,
        Fault::BadOpening,
        Fault::BadProof,
        Fault::BadShare,
        Fault::BadSignature,
        Fault::FalseComplaint,
        Fault::Equivocation,
        Fault::AlreadyBanned,
        Fault::OtExtension,
        Fault::Vole,
        Fault::Consistency,
        Fault::BadConstant,
    ];
    for (fault, expected) in faults.into_iter().zip(1..) {
        assert_eq!(fault.code(), expected, "{fault:?}");
        assert_eq!(number(Verdict::Cheater { who: id(1), fault, evidence: None }), 3000 + expected);
    }
    let doubts = [
        Doubt::ViewsDiffer,
        Doubt::Opening,
        Doubt::Confirmation,
        Doubt::KeySum,
        Doubt::Signature,
        Doubt::ShareSum,
    ];
    for (why, expected) in doubts.into_iter().zip(3101..) {
        let who = Parties::from_numbers([1, 2]).unwrap();
        assert_eq!(number(Verdict::Suspects { who, why }), expected, "{why:?}");
    }
    for (why, expected) in [(Chance::Degenerate, 3201), (Chance::OwnFault, 3202)] {
        assert_eq!(number(Verdict::NoFault { why }), expected, "{why:?}");
    }
}

#[test]
fn errors_of_records_and_extended_keys_keep_their_numbers() {
    let (a, epoch, highest) = (id(1), 1, 2);
    let certificates = [CertificateError::Foreign, CertificateError::BadSignature(a)];
    assert!(certificates.iter().map(CertificateError::code).eq(5101..=5102));
    let records = [
        EpochError::WrongKey,
        EpochError::WrongDevice(a),
        EpochError::Signed { epoch, highest },
        EpochError::FarAhead { epoch, highest },
        EpochError::Unknown,
        EpochError::Burned(a),
        EpochError::NoShare(a),
        EpochError::Promised(1),
        EpochError::Unreadable,
    ];
    assert!(records.iter().map(EpochError::code).eq(5111..=5119));
    assert_eq!(EpochError::Certificate(CertificateError::Foreign).code(), 5101);
    let extended = [
        XpubError::Base58,
        XpubError::Length,
        XpubError::Checksum,
        XpubError::Secret,
        XpubError::Version([0; 4]),
        XpubError::Root,
        XpubError::PublicKey,
    ];
    assert!(extended.iter().map(XpubError::code).eq(5121..=5127));
}

#[test]
fn errors_of_channels_clusters_and_envelopes_keep_their_numbers() {
    use ChannelError as E;
    let envelopes = [
        (EnvelopeError::Malformed, 5181),
        (EnvelopeError::UnknownSender, 5182),
        (EnvelopeError::BadSignature, 5183),
        (EnvelopeError::HeaderMismatch, 5185),
        (EnvelopeError::NotForMe, 5186),
    ];
    let channels = [
        (E::Malformed, 5141),
        (E::OtherRoster, 5142),
        (E::WrongPeer, 5143),
        (E::WrongRole, 5144),
        (E::UnknownHandshake, 5145),
        (E::Reflected, 5146),
        (E::BadSignature, 5147),
        (E::LowOrder, 5148),
        (E::BadConfirmation, 5149),
        (E::WrongSigner, 5152),
        (E::NotSigned, 5153),
        (E::SelfMissing, 5154),
        (E::NotConnected, 5155),
        (E::TooLong, 5156),
        (E::MalformedRecord, 5161),
        (E::UnknownChannel, 5162),
        (E::TooOld, 5163),
        (E::Replayed, 5164),
        (E::BadTag, 5165),
        (E::ForeignMessage, 5166),
        (E::RekeyRequired, 5167),
        (E::Unsigned, 5168),
    ];
    assert!(envelopes.iter().all(|(error, number)| error.code() == *number));
    assert!(channels.iter().all(|(error, number)| error.code() == *number));
    // An envelope's number stays its own in a record.
    assert!(envelopes.iter().all(|(error, number)| E::Envelope(error.clone()).code() == *number));
    let texts: BTreeSet<_> = channels.iter().map(|(error, _)| error.to_string()).collect();
    assert_eq!(texts.len(), channels.len(), "no two read the same");
    assert_eq!([ClusterError::BadRoster, ClusterError::NotSuccessor].map(|e| e.code()), [5003, 5006]);
}

#[test]
fn refusals_keep_their_numbers() {
    let a = id(1);
    let all = [
        Rejected::Header,
        Rejected::Protocol(9),
        Rejected::Session,
        Rejected::SetupMismatch(a),
        Rejected::WrongSender { transport: a, header: a },
        Rejected::Unexpected(a),
        Rejected::NotForMe,
        Rejected::Slot { round: 1, kind: 1 },
        Rejected::Length { expected: 1, found: 2 },
        Rejected::PastRound(1),
        Rejected::Conflict { who: a, evidence: None },
        Rejected::Unsigned,
        Rejected::Roster,
    ];
    assert!(all.iter().map(Rejected::code).eq(2001..=2013));
    let all = [ResumeError::Spent, ResumeError::Foreign, ResumeError::Malformed, ResumeError::MustPairAnew];
    assert!(all.iter().map(ResumeError::code).eq(4001..=4004));
}

#[test]
fn protocols_keep_their_numbers() {
    use quorate::{dkg, ecdsa, frost, import, keyset, pairing, refresh, repair, reshare};
    assert_eq!([pairing::PROTOCOL, dkg::PROTOCOL, refresh::PROTOCOL, reshare::PROTOCOL], [1, 2, 3, 4]);
    assert_eq!([repair::PROTOCOL, frost::PROTOCOL, import::PROTOCOL, keyset::PROTOCOL], [5, 9, 10, 13]);
    assert_eq!([ecdsa::SIGN, ecdsa::PRESIGN, ecdsa::ONLINE], [6, 7, 8]);
}
