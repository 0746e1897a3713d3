#!/usr/bin/env bash
# ci/api.sh: the public items of the library are those of ci/api.txt. `ci/api.sh --write` writes it; its diff is what a release's
# version is decided by (RELEASING.md). All features but `sim`, which promises nothing; hidden items are not in it.
# The list is made of rustdoc's JSON, which a nightly toolchain alone writes, in a format that changes: where there is no nightly, or
# one of another time, the script says so, and has checked nothing.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
debian jq jq
if ! cargo +nightly --version 2>/dev/null; then
    echo 'SKIPPED: there is no nightly toolchain'
    exit 0
fi

# Of the dependencies the procedural macros alone run: to optimise them costs more than it saves.
unoptimised='profile.dev.package."*".opt-level=0'
features=$(cargo metadata --locked --no-deps --format-version 1 |
    jq -r '[.packages[] | select(.name == "quorate").features | keys[] | select(. != "sim")] | join(",")')
run cargo +nightly rustdoc --quiet --config "$unoptimised" --locked --lib --no-default-features --features "$features" -- -Z unstable-options --output-format json
json="$CARGO_TARGET_DIR/doc/quorate.json"
reads=$(grep -A1 '^name = "rustdoc-types"$' ci/api/Cargo.lock | sed -n 's/^version = "0\.\([0-9]*\)\..*/\1/p')
writes=$(jq .format_version "$json")
if [ "$reads" != "$writes" ]; then
    echo "SKIPPED: this nightly writes format $writes, and ci/api reads format $reads"
    exit 0
fi

new="$CARGO_TARGET_DIR/api.txt"
printf '+ quorate-api %s >%s\n' "$json" "$new"
cargo run --quiet --locked --manifest-path ci/api/Cargo.toml -- "$json" >"$new"
printf '%d public items\n' "$(wc -l <"$new")"
if [ "${1:-}" = --write ]; then
    run cp "$new" ci/api.txt
else
    printf '+ diff ci/api.txt %s\n' "$new"
    diff ci/api.txt "$new" || fail 'the public items have changed: if that is meant, bash ci/api.sh --write'
fi
