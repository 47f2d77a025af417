#include "aux_training/model_file.h"

#include <set>

#include "kernels/base/check.h"
#include "test/aux_training/small_run.h"
#include "test/support/catch.h"
#include "test/support/contains.h"

namespace {

using namespace aux_training;
using test_support::contains;

void add_batch_norm(std::set<std::string>& names, const std::string& layer) {
  for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"})
    names.insert(layer + part);
}

// The state_dict of torchvision's ResNet of basic blocks, but for num_batches_tracked.
std::set<std::string> torchvision_names(const std::vector<int>& blocks) {
  std::set<std::string> names = {"conv1.weight", "fc.weight", "fc.bias"};
  add_batch_norm(names, "bn1");
  for (size_t stage = 0; stage < blocks.size(); ++stage) {
    for (int block = 0; block < blocks[stage]; ++block) {
      const std::string at = kernels::text("layer", stage + 1, ".", block, ".");
      for (const char* part : {"1", "2"}) {
        names.insert(at + "conv" + part + ".weight");
        add_batch_norm(names, at + "bn" + part);
      }
      if (stage == 0 || block > 0) continue;
      names.insert(at + "downsample.0.weight");
      add_batch_norm(names, at + "downsample.1");
    }
  }
  return names;
}

std::set<std::string> names_of(const engine::Safetensors& file) {
  const std::vector<std::string> names = file.names();
  return {names.begin(), names.end()};
}

ModelDescription description() {
  return {.classifier = {.model = "resnet18",
                         .stem = models::Stem::ImageNet,
                         .width = 4,
                         .classes = 3,
                         .height = 24,
                         .width_pixels = 16,
                         .stem_relu = false},
          .dataset = "pets",
          .class_names = {"cat", "dog", "it's a \"bird\""},
          .normalization = {{0.1f, 0.2f, 0.3f}, {0.4f, 0.5f, 0.6f}}};
}

// A file of this metadata and no weights.
engine::Safetensors file_of(const std::filesystem::path& folder, const engine::Metadata& metadata) {
  const std::filesystem::path path = folder / "file.safetensors";
  engine::write_safetensors(path, {}, metadata);
  return engine::Safetensors::read(path);
}

}  // namespace

TEST_CASE("model file: torchvision's names and layouts, and none of an auxiliary classifier") {
  const test::TemporaryRuns runs;
  test::Training training;
  const auto [model, blocks] =
      GENERATE(std::pair<std::string, std::vector<int>>("resnet20", {3, 3, 3}),
               std::pair<std::string, std::vector<int>>("resnet18", {2, 2, 2, 2}));
  training.recipe.model.name = model;
  training.dataset.size = 32;
  Trainer trainer = training.trainer();
  const std::filesystem::path path = runs.path() / "primary.safetensors";
  ModelDescription described = description();
  described.classifier.model = model;
  described.classifier.stem = models::Stem::Cifar;
  write_primary(path, trainer.session(), described);
  const engine::Safetensors file = engine::Safetensors::read(path);

  CHECK(names_of(file) == torchvision_names(blocks));
  CHECK(file.shape("conv1.weight") ==
        std::vector<int>{4, 3, 3, 3});  // output, input, height, width
  CHECK(file.shape("layer2.0.conv1.weight") == std::vector<int>{8, 4, 3, 3});
  CHECK(file.shape("layer2.0.downsample.0.weight") == std::vector<int>{8, 4, 1, 1});
  CHECK(file.shape("fc.weight") == std::vector<int>{10, blocks.size() == 3 ? 16 : 32});
  CHECK(file.shape("bn1.running_var") == std::vector<int>{4});

  // The session has them all, and more.
  CHECK(trainer.network().program.find("auxiliary.2.fc.weight"));
}

