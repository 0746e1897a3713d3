#!/usr/bin/env bash
# Fuzzes every target from its seeds: bash ci/fuzz.sh [SECONDS [TARGET..]]; 30 seconds each by default, two at a time where there are two cores.
#
# Needs rustup's nightly toolchain, whose compiler has the instrumentation and AddressSanitizer; without one it says so and does nothing.
# First the inputs that once failed (fuzz/regressions) and the seeds are run, and the seeds must be what `seeds` makes now. What is found new
# stays in target/fuzz/corpus, and the next run begins with it. A crash, a leak, an input that takes a minute or one allocation of more than
# 64 MB fails, and the path of the input is printed. What each target asserts is in fuzz/README.md.
#
# So short a run shows that the targets work, and finds what is shallow. It is no proof of anything; the README tells of a longer one.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if ! cargo +nightly --version 2>/dev/null; then
    echo 'SKIPPED: there is no nightly toolchain'
    exit 0
fi

seconds=${1:-30}
shift || true
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    for path in fuzz/fuzz_targets/*.rs; do targets+=("$(basename "$path" .rs)"); done
fi

work="$CARGO_TARGET_DIR/fuzz"
run mkdir -p "$work/logs" "$work/artifacts"

# processor_time: sets CPU to the seconds of it so far, of the programs that have ended
processor_time() {
    times >"$work/times"
    CPU=$(awk -F '[ms ]+' 'NR == 2 { printf "%d", 60 * ($1 + $3) + $2 + $4 }' "$work/times")
}

tool cargo-fuzz 0.13.2
run cargo +nightly fuzz build -O
processor_time
echo "building took $CPU s of processor time"

host=$(rustc -vV | sed -n 's/^host: //p')
bin="$CARGO_TARGET_DIR/$host/release"
run "$bin/seeds" --check

# The longest input: programs are short, forms and messages are not.
max_len() {
    case $1 in
        multiscalar | scheduler | stored) echo 512 ;;
        *) echo 16384 ;;
    esac
}

# fuzz TARGET: one line in its .line file, or the reason in its .failed file
fuzz() {
    local target=$1 log="$work/logs/$1" code=0 folders regressions
    rm -f "$log".{log,line,failed}
    mkdir -p "$work/corpus/$target"
    folders=("$work/corpus/$target" "fuzz/seeds/$target")
    local options=("-artifact_prefix=$work/artifacts/$target-" -timeout=60 -malloc_limit_mb=64)
    regressions=("fuzz/regressions/$target"/*)
    if [ -e "${regressions[0]}" ]; then
        "$bin/$target" "${options[@]}" "${regressions[@]}" >"$log.log" 2>&1 || code=$?
        folders+=("fuzz/regressions/$target")
    fi
    TIMEFORMAT='%U %S'
    if [ "$code" -eq 0 ]; then
        { time "$bin/$target" "${folders[@]}" "${options[@]}" -max_total_time="$seconds" -max_len="$(max_len "$target")" \
            -print_final_stats=1 >"$log.log" 2>&1 || echo "$?" >"$log.failed"; } 2>"$log.time"
    else
        echo "$code" >"$log.failed"
    fi
    if [ -e "$log.failed" ]; then
        return
    fi
    awk -v target="$target" -v cpu="$(awk '{ printf "%d", $1 + $2 }' "$log.time")" '
        / cov: / { for (i = 1; i < NF; i++) { if ($i == "cov:") cov = $(i + 1); if ($i == "ft:") ft = $(i + 1); if ($i == "corp:") corpus = $(i + 1) } }
        /stat::number_of_executed_units/ { executions = $2 }
        END { if (!executions) exit 1; sub("/.*", "", corpus); printf "%-16s %8d %12d %9d %9d %8d\n", target, cpu, executions, cov, ft, corpus }' "$log.log" >"$log.line" || rm "$log.line"
}

jobs_at_once=$(($(nproc) > 1 ? 2 : 1))
echo "+ fuzzing ${targets[*]}, $seconds s each, $jobs_at_once at a time"
for target in "${targets[@]}"; do
    [ -x "$bin/$target" ] || fail "there is no target $target"
    while [ "$(jobs -rp | wc -l)" -ge "$jobs_at_once" ]; do wait -n || true; done
    fuzz "$target" &
done
wait

printf '%-16s %8s %12s %9s %9s %8s\n' target 'CPU s' executions coverage features corpus
failed=()
for target in "${targets[@]}"; do
    if [ -e "$work/logs/$target.line" ]; then
        cat "$work/logs/$target.line"
    else
        failed+=("$target")
    fi
done
for target in "${failed[@]}"; do
    printf '\n== %s failed:\n' "$target"
    grep -v '^#' "$work/logs/$target.log" | tail -n 40
    # What it said, and the input: one of the kept ones, or a new one.
    grep -a -A1 'panicked at' "$work/logs/$target.log" || true
    grep -a '^Running: ' "$work/logs/$target.log" | tail -n 1 || true
    grep -ao 'Test unit written to .*' "$work/logs/$target.log" || true
done
processor_time
echo "all of it took $CPU s of processor time"
[ ${#failed[@]} -eq 0 ] || fail "${failed[*]}"
