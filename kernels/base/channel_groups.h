// Loops over the channels of channels-last arrays.
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

}  // namespace kernels
