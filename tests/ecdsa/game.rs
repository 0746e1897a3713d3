//! A key among some, the pairings between them, and the curve's own crate as the judge of what they sign.

use std::collections::BTreeMap;

use k256::ecdsa as k256_ecdsa;
use k256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::ecdsa as p256_ecdsa;
use quorate::curve::{EcdsaP256, EcdsaSecp256k1};
use quorate::ecdsa::{Digest, EcdsaScheme, Message, Online, Prehashed, Presignature, Sign, Signature, Task};
use quorate::key::{Derived, KeyShare, Path, PublicKey, derive};
use quorate::pairing::Pairings;
use quorate::party::{Parties, PartyId, Threshold};
use quorate::session::{Session, State};
use quorate::sim::{Cast, Faults};
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng};

/// The curve's own crate.
pub(crate) trait Judged: EcdsaScheme {
    /// It verifies the signature, recovers the key, and writes the same DER; and so it does for the low s.
    fn judge(signature: Signature<Self>, key: &Derived<Self::Curve>, digest: &[u8; 32]);
}

macro_rules! judged {
    ($scheme:ident, $ecdsa:ident) => {
        impl Judged for $scheme {
            fn judge(signature: Signature<Self>, key: &Derived<Self::Curve>, digest: &[u8; 32]) {
                let verifier = $ecdsa::VerifyingKey::from(key);
                for signature in [signature, signature.low_s()] {
                    let (theirs, id): ($ecdsa::Signature, $ecdsa::RecoveryId) = signature.into();
                    verifier.verify_prehash(digest, &theirs).unwrap();
                    let recovered = $ecdsa::VerifyingKey::recover_from_prehash(digest, &theirs, id);
                    assert_eq!(recovered.unwrap(), verifier);
                    let other = $ecdsa::RecoveryId::new(!id.is_y_odd(), id.is_x_reduced());
                    let recovered = $ecdsa::VerifyingKey::recover_from_prehash(digest, &theirs, other);
                    assert_ne!(recovered.ok(), Some(verifier));
                    assert_eq!(theirs.to_der().as_bytes(), signature.to_der());
                    assert_eq!(theirs.to_bytes()[..], signature.to_bytes());
                }
            }
        }
    };
}

judged!(EcdsaSecp256k1, k256_ecdsa);
judged!(EcdsaP256, p256_ecdsa);

/// It is a signature by the key at `path` on `signed` in every form, and on nothing else.
pub(crate) fn check<S: Judged>(
    key: &PublicKey<S>,
    path: &Path,
    signed: impl Into<Digest>,
    signature: &Signature<S>,
) {
    let (derived, digest) = (derive(key, path).unwrap(), signed.into());
    S::judge(*signature, &derived, digest.as_bytes());
    let point = derived.point();
    assert!(signature.verify(point, digest) && signature.low_s().verify(point, digest));
    assert!(signature.low_s().is_low_s() && (signature.is_low_s() || !S::LOW_S_ALWAYS));
    assert!(Signature::from_der(&signature.to_der(), point, digest) == Some(*signature));
    assert!(Signature::from_bytes(&signature.to_bytes(), point, digest) == Some(*signature));
    assert!(Signature::from_bytes_recoverable(&signature.to_bytes_recoverable()) == Some(*signature));
    let mut other = *digest.as_bytes();
    other[7] ^= 1;
    assert!(!signature.verify(point, Prehashed::new(other)));
    let sibling = Path::new(path.indices().iter().copied().chain([5])).unwrap();
    assert!(!signature.verify(derive(key, &sibling).unwrap().point(), digest));
}

/// A key and those who hold it, paired.
pub(crate) struct Wallet<S: EcdsaScheme> {
    pub(crate) cast: Cast,
    pub(crate) shares: Vec<KeyShare<S>>,
    pub(crate) sets: BTreeMap<PartyId, Pairings>,
    pub(crate) rng: ChaCha20Rng,
}

impl<S: Judged> Wallet<S> {
    /// Dealt by one hand: what makes keys and pairings is tested elsewhere.
    pub(crate) fn deal(t: u16, ids: impl IntoIterator<Item = u16>, seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let cast = Cast::new(ids, &mut rng).unwrap();
        let n = cast.ids().len() as u16;
        let shares = cast.deal(Threshold::new(t, n).unwrap(), &mut rng).unwrap();
        let sets = cast.deal_pairings(cast.roster().parties(), &mut rng).unwrap();
        Self { cast, shares, sets, rng }
    }

