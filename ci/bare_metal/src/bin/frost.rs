//! A FROST(Ed25519) signer, as firmware.
#![no_std]
#![no_main]

use quorate_bare_metal::firmware;
use quorate_bare_metal::scene::Frost;

firmware!(12, "frost.bin", Frost);
