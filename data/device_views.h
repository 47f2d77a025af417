// All views of a batch made on a GPU, from a data set of bytes that lies in its memory: gathered,
// corrupted, cropped, flipped, normalised and written as the network wants them, by one kernel.
//
// What write_view() makes on the CPU, bit for bit, since the arithmetic is the same code. An image
// is worked on in the shared memory of one block: 6 bytes a pixel, 9 where a view is blurred, which
// is enough for 150 x 150 pixels in the 227 KiB of an H100 and for 70 x 70 in the 48 KiB that every
// GPU has. Larger images are refused; their data sets are read from files by the CPU anyway.
#pragma once

#include <cstdint>
#include <vector>

#include "data/view_pixels.h"
#include "data/views.h"
#include "kernels/base/context.h"

namespace data {

// What stays the same for a whole run, ready for the kernel.
struct DeviceRecipe {
  int views = 0;
  View view[kMostViews];
  BlurWeights blur[kMostViews];  // where the view is blurred
  Augmentation augmentation;
  NormalizationFactors factors;
};

// Views that cannot be made are a UsageError.
DeviceRecipe device_recipe(const std::vector<View>& views, const Augmentation& augmentation,
                           const Normalization& normalization);

struct DeviceViewSizes {
  int images;         // of the batch
  int height, width;  // of an image
  int channels;       // of the result: 3, or 4 or 8 of which those after the third are 0
};

// What random numbers are drawn by, besides image and view; in the memory of the GPU.
struct DeviceSeed {
  std::uint64_t seed;
  std::uint32_t epoch;
};

template <class T>
struct DeviceViews {
  const std::uint8_t* pixels;  // [images of the data set, height, width, 3]
  const int* labels;           // [images of the data set]
  const int* indices;          // [images], each of an image of the data set
  const DeviceSeed* seed;      // [1]
  T* views;                    // [views_in_batch, images, height, width, channels]
  int* batch_labels;           // [images]
};

// All memory is the GPU's; pixels and views begin at multiples of 16 bytes. Images too large for
// the shared memory are an Error.
template <class T>  // float or bfloat16
void write_views(kernels::Cuda, DeviceViewSizes, const DeviceRecipe&, const DeviceViews<T>&);

}  // namespace data
