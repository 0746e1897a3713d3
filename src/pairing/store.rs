//! The stored form of a pairing, and coming back from it.
//!
//! | field | bytes |
//! |---|---|
//! | version, kind, tree depth, state (1 active, 2 banned), open mark, open count | 1 each |
//! | pairing id, identity of this device, of the peer | 32 each |
//! | active: leaves, punctured leaves without the missing ones, Delta, seed of zero shares | 4096, 3072, 16, 32 |
//! | banned: number of the check, session id | 1, 16 |
//! | SHA-256 of all that | 32 |
//!
//! The digest is against a bad disk; against malice only the seal helps. A form says whether the pairing was in use when it was
//! stored, and how many times in all it came into use without being closed. A device that crashes between a failed check and storing
//! the ban has given the peer one more guess at Delta, which tells at most a bit; whoever can crash it at will there needs about 96 for all of it. So
//! every opening is counted durably before the secrets can be used, a clean end takes back its own opening and no other, and after
//! [`MAX_OPENS`] unclean ends the two pair anew.

use alloc::sync::Arc;
use alloc::vec::Vec;

use subtle::ConstantTimeEq;

use super::live::{Ban, Life, Pairing, Secrets, Shared};
use super::{LEAVES, read_seeds, write_seeds};
use crate::error::ResumeError;
use crate::hash::{DIGEST_LEN, close, closed};
use crate::identity::PublicIdentity;
use crate::ot::{DEPTH, Seed};
use crate::secret::{Secret, verdict};
use crate::wire::{Reader, SessionId};

/// Openings that may end without [`Pairing::close`], over the whole life of a pairing.
pub const MAX_OPENS: u8 = 8;

/// Bytes of an active pairing's stored form.
pub const STORED_LEN: usize = HEAD_LEN + Secrets::LEN + DIGEST_LEN;

const VERSION: u8 = 1;
/// Unlike the second byte of any session's snapshot.
const KIND: u8 = 0x81;
const ACTIVE: u8 = 1;
const BANNED: u8 = 2;
const HEAD_LEN: usize = 6 + 3 * 32;

/// The checks that ban, by their numbers in a stored form from 1. A ban for anything else keeps its effect but not its name.
const CHECKS: [&str; 3] = ["S1.2", "S2.4", "S2.5"];
const OTHER_CHECK: &str = "unknown";

impl Secrets {
    /// Bytes of [`Secrets::write`].
    pub(super) const LEN: usize = LEAVES * 16 + (LEAVES - (LEAVES >> DEPTH)) * 16 + 16 + 32;

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        write_seeds(self.leaves.expose(), out);
        for tree in self.punctured.expose().chunks_exact(1 << DEPTH) {
            write_seeds(tree.get(1..).unwrap_or_default(), out);
        }
        out.extend_from_slice(self.delta.expose());
        out.extend_from_slice(self.zero.expose());
    }

    pub(super) fn read(r: &mut Reader<'_>) -> Option<Self> {
        let leaves = read_seeds(r, LEAVES)?;
        let mut punctured: Secret<Vec<Seed>> = Secret::new(Vec::with_capacity(LEAVES));
        for _ in 0..LEAVES >> DEPTH {
            let known = read_seeds(r, (1 << DEPTH) - 1)?;
            punctured.expose_mut().push([0; 16]);
            punctured.expose_mut().extend_from_slice(known.expose());
        }
        let delta = Secret::new(*r.array()?);
        Some(Self { leaves, punctured, delta, zero: Secret::new(*r.array()?) })
    }
}

pub(super) fn form(pairing: &Shared, life: &Life, open: bool) -> Secret<Vec<u8>> {
    let mut out = Secret::buffer(STORED_LEN);
    let bytes = out.expose_mut();
    let count = if open { pairing.opens } else { pairing.opens.saturating_sub(1) };
    match life {
        Life::Active(_) => {
            bytes.extend_from_slice(&[VERSION, KIND, DEPTH as u8, ACTIVE, u8::from(open), count]);
        }
        Life::Banned(_) => bytes.extend_from_slice(&[VERSION, KIND, DEPTH as u8, BANNED, 0, 0]),
    }
    for name in [&pairing.id, &pairing.me.0, &pairing.peer.0] {
        bytes.extend_from_slice(name);
    }
    match life {
        Life::Active(secrets) => secrets.write(bytes),
        Life::Banned(ban) => {
            let number = CHECKS.iter().zip(1..).find(|(check, _)| **check == ban.check);
            bytes.push(number.map_or(0, |(_, number)| number));
            bytes.extend_from_slice(&ban.session.0);
        }
    }
    close(bytes);
    out
}

