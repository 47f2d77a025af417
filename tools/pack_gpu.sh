#!/usr/bin/env bash
# Packs what tools/gpu_check.sh needs on a machine that has a GPU but neither a compiler nor a network:
#   tools/pack_gpu.sh FOLDER [--architectures 90] [--data DIR]
# programs and tests built for that GPU, the libraries they need, scripts, and of CIFAR-10 and CIFAR-100
# what DIR (or $AUXTRAIN_DATA) has. Says in the end what the machine itself must have.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

usage() { sed -n '3s/^# *//p' "${BASH_SOURCE[0]}" >&2 && exit 2; }
folder=${1:-} architectures=90 data=${AUXTRAIN_DATA:-}
[[ -n $folder && $folder != -* ]] || usage
shift
while (($# > 1)); do
  case "$1" in
    --architectures) architectures=$2 ;;
    --data) data=$2 ;;
    *) usage ;;
  esac
  shift 2
done
(($# == 0)) || usage
[[ ! -e $folder ]] || { echo "pack_gpu: $folder: is there already" >&2 && exit 2; }

programs=(auxtrain auxtrain-bench test/cuda/cuda_gpu_test test/cuda/cuda_gpu_session_test)
cmake --preset release -B build/gpu -DAUXTRAIN_CUDA=on -DAUXTRAIN_CPU=x86-64-v3 \
  -DAUXTRAIN_CUDA_ARCHITECTURES="$architectures" --log-level=NOTICE >/dev/null
cmake --build build/gpu --target "${programs[@]##*/}" -- --quiet

packed=$folder.tmp
rm -rf "$packed"
mkdir -p "$packed"/{bin,lib,tools,data}
for program in "${programs[@]}"; do install "build/gpu/$program" "$packed/bin"; done
# All libraries but glibc's, and those that come with the GPU.
ldd "$packed"/bin/* | awk '$3 ~ "^/" { print $3 }' | sort -u |
  grep -vE '/(ld-linux.*|libc|libm|libpthread|libdl|librt)\.so|/lib(cudnn|cublas|cuda|nvrtc)' |
  xargs -r cp -Lt "$packed/lib"
cp -r tools/compare tools/gpu tools/gpu_check.sh "$packed/tools"
for archive in cifar-10-batches-bin cifar-100-binary; do
  [[ ! -d $data/$archive ]] || { mkdir "$packed/data/$archive" && cp "$data/$archive"/*.{txt,bin} "$packed/data/$archive"; }
done
git describe --always --dirty >"$packed/commit"
mv "$packed" "$folder"
du -sh "$folder"

elf=("$folder"/bin/* "$folder"/lib/*)
printf 'needed there: %s\n' "$(objdump -p "${elf[@]}" | awk '$1 == "NEEDED" { print $2 }' | sort -u |
  grep -vxFf <(ls "$folder/lib") | paste -sd ' '), $(objdump -T "${elf[@]}" |
  grep -oE 'GLIBC_[0-9.]+' | sort -Vu | tail -n 1)"
