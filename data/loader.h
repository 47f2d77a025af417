// Batches of views, made by background threads while the previous step trains.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "data/views.h"
#include "kernels/base/type.h"

namespace data {

struct LoaderSettings {
  std::vector<View> views = {};  // 1 to kMostViews
  Augmentation augmentation = {};
  int batch = 128;         // images per step, each in all views
  std::uint64_t seed = 0;  // of order, crops and corruptions
  int threads = 1;         // share the making of a batch, image by image
};

// The memory of one batch, owned by the caller, who gives two: one trains while one is filled.
struct BatchSlot {
  void* images = nullptr;  // [views_in_batch, batch, height, width, 3], normalised
  kernels::Type type = kernels::Type::Float;  // or BFloat16
  int* labels = nullptr;                      // [batch]
};

// One epoch's order of images: a Fisher-Yates shuffle of 0..order.size()-1 by (seed, epoch).
void shuffle_order(std::uint64_t seed, int epoch, std::vector<int>& order);

class Loader {
 public:
  // `images` must outlive the loader. Settings that cannot work are a UsageError.
  Loader(const Images& images, const Normalization& normalization, const LoaderSettings& settings,
         std::array<BatchSlot, 2> slots);
  ~Loader();

  // Whole batches in an epoch; the images left over come in another epoch's order.
  int steps_per_epoch() const;

  // Begins to prepare this batch and those after it, as slots are free; after an epoch's last
  // comes the first of the next epoch. What an earlier start() prepared is dropped.
  void start(int epoch, int first_step);

  // The slot, 0 or 1, that holds the next batch; blocks until it is ready. The slot returned
  // before is free again from this call on. Throws what went wrong in the background.
  int wait();

  // Ends preparation; both slots are then untouched until the next start().
  void stop();

 private:
  class Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace data
