//! A second reading of the ABI (Solidity's contract ABI specification, "Formal specification of the encoding"), for `(bytes, string, uint256,
//! uint256)` alone, written from the reader's side: offsets are followed, padding is looked at, and nothing may be left over.

pub(crate) struct Values {
    pub(crate) authenticator_data: Vec<u8>,
    pub(crate) fields: String,
    pub(crate) r: [u8; 32],
    pub(crate) s: [u8; 32],
}

/// The four values, if the bytes are the canonical encoding of them.
pub(crate) fn decode(bytes: &[u8]) -> Option<Values> {
    let words: Vec<[u8; 32]> =
        bytes.chunks(32).map(|word| word.try_into().ok()).collect::<Option<Vec<_>>>()?;
    let index = |word: &[u8; 32]| {
        let value = u64::from_be_bytes(word[24..].try_into().unwrap());
        (word[..24] == [0; 24]).then_some(value as usize)
    };
    let mut next = 4;
    let mut tail = |head: usize| {
        let at = index(words.get(head)?)?;
        if at != next * 32 {
            return None;
        }
        let length = index(words.get(next)?)?;
        let count = length.div_ceil(32);
        let content = words.get(next + 1..next + 1 + count)?.concat();
        next += 1 + count;
        content[length..].iter().all(|byte| *byte == 0).then(|| content[..length].to_vec())
    };
    let (authenticator_data, fields) = (tail(0)?, String::from_utf8(tail(1)?).ok()?);
    (next == words.len()).then(|| Values { authenticator_data, fields, r: words[2], s: words[3] })
}
