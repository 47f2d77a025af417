// What is drawn for one view of one image, for C++ and CUDA alike.
#pragma once

#include "data/view_pixels.h"
#include "data/views.h"

namespace data {

HOST_DEVICE inline kernels::Random random_of(NoiseStream of, kernels::RandomUse use) {
  return kernels::Random(of.seed, use, of.epoch, of.stream);
}

// Which view of an image is at this place of the batch: the one of that number or, where they are
// mixed, any, each equally often.
HOST_DEVICE inline int view_at(int place, int views, const Augmentation& augmentation,
                               std::uint64_t seed, std::uint32_t epoch, int image) {
  if (!augmentation.mix) return place;
  kernels::Random random(seed, kernels::RandomUse::Mix, epoch, static_cast<std::uint32_t>(image));
  return static_cast<int>(random.below(static_cast<std::uint32_t>(views)));
}

HOST_DEVICE inline Placement draw_placement(const View& view, const Augmentation& augmentation,
                                            NoiseStream stream) {
  Placement placement;
  if (augmentation.crop_and_flip) {
    kernels::Random random = random_of(stream, kernels::RandomUse::Augment);
    draw_crop_and_flip(random, augmentation.padding, placement);
  }
  if (view.corruption == Corruption::Rotation) {
    kernels::Random random = random_of(stream, kernels::RandomUse::Corrupt);
    rotate(placement, random.uniform(-view.strength, view.strength));
    placement.flip = placement.flip && augmentation.flip_rotation;
  }
  return placement;
}

HOST_DEVICE inline Jitter draw_jitter(const View& view, NoiseStream stream) {
  kernels::Random random = random_of(stream, kernels::RandomUse::Corrupt);
  return draw_jitter(random, view.strength);
}

// Computed by the CPU alone, once.
NormalizationFactors factors_of(const Normalization& normalization);

}  // namespace data
