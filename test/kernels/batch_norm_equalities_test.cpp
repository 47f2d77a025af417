// What must hold between runs of batch norm, bit for bit.
#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/base/write.h"
#include "kernels/batch_norm/batch_norm.h"
#include "test/support/batch_norm_views.h"
#include "test/support/compare.h"
#include "test/support/threads.h"

using namespace kernels;
using namespace test;

namespace {

const Fused kFused[] = {{false, false}, {false, true}, {true, false}, {true, true}};
constexpr BatchNormSizes kSizes{3, 900, 40};

}  // namespace

TEMPLATE_TEST_CASE("views do not see each other", "[batch_norm]", float, bfloat16) {
  using T = TestType;
  const Fused fused = GENERATE(from_range(std::begin(kFused), std::end(kFused)));
  const BatchNormInputs<T> in(kSizes);
  ThreadPool pool(1);
  const BatchNormForwardRun<T> forward(Cpu{&pool}, in, fused);
  const BatchNormBackwardRun<T> backward(Cpu{&pool}, in, forward, fused);
  std::vector<double> d_gamma(in.gamma.size());
  for (int view = 0; view < kSizes.views; ++view) {
    const BatchNormInputs<T> alone = view_of(in, view);
    const BatchNormForwardRun<T> f(Cpu{&pool}, alone, fused);
    const BatchNormBackwardRun<T> b(Cpu{&pool}, alone, f, fused);
    check_view_forward<T>(f, forward, view, kSizes.views);
    check_view_backward<T>(b, backward, fused, view, kSizes.views);
    for (size_t c = 0; c < d_gamma.size(); ++c) d_gamma[c] += static_cast<double>(b.d_gamma[c]);
  }
  REQUIRE(normalised_error(backward.d_gamma, d_gamma) < 1e-6);
}

TEST_CASE("statistics over all rows are those of views that are alike", "[batch_norm]") {
  const BatchNormSizes one{1, 100, 20};
  BatchNormInputs<float> selective({3, one.rows, one.channels}), joint({1, 300, one.channels});
  for (long i = 0; i < size_of(selective.s); ++i) {
    const auto to = static_cast<size_t>(i), from = static_cast<size_t>(i % size_of(one));
    selective.x[to] = joint.x[to] = selective.x[from];
  }
  ThreadPool pool(1);
  const BatchNormForwardRun<float> apart(Cpu{&pool}, selective, {}),
      together(Cpu{&pool}, joint, {});
  REQUIRE(normalised_error(view_of(apart.mean, 2, 3), together.mean) < 1e-6);
  REQUIRE(normalised_error(apart.y, together.y) < 1e-6);
}

TEMPLATE_TEST_CASE("batch norm works in place", "[batch_norm]", float, bfloat16) {
  using T = TestType;
  const Fused fused = GENERATE(from_range(std::begin(kFused), std::end(kFused)));
  const BatchNormInputs<T> in(kSizes);
  ThreadPool pool(2);
  const BatchNormForwardRun<T> forward(Cpu{&pool}, in, fused);
  const BatchNormForwardRun<T> over_x(Cpu{&pool}, in, fused, [&](auto& run, auto& arguments) {
    run.y = in.x;
    arguments.x = run.y.data();
    arguments.y = run.y.data();
  });
  REQUIRE(same_bits(forward.all(), over_x.all()));
  const BatchNormBackwardRun<T> backward(Cpu{&pool}, in, forward, fused);
  const BatchNormBackwardRun<T> over_d_y(Cpu{&pool}, in, forward, fused, {},
                                         [&](auto& run, auto& arguments) {
                                           run.d_x = in.d_y;
                                           arguments.d_y = run.d_x.data();
                                           arguments.d_x = run.d_x.data();
                                         });
  REQUIRE(same_bits(backward.all(), over_d_y.all()));
}

