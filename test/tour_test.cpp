// A tour of the whole engine, from a random number to a trained classifier in a file. Every public
// idea is here once, in the order in which they build on each other; the tests beside this file go
// into depth.
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "aux_training/classifier.h"
#include "aux_training/evaluation.h"
#include "aux_training/model_file.h"
#include "aux_training/recipe/recipe.h"
#include "aux_training/recipe/schedule.h"
#include "data/loader.h"
#include "engine/layers/layers.h"
#include "engine/ops/cross_entropy.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/pooling.h"
#include "engine/ops/sgd.h"
#include "engine/ops/sigmoid.h"
#include "engine/ops/slice.h"
#include "engine/runtime/session.h"
#include "kernels/base/philox.h"
#include "kernels/relu/relu.h"
#include "kernels/sgd/sgd.h"
#include "test/support/catch.h"
#include "test/support/contains.h"

using engine::Mode;
using engine::Program;
using engine::Role;
using engine::Session;
using engine::Shape;
using engine::Tensor;
using engine::Type;
using test_support::contains;

namespace {

constexpr int kSize = 16;

// Two classes of images that a network can tell apart: bright at the top, bright at the bottom.
data::Images bright_halves(int count) {
  data::Images images;
  images.count = count;
  images.height = images.width = kSize;
  images.classes = 2;
  kernels::Random random(1, kernels::RandomUse::Test);
  for (int i = 0; i < count; ++i) {
    images.labels.push_back(i % 2);
    for (int y = 0; y < kSize; ++y)
      for (int x = 0; x < kSize * 3; ++x) {
        const bool bright = (y < kSize / 2) == (i % 2 == 0);
        images.pixels.push_back(static_cast<std::uint8_t>((bright ? 128 : 0) + random.below(128)));
      }
  }
  return images;
}

void set(Session& session, Tensor knob, std::initializer_list<float> numbers) {
  std::copy(numbers.begin(), numbers.end(), session.data(knob));
}

}  // namespace

TEST_CASE("1. random numbers are a function of what they are for", "[tour]") {
  using kernels::Random;
  Random crop(/*seed=*/7, kernels::RandomUse::Augment, /*epoch*/ 3, /*image*/ 41);
  Random again(7, kernels::RandomUse::Augment, 3, 41);
  Random other(7, kernels::RandomUse::Augment, 3, 42);
  const float first = crop.uniform();
  CHECK(first == again.uniform());  // in any thread, on any device, after any resume
  CHECK(first != other.uniform());
}

TEST_CASE("2. a kernel is mathematics on raw arrays", "[tour]") {
  kernels::ThreadPool pool(2);
  const float x[] = {-2, -1, 0, 1, 2};
  float y[5];
  kernels::relu_forward(kernels::Cpu{&pool}, {5}, kernels::ReluForward<float>{.x = x, .y = y});
  CHECK(y[0] == 0);
  CHECK(y[4] == 2);
}

TEST_CASE("3. a program is written once, on names instead of numbers", "[tour]") {
  kernels::ThreadPool pool(1);
  Program program({.device = kernels::Cpu{&pool}});
  const Tensor x = program.input("x", {1, 4, 3});  // [views, images, features]
  const engine::LinearParameters fc = engine::linear_parameters(program, "fc", 3, 2);
  const Tensor y = engine::linear(program, x, fc.weight, fc.bias);
  CHECK(program.shape(y) == Shape{1, 4, 2});
  CHECK(program.value(fc.weight).role == Role::Parameter);
  CHECK_THAT(program.listing(), contains("<- x, fc.weight, fc.bias"));
  // What does not fit is refused here, not in the middle of a run.
  CHECK_THROWS_WITH(engine::add(program, x, y), contains("[1, 4, 3]") && contains("[1, 4, 2]"));
}

