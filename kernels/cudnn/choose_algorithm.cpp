#include "kernels/cudnn/choose_algorithm.h"

#include <algorithm>
#include <limits>

#include "kernels/base/check.h"
#include "kernels/base/cuda_check.cuh"
#include "kernels/base/cuda_graph.h"
#include "kernels/base/cuda_timer.h"
#include "kernels/cudnn/libraries.h"

namespace kernels {
namespace {

constexpr std::size_t kMostTimed = 24;

class DeviceMemory {
 public:
  // In every byte 0x3f: a number near 0.75, whether as float or as bfloat16.
  DeviceMemory(std::size_t bytes, CUstream_st* stream) {
    CUDA_CHECK(cudaMalloc(&memory_, std::max(bytes, std::size_t{1})));
    CUDA_CHECK(cudaMemsetAsync(memory_, 0x3f, bytes, stream));
  }
  ~DeviceMemory() { cudaFree(memory_); }
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;
  void* get() const { return memory_; }

 private:
  void* memory_ = nullptr;
};

struct Timed {
  LibraryAlgorithmPtr algorithm;
  CudaGraph launches;  // none where it does not work
  double seconds = std::numeric_limits<double>::infinity();
};

// As a step has them, in a graph: what the host needs to launch a kernel does not count.
CudaGraph some_launches(const Cuda& cuda, const Launch& launch) {
  constexpr int kLaunches = 4;
  launch();  // the first run loads the kernel
  return {cuda, [&] {
            for (int i = 0; i < kLaunches; ++i) launch();
          }};
}

LibraryAlgorithmPtr fastest_of(const Cuda& cuda, const std::vector<LibraryAlgorithmPtr>& candidates,
                               const LibraryBytes& bytes, std::string& why_none) {
  std::size_t workspace_bytes = 0;
  for (const LibraryAlgorithmPtr& candidate : candidates)
    workspace_bytes = std::max(workspace_bytes, candidate->workspace_bytes());
  const DeviceMemory x(bytes.x, cuda.stream), weight(bytes.weight, cuda.stream),
      y(bytes.y, cuda.stream), workspace(workspace_bytes, cuda.stream);
  const LibraryArrays arrays{x.get(), weight.get(), y.get(), workspace.get()};

  // In turn, so that clocks, which rise with the first work, favour none.
  constexpr int kRounds = 4;
  std::string first_error;  // it may have taken the device away from those after it
  std::vector<Timed> all;
  for (const LibraryAlgorithmPtr& candidate : candidates) all.push_back({candidate, {}});
  CudaTimer timer(cuda);
  for (int round = 0; round < kRounds; ++round)
    for (Timed& one : all) try {
        if (round == 0) one.launches = some_launches(cuda, one.algorithm->bind(arrays));
        if (!one.launches) continue;
        const double took = timer.seconds_of([&] { one.launches.launch(cuda); });
        constexpr double kWorth = .95;  // of exact gradients
        const bool exact = one.algorithm->weight_type() == Type::Float;
        one.seconds = std::min(one.seconds, exact ? kWorth * took : took);
      } catch (const Error& error) {
        one = {one.algorithm, {}};
        if (first_error.empty()) first_error = text(one.algorithm->name(), ": ", error.what());
      }
  if (!first_error.empty()) why_none = first_error;
  const auto best = std::ranges::min_element(all, {}, &Timed::seconds);
  return best->launches ? best->algorithm : nullptr;
}

// The fastest of the first few that fit, or the first.
LibraryAlgorithmPtr best_of(const Cuda& cuda, const std::string& work, const LibraryOffer& offered,
                            const LibraryBytes& bytes, bool timed) {
  std::vector<LibraryAlgorithmPtr> candidates;
  std::string why_none = "nothing is offered";
  for (const std::string& name : offered.names()) try {
      LibraryAlgorithmPtr algorithm = offered.make(name);
      CHECK(algorithm->workspace_bytes() <= cuda.workspace_limit, "it takes ",
            algorithm->workspace_bytes(), " bytes of scratch memory, the limit is ",
            cuda.workspace_limit);
      candidates.push_back(std::move(algorithm));
      if (candidates.size() == (timed ? kMostTimed : 1)) break;
    } catch (const Error& error) {
      why_none = text(name, ": ", error.what());
    }
  LibraryAlgorithmPtr best;
  if (!candidates.empty())
    best = timed ? fastest_of(cuda, candidates, bytes, why_none) : candidates[0];
  CHECK(best, work, ": no algorithm can: ", why_none);
  offered.keep(*best);
  return best;
}

}  // namespace

LibraryAlgorithmPtr choose_algorithm(const Cuda& cuda, const std::string& work,
                                     const LibraryOffer& offered, const LibraryBytes& bytes) {
  const auto made = [&](const std::string& how) -> LibraryAlgorithmPtr& {
    return cuda.libraries->made()[text(work, ", ", how)];
  };
  if (!cuda.choices) {
    LibraryAlgorithmPtr& first = made("the first");
    if (!first) first = best_of(cuda, work, offered, bytes, false);
    return first;
  }
  if (const std::string* const known = cuda.choices->find(work)) try {
      LibraryAlgorithmPtr& chosen = made(*known);
      if (!chosen) chosen = offered.make(*known);
      return chosen;
    } catch (const Error&) {  // of another device, or another version of the library
    }
  const LibraryAlgorithmPtr best =
      best_of(cuda, work, offered, bytes, cuda.libraries->has_device());
  cuda.choices->set(work, best->name());
  return made(best->name()) = best;
}

}  // namespace kernels
