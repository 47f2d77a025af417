#include "engine/graph/gradients.h"

#include <algorithm>
#include <utility>

#include "kernels/elementwise/elementwise.h"

namespace engine {
namespace {

void append_fill_zero(Program& program, Tensor t) {
  const long size = size_of(program.shape(t));
  kernels::with_storage(program.type(t), [&](auto tag) {
    using T = typename decltype(tag)::type;
    program.call({.name = "fill", .outputs = {t}}, [=](auto device, const Buffers& b) -> Launch {
      const kernels::Fill<T> arrays{.value = 0.0f, .y = b.out<T>(0)};
      return [=] { kernels::fill(device, {size}, arrays); };
    });
  });
}

// y = x, or y = y + x.
void append_pass_on(Program& program, Tensor x, Tensor y, GradientMode mode) {
  const long size = size_of(program.shape(x));
  kernels::with_storage(program.type(x), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const bool add = mode == GradientMode::Accumulate;
    program.call({.name = add ? "add_into" : "copy", .inputs = {x}, .outputs = {y}},
                 [=](auto device, const Buffers& b) -> Launch {
                   const kernels::AddInto<T> sum{.x = b.in<T>(0), .y = b.out<T>(0)};
                   const kernels::Convert<T, T> copy{.x = b.in<T>(0), .y = b.out<T>(0)};
                   if (add) return [=] { kernels::add_into(device, {size}, sum); };
                   return [=] { kernels::convert(device, {size}, copy); };
                 });
  });
}

}  // namespace

Tensor Gradients::root(Tensor t) const {
  const int of = program_.value(t).alias_of;
  return of >= 0 ? Tensor{of} : t;
}

Gradients::Interval Gradients::interval(Tensor t) const {
  const Value& value = program_.value(t);
  return {value.alias_offset, value.alias_offset + value.bytes()};
}

bool Gradients::has(Tensor t) const {
  if (std::find(losses_.begin(), losses_.end(), t) != losses_.end()) return true;
  const auto found = known_.find(root(t).id);
  if (found == known_.end()) return false;
  const Interval mine = interval(t);
  for (const Interval& written : found->second.written)
    if (written.begin < mine.end && mine.begin < written.end) return true;
  return false;
}

bool Gradients::wanted(Tensor t) const {
  const Value& value = program_.value(root(t));
  if (value.role == Role::Activation) return !value.is_data;
  return value.role == Role::Parameter || value.wants_gradient;
}

Gradients::Known& Gradients::known(Tensor root) {
  const auto found = known_.find(root.id);
  if (found != known_.end()) return found->second;
  const Value source = program_.value(root);
  Value gradient{.name = "d_" + source.name, .shape = source.shape, .type = source.type};
  if (source.role == Role::Parameter) {
    gradient.role = Role::Gradient;
    gradient.mirror_of = root.id;
  }
  return known_[root.id] = {program_.add(std::move(gradient)), {}};
}

// The part of a root's gradient that belongs to t, an alias of the root or the root itself.
Tensor Gradients::part(const Known& known, Tensor t) {
  const Value value = program_.value(t);
  if (value.alias_of < 0) return known.gradient;
  const long offset = static_cast<long>(value.alias_offset / kernels::bytes_of(value.type));
  const Tensor alias = program_.alias("", known.gradient, value.shape, offset);
  program_.values_.back().name = "d_" + value.name;
  return alias;
}

std::vector<Gradients::Interval> Gradients::gaps(const Known& known, Interval mine) const {
  std::vector<Interval> result;
  std::size_t begin = mine.begin;
  for (const Interval& written : known.written) {
    if (written.end <= begin || written.begin >= mine.end) continue;
    if (written.begin > begin) result.push_back({begin, written.begin});
    begin = written.end;
  }
  if (begin < mine.end) result.push_back({begin, mine.end});
  return result;
}

void Gradients::fill_gaps(Known& known, Tensor t) {
  const Interval mine = interval(t);
  for (const Interval& gap : gaps(known, mine)) {
    const std::size_t unit = kernels::bytes_of(program_.type(known.gradient));
    const Tensor hole =
        program_.alias("zero", known.gradient, {static_cast<int>((gap.end - gap.begin) / unit)},
                       static_cast<long>(gap.begin / unit));
    append_fill_zero(program_, hole);
  }
  mark(known, mine);
}

void Gradients::mark(Known& known, Interval mine) {
  std::vector<Interval> merged;
  for (const Interval& written : known.written) {
    if (written.end < mine.begin || written.begin > mine.end)
      merged.push_back(written);
    else
      mine = {std::min(mine.begin, written.begin), std::max(mine.end, written.end)};
  }
  merged.push_back(mine);
  std::sort(merged.begin(), merged.end(),
            [](const Interval& a, const Interval& b) { return a.begin < b.begin; });
  known.written = std::move(merged);
}

Tensor Gradients::value(Tensor t) {
  const int id = root(t).id;
  const auto rule = program_.recompute_.find(id);
  if (rule == program_.recompute_.end()) return t;
  if (!recomputed_.contains(id)) {
    const std::string outer = std::exchange(program_.scope_, rule->second.scope);
    recomputed_[id] = rule->second.run(*this);
    program_.scope_ = outer;
  }
  const Tensor again = recomputed_[id];
  const Value part = program_.value(t);
  if (part.alias_of < 0) return again;
  const long offset = static_cast<long>(part.alias_offset / kernels::bytes_of(part.type));
  const Tensor alias = program_.alias("", again, part.shape, offset);
  program_.values_.back().name = part.name;
  return alias;
}

Gradients::Target Gradients::target(Tensor t) {
  Known& mine = known(root(t));
  const Tensor gradient = part(mine, t);
  if (!has(t)) {
    mark(mine, interval(t));
    return {gradient, GradientMode::Overwrite};
  }
  fill_gaps(mine, t);
  return {gradient, GradientMode::Accumulate};
}

void Gradients::contribute(Tensor t, Tensor gradient) {
  CHECK(
      program_.shape(t) == program_.shape(gradient) && program_.type(t) == program_.type(gradient),
      "gradient of ", program_.value(t).name, ": expected ", text_of(program_.shape(t)), ", got ",
      text_of(program_.shape(gradient)));
  const bool is_root = program_.value(t).alias_of < 0;
  if (is_root && !known_.contains(t.id) && program_.value(t).role == Role::Activation) {
    known_[t.id] = {gradient, {interval(t)}};
    return;
  }
  const Target to = target(t);
  append_pass_on(program_, gradient, to.gradient, to.mode);
}

Tensor Gradients::accumulated(Tensor t) {
  Known& mine = known(root(t));
  fill_gaps(mine, t);
  return part(mine, t);
}

Tensor Gradients::of(Tensor t) { return accumulated(t); }

void Gradients::finish_parameters() {
  const int count = static_cast<int>(program_.values().size());
  for (int id = 0; id < count; ++id) {
    const Value& value = program_.values()[static_cast<size_t>(id)];
    if (value.role != Role::Parameter || value.whole || value.alias_of >= 0) continue;
    CHECK(has({id}), "parameter ", value.name, " gets no gradient: it does not reach a loss");
    fill_gaps(known({id}), {id});
  }
}

}  // namespace engine
