#!/usr/bin/env bash
# From a fresh machine to a result, in a few minutes on 2 cores: installs what is missing, builds
# auxtrain, trains the same small network without and with auxiliary training on the built-in data,
# and compares their errors on clean and on corrupted images.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

step() { doing=$1 && printf '\n== %s\n' "$doing"; }
trap 'echo "quickstart: failed at \"$doing\"; the reason is above" >&2' ERR

auxtrain=build/product/auxtrain
standard=runs/quickstart-standard
auxiliary=runs/quickstart-auxiliary

step "Installing what is missing"
tools/setup/install_packages.sh product

step "Building $auxtrain"
tools/setup/build.sh product auxtrain

step "Training a standard classifier into $standard"
rm -rf "$standard" "$auxiliary"
"$auxtrain" train quickstart-standard --output "$standard"

step "Training the same network with auxiliary classifiers into $auxiliary"
"$auxtrain" train quickstart --output "$auxiliary"

step "Comparing the two on clean and on corrupted images"
"$auxtrain" evaluate "$standard" "$auxiliary" --corruptions training

step "Done after $((SECONDS / 60)) min $((SECONDS % 60)) s; both runs stay in runs/"
