//! One party's view of a run: the signers, the pairings with them, and what is to be signed.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::job::{Job, Order};
use super::suite::EcdsaScheme;
use crate::curve::Curve;
use crate::error::{Abort, Charges, Fault, SetupError};
use crate::hash::{Tag, Transcript};
use crate::key::{KeyShare, PublicKey};
use crate::pairing::{Check, Link, Pairings, Secrets, Settled};
use crate::party::{Parties, PartyId};
use crate::secret::Secret;
use crate::session::Terms;
use crate::sharing::coefficient;
use crate::wire::SessionId;

/// What every round of a run needs.
#[derive(Debug)]
pub(super) struct Team<S: EcdsaScheme> {
    pub(super) me: PartyId,
    pub(super) signers: Parties,
    pub(super) session: SessionId,
    /// The run's own sid.
    pub(super) sid: [u8; 32],
    pub(super) key: PublicKey<S>,
    /// `s_i`, for the hedged generator.
    pub(super) share: Secret<<S::Curve as Curve>::Scalar>,
    /// `lambda_i`.
    lambda: <S::Curve as Curve>::Scalar,
    /// The other signers, ascending, and the pairings with them.
    pub(super) links: Vec<(PartyId, Link)>,
    /// One sid for each signature: the run's own, or `H("sign-item"; sid, u32 index)` in a batch.
    pub(super) items: Vec<([u8; 32], Order<S>)>,
}

impl<S: EcdsaScheme> Team<S> {
    /// [S0.1], [S0.2], [S0.3] of one party.
    pub(super) fn new(
        job: Job<S>,
        share: &KeyShare<S>,
        pairings: &Pairings,
    ) -> Result<(Self, Terms), SetupError> {
        let me = share.id();
        check_share(&job.key, share)?;
        // Without one, this device does not sign.
        let lambda = coefficient::<S::Curve>(&job.signers, me).ok_or(SetupError::SelfMissing(me))?;
        let links = links(&job.key, &job.signers, me, pairings)?;
        check_age(share, &links)?;
        let terms = job.terms(me);
        let sid = terms.sid();
        let item = |(index, order)| {
            let batch = || Transcript::new(Tag::SignItem).bytes(&sid).u32(index).finish();
            (if job.batch { batch() } else { sid }, order)
        };
        let items = (0..).zip(job.orders).map(item).collect();
        let share = Secret::new(*share.secret().expose());
        let Job { key, signers, session, .. } = job;
        Ok((Self { me, signers, session, sid, key, share, lambda, links, items }, terms))
    }

    /// `lambda_i * (s_i + epsilon)` for one signature. Never used without a zero share on top.
    pub(super) fn weighted_share(&self, order: &Order<S>) -> Secret<<S::Curve as Curve>::Scalar> {
        Secret::new(self.lambda * (*self.share.expose() + order.tweak))
    }

    /// [S1.1] The secrets of every pairing, for one step; a verdict against whoever was banned meanwhile, in any session.
    pub(super) fn secrets(&self, round: u8) -> Result<Vec<Arc<Secrets>>, Abort> {
        let mut charges = Charges::default();
        let mut secrets = Vec::with_capacity(self.links.len());
        for (id, link) in &self.links {
            match link.secrets() {
                Some(of) => secrets.push(of),
                None => charges.add(*id, "S1.1", Fault::AlreadyBanned, None),
            }
        }
        charges.verdict(round)?;
        Ok(secrets)
    }

    /// [S1.1] once more, when everything is computed and before it leaves.
    pub(super) fn release(&self, round: u8) -> Result<(), Abort> {
        self.secrets(round).map(drop)
    }

    /// The results of secret-dependent checks take effect, for each link in the order of the checks: bans first, then the verdict.
    pub(super) fn settle(&self, round: u8, results: &[Vec<Check>]) -> Result<(), Abort> {
        let mut charges = Charges::default();
        for ((id, link), checks) in self.links.iter().zip(results) {
            match link.settle(checks, self.session) {
                Settled::Pass => {}
                Settled::Banned(check, fault) => charges.add(*id, check, fault, None),
                Settled::AlreadyBanned => charges.add(*id, "S1.1", Fault::AlreadyBanned, None),
            }
        }
        charges.verdict(round)
    }

