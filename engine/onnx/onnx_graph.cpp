#include "engine/onnx/onnx_graph.h"

#include "kernels/base/check.h"

namespace engine {
namespace {

constexpr std::int64_t kRepresentation = 7, kOperators = 13;
constexpr std::size_t kMostBytes = 0x7fffffff;  // of a message

// Field numbers of onnx.proto, and two of its enumerations.
namespace model_proto {
constexpr int kIrVersion = 1, kProducerName = 2, kProducerVersion = 3, kGraph = 7, kOpsetImport = 8,
              kMetadata = 14;
}
namespace operator_set {
constexpr int kDomain = 1, kVersion = 2;
}
namespace string_entry {
constexpr int kKey = 1, kValue = 2;
}
namespace graph_proto {
constexpr int kNode = 1, kName = 2, kInitializer = 5, kInput = 11, kOutput = 12;
}
namespace node_proto {
constexpr int kInput = 1, kOutput = 2, kName = 3, kOpType = 4, kAttribute = 5;
}
namespace attribute_proto {
constexpr int kName = 1, kInt = 3, kInts = 8, kType = 20;
constexpr int kTypeInt = 2, kTypeInts = 7;
}  // namespace attribute_proto
namespace tensor_proto {
constexpr int kDims = 1, kDataType = 2, kName = 8, kRawData = 9;
}
namespace value_info {
constexpr int kName = 1, kType = 2, kTensorType = 1, kElementType = 1, kShape = 2, kDim = 1,
              kDimValue = 1, kDimName = 2;
}
constexpr int kFloat = 1;

Message value_info_of(const std::string& name, const Shape& shape) {
  using namespace value_info;
  Message dims;
  for (const int extent : shape) {
    Message dim;
    if (extent == 0)
      dim.bytes(kDimName, "batch");
    else
      dim.integer(kDimValue, extent);
    dims.message(kDim, dim);
  }
  const Message tensor = Message().integer(kElementType, kFloat).message(kShape, dims);
  return Message().bytes(kName, name).message(kType, Message().message(kTensorType, tensor));
}

Message attribute_of(const OnnxAttribute& attribute) {
  using namespace attribute_proto;
  Message message;
  message.bytes(kName, attribute.name);
  for (const std::int64_t value : attribute.integers)
    message.integer(attribute.is_list ? kInts : kInt, value);
  return message.integer(kType, attribute.is_list ? kTypeInts : kTypeInt);
}

}  // namespace

void OnnxGraph::input(const std::string& name, const Shape& shape) {
  graph_.message(graph_proto::kInput, value_info_of(name, shape));
}

void OnnxGraph::output(const std::string& name, const Shape& shape) {
  graph_.message(graph_proto::kOutput, value_info_of(name, shape));
}

void OnnxGraph::constant(const std::string& name, const Shape& shape, const float* numbers) {
  using namespace tensor_proto;
  Message tensor;
  for (const int extent : shape) tensor.integer(kDims, extent);
  tensor.integer(kDataType, kFloat).bytes(kName, name);
  tensor.bytes(kRawData, {reinterpret_cast<const char*>(numbers),
                          static_cast<std::size_t>(size_of(shape)) * sizeof(float)});
  graph_.message(graph_proto::kInitializer, tensor);
}

void OnnxGraph::node(const std::string& op, const std::vector<std::string>& inputs,
                     const std::string& output, const std::vector<OnnxAttribute>& attributes) {
  using namespace node_proto;
  Message node;
  for (const std::string& input : inputs) node.bytes(kInput, input);
  node.bytes(kOutput, output).bytes(kName, output).bytes(kOpType, op);
  for (const OnnxAttribute& attribute : attributes)
    node.message(kAttribute, attribute_of(attribute));
  graph_.message(graph_proto::kNode, node);
}

std::string OnnxGraph::model(const std::string& name, const std::string& version,
                             const std::map<std::string, std::string>& metadata) const {
  using namespace model_proto;
  Message graph = graph_;
  graph.bytes(graph_proto::kName, name);
  Message model;
  model.integer(kIrVersion, kRepresentation)
      .bytes(kProducerName, "auxtrain")
      .bytes(kProducerVersion, version)
      .message(kGraph, graph)
      .message(
          kOpsetImport,
          Message().bytes(operator_set::kDomain, "").integer(operator_set::kVersion, kOperators));
  for (const auto& [key, value] : metadata)
    model.message(kMetadata,
                  Message().bytes(string_entry::kKey, key).bytes(string_entry::kValue, value));
  CHECK(model.data().size() <= kMostBytes, "ONNX: a model is at most 2 GiB, this one has ",
        model.data().size(), " bytes");
  return model.data();
}

}  // namespace engine
