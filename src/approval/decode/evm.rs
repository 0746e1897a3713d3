//! Plain payments on Ethereum and chains like it.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::rlp;
use crate::approval::fact::{Amount, Fact};
use crate::approval::request::{Content, DecodeError, Decoder, DigestRule};
use crate::wire::Reader;

/// Reads transactions of type 2 (EIP-1559), to be hashed with Keccak-256, of three kinds: a transfer of the chain's own coin, and calls of
/// `transfer(address,uint256)` and `approve(address,uint256)` (ERC-20) without value.
///
/// The facts, in this order: the transfer or allowance, then the fee, which is the gas limit times the highest price. Chains are named
/// `eip155:<id>`, coins `eip155:<id>/slip44:<type>`, tokens `eip155:<id>/erc20:0x..`, parties `0x..`, all hexadecimal digits in lower case.
/// What is not a transaction of type 2 is not its own ([`DecodeError::NotMine`]). A chain that it was not told of, any other call, the creation of
/// a contract, an access list, and every encoding but the one are [`DecodeError::Malformed`].
#[derive(Clone, Debug)]
pub struct Evm {
    coins: BTreeMap<u64, u32>,
}

/// Selector of `transfer(address,uint256)`.
const TRANSFER: [u8; 4] = [0xa9, 0x05, 0x9c, 0xbb];
/// Selector of `approve(address,uint256)`.
const APPROVE: [u8; 4] = [0x09, 0x5e, 0xa7, 0xb3];
/// The first byte of a transaction of type 2.
const TYPE: u8 = 2;

/// What of a transaction has an effect.
struct Transaction<'a> {
    chain: u64,
    fee: Amount,
    to: &'a [u8; 20],
    value: Amount,
    data: &'a [u8],
}

impl Evm {
    /// For these chains: ids, each with the SLIP-44 type of its coin. Ethereum is `(1, 60)`.
    #[must_use]
    pub fn new(chains: impl IntoIterator<Item = (u64, u32)>) -> Self {
        Self { coins: chains.into_iter().collect() }
    }

    fn read(&self, body: &[u8]) -> Option<Vec<Fact>> {
        let transaction = Transaction::read(body)?;
        let Transaction { chain: id, fee, to, value, data } = transaction;
        let coin_type = self.coins.get(&id)?;
        let chain = format!("eip155:{id}");
        let coin = format!("{chain}/slip44:{coin_type}");
        let effect = if data.is_empty() {
            Fact::transfer(chain.as_str(), coin.as_str(), hex(to), value)
        } else {
            let (selector, party, amount) = call(data)?;
            let token = format!("{chain}/erc20:{}", hex(to));
            match selector {
                // Neither takes value.
                _ if value != Amount::ZERO => return None,
                TRANSFER => Fact::transfer(chain.as_str(), token, party, amount),
                APPROVE => Fact::allowance(chain.as_str(), token, party, amount),
                _ => return None,
            }
        };
        Some(vec![effect, Fact::fee(chain, coin, fee)])
    }
}

impl Decoder for Evm {
    fn facts(&self, content: &Content<'_>) -> Result<Vec<Fact>, DecodeError> {
        let body = content.payload.strip_prefix(&[TYPE]);
        let mine = body.filter(|_| content.rule == DigestRule::Keccak256).ok_or(DecodeError::NotMine)?;
        self.read(mine).ok_or(DecodeError::Malformed)
    }
}

impl<'a> Transaction<'a> {
    /// `rlp([chain, nonce, max priority fee, max fee, gas limit, to, value, data, access list])`: what follows the type.
    fn read(body: &'a [u8]) -> Option<Self> {
        let mut outer = Reader::new(body);
        let mut r = Reader::new(rlp::list(&mut outer)?);
        outer.end()?;
        let (chain, _nonce) = (rlp::number(&mut r)?, rlp::number(&mut r)?);
        let (tip, price) = (rlp::amount(&mut r)?, rlp::amount(&mut r)?);
        let gas = rlp::number(&mut r)?;
        let to = rlp::bytes(&mut r)?.try_into().ok()?;
        let value = rlp::amount(&mut r)?;
        let data = rlp::bytes(&mut r)?;
        let no_access_list = rlp::list(&mut r)?.is_empty();
        r.end()?;
        let fee = price.checked_mul(gas)?;
        (no_access_list && tip <= price).then_some(Self { chain, fee, to, value, data })
    }
}

/// `selector 4 | address, 32 bytes, left-padded with zeros | amount 32`.
fn call(data: &[u8]) -> Option<([u8; 4], String, Amount)> {
    let mut r = Reader::new(data);
    let selector = *r.array()?;
    let padding: &[u8; 12] = r.array()?;
    let (party, amount) = (r.array::<20>()?, Amount(*r.array()?));
    r.end()?;
    (*padding == [0; 12]).then(|| (selector, hex(party), amount))
}

fn hex(address: &[u8; 20]) -> String {
    address.iter().fold(String::from("0x"), |text, byte| text + &format!("{byte:02x}"))
}
