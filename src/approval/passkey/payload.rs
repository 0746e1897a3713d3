//! What a request under digest rule 6 carries.
//!
//! `mode 1 (1 web, 2 Safe) | var8 rp id | var16 origin | var8 challenge | flags 1`, and for mode 2 `chain id 32 | Safe 20` and the fields of the
//! transaction: `to 20 | value 32 | u32 length and data | operation 1 | safeTxGas 32 | baseGas 32 | gasPrice 32 | gasToken 20 |
//! refundReceiver 20 | nonce 32`.
//!
//! The payload is what approvers see and policies judge. It holds nothing that a holder takes over unseen: each field is compared with the
//! record, or recomputed from the others.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::client::{PRESENT, VERIFIED};
use super::error::PasskeyError;
use super::record::{MAX_ORIGIN, Mode, Record, chain_id};
use super::safe::SafeTx;
use crate::approval::fact::Amount;
use crate::wire::{Reader, put_u16, put_u32};

/// The most bytes of call data; a whole request's payload has at most 256 KiB.
pub const MAX_DATA: usize = 256 * 1024 - 2048;

/// A transaction and whose it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transaction {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// The Safe's address.
    pub safe: [u8; 20],
    /// The fields that are hashed.
    pub tx: SafeTx,
}

/// A payload, as somebody wrote it. Reading one checks its form alone; [`super::check()`] decides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Payload {
    /// Whose login it is.
    pub rp_id: String,
    /// Where the user is.
    pub origin: String,
    /// The relying party's challenge, or the hash of the transaction.
    pub challenge: Vec<u8>,
    /// Flags of the authenticator data.
    pub flags: u8,
    /// In mode Safe, what is executed.
    pub transaction: Option<Transaction>,
}

impl Payload {
    /// A login with this key: the challenge is the relying party's, and `user_verified` says whether an approver will have shown a passkey
    /// with user verification.
    #[must_use]
    pub fn web(record: &Record, challenge: &[u8], user_verified: bool) -> Self {
        Self {
            rp_id: record.rp_id().to_string(),
            origin: record.origin().to_string(),
            challenge: challenge.to_vec(),
            flags: if user_verified { VERIFIED } else { PRESENT },
            transaction: None,
        }
    }

    /// A transaction of the record's Safe.
    ///
    /// # Errors
    /// [`PasskeyError::WrongMode`] if the key is none of a Safe.
    pub fn safe(record: &Record, tx: SafeTx) -> Result<Self, PasskeyError> {
        let Mode::Safe { chain_id, safe } = record.mode() else { return Err(PasskeyError::WrongMode) };
        let transaction = Transaction { chain_id, safe, tx };
        let challenge = transaction.hash();
        Ok(Self { transaction: Some(transaction), ..Self::web(record, &challenge, true) })
    }

    /// Whether it is mode web (1) or Safe (2).
    #[must_use]
    pub const fn mode(&self) -> u8 {
        if self.transaction.is_some() { 2 } else { 1 }
    }

    /// The bytes.
    ///
    /// # Errors
    /// [`PasskeyError::Malformed`] if a field is longer than a payload may have it.
    pub fn to_bytes(&self) -> Result<Vec<u8>, PasskeyError> {
        let data = self.transaction.as_ref().map_or(&[][..], |t| &t.tx.data);
        let fits = |field: &[u8], most| field.len() <= most;
        if !(fits(self.rp_id.as_bytes(), 255)
            && fits(self.origin.as_bytes(), MAX_ORIGIN)
            && fits(&self.challenge, 255)
            && fits(data, MAX_DATA))
        {
            return Err(PasskeyError::Malformed);
        }
        let mut out = Vec::with_capacity(1024 + data.len());
        out.push(self.mode());
        put_var8(&mut out, self.rp_id.as_bytes());
        put_var16(&mut out, self.origin.as_bytes());
        put_var8(&mut out, &self.challenge);
        out.push(self.flags);
        if let Some(transaction) = &self.transaction {
            transaction.write(&mut out);
        }
        Ok(out)
    }

    /// Reads what [`Payload::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`PasskeyError::Malformed`]: another mode than 1 and 2, a length over its cap or over what is there, text that is not UTF-8, a chain id
    /// of more than 64 bits, an operation other than 0 and 1, trailing bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PasskeyError> {
        Self::read(bytes).ok_or(PasskeyError::Malformed)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader::new(bytes);
        let mode = r.u8()?;
        let rp_id = core::str::from_utf8(var8(&mut r)?).ok()?;
        let origin = core::str::from_utf8(var16(&mut r).filter(|origin| origin.len() <= MAX_ORIGIN)?).ok()?;
        let challenge = var8(&mut r)?;
        let flags = r.u8()?;
        let transaction = match mode {
            1 => None,
            2 => Some(Transaction::read(&mut r)?),
            _ => return None,
        };
        r.end()?;
        Some(Self {
            rp_id: rp_id.to_string(),
            origin: origin.to_string(),
            challenge: challenge.to_vec(),
            flags,
            transaction,
        })
    }
}

impl Transaction {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[0; 24]);
        out.extend_from_slice(&self.chain_id.to_be_bytes());
        out.extend_from_slice(&self.safe);
        let tx = &self.tx;
        out.extend_from_slice(&tx.to);
        out.extend_from_slice(&tx.value.0);
        put_u32(out, tx.data.len() as u32);
        out.extend_from_slice(&tx.data);
        out.push(tx.operation);
        for amount in [&tx.safe_tx_gas, &tx.base_gas, &tx.gas_price] {
            out.extend_from_slice(&amount.0);
        }
        out.extend_from_slice(&tx.gas_token);
        out.extend_from_slice(&tx.refund_receiver);
        out.extend_from_slice(&tx.nonce.0);
    }

    fn read(r: &mut Reader<'_>) -> Option<Self> {
        let (chain_id, safe) = (chain_id(r)?, *r.array()?);
        let (to, value) = (*r.array()?, amount(r)?);
        let length = usize::try_from(r.u32()?).ok().filter(|length| *length <= MAX_DATA)?;
        let data = r.bytes(length)?;
        let operation = r.u8().filter(|operation| *operation <= 1)?;
        let tx = SafeTx {
            to,
            value,
            data: data.to_vec(),
            operation,
            safe_tx_gas: amount(r)?,
            base_gas: amount(r)?,
            gas_price: amount(r)?,
            gas_token: *r.array()?,
            refund_receiver: *r.array()?,
            nonce: amount(r)?,
        };
        Some(Self { chain_id, safe, tx })
    }
}

fn amount(r: &mut Reader<'_>) -> Option<Amount> {
    r.array().map(|bytes| Amount(*bytes))
}

pub(super) fn var8<'a>(r: &mut Reader<'a>) -> Option<&'a [u8]> {
    let length = r.u8()?;
    r.bytes(length.into())
}

pub(super) fn var16<'a>(r: &mut Reader<'a>) -> Option<&'a [u8]> {
    let length = r.u16()?;
    r.bytes(length.into())
}

/// The caller has seen that it fits.
pub(super) fn put_var8(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(bytes.len() as u8);
    out.extend_from_slice(bytes);
}

/// The caller has seen that it fits.
pub(super) fn put_var16(out: &mut Vec<u8>, bytes: &[u8]) {
    put_u16(out, bytes.len() as u16);
    out.extend_from_slice(bytes);
}
