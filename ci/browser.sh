#!/usr/bin/env bash
# The library in a browser: builds examples/browser for WebAssembly, and drives it in a headless Chromium with a virtual authenticator.
# The page and a worker make a 2-of-2 key, pair, and sign payments that a passkey approved; ethers reads the transactions. Leaves a screenshot in
# target/browser-example. Needs npm. With "serve" it serves the page at http://localhost:8080, for a browser with a real passkey.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if ! command -v npm >/dev/null; then
    echo 'SKIPPED: there is no npm'
    exit 0
fi
site="$CARGO_TARGET_DIR/browser-example"
cross_toolchain
(cd examples/browser && cross wasm32-unknown-unknown build --locked --release -Zbuild-std=std,panic_abort)
run cargo build --locked --release --manifest-path ci/wasm_bindgen/Cargo.toml
run rm -rf "$site"
run mkdir -p "$site/pkg"
run "$CARGO_TARGET_DIR/release/quorate-wasm-bindgen" \
    "$CARGO_TARGET_DIR/cross/wasm32-unknown-unknown/release/quorate_browser.wasm" "$site/pkg"
run cp examples/browser/*.html examples/browser/*.css examples/browser/*.js examples/browser/*.mjs examples/browser/*.json "$site"
printf 'module: %d bytes, %d with gzip\n' "$(wc -c <"$site/pkg/quorate_browser_bg.wasm")" "$(gzip -9c "$site/pkg/quorate_browser_bg.wasm" | wc -c)"
if [ "${1:-}" = serve ]; then
    exec node "$site/run.mjs" "$site"
fi
debian chromium chromium
run npm ci --prefix "$site" --no-audit --no-fund --ignore-scripts
CHROMIUM=$(command -v chromium) run timeout 120 node "$site/run.mjs" "$site" "$site/screenshot.png"
