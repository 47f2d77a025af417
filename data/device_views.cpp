#include "data/device_views.h"

#include "data/corrupt.h"
#include "data/draw_view.h"
#include "kernels/base/check.h"

namespace data {

using kernels::text;
using kernels::UsageError;

DeviceRecipe device_recipe(const std::vector<View>& views, const Augmentation& augmentation,
                           const Normalization& normalization) {
  const auto count = static_cast<int>(views.size());
  if (count < 1 || count > kMostViews)
    throw UsageError(text("views: expected 1 to ", kMostViews, ", got ", count));
  if (augmentation.padding < 0 || augmentation.padding > kMostPadding)
    throw UsageError(
        text("views: padding must be 0 to ", kMostPadding, ", got ", augmentation.padding));
  DeviceRecipe recipe{};
  recipe.views = count;
  for (int i = 0; i < count; ++i) {
    check_view(views[i]);
    recipe.view[i] = views[i];
    if (views[i].corruption == Corruption::GaussianBlur)
      recipe.blur[i] = blur_weights(views[i].strength);
  }
  recipe.augmentation = augmentation;
  recipe.factors = factors_of(normalization);
  return recipe;
}

}  // namespace data
