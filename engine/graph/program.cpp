#include "engine/graph/program.h"

#include <algorithm>
#include <sstream>

#include "engine/graph/gradients.h"
#include "kernels/base/philox.h"

namespace engine {

Program::Scope::Scope(Program& program, const std::string& name)
    : program_(program), outer_(program.scope_) {
  program.scope_ = program.scoped(name);
}
Program::Scope::~Scope() { program_.scope_ = outer_; }

Program::RecomputeScope::RecomputeScope(Program& program)
    : program_(program), outer_(program.options_.recompute) {
  program_.options_.recompute = outer_ || program.on_cpu();
}

Program::RecomputeScope::~RecomputeScope() { program_.options_.recompute = outer_; }

std::string Program::scoped(const std::string& name) const {
  return scope_.empty() ? name : scope_ + "." + name;
}

Tensor Program::add(Value value) {
  for (int extent : value.shape)
    CHECK(extent > 0, value.name, ": every extent must be positive, got ", text_of(value.shape));
  values_.push_back(std::move(value));
  return {static_cast<int>(values_.size()) - 1};
}

Tensor Program::activation(const std::string& name, Shape shape, Type type) {
  Value value{.name = scoped(name), .shape = std::move(shape)};
  value.type = type;
  return add(std::move(value));
}

Tensor Program::workspace(std::size_t bytes) {
  constexpr std::size_t kUnit = 1024;  // keeps the extent of large workspaces within an int
  const int units = static_cast<int>((bytes + kUnit - 1) / kUnit);
  if (units == 0) return {};
  return activation("workspace", {units, static_cast<int>(kUnit)}, Type::UInt8);
}

Tensor Program::input(const std::string& name, Shape shape, Type type, int slots) {
  Value value{.name = scoped(name), .shape = std::move(shape)};
  value.type = type;
  value.role = Role::Input;
  value.slots = slots;
  return add(std::move(value));
}

Tensor Program::random() {
  if (random_) return random_;
  const Value value{.name = "random",
                    .shape = {kernels::kRandomWords},
                    .type = Type::UInt32,
                    .role = Role::Input};
  return random_ = add(value);
}

Tensor Program::parameter(const std::string& name, Shape shape, Initializer initializer) {
  Value value{.name = scoped(name), .shape = std::move(shape)};
  for (const Value& other : values_)
    CHECK(other.role != Role::Parameter || other.name != value.name, "parameter ", value.name,
          " is made twice; give its layer a name of its own");
  value.role = Role::Parameter;
  value.initializer = initializer;
  return add(std::move(value));
}

Tensor Program::state(const std::string& name, Shape shape, Initializer initializer) {
  Value value{.name = scoped(name), .shape = std::move(shape)};
  value.role = Role::State;
  value.initializer = initializer;
  return add(std::move(value));
}

Tensor Program::result(const std::string& name, Shape shape) {
  Value value{.name = scoped(name), .shape = std::move(shape)};
  value.role = Role::Result;
  return add(std::move(value));
}

Tensor Program::momentum(Tensor parameter) {
  const Value& source = value(parameter);
  Value value{.name = source.name + ".momentum", .shape = source.shape};
  value.role = Role::Momentum;
  value.mirror_of = parameter.id;
  return add(std::move(value));
}

Tensor Program::whole(Role role) {
  Value value{.name = kernels::text("all ", engine::name_of(role), "s")};
  value.role = role;
  value.whole = true;
  return add(std::move(value));
}

Tensor Program::alias(const std::string& name, Tensor of, Shape shape, long offset) {
  const Value& source = value(of);
  CHECK(offset >= 0 && offset + size_of(shape) <= size_of(source.shape), scoped(name), ": ",
        text_of(shape), " at element ", offset, " does not fit into ", source.name, " ",
        text_of(source.shape));
  Value part = source;
  part.name = scoped(name);
  part.shape = std::move(shape);
  part.alias_of = source.alias_of >= 0 ? source.alias_of : of.id;
  part.alias_offset =
      source.alias_offset + static_cast<std::size_t>(offset) * kernels::bytes_of(source.type);
  return add(std::move(part));
}

void Program::want_gradient(Tensor input) {
  values_.at(static_cast<size_t>(input.id)).wants_gradient = true;
}

void Program::want_no_gradient(Tensor activation) {
  values_.at(static_cast<size_t>(activation.id)).is_data = true;
}

void Program::append(Call call) {
  call.scope = scope_;
  calls_.push_back(std::move(call));
}

void Program::gradient(Tensor result, GradientRule rule) {
  if (training()) rules_.push_back({result, scope_, std::move(rule)});
}

void Program::recompute(Tensor result, RecomputeRule rule) {
  if (training() && options_.recompute) recompute_[result.id] = {scope_, std::move(rule)};
}

bool Program::recomputable(Tensor t) const {
  const int of = value(t).alias_of;
  return value(t).role != Role::Activation || recompute_.contains(of >= 0 ? of : t.id);
}

void Program::backward(const std::vector<Tensor>& losses) {
  CHECK(training(), "backward: this is a program for inference, which keeps no gradient rules");
  Gradients gradients(*this, losses);
  const std::string outer = scope_;
  for (size_t i = rules_.size(); i-- > 0;) {
    const Rule rule = rules_[i];
    if (!gradients.has(rule.result)) continue;
    scope_ = rule.scope;
    rule.run(gradients);
  }
  scope_ = outer;
  gradients.finish_parameters();
  update_begins_ = calls_.size();
}

const Value& Program::value(Tensor t) const { return values_.at(static_cast<size_t>(t.id)); }

long Program::parameter_count() const {
  long count = 0;
  for (const Value& value : values_)
    if (value.role == Role::Parameter && !value.whole && value.alias_of < 0)
      count += size_of(value.shape);
  return count;
}

Tensor Program::find(const std::string& name) const {
  for (size_t id = 0; id < values_.size(); ++id)
    if (values_[id].name == name) return {static_cast<int>(id)};
  throw kernels::Error("the program has no value named " + name);
}

std::string Program::listing() const {
  std::ostringstream out;
  const auto list = [&](const std::vector<Tensor>& tensors, bool detailed) {
    const char* separator = "";
    for (Tensor t : tensors) {
      if (!t) continue;
      out << std::exchange(separator, ", ") << value(t).name;
      if (detailed && !value(t).whole)
        out << " " << text_of(shape(t)) << " " << kernels::name_of(type(t));
    }
  };
  for (size_t i = 0; i < calls_.size(); ++i) {
    out << i << (i == update_begins_ ? " (update) " : " ") << calls_[i].name << ": ";
    list(calls_[i].outputs, true);
    out << " <- ";
    list(calls_[i].inputs, false);
    out << "\n";
  }
  return out.str();
}

}  // namespace engine
