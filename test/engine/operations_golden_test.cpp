// Each operation and its gradients against PyTorch: test/golden/operations.py.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/checkpoint/safetensors.h"
#include "engine/graph/gradients.h"
#include "engine/ops/batch_norm.h"
#include "engine/ops/convolution.h"
#include "engine/ops/cross_entropy.h"
#include "engine/ops/distillation.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/linear.h"
#include "engine/ops/pooling.h"
#include "engine/ops/sgd.h"
#include "engine/ops/sigmoid.h"
#include "engine/ops/transposed_convolution.h"
#include "engine/ops/weight_penalty.h"
#include "engine/runtime/session.h"
#include "kernels/sgd/sgd.h"
#include "test/support/catch.h"
#include "test/support/compare.h"

namespace {

using engine::Program;
using engine::Shape;
using engine::Tensor;

constexpr double kTolerance = 2e-6;

const engine::Safetensors& file() {
  static const auto kFile =
      engine::Safetensors::read(std::string(TEST_DIRECTORY) + "/golden/operations.safetensors");
  return kFile;
}

// One case of the file: its inputs become parameters, so that their gradients can be read.
class Case {
 public:
  explicit Case(std::string name, engine::Mode mode = engine::Mode::Training)
      : name_(std::move(name)), program_({.device = kernels::Cpu{&pool_}, .mode = mode}) {
    if (file().metadata().contains(name_)) {
      settings_ = nlohmann::json::parse(file().metadata(name_));
    }
  }

  Program& program() { return program_; }
  template <class T>
  T setting(const std::string& key) const {
    return settings_.at(key).get<T>();
  }
  bool has(const std::string& key) const { return file().has(name_ + "." + key); }

  // An input as it is in the file.
  Tensor parameter(const std::string& key) { return parameter(key, file().shape(full(key))); }
  // Images: PyTorch's [views * images, channels, height, width] turned into our layout; or features
  // [images, channels].
  Tensor images(const std::string& key, int views = 1) {
    Shape shape = file().shape(full(key));
    if (shape.size() == 4) shape = {shape[0], shape[2], shape[3], shape[1]};
    shape[0] /= views;
    shape.insert(shape.begin(), views);
    return parameter(key, shape);
  }
  Tensor state(const std::string& key) {
    return add(key, program_.state(key, file().shape(full(key))));
  }
  Tensor number(const std::string& key, float value) { return numbers(key, {value}); }
  Tensor numbers(const std::string& key, const std::vector<float>& values) {
    const Tensor tensor = program_.input(key, {static_cast<int>(values.size())});
    constants_.push_back({tensor, values});
    return tensor;
  }
  // Int32; as in the file, or zeros.
  Tensor labels(const Shape& shape) {
    labels_ = program_.input("labels", shape, engine::Type::Int32);
    return labels_;
  }

  // Sends the file's d_y backwards from y, runs, and compares y and all gradients.
  void check(Tensor y) {
    const Tensor loss = program_.state("loss", {1});
    const Tensor d_y = program_.input("d_y", program_.shape(y));
    program_.gradient(loss, [=](engine::Gradients& gradients) { gradients.contribute(y, d_y); });
    if (has("d_y")) given_.push_back({"d_y", d_y});
    check(std::vector{std::pair<std::string, Tensor>{"y", y}}, {loss});
  }
  void check(const std::vector<std::pair<std::string, Tensor>>& results,
             const std::vector<Tensor>& losses) {
    if (program_.training()) program_.backward(losses);
    engine::Session session(program_, {.share_activations = false, .poison = true});
    session.initialize(0);
    for (const auto& [key, tensor] : given_) {
      const std::vector<float> values = expected(key, tensor);
      std::copy(values.begin(), values.end(), session.data(tensor));
    }
    for (const auto& [tensor, values] : constants_) {
      std::copy(values.begin(), values.end(), session.data(tensor));
    }
    if (labels_ && has("labels")) {
      const std::int32_t* labels = file().ints(full("labels"));
      std::copy(labels, labels + file().elements(full("labels")),
                session.data<std::int32_t>(labels_));
    }
    session.forward_backward();
    for (const auto& [key, tensor] : results) check_one(session, key, tensor);
    for (const auto& [key, tensor] : given_) {
      if (has(key + "_after")) check_one(session, key + "_after", tensor);
      if (program_.training() && has("d_" + key)) {
        check_one(session, "d_" + key, gradient_of(tensor));
      }
    }
  }

 private:
  std::string full(const std::string& key) const { return name_ + "." + key; }
  Tensor add(const std::string& key, Tensor tensor) {
    given_.push_back({key, tensor});
    return tensor;
  }
  Tensor parameter(const std::string& key, const Shape& shape) {
    return add(key, program_.parameter(key, shape, {}));
  }

