#include "engine/onnx/translate.h"

#include <cmath>
#include <cstring>
#include <set>

#include "kernels/base/check.h"

namespace engine {
namespace {

class Translator {
 public:
  Translator(OnnxGraph& graph, Session& session) : graph_(graph), session_(session) {}

  std::string run(Tensor images, const std::string& images_name, Tensor result) {
    used_.insert(images_name);
    names_[images.id] = images_name;
    for (const Call& call : program_.calls()) translate(call);
    return name_of(result);
  }

 private:
  void translate(const Call& call) {
    const std::vector<Tensor>& in = call.inputs;
    if (call.name == "convolution_batch_norm") return convolution_batch_norm(call);
    if (call.name == "convolution_forward") return convolution(call);
    if (call.name == "relu_forward")
      return graph_.node("Relu", {name_of(in[0])}, new_name(call.outputs[0]));
    if (call.name == "max_pooling_forward") {
      const std::int64_t kernel = attribute(call, "kernel");
      return graph_.node("MaxPool", {name_of(in[0])}, new_name(call.outputs[0]),
                         window(call, {kernel, kernel}));
    }
    if (call.name == "global_average_forward") {
      const std::string pooled = unused(program_.value(call.outputs[0]).name + ".map");
      graph_.node("GlobalAveragePool", {name_of(in[0])}, pooled);
      return flatten(pooled, new_name(call.outputs[0]));
    }
    throw kernels::Error("ONNX: there is no operator for " + call.name +
                         (call.scope.empty() ? "" : " of " + call.scope));
  }

  // y = x * weight + bias, of feature maps or of features.
  void convolution(const Call& call) {
    const Tensor x = call.inputs[0], weight = call.inputs[1], bias = call.inputs[2];
    std::vector<std::string> inputs{name_of(x), constant(weight)};
    if (bias) inputs.push_back(constant(bias));
    const std::string y = new_name(call.outputs[0]);
    if (program_.shape(x).size() == 3)
      graph_.node("Gemm", inputs, y, {{"transB", {1}, false}});
    else
      graph_.node("Conv", inputs, y, convolution_attributes(call));
  }

  // The batch norm's scale goes into the weight, the rest into a bias.
  void convolution_batch_norm(const Call& call) {
    const Tensor weight = call.inputs[1], residual = call.inputs[7];
    const Shape shape = program_.shape(weight);
    const std::vector<double> old_bias = numbers(call.inputs[2], shape[0]),
                              gamma = numbers(call.inputs[3], shape[0]),
                              beta = numbers(call.inputs[4], shape[0]),
                              mean = numbers(call.inputs[5], shape[0]),
                              variance = numbers(call.inputs[6], shape[0]);
    std::vector<float> folded, bias;
    const std::vector<double> plain = numbers(weight, size_of(shape));
    const size_t kernel = plain.size() / static_cast<size_t>(shape[0]);
    for (size_t o = 0; o < static_cast<size_t>(shape[0]); ++o) {
      const double scale = gamma[o] / std::sqrt(variance[o] + call.attributes.at("epsilon"));
      for (size_t i = 0; i < kernel; ++i)
        folded.push_back(static_cast<float>(plain[o * kernel + i] * scale));
      bias.push_back(static_cast<float>((old_bias[o] - mean[o]) * scale + beta[o]));
    }
    const std::string name = program_.value(weight).name, weight_name = unused(name),
                      bias_name = unused(name.substr(0, name.rfind('.')) + ".bias");
    graph_.constant(weight_name, shape, folded.data());
    graph_.constant(bias_name, {shape[0]}, bias.data());

    const std::string from = name_of(call.inputs[0]), y = new_name(call.outputs[0]);
    const bool relu = call.attributes.at("relu") != 0;
    std::string now = residual || relu ? unused(y + ".convolution") : y;
    graph_.node("Conv", {from, weight_name, bias_name}, now, convolution_attributes(call));
    if (residual) {
      const std::string sum = relu ? unused(y + ".sum") : y;
      graph_.node("Add", {now, name_of(residual)}, sum);
      now = sum;
    }
    if (relu) graph_.node("Relu", {now}, y);
  }

