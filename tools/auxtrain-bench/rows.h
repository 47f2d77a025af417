// What is measured: whole steps of training and inference, and every call in them by itself.
#pragma once

#include <regex>
#include <string>
#include <vector>

#include "kernels/base/thread_pool.h"
#include "kernels/base/type.h"
#include "tools/auxtrain-bench/ceilings.h"
#include "tools/auxtrain-bench/timing.h"

namespace tools {

struct Workload {
  std::string model;
  int views, images;
  kernels::Type type;
  bool training;
  std::string name() const;  // "resnet18 training 5x32 float"
};

struct StepRow {
  Workload workload;
  Timing timing;
  double view_images_per_second = 0;
  double operations_per_second = 0;
  std::size_t calls = 0, arena_bytes = 0, unshared_bytes = 0;
};

// Calls of one kernel on arrays of one shape.
struct CallRow {
  std::string kernel, shape, type;
  int count = 0;  // in the step
  Timing timing;  // of one
  double bytes = 0, operations = 0;
};

struct Measured {
  std::vector<StepRow> steps;
  std::vector<CallRow> calls;
};

// A step row for each workload, and a row for each different call in it, as far as names match.
Measured measure(kernels::ThreadPool&, const std::vector<Workload>&, const std::regex& filter,
                 double least_seconds);

}  // namespace tools
