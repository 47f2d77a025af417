#include "data/corrupt.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace data {
namespace {

// Memory of the calling thread that grows to the largest size asked for.
template <class T, class Tag>
T* scratch(std::size_t size) {
  thread_local std::vector<T> memory;
  if (memory.size() < size) memory.resize(size);
  return memory.data();
}

}  // namespace

BlurWeights blur_weights(float sigma) {
  BlurWeights weights;
  weights.radius = std::clamp(static_cast<int>(std::lround(4 * sigma)), 1, kMostBlurRadius);
  double exact[kMostBlurRadius + 1], sum = -1;
  for (int d = 0; d <= weights.radius; ++d) {
    exact[d] = std::exp(-.5 * d * d / (double{sigma} * sigma));
    sum += 2 * exact[d];
  }
  weights.at[0] = 1 << 15;
  for (int d = 1; d <= weights.radius; ++d) {
    weights.at[d] = static_cast<std::uint32_t>(std::lround(exact[d] / sum * (1 << 15)));
    weights.at[0] -= 2 * weights.at[d];
  }
  return weights;
}

void gaussian_blur(const std::uint8_t* in, ImageSize size, float sigma, std::uint8_t* out) {
  struct Row;
  struct Sum;
  struct Between;
  const BlurWeights weights = blur_weights(sigma);
  const int radius = weights.radius, row_size = size.width * 3, margin = radius * 3;
  std::uint32_t* row = scratch<std::uint32_t, Row>(row_size + 2 * margin);
  std::uint32_t* sum = scratch<std::uint32_t, Sum>(row_size);
  std::uint16_t* between = scratch<std::uint16_t, Between>(size.values());

  for (int y = 0; y < size.height; ++y) {
    const std::uint8_t* source = in + y * row_size;
    for (int i = 0; i < row_size; ++i) row[margin + i] = source[i];
    for (int i = 0; i < margin; ++i) {
      row[i] = source[i % 3];
      row[margin + row_size + i] = source[row_size - 3 + i % 3];
    }
    for (int i = 0; i < row_size; ++i) sum[i] = row[margin + i] * weights.at[0];
    for (int d = 1; d <= radius; ++d) {
      const std::uint32_t weight = weights.at[d];
      const std::uint32_t *left = row + margin - 3 * d, *right = row + margin + 3 * d;
      for (int i = 0; i < row_size; ++i) sum[i] += (left[i] + right[i]) * weight;
    }
    std::uint16_t* target = between + y * row_size;
    for (int i = 0; i < row_size; ++i) target[i] = blurred_along_row(sum[i]);
  }

  for (int y = 0; y < size.height; ++y) {
    const std::uint16_t* center = between + y * row_size;
    for (int i = 0; i < row_size; ++i) sum[i] = center[i] * weights.at[0];
    for (int d = 1; d <= radius; ++d) {
      const std::uint32_t weight = weights.at[d];
      const std::uint16_t* above = between + std::max(y - d, 0) * row_size;
      const std::uint16_t* below = between + std::min(y + d, size.height - 1) * row_size;
      for (int i = 0; i < row_size; ++i)
        sum[i] += (std::uint32_t{above[i]} + std::uint32_t{below[i]}) * weight;
    }
    std::uint8_t* target = out + y * row_size;
    for (int i = 0; i < row_size; ++i) target[i] = blurred_along_column(sum[i]);
  }
}