  void flatten(const std::string& map, const std::string& features) {
    graph_.node("Flatten", {map}, features, {{"axis", {1}, false}});
  }

  static std::int64_t attribute(const Call& call, const char* name) {
    return static_cast<std::int64_t>(call.attributes.at(name));
  }

  static std::vector<OnnxAttribute> window(const Call& call, std::vector<std::int64_t> kernel) {
    const std::int64_t stride = attribute(call, "stride"), padding = attribute(call, "padding");
    return {{"kernel_shape", std::move(kernel)},
            {"strides", {stride, stride}},
            {"pads", {padding, padding, padding, padding}}};
  }

  std::vector<OnnxAttribute> convolution_attributes(const Call& call) const {
    const Shape weight = program_.shape(call.inputs[1]);
    std::vector<OnnxAttribute> attributes = window(call, {weight[2], weight[3]});
    attributes.push_back({"group", {attribute(call, "groups")}, false});
    return attributes;
  }

  // Of an optional value; zeros where there is none.
  std::vector<double> numbers(Tensor t, long count) {
    if (!t) return std::vector<double>(static_cast<size_t>(count), 0);
    const std::shared_ptr<const void> copy = session_.host_copy(t);
    const auto* floats = static_cast<const float*>(copy.get());
    return {floats, floats + count};
  }

  // A parameter as it is; one that is used twice is there once.
  std::string constant(Tensor t) {
    const auto known = names_.find(t.id);
    if (known != names_.end()) return known->second;
    const std::shared_ptr<const void> copy = session_.host_copy(t);
    // A reshaped weight has the name of what it was made from.
    const int root = program_.value(t).alias_of;
    const std::string name = names_[t.id] =
        unused(program_.value(root >= 0 ? Tensor{root} : t).name);
    graph_.constant(name, program_.shape(t), static_cast<const float*>(copy.get()));
    return name;
  }

  // The name of a value that calls so far have made.
  std::string name_of(Tensor t) {
    if (const auto known = names_.find(t.id); known != names_.end()) return known->second;
    const Value& value = program_.value(t);
    const Tensor root{value.alias_of};
    CHECK(root && size_of(value.shape) == size_of(program_.shape(root)), "ONNX: ", value.name,
          " is a part of another value, or made by no call");
    const std::string whole = name_of(root);
    const Shape map = program_.shape(root);
    if (map.size() == value.shape.size()) return names_[t.id] = whole;
    CHECK(map.size() == 5 && map[2] == 1 && map[3] == 1 && value.shape.size() == 3,
          "ONNX: ", text_of(map), " cannot become ", text_of(value.shape));
    const std::string features = new_name(t);
    flatten(whole, features);
    return features;
  }

  // Names a value that is about to be made. The whole of another one has that one's name.
  std::string new_name(Tensor t) {
    const Value& value = program_.value(t);
    CHECK(value.type == Type::Float && value.shape[0] == 1, "ONNX: ", value.name, " is ",
          kernels::name_of(value.type), " ", text_of(value.shape), "; expected one view in float");
    const Tensor root{value.alias_of};
    if (!root || value.shape != program_.shape(root)) return names_[t.id] = unused(value.name);
    return names_[t.id] = names_[root.id] = unused(program_.value(root).name);
  }

  // A name that nothing else has.
  std::string unused(const std::string& wanted) {
    std::string name = wanted;
    for (int i = 2; !used_.insert(name).second; ++i) name = kernels::text(wanted, ".", i);
    return name;
  }

  OnnxGraph& graph_;
  Session& session_;
  const Program& program_ = session_.program();
  std::map<int, std::string> names_;  // of values, by id
  std::set<std::string> used_;
};

}  // namespace

std::string translate(OnnxGraph& graph, Session& session, Tensor images,
                      const std::string& images_name, Tensor result) {
  const Program& program = session.program();
  CHECK(!program.training() && program.on_cpu(), "ONNX: expected a program for inference on a CPU");
  return Translator(graph, session).run(images, images_name, result);
}

}  // namespace engine
