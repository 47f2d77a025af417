// Which of the algorithms that a library offers computes a pass.
#pragma once

#include <string>

#include "kernels/convolution/library_pass.h"

namespace kernels {

// For `work`, of those that take no more than cuda.workspace_limit: what cuda.choices know; where
// that is no longer available, another one replaces it. Without an entry, the fastest of the first
// few, timed on cuda.stream with scratch arrays of these sizes, while nothing else may run there;
// one that writes gradients of weights as float may take 5% more than one that rounds them.
// Without choices, or a device to time on, the first. An Error in one line where there is none.
LibraryAlgorithmPtr choose_algorithm(const Cuda&, const std::string& work, const LibraryOffer&,
                                     const LibraryBytes&);

}  // namespace kernels
