// What `auxtrain corrupt` is asked for, once its arguments have been checked.
#pragma once

#include <filesystem>
#include <vector>

#include "data/corruptions/corruptions.h"
#include "data/dataset.h"
#include "data/image_folder.h"
#include "kernels/base/thread_pool.h"

namespace tools {

struct CorruptionJob {
  std::string dataset;
  std::vector<data::corruptions::Kind> kinds;  // in canonical order
  std::vector<int> severities;                 // rising
  data::corruptions::Preset preset;
  int side;  // of images from files
  std::uint64_t seed;
  const data::corruptions::FrostTextures& frost;
  std::filesystem::path output;
  kernels::ThreadPool& pool;

  bool has(data::corruptions::Kind kind) const;
  void corrupt(const std::uint8_t* in, data::ImageSize size, data::corruptions::Kind kind,
               int severity, int image, std::uint8_t* out) const {
    data::corruptions::corrupt(in, size, {kind, severity, preset}, seed,
                               static_cast<std::uint32_t>(image), frost, out);
  }
};

// Makes the folder, or goes on with one that the same job has begun: corruptions.json in it says
// what it holds. UsageError where that is something else.
void begin_output(const CorruptionJob& job);

// Each returns the signal that stopped it, or 0. What is there already is not made again.
//
// CIFAR-C's files: labels.npy, and for each kind KIND.npy, [severities x images, height, width, 3].
int write_arrays(const CorruptionJob& job, const data::Images& images);
// ImageNet-C's: KIND/SEVERITY/CLASS/NAME.JPEG, quality 85.
int write_folders(const CorruptionJob& job, const data::ImageFolder& folder);

// All kinds in all severities of one picture, with their names, on one PNG.
void write_contact_sheet(const CorruptionJob& job, const std::string& picture);

}  // namespace tools
