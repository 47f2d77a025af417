#include "aux_training/evaluation/image_sets.h"

#include <algorithm>
#include <utility>

#include "kernels/base/check.h"

namespace aux_training {
using kernels::text;
using kernels::ThreadPool;

ImageSet set_of_each(std::string name, std::size_t image_size,
                     std::function<void(int image, std::uint8_t* out)> one) {
  return {std::move(name), [image_size, one = std::move(one)](int first, int count,
                                                              ThreadPool& pool, std::uint8_t* out) {
            pool.run(count, [&](int i, int) {
              one(first + i, out + static_cast<std::size_t>(i) * image_size);
            });
          }};
}

TestSet test_set(const data::Images& images) {
  return {images.count, images.height, images.width, images.classes, images.labels};
}

ImageSet clean_set(const data::Images& images) {
  return {"clean", [&images](int first, int count, ThreadPool&, std::uint8_t* out) {
            std::copy_n(images.image(first), static_cast<std::size_t>(count) * images.image_size(),
                        out);
          }};
}

ImageSet view_set(const data::Images& images, const data::View& view, std::uint64_t seed) {
  return set_of_each(text(data::name_of(view.corruption), " ", view.strength), images.image_size(),
                     [&images, view, seed](int image, std::uint8_t* out) {
                       data::write_evaluation_image(images, image, view, seed, out);
                     });
}

ImageSet generated_set(const data::Images& images, const data::corruptions::Corruption& corruption,
                       std::uint64_t seed, const data::corruptions::FrostTextures& frost) {
  return set_of_each(text(name_of(corruption.kind), " ", corruption.severity), images.image_size(),
                     [&images, corruption, seed, &frost](int image, std::uint8_t* out) {
                       data::corruptions::corrupt(images.image(image),
                                                  {images.height, images.width}, corruption, seed,
                                                  static_cast<std::uint32_t>(image), frost, out);
                     });
}

}  // namespace aux_training
