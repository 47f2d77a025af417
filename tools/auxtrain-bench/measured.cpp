#include "tools/auxtrain-bench/measured.h"

#include <algorithm>

#include "kernels/base/check.h"

namespace tools {

std::string Workload::name() const {
  return kernels::text(model, training ? " training " : " inference ", views, "x", images, " ",
                       kernels::name_of(type), recompute ? " recompute" : "");
}

double CallRow::floor_seconds(const Ceilings& c) const {
  const bool is_float = type == "float";
  const double peak = is_float ? c.float_operations_per_second : c.bfloat16_operations_per_second;
  const double memory = bytes / c.copy_bytes_per_second;
  return operations > 0 && peak > 0 ? std::max(memory, operations / peak) : memory;
}

}  // namespace tools
