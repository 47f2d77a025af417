#!/usr/bin/env bash
# Runs clang-tidy with the tree's .clang-tidy, on everything or on the files named:
# clang_tidy.sh BUILD_FOLDER [FILE_REGEX...]; slow, and so no part of the tests.
set -euo pipefail
here=$PWD
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."

build=${1:?usage: clang_tidy.sh BUILD_FOLDER [FILE_REGEX...]}
shift
[[ $build == /* ]] || build=$here/$build
if ! command -v run-clang-tidy >/dev/null; then
  echo "clang_tidy: run-clang-tidy was not found; on Debian or Ubuntu: apt install clang-tidy" >&2
  exit 1
fi
if [[ ! -f $build/compile_commands.json ]]; then
  echo "clang_tidy: $build has no compile_commands.json; configure it first, e.g. cmake --preset release" >&2
  exit 1
fi
if grep -q nvcc "$build/compile_commands.json"; then
  echo "clang_tidy: $build is a build with nvcc, which clang-tidy does not know; take one without," \
    "e.g. cmake --preset debug" >&2
  exit 1
fi
run-clang-tidy -quiet -p "$build" -j "$(nproc)" "${@:-.}"
