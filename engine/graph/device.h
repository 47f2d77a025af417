// The devices that a program can be recorded for: one alternative per kind of device in the build.
// A build without CUDA never names a CUDA kernel, so it needs no stubs.
#pragma once

#include <variant>

#include "kernels/base/gpu.h"

namespace engine {

#ifdef AUXTRAIN_CUDA
using Device = std::variant<kernels::Cpu, kernels::Cuda>;
inline constexpr bool kTrainsOnGpus = true;
#else
using Device = std::variant<kernels::Cpu>;
inline constexpr bool kTrainsOnGpus = false;
#endif

// The GPU, where one is given, with the processors' choices of algorithms; else these.
inline Device device_of([[maybe_unused]] const kernels::Gpu* gpu, kernels::Cpu cpu) {
#ifdef AUXTRAIN_CUDA
  if (gpu) {
    kernels::Cuda cuda = gpu->context();
    cuda.choices = cpu.choices;
    return cuda;
  }
#endif
  return cpu;
}

}  // namespace engine
