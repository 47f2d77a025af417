// One view of a batch norm's batch, alone: what it gives must be its part of what all views give.
#pragma once

#include "test/support/batch_norm_run.h"
#include "test/support/threads.h"

namespace test {

// The part of an array [views, ...] that belongs to one view.
template <class T>
std::vector<T> view_of(const std::vector<T>& array, int view, int views) {
  const auto size = static_cast<long>(array.size()) / views;
  return {array.begin() + view * size, array.begin() + (view + 1) * size};
}

template <class T>
BatchNormInputs<T> view_of(const BatchNormInputs<T>& in, int view) {
  BatchNormInputs<T> one = in;
  one.s.views = 1;
  for (auto member :
       {&BatchNormInputs<T>::x, &BatchNormInputs<T>::residual, &BatchNormInputs<T>::d_y})
    one.*member = view_of(in.*member, view, in.s.views);
  return one;
}

// Bit for bit; running statistics follow view 0 alone.
template <class T>
void check_view_forward(const BatchNormResults<T>& alone, const BatchNormResults<T>& all, int view,
                        int views) {
  REQUIRE(same_bits(alone.y, view_of(all.y, view, views)));
  REQUIRE(same_bits(alone.mean, view_of(all.mean, view, views)));
  REQUIRE(same_bits(alone.inv_std, view_of(all.inv_std, view, views)));
  REQUIRE(same_bits(alone.positive, view_of(all.positive, view, views)));
  REQUIRE(same_bits(alone.running_mean, all.running_mean) == (view == 0));
  REQUIRE(same_bits(alone.running_variance, all.running_variance) == (view == 0));
}

template <class T>
void check_view_backward(const BatchNormGradients<T>& alone, const BatchNormGradients<T>& all,
                         Fused fused, int view, int views) {
  REQUIRE(same_bits(alone.d_x, view_of(all.d_x, view, views)));
  if (fused.residual) REQUIRE(same_bits(alone.d_residual, view_of(all.d_residual, view, views)));
}

}  // namespace test
