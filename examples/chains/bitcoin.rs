//! Bitcoin: spending P2WPKH outputs (BIP-141, BIP-143), and addresses of P2WPKH (BIP-173) and P2TR (BIP-341, BIP-350).

use k256::elliptic_curve::PrimeField;
use k256::elliptic_curve::sec1::ToSec1Point;
use k256::{ProjectivePoint, PublicKey, Scalar};
use ripemd::Ripemd160;
use sha2::{Digest, Sha256};

/// HASH160 of a compressed public key.
pub(crate) type KeyHash = [u8; 20];

/// Why some bytes are not what they should be.
pub(crate) type Error = &'static str;

/// RIPEMD-160 of SHA-256.
pub(crate) fn hash160(bytes: &[u8]) -> [u8; 20] {
    Ripemd160::digest(Sha256::digest(bytes)).into()
}

/// SHA-256 of SHA-256.
pub(crate) fn sha256d(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(Sha256::digest(bytes)).into()
}

/// `OP_0 <key hash>`: pays to whoever signs with the key.
pub(crate) fn p2wpkh(key: &KeyHash) -> Vec<u8> {
    [&[0x00, 0x14], &key[..]].concat()
}

/// The mainnet address of [`p2wpkh`].
pub(crate) fn address(key: &KeyHash) -> String {
    bech32::segwit::encode_v0(bech32::hrp::BC, key).expect("20 bytes are a program of version 0")
}

/// The output key, as x, of an internal key, as x, without a script path (BIP-341, BIP-86), written a second time, for tests: `P + H("TapTweak", x(P)) * G`, P having an even y.
pub(crate) fn taproot_output_key(internal: &[u8; 32]) -> Result<[u8; 32], Error> {
    let even = PublicKey::from_sec1_bytes(&[&[2], &internal[..]].concat()).map_err(|_| "not on the curve")?;
    let tag = Sha256::digest("TapTweak");
    let hash = Sha256::new().chain_update(tag).chain_update(tag).chain_update(internal).finalize();
    let tweak = Scalar::from_repr(hash).into_option().ok_or("the tweak is no scalar")?;
    let output = even.to_projective() + ProjectivePoint::GENERATOR * tweak;
    let output = PublicKey::from_affine(output.to_affine()).map_err(|_| "the output key is the identity")?;
    let bytes = output.to_sec1_point(true);
    bytes.as_bytes().last_chunk().copied().ok_or("an encoding without x")
}

