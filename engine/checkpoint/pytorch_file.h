// A state_dict as torch.save writes it, in a .pth or .pt file: a zip archive of
//
//   NAME/data.pkl     a pickle of names and tensors; a tensor is a call of
//                     torch._utils._rebuild_tensor_v2 with a storage, the place of its first
//                     element in there, its shape and its strides
//   NAME/data/KEY     the numbers of a storage, as they are in memory
//   NAME/byteorder    "little", in files of newer versions
//
// The pickle is read as data (pickle.h): nothing in the file is ever run. Source: PyTorch's
// torch/serialization.py and torch/_utils.py.
#pragma once

#include <map>

#include "engine/checkpoint/weight_array.h"

namespace engine {

// The tensors by name, each a part of `bytes`. A state_dict may also lie below the key
// "state_dict", "model_state_dict" or "model", as trainings save it. An Error that begins with
// `file` says what is cut short, damaged, not a tensor, or must be saved anew.
std::map<std::string, WeightArray> read_pytorch_file(std::span<const std::byte> bytes,
                                                     const std::string& file);

}  // namespace engine
