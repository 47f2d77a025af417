// The error of a primary classifier on test images, clean and corrupted.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "aux_training/classifier.h"
#include "aux_training/model_file.h"
#include "data/views.h"
#include "engine/runtime/available_memory.h"

namespace aux_training {

struct Errors {
  long images = 0, top1 = 0, top5 = 0;  // how many were wrong
  double top1_error() const { return static_cast<double>(top1) / static_cast<double>(images); }
  double top5_error() const { return static_cast<double>(top5) / static_cast<double>(images); }
};

// Runs a classifier on images, a fixed number at a time; the last batch is padded and the padding
// not counted.
class Evaluator {
 public:
  // The weights of a running training, seen where they are, on its device. UsageError where an
  // evaluation would take more than `memory` bytes.
  Evaluator(kernels::ThreadPool&, engine::Type storage, const ClassifierSettings&,
            const RecordFeatures&, engine::Session& training,
            std::size_t memory = engine::available_memory());
  // The weights of a file.
  Evaluator(kernels::ThreadPool&, engine::Type storage, const Model&);

  // The test images as `view` corrupts them (View{} for clean), the same for the same seed.
  Errors evaluate(const data::Images&, const data::Normalization&, const data::View& view,
                  std::uint64_t seed);
  // The same; `stop` is asked before every batch, and where it says so, there is no result.
  std::optional<Errors> evaluate(const data::Images&, const data::Normalization&,
                                 const data::View& view, std::uint64_t seed,
                                 const std::function<bool()>& stop);

  // Logits [classes] of one image, given as normalised [height, width, 3].
  std::vector<float> logits(const std::vector<float>& image);

 private:
  static constexpr int kBatch = 128;
  Evaluator(kernels::ThreadPool&, engine::Device, engine::Type storage, const ClassifierSettings&,
            const RecordFeatures&, engine::SessionOptions, std::size_t memory);

  kernels::ThreadPool& pool_;
  std::unique_ptr<InferenceProgram> network_;
  engine::Session session_;
};

}  // namespace aux_training
