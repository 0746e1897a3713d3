#!/usr/bin/env bash
# bash ci/bare_metal.sh: one device of a 2-of-3 key as firmware, in qemu: a Cortex-M4F with 256 KiB of RAM.
#
# A program on the host plays all parties with known seeds (ci/bare_metal/src/bin/record.rs), has the signatures verified by other crates, and writes
# down what one of them gets. The firmware plays that party: it must send the same bytes to the last one, so that two machines with another word
# size, pointer size and compiler back end agree. It prints, for each turn, instructions and the depth of the stack, and at the end heap, RAM and
# flash. Everything is run twice and must print the same. Instructions are not cycles: a chip's flash and caches are not in qemu.
# With the argument riscv it does the same with the FROST signer on an RV32IMAC core, and compiles the library with nearly all features for it.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cross_toolchain
if ! command -v qemu-system-arm >/dev/null || ! command -v qemu-system-riscv32 >/dev/null; then
    [ -x "$CARGO_TARGET_DIR/qemu/qemu-system-riscv32" ] || run bash ci/qemu.sh "$CARGO_TARGET_DIR/qemu"
    export PATH="$CARGO_TARGET_DIR/qemu:$PATH"
fi

crate=ci/bare_metal
run cp Cargo.lock "$crate/Cargo.lock"
export SCRIPTS="$CARGO_TARGET_DIR/bare_metal"
run cargo run --quiet --manifest-path "$crate/Cargo.toml" --features record --bin record -- "$SCRIPTS"

# play TARGET SCENE: the program that PLAYER starts is the emulator of that target
play() {
    local target=$1 scene=$2 first second
    printf '\n%s, %s\n' "$scene" "$target"
    first=$(timeout 120 "${player[@]}" -kernel "$CARGO_TARGET_DIR/cross/$target/release/$scene") || fail "$first"
    second=$(timeout 120 "${player[@]}" -kernel "$CARGO_TARGET_DIR/cross/$target/release/$scene")
    printf '%s\n' "$first"
    grep -q instructions <<<"$first" || fail 'it printed no figures'
    [ "$first" = "$second" ] || fail "a second run printed something else: $second"
}

build=(build --quiet --release --manifest-path "$crate/Cargo.toml" --features device -Zbuild-std=core,alloc)

if [ "${1:-}" = riscv ]; then
    riscv=riscv32imac-unknown-none-elf
    cross "$riscv" "${build[@]}" --bin frost
    player=(qemu-system-riscv32 -machine virt -bios none -nographic -icount shift=0)
    play "$riscv" frost
    run cp Cargo.lock ci/no_std/Cargo.lock
    cross "$riscv" check --quiet --manifest-path ci/no_std/Cargo.toml -Zbuild-std=core,alloc
    exit
fi

arm=thumbv7em-none-eabihf
cross "$arm" "${build[@]}" --bins
player=(qemu-system-arm -machine mps2-an386 -nographic -icount shift=0 -semihosting-config enable=on,target=native)
for scene in frost ecdsa keygen pairing; do play "$arm" "$scene"; done
