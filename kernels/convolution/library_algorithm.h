// One pass of a convolution as a GPU's library computes it, and what a library offers for one.
//
// Arrays are as the library takes them: x and y [images, height, width, channels] of the pass's
// type, weight [out_channels, kernel_height, kernel_width, in_channels / groups] of that type, too,
// or of float where BackwardWeight writes it so. Forward writes y, BackwardData x, BackwardWeight
// weight.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "kernels/base/launch.h"
#include "kernels/convolution/convolution.h"

namespace kernels {

struct LibraryArrays {
  void *x, *weight, *y, *workspace;  // the workspace begins at a multiple of 256 bytes
};

class LibraryAlgorithm {
 public:
  virtual ~LibraryAlgorithm() = default;
  virtual std::string name() const = 0;  // under which AlgorithmChoices and its library know it
  virtual std::size_t workspace_bytes() const = 0;
  virtual Type weight_type() const = 0;
  virtual Launch bind(const LibraryArrays&) const = 0;
};
using LibraryAlgorithmPtr = std::shared_ptr<const LibraryAlgorithm>;

class LibraryOffer {
 public:
  virtual ~LibraryOffer() = default;
  virtual std::vector<std::string> names() const = 0;  // the most promising first
  // An Error where there is none of that name for this pass, device and version of the library.
  virtual LibraryAlgorithmPtr make(const std::string& name) const = 0;
  virtual void keep(const LibraryAlgorithm&) const = 0;  // so that later runs make it sooner
};

}  // namespace kernels