TEST_CASE("model file: what a model is comes back as it was") {
  const test::TemporaryRuns runs;
  const ModelDescription before = description();
  const ModelDescription after = describe(file_of(runs.path(), to_metadata(before)));
  CHECK(after.classifier.model == "resnet18");
  CHECK(after.classifier.stem == models::Stem::ImageNet);
  CHECK(after.classifier.width == 4);
  CHECK(after.classifier.classes == 3);
  CHECK(after.classifier.height == 24);
  CHECK(after.classifier.width_pixels == 16);
  CHECK(after.classifier.stem_relu == false);
  CHECK(after.classifier.views == 1);
  CHECK(after.dataset == before.dataset);
  CHECK(after.class_names == before.class_names);
  for (size_t c = 0; c < 3; ++c) {
    CHECK(after.normalization.mean[c] == before.normalization.mean[c]);
    CHECK(after.normalization.std[c] == before.normalization.std[c]);
  }
}

TEST_CASE("model file: metadata that is missing or makes no sense is refused by name") {
  const test::TemporaryRuns runs;
  const engine::Metadata whole = to_metadata(description());
  for (const char* key :
       {"model", "stem", "width", "classes", "image_height", "image_width", "stem_relu", "dataset",
        "class_names", "normalization_mean", "normalization_std"}) {
    INFO(key);
    engine::Metadata metadata = whole;
    metadata.erase(key);
    CHECK_THROWS_WITH(describe(file_of(runs.path(), metadata)),
                      contains("file.safetensors: its metadata has no \"" + std::string(key)));
  }
  const std::pair<const char*, const char*> nonsense[] = {
      {"model", "resnet21"},
      {"model", "resnet20"},  // not with that stem
      {"stem", "vgg"},
      {"width", "-4"},
      {"width", "4.5"},
      {"width", "99999999999999999999"},
      {"classes", "three"},
      {"classes", "4"},
      {"image_height", "0"},
      {"image_width", ""},
      {"stem_relu", "maybe"},
      {"class_names", "[\"cat\", \"dog\"]"},
      {"class_names", "cat"},
      {"normalization_mean", "[1, 2]"},
      {"normalization_std", "[1, 2, 0]"},
      {"normalization_std", "[1, 2, \"3\"]"}};
  for (const auto& [key, value] : nonsense) {
    INFO(key << " = " << value);
    engine::Metadata metadata = whole;
    metadata[key] = value;
    CHECK_THROWS_WITH(describe(file_of(runs.path(), metadata)),
                      contains("file.safetensors: metadata") && contains("makes no sense"));
  }
}

TEST_CASE("model file: a run folder is its primary classifier, else its checkpoint") {
  const test::TemporaryRuns runs;
  const RunFolder folder = runs.make("run");
  const test::Training training;
  CHECK_THROWS_WITH(load_model(folder.path().string()),
                    contains("holds neither primary.safetensors nor checkpoint.safetensors"));
  REQUIRE(training.run(folder) == 0);
  const Model finished = load_model(folder.path().string());
  CHECK(finished.weights.path() == folder.primary());
  CHECK(finished.name == folder.path().string());
  CHECK(finished.description.class_names.at(9) == "class 9");

  std::filesystem::remove(folder.primary());
  const Model running = load_model(folder.path().string());
  CHECK(running.weights.path() == folder.checkpoint());
  CHECK(running.description.classifier.width == 4);

  // Both are the same classifier.
  kernels::ThreadPool pool(1);
  Evaluator one(pool, engine::Type::Float, finished), other(pool, engine::Type::Float, running);
  const std::vector<float> image(16 * 16 * 3, 0.5f);
  CHECK(one.logits(image) == other.logits(image));
}

TEST_CASE("model file: what is no model is refused by name") {
  const test::TemporaryRuns runs;
  CHECK_THROWS_AS(load_model((runs.path() / "none").string()), kernels::UsageError);
  CHECK_THROWS_WITH(load_model((runs.path() / "none").string()),
                    contains("none: no such run folder or .safetensors file"));
  const std::filesystem::path text = runs.path() / "text.safetensors";
  write_text_file(text, "not at all a file of tensors");
  CHECK_THROWS_WITH(load_model(text.string()),
                    contains("text.safetensors: not a safetensors file"));

  // Described well, but without its weights.
  file_of(runs.path(), to_metadata(description()));
  const Model empty = load_model((runs.path() / "file.safetensors").string());
  kernels::ThreadPool pool(1);
  CHECK_THROWS_WITH(Evaluator(pool, engine::Type::Float, empty),
                    contains("file.safetensors: does not fit the model: ") &&
                        contains("conv1.weight is missing"));
}
