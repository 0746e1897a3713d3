//! A malicious signer in each suite: who is named, by which check, and that the judge agrees for exactly the task that it was.

use quorate::envelope::Unsigned;
use quorate::error::{Abort, Doubt, Fault, Verdict};
use quorate::evidence::Evidence;
use quorate::frost::{self, Coordinator, Cosigner, NonceCommitments, Sign, SigningNonces, Task};
use quorate::key::KeyShare;
use quorate::party::{Parties, PartyId, Threshold};
use quorate::session::{Finding, Session, State, Status};
use quorate::sim::Cast;
use quorate::wire::Kind;

use crate::suites::Tested;
use crate::{for_every_suite, id, rng, task};

/// Members 1 and 3 of 3 sign; member 3 cheats.
struct Game<S: Tested> {
    cast: Cast,
    shares: Vec<KeyShare<S>>,
    task: Task<S>,
    /// The same task with every other view of the key.
    others: Vec<Task<S>>,
}

fn games<S: Tested>() -> Vec<Game<S>> {
    let game = |view: usize| {
        let mut rng = rng(40 + view as u64);
        let cast = Cast::new(1..=3, &mut rng).unwrap();
        let shares = cast.deal::<S>(Threshold::new(2, 3).unwrap(), &mut rng).unwrap();
        let tasks = S::views().into_iter().map(|see| see(task(&shares[0], &[1, 3], b"m")));
        let mut others: Vec<_> = tasks.collect();
        let task = others.remove(view);
        Game { cast, shares, task, others }
    };
    (0..S::views().len()).map(game).collect()
}

/// What the cheater does to its messages of the rounds 1 and 2.
type Tamper<'a> = &'a dyn Fn(u8, &mut Vec<u8>);

impl<S: Tested> Game<S> {
    fn deliver<T: State>(&self, to: &mut Session<T>, from: u16, round: u8, kind: Kind, body: &[u8]) {
        let receiver = (kind == Kind::Direct).then_some(to.terms().me);
        let mut message = to.terms().header(round, kind, id(from), receiver).to_bytes();
        message.extend_from_slice(body);
        let unsigned = Unsigned::new(&message).unwrap();
        let signature = self.cast.key(id(from)).unwrap().sign(unsigned.to_sign());
        let envelope = quorate::evidence::Envelope { bytes: message, signature };
        to.receive_signed(&envelope.verify(self.cast.roster()).unwrap()).unwrap();
    }

    /// How it ends at member 1.
    fn play(&self, tamper: Tamper<'_>) -> Result<S::Signature, Abort> {
        let mut rng = rng(50);
        let start = |share| Sign::start(share, self.task.clone(), &mut rng).unwrap();
        let [mut honest, mut liar] = [&self.shares[0], &self.shares[2]].map(start);
        let body = |session: &Session<Sign<S>>, at| session.outgoing(at).next().unwrap().bytes[56..].to_vec();
        let mut first = body(&liar, 0);
        tamper(1, &mut first);
        self.deliver(&mut liar, 1, 1, Kind::All, &body(&honest, 0));
        self.deliver(&mut honest, 3, 1, Kind::All, &first);
        liar.advance(&mut rng).unwrap();
        honest.advance(&mut rng)?;
        let mut second = body(&liar, 1);
        tamper(2, &mut second);
        self.deliver(&mut honest, 3, 2, Kind::All, &second);
        match honest.advance(&mut rng)? {
            Status::Done(signature) => Ok(signature),
            status => panic!("{status:?}"),
        }
    }

    /// Member 3 is convicted, and the judge of this task convinced, no other.
    fn convicts(&self, abort: &Abort, check: &str, fault: Fault) -> Evidence {
        assert_eq!((abort.check, abort.cheaters().collect::<Vec<_>>()), (check, vec![(id(3), fault)]));
        let Verdict::Cheater { evidence: Some(evidence), .. } = &abort.verdict else { panic!("{abort}") };
        assert_eq!(frost::judge(&self.task, evidence), Finding::Guilty(id(3), fault));
        for other in &self.others {
            assert_eq!(frost::judge(other, evidence), Finding::Inconclusive);
        }
        (**evidence).clone()
    }
}

fn f2_4_what_is_put_together_verifies<S: Tested>() {
    for game in games::<S>() {
        let signature = game.play(&|_, _| {}).unwrap();
        assert!(S::accepts(game.task.view().public_key(), b"m", &signature));
    }
}

fn f1_1_what_is_no_point_convicts_its_signer<S: Tested>() {
    for (game, bad) in
        games::<S>().iter().flat_map(|game| S::no_points().into_iter().map(move |bad| (game, bad)))
    {
        // D: a small-order part of E may vanish with its factor.
        let tamper = |round: u8, body: &mut Vec<u8>| {
            if round == 1 {
                body[..bad.len()].copy_from_slice(&bad);
            }
        };
        let abort = game.play(&tamper).unwrap_err();
        game.convicts(&abort, "F1.1", Fault::Malformed);
    }
}

fn f2_1_another_view_makes_suspects<S: Tested>() {
    for game in games::<S>() {
        let abort = game.play(&|round, body| body[0] ^= u8::from(round == 2)).unwrap_err();
        let who = Parties::from_numbers([3]).unwrap();
        assert_eq!(
            (abort.check, abort.verdict),
            ("F2.1", Verdict::Suspects { who, why: Doubt::ViewsDiffer })
        );
    }
}

