#include "tools/auxtrain-bench/network.h"

#include "aux_training/algorithms.h"
#include "data/synthetic.h"
#include "kernels/base/philox.h"

namespace tools {

void fill(engine::Session& session, engine::Tensor input) {
  kernels::Random random(1, kernels::RandomUse::Test);
  const engine::Program& program = session.program();
  kernels::with_storage(program.type(input), [&](auto tag) {
    using T = typename decltype(tag)::type;
    for (int slot = 0; slot < program.value(input).slots; ++slot) {
      T* to = session.input<T>(input, slot);
      for (long i = 0; i < engine::size_of(program.shape(input)); ++i)
        to[i] = T(random.uniform(-2, 2));
    }
  });
}

Network::Network(kernels::ThreadPool& pool, const Workload& w, const kernels::Gpu* gpu)
    : algorithms_(gpu ? aux_training::known_algorithms(gpu) : aux_training::Algorithms{}) {
  const aux_training::ClassifierSettings settings{
      .model = w.model, .views = w.views, .images = w.images, .recompute = w.recompute};
  const auto features = aux_training::features_of(settings);
  const kernels::Cpu cpu{&pool, w.training ? &algorithms_ : nullptr};  // null: by rule
  const engine::Device device = engine::device_of(gpu, cpu);
  if (gpu && w.training) {
    dataset_ = data::make_synthetic(1);
    std::vector<data::View> views = data::default_views();
    views.resize(static_cast<std::size_t>(w.views), views.back());
    batches_ = aux_training::make_batches(device, dataset_.train, dataset_.normalization,
                                          {.views = views, .batch = w.images});
    training = aux_training::record_training(
        device, w.type, settings, features,
        [&](engine::Program& program) { return batches_->record(program); });
  } else if (w.training) {
    training = aux_training::record_training(device, w.type, settings, features);
  } else {
    inference = aux_training::record_inference(device, w.type, settings, features);
  }
  session = std::make_unique<engine::Session>(program());
  if (gpu) aux_training::keep_algorithms(algorithms_.by_work(), gpu);
  session->initialize(1);
  if (training) *session->input(training->temperature) = 1;
  if (batches_) {
    batches_->begin(*session);
    batches_->start(0, 0);
  } else {
    fill(*session, training ? training->images : inference->images);
  }
}

}  // namespace tools
