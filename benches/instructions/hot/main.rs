//! The hot paths, each once, with fixed randomness. What is inside `#[bench]`'s arguments is prepared beforehand and not counted.

mod frost;
mod play;
mod sessions;
mod wings;

use frost::frost_group;
use gungraun::main;
use sessions::sessions_group;
use wings::wings_group;

main!(library_benchmark_groups = [frost_group, sessions_group, wings_group]);
