//! What an envelope leaves in memory that is given back: of a private message, which may be part of a share, nothing. A test of its own, since it
//! replaces the allocator.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use quorate::envelope::{EnvelopeError, MAX_ENVELOPE_LEN, Unsigned, Verified};
use quorate::identity::{IdentityKey, Roster};
use quorate::party::PartyId;
use quorate::secret::Secret;
use quorate::wire::{Header, Kind, SessionId};

const BODY: [u8; 32] = *b"a part of somebody's share of it";

static LEFT: AtomicUsize = AtomicUsize::new(0);

/// Counts the blocks that come back with the body in them.
struct Watching;

// SAFETY: the system's allocator; a block is read before it is given back.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let bytes = unsafe { std::slice::from_raw_parts(block, layout.size()) };
        if bytes.windows(BODY.len()).any(|window| window == BODY) {
            LEFT.fetch_add(1, Ordering::SeqCst);
        }
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static MEMORY: Watching = Watching;

/// What a message's way into an envelope, onto the wire, and out of it leaves: a signature that holds, and one that does not.
fn left(kind: Kind) -> usize {
    let [one, two] = [1, 2].map(|n| PartyId::new(n).unwrap());
    let mut keys = [1, 2].map(|k| IdentityKey::from_seed(Secret::new([k; 32])));
    let roster = Roster::new([(one, keys[0].public()), (two, keys[1].public())]).unwrap();
    let to = (kind == Kind::Direct).then_some(two);
    let header =
        Header { protocol: 5, round: 1, kind, from: one, to, session: SessionId([1; 16]), binding: [2; 32] };
    let before = LEFT.load(Ordering::SeqCst);
    // The test's own copies are not given back.
    let message = Vec::leak([&header.to_bytes()[..], &BODY].concat());
    let unsigned = Unsigned::new(message).unwrap();
    drop(unsigned.clone());
    let signature = keys[0].sign(unsigned.to_sign());
    drop(unsigned.clone().attach(&roster, keys[1].sign(unsigned.to_sign())));
    drop(unsigned.clone().attach(&roster, signature));
    let envelope = unsigned.sign_with(&mut keys[0]).unwrap();
    let bytes = Vec::leak(envelope.to_bytes());
    drop(envelope);
    let verified = Verified::open(&roster, bytes).unwrap();
    drop(verified.under(&roster));
    drop(verified);
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    assert_eq!(Verified::open(&roster, bytes), Err(EnvelopeError::BadSignature));
    LEFT.load(Ordering::SeqCst) - before
}

/// What is left of an envelope of this length that is refused.
fn left_of(len: usize, error: EnvelopeError) -> usize {
    let one = PartyId::new(1).unwrap();
    let roster = Roster::new([
        (one, IdentityKey::from_seed(Secret::new([1; 32])).public()),
        (PartyId::new(2).unwrap(), IdentityKey::from_seed(Secret::new([2; 32])).public()),
    ])
    .unwrap();
    let (session, binding) = (SessionId([1; 16]), [2; 32]);
    let header = Header { protocol: 5, round: 1, kind: Kind::All, from: one, to: None, session, binding };
    let mut bytes = [&header.to_bytes()[..], &BODY].concat();
    bytes.resize(len, 0);
    let bytes = Vec::leak(bytes);
    let before = LEFT.load(Ordering::SeqCst);
    assert_eq!(Verified::open(&roster, bytes), Err(error));
    LEFT.load(Ordering::SeqCst) - before
}

#[test]
fn a_private_message_leaves_nothing() {
    assert_eq!(left_of(MAX_ENVELOPE_LEN, EnvelopeError::BadSignature), 1, "it is copied, and seen");
    // [E1] before anything is copied
    assert_eq!(left_of(MAX_ENVELOPE_LEN + 1, EnvelopeError::Malformed), 0);
    assert!(left(Kind::All) >= 6, "what is no secret is not wiped, and is seen");
    assert_eq!(left(Kind::Direct), 0);
}
