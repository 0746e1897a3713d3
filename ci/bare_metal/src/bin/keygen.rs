//! A party of a 2-of-3 key generation, as firmware.
#![no_std]
#![no_main]

use quorate_bare_metal::firmware;
use quorate_bare_metal::scene::Keygen;

firmware!(36, "keygen.bin", Keygen);
