// Sets of test images, clean or corrupted, made or read piece by piece: none is ever in memory
// whole that was not before.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "data/corruptions/corruptions.h"
#include "data/views.h"
#include "kernels/base/thread_pool.h"

namespace aux_training {

// What all sets of a data set have in common: the same pictures in the same order.
struct TestSet {
  int count = 0, height = 0, width = 0, classes = 0;
  std::vector<int> labels;  // [count]

  std::size_t image_size() const { return std::size_t(height) * width * 3; }
};

struct ImageSet {
  std::string name;  // "clean", "fog 3"
  // Images first to first + count - 1 as bytes, [count, height, width, 3] RGB. One call at a time.
  std::function<void(int first, int count, kernels::ThreadPool&, std::uint8_t* out)> write;
};

// Of images that are made one by one, each by itself: one(image, out).
ImageSet set_of_each(std::string name, std::size_t image_size,
                     std::function<void(int image, std::uint8_t* out)> one);

TestSet test_set(const data::Images&);

// Of images in memory, which must outlive the sets, as must the textures.
ImageSet clean_set(const data::Images&);
ImageSet view_set(const data::Images&, const data::View&, std::uint64_t seed);
ImageSet generated_set(const data::Images&, const data::corruptions::Corruption&,
                       std::uint64_t seed, const data::corruptions::FrostTextures&);

}  // namespace aux_training
