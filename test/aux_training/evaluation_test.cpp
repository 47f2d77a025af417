#include "aux_training/evaluation.h"

#include <limits>

#include "aux_training/model_file.h"
#include "engine/layers/layers.h"
#include "kernels/base/check.h"
#include "test/aux_training/small_run.h"
#include "test/support/catch.h"
#include "test/support/contains.h"

namespace {

using namespace aux_training;
using test_support::contains;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr data::Normalization kAsItIs{{0, 0, 0}, {1, 1, 1}};  // a byte 255 becomes 1

// A model made by hand. Its features are the image, so that the pooled features of a plain image
// are its colour, and its logits are weight * colour + bias.
class HandMade {
 public:
  HandMade(const std::vector<std::array<float, 3>>& weight, const std::vector<float>& bias)
      : settings_{.classes = static_cast<int>(bias.size()), .height = 4, .width_pixels = 4},
        pool_(2),
        weights_({.device = kernels::Cpu{&pool_}}),
        fc_(engine::linear_parameters(weights_, "fc", 3, settings_.classes)),
        session_(weights_),
        evaluator_(pool_, engine::Type::Float, settings_, identity, session_) {
    for (size_t c = 0; c < bias.size(); ++c) {
      session_.data(fc_.bias)[c] = bias[c];
      for (size_t channel = 0; channel < 3; ++channel)
        session_.data(fc_.weight)[3 * c + channel] = weight[c][channel];
    }
  }
  Errors evaluate(const data::Images& images) {
    return evaluator_.evaluate(images, kAsItIs, data::View{}, 1);
  }
  int classes() const { return settings_.classes; }
  Evaluator& evaluator() { return evaluator_; }

