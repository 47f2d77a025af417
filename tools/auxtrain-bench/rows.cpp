#include "tools/auxtrain-bench/rows.h"

#include <algorithm>
#include <map>
#include <memory>

#include "aux_training/classifier.h"
#include "engine/runtime/session.h"
#include "kernels/base/philox.h"

namespace tools {
namespace {

using engine::Call;
using engine::Program;
using engine::Session;
using engine::Tensor;

// The program of a workload, whichever kind it is, and its memory filled with plausible numbers.
struct Network {
  Network(kernels::ThreadPool& pool, const Workload& w) {
    const aux_training::ClassifierSettings settings{
        .model = w.model, .views = w.views, .images = w.images};
    const auto features = aux_training::features_of(settings);
    const kernels::Cpu cpu{&pool};
    if (w.training)
      training = aux_training::record_training(cpu, w.type, settings, features);
    else
      inference = aux_training::record_inference(cpu, w.type, settings, features);
    session = std::make_unique<Session>(program());
    session->initialize(1);
    fill(training ? training->images : inference->images, w.type);
    if (training) *session->data(training->temperature) = 1;
  }
  const Program& program() const { return training ? training->program : inference->program; }

  void fill(Tensor images, kernels::Type type) {
    kernels::Random random(1, kernels::RandomUse::Test);
    kernels::with_storage(type, [&](auto tag) {
      using T = typename decltype(tag)::type;
      for (int slot = 0; slot < program().value(images).slots; ++slot) {
        T* to = session->data<T>(images, slot);
        for (long i = 0; i < engine::size_of(program().shape(images)); ++i)
          to[i] = T(random.uniform(-2, 2));
      }
    });
  }

  std::unique_ptr<aux_training::TrainingProgram> training;
  std::unique_ptr<aux_training::InferenceProgram> inference;
  std::unique_ptr<Session> session;
};

// What a call has to read and write, without its scratch memory.
double bytes_moved(const Program& program, const Call& call) {
  double bytes = 0;
  for (const auto* tensors : {&call.inputs, &call.outputs})
    for (const Tensor t : *tensors) {
      if (!t || program.value(t).name.ends_with("workspace")) continue;
      if (!program.value(t).whole) bytes += static_cast<double>(program.value(t).bytes());
    }
  if (call.name == "sgd")  // weights and momentum are read and written, gradients read
    for (const engine::Value& value : program.values())
      if (value.role == engine::Role::Parameter && !value.whole)
        bytes += 5.0 * static_cast<double>(value.bytes());
  return bytes;
}

// What tells calls apart that do different work: the kernel, the largest array, the arithmetic.
struct Kind {
  std::string kernel, shape, type;
  double operations;
  auto operator<=>(const Kind&) const = default;  // NOLINT(modernize-use-nullptr)
};
Kind kind_of(const Program& program, const Call& call) {
  Tensor largest;
  for (const auto* tensors : {&call.outputs, &call.inputs})
    for (const Tensor t : *tensors) {
      if (!t || program.value(t).whole || program.value(t).name.ends_with("workspace")) continue;
      if (!largest || program.value(t).bytes() > program.value(largest).bytes()) largest = t;
    }
  if (!largest) return {call.name, "parameters", "float", call.operations};
  return {call.name, engine::text_of(program.shape(largest)),
          kernels::name_of(program.type(largest)), call.operations};
}

StepRow measure_step(const Workload& w, Network& network, double least_seconds) {
  Session& session = *network.session;
  session.step();
  session.step();
  Stopwatch watch(1000);
  double total = 0;
  for (int i = 0; i < 1000 && (total < least_seconds || i < 5); ++i) {
    watch.time([&] { session.step(i % 2); });
    total += watch.last();
  }
  StepRow row{.workload = w, .timing = watch.timing()};
  const double rate = 1 / row.timing.seconds;
  row.view_images_per_second = w.views * w.images * rate;
  for (const Call& call : network.program().calls()) row.operations_per_second += call.operations;
  row.operations_per_second *= rate;
  row.calls = network.program().calls().size();
  row.arena_bytes = session.memory().arena;
  row.unshared_bytes = engine::plan_memory(network.program()).unshared_bytes;
  return row;
}

// Times calls where they are, in the running step: with the caches as the step leaves them.
void measure_calls(Network& network, const std::regex& filter, double least_seconds,
                   std::vector<CallRow>& rows) {
  const auto& calls = network.program().calls();
  const auto matches = [&](const Call& call) { return std::regex_search(call.name, filter); };
  if (std::none_of(calls.begin(), calls.end(), matches)) return;
  std::vector<Stopwatch> watches(calls.size(), Stopwatch(100));
  double total = 0;
  for (int step = 0; step < 100 && (total < least_seconds || step < 5); ++step)
    for (size_t i = 0; i < calls.size(); ++i) {
      watches[i].time([&] { network.session->run_call(i); });
      total += watches[i].last();
    }
  std::map<Kind, CallRow> by_kind;
  for (size_t i = 0; i < calls.size(); ++i) {
    if (!matches(calls[i])) continue;
    const Kind kind = kind_of(network.program(), calls[i]);
    CallRow& row = by_kind[kind];
    const Timing timing = watches[i].timing();
    if (row.count++ == 0 || timing.seconds < row.timing.seconds)
      row = {.kernel = kind.kernel,
             .shape = kind.shape,
             .type = kind.type,
             .count = row.count,
             .timing = timing,
             .bytes = bytes_moved(network.program(), calls[i]),
             .operations = kind.operations};
  }
  for (auto& [kind, row] : by_kind) rows.push_back(std::move(row));
}

}  // namespace

std::string Workload::name() const {
  return kernels::text(model, training ? " training " : " inference ", views, "x", images, " ",
                       kernels::name_of(type));
}

Measured measure(kernels::ThreadPool& pool, const std::vector<Workload>& workloads,
                 const std::regex& filter, double least_seconds) {
  Measured measured;
  for (const Workload& w : workloads) {
    Network network(pool, w);
    if (std::regex_search(w.name(), filter))
      measured.steps.push_back(measure_step(w, network, least_seconds));
    measure_calls(network, filter, least_seconds, measured.calls);
  }
  return measured;
}

}  // namespace tools