  Tensor gradient_of(Tensor parameter) const {
    const auto& values = program_.values();
    const auto found = std::find_if(values.begin(), values.end(), [&](const engine::Value& value) {
      return value.role == engine::Role::Gradient && value.mirror_of == parameter.id;
    });
    REQUIRE(found != values.end());
    return {static_cast<int>(found - values.begin())};
  }

  // The file's numbers in the layout of this tensor: images are NCHW there and NHWC here.
  std::vector<float> expected(const std::string& key, Tensor tensor) const {
    const float* from = file().floats(full(key));
    const Shape& shape = program_.shape(tensor);
    REQUIRE(file().elements(full(key)) == static_cast<size_t>(engine::size_of(shape)));
    std::vector<float> result(from, from + engine::size_of(shape));
    if (shape.size() != 5) return result;
    const long pixels = long{shape[2]} * shape[3], channels = shape[4];
    for (size_t i = 0; i < result.size(); ++i) {
      const long index = static_cast<long>(i);
      const long channel = index % channels, pixel = index / channels % pixels;
      const long image = index / channels / pixels;
      result[i] = from[(image * channels + channel) * pixels + pixel];
    }
    return result;
  }

  void check_one(engine::Session& session, const std::string& key, Tensor tensor) {
    const float* data = session.data(tensor);
    const std::vector<float> got(data, data + engine::size_of(program_.shape(tensor)));
    INFO(full(key));
    CHECK(test::normalised_error(got, expected(key, tensor)) <= kTolerance);
  }

  std::string name_;
  kernels::ThreadPool pool_{1};
  Program program_;
  nlohmann::json settings_;
  std::vector<std::pair<std::string, Tensor>> given_;
  std::vector<std::pair<Tensor, std::vector<float>>> constants_;
  Tensor labels_;
};

}  // namespace

TEST_CASE("convolutions agree with PyTorch") {
  Case c(GENERATE("convolution_3x3", "convolution_strided", "convolution_grouped",
                  "convolution_grouped_strided", "convolution_1x1_strided",
                  "convolution_unpadded_bias", "convolution_7x7_stem"));
  const Tensor x = c.images("x"), weight = c.parameter("weight");
  const Tensor bias = c.has("bias") ? c.parameter("bias") : Tensor{};
  c.check(engine::convolution(c.program(), x, weight, bias,
                              {.stride = c.setting<int>("stride"),
                               .padding = c.setting<int>("padding"),
                               .groups = c.setting<int>("groups")}));
}

TEST_CASE("transposed convolutions agree with PyTorch") {
  Case c(GENERATE("transposed_convolution", "transposed_convolution_even",
                  "transposed_convolution_odd"));
  const Tensor x = c.images("x"), weight = c.parameter("weight");
  c.check(engine::transposed_convolution(c.program(), x, weight,
                                         {.stride = c.setting<int>("stride"),
                                          .padding = c.setting<int>("padding"),
                                          .output_padding = c.setting<int>("output_padding")}));
}

TEST_CASE("batch norms over views agree with PyTorch") {
  Case c(GENERATE("batch_norm", "batch_norm_views", "batch_norm_relu", "batch_norm_residual_relu"));
  const int views = c.setting<int>("views");
  const Tensor x = c.images("x", views);
  const engine::BatchNormTensors tensors{.gamma = c.parameter("gamma"),
                                         .beta = c.parameter("beta"),
                                         .running_mean = c.state("running_mean"),
                                         .running_variance = c.state("running_var")};
  const Tensor residual = c.has("residual") ? c.images("residual", views) : Tensor{};
  c.check(engine::batch_norm(c.program(), x, tensors,
                             {.residual = residual, .relu = c.setting<bool>("relu")}));
}

TEST_CASE("batch norm's inference agrees with PyTorch") {
  Case c("batch_norm_inference", engine::Mode::Inference);
  const Tensor x = c.images("x");
  c.check(engine::batch_norm(c.program(), x,
                             {.gamma = c.parameter("gamma"),
                              .beta = c.parameter("beta"),
                              .running_mean = c.state("running_mean"),
                              .running_variance = c.state("running_var")}));
}

TEST_CASE("poolings agree with PyTorch") {
  SECTION("global average") {
    Case c("global_average_pool");
    c.check(engine::global_average_pool(c.program(), c.images("x")));
  }
  SECTION("maximum") {
    Case c(GENERATE("max_pool_2x2", "max_pool_3x3"));
    c.check(engine::max_pool(c.program(), c.images("x"),
                             {.kernel = c.setting<int>("kernel"),
                              .stride = c.setting<int>("stride"),
                              .padding = c.setting<int>("padding")}));
  }
}

