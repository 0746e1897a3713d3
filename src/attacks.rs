//! Attacks that need the insides: a malicious device that knows its leaves, its `Delta`, its nonces and everybody's messages, and computes what
//! it sends with them. What passes and what does not is compared with the secrets of the attacked, which the attacker does not have.

extern crate std;

mod alice;
mod bits;
mod bob;
mod epochs;
mod race;
mod reuse;
mod signer;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::ecdsa::{EcdsaScheme, Message, Task};
use crate::hash::{Tag, Transcript};
use crate::key::{KeyShare, Path};
use crate::pairing::{Link, Opening, Pairings};
use crate::party::{Parties, PartyId, Threshold};
use crate::sim::Cast;
use crate::wire::SessionId;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn id(number: u16) -> PartyId {
    PartyId::new(number).unwrap()
}

/// A key, its holders, some of whom sign, and their pairings.
struct Stage<S: EcdsaScheme> {
    cast: Cast,
    shares: Vec<KeyShare<S>>,
    signers: Parties,
    pairs: BTreeMap<PartyId, Pairings>,
}

impl<S: EcdsaScheme> Stage<S> {
    fn new(t: u16, n: u16, signers: &[u16], pairings: u64) -> Self {
        let cast = Cast::new(1..=n, &mut rng(n.into())).unwrap();
        let shares = cast.deal(Threshold::new(t, n).unwrap(), &mut rng(1000)).unwrap();
        let pairs = cast.deal_pairings(cast.roster().parties(), &mut rng(pairings)).unwrap();
        Self { cast, shares, signers: Parties::from_numbers(signers.iter().copied()).unwrap(), pairs }
    }

    fn task(&self, session: u8) -> Task<S> {
        let (key, signers) = (self.shares[0].public(), self.signers.clone());
        Task::new(key, signers, Path::default(), Message::sha256(b"m"), SessionId([session; 16])).unwrap()
    }

    fn share(&self, number: u16) -> &KeyShare<S> {
        &self.shares[usize::from(number) - 1]
    }

    fn link(&self, of: u16, with: u16) -> Link {
        let peer = self.cast.roster().identity(id(with)).unwrap();
        self.pairs[&id(of)].get(&peer).unwrap().link()
    }

    /// A set with one pairing, brought back from its stored form.
    fn copy(&self, of: u16, with: u16) -> Pairings {
        let peer = self.cast.roster().identity(id(with)).unwrap();
        let mut set = Pairings::new();
        let form = self.pairs[&id(of)].get(&peer).unwrap().store();
        let opening = Opening::load(form).unwrap();
        let form = opening.to_store();
        drop(set.insert(opening.stored(&form).unwrap()));
        set
    }

    /// `psid` of a use of the pairing of these two.
    fn psid(&self, sid: &[u8; 32], alice: u16, bob: u16) -> [u8; 32] {
        let pairing = *self.link(alice, bob).id();
        Transcript::new(Tag::PairSid).bytes(sid).bytes(&pairing).u16(alice).u16(bob).finish()
    }

    /// Who is banned by whom for what.
    fn bans(&self) -> Vec<(u16, u16, &'static str)> {
        let ids = || self.cast.ids().into_iter().map(PartyId::get);
        let pairs = ids().flat_map(|of| ids().filter(move |with| *with != of).map(move |with| (of, with)));
        pairs.filter_map(|(of, with)| Some((of, with, self.link(of, with).ban()?.check))).collect()
    }
}
