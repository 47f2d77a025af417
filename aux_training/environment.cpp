#include "aux_training/environment.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "kernels/base/check.h"
#include "kernels/base/thread_pool.h"
#include "kernels/onednn/primitive.h"

namespace aux_training {
namespace {

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(": ") + 2);
  return "unknown";
}

}  // namespace

Environment environment() {
  return {.version = AUXTRAIN_VERSION,
          .commit = AUXTRAIN_COMMIT,
          .compiler = "g++ " __VERSION__,
          .processor = processor_name(),
          .instruction_set = kernels::onednn::instruction_set(),
          .onednn = kernels::onednn::version(),
          .cuda = kernels::cuda_build(),
          .native_bfloat16 = kernels::onednn::has_bfloat16(),
          .processors = kernels::available_processors()};
}

std::string environment_json(int threads, const engine::MemoryUse& memory,
                             const kernels::Gpu* gpu) {
  const Environment e = environment();
  return nlohmann::ordered_json{
             {"version", e.version},
             {"commit", e.commit},
             {"device", gpu ? kernels::text("cuda:", gpu->device().number) : "cpu"},
             {"gpu", gpu ? kernels::describe(gpu->device()) : ""},
             {"gpu_libraries", gpu ? gpu->libraries() : ""},
             {"processor", e.processor},
             {"instruction_set", e.instruction_set},
             {"processors", e.processors},
             {"threads", threads},
             {"compiler", e.compiler},
             {"onednn", e.onednn},
             {"cuda", e.cuda},
             {"memory_bytes",
              {{"parameters", memory.parameters},
               {"gradients", memory.gradients},
               {"momentum", memory.momentum},
               {"states", memory.states},
               {"results", memory.results},
               {"inputs", memory.inputs},
               {"arena", memory.arena}}}}
             .dump(2) +
         "\n";
}

}  // namespace aux_training
