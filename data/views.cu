// A block owns one view of one image, from the bytes of the data set to the numbers that the
// network reads; a thread owns pixels, or where bytes lie densely (loading, noise, storing) a few
// neighbours. In between the image stays in shared memory, and the block meets between steps that
// read what other threads wrote. The floor is the writing of the result (5 x 128 CIFAR images: 8 MB
// as float, 4 MB as bfloat16); the data set's bytes are read from memory once and for the other
// views from L2.
//
// Pixels are those of the CPU only if no multiplication is fused with an addition: this file must
// be compiled with -fmad=false.
#include "data/device_views.h"
#include "data/draw_view.h"
#include "kernels/base/check.h"
#include "kernels/base/device.cuh"
#include "kernels/base/launch.cuh"

namespace data {

using kernels::bfloat16;
using kernels::Vector;

namespace {

// Five blocks, one of each of five views, are to be alive at once on a multiprocessor: as many as
// 128 images make.
constexpr int kThreads = 256, kBlocks = 5;

struct alignas(16) Drawn {
  Placement placement;
  Jitter jitter;
};

// How a block's shared memory is divided: what was drawn, the bytes of the image, and either what
// blur keeps between its two passes or the bytes after crop, rotation and flip.
struct SharedLayout {
  long pixels, second, end;

