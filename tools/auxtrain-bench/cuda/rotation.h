// Times a kernel on arrays that no cache holds.
#pragma once

#include "kernels/base/cuda_memory.h"
#include "tools/auxtrain-bench/cuda/kernel_case.h"
#include "tools/auxtrain-bench/measured.h"

namespace tools {

// A case on several sets of arrays, which take turns: two at least, and so many that all together
// are twice as large as the L2 cache. What a launch works on has left it since the last time.
class Rotation {
 public:
  Rotation(kernels::Cuda, const KernelCase&, std::size_t l2_bytes);

  void launch() { launches_[next_++ % launches_.size()](); }
  std::size_t sets() const { return launches_.size(); }
  double least_bytes() const { return least_bytes_; }
  double reread_bytes() const { return reread_bytes_; }

 private:
  kernels::CudaMemory memory_;
  std::vector<kernels::Launch> launches_;
  std::size_t next_ = 0;
  double least_bytes_ = 0, reread_bytes_ = 0;
};

// Of one launch.
Timing measure(kernels::Cuda, Rotation&, double least_seconds);

CallRow measure_kernel(kernels::Cuda, const KernelCase&, std::size_t l2_bytes,
                       double least_seconds);

// Bytes read plus bytes written in a second, by a kernel of 16-byte accesses or by the driver's own
// copy: the faster.
double measure_copy_rate(kernels::Cuda, std::size_t l2_bytes, double least_seconds);

}  // namespace tools
