#!/usr/bin/env bash
# ci/cross_toolchain.sh FOLDER: Debian's rustc with the source of its standard library, and its LLVM's llvm-cov and llvm-profdata,
# unpacked into a folder; nothing is installed. It builds for targets that rustup may not have here:
#   RUSTC=FOLDER/rustc RUSTC_BOOTSTRAP=1 cargo build --target wasm32-unknown-unknown -Zbuild-std=core,alloc
# The standard library must be built by the compiler it belongs to, hence a whole toolchain. Needs apt-get and 1 GB.
set -euo pipefail
folder=$(realpath -m "${1:?folder}")
rm -rf "$folder"
mkdir -p "$folder/packages"
cd "$folder/packages"
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
"${as_root[@]}" apt-get update -qq

# depends_on PATTERN PACKAGE..: the first dependency that fits. The names carry versions, which change with Debian.
depends_on() {
    local pattern=$1
    shift
    apt-cache depends "$@" | sed -nE "s/.*Depends: ($pattern)\$/\\1/p" | sed -n 1p | grep . || {
        echo "no dependency $pattern of $*" >&2
        exit 1
    }
}
library=$(depends_on 'libstd-rust-web-[0-9.]+' rustc-web libstd-rust-web-dev)
llvm=$(depends_on 'libllvm[0-9]+' "$library")
number=${llvm#libllvm}
apt-get download -qq rustc-web libstd-rust-web-dev rust-web-src "$library" "$llvm" "llvm-$number" 2>/dev/null
for package in *.deb; do dpkg -x "$package" "$folder/sys"; done
cd /
rm -rf "$folder/packages"

# wrapper NAME PROGRAM
wrapper() {
    printf '#!/bin/sh\nLD_LIBRARY_PATH=%s/sys/usr/lib/x86_64-linux-gnu exec %s/sys/usr/%s "$@"\n' "$folder" "$folder" "$2" >"$folder/$1"
    chmod +x "$folder/$1"
}
wrapper rustc bin/rustc
wrapper rustdoc bin/rustdoc
wrapper llvm-cov "lib/llvm-$number/bin/llvm-cov"
wrapper llvm-profdata "lib/llvm-$number/bin/llvm-profdata"
"$folder/llvm-cov" --version | sed -n 1p
