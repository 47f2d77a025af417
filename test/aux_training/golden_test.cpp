// Auxiliary training, ten steps of it, against PyTorch: test/golden/auxiliary_training.py.
#include "test/support/golden.h"

#include <algorithm>

#include "aux_training/classifier.h"
#include "engine/runtime/session.h"
#include "kernels/sgd/sgd.h"
#include "models/resnet.h"
#include "test/support/catch.h"
#include "test/support/compare.h"

namespace {

using engine::Tensor;

// Float arithmetic alone is off by at most 3e-6 in a gradient and 2e-5 in a divergence (the golden
// file's rounding_error); leaving out any part of the method, weight decay say, is off by more than
// 2e-4 somewhere.
constexpr double kLossTolerance = 1e-4, kTensorTolerance = 1e-4;

const test::GoldenTraining& golden() {
  static const test::GoldenTraining kGolden(std::string(TEST_DIRECTORY) + "/golden");
  return kGolden;
}

bool is_near(double got, double expected) {
  return std::abs(got - expected) <= kLossTolerance * std::abs(expected);
}

// Biases that the batch norm behind them cancels: their true gradient is zero.
bool is_cancelled(const std::string& name) {
  return name.find(".bottleneck.conv") != std::string::npos && name.ends_with("bias");
}

// One of the golden runs, repeated by the engine step by step.
class Repetition {
 public:
  explicit Repetition(const test::GoldenTraining::Run& run)
      : run_(run), pool_(2), record_(record(run, &pool_)), session_(record_->program) {
    session_.initialize(0);  // the running statistics; the parameters are the golden ones
    for (const auto& [name, fill] : golden().fills) {
      put(record_->program.find(name), golden().initial(name));
    }
  }

  void forward_backward(int step) {
    const int slot = step % 2;
    std::vector<float> ce_weight(static_cast<size_t>(golden().views), run_.alpha);
    ce_weight[0] = 1;
    put(record_->ce_weight, ce_weight);
    put(record_->kl_weight, {run_.lambda});
    put(record_->temperature, {run_.temperature});
    put(record_->penalty_weight, {gamma(step)});
    std::vector<float> optimizer(kernels::kSgdKnobs);
    optimizer[kernels::kLearningRate] = run_.lr;
    optimizer[kernels::kMomentum] = run_.momentum;
    optimizer[kernels::kWeightDecay] = run_.weight_decay;
    optimizer[kernels::kNesterov] = run_.nesterov ? 1 : 0;
    put(record_->optimizer, optimizer);
    put(record_->images, golden().batch(step), slot);
    const std::vector<std::int32_t> labels = golden().labels(step);
    std::copy(labels.begin(), labels.end(), session_.data<std::int32_t>(record_->labels, slot));
    session_.forward_backward(slot);
  }
  void update(int step) { session_.update(step % 2); }

  void check_losses(int step) {
    const auto& expected = run_.losses.at(static_cast<size_t>(step - 1));
    const std::vector<float> ce = get(record_->losses.ce_loss), kl = get(record_->losses.kl_loss);
    for (size_t view = 0; view < ce.size(); ++view) {
      CAPTURE(step, view, ce[view], kl[view]);
      CHECK(is_near(ce[view], expected.ce.at(view)));
      if (view > 0) CHECK(is_near(kl[view], expected.kl.at(view - 1)));
    }
    const float penalty = get(record_->penalty).at(0);
    const float total = get(record_->losses.loss).at(0) + penalty;
    CAPTURE(step, penalty, total);
    CHECK(is_near(penalty, double{gamma(step)} * expected.penalty));
    CHECK(is_near(total, expected.total));
  }

  void check_gradients(const std::string& key) {
    size_t compared = 0;
    for (const auto& [name, fill] : golden().fills) {
      INFO(key << name);
      const std::vector<float> gradient = get(gradient_of(name));
      if (is_cancelled(name)) {
        const std::string weight = name.substr(0, name.size() - 4) + "weight";
        CHECK(norm(gradient) <= 1e-6 * norm(get(gradient_of(weight))));
      } else {
        CHECK(test::normalised_error(gradient, golden().tensor(key + name)) <= kTensorTolerance);
        ++compared;
      }
    }
    CHECK(compared == golden().names(key).size());
  }