    pub(crate) fn key(&self) -> &PublicKey<S> {
        self.shares[0].public()
    }

    pub(crate) fn share(&self, id: PartyId) -> &KeyShare<S> {
        self.shares.iter().find(|share| share.id() == id).unwrap()
    }

    pub(crate) fn session(&mut self) -> SessionId {
        let mut id = [0; 16];
        self.rng.fill_bytes(&mut id);
        SessionId(id)
    }

    /// One session for each signer.
    pub(crate) fn start<P: State>(
        &mut self,
        signers: &Parties,
        mut start: impl FnMut(&KeyShare<S>, &Pairings, &mut ChaCha20Rng) -> Session<P>,
    ) -> Vec<Session<P>> {
        let shares = self.shares.iter().filter(|share| signers.contains(share.id()));
        shares.map(|share| start(share, &self.sets[&share.id()], &mut self.rng)).collect()
    }

    /// Everybody's output, ascending.
    pub(crate) fn run<P: State>(&mut self, sessions: Vec<Session<P>>, faults: Faults) -> Vec<P::Output> {
        let reports = self.cast.run_with(sessions, faults, &mut |_| true, &mut self.rng);
        reports.into_iter().map(|report| report.output()).collect()
    }

    /// Signs once; all signers have one signature, which is judged.
    pub(crate) fn sign(
        &mut self,
        signers: &Parties,
        path: &Path,
        signed: impl Into<Digest>,
        faults: Faults,
    ) -> Signature<S> {
        let (session, digest) = (self.session(), signed.into());
        let task = Task::new(self.key(), signers.clone(), path.clone(), digest, session).unwrap();
        let sessions = self
            .start(signers, |share, pairings, rng| Sign::start(share, task.clone(), pairings, rng).unwrap());
        let outputs = self.run(sessions, faults);
        self.one(signers, path, digest, outputs)
    }

    /// Spends one presignature each.
    pub(crate) fn online(
        &mut self,
        presignatures: Vec<Presignature<S>>,
        message: Message,
        faults: Faults,
    ) -> Signature<S> {
        let session = self.session();
        let (signers, path) = (presignatures[0].signers().clone(), presignatures[0].path().clone());
        let sessions = signers.iter().zip(presignatures).map(|(id, presignature)| {
            Online::start(presignature, self.share(id), &self.sets[&id], message, session).unwrap()
        });
        let sessions: Vec<_> = sessions.collect();
        let outputs = self.run(sessions, faults);
        self.one(&signers, &path, message.into(), outputs)
    }

    fn one(
        &self,
        signers: &Parties,
        path: &Path,
        digest: Digest,
        outputs: Vec<Signature<S>>,
    ) -> Signature<S> {
        assert_eq!(outputs.len(), signers.len());
        assert!(outputs.windows(2).all(|pair| pair[0] == pair[1]));
        check(self.key(), path, digest, &outputs[0]);
        outputs[0]
    }

    /// No pairing was banned.
    pub(crate) fn nobody_is_banned(&self) {
        assert!(self.sets.values().flat_map(Pairings::iter).all(|pairing| pairing.ban().is_none()));
    }
}

/// A digest of one sort or another.
pub(crate) fn digest(rng: &mut ChaCha20Rng) -> Digest {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    match rng.next_u32() % 5 {
        0 => Prehashed::new(bytes).into(),
        1 => Message::sha256(&bytes).into(),
        2 => Message::sha256d(&bytes).into(),
        3 => Message::keccak256(&bytes).into(),
        _ => Message::digest::<sha2::Sha512>(&bytes).into(),
    }
}

/// A path of up to three indices.
pub(crate) fn path(rng: &mut ChaCha20Rng) -> Path {
    let len = rng.next_u32() % 4;
    Path::new((0..len).map(|_| rng.next_u32() >> 1).collect::<Vec<_>>()).unwrap()
}

/// All sets of `size` of `1..=n`.
pub(crate) fn subsets(n: u16, size: usize) -> Vec<Parties> {
    let of = |bits: u32| (1..=n).filter(move |id| bits >> id & 1 == 1);
    let all = (0..1u32 << (n + 1)).filter(|bits| bits & 1 == 0 && bits.count_ones() as usize == size);
    all.map(|bits| Parties::from_numbers(of(bits)).unwrap()).collect()
}
