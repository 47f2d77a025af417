// A model of ONNX in the making: operators in the order in which they are computed, and the numbers
// they take. Arrays are float, feature maps [images, channels, height, width].
//
// Source: onnx.proto, version 7 of the representation, and the operators of version 13.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/graph/value.h"
#include "engine/onnx/protobuf.h"

namespace engine {

// An integer, or a list of them.
struct OnnxAttribute {
  std::string name;
  std::vector<std::int64_t> integers;
  bool is_list = true;
};

class OnnxGraph {
 public:
  // An extent 0 stands for one that is known when the model runs: of a batch.
  void input(const std::string& name, const Shape&);
  void output(const std::string& name, const Shape&);
  void constant(const std::string& name, const Shape&, const float* numbers);
  // Appends an operator that makes one array.
  void node(const std::string& op, const std::vector<std::string>& inputs,
            const std::string& output, const std::vector<OnnxAttribute>& attributes = {});

  // The bytes of a .onnx file.
  std::string model(const std::string& name, const std::string& version,
                    const std::map<std::string, std::string>& metadata) const;

 private:
  Message graph_;
};

}  // namespace engine