TEST_CASE("4. a session gives a program memory; backward and sgd make a step of it", "[tour]") {
  kernels::ThreadPool pool(2);
  Program program({.device = kernels::Cpu{&pool}});
  const Tensor x = program.input("x", {1, 4, 2});
  const Tensor labels = program.input("labels", {1, 4}, Type::Int32);
  const Tensor weight = program.input("weight", {1});  // of the loss: a number in memory
  const engine::LinearParameters fc = engine::linear_parameters(program, "fc", 2, 2);
  const Tensor logits = engine::linear(program, x, fc.weight, fc.bias);
  const engine::CrossEntropy loss = engine::cross_entropy(program, logits, labels, weight);
  program.backward({loss.loss});  // appends explicit gradient calls
  const Tensor knobs = program.input("knobs", {kernels::kSgdKnobs});
  engine::sgd(program, knobs);

  Session session(program);
  session.initialize(/*seed=*/1);
  set(session, x, {0, 0, 0, 1, 1, 0, 1, 1});
  const int classes[] = {0, 0, 1, 1};
  std::copy_n(classes, 4, session.data<int>(labels));
  set(session, weight, {1});
  session.data(knobs)[kernels::kLearningRate] = 0.5f;
  for (int step = 0; step < 100; ++step) session.step();  // launches only: nothing is allocated
  CHECK(*session.data(loss.loss) < 0.1f);
  CHECK(*session.data(loss.correct) == 4);

  // A schedule writes a number; the program stays as it is.
  session.data(knobs)[kernels::kLearningRate] = 0;
  const float before = session.data(fc.weight)[0];
  session.step();
  CHECK(session.data(fc.weight)[0] == before);

  // A step that went wrong can say where.
  session.data(fc.weight)[1] = NAN;
  CHECK_THROWS_WITH(session.step_checked(), contains("fc.weight [2, 2] holds nan at element 1"));
}

TEST_CASE("5. gradients are written where they belong, added where they meet", "[tour]") {
  kernels::ThreadPool pool(1);
  Program program({.device = kernels::Cpu{&pool}});
  const Tensor w = program.parameter("w", {2, 3}, {engine::Initializer::Kind::Uniform, 1});
  const Tensor gate = engine::sigmoid(program, w);
  const Tensor first = engine::slice_views(program, engine::multiply(program, w, gate), 0, 1);
  const Tensor logits = engine::reshape(program, first, {1, 1, 3});  // no call: the same memory
  const Tensor labels = program.input("labels", {1, 1}, Type::Int32);
  const Tensor weight = program.input("weight", {1});
  program.backward({engine::cross_entropy(program, logits, labels, weight).loss});
  Session session(program, {.poison = true});  // what is read before it is written would be NaN
  session.initialize(2);
  set(session, weight, {1});
  session.forward_backward();
  const float* gradient = session.data(program.find("d_w"));
  CHECK(gradient[0] < 0);                       // the label's logit should grow,
  CHECK((gradient[1] > 0 && gradient[2] > 0));  // the others shrink,
  CHECK(gradient[3] == 0);                      // and what no loss sees stays.
}

TEST_CASE("6. batch norm is selective: every view has statistics of its own", "[tour]") {
  kernels::ThreadPool pool(1);
  Program training({.device = kernels::Cpu{&pool}});
  const Tensor x = training.input("x", {2, 2, 1});  // two views of two images
  engine::batch_norm_layer(training, "bn", x);
  Session session(training);
  session.initialize(1);
  set(session, x, {9, 11, 990, 1010});
  session.forward_backward();
  const float clean = *session.data(training.find("bn.running_mean"));
  CHECK(std::abs(clean - 0.1f * 10) < 1e-5f);  // follows view 0 only

  // An inference program sees the training's weights and statistics where they are.
  Program inference({.device = kernels::Cpu{&pool}, .mode = Mode::Inference});
  engine::batch_norm_layer(inference, "bn", inference.input("x", {1, 1, 1}));
  Session reader(inference, {.parameters_of = &session});
  CHECK(*reader.data(inference.find("bn.running_mean")) == clean);
}

TEST_CASE("7. a loader turns images into batches of views", "[tour]") {
  const data::Images images = bright_halves(6);
  std::vector<data::View> views{{}, {data::Corruption::GaussianNoise, 20}};
  std::vector<float> pixels[2];
  std::vector<int> labels[2];
  std::array<data::BatchSlot, 2> slots;  // one trains while the other is filled
  for (int i = 0; i < 2; ++i) {
    pixels[i].resize(2 * 3 * images.image_size());
    labels[i].resize(3);
    slots[static_cast<size_t>(i)] = {pixels[i].data(), Type::Float, labels[i].data()};
  }
  data::Loader loader(images, data::kCifarNormalization, {.views = views, .batch = 3}, slots);
  CHECK(loader.steps_per_epoch() == 2);
  loader.start(/*epoch=*/0, /*first_step=*/0);
  int seen = 0;
  for (int step = 0; step < loader.steps_per_epoch(); ++step) {
    const int slot = loader.wait();
    for (const int label : labels[slot]) seen += label;
  }
  CHECK(seen == 3);  // every image once: three of class 0, three of class 1
}

