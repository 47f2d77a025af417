// One pass of a convolution as a library computes it, and the choice among what it offers.
//
// Arrays are in the library's layout: x and y [images, height, width, channels] of the pass's type,
// weight [out_channels, kernel_height, kernel_width, in_channels / groups] of that type, or float
// where BackwardWeight writes it. Forward writes y, BackwardData x, BackwardWeight weight.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "kernels/base/context.h"
#include "kernels/base/launch.h"

namespace kernels {

struct AlgorithmArrays {
  void *x, *weight, *y, *workspace;
};

class Algorithm {
 public:
  virtual ~Algorithm() = default;
  virtual std::string name() const = 0;  // under which AlgorithmChoices and Algorithms know it
  virtual std::size_t workspace_bytes() const = 0;
  virtual Launch bind(const AlgorithmArrays&) const = 0;
};

// What a library offers for one pass.
class Algorithms {
 public:
  virtual ~Algorithms() = default;
  virtual std::vector<std::string> names() const = 0;  // the most promising first
  // An Error where there is none of that name for this pass, device and version of the library.
  virtual std::unique_ptr<Algorithm> make(const std::string& name) const = 0;
  virtual void keep(const Algorithm&) const = 0;  // between runs, so that making it is quick
};

struct AlgorithmBytes {
  std::size_t x, weight, y;
};

// The algorithm for `work`, of those within cuda.workspace_limit: the one that cuda.choices know; a
// choice that is no longer available is replaced. Else the fastest of the first few, by events on
// cuda.stream while nothing else runs there, in scratch memory of these sizes. Without choices or
// without a device, the first. An Error in one line where there is none.
std::shared_ptr<const Algorithm> choose_algorithm(const Cuda&, const std::string& work,
                                                  const Algorithms&, const AlgorithmBytes&);

}  // namespace kernels
