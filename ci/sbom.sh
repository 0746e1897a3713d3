#!/usr/bin/env bash
# ci/sbom.sh: sbom.cdx.json, the library's bill of materials (CycloneDX 1.5), is what Cargo.lock says. `ci/sbom.sh --write` writes it.
# It lists what the library is built from with all features on all platforms, with versions, licences and the SHA-256 of each crate's
# file; what runs in the compiler alone (build scripts, procedural macros) is marked `"scope": "excluded"`. The tests' own
# dependencies are not in it. An application's bill is made of the application's own Cargo.lock.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
debian jq jq

folder="$CARGO_TARGET_DIR/sbom"
mkdir -p "$folder"

# tree EDGES
tree() {
    cargo tree --locked --all-features --edges "$1" --target all --prefix depth --no-dedupe --format '{p}|{l}'
}
printf '+ cargo tree, with and without build dependencies, into %s\n' "$folder"
tree normal,build >"$folder/all"
tree normal >"$folder/normal"
jq -n --rawfile all "$folder/all" --rawfile normal "$folder/normal" --rawfile lock Cargo.lock -f ci/sbom.jq >"$folder/sbom.cdx.json"
jq -r '"\(.components | length) crates, \([.components[] | select(.scope == "required")] | length) of them in the program"' \
    "$folder/sbom.cdx.json"

if [ "${1:-}" = --write ]; then
    run cp "$folder/sbom.cdx.json" sbom.cdx.json
else
    printf '+ diff sbom.cdx.json, new\n'
    diff sbom.cdx.json "$folder/sbom.cdx.json" || fail 'sbom.cdx.json is not what Cargo.lock says: bash ci/sbom.sh --write'
fi
