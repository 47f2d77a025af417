// The primary classifier as a model of ONNX, for whoever runs those.
//
//   image    [batch, 3, height, width]  red, green, blue in [0, 1]; normalised inside
//   logits   [batch, classes]
//
// Batch norms are part of the convolutions' weights. The metadata is that of model_file.h.
#pragma once

#include "aux_training/model_file.h"

namespace aux_training {

void write_onnx(const std::filesystem::path&, engine::Session&, const InferenceProgram&,
                const ModelDescription&);

}  // namespace aux_training
