//! What a payload does, as facts.
//!
//! - Web: one call, chain `webauthn`, party the RP ID, no selector.
//! - Safe: chain `eip155:` and the chain id in decimal. Addresses are `0x` and 40 digits in lower case; the chain's own coin is
//!   `eip155:1/slip44:60` (60 whatever the chain), a token `eip155:1/erc20:0x..`.
//!
//! Of a transaction, in this order:
//! 1. a transfer, if value is sent;
//! 2. of the call data: nothing where there are none and value is sent; a transfer for `transfer(address,uint256)` of a token and an allowance
//!    for `approve(address,uint256)`, if the data are exactly 68 bytes and the address is padded with zeros; for every other function a call,
//!    party the target, asset the selector (`0x` and eight digits; nothing where there are no data);
//! 3. a fee, if gas price, gas token or refund receiver are not zero: `(safeTxGas + baseGas + 50,000) * gasPrice`, at most 2^256 - 1, in the gas token.
//!    The Safe pays for what the call used: at most safeTxGas in the callee, and what the call itself costs: less than 50,000 on Ethereum
//!    today (35,000 with value to a new account, twice 2,600 for a cold and delegated one).
//!
//! Opaque alone, which no policy lets pass for such a key: a delegate call, data of one to three bytes, and a token's two functions with other
//! data than said, since contracts differ in how they read those.
//!
//! A clause that allows a call allows everything that this function can do, with any arguments: `transferFrom` of a token that the Safe
//! holds, or a function of the Safe itself, such as adding an owner.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use p256::U256;

use super::payload::{Payload, Transaction};
use super::safe::SafeTx;
use crate::approval::fact::{Amount, Fact};
use crate::approval::request::{Content, DecodeError, Decoder, DigestRule};

/// `transfer(address,uint256)`.
const TRANSFER: [u8; 4] = [0xa9, 0x05, 0x9c, 0xbb];
/// `approve(address,uint256)`.
const APPROVE: [u8; 4] = [0x09, 0x5e, 0xa7, 0xb3];

/// Gas that a call costs beside what the callee is given.
const CALL_GAS: u64 = 50_000;

impl Payload {
    /// The facts, at most three.
    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        match &self.transaction {
            None => vec![Fact::call("webauthn", self.rp_id.as_bytes(), "")],
            Some(transaction) => transaction.facts().unwrap_or_else(|| vec![Fact::opaque()]),
        }
    }
}

impl Transaction {
    fn facts(&self) -> Option<Vec<Fact>> {
        let (tx, chain) = (&self.tx, format!("eip155:{}", self.chain_id));
        if tx.operation != 0 {
            return None;
        }
        let mut facts = Vec::with_capacity(3);
        if tx.value != Amount::ZERO {
            facts.push(Fact::transfer(&*chain, coin(&chain), address(&tx.to), tx.value));
        }
        match tx.data.split_first_chunk::<4>() {
            None if tx.data.is_empty() => {
                if facts.is_empty() {
                    facts.push(Fact::call(chain.as_bytes(), address(&tx.to), ""));
                }
            }
            None => return None,
            Some((&TRANSFER, data)) => {
                let (to, amount) = address_and_amount(data)?;
                facts.push(Fact::transfer(&*chain, token(&chain, &tx.to), address(to), amount));
            }
            Some((&APPROVE, data)) => {
                let (spender, amount) = address_and_amount(data)?;
                facts.push(Fact::allowance(&*chain, token(&chain, &tx.to), address(spender), amount));
            }
            Some((selector, _)) => facts.push(Fact::call(&*chain, address(&tx.to), hex(selector))),
        }
        // [X5] what the Safe may be made to pay back
        if tx.gas_price != Amount::ZERO || tx.gas_token != [0; 20] || tx.refund_receiver != [0; 20] {
            let asset = if tx.gas_token == [0; 20] { coin(&chain) } else { token(&chain, &tx.gas_token) };
            facts.push(Fact::fee(&*chain, asset, refund(tx)));
        }
        Some(facts)
    }
}

/// The two arguments of a token's functions, in their one encoding.
fn address_and_amount(data: &[u8]) -> Option<(&[u8; 20], Amount)> {
    let (padding, rest) = data.split_first_chunk::<12>()?;
    let (party, amount) = rest.split_first_chunk::<20>()?;
    (*padding == [0; 12]).then_some((party, Amount(amount.try_into().ok()?)))
}

/// The most that is refunded.
fn refund(tx: &SafeTx) -> Amount {
    let [safe_tx_gas, base_gas, price] =
        [&tx.safe_tx_gas, &tx.base_gas, &tx.gas_price].map(|amount| U256::from_be_slice(&amount.0));
    let gas = safe_tx_gas.saturating_add(&base_gas).saturating_add(&U256::from_u64(CALL_GAS));
    Amount(gas.saturating_mul(&price).to_be_bytes().into())
}

fn coin(chain: &str) -> String {
    format!("{chain}/slip44:60")
}

fn token(chain: &str, contract: &[u8; 20]) -> String {
    format!("{chain}/erc20:{}", hex(contract))
}

fn address(address: &[u8; 20]) -> String {
    hex(address)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::from("0x"), |text, byte| text + &format!("{byte:02x}"))
}

/// Reads the payloads of passkeys, and says [`DecodeError::NotMine`] of all others, so that an application can ask its other decoders about them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PasskeyDecoder;

impl Decoder for PasskeyDecoder {
    fn facts(&self, content: &Content<'_>) -> Result<Vec<Fact>, DecodeError> {
        if content.rule != DigestRule::Webauthn {
            return Err(DecodeError::NotMine);
        }
        let payload = Payload::from_bytes(content.payload).map_err(|_| DecodeError::Malformed)?;
        Ok(payload.facts())
    }
}
