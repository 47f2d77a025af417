// The algorithms that this machine has found to be the fastest (kernels/base/algorithm_choices.h),
// kept in a file between runs: so a run starts sooner, and two runs of one recipe on one machine
// are the same bit for bit.
//
// The file is algorithms.json, of a GPU gpu_algorithms.json; its contents hold for one processor
// and one version of oneDNN, or one kind of GPU and one version of cuDNN.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "kernels/base/gpu.h"

namespace aux_training {

// What AUXTRAIN_CACHE names, else auxtrain/ of XDG_CACHE_HOME or ~/.cache; empty, and nothing is
// kept, where none of these is set.
std::filesystem::path cache_folder();

// cuDNN's plans, in cache_folder(); empty where that is.
std::filesystem::path plan_folder();

using Algorithms = std::map<std::string, std::string>;  // by what they compute

std::string algorithms_json(const Algorithms&);
// An Error that begins with `where` when it is not what algorithms_json() writes.
Algorithms parse_algorithms(const std::string& json, const std::string& where);

// Nothing where there is no file yet, or one of another machine. A damaged file is one to replace.
Algorithms known_algorithms(const kernels::Gpu* gpu = nullptr);
// Adds to the file. A cache that cannot be written is no reason to stop.
void keep_algorithms(const Algorithms&, const kernels::Gpu* gpu = nullptr);

}  // namespace aux_training
