// Prints, as JSON, how every kernel case is launched at training sizes on an H100: on the stand-in,
// which writes launches down and runs nothing. tools/check/cuda_resources.py reads it.
#include <iostream>
#include <nlohmann/json.hpp>

#include "test/cuda/device_array.h"
#include "test/cuda/kernel_names.h"
#include "tools/auxtrain-bench/cuda/kernel_cases.h"

namespace {

using nlohmann::ordered_json;

ordered_json json_of(dim3 size) { return {size.x, size.y, size.z}; }

}  // namespace

int main() {
  struct Launched {
    tools::KernelCase of;
    double least_bytes, reread_bytes;
    std::vector<stand_in::WrittenLaunch> launches;
  };
  std::vector<Launched> all;
  std::map<const void*, std::string> kernels;
  for (const tools::KernelCase& c : tools::kernel_cases()) {
    tools::CaseArrays arrays(tools::CaseArrays::nowhere());
    const auto launches = stand_in::launches_of(c.prepare(test::cuda(), arrays));
    all.push_back({c, arrays.least_bytes(), arrays.reread_bytes(), launches});
    for (const auto& launch : launches) kernels[launch.kernel];
  }
  kernels = test::names_of(std::move(kernels));

  ordered_json cases = ordered_json::array();
  for (const Launched& each : all) {
    ordered_json launches = ordered_json::array();
    for (const auto& launch : each.launches)
      launches.push_back({{"kernel", kernels[launch.kernel]},
                          {"grid", json_of(launch.grid)},
                          {"block", json_of(launch.block)},
                          {"dynamic_shared", launch.dynamic_shared_bytes},
                          {"cooperative", launch.cooperative}});
    cases.push_back({{"operation", each.of.operation},
                     {"call", each.of.kernel},
                     {"type", kernels::name_of(each.of.type)},
                     {"least_bytes", each.least_bytes},
                     {"reread_bytes", each.reread_bytes},
                     {"launches", launches}});
  }
  std::cout << cases.dump(2) << "\n";
}
