// What training has in parameters beyond the primary classifier, and that inference has none of it.
#include "aux_training/classifier.h"
#include "engine/layers/layers.h"
#include "test/support/catch.h"
#include "test/support/contains.h"

namespace {

using aux_training::ClassifierSettings;
using engine::Program;
using engine::Tensor;

long parameters_of_heads(const Program& program) {
  long sum = 0;
  for (const engine::Value& value : program.values())
    if (value.role == engine::Role::Parameter && value.name.starts_with("auxiliary."))
      sum += engine::size_of(value.shape);
  return sum;
}

// Four heads on features of that many channels.
long parameters_of_heads(int channels, int classes) {
  kernels::ThreadPool pool(1);
  const auto training = aux_training::record_training(
      kernels::Cpu{&pool}, engine::Type::Float,
      {.classes = classes, .views = 5, .height = 4, .width_pixels = 4},
      [=](Program& program, Tensor images) {
        return engine::convolution_layer(program, "trunk", images,
                                         {.channels = channels, .kernel = 1});
      });
  return parameters_of_heads(training->program);
}

}  // namespace

TEST_CASE("four auxiliary classifiers have the expected numbers of parameters", "[classifier]") {
  CHECK(parameters_of_heads(64, 10) == 353'320);
  CHECK(parameters_of_heads(64, 100) == 376'720);
  CHECK(parameters_of_heads(256, 10) == 5'591'080);
  CHECK(parameters_of_heads(256, 100) == 5'683'600);
  CHECK(parameters_of_heads(512, 10) == 22'323'240);
  CHECK(parameters_of_heads(512, 100) == 22'507'920);
  CHECK(parameters_of_heads(2048, 10) == 356'679'720);
  CHECK(parameters_of_heads(2048, 100) == 357'417'360);
}

TEST_CASE("inference keeps the primary classifier alone", "[classifier]") {
  kernels::ThreadPool pool(1);
  const ClassifierSettings settings{.model = "resnet20", .classes = 100, .views = 5};
  const auto features = aux_training::features_of(settings);
  const auto training =
      aux_training::record_training(kernels::Cpu{&pool}, engine::Type::Float, settings, features);
  const auto inference =
      aux_training::record_inference(kernels::Cpu{&pool}, engine::Type::Float, settings, features);
  CHECK(training->program.parameter_count() == 278'324 + 376'720);
  CHECK(inference->program.parameter_count() == 278'324);
  CHECK(parameters_of_heads(inference->program) == 0);
}

TEST_CASE("a backbone without a feature map is trained without auxiliary classifiers",
          "[classifier]") {
  kernels::ThreadPool pool(1);
  ClassifierSettings settings{.model = "alexnet",
                              .stem = models::Stem::ImageNet,
                              .width = 4,
                              .views = 2,
                              .height = 224,
                              .width_pixels = 224};
  const auto features = aux_training::features_of(settings);
  const auto record = [&] {
    return aux_training::record_training(kernels::Cpu{&pool}, engine::Type::Float, settings,
                                         features);
  };
  CHECK_THROWS_AS(record(), kernels::UsageError);
  CHECK_THROWS_WITH(record(), test_support::contains("alexnet with stem imagenet does not have"));
  settings.views = 1;
  const auto training = record();
  CHECK(training->program.find("classifier.6.weight"));
  CHECK(parameters_of_heads(training->program) == 0);
}
