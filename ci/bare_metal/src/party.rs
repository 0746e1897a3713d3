//! A party with a session, on the host and on the device alike.

use alloc::vec::Vec;

use quorate::envelope::{Unsigned, Verified};
use quorate::evidence::Envelope;
use quorate::identity::{IdentityKey, Pending, Roster};
use quorate::party::PartyId;
use quorate::session::{Receipt, Session, State, Status};
use quorate::wire::Header;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// Protocols that sign need them.
pub struct Identity {
    pub roster: Roster,
    pub key: IdentityKey,
}

pub struct Party<S: State> {
    session: Session<S>,
    identity: Option<Identity>,
    rng: ChaCha20Rng,
    sent: usize,
}

/// A party's randomness: fixed, so that a run can be repeated. Never do this with a key that matters.
pub fn rng(me: PartyId) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([me.get() as u8; 32])
}

impl<S: State> Party<S> {
    pub const fn new(session: Session<S>, identity: Option<Identity>, rng: ChaCha20Rng) -> Self {
        Self { session, identity, rng, sent: 0 }
    }

    pub const fn me(&self) -> PartyId {
        self.session.terms().me
    }

    /// Hands over what was made since the last time, as it goes on the wire.
    pub fn post(&mut self, send: &mut dyn FnMut(Option<PartyId>, &[u8])) {
        for message in self.session.outgoing(self.sent) {
            match &self.identity {
                Some(Identity { roster, key }) => {
                    let unsigned = Unsigned::new(message.bytes).expect("own message");
                    let signature = key.sign(unsigned.to_sign());
                    let envelope = unsigned.attach(roster, signature).expect("own key");
                    send(message.to, &envelope.to_bytes());
                }
                None => send(message.to, message.bytes),
            }
        }
        self.sent = self.session.sent();
    }

    /// Takes what came from the wire: the transport's buffer, which is free again when this returns.
    pub fn receive(&mut self, bytes: Vec<u8>) {
        let receipt = match &self.identity {
            Some(Identity { roster, .. }) => {
                let envelope = Envelope::from_bytes(&bytes).expect("an envelope");
                drop(bytes);
                let verified: Verified = envelope.verify(roster).expect("its signature holds");
                self.session.receive_signed(&verified)
            }
            None => {
                let (header, _) = Header::split(&bytes).expect("a header");
                self.session.receive(header.from, &bytes)
            }
        };
        assert_eq!(receipt, Ok(Receipt::Stored));
    }

    /// As far as it goes.
    pub fn advance(&mut self) -> Option<S::Output> {
        loop {
            match self.session.advance(&mut self.rng).expect("nobody cheats") {
                Status::Advanced { .. } => {}
                Status::Keep => {
                    let pending = self.session.pending().expect("there is one after Keep");
                    let identity = self.identity.as_ref().expect("this protocol signs");
                    let signature = identity.key.sign(&pending.to_sign());
                    self.session.kept(&signature).expect("own key");
                }
                Status::Done(output) => return Some(output),
                _ => return None,
            }
        }
    }
}
