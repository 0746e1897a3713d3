//! A signature but for the message, at one signer.

#![allow(non_snake_case)]

use alloc::vec::Vec;

use super::job::Order;
use super::round2::Presigned;
use super::suite::{EcdsaScheme, NonceImage};
use super::team::Team;
use crate::curve::{Curve, Scheme, encode_point, read_point, read_scalar, write_scalar};
use crate::error::ResumeError;
use crate::hash::{Tag, Transcript, close, closed};
use crate::key::Path;
use crate::party::{Parties, PartyId};
use crate::secret::{Secret, published_in_place};
use crate::session::{AlreadySpent, SpendOnce};
use crate::wire::{Reader, put_u16, put_u32};

type Point<S> = <<S as Scheme>::Curve as Curve>::Point;

const VERSION: u8 = 1;

/// One signer's part of a signature whose message comes later: bound to key, epoch, signers, path and the pairings it was made with.
///
/// Two messages under one presignature reveal the key. So it is moved when it signs, also by a call that fails, and has no `Clone`; stored and
/// brought back, it passes a [`SpendOnce`].
///
/// ```compile_fail,E0599
/// fn twice(presignature: &quorate::ecdsa::Presignature<quorate::curve::EcdsaSecp256k1>) {
///     let _ = (*presignature).clone();
/// }
/// ```
#[derive(Debug)]
pub struct Presignature<S: EcdsaScheme> {
    pub(super) presigned: Presigned<S>,
    pub(super) me: PartyId,
    pub(super) key_id: [u8; 32],
    pub(super) epoch_id: [u8; 32],
    pub(super) signers: Parties,
    pub(super) path: Path,
    /// `pk'`.
    pub(super) key: Point<S>,
    /// The pairing with each other signer, ascending.
    pub(super) pairings: Vec<[u8; 32]>,
    generation: u32,
}

/// Signer and key of a stored form.
pub(super) fn names_of<S: EcdsaScheme>(form: &[u8]) -> Option<(PartyId, [u8; 32])> {
    let mut r = Reader::new(closed(form)?);
    if (r.u8()?, r.u8()?) != (VERSION, S::ID) {
        return None;
    }
    r.u32()?;
    let me = PartyId::new(r.u16()?).ok()?;
    r.bytes(32)?;
    Some((me, *r.array()?))
}

impl<S: EcdsaScheme> Presignature<S> {
    pub(super) fn new(team: &Team<S>, order: &Order<S>, presigned: Presigned<S>) -> Self {
        Self {
            presigned,
            me: team.me,
            key_id: *team.key.key_id(),
            epoch_id: team.key.epoch_id(),
            signers: team.signers.clone(),
            path: order.path.clone(),
            key: order.key,
            pairings: team.links.iter().map(|(_, link)| *link.id()).collect(),
            generation: 0,
        }
    }

    /// Its name, the same at all its signers: 32 bytes, not secret.
    #[must_use]
    pub const fn id(&self) -> &[u8; 32] {
        &self.presigned.id
    }

    /// Who made it, ascending; they sign with it.
    #[must_use]
    pub const fn signers(&self) -> &Parties {
        &self.signers
    }

    /// The path of the key that it signs with.
    #[must_use]
    pub const fn path(&self) -> &Path {
        &self.path
    }

    /// The key that it is of.
    #[must_use]
    pub const fn key_id(&self) -> &[u8; 32] {
        &self.key_id
    }

    /// The epoch that it ends with.
    #[must_use]
    pub const fn epoch_id(&self) -> &[u8; 32] {
        &self.epoch_id
    }

    /// Takes it down to bytes, secret: seal them. 304, 34 for each signer but one, and 4 for each index of the path: 338 for two signers and
    /// the key itself.
    #[must_use]
    pub fn store(self) -> Secret<Vec<u8>> {
        let path = self.path.to_bytes();
        let mut secret = Secret::buffer(400 + 34 * self.signers.len() + path.len());
        let out = secret.expose_mut();
        out.extend_from_slice(&[VERSION, S::ID]);
        put_u32(out, self.generation.saturating_add(1));
        put_u16(out, self.me.get());
        out.extend_from_slice(&self.presigned.id);
        out.extend_from_slice(&self.key_id);
        out.extend_from_slice(&self.epoch_id);
        put_u16(out, self.signers.len() as u16);
        out.extend_from_slice(&self.signers.to_bytes());
        put_u16(out, (path.len() / 4) as u16);
        out.extend_from_slice(&path);
        for point in [&self.key, &self.presigned.R] {
            // Neither is the identity.
            let encoded = encode_point::<S::Curve>(point).unwrap_or_default();
            // Known to all signers.
            published_in_place(encoded.as_slice());
            out.extend_from_slice(&encoded);
        }
        self.pairings.iter().for_each(|id| out.extend_from_slice(id));
        self.presigned.fragments.expose().iter().for_each(|part| write_scalar::<S::Curve>(part, out));
        close(out);
        secret
    }

    /// Brings a stored one back, once. The witness must outlive backups: a store of presignatures that is restored together with its witness signs
    /// twice.
    ///
    /// # Errors
    /// [`ResumeError::Malformed`], [`ResumeError::Foreign`] for another scheme's; [`ResumeError::Spent`] if the witness knows it.
    pub fn load(bytes: &Secret<Vec<u8>>, witness: &mut dyn SpendOnce) -> Result<Self, ResumeError> {
        let malformed = ResumeError::Malformed;
        let content = closed(bytes.expose()).ok_or(malformed)?;
        match content {
            [VERSION, scheme, ..] if *scheme == S::ID => {}
            [VERSION, ..] => return Err(ResumeError::Foreign),
            _ => return Err(malformed),
        }
        let mut r = Reader::new(content);
        let presignature = Self::read(&mut r).filter(|_| r.end().is_some()).ok_or(malformed)?;
        let name = Transcript::new(Tag::PresigSpend).bytes(presignature.id()).party(presignature.me).finish();
        witness.spend(&name, presignature.generation).map_err(|AlreadySpent| ResumeError::Spent)?;
        Ok(presignature)
    }

    fn read(r: &mut Reader<'_>) -> Option<Self> {
        r.bytes(2)?;
        let generation = r.u32()?;
        let me = PartyId::new(r.u16()?).ok()?;
        let (id, key_id, epoch_id) = (*r.array()?, *r.array()?, *r.array()?);
        let count = r.u16()?;
        let ids = r.bytes(2 * usize::from(count))?.as_chunks::<2>().0;
        let listed = ids.iter().map(|id| u16::from_be_bytes(*id));
        let signers = Parties::from_numbers(listed).ok()?;
        if signers.to_bytes() != ids.as_flattened() || !signers.contains(me) {
            return None;
        }
        let indices = r.u16()?;
        let path = Path::from_bytes(r.bytes(4 * usize::from(indices))?)?;
        let key = read_point::<S::Curve>(r.bytes(33)?)?;
        let R = read_point::<S::Curve>(r.bytes(33)?)?;
        let pairings: Option<Vec<_>> = (1..count).map(|_| r.array().copied()).collect();
        let mut scalar = || read_scalar::<S::Curve>(r.bytes(32)?);
        let fragments = Secret::new([scalar()?, scalar()?, scalar()?]);
        let presigned = Presigned { id, R, image: NonceImage::of(&R)?, fragments };
        Some(Self { presigned, me, key_id, epoch_id, signers, path, key, pairings: pairings?, generation })
    }
}
