#!/usr/bin/env bash
# All that only a machine with a GPU can show, from a tree that tools/pack_gpu.sh made:
#   tools/gpu_check.sh OUTPUT_DIR [STAGE...]
# Stages, each within ten minutes: tests sanitizer kernels step pytorch_bf16 pytorch_fp16 training.
# Without one, all of these. The stage schedule, asked for again and again, trains the paper's 300
# epochs in pieces. Needed on the machine: a driver, cuDNN 9 and cuBLAS (pip's packages do), for the
# comparison PyTorch, for the sanitizer NVIDIA's. Each stage leaves a log and JSON in OUTPUT_DIR;
# summary.md and summary.json are made of these, whatever failed.
set -uo pipefail
root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
output=${1:-}
if [[ -z $output || $output == -* ]]; then
  echo "usage: gpu_check.sh OUTPUT_DIR [tests|sanitizer|kernels|step|pytorch_bf16|pytorch_fp16|training|schedule]..." >&2
  exit 2
fi
shift
stages=("$@")
((${#stages[@]})) || stages=(tests sanitizer kernels step pytorch_bf16 pytorch_fp16 training)
mkdir -p "$output"

# pip's packages keep NVIDIA's libraries where the loader does not look.
wheels=$(python3 -c "import glob, nvidia
print(':'.join(p for d in nvidia.__path__ for p in glob.glob(d + '/*/lib')))" 2>/dev/null)
own_libraries=${LD_LIBRARY_PATH:-}
export LD_LIBRARY_PATH="$root/lib${wheels:+:$wheels}${own_libraries:+:$own_libraries}"
export AUXTRAIN_CACHE=${AUXTRAIN_CACHE:-$output/cache}
bin=$root/bin data=${AUXTRAIN_DATA:-$root/data} recipes=(cifar100-resnet18-standard cifar100-resnet18-auxiliary)
# A first argument of these is how many seconds it may take.
bench() { timeout "$1" "$bin/auxtrain-bench" --device cuda --model resnet18 --images 128 "${@:2}"; }
python() { timeout "$1" env LD_LIBRARY_PATH="$own_libraries" python3 "${@:2}"; }  # its own C++ library
train() { "$bin/auxtrain" train "$@" --device cuda --data "$data" --quiet; }
train_for() { timeout --signal TERM "$1" "$bin/auxtrain" train "${@:2}" --device cuda --data "$data" --quiet; }
need_data() { [[ -d $data/$1 ]] || { echo "$data has no $1: pack_gpu.sh --data packs it" && return 1; }; }

run_tests() {
  local program code=0
  "$bin/auxtrain" info || code=$?
  for program in cuda_gpu_test cuda_gpu_session_test; do timeout 290 "$bin/$program" || code=$?; done
  return $code
}
# Of our own kernels: their tests are small, since the stand-in runs them too. Nothing that is timed:
# a tool may keep the host at each launch.
run_sanitizer() {
  local tool code=0
  PATH=$PATH:/usr/local/cuda/bin
  command -v compute-sanitizer || { echo "there is no compute-sanitizer: CUDA's toolkit has it" && return 1; }
  for tool in memcheck racecheck initcheck synccheck; do
    echo "== $tool"
    timeout 140 compute-sanitizer --tool "$tool" --error-exitcode 9 "$bin/cuda_gpu_test" \
      "~[cudnn]~[rotation]~[timer]" --warn NoTests || code=$?
  done
  return $code
}
run_kernels() { bench 590 --rows operations --json "$output/kernels.json"; }
# Of both kinds of training, with the recipes whose time they decide.
run_step() {
  local recipe code=0
  for recipe in "${recipes[@]}"; do
    "$bin/auxtrain" recipes $recipe >"$output/$recipe.recipe.json" || code=$?
  done
  bench 400 --rows training,inference --json "$output/step.json" || code=$?
  bench 190 --rows training --views 1 --precision bf16 --json "$output/step_standard.json" || code=$?
  return $code
}
# The three forms of the peer, and ours in the same run, before and after.
compare() {
  local precision=$1 form code=0
  ours() { bench 100 --rows training --precision bf16 --json "$output/ours_${precision}_$1.json"; }
  pytorch() {
    python "$1" "$root/tools/compare/pytorch_step.py" --device cuda --views 5 --images 128 \
      --precision "$precision" --form "$2" --seconds 3 >"$output/pytorch_${precision}_${2##*,}.json"
  }
  ours before || code=$?
  for form in channels_last,sequence channels_last; do pytorch 45 $form || code=$?; done
  pytorch 290 channels_last,max-autotune || code=$?
  ours after || code=$?
  return $code
}
run_pytorch_bf16() { compare bf16; }
run_pytorch_fp16() { compare fp16; }
# Some epochs of the real thing, the same in PyTorch, and the same interrupted and resumed.
run_training() {
  local recipe=cifar10-resnet18-auxiliary begin=$SECONDS took code=0
  need_data cifar-10-batches-bin || return
  rm -rf "$output"/whole "$output"/parts
  train $recipe --epochs 4 --output "$output/whole" || return
  took=$((SECONDS - begin))
  printf '{"recipe": "%s", "epochs": 4, "seconds": %d}\n' $recipe $took >"$output/whole.json"
  python 180 "$root/tools/compare/pytorch_training.py" "$output/whole/recipe.json" \
    --data "$data" >"$output/whole_pytorch.json" || code=$?
  train_for $((took / 2 + 1)) $recipe --epochs 4 --output "$output/parts"
  train --resume --output "$output/parts" &&
    cmp "$output"/whole/primary.safetensors "$output"/parts/primary.safetensors || code=$?
  "$bin/auxtrain" evaluate "$output/whole" --data "$data" --corruptions training \
    --json "$output/errors.json" || code=$?
  return $code
}
# The next four and a half minutes of each of the paper's trainings that is not done yet.
run_schedule() {
  local recipe code
  need_data cifar-100-binary || return
  for recipe in "${recipes[@]}"; do
    run=$output/$recipe
    if [[ -d $run ]]; then
      train_for 270 --resume --output "$run"
    else
      train_for 270 $recipe --output "$run"
    fi
    code=$?
    ((code == 0 || code == 124 || code == 143)) || return $code  # done, or stopped in time
    tail -n 1 "$run/log.jsonl"
    ((code != 0)) || "$bin/auxtrain" evaluate "$run" --data "$data" --json "$output/$recipe.errors.json" || return
  done
}

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
python 60 "$root/tools/gpu/summary.py" "$output" || failed=1
exit $failed
