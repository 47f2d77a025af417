#include "aux_training/evaluation/array_folder.h"

#include <cstdlib>

#include "data/npy.h"
#include "kernels/base/check.h"
#include "test/data/some_images.h"
#include "test/support/catch.h"
#include "test/support/contains.h"
#include "test/support/temporary_folder.h"

namespace {

using namespace aux_training;
using namespace data::corruptions;
using test_support::contains;

constexpr int kCount = 6;

std::string bytes_of(const ImageSet& set, const TestSet& test, kernels::ThreadPool& pool) {
  std::string bytes(static_cast<std::size_t>(test.count) * test.image_size(), '\0');
  auto* out = reinterpret_cast<std::uint8_t*>(bytes.data());
  const int half = test.count / 2;  // in two pieces
  set.write(half, test.count - half, pool,
            out + static_cast<std::size_t>(half) * test.image_size());
  set.write(0, half, pool, out);
  return bytes;
}

// A folder as `auxtrain corrupt` would make it of these images.
struct Made {
  test::TemporaryFolder folder;
  kernels::ThreadPool pool{2};
  data::Images images = test::random_images(kCount, 32, 32);
  std::vector<int> severities = {1, 2, 3, 4, 5};

  void write(Kind kind) {
    const long rows = static_cast<long>(severities.size()) * images.count;
    std::string bytes = data::npy_header({rows, 32, 32, 3});
    for (const int severity : severities)
      bytes += bytes_of(generated(kind, severity), test_set(images), pool);
    folder.file(name_of(kind) + ".npy", bytes);
  }
  void write_labels() {
    std::string bytes = data::npy_header({static_cast<long>(severities.size()) * images.count});
    for (std::size_t i = 0; i < severities.size(); ++i)
      for (const int label : images.labels) bytes += static_cast<char>(label);
    folder.file("labels.npy", bytes);
  }
  ImageSet generated(Kind kind, int severity) const {
    return generated_set(images, {kind, severity}, 0, FrostTextures::procedural());
  }
  ArrayFolder open() const { return {folder.path, "synthetic", test_set(images)}; }
};

}  // namespace

TEST_CASE("array folder: its sets are the ones that are made without it") {
  Made made;
  made.write_labels();
  for (const Kind kind : {Kind::ShotNoise, Kind::Fog}) made.write(kind);
  ArrayFolder folder = made.open();
  CHECK(folder.severities() == std::vector<int>{1, 2, 3, 4, 5});
  const TestSet test = test_set(made.images);
  for (const Kind kind : {Kind::Fog, Kind::ShotNoise})
    for (const int severity : {5, 1, 2}) {
      const ImageSet set = folder.set(kind, severity);
      CHECK(set.name == kernels::text(name_of(kind), " ", severity));
      CHECK((bytes_of(set, test, made.pool) ==
             bytes_of(made.generated(kind, severity), test, made.pool)));
    }
  CHECK(folder.published().empty());
}

TEST_CASE("array folder: corruptions.json says which severities there are") {
  Made made;
  made.severities = {2, 4};
  made.write_labels();
  made.write(Kind::Fog);
  CHECK_THROWS_WITH(made.open(), contains("labels.npy: expected a shape of (30,)") &&
                                     contains("5 severities of 6 images") && contains("(12,)"));
  made.folder.file("corruptions.json", R"({"dataset": "synthetic", "severities": [2, 4]})");
  ArrayFolder folder = made.open();
  CHECK(folder.severities() == made.severities);
  CHECK((bytes_of(folder.set(Kind::Fog, 4), test_set(made.images), made.pool) ==
         bytes_of(made.generated(Kind::Fog, 4), test_set(made.images), made.pool)));
  CHECK_THROWS_AS(folder.set(Kind::Fog, 3), kernels::UsageError);

  made.folder.file("corruptions.json", R"({"dataset": "cifar10", "severities": [2, 4]})");
  CHECK_THROWS_WITH(made.open(), contains("is of cifar10, the models of synthetic"));
  for (const char* broken :
       {"", "[]", R"({"dataset": "synthetic"})", R"({"dataset": "synthetic", "severities": [0]})",
        R"({"dataset": "synthetic", "severities": []})"}) {
    made.folder.file("corruptions.json", broken);
    CHECK_THROWS_WITH(made.open(), contains("corruptions.json: expected dataset and severities"));
  }
}

TEST_CASE("array folder: what does not fit is refused by name") {
  Made made;
  CHECK_THROWS_WITH(made.open(), contains("labels.npy: cannot read"));
  made.write_labels();
  ArrayFolder folder = made.open();
  CHECK_THROWS_WITH(folder.set(Kind::Snow, 1), contains("snow.npy: is not there; --only"));
  made.folder.file("snow.npy", data::npy_header({30, 32, 32, 3}) + std::string(100, 'x'));
  CHECK_THROWS_WITH(folder.set(Kind::Snow, 1), contains("snow.npy: expected 92288 bytes"));
  made.folder.file("snow.npy",
                   data::npy_header({kCount, 32, 32, 3}) + std::string(kCount * 32 * 32 * 3, 'x'));
  CHECK_THROWS_WITH(folder.set(Kind::Snow, 1),
                    contains("snow.npy: expected a shape of (30, 32, 32, 3), got (6, 32, 32, 3)"));
  made.images.labels[4] = 7;
  CHECK_THROWS_WITH(made.open(), contains("labels.npy: expected the labels of the test images") &&
                                     contains("so 7 at row 4, got 4"));
}

TEST_CASE("array folder: published arrays are recognised") {
  const char* directory = std::getenv("AUXTRAIN_DATA");
  const auto [dataset, folder_name] = GENERATE(table<std::string, std::string>(
      {{"cifar10", "cifar-10-batches-bin"}, {"cifar100", "cifar-100-binary"}}));
  if (!directory || !std::filesystem::exists(std::filesystem::path(directory) / folder_name)) {
    WARN("skipped: no " << folder_name << " in $AUXTRAIN_DATA");
    return;
  }
  Made made;
  made.images = data::load_dataset(dataset, directory).test;
  made.write_labels();
  made.write(Kind::Contrast);
  made.write(Kind::Fog);
  ArrayFolder folder(made.folder.path, dataset, test_set(made.images));
  std::vector<std::uint8_t> image(made.images.image_size());
  for (const Kind kind : {Kind::Contrast, Kind::Fog})
    folder.set(kind, 1).write(0, 1, made.pool, image.data());
  CHECK(folder.published() == std::vector<Kind>{Kind::Contrast});
}
