#include "kernels/elementwise/elementwise.h"

#include "test/cuda/every_order.h"
#include "test/cuda/shifted_array.h"
#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/gradient_start.h"
#include "test/support/oracle_elementwise.h"

using namespace kernels;
using namespace test;

TEMPLATE_TEST_CASE("fill, add and multiply", "[elementwise]", float, bfloat16) {
  using T = TestType;
  const long size = GENERATE(1, 3, 17, 1000, 4097);
  const std::size_t shift = GENERATE(0u, 1u);
  const auto a = random_array<T>(size, 1), b = random_array<T>(size, 2);
  const auto results = same_in_every_order([&](Cuda cuda) {
    const ShiftedArray<T> x(a, shift), z(b, shift), filled(a, shift), copied(a, shift);
    const ShiftedArray<T> added(a, shift), added_into(a, shift), added_on_the_right(b, shift);
    const ShiftedArray<T> multiplied(a, shift);
    fill(cuda, {size}, Fill<T>{0.75f, filled.data()});
    add_into(cuda, {size}, AddInto<T>{z.data(), copied.data()}, GradientMode::Overwrite);
    add(cuda, {size}, Add<T>{x.data(), z.data(), added.data()});
    add_into(cuda, {size}, AddInto<T>{z.data(), added_into.data()});
    add(cuda, {size}, Add<T>{x.data(), added_on_the_right.data(), added_on_the_right.data()});
    multiply_forward(cuda, {size}, MultiplyForward<T>{x.data(), z.data(), multiplied.data()});
    return std::tuple(filled.host(), copied.host(), added.host(), added_into.host(),
                      added_on_the_right.host(), multiplied.host());
  });
  const auto& [filled, copied, sum, sum_into, sum_on_the_right, product] = results;
  REQUIRE(widened(filled) == std::vector<double>(a.size(), 0.75));
  REQUIRE(same_bits(copied, b));
  const auto expected_sum = combined(a, b, [](double p, double q) { return p + q; });
  REQUIRE(normalised_error(sum, expected_sum) < kTolerance<T>);
  REQUIRE(same_bits(sum, sum_into));
  REQUIRE(same_bits(sum, sum_on_the_right));
  const auto expected_product = combined(a, b, [](double p, double q) { return p * q; });
  REQUIRE(normalised_error(product, expected_product) < kTolerance<T>);

  // One rounding for each element, as on the CPU.
  ThreadPool pool(1);
  auto on_cpu = a;
  add(Cpu{&pool}, {size}, Add<T>{a.data(), b.data(), on_cpu.data()});
  REQUIRE(same_bits(sum, on_cpu));
  multiply_forward(Cpu{&pool}, {size}, MultiplyForward<T>{a.data(), b.data(), on_cpu.data()});
  REQUIRE(same_bits(product, on_cpu));
}

TEMPLATE_TEST_CASE("multiply_backward gives each factor the other", "[elementwise]", float,
                   bfloat16) {
  using T = TestType;
  const long size = GENERATE(1, 3, 17, 1000, 4097);
  const std::size_t shift = GENERATE(0u, 1u);
  const auto a_mode = GENERATE(GradientMode::Overwrite, GradientMode::Accumulate);
  const auto b_mode = GENERATE(GradientMode::Overwrite, GradientMode::Accumulate);
  const auto a = random_array<T>(size, 1), b = random_array<T>(size, 2);
  const auto d_y = random_array<T>(size, 3);
  const auto a_start = gradient_start<T>(size, a_mode, 4);
  const auto b_start = gradient_start<T>(size, b_mode, 5);
  const auto [d_a, d_b] = same_in_every_order([&](Cuda cuda) {
    const ShiftedArray<T> x(a, shift), z(b, shift), upstream(d_y, 0);
    const ShiftedArray<T> a_result(a_start, shift), b_result(b_start, 0);
    const ShiftedArray<T> a_alone(a_start, shift), b_alone(b_start, 0);
    MultiplyBackward<T> arguments{x.data(),        z.data(), upstream.data(), a_result.data(),
                                  b_result.data(), a_mode,   b_mode};
    multiply_backward(cuda, {size}, arguments);

    // One of the two alone gives the same.
    arguments.d_a = a_alone.data();
    arguments.d_b = nullptr;
    multiply_backward(cuda, {size}, arguments);
    REQUIRE(same_bits(a_alone.host(), a_result.host()));
    arguments.d_a = nullptr;
    arguments.d_b = b_alone.data();
    multiply_backward(cuda, {size}, arguments);
    REQUIRE(same_bits(b_alone.host(), b_result.host()));
    return std::tuple(a_result.host(), b_result.host());
  });
  const auto product = [](double p, double q) { return p * q; };
  REQUIRE(normalised_error(d_a, after(a_start, a_mode, combined(d_y, b, product))) < kTolerance<T>);
  REQUIRE(normalised_error(d_b, after(b_start, b_mode, combined(d_y, a, product))) < kTolerance<T>);
}