// Results of 1 MiB are, where the arena puts them; a vector's address or one element on prevents
// it.
TEMPLATE_TEST_CASE("batch norm's results are the same when stored past the caches", "[batch_norm]",
                   float, bfloat16) {
  using T = TestType;
  const Fused fused{true, GENERATE(false, true)};
  const BatchNormInputs<T> in({3, 6000, 32});
  const std::size_t size = in.x.size();
  ThreadPool pool(2);
  const auto run = [&](std::size_t offset) {
    Workspace y((size + offset) * sizeof(T)), d_x = y, d_residual = y;
    const auto at = [&](Workspace& w) { return static_cast<T*>(w.data()) + offset; };
    REQUIRE(way_to_write<T>(at(y), long{in.s.views} * in.s.rows, in.s.channels, {}) ==
            (offset ? Write::Store : Write::Stream));
    const BatchNormForwardRun<T> forward(Cpu{&pool}, in, fused,
                                         [&](auto&, auto& arguments) { arguments.y = at(y); });
    const BatchNormBackwardRun<T> backward(Cpu{&pool}, in, forward, fused, {},
                                           [&](auto&, auto& arguments) {
                                             arguments.d_x = at(d_x);
                                             arguments.d_residual = at(d_residual);
                                           });
    const auto copy = [&](Workspace& w) {
      REQUIRE(w.kept_within());
      return std::vector<T>(at(w), at(w) + size);
    };
    return std::tuple(copy(y), copy(d_x), copy(d_residual), forward.positive);
  };
  REQUIRE(same_bits(run(0), run(1)));
}

TEMPLATE_TEST_CASE("batch norm computes its result a second time", "[batch_norm]", float,
                   bfloat16) {
  using T = TestType;
  const Fused fused = GENERATE(from_range(std::begin(kFused), std::end(kFused)));
  const int threads = GENERATE(1, 3);
  const BatchNormInputs<T> in(kSizes);
  ThreadPool pool(2), other(threads);
  const BatchNormForwardRun<T> forward(Cpu{&pool}, in, fused);
  const auto again = [&](const T* x, const T* residual, std::vector<T>& y) {
    Workspace partial(static_cast<std::size_t>(kSizes.views * kSizes.channels) * sizeof(float));
    const BatchNormRecompute<T> arguments{.x = x,
                                          .residual = fused.residual ? residual : nullptr,
                                          .gamma = in.gamma.data(),
                                          .beta = in.beta.data(),
                                          .mean = forward.mean.data(),
                                          .inv_std = forward.inv_std.data(),
                                          .y = y.data(),
                                          .partial = static_cast<float*>(partial.data()),
                                          .relu = fused.relu};
    batch_norm_recompute(Cpu{&other}, kSizes, arguments);
    REQUIRE(partial.kept_within());
    return same_bits(y, forward.y);
  };
  std::vector<T> apart(in.x.size()), over_x = in.x, over_residual = in.residual;
  CHECK(again(in.x.data(), in.residual.data(), apart));
  CHECK(again(over_x.data(), in.residual.data(), over_x));
  if (fused.residual) CHECK(again(in.x.data(), over_residual.data(), over_residual));
}

TEMPLATE_TEST_CASE("batch norm leaves out gradients that nobody needs", "[batch_norm]", float,
                   bfloat16) {
  using T = TestType;
  const bool x = GENERATE(false, true), residual = GENERATE(false, true);
  const Fused fused{true, true};
  const BatchNormInputs<T> in(kSizes);
  ThreadPool pool(2);
  const BatchNormForwardRun<T> forward(Cpu{&pool}, in, fused);
  const BatchNormBackwardRun<T> whole(Cpu{&pool}, in, forward, fused);
  const BatchNormBackwardRun<T> part(Cpu{&pool}, in, forward, fused, {},
                                     [&](auto&, auto& arguments) {
                                       if (!x) arguments.d_x = nullptr;
                                       if (!residual) arguments.d_residual = nullptr;
                                     });
  if (x) REQUIRE(same_bits(part.d_x, whole.d_x));
  if (residual) REQUIRE(same_bits(part.d_residual, whole.d_residual));
  REQUIRE(same_bits(part.d_gamma, whole.d_gamma));
  REQUIRE(same_bits(part.d_beta, whole.d_beta));
}

TEMPLATE_TEST_CASE("batch norm does not hide NaN", "[batch_norm]", float, bfloat16) {
  using T = TestType;
  BatchNormInputs<T> in({2, 3, 20});
  in.x[5 * 20 + 18] = T(std::numeric_limits<float>::quiet_NaN());  // view 1, channel 18
  ThreadPool pool(1);
  const BatchNormForwardRun<T> got(Cpu{&pool}, in, {true, true});
  for (size_t i = 0; i < got.y.size(); ++i)
    REQUIRE(std::isnan(static_cast<float>(got.y[i])) == (i / 60 == 1 && i % 20 == 18));
}
