source ci/lib.sh
CROSS=$CARGO_TARGET_DIR/cross-toolchain
export SCRIPTS=$CARGO_TARGET_DIR/scripts
cross ${1} build --release --manifest-path ci/bare_metal/Cargo.toml --features device ${@:2} -Zbuild-std=core,alloc
