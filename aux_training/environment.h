// What a run was made with: environment.json, and `auxtrain info`.
#pragma once

#include <string>

#include "engine/runtime/session.h"

namespace aux_training {

struct Environment {
  std::string version, commit, compiler, processor, instruction_set, onednn;
  std::string cuda;  // the toolkit and what this build has code for; empty without CUDA
  bool native_bfloat16 = false;
  int processors = 1;
};
Environment environment();

// gpu: null for a run on processors.
std::string environment_json(int threads, const engine::MemoryUse&, const kernels::Gpu* gpu);

}  // namespace aux_training
