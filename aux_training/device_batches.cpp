#ifdef AUXTRAIN_CUDA
#include "aux_training/device_batches.h"

#include <algorithm>

namespace aux_training {
namespace {

kernels::CudaMemory upload(kernels::Cuda cuda, const void* from, std::size_t bytes) {
  kernels::CudaMemory memory(cuda, bytes);
  kernels::copy_to_device(cuda, memory.get(), from, bytes);
  kernels::wait(cuda);
  return memory;
}

}  // namespace

DeviceBatches::DeviceBatches(kernels::Cuda cuda, const data::Images& images,
                             const data::Normalization& normalization,
                             const data::LoaderSettings& settings)
    : recipe_(data::device_recipe(settings.views, settings.augmentation, normalization)),
      sizes_{settings.batch, images.height, images.width, 3},
      seed_(settings.seed),
      order_(static_cast<std::size_t>(images.count)),
      pixels_(upload(cuda, images.pixels.data(), images.pixels.size())),
      labels_(upload(cuda, images.labels.data(), images.labels.size() * sizeof(int))) {}

Batch DeviceBatches::record(Program& program) {
  indices_ = program.input("indices", {sizes_.images}, engine::Type::Int32, 2);
  draw_ =
      program.input("draw", {static_cast<int>(sizeof(data::DeviceSeed))}, engine::Type::UInt8, 2);
  const int views = data::views_in_batch(recipe_.views, recipe_.augmentation);
  const Batch batch{.images = program.activation("images", {views, sizes_.images, sizes_.height,
                                                            sizes_.width, sizes_.channels}),
                    .labels = program.activation("labels", {sizes_.images}, engine::Type::Int32)};
  program.want_no_gradient(batch.images);
  kernels::with_storage(program.storage(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    program.call({.name = "write_views",
                  .inputs = {indices_, draw_},
                  .outputs = {batch.images, batch.labels}},
                 [this](auto device, const engine::Buffers& b) -> kernels::Launch {
                   if constexpr (std::is_same_v<decltype(device), kernels::Cuda>) {
                     const data::DeviceViews<T> arrays{
                         .pixels = reinterpret_cast<const std::uint8_t*>(pixels_.get()),
                         .labels = reinterpret_cast<const int*>(labels_.get()),
                         .indices = b.in<int>(0),
                         .seed = b.in<data::DeviceSeed>(1),
                         .views = b.out<T>(0),
                         .batch_labels = b.out<int>(1)};
                     return [=, sizes = sizes_, recipe = recipe_] {
                       data::write_views(device, sizes, recipe, arrays);
                     };
                   } else {
                     throw kernels::Error("write_views: a call for GPUs");
                   }
                 });
  });
  return batch;
}

void DeviceBatches::shuffle(int epoch) {
  epoch_ = epoch;
  data::shuffle_order(seed_, epoch, order_);
}

void DeviceBatches::start(int epoch, int first_step) {
  shuffle(epoch);
  step_ = first_step;
}

int DeviceBatches::wait() {
  if (step_ == static_cast<int>(order_.size()) / sizes_.images) {
    shuffle(epoch_ + 1);
    step_ = 0;
  }
  slot_ = 1 - slot_;
  std::copy_n(order_.begin() + long{step_} * sizes_.images, sizes_.images,
              session_->input<int>(indices_, slot_));
  *session_->input<data::DeviceSeed>(draw_, slot_) = {seed_, static_cast<std::uint32_t>(epoch_)};
  ++step_;
  return slot_;
}

}  // namespace aux_training
#endif
