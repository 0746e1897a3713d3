//! A device of a threshold wallet as a WebAssembly module: `no_std`, raw exports, one import, no glue.
//!
//! One instance is one device, with its own memory. Bytes cross in a buffer of the module: `buffer(length)` makes room and says where, the caller
//! writes, the next call reads; what a call gives is in `buffer` again, and its length in `length()`. A result below zero is an error.
//!
//! The import is `env.random(pointer, length)`: it must fill with bytes that nobody can foresee.
#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

mod device;
mod platform;
mod run;

use device::{Device, Failure};
use platform::with_device;

/// Room for what the caller will write.
#[unsafe(no_mangle)]
extern "C" fn buffer(length: usize) -> *mut u8 {
    with_device(|device| {
        device.buffer.clear();
        device.buffer.resize(length, 0);
        device.buffer.as_mut_ptr()
    })
}

/// Where the result is.
#[unsafe(no_mangle)]
extern "C" fn result() -> *const u8 {
    with_device(|device| device.buffer.as_ptr())
}

#[unsafe(no_mangle)]
extern "C" fn length() -> usize {
    with_device(|device| device.buffer.len())
}

/// Makes this device's identity key. Gives the public one.
#[unsafe(no_mangle)]
extern "C" fn identity() -> i32 {
    call(Device::identity)
}

/// Takes the identities of devices 1, 2, .. and this device's number.
#[unsafe(no_mangle)]
extern "C" fn roster(me: u32) -> i32 {
    call(|device| device.roster(me))
}

/// Starts a 2-of-n key generation; takes a session id. Its result is the public key.
#[unsafe(no_mangle)]
extern "C" fn keygen_ed25519() -> i32 {
    call(Device::keygen_ed25519)
}

/// Starts signing with another device; takes a session id and the message. Its result is the signature.
#[unsafe(no_mangle)]
extern "C" fn sign_ed25519(with: u32) -> i32 {
    call(|device| device.sign_ed25519(with))
}

/// Starts a 2-of-n key generation; takes a session id. Its result is the public key.
#[cfg(feature = "ecdsa")]
#[unsafe(no_mangle)]
extern "C" fn keygen_secp256k1() -> i32 {
    call(Device::keygen_secp256k1)
}

/// Starts pairing with another device; takes a session id. Its result is the pairing's id.
#[cfg(feature = "ecdsa")]
#[unsafe(no_mangle)]
extern "C" fn pair(with: u32) -> i32 {
    call(|device| device.pair(with))
}

/// Starts signing with another device; takes a session id and the message, which is hashed with SHA-256. Its result is the signature.
#[cfg(feature = "ecdsa")]
#[unsafe(no_mangle)]
extern "C" fn sign_secp256k1(with: u32) -> i32 {
    call(|device| device.sign_secp256k1(with))
}

/// Gives the next message to send. The result is its receiver, 0 for all, or -1 if there is none.
#[unsafe(no_mangle)]
extern "C" fn send() -> i32 {
    with_device(|device| device.send().map_or(-1, i32::from))
}

/// Takes a message of another device.
#[unsafe(no_mangle)]
extern "C" fn receive(from: u32) -> i32 {
    call(|device| device.receive(from))
}

/// Does a round. 0: waits for messages; 1: done, gives the result.
#[unsafe(no_mangle)]
extern "C" fn advance() -> i32 {
    with_device(|device| device.advance().map_or_else(Failure::code, i32::from))
}

fn call(f: impl FnOnce(&mut Device) -> Result<(), Failure>) -> i32 {
    with_device(|device| f(device).map_or_else(Failure::code, |()| 0))
}
