#!/usr/bin/env bash
# ci/package.sh: what is published. Of the commit that is checked out, not of the work tree:
#  - packed in two clones, at different paths, with other permissions and times: the same bytes;
#  - the files are those of the list below and no others: the library, its documents, the vectors of its unit tests. The
#    integration tests, benches, examples, fuzz targets and checks stay in the repository;
#  - unpacked, the package is checked by itself, with all features and with none. `cargo test --lib --all-features` in it runs the
#    unit tests (RELEASING.md; not here, it would build them a second time).
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

folder="$CARGO_TARGET_DIR/reproduce"
rm -rf "$folder"
mkdir -p "$folder"
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
name="quorate-$version"
git diff --quiet HEAD || echo 'note: the work tree has changes that are not committed, and not in what is checked here'

# pack PLACE UMASK
pack() {
    printf '+ cargo package   # of a clone in %s, umask %s\n' "$1" "$2"
    (
        umask "$2"
        git clone --quiet . "$folder/$1"
        cd "$folder/$1"
        [ "$2" = 022 ] || find . -type f -exec touch -d '2001-01-01 00:00:01' {} +
        CARGO_TARGET_DIR="$PWD/target" cargo package --quiet --no-verify --locked 2>/dev/null ||
            CARGO_TARGET_DIR="$PWD/target" cargo package --no-verify --locked
    )
}
pack one 022
pack a/longer/path 077
one="$folder/one/target/package/$name.crate"
run cmp "$one" "$folder/a/longer/path/target/package/$name.crate"

printf '+ tar -tzf %s   # must list what is meant to be published\n' "$name.crate"
{
    git ls-tree -r --name-only HEAD -- src tests/vectors \
        README.md CHANGELOG.md SECURITY.md LICENSE-APACHE LICENSE-MIT Cargo.toml Cargo.lock
    # Made by cargo: the manifest as written, and the commit's id.
    printf '%s\n' Cargo.toml.orig .cargo_vcs_info.json
} | sed "s|^|$name/|" | LC_ALL=C sort >"$folder/wanted"
tar -tzf "$one" | LC_ALL=C sort | diff "$folder/wanted" - || fail 'other files than meant'

run tar -xzf "$one" -C "$folder"
(
    cd "$folder/$name"
    run cargo check --quiet --locked --all-features
    run cargo check --quiet --locked --no-default-features
)
printf '%s.crate of commit %s: %d files, %d bytes (%d unpacked), reproducible, SHA-256\n' "$name" "$(git rev-parse --short HEAD)" \
    "$(wc -l <"$folder/wanted")" "$(wc -c <"$one")" "$(tar -xzOf "$one" | wc -c)"
sha256sum "$one" | cut -d ' ' -f 1
