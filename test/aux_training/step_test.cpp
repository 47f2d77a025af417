// Whole steps of auxiliary training: the same bits however they are run.
#include <algorithm>
#include <cmath>

#include "aux_training/classifier.h"
#include "engine/runtime/session.h"
#include "kernels/sgd/sgd.h"
#include "models/resnet.h"
#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/plan_check.h"
#include "test/support/random_array.h"
#include "test/support/threads.h"

namespace {

using engine::Session;
using engine::Tensor;
using engine::Type;

constexpr int kViews = 3, kImages = 5, kClasses = 7, kSize = 16;

// A small network with two auxiliary classifiers.
class SmallTraining {
 public:
  SmallTraining(int threads, Type storage, const engine::SessionOptions& options = {},
                bool recompute = false)
      : pool_(threads),
        training_(record(storage, recompute)),
        session_(training_->program, options) {
    session_.initialize(1);
    const auto pixels = test::random_array<float>(2L * kViews * kImages * kSize * kSize * 3, 1);
    const auto labels = test::random_labels(2L * kImages, kClasses, 2);
    for (int slot = 0; slot < 2; ++slot) {
      const size_t size = pixels.size() / 2, begin = static_cast<size_t>(slot) * size;
      kernels::with_storage(storage, [&](auto tag) {
        using T = typename decltype(tag)::type;
        T* const images = session_.data<T>(training_->images, slot);
        for (size_t i = 0; i < size; ++i) images[i] = T(pixels[begin + i]);
      });
      std::copy_n(labels.begin() + slot * kImages, kImages,
                  session_.data<std::int32_t>(training_->labels, slot));
    }
    const auto knob = [&](Tensor t, std::initializer_list<float> numbers) {
      std::copy(numbers.begin(), numbers.end(), session_.data(t));
    };
    knob(training_->ce_weight, {1, 0.5f, 0.5f});
    knob(training_->kl_weight, {0.25f});
    knob(training_->temperature, {2});
    knob(training_->penalty_weight, {0.125f});
    float* const optimizer = session_.data(training_->optimizer);
    optimizer[kernels::kLearningRate] = 0.1f;
    optimizer[kernels::kMomentum] = 0.9f;
    optimizer[kernels::kWeightDecay] = 5e-4f;
  }

  // Everything that outlives steps: parameters, momentum, statistics, losses.
  std::vector<float> after(int steps, bool checked = false) {
    for (int step = 0; step < steps; ++step) {
      if (checked) {
        session_.step_checked(step % 2);
        session_.update(step % 2);
      } else {
        session_.step(step % 2);
      }
    }
    std::vector<float> all;
    for (int id = 0; id < static_cast<int>(program().values().size()); ++id) {
      const engine::Value& value = program().value({id});
      if (value.whole || value.alias_of >= 0 || value.role == engine::Role::Activation ||
          value.role == engine::Role::Input)
        continue;
      const float* data = session_.data({id});
      all.insert(all.end(), data, data + engine::size_of(value.shape));
    }
    return all;
  }
  const engine::Program& program() const { return training_->program; }
  Session& session() { return session_; }
  const aux_training::TrainingProgram& training() const { return *training_; }

 private:
  std::unique_ptr<aux_training::TrainingProgram> record(Type storage, bool recompute) {
    return aux_training::record_training(
        kernels::Cpu{&pool_}, storage,
        {.classes = kClasses,
         .views = kViews,
         .images = kImages,
         .height = kSize,
         .width_pixels = kSize,
         .teacher = kernels::Teacher::Mutual,
         .recompute = recompute},
        [](engine::Program& program, Tensor images) {
          return models::resnet(program, images, {.blocks = {2, 1}, .width = 6}, {});
        });
  }

  kernels::ThreadPool pool_;
  std::unique_ptr<aux_training::TrainingProgram> training_;
  Session session_;
};

}  // namespace

