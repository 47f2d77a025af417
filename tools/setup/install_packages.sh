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
# Some tests compare with PyTorch, and are skipped where a distribution does not have it.
optional_tests=(python3-torch python3-torchvision)

optional=()
case "${1:-}" in
  product) wanted=("${product[@]}") ;;
  tests)
    wanted=("${product[@]}" "${tests[@]}")
    optional=("${optional_tests[@]}")
    ;;
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
    python3-torch*)
      python3 -c "import importlib.util as u; exit(not u.find_spec('${1#python3-}'))" 2>/dev/null &&
        return
      ;;
  esac
  [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

known_to_apt() { apt-cache show "$1" >/dev/null 2>&1; }

missing=()
for package in "${wanted[@]}"; do
  is_there "$package" || missing+=("$package")
done
unknown=()
for package in "${optional[@]}"; do
  is_there "$package" && continue
  if known_to_apt "$package"; then missing+=("$package"); else unknown+=("$package"); fi
done
if ((${#missing[@]} == 0)); then
  say "all ${#wanted[@]} are installed${unknown[*]:+; not to be had here: ${unknown[*]}}"
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

apt update  # where it cannot reach a source it only warns
for package in "${unknown[@]}"; do
  if known_to_apt "$package"; then missing+=("$package"); else say "not to be had here: $package"; fi
done
say "installing ${missing[*]}"
apt install --no-install-recommends "${missing[@]}"
say "installed"
