#include "engine/runtime/session.h"

#include <algorithm>
#include <cmath>

#include "engine/runtime/initialize.h"
#include "engine/runtime/shared_values.h"
#include "kernels/base/memory.h"

namespace engine {

Session::Session(const Program& program, Options options)
    : program_(program),
      options_(options),
      backend_(make_backend(program.device())),
      place_(program.values().size(), nullptr),
      slot_step_(program.values().size(), 0) {
  const auto& values = program_.values();
  Session* const other = options_.parameters_of;
  const std::vector<Tensor> shared = shared_values(program_, other ? &other->program_ : nullptr);
  place_persistent(shared);
  for (size_t id = 0; id < values.size(); ++id)
    if (shared[id]) place_[id] = other->address(shared[id], 0);

  const MemoryPlan plan = plan_memory(program_, options_.share_activations);
  std::byte* const arena = backend_->allocate(plan.arena_bytes);
  memory_use_.arena = plan.arena_bytes;
  if (options_.poison) backend_->set_bytes(arena, 0xff, plan.arena_bytes);
  for (size_t id = 0; id < values.size(); ++id) {
    if (values[id].role == Role::Activation) {
      place_[id] = arena + plan.offset[id];
    } else if (values[id].alias_of >= 0) {
      const size_t root = static_cast<size_t>(values[id].alias_of);
      place_[id] = place_[root] + values[id].alias_offset;
      slot_step_[id] = slot_step_[root];
    }
  }
  prepare();
}

// Lays out everything that lives longer than a step in one block: parameters, then gradients and
// momentum in the same order, states, results, inputs. What is shared lies elsewhere.
void Session::place_persistent(const std::vector<Tensor>& shared) {
  const auto& values = program_.values();
  std::vector<std::size_t> offset(values.size(), 0);
  std::size_t end = 0;
  const auto is_own = [&](size_t id, Role role) {
    return values[id].role == role && values[id].alias_of < 0 && !values[id].whole && !shared[id];
  };
  const auto place_whole = [&](Role role, std::size_t begin) {
    for (size_t id = 0; id < values.size(); ++id)
      if (values[id].role == role && values[id].whole) offset[id] = begin;
  };
  for (size_t id = 0; id < values.size(); ++id)
    if (is_own(id, Role::Parameter)) {
      offset[id] = end;
      end += aligned(values[id].bytes());
    }
  const std::size_t flat = end;
  memory_use_.parameters = flat;
  place_whole(Role::Parameter, 0);

  const auto used = [&](Role role) {
    return std::any_of(values.begin(), values.end(),
                       [&](const Value& value) { return value.role == role; });
  };
  for (const Role role : {Role::Gradient, Role::Momentum}) {
    if (!used(role)) continue;
    for (size_t id = 0; id < values.size(); ++id)
      if (is_own(id, role)) offset[id] = end + offset[static_cast<size_t>(values[id].mirror_of)];
    place_whole(role, end);
    (role == Role::Gradient ? memory_use_.gradients : memory_use_.momentum) = flat;
    end += flat;
  }
  for (const Role role : {Role::State, Role::Result, Role::Input}) {
    std::size_t& use = role == Role::State    ? memory_use_.states
                       : role == Role::Result ? memory_use_.results
                                              : memory_use_.inputs;
    for (size_t id = 0; id < values.size(); ++id) {
      if (!is_own(id, role)) continue;
      const std::size_t bytes = aligned(values[id].bytes());
      offset[id] = end;
      slot_step_[id] = values[id].slots > 1 ? bytes : 0;
      end += bytes * static_cast<std::size_t>(values[id].slots);
      use += bytes * static_cast<std::size_t>(values[id].slots);
    }
  }
  std::byte* const persistent = backend_->allocate(end);
  for (size_t id = 0; id < values.size(); ++id)
    if (values[id].role != Role::Activation) place_[id] = persistent + offset[id];

  const auto share = [&](std::size_t begin, std::size_t bytes) {
    return Shared{persistent + begin, backend_->host_side(persistent + begin, bytes), bytes};
  };
  inputs_ = share(end - memory_use_.inputs, memory_use_.inputs);
  results_ = share(end - memory_use_.inputs - memory_use_.results, memory_use_.results);
}

std::byte* Session::address(Tensor t, int slot) const {
  if (!t) return nullptr;
  const size_t id = static_cast<size_t>(t.id);
  return place_.at(id) + slot_step_[id] * static_cast<std::size_t>(slot);
}

void* Session::on_host(Tensor t, int slot) {
  std::byte* const place = address(t, slot);
  for (const Shared& shared : {inputs_, results_})
    if (shared.holds(place)) return shared.host + (place - shared.device);
  throw kernels::Error(
      kernels::text("session: ", program_.value(t).name, " is neither an input nor a result"));
}

std::shared_ptr<const void> Session::host_copy(Tensor t, int slot) {
  if (program_.on_cpu()) return {std::shared_ptr<void>(), address(t, slot)};
  auto copy = std::make_shared<kernels::Memory>(program_.value(t).bytes());
  backend_->read(copy->get(), address(t, slot), program_.value(t).bytes());
  return {copy, copy->get()};
}

void Session::write(Tensor t, const void* host, int slot) {
  backend_->write(address(t, slot), host, program_.value(t).bytes());
}

// What brings the inputs of a slot to the device: neighbours go together.
std::vector<Launch> Session::input_copies(int slot) {
  std::vector<Launch> copies;
  std::byte *begin = nullptr, *end = nullptr;
  const auto finish = [&] {
    if (begin == end) return;
    Launch copy = backend_->to_device(begin, inputs_.host + (begin - inputs_.device),
                                      static_cast<std::size_t>(end - begin));
    if (copy) copies.push_back(std::move(copy));
  };
  const auto& values = program_.values();
  for (size_t id = 0; id < values.size(); ++id) {
    if (values[id].role != Role::Input || values[id].alias_of >= 0) continue;
    std::byte* const place = address({static_cast<int>(id)}, slot);
    if (place != end) {
      finish();
      begin = place;
    }
    end = place + aligned(values[id].bytes());
  }
  finish();
  return copies;
}

void Session::prepare() {
  update_begins_ = std::min(program_.update_begins(), program_.calls().size());
  for (int slot = 0; slot < 2; ++slot)
    for (const Call& call : program_.calls()) {
      bool differs = slot == 0;
      std::vector<void*> inputs, outputs;
      for (Tensor t : call.inputs) {
        inputs.push_back(address(t, slot));
        differs |= t && slot_step_[static_cast<size_t>(t.id)] != 0;
      }
      for (Tensor t : call.outputs) outputs.push_back(address(t, slot));
      launches_[slot].push_back(differs
                                    ? call.prepare(Buffers(std::move(inputs), std::move(outputs)))
                                    : launches_[0][launches_[slot].size()]);
    }
  const Launch results = results_.bytes > 0
                             ? backend_->to_host(results_.host, results_.device, results_.bytes)
                             : Launch{};
  for (int slot = 0; slot < 2; ++slot) {
    const auto middle = launches_[slot].begin() + static_cast<long>(update_begins_);
    std::vector<Launch> all = input_copies(slot);
    all.insert(all.end(), launches_[slot].begin(), middle);
    if (results) all.push_back(results);
    forward_backward_[slot] = backend_->sequence(std::move(all));
    update_[slot] = backend_->sequence({middle, launches_[slot].end()});
  }
}

void Session::initialize(std::uint64_t seed) {
  const auto& values = program_.values();
  std::vector<size_t> begun;
  for (size_t id = 0; id < values.size(); ++id) {
    const Value& value = values[id];
    const bool begins = value.role == Role::Parameter || value.role == Role::State;
    if (begins && value.alias_of < 0 && !value.whole) begun.push_back(id);
  }
  if (const auto* cpu = std::get_if<kernels::Cpu>(&program_.device())) {
    cpu->pool->run(static_cast<int>(begun.size()), [&](int i, int) {
      const size_t id = begun[static_cast<size_t>(i)];
      initialize_value(values[id], seed, reinterpret_cast<float*>(place_[id]));
    });
    return;
  }
  std::vector<std::vector<float>> numbers(begun.size());
  kernels::ThreadPool pool(kernels::available_processors());
  pool.run(static_cast<int>(begun.size()), [&](int i, int) {
    const Value& value = values[begun[static_cast<size_t>(i)]];
    std::vector<float>& own = numbers[static_cast<size_t>(i)];
    own.resize(static_cast<size_t>(size_of(value.shape)));
    initialize_value(value, seed, own.data());
  });
  for (size_t i = 0; i < begun.size(); ++i) write({static_cast<int>(begun[i])}, numbers[i].data());
}

void Session::step_checked(int slot) {
  const auto& calls = program_.calls();
  for (const Launch& copy : input_copies(slot)) copy();
  for (size_t i = 0; i < update_begins_; ++i) {
    for (Tensor t : calls[i].inputs)
      if (t && program_.value(t).role == Role::Parameter) check_finite(calls[i], i, t, slot);
    launches_[slot][i]();
    for (Tensor t : calls[i].outputs)
      if (t) check_finite(calls[i], i, t, slot);
  }
}

void Session::check_finite(const Call& call, size_t index, Tensor t, int slot) {
  const Value& value = program_.value(t);
  if (value.whole || (value.type != Type::Float && value.type != Type::BFloat16)) return;
  const std::shared_ptr<const void> copy = host_copy(t, slot);
  kernels::with_storage(value.type, [&](auto tag) {
    const auto* numbers = static_cast<const typename decltype(tag)::type*>(copy.get());
    for (long i = 0; i < size_of(value.shape); ++i) {
      const float number = numbers[i];
      CHECK(std::isfinite(number), value.name, " ", text_of(value.shape), " holds ", number,
            " at element ", i, ", seen first at call ", index, ", ", call.name,
            call.scope.empty() ? "" : " of " + call.scope);
    }
  });
}

}  // namespace engine