TEMPLATE_TEST_CASE("one array decides how wide all accesses are", "[elementwise]", float,
                   bfloat16) {
  using T = TestType;
  const long size = 1000;
  const auto a = random_array<T>(size, 1), b = random_array<T>(size, 2);
  const auto run = [&](int shifted) {
    const auto by = [&](int array) -> std::size_t { return array == shifted; };
    const ShiftedArray<T> x(a, by(0)), z(b, by(1)), y(b, by(2));
    const ShiftedArray<T> d_y(b, by(2)), d_a(a, by(3)), d_b(b, by(4));
    add(cuda(), {size}, Add<T>{x.data(), z.data(), y.data()});
    multiply_backward(cuda(), {size},
                      MultiplyBackward<T>{x.data(), z.data(), d_y.data(), d_a.data(), d_b.data(),
                                          GradientMode::Overwrite, GradientMode::Accumulate});
    return std::tuple(y.host(), d_a.host(), d_b.host());
  };
  const int shifted = GENERATE(range(0, 5));
  REQUIRE(same_bits(run(shifted), run(5)));
}

TEST_CASE("convert between storage types", "[elementwise]") {
  const long size = GENERATE(1, 3, 17, 1000, 4097);
  const std::size_t shift = GENERATE(0u, 1u);
  const auto x = random_array<float>(size, 1);
  const auto [narrow, wide, copy] = same_in_every_order([&](Cuda cuda) {
    const ShiftedArray<float> given(x, 0), and_back(x, 0), copied(x, shift);
    const ShiftedArray<bfloat16> to_bfloat16(random_array<bfloat16>(size, 2), shift);
    convert(cuda, {size}, Convert<float, bfloat16>{given.data(), to_bfloat16.data()});
    convert(cuda, {size}, Convert<bfloat16, float>{to_bfloat16.data(), and_back.data()});
    convert(cuda, {size}, Convert<float, float>{given.data(), copied.data()});
    return std::tuple(to_bfloat16.host(), and_back.host(), copied.host());
  });
  for (size_t i = 0; i < x.size(); ++i) REQUIRE(narrow[i].bits == bfloat16(x[i]).bits);
  REQUIRE(widened(narrow) == widened(wide));
  REQUIRE(same_bits(copy, x));
}

TEST_CASE("a copy keeps every bit, a conversion keeps NaN and both zeros", "[elementwise]") {
  std::vector<bfloat16> narrow(4);
  narrow[0].bits = 0x7f81;  // a NaN that no calculation gives
  narrow[1].bits = 0x8000;
  const auto [copy, wide] = same_in_every_order([&](Cuda cuda) {
    const DeviceArray<bfloat16> x(narrow), y(narrow.size());
    const DeviceArray<float> converted(narrow.size());
    convert(cuda, {4}, Convert<bfloat16, bfloat16>{x.data(), y.data()});
    convert(cuda, {4}, Convert<bfloat16, float>{x.data(), converted.data()});
    return std::tuple(y.host(), converted.host());
  });
  REQUIRE(same_bits(copy, narrow));
  REQUIRE(std::isnan(wide[0]));
  REQUIRE((wide[1] == 0 && std::signbit(wide[1])));
  REQUIRE((wide[2] == 0 && !std::signbit(wide[2])));
}

TEST_CASE("nothing is launched for no elements", "[elementwise]") {
  fill(cuda(), {0}, Fill<float>{1, nullptr});
}
