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
                                          std::size_t memory, const engine::Session* training) {
  engine::require_memory(network->program, memory,
                         kernels::text("it is for ", network->program.shape(network->images)[1],
                                       " images at a time, without training"),
                         training ? &training->program() : nullptr);
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
                     const ClassifierSettings& settings, const RecordFeatures& features, int heads,
                     engine::SessionOptions options, std::size_t memory)
    : pool_(pool),
      network_(fitting(
          record_inference(device, storage, for_inference(settings, kBatch), features, heads),
          memory, options.parameters_of)),
      session_(network_->program, options) {}

Evaluator::Evaluator(kernels::ThreadPool& pool, engine::Type storage,
                     const ClassifierSettings& settings, const RecordFeatures& features,
                     engine::Session& training, std::size_t memory)
    : Evaluator(pool, for_inference(training.program().device(), pool), storage, settings, features,
                0, engine::SessionOptions{.parameters_of = &training}, memory) {}

Evaluator::Evaluator(kernels::ThreadPool& pool, engine::Type storage, const Model& model,
                     const kernels::Gpu* gpu, int heads)
    : Evaluator(pool, engine::device_of(gpu, kernels::Cpu{&pool}), storage,
                model.description.classifier, features_of(model.description.classifier), heads,
                engine::SessionOptions{}, gpu ? gpu->free_bytes() : engine::available_memory()) {
  const auto everything = [](const engine::Value&) { return true; };
  engine::load_entries(session_, model.weights, everything);
}

int Evaluator::classifiers() const { return network_->program.shape(network_->logits)[0]; }

void Evaluator::check_fits(int height, int width, int classes) const {
  const engine::Shape shape = network_->program.shape(network_->images);
  const int known = network_->program.shape(network_->logits)[2];
  CHECK(height == shape[2] && width == shape[3] && classes == known, "evaluate: the model takes ",
        shape[2], "x", shape[3], " images of ", known, " classes, the data set has ", height, "x",
        width, " of ", classes);
}

template <class Write>
void Evaluator::count_batch(const int* labels, int count, const Write& write, Errors* errors) {
  const long image_size = engine::size_of(network_->program.shape(network_->images)) / kBatch;
  kernels::with_storage(network_->program.type(network_->images), [&](auto tag) {
    auto* to = session_.input<typename decltype(tag)::type>(network_->images);
    pool_.run(count, [&](int i, int) { write(i, to + i * image_size); });
  });
  session_.step();
  session_.wait();
  const int classes = network_->program.shape(network_->logits)[2];
  const float* logits = session_.result(network_->logits);
  for (int c = 0; c < classifiers(); ++c, logits += long{kBatch} * classes, ++errors) {
    for (int i = 0; i < count; ++i) {
      const int place = rank(logits + long{i} * classes, classes, labels[i]);
      errors->top1 += place >= 1;
      errors->top5 += place >= 5;
    }
    errors->images += count;
  }
}

void Evaluator::count_errors(const std::uint8_t* pixels, const int* labels, int count,
                             const data::Normalization& normalization, Errors* errors) {
  const long size = engine::size_of(network_->program.shape(network_->images)) / kBatch;
  for (int first = 0; first < count; first += kBatch) {
    const auto write = [&](int i, auto* to) {
      data::normalize(pixels + (first + i) * size, size, normalization, to);
    };
    count_batch(labels + first, std::min(kBatch, count - first), write, errors);
  }
}

Errors Evaluator::evaluate(const data::Images& images, const data::Normalization& normalization,
                           const data::View& view, std::uint64_t seed) {
  return *evaluate(images, normalization, view, seed, [] { return false; });
}

std::optional<Errors> Evaluator::evaluate(const data::Images& images,
                                          const data::Normalization& normalization,
                                          const data::View& view, std::uint64_t seed,
                                          const std::function<bool()>& stop) {
  check_fits(images.height, images.width, images.classes);
  std::vector<Errors> errors(static_cast<size_t>(classifiers()));
  for (int first = 0; first < images.count; first += kBatch) {
    if (stop()) return {};
    const auto write = [&](int i, auto* to) {
      data::write_evaluation_image(images, first + i, view, normalization, seed, to);
    };
    count_batch(images.labels.data() + first, std::min(kBatch, images.count - first), write,
                errors.data());
  }
  return errors[0];
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
