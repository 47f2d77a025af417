#include "kernels/convolution/winograd.h"

#include <algorithm>

#include "kernels/convolution/register_tile.h"
#include "kernels/convolution/winograd_tiles.h"

namespace kernels {
namespace {

using namespace winograd;

// Transformed weights, and sums of weight gradients, that a core may keep to itself; transformed
// tiles beside them; and how many tiles threads share at a time.
constexpr long kOwnWeightBytes = 3 << 20, kOwnSumBytes = 1 << 20, kOwnTileBytes = 9 << 17;
constexpr long kSharedTiles = 160, kFewestTiles = 12;
// Where tiles are as few as this, sums of weight gradients are made a block of channels at a time,
// and leave the core's cache only as gradients.
constexpr long kFewTiles = 64, kBlockInputs = 64, kBlockOutputs = 128;

// Tiles in equal groups of at most `most`.
struct Groups {
  Groups(long tiles, long most)
      : size((tiles + (tiles + most - 1) / most - 1) / ((tiles + most - 1) / most)),
        count(static_cast<int>((tiles + size - 1) / size)) {}
  long size;
  int count;
};

// Forward, and backward-data, which is forward with turned weights and padding 2 - padding.
class DataPass final : public PassPlan {
 public:
  DataPass(Cpu cpu, const ConvolutionSizes& s, bool backward, Type type)
      : pool_(cpu.pool),
        sizes_(s),
        backward_(backward),
        type_(type),
        inputs_(backward ? s.out_channels : s.in_channels),
        outputs_(backward ? s.in_channels : s.out_channels),
        tiles_(
            backward
                ? Tiles{s.images, s.out_height(), s.out_width(), 2 - s.padding, s.height, s.width}
                : Tiles{s.images, s.height, s.width, s.padding, s.out_height(), s.out_width()}),
        own_(weight_floats() * 4 <= kOwnWeightBytes),
        groups_(tiles_.count(),
                own_ ? std::max(kFewestTiles, kOwnTileBytes / (kPoints * 4 * (inputs_ + outputs_)))
                     : kSharedTiles) {}

  std::size_t workspace_bytes() const override {
    return static_cast<std::size_t>(weight_floats() +
                                    (own_ ? pool_->threads() : 1) * tile_floats()) *
           sizeof(float);
  }
  std::string implementation() const override { return "winograd"; }
  Launch bind(const PassArrays& t) const override {
    return with_storage(type_, [&]<class T>(TypeTag<T>) -> Launch {
      return [plan = *this, t] { plan.run<T>(t); };
    });
  }

 private:
  long weight_step() const { return inputs_ * outputs_ + kLanes; }
  long weight_floats() const { return kPoints * weight_step(); }
  Layout input_layout() const { return {groups_.size, inputs_, false}; }
  Layout output_layout() const { return {groups_.size, outputs_, false}; }
  long input_step() const { return input_layout().points; }
  long output_step() const { return output_layout().points; }
  long tile_floats() const { return kPoints * (input_step() + output_step()); }

  template <class T>
  void run(const PassArrays& t) const {
    const T* const from = static_cast<const T*>(backward_ ? t.y : t.x);
    T* const to = static_cast<T*>(backward_ ? t.x : t.y);
    float* const workspace = static_cast<float*>(t.workspace);
    pool_->run(static_cast<int>(outputs_ / kLanes), [&](int half, int) {
      weight_tiles(sizes_, backward_, t.weight, half, workspace, weight_step());
    });
    float* const tiles = workspace + weight_floats();
    const auto product = [&](int point, long count, float* inputs) {
      matrix_product(
          count, outputs_, inputs_, Rows{inputs + point * input_step(), row_step(inputs_)},
          Panels{workspace + point * weight_step(), inputs_ * kLanes},
          MutableRows{inputs + kPoints * input_step() + point * output_step(), row_step(outputs_)},
          false);
    };
    if (own_) {
      pool_->run(groups_.count, [&](int group, int worker) {
        const Range range = tiles_of(group);
        float* const inputs = tiles + worker * tile_floats();
        input_tiles(tiles_, from, inputs_, range, inputs, input_layout());
        for (int point = 0; point < kPoints; ++point)
          product(point, range.end - range.begin, inputs);
        output_tiles(tiles_, inputs + kPoints * input_step(), output_step(), outputs_, t, range,
                     to);
      });
      return;
    }
    for (int group = 0; group < groups_.count; ++group) {
      const Range range = tiles_of(group);
      const long count = range.end - range.begin;
      const int parts = static_cast<int>(std::min(count, 16L));
      pool_->run(parts, [&](int part, int) {
        const Range own = part_of(count, parts, part);
        input_tiles(tiles_, from, inputs_, {range.begin + own.begin, range.begin + own.end},
                    tiles + own.begin * row_step(inputs_), input_layout());
      });
      pool_->run(kPoints, [&](int point, int) { product(point, count, tiles); });
      pool_->run(parts, [&](int part, int) {
        const Range own = part_of(count, parts, part);
        output_tiles(tiles_, tiles + kPoints * input_step() + own.begin * row_step(outputs_),
                     output_step(), outputs_, t, {range.begin + own.begin, range.begin + own.end},
                     to);
      });
    }
  }
  Range tiles_of(int group) const {
    return {group * groups_.size, std::min((group + 1) * groups_.size, tiles_.count())};
  }

