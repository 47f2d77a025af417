#!/usr/bin/env bash
# Installs what is missing, builds everything and runs every test that this machine can run:
# test.sh [release|debug|sanitize|threads]
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

preset=${1:-release}
case "$preset" in
  release | debug | sanitize | threads) ;;
  *)
    echo "test: expected release, debug, sanitize or threads, got '$preset'" >&2
    exit 2
    ;;
esac

step() { doing=$1 && printf '\n== %s\n' "$doing"; }
trap 'echo "test: failed at \"$doing\"; the reason is above" >&2' ERR

step "Installing what is missing"
tools/setup/install_packages.sh tests

step "Building everything in build/$preset"
tools/setup/build.sh "$preset"

step "Testing build/$preset"
ctest --preset "$preset" --parallel "$(nproc)"

without_cuda=$(sed -n 's/^AUXTRAIN_WITHOUT_CUDA:INTERNAL=//p' "build/$preset/CMakeCache.txt")
if [[ -n $without_cuda ]]; then
  echo "skipped: $without_cuda, so these were only compiled for the stand-in:" \
    "$(find kernels data -name '*.cu' | sort | paste -sd ' ')"
fi
without_cudnn=$(sed -n 's/^AUXTRAIN_WITHOUT_CUDNN:INTERNAL=//p' "build/$preset/CMakeCache.txt")
if [[ -n $without_cudnn ]]; then
  echo "skipped: $without_cudnn, so these were not compiled:" \
    "$(find kernels/cudnn kernels/cublaslt test/cudnn -name '*.cpp' | sort | paste -sd ' ')"
fi
