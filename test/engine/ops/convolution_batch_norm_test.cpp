// In inference a convolution and its batch norm are one call, with what the two would give.
#include "engine/ops/convolution_batch_norm.h"

#include <algorithm>

#include "engine/layers/layers.h"
#include "engine/runtime/session.h"
#include "test/support/catch.h"
#include "test/support/contains.h"
#include "test/support/random_array.h"
#include "test/support/threads.h"

using engine::Mode;
using engine::Program;
using engine::Session;
using engine::Tensor;
using test_support::contains;

namespace {

// A residual block with a convolution as its shortcut; `together` by the layer, else in two.
struct Block {
  Block(kernels::ThreadPool& pool, Mode mode, bool together)
      : program({.device = kernels::Cpu{&pool}, .mode = mode}) {
    x = program.input("x", {2, 2, 6, 5, 3});
    const auto layer = [&](const char* convolution, const char* batch_norm,
                           const engine::ConvolutionLayer& sizes,
                           const engine::BatchNormOptions& options) {
      if (together)
        return engine::convolution_batch_norm_layer(program, convolution, batch_norm, x, sizes,
                                                    options);
      return engine::batch_norm_layer(
          program, batch_norm, engine::convolution_layer(program, convolution, x, sizes), options);
    };
    const Tensor shortcut = layer("shortcut", "shortcut_bn", {.channels = 5, .kernel = 1}, {});
    y = layer("conv", "bn", {.channels = 5, .kernel = 3, .padding = 1, .bias = true},
              {.residual = shortcut, .relu = true});
  }
  std::vector<std::string> kept() const {
    std::vector<std::string> names;
    for (const engine::Value& value : program.values())
      if (value.role == engine::Role::Parameter || value.role == engine::Role::State)
        names.push_back(value.name);
    return names;
  }
  std::vector<std::string> calls() const {
    std::vector<std::string> names;
    for (const engine::Call& call : program.calls()) names.push_back(call.scope + " " + call.name);
    return names;
  }
  std::vector<float> run() const {
    Session session(program);
    session.initialize(1);
    const auto fill = [&](Tensor t, std::uint32_t stream, test::Bounds bounds) {
      const long size = engine::size_of(program.shape(t));
      const auto numbers = test::random_array<float>(size, stream, bounds);
      std::copy(numbers.begin(), numbers.end(), session.data(t));
    };
    fill(x, 1, {-1.0f, 2.0f});
    for (const char* bn : {"bn", "shortcut_bn"}) {
      const auto of = [&](const char* part) { return program.find(std::string(bn) + part); };
      fill(of(".weight"), 2, {-1.0f, 2.0f});
      fill(of(".bias"), 3, {-1.0f, 1.0f});
      fill(of(".running_mean"), 4, {-1.0f, 1.0f});
      fill(of(".running_var"), 5, {0.5f, 2.0f});
    }
    session.step();
    return {session.data(y), session.data(y) + engine::size_of(program.shape(y))};
  }

  Program program;
  Tensor x, y;
};

}  // namespace

TEST_CASE("inference has one call for a convolution and its batch norm", "[convolution]") {
  kernels::ThreadPool pool(2);
  const Block together(pool, Mode::Inference, true), apart(pool, Mode::Inference, false);
  CHECK(together.calls() == std::vector<std::string>{"shortcut_bn convolution_batch_norm",
                                                     "bn convolution_batch_norm"});
  CHECK_THAT(together.program.listing(),
             contains("1 convolution_batch_norm: bn.y [2, 2, 6, 5, 5] float"));
  CHECK(together.kept() == apart.kept());
  CHECK(test::same_bits(together.run(), apart.run()));
}

TEST_CASE("training records the two apart", "[convolution]") {
  kernels::ThreadPool pool(1);
  const Block together(pool, Mode::Training, true), apart(pool, Mode::Training, false);
  CHECK(together.program.listing() == apart.program.listing());
  Program training({.device = kernels::Cpu{&pool}});
  const Tensor x = training.input("x", {1, 1, 4, 4, 2}), c = training.state("c", {2}),
               weight = training.parameter("weight", {2, 2, 1, 1}, {});
  CHECK_THROWS_WITH(engine::convolution_batch_norm(training, x, weight, {}, {}, {c, c, c, c}, {}),
                    contains("for inference"));
}

TEST_CASE("a convolution with batch norm that does not fit is refused", "[convolution]") {
  kernels::ThreadPool pool(1);
  Program program({.device = kernels::Cpu{&pool}, .mode = Mode::Inference});
  const Tensor x = program.input("x", {1, 1, 4, 4, 2}), c = program.state("c", {3}),
               weight = program.parameter("weight", {3, 2, 3, 3}, {});
  const auto record = [&](Tensor at_weight, Tensor gamma, Tensor residual) {
    engine::convolution_batch_norm(program, x, at_weight, {}, {}, {gamma, c, c, c},
                                   {.residual = residual});
  };
  CHECK_THROWS_WITH(record(program.parameter("wide", {3, 4, 3, 3}, {}), c, {}),
                    contains("x has 2 channels"));
  CHECK_THROWS_WITH(record(weight, program.state("two", {2}), {}),
                    contains("two must have 3 channels"));
  CHECK_THROWS_WITH(record(weight, c, x), contains("the residual must be [1, 1, 2, 2, 3]"));
  CHECK_NOTHROW(record(weight, c, {}));
}