 private:
  static engine::Tensor identity(engine::Program&, engine::Tensor images) { return images; }
  ClassifierSettings settings_;
  kernels::ThreadPool pool_;
  engine::Program weights_;
  engine::LinearParameters fc_;
  engine::Session session_;
  Evaluator evaluator_;
};

struct PlainImage {
  std::array<int, 3> color;  // 0 or 255
  int label;
};

data::Images images_of(const std::vector<PlainImage>& plain, int classes) {
  data::Images images{static_cast<int>(plain.size()), 4, 4, classes, {}, {}};
  for (const auto& [color, label] : plain) {
    images.labels.push_back(label);
    for (int pixel = 0; pixel < 16; ++pixel)
      for (const int value : color) images.pixels.push_back(static_cast<std::uint8_t>(value));
  }
  return images;
}

// Whoever is red, green or blue is of class 0, 1 or 2; black is a tie of them all at 0, and so are
// the classes 3 to 6, whose bias is below.
HandMade by_color() {
  return HandMade({{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {}, {}, {}, {}}, {0, 0, 0, -1, -1, -1, -2});
}

bool same_errors(const Errors& a, const Errors& b) {
  return a.images == b.images && a.top1 == b.top1 && a.top5 == b.top5;
}

}  // namespace

TEST_CASE("evaluation: errors are those counted by hand") {
  HandMade model = by_color();
  // Places from 0: red 1 2 | green 0 2 | ...; top-1 is wrong from place 1 on, top-5 from 5 on.
  const Errors errors = model.evaluate(images_of({{{255, 0, 0}, 0},   // place 0
                                                  {{255, 0, 0}, 1},   // 1: ties with 2, below 0
                                                  {{0, 255, 0}, 1},   // 0
                                                  {{0, 255, 0}, 5},   // 5
                                                  {{0, 0, 255}, 4},   // 4
                                                  {{255, 0, 0}, 6}},  // 6
                                                 model.classes()));
  CHECK(errors.images == 6);
  CHECK(errors.top1 == 4);
  CHECK(errors.top5 == 2);
  CHECK(errors.top1_error() == 4.0 / 6);
  CHECK(errors.top5_error() == 2.0 / 6);
}

TEST_CASE("evaluation: of equal logits the one of the smaller class comes first") {
  HandMade model = by_color();
  const auto wrong = [&](std::array<int, 3> color, int label) {
    return model.evaluate(images_of({{color, label}}, model.classes())).top1;
  };
  CHECK(wrong({255, 255, 0}, 0) == 0);
  CHECK(wrong({255, 255, 0}, 1) == 1);
  CHECK(wrong({0, 0, 0}, 0) == 0);
  CHECK(wrong({0, 0, 0}, 2) == 1);
}

TEST_CASE("evaluation: not-a-number is never right") {
  const std::vector<PlainImage> plain = {{{255, 0, 0}, 0}, {{0, 255, 0}, 1}};
  SECTION("in the logit of the label, also where all classes are among the first five") {
    HandMade model({{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, {kNan, 0, 0});
    const Errors errors = model.evaluate(images_of(plain, 3));
    CHECK(errors.top1 == 2);  // of class 1, too: class 0 may be larger
    CHECK(errors.top5 == 1);
  }
  SECTION("in all logits") {
    HandMade model({{}, {}, {}, {}, {}, {}}, std::vector<float>(6, kNan));
    const Errors errors = model.evaluate(images_of(plain, 6));
    CHECK(errors.top1 == 2);
    CHECK(errors.top5 == 2);
  }
}

TEST_CASE("evaluation: the padding of the last batch is not counted") {
  const int count = GENERATE(1, 127, 128, 129, 300);
  HandMade model = by_color();
  std::vector<PlainImage> plain;
  long wrong = 0;
  for (int i = 0; i < count; ++i) {
    // What the padding would still hold of the batch before is wrong, too.
    const int color = i % 3, label = i % 7;
    plain.push_back({{color == 0 ? 255 : 0, color == 1 ? 255 : 0, color == 2 ? 255 : 0}, label});
    wrong += label != color;
  }
  const Errors errors = model.evaluate(images_of(plain, model.classes()));
  CHECK(errors.images == count);
  CHECK(errors.top1 == wrong);
}

TEST_CASE("evaluation: images of another size or data set are refused") {
  HandMade model = by_color();
  CHECK_THROWS_WITH(model.evaluate(images_of({{{0, 0, 0}, 0}}, 8)),
                    contains("4x4 images of 7 classes, the data set has 4x4 of 8"));
  data::Images tall = images_of({{{0, 0, 0}, 0}}, 7);
  tall.height = 8, tall.width = 2;
  CHECK_THROWS_WITH(model.evaluate(tall), contains("the data set has 8x2"));
  CHECK_THROWS_WITH(model.evaluator().logits({1, 2, 3}), contains("takes 48 numbers"));
}

TEST_CASE("evaluation: the weights of a training where they are, and from its file, are the same") {
  const test::TemporaryRuns runs;
  test::Training training;
  const auto storage = GENERATE(engine::Type::Float, engine::Type::BFloat16);
  if (storage == engine::Type::BFloat16) training.recipe.precision = Precision::Bf16;
  const RunFolder folder = runs.make("run");
  Trainer trainer = training.trainer();
  REQUIRE(trainer.run(folder) == 0);

  const data::Dataset dataset = test::small_dataset({.train = 10, .test = 200});
  const Model model = load_model(folder.path().string());
  const ClassifierSettings& settings = model.description.classifier;
  kernels::ThreadPool one(1), three(3);
  Evaluator shared(one, storage, settings, features_of(settings), trainer.session());
  Evaluator loaded(three, storage, model);
  for (const data::View& view : data::default_views()) {
    const Errors a = shared.evaluate(dataset.test, dataset.normalization, view, 1);
    const Errors b = loaded.evaluate(dataset.test, dataset.normalization, view, 1);
    CAPTURE(name_of(view.corruption), a.top1, b.top1);
    CHECK(same_errors(a, b));
    CHECK((a.top1 > 0 && a.top1 < a.images));  // it has something to tell apart
  }
  std::vector<float> image(16 * 16 * 3);
  for (size_t i = 0; i < image.size(); ++i) image[i] = static_cast<float>(i % 13) / 6 - 1;
  CHECK(shared.logits(image) == loaded.logits(image));
}

TEST_CASE("evaluation: does not disturb a training") {
  const test::TemporaryRuns runs;
  const test::Training training;
  Trainer trainer = training.trainer();
  REQUIRE(trainer.run(runs.make("run")) == 0);
  const auto everything = [](const engine::Value&) { return true; };
  const auto bits = [&] {
    std::vector<std::string> all;
    for (const engine::TensorEntry& entry : engine::entries_of(trainer.session(), everything))
      all.emplace_back(static_cast<const char*>(entry.data),
                       static_cast<size_t>(engine::size_of(entry.shape)) * sizeof(float));
    return all;
  };
  const auto before = bits();
  const data::Dataset dataset = test::small_dataset();
  const Model model = load_model((runs.path() / "run").string());
  kernels::ThreadPool pool(1);
  Evaluator evaluator(pool, engine::Type::Float, model.description.classifier,
                      features_of(model.description.classifier), trainer.session());
  evaluator.evaluate(dataset.test, dataset.normalization, data::View{}, 1);
  CHECK((bits() == before));
}
