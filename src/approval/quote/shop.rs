//! Verifying a payment against its quote and the request.

use alloc::vec::Vec;

use super::eip712::{TokenDomain, signer};
use super::error::{Field, QuoteError};
use super::key::MacKeys;
use super::payment::Payment;
use super::registry::Paid;
use super::token::{Quote, SCHEME};
use crate::hash::sha256;

/// How a server quotes and is paid, in one asset. From its configuration.
#[derive(Debug)]
pub struct Shop {
    /// The keys of its quotes.
    pub keys: MacKeys,
    /// The asset.
    pub domain: TokenDomain,
    /// The longest life of a quote, in seconds; 300 is advised.
    pub max_lifetime_s: u64,
    /// Seconds that a settlement needs.
    pub margin_s: u64,
}

/// The request that is being served, as the server itself sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Served<'a> {
    /// Its method.
    pub method: &'a str,
    /// What it asks for, as the routing names it: never from the Host header.
    pub resource: &'a [u8],
    /// Its body.
    pub body: &'a [u8],
}

impl Shop {
    /// Q3 to Q10: whether a payment pays the quote of this token for this request. Pure; nothing is used up.
    ///
    /// # Errors
    /// [`QuoteError`], of the first check that fails.
    pub fn verify(
        &self,
        token: &str,
        payment: &Payment,
        served: &Served<'_>,
        now: u64,
    ) -> Result<Paid, QuoteError> {
        let quote = self.keys.read(token, now)?;
        self.check_time(&quote, now)?;
        // [Q6]
        let offer = quote.offer();
        let asked = (offer.method.as_str(), offer.resource.as_slice(), offer.body);
        if asked != (served.method, served.resource, sha256(served.body)) {
            return Err(QuoteError::OtherRequest);
        }
        self.check_fields(&quote, payment)?;
        let authorization = payment.authorization();
        // [Q8]
        if authorization.nonce != quote.nonce() {
            return Err(QuoteError::WrongNonce);
        }
        // [Q9]
        let (after, before) = (authorization.valid_after, authorization.valid_before);
        let earliest = now.checked_add(self.margin_s).ok_or(QuoteError::Window)?;
        let latest = quote.expires().saturating_add(self.margin_s);
        if after >= now || before < earliest || before > latest {
            return Err(QuoteError::Window);
        }
        // [Q10]
        if signer(&self.domain.digest(authorization), &payment.signature) != Some(authorization.from) {
            return Err(QuoteError::BadSignature);
        }
        Ok(Paid::new(quote, payment))
    }

    /// [Q5]
    fn check_time(&self, quote: &Quote, now: u64) -> Result<(), QuoteError> {
        let life = quote.expires().checked_sub(quote.issued()).ok_or(QuoteError::Expired)?;
        let in_time = quote.issued() <= now && now < quote.expires();
        if in_time && life <= self.max_lifetime_s { Ok(()) } else { Err(QuoteError::Expired) }
    }

    /// [Q7] Of version 2 also what the payer says that it accepted.
    fn check_fields(&self, quote: &Quote, payment: &Payment) -> Result<(), QuoteError> {
        let (offer, authorization) = (quote.offer(), payment.authorization());
        let alias = self.domain.alias.as_ref().filter(|_| payment.accepted.is_none());
        let named = payment.network == self.domain.network || Some(&payment.network) == alias;
        let accepted = payment.accepted.as_ref();
        let checks: Vec<(Field, bool)> = alloc::vec![
            (Field::Scheme, payment.scheme == SCHEME),
            (Field::Network, named && offer.network == self.domain.network),
            (
                Field::Asset,
                offer.asset == self.domain.contract && accepted.is_none_or(|a| a.asset == offer.asset)
            ),
            (
                Field::PayTo,
                authorization.to == offer.pay_to && accepted.is_none_or(|a| a.pay_to == offer.pay_to)
            ),
            (
                Field::Amount,
                authorization.value == offer.amount && accepted.is_none_or(|a| a.amount == offer.amount)
            ),
            (Field::Payer, authorization.from == offer.payer),
        ];
        match checks.into_iter().find(|(_, same)| !same) {
            Some((field, _)) => Err(QuoteError::FieldMismatch(field)),
            None => Ok(()),
        }
    }
}
