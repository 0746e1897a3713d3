#!/usr/bin/env bash
# bash ci/features.sh: sets of features that must build without a warning, by cargo-hack. All 2^17 are too many. It tries every two of the schemes'
# features, and each of the others alone and with all schemes. None, all and the default ones .ci/run lints together with the tests.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
tool cargo-hack 0.6.46

schemes=ed25519,ristretto255,secp256k1,p256,frost,ecdsa
others=xpub,channel,vault,approval,passkey,quote,hazmat,serde,sim,std,critical-section
# Whoever adds a feature puts it into one of the two.
there=$(sed -nE '/^\[features\]/,/^\[dep/s/^([A-Za-z0-9_-]+) = .*/\1/p' Cargo.toml | grep -vx default | sort)
diff <(tr , '\n' <<<"$schemes,$others" | sort) - <<<"$there" || fail 'ci/features.sh does not know all features'

# hack ARGUMENT..: every set that the arguments ask for
hack() {
    run cargo hack clippy --quiet --lib --locked "$@" -- -D warnings
}
each=(--each-feature --include-features "$others" --exclude-no-default-features --exclude-all-features)
hack --feature-powerset --depth 2 --include-features "$schemes"
hack "${each[@]}"
hack "${each[@]}" --features "$schemes"
