//! Q11 and Q12: paid once, settled once, granted after that.

use quorate::approval::quote::{Paid, Payment, QuoteError, granted};
use quorate::approval::registry::{Claim, Entry, MemoryRegistry, Registry, RegistryError, Space};

use super::world::{Constant, NOW, Wallet, offer, served, shop, signed};

const ANN: [u8; 16] = [0xa1; 16];
const BOB: [u8; 16] = [0xb0; 16];

fn paid(token: &str, payment: &Payment) -> Paid {
    shop().verify(token, payment, &served(), NOW).unwrap()
}

fn registry() -> MemoryRegistry {
    MemoryRegistry::new(100, NOW)
}

#[test]
fn q11_parallel_settlements_of_one_payment_are_one() {
    let (mut r, (token, payment)) = (registry(), signed());
    let reservation = paid(&token, &payment).reserve(ANN, &mut r, NOW).unwrap();
    assert_eq!(paid(&token, &payment).reserve(BOB, &mut r, NOW).unwrap_err(), QuoteError::Taken);
    let grant = reservation.settle([7; 32], &mut r).unwrap();
    assert_eq!((grant.quote().id(), grant.reference()), (&[1; 32], &[7; 32]));
    // A duplicate gets the answer of the first.
    let again = paid(&token, &payment).reserve(BOB, &mut r, NOW).unwrap_err();
    assert_eq!(again, QuoteError::Settled([7; 32]));
}

#[test]
fn q11_the_same_quote_with_another_payment_is_a_conflict() {
    let (mut r, shop) = (registry(), shop());
    let (quote, token) = shop.keys.quote(offer(), NOW, 300, &mut Constant(1)).unwrap();
    let wallet = Wallet::default();
    let (one, other) = (wallet.pay(&quote, |_| {}), wallet.pay(&quote, |a| a.valid_before -= 1));
    let reservation = paid(&token, &one).reserve(ANN, &mut r, NOW).unwrap();
    assert_eq!(paid(&token, &other).reserve(BOB, &mut r, NOW).unwrap_err(), QuoteError::Conflict);
    reservation.settle([7; 32], &mut r).unwrap();
    assert_eq!(paid(&token, &other).reserve(BOB, &mut r, NOW).unwrap_err(), QuoteError::Conflict);
}

/// The payment nonce is in use (as it would be by another shop of the same registry): the quote is given back.
#[test]
fn q11_if_the_nonce_is_taken_the_quote_is_given_back() {
    struct Spy(MemoryRegistry, Vec<Claim>);
    impl Registry for Spy {
        fn clock(&mut self, now: u64) -> Result<u64, RegistryError> {
            self.0.clock(now)
        }
        fn confirm_clock(&mut self, now: u64) -> Result<(), RegistryError> {
            self.0.confirm_clock(now)
        }
        fn reserve(&mut self, claim: &Claim, now: u64) -> Result<u8, RegistryError> {
            self.1.push(*claim);
            self.0.reserve(claim, now)
        }
        fn commit(
            &mut self,
            s: Space,
            id: &[u8; 32],
            o: &[u8; 16],
            out: &[u8; 32],
        ) -> Result<(), RegistryError> {
            self.0.commit(s, id, o, out)
        }
        fn release(&mut self, space: Space, id: &[u8; 32], owner: &[u8; 16]) -> Result<(), RegistryError> {
            self.0.release(space, id, owner)
        }
        fn consume(&mut self, claim: &Claim, outcome: &[u8; 32], now: u64) -> Result<(), RegistryError> {
            self.0.consume(claim, outcome, now)
        }
        fn entry(&mut self, space: Space, id: &[u8; 32]) -> Result<Option<Entry>, RegistryError> {
            self.0.entry(space, id)
        }
        fn first_seen(&mut self, s: Space, id: &[u8; 32], now: u64, end: u64) -> Result<u64, RegistryError> {
            self.0.first_seen(s, id, now, end)
        }
        fn fail(&mut self, space: Space, id: &[u8; 32], now: u64) -> Result<u8, RegistryError> {
            self.0.fail(space, id, now)
        }
        fn failures(&mut self, space: Space, id: &[u8; 32], now: u64) -> Result<u8, RegistryError> {
            self.0.failures(space, id, now)
        }
        fn purge(&mut self, now: u64) -> Result<usize, RegistryError> {
            self.0.purge(now)
        }
    }
    let (token, payment) = signed();
    let mut first = Spy(registry(), Vec::new());
    let _reservation = paid(&token, &payment).reserve(ANN, &mut first, NOW).unwrap();
    let [quote, nonce] = first.1[..] else { panic!("two names") };
    assert_eq!((quote.space, nonce.space), (Space::Quote, Space::PayNonce));
    assert_eq!((quote.id, quote.bind), ([1; 32], nonce.bind));
    let mut r = registry();
    r.reserve(&Claim { owner: BOB, ..nonce }, NOW).unwrap();
    assert_eq!(paid(&token, &payment).reserve(ANN, &mut r, NOW).unwrap_err(), QuoteError::Taken);
    assert!(r.reserve(&Claim { owner: BOB, ..quote }, NOW).is_ok(), "the quote is free");
    // A front-runner's use of the nonce with another payment.
    let mut r = registry();
    r.consume(&Claim { owner: BOB, bind: [0; 32], ..nonce }, &[9; 32], NOW).unwrap();
    assert_eq!(paid(&token, &payment).reserve(ANN, &mut r, NOW).unwrap_err(), QuoteError::Conflict);
}

