// The corrupted test images of a folder of arrays: CIFAR-10-C or CIFAR-100-C as published, or what
// `auxtrain corrupt` has made.
//
//   KIND.npy    bytes [severities x images, height, width, 3], severity by severity
//   labels.npy  bytes [severities x images]
//
// Severities are 1 to 5, or those that corruptions.json names, which `auxtrain corrupt` writes.
#pragma once

#include <filesystem>
#include <memory>

#include "aux_training/evaluation/image_sets.h"

namespace aux_training {

class ArrayFolder {
 public:
  // Errors name the file: missing, not .npy, of another shape; labels that are not the test set's.
  ArrayFolder(std::filesystem::path folder, std::string dataset, TestSet test);

  const std::vector<int>& severities() const { return severities_; }
  // A UsageError where the folder has no such severity.
  ImageSet set(data::corruptions::Kind kind, int severity);

  // Which arrays are, byte for byte, those that were published. Known once a set of each kind has
  // been read.
  std::vector<data::corruptions::Kind> published() const;

 private:
  struct Array;
  std::shared_ptr<Array> array(data::corruptions::Kind kind);
  std::vector<long> shape(bool of_labels) const;
  void read_severities();
  void check_labels() const;

  std::filesystem::path folder_;
  std::string dataset_;
  TestSet test_;
  std::vector<int> severities_ = {1, 2, 3, 4, 5};
  std::vector<std::shared_ptr<Array>> arrays_;
};

}  // namespace aux_training
