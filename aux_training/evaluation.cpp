#include "aux_training/evaluation.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace aux_training {
namespace {

using kernels::bfloat16;

ClassifierSettings for_inference(ClassifierSettings settings, int images) {
  settings.views = 1;
  settings.images = images;
  return settings;
}

// The device of a training, without its choice of algorithms.
engine::Device for_inference(engine::Device device, kernels::ThreadPool& pool) {
  std::visit([](auto& place) { place.choices = nullptr; }, device);
  if (auto* cpu = std::get_if<kernels::Cpu>(&device)) cpu->pool = &pool;
  return device;
}

// The program, once it is known that there is memory for it.
std::unique_ptr<InferenceProgram> fitting(std::unique_ptr<InferenceProgram> network,
                                          std::size_t memory) {
  engine::require_memory(network->program, memory,
                         kernels::text("it is for ", network->program.shape(network->images)[1],
                                       " images at a time, without training"));
  return network;
}

// How many classes have a larger logit than the label's, an equal one of a smaller number counting
// as larger. Not-a-number is never right, however many classes count.
int rank(const float* logits, int classes, int label) {
  if (std::isnan(logits[label])) return std::numeric_limits<int>::max();
  int larger = 0;
  for (int c = 0; c < classes; ++c)
    larger +=
        c != label && !(logits[c] < logits[label] || (logits[c] == logits[label] && c > label));
  return larger;
}

}  // namespace

Evaluator::Evaluator(kernels::ThreadPool& pool, engine::Device device, engine::Type storage,
                     const ClassifierSettings& settings, const RecordFeatures& features,
                     engine::SessionOptions options, std::size_t memory)
    : pool_(pool),
      network_(fitting(record_inference(device, storage, for_inference(settings, kBatch), features),
                       memory)),
      session_(network_->program, options) {}

Evaluator::Evaluator(kernels::ThreadPool& pool, engine::Type storage,
                     const ClassifierSettings& settings, const RecordFeatures& features,
                     engine::Session& training, std::size_t memory)
    : Evaluator(pool, for_inference(training.program().device(), pool), storage, settings, features,
                engine::SessionOptions{.parameters_of = &training}, memory) {}

Evaluator::Evaluator(kernels::ThreadPool& pool, engine::Type storage, const Model& model)
    : Evaluator(pool, kernels::Cpu{&pool}, storage, model.description.classifier,
                features_of(model.description.classifier), engine::SessionOptions{},
                engine::available_memory()) {
  engine::load_entries(session_, model.weights, is_primary);
}

Errors Evaluator::evaluate(const data::Images& images, const data::Normalization& normalization,
                           const data::View& view, std::uint64_t seed) {
  return *evaluate(images, normalization, view, seed, [] { return false; });
}

std::optional<Errors> Evaluator::evaluate(const data::Images& images,
                                          const data::Normalization& normalization,
                                          const data::View& view, std::uint64_t seed,
                                          const std::function<bool()>& stop) {
  const engine::Shape shape = network_->program.shape(network_->images);
  const int classes = network_->program.shape(network_->logits)[2];
  CHECK(images.height == shape[2] && images.width == shape[3] && images.classes == classes,
        "evaluate: the model takes ", shape[2], "x", shape[3], " images of ", classes,
        " classes, the data set has ", images.height, "x", images.width, " of ", images.classes);
  const long image_size = long{images.height} * images.width * 3;
  Errors errors;
  for (int first = 0; first < images.count; first += kBatch) {
    if (stop()) return {};
    const int count = std::min(kBatch, images.count - first);
    kernels::with_storage(network_->program.type(network_->images), [&](auto tag) {
      auto* to = session_.input<typename decltype(tag)::type>(network_->images);
      pool_.run(count, [&](int i, int) {
        data::write_evaluation_image(images, first + i, view, normalization, seed,
                                     to + i * image_size);
      });
    });
    session_.step();
    session_.wait();
    for (int i = 0; i < count; ++i) {
      const int label = images.labels[static_cast<size_t>(first) + static_cast<size_t>(i)];
      const int place = rank(session_.result(network_->logits) + long{i} * classes, classes, label);
      errors.top1 += place >= 1;
      errors.top5 += place >= 5;
    }
    errors.images += count;
  }
  return errors;
}

std::vector<float> Evaluator::logits(const std::vector<float>& image) {
  const long size = engine::size_of(network_->program.shape(network_->images)) / kBatch;
  CHECK(static_cast<long>(image.size()) == size, "predict: the model takes ", size,
        " numbers an image, got ", image.size());
  kernels::with_storage(network_->program.type(network_->images), [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* to = session_.input<T>(network_->images);
    for (long i = 0; i < size; ++i) to[i] = T(image[static_cast<size_t>(i)]);
  });
  session_.step();
  session_.wait();
  const float* first = session_.result(network_->logits);
  return {first, first + network_->program.shape(network_->logits)[2]};
}

}  // namespace aux_training
