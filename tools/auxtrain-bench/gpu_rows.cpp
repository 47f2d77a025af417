#include "tools/auxtrain-bench/gpu_rows.h"

#ifdef AUXTRAIN_CUDA_KERNELS
#include <algorithm>

#include "aux_training/report/progress.h"
#include "tools/auxtrain-bench/cuda/kernel_cases.h"
#include "tools/auxtrain-bench/cuda/rotation.h"

namespace tools {

Measured measure_gpu(const kernels::Gpu& gpu, const std::vector<kernels::Type>& types,
                     const std::regex& filter, double least_seconds) {
  KernelCases cases = kernel_cases();
  std::erase_if(cases, [&](const KernelCase& c) {
    return std::ranges::find(types, c.type) == types.end() ||
           !(std::regex_search(c.operation, filter) || std::regex_search(c.kernel, filter));
  });
  const kernels::Cuda cuda = gpu.context();
  const std::size_t l2_bytes = gpu.device().l2_bytes;
  Measured measured{.device = describe(gpu.device())};
  measured.ceilings.copy_bytes_per_second = measure_copy_rate(cuda, l2_bytes, least_seconds);
  aux_training::Progress progress("kernels", static_cast<long>(cases.size()), false, "kernels");
  for (const KernelCase& c : cases) {
    progress.update(static_cast<long>(measured.operations.size()));
    measured.operations.push_back(measure_kernel(cuda, c, l2_bytes, least_seconds));
  }
  return measured;
}

}  // namespace tools
#else
namespace tools {

Measured measure_gpu(const kernels::Gpu&, const std::vector<kernels::Type>&, const std::regex&,
                     double) {
  return {};  // there is never a Gpu
}

}  // namespace tools
#endif