  ThreadPool* pool_;
  ConvolutionSizes sizes_;
  bool backward_;
  Type type_;
  long inputs_, outputs_;
  Tiles tiles_;
  bool own_;  // each thread has tiles of its own
  Groups groups_;
};

// Products of transformed inputs and output gradients, summed over tiles at each point.
class WeightPass final : public PassPlan {
 public:
  WeightPass(Cpu cpu, const ConvolutionSizes& s, Type type, bool bias)
      : pool_(cpu.pool),
        sizes_(s),
        type_(type),
        bias_(bias),
        tiles_{s.images, s.height, s.width, s.padding, s.out_height(), s.out_width()},
        own_(sum_floats() * 4 <= kOwnSumBytes),
        few_(!own_ && tiles_.count() <= kFewTiles),
        slices_(tiles_.count(), own_ ? (tiles_.count() + kSlices - 1) / kSlices : tiles_.count()),
        group_(std::min(
            slices_.size,
            own_ ? std::max(kFewestTiles,
                            kOwnTileBytes / 2 / (kPoints * 4 * (s.in_channels + s.out_channels)))
                 : kSharedTiles)) {}

  std::size_t workspace_bytes() const override {
    const long sums = few_ ? pool_->threads() * block_floats() : slices_.count * sum_floats();
    const long tiles = (own_ ? pool_->threads() : 1) * tile_floats();
    return static_cast<std::size_t>(sums + tiles) * sizeof(float);
  }
  std::string implementation() const override { return "winograd"; }
  Launch bind(const PassArrays& t) const override {
    return with_storage(type_, [&]<class T>(TypeTag<T>) -> Launch {
      return [plan = *this, x = static_cast<const T*>(t.x), d_y = static_cast<const T*>(t.y),
              d_weight = t.weight, d_bias = t.bias, workspace = static_cast<float*>(t.workspace),
              add = t.add] { plan.run(x, d_y, d_weight, d_bias, workspace, add); };
    });
  }

 private:
  static constexpr int kSlices = 8;
  long sum_step() const { return long{sizes_.in_channels} * sizes_.out_channels + kLanes; }
  long sum_floats() const { return kPoints * sum_step(); }
  static constexpr long block_step() { return kBlockInputs * kBlockOutputs + kLanes; }
  static constexpr long block_floats() { return kPoints * block_step(); }
  Layout input_layout() const { return {group_, sizes_.in_channels, true}; }
  Layout output_layout() const { return {group_, sizes_.out_channels, true}; }
  long input_step() const { return input_layout().points; }
  long output_step() const { return output_layout().points; }
  long tile_floats() const { return kPoints * (input_step() + output_step()); }

  template <class T>
  void run(const T* x, const T* d_y, float* d_weight, float* d_bias, float* workspace,
           bool add) const {
    const long in = sizes_.in_channels, out = sizes_.out_channels;
    if (few_) return run_few(x, d_y, d_weight, d_bias, workspace, add);
    float* const tiles = workspace + slices_.count * sum_floats();
    const auto product = [&](int point, long count, const float* inputs, float* sums, bool more) {
      matrix_product(
          in, out, count, Panels{inputs + point * input_step(), input_layout().groups},
          Panels{inputs + kPoints * input_step() + point * output_step(), output_layout().groups},
          MutableRows{sums + point * sum_step(), out}, more);
    };
    if (own_) {
      pool_->run(slices_.count, [&](int slice, int worker) {
        float* const inputs = tiles + worker * tile_floats();
        float* const sums = workspace + slice * sum_floats();
        const long first = slice * slices_.size,
                   last = std::min(first + slices_.size, tiles_.count());
        for (long begin = first; begin < last; begin += group_) {
          const long end = std::min(begin + group_, last);
          input_tiles(tiles_, x, in, {begin, end}, inputs, input_layout());
          output_gradient_tiles(tiles_, d_y, out, {begin, end}, inputs + kPoints * input_step(),
                                output_layout());
          for (int point = 0; point < kPoints; ++point)
            product(point, end - begin, inputs, sums, begin > first);
        }
      });
      sum_slices(workspace);
    } else {
      for (long begin = 0; begin < tiles_.count(); begin += group_) {
        const long count = std::min(group_, tiles_.count() - begin);
        transform_shared(x, d_y, begin, count, tiles);
        pool_->run(kPoints,
                   [&](int point, int) { product(point, count, tiles, workspace, begin > 0); });
      }
    }
    pool_->run(static_cast<int>(out / kLanes), [&](int group, int) {
      for (long c = 0; c < in; ++c)
        weight_gradient_tiles(workspace + c * out + group * kLanes, sum_step(), in,
                              d_weight + (long{group} * kLanes * in + c) * 9, add);
    });
    if (bias_) sum_pixels(d_y, d_bias, add);
  }