TEST_CASE("the attention's gate agrees with PyTorch") {
  Case c("sigmoid_gate");
  const Tensor x = c.images("x"), gate = c.images("gate");
  c.check(engine::multiply(c.program(), x, engine::sigmoid(c.program(), gate)));
}

TEST_CASE("a linear layer agrees with PyTorch") {
  Case c("linear");
  const Tensor x = c.images("x"), weight = c.parameter("weight"), bias = c.parameter("bias");
  c.check(engine::linear(c.program(), x, weight, bias));
}

TEST_CASE("cross-entropy agrees with PyTorch") {
  Case c("cross_entropy");
  const Tensor logits = c.images("logits");
  const engine::CrossEntropy result =
      engine::cross_entropy(c.program(), logits, c.labels({1, 7}), c.number("weight", 1));
  c.check({{"loss", result.loss}}, {result.loss});
}

TEST_CASE("divergences agree with PyTorch") {
  Case c(GENERATE("kl_detached", "kl_detached_warm", "kl_mutual", "kl_mutual_warm"));
  const Tensor logits = c.parameter("logits");
  const engine::Distillation result = engine::distillation(
      c.program(), logits, c.labels({3}),
      {.ce_weight = c.numbers("ce_weight", std::vector<float>(5)),
       .kl_weight = c.number("kl_weight", 1),
       .temperature = c.number("temperature", c.setting<float>("temperature"))},
      c.setting<bool>("mutual") ? kernels::Teacher::Mutual : kernels::Teacher::Detached);
  const Tensor per_head = c.program().alias("per_head", result.kl_loss, {4}, 1);
  c.check({{"loss", result.loss}, {"per_head", per_head}}, {result.loss});
}

TEST_CASE("the weight penalty agrees with PyTorch") {
  const auto merging = GENERATE(kernels::Merging::Mean, kernels::Merging::Primary);
  Case c(merging == kernels::Merging::Mean ? "weight_penalty" : "weight_penalty_to_primary");
  std::vector<engine::LinearParameters> layers;
  for (const std::string j : {"0", "1", "2"}) {
    layers.push_back({c.parameter("weight" + j), c.parameter("bias" + j)});
  }
  const engine::WeightPenalty result =
      engine::weight_penalty(c.program(), layers[0], {layers[1], layers[2]},
                             c.number("coefficient", c.setting<float>("coefficient")), merging);
  c.check({{"loss", result.loss}, {"distance", result.distance}}, {result.loss});
}

TEST_CASE("stochastic gradient descent agrees with PyTorch") {
  const std::string name = GENERATE("sgd", "sgd_nesterov");
  const auto settings = nlohmann::json::parse(file().metadata(name));
  kernels::ThreadPool pool(1);
  Program program({.device = kernels::Cpu{&pool}});
  const Tensor weight = program.parameter("weight", file().shape(name + ".weight"), {});
  const Tensor given = program.input("given", program.shape(weight));
  const Tensor loss = program.state("loss", {1});
  program.gradient(loss,
                   [=](engine::Gradients& gradients) { gradients.contribute(weight, given); });
  program.backward({loss});
  const Tensor knobs = program.input("knobs", {kernels::kSgdKnobs});
  engine::sgd(program, knobs);

  engine::Session session(program);
  float* knob = session.data(knobs);
  knob[kernels::kLearningRate] = settings.at("lr");
  knob[kernels::kMomentum] = settings.at("momentum");
  knob[kernels::kWeightDecay] = settings.at("weight_decay");
  knob[kernels::kNesterov] = settings.at("nesterov").get<bool>() ? 1.0f : 0.0f;
  const auto read = [&](const std::string& key) {
    const float* data = file().floats(name + "." + key);
    return std::vector<float>(data, data + file().elements(name + "." + key));
  };
  const auto check = [&](const std::string& key, Tensor tensor) {
    const float* data = session.data(tensor);
    INFO(name << "." << key);
    CHECK(test::normalised_error(std::vector<float>(data, data + 33), read(key)) <= kTolerance);
  };
  const std::vector<float> start = read("weight");
  std::copy(start.begin(), start.end(), session.data(weight));
  for (const std::string step : {"1", "2", "3"}) {
    const std::vector<float> gradient = read("gradient" + step);
    std::copy(gradient.begin(), gradient.end(), session.data(given));
    session.step();
    check("weight_after" + step, weight);
  }
  check("momentum_after3", program.find("weight.momentum"));
}
