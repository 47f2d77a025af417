// The backbones: names, shapes and counts of what they train.
#include "models/resnet.h"

#include <map>

#include "engine/layers/layers.h"
#include "engine/ops/pooling.h"
#include "test/support/catch.h"
#include "test/support/contains.h"

using engine::Program;
using engine::Role;
using engine::Shape;
using engine::Tensor;
using test_support::contains;

namespace {

// A backbone for one image of 32x32 and its linear classifier.
struct Recorded {
  Recorded(const std::string& name, int classes, const models::BackboneOptions& options = {}) {
    const Tensor images = program.input("images", {1, 1, 32, 32, 3});
    features = models::find_backbone(name).record(program, images, options);
    engine::linear_parameters(program, "fc", program.shape(features).back(), classes);
  }
  long parameters() const {
    long sum = 0;
    for (const engine::Value& value : program.values())
      if (value.role == Role::Parameter) sum += engine::size_of(value.shape);
    return sum;
  }
  kernels::ThreadPool pool{1};
  Program program{{.device = kernels::Cpu{&pool}, .mode = engine::Mode::Inference}};
  Tensor features;
};

using Shapes = std::map<std::string, Shape>;

void expect_batch_norm(Shapes& shapes, const std::string& name, int channels) {
  for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"})
    shapes[name + part] = {channels};
}

// torchvision's rule for resnet18, with the 3x3 stem of CIFAR.
Shapes torchvision_resnet18(int classes) {
  Shapes shapes{
      {"conv1.weight", {64, 3, 3, 3}}, {"fc.weight", {classes, 512}}, {"fc.bias", {classes}}};
  expect_batch_norm(shapes, "bn1", 64);
  for (int stage = 1, in = 64; stage <= 4; ++stage) {
    const int out = 64 << (stage - 1);
    for (int block = 0; block < 2; ++block) {
      const std::string name = kernels::text("layer", stage, ".", block);
      shapes[name + ".conv1.weight"] = {out, in, 3, 3};
      shapes[name + ".conv2.weight"] = {out, out, 3, 3};
      expect_batch_norm(shapes, name + ".bn1", out);
      expect_batch_norm(shapes, name + ".bn2", out);
      if (in != out) {
        shapes[name + ".downsample.0.weight"] = {out, in, 1, 1};
        expect_batch_norm(shapes, name + ".downsample.1", out);
      }
      in = out;
    }
  }
  return shapes;
}

}  // namespace

TEST_CASE("ResNet-18 has torchvision's names and shapes", "[resnet]") {
  const Recorded recorded("resnet18", 10);
  Shapes shapes;
  for (const engine::Value& value : recorded.program.values())
    if (value.role == Role::Parameter || value.role == Role::State)
      shapes[value.name] = value.shape;
  CHECK(shapes.size() == 102);  // torchvision's 122 less 20 counters of batches
  CHECK(shapes == torchvision_resnet18(10));
  CHECK(recorded.program.shape(recorded.features) == Shape{1, 1, 4, 4, 512});
}

TEST_CASE("backbones have the published numbers of parameters", "[resnet]") {
  CHECK(Recorded("resnet18", 10).parameters() == 11'173'962);
  CHECK(Recorded("resnet18", 100).parameters() == 11'220'132);
  CHECK(Recorded("resnet20", 10).parameters() == 272'474);
  CHECK(Recorded("resnet20", 100).parameters() == 278'324);
}

TEST_CASE("ResNet-20 has three stages of three blocks", "[resnet]") {
  const Recorded recorded("resnet20", 10);
  CHECK(recorded.program.shape(recorded.features) == Shape{1, 1, 8, 8, 64});
  CHECK(recorded.program.shape(recorded.program.find("layer3.2.conv2.weight")) ==
        Shape{64, 64, 3, 3});
  CHECK(recorded.program.shape(recorded.program.find("layer2.0.downsample.0.weight")) ==
        Shape{32, 16, 1, 1});
  CHECK_THROWS(recorded.program.find("layer1.0.downsample.0.weight"));
  CHECK_THROWS(recorded.program.find("layer4.0.conv1.weight"));
}

TEST_CASE("the width scales every stage", "[resnet]") {
  const Recorded recorded("resnet18", 10, {.width = 8});
  CHECK(recorded.program.shape(recorded.features) == Shape{1, 1, 4, 4, 64});
  CHECK(recorded.program.shape(recorded.program.find("layer2.0.conv1.weight")) ==
        Shape{16, 8, 3, 3});
}

TEST_CASE("the stem's ReLU can be left out", "[resnet]") {
  const auto positive_values = [](bool stem_relu) {
    kernels::ThreadPool pool(1);
    Program program({.device = kernels::Cpu{&pool}});
    models::resnet(program, program.input("images", {1, 2, 8, 8, 3}), {.blocks = {1}, .width = 4},
                   {.stem_relu = stem_relu});
    return std::count_if(program.values().begin(), program.values().end(),
                         [](const auto& value) { return value.name.ends_with(".positive"); });
  };
  CHECK(positive_values(true) == positive_values(false) + 1);
}

TEST_CASE("an unknown backbone is refused with the known ones", "[resnet]") {
  CHECK_THROWS_AS(models::find_backbone("resnet19"), kernels::UsageError);
  CHECK_THROWS_WITH(models::find_backbone("resnet19"),
                    contains("resnet19") && contains("resnet18, resnet20"));
}
