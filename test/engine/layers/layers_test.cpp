// What layers begin with.
#include "engine/layers/layers.h"

#include <cmath>

#include "engine/runtime/session.h"
#include "test/support/catch.h"
#include "test/support/threads.h"

using engine::Program;
using engine::Session;
using engine::Tensor;

namespace {

struct Moments {
  double mean = 0, deviation = 0, least = 0, most = 0;
};

Moments moments(Session& session, const std::string& name) {
  const Tensor t = session.program().find(name);
  const float* x = session.data(t);
  const long size = engine::size_of(session.program().shape(t));
  Moments m{.least = x[0], .most = x[0]};
  for (long i = 0; i < size; ++i) m.mean += x[i] / static_cast<double>(size);
  for (long i = 0; i < size; ++i) {
    m.deviation += (x[i] - m.mean) * (x[i] - m.mean) / static_cast<double>(size);
    m.least = std::min<double>(m.least, x[i]);
    m.most = std::max<double>(m.most, x[i]);
  }
  m.deviation = std::sqrt(m.deviation);
  return m;
}

void check_uniform(const Moments& m, double bound) {
  CHECK(std::abs(m.mean) < 0.05 * bound);
  CHECK(std::abs(m.deviation / (bound / std::sqrt(3)) - 1) < 0.05);
  CHECK(m.least >= -bound);
  CHECK(m.most < bound);
  CHECK(m.most - m.least > 1.9 * bound);
}

void record(Program& program) {
  const Tensor x = program.input("x", {1, 1, 4, 4, 32});
  Tensor y = engine::convolution_layer(program, "conv", x,
                                       {.channels = 64, .kernel = 3, .groups = 2, .bias = true});
  y = engine::batch_norm_layer(program, "bn", y);
  engine::transposed_convolution_layer(program, "deconv", y, {.channels = 16, .kernel = 3});
  engine::linear_parameters(program, "fc", 100, 40);
}

std::vector<float> weights(Session& session, const char* name) {
  const Tensor t = session.program().find(name);
  return {session.data(t), session.data(t) + engine::size_of(session.program().shape(t))};
}

}  // namespace

TEST_CASE("layers begin as torchvision's", "[layers]") {
  kernels::ThreadPool pool(1);
  Program program({.device = kernels::Cpu{&pool}});
  record(program);
  Session session(program);
  session.initialize(5);

  const Moments conv = moments(session, "conv.weight");  // Kaiming normal, fan-out 64 * 9
  CHECK(std::abs(conv.mean) < 0.05 * std::sqrt(2.0 / 576));
  CHECK(std::abs(conv.deviation / std::sqrt(2.0 / 576) - 1) < 0.05);
  CHECK(conv.most > 2.5 * conv.deviation);  // no uniform is as wide
  CHECK(moments(session, "conv.bias").most < 1 / std::sqrt(16.0 * 9));
  CHECK(moments(session, "conv.bias").most > 0.8 / std::sqrt(16.0 * 9));
  check_uniform(moments(session, "deconv.weight"), 1 / std::sqrt(16.0 * 9));
  check_uniform(moments(session, "fc.weight"), 0.1);
  for (const char* one : {"bn.weight", "bn.running_var"}) {
    CHECK(moments(session, one).least == 1);
    CHECK(moments(session, one).most == 1);
  }
  for (const char* zero : {"bn.bias", "bn.running_mean"}) {
    CHECK(moments(session, zero).least == 0);
    CHECK(moments(session, zero).most == 0);
  }
}

TEST_CASE("AlexNet's layers begin as PyTorch's plain ones", "[layers]") {
  kernels::ThreadPool pool(1);
  Program program({.device = kernels::Cpu{&pool}});
  const Tensor x = program.input("x", {1, 1, 4, 4, 32});
  const Tensor y = engine::convolution_layer(
      program, "conv", x, {.channels = 64, .kernel = 3, .bias = true, .uniform = true});
  engine::fully_connected_layer(program, "fc", y, 10);
  Session session(program);
  session.initialize(5);
  check_uniform(moments(session, "conv.weight"), 1 / std::sqrt(32.0 * 9));
  check_uniform(moments(session, "fc.weight"), 1 / std::sqrt(64.0 * 4));
  CHECK(moments(session, "conv.bias").most < 1 / std::sqrt(32.0 * 9));
  CHECK(moments(session, "fc.bias").most < 1 / std::sqrt(64.0 * 4));
}

TEST_CASE("a fully connected layer is PyTorch's Flatten and Linear", "[layers]") {
  kernels::ThreadPool pool(1);
  Program program({.device = kernels::Cpu{&pool}});
  const Tensor x = program.input("x", {1, 2, 2, 3, 5});
  const Tensor y = engine::fully_connected_layer(program, "fc", x, 4);
  CHECK(program.shape(y) == engine::Shape{1, 2, 1, 1, 4});
  CHECK(program.shape(program.find("fc.weight")) == engine::Shape{4, 5 * 2 * 3});
  CHECK(program.parameter_count() == 4 * 30 + 4);  // its kernel is no second parameter
  Session session(program, {.share_activations = false});
  session.initialize(5);
  float* const images = session.data(x);
  for (int i = 0; i < 60; ++i) images[i] = static_cast<float>(i % 7) - 3;
  session.forward_backward();
  const auto weight = weights(session, "fc.weight"), bias = weights(session, "fc.bias");
  for (int image = 0; image < 2; ++image)
    for (int out = 0; out < 4; ++out) {
      double sum = double{bias[static_cast<size_t>(out)]};
      for (int channel = 0; channel < 5; ++channel)
        for (int pixel = 0; pixel < 6; ++pixel)
          sum += double{images[(image * 6 + pixel) * 5 + channel]} *
                 double{weight[static_cast<size_t>(out * 30 + channel * 6 + pixel)]};
      CHECK(std::abs(double{session.data(y)[image * 4 + out]} - sum) < 1e-5);
    }
}

TEST_CASE("a value begins by its name and the seed, whatever else there is", "[layers]") {
  kernels::ThreadPool pool(1);
  Program alone({.device = kernels::Cpu{&pool}}), beside({.device = kernels::Cpu{&pool}});
  record(alone);
  engine::linear_parameters(beside, "another", 7, 7);
  record(beside);
  Session a(alone), b(beside), other(alone);
  a.initialize(1);
  b.initialize(1);
  other.initialize(2);
  CHECK(test::same_bits(weights(a, "conv.weight"), weights(b, "conv.weight")));
  CHECK(test::same_bits(weights(a, "fc.bias"), weights(b, "fc.bias")));
  CHECK_FALSE(test::same_bits(weights(a, "conv.weight"), weights(other, "conv.weight")));
  CHECK(weights(a, "fc.weight")[0] / weights(a, "fc.bias")[0] != 1);  // names, not positions
}
