//! Ethereum: transactions of type 2 (EIP-1559) in RLP, and addresses (EIP-55).

use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use sha3::{Digest, Keccak256};

pub(crate) type Address = [u8; 20];

/// Why some bytes are not what they should be.
pub(crate) type Error = &'static str;

pub(crate) fn keccak256(bytes: &[u8]) -> [u8; 32] {
    Keccak256::digest(bytes).into()
}

/// A value of RLP: the Yellow Paper's appendix B.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Item {
    Bytes(Vec<u8>),
    List(Vec<Item>),
}

/// Deeper lists than an access list's are nobody's.
const MAX_DEPTH: usize = 8;

impl Item {
    /// An integer, big-endian without leading zeros; zero is the empty string.
    pub(crate) fn integer(bytes: &[u8]) -> Self {
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        Self::Bytes(bytes[zeros..].to_vec())
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let (base, content) = match self {
            Self::Bytes(bytes) if matches!(bytes[..], [0..0x80]) => return bytes.clone(),
            Self::Bytes(bytes) => (0x80, bytes.clone()),
            Self::List(items) => (0xc0, items.iter().flat_map(Self::encode).collect()),
        };
        let mut out = Vec::new();
        if content.len() < 56 {
            out.push(base + content.len() as u8);
        } else {
            let length = content.len().to_be_bytes();
            let zeros = length.iter().take_while(|byte| **byte == 0).count();
            out.push(base + 55 + (length.len() - zeros) as u8);
            out.extend_from_slice(&length[zeros..]);
        }
        out.extend_from_slice(&content);
        out
    }

    /// Reads one value that fills the bytes. Only what [`Item::encode`] writes is accepted.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Error> {
        match Self::read(bytes, MAX_DEPTH)? {
            (item, []) => Ok(item),
            _ => Err("bytes after the end"),
        }
    }

    fn read(bytes: &[u8], depth: usize) -> Result<(Self, &[u8]), Error> {
        let (&first, rest) = bytes.split_first().ok_or("too short")?;
        let (content, after) = match first {
            0..0x80 => return Ok((Self::Bytes(vec![first]), rest)),
            0x80..0xc0 => content(first - 0x80, rest)?,
            0xc0.. => content(first - 0xc0, rest)?,
        };
        if first < 0xc0 {
            let short = matches!(content, [0..0x80]);
            return if short {
                Err("a byte written long")
            } else {
                Ok((Self::Bytes(content.to_vec()), after))
            };
        }
        let depth = depth.checked_sub(1).ok_or("lists too deep")?;
        let (mut items, mut content) = (Vec::new(), content);
        while !content.is_empty() {
            let (item, more) = Self::read(content, depth)?;
            items.push(item);
            content = more;
        }
        Ok((Self::List(items), after))
    }
}

/// The content of a string or a list, and what follows it: up to 55 is the length itself, above it the length's own length.
fn content(code: u8, rest: &[u8]) -> Result<(&[u8], &[u8]), Error> {
    let Some(width) = code.checked_sub(55).filter(|width| *width > 0) else {
        return rest.split_at_checked(code.into()).ok_or("too short");
    };
    let (length, rest) = rest.split_at_checked(width.into()).ok_or("too short")?;
    if length.first() == Some(&0) {
        return Err("a length with leading zeros");
    }
    let length = length.iter().try_fold(0usize, |sum, byte| Some(sum.checked_mul(256)? + usize::from(*byte)));
    let length = length.filter(|length| *length > 55).ok_or("a length out of range or written long")?;
    rest.split_at_checked(length).ok_or("too short")
}

/// An unsigned EIP-1559 transaction: `02 || rlp([chain id, nonce, max priority fee, max fee, gas limit, to, value, data,
/// access list])`. Keccak-256 of exactly these bytes is signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Transaction {
    fields: Vec<Item>,
}

const TYPE: u8 = 2;