  HOST_DEVICE SharedLayout(int height, int width, bool blurs) {
    const long padded = (long{height} * width * 3 + 15) / 16 * 16;
    pixels = sizeof(Drawn);
    second = pixels + padded;
    end = second + padded * (blurs ? 2 : 1);
  }
};

__device__ void load_image(const std::uint8_t* from, int values, std::uint8_t* to) {
  if (values % 16 == 0) {  // then every image begins at a multiple of 16
    const auto* from16 = reinterpret_cast<const uint4*>(from);
    auto* to16 = reinterpret_cast<uint4*>(to);
    for (int i = threadIdx.x; i < values / 16; i += kThreads) to16[i] = from16[i];
  } else {
    for (int i = threadIdx.x; i < values; i += kThreads) to[i] = from[i];
  }
}

// For each channel of pixel `at` of a line of the image, whose pixels lie `stride` values apart.
struct Sums {
  std::uint32_t of[3];
};
template <class In>
__device__ Sums blurred(const In* line, int at, int length, int stride,
                        const BlurWeights& weights) {
  Sums sums;
  for (int c = 0; c < 3; ++c) sums.of[c] = line[at * stride + c] * weights.at[0];
  for (int d = 1; d <= weights.radius; ++d) {
    const In* before = line + max(at - d, 0) * stride;
    const In* after = line + min(at + d, length - 1) * stride;
    for (int c = 0; c < 3; ++c)
      sums.of[c] += (std::uint32_t{before[c]} + std::uint32_t{after[c]}) * weights.at[d];
  }
  return sums;
}

__device__ void blur(const DeviceViewSizes& sizes, const BlurWeights& weights, std::uint8_t* pixels,
                     std::uint16_t* between) {
  const int count = sizes.height * sizes.width, row_size = sizes.width * 3;
  for (int pixel = threadIdx.x; pixel < count; pixel += kThreads) {
    const int y = pixel / sizes.width, x = pixel % sizes.width;
    const Sums sums = blurred(pixels + y * row_size, x, sizes.width, 3, weights);
    for (int c = 0; c < 3; ++c) between[pixel * 3 + c] = blurred_along_row(sums.of[c]);
  }
  __syncthreads();
  for (int pixel = threadIdx.x; pixel < count; pixel += kThreads) {
    const int y = pixel / sizes.width, x = pixel % sizes.width;
    const Sums sums = blurred(between + x * 3, y, sizes.height, row_size, weights);
    for (int c = 0; c < 3; ++c) pixels[pixel * 3 + c] = blurred_along_column(sums.of[c]);
  }
}

// Four values at a time; the last four may end behind the image, in the padding.
__device__ void add_noise(int values, float sigma, bool wrap, NoiseStream stream,
                          std::uint8_t* pixels) {
  for (int four = threadIdx.x; four * 4 < values; four += kThreads) {
    const kernels::PhiloxBlock bits =
        noise_words(stream.seed, stream.epoch, stream.stream, static_cast<std::uint32_t>(four));
    const NormalPair first = normal_pair(bits.words[0], bits.words[1]);
    const NormalPair second = normal_pair(bits.words[2], bits.words[3]);
    const float noise[4] = {sigma * first.first, sigma * first.second, sigma * second.first,
                            sigma * second.second};
    auto bytes = kernels::load_vector<4>(pixels + four * 4);
    for (int i = 0; i < 4; ++i)
      bytes[i] = wrap ? wrapped_byte(bytes[i], noise[i])
                      : clipped_byte(static_cast<float>(bytes[i]) + noise[i]);
    kernels::store_vector(pixels + four * 4, bytes);
  }
}

__device__ std::uint8_t luma_of(const std::uint8_t* pixel) {
  return luma(pixel[0], pixel[1], pixel[2]);
}

// A thread meets its own pixels again in the next step; only for the mean does the block meet.
__device__ void jitter_colors(int count, const Jitter& jitter, std::uint8_t* pixels) {
  for (int i = 0; i < 3; ++i) {
    const JitterStep step = jitter.order[i];
    const float factor = jitter.factors[static_cast<int>(step)];
    std::uint8_t from = 0;
    if (step == JitterStep::Contrast) {
      // Whole numbers below 2^24, for no shared memory holds images of 65,000 pixels: exact.
      float sum = 0;
      for (int pixel = threadIdx.x; pixel < count; pixel += kThreads)
        sum += static_cast<float>(luma_of(pixels + pixel * 3));
      from = mean_luma(static_cast<std::uint32_t>(kernels::block_sum<kThreads>(sum)),
                       static_cast<std::uint32_t>(count));
    }
    for (int pixel = threadIdx.x; pixel < count; pixel += kThreads) {
      std::uint8_t* values = pixels + pixel * 3;
      if (step == JitterStep::Saturation) from = luma_of(values);
      for (int c = 0; c < 3; ++c) values[c] = blend(from, values[c], factor);
    }
  }
}

__device__ void place(const DeviceViewSizes& sizes, const Placement& placement,
                      const std::uint8_t* pixels, std::uint8_t* placed) {
  const int count = sizes.height * sizes.width;
  for (int pixel = threadIdx.x; pixel < count; pixel += kThreads) {
    const Source source =
        source_of(placement, sizes.height, sizes.width, pixel / sizes.width, pixel % sizes.width);
    const int from = source.inside ? (source.y * sizes.width + source.x) * 3 : 0;
    for (int c = 0; c < 3; ++c) placed[pixel * 3 + c] = source.inside ? pixels[from + c] : 0;
  }
}

// Element i of a view of kChannels channels.
template <class T, int kChannels>
__device__ T element(const std::uint8_t* pixels, int i, const NormalizationFactors& factors) {
  const int pixel = i / kChannels, c = i % kChannels;
  if (c >= 3) return T(0.0f);
  const float scale = c == 0 ? factors.scale[0] : c == 1 ? factors.scale[1] : factors.scale[2];
  const float shift = c == 0 ? factors.shift[0] : c == 1 ? factors.shift[1] : factors.shift[2];
  return T(normalized(pixels[pixel * 3 + c], scale, shift));
}

template <class T, int kChannels>
__device__ void store_view(const std::uint8_t* pixels, int count,
                           const NormalizationFactors& factors, T* out) {
  constexpr int kWidth = 16 / sizeof(T);
  const int size = count * kChannels;
  if (size % kWidth == 0) {  // then every view begins at a multiple of 16 bytes
    for (int first = threadIdx.x * kWidth; first < size; first += kThreads * kWidth) {
      Vector<T, kWidth> elements;
      for (int i = 0; i < kWidth; ++i)
        elements[i] = element<T, kChannels>(pixels, first + i, factors);
      kernels::store_vector(out + first, elements);
    }
  } else {
    for (int i = threadIdx.x; i < size; i += kThreads)
      out[i] = element<T, kChannels>(pixels, i, factors);
  }
}

template <class T, int kChannels>
__global__ void __launch_bounds__(kThreads, kBlocks)
    views_kernel(DeviceViewSizes sizes, DeviceRecipe recipe, DeviceViews<T> t) {
  const int image = t.indices[blockIdx.x];
  const int view_index = view_at(static_cast<int>(blockIdx.y), recipe.views, recipe.augmentation,
                                 t.seed->seed, t.seed->epoch, image);
  const View& view = recipe.view[view_index];
  const int count = sizes.height * sizes.width;
  // Read anew by who needs it, which is cheaper than registers for it.
  const auto stream = [&] {
    return NoiseStream{t.seed->seed, t.seed->epoch, view_stream(image, view_index)};
  };
  const SharedLayout layout(sizes.height, sizes.width, false);
  auto* const shared = kernels::dynamic_shared<std::uint8_t>();
  auto& drawn = *reinterpret_cast<Drawn*>(shared);
  std::uint8_t *const pixels = shared + layout.pixels, *const placed = shared + layout.second;

  load_image(t.pixels + long{image} * count * 3, count * 3, pixels);
  if (threadIdx.x == 0) {
    drawn.placement = draw_placement(view, recipe.augmentation, stream());
    if (view.corruption == Corruption::ColorJitter) drawn.jitter = draw_jitter(view, stream());
    if (blockIdx.y == 0) t.batch_labels[blockIdx.x] = t.labels[image];
  }
  __syncthreads();
  switch (view.corruption) {
    case Corruption::None:
    case Corruption::Rotation:
      break;
    case Corruption::GaussianBlur:
      blur(sizes, recipe.blur[view_index], pixels, reinterpret_cast<std::uint16_t*>(placed));
      break;
    case Corruption::GaussianNoise:
      add_noise(count * 3, view.strength, recipe.augmentation.wrap_noise, stream(), pixels);
      break;
    case Corruption::ColorJitter:
      jitter_colors(count, drawn.jitter, pixels);
      break;
  }
  __syncthreads();
  place(sizes, drawn.placement, pixels, placed);
  __syncthreads();
  const long view_of_batch = long{blockIdx.y} * sizes.images + blockIdx.x;
  store_view<T, kChannels>(placed, count, recipe.factors,
                           t.views + view_of_batch * count * kChannels);
}

}  // namespace

template <class T>
void write_views(kernels::Cuda cuda, DeviceViewSizes sizes, const DeviceRecipe& recipe,
                 const DeviceViews<T>& t) {
  CHECK(sizes.height >= 1 && sizes.height <= kMostSide && sizes.width >= 1 &&
            sizes.width <= kMostSide,
        "views on the GPU: images must have sides of 1 to ", kMostSide, " pixels, got ",
        sizes.height, " x ", sizes.width);
  bool blurs = false;
  for (int i = 0; i < recipe.views; ++i)
    blurs |= recipe.view[i].corruption == Corruption::GaussianBlur;
  const auto bytes = static_cast<std::size_t>(SharedLayout(sizes.height, sizes.width, blurs).end);
  constexpr std::size_t kStaticBytes = 64;  // of shared memory, at most, besides these
  CHECK(bytes + kStaticBytes <= cuda.shared_bytes, "views on the GPU: images of ", sizes.height,
        " x ", sizes.width, " pixels need ", bytes, " bytes of shared memory, and it has ",
        cuda.shared_bytes);
  CHECK(sizes.channels == 3 || sizes.channels == 4 || sizes.channels == 8,
        "views on the GPU: expected 3, 4 or 8 channels, got ", sizes.channels);
  const auto kernel = sizes.channels == 3   ? views_kernel<T, 3>
                      : sizes.channels == 4 ? views_kernel<T, 4>
                                            : views_kernel<T, 8>;
  const int views = views_in_batch(recipe.views, recipe.augmentation);
  const dim3 grid(static_cast<unsigned>(sizes.images), static_cast<unsigned>(views));
  launch(cuda, {grid, kThreads, bytes}, kernel, sizes, recipe, t);
}

template void write_views(kernels::Cuda, DeviceViewSizes, const DeviceRecipe&,
                          const DeviceViews<float>&);
template void write_views(kernels::Cuda, DeviceViewSizes, const DeviceRecipe&,
                          const DeviceViews<bfloat16>&);

}  // namespace data
