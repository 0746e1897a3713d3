#!/usr/bin/env bash
# Performance by instruction counts: bash ci/instructions.sh [--update]
#
# Counts the instructions of the hot paths in callgrind (benches/instructions), where every run gives the same figures whatever else the machine
# does, and compares them with benches/instructions/baseline.txt. More than 3 % above it fails; more than 3 % below says that the baseline is stale.
# --update writes a new baseline: with a change that is meant, in the same commit.
#
# Counts are of the code that one compiler makes for what valgrind shows of a processor: no SHA-NI, no AVX-512. The baseline names both. With another
# compiler or processor the same source has other counts, so the script says so, and only warns.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

crate=benches/instructions baseline=benches/instructions/baseline.txt limit=3

# compare BASELINE COUNTS: a line for each name, and how it ends
compare() {
    awk -v limit="$limit" -v strict="$strict" '
        /^#/ || NF != 2 { next }
        FNR == NR { old[$1] = $2; next }
        {
            seen[$1] = 1
            if (!($1 in old)) { printf "%-46s %12s %12d      new\n", $1, "-", $2; fresh++; next }
            percent = 100 * ($2 - old[$1]) / old[$1]
            word = percent > limit ? "  SLOWER" : percent < -limit ? "  faster" : ""
            printf "%-46s %12d %12d %+7.2f %%%s\n", $1, old[$1], $2, percent, word
            slower += percent > limit
            faster += percent < -limit
        }
        END {
            for (name in old) if (!(name in seen)) { printf "%-46s %12d %12s     gone\n", name, old[name], "-"; fresh++ }
            if (faster || fresh) print "warning: the baseline is stale: ci/instructions.sh --update"
            if (slower && !strict) print "warning: slower, but by another compiler or for another processor"
            if (slower && strict) { print "error: " slower " slower by more than " limit " %"; exit 1 }
            if (fresh && strict) { print "error: the baseline has not the same names"; exit 1 }
        }' "$1" "$2"
}

debian valgrind valgrind
tool gungraun-runner 0.20.0
run cargo fmt --check --manifest-path "$crate/Cargo.toml"

counts="$CARGO_TARGET_DIR/instructions.txt"
printf '+ cargo bench   # in callgrind\n'
GUNGRAUN_COLOR=never cargo bench --quiet --locked --manifest-path "$crate/Cargo.toml" >"$counts.log" || { tail -n 40 "$counts.log"; fail 'the benches do not run'; }
# hot::some_group::function id:arguments, then indented figures
awk '/^hot::/ { name = $1; sub(/^hot::/, "", name); sub(/_group::/, "/", name); id = $2; sub(/:.*/, "", id) }
    /^ *Instructions:/ { split($2, n, "|"); print name "/" id, n[1] }' "$counts.log" | LC_ALL=C sort >"$counts"
[ -s "$counts" ] || { tail -n 40 "$counts.log"; fail 'no figures in what gungraun printed'; }

made_with="# $(rustc -V)
# $(valgrind -q --tool=none "$CARGO_TARGET_DIR/release/quorate-instructions")"
if [ "${1:-}" = --update ]; then
    { echo '# Instructions, by ci/instructions.sh --update. They hold for this compiler, and for what valgrind shows of this processor:'
      echo "$made_with"
      cat "$counts"; } >"$baseline"
    run cat "$baseline"
    exit 0
fi

strict=1
if [ "$(sed -n 2,3p "$baseline")" != "$made_with" ]; then
    strict=''
    printf 'The baseline is of\n%s\nand this is\n%s\nso slower code does not fail here: NOT CHECKED.\n' "$(sed -n 2,3p "$baseline")" "$made_with"
fi
printf '%-46s %12s %12s\n' name baseline now
compare "$baseline" "$counts" || fail 'slower than the baseline; if that is meant: ci/instructions.sh --update'

# The check can fail: against a baseline of which one figure is 5 % lower, and warns of one that is 5 % higher.
strict=1
doctored="$CARGO_TARGET_DIR/instructions.doctored.txt"
awk '/^#/ { print; next } !done { done = 1; print $1, int($2 * 0.95); next } { print }' "$counts" >"$doctored"
must_fail_with '1 slower by more than 3 %' compare "$doctored" "$counts"
awk '/^#/ { print; next } !done { done = 1; print $1, int($2 * 1.05); next } { print }' "$counts" >"$doctored"
printf '+ compare   # must warn\n'
compare "$doctored" "$counts" | grep -F 'the baseline is stale' || fail 'a stale baseline was not seen'
