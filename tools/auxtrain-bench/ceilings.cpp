#include "tools/auxtrain-bench/ceilings.h"

#include <cstring>
#include <memory>
#include <vector>

#include "kernels/base/lanes.h"
#include "kernels/convolution/convolution.h"
#include "tools/auxtrain-bench/timing.h"

namespace tools {
namespace {

constexpr int kRepeats = 7;

double copy_rate(kernels::ThreadPool& pool) {
  constexpr long kBytes = 256L << 20;
  std::vector<char> from(kBytes, 1), to(kBytes, 2);
  Stopwatch watch(kRepeats);
  const int parts = 64;
  for (int i = 0; i < kRepeats; ++i)
    watch.time([&] {
      pool.run(parts, [&](int part, int) {
        const kernels::Range range = kernels::part_of(kBytes, parts, part);
        std::memcpy(to.data() + range.begin, from.data() + range.begin,
                    static_cast<size_t>(range.end - range.begin));
      });
    });
  return 2.0 * static_cast<double>(kBytes) / watch.timing().seconds;
}

// x * a + b in one rounding where the processor can.
kernels::Lanes multiply_add(kernels::Lanes x, kernels::Lanes a, kernels::Lanes b) {
#ifdef __AVX512F__
  return reinterpret_cast<kernels::Lanes>(_mm512_fmadd_ps(
      reinterpret_cast<__m512>(x), reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b)));
#else
  return x * a + b;
#endif
}

// Independent chains, more than a core's latency times its units; all stay in registers.
constexpr int kChains = 12;
float multiply_adds(long count) {
  const kernels::Lanes a = kernels::all_lanes(.999f), b = kernels::all_lanes(.001f);
  kernels::Lanes sums[kChains] = {};
  for (long i = 0; i < count; ++i)
#pragma GCC unroll 12
    for (int chain = 0; chain < kChains; ++chain) sums[chain] = multiply_add(sums[chain], a, b);
  kernels::Lanes total{};
  for (const kernels::Lanes& sum : sums) total += sum;
  return total[0];
}

double float_rate(kernels::ThreadPool& pool) {
  constexpr long kCount = 2'000'000;
  std::vector<float> sink(static_cast<size_t>(pool.threads()));
  Stopwatch watch(kRepeats);
  for (int i = 0; i < kRepeats; ++i)
    watch.time([&] {
      pool.run(pool.threads(),
               [&](int task, int) { sink[static_cast<size_t>(task)] = multiply_adds(kCount); });
    });
  return 2.0 * kChains * kernels::kLanes * kCount * pool.threads() / watch.timing().seconds;
}

double bfloat16_rate(kernels::ThreadPool& pool) {
  const kernels::ConvolutionSizes sizes{.images = 4096, .in_channels = 1024, .out_channels = 1024};
  const auto plan =
      kernels::plan_convolution(kernels::Cpu{&pool}, sizes, kernels::Type::BFloat16, false);
  std::vector<kernels::bfloat16> x(4096 * 1024), y(4096 * 1024);
  std::vector<float> weight(1024 * 1024);
  std::vector<char> workspace(plan->workspace_bytes(kernels::ConvolutionPass::Forward) + 64);
  void* aligned = workspace.data();
  std::size_t space = workspace.size();
  std::align(64, space - 64, aligned, space);
  const kernels::Launch launch = plan->forward({.x = x.data(),
                                                .weight = weight.data(),
                                                .bias = nullptr,
                                                .y = y.data(),
                                                .workspace = aligned});
  Stopwatch watch(kRepeats);
  for (int i = 0; i < kRepeats; ++i) watch.time(launch);
  return 2.0 * static_cast<double>(sizes.multiply_adds()) / watch.timing().seconds;
}

}  // namespace

Ceilings measure_ceilings(kernels::ThreadPool& pool) {
  return {copy_rate(pool), float_rate(pool), bfloat16_rate(pool)};
}

}  // namespace tools