  void check_values(const std::string& key) {
    const std::vector<std::string> names = golden().names(key);
    CHECK(names.size() > golden().fills.size());  // parameters and running statistics
    for (const std::string& name : names) {
      INFO(key << name);
      CHECK(test::normalised_error(get(record_->program.find(name)), golden().tensor(key + name)) <=
            kTensorTolerance);
    }
  }

 private:
  static std::unique_ptr<aux_training::TrainingProgram> record(const test::GoldenTraining::Run& run,
                                                               kernels::ThreadPool* pool) {
    const aux_training::ClassifierSettings settings{
        .classes = golden().classes,
        .views = golden().views,
        .images = golden().images,
        .height = golden().size,
        .width_pixels = golden().size,
        .teacher = run.mutual ? kernels::Teacher::Mutual : kernels::Teacher::Detached};
    return aux_training::record_training(
        kernels::Cpu{pool}, engine::Type::Float, settings,
        [](engine::Program& program, Tensor images) {
          const models::ResNet net{.blocks = {1, 1, 1}, .width = golden().width};
          return models::resnet(program, images, net, {});
        });
  }

  float gamma(int step) const { return run_.gamma.at(static_cast<size_t>(step - 1)); }

  Tensor gradient_of(const std::string& parameter) const {
    const int id = record_->program.find(parameter).id;
    const auto& values = record_->program.values();
    const auto found = std::find_if(values.begin(), values.end(), [&](const engine::Value& value) {
      return value.role == engine::Role::Gradient && value.mirror_of == id && !value.whole;
    });
    REQUIRE(found != values.end());
    return {static_cast<int>(found - values.begin())};
  }

  std::vector<float> get(Tensor tensor) {
    const float* data = session_.data(tensor);
    return {data, data + engine::size_of(record_->program.shape(tensor))};
  }
  void put(Tensor tensor, const std::vector<float>& values, int slot = 0) {
    REQUIRE(engine::size_of(record_->program.shape(tensor)) == static_cast<long>(values.size()));
    std::copy(values.begin(), values.end(), session_.data(tensor, slot));
  }
  static double norm(const std::vector<float>& values) {
    return test::normalised_error(values, std::vector<float>(values.size()));
  }

  const test::GoldenTraining::Run& run_;
  kernels::ThreadPool pool_;
  std::unique_ptr<aux_training::TrainingProgram> record_;
  engine::Session session_;
};

bool contains(const std::vector<int>& steps, int step) {
  return std::find(steps.begin(), steps.end(), step) != steps.end();
}

}  // namespace

// The example in auxiliary_training.json: a weight, a pixel and labels as Python made them.
TEST_CASE("golden training starts from the numbers that PyTorch started from") {
  const std::vector<float> weight = golden().initial("conv1.weight");
  CHECK(weight.at(0) == -0.28077051043510437f);
  CHECK(weight.at(1) == -0.3916027843952179f);
  CHECK(weight.at(2) == -0.002398492768406868f);
  const std::vector<float> batch = golden().batch(3);
  const size_t view = batch.size() / static_cast<size_t>(golden().views);
  CHECK(batch.at(3 * view - 1) == -0.45143717527389526f);  // the last of view 2
  CHECK(golden().labels(3) == std::vector<std::int32_t>{9, 7, 6, 3, 1, 1, 6, 5});
}

TEST_CASE("auxiliary training follows PyTorch step by step") {
  const std::string name = GENERATE("detached", "mutual");
  const test::GoldenTraining::Run& run = golden().runs.at(name);
  Repetition repetition(run);
  for (int step = 1; step <= run.steps; ++step) {
    const std::string key = kernels::text(name, ".step", step);
    repetition.forward_backward(step);
    repetition.check_losses(step);
    if (contains(run.gradients_at, step)) repetition.check_gradients(key + ".gradient.");
    repetition.update(step);
    if (contains(run.values_at, step)) repetition.check_values(key + ".value.");
  }
}
