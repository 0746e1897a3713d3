#!/usr/bin/env bash
# ci/supply.sh: what the library is built from, and what stands beside it.
#  - The library's own graph, all features and platforms: deny.toml. One version of each crate, no C, no big integers, no source of
#    randomness, permissive licences, one registry.
#  - What its tests, benches and examples use, and the crates beside it (fuzz targets, checks, comparisons): licences and
#    registry, ci/deny_beside.toml.
#  - The advisories' database of the Rust project, where it can be fetched. Where it cannot, the script says so and goes on;
#    before a release it must have been asked: RELEASING.md.
# tests/dependencies.rs asserts the heart of the first, and more about cryptography, in every test run.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
tool cargo-deny 0.20.2

run cargo deny --locked --all-features check bans licenses sources
run cargo deny --locked --all-features --config ci/deny_beside.toml check licenses sources
# Every other crate of ours, wherever it stands. One without a committed Cargo.lock takes the library's versions.
git ls-files '*/Cargo.toml' >"$CARGO_TARGET_DIR/manifests"
[ "$(wc -l <"$CARGO_TARGET_DIR/manifests")" -ge 3 ] || fail 'where are the other crates?'
while read -r manifest; do
    lock=$(dirname "$manifest")/Cargo.lock
    git ls-files --error-unmatch "$lock" >/dev/null 2>&1 || cp Cargo.lock "$lock"
    run cargo deny --manifest-path "$manifest" --config "$PWD/ci/deny_beside.toml" check licenses sources
done <"$CARGO_TARGET_DIR/manifests"

# The check does see: what the tests use would not do for the library.
with_dev="$CARGO_TARGET_DIR/deny_with_dev.toml"
sed 's/^exclude-dev = true$/exclude-dev = false/; s/^\[bans\]$/&\nmultiple-versions-include-dev = true/' deny.toml >"$with_dev"
must_fail_with "crate 'ring = " cargo deny --locked --all-features --config "$with_dev" check bans
must_fail_with "duplicate entries for crate 'k256'" cargo deny --locked --all-features --config "$with_dev" check bans

printf '+ cargo deny --locked --all-features check advisories\n'
if output=$(cargo deny --locked --all-features check advisories 2>&1); then
    printf '%s\n' "$output"
elif grep -qF 'failed to fetch advisory database' <<<"$output"; then
    echo 'NOT CHECKED: the database of advisories cannot be fetched from here'
else
    printf '%s\n' "$output"
    fail 'an advisory against a dependency'
fi