/// The mainnet address of an output key.
pub(crate) fn taproot_address(output_key: &[u8; 32]) -> String {
    bech32::segwit::encode_v1(bech32::hrp::BC, output_key).expect("32 bytes are a program of version 1")
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Input {
    /// Transaction id 32, output number 4, as they stand on the wire.
    pub(crate) outpoint: [u8; 36],
    /// Empty when what is spent has its proof in the witness.
    pub(crate) script: Vec<u8>,
    pub(crate) sequence: u32,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Output {
    /// Satoshi.
    pub(crate) amount: u64,
    pub(crate) script: Vec<u8>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Transaction {
    pub(crate) version: u32,
    pub(crate) inputs: Vec<Input>,
    pub(crate) outputs: Vec<Output>,
    pub(crate) lock_time: u32,
}

impl Transaction {
    /// Reads a transaction without witnesses. Only what [`Transaction::to_bytes`] writes is accepted.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let mut r = Reader(bytes);
        let version = r.u32()?;
        let inputs = (0..r.size()?)
            .map(|_| Ok(Input { outpoint: r.array()?, script: r.var()?, sequence: r.u32()? }))
            .collect::<Result<Vec<_>, Error>>()?;
        if inputs.is_empty() {
            return Err("no inputs, or witnesses");
        }
        let outputs = (0..r.size()?)
            .map(|_| Ok(Output { amount: u64::from_le_bytes(r.array()?), script: r.var()? }))
            .collect::<Result<Vec<_>, Error>>()?;
        let lock_time = r.u32()?;
        if !r.0.is_empty() {
            return Err("bytes after the end");
        }
        Ok(Self { version, inputs, outputs, lock_time })
    }

    /// Without witnesses.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.serialized(&[], &[])
    }

    /// With one witness per input, some of them empty: what a node takes.
    pub(crate) fn signed(&self, witnesses: &[Vec<Vec<u8>>]) -> Result<Vec<u8>, Error> {
        if witnesses.len() != self.inputs.len() {
            return Err("one witness for each input");
        }
        let mut out = Vec::new();
        for witness in witnesses {
            put_size(&mut out, witness.len());
            witness.iter().for_each(|item| put_var(&mut out, item));
        }
        // The marker, which looks like no inputs, and the flag.
        Ok(self.serialized(&[0x00, 0x01], &out))
    }

    fn serialized(&self, marker: &[u8], witnesses: &[u8]) -> Vec<u8> {
        let mut out = self.version.to_le_bytes().to_vec();
        out.extend_from_slice(marker);
        put_size(&mut out, self.inputs.len());
        for input in &self.inputs {
            out.extend_from_slice(&input.outpoint);
            put_var(&mut out, &input.script);
            out.extend_from_slice(&input.sequence.to_le_bytes());
        }
        put_size(&mut out, self.outputs.len());
        out.extend(self.outputs.iter().flat_map(Output::to_bytes));
        out.extend_from_slice(witnesses);
        out.extend_from_slice(&self.lock_time.to_le_bytes());
        out
    }

    /// The transaction id as people write it: bytes reversed. Witnesses do not change it.
    pub(crate) fn id(&self) -> String {
        sha256d(&self.to_bytes()).iter().rev().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What is hashed twice and signed to spend a P2WPKH output with this input, all inputs and outputs included (BIP-143,
    /// `SIGHASH_ALL`). The amount is the spent output's.
    pub(crate) fn to_sign(&self, input: usize, key: &KeyHash, amount: u64) -> Result<Vec<u8>, Error> {
        let Input { outpoint, sequence, .. } = self.inputs.get(input).ok_or("no such input")?;
        let outpoints: Vec<u8> = self.inputs.iter().flat_map(|input| input.outpoint).collect();
        let sequences: Vec<u8> = self.inputs.iter().flat_map(|input| input.sequence.to_le_bytes()).collect();
        let outputs: Vec<u8> = self.outputs.iter().flat_map(Output::to_bytes).collect();
        // OP_DUP OP_HASH160 <key hash> OP_EQUALVERIFY OP_CHECKSIG
        let code = [&[0x76, 0xa9, 0x14], &key[..], &[0x88, 0xac]].concat();
        let mut out = self.version.to_le_bytes().to_vec();
        out.extend_from_slice(&sha256d(&outpoints));
        out.extend_from_slice(&sha256d(&sequences));
        out.extend_from_slice(outpoint);
        put_var(&mut out, &code);
        out.extend_from_slice(&amount.to_le_bytes());
        out.extend_from_slice(&sequence.to_le_bytes());
        out.extend_from_slice(&sha256d(&outputs));
        out.extend_from_slice(&self.lock_time.to_le_bytes());
        out.extend_from_slice(&u32::from(SIGHASH_ALL).to_le_bytes());
        Ok(out)
    }
}

impl Output {
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.amount.to_le_bytes().to_vec();
        put_var(&mut out, &self.script);
        out
    }
}

const SIGHASH_ALL: u8 = 1;

/// A payment of 0.0125 BTC with change. The change's key hash is left blank; the new key gets it.
const BUNDLED: &[u8] = include_bytes!("../data/bitcoin-p2wpkh.bin");

/// What the output is worth that the bundled transaction spends, in satoshi.
pub(crate) const BUNDLED_AMOUNT: u64 = 1_500_000;

/// The bundled transaction of a key: it spends an output of this compressed public key, and the change comes back to it.
pub(crate) fn bundled(public_key: &[u8]) -> Transaction {
    let mut transaction = Transaction::parse(BUNDLED).expect("the file is a transaction");
    if let Some(change) = transaction.outputs.last_mut() {
        change.script = p2wpkh(&hash160(public_key));
    }
    transaction
}

/// What proves the right to spend a P2WPKH output: the signature in DER with the kind of hash behind it, and the compressed key.
pub(crate) fn witness(der: &[u8], public_key: &[u8]) -> Vec<Vec<u8>> {
    vec![[der, &[SIGHASH_ALL]].concat(), public_key.to_vec()]
}

fn put_var(out: &mut Vec<u8>, bytes: &[u8]) {
    put_size(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// Bitcoin's `CompactSize`.
fn put_size(out: &mut Vec<u8>, size: usize) {
    match size {
        0..0xfd => out.push(size as u8),
        0xfd..0x1_0000 => {
            out.push(0xfd);
            out.extend_from_slice(&(size as u16).to_le_bytes());
        }
        _ => {
            out.push(0xfe);
            out.extend_from_slice(&(size as u32).to_le_bytes());
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let (bytes, rest) = self.0.split_at_checked(count).ok_or("too short")?;
        self.0 = rest;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        self.bytes(N)?.try_into().map_err(|_| "too short")
    }

    fn u32(&mut self) -> Result<u32, Error> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// In its shortest form only.
    fn size(&mut self) -> Result<usize, Error> {
        let (size, least) = match self.array::<1>()? {
            [0xff] => return Err("a size no transaction has"),
            [0xfe] => (self.u32()?, 0x1_0000),
            [0xfd] => (u32::from(u16::from_le_bytes(self.array()?)), 0xfd),
            [size] => (size.into(), 0),
        };
        usize::try_from(size).ok().filter(|_| size >= least).ok_or("a size written long")
    }

    fn var(&mut self) -> Result<Vec<u8>, Error> {
        let size = self.size()?;
        Ok(self.bytes(size)?.to_vec())
    }
}
