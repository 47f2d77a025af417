#include "aux_training/pretrained.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "aux_training/model_file.h"
#include "engine/checkpoint/differences.h"
#include "engine/checkpoint/parameters.h"
#include "engine/checkpoint/printable.h"

namespace aux_training {
namespace {

using engine::Differences;
using engine::Session;
using engine::Shape;
using engine::Value;
using engine::WeightArray;
using engine::WeightFile;

const WeightArray* find(const WeightFile& file, const std::string& name) {
  const auto found = file.arrays().find(name);
  return found == file.arrays().end() ? nullptr : &found->second;
}

// Whether the file has this layer, fit for the model but for its number of classes.
bool has_other_classes(const WeightFile& file, const std::string& layer, Shape ours) {
  const WeightArray* const weight = find(file, layer + ".weight");
  if (!weight || weight->shape.size() != 2 || weight->shape == ours) return false;
  ours[0] = weight->shape[0];
  const WeightArray* const bias = find(file, layer + ".bias");
  return weight->shape == ours && bias && bias->shape == Shape{ours[0]};
}

void compare(const Value& ours, const WeightFile& file, Differences& differences) {
  const WeightArray* const theirs = find(file, ours.name);
  if (!theirs)
    differences.add(ours.name, " is missing");
  else if (theirs->shape != ours.shape)
    differences.add(ours.name, " is ", engine::text_of(theirs->shape), ", expected ",
                    engine::text_of(ours.shape));
  else if (!is_floating_point(*theirs))
    differences.add(ours.name, " is ", theirs->dtype, ", expected F32, F16, BF16 or F64");
}

std::vector<float> finite_numbers(const WeightFile& file, const std::string& name) {
  std::vector<float> numbers = to_floats(*find(file, name));
  const auto broken = std::find_if(numbers.begin(), numbers.end(),
                                   [](float number) { return !std::isfinite(number); });
  CHECK(broken == numbers.end(), file.name(), ": ", name, " holds ", *broken, " at element ",
        broken - numbers.begin());
  return numbers;
}

}  // namespace

std::string load_pretrained(Session& session, const WeightFile& file,
                            const models::Backbone& backbone) {
  const engine::Program& program = session.program();
  const std::string layer = backbone.classifier + ".";
  const Shape last = program.shape(program.find(layer + "weight"));
  const bool is_replaced = has_other_classes(file, backbone.classifier, last);
  std::vector<engine::Tensor> tensors = engine::kept(program, is_primary);
  if (is_replaced)
    std::erase_if(tensors,
                  [&](engine::Tensor t) { return program.value(t).name.starts_with(layer); });

  Differences differences;
  std::set<std::string> known = {layer + "weight", layer + "bias"};
  for (const engine::Tensor t : tensors) {
    compare(program.value(t), file, differences);
    known.insert(program.value(t).name);
  }
  for (const auto& [name, unused] : file.arrays())
    if (!known.contains(name) && !name.ends_with("num_batches_tracked"))
      differences.add(engine::printable(name), " is not in the model");
  differences.require_none(file.name());

  for (const engine::Tensor t : tensors)
    session.write(t, finite_numbers(file, program.value(t).name).data());
  if (!is_replaced) return "";
  return kernels::text(file.name(), ": its last layer is for ",
                       find(file, layer + "weight")->shape[0], " classes; the one for ", last[0],
                       " begins anew");
}

int classes_of(const WeightFile& file, const models::Backbone& backbone) {
  const std::string name = backbone.classifier + ".weight";
  const WeightArray* const weight = find(file, name);
  CHECK(weight, file.name(), ": does not fit the model: ", name, " is missing");
  const Shape& shape = weight->shape;
  CHECK(shape.size() == 2 && shape[0] >= 1 && shape[0] <= 1'000'000 && shape[1] >= 1, file.name(),
        ": does not fit the model: ", name, " is ", engine::text_of(shape),
        ", expected [classes, features]");
  return shape[0];
}

}  // namespace aux_training
