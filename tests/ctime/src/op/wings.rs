//! What stands around the cryptography: containers, channels, codes, identities.
//!
//! A passphrase is not among the secrets: Argon2id reads memory at places that depend on it from the second slice on, by design (RFC 9106, section
//! 3.4.1.3).

use quorate::approval::approver::ApproverId;
use quorate::approval::fact::Amount;
use quorate::approval::quote::{Address, MacKey, MacKeys, Offer};
use quorate::approval::registry::MemoryRegistry;
use quorate::approval::totp::Totp;
use quorate::channel::{Content, Event, Limits, Opened, Peers};
use quorate::cluster::Cluster;
use quorate::curve::{FrostEd25519, Secp256k1};
use quorate::identity::{IdentityKey, Roster};
use quorate::key::KeyShare;
use quorate::party::PartyId;
use quorate::secret::Secret;
use quorate::vault::prf::{Label, Prf, SinglePrfSlot, derive, ed25519_seed, scalar};
use quorate::vault::{
    EpochRule, Expect, KeyWrap, Rollback, SlotKey, SlotSpec, Stored, WrapError, open, seal,
};
use quorate::{curve, vault};

use super::id;
use super::keys::{cast, made, secret};
use crate::table::{Expected, Table, publish};
use crate::tainted::Tainted;
use crate::valgrind::hide;

fn hidden<const N: usize>(start: u8) -> Secret<[u8; N]> {
    let mut secret = Secret::new(core::array::from_fn(|at| start + at as u8));
    hide(secret.expose_mut());
    secret
}

fn hidden_vec(start: u8) -> Secret<Vec<u8>> {
    Secret::new(hidden::<32>(start).expose().to_vec())
}

fn expect(what: &impl Stored) -> Expect {
    Expect { subject: what.subject(), epoch: EpochRule::Any, rollback: Rollback::AtLeast(1) }
}

/// A wrapper that is no secret's friend: it only remembers.
struct Kms(Vec<[u8; 32]>);

impl KeyWrap for Kms {
    fn wrap(&mut self, key: &Secret<[u8; 32]>, _: &[u8; 32]) -> Result<Vec<u8>, WrapError> {
        self.0.push(*key.expose());
        Ok(vec![self.0.len() as u8])
    }

    fn unwrap(&mut self, blob: &[u8], _: &[u8; 32]) -> Result<Secret<[u8; 32]>, WrapError> {
        self.0.get(usize::from(blob[0]) - 1).copied().map(Secret::new).ok_or(WrapError)
    }
}

/// A share in a container with three slots.
fn container(slots: Vec<SlotSpec<'_>>, rng: &mut Tainted) -> (KeyShare<FrostEd25519>, Vec<u8>) {
    let share = made::<FrostEd25519>(&cast(&[1, 2, 3]), &mut Tainted::new(2)).remove(0);
    let bytes = seal(&share, 1, slots, rng).unwrap();
    publish(&bytes);
    (share, bytes)
}

fn containers(table: &mut Table) {
    let held = hidden::<32>(1);
    let prf =
        || Prf::enrolled("example.org", b"credential", [3; 32], [&hidden_vec(9), &hidden_vec(9)]).unwrap();
    let one = || SlotSpec::Held { label: "daily", key: &held };
    table.clean("a container sealed, key in memory", || {
        secret(&container(vec![one()], &mut Tainted::new(20)).0)
    });
    let two = Expected::Exactly(2, "aes-gcm: the verdict on the tag of the wrapped key, and of the body");
    table.row("a container opened, key in memory", two, || {
        let (share, bytes) = container(vec![one()], &mut Tainted::new(20));
        let key = SlotKey::Held { label: "daily", key: &held };
        secret(
            &open::<KeyShare<FrostEd25519>>(&bytes, &key, &expect(&share), &vault::Limits::default())
                .unwrap(),
        )
    });
    table.row("a container opened, PRF of a passkey", two, || {
        let prf = prf();
        let slot = SlotSpec::Prf { prf: &prf, alone: SinglePrfSlot::Accept };
        let (share, bytes) = container(vec![slot], &mut Tainted::new(20));
        let key = SlotKey::Prf(&prf);
        secret(
            &open::<KeyShare<FrostEd25519>>(&bytes, &key, &expect(&share), &vault::Limits::default())
                .unwrap(),
        )
    });
    table.row("a container opened, external wrapper", two, || {
        let mut kms = Kms(Vec::new());
        let slot = SlotSpec::External { label: "kms", wrapper: &mut kms };
        let (share, bytes) = container(vec![slot], &mut Tainted::new(20));
        let key = vault::Container::read(&bytes).unwrap().unwrap("kms", &mut kms).unwrap();
        let key = SlotKey::External { label: "kms", key: &key };
        secret(
            &open::<KeyShare<FrostEd25519>>(&bytes, &key, &expect(&share), &vault::Limits::default())
                .unwrap(),
        )
    });
    table.clean("a container with the wrong key", || {
        let (share, bytes) = container(vec![one()], &mut Tainted::new(20));
        let wrong = hidden::<32>(77);
        let key = SlotKey::Held { label: "daily", key: &wrong };
        assert!(
            open::<KeyShare<FrostEd25519>>(&bytes, &key, &expect(&share), &vault::Limits::default()).is_err()
        );
        secret(&share)
    });
    table.clean("keys from the PRF of a passkey", || {
        let (prf, label) = (prf(), Label { app: "a", purpose: "b", chain: "c", account: 1, version: 1 });
        let rp = "example.org";
        let mut out = derive(prf.secret(), rp, &label, 0).unwrap().expose().to_vec();
        out.extend(ed25519_seed(prf.secret(), rp, &label).unwrap().expose());
        curve::write_scalar::<Secp256k1>(
            scalar::<Secp256k1>(prf.secret(), rp, &label).unwrap().expose(),
            &mut out,
        );
        out
    });
}

