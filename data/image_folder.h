// Pictures in a folder for each class, as ImageNet is kept.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace data {

struct ImageFolder {
  struct File {
    int label;
    std::string name;  // within its class's folder
  };
  std::filesystem::path path;
  std::vector<std::string> class_names;  // the folders' names, sorted; a label is a place here
  std::vector<File> files;               // by class, then by name

  std::filesystem::path path_of(const File& file) const {
    return path / class_names[static_cast<std::size_t>(file.label)] / file.name;
  }
};

// What stands in path/CLASS/: files that end with .jpg, .jpeg, .png, .ppm, .pgm or .bmp, in any
// case. Errors name the path: missing, or without classes or pictures.
ImageFolder list_image_folder(const std::filesystem::path& path);

// The part "train" or "val" of ImageNet: directory/imagenet/PART/CLASS/. An Error says how to get
// what is missing.
ImageFolder list_imagenet(const std::filesystem::path& directory, const std::string& part);

}  // namespace data
