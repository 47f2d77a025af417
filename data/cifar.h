// CIFAR-10 and CIFAR-100 in their published binary form.
// https://www.cs.toronto.edu/~kriz/cifar.html: cifar-10-binary.tar.gz, cifar-100-binary.tar.gz.
#pragma once

#include <string>

#include "data/dataset.h"

namespace data {

// `directory` holds cifar-10-batches-bin/ with data_batch_1.bin to data_batch_5.bin, test_batch.bin
// and batches.meta.txt. A record is one label byte, then 32x32 red, green, blue planes.
Dataset read_cifar10(const std::string& directory);

// `directory` holds cifar-100-binary/ with train.bin, test.bin and fine_label_names.txt. A record
// is a coarse label (20 classes, unused), a fine label (100 classes), then planes as above.
Dataset read_cifar100(const std::string& directory);

}  // namespace data