TEST_CASE("8. a recipe says what is trained, and its errors what would be right", "[tour]") {
  const aux_training::Recipe recipe =
      aux_training::load_recipe("quickstart", {"optimizer.lr=0.2"}).recipe;
  CHECK(recipe.optimizer.lr == 0.2);
  CHECK(aux_training::penalty_weight(recipe, 0) == 0);  // stage 2 comes later
  CHECK(aux_training::penalty_weight(recipe, recipe.method.stage2_epoch) == recipe.method.gamma);
  CHECK_THROWS_WITH(aux_training::load_recipe("quickstart", {"optimizer.learning=1"}),
                    contains("optimizer.learning"));
}

TEST_CASE("9. auxiliary training, whole: from images to a classifier in a file", "[tour]") {
  kernels::ThreadPool pool(2);
  const data::Images images = bright_halves(64);
  aux_training::ModelDescription description;
  description.classifier.model = "resnet20";
  description.classifier.width = 4;
  description.classifier.classes = 2;
  description.classifier.views = 2;
  description.classifier.images = 16;
  description.classifier.height = description.classifier.width_pixels = kSize;
  description.dataset = "bright halves";
  description.class_names = {"top", "bottom"};
  description.normalization = data::kCifarNormalization;

  // The network: a backbone, the primary classifier for the clean view, an auxiliary one for the
  // corrupted view, their losses, the backward pass and the update.
  const auto features = aux_training::features_of(description.classifier);
  const auto training = aux_training::record_training(kernels::Cpu{&pool}, Type::Float,
                                                      description.classifier, features);
  Session session(training->program);
  session.initialize(1);
  set(session, training->ce_weight, {1, 0.05f});
  set(session, training->kl_weight, {0.05f});
  set(session, training->temperature, {1});
  set(session, training->penalty_weight, {1});  // stage 2: pulls the two last layers together
  set(session, training->optimizer, {/*lr*/ 0.05f, /*momentum*/ 0.9f, /*decay*/ 5e-4f, 0});

  // The loader writes straight into the two slots of the session's inputs.
  std::array<data::BatchSlot, 2> slots;
  for (int slot = 0; slot < 2; ++slot)
    slots[static_cast<size_t>(slot)] = {session.data<void>(training->images, slot), Type::Float,
                                        session.data<int>(training->labels, slot)};
  const data::LoaderSettings settings{.views = {{}, {data::Corruption::GaussianBlur, 1}},
                                      .batch = description.classifier.images};
  data::Loader loader(images, description.normalization, settings, slots);
  loader.start(0, 0);
  for (int step = 0; step < 40; ++step) session.step(loader.wait());
  loader.stop();
  CHECK(*session.data(training->losses.loss) < 0.3f);
  CHECK(*session.data(training->head_distance) < 1);

  // Only the primary classifier leaves; whoever reads the file needs nothing else.
  aux_training::Evaluator seen(pool, Type::Float, description.classifier, features, session);
  const data::Images unseen = bright_halves(40);
  const auto errors = [&](aux_training::Evaluator& evaluator) {
    return evaluator.evaluate(unseen, description.normalization, {}, /*seed=*/1).top1;
  };
  CHECK(errors(seen) < 4);
  const auto file = std::filesystem::temp_directory_path() /
                    ("tour." + std::to_string(::getpid()) + ".safetensors");
  aux_training::write_primary(file, session, description);
  const aux_training::Model model = aux_training::load_model(file.string());
  std::filesystem::remove(file);
  CHECK(model.description.class_names[1] == "bottom");
  CHECK_FALSE(model.weights.has("auxiliary.1.fc.weight"));
  aux_training::Evaluator read(pool, Type::Float, model);
  CHECK(errors(read) == errors(seen));
}
