// What training has in parameters beyond the primary classifier, and that inference has none of it.
#include "aux_training/classifier.h"
#include "engine/layers/layers.h"
#include "test/support/catch.h"

namespace {

using aux_training::ClassifierSettings;
using engine::Program;
using engine::Tensor;

long parameters_of(const Program& program, const std::string& prefix) {
  long sum = 0;
  for (const engine::Value& value : program.values())
    if (value.role == engine::Role::Parameter && !value.whole && value.name.starts_with(prefix))
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
  return parameters_of(training->program, "auxiliary.");
}

}  // namespace

TEST_CASE("four auxiliary classifiers have the expected numbers of parameters", "[classifier]") {
  CHECK(parameters_of_heads(64, 10) == 353'320);
  CHECK(parameters_of_heads(64, 100) == 376'720);
  CHECK(parameters_of_heads(512, 10) == 22'323'240);
  CHECK(parameters_of_heads(512, 100) == 22'507'920);
}

TEST_CASE("inference keeps the primary classifier alone", "[classifier]") {
  kernels::ThreadPool pool(1);
  const ClassifierSettings settings{.model = "resnet20", .classes = 100, .views = 5};
  const auto features = aux_training::features_of(settings);
  const auto training =
      aux_training::record_training(kernels::Cpu{&pool}, engine::Type::Float, settings, features);
  const auto inference =
      aux_training::record_inference(kernels::Cpu{&pool}, engine::Type::Float, settings, features);
  CHECK(parameters_of(training->program, "") == 278'324 + 376'720);
  CHECK(parameters_of(inference->program, "") == 278'324);
  CHECK(parameters_of(inference->program, "auxiliary.") == 0);
}
