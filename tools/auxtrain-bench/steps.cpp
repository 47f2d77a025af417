#include "tools/auxtrain-bench/steps.h"

#include <algorithm>
#include <fstream>
#include <string>

#include "data/loader.h"
#include "data/synthetic.h"
#include "engine/runtime/planner.h"
#include "tools/auxtrain-bench/calls.h"

namespace tools {
namespace {

constexpr int kMostSteps = 1000, kLeastSteps = 5;

data::BatchSlot slot_of(Network& network, int slot) {
  const engine::Tensor images = network.training->images;
  return {network.session->input<void>(images, slot), network.program().type(images),
          network.session->input<int>(network.training->labels, slot)};
}

}  // namespace

StepRow measure_step(const Workload& w, Network& network, const Ceilings& ceilings,
                     double least_seconds) {
  engine::Session& session = *network.session;
  const engine::Program& program = network.program();
  const int before = program.on_cpu() ? 2 : 4;  // on a GPU the second of each slot makes its graph
  for (int i = 0; i < before; ++i) {
    session.step(network.slot(i));
    session.wait();
  }
  Stopwatch watch(kMostSteps), host(kMostSteps);
  double total = 0;
  for (int i = 0; i < kMostSteps && (total < least_seconds || i < kLeastSteps); ++i) {
    watch.time([&] {
      host.time([&] { session.step(network.slot(i)); });
      session.wait();
    });
    total += watch.last();
  }
  StepRow row{.name = w.name(), .timing = watch.timing(), .host_seconds = host.timing().seconds};
  const double rate = 1 / row.timing.seconds;
  row.view_images_per_second = w.views * w.images * rate;
  for (const engine::Call& call : program.calls()) row.operations_per_second += call.operations;
  row.operations_per_second *= rate;
  for (const CallRow& call : calls_of(program, row.name))
    row.floor_seconds += call.count * call.floor_seconds(ceilings);
  row.calls = program.calls().size();
  const engine::MemoryUse& memory = session.memory();
  row.arena_bytes = memory.arena;
  row.lasting_bytes = memory.parameters + memory.gradients + memory.momentum + memory.states +
                      memory.results + memory.inputs;
  row.unshared_bytes = engine::plan_memory(program).unshared_bytes;
  row.peak_resident_bytes = peak_resident_bytes();
  return row;
}

LoaderRow measure_loader(const Workload& w, Network& network, kernels::ThreadPool& pool,
                         double least_seconds) {
  engine::Session& session = *network.session;
  const data::Dataset dataset = data::make_synthetic(1);
  std::vector<data::View> views = data::default_views();
  views.resize(static_cast<std::size_t>(w.views), views.back());
  const int threads = std::max(1, pool.threads() / 4);  // as in a training run
  data::Loader loader(dataset.train, dataset.normalization,
                      {.views = views, .batch = w.images, .threads = threads},
                      {slot_of(network, 0), slot_of(network, 1)});
  // Blocks in turn, so that both see the machine in the same states. The first batches of a block
  // with the loader are made while nothing trains: they are not counted.
  constexpr int kBlock = 4;
  Stopwatch with(kMostSteps), without(kMostSteps), batches(kMostSteps);
  session.step();
  double total = 0;
  for (int block = 0; block < kMostSteps / kBlock && (total < least_seconds || block < 2);
       ++block) {
    loader.start(block, 0);
    int slot = 0;
    batches.time([&] { slot = loader.wait(); });
    session.step(slot);
    session.step(loader.wait());
    for (int i = 0; i < kBlock; ++i) {
      with.time([&] { session.step(loader.wait()); });
      total += with.last();
    }
    loader.stop();
    for (int i = 0; i < kBlock; ++i) {
      without.time([&] { session.step(i % 2); });
      total += without.last();
    }
  }
  return {.name = w.name(),
          .loader_threads = threads,
          .with = with.timing(),
          .without = without.timing(),
          .batch_seconds = batches.timing().seconds};
}

void forget_peak_resident_bytes() { std::ofstream("/proc/self/clear_refs") << 5; }

std::size_t peak_resident_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stoul(line.substr(6)) << 10;
  return 0;
}

}  // namespace tools
