//! Links the firmware for the memory of its board.

use std::env::var;

fn main() {
    println!("cargo:rerun-if-changed=memory.x");
    println!("cargo:rerun-if-changed=riscv.x");
    let folder = var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    println!("cargo:rustc-link-search={folder}");
    match var("CARGO_CFG_TARGET_ARCH").as_deref() {
        Ok("arm") => println!("cargo:rustc-link-arg-bins=-Tlink.x"),
        Ok("riscv32") => println!("cargo:rustc-link-arg-bins=-Triscv.x"),
        _ => {}
    }
}
