// A recorded program in ONNX's operators: whatever network it is, call by call.
#pragma once

#include "engine/onnx/onnx_graph.h"
#include "engine/runtime/session.h"

namespace engine {

// Appends to `graph` what the session's program makes of `images` [1, n, height, width, channels],
// an array of `graph` by the name `images_name`. Batch norms become part of the convolutions in
// front of them. Returns the name of `result` there. An Error names the first call for which there
// is no operator. The program must be for inference on a CPU, with one view, in float.
std::string translate(OnnxGraph& graph, Session&, Tensor images, const std::string& images_name,
                      Tensor result);

}  // namespace engine
