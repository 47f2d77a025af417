// curves.svg of a run folder: accuracy and losses over epochs.
#pragma once

#include <string>
#include <vector>

#include "aux_training/report/log.h"

namespace aux_training {

std::string curves_svg(const std::string& title, const std::vector<EpochRecord>& epochs);

}  // namespace aux_training