struct Node {
    peers: Peers,
    key: IdentityKey,
    rng: Tainted,
}

impl Node {
    fn take(&mut self, bytes: &[u8]) -> Event {
        let event = self.peers.receive(bytes, &mut self.rng).unwrap();
        self.peers.sign_with(event, &mut self.key).unwrap()
    }
}

/// Two members of a cluster, whose identity keys are secrets.
fn nodes() -> [Node; 2] {
    let ids = [1, 2].map(id);
    let keys = [1, 101].map(|start| IdentityKey::from_seed(hidden(start)));
    let roster = Roster::new(ids.into_iter().zip(&keys).map(|(id, key)| (id, key.public()))).unwrap();
    let cluster = Cluster::new([7; 32], 0, roster).unwrap();
    let mut ids = ids.into_iter();
    keys.map(|key| {
        let me = ids.next().unwrap();
        let peers = Peers::new(me, cluster.clone(), Limits::default()).unwrap();
        Node { peers, key, rng: Tainted::new(u64::from(me.get())) }
    })
}

fn reply(event: Event) -> Vec<u8> {
    let bytes = match event {
        Event::Reply { bytes, .. } => bytes,
        Event::Established { reply: Some(bytes), .. } => bytes,
        event => panic!("{event:?}"),
    };
    publish(&bytes);
    bytes
}

fn shake([one, two]: &mut [Node; 2]) -> PartyId {
    let first = one.peers.connect(two.peers.me(), &mut one.rng).unwrap();
    publish(&first);
    let second = reply(two.take(&first));
    let third = reply(one.take(&second));
    assert!(matches!(two.take(&third), Event::Established { reply: None, .. }));
    two.peers.me()
}

fn channels(table: &mut Table) {
    table.clean("a channel's handshake, both sides", || {
        shake(&mut nodes());
        Vec::new()
    });
    let one = Expected::Exactly(1, "aes-gcm: the verdict on the tag of the record");
    table.row("a record sealed and opened", one, || {
        let mut pair = nodes();
        let to = shake(&mut pair);
        let content = hidden_vec(60);
        let record = pair[0].peers.seal(to, Content::Application, content.expose()).unwrap();
        publish(&record);
        match pair[1].take(&record) {
            Event::Received(Opened::Application { bytes, .. }) => bytes.expose().to_vec(),
            event => panic!("{event:?}"),
        }
    });
    table.clean("a message signed with the identity key", || {
        let key = IdentityKey::from_seed(hidden(1));
        let shares = made::<FrostEd25519>(&cast(&[1, 2, 3]), &mut Tainted::new(2));
        let terms = shares[0].public().to_sign();
        let signature = key.sign(&terms);
        publish(&signature);
        assert!(key.public().verify(&terms, &signature));
        Vec::new()
    });
}

fn codes(table: &mut Table) {
    const NOW: u64 = 1_111_111_109;
    table.clean("a one-time code, right and wrong", || {
        let mut totp = Totp::new(hidden_vec(70), 0).unwrap();
        let code = totp.code_at(NOW);
        publish(&code);
        let mut registry = MemoryRegistry::new(100, NOW - 1000);
        let who = ApproverId([1; 32]);
        totp.accept(&who, &code, &[1; 32], &mut registry, NOW).unwrap();
        let mut wrong = code;
        wrong[5] ^= 1;
        assert!(totp.accept(&who, &wrong, &[2; 32], &mut registry, NOW).is_err());
        Vec::new()
    });
    table.clean("a quote made and read, and a forged one", || {
        let keys = MacKeys::new(MacKey::new([1; 16], hidden_vec(80)).unwrap(), None).unwrap();
        let offer = Offer {
            method: "POST".into(),
            resource: b"/report".to_vec(),
            body: [1; 32],
            network: "eip155:84532".into(),
            asset: Address([1; 20]),
            pay_to: Address([2; 20]),
            payer: Address([3; 20]),
            amount: Amount::from(10_000),
        };
        let (_, token) = keys.quote(offer, NOW, 300, &mut Tainted::new(21)).unwrap();
        publish(token.as_bytes());
        keys.read(&token, NOW).unwrap();
        let other = MacKeys::new(MacKey::new([1; 16], hidden_vec(81)).unwrap(), None).unwrap();
        assert!(other.read(&token, NOW).is_err());
        Vec::new()
    });
}

pub fn all(table: &mut Table) {
    containers(table);
    channels(table);
    codes(table);
}
