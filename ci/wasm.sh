#!/usr/bin/env bash
# bash ci/wasm.sh: the library in WebAssembly, under node. Builds ci/wasm (no_std, one import: randomness) twice, with FROST alone and with ECDSA too.
# Three instances of a module make a 2-of-3 key, two sign; node's own cryptography verifies. Prints the modules' sizes.
# Not shown: a browser. The module is the same there; what carries the messages is not.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
command -v node >/dev/null || fail 'node is missing'
cross_toolchain
run cp Cargo.lock ci/wasm/Cargo.lock
run cargo clippy --quiet --manifest-path ci/wasm/Cargo.toml --features ecdsa -- -D warnings

modules="$CARGO_TARGET_DIR/wasm" target=wasm32-unknown-unknown
mkdir -p "$modules"
# module NAME ARGUMENT..
module() {
    local name=$1
    shift
    cross "$target" build --quiet --release --manifest-path ci/wasm/Cargo.toml -Zbuild-std=core,alloc "$@"
    cp "$CARGO_TARGET_DIR/cross/$target/release/quorate_wasm.wasm" "$modules/$name.wasm"
}
module frost
module frost_and_ecdsa --features ecdsa
run timeout 300 node ci/wasm/run.mjs "$modules/frost.wasm" "$modules/frost_and_ecdsa.wasm"
