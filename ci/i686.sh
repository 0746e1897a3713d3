#!/usr/bin/env bash
# bash ci/i686.sh: tests of the library as a program of 32 bits, where usize is u32: key generation, signing, pairing, resuming, sizes, and a
# million damaged strings into every decoder, with overflow checks on. The files are those of tests/. Not here: what ci/i686/Cargo.toml does not list.
# Installs Debian's gcc-multilib (C start files and libraries of 32 bits). Where the kernel runs no programs of 32 bits, it says so and does nothing.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
debian /usr/lib32/crt1.o gcc-multilib
mkdir -p "$CARGO_TARGET_DIR"
probe="$CARGO_TARGET_DIR/probe32"
echo 'int main(void) { return 0; }' | cc -m32 -x c - -o "$probe"
if ! "$probe"; then
    echo 'SKIPPED: this kernel runs no programs of 32 bits'
    exit 0
fi
cross_toolchain
run cp Cargo.lock ci/i686/Cargo.lock

target=i686-unknown-linux-gnu
export CROSS_LINKER=cc
cross "$target" test --quiet --manifest-path ci/i686/Cargo.toml -Zbuild-std=std,panic_unwind,test "$@"
