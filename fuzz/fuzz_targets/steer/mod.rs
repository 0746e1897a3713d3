//! Bytes steer one live session among three parties: the honest messages in any order, changed ones signed by their
//! sender, and strings of any kind, signed and unsigned.
//!
//! Held against every input: nothing panics; what is refused changes nothing; a verdict names only who sent something else
//! than in the honest run; evidence convinces the judge; a result is the honest run's.

#[path = "../../../tests/driver/mod.rs"]
pub(crate) mod driver;

use std::collections::BTreeSet;

use driver::{Mail, Player, Protocol, Script, seal};
use quorate::error::{Chance, Fault, Rejected, Verdict};
use quorate::evidence::Evidence;
use quorate::party::PartyId;
use quorate::session::{Finding, Receipt, Status};
use quorate::wire::{HEADER_LEN, Header};

/// The operations, by their byte.
pub(crate) const ADVANCE: u8 = 0;
pub(crate) const RAW: u8 = 1;
pub(crate) const SIGNED: u8 = 2;
pub(crate) const HONEST: u8 = 3;
pub(crate) const FLIP: u8 = 4;
pub(crate) const PAUSE: u8 = 5;
pub(crate) const BODY: u8 = 6;

/// Reads the input; zeros behind its end.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }

    fn take(&mut self, len: usize) -> &'a [u8] {
        let (head, tail) = self.0.split_at(len.min(self.0.len()));
        self.0 = tail;
        head
    }

    /// A string behind its length, at most 64 KiB.
    fn string(&mut self) -> &'a [u8] {
        let len = usize::from(self.byte()) << 8 | usize::from(self.byte());
        self.take(len)
    }
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
) {
    let mut input = Input(data);
    let mut player = script.play(me);
    player.signed = S::SIGNED || input.byte() & 1 == 1;
    let mut run =
        Run { script, honest: script.inbound(me), player, cheaters: BTreeSet::new(), conflicts: Vec::new() };
    while !input.0.is_empty() {
        match input.byte() % 7 {
            ADVANCE => run.advance(),
            RAW => {
                let parties = script.cast.ids();
                let from = parties[usize::from(input.byte()) % parties.len()];
                let bytes = input.string();
                run.watch(from, bytes, |player| player.session.receive(from, bytes));
            }
            SIGNED => run.signed(input.string()),
            HONEST => {
                let mail = run.mail(input.byte());
                run.receive(&mail);
            }
            FLIP => {
                let mail = run.mail(input.byte());
                let (at, flip) = (usize::from(input.byte()) << 8 | usize::from(input.byte()), input.byte());
                let changed = script.forge(&mail, |body| {
                    let len = body.len();
                    body[at % len] ^= flip;
                });
                run.receive(&changed);
            }
            PAUSE => {
                if !run.player.session.is_over() {
                    run.player = pause(run.player);
                }
            }
            BODY => {
                let mail = run.mail(input.byte());
                let changed = script.forge(&mail, |body| {
                    let given = input.take(body.len());
                    body[..given.len()].copy_from_slice(given);
                });
                run.receive(&changed);
            }
            _ => {}
        }
    }
    run.advance();
    run.verdict(me, judge);
}

impl<S: Protocol> Run<'_, S> {
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
            (
                session.missing(),
                session.traffic().to_vec(),
                session.sent(),
                session.round(),
                session.is_over(),
            )
        };
        let before = glance(&self.player);
        let answer = receive(&mut self.player);
        match answer.clone() {
            Ok(Receipt::Stored) => {
                if !self.honest.iter().any(|mail| mail.message() == bytes) {
                    self.cheaters.insert(from);
                }
            }
            Err(Rejected::Conflict { who, evidence: Some(evidence) }) => {
                self.conflicts.push((who, *evidence))
            }
            _ => {}
        }
        if !matches!(answer, Ok(Receipt::Stored)) {
            assert!(glance(&self.player) == before);
        }
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

    fn verdict(self, me: PartyId, judge: impl Fn(&Evidence) -> Finding) {
        for (who, evidence) in &self.conflicts {
            assert_eq!(judge(evidence), Finding::Guilty(*who, Fault::Equivocation));
        }
        for message in self.player.session.outgoing(0) {
            assert!(message.bytes.len() >= HEADER_LEN);
        }
        match self.player.result {
            None => {}
            Some(Ok(result)) => assert!(result == self.script.result(me)),
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
                Verdict::NoFault { why } => assert!(*why != Chance::OwnFault, "{abort}"),
                _ => {}
            },
        }
    }
}
