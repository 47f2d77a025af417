#!/usr/bin/env bash
# All that only a machine with a GPU can show, from a tree that tools/pack_gpu.sh made:
#   tools/gpu_check.sh OUTPUT_DIR [STAGE...]
# Stages, each within ten minutes: tests sanitizer kernels step pytorch training. Without one, all of
# them. Needed on the machine: a driver, cuDNN 9 and cuBLAS (pip's packages do), and for the
# comparison PyTorch. Each stage leaves a log and JSON in OUTPUT_DIR; summary.md is made of these.
set -uo pipefail
root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
output=${1:-}
if [[ -z $output || $output == -* ]]; then
  echo "usage: gpu_check.sh OUTPUT_DIR [tests|sanitizer|kernels|step|pytorch|training]..." >&2
  exit 2
fi
shift
stages=("$@")
((${#stages[@]})) || stages=(tests sanitizer kernels step pytorch training)
mkdir -p "$output"

# pip's packages keep NVIDIA's libraries where the loader does not look.
wheels=$(python3 -c "import glob, nvidia
print(':'.join(p for d in nvidia.__path__ for p in glob.glob(d + '/*/lib')))" 2>/dev/null)
export LD_LIBRARY_PATH="$root/lib${wheels:+:$wheels}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
bin=$root/bin
bench() { "$bin/auxtrain-bench" --device cuda "$@"; }
pytorch() { python3 "$root/tools/compare/pytorch_step.py" --device cuda --views 5 "$@"; }

run_tests() {
  "$bin/auxtrain" info && "$bin/cuda_gpu_test" && "$bin/cuda_gpu_session_test"
}
run_sanitizer() {
  local tool code=0
  for tool in memcheck racecheck initcheck synccheck; do
    echo "== $tool"
    timeout 140 compute-sanitizer --tool "$tool" --error-exitcode 9 "$bin/cuda_gpu_test" "[small]" ||
      code=$?
  done
  return $code
}
run_kernels() { bench --rows operations --json "$output/kernels.json"; }
run_step() {
  bench --rows training,inference --model resnet18 --images 128 --json "$output/step.json"
}
# The three forms of the peer, and ours in the same run, before and after.
run_pytorch() {
  local images=128 precision form name code=0
  ours() {
    bench --rows training --model resnet18 --images $images --precision bf16 --json "$output/$1.json"
  }
  ours ours_before || code=$?
  for precision in bf16 fp16; do
    for form in channels_last,sequence channels_last channels_last,max-autotune; do
      name=pytorch_${precision}_${form##*,}
      pytorch --images $images --precision $precision --form $form --seconds 3 >"$output/$name.json" ||
        code=$?
    done
  done
  ours ours_after || code=$?
  return $code
}
# Some epochs of the real thing, 4 = 2 + a resumed 2.
run_training() {
  local recipe=cifar10-resnet18-auxiliary data=$root/data
  [[ -d $data/cifar-10-batches-bin ]] || { echo "skipped: no CIFAR-10 was packed" && return 0; }
  train() { "$bin/auxtrain" train "$@" --device cuda --data "$data" --quiet; }
  rm -rf "$output"/whole "$output"/parts
  train $recipe --epochs 4 --output "$output/whole" &&
    { timeout --signal TERM $(($(run_seconds "$output/whole") / 2)) \
        "$bin/auxtrain" train $recipe --epochs 4 --device cuda --data "$data" --quiet --output "$output/parts"
      true; } &&
    train --resume --output "$output/parts" &&
    cmp "$output"/whole/primary.safetensors "$output"/parts/primary.safetensors &&
    "$bin/auxtrain" evaluate "$output/whole" --data "$data" --corruptions training --json "$output/errors.json"
}
run_seconds() { python3 -c "import json, sys
print(int(sum(json.loads(l).get('seconds', 0) for l in open(sys.argv[1] + '/log.jsonl'))) + 1)" "$1"; }

failed=0
for stage in "${stages[@]}"; do
  declare -F "run_$stage" >/dev/null || { echo "gpu_check: no stage $stage" >&2 && exit 2; }
  printf '== %s\n' "$stage"
  begin=$SECONDS
  "run_$stage" >"$output/$stage.log" 2>&1
  code=$?
  printf '{"stage": "%s", "code": %d, "seconds": %d}\n' "$stage" $code $((SECONDS - begin)) \
    >"$output/$stage.stage.json"
  ((code == 0)) || { failed=1 && tail -n 5 "$output/$stage.log"; }
done
python3 "$root/tools/gpu/summary.py" "$output"
exit $failed
