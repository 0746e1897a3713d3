//! What the parts of a signature cost, and what three choices in the OT extension would cost: `cargo bench --bench primitives`.
//!
//! The extension has three parameters that only measurement can settle: the depth k of its trees, the generator that turns a leaf
//! of 16 bytes into a row of 68, and the hash that turns a column of the matrix into scalars. Every candidate is built here on its
//! primitive crate with the byte layout it would have in the protocol, and timed over the calls that one signature makes per
//! counterparty, both roles together. Nothing here calls the library: the numbers say what it could reach.
//!
//! After Criterion's own report the same numbers are printed as Markdown: per primitive, and per combination of the choices.
//! `RUSTFLAGS='--cfg aes_backend="soft" --cfg sha2_backend="soft" --cfg polyval_backend="soft"'` shows processors without
//! instructions for AES, SHA and carry-less products, as in WebAssembly.
//!
//! One x86-64 core (EPYC, SHA and AES instructions), microseconds per counterparty and signature, both roles; in brackets the
//! same core with the portable backends (BLAKE3 keeps its SSE 4.1 there):
//!
//! | | k = 2 | k = 4 |
//! |--|--:|--:|
//! | rows, SHA-256 through the hasher | 79 (196) | 173 (432) |
//! | rows, SHA-256 through `compress256` | 65 (161) | 143 (357) |
//! | rows, AES-128-CTR | 37 (406) | 82 (896) |
//! | rows, BLAKE3 | 90 (86) | 198 (188) |
//! | sums, folds, hash of u, transposition | 27 (58) | 25 (52) |
//!
//! | | secp256k1, 3 blocks | P-256, 5 blocks |
//! |--|--:|--:|
//! | pads, SHA-256 through the hasher | 216 (541) | 365 (916) |
//! | pads, SHA-256 through `compress256` | 145 (464) | 221 (753) |
//! | pads, BLAKE3 | 252 (252) | 349 (336) |
//! | pads, AES-128 tweaked | 26 (1013) | 34 (1214) |
//!
//! So k = 4 costs 80 us or more (200 us portable) to save 2.2 kB of 45 kB; AES gains 28 us on rows and 120 us on pads where it
//! has instructions and loses 245 us and 550 us where it has none; BLAKE3 loses to SHA instructions. Half of what AES would gain on
//! pads comes from calling SHA-256's compression function instead of its hasher.

mod curves;
mod matrix;
mod pads;
mod rows;
mod sha;
mod table;

use criterion::{Criterion, criterion_group, criterion_main};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use table::Table;

/// Bytes of a row: 416 bits for the transfers, 128 that mask the check.
const ROW: usize = 68;
/// Transfers in a multiplication: columns of the matrix.
const COLUMNS: usize = 416;
/// Rows of the matrix.
const ROWS: usize = 128;

type Row = [u8; ROW];
type Block = [u8; 16];

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(2026)
}

fn random<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    rng().fill_bytes(&mut out);
    out
}

fn all(c: &mut Criterion) {
    let mut table = Table::default();
    sha::bench(c, &mut table);
    rows::bench(c, &mut table);
    matrix::bench(c, &mut table);
    pads::bench(c, &mut table);
    curves::bench(c, &mut table);
    table.print();
    combinations(&table);
}

/// The extension per counterparty and signature, for every combination of the choices, secp256k1.
fn combinations(table: &Table) {
    println!(
        "\n| k | rows | pads | rows, us | XOR + fold + transpose + u, us | pads, us | sum, us |\n|--|--|--|--:|--:|--:|--:|"
    );
    for k in rows::DEPTHS {
        for prg in rows::NAMES {
            for pad in pads::NAMES {
                let rows = table.get(&rows::both(k, prg));
                let matrix = table.get(&matrix::both(k));
                let pads = table.get(&pads::both(pad, 3));
                let (Some(a), Some(b), Some(c)) = (rows, matrix, pads) else { continue };
                let [x, y, z, sum] = [a, b, c, a + b + c].map(|ns| ns / 1e3);
                println!("| {k} | {prg} | {pad} | {x:.1} | {y:.1} | {z:.1} | {sum:.1} |");
            }
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20)
        .warm_up_time(std::time::Duration::from_millis(200))
        .measurement_time(std::time::Duration::from_millis(600));
    targets = all
}
criterion_main!(benches);
