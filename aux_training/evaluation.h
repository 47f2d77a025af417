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
  Errors& operator+=(const Errors& more) {
    images += more.images, top1 += more.top1, top5 += more.top5;
    return *this;
  }
};

// Runs classifiers on images, a fixed number at a time; the last batch is padded and the padding
// not counted.
class Evaluator {
 public:
  static constexpr int kBatch = 128;

  // The weights of a running training, seen where they are, on its device. UsageError where an
  // evaluation would take more than `memory` bytes.
  Evaluator(kernels::ThreadPool&, engine::Type storage, const ClassifierSettings&,
            const RecordFeatures&, engine::Session& training,
            std::size_t memory = engine::available_memory());
  // The weights of a file, on the processors or, where one is given, on a GPU. `heads`: how many
  // auxiliary classifiers run beside the primary one; the file must be a checkpoint that has them.
  Evaluator(kernels::ThreadPool&, engine::Type storage, const Model&,
            const kernels::Gpu* gpu = nullptr, int heads = 0);

  int classifiers() const;  // the primary one and the heads
  // An Error where the model takes images of another size, or has other classes.
  void check_fits(int height, int width, int classes) const;

  // Adds to errors[c] what classifier c makes of `count` images of bytes, [count, height, width,
  // 3].
  void count_errors(const std::uint8_t* pixels, const int* labels, int count,
                    const data::Normalization&, Errors* errors);

  // What the primary classifier makes of the test images as `view` corrupts them (View{} for
  // clean), the same for the same seed.
  Errors evaluate(const data::Images&, const data::Normalization&, const data::View& view,
                  std::uint64_t seed);
  // The same; `stop` is asked before every batch, and where it says so, there is no result.
  std::optional<Errors> evaluate(const data::Images&, const data::Normalization&,
                                 const data::View& view, std::uint64_t seed,
                                 const std::function<bool()>& stop);

  // The primary classifier's logits [classes] of one image, given as normalised [height, width, 3].
  std::vector<float> logits(const std::vector<float>& image);

 private:
  Evaluator(kernels::ThreadPool&, engine::Device, engine::Type storage, const ClassifierSettings&,
            const RecordFeatures&, int heads, engine::SessionOptions, std::size_t memory);
  // Of at most kBatch images: write(i, to) makes the network's input of image i.
  template <class Write>
  void count_batch(const int* labels, int count, const Write& write, Errors* errors);

  kernels::ThreadPool& pool_;
  std::unique_ptr<InferenceProgram> network_;
  engine::Session session_;
};

}  // namespace aux_training
