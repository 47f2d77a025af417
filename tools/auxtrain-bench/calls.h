// Times the calls of a program one by one.
#pragma once

#include <regex>

#include "engine/runtime/session.h"
#include "tools/auxtrain-bench/measured.h"

namespace tools {

// A row for each kind of call whose kernel's name, or `where` itself, matches. Calls are timed in
// their order, so that the caches hold what the step leaves there.
std::vector<CallRow> measure_calls(engine::Session&, const std::string& where,
                                   const std::regex& filter, double least_seconds);

// The same rows without times.
std::vector<CallRow> calls_of(const engine::Program&, const std::string& where);

}  // namespace tools
