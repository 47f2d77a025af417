// The two AlexNets: names and shapes of what they train.
#include "models/alexnet.h"

#include "test/models/recorded.h"
#include "test/support/catch.h"
#include "test/support/contains.h"

using engine::Shape;
using models::Stem;
using test::Recorded;
using test_support::contains;

TEST_CASE("AlexNet for CIFAR has five convolutions and features of 4x4", "[alexnet]") {
  const Recorded recorded("alexnet");
  CHECK(recorded.features_shape() == Shape{1, 1, 4, 4, 256});
  int in = 3;
  for (const auto& [number, channels] :
       {std::pair("1", 64), {"2", 192}, {"3", 384}, {"4", 256}, {"5", 256}}) {
    const std::string convolution = kernels::text("conv", number, ".weight");
    CHECK(recorded.shape(convolution) == Shape{channels, in, 3, 3});
    CHECK(recorded.shape(kernels::text("bn", number, ".running_var")) == Shape{channels});
    in = channels;
  }
  CHECK_THROWS(recorded.shape("conv1.bias"));
  CHECK(recorded.shape("maxpool1.y")[2] == 16);
  CHECK(recorded.shape("maxpool2.y")[2] == 8);
}

TEST_CASE("AlexNet for ImageNet has torchvision's names and layouts", "[alexnet]") {
  const Recorded recorded("alexnet", Stem::ImageNet, 1000, 224);
  CHECK(recorded.features_shape() == Shape{1, 1, 4096});
  CHECK(recorded.shape("features.0.weight") == Shape{64, 3, 11, 11});
  CHECK(recorded.shape("features.3.weight") == Shape{192, 64, 5, 5});
  CHECK(recorded.shape("features.10.bias") == Shape{256});
  CHECK(recorded.shape("classifier.1.weight") == Shape{4096, 9216});
  CHECK(recorded.shape("classifier.4.weight") == Shape{4096, 4096});
  CHECK(recorded.shape("classifier.6.weight") == Shape{1000, 4096});
}

TEST_CASE("AlexNet for ImageNet takes images whose last map is 6x6", "[alexnet]") {
  for (const int size : {223, 254})
    CHECK(Recorded("alexnet", Stem::ImageNet, 10, size, 4).features_shape() == Shape{1, 1, 256});
  for (const int size : {32, 222, 255})
    CHECK_THROWS_WITH(Recorded("alexnet", Stem::ImageNet, 10, size, 4),
                      contains(kernels::text("223 to 254 pixels, got ", size, "x", size)));
}
