//! A signer of threshold ECDSA on secp256k1, as firmware.
#![no_std]
#![no_main]

use quorate_bare_metal::firmware;
use quorate_bare_metal::scene::Ecdsa;

firmware!(188, "ecdsa.bin", Ecdsa);
