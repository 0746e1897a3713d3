//! The bytes of a request.

use alloc::vec::Vec;

use super::{Action, DigestRule, Draft, KeyRef, MAX_FACTS, MAX_PATH, MAX_PAYLOAD};
use crate::approval::approver::ApproverId;
use crate::approval::fact::Fact;
use crate::wire::{Reader, put_u16, put_u32};

const MAGIC: &[u8; 4] = b"QREQ";
const VERSION: u8 = 1;

/// The bytes of a valid draft.
pub(super) fn write(draft: &Draft, nonce: &[u8; 32]) -> Vec<u8> {
    let key = draft.key.unwrap_or(KeyRef { scheme: 0, id: [0; 32], epoch: 0 });
    let mut out = Vec::with_capacity(256 + draft.payload.len());
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&[VERSION, draft.action as u8, key.scheme, draft.rule as u8]);
    out.extend_from_slice(&draft.cluster);
    out.extend_from_slice(&key.id);
    put_u32(&mut out, key.epoch);
    out.extend_from_slice(nonce);
    out.extend_from_slice(&draft.not_before.to_be_bytes());
    out.extend_from_slice(&draft.expires.to_be_bytes());
    out.extend_from_slice(&draft.requester.unwrap_or(ApproverId([0; 32])).0);
    out.push(draft.path.len() as u8);
    for index in &draft.path {
        put_u32(&mut out, *index);
    }
    out.push(draft.tweak.len() as u8);
    out.extend_from_slice(&draft.tweak);
    put_u32(&mut out, draft.payload.len() as u32);
    out.extend_from_slice(&draft.payload);
    put_u16(&mut out, draft.facts.len() as u16);
    for fact in &draft.facts {
        fact.write(&mut out);
    }
    out
}

/// The parts, each within its bounds; what must go together is not looked at.
pub(super) fn read(bytes: &[u8]) -> Option<(Draft, [u8; 32])> {
    let mut r = Reader::new(bytes);
    if r.array()? != MAGIC || r.u8()? != VERSION {
        return None;
    }
    let action = Action::from_wire(r.u8()?)?;
    let scheme = r.u8()?;
    let rule = DigestRule::from_wire(r.u8()?)?;
    let cluster = *r.array()?;
    let (id, epoch) = (*r.array()?, r.u32()?);
    let nonce = *r.array()?;
    let (not_before, expires) = (u64::from_be_bytes(*r.array()?), u64::from_be_bytes(*r.array()?));
    let requester = Some(ApproverId(*r.array()?)).filter(|id| id.0 != [0; 32]);
    let mut path = Vec::new();
    for _ in 0..capped(r.u8()?.into(), MAX_PATH)? {
        path.push(r.u32()?);
    }
    let len = r.u8()?;
    let tweak = r.bytes(len.into())?.to_vec();
    let len = capped(usize::try_from(r.u32()?).ok()?, MAX_PAYLOAD)?;
    let payload = r.bytes(len)?.to_vec();
    let mut facts = Vec::new();
    for _ in 0..capped(r.u16()?.into(), MAX_FACTS)? {
        facts.push(Fact::read(&mut r)?);
    }
    r.end()?;
    let key = KeyRef { scheme, id, epoch };
    let key = (scheme != 0 || id != [0; 32] || epoch != 0).then_some(key);
    let draft =
        Draft { action, rule, cluster, key, not_before, expires, requester, path, tweak, payload, facts };
    Some((draft, nonce))
}

fn capped(len: usize, most: usize) -> Option<usize> {
    (len <= most).then_some(len)
}
