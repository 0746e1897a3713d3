//! Solana: an address is the key, and transfers are messages that it signs as they are.

/// Base58, without a checksum, of the Ed25519 key.
pub(crate) fn address(public_key: &[u8; 32]) -> String {
    bs58::encode(public_key).into_string()
}

/// What each signature of a transaction costs, in lamports; without instructions about fees it is all that a transfer costs.
pub(crate) const FEE: u64 = 5000;

/// A transfer of lamports, alone in a message of the first format: the one instruction is `Transfer` of the system program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Transfer {
    pub(crate) from: [u8; 32],
    pub(crate) to: [u8; 32],
    pub(crate) lamports: u64,
    pub(crate) recent_blockhash: [u8; 32],
}

/// One signature, of an account that is written; one account that is only read.
const HEADER: [u8; 3] = [1, 0, 1];
/// The system program's address.
const SYSTEM: [u8; 32] = [0; 32];
/// One instruction: account 2 is called with accounts 0 and 1 and 12 bytes, of which the first four say `Transfer`.
const INSTRUCTION: [u8; 10] = [1, 2, 2, 0, 1, 12, 2, 0, 0, 0];

impl Transfer {
    /// What is signed: header 3, accounts 1 + 3 * 32, recent blockhash 32, instruction 18.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let amount = self.lamports.to_le_bytes();
        let accounts = [&self.from, &self.to, &SYSTEM, &self.recent_blockhash].map(|part| &part[..]).concat();
        [&HEADER[..], &[3], &accounts, &INSTRUCTION, &amount].concat()
    }

    /// Reads what [`Transfer::to_bytes`] writes, and nothing else.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let part = |at: usize| bytes.get(at..)?.first_chunk::<32>().copied();
        let lamports = u64::from_le_bytes(*bytes.last_chunk()?);
        let transfer = Self { from: part(4)?, to: part(36)?, lamports, recent_blockhash: part(100)? };
        // No account stands twice in a message.
        let distinct = transfer.from != transfer.to && transfer.from != SYSTEM && transfer.to != SYSTEM;
        (distinct && transfer.to_bytes() == bytes).then_some(transfer)
    }

    /// The transaction, as a node takes it: the signatures, of which there is one, and the message.
    pub(crate) fn signed(&self, signature: &[u8; 64]) -> Vec<u8> {
        [&[1], &signature[..], &self.to_bytes()].concat()
    }
}
