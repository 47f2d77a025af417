// Prints, as JSON, how every kernel case is launched at training sizes on an H100: on the stand-in,
// which writes launches down and runs nothing. tools/check/cuda_resources.py reads it.
#include <dlfcn.h>

#include <array>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "kernels/base/check.h"
#include "test/cuda/device_array.h"
#include "tools/auxtrain-bench/cuda/kernel_cases.h"

namespace {

using nlohmann::ordered_json;

// The mangled names of kernels, by a tool that comes with the compiler: they are local symbols of
// the stand-in's library.
std::map<const void*, std::string> names_of(std::map<const void*, std::string> kernels) {
  Dl_info library{};
  dladdr(kernels.begin()->first, &library);
  std::ostringstream question;
  question << "addr2line -f -e " << library.dli_fname << std::hex;
  for (const auto& [kernel, unnamed] : kernels)
    question << " " << static_cast<const char*>(kernel) - static_cast<char*>(library.dli_fbase);
  const std::unique_ptr<FILE, int (*)(FILE*)> answer(popen(question.str().c_str(), "r"), pclose);
  std::array<char, 4096> line{};
  for (auto& [kernel, name] : kernels) {
    // Its name, and its place in the source.
    CHECK(answer && std::fgets(line.data(), line.size(), answer.get()), "addr2line does not work");
    name = std::string(line.data(), std::strcspn(line.data(), "\n"));
    CHECK(std::fgets(line.data(), line.size(), answer.get()), "addr2line ended too early");
  }
  return kernels;
}

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
  kernels = names_of(std::move(kernels));

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
