#include "aux_training/pretrained.h"

#include <cmath>
#include <cstring>

#include "engine/checkpoint/parameters.h"
#include "test/aux_training/small_run.h"
#include "test/support/catch.h"
#include "test/support/contains.h"

namespace {

using namespace aux_training;
using engine::Session;
using engine::TensorEntry;
using engine::WeightFile;
using test_support::contains;

ClassifierSettings settings(int classes = 10) {
  return {.model = "resnet20", .width = 4, .classes = classes, .height = 16, .width_pixels = 16};
}

const models::Backbone& backbone() {
  return models::find_backbone("resnet20", models::Stem::Cifar);
}

// A classifier with weights of its own, nothing else.
struct Network {
  kernels::ThreadPool pool{1};
  std::unique_ptr<InferenceProgram> network;
  Session session;
  explicit Network(std::uint64_t seed, int classes = 10)
      : network(record_inference(kernels::Cpu{&pool}, engine::Type::Float, settings(classes),
                                 features_of(settings(classes)))),
        session(network->program) {
    session.initialize(seed);
  }
  std::vector<TensorEntry> entries() { return engine::entries_of(session, is_primary); }
  std::vector<float> numbers(const std::string& name) {
    const engine::Tensor t = network->program.find(name);
    const float* first = session.data(t);
    return {first, first + engine::size_of(network->program.shape(t))};
  }
};

WeightFile file_of(const std::filesystem::path& path, const std::vector<TensorEntry>& entries) {
  engine::write_safetensors(path, entries, {});
  return WeightFile::read(path);
}

}  // namespace

TEST_CASE("pretrained: weights come in as they are, PyTorch's counts of batches do not matter") {
  const test::TemporaryRuns runs;
  Network theirs(1), ours(2);
  std::vector<TensorEntry> entries = theirs.entries();
  const std::vector<std::int32_t> count = {3};
  entries.push_back({"bn1.num_batches_tracked", {}, engine::Type::Int32, count.data()});
  const WeightFile file = file_of(runs.path() / "a.safetensors", entries);
  CHECK(classes_of(file, backbone()) == 10);
  REQUIRE(ours.numbers("conv1.weight") != theirs.numbers("conv1.weight"));
  CHECK(load_pretrained(ours.session, file, backbone()).empty());
  for (const TensorEntry& entry : theirs.entries()) {
    INFO(entry.name);
    CHECK(ours.numbers(entry.name) == theirs.numbers(entry.name));
  }
}

TEST_CASE("pretrained: a last layer for other classes is left out, and that is said") {
  const test::TemporaryRuns runs;
  Network theirs(1, 7), ours(2);
  const WeightFile file = file_of(runs.path() / "a.safetensors", theirs.entries());
  CHECK(classes_of(file, backbone()) == 7);
  const std::vector<float> last = ours.numbers("fc.weight"), bias = ours.numbers("fc.bias");
  CHECK_THAT(
      load_pretrained(ours.session, file, backbone()),
      contains("a.safetensors: its last layer is for 7 classes; the one for 10 begins anew"));
  CHECK(ours.numbers("fc.weight") == last);
  CHECK(ours.numbers("fc.bias") == bias);
  CHECK(ours.numbers("conv1.weight") == theirs.numbers("conv1.weight"));
}

TEST_CASE("pretrained: whatever else differs is refused, the first few by name") {
  const test::TemporaryRuns runs;
  Network theirs(1), ours(2);
  const auto error_of = [&](auto change) {
    std::vector<TensorEntry> entries = theirs.entries();
    std::map<std::string, TensorEntry*> by_name;
    for (TensorEntry& entry : entries) by_name[entry.name] = &entry;
    change(by_name);
    const WeightFile file = file_of(runs.path() / "a.safetensors", entries);
    try {
      load_pretrained(ours.session, file, backbone());
    } catch (const kernels::Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  using ByName = std::map<std::string, TensorEntry*>;
  CHECK(error_of([](ByName&) {}) == "");

  const std::string names = error_of([](ByName& e) {
    e["bn1.weight"]->name = "bn1.gamma";
    e["bn1.running_var"]->name = "bn1\nvar";
    e["fc.bias"]->name = "head.bias";
  });
  CHECK_THAT(names, contains("a.safetensors: does not fit the model: bn1.weight is missing; "
                             "bn1.running_var is missing; fc.bias is missing and 3 more"));
  CHECK_THAT(error_of([](ByName& e) { e["fc.bias"]->name = "fc.bias\n2"; }),
             contains("fc.bias is missing; fc.bias?2 is not in the model"));
  CHECK_THAT(error_of([](ByName& e) {
               e["conv1.weight"]->shape = {4, 3, 9, 1};
             }),
             contains("conv1.weight is [4, 3, 9, 1], expected [4, 3, 3, 3]"));
  CHECK_THAT(error_of([](ByName& e) { e["conv1.weight"]->type = engine::Type::Int32; }),
             contains("conv1.weight is I32, expected F32, F16, BF16 or F64"));
  // Other classes, but also other features, or none in the bias.
  CHECK_THAT(error_of([](ByName& e) {
               e["fc.weight"]->shape = {16, 10};
             }),
             contains("fc.weight is [16, 10], expected [10, 16]"));
  CHECK_THAT(error_of([](ByName& e) {
               e["fc.weight"]->shape = {5, 16};
             }),
             contains("fc.weight is [5, 16], expected [10, 16]"));
  const std::vector<float> broken = {0, 1, NAN, 2};
  CHECK_THAT(error_of([&](ByName& e) { e["bn1.bias"]->data = broken.data(); }),
             contains("a.safetensors: bn1.bias holds nan at element 2"));

  CHECK_THROWS_WITH(classes_of(file_of(runs.path() / "b.safetensors", {}), backbone()),
                    contains("b.safetensors: does not fit the model: fc.weight is missing"));
  const float one = 1;
  CHECK_THROWS_WITH(classes_of(file_of(runs.path() / "b.safetensors",
                                       {{"fc.weight", {1}, engine::Type::Float, &one}}),
                               backbone()),
                    contains("fc.weight is [1], expected [classes, features]"));
}

TEST_CASE("pretrained: a training starts from its recipe's init, and does not need it to resume") {
  const test::TemporaryRuns runs;
  const std::filesystem::path path = runs.path() / "start.safetensors";
  Network theirs(5, 3);  // of other classes
  engine::write_safetensors(path, theirs.entries(), {});
  test::Training training;
  training.recipe.init = path.string();
  {
    Trainer trainer = training.trainer();
    const engine::Program& program = trainer.network().program;
    for (const char* name : {"conv1.weight", "layer3.2.bn2.weight"}) {
      const float* first = trainer.session().data(program.find(name));
      CHECK(std::memcmp(first, theirs.numbers(name).data(),
                        theirs.numbers(name).size() * sizeof(float)) == 0);
    }
  }
  const RunFolder whole = runs.make("whole"), stopped = runs.make("stopped");
  CHECK(training.run(whole) == 0);
  test::Training interrupted = training;
  int asked = 0;
  interrupted.options.interrupt = [&] { return ++asked == 3 ? 15 : 0; };
  CHECK(interrupted.run(stopped) == 15);
  std::filesystem::remove(path);
  CHECK(training.resume(stopped) == 0);
  test::require_same(whole, stopped);
  CHECK_THROWS_WITH(training.trainer(), contains("start.safetensors: there is no such file"));
}
