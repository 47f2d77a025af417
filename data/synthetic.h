// A built-in data set, drawn by formula, so that a first run needs no download.
//
// Ten classes of 32x32 images: a disc or a square, filled with one of five fine, faint textures.
// Colours, places, sizes and small turns are random and tell nothing. The texture is what a
// corruption hides: blur by its fineness, noise by its faintness, rotation by its direction.
#pragma once

#include <cstdint>

#include "data/dataset.h"

namespace data {

inline constexpr int kSyntheticTrain = 5000, kSyntheticTest = 2000;

// How hard it is. Contrast: amplitude of the texture on values 0..255; fainter is harder under
// noise. Period: pixels from one stripe to the next; finer is harder under blur. Clutter: small
// patches of other textures in the background, per image. Radius of the object, in pixels. Worn:
// the share of objects whose texture has faded away, so that only their shape can be told. Set with
// standard training alone (recipe quickstart-standard), before any auxiliary training.
inline constexpr float kTextureContrast = 28, kTexturePeriod = 4;
inline constexpr int kClutter = 2;
inline constexpr float kLeastRadius = 5.5f, kMostRadius = 8.5f;
inline constexpr float kWorn = .1f;

// The same bytes for any number of threads. Labels go 0, 1, ..., 9, 0, ...: every run of images is
// balanced.
Dataset make_synthetic(std::uint64_t seed, int threads = 1);

}  // namespace data
