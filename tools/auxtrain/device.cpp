#include "engine/graph/device.h"

#include <charconv>

#include "aux_training/algorithms.h"
#include "kernels/base/check.h"
#include "tools/auxtrain/commands.h"

namespace tools {
namespace {

// The N of "cuda:N", 0 of "cuda"; -1 for any other text.
int gpu_number(const std::string& device) {
  if (device == "cuda") return 0;
  if (!device.starts_with("cuda:")) return -1;
  int number = -1;
  const char* const end = device.data() + device.size();
  const auto [stopped, error] = std::from_chars(device.data() + 5, end, number);
  return error == std::errc() && stopped == end ? number : -1;
}

std::unique_ptr<kernels::Gpu> open(int number) {
  return std::make_unique<kernels::Gpu>(number, aux_training::plan_folder());
}

}  // namespace

std::unique_ptr<kernels::Gpu> gpu_of(const std::string& device) {
  if (device == "cpu") return nullptr;
  if (device == "auto") {
    if (!engine::kTrainsOnGpus || kernels::cuda_devices().empty()) return nullptr;
    return open(0);
  }
  const int number = gpu_number(device);
  if (number < 0)
    throw kernels::UsageError("--device: expected auto, cpu, cuda or cuda:N, got " + device);
  if (!engine::kTrainsOnGpus && !kernels::cuda_build().empty())
    throw kernels::UsageError("--device " + device +
                              ": this build cannot train on GPUs: cuDNN 9 was not found when it "
                              "was made");
  return open(number);
}

}  // namespace tools
