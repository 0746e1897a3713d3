//! How much memory a session takes, counted by the allocator: one signer of a thousand parties' key, and one party of a
//! large key generation whatever is sent to it.
//!
//! One test only, so that nothing else allocates meanwhile.
mod driver;

use driver::{E, id, rng, seal};
use peak_alloc::PeakAlloc;
use quorate::dkg::{Dkg, Run};
use quorate::frost::{self, Ed25519Signature, NonceCommitments, Sign, SigningNonces, SigningPackage, Task};
use quorate::key::KeyShare;
use quorate::party::{Parties, PartyId, Threshold};
use quorate::session::{Receipt, Session, Status, Suspend as _};
use quorate::sim::Cast;
use quorate::wire::{HEADER_LEN, Kind, SessionId};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const KIB: usize = 1 << 10;

/// The result of `f`, and by how much the heap was larger than before at its largest.
fn peak<T>(f: impl FnOnce() -> T) -> (T, usize) {
    HEAP.reset_peak_usage();
    let before = HEAP.current_usage();
    let result = f();
    (result, HEAP.peak_usage() - before)
}

/// A signing as its first signer sees it: its stored share, and what the others send it in both rounds.
struct Signing {
    share: Vec<u8>,
    message: &'static [u8],
    signers: Vec<u16>,
    rounds: [Vec<(PartyId, Vec<u8>)>; 2],
}

impl Signing {
    fn new(t: u16, n: u16) -> Self {
        let mut shares = {
            let cast = Cast::new(1..=n, &mut rng(61)).unwrap();
            cast.deal::<E>(Threshold::new(t, n).unwrap(), &mut rng(62)).unwrap()
        };
        shares.truncate(t.into());
        let signers: Vec<u16> = shares.iter().map(|s| s.id().get()).collect();
        let mut signing = Self {
            share: shares[0].to_bytes().expose().clone(),
            message: b"a thousand parties",
            signers,
            rounds: [Vec::new(), Vec::new()],
        };
        let (task, mut one) = signing.start();
        // a second session says what everybody's view is; the others are only their nonces
        let mut two = Sign::start(&shares[1], task.clone(), &mut rng(64)).unwrap();
        let nonces: Vec<_> = shares[2..]
            .iter()
            .map(|s| SigningNonces::generate(s.into(), &mut rng(s.id().get().into())))
            .collect();
        let body = |session: &Session<Sign<E>>, at| {
            session.outgoing(at).next().unwrap().bytes[HEADER_LEN..].to_vec()
        };
        let mut commitments = vec![(id(1), body(&one, 0)), (id(2), body(&two, 0))];
        commitments.extend(
            shares[2..].iter().zip(&nonces).map(|(s, n)| (s.id(), n.commitments().as_bytes().to_vec())),
        );
        let message = |round, from: PartyId, body: &[u8]| {
            [&task.terms(from).header(round, Kind::All, from, None).to_bytes(), body].concat()
        };
        for (from, body) in &commitments {
            let bytes = message(1, *from, body);
            let (first, second) = (one.receive(*from, &bytes), two.receive(*from, &bytes));
            assert!(first.is_ok() || *from == id(1));
            assert!(second.is_ok() || *from == id(2));
            signing.rounds[0].push((*from, bytes));
        }
        assert!(matches!(two.advance(&mut rng(0)), Ok(Status::Advanced { .. })));
        let list = commitments.iter().map(|(id, c)| (*id, NonceCommitments::from_bytes::<E>(c).unwrap()));
        let package = SigningPackage::new(task.key().commitment(), list, task.message()).unwrap();
        let answer = body(&two, 1);
        signing.rounds[1].push((id(2), message(2, id(2), &answer)));
        for (share, nonces) in shares[2..].iter().zip(nonces) {
            let z = frost::sign(nonces, share.into(), &package).unwrap();
            signing.rounds[1]
                .push((share.id(), message(2, share.id(), &[&answer[..32], &z.to_bytes()].concat())));
        }
        signing.rounds[0].remove(0);
        signing
    }

