// The published arrays, by their MD5s.
// CIFAR-10-C: https://zenodo.org/record/2535967, CIFAR-100-C: https://zenodo.org/record/3555552;
// the MD5s of single files as in the lists of several libraries that check them.
#pragma once

#include <array>
#include <string>

#include "data/corruptions/corruptions.h"

namespace data::corruptions {

struct PublishedArrays {
  const char* name;                     // CIFAR-10-C
  std::array<const char*, kKinds> md5;  // of KIND.npy
};

// Of "cifar10" and "cifar100"; null for any other data set.
const PublishedArrays* published_arrays(const std::string& dataset);

}  // namespace data::corruptions