void gaussian_noise(const std::uint8_t* in, ImageSize size, float sigma, bool wrap,
                    NoiseStream random, std::uint8_t* out) {
  struct Words;
  struct Noise;
  const long values = size.values(), blocks = (values + 3) / 4;
  std::uint32_t* words = scratch<std::uint32_t, Words>(blocks * 4);
  float* noise = scratch<float, Noise>(blocks * 4);
  for (long block = 0; block < blocks; ++block) {
    const kernels::PhiloxBlock four =
        noise_words(random.seed, random.epoch, random.stream, static_cast<std::uint32_t>(block));
    std::copy_n(four.words, 4, words + block * 4);
  }
  for (long pair = 0; pair < blocks * 2; ++pair) {
    const NormalPair normal = normal_pair(words[2 * pair], words[2 * pair + 1]);
    noise[2 * pair] = sigma * normal.first;
    noise[2 * pair + 1] = sigma * normal.second;
  }
  if (wrap) {
    for (long i = 0; i < values; ++i) out[i] = wrapped_byte(in[i], noise[i]);
  } else {
    for (long i = 0; i < values; ++i) out[i] = clipped_byte(static_cast<float>(in[i]) + noise[i]);
  }
}

void color_jitter(const std::uint8_t* in, ImageSize size, const Jitter& jitter, std::uint8_t* out) {
  struct Luma;
  const long pixels = size.pixels(), values = size.values();
  std::uint8_t* grey = scratch<std::uint8_t, Luma>(pixels);
  const auto fill_grey = [&](const std::uint8_t* of) {
    for (long i = 0; i < pixels; ++i) grey[i] = luma(of[3 * i], of[3 * i + 1], of[3 * i + 2]);
  };
  const std::uint8_t* from = in;  // the first step reads `in`, the others change `out`
  for (const JitterStep step : jitter.order) {
    const float factor = jitter.factors[static_cast<int>(step)];
    if (step == JitterStep::Saturation) {
      fill_grey(from);
      for (long i = 0; i < pixels; ++i)
        for (int c = 0; c < 3; ++c) out[3 * i + c] = blend(grey[i], from[3 * i + c], factor);
    } else {
      std::uint8_t base = 0;
      if (step == JitterStep::Contrast) {
        fill_grey(from);
        std::uint64_t sum = 0;
        for (long i = 0; i < pixels; ++i) sum += grey[i];
        base = mean_luma(sum, static_cast<std::uint32_t>(pixels));
      }
      for (long i = 0; i < values; ++i) out[i] = blend(base, from[i], factor);
    }
    from = out;
  }
}

namespace {

// Without rotation a row is a shifted, perhaps reversed, piece of a row.
void place_rows(const std::uint8_t* in, ImageSize size, const Placement& placement,
                std::uint8_t* out) {
  const int row_size = size.width * 3;
  const int first = std::max(0, -placement.offset_x);  // columns of the crop inside the image
  const int last = std::min(size.width, size.width - placement.offset_x);
  for (int y = 0; y < size.height; ++y, out += row_size) {
    const int source_y = y + placement.offset_y;
    if (source_y < 0 || source_y >= size.height || first >= last) {
      std::memset(out, 0, row_size);
      continue;
    }
    const std::uint8_t* source = in + source_y * row_size + (first + placement.offset_x) * 3;
    if (!placement.flip) {
      std::memset(out, 0, first * 3);
      std::memcpy(out + first * 3, source, (last - first) * 3);
      std::memset(out + last * 3, 0, (size.width - last) * 3);
    } else {
      std::memset(out, 0, (size.width - last) * 3);
      std::uint8_t* target = out + (size.width - 1 - first) * 3;
      for (int x = first; x < last; ++x, source += 3, target -= 3) {
        target[0] = source[0];
        target[1] = source[1];
        target[2] = source[2];
      }
      std::memset(out + (size.width - first) * 3, 0, first * 3);
    }
  }
}

}  // namespace

void place(const std::uint8_t* in, ImageSize size, const Placement& placement, std::uint8_t* out) {
  if (placement.sin == 0 && placement.cos == 65536) return place_rows(in, size, placement, out);
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x, out += 3) {
      const Source source = source_of(placement, size.height, size.width, y, x);
      const long pixel = source.inside ? (source.y * long{size.width} + source.x) * 3 : 0;
      for (int c = 0; c < 3; ++c) out[c] = source.inside ? in[pixel + c] : 0;
    }
  }
}

}  // namespace data