impl Transaction {
    /// A plain payment: 21000 gas, no data, no access list. Fees in wei per gas, value in wei.
    pub(crate) fn payment(
        chain_id: u64,
        nonce: u64,
        [tip, max_fee]: [u64; 2],
        to: &Address,
        value: u128,
    ) -> Self {
        let number = |n: u64| Item::integer(&n.to_be_bytes());
        Self {
            fields: vec![
                number(chain_id),
                number(nonce),
                number(tip),
                number(max_fee),
                number(21000),
                Item::Bytes(to.to_vec()),
                Item::integer(&value.to_be_bytes()),
                Item::Bytes(Vec::new()),
                Item::List(Vec::new()),
            ],
        }
    }

    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let fields = fields(bytes)?;
        check(&fields)?;
        if fields.len() != 9 {
            return Err("an unsigned transaction has 9 fields");
        }
        Ok(Self { fields })
    }

    /// What is hashed and signed.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        typed(self.fields.clone())
    }

    /// The raw transaction, as a node takes it. `recoverable` is `r || s || recovery id`.
    pub(crate) fn signed(&self, recoverable: &[u8; 65]) -> Result<Vec<u8>, Error> {
        let (r, rest) = recoverable.split_at(32);
        let (s, parity) = rest.split_at(32);
        if parity[0] > 1 {
            return Err("the chain takes no signature whose nonce point has an x above q; sign again");
        }
        let mut fields = self.fields.clone();
        fields.extend([parity, r, s].map(Item::integer));
        Ok(typed(fields))
    }

    /// What it does, for people.
    pub(crate) fn describe(&self) -> String {
        let bytes = |at: usize| match &self.fields[at] {
            Item::Bytes(bytes) => &bytes[..],
            Item::List(_) => &[],
        };
        let number = |at| bytes(at).iter().fold(0u128, |sum, byte| sum << 8 | u128::from(*byte));
        let (wei, eth) = (number(6), 10u128.pow(18));
        let decimals = format!("{:018}", wei % eth);
        let to = bytes(5).try_into().map_or("a new contract".to_owned(), |to: Address| checksummed(&to));
        let fraction = decimals.trim_end_matches('0');
        format!("{}.{fraction:0<1} ETH to {to} on chain {}, nonce {}", wei / eth, number(0), number(1))
    }
}

fn typed(fields: Vec<Item>) -> Vec<u8> {
    let mut out = vec![TYPE];
    out.extend(Item::List(fields).encode());
    out
}

fn fields(bytes: &[u8]) -> Result<Vec<Item>, Error> {
    match bytes.split_first() {
        Some((&TYPE, rest)) => match Item::decode(rest)? {
            Item::List(fields) => Ok(fields),
            Item::Bytes(_) => Err("not a list"),
        },
        _ => Err("not an EIP-1559 transaction"),
    }
}

/// The first nine fields: integers without leading zeros and of bounded size, an address or none, data, a list.
fn check(fields: &[Item]) -> Result<(), Error> {
    let [chain, nonce, tip, fee, gas, to, value, Item::Bytes(_), Item::List(_), ..] = fields else {
        return Err("fields missing or of the wrong kind");
    };
    let integer = |item: &Item, limit| match item {
        Item::Bytes(bytes) => bytes.len() <= limit && bytes.first() != Some(&0),
        Item::List(_) => false,
    };
    let small = [chain, nonce, tip, fee, gas].into_iter().all(|item| integer(item, 8));
    let to = matches!(to, Item::Bytes(to) if [0, 20].contains(&to.len()));
    // The protocol allows 256 bits; 128 hold all the ether there is.
    if small && to && integer(value, 16) { Ok(()) } else { Err("a field out of range") }
}

/// Who signed a raw transaction, recovered from its signature as a node does.
pub(crate) fn sender(raw: &[u8]) -> Result<Address, Error> {
    let mut fields = fields(raw)?;
    check(&fields)?;
    if fields.len() != 12 {
        return Err("a signed transaction has 12 fields");
    }
    let signature = fields.split_off(9);
    let [Item::Bytes(parity), Item::Bytes(r), Item::Bytes(s)] = &signature[..] else {
        return Err("the signature is not three integers");
    };
    let odd = match parity[..] {
        [] => false,
        [1] => true,
        _ => return Err("the parity is not 0 or 1"),
    };
    let signature = Signature::from_scalars(scalar(r)?, scalar(s)?).map_err(|_| "r or s out of range")?;
    if signature.normalize_s() != signature {
        return Err("s is above half the order (EIP-2)");
    }
    let digest = keccak256(&typed(fields));
    VerifyingKey::recover_from_prehash(&digest, &signature, RecoveryId::new(odd, false))
        .map(|key| address(&key))
        .map_err(|_| "the signature is nobody's")
}

fn scalar(bytes: &[u8]) -> Result<[u8; 32], Error> {
    let start = 32usize.checked_sub(bytes.len()).filter(|_| bytes.first() != Some(&0));
    let mut scalar = [0; 32];
    scalar[start.ok_or("not an integer of 32 bytes")?..].copy_from_slice(bytes);
    Ok(scalar)
}

/// The last 20 bytes of Keccak-256 of the point, uncompressed without its tag.
pub(crate) fn address(key: &VerifyingKey) -> Address {
    let hash = keccak256(&key.to_sec1_point(false).as_bytes()[1..]);
    *hash.last_chunk().expect("20 of 32 bytes")
}

/// EIP-55: a letter is upper case where the hash of the lower-case text has a high digit.
pub(crate) fn checksummed(address: &Address) -> String {
    let text: String = address.iter().map(|byte| format!("{byte:02x}")).collect();
    let hash = keccak256(text.as_bytes());
    let high = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| digit >= 8);
    let letters = text.chars().zip(high).map(|(c, high)| if high { c.to_ascii_uppercase() } else { c });
    "0x".chars().chain(letters).collect()
}
