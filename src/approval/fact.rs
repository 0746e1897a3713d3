//! What a payload does, as facts that a policy can judge.
//!
//! A [`Fact`] is one effect of what is signed: money that moves, an allowance that is granted, a call, the most that can be spent on fees, or
//! "nobody here can read this" ([`FactKind::Opaque`]). The party that writes a request states its facts; each holder decodes the payload itself
//! and compares ([`super::request::Decoder`]), so a statement is worth nothing by itself.
//!
//! Chains, assets and parties are compared as bytes. CAIP-2 and CAIP-19 names are advised for the first two; what is compared byte for byte
//! must have one spelling, so a decoder writes, and a policy states, addresses in the form that the decoder documents. Amounts are integers of
//! the smallest unit: no price, no conversion, no floating point.
//!
//! In bytes: `kind 1 | var8 chain (<= 64) | var8 asset (<= 96) | var8 party (<= 128) | amount 32`, at most [`Fact::MAX_LEN`].

mod amount;

pub use amount::{Amount, AmountError};

use alloc::vec::Vec;

use crate::wire::Reader;

/// What kind of effect.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[repr(u8)]
pub enum FactKind {
    /// `amount` of `asset` goes to `party`.
    Transfer = 1,
    /// `party` may from now on take up to `amount` of `asset`.
    Allowance = 2,
    /// The program `party` is called, with the selector `asset`. Value sent along is a transfer, a fact of its own.
    Call = 3,
    /// At most `amount` of `asset` is spent on fees.
    Fee = 4,
    /// What it does is not known.
    Opaque = 5,
}

impl FactKind {
    const ALL: [Self; 5] = [Self::Transfer, Self::Allowance, Self::Call, Self::Fee, Self::Opaque];

    pub(crate) fn from_wire(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == number)
    }

    /// Whether the amount is value that leaves the key: what tiers add up.
    #[must_use]
    pub const fn is_value(self) -> bool {
        matches!(self, Self::Transfer | Self::Allowance)
    }
}

/// One effect of what is signed.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Fact {
    /// What kind.
    pub kind: FactKind,
    /// On which chain, at most 64 bytes.
    pub chain: Vec<u8>,
    /// Of which asset, at most 96 bytes; the selector of a call.
    pub asset: Vec<u8>,
    /// To whom, at most 128 bytes.
    pub party: Vec<u8>,
    /// How much.
    pub amount: Amount,
}

impl Fact {
    /// The longest chain name.
    pub const MAX_CHAIN: usize = 64;
    /// The longest asset name.
    pub const MAX_ASSET: usize = 96;
    /// The longest party name.
    pub const MAX_PARTY: usize = 128;
    /// The longest encoding.
    pub const MAX_LEN: usize = 1 + 3 + Self::MAX_CHAIN + Self::MAX_ASSET + Self::MAX_PARTY + 32;

    /// `amount` of `asset` goes to `to`.
    pub fn transfer(
        chain: impl Into<Vec<u8>>,
        asset: impl Into<Vec<u8>>,
        to: impl Into<Vec<u8>>,
        amount: Amount,
    ) -> Self {
        let (chain, asset, party) = (chain.into(), asset.into(), to.into());
        Self { kind: FactKind::Transfer, chain, asset, party, amount }
    }

    /// `spender` may take up to `amount` of `asset`.
    pub fn allowance(
        chain: impl Into<Vec<u8>>,
        asset: impl Into<Vec<u8>>,
        spender: impl Into<Vec<u8>>,
        amount: Amount,
    ) -> Self {
        Self { kind: FactKind::Allowance, ..Self::transfer(chain, asset, spender, amount) }
    }

    /// `target` is called with `selector`.
    pub fn call(chain: impl Into<Vec<u8>>, target: impl Into<Vec<u8>>, selector: impl Into<Vec<u8>>) -> Self {
        Self { kind: FactKind::Call, ..Self::transfer(chain, selector, target, Amount::ZERO) }
    }

    /// At most `amount` of `asset` is spent on fees.
    pub fn fee(chain: impl Into<Vec<u8>>, asset: impl Into<Vec<u8>>, amount: Amount) -> Self {
        Self { kind: FactKind::Fee, ..Self::transfer(chain, asset, [], amount) }
    }

    /// Nobody here can read it.
    #[must_use]
    pub const fn opaque() -> Self {
        Self {
            kind: FactKind::Opaque,
            chain: Vec::new(),
            asset: Vec::new(),
            party: Vec::new(),
            amount: Amount::ZERO,
        }
    }

    /// The lengths fit, and the members that mean nothing for this kind are empty or zero, so that a fact has one encoding.
    pub(crate) fn is_well_formed(&self) -> bool {
        let zero = self.amount == Amount::ZERO;
        let fits = self.chain.len() <= Self::MAX_CHAIN
            && self.asset.len() <= Self::MAX_ASSET
            && self.party.len() <= Self::MAX_PARTY;
        fits && match self.kind {
            FactKind::Transfer | FactKind::Allowance => !self.asset.is_empty(),
            FactKind::Call => zero,
            FactKind::Fee => !self.asset.is_empty() && self.party.is_empty(),
            FactKind::Opaque => {
                zero && self.chain.is_empty() && self.asset.is_empty() && self.party.is_empty()
            }
        }
    }

    /// Appends the bytes of a well-formed fact.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.push(self.kind as u8);
        for text in [&self.chain, &self.asset, &self.party] {
            out.push(text.len() as u8);
            out.extend_from_slice(text);
        }
        out.extend_from_slice(&self.amount.0);
    }

    pub(crate) fn read(r: &mut Reader<'_>) -> Option<Self> {
        let kind = FactKind::from_wire(r.u8()?)?;
        let mut text = |most: usize| {
            let len = usize::from(r.u8()?);
            if len <= most { r.bytes(len) } else { None }
        };
        let (chain, asset, party) = (text(Self::MAX_CHAIN)?, text(Self::MAX_ASSET)?, text(Self::MAX_PARTY)?);
        let amount = Amount(*r.array()?);
        let fact = Self { kind, chain: chain.to_vec(), asset: asset.to_vec(), party: party.to_vec(), amount };
        fact.is_well_formed().then_some(fact)
    }
}
