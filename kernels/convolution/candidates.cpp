#include "kernels/convolution/candidates.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <vector>

#include "kernels/base/check.h"
#include "kernels/base/memory.h"
#include "kernels/convolution/direct.h"
#include "kernels/convolution/winograd.h"
#include "kernels/onednn/primitive.h"

namespace kernels {
namespace {

using Plan = std::unique_ptr<PassPlan> (*)(Cpu, const ConvolutionSizes&, ConvolutionPass, Type,
                                           bool bias, Ending);
struct Candidate {
  const char* name;
  Plan plan;
};

std::vector<Candidate> candidates(const ConvolutionSizes& sizes) {
  std::vector<Candidate> all{{"direct", plan_direct}};  // the most exact one first
  if (winograd_fits(sizes)) all.push_back({"winograd", plan_winograd});
  return all;
}

// Without timing: what was the faster one wherever it has been measured.
const char* by_rule(const ConvolutionSizes& s, Type type) {
  const bool fast_bfloat16 = type == Type::BFloat16 && onednn::has_fast_bfloat16();
  return winograd_fits(s) && !fast_bfloat16 ? "winograd" : "direct";
}

// Few, but with pixels enough that what is done once for all images does not decide.
int timed_images(const ConvolutionSizes& s) {
  constexpr int kImages = 16, kPixels = 1024;
  return std::min(s.images, std::max(kImages, kPixels / (s.height * s.width)));
}

// For one timing. What the numbers are does not change how long a multiplication takes, but for
// those that are not normal.
Memory some_numbers(long elements, Type type) {
  const std::size_t bytes = static_cast<std::size_t>(elements) * bytes_of(type);
  Memory memory(bytes);
  std::memset(memory.get(), 0x3f, bytes);
  return memory;
}

double seconds_of(const Launch& launch) {
  launch();  // the first run pays for its memory
  double least = 0;
  for (int run = 0; run < 2; ++run) {
    const auto start = std::chrono::steady_clock::now();
    launch();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    least = run == 0 ? took.count() : std::min(least, took.count());
  }
  return least;
}

const char* by_timing(ConvolutionSizes sizes, ConvolutionPass pass, Type type, bool bias,
                      const std::vector<Candidate>& all) {
  constexpr double kClearly = .95;  // a later, less exact candidate must be faster than this
  sizes.images = timed_images(sizes);
  ThreadPool pool(1);
  const Memory x =
      some_numbers(long{sizes.images} * sizes.height * sizes.width * sizes.in_channels, type);
  const Memory y = some_numbers(
      long{sizes.images} * sizes.out_height() * sizes.out_width() * sizes.out_channels, type);
  const Memory weight = some_numbers(sizes.weight_size(), Type::Float);
  const Memory shift = some_numbers(sizes.out_channels, Type::Float);
  const auto floats = [](const Memory& memory) { return reinterpret_cast<float*>(memory.get()); };
  const char* fastest = nullptr;
  double least = 0;
  for (const Candidate& candidate : all) {
    const auto plan = candidate.plan(Cpu{&pool}, sizes, pass, type, bias, Ending::None);
    const Memory workspace = some_numbers(static_cast<long>(plan->workspace_bytes()), Type::UInt8);
    const double seconds =
        seconds_of(plan->bind({x.get(), floats(weight), bias ? floats(shift) : nullptr, y.get(),
                               workspace.get(), false}));
    if (fastest && seconds > least * kClearly) continue;
    fastest = candidate.name;
    least = seconds;
  }
  return fastest;
}

}  // namespace

std::string work_of(const ConvolutionSizes& sizes, ConvolutionPass pass, Type type) {
  ConvolutionSizes timed = sizes;
  timed.images = timed_images(sizes);
  return describe(timed, pass, type);
}

std::unique_ptr<PassPlan> plan_fastest(Cpu cpu, const ConvolutionSizes& sizes, ConvolutionPass pass,
                                       Type type, bool bias, Ending ending) {
  const std::vector<Candidate> all = candidates(sizes);
  if (all.size() == 1) return all[0].plan(cpu, sizes, pass, type, bias, ending);
  std::string chosen;
  if (cpu.choices) {
    const std::string work = work_of(sizes, pass, type);
    if (!cpu.choices->find(work)) cpu.choices->set(work, by_timing(sizes, pass, type, bias, all));
    chosen = *cpu.choices->find(work);
  } else {
    chosen = by_rule(sizes, type);
  }
  for (const Candidate& candidate : all)
    if (chosen == candidate.name) return candidate.plan(cpu, sizes, pass, type, bias, ending);
  throw Error(text("no algorithm '", chosen, "' for ", work_of(sizes, pass, type)));
}

}  // namespace kernels
