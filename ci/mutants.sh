#!/usr/bin/env bash
# Mutation tests: is there a check that could go without a test noticing? By hand, not in CI: about an hour on two cores.
#
#   bash ci/mutants.sh                          everything in scope
#   bash ci/mutants.sh 1800 src/dkg src/frost   for half an hour, of these files; again to go on
#   bash ci/mutants.sh report                   the table by module, and what survived
#   CAP=120 bash ci/mutants.sh                  what is open, for longer
#   bash ci/mutants.sh plain src/dkg/judge.rs   with cargo-mutants alone, one build for each mutant
#
# The mutants are those of cargo-mutants, of the files and functions that .cargo/mutants.toml leaves in, and two kinds more, which delete
# a check whole: `if condition { .. }` without an else is never entered, and `something(..)?;` is not called. A build for each of
# eight thousand mutants would take days. So ci/mutants puts all of them into one copy of the library, each behind a switch that an
# environment variable turns on, takes those out with which that copy does not compile, runs each test once by itself to see which
# mutants it comes by, and then runs each mutant against these tests alone, the likeliest first, until one fails, twice. What CAP seconds of tests
# (20) have not caught is `open`. In one file, mutants
# are taken in an order in which every beginning is spread evenly over the file: what has been run so far is a sample of the whole.
#
# Not run: what has no form in that copy (in functions that must be const, in array lengths, in chains of `let`, and iterators returned
# as `impl Iterator`). `plain` runs those. Tests of the documentation, examples and benches are not run, nor are tests that fail in the copy
# without any mutant: they read the sources, or measure memory. The results of the last run are in ci/mutants.md.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

HERE=$CARGO_TARGET_DIR/mutants
tool cargo-mutants 27.1.0

if [ "${1:-}" = plain ]; then
    shift
    files=()
    for file in "$@"; do files+=(-f "$file"); done
    run cargo mutants --output "$HERE" --timeout 600 "${files[@]}" -- --lib --tests
    exit
fi

run cargo build --quiet --manifest-path ci/mutants/Cargo.toml --target-dir "$HERE/tool"
TOOL=$HERE/tool/debug/quorate-mutants
commit=$(git rev-parse HEAD:src HEAD:tests HEAD:Cargo.toml HEAD:Cargo.lock HEAD:.cargo HEAD:ci/mutants)

# New sources or tests are a new tree with new numbers; the compiled dependencies stay.
if [ "$(cat "$HERE/commit" 2>/dev/null)" != "$commit" ]; then
    # Which test caught what before is a hint: it is tried first.
    if [ -e "$HERE/tree/target/mutants.results" ]; then
        rm -rf "$HERE/before"
        mkdir -p "$HERE/before"
        mv "$HERE/original" "$HERE/list.json" "$HERE/before"
        mv "$HERE/tree/target/mutants.results" "$HERE/before/results"
    fi
    rm -rf "$HERE/original" "$HERE/tree/src" "$HERE/tree/tests" "$HERE"/tree/target/mutants.*
    mkdir -p "$HERE/original" "$HERE/tree/target"
    git archive HEAD | tar -x -C "$HERE/original"
    cp -r "$HERE/original/." "$HERE/tree"
    (cd "$HERE/original" && cargo mutants --list --json) >"$HERE/listed.json"
    run "$TOOL" checks "$HERE/listed.json" "$HERE/original" "$HERE/list.json"
    unset CARGO_TARGET_DIR
    run "$TOOL" fit "$HERE/list.json" "$HERE/original" "$HERE/tree"
    run "$TOOL" record "$HERE/tree"
    printf '%s' "$commit" >"$HERE/commit"
fi
unset CARGO_TARGET_DIR

if [ "${1:-}" != report ]; then
    seconds=${1:-1000000}
    run "$TOOL" run "$HERE/list.json" "$HERE/tree" "$seconds" "${@:2}"
fi
run "$TOOL" report "$HERE/list.json" "$HERE/tree"
