#include "aux_training/evaluation/picture_folder.h"

#include <algorithm>
#include <mutex>

#include "data/corruptions/jpeg_compression.h"
#include "data/corruptions/prepare.h"
#include "kernels/base/check.h"

namespace aux_training {
namespace {

namespace fs = std::filesystem;
using data::Image;
using data::ImageFolder;
using data::corruptions::Kind;
using data::corruptions::Preset;

// "n01440764/ILSVRC2012_val_00000293": what a picture and its copies have in common.
std::string key_of(const ImageFolder& folder, const ImageFolder::File& file) {
  return folder.class_names[static_cast<std::size_t>(file.label)] + "/" +
         fs::path(file.name).stem().string();
}

std::vector<std::string> keys_of(const ImageFolder& folder) {
  std::vector<std::string> keys;
  for (const ImageFolder::File& file : folder.files) keys.push_back(key_of(folder, file));
  return keys;
}

void require_same_pictures(const ImageFolder& copies, const ImageFolder& clean) {
  const std::vector<std::string> found = keys_of(copies), expected = keys_of(clean);
  const auto [ours, theirs] =
      std::mismatch(expected.begin(), expected.end(), found.begin(), found.end());
  if (ours == expected.end() && theirs == found.end()) return;
  const bool lacks = theirs == found.end() || (ours != expected.end() && *ours < *theirs);
  throw kernels::Error(kernels::text(copies.path.string(), ": expected a copy of each of the ",
                                     expected.size(), " pictures of ", clean.path.string(), "; it ",
                                     lacks ? "lacks " + *ours : "has " + *theirs + " too"));
}

// Each picture by itself: one(index, path) makes an image of the set's size.
template <class One>
ImageSet each(std::string name, const TestSet& test, std::shared_ptr<const ImageFolder> folder,
              const One& one) {
  return set_of_each(std::move(name), test.image_size(), [=](int index, std::uint8_t* out) {
    const auto& file = folder->files[static_cast<std::size_t>(index)];
    const Image image = one(index, folder->path_of(file).string());
    std::copy(image.pixels.begin(), image.pixels.end(), out);
  });
}

Image prepared(const std::string& path, int side) {
  return data::corruptions::read_prepared(path, Preset::ImageNet, side);
}

}  // namespace

struct PictureFolder::Misfit {
  std::mutex mutex;
  std::string size;
};

PictureFolder::PictureFolder(ImageFolder clean, fs::path corrupted, int side)
    : clean_(std::make_shared<ImageFolder>(std::move(clean))),
      corrupted_(std::move(corrupted)),
      test_{static_cast<int>(clean_->files.size()),
            side,
            side,
            static_cast<int>(clean_->class_names.size()),
            {}},
      misfit_(std::make_shared<Misfit>()) {
  for (const ImageFolder::File& file : clean_->files) test_.labels.push_back(file.label);
}

ImageSet PictureFolder::clean() const {
  return each("clean", test_, clean_,
              [side = test_.height](int, const std::string& path) { return prepared(path, side); });
}

ImageSet PictureFolder::generated(Kind kind, int severity, std::uint64_t seed,
                                  const data::corruptions::FrostTextures& frost) const {
  const data::corruptions::Corruption corruption{kind, severity, Preset::ImageNet};
  return each(kernels::text(name_of(kind), " ", severity), test_, clean_,
              [=, &frost, side = test_.height](int index, const std::string& path) {
                data::corruptions::Workspace workspace;
                Image clean = prepared(path, side), corrupted = clean;
                data::corruptions::corrupt(clean.pixels.data(), {side, side}, corruption, seed,
                                           static_cast<std::uint32_t>(index), frost,
                                           corrupted.pixels.data());
                data::corruptions::jpeg_compression(corrupted.pixels.data(), {side, side},
                                                    data::corruptions::kImageNetQuality,
                                                    clean.pixels.data(), workspace);
                return clean;
              });
}

ImageSet PictureFolder::set(Kind kind, int severity) {
  const auto copies = std::make_shared<ImageFolder>(
      data::list_image_folder(corrupted_ / name_of(kind) / std::to_string(severity)));
  require_same_pictures(*copies, *clean_);
  return each(kernels::text(name_of(kind), " ", severity), test_, copies,
              [side = test_.height, misfit = misfit_](int, const std::string& path) {
                Image image = data::read_image(path);
                if (image.height == side && image.width == side) return image;
                {
                  const std::lock_guard lock(misfit->mutex);
                  misfit->size = kernels::text(image.height, " x ", image.width);
                }
                return data::resize(image, side, side);
              });
}

std::string PictureFolder::misfit() const {
  const std::lock_guard lock(misfit_->mutex);
  return misfit_->size;
}

}  // namespace aux_training