TEST_CASE("steps do not depend on the number of threads", "[step]") {
  for (const Type storage : {Type::Float, Type::BFloat16}) {
    INFO(kernels::name_of(storage));
    const auto expected = SmallTraining(1, storage).after(3);
    for (const float number : expected) REQUIRE(std::isfinite(number));
    CHECK(test::same_bits(SmallTraining(2, storage).after(3), expected));
    CHECK(test::same_bits(SmallTraining(3, storage).after(3), expected));
  }
}

TEST_CASE("steps do not depend on where activations lie", "[step]") {
  for (const Type storage : {Type::Float, Type::BFloat16}) {
    INFO(kernels::name_of(storage));
    const auto expected = SmallTraining(2, storage).after(3);
    CHECK(test::same_bits(SmallTraining(2, storage, {.poison = true}).after(3), expected));
    CHECK(test::same_bits(
        SmallTraining(2, storage, {.share_activations = false, .poison = true}).after(3),
        expected));
    CHECK(test::same_bits(SmallTraining(2, storage).after(3, true), expected));
  }
}

TEST_CASE("steps do not depend on what is kept and what is recomputed", "[step]") {
  const Type storage = GENERATE(Type::Float, Type::BFloat16);
  const float penalty = GENERATE(0.0f, 0.125f);  // stage 1, stage 2
  const auto after = [&](int threads, const engine::SessionOptions& options, bool recompute,
                         bool checked = false) {
    SmallTraining small(threads, storage, options, recompute);
    *small.session().data(small.training().penalty_weight) = penalty;
    return small.after(3, checked);
  };
  const auto expected = after(1, {}, false);
  CHECK(test::same_bits(after(1, {.poison = true}, true), expected));
  CHECK(test::same_bits(after(3, {.poison = true}, true), expected));
  CHECK(test::same_bits(after(2, {.share_activations = false, .poison = true}, true), expected));
  CHECK(test::same_bits(after(2, {}, true, true), expected));
}

TEST_CASE("a step takes less memory than PyTorch's, by a sound plan", "[step]") {
  struct Case {
    const char* model;
    int images;
    Type storage;
    double pytorch;  // MiB that its allocator gives out (docs/results.md)
  };
  kernels::ThreadPool pool(2);
  for (const Case& c :
       {Case{"resnet18", 32, Type::Float, 813}, Case{"resnet18", 32, Type::BFloat16, 452},
        Case{"resnet20", 128, Type::Float, 1015}, Case{"resnet20", 128, Type::BFloat16, 512}}) {
    INFO(c.model << ", " << kernels::name_of(c.storage));
    const auto mebibytes = [&](bool recompute) {
      const aux_training::ClassifierSettings settings{
          .model = c.model, .views = 5, .images = c.images, .recompute = recompute};
      const auto network = aux_training::record_training(kernels::Cpu{&pool}, c.storage, settings,
                                                         aux_training::features_of(settings));
      const engine::MemoryPlan plan = engine::plan_memory(network->program);
      CHECK(test::fault_of(network->program, plan) == "");
      return static_cast<double>(plan.arena_bytes) / (1 << 20);
    };
    CHECK(mebibytes(false) < c.pytorch);
    CHECK(mebibytes(true) < 0.61 * c.pytorch);
  }
}

TEST_CASE("steps in bf16 go where steps in float go", "[step]") {
  const auto wide = SmallTraining(2, Type::Float).after(2);
  const auto narrow = SmallTraining(2, Type::BFloat16).after(2);
  CHECK(test::normalised_error(narrow, wide) < 2e-2);
  CHECK_FALSE(test::same_bits(narrow, wide));
}

TEST_CASE("the plan of a training step is sound", "[step]") {
  for (const Type storage : {Type::Float, Type::BFloat16}) {
    const SmallTraining small(2, storage);
    const engine::MemoryPlan plan = engine::plan_memory(small.program());
    CHECK(test::fault_of(small.program(), plan) == "");
    CHECK(test::taken_over(small.program(), plan) > 5);
  }
}

TEST_CASE("steps learn a batch by heart", "[step]") {
  SmallTraining small(2, Type::Float);
  small.after(2);
  const float before = *small.session().data(small.training().losses.loss);
  small.after(40);
  CHECK(*small.session().data(small.training().losses.loss) < before / 4);
}
