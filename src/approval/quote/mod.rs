//! Quotes: what something costs, so said that the payment is bound to it, and that it is paid and granted once (x402 with EIP-3009).
//!
//! A server that is asked for something that costs answers with a quote: which request, which amount of which asset, from whom to whom, until
//! when. The quote is a token that the server's MAC protects, so nothing is stored for it. The payer signs a transfer authorization whose
//! nonce is a hash of the quote, and sends it with the request again. The server verifies all of it ([`Shop::verify`]), reserves quote and
//! nonce in the registry ([`Paid::reserve`]), settles the transfer on the chain, commits ([`Reservation::settle`]), and only then grants.
//!
//! # Quote
//! With `frame(x) = u32(len x) || x`, the fields, framed in this order: version 1 (1), MAC key id 16, quote id 32 (random), scheme (`exact`),
//! method (upper-case ASCII, 1 to 16), resource (1 to 1024 bytes, as the server's routing names it), SHA-256 of the request's body 32, network
//! (CAIP-2, 1 to 64), asset 20, pay-to 20, payer 20, amount 32, issued 8, expires 8. Then
//! - `mac = HMAC-SHA-256(K, frame("quorate/1/quote/mac") || frames)`;
//! - the token is `"QQOT" | frames | mac`, base64url without padding, at most 2048 bytes before it;
//! - `nonce = TH("quote/nonce"; each field)`: what the authorization must have, so that the payment's signature covers the quote.
//!
//! # Payment
//! The header is standard base64 of JSON: version 2 of x402 (`accepted` with scheme, network, asset, amount and pay-to) or version 1 (scheme and
//! network), both with `payload: { signature, authorization: { from, to, value, validAfter, validBefore, nonce } }`. The token comes back in
//! `extensions.quote.info.token` (version 2) or `extra.quote` (version 1), or by whatever way the application arranges.
//!
//! # Checks
//! In this order. The error of check n has the number 5800 + n ([`QuoteError::code`]).
//!
//! | id | check | error |
//! |---|---|---|
//! | Q1 | MAC keys: 32 bytes or more, not all the same byte; ids differ; the previous key is taken until a set time | `WeakKey` |
//! | Q2 | the header has at most 8 KiB, is canonical base64 of strict JSON ([`super::json`], depth 8) with the members it needs; integers are decimal strings below 2^256 without leading zeros; addresses `0x` and 40 hexadecimal digits, nonces 64 | `Malformed` |
//! | Q3 | the token decodes, and its key is known and not retired | `Malformed`, `UnknownKey` |
//! | Q4 | its MAC, in constant time, before any field is used | `BadMac` |
//! | Q5 | issued <= now < expires, and no longer than the shop allows | `Expired` |
//! | Q6 | method, resource and body are those of the request that is served; the resource comes from the routing, never from the Host header | `OtherRequest` |
//! | Q7 | scheme, network, asset, to = pay-to, value = amount, from = payer | `FieldMismatch` |
//! | Q8 | the authorization's nonce is the quote's | `WrongNonce` |
//! | Q9 | validAfter < now, and now + margin <= validBefore <= expires + margin | `Window` |
//! | Q10 | the EIP-712 digest, recomputed with the configured domain, is signed by `from`: 65 bytes, v 27 or 28, low s | `BadSignature` |
//! | Q11 | quote id and payment nonce are reserved, both or none, bound to this payment | `Taken`, `Conflict`, `Settled`, `Registry` |
//! | Q12 | nothing is granted before the settlement is committed | `NotSettled` |
//!
//! # The caller's duties
//! Finality is the application's to judge: commit with a reference to a settlement that cannot be undone and whose event on the chain names this
//! authorization, not on "it did not revert". A settlement that timed out stays reserved; release it only with proof that it failed: validBefore
//! has passed, and the nonce is unused on the chain. Answers to paid requests must not be kept by shared caches.
//!
//! Not here: payers that are contracts, quotes for any payer, nonces of a client's own choice, and `receiveWithAuthorization`.

mod eip712;
mod error;
mod key;
mod payment;
mod registry;
mod shop;
mod token;

pub use eip712::{Address, TokenDomain};
pub use error::{Field, QuoteError};
pub use key::{MacKey, MacKeys};
pub use payment::{Authorization, Payment};
pub use registry::{Granted, Paid, Reservation, granted};
pub use shop::{Served, Shop};
pub use token::{Offer, Quote};
