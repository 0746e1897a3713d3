#!/usr/bin/env bash
# Constant time, checked by machine: bash ci/ctime.sh [PART OF AN OPERATION'S NAME]
#
# Builds tests/ctime in release and runs it under valgrind: every secret is undefined, and a branch or an address that depends on one is an error
# with a name (tests/ctime/src/main.rs says how, and what this cannot see). It prints a line an operation: errors found, errors expected, how many
# secret bits were made public on the way, and how many are secret at the end. Leaks are planted, and must be found.
#
# What holds is what this compiler made of this source, at opt-level 3, for x86-64 with AVX2, AES-NI and PCLMULQDQ. valgrind shows programs neither
# SHA-NI nor AVX-512, so portable code runs in their place; `dudect` of the same crate times what the processor runs.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

debian valgrind valgrind
run valgrind --version
run rustc -V
run cargo fmt --check --manifest-path tests/ctime/Cargo.toml
# The same versions as everywhere else.
run cp Cargo.lock tests/ctime/Cargo.lock
printf '+ RUSTFLAGS="--cfg quorate_ctime" '
RUSTFLAGS='--cfg quorate_ctime' run cargo build --quiet --release --manifest-path tests/ctime/Cargo.toml --bin quorate-ctime

log="$CARGO_TARGET_DIR/ctime.log"
printf '+ valgrind -q --error-limit=no quorate-ctime   # where errors are: %s\n' "$log"
if ! valgrind -q --error-limit=no --num-callers=20 --suppressions=tests/ctime/valgrind.supp "$CARGO_TARGET_DIR/release/quorate-ctime" "$@" 2>"$log"; then
    # The first of each place, and which operation it is of.
    head -n 60 "$log"
    fail "secrets reach branches or addresses, or the check is broken: $log"
fi