/// Whether a form of this side of this pairing says that it is banned; `None` if the form is of something else.
pub(super) fn tells_of_ban(form: &[u8], pairing: &Shared) -> Option<bool> {
    let (head, stored) = read_head(&mut Reader::new(closed(form)?))?;
    ((stored.id, stored.me) == (pairing.id, pairing.me)).then_some(head.state == BANNED)
}

/// The id of the pairing that a form is of.
pub(super) fn id_of(form: &[u8]) -> Option<[u8; 32]> {
    read_head(&mut Reader::new(closed(form)?)).map(|(_, names)| names.id)
}

struct Head {
    state: u8,
    open: u8,
    count: u8,
}

struct Names {
    id: [u8; 32],
    me: PublicIdentity,
    peer: PublicIdentity,
}

fn read_head(r: &mut Reader<'_>) -> Option<(Head, Names)> {
    let fixed = (r.u8()?, r.u8()?, r.u8()?) == (VERSION, KIND, DEPTH as u8);
    let head = Head { state: r.u8()?, open: r.u8()?, count: r.u8()? };
    let names = Names { id: *r.array()?, me: PublicIdentity(*r.array()?), peer: PublicIdentity(*r.array()?) };
    (fixed && names.me != names.peer).then_some((head, names))
}

fn read_ban(r: &mut Reader<'_>) -> Option<Ban> {
    let number = usize::from(r.u8()?);
    let check = match number.checked_sub(1) {
        None => OTHER_CHECK,
        Some(at) => CHECKS.get(at)?,
    };
    Some(Ban { check, session: SessionId(*r.array()?) })
}

/// A stored pairing on its way back into use: what [`Opening::to_store`] gives must be durable before [`Opening::stored`] gives the
/// pairing.
///
/// ```
/// # use quorate::pairing::{Opening, Pairing};
/// # use quorate::{error::ResumeError, secret::Secret};
/// fn open(
///     bytes: Secret<Vec<u8>>,
///     store: impl FnOnce(&[u8]) -> std::io::Result<()>,
/// ) -> Result<Pairing, Box<dyn std::error::Error>> {
///     let opening = Opening::load(bytes)?;
///     let form = opening.to_store();
///     store(form.expose())?; // sealed, and durable when this returns
///     opening.stored(&form).map_err(|_| ResumeError::Malformed.into())
/// }
/// # let nothing = Secret::new(Vec::new());
/// # assert_eq!(open(nothing, |_| Ok(())).unwrap_err().downcast_ref(), Some(&ResumeError::Malformed));
/// ```
#[derive(Debug)]
#[must_use = "the pairing is usable only after the opening is stored"]
pub struct Opening(Pairing);

impl Opening {
    /// Reads what [`Pairing::store`], [`Pairing::close`] or [`Opening::to_store`] gave. A banned pairing comes back banned, always.
    ///
    /// # Errors
    /// [`ResumeError::Malformed`] if that is not what the bytes are; [`ResumeError::MustPairAnew`] after [`MAX_OPENS`] openings
    /// without a clean end.
    pub fn load(bytes: Secret<Vec<u8>>) -> Result<Self, ResumeError> {
        let malformed = ResumeError::Malformed;
        let mut r = Reader::new(closed(bytes.expose()).ok_or(malformed)?);
        let (head, names) = read_head(&mut r).ok_or(malformed)?;
        let (life, opens) = match (head.state, head.open, head.count) {
            (ACTIVE, 1, MAX_OPENS) => return Err(ResumeError::MustPairAnew),
            (ACTIVE, 0, 0..MAX_OPENS) | (ACTIVE, 1, 1..MAX_OPENS) => {
                let secrets = Secrets::read(&mut r).ok_or(malformed)?;
                (Life::Active(Arc::new(secrets)), head.count + 1)
            }
            (BANNED, 0, 0) => (Life::Banned(read_ban(&mut r).ok_or(malformed)?), 0),
            _ => return Err(malformed),
        };
        r.end().ok_or(malformed)?;
        Ok(Self(Pairing::opened(names.id, names.me, names.peer, life, opens)))
    }

    /// The form to store first, in place of the one loaded: marked open, one opening more.
    #[must_use]
    pub fn to_store(&self) -> Secret<Vec<u8>> {
        self.0.store()
    }

    /// The pairing, now that `form`, which [`Opening::to_store`] gave, is durable.
    ///
    /// # Errors
    /// The opening itself if `form` is something else.
    pub fn stored(self, form: &Secret<Vec<u8>>) -> Result<Pairing, Self> {
        let same = form.expose().ct_eq(self.to_store().expose());
        // Both forms are the caller's.
        if verdict(same) { Ok(self.0) } else { Err(self) }
    }
}
