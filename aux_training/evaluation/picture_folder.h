// ImageNet's validation pictures, and ImageNet-C's folders of their corrupted copies,
// KIND/SEVERITY/CLASS/NAME.JPEG. A copy is taken as it is: it was resized and cropped before it was
// corrupted. Which class a folder is, is its place among the sorted names.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "aux_training/evaluation/image_sets.h"
#include "data/image_folder.h"

namespace aux_training {

class PictureFolder {
 public:
  // `corrupted` has the copies; it is not looked at but by set(). `side`: of the square images that
  // models take.
  PictureFolder(data::ImageFolder clean, std::filesystem::path corrupted, int side);

  const TestSet& test() const { return test_; }
  ImageSet clean() const;  // prepared as ImageNet-C's were before they were corrupted
  // An Error names the first picture that is missing or too many.
  ImageSet set(data::corruptions::Kind kind, int severity);
  // What set() would find in a folder that `auxtrain corrupt imagenet` made: corrupted after it was
  // prepared, and through JPEG. The textures must outlive the set.
  ImageSet generated(data::corruptions::Kind kind, int severity, std::uint64_t seed,
                     const data::corruptions::FrostTextures&) const;

  // "64 x 64": the size of a copy that was not `side` x `side` and had to be resized; empty where
  // all that were read fitted.
  std::string misfit() const;

 private:
  struct Misfit;
  std::shared_ptr<const data::ImageFolder> clean_;  // and of its sets
  std::filesystem::path corrupted_;
  TestSet test_;
  std::shared_ptr<Misfit> misfit_;
};

}  // namespace aux_training
