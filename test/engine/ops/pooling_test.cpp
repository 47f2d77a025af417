#include "engine/ops/pooling.h"

#include "test/support/catch.h"
#include "test/support/contains.h"

using engine::PoolingOptions;
using engine::Program;
using engine::Tensor;

TEST_CASE("pooling gives the shapes that PyTorch gives", "[pooling]") {
  kernels::ThreadPool pool(1);
  Program program({.device = kernels::Cpu{&pool}, .storage = engine::Type::BFloat16});
  const Tensor x = program.input("x", {2, 3, 112, 7, 16}, engine::Type::BFloat16);
  REQUIRE(program.shape(engine::max_pool(program, x, {3, 2, 1})) == engine::Shape{2, 3, 56, 4, 16});
  REQUIRE(program.shape(engine::average_pool(program, x, {2, 2, 0})) ==
          engine::Shape{2, 3, 56, 3, 16});
  const Tensor features = engine::global_average_pool(program, x);
  REQUIRE(program.shape(features) == engine::Shape{2, 3, 16});
  REQUIRE(program.type(features) == engine::Type::Float);
}

TEST_CASE("pooling refuses what it cannot do", "[pooling]") {
  kernels::ThreadPool pool(1);
  Program program({.device = kernels::Cpu{&pool}});
  const Tensor x = program.input("x", {1, 1, 4, 4, 2}), flat = program.input("flat", {1, 1, 4});
  const auto refused = [&](Tensor t, PoolingOptions options, const char* why) {
    REQUIRE_THROWS_WITH(engine::max_pool(program, t, options), test_support::contains(why));
    REQUIRE_THROWS_WITH(engine::average_pool(program, t, options), test_support::contains(why));
  };
  refused(flat, {}, "got [1, 1, 4]");
  refused(x, {16, 1, 0}, "got 16");
  refused(x, {2, 0, 0}, "stride");
  refused(x, {3, 1, 2}, "half the kernel (3), got 2");
  refused(x, {5, 1, 0}, "does not fit");
  REQUIRE_THROWS_WITH(engine::global_average_pool(program, flat),
                      test_support::contains("got [1, 1, 4]"));
}
