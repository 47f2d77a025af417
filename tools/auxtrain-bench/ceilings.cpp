#include "tools/auxtrain-bench/ceilings.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "kernels/base/check.h"
#include "kernels/base/lanes.h"
#include "kernels/convolution/convolution.h"
#include "tools/auxtrain-bench/timing.h"

namespace tools {
namespace {

constexpr int kRepeats = 7;

// Of memory that no cache holds: pages of the size that sessions ask for too.
struct Pages {
  explicit Pages(std::size_t bytes) : memory(std::aligned_alloc(kHugePage, bytes)) {
    CHECK(memory, "out of memory: a copy asked for ", bytes >> 20, " MiB");
    madvise(memory, bytes, MADV_HUGEPAGE);
    std::memset(memory, 1, bytes);
  }
  ~Pages() { std::free(memory); }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  static constexpr std::size_t kHugePage = std::size_t{2} << 20;
  void* memory;
};

// Past the caches: what is written is not read first. `bytes` in whole cache lines.
void copy_past_caches(std::byte* to, const std::byte* from, std::size_t bytes) {
#ifdef __AVX512F__
  for (std::size_t i = 0; i < bytes; i += 64)
    _mm512_stream_si512(reinterpret_cast<__m512i*>(to + i), _mm512_load_si512(from + i));
  _mm_sfence();
#else
  std::memcpy(to, from, bytes);
#endif
}

// Bytes read plus bytes written in a second, plainly or past the caches, whichever is faster.
double copy_rate(kernels::ThreadPool& pool) {
  constexpr long kBytes = 512L << 20, kLine = 64;
  const Pages from(kBytes), to(kBytes);
  const auto rate = [&](auto copy) {
    Stopwatch watch(kRepeats);
    const int parts = 64;
    for (int i = 0; i < kRepeats; ++i)
      watch.time([&] {
        pool.run(parts, [&](int part, int) {
          const kernels::Range lines = kernels::part_of(kBytes / kLine, parts, part);
          copy(static_cast<std::byte*>(to.memory) + lines.begin * kLine,
               static_cast<const std::byte*>(from.memory) + lines.begin * kLine,
               static_cast<std::size_t>((lines.end - lines.begin) * kLine));
        });
      });
    return 2.0 * static_cast<double>(kBytes) / watch.timing().seconds;
  };
  return std::max(
      rate([](std::byte* a, const std::byte* b, std::size_t n) { std::memcpy(a, b, n); }),
      rate(copy_past_caches));
}

// Independent chains, more than a core's latency times its units; all stay in registers.
constexpr int kChains = 12;
float multiply_adds(long count) {
  const kernels::Lanes a = kernels::all_lanes(.999f), b = kernels::all_lanes(.001f);
  kernels::Lanes sums[kChains];  // all different, so that none can be left out
  for (int chain = 0; chain < kChains; ++chain)
    sums[chain] = kernels::all_lanes(static_cast<float>(chain));
  for (long i = 0; i < count; ++i)
#pragma GCC unroll 12
    for (int chain = 0; chain < kChains; ++chain)
      sums[chain] = kernels::multiply_add(sums[chain], a, b);
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

// A processor's units for bf16 differ too much to be written for here: what oneDNN makes of them in
// 1x1 convolutions, where no algorithm saves operations.
double bfloat16_rate(kernels::ThreadPool& pool, const kernels::ConvolutionSizes& sizes) {
  const auto plan =
      kernels::plan_convolution(kernels::Cpu{&pool}, sizes, kernels::Type::BFloat16, false);
  const std::size_t pixels = static_cast<std::size_t>(sizes.images) * sizes.height * sizes.width;
  std::vector<kernels::bfloat16> x(pixels * sizes.in_channels), y(pixels * sizes.out_channels);
  std::vector<float> weight(static_cast<std::size_t>(sizes.in_channels) * sizes.out_channels *
                            sizes.kernel_height * sizes.kernel_width);
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

double bfloat16_rate(kernels::ThreadPool& pool) {
  double best = 0;
  for (const int channels : {64, 128, 256, 512})
    best = std::max(best, bfloat16_rate(pool, {.images = 16,
                                               .height = 16,
                                               .width = 16,
                                               .in_channels = channels,
                                               .out_channels = channels,
                                               .kernel_height = 1,
                                               .kernel_width = 1}));
  return best;
}

}  // namespace

Ceilings measure_ceilings(kernels::ThreadPool& pool) {
  return {copy_rate(pool), float_rate(pool), bfloat16_rate(pool)};
}

}  // namespace tools
