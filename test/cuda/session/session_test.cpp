// Sessions of a GPU: the host's side of inputs and results, steps that become graphs, memory.
#include "engine/runtime/session.h"

#include <cstring>
#include <set>

#include "test/cuda/session/device.h"
#include "test/cuda/session/network.h"
#include "test/support/catch.h"

using engine::Session;
using engine::Tensor;
using test::Network;

namespace {

std::vector<float> numbers(Session& session, Tensor t) {
  const auto copy = session.host_copy(t);
  const auto* from = static_cast<const float*>(copy.get());
  return {from, from + engine::size_of(session.program().shape(t))};
}

struct Steps {
  std::vector<float> losses, weights;
};

Steps train(const Network& network, const std::function<void(Session&, int slot)>& step) {
  Session session(network.program);
  session.initialize(3);
  Steps result;
  for (int i = 0; i < 6; ++i) {
    network.fill(session, i);
    step(session, i % 2);
    session.wait();
    result.losses.push_back(*session.result(network.losses.loss));
  }
  result.weights = numbers(session, network.program.find("conv.weight"));
  return result;
}

Steps train(const Network& network) {
  return train(network, [](Session& session, int slot) { session.step(slot); });
}

}  // namespace

TEST_CASE("a session of a GPU trains as one of a CPU does", "[session]") {
  kernels::ThreadPool pool(1);
  const Network on_cpu(kernels::Cpu{&pool}), on_gpu(test::gpu().context());
  const Steps expected = train(on_cpu), trained = train(on_gpu);
  REQUIRE(expected.losses.front() != expected.losses.back());
  for (size_t i = 0; i < expected.losses.size(); ++i)
    CHECK(trained.losses[i] == Approx(expected.losses[i]).epsilon(test::kRounding));
  for (size_t i = 0; i < expected.weights.size(); ++i)
    CHECK(trained.weights[i] == Approx(expected.weights[i]).margin(test::kRounding / 10));
}

TEST_CASE("steps as graphs are steps call by call, bit for bit", "[session]") {
  const Network network(test::gpu().context());
  const Steps graphs = train(network);
  const Steps calls = train(network, [&](Session& session, int slot) {
    session.step_checked(slot);
    const size_t count = network.program.calls().size();
    for (size_t i = network.program.update_begins(); i < count; ++i) session.run_call(i, slot);
    // As a step would have left it, for result().
    const auto loss = session.host_copy(network.losses.loss);
    std::memcpy(const_cast<float*>(session.result(network.losses.loss)), loss.get(), sizeof(float));
  });
  CHECK(graphs.losses == calls.losses);
  CHECK(graphs.weights == calls.weights);
}

TEST_CASE("a step packs each weight once, for all that read it", "[session]") {
  const Network network(test::gpu().context());
  std::set<int> packed, weights;
  for (const engine::Call& call : network.program.calls()) {
    if (call.name == "pack_weight") {
      CHECK(weights.insert(call.inputs[0].id).second);
      packed.insert(call.outputs[0].id);
    } else if (call.name.starts_with("convolution_")) {
      for (const Tensor t : call.inputs) CHECK((!t || !weights.contains(t.id)));
    }
  }
  CHECK(weights.contains(network.program.find("conv.weight").id));
  CHECK(packed.size() == weights.size());
}

TEST_CASE("what is neither an input nor a result has no side on the host", "[session]") {
  const Network network(test::gpu().context());
  Session session(network.program);
  CHECK_THROWS_WITH(session.input(network.program.find("conv.weight")),
                    "session: conv.weight is neither an input nor a result");
}
