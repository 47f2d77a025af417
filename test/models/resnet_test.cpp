// Residual networks: names and shapes of what they train.
#include "models/resnet.h"

#include <algorithm>
#include <map>

#include "test/models/recorded.h"
#include "test/support/catch.h"
#include "test/support/contains.h"

using engine::Program;
using engine::Role;
using engine::Shape;
using models::Stem;
using test::Recorded;
using test_support::contains;

namespace {

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
  const Recorded recorded("resnet18");
  Shapes shapes;
  for (const engine::Value& value : recorded.program.values())
    if (value.role == Role::Parameter || value.role == Role::State)
      shapes[value.name] = value.shape;
  CHECK(shapes.size() == 102);  // torchvision's 122 less 20 counters of batches
  CHECK(shapes == torchvision_resnet18(10));
  CHECK(recorded.features_shape() == Shape{1, 1, 4, 4, 512});
}

TEST_CASE("ResNet-20 has three stages of three blocks", "[resnet]") {
  const Recorded recorded("resnet20");
  CHECK(recorded.features_shape() == Shape{1, 1, 8, 8, 64});
  CHECK(recorded.shape("layer3.2.conv2.weight") == Shape{64, 64, 3, 3});
  CHECK(recorded.shape("layer2.0.downsample.0.weight") == Shape{32, 16, 1, 1});
  CHECK_THROWS(recorded.shape("layer1.0.downsample.0.weight"));
  CHECK_THROWS(recorded.shape("layer4.0.conv1.weight"));
}

TEST_CASE("bottlenecks stride and group their 3x3 convolution", "[resnet]") {
  const Recorded resnet("resnet50"), wide("wide_resnet50_2"), grouped("resnext50_32x4d");
  for (const Recorded* recorded : {&resnet, &wide, &grouped}) {
    CHECK(recorded->features_shape() == Shape{1, 1, 4, 4, 2048});
    CHECK(recorded->shape("layer1.0.downsample.0.weight") == Shape{256, 64, 1, 1});
    CHECK(recorded->shape("layer2.0.bn1.y")[2] == 32);  // torchvision strides behind it
    CHECK(recorded->shape("layer2.0.bn2.y")[2] == 16);
    CHECK_THROWS(recorded->shape("layer3.6.conv1.weight"));
  }
  CHECK(resnet.shape("layer3.5.conv2.weight") == Shape{256, 256, 3, 3});
  CHECK(wide.shape("layer3.5.conv2.weight") == Shape{512, 512, 3, 3});
  CHECK(grouped.shape("layer3.5.conv2.weight") == Shape{512, 16, 3, 3});
  CHECK(Recorded("resnet101").shape("layer3.22.conv3.weight") == Shape{1024, 256, 1, 1});
}

TEST_CASE("the ImageNet stem makes a quarter of height and width", "[resnet]") {
  const Recorded recorded("resnet34", Stem::ImageNet, 10, 224);
  CHECK(recorded.shape("conv1.weight") == Shape{64, 3, 7, 7});
  CHECK(recorded.shape("layer1.0.bn1.y") == Shape{1, 1, 56, 56, 64});
  CHECK(recorded.features_shape() == Shape{1, 1, 7, 7, 512});
}

TEST_CASE("the width scales every stage", "[resnet]") {
  const Recorded recorded("resnet18", Stem::Cifar, 10, 32, 8);
  CHECK(recorded.features_shape() == Shape{1, 1, 4, 4, 64});
  CHECK(recorded.shape("layer2.0.conv1.weight") == Shape{16, 8, 3, 3});
  CHECK_THROWS_AS(Recorded("resnext50_32x4d", Stem::Cifar, 10, 32, 24), kernels::UsageError);
  CHECK_THROWS_WITH(Recorded("resnext50_32x4d", Stem::Cifar, 10, 32, 24),
                    contains("model.width: expected a multiple of 16, got 24"));
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
