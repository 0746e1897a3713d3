#!/usr/bin/env bash
# ci/coverage.sh: which lines of the library the tests run. All tests but the documentation's, in the ordinary profile, instrumented
# by the compiler (-C instrument-coverage); the library and its tests alone, so that what they depend on is shared with the
# ordinary test run. Needs llvm-cov of the compiler's LLVM: rustup's component, if it is there, or Debian's.
#
# It prints the files by what is not run, and fails if less than 95 % of the lines are, or if the first counted line after a check's id or a
# line that names a fault, a verdict or a doubt is not; lines that only name a SetupError, a Rejected or a ResumeError are not looked for.
# Tests inside src/ and the simulator are not counted. The lines themselves: target/coverage/uncovered.txt;
# why they are left: ci/coverage.md.
# That a line is run does not say that a test would notice if it were wrong: for that there are the mutants.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
debian jq jq

llvm=$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
tools="$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin"
if [ ! -x "$tools/llvm-cov" ] || [ ! -x "$tools/llvm-profdata" ]; then
    cross_toolchain
    tools=$CROSS
fi
"$tools/llvm-cov" --version | grep -qF "LLVM version $llvm." || fail "$tools/llvm-cov is not of the compiler's LLVM $llvm"

folder="$CARGO_TARGET_DIR/coverage"
rm -rf "$folder"
mkdir -p "$folder"
# Cargo keeps what a wrapper of the workspace's crates made apart from what the compiler made. The tests' own code runs once: to
# optimise it would cost more than it saves.
cat >"$folder/rustc" <<'EOF'
#!/bin/sh
case "$*" in
*'--crate-name quorate '*) exec "$@" -C instrument-coverage -C debuginfo=0 ;;
*) exec "$@" -C instrument-coverage -C debuginfo=0 -C opt-level=0 ;;
esac
EOF
chmod +x "$folder/rustc"
export RUSTC_WORKSPACE_WRAPPER="$folder/rustc" LLVM_PROFILE_FILE="$folder/%m.profraw"

printf '+ cargo test --lib --tests   # instrumented, in %s\n' "$CARGO_TARGET_DIR"
cargo test --quiet --lib --tests --no-run --message-format json |
    jq -r 'select(.reason == "compiler-artifact" and .executable).executable' >"$folder/programs"
cargo test --quiet --lib --tests >"$folder/tests.txt" 2>&1 || {
    cat "$folder/tests.txt"
    fail 'a test failed'
}
grep -h '^test result' "$folder/tests.txt" | awk '{ passed += $4; failed += $6 } END { print passed " passed, " failed " failed" }'

run "$tools/llvm-profdata" merge --sparse -o "$folder/all.profdata" "$folder"/*.profraw
objects=()
while read -r program; do objects+=(-object "$program"); done <"$folder/programs"
printf '+ llvm-cov export, of %d programs\n' $((${#objects[@]} / 2))
"$tools/llvm-cov" export --format=lcov --instr-profile="$folder/all.profdata" "${objects[@]}" \
    --sources "$PWD/src" >"$folder/lcov.info"
awk -v root="$PWD" -v list="$folder/uncovered.txt" -v least=95 -f ci/coverage.awk "$folder/lcov.info"
