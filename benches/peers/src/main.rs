//! One party's CPU time and bytes, ours beside other libraries, as Markdown.
//!
//! `cargo run --release --manifest-path benches/peers/Cargo.toml -- [--quick] [scaling] [--only TEXT]`; `scaling` prints growth with t and n
//! instead of the main table.
//!
//! Everything runs in one thread of one process. The first party's work is on that thread's processor clock: start, decoding of what
//! it receives, every round, encoding of what it sends. The other parties' work is not. Each row is the median of many runs. Bytes are
//! those the first party hands to the transport, a message to all counted once for each receiver.

mod cait;
mod curves;
mod dkls;
mod meter;
mod ours;
mod row;
mod zf;

use meter::Effort;
use row::{Row, head, start};

/// Signers and parties of the main table.
const SIZES: [(u16, u16); 4] = [(2, 2), (2, 3), (3, 5), (5, 9)];
/// Signers of the table that shows growth.
const GROWTH: [u16; 6] = [2, 3, 5, 9, 13, 20];

const NOTES: &str = "
Notes

- CPU: thread clock, median; encoding and decoding of messages included, transport encryption not. The heap keeps what is freed, as in a
  service that has run for a while; otherwise a row would cost more or less by what ran before it (a batch about 10 %).
- Bytes: `quorate` with its 56-byte headers; signed envelopes (64 bytes more a message) only where a row says so. `dkls23-core` in its own
  framing (5-byte header, postcard), its phase 1 fragments in postcard. `cait-sith` in its own MessagePack. ZF's packages by their own
  `serialize`, sent by every signer to every other, without a coordinator.
- `cait-sith` signs with a presignature, which takes two triples: a signature costs 2 triples + presign + sign, of which only the last needs the message.
  Its rows are the mean of the participants, whose roles differ. It names no cheater.
- `dkls23-core` sets up multiplication with every other party in key generation, for each key anew; ours is the pairing, once with every other device
  for all keys. ZF's key generation has no certificate, no complaints, and asks for confidential channels.
- Not the same parameters: `dkls23-core` extends 256 base transfers per direction, we 128; both take 80 bits of statistical security.
- All in one build: k256 and p256 0.14 have their precomputed tables for `dkls23-core` as for us. `cait-sith` uses k256 0.13.
- Licences: dkls23-core Apache-2.0 OR MIT, cait-sith MIT, ZF's FROST MIT OR Apache-2.0.";

/// Makes glibc keep freed memory instead of giving it back after every run: it does so once it has seen a block of this size freed.
fn settle_heap() {
    let block = vec![1u8; 31 << 20];
    std::hint::black_box(&block);
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (mut effort, mut growth, mut only) = (Effort::FULL, false, None);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => effort = Effort::QUICK,
            "scaling" => growth = true,
            "--only" => only = arguments.next(),
            _ => {
                eprintln!("unknown argument {argument}; known: --quick, scaling, --only TEXT");
                std::process::exit(2);
            }
        }
    }
    settle_heap();
    let sections = if growth { scaling() } else { table() };
    start();
    for (title, rows) in sections {
        let mut rows: Vec<Row> =
            rows.into_iter().filter(|row| only.as_ref().is_none_or(|text| row.matches(text))).collect();
        if !rows.is_empty() {
            head(title);
            rows.drain(..).for_each(|row| row.print(effort));
        }
    }
    println!("{NOTES}");
}

type Section = (&'static str, Vec<Row>);

fn table() -> Vec<Section> {
    let keys = vec![
        ours::key_generation_ecdsa(2, 3),
        ours::pairing(),
        dkls::key_generation(2, 3),
        cait::key_generation(2, 3),
    ];
    let mut ecdsa = Vec::new();
    for (t, n) in SIZES {
        ecdsa.push(ours::ecdsa(t, n));
        if (t, n) == (2, 3) {
            ecdsa.extend(ours::ecdsa_more(t, n));
        }
        ecdsa.push(dkls::sign(t, n));
        if n > t {
            ecdsa.push(cait::triple(t));
        }
        ecdsa.extend([cait::presign(t, n), cait::sign(t, n)]);
    }
    ecdsa.extend([ours::ecdsa_p256(2, 3), dkls::sign_p256(2, 3)]);
    let mut frost = Vec::new();
    frost.extend(ours::key_generation_frost(2, 3));
    frost.extend([zf::ed25519::key_generation(2, 3), zf::taproot::key_generation(2, 3)]);
    for (t, n) in SIZES {
        frost.extend([ours::frost(t, n), zf::ed25519::sign(t, n)]);
        frost.extend([ours::taproot(t, n), zf::taproot::sign(t, n)]);
    }
    vec![
        ("ECDSA: keys", keys),
        ("The life of a key", life()),
        ("ECDSA: signatures", ecdsa),
        ("FROST", frost),
        ("Underneath: operations of the curves", curves::rows()),
    ]
}

/// What becomes of a key, and key generation in a large group.
fn life() -> Vec<Row> {
    let mut rows = Vec::new();
    rows.extend(ours::refresh_ecdsa(2, 3));
    rows.push(dkls::refresh(2, 3));
    rows.extend(ours::refresh_frost(2, 3));
    rows.extend([zf::ed25519::refresh(2, 3), zf::taproot::refresh(2, 3)]);
    rows.push(ours::reshare((2, 3), (3, 5)));
    rows.extend(ours::key_sets(2, 3));
    rows.push(ours::key_generation_ecdsa(67, 100));
    rows.push(zf::taproot::key_generation(67, 100));
    rows
}

/// The cost of a signature grows with t - 1 and not with n.
fn scaling() -> Vec<Section> {
    let by_t = GROWTH.iter().flat_map(|&t| [ours::ecdsa(t, t), dkls::sign(t, t)]).collect();
    let by_n = [3, 9, 20].iter().flat_map(|&n| [ours::ecdsa(3, n), dkls::sign(3, n)]).collect();
    let frost = GROWTH.iter().flat_map(|&t| [ours::frost(t, t), zf::ed25519::sign(t, t)]).collect();
    vec![("ECDSA by t", by_t), ("ECDSA by n", by_n), ("FROST by t", frost)]
}
