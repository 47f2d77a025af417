// Weights that were trained elsewhere, with torchvision's names, as the start of a training or as a
// classifier of their own.
#pragma once

#include "engine/checkpoint/weight_file.h"
#include "engine/runtime/session.h"
#include "models/backbone.h"

namespace aux_training {

// Fills the parameters and running statistics of the session's primary classifier. Where the file's
// last layer is for another number of classes, ours keeps what it begins with, and the sentence
// that is returned says so; else it is empty. An Error lists the first few tensors that are
// missing, unknown, of another shape, or no finite floating-point numbers. PyTorch's counts of
// batches (num_batches_tracked) are left out.
std::string load_pretrained(engine::Session&, const engine::WeightFile&, const models::Backbone&);

// What the file's last layer classifies into. An Error where it has no such layer.
int classes_of(const engine::WeightFile&, const models::Backbone&);

}  // namespace aux_training
