//! Used once: from a verified payment to what is granted.

use alloc::boxed::Box;

use super::error::QuoteError;
use super::payment::Payment;
use super::token::Quote;
use crate::approval::registry::{Claim, Entry, Owner, Registry, RegistryError, Space};
use crate::hash::{Tag, Transcript};

/// A payment that verified. It grants nothing.
#[derive(Debug)]
pub struct Paid {
    quote: Quote,
    nonce: [u8; 32],
    bind: [u8; 32],
    /// When neither quote nor authorization can be used any more.
    expires: u64,
}

impl Paid {
    pub(super) fn new(quote: Quote, payment: &Payment) -> Self {
        let (offer, authorization) = (quote.offer(), payment.authorization());
        let nonce = Transcript::new(Tag::PayNonce)
            .bytes(offer.network.as_bytes())
            .bytes(&offer.asset.0)
            .bytes(&authorization.from.0)
            .bytes(&authorization.nonce)
            .finish();
        let bind = payment.hash(&offer.network);
        let expires = quote.expires().max(authorization.valid_before);
        Self { nonce, bind, expires, quote }
    }

    /// The quote.
    #[must_use]
    pub const fn quote(&self) -> &Quote {
        &self.quote
    }

    fn claims(&self, owner: Owner) -> [Claim; 2] {
        let names = [(Space::Quote, *self.quote.id()), (Space::PayNonce, self.nonce)];
        let (bind, expires) = (self.bind, self.expires);
        names.map(|(space, id)| Claim { space, id, bind, owner, expires, max_attempts: u8::MAX })
    }

    /// \[Q11\] Reserves quote and payment nonce, both or none. `owner` is a name that no other attempt has.
    ///
    /// # Errors
    /// [`QuoteError::Taken`], [`QuoteError::Conflict`], [`QuoteError::Settled`] with the reference of the settlement, [`QuoteError::Registry`].
    pub fn reserve(
        self,
        owner: Owner,
        registry: &mut dyn Registry,
        now: u64,
    ) -> Result<Reservation, QuoteError> {
        let [quote, nonce] = self.claims(owner);
        registry.reserve(&quote, now)?;
        if let Err(error) = registry.reserve(&nonce, now) {
            // Should this fail too, the quote stays reserved, which only refuses too much.
            registry.release(quote.space, &quote.id, &owner).ok();
            return Err(error.into());
        }
        Ok(Reservation { paid: self, owner })
    }
}

/// A payment to be settled. Dropped, it stays reserved.
#[derive(Debug)]
#[must_use = "dropped, it stays reserved"]
pub struct Reservation {
    paid: Paid,
    owner: Owner,
}

impl Reservation {
    /// The quote.
    #[must_use]
    pub const fn quote(&self) -> &Quote {
        &self.paid.quote
    }

    /// \[Q12\] Commits the settlement, by a reference to it such as the hash of its transaction, and grants. The module says what the
    /// application must have seen on the chain before.
    ///
    /// # Errors
    /// What the registry says, and the reservation, to try again.
    pub fn settle(
        self,
        reference: [u8; 32],
        registry: &mut dyn Registry,
    ) -> Result<Granted, Box<(QuoteError, Self)>> {
        // The quote last: it is what grants.
        for claim in self.paid.claims(self.owner).into_iter().rev() {
            if let Err(error) = commit(&claim, &reference, registry) {
                return Err(Box::new((error.into(), self)));
            }
        }
        Ok(Granted { quote: self.paid.quote, reference })
    }

    /// Gives quote and nonce back, after proof that the settlement failed and never will succeed.
    ///
    /// # Errors
    /// What the registry says, and the reservation, to try again.
    pub fn release(self, registry: &mut dyn Registry) -> Result<(), Box<(QuoteError, Self)>> {
        for claim in self.paid.claims(self.owner) {
            match registry.release(claim.space, &claim.id, &claim.owner) {
                Err(RegistryError::WrongState) if is_released(&claim, registry) => {}
                Err(error) => return Err(Box::new((error.into(), self))),
                Ok(()) => {}
            }
        }
        Ok(())
    }
}

/// Commits; what was committed before with this reference is so.
fn commit(claim: &Claim, reference: &[u8; 32], registry: &mut dyn Registry) -> Result<(), RegistryError> {
    match registry.commit(claim.space, &claim.id, &claim.owner, reference) {
        Err(RegistryError::WrongState) => match registry.entry(claim.space, &claim.id)? {
            Some(Entry::Committed { outcome }) if outcome == *reference => Ok(()),
            _ => Err(RegistryError::WrongState),
        },
        other => other,
    }
}

fn is_released(claim: &Claim, registry: &mut dyn Registry) -> bool {
    matches!(registry.entry(claim.space, &claim.id), Ok(Some(Entry::Released { .. })))
}

/// That a quote was paid and settled. Only this grants what it is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Granted {
    quote: Quote,
    reference: [u8; 32],
}

impl Granted {
    /// For what.
    #[must_use]
    pub const fn quote(&self) -> &Quote {
        &self.quote
    }

    /// By which settlement.
    #[must_use]
    pub const fn reference(&self) -> &[u8; 32] {
        &self.reference
    }
}

/// \[Q12\] Whether the quote of a verified payment was settled, be it by another process.
///
/// # Errors
/// [`QuoteError::NotSettled`], [`QuoteError::Registry`].
pub fn granted(paid: Paid, registry: &mut dyn Registry) -> Result<Granted, QuoteError> {
    let Paid { quote, nonce, .. } = paid;
    let entry = registry.entry(Space::Quote, quote.id()).map_err(QuoteError::Registry)?;
    let settled = registry.entry(Space::PayNonce, &nonce).map_err(QuoteError::Registry)?;
    match (entry, settled) {
        (Some(Entry::Committed { outcome }), Some(other)) if other == (Entry::Committed { outcome }) => {
            Ok(Granted { quote, reference: outcome })
        }
        _ => Err(QuoteError::NotSettled),
    }
}
