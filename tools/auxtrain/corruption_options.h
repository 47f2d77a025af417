// Options that name corruptions, of several commands.
#pragma once

#include <string>
#include <vector>

#include "data/corruptions/corruptions.h"

namespace tools {

// --only: in canonical order, each once; all where none is named. UsageError for an unknown name.
std::vector<data::corruptions::Kind> kinds_of(const std::vector<std::string>& only);
// --severities: rising, each once; all where none is named. UsageError for any but 1 to 5.
std::vector<int> severities_of(const std::vector<int>& severities);
// --frost: the folder's pictures, or the program's own where none is named.
const data::corruptions::FrostTextures& textures_of(const std::string& frost);
// Says on stderr where frost uses the program's own.
void note_drawn_ice(const std::vector<data::corruptions::Kind>& kinds,
                    const data::corruptions::FrostTextures& frost);

}  // namespace tools
