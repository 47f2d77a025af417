// What the machine can do at best: the bandwidth of copying and the rate of arithmetic, measured in
// the same run as what is compared with them.
#pragma once

#include "kernels/base/thread_pool.h"

namespace tools {

struct Ceilings {
  double copy_bytes_per_second = 0;  // bytes read plus bytes written, arrays far over the caches
  double float_operations_per_second = 0;     // independent fused multiply-adds in registers
  double bfloat16_operations_per_second = 0;  // a 1024 x 1024 linear layer on 4096 rows
};
Ceilings measure_ceilings(kernels::ThreadPool&);

}  // namespace tools
