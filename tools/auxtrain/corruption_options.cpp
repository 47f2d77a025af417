#include "tools/auxtrain/corruption_options.h"

#include <algorithm>
#include <cstdio>

#include "aux_training/recipe/nearest.h"
#include "kernels/base/check.h"

namespace tools {
namespace {

using namespace data::corruptions;
using kernels::text;
using kernels::UsageError;

// Sorted and without repetitions.
template <class T>
std::vector<T> ordered(std::vector<T> list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return list;
}

}  // namespace

std::vector<Kind> kinds_of(const std::vector<std::string>& only) {
  std::vector<Kind> kinds;
  for (const std::string& name : only) {
    const std::optional<Kind> kind = find_kind(name);
    if (!kind)
      throw UsageError("--only: there is no corruption " + name +
                       aux_training::suggestion(name, kind_names()));
    kinds.push_back(*kind);
  }
  if (kinds.empty())
    for (int kind = 0; kind < kKinds; ++kind) kinds.push_back(static_cast<Kind>(kind));
  return ordered(kinds);
}

std::vector<int> severities_of(const std::vector<int>& severities) {
  for (const int severity : severities)
    if (severity < 1 || severity > kSeverities)
      throw UsageError(
          text("--severities: expected numbers from 1 to ", kSeverities, ", got ", severity));
  return severities.empty() ? std::vector<int>{1, 2, 3, 4, 5} : ordered(severities);
}

const FrostTextures& textures_of(const std::string& frost) {
  if (frost.empty()) return FrostTextures::procedural();
  static const FrostTextures kTextures = FrostTextures::read(frost);
  return kTextures;
}

void note_drawn_ice(const std::vector<Kind>& kinds, const FrostTextures& frost) {
  const bool has_frost = std::find(kinds.begin(), kinds.end(), Kind::Frost) != kinds.end();
  if (has_frost && &frost == &FrostTextures::procedural())
    std::fprintf(stderr,
                 "note: frost uses ice drawn by the program; --frost DIR takes the published "
                 "pictures\n");
}

}  // namespace tools