fn f2_2_bad_share_convicts_signer<S: Tested>() {
    for game in games::<S>() {
        let next = |round: u8, body: &mut Vec<u8>| {
            if round == 2 {
                S::next(&mut body[32..]);
            }
        };
        let evidence = game.convicts(&game.play(&next).unwrap_err(), "F2.2", Fault::BadShare);
        // The same share in another message, or under another view of the commitments, is none.
        let mut changed = evidence.clone();
        changed.attachments[0][0].1.swap_with_slice(&mut evidence.attachments[0][1].1.clone());
        assert_eq!(frost::judge(&game.task, &changed), Finding::Inconclusive);
        let swap = |round: u8, body: &mut Vec<u8>| {
            let half = body.len() / 2;
            if round == 1 {
                body.rotate_left(half);
            }
        };
        // Other commitments than those of its share: it saw another view.
        assert_eq!(game.play(&swap).unwrap_err().check, "F2.1");
        // A share of zero is a scalar.
        let zero = |round: u8, body: &mut Vec<u8>| {
            if round == 2 {
                body[32..].fill(0);
            }
        };
        game.convicts(&game.play(&zero).unwrap_err(), "F2.2", Fault::BadShare);
    }
}

/// An honest share is not bad evidence, whatever the signs.
fn f2_2_no_honest_share_convicts<S: Tested>() {
    for game in games::<S>() {
        let kept = std::cell::RefCell::new(Vec::new());
        game.play(&|round, body| kept.borrow_mut().push((round, body.clone()))).unwrap();
        let abort = game.play(&|round, body| {
            if round == 2 {
                S::next(&mut body[32..]);
            }
        });
        // The nonces of both runs are the same, so the evidence holds the honest message's commitments.
        let mut evidence = game.convicts(&abort.unwrap_err(), "F2.2", Fault::BadShare);
        let header = evidence.messages[0].bytes[..56].to_vec();
        let honest = kept.into_inner().into_iter().find(|(round, _)| *round == 2).unwrap().1;
        let bytes = [header, honest].concat();
        let signature = game.cast.key(id(3)).unwrap().sign(Unsigned::new(&bytes).unwrap().to_sign());
        evidence.messages[0] = quorate::evidence::Envelope { bytes, signature };
        assert_eq!(frost::judge(&game.task, &evidence), Finding::Inconclusive);
    }
}

fn f2_3_a_share_that_is_no_scalar_convicts<S: Tested>() {
    for game in games::<S>() {
        let abort = game.play(&|round, body| {
            if round == 2 {
                body[32..].fill(0xff);
            }
        });
        game.convicts(&abort.unwrap_err(), "F2.3", Fault::Malformed);
    }
}

/// In the coordinator's flow: a list without the own commitments, a list with something that is no point, and a bad share.
fn f1_2_and_f2_2_with_a_coordinator<S: Tested>() {
    for game in games::<S>() {
        let mut rng = rng(60);
        let mut nonces = |at: usize| SigningNonces::generate((&game.shares[at]).into(), &mut rng);
        let foreign = nonces(0).commitments().clone();
        let list =
            |mine: &NonceCommitments, other: &NonceCommitments| [mine.as_bytes(), other.as_bytes()].concat();
        let answer = |nonces: SigningNonces<S>, at: usize, list: &[u8]| {
            let mut cosigner = Cosigner::start(&game.shares[at], game.task.clone(), id(2), nonces).unwrap();
            game.deliver(&mut cosigner, 2, 1, Kind::Direct, list);
            cosigner
                .advance(&mut self::rng(1))
                .map(|_| cosigner.outgoing(0).next().unwrap().bytes[56..].to_vec())
        };
        let (one, three) = (nonces(0), nonces(2));
        let wrong = answer(one, 0, &list(&foreign, three.commitments())).unwrap_err();
        assert_eq!((wrong.check, wrong.cheaters().next()), ("F1.2", Some((id(2), Fault::Malformed))));

        let one = nonces(0);
        let mut bad = list(one.commitments(), three.commitments());
        let len = bad.len() / 4;
        bad[2 * len..3 * len].copy_from_slice(&S::no_points()[0]);
        let wrong = answer(one, 0, &bad).unwrap_err();
        assert_eq!((wrong.check, wrong.cheaters().next()), ("F1.1", Some((id(2), Fault::Malformed))));
        let Verdict::Cheater { evidence: Some(evidence), .. } = &wrong.verdict else { panic!("{wrong}") };
        assert_eq!(frost::judge(&game.task, evidence), Finding::Guilty(id(2), Fault::Malformed));

        let one = nonces(0);
        let given = [(id(1), one.commitments().clone()), (id(3), three.commitments().clone())];
        let mut hub = Coordinator::start(game.task.clone(), id(2), given.clone()).unwrap();
        let all = list(&given[0].1, &given[1].1);
        let honest = answer(one, 0, &all).unwrap();
        let mut liar = answer(three, 2, &all).unwrap();
        S::next(&mut liar[32..]);
        game.deliver(&mut hub, 1, 2, Kind::Direct, &honest);
        game.deliver(&mut hub, 3, 2, Kind::Direct, &liar);
        game.convicts(&hub.advance(&mut self::rng(1)).unwrap_err(), "F2.2", Fault::BadShare);
        assert_eq!(hub.terms().me, PartyId::new(2).unwrap());
    }
}

for_every_suite!(
    f2_4_what_is_put_together_verifies,
    f1_1_what_is_no_point_convicts_its_signer,
    f2_1_another_view_makes_suspects,
    f2_2_bad_share_convicts_signer,
    f2_2_no_honest_share_convicts,
    f2_3_a_share_that_is_no_scalar_convicts,
    f1_2_and_f2_2_with_a_coordinator
);
