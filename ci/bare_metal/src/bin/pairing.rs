//! One of two devices that pair, as firmware.
#![no_std]
#![no_main]

use quorate_bare_metal::firmware;
use quorate_bare_metal::scene::Pairs;

firmware!(80, "pairing.bin", Pairs);
