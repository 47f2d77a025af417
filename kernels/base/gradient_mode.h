// Whether a backward kernel is the first or a later contributor to a gradient. Saying so saves a
// pass that sets gradients to zero.
#pragma once

#include <type_traits>
#include <utility>

namespace kernels {

enum class GradientMode {
  Overwrite,  // what the array held before is never read
  Accumulate  // added to what the array holds
};

// Calls f with std::true_type for Accumulate, else std::false_type, so that a loop is compiled once
// for each mode and does not ask again at every element.
template <class F>
void with_accumulate(GradientMode mode, F&& f) {
  if (mode == GradientMode::Accumulate) {
    std::forward<F>(f)(std::true_type{});
  } else {
    std::forward<F>(f)(std::false_type{});
  }
}

// Gives one element of a gradient its new value; stored as T, added up as float. The contribution
// is a float, or a T that is stored as it is where nothing is added.
template <class T, class Contribution, bool kAccumulate>
inline void give_gradient(T& element, Contribution gradient, std::bool_constant<kAccumulate>) {
  if constexpr (kAccumulate) {
    element = T(static_cast<float>(element) + static_cast<float>(gradient));
  } else {
    element = T(gradient);
  }
}

}  // namespace kernels
