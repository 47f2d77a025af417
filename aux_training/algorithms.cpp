#include "aux_training/algorithms.h"

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "aux_training/environment.h"
#include "aux_training/report/run_folder.h"
#include "kernels/base/check.h"

namespace aux_training {
namespace {

using nlohmann::json;

std::filesystem::path cache_file(const kernels::Gpu* gpu) {
  const std::filesystem::path folder = cache_folder();
  return folder.empty() ? folder : folder / (gpu ? "gpu_algorithms.json" : "algorithms.json");
}

std::string machine(const kernels::Gpu* gpu) {
  if (gpu) return kernels::text(kernels::describe(gpu->device()), ", ", gpu->libraries());
  const Environment e = environment();
  return kernels::text(e.processor, ", ", e.instruction_set, ", oneDNN ", e.onednn);
}

}  // namespace

std::filesystem::path cache_folder() {
  const auto folder = [](const char* variable) {
    const char* value = std::getenv(variable);
    return std::filesystem::path(value ? value : "");
  };
  if (const auto own = folder("AUXTRAIN_CACHE"); !own.empty()) return own;
  if (const auto shared = folder("XDG_CACHE_HOME"); !shared.empty()) return shared / "auxtrain";
  if (const auto home = folder("HOME"); !home.empty()) return home / ".cache" / "auxtrain";
  return {};
}

std::filesystem::path plan_folder() {
  const std::filesystem::path folder = cache_folder();
  return folder.empty() ? folder : folder / "cudnn";
}

std::string algorithms_json(const Algorithms& algorithms) { return json(algorithms).dump(); }

Algorithms parse_algorithms(const std::string& text, const std::string& where) {
  try {
    return json::parse(text).get<Algorithms>();
  } catch (const json::exception&) {
    throw kernels::Error(where + ": expected an object of names of algorithms, got " + text);
  }
}

Algorithms known_algorithms(const kernels::Gpu* gpu) {
  const std::filesystem::path file = cache_file(gpu);
  std::error_code ignored;
  if (file.empty() || !std::filesystem::is_regular_file(file, ignored)) return {};
  try {
    const json contents = json::parse(read_text_file(file));
    if (contents.at("machine") != machine(gpu)) return {};
    return contents.at("algorithms").get<Algorithms>();
  } catch (const std::exception&) {
    return {};
  }
}

void keep_algorithms(const Algorithms& algorithms, const kernels::Gpu* gpu) {
  const std::filesystem::path file = cache_file(gpu);
  Algorithms all = known_algorithms(gpu);
  const std::size_t before = all.size();
  all.insert(algorithms.begin(), algorithms.end());
  if (file.empty() || all.size() == before) return;
  try {
    std::filesystem::create_directories(file.parent_path());
    write_text_file(file, json{{"machine", machine(gpu)}, {"algorithms", all}}.dump(1) + "\n");
  } catch (const std::exception&) {  // the next run will time them again
  }
}

}  // namespace aux_training
