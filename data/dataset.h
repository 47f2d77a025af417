// Labelled images in memory, as bytes, and the data sets that can be loaded by name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace data {

struct Images {
  int count = 0, height = 0, width = 0, classes = 0;
  std::vector<std::uint8_t> pixels;  // [count, height, width, 3], RGB
  std::vector<int> labels;           // [count], each in [0, classes)

  // The bytes of one image, [height, width, 3].
  std::size_t image_size() const { return std::size_t(height) * width * 3; }
  const std::uint8_t* image(int index) const { return pixels.data() + index * image_size(); }
};

// A network sees (pixel / 255 - mean) / std, per channel red, green, blue.
struct Normalization {
  float mean[3], std[3];
};

// The mean and deviation of CIFAR-10, which the paper's authors use for CIFAR-100 too.
inline constexpr Normalization kCifarNormalization{{.4914f, .4822f, .4465f},
                                                   {.2023f, .1994f, .2010f}};
// Of ImageNet, as torchvision's weights expect it.
inline constexpr Normalization kImageNetNormalization{{.485f, .456f, .406f}, {.229f, .224f, .225f}};

struct Dataset {
  std::string name;
  std::vector<std::string> class_names;
  Normalization normalization;
  Images train, test;
};

// name: "cifar10", "cifar100" (both read from `directory`, see cifar.h) or "synthetic" (made from
// the seed, see synthetic.h; needs no directory). Another name is a UsageError, files that are
// missing or broken an Error.
Dataset load_dataset(const std::string& name, const std::string& directory,
                     std::uint64_t synthetic_seed = 0);

// Where data sets are looked for: `option` (--data) if not empty, else $AUXTRAIN_DATA if set and
// not empty, else ./data-sets.
std::string data_directory(const std::string& option);

}  // namespace data
