// What must hold between runs of batch norm on the device, bit for bit, in every schedule.
#include <cmath>
#include <limits>

#include "test/cuda/batch_norm_run.h"
#include "test/cuda/batch_norm_schedules.h"
#include "test/support/batch_norm_views.h"
#include "test/support/compare.h"
#include "test/support/threads.h"

using namespace kernels;
using namespace test;

TEMPLATE_TEST_CASE("views do not see each other", "[batch_norm]", float, bfloat16) {
  using T = TestType;
  const BatchNormCase c = GENERATE(from_range(one_batch_norm_case_of_each()));
  INFO(c);
  const Cuda small = c.smaller(cuda());
  const BatchNormInputs<T> in(c.s);
  const Fused fused{true, true};
  const auto forward = batch_norm_forward_on<T>(small, in, fused);
  const auto backward = batch_norm_backward_on<T>(small, in, forward, fused);
  std::vector<double> d_gamma(in.gamma.size());
  for (int view = 0; view < c.s.views; ++view) {
    const BatchNormInputs<T> alone = view_of(in, view);
    const auto f = batch_norm_forward_on<T>(small, alone, fused);
    const auto b = batch_norm_backward_on<T>(small, alone, f, fused);
    check_view_forward<T>(f, forward, view, c.s.views);
    check_view_backward<T>(b, backward, fused, view, c.s.views);
    for (size_t k = 0; k < d_gamma.size(); ++k) d_gamma[k] += static_cast<double>(b.d_gamma[k]);
  }
  REQUIRE(normalised_error(backward.d_gamma, d_gamma) < 1e-6);
}

TEST_CASE("statistics over all rows are those of views that are alike", "[batch_norm]") {
  const BatchNormSizes one{1, 100, 24};
  BatchNormInputs<float> selective({3, one.rows, one.channels}), joint({1, 300, one.channels});
  for (long i = 0; i < size_of(selective.s); ++i) {
    const auto to = static_cast<size_t>(i), from = static_cast<size_t>(i % size_of(one));
    selective.x[to] = joint.x[to] = selective.x[from];
  }
  const auto apart = batch_norm_forward_on<float>(cuda(), selective, {});
  const auto together = batch_norm_forward_on<float>(cuda(), joint, {});
  REQUIRE(normalised_error(view_of(apart.mean, 2, 3), together.mean) < 1e-6);
  REQUIRE(normalised_error(apart.y, together.y) < 1e-6);
}

TEMPLATE_TEST_CASE("batch norm works in place", "[batch_norm]", float, bfloat16) {
  using T = TestType;
  const BatchNormCase c = GENERATE(from_range(one_batch_norm_case_of_each()));
  INFO(c);
  const Cuda small = c.smaller(cuda());
  const BatchNormInputs<T> in(c.s);
  const Fused fused{true, true};
  const BatchNormPlaces over{.in_place = true};
  const auto forward = batch_norm_forward_on<T>(small, in, fused);
  REQUIRE(same_bits(forward.all(), batch_norm_forward_on<T>(small, in, fused, over).all()));
  REQUIRE(same_bits(batch_norm_backward_on<T>(small, in, forward, fused).all(),
                    batch_norm_backward_on<T>(small, in, forward, fused, {}, over).all()));
}

TEMPLATE_TEST_CASE("batch norm computes its result a second time", "[batch_norm]", float,
                   bfloat16) {
  using T = TestType;
  const BatchNormCase c = GENERATE(from_range(one_batch_norm_case_of_each()));
  const Fused fused{GENERATE(false, true), GENERATE(false, true)};
  INFO(c);
  const Cuda small = c.smaller(cuda());
  const BatchNormInputs<T> in(c.s);
  const auto forward = batch_norm_forward_on<T>(small, in, fused);
  const auto again = [&](const BatchNormPlaces& places) {
    return batch_norm_recompute_on<T>(small, in, forward, fused, places);
  };
  CHECK(same_bits(again({}), forward.y));
  for (const auto moved :
       {BatchNormPlaces::All, BatchNormPlaces::X, BatchNormPlaces::Residual, BatchNormPlaces::Y})
    CHECK(same_bits(again({.offset = 1, .moved = moved}), forward.y));
  CHECK(same_bits(again({.in_place = true}), forward.y));
  if (fused.residual) CHECK(same_bits(again({.over_residual = true}), forward.y));
}

TEMPLATE_TEST_CASE("one array decides how wide all accesses of batch norm are", "[batch_norm]",
                   float, bfloat16) {
  using T = TestType;
  using Places = BatchNormPlaces;
  const BatchNormInputs<T> in({2, 40, 24});
  const Fused fused{true, true};
  const auto forward = batch_norm_forward_on<T>(cuda(), in, fused, {.offset = 1});
  const auto backward = batch_norm_backward_on<T>(cuda(), in, forward, fused, {}, {.offset = 1});
  for (const auto moved : {Places::X, Places::Residual, Places::Y}) {
    INFO("array " << moved);
    const Places places{.offset = 1, .moved = moved};
    CHECK(same_bits(batch_norm_forward_on<T>(cuda(), in, fused, places).all(), forward.all()));
  }
  for (const auto moved : {Places::X, Places::Residual, Places::Y, Places::DX}) {
    INFO("array " << moved);
    const Places places{.offset = 1, .moved = moved};
    CHECK(same_bits(batch_norm_backward_on<T>(cuda(), in, forward, fused, {}, places).all(),
                    backward.all()));
  }
}

TEMPLATE_TEST_CASE("batch norm leaves out gradients that nobody needs", "[batch_norm]", float,
                   bfloat16) {
  using T = TestType;
  const BatchNormCase c = GENERATE(from_range(one_batch_norm_case_of_each()));
  INFO(c);
  const Cuda small = c.smaller(cuda());
  const Fused fused{true, true};
  const BatchNormInputs<T> in(c.s);
  const auto forward = batch_norm_forward_on<T>(small, in, fused);
  const auto whole = batch_norm_backward_on<T>(small, in, forward, fused);
  for (const auto& [x, residual] : {std::pair(false, false), {false, true}, {true, false}}) {
    const auto part = batch_norm_backward_on<T>(small, in, forward, fused, {},
                                                {.d_x = x, .d_residual = residual});
    if (x) REQUIRE(same_bits(part.d_x, whole.d_x));
    if (residual) REQUIRE(same_bits(part.d_residual, whole.d_residual));
    REQUIRE(same_bits(part.d_gamma, whole.d_gamma));
    REQUIRE(same_bits(part.d_beta, whole.d_beta));
  }
}

TEMPLATE_TEST_CASE("batch norm does not hide NaN", "[batch_norm]", float, bfloat16) {
  using T = TestType;
  const int channels = GENERATE(20, 24);
  BatchNormInputs<T> in({2, 3, channels});
  const auto width = static_cast<size_t>(channels);
  in.x[5 * width + 18] = T(std::numeric_limits<float>::quiet_NaN());  // view 1, channel 18
  const auto got = batch_norm_forward_on<T>(cuda(), in, {true, true});
  for (size_t i = 0; i < got.y.size(); ++i)
    REQUIRE(std::isnan(static_cast<float>(got.y[i])) == (i / (3 * width) == 1 && i % width == 18));
}
