// Element by element through an array, sixteen at a time.
#pragma once

#include <algorithm>
#include <initializer_list>

#include "kernels/base/for_each_part.h"
#include "kernels/base/write.h"

namespace kernels {

// Calls f(i, count) for groups of elements that together are [0, size): count is kLanes, a
// constant, but for the last. Shared among the threads.
template <class F>
void for_each_group(Cpu cpu, long size, const F& f) {
  for_each_part(cpu, (size + kLanes - 1) / kLanes, kLanes, [&](Range groups) {
    const long end = std::min(groups.end * kLanes, size);
    long i = groups.begin * kLanes;
    for (; i + kLanes <= end; i += kLanes) f(i, kLanes);
    if (i < end) f(i, static_cast<int>(end - i));
    finish_streams();
  });
}

// Asks for what comes later, too: loops that calculate do not see far enough by themselves.
template <class T>
Lanes load_ahead(const T* from, int count) {
  prefetch(from, 2048);
  return load(from, count);
}

// How to write a result of `size` elements.
template <class T>
Write way_to_write(const T* to, long size, std::initializer_list<const T*> inputs,
                   GradientMode mode = GradientMode::Overwrite) {
  return way_to_write(to, size / kLanes, kLanes, inputs, mode);
}

}  // namespace kernels
