#include "tools/auxtrain-bench/cuda/rotation.h"

#include <algorithm>

#include "kernels/base/cuda_timer.h"
#include "kernels/elementwise/elementwise.h"

namespace tools {

Rotation::Rotation(kernels::Cuda cuda, const KernelCase& c, std::size_t l2_bytes) {
  CaseArrays plan(CaseArrays::nowhere());
  c.prepare(cuda, plan);
  least_bytes_ = plan.least_bytes();
  reread_bytes_ = plan.reread_bytes();
  const std::size_t bytes = plan.memory_bytes();
  const std::size_t count = std::max<std::size_t>(2, (2 * l2_bytes + bytes - 1) / bytes);
  memory_ = kernels::CudaMemory(cuda, count * bytes);
  std::vector<CaseArrays> sets;
  for (std::size_t i = 0; i < count; ++i) {
    sets.emplace_back(CaseArrays::one_by_one(memory_.get() + i * bytes));
    launches_.push_back(c.prepare(cuda, sets.back()));
  }
  for (std::size_t i = 0; i < plan.all().size(); ++i) {
    const CaseArrays::Array& array = plan.all()[i];
    if (!array.fill) continue;
    std::vector<std::byte> contents(array.bytes);
    array.fill(contents.data());
    for (const CaseArrays& set : sets)
      copy_to_device(cuda, set.all()[i].data, contents.data(), contents.size());
    wait(cuda);
  }
}

Timing measure(kernels::Cuda cuda, Rotation& rotation, double least_seconds) {
  constexpr int kLaunchesInRound = 32;
  constexpr std::size_t kLeastRounds = 5, kMostRounds = 1000;
  for (std::size_t i = 0; i < rotation.sets(); ++i) rotation.launch();  // to warm up
  wait(cuda);
  kernels::CudaTimer timer(cuda);
  std::vector<double> seconds;
  for (double total = 0;
       seconds.size() < kLeastRounds || (total < least_seconds && seconds.size() < kMostRounds);) {
    const double round = timer.seconds_of([&] {
      for (int i = 0; i < kLaunchesInRound; ++i) rotation.launch();
    });
    total += round;
    seconds.push_back(round / kLaunchesInRound);
  }
  return timing_of(std::move(seconds));
}

CallRow measure_kernel(kernels::Cuda cuda, const KernelCase& c, std::size_t l2_bytes,
                       double least_seconds) {
  Rotation rotation(cuda, c, l2_bytes);
  return {.where = c.operation,
          .kernel = c.kernel,
          .shape = engine::text_of(c.shape),
          .type = kernels::name_of(c.type),
          .count = 1,
          .timing = measure(cuda, rotation, least_seconds),
          .bytes = rotation.least_bytes(),
          .reread_bytes = rotation.reread_bytes()};
}

double measure_copy_rate(kernels::Cuda cuda, std::size_t l2_bytes, double least_seconds) {
  const long floats = static_cast<long>(std::max<std::size_t>(l2_bytes, 1));  // four times as large
  const auto rate = [&](auto copy) {
    const auto prepare = [=](kernels::Cuda on, CaseArrays& a) -> kernels::Launch {
      const float* const from = a.read<float>(floats);
      float* const to = a.write<float>(floats);
      return [=] { copy(on, from, to); };
    };
    const CallRow row = measure_kernel(cuda, {"copy", "copy", {}, kernels::Type::Float, prepare},
                                       l2_bytes, least_seconds);
    return row.bytes / row.timing.seconds;
  };
  return std::max(rate([=](kernels::Cuda on, const float* from, float* to) {
                    convert(on, {floats}, kernels::Convert<float, float>{from, to});
                  }),
                  rate([=](kernels::Cuda on, const float* from, float* to) {
                    copy_on_device(on, to, from, static_cast<std::size_t>(floats) * sizeof(float));
                  }));
}

}  // namespace tools
