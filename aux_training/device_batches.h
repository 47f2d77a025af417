// Batches that a GPU makes of a data set of bytes in its memory (data/device_views.h), as the first
// call of a step. The host only says which images.
#pragma once

#include "aux_training/batches.h"
#include "data/device_views.h"
#include "kernels/base/cuda_memory.h"

namespace aux_training {

class DeviceBatches final : public Batches {
 public:
  DeviceBatches(kernels::Cuda, const data::Images&, const data::Normalization&,
                const data::LoaderSettings&);
  Batch record(Program&) override;
  void begin(engine::Session& session) override { session_ = &session; }
  void start(int epoch, int first_step) override;
  int wait() override;
  void stop() override {}

 private:
  void shuffle(int epoch);

  data::DeviceRecipe recipe_;
  data::DeviceViewSizes sizes_;
  std::uint64_t seed_;
  std::vector<int> order_;               // of the epoch
  kernels::CudaMemory pixels_, labels_;  // of the data set
  Tensor indices_, draw_;                // of a batch: which images, and data::DeviceSeed
  engine::Session* session_ = nullptr;
  int epoch_ = 0, step_ = 0, slot_ = 0;
};

}  // namespace aux_training
