#include "data/dataset.h"

#include <algorithm>
#include <cstdlib>

#include "data/cifar.h"
#include "data/synthetic.h"
#include "kernels/base/check.h"
#include "kernels/base/thread_pool.h"

namespace data {

Dataset load_dataset(const std::string& name, const std::string& directory,
                     std::uint64_t synthetic_seed) {
  if (name == "cifar10") return read_cifar10(directory);
  if (name == "cifar100") return read_cifar100(directory);
  if (name == "synthetic") {
    // A fifth of a second of work: more threads would mostly be started and ended.
    return make_synthetic(synthetic_seed, std::min(kernels::available_processors(), 4));
  }
  throw kernels::UsageError("data set: expected cifar10, cifar100 or synthetic, got '" + name +
                            "'");
}

std::string data_directory(const std::string& option) {
  if (!option.empty()) return option;
  const char* variable = std::getenv("AUXTRAIN_DATA");
  return variable && *variable ? variable : "data-sets";
}

}  // namespace data
