#!/usr/bin/env bash
# Installs the Debian or Ubuntu packages that are missing, with apt: install_packages.sh product|tests
# Does nothing, and needs neither root nor a network, when all of them are there.
set -euo pipefail

say() { printf 'packages: %s\n' "$*"; }
fail() { printf 'packages: %s\n' "$*" >&2; exit 1; }

# The last one is what libdnnl-dev's CMake files look for, although the package only recommends it.
product=(g++ cmake ninja-build libcli11-dev nlohmann-json3-dev libstb-dev libturbojpeg0-dev
  libdnnl-dev ocl-icd-opencl-dev)
tests=(catch2 libeigen3-dev libboost-context-dev python3 clang-format)

case "${1:-}" in
  product) wanted=("${product[@]}") ;;
  tests) wanted=("${product[@]}" "${tests[@]}") ;;
  *)
    echo "usage: $0 product|tests" >&2
    exit 2
    ;;
esac

if ! command -v apt-get >/dev/null; then
  say "no apt here, so nothing is installed; needed are what Debian calls ${wanted[*]}"
  exit 0
fi

# A program may have come another way than as a package; a library must be a package to be found.
is_there() {
  case "$1" in
    g++ | cmake | python3 | clang-format) command -v "$1" >/dev/null && return ;;
    ninja-build) command -v ninja >/dev/null && return ;;
  esac
  [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

missing=()
for package in "${wanted[@]}"; do
  is_there "$package" || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  say "all ${#wanted[@]} are installed"
  exit 0
fi

root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null || fail "run this as root, or install sudo; missing: ${missing[*]}"
  root=(sudo)
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o Acquire::Retries=3 \
    -o DPkg::Lock::Timeout=300 "$@" >>"$log" 2>&1 </dev/null ||
    fail "apt-get $1 failed: $(grep -m 1 -E '^[EW]: ' "$log" || tail -n 1 "$log")"
}

say "installing ${missing[*]}"
apt update  # where it cannot reach a source it only warns
apt install --no-install-recommends "${missing[@]}"
say "installed"
