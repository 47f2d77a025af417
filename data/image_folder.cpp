#include "data/image_folder.h"

#include <algorithm>
#include <cctype>

#include "kernels/base/check.h"

namespace data {
namespace {

namespace fs = std::filesystem;

bool is_picture(const fs::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  for (const char* known : {".jpg", ".jpeg", ".png", ".ppm", ".pgm", ".bmp"})
    if (ending == known) return true;
  return false;
}

// Names of what stands in a folder and is wanted, sorted.
template <class Wanted>
std::vector<std::string> names_in(const fs::path& folder, const Wanted& wanted) {
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  CHECK(!error, folder.string(), ": cannot read: ", error.message());
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : entries)
    if (wanted(entry)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

// Of a class, sorted by what stands before the ending: so copies with another ending come in the
// order of their originals.
std::vector<std::string> pictures_in(const fs::path& folder) {
  std::vector<std::string> names = names_in(folder, [](const fs::directory_entry& entry) {
    return !entry.is_directory() && is_picture(entry.path());
  });
  std::stable_sort(names.begin(), names.end(), [](const fs::path& a, const fs::path& b) {
    return a.stem().native() < b.stem().native();
  });
  return names;
}

}  // namespace

ImageFolder list_image_folder(const fs::path& path) {
  ImageFolder folder{
      path, names_in(path, [](const auto& entry) { return entry.is_directory(); }), {}};
  CHECK(!folder.class_names.empty(), path.string(), ": expected a folder for each class, got none");
  for (std::size_t label = 0; label < folder.class_names.size(); ++label)
    for (std::string& name : pictures_in(path / folder.class_names[label]))
      folder.files.push_back({static_cast<int>(label), std::move(name)});
  CHECK(!folder.files.empty(), path.string(),
        ": expected pictures (.jpg, .png, ...) in its folders of classes, got none");
  return folder;
}

ImageFolder list_imagenet(const fs::path& directory, const std::string& part) {
  const fs::path path = directory / "imagenet" / part;
  std::error_code ignored;
  CHECK(fs::is_directory(path, ignored), "data set imagenet: there is no folder ", path.string(),
        "; download ILSVRC2012 from https://image-net.org and unpack it there, a folder for each "
        "class (--data or $AUXTRAIN_DATA chooses ",
        directory.string(), ")");
  return list_image_folder(path);
}

}  // namespace data
