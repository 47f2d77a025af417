#include "kernels/elementwise/elementwise.h"

#include "kernels/base/for_each_group.h"
#include "kernels/relu/relu.h"
#include "kernels/sigmoid/sigmoid.h"
#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/gradient_start.h"
#include "test/support/oracle_elementwise.h"
#include "test/support/threads.h"
#include "test/support/workspace.h"

using namespace kernels;
using namespace test;

TEMPLATE_TEST_CASE("fill, add and multiply", "[elementwise]", float, bfloat16) {
  using T = TestType;
  const long size = GENERATE(1, 3, 17, 1000, 70001);
  const auto a = random_array<T>(size, 1), b = random_array<T>(size, 2);
  const auto [filled, copied, sum, sum_in_place, product] = same_for_all_threads([&](Cpu cpu) {
    auto fill_result = a, copy_result = a, add_result = a, into_result = a, multiply_result = a;
    fill(cpu, {size}, Fill<T>{0.75f, fill_result.data()});
    add(cpu, {size}, Add<T>{a.data(), b.data(), add_result.data()});
    add_into(cpu, {size}, AddInto<T>{b.data(), into_result.data()});
    add_into(cpu, {size}, AddInto<T>{b.data(), copy_result.data()}, GradientMode::Overwrite);
    multiply_forward(cpu, {size}, MultiplyForward<T>{a.data(), b.data(), multiply_result.data()});
    return std::tuple(fill_result, copy_result, add_result, into_result, multiply_result);
  });
  REQUIRE(widened(filled) == std::vector<double>(a.size(), 0.75));
  const auto expected_sum = combined(a, b, [](double p, double q) { return p + q; });
  REQUIRE(normalised_error(sum, expected_sum) < kTolerance<T>);
  REQUIRE(same_bits(sum, sum_in_place));
  REQUIRE(same_bits(copied, b));
  const auto expected_product = combined(a, b, [](double p, double q) { return p * q; });
  REQUIRE(normalised_error(product, expected_product) < kTolerance<T>);
}

TEMPLATE_TEST_CASE("multiply_backward gives each factor the other", "[elementwise]", float,
                   bfloat16) {
  using T = TestType;
  const long size = GENERATE(1, 3, 17, 1000, 70001);
  const auto a_mode = GENERATE(GradientMode::Overwrite, GradientMode::Accumulate);
  const auto b_mode = GENERATE(GradientMode::Overwrite, GradientMode::Accumulate);
  const auto a = random_array<T>(size, 1), b = random_array<T>(size, 2);
  const auto d_y = random_array<T>(size, 3);
  const auto a_start = gradient_start<T>(size, a_mode, 4);
  const auto b_start = gradient_start<T>(size, b_mode, 5);
  const auto [d_a, d_b] = same_for_all_threads([&](Cpu cpu) {
    auto a_result = a_start, b_result = b_start;
    MultiplyBackward<T> arguments{a.data(),        b.data(), d_y.data(), a_result.data(),
                                  b_result.data(), a_mode,   b_mode};
    multiply_backward(cpu, {size}, arguments);

    // One of the two alone gives the same.
    auto a_alone = a_start;
    arguments.d_a = a_alone.data();
    arguments.d_b = nullptr;
    multiply_backward(cpu, {size}, arguments);
    REQUIRE(same_bits(a_alone, a_result));
    auto b_alone = b_start;
    arguments.d_a = nullptr;
    arguments.d_b = b_alone.data();
    multiply_backward(cpu, {size}, arguments);
    REQUIRE(same_bits(b_alone, b_result));
    return std::tuple(a_result, b_result);
  });
  const auto product = [](double p, double q) { return p * q; };
  REQUIRE(normalised_error(d_a, after(a_start, a_mode, combined(d_y, b, product))) < kTolerance<T>);
  REQUIRE(normalised_error(d_b, after(b_start, b_mode, combined(d_y, a, product))) < kTolerance<T>);
}

TEST_CASE("convert between storage types", "[elementwise]") {
  const long size = GENERATE(1, 3, 17, 1000, 70001);
  const auto x = random_array<float>(size, 1);
  const auto [narrow, wide, copy] = same_for_all_threads([&](Cpu cpu) {
    std::vector<bfloat16> to_bfloat16(x.size());
    std::vector<float> and_back(x.size()), copied(x.size());
    convert(cpu, {size}, Convert<float, bfloat16>{x.data(), to_bfloat16.data()});
    convert(cpu, {size}, Convert<bfloat16, float>{to_bfloat16.data(), and_back.data()});
    convert(cpu, {size}, Convert<float, float>{x.data(), copied.data()});
    return std::tuple(to_bfloat16, and_back, copied);
  });
  for (size_t i = 0; i < x.size(); ++i) REQUIRE(narrow[i].bits == bfloat16(x[i]).bits);
  REQUIRE(widened(narrow) == widened(wide));
  REQUIRE(same_bits(copy, x));
}

// Results of 1 MiB are, where the arena puts them; one element on prevents it.
TEMPLATE_TEST_CASE("elements are the same when stored past the caches", "[elementwise]", float,
                   bfloat16) {
  using T = TestType;
  constexpr long kSize = 600'007;
  const auto a = random_array<T>(kSize, 1), b = random_array<T>(kSize, 2);
  const auto d_y = random_array<T>(kSize, 3);
  ThreadPool pool(2);
  const Cpu cpu{&pool};
  // The results of kernel(y, z), each an array of kSize elements.
  const auto run = [&](std::size_t offset, const auto& kernel) {
    Workspace y((kSize + offset) * sizeof(T)), z = y;
    const auto at = [&](Workspace& w) { return static_cast<T*>(w.data()) + offset; };
    REQUIRE(way_to_write<T>(at(y), kSize, {}) == (offset ? Write::Store : Write::Stream));
    kernel(at(y), at(z));
    const auto copy = [&](Workspace& w) {
      REQUIRE(w.kept_within());
      return std::vector<T>(at(w), at(w) + kSize);
    };
    return std::tuple(copy(y), copy(z));
  };
  const auto check = [&](const auto& kernel) {
    REQUIRE(same_bits(run(0, kernel), run(1, kernel)));
  };
  const auto overwrite = GradientMode::Overwrite;
  check([&](T* y, T* z) {
    fill(cpu, {kSize}, Fill<T>{0.75f, y});
    add_into(cpu, {kSize}, AddInto<T>{a.data(), z}, overwrite);
  });
  check([&](T* y, T* z) {
    add(cpu, {kSize}, Add<T>{a.data(), b.data(), y});
    multiply_forward(cpu, {kSize}, MultiplyForward<T>{a.data(), b.data(), z});
  });
  check([&](T* y, T* z) {
    multiply_backward(
        cpu, {kSize},
        MultiplyBackward<T>{a.data(), b.data(), d_y.data(), y, z, overwrite, overwrite});
  });
  check([&](T* y, T* z) {
    relu_forward(cpu, {kSize}, ReluForward<T>{a.data(), y});
    relu_backward(cpu, {kSize}, ReluBackward<T>{a.data(), d_y.data(), z, overwrite});
  });
  check([&](T* y, T* z) {
    sigmoid_forward(cpu, {kSize}, SigmoidForward<T>{a.data(), y});
    sigmoid_backward(cpu, {kSize}, SigmoidBackward<T>{a.data(), d_y.data(), z, overwrite});
  });
}
