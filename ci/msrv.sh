#!/usr/bin/env bash
# ci/msrv.sh: the library builds with the Rust that Cargo.toml promises (rust-version). With what there is:
#  - that toolchain, if rustup has it here (nothing is fetched by rustup);
#  - else a compiler of Debian's that is older, 1.85 to the promised one: it refuses what is newer. What came after it and not
#    after the promise is let in by name, below; hashes and AES are checked without the processor's instructions for them.
#  - without either it says so, and these two are all that was checked, as they always are:
#  - no dependency of the library states a later Rust than ours;
#  - clippy's incompatible_msrv, which knows since when each item of core and alloc is there; here that it does see, in the lints'
#    step that there is none. It does not know the language's own changes.
# Tests, benches and examples may need a later Rust: their dependencies are not bound by the promise.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
debian jq jq
msrv=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
folder="$CARGO_TARGET_DIR/msrv"
mkdir -p "$folder"

# at_most A B: whether version A is B or before it
at_most() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

printf '+ cargo metadata   # what the dependencies state, of %s\n' "$msrv"
cargo metadata --locked --format-version 1 --all-features |
    jq -r '.packages[] | "\(.name) v\(.version) \(.rust_version // "-")"' | LC_ALL=C sort >"$folder/all"
cargo tree --locked --all-features --edges normal,build --target all --prefix none --no-dedupe --format '{p}' |
    cut -d ' ' -f 1,2 | LC_ALL=C sort -u >"$folder/library"
none='' later='' latest=0
while read -r name version stated; do
    if [ "$stated" = - ]; then
        none="$none $name"
    elif ! at_most "$stated" "$msrv"; then
        later="$later $name($stated)"
    elif [ "$name" != quorate ] && at_most "$latest" "$stated"; then
        latest=$stated
    fi
done < <(grep -Ff "$folder/library" "$folder/all")
printf '%d crates; the latest that one states: %s; these state none:%s\n' "$(wc -l <"$folder/library")" "$latest" "$none"
[ "$latest" != 0 ] && [ "$(wc -l <"$folder/library")" -gt 30 ] || fail 'the dependencies were not read'
[ -z "$later" ] || fail "these want a later Rust than $msrv:$later"

# The lint sees: Result::flatten is there since 1.89.
planted="$folder/planted"
mkdir -p "$planted/src"
printf '[package]\nname = "planted"\nedition = "2024"\nrust-version = "%s"\n[workspace]\n[lints.clippy]\nincompatible_msrv = "deny"\n' \
    "$msrv" >"$planted/Cargo.toml"
printf 'pub fn f(x: Result<Result<u8, u8>, u8>) -> Result<u8, u8> {\n    x.flatten()\n}\n' >"$planted/src/lib.rs"
must_fail_with 'but this item is stable since' cargo clippy --manifest-path "$planted/Cargo.toml"
grep -qF 'incompatible_msrv = "deny"' Cargo.toml || fail 'Cargo.toml does not deny incompatible_msrv'

if cargo "+$msrv" --version 2>/dev/null; then
    CARGO_TARGET_DIR="$folder/build" run cargo "+$msrv" check --locked --lib --all-features
    CARGO_TARGET_DIR="$folder/build" run cargo "+$msrv" check --locked --lib --no-default-features
    exit 0
fi

# The newest of Debian's that is neither too old for the edition nor newer than the promise.
older=''
if command -v apt-cache >/dev/null; then
    while read -r version; do
        at_most 1.85 "$version" && at_most "${version%%+*}" "$msrv.99" && older=$version && break
    done < <(apt-cache madison rustc-web | awk '{ print $3 }' | sort -rV)
fi
if [ -z "$older" ]; then
    echo "NOT RUN: there is no Rust $msrv here, and Debian offers none from 1.85 to $msrv"
    exit 0
fi
toolchain="$folder/$older"
if [ ! -x "$toolchain/rustc" ]; then
    run rm -rf "$toolchain"
    mkdir -p "$toolchain/packages"
    (
        cd "$toolchain/packages"
        printf '+ apt-get download rustc-web=%s and what it needs\n' "$older"
        apt-get download -qq "rustc-web=$older" "libstd-rust-web-dev=$older" 2>/dev/null
        library=$(dpkg-deb -f libstd-rust-web-dev_*.deb Depends | sed -nE 's/.*(libstd-rust-web-[0-9.]+).*/\1/p')
        apt-get download -qq "$library" 2>/dev/null
        apt-get download -qq "$(dpkg-deb -f "$library"_*.deb Depends | sed -nE 's/.*(libllvm[0-9]+).*/\1/p')" 2>/dev/null
        for package in *.deb; do dpkg -x "$package" ../sys; done
    )
    rm -rf "$toolchain/packages"
    printf '#!/bin/sh\nLD_LIBRARY_PATH=%s/sys/usr/lib/x86_64-linux-gnu exec %s/sys/usr/bin/rustc "$@"\n' \
        "$toolchain" "$toolchain" >"$toolchain/rustc"
    chmod +x "$toolchain/rustc"
fi
run "$toolchain/rustc" -V
# What 1.85 had not yet promised and 1.88 has: 1.86 const_black_box, target_feature_11; 1.87 integer_sign_cast,
# unsigned_is_multiple_of, and in our own crate const_vec_string_slice; 1.88 let_chains, slice_as_chunks.
features=let_chains,integer_sign_cast,const_black_box,target_feature_11,unsigned_is_multiple_of,slice_as_chunks
ours=const_vec_string_slice
# The processors' own instructions are safe functions since 1.87: left out, and what stands in for them is checked.
soft='--cfg sha2_backend="soft" --cfg sha1_backend="soft" --cfg aes_backend="soft" --cfg polyval_backend="soft"'
soft="$soft --cfg keccak_backend=\"soft\" --cfg curve25519_dalek_backend=\"serial\""
# The procedural macros alone run: to optimise them costs more than it saves.
unoptimised='profile.dev.package."*".opt-level=0'
export CARGO_TARGET_DIR="$folder/build" RUSTC="$toolchain/rustc" RUSTC_BOOTSTRAP=1
export RUSTFLAGS="-Zcrate-attr=feature($features) $soft"
run cargo rustc --quiet --profile check --config "$unoptimised" --locked --ignore-rust-version --lib --all-features -- \
    "-Zcrate-attr=feature($ours)"
