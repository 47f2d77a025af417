// A data set so small that a test can train on it: made by formula, and learnable.
#pragma once

#include "data/dataset.h"

namespace test {

struct SmallDataset {
  int train = 32, test = 20;
  int size = 16;  // height and width
};

// Ten classes, labels 0, 1, ..., 9, 0, ...: stripes whose direction and colour are the class's,
// under noise. It goes by the name of the built-in data set, so that recipes can name it.
data::Dataset small_dataset(const SmallDataset& = {});

}  // namespace test
