#include "data/cifar.h"

#include <cstdlib>

#include "kernels/base/check.h"
#include "test/support/catch.h"
#include "test/support/contains.h"
#include "test/support/temporary_folder.h"

using namespace data;
using test_support::contains;
namespace fs = std::filesystem;

namespace {

std::string names(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "class " + std::to_string(i) + "\n";
  return text + "\n";
}

// A file of zeros, which are valid records of class 0. Takes no room on disk.
void make_zeros(const fs::path& path, std::uintmax_t bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary).put(0);
  fs::resize_file(path, bytes);
}

void poke(const fs::path& path, long offset, int value) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(offset);
  file.put(static_cast<char>(value));
}

constexpr std::uintmax_t kFile10 = 10000 * 3073, kTrain100 = 50000ull * 3074,
                         kTest100 = 10000 * 3074;

// Whether the real data set is there; says by name that its test is skipped if not.
bool have(const std::string& folder) {
  const char* directory = std::getenv("AUXTRAIN_DATA");
  if (directory && fs::exists(fs::path(directory) / folder)) return true;
  WARN("skipped: no " << folder << " in $AUXTRAIN_DATA");
  return false;
}

void check_means(const Images& images, const float (&mean)[3]) {
  double sums[3] = {};
  for (std::size_t i = 0; i < images.pixels.size(); ++i) sums[i % 3] += images.pixels[i];
  for (int c = 0; c < 3; ++c)
    CHECK(std::abs(sums[c] * 3 / 255 / double(images.pixels.size()) - mean[c]) < 1e-3);
}

}  // namespace

TEST_CASE("records become interleaved images, in order, over all files") {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path / "cifar-100-binary";
  folder.file("cifar-100-binary/fine_label_names.txt", names(100));
  make_zeros(path / "train.bin", kTrain100);
  make_zeros(path / "test.bin", kTest100);
  const long record = 3074 * 49999l;
  poke(path / "train.bin", record, 19);          // coarse
  poke(path / "train.bin", record + 1, 99);      // fine
  poke(path / "train.bin", record + 2 + 33, 7);  // red of row 1, column 1
  poke(path / "train.bin", record + 2 + 1024 + 33, 8);
  poke(path / "train.bin", record + 2 + 2048 + 33, 9);
  const Dataset dataset = load_dataset("cifar100", folder.path.string());
  CHECK(dataset.train.count == 50000);
  CHECK(dataset.test.count == 10000);
  CHECK(dataset.train.classes == 100);
  CHECK(dataset.class_names.back() == "class 99");
  CHECK(dataset.train.labels[49999] == 99);
  CHECK(dataset.train.labels[49998] == 0);
  const std::uint8_t* pixel = dataset.train.image(49999) + 33 * 3;
  CHECK((pixel[0] == 7 && pixel[1] == 8 && pixel[2] == 9));
}

TEST_CASE("broken CIFAR files are refused by name and place") {
  const test::TemporaryFolder folder;
  const std::string directory = folder.path.string();
  const fs::path path = folder.path / "cifar-10-batches-bin";
  CHECK_THROWS_WITH(read_cifar10(directory),
                    contains("batches.meta.txt") && contains("cifar-10-binary.tar.gz") &&
                        contains("cs.toronto.edu") && contains("synthetic"));
  folder.file("cifar-10-batches-bin/batches.meta.txt", names(9));
  CHECK_THROWS_WITH(read_cifar10(directory),
                    contains("expected 10 class names") && contains("got 9"));
  folder.file("cifar-10-batches-bin/batches.meta.txt", names(10));
  for (int i = 1; i <= 5; ++i)
    make_zeros(path / ("data_batch_" + std::to_string(i) + ".bin"), kFile10);
  CHECK_THROWS_WITH(read_cifar10(directory), contains("cannot read") && contains("test_batch.bin"));
  make_zeros(path / "test_batch.bin", kFile10);
  CHECK_NOTHROW(read_cifar10(directory));

  fs::resize_file(path / "data_batch_3.bin", kFile10 - 1);
  CHECK_THROWS_WITH(
      read_cifar10(directory),
      contains("data_batch_3.bin: expected 30730000 bytes") && contains("got 30729999"));
  fs::resize_file(path / "data_batch_3.bin", kFile10);
  poke(path / "data_batch_3.bin", 3073 * 5, 10);
  CHECK_THROWS_WITH(read_cifar10(directory),
                    contains("data_batch_3.bin: label at byte 15365 must be below 10, got 10"));
  fs::remove(path / "data_batch_3.bin");
  fs::create_directory(path / "data_batch_3.bin");
  CHECK_THROWS_WITH(read_cifar10(directory), contains("data_batch_3.bin"));
}

TEST_CASE("data sets are chosen by name, their place by option, variable, default") {
  CHECK_THROWS_AS(load_dataset("mnist", ""), kernels::UsageError);
  CHECK_THROWS_WITH(load_dataset("mnist", ""), contains("cifar10, cifar100 or synthetic"));
  CHECK(data_directory("here") == "here");
  const char* variable = std::getenv("AUXTRAIN_DATA");
  const std::string before = variable ? variable : "";
  ::setenv("AUXTRAIN_DATA", "there", 1);
  CHECK(data_directory("") == "there");
  CHECK(data_directory("here") == "here");
  ::setenv("AUXTRAIN_DATA", "", 1);
  CHECK(data_directory("") == "data-sets");
  ::unsetenv("AUXTRAIN_DATA");
  CHECK(data_directory("") == "data-sets");
  if (variable) ::setenv("AUXTRAIN_DATA", before.c_str(), 1);
}

TEST_CASE("the real CIFAR-10 is read") {
  if (!have("cifar-10-batches-bin")) return;
  const Dataset dataset = read_cifar10(data_directory(""));
  CHECK(dataset.class_names[6] == "frog");
  CHECK(dataset.train.labels[0] == 6);
  CHECK(dataset.test.labels[0] == 3);
  const std::uint8_t* pixel = dataset.train.image(0);
  CHECK((pixel[0] == 59 && pixel[1] == 62 && pixel[2] == 63));
  check_means(dataset.train, kCifarNormalization.mean);
}

TEST_CASE("the real CIFAR-100 is read") {
  if (!have("cifar-100-binary")) return;
  const Dataset dataset = read_cifar100(data_directory(""));
  CHECK(dataset.class_names[19] == "cattle");
  CHECK(dataset.train.labels[0] == 19);
  std::vector<int> times(100);
  for (const int label : dataset.train.labels) ++times[label];
  for (const int count : times) CHECK(count == 500);
  check_means(dataset.train, {.5071f, .4865f, .4409f});
}
