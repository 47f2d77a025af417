#!/usr/bin/env bash
# Configures and builds a preset of CMakePresets.json with few words: build.sh PRESET [TARGET...]
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."

preset=${1:?usage: build.sh PRESET [TARGET...]}
shift
if command -v ccache >/dev/null; then
  export CMAKE_CXX_COMPILER_LAUNCHER=ccache CMAKE_CUDA_COMPILER_LAUNCHER=ccache
fi
# Where nobody watches, one line per file would only bury what matters.
quiet=()
[[ -t 1 ]] || quiet=(-- --quiet)

cmake --preset "$preset" --log-level=NOTICE >/dev/null
cmake --build --preset "$preset" ${1:+--target "$@"} "${quiet[@]}"
