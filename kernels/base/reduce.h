// Sums and maxima in an order that the source fixes, and no compiler, address or thread count can
// change: terms are dealt out to lanes, which vector registers hold, and lanes join as a tree.
#pragma once

namespace kernels {

// f of start and all terms, for an f like + or max whose order matters to rounding at most, and a
// start that changes nothing however often it takes part.
template <class F, class Term>
float reduce(long size, float start, const F& f, const Term& term) {
  constexpr int kWidth = 16;
  float lanes[kWidth];
  for (float& lane : lanes) lane = start;
  long i = 0;
  for (; i + kWidth <= size; i += kWidth) {
    for (int lane = 0; lane < kWidth; ++lane) lanes[lane] = f(lanes[lane], term(i + lane));
  }
  for (int lane = 0; i + lane < size; ++lane) lanes[lane] = f(lanes[lane], term(i + lane));
  for (int half = kWidth / 2; half > 0; half /= 2) {
    for (int lane = 0; lane < half; ++lane) lanes[lane] = f(lanes[lane], lanes[lane + half]);
  }
  return lanes[0];
}

// term(0) + ... + term(size - 1).
template <class Term>
float sum_of(long size, const Term& term) {
  return reduce(
      size, 0.0f, [](float a, float b) { return a + b; }, term);
}

// The greatest of array[0 .. size - 1], size at least 1.
inline float max_of(const float* array, long size) {
  return reduce(
      size, array[0], [](float a, float b) { return b > a ? b : a; },
      [array](long i) { return array[i]; });
}

}  // namespace kernels
