#include "tools/auxtrain-bench/network.h"

#include "kernels/base/philox.h"

namespace tools {

void fill(engine::Session& session, engine::Tensor input) {
  kernels::Random random(1, kernels::RandomUse::Test);
  const engine::Program& program = session.program();
  kernels::with_storage(program.type(input), [&](auto tag) {
    using T = typename decltype(tag)::type;
    for (int slot = 0; slot < program.value(input).slots; ++slot) {
      T* to = session.data<T>(input, slot);
      for (long i = 0; i < engine::size_of(program.shape(input)); ++i)
        to[i] = T(random.uniform(-2, 2));
    }
  });
}

Network::Network(kernels::ThreadPool& pool, const Workload& w) {
  const aux_training::ClassifierSettings settings{
      .model = w.model, .views = w.views, .images = w.images, .recompute = w.recompute};
  const auto features = aux_training::features_of(settings);
  const kernels::Cpu cpu{&pool};  // inference chooses algorithms by rule
  if (w.training)
    training = aux_training::record_training(kernels::Cpu{&pool, &algorithms_}, w.type, settings,
                                             features);
  else
    inference = aux_training::record_inference(cpu, w.type, settings, features);
  session = std::make_unique<engine::Session>(program());
  session->initialize(1);
  fill(*session, training ? training->images : inference->images);
  if (training) *session->data(training->temperature) = 1;
}

}  // namespace tools
