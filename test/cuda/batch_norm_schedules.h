// Sizes and devices with which each schedule of batch norm is tried on small arrays.
#pragma once

#include <ostream>
#include <vector>

#include "kernels/batch_norm/schedule.h"
#include "test/support/catch.h"

namespace test {

struct BatchNormCase {
  kernels::BatchNormSizes s;
  int multiprocessors = 3;
  std::size_t shared_kibibytes = 227;
  std::size_t offset = 0;  // of the arrays, in elements
  kernels::BatchNormSchedule forward = kernels::BatchNormSchedule::TwoPasses, backward = forward;

  kernels::Cuda smaller(kernels::Cuda cuda) const {
    cuda.multiprocessors = multiprocessors;
    cuda.shared_bytes = shared_kibibytes << 10;
    return cuda;
  }
  friend std::ostream& operator<<(std::ostream& out, const BatchNormCase& c) {
    return out << c.s.views << " views, " << c.s.rows << " rows, " << c.s.channels
               << " channels at " << c.offset << ", " << c.multiprocessors << " multiprocessors, "
               << c.shared_kibibytes << " KiB";
  }
};

// The cuts of the two passes.
template <class T>
kernels::BatchNormCut forward_cut(kernels::Cuda cuda, const kernels::BatchNormSizes& s,
                                  bool aligned = true) {
  return kernels::batch_norm_forward_cut(cuda, s, sizeof(T), aligned);
}
template <class T>
kernels::BatchNormCut backward_cut(kernels::Cuda cuda, const kernels::BatchNormSizes& s,
                                   bool aligned = true) {
  return kernels::batch_norm_backward_cut(cuda, s, sizeof(T), aligned, true);
}
template <class T>
void check_schedule(const BatchNormCase& c) {
  INFO(c);
  REQUIRE(forward_cut<T>(c.smaller({}), c.s, c.offset == 0).schedule == c.forward);
  REQUIRE(backward_cut<T>(c.smaller({}), c.s, c.offset == 0).schedule == c.backward);
}

// Of few rounds; whole tiles forward and persistent backward where channels come in 16 bytes.
inline std::vector<BatchNormCase> small_batch_norm_cases() {
  return {{{1, 1, 1}},     {{2, 1, 33}},     {{2, 2, 3}},         {{5, 7, 8}},
          {{1, 7, 16}},    {{2, 7, 17}},     {{5, 2, 32}, 1},     {{1, 2, 48}, 2},
          {{2, 7, 100}},   {{2, 5, 200}, 2}, {{2, 40, 24}, 2},    {{2, 40, 24}, 2, 227, 1},
          {{2, 90, 1}, 2}, {{1, 70, 33}, 4}, {{2, 33, 40}, 4, 8}, {{5, 33, 16}, 4, 8}};
}

// Of many rounds. Shared memory decides how many of them stay: all of all views, those of a view
// and some of the next (more than the 48 KiB that need no asking), of one view alone, some of them,
// none.
inline std::vector<BatchNormCase> large_batch_norm_cases() {
  using enum kernels::BatchNormSchedule;
  return {{{2, 300, 24}, 2, 227, 0, WholeTiles, Persistent},
          {{5, 260, 8}, 2, 227, 0, WholeTiles, Persistent},
          {{2, 1000, 8}, 3, 60, 0, Persistent, Persistent},
          {{5, 900, 8}, 2, 66, 0, Persistent, Persistent},
          {{2, 600, 40}, 4, 44, 0, Persistent, Persistent},
          {{2, 900, 8}, 2, 27, 0, Persistent, Persistent},
          {{2, 500, 24}, 3, 9, 0, TwoPasses, TwoPasses},
          {{2, 700, 8}, 3, 9, 0, TwoPasses, TwoPasses},
          {{2, 201, 16}, 3, 227, 1, TwoPasses, TwoPasses},
          {{5, 101, 33}, 2, 227, 0, TwoPasses, TwoPasses}};
}

inline std::vector<BatchNormCase> one_batch_norm_case_of_each() {
  return {{{2, 300, 24}, 2, 227}, {{3, 800, 8}, 3, 60}, {{2, 300, 24}, 3, 9}, {{3, 300, 11}, 3}};
}

}  // namespace test
