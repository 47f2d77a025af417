// oneDNN behind a door: one convolution, over a fixed number of images, on one thread.
//
// Kernels share work among threads themselves (see thread_pool.h), so a primitive never starts
// threads. Its weights are in a layout that the library chose ("packed"); pack() and unpack()
// translate from and to plain OIHW.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "kernels/convolution/convolution.h"

namespace kernels::onednn {

class Primitive {
 public:
  // `images` replaces sizes.images. `packed_as` lends its weight layout, else the library chooses.
  // Throws Error where the library has nothing for it.
  Primitive(const ConvolutionSizes& sizes, ConvolutionPass pass, Type type, int images, bool bias,
            const Primitive* packed_as = nullptr);

  std::size_t packed_bytes() const;
  std::size_t scratch_bytes() const;
  std::string implementation() const;

  // The same primitive with addresses: x, y NHWC of `type`; weight packed; bias float or null.
  // Forward writes y, BackwardData x, BackwardWeight weight and bias.
  struct Arrays {
    void *x, *weight, *bias, *y;
  };
  class Bound {
   public:
    void run(void* scratch) const;

   private:
    friend class Primitive;
    struct State;
    std::shared_ptr<State> state_;
  };
  Bound bind(const Arrays&) const;

  // Translations of the weights, on one thread; `plain` is float [O, I / groups, KH, KW].
  Bound bind_pack(const float* plain, void* packed) const;
  Bound bind_unpack(const void* packed, float* plain) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Whether this processor convolves bfloat16 itself; else it is done in float.
bool has_bfloat16();
// Whether that is faster than float: with matrix tiles (AMX) it is.
bool has_fast_bfloat16();
std::string version();
std::string instruction_set();

// Heap allocations are counted by tests; this is 1 while the library runs, so that its own can be
// told apart.
bool& inside_library();

}  // namespace kernels::onednn
