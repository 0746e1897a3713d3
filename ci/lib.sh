# What the scripts of this folder share. Source it; it goes to the top of the repository.
# Everything is built and kept under target/, never anywhere else; Debian packages alone are installed where they belong.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export CARGO_TERM_COLOR=never CARGO_INCREMENTAL="${CARGO_INCREMENTAL:-0}" CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"
export PATH="$CARGO_TARGET_DIR/tools/bin:$PATH:/usr/sbin"

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

run() {
    printf '+ %s\n' "$*"
    "$@"
}

# must_exit CODE COMMAND..
must_exit() {
    local want=$1 code=0
    shift
    printf '+ %s   # must exit with %d\n' "$*" "$want"
    "$@" || code=$?
    [ "$code" -eq "$want" ] || fail "exit code $code, not $want"
}

# must_fail_with TEXT COMMAND..
must_fail_with() {
    local want=$1 output
    shift
    printf '+ %s   # must fail with %s\n' "$*" "$want"
    if output=$("$@" 2>&1); then
        fail 'it passed'
    fi
    if ! grep -qF -- "$want" <<<"$output"; then
        printf '%s\n' "$output"
        fail 'it failed for another reason'
    fi
}

# debian PROGRAM PACKAGE..: installs the packages unless the program, or the file, is there
debian() {
    local program=$1 as_root=()
    shift
    if command -v "$program" >/dev/null || [ -e "$program" ]; then return; fi
    command -v apt-get >/dev/null || fail "$program is missing, and there is no apt-get for: $*"
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    run "${as_root[@]}" apt-get update -qq
    printf '+ apt-get install %s\n' "$*"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
    command -v "$program" >/dev/null || [ -e "$program" ] || fail "$program is still missing"
}

# tool CRATE VERSION: that version of a cargo tool, in target/tools. All tools share one build folder.
tool() {
    local crate=$1 version=$2
    if ! grep -qF "\"$crate $version " "$CARGO_TARGET_DIR/tools/.crates.toml" 2>/dev/null; then
        CARGO_TARGET_DIR="$CARGO_TARGET_DIR/tools/build" run cargo install --quiet --locked --root "$CARGO_TARGET_DIR/tools" --version "=$version" "$crate"
    fi
}

# cross_toolchain: sets CROSS to a folder with a rustc that has the standard library's source, and llvm-cov
cross_toolchain() {
    CROSS="$CARGO_TARGET_DIR/cross-toolchain"
    [ -x "$CROSS/rustc" ] || run bash ci/cross_toolchain.sh "$CROSS"
    "$CROSS/rustc" -V
}

# cross TARGET COMMAND CARGO-ARGUMENT..: builds with that toolchain, in a folder of its own so that the host's cache stays. Links with rustup's
# rust-lld, or with CROSS_LINKER.
cross() {
    local target=$1 linker
    shift
    linker="${CROSS_LINKER:-$(rustc --print sysroot)/lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld}"
    set -- "$1" --target "$target" "${@:2}"
    printf '+ cargo %s   # with %s\n' "$*" "$CROSS/rustc"
    env RUSTC="$CROSS/rustc" RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$CARGO_TARGET_DIR/cross" \
        "CARGO_TARGET_$(tr 'a-z-' 'A-Z_' <<<"$target")_LINKER=$linker" cargo "$@"
}