    /// The same randomness every time, so that what the others answered once fits again.
    fn start(&self) -> (Task<E>, Session<Sign<E>>) {
        let share = KeyShare::<E>::from_bytes(&self.share).unwrap();
        let signers = Parties::from_numbers(self.signers.iter().copied()).unwrap();
        let task = Task::new(share.public(), signers, self.message, SessionId([6; 16])).unwrap();
        let session = Sign::start(&share, task.clone(), &mut rng(63)).unwrap();
        (task, session)
    }

    /// From the stored share to the signature.
    fn sign(&self) -> ([u8; 32], Ed25519Signature) {
        let (task, mut session) = self.start();
        for (round, messages) in self.rounds.iter().enumerate() {
            for (from, bytes) in messages {
                assert_eq!(session.receive(*from, bytes), Ok(Receipt::Stored));
            }
            match session.advance(&mut rng(0)).unwrap() {
                Status::Advanced { .. } => assert_eq!(round, 0),
                Status::Done(signature) => return (task.key().public_key().try_into().unwrap(), signature),
                _ => break,
            }
        }
        panic!("no signature")
    }
}

#[test]
fn sessions_stay_within_their_memory() {
    for (t, n, limit) in [(2, 3, 16 * KIB), (67, 100, 640 * KIB), (667, 1000, 4096 * KIB)] {
        let signing = Signing::new(t, n);
        let ((key, signature), bytes) = peak(|| signing.sign());
        let key = ed25519_dalek::VerifyingKey::from_bytes(&key).unwrap();
        assert!(key.verify_strict(signing.message, &signature.into()).is_ok());
        println!(
            "one signer {t}-of-{n}, from its stored share to the signature: {bytes} bytes of heap at the peak"
        );
        assert!(bytes < limit, "{bytes}");
    }
    key_generation();
}

/// A party of 67-of-100: what its messages take, and that nothing else adds to it.
fn key_generation() {
    use rand_core::Rng as _;
    let mut random = rng(65);
    let cast = Cast::new(1..=100, &mut random).unwrap();
    let run = Run::new(Threshold::new(67, 100).unwrap(), cast.roster().clone(), SessionId([7; 16])).unwrap();
    let capacity = Dkg::<E>::setup(&(run.clone(), id(1))).unwrap().1.capacity();
    assert!(capacity < 600 * 1024);
    let commits: Vec<_> = cast
        .ids()
        .into_iter()
        .skip(1)
        .map(|me| {
            let session =
                Dkg::<E>::start(&run, me, &mut quorate::sim::MemoryLedger::default(), &mut random).unwrap();
            seal(&cast, session.outgoing(0).next().unwrap().bytes)
        })
        .collect();
    let before = HEAP.current_usage();
    let mut session =
        Dkg::<E>::start(&run, id(1), &mut quorate::sim::MemoryLedger::default(), &mut random).unwrap();
    let empty = HEAP.current_usage() - before;
    for mail in &commits {
        assert_eq!(session.receive_signed(&mail.0), Ok(Receipt::Stored));
    }
    let bodies: usize = commits.iter().map(|m| m.0.body().len()).sum();
    let full = HEAP.current_usage() - before;
    println!(
        "67-of-100 key generation: {empty} bytes before any message, {full} with round 1, {bodies} of them bodies; plan {capacity}"
    );
    assert!(full - empty <= bodies + 1024);
    // ten thousand strings, some of them with a right header: not a byte more
    let other = run.terms(id(2));
    let (_, peak) = peak(|| {
        let mut bytes = vec![0; 5000];
        for k in 0..10_000 {
            random.fill_bytes(&mut bytes);
            if k % 2 == 0 {
                let header = other.header(
                    (k % 5) as u8,
                    [Kind::All, Kind::Direct, Kind::Complaint][k % 3],
                    id(2),
                    None,
                );
                bytes[..HEADER_LEN].copy_from_slice(&header.to_bytes());
            }
            assert!(session.receive(id(2), &bytes[..k % 5000]).is_err());
        }
    });
    let after = HEAP.current_usage() - before;
    println!("after 10000 strings: {after}, at the peak {peak} more");
    assert!(after <= full + 1024 && peak < 5000 + 2048);
    assert!(matches!(session.advance(&mut random), Ok(Status::Advanced { .. })));
    println!("after round 1: {}", HEAP.current_usage() - before);
}
