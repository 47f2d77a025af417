#include "aux_training/batches.h"

#ifdef AUXTRAIN_CUDA
#include "aux_training/device_batches.h"
#endif

namespace aux_training {
namespace {

class LoadedBatches final : public Batches {
 public:
  LoadedBatches(const data::Images& images, const data::Normalization& normalization,
                const data::LoaderSettings& settings)
      : images_(images), normalization_(normalization), settings_(settings) {}

  Batch record(Program& program) override {
    const int views =
        data::views_in_batch(static_cast<int>(settings_.views.size()), settings_.augmentation);
    batch_ = input_batch(program, {views, settings_.batch, images_.height, images_.width, 3});
    return batch_;
  }
  void begin(engine::Session& session) override {
    std::array<data::BatchSlot, 2> slots;
    for (int slot = 0; slot < 2; ++slot)
      slots[static_cast<size_t>(slot)] = {session.input<void>(batch_.images, slot),
                                          session.program().type(batch_.images),
                                          session.input<int>(batch_.labels, slot)};
    loader_ = std::make_unique<data::Loader>(images_, normalization_, settings_, slots);
  }
  void start(int epoch, int first_step) override { loader_->start(epoch, first_step); }
  int wait() override { return loader_->wait(); }
  void stop() override {
    if (loader_) loader_->stop();
  }

 private:
  const data::Images& images_;
  data::Normalization normalization_;
  data::LoaderSettings settings_;
  Batch batch_;
  std::unique_ptr<data::Loader> loader_;
};

}  // namespace

std::unique_ptr<Batches> make_batches([[maybe_unused]] const engine::Device& device,
                                      const data::Images& images,
                                      const data::Normalization& normalization,
                                      const data::LoaderSettings& settings) {
#ifdef AUXTRAIN_CUDA
  if (const auto* cuda = std::get_if<kernels::Cuda>(&device))
    return std::make_unique<DeviceBatches>(*cuda, images, normalization, settings);
#endif
  return std::make_unique<LoadedBatches>(images, normalization, settings);
}

}  // namespace aux_training
