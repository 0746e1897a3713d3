//! Bytes steer one live session among three parties: the honest messages in any order, changed ones signed by their
//! sender, and strings of any kind, signed and unsigned.
//!
//! Held against every input: nothing panics; what is refused changes nothing; a verdict names only who sent something else
//! than in the honest run, and nobody else is banned; evidence convinces the judge; a result is the honest run's, and where nobody cheated so
//! is every byte sent; with all honest messages delivered in the end, the session is over, and with a result unless somebody cheated.

use std::collections::BTreeSet;

use quorate::error::{Chance, Fault, Rejected, Verdict};
use quorate::evidence::Evidence;
use quorate::party::PartyId;
use quorate::session::{Finding, Receipt, Status};
use quorate::wire::Header;

use crate::driver::{Mail, Player, Protocol, Script, seal};
use crate::input::Input;

/// The operations, by their byte.
pub(crate) const ADVANCE: u8 = 0;
pub(crate) const RAW: u8 = 1;
pub(crate) const SIGNED: u8 = 2;
pub(crate) const HONEST: u8 = 3;
/// Turns bits of one byte of a body.
pub(crate) const FLIP: u8 = 4;
pub(crate) const PAUSE: u8 = 5;
/// Writes over a body from its start.
pub(crate) const BODY: u8 = 6;
/// Puts a piece of one honest body into another, as long as a point or a scalar or twice that: a valid value in a wrong place.
pub(crate) const SPLICE: u8 = 7;
/// Puts a value into a body that a decoder or a check must look at: a neutral, an order, a point of small order.
pub(crate) const EDGE: u8 = 8;
/// Turns bits of one byte of a header.
pub(crate) const HEADER: u8 = 9;
/// An honest message as if another had sent it.
pub(crate) const SPOOF: u8 = 10;

const OPERATIONS: u8 = 11;

/// 32 or 33 bytes each: scalars and points of the curves that are fuzzed.
const EDGES: [&[u8]; 11] = [
    &[0; 32],
    &[0xff; 32],
    &[0; 33],
    // 1: a scalar; on edwards25519 the identity
    &hex("0100000000000000000000000000000000000000000000000000000000000000"),
    &hex("0000000000000000000000000000000000000000000000000000000000000001"),
    // of small order on edwards25519: 2, and 8
    &hex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    &hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    // the orders of edwards25519, secp256k1 and P-256
    &hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"),
    &hex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"),
    &hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
    // x = 5, which is on no point of secp256k1
    &[2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5],
];

const fn hex(text: &str) -> [u8; 32] {
    const fn digit(c: u8) -> u8 {
        if c < b'a' { c - b'0' } else { c - b'a' + 10 }
    }
    let (text, mut out, mut at) = (text.as_bytes(), [0; 32], 0);
    while at < 32 {
        out[at] = digit(text[2 * at]) << 4 | digit(text[2 * at + 1]);
        at += 1;
    }
    out
}

/// How a session ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ended {
    Result,
    Verdict,
    /// There was no session.
    Waiting,
}

struct Run<'a, S: Protocol> {
    script: &'a Script<S>,
    honest: Vec<Mail>,
    player: Player<S>,
    /// Who sent something else than in the honest run, and had it taken.
    cheaters: BTreeSet<PartyId>,
    /// Two messages of one sender in one slot.
    conflicts: Vec<(PartyId, Evidence)>,
}

/// Steers a session of `me` by `data`; `pause` takes it down and brings it back, where the protocol can; `judge` judges.
pub(crate) fn steer<S: Protocol>(
    script: &Script<S>,
    me: PartyId,
    data: &[u8],
    pause: impl Fn(Player<S>) -> Player<S>,
    judge: impl Fn(&Evidence) -> Finding,
) -> Ended {
    let mut input = Input::new(data);
    let mut player = script.play(me);
    player.signed = input.byte() & 1 == 1 || S::SIGNED;
    let mut run =
        Run { script, honest: script.inbound(me), player, cheaters: BTreeSet::new(), conflicts: Vec::new() };
    while !input.is_empty() {
        match input.byte() % OPERATIONS {
            ADVANCE => run.advance(),
            PAUSE => {
                if !run.player.session.is_over() {
                    run.player = pause(run.player);
                }
            }
            operation => run.operate(operation, &mut input),
        }
    }
    run.advance();
    // The network is perfect from here on.
    for mail in run.honest.clone() {
        run.receive(&mail);
    }
    run.advance();
    run.verdict(me, judge)
}