#[test]
fn q12_nothing_is_granted_before_the_settlement() {
    let (mut r, (token, payment)) = (registry(), signed());
    let ask = |r: &mut MemoryRegistry| granted(paid(&token, &payment), r);
    assert_eq!(ask(&mut r).unwrap_err(), QuoteError::NotSettled);
    let reservation = paid(&token, &payment).reserve(ANN, &mut r, NOW).unwrap();
    assert_eq!(ask(&mut r).unwrap_err(), QuoteError::NotSettled);
    // A settlement that failed, with proof, is given back, and may be tried again.
    reservation.release(&mut r).unwrap();
    assert_eq!(ask(&mut r).unwrap_err(), QuoteError::NotSettled);
    let reservation = paid(&token, &payment).reserve(BOB, &mut r, NOW).unwrap();
    let grant = reservation.settle([7; 32], &mut r).unwrap();
    assert_eq!(ask(&mut r).unwrap(), grant);
}

#[test]
fn q11_a_settlement_that_timed_out_stays_reserved() {
    let (mut r, (token, payment)) = (registry(), signed());
    drop(paid(&token, &payment).reserve(ANN, &mut r, NOW).unwrap());
    for now in [NOW, NOW + 299, NOW + 80_000] {
        let again = paid(&token, &payment).reserve(BOB, &mut r, now).unwrap_err();
        assert_eq!(again, QuoteError::Taken);
    }
}

#[test]
fn q11_a_registry_without_room_refuses() {
    let (token, payment) = signed();
    let mut r = MemoryRegistry::new(1, NOW);
    let refused = paid(&token, &payment).reserve(ANN, &mut r, NOW).unwrap_err();
    assert_eq!(refused, QuoteError::Registry(RegistryError::Full));
    assert_eq!(r.release(Space::Quote, &[1; 32], &ANN), Err(RegistryError::WrongState), "given back");
}

/// The answer of a commit was lost: it is asked again, and grants once more by the same reference, and by no other.
#[test]
fn a_settlement_may_be_committed_again_with_its_own_reference() {
    let (mut r, (token, payment)) = (registry(), signed());
    let reservation = paid(&token, &payment).reserve(ANN, &mut r, NOW).unwrap();
    r.commit(Space::Quote, &[1; 32], &ANN, &[7; 32]).unwrap();
    let (error, reservation) = *reservation.settle([8; 32], &mut r).unwrap_err();
    assert_eq!(error, QuoteError::Registry(RegistryError::WrongState));
    // The nonce was committed with the other reference by then, so that this quote is never granted.
    let failed = reservation.settle([7; 32], &mut r).unwrap_err();
    assert_eq!(failed.0, QuoteError::Registry(RegistryError::WrongState));
    assert_eq!(granted(paid(&token, &payment), &mut r).unwrap_err(), QuoteError::NotSettled);
    let mut r = registry();
    let reservation = paid(&token, &payment).reserve(ANN, &mut r, NOW).unwrap();
    r.commit(Space::Quote, &[1; 32], &ANN, &[7; 32]).unwrap();
    assert!(reservation.settle([7; 32], &mut r).is_ok());
}

/// The answer to giving the first name back was lost: asked again, that name is what it was to be, and the second follows.
#[test]
fn a_reservation_that_was_given_back_in_part_may_be_given_back_again() {
    let (mut r, (token, payment)) = (registry(), signed());
    let reservation = paid(&token, &payment).reserve(ANN, &mut r, NOW).unwrap();
    r.release(Space::Quote, &[1; 32], &ANN).unwrap();
    reservation.release(&mut r).unwrap();
    let reservation = paid(&token, &payment).reserve(BOB, &mut r, NOW).unwrap();
    // What was settled is not given back.
    r.commit(Space::Quote, &[1; 32], &BOB, &[7; 32]).unwrap();
    let (error, _) = *reservation.release(&mut r).unwrap_err();
    assert_eq!(error, QuoteError::Registry(RegistryError::WrongState));
    assert_eq!(r.entry(Space::Quote, &[1; 32]), Ok(Some(Entry::Committed { outcome: [7; 32] })));
}
