// How a kernel gives a large array its values: through the caches or past them.
#pragma once

#include <algorithm>
#include <initializer_list>

#include "kernels/base/gradient_mode.h"
#include "kernels/base/lanes.h"

namespace kernels {

// Stream: past the caches. A result in place of nothing that was read, so large that whoever reads
// it when the whole of it is written finds little of it in a core's own cache, is better stored so.
enum class Write { None, Store, Stream, Add };

// Of a result [rows, channels], written by groups of channels; null: nobody wants it.
template <class T>
Write way_to_write(const T* to, long rows, int channels, std::initializer_list<const T*> inputs,
                   GradientMode mode = GradientMode::Overwrite) {
  if (!to) return Write::None;
  if (mode == GradientMode::Accumulate) return Write::Add;
  constexpr long kLargeBytes = 1 << 20;
  const bool large = rows * channels * static_cast<long>(sizeof(T)) >= kLargeBytes;
  const bool in_place = std::find(inputs.begin(), inputs.end(), to) != inputs.end();
  return large && !in_place && channels % kLanes == 0 && can_stream(to) ? Write::Stream
                                                                        : Write::Store;
}

// finish_streams() comes after the last.
template <class T>
void write(Write way, T* to, Lanes value, int count) {
  if (way == Write::Stream && count == kLanes) return stream(to, value);
  if (way == Write::Add) value += load(to, count);
  store(to, value, count);
}

}  // namespace kernels
