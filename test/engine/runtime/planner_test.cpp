// Plans of random programs: sound by brute force, and the same numbers as without sharing.
#include "engine/runtime/planner.h"

#include <algorithm>

#include "engine/ops/elementwise.h"
#include "engine/ops/relu.h"
#include "engine/ops/sigmoid.h"
#include "engine/ops/slice.h"
#include "engine/runtime/session.h"
#include "kernels/base/philox.h"
#include "test/support/catch.h"
#include "test/support/plan_check.h"

using engine::Call;
using engine::plan_memory;
using engine::Program;
using engine::Tensor;

namespace {

// Calls over random inputs, some of them slices, with random leave to work in place, some of whose
// results nobody reads. Every call's sum goes into a state: what a wrong plan would change.
class RandomProgram {
 public:
  explicit RandomProgram(std::uint32_t seed)
      : random_(seed, kernels::RandomUse::Test), program_({.device = kernels::Cpu{&pool_}}) {
    checks_ = program_.state("checks", {kCalls});
    for (int i = 0; i < kCalls; ++i) add_call(i);
  }
  const Program& program() const { return program_; }
  std::vector<float> run(bool share) const {
    engine::Session session(program_, {.share_activations = share, .poison = true});
    session.forward_backward();
    return {session.data(checks_), session.data(checks_) + kCalls};
  }

 private:
  static constexpr int kCalls = 40;

  int below(int bound) {
    return static_cast<int>(random_.below(static_cast<std::uint32_t>(bound)));
  }

  Tensor some_value() {
    // Mostly a recent one, so that lifetimes end.
    const int count = static_cast<int>(values_.size());
    const Tensor t =
        values_[static_cast<size_t>(below(2) ? below(count) : std::max(0, count - 1 - below(4)))];
    const int rows = program_.shape(t)[0];
    if (below(4) > 0 || rows < 2) return t;
    return engine::slice_views(program_, t, below(rows), 1);
  }

  void add_call(int index) {
    Call call{.name = "mix"};
    for (int i = values_.empty() ? 0 : 1 + below(3); i > 0; --i)
      call.inputs.push_back(some_value());
    for (int i = 1 + below(2); i > 0; --i)
      call.outputs.push_back(program_.activation("y", {1 + below(3), 16 * (1 + below(2))}));
    for (int i = 0; i < static_cast<int>(call.inputs.size()); ++i)
      if (below(2)) call.in_place.push_back({i, 0});
    std::vector<long> sizes;
    for (const auto* tensors : {&call.inputs, &call.outputs})
      for (const Tensor t : *tensors) sizes.push_back(engine::size_of(program_.shape(t)));
    for (const Tensor t : call.outputs)
      if (below(4) > 0) values_.push_back(t);
    const size_t inputs = call.inputs.size(), outputs = call.outputs.size();
    call.outputs.push_back(program_.alias("check", checks_, {1}, index));
    program_.call(std::move(call), [=](auto, const engine::Buffers& b) -> engine::Launch {
      return [=] {
        float sum = 0;
        // The output that may be in place comes last.
        for (size_t j = outputs; j-- > 0;) {
          float* const y = b.out(static_cast<int>(j));
          for (long i = 0; i < sizes[inputs + j]; ++i) {
            float mixed = static_cast<float>(index) + static_cast<float>(i) / 64;
            for (size_t k = 0; k < inputs; ++k)
              mixed += 0.3f * b.in(static_cast<int>(k))[i % sizes[k]];
            y[i] = mixed;
            sum += mixed;
          }
        }
        *b.out(static_cast<int>(outputs)) = sum;
      };
    });
  }

  kernels::Random random_;
  kernels::ThreadPool pool_{1};
  Program program_;
  Tensor checks_;
  std::vector<Tensor> values_;
};

}  // namespace

TEST_CASE("plans of random programs are sound", "[planner]") {
  int handed_over = 0;
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    INFO("program " << seed);
    const RandomProgram random(seed);
    const engine::MemoryPlan shared = plan_memory(random.program());
    const engine::MemoryPlan apart = plan_memory(random.program(), false);
    REQUIRE(test::fault_of(random.program(), shared) == "");
    REQUIRE(test::fault_of(random.program(), apart) == "");
    REQUIRE(test::taken_over(random.program(), apart) == 0);
    REQUIRE(shared.arena_bytes < apart.arena_bytes);
    REQUIRE(shared.unshared_bytes <= apart.arena_bytes);
    handed_over += test::taken_over(random.program(), shared);
    REQUIRE(random.run(true) == random.run(false));
  }
  CHECK(handed_over > 200);
}

TEST_CASE("memory is handed over where a call allows it, and only there", "[planner]") {
  kernels::ThreadPool pool(1);
  Program program({.device = kernels::Cpu{&pool}, .mode = engine::Mode::Inference});
  const Tensor x = program.input("x", {2, 8});
  const Tensor a = engine::sigmoid(program, x);  // inputs are never overwritten
  const Tensor b = engine::relu(program, a);     // a ends here: in place
  const Tensor c = engine::relu(program, b);     // b is read again
  const Tensor d = engine::add(program, c, b);   // in place of one of them
  const Tensor e = engine::multiply(program, d, d);
  const Tensor part = engine::slice_views(program, e, 1, 1);
  const Tensor f = engine::relu(program, part);  // a part of a value is not handed over
  const engine::MemoryPlan plan = plan_memory(program);
  const auto at = [&](Tensor t) { return plan.offset[static_cast<size_t>(t.id)]; };
  CHECK(at(b) == at(a));
  CHECK(at(c) != at(b));
  CHECK((at(d) == at(c) || at(d) == at(b)));
  CHECK(at(part) == at(e) + 8 * sizeof(float));
  CHECK(at(f) != at(part));
  CHECK(test::fault_of(program, plan) == "");
}
