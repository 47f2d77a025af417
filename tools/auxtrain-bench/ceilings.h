// What the machine can do at best: the bandwidth of copying and the rate of arithmetic, measured in
// the same run as what is compared with them.
#pragma once

#include "kernels/base/thread_pool.h"

namespace tools {

struct Ceilings {
  // Bytes read plus bytes written, arrays of 512 MiB, plain or past the caches: the faster.
  double copy_bytes_per_second = 0;
  double float_operations_per_second = 0;     // independent fused multiply-adds in registers
  double bfloat16_operations_per_second = 0;  // the fastest of a few large convolutions
};
Ceilings measure_ceilings(kernels::ThreadPool&);

}  // namespace tools
