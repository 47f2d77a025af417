#include "aux_training/recipe/views.h"

#include <algorithm>

namespace aux_training {
namespace {

std::vector<data::View> clean_and_corrupted(const Recipe& recipe) {
  std::vector<data::View> views{data::View{}};
  for (const CorruptionSetting& corruption : recipe.method.corruptions)
    views.push_back(
        {data::parse_corruption(corruption.name), static_cast<float>(corruption.strength)});
  return views;
}

bool mixes(const Recipe& recipe) { return recipe.method.name == MethodName::DataAugmentation; }

}  // namespace

std::vector<data::View> views_of(const Recipe& recipe) {
  if (recipe.method.name == MethodName::Auxiliary) return clean_and_corrupted(recipe);
  return {data::View{}};
}

std::vector<std::string> names_in_batch(const Recipe& recipe) {
  if (mixes(recipe)) return {"mixed"};
  std::vector<std::string> names;
  for (const data::View& view : views_of(recipe))
    names.push_back(view.corruption == data::Corruption::None ? "clean"
                                                              : data::name_of(view.corruption));
  return names;
}

data::LoaderSettings loader_settings(const Recipe& recipe, int threads) {
  return {.views = mixes(recipe) ? clean_and_corrupted(recipe) : views_of(recipe),
          .augmentation = {.crop_and_flip = recipe.data.augment,
                           .wrap_noise = recipe.method.wrap_noise,
                           .flip_rotation = recipe.method.flip_rotation,
                           .mix = mixes(recipe)},
          .batch = recipe.data.batch,
          .seed = recipe.seed,
          .threads = std::max(1, threads / 4)};
}

}  // namespace aux_training
