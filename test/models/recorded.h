// A backbone for one image and its linear classifier, recorded for inference.
#pragma once

#include <string>

#include "engine/layers/layers.h"
#include "models/backbone.h"

namespace test {

struct Recorded {
  explicit Recorded(const std::string& name, models::Stem stem = models::Stem::Cifar,
                    int classes = 10, int size = 32, int width = 0) {
    const models::Backbone& backbone = models::find_backbone(name, stem);
    const engine::Tensor images = program.input("images", {1, 1, size, size, 3});
    features = backbone.record(program, images, {.stem = stem, .width = width});
    engine::linear_parameters(program, backbone.classifier, program.shape(features).back(),
                              classes);
  }
  const engine::Shape& features_shape() const { return program.shape(features); }
  const engine::Shape& shape(const std::string& value) const {
    return program.shape(program.find(value));
  }
  kernels::ThreadPool pool{1};
  engine::Program program{{.device = kernels::Cpu{&pool}, .mode = engine::Mode::Inference}};
  engine::Tensor features;
};

}  // namespace test
