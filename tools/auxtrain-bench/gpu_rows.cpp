#include "tools/auxtrain-bench/gpu_rows.h"

#ifdef AUXTRAIN_CUDA_KERNELS
#include <algorithm>

#include "aux_training/report/progress.h"
#include "tools/auxtrain-bench/cuda/kernel_cases.h"
#include "tools/auxtrain-bench/cuda/rotation.h"
#include "tools/auxtrain-bench/steps.h"

namespace tools {
namespace {

std::vector<CallRow> measure_kernels(const kernels::Gpu& gpu, const GpuRows& rows,
                                     double least_seconds) {
  KernelCases cases = kernel_cases();
  std::erase_if(cases, [&](const KernelCase& c) {
    return std::ranges::find(rows.types, c.type) == rows.types.end() ||
           !(std::regex_search(c.operation, rows.filter) ||
             std::regex_search(c.kernel, rows.filter));
  });
  std::vector<CallRow> measured;
  aux_training::Progress progress("kernels", static_cast<long>(cases.size()), false, "kernels");
  for (const KernelCase& c : cases) {
    progress.update(static_cast<long>(measured.size()));
    measured.push_back(measure_kernel(gpu.context(), c, gpu.device().l2_bytes, least_seconds));
  }
  return measured;
}

}  // namespace

Measured measure_gpu(const kernels::Gpu& gpu, const GpuRows& rows, double least_seconds) {
  Measured measured{.device = describe(gpu.device())};
  measured.ceilings.copy_bytes_per_second =
      measure_copy_rate(gpu.context(), gpu.device().l2_bytes, least_seconds / 10);
  if (!rows.steps.empty() && !engine::kTrainsOnGpus)
    throw kernels::UsageError(
        "--rows: this build has no steps for GPUs, since it is without cuDNN");
  kernels::ThreadPool pool(kernels::available_processors());
  for (const Workload& w : rows.steps) {
    Network network(pool, w, &gpu);
    measured.steps.push_back(measure_step(w, network, measured.ceilings, least_seconds));
  }
  if (rows.kernels) measured.operations = measure_kernels(gpu, rows, least_seconds / 10);
  return measured;
}

}  // namespace tools
#else
namespace tools {

Measured measure_gpu(const kernels::Gpu&, const GpuRows&, double) {
  return {};  // there is never a Gpu
}

}  // namespace tools
#endif
