// Loops over the channels of channels-last arrays, and how their results are stored.
#pragma once

#include "kernels/base/lanes.h"

namespace kernels {

// Calls f(channel, count) for each group of channels, with a constant count where it is full.
template <class F>
void for_channel_groups(int channels, const F& f) {
  int channel = 0;
  for (; channel + kLanes <= channels; channel += kLanes) f(channel, kLanes);
  if (channel < channels) f(channel, channels - channel);
}

// Whether a result [rows, channels] is better stored past the caches (see stream() in lanes.h): it
// is so large that whoever reads it next, after the whole of it was written, finds little of it in
// a core's own cache. Not for results that take the place of what is being read.
template <class T>
bool streams_result(const T* to, long rows, int channels) {
  constexpr long kLargeBytes = 1 << 20;
  return channels % kLanes == 0 && can_stream(to) &&
         rows * channels * static_cast<long>(sizeof(T)) >= kLargeBytes;
}

}  // namespace kernels