    /// `H("pair-sid"; sid, pairing id, u16 Alice, u16 Bob)`: one use of one direction of a pairing.
    pub(super) fn psid(sid: &[u8; 32], link: &Link, alice: PartyId, bob: PartyId) -> [u8; 32] {
        Transcript::new(Tag::PairSid).bytes(sid).bytes(link.id()).party(alice).party(bob).finish()
    }
}

/// [S0.2] The share is of the key, and of its epoch.
fn check_share<S: EcdsaScheme>(key: &PublicKey<S>, share: &KeyShare<S>) -> Result<(), SetupError> {
    let (who, of) = (share.id(), share.public());
    // [L2.2] a share that was rebuilt or imported goes through a refresh first; a burned one signs nothing
    share.check_standing(false)?;
    if of.key_id() != key.key_id() {
        return Err(SetupError::WrongKey(who));
    }
    if of.epoch_id() != key.epoch_id() {
        return Err(SetupError::WrongEpoch { who, share: of.epoch(), key: key.epoch() });
    }
    Ok(())
}

/// [S0.3] No pairing is used that the share refuses: those from before an epoch that was entered for proactive security.
pub(super) fn check_age<S: EcdsaScheme>(
    share: &KeyShare<S>,
    links: &[(PartyId, Link)],
) -> Result<(), SetupError> {
    let old = links.iter().find(|(_, link)| share.refused_pairings().contains(link.id()));
    old.map_or(Ok(()), |(id, _)| Err(SetupError::PairingOutdated(*id)))
}

/// [S0.3] The pairing with every other signer: between the identities that the roster has, and not banned.
pub(super) fn links<S: EcdsaScheme>(
    key: &PublicKey<S>,
    signers: &Parties,
    me: PartyId,
    pairings: &Pairings,
) -> Result<Vec<(PartyId, Link)>, SetupError> {
    let roster = key.roster();
    let own = roster.identity(me).ok_or(SetupError::SelfMissing(me))?;
    let mut links = Vec::with_capacity(signers.len());
    for id in signers.iter().filter(|id| *id != me) {
        let peer = roster.identity(id).ok_or(SetupError::NotInRoster(id))?;
        let link = pairings.get(&peer).ok_or(SetupError::NoPairing(id))?.link();
        if (*link.me(), *link.peer()) != (own, peer) {
            return Err(SetupError::ForeignPairing(id));
        }
        if link.ban().is_some() {
            return Err(SetupError::Banned(id));
        }
        links.push((id, link));
    }
    Ok(links)
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;
    use subtle::Choice;

    use super::*;
    use crate::curve::EcdsaSecp256k1;
    use crate::ecdsa::{Message, Task};
    use crate::error::Verdict;
    use crate::key::Path;
    use crate::party::Threshold;
    use crate::sim::Cast;

    /// Between its own checks and its release another session of a pair may have banned.
    #[test]
    fn s1_1_a_ban_after_the_checks_keeps_the_message_back() {
        let mut rng = ChaCha20Rng::seed_from_u64(6);
        let cast = Cast::new(1..=3, &mut rng).unwrap();
        let shares = cast.deal::<EcdsaSecp256k1>(Threshold::new(3, 3).unwrap(), &mut rng).unwrap();
        let sets = cast.deal_pairings(cast.roster().parties(), &mut rng).unwrap();
        let signers = cast.roster().parties().clone();
        let (message, session) = (Message::sha256(b"m"), SessionId([1; 16]));
        let task = Task::new(shares[0].public(), signers, Path::default(), message, session).unwrap();
        let (team, _) = Team::new(task.0, &shares[0], &sets[&shares[0].id()]).unwrap();
        team.settle(1, &[Vec::new(), Vec::new()]).unwrap();
        team.release(1).unwrap();
        let (other, link) = &team.links[1];
        let failed = [(Choice::from(0), "S2.4", Fault::Vole)];
        assert_eq!(link.settle(&failed, SessionId([2; 16])), Settled::Banned("S2.4", Fault::Vole));
        let abort = team.release(1).unwrap_err();
        let verdict = Verdict::Cheater { who: *other, fault: Fault::AlreadyBanned, evidence: None };
        assert_eq!((abort.round, abort.check, abort.verdict), (1, "S1.1", verdict));
    }
}
