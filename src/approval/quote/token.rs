//! Quotes and their tokens.

use alloc::string::String;
use alloc::vec::Vec;

use base64ct::{Base64UrlUnpadded, Encoding};
use rand_core::CryptoRng;

use super::eip712::Address;
use super::error::QuoteError;
use super::key::MacKeys;
use crate::approval::fact::Amount;
use crate::hash::{Tag, Transcript};
use crate::wire::{Reader, put_u32};

const MAGIC: &[u8; 4] = b"QQOT";
const VERSION: u8 = 1;
/// The only scheme: exactly the amount.
pub(super) const SCHEME: &str = "exact";
/// The most bytes of a token before base64. That of the longest offer has 1390.
const MAX_TOKEN: usize = 2048;
const FIELDS: usize = 14;

/// What is offered: a quote but for its id, its key and its time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offer {
    /// The request's method, upper case.
    pub method: String,
    /// What is asked for, as the server's routing names it.
    pub resource: Vec<u8>,
    /// SHA-256 of the request's body; of no bytes if it has none.
    pub body: [u8; 32],
    /// The network, by its CAIP-2 name.
    pub network: String,
    /// The asset's contract.
    pub asset: Address,
    /// Who is paid.
    pub pay_to: Address,
    /// Who pays.
    pub payer: Address,
    /// How much of the asset's smallest unit.
    pub amount: Amount,
}

impl Offer {
    fn is_well_formed(&self) -> bool {
        let method = self.method.bytes().all(|byte| byte.is_ascii_uppercase());
        let network = self.network.bytes().all(|byte| byte.is_ascii_graphic());
        (1..=16).contains(&self.method.len())
            && method
            && (1..=1024).contains(&self.resource.len())
            && (1..=64).contains(&self.network.len())
            && network
    }
}

/// A quote.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Quote {
    key_id: [u8; 16],
    id: [u8; 32],
    offer: Offer,
    issued: u64,
    expires: u64,
}

impl Quote {
    /// Its name, random.
    #[must_use]
    pub const fn id(&self) -> &[u8; 32] {
        &self.id
    }

    /// What it offers.
    #[must_use]
    pub const fn offer(&self) -> &Offer {
        &self.offer
    }

    /// When it was made, in Unix seconds.
    #[must_use]
    pub const fn issued(&self) -> u64 {
        self.issued
    }

    /// From when on it is not taken.
    #[must_use]
    pub const fn expires(&self) -> u64 {
        self.expires
    }

    fn fields(&self) -> [Vec<u8>; FIELDS] {
        let Offer { method, resource, body, network, asset, pay_to, payer, amount } = &self.offer;
        [
            alloc::vec![VERSION],
            self.key_id.to_vec(),
            self.id.to_vec(),
            SCHEME.into(),
            method.as_bytes().to_vec(),
            resource.clone(),
            body.to_vec(),
            network.as_bytes().to_vec(),
            asset.0.to_vec(),
            pay_to.0.to_vec(),
            payer.0.to_vec(),
            amount.0.to_vec(),
            self.issued.to_be_bytes().to_vec(),
            self.expires.to_be_bytes().to_vec(),
        ]
    }

    fn frames(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for field in self.fields() {
            put_u32(&mut out, field.len() as u32);
            out.extend_from_slice(&field);
        }
        out
    }

    /// `TH("quote/nonce"; each field)`: the nonce of the authorization that pays it.
    #[must_use]
    pub fn nonce(&self) -> [u8; 32] {
        let transcript = Transcript::new(Tag::QuoteNonce);
        self.fields().iter().fold(transcript, |transcript, field| transcript.bytes(field)).finish()
    }

    /// [Q3] Each field is there once, in order, with its size and nothing after.
    fn read(frames: &[u8]) -> Option<Self> {
        let mut r = Reader::new(frames);
        let mut field = || {
            let len = usize::try_from(r.u32()?).ok()?;
            r.bytes(len)
        };
        if field()? != [VERSION] {
            return None;
        }
        let (key_id, id) = (field()?.try_into().ok()?, field()?.try_into().ok()?);
        if field()? != SCHEME.as_bytes() {
            return None;
        }
        let text = |bytes: &[u8]| core::str::from_utf8(bytes).ok().map(String::from);
        let offer = Offer {
            method: text(field()?)?,
            resource: field()?.to_vec(),
            body: field()?.try_into().ok()?,
            network: text(field()?)?,
            asset: Address(field()?.try_into().ok()?),
            pay_to: Address(field()?.try_into().ok()?),
            payer: Address(field()?.try_into().ok()?),
            amount: Amount(field()?.try_into().ok()?),
        };
        let issued = u64::from_be_bytes(field()?.try_into().ok()?);
        let expires = u64::from_be_bytes(field()?.try_into().ok()?);
        r.end()?;
        offer.is_well_formed().then_some(Self { key_id, id, offer, issued, expires })
    }
}

impl MacKeys {
    /// Makes a quote that is valid for `lifetime` seconds, and its token. Nothing is stored.
    ///
    /// # Errors
    /// [`QuoteError::Malformed`] for an offer that cannot be quoted, or a time that cannot be told.
    pub fn quote(
        &self,
        offer: Offer,
        now: u64,
        lifetime: u64,
        rng: &mut dyn CryptoRng,
    ) -> Result<(Quote, String), QuoteError> {
        let mut id = [0; 32];
        rng.fill_bytes(&mut id);
        let expires = now.checked_add(lifetime).ok_or(QuoteError::Malformed)?;
        let quote = Quote { key_id: *self.id(), id, offer, issued: now, expires };
        if !quote.offer.is_well_formed() {
            return Err(QuoteError::Malformed);
        }
        let frames = quote.frames();
        let token = [&MAGIC[..], &frames, &self.make(&frames)].concat();
        Ok((quote, Base64UrlUnpadded::encode_string(&token)))
    }

    /// Q3 and Q4: reads a token.
    ///
    /// # Errors
    /// [`QuoteError::Malformed`], [`QuoteError::UnknownKey`], [`QuoteError::BadMac`].
    pub fn read(&self, token: &str, now: u64) -> Result<Quote, QuoteError> {
        let malformed = QuoteError::Malformed;
        // [Q3] before anything is allocated
        if token.len() > MAX_TOKEN.div_ceil(3) * 4 {
            return Err(malformed);
        }
        let bytes = Base64UrlUnpadded::decode_vec(token).map_err(|_| malformed.clone())?;
        let body = bytes.strip_prefix(MAGIC).filter(|_| bytes.len() <= MAX_TOKEN);
        let (frames, mac) = body.and_then(|body| body.split_last_chunk()).ok_or(malformed.clone())?;
        let quote = Quote::read(frames).ok_or(malformed)?;
        self.check(&quote.key_id, frames, mac, now)?;
        Ok(quote)
    }
}
