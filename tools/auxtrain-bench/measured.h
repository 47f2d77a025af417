// What the benchmark measures: rows of whole steps, and rows of the calls in them.
#pragma once

#include <string>
#include <vector>

#include "kernels/base/type.h"
#include "tools/auxtrain-bench/ceilings.h"
#include "tools/auxtrain-bench/timing.h"

namespace tools {

struct Workload {
  std::string model;
  int views, images;
  kernels::Type type;
  bool training, recompute = false;
  std::string name() const;  // "resnet18 training 5x32 float", "... recompute"
};

struct StepRow {
  std::string name;
  Timing timing;
  double view_images_per_second = 0;
  double operations_per_second = 0;
  double floor_seconds = 0;  // the sum of its calls' floors
  double host_seconds = 0;   // until step() returns: on a GPU what starting one takes
  std::size_t calls = 0;
  std::size_t arena_bytes = 0, unshared_bytes = 0;
  std::size_t lasting_bytes = 0;          // parameters, gradients, momentum, states, inputs
  std::size_t resident_before_bytes = 0;  // of the whole process, before there was this step
  std::size_t peak_resident_bytes = 0;    // and while there was
};

// A training step whose batches come from the loader, beside the same step whose input stays.
struct LoaderRow {
  std::string name;
  int loader_threads = 0;
  Timing with, without;
  double batch_seconds = 0;  // to make a batch while nothing else runs
  double cost() const { return with.seconds / without.seconds - 1; }
};

// Calls of one kernel on arrays of one shape, in one program.
struct CallRow {
  std::string where;  // the workload, or the operation that is alone in its program
  std::string kernel, shape, type;
  int count = 0;       // in the step
  Timing timing = {};  // of one
  double bytes = 0, operations = 0;
  double reread_bytes = 0;  // what a schedule that is known to reads a second time
  // The time that the ceiling which binds would allow: arithmetic where there is much, else memory.
  double floor_seconds(const Ceilings&) const;
  double seconds_in_step() const { return count * timing.seconds; }
};

struct Measured {
  std::string device;  // "cpu", or what GPU
  int threads = 1;     // of the CPU
  Ceilings ceilings = {};
  std::vector<StepRow> steps = {};
  std::vector<LoaderRow> loaders = {};
  std::vector<CallRow> calls = {};       // of the steps' programs
  std::vector<CallRow> operations = {};  // each by itself
};

}  // namespace tools
