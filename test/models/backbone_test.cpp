// The list of backbones, and how many numbers each trains.
#include "models/backbone.h"

#include <map>

#include "test/models/recorded.h"
#include "test/support/catch.h"
#include "test/support/contains.h"

using models::Stem;
using test::Recorded;
using test_support::contains;

TEST_CASE("backbones have the published numbers of parameters", "[backbone]") {
  const std::map<std::string, std::pair<long, long>> cifar{
      // with 10, with 100 classes
      {"resnet20", {272'474, 278'324}},
      {"resnet18", {11'173'962, 11'220'132}},
      {"resnet34", {21'282'122, 21'328'292}},
      {"resnet50", {23'520'842, 23'705'252}},
      {"resnet101", {42'512'970, 42'697'380}},
      {"wide_resnet50_2", {66'847'050, 67'031'460}},
      {"resnext50_32x4d", {22'992'714, 23'177'124}},
      {"alexnet", {2'255'306, 2'278'436}}};
  const std::map<std::string, long> imagenet{
      // torchvision's
      {"resnet18", 11'689'512},        {"resnet34", 21'797'672}, {"resnet50", 25'557'032},
      {"resnet101", 44'549'160},       {"alexnet", 61'100'840},  {"wide_resnet50_2", 68'883'240},
      {"resnext50_32x4d", 25'028'904},
  };
  for (const models::Backbone& backbone : models::backbones()) {
    INFO(backbone.name << ", " << name_of(backbone.stem));
    const auto parameters = [&](int classes, int size) {
      return Recorded(backbone.name, backbone.stem, classes, size).program.parameter_count();
    };
    if (backbone.stem == Stem::ImageNet) {
      CHECK(parameters(1000, 224) == imagenet.at(backbone.name));
    } else {
      CHECK(parameters(10, 32) == cifar.at(backbone.name).first);
      CHECK(parameters(100, 32) == cifar.at(backbone.name).second);
    }
  }
  CHECK(models::backbones().size() == cifar.size() + imagenet.size());
}

TEST_CASE("what a backbone says of itself is so", "[backbone]") {
  for (const models::Backbone& backbone : models::backbones()) {
    INFO(backbone.name << ", " << name_of(backbone.stem));
    const int size = backbone.stem == Stem::ImageNet ? 224 : 32;
    const Recorded own(backbone.name, backbone.stem, 10, size),
        asked(backbone.name, backbone.stem, 10, size, backbone.width);
    CHECK(own.features_shape() == asked.features_shape());
    CHECK((own.features_shape().size() == 5) == backbone.has_feature_map);
  }
}

TEST_CASE("an unknown backbone or stem is refused with the known ones", "[backbone]") {
  CHECK_THROWS_AS(models::find_backbone("resnet19", Stem::Cifar), kernels::UsageError);
  CHECK_THROWS_WITH(models::find_backbone("resnet19", Stem::Cifar),
                    contains("resnet19; known are resnet20, resnet18, resnet34, resnet50, "
                             "resnet101, wide_resnet50_2, resnext50_32x4d, alexnet"));
  CHECK_THROWS_WITH(models::find_backbone("resnet20", Stem::ImageNet),
                    contains("model.stem: resnet20 has no stem imagenet; expected cifar"));
}
