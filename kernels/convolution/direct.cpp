#include "kernels/convolution/direct.h"

#include <algorithm>
#include <vector>

#include "kernels/base/channel_groups.h"
#include "kernels/onednn/primitive.h"

namespace kernels {
namespace {

using onednn::Primitive;

constexpr std::size_t round_up(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

std::byte* offset(const void* base, std::size_t bytes) {
  return static_cast<std::byte*>(const_cast<void*>(base)) + bytes;
}

// One pass of the convolution over slices of the images: all of one size, and a shorter last one
// where they do not divide. Which slices there are depends on the sizes only.
struct SlicedPass {
  SlicedPass(const ConvolutionSizes& sizes, ConvolutionPass pass, Type type, bool bias, int most)
      : images((sizes.images + most - 1) / most),
        count((sizes.images + images - 1) / images),
        last_images(sizes.images - (count - 1) * images),
        full(sizes, pass, type, images, bias),
        last(last_images == images ? full
                                   : Primitive(sizes, pass, type, last_images, bias, &full)) {}
  const Primitive& primitive(int slice) const { return slice + 1 == count ? last : full; }
  int images_of(int slice) const { return slice + 1 == count ? last_images : images; }
  std::size_t packed_bytes() const { return round_up(full.packed_bytes()); }
  std::size_t scratch_bytes() const {
    return round_up(std::max(full.scratch_bytes(), last.scratch_bytes()));
  }

  int images, count, last_images;
  Primitive full, last;
};

// Widens a slice that the library cannot read as it is stored.
void widen(const void* from, void* to, long size) {
  const auto* narrow = static_cast<const bfloat16*>(from);
  auto* wide = static_cast<float*>(to);
  for (long i = 0; i < size; ++i) wide[i] = narrow[i];
}

// Brings a staged slice, still in the cache, to where it belongs: alone, or added to what is there.
template <class From, class To>
void store(const void* staged, void* target, long size, bool add) {
  const auto* from = static_cast<const From*>(staged);
  auto* to = static_cast<To*>(target);
  if (add)
    for (long i = 0; i < size; ++i)
      to[i] = static_cast<To>(static_cast<float>(to[i]) + static_cast<float>(from[i]));
  else
    for (long i = 0; i < size; ++i) to[i] = static_cast<To>(static_cast<float>(from[i]));
}

// Batch norm of a slice that is still in the cache, in place: some rows at a time, which stay in
// the first cache while one group of channels follows the other.
template <class T>
void normalise(void* slice, const PassArrays::BatchNorm& t, const void* of_residual, int channels,
               long rows) {
  T* const y = static_cast<T*>(slice);
  const T* const residual = static_cast<const T*>(of_residual);
  const long together = std::max(4096L / channels, 1L);
  for (long begin = 0; begin < rows; begin += together) {
    const long end = std::min(begin + together, rows);
    for_channel_groups(
        channels, [&](int channel, int count) __attribute__((always_inline)) {
          const Lanes scale = load(t.scale + channel, count), mean = load(t.mean + channel, count),
                      beta = load(t.beta + channel, count);
          for (long at = begin * channels + channel; at < end * channels; at += channels) {
            Lanes value = multiply_add(load(y + at, count) - mean, scale, beta);
            if (residual) value += load(residual + at, count);
            if (t.relu) value = where(passing_bits(value), value);
            kernels::store(y + at, value, count);
          }
        });
  }
}

// What every pass has: how it is cut, and for each worker the library's scratch memory, then room
// to stage one slice of x and of y: where their type is not the one computed in, and for a sum that
// the library cannot do itself.
class DirectPass : public PassPlan {
 public:
  std::string implementation() const override { return sliced_.full.implementation(); }

 protected:
  DirectPass(Cpu cpu, const ConvolutionSizes& sizes, ConvolutionPass pass, Type type, bool bias,
             int slices)
      : pool_(cpu.pool),
        sizes_(sizes),
        type_(type),
        compute_(type == Type::BFloat16 && onednn::has_bfloat16() ? Type::BFloat16 : Type::Float),
        bias_(bias),
        pass_(pass),
        sliced_(sizes, pass, compute_, bias, slices) {}

  long x_size(int images) const {
    return long{images} * sizes_.height * sizes_.width * sizes_.in_channels;
  }
  long y_size(int images) const {
    return long{images} * sizes_.out_height() * sizes_.out_width() * sizes_.out_channels;
  }
  std::size_t x_step() const {
    return static_cast<std::size_t>(x_size(sliced_.images)) * bytes_of(type_);
  }
  std::size_t y_step() const {
    return static_cast<std::size_t>(y_size(sliced_.images)) * bytes_of(type_);
  }
  bool convert() const { return compute_ != type_; }
  std::size_t staged_x() const {
    const bool staged = convert() || pass_ == ConvolutionPass::BackwardData;
    return staged ? round_up(static_cast<std::size_t>(x_size(sliced_.images)) * bytes_of(compute_))
                  : 0;
  }
  std::size_t staged_y() const {
    return convert()
               ? round_up(static_cast<std::size_t>(y_size(sliced_.images)) * bytes_of(compute_))
               : 0;
  }
  std::size_t worker_bytes() const { return sliced_.scratch_bytes() + staged_x() + staged_y(); }
  std::size_t workers_bytes() const {
    return static_cast<std::size_t>(pool_->threads()) * worker_bytes();
  }

  ThreadPool* pool_;
  ConvolutionSizes sizes_;
  Type type_, compute_;
  bool bias_;
  ConvolutionPass pass_;
  SlicedPass sliced_;
};

// Forward and backward-data: each slice of `from` gives one slice of `to`.
class DataPass final : public DirectPass {
 public:
  DataPass(Cpu cpu, const ConvolutionSizes& sizes, ConvolutionPass pass, Type type, bool bias,
           Ending ending)
      : DirectPass(cpu, sizes, pass, type, bias, slices(sizes, type, ending)) {}
  std::size_t workspace_bytes() const override { return sliced_.packed_bytes() + workers_bytes(); }
  Launch bind(const PassArrays&) const override;

 private:
  // An ending finds its slice of y in the cache.
  static int slices(const ConvolutionSizes& s, Type type, Ending ending) {
    constexpr int kSlices = 16;
    constexpr long kSliceBytes = 512 << 10;
    const long image_bytes = long{s.out_height()} * s.out_width() * s.out_channels * bytes_of(type);
    const int images = static_cast<int>(std::max(kSliceBytes / image_bytes, 1L));
    return ending == Ending::None ? kSlices : std::max(kSlices, (s.images + images - 1) / images);
  }
};

// Each slice of x and d_y gives one partial weight gradient; they are summed in order.
class WeightPass final : public DirectPass {
 public:
  WeightPass(Cpu cpu, const ConvolutionSizes& sizes, Type type, bool bias)
      : DirectPass(cpu, sizes, ConvolutionPass::BackwardWeight, type, bias, slices(sizes)) {}
  std::size_t workspace_bytes() const override {
    return partial_bytes() * static_cast<std::size_t>(sliced_.count) + plain_bytes() +
           workers_bytes();
  }
  Launch bind(const PassArrays&) const override;

 private:
  // Each slice has a weight gradient of its own; few where that is large.
  static int slices(const ConvolutionSizes& sizes) {
    constexpr long kLargeWeight = 1 << 20;
    return sizes.weight_size() >= kLargeWeight ? 4 : 8;
  }
  std::size_t bias_bytes() const {
    return bias_ ? round_up(static_cast<std::size_t>(sizes_.out_channels) * sizeof(float)) : 0;
  }
  std::size_t partial_bytes() const { return sliced_.packed_bytes() + bias_bytes(); }
  std::size_t plain_bytes() const {
    return round_up(static_cast<std::size_t>(sizes_.weight_size()) * sizeof(float));
  }
};

Launch DataPass::bind(const PassArrays& t) const {
  const bool forward = pass_ == ConvolutionPass::Forward;
  const std::size_t scratch = sliced_.scratch_bytes(), each = worker_bytes();
  std::byte* const workers = offset(t.workspace, sliced_.packed_bytes());
  const void *const from = forward ? t.x : t.y, *const to = forward ? t.y : t.x;

  // What one worker does with one slice; its own memory is bound into the primitive.
  struct Slice {
    const void* from;
    void *to, *staged_from, *staged_to, *scratch;
    const void* residual;
    long from_size, to_size;
    Primitive::Bound primitive;
  };
  std::vector<Slice> slices;  // [workers, slices]
  for (int worker = 0; worker < pool_->threads(); ++worker)
    for (int i = 0; i < sliced_.count; ++i) {
      std::byte* const own = offset(workers, each * static_cast<std::size_t>(worker));
      std::byte* const x = own + scratch;
      std::byte* const y = x + staged_x();
      const int images = sliced_.images_of(i);
      const std::size_t step = static_cast<std::size_t>(i);
      Slice slice{.from = offset(from, step * (forward ? x_step() : y_step())),
                  .to = offset(to, step * (forward ? y_step() : x_step())),
                  .staged_from = forward ? x : y,
                  .staged_to = forward ? y : x,
                  .scratch = own,
                  .residual = t.batch_norm.residual ? offset(t.batch_norm.residual, step * y_step())
                                                    : nullptr,
                  .from_size = forward ? x_size(images) : y_size(images),
                  .to_size = forward ? y_size(images) : x_size(images),
                  .primitive = {}};
      void* const in = convert() ? slice.staged_from : const_cast<void*>(slice.from);
      void* const out = convert() || t.add ? slice.staged_to : slice.to;
      slice.primitive = sliced_.primitive(i).bind({.x = forward ? in : out,
                                                   .weight = t.workspace,
                                                   .bias = t.bias,
                                                   .y = forward ? out : in});
      slices.push_back(std::move(slice));
    }

  return [slices = std::move(slices), pack = sliced_.full.bind_pack(t.weight, t.workspace),
          pool = pool_, count = sliced_.count, convert = convert(), add = t.add, type = type_,
          norm = t.batch_norm, channels = sizes_.out_channels] {
    pack.run(nullptr);
    pool->run(count, [&](int i, int worker) {
      const Slice& slice = slices[static_cast<std::size_t>(long{worker} * count + i)];
      if (convert) widen(slice.from, slice.staged_from, slice.from_size);
      slice.primitive.run(slice.scratch);
      if (convert)
        store<float, bfloat16>(slice.staged_to, slice.to, slice.to_size, add);
      else if (add && type == Type::BFloat16)
        store<bfloat16, bfloat16>(slice.staged_to, slice.to, slice.to_size, add);
      else if (add)
        store<float, float>(slice.staged_to, slice.to, slice.to_size, add);
      if (norm.scale)
        (type == Type::BFloat16 ? normalise<bfloat16> : normalise<float>)(slice.to, norm,
                                                                          slice.residual, channels,
                                                                          slice.to_size / channels);
    });
  };
}

Launch WeightPass::bind(const PassArrays& t) const {
  const bool convert = this->convert(), add = t.add;
  const std::size_t scratch = sliced_.scratch_bytes(), each = worker_bytes();
  const std::size_t partials = partial_bytes() * static_cast<std::size_t>(sliced_.count);
  std::byte* const workers = offset(t.workspace, partials + plain_bytes());

  struct Slice {
    const void *x, *d_y;
    void *staged_x, *staged_y, *scratch;
    long x_size, y_size;
    Primitive::Bound primitive;
  };
  std::vector<Slice> slices;  // [workers, slices]
  for (int worker = 0; worker < pool_->threads(); ++worker)
    for (int i = 0; i < sliced_.count; ++i) {
      std::byte* const own = offset(workers, each * static_cast<std::size_t>(worker));
      const std::size_t step = static_cast<std::size_t>(i);
      std::byte* const partial = offset(t.workspace, partial_bytes() * step);
      Slice slice{.x = offset(t.x, x_step() * step),
                  .d_y = offset(t.y, y_step() * step),
                  .staged_x = own + scratch,
                  .staged_y = own + scratch + staged_x(),
                  .scratch = own,
                  .x_size = x_size(sliced_.images_of(i)),
                  .y_size = y_size(sliced_.images_of(i)),
                  .primitive = {}};
      slice.primitive =
          sliced_.primitive(i).bind({.x = convert ? slice.staged_x : const_cast<void*>(slice.x),
                                     .weight = partial,
                                     .bias = bias_ ? partial + sliced_.packed_bytes() : nullptr,
                                     .y = convert ? slice.staged_y : const_cast<void*>(slice.d_y)});
      slices.push_back(std::move(slice));
    }

  float* const sum = static_cast<float*>(t.workspace);  // of the partials, in the first one
  float* const plain = add ? reinterpret_cast<float*>(offset(t.workspace, partials)) : t.weight;
  return [=, slices = std::move(slices), unpack = sliced_.full.bind_unpack(sum, plain),
          pool = pool_, count = sliced_.count, step = partial_bytes() / sizeof(float),
          bias_at = sliced_.packed_bytes() / sizeof(float), d_weight = t.weight,
          d_bias = bias_ ? t.bias : nullptr, weight_size = sizes_.weight_size(),
          channels = sizes_.out_channels] {
    pool->run(count, [&](int i, int worker) {
      const Slice& slice = slices[static_cast<std::size_t>(long{worker} * count + i)];
      if (convert) {
        widen(slice.x, slice.staged_x, slice.x_size);
        widen(slice.d_y, slice.staged_y, slice.y_size);
      }
      slice.primitive.run(slice.scratch);
    });
    const long size = static_cast<long>(step);
    const int parts = parts_for(size);
    pool->run(parts, [&](int part, int) {
      const Range range = part_of(size, parts, part);
      for (int slice = 1; slice < count; ++slice) {
        const float* more = sum + static_cast<long>(slice) * size;
        for (long i = range.begin; i < range.end; ++i) sum[i] += more[i];
      }
    });
    unpack.run(nullptr);
    if (add)
      for (long i = 0; i < weight_size; ++i) d_weight[i] += plain[i];
    for (int c = 0; d_bias && c < channels; ++c)
      d_bias[c] = (add ? d_bias[c] : 0.0f) + sum[bias_at + static_cast<std::size_t>(c)];
  };
}

}  // namespace

std::unique_ptr<PassPlan> plan_direct(Cpu cpu, const ConvolutionSizes& sizes, ConvolutionPass pass,
                                      Type type, bool bias, Ending ending) {
  if (pass == ConvolutionPass::BackwardWeight)
    return std::make_unique<WeightPass>(cpu, sizes, type, bias);
  return std::make_unique<DataPass>(cpu, sizes, pass, type,
                                    bias && pass == ConvolutionPass::Forward, ending);
}

}  // namespace kernels