impl<S: Protocol> Run<'_, S> {
    fn operate(&mut self, operation: u8, input: &mut Input<'_>) {
        if operation == RAW {
            let parties = self.script.cast.ids();
            let from = parties[input.below(parties.len())];
            let bytes = input.string();
            return self.watch(from, bytes, |player| player.session.receive(from, bytes));
        }
        if operation == SIGNED {
            return self.signed(input.string());
        }
        let mail = self.mail(input.byte());
        match operation {
            HONEST => self.receive(&mail),
            SPOOF => {
                let parties = self.script.cast.ids();
                let from = parties[input.below(parties.len())];
                let bytes = mail.message();
                self.watch(from, bytes, |player| player.session.receive(from, bytes));
            }
            HEADER => {
                let mut bytes = mail.message().to_vec();
                let at = input.below(quorate::wire::HEADER_LEN);
                bytes[at] ^= input.byte();
                self.watch(mail.from(), &bytes, |player| player.session.receive(mail.from(), &bytes));
                self.signed(&bytes);
            }
            _ => {
                let other = self.mail(if operation == SPLICE { input.byte() } else { 0 });
                let changed = self.script.forge(&mail, |body| change(operation, body, other.0.body(), input));
                self.receive(&changed);
            }
        }
    }

    fn mail(&self, number: u8) -> Mail {
        self.honest[usize::from(number) % self.honest.len()].clone()
    }

    fn receive(&mut self, mail: &Mail) {
        self.watch(mail.from(), mail.message(), |player| player.receive(mail));
    }

    fn signed(&mut self, bytes: &[u8]) {
        let Some((header, _)) = Header::split(bytes) else { return };
        if self.script.cast.key(header.from).is_some() {
            let mail = seal(&self.script.cast, bytes);
            self.watch(header.from, bytes, |player| player.session.receive_signed(&mail.0));
        }
    }

    fn watch(
        &mut self,
        from: PartyId,
        bytes: &[u8],
        receive: impl FnOnce(&mut Player<S>) -> Result<Receipt, Rejected>,
    ) {
        let glance = |player: &Player<S>| {
            let session = &player.session;
            let seen = (session.missing(), session.traffic().to_vec(), session.envelopes().count());
            (seen, session.sent(), session.round(), session.is_over(), session.pending().is_some())
        };
        let before = glance(&self.player);
        let notices = self.player.session.notices().len();
        let answer = receive(&mut self.player);
        let is_honest = || self.honest.iter().any(|mail| mail.from() == from && mail.message() == bytes);
        match answer.clone() {
            Ok(Receipt::Stored) => {
                if !is_honest() {
                    self.cheaters.insert(from);
                }
            }
            Err(Rejected::Conflict { who, evidence: Some(evidence) }) => {
                self.conflicts.push((who, *evidence))
            }
            // Of two messages in one slot one is not honest.
            Err(Rejected::Conflict { who, evidence: None }) => {
                assert!(!is_honest() || self.cheaters.contains(&who));
            }
            _ => {}
        }
        if !matches!(answer, Ok(Receipt::Stored)) {
            // The same bytes can bring the signature that the first had not.
            let twice = answer == Ok(Receipt::Duplicate);
            let (mut before, mut after) = (before, glance(&self.player));
            if twice {
                (before.0.2, after.0.2) = (0, 0);
            }
            assert!(after == before, "{answer:?}");
        }
        let told = self.player.session.notices().len() - notices;
        assert_eq!(told, usize::from(answer == Ok(Receipt::Notice)), "{answer:?}");
    }

    fn advance(&mut self) {
        loop {
            match self.player.step() {
                Some(Status::Advanced { .. }) => {}
                Some(Status::Keep) => {
                    assert!(self.player.session.kept(&[0; 64]).is_err());
                    self.player.keep(&self.script.cast);
                }
                _ => return,
            }
        }
    }

    fn verdict(self, me: PartyId, judge: impl Fn(&Evidence) -> Finding) -> Ended {
        for (who, evidence) in &self.conflicts {
            assert_eq!(judge(evidence), Finding::Guilty(*who, Fault::Equivocation));
        }
        if self.cheaters.is_empty() {
            assert!(self.player.outbox() == self.script.outbound(me), "sent something else");
        }
        let banned = (self.script.banned)();
        assert!(banned.iter().all(|who| self.cheaters.contains(who)), "{banned:?} banned");
        match self.player.result {
            None => panic!("everything is there, and it waits for {:?}", self.player.session.missing()),
            Some(Ok(result)) => {
                assert!(result == self.script.result(me));
                return Ended::Result;
            }
            Some(Err(abort)) => match &abort.verdict {
                Verdict::Cheater { who, fault, evidence } => {
                    if let Some(evidence) = evidence {
                        assert_eq!(judge(evidence), Finding::Guilty(*who, *fault), "{abort}");
                    }
                    assert!(abort.cheaters().all(|(who, _)| self.cheaters.contains(&who)), "{abort}");
                }
                Verdict::Suspects { who, .. } => {
                    assert!(self.cheaters.iter().any(|cheater| who.contains(*cheater)), "{abort}");
                }
                Verdict::NoFault { why } => {
                    assert!(*why != Chance::OwnFault && !self.cheaters.is_empty(), "{abort}");
                }
                _ => {}
            },
        }
        Ended::Verdict
    }
}

pub(crate) fn change(operation: u8, body: &mut [u8], other: &[u8], input: &mut Input<'_>) {
    if body.is_empty() || other.is_empty() {
        return;
    }
    let put = |body: &mut [u8], at: usize, piece: &[u8]| {
        let at = at % body.len();
        let len = piece.len().min(body.len() - at);
        body[at..at + len].copy_from_slice(&piece[..len]);
    };
    match operation {
        FLIP => {
            let (at, bits) = (input.word() % body.len(), input.byte());
            body[at] ^= bits;
        }
        BODY => {
            let given = input.take(body.len());
            body[..given.len()].copy_from_slice(given);
        }
        SPLICE => {
            let (to, from) = (input.word(), input.word() % other.len());
            let len = [32, 33, 64, 66][input.below(4)].min(other.len() - from);
            put(body, to, &other[from..from + len]);
        }
        _ => {
            let (at, edge) = (input.word(), EDGES[input.below(EDGES.len())]);
            put(body, at, edge);
        }
    }
}