  // Tiles [begin, begin + count) of x and d_y, by all threads.
  template <class T>
  void transform_shared(const T* x, const T* d_y, long begin, long count, float* tiles) const {
    const int parts = static_cast<int>(std::min(count, 16L));
    pool_->run(parts, [&](int part, int) {
      const Range own = part_of(count, parts, part);
      const Range range{begin + own.begin, begin + own.end};
      input_tiles(tiles_, x, sizes_.in_channels, range, tiles + own.begin * kLanes, input_layout());
      output_gradient_tiles(tiles_, d_y, sizes_.out_channels, range,
                            tiles + kPoints * input_step() + own.begin * kLanes, output_layout());
    });
  }

  template <class T>
  void run_few(const T* x, const T* d_y, float* d_weight, float* d_bias, float* workspace,
               bool add) const {
    const long in = sizes_.in_channels, out = sizes_.out_channels, count = tiles_.count();
    float* const inputs = workspace + pool_->threads() * block_floats();
    float* const outputs = inputs + kPoints * input_step();
    transform_shared(x, d_y, 0, count, inputs);
    const long down = (in + kBlockInputs - 1) / kBlockInputs;
    const long across = (out + kBlockOutputs - 1) / kBlockOutputs;
    pool_->run(static_cast<int>(down * across), [&](int block, int worker) {
      const long first_in = block / across * kBlockInputs,
                 first_out = block % across * kBlockOutputs;
      const long rows = std::min(kBlockInputs, in - first_in);
      const long columns = std::min(kBlockOutputs, out - first_out);
      float* const sums = workspace + worker * block_floats();
      const long panel = input_layout().groups;  // the same for outputs
      for (int point = 0; point < kPoints; ++point)
        matrix_product(rows, columns, count,
                       Panels{inputs + point * input_step() + first_in / kLanes * panel, panel},
                       Panels{outputs + point * output_step() + first_out / kLanes * panel, panel},
                       MutableRows{sums + point * block_step(), columns}, false);
      for (long o = 0; o < columns; o += kLanes)
        for (long i = 0; i < rows; ++i)
          weight_gradient_tiles(sums + i * columns + o, block_step(), in,
                                d_weight + ((first_out + o) * in + first_in + i) * 9, add);
    });
    if (bias_) sum_pixels(d_y, d_bias, add);
  }

  // d_bias: the sum of d_y over pixels, 16 channels a task.
  template <class T>
  void sum_pixels(const T* d_y, float* d_bias, bool add) const {
    constexpr long kChains = 8;  // sums that do not wait for one another
    const long channels = sizes_.out_channels;
    const long pixels = long{sizes_.images} * sizes_.out_height() * sizes_.out_width();
    pool_->run(static_cast<int>(channels / kLanes), [&](int group, int) {
      const T* const from = d_y + group * kLanes;
      Lanes sums[kChains] = {};
      for (long pixel = 0; pixel < pixels; ++pixel)
        sums[pixel % kChains] += load(from + pixel * channels);
      float* const to = d_bias + group * kLanes;
      Lanes sum = add ? load(to) : Lanes{};
      for (const Lanes& part : sums) sum += part;
      store(to, sum);
    });
  }

  // The sums of all slices, in order, into the first.
  void sum_slices(float* sums) const {
    const long size = sum_floats();
    const int parts = parts_for(size);
    pool_->run(parts, [&](int part, int) {
      const Range range = part_of(size, parts, part);
      for (int slice = 1; slice < slices_.count; ++slice)
        for (long i = range.begin; i < range.end; ++i) sums[i] += sums[slice * size + i];
    });
  }

  ThreadPool* pool_;
  ConvolutionSizes sizes_;
  Type type_;
  bool bias_;
  Tiles tiles_;
  bool own_;  // each thread sums a slice of the tiles
  bool few_;  // each thread sums a block of the channels
  Groups slices_;
  long group_;  // tiles transformed at a time
};

}  // namespace

bool winograd_fits(const ConvolutionSizes& s) {
  return s.kernel_height == 3 && s.kernel_width == 3 && s.stride == 1 && s.groups == 1 &&
         s.padding <= 2 && s.in_channels % kLanes == 0 && s.out_channels % kLanes == 0;
}

std::unique_ptr<PassPlan> plan_winograd(Cpu cpu, const ConvolutionSizes& sizes,
                                        ConvolutionPass pass, Type type, bool bias, Ending) {
  if (pass == ConvolutionPass::BackwardWeight)
    return std::make_unique<WeightPass>(cpu, sizes, type, bias);
  return std::make_unique<DataPass>(cpu, sizes, pass == ConvolutionPass::BackwardData, type);
}

}  // namespace kernels
