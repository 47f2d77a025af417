// What surrounds a library's algorithm, around an oracle in the library's place.
#include "kernels/convolution/library_pass.h"

#include "test/cuda/every_order.h"
#include "test/cuda/shifted_array.h"
#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/convolution_arrays.h"
#include "test/support/gradient_start.h"
#include "test/support/oracle_convolution.h"

using namespace kernels;
using namespace test;

namespace {

template <class T>
std::vector<T> read(const void* from, long size) {
  std::vector<T> values(static_cast<std::size_t>(size));
  CUDA_CHECK(cudaMemcpyAsync(values.data(), from, values.size() * sizeof(T), cudaMemcpyDeviceToHost,
                             cuda().stream));
  CUDA_CHECK(cudaStreamSynchronize(cuda().stream));
  return values;
}
template <class T>
void write(const std::vector<double>& values, void* to) {
  std::vector<T> narrow;
  for (const double value : values) narrow.push_back(T(static_cast<float>(value)));
  CUDA_CHECK(cudaMemcpyAsync(to, narrow.data(), narrow.size() * sizeof(T), cudaMemcpyHostToDevice,
                             cuda().stream));
  CUDA_CHECK(cudaStreamSynchronize(cuda().stream));
}

// OHWI to OIHW, or back.
template <class T>
std::vector<T> turned(const ConvolutionSizes& s, const std::vector<T>& weight, bool back) {
  const std::size_t taps = static_cast<std::size_t>(s.kernel_height * s.kernel_width);
  const std::size_t channels = static_cast<std::size_t>(s.in_channels / s.groups);
  std::vector<T> result(weight.size());
  for (std::size_t i = 0; i < weight.size(); ++i) {
    const std::size_t filter = i / (taps * channels), in_filter = i % (taps * channels);
    const std::size_t ohwi =
        filter * taps * channels + in_filter % taps * channels + in_filter / taps;
    (back ? result[ohwi] : result[i]) = back ? weight[i] : weight[ohwi];
  }
  return result;
}

// A library that computes in double, and fills its workspace with NaN.
template <class T>
class Oracle final : public LibraryAlgorithm {
 public:
  static constexpr std::size_t kWorkspace = 1000;

  Oracle(const ConvolutionSizes& sizes, ConvolutionPass pass, bool adds, Type weight_type)
      : s_(sizes), pass_(pass), adds_(adds), weight_type_(weight_type) {}
  std::string name() const override { return "oracle"; }
  std::size_t workspace_bytes() const override { return kWorkspace; }
  Type weight_type() const override { return weight_type_; }
  Launch bind(const LibraryArrays& t) const override {
    return [t, s = s_, pass = pass_, adds = adds_, weight_type = weight_type_] {
      REQUIRE(reinterpret_cast<std::uintptr_t>(t.workspace) % 256 == 0);
      CUDA_CHECK(cudaMemsetAsync(t.workspace, 0xff, kWorkspace, cuda().stream));
      const bool forward = pass == ConvolutionPass::Forward;
      const bool data = pass == ConvolutionPass::BackwardData;
      const long x_count = x_size(s), y_count = y_size(s), weight_count = s.weight_size();
      using Values = std::vector<double>;
      const auto zeros = [](long size) { return Values(static_cast<std::size_t>(size)); };
      const Values x = data ? zeros(x_count) : widened(read<T>(t.x, x_count));
      const Values y = forward ? zeros(y_count) : widened(read<T>(t.y, y_count));
      const Values weight = forward || data
                                ? turned(s, widened(read<T>(t.weight, weight_count)), false)
                                : zeros(weight_count);
      const ConvolutionResults all = convolution_oracle(s, x, weight, {}, y);
      const auto sum = [adds](Values result, const Values& before) {
        for (std::size_t i = 0; adds && i < result.size(); ++i) result[i] += before[i];
        return result;
      };
      if (forward)
        write<T>(all.y, t.y);
      else if (data)
        write<T>(sum(all.d_x, widened(read<T>(t.x, x_count))), t.x);
      else
        with_storage(weight_type, [&](auto tag) {
          using W = typename decltype(tag)::type;
          write<W>(sum(turned(s, all.d_weight, true), widened(read<W>(t.weight, weight_count))),
                   t.weight);
        });
    };
  }

 private:
  ConvolutionSizes s_;
  ConvolutionPass pass_;
  bool adds_;
  Type weight_type_;
};

const ConvolutionSizes kSizes[] = {
    // images, height, width, in, out, kernel height, width, stride, padding, groups
    {2, 4, 3, 3, 8, 3, 3, 1, 1, 1},     // padded at x
    {1, 5, 4, 8, 10, 3, 2, 2, 1, 1},    // padded at y
    {3, 4, 5, 5, 3, 2, 3, 1, 0, 1},     // padded at both
    {2, 3, 3, 16, 8, 3, 3, 1, 1, 1},    // as it is
    {2, 3, 3, 8, 16, 1, 1, 2, 0, 1},    // filters of one tap
    {5, 1, 1, 11, 7, 1, 1, 1, 0, 1},    // a linear layer that is padded
    {2, 4, 4, 12, 18, 3, 3, 1, 1, 6}};  // groups are never padded

}  // namespace

TEMPLATE_TEST_CASE("a library's algorithm finds its arrays, and we find its results",
                   "[library_pass]", float, bfloat16) {
  using T = TestType;
  const ConvolutionSizes s = GENERATE(from_range(std::begin(kSizes), std::end(kSizes)));
  const auto mode = GENERATE(GradientMode::Overwrite, GradientMode::Accumulate);
  const bool library_adds = GENERATE(false, true), with_bias = GENERATE(false, true);
  const Type gradient_type =
      with_bias ? Type::Float : kType<T>;  // that of d_weight, as it is given
  const bool add = mode == GradientMode::Accumulate;
  const ConvolutionSizes taken = padded_channels(s, kType<T>);
  const bool same_channels =
      taken.in_channels == s.in_channels && taken.out_channels == s.out_channels;
  if (library_adds && !(add && same_channels)) return;
  const bool plain_gradient = s.kernel_height * s.kernel_width == 1 && gradient_type == Type::Float;
  INFO(text_of(s) << ", library takes " << text_of(taken));

  const auto x = random_array<T>(x_size(s), 1), d_y = random_array<T>(y_size(s), 2);
  const auto weight = random_array<float>(s.weight_size(), 3);
  const auto bias = random_array<float>(s.out_channels, 4);
  const auto d_x_start = gradient_start<T>(x_size(s), mode, 5);
  const auto d_weight_start = gradient_start<float>(s.weight_size(), mode, 6);
  const auto d_bias_start = gradient_start<float>(s.out_channels, mode, 7);
  const auto [y, d_x, d_weight, d_bias] = same_in_every_order([&](Cuda cuda) {
    const DeviceArray<T> in(x), upstream(d_y), out(d_y.size()), data(d_x_start);
    const DeviceArray<float> weights(weight), shift(bias), gradient(d_weight_start),
        shift_gradient(d_bias_start);
    const long packed_size = packed_weight_size(s, taken, kType<T>);
    REQUIRE((packed_size == 0) ==
            (same_channels && s.kernel_height * s.kernel_width == 1 && kType<T> == Type::Float));
    const DeviceArray<T> packed(static_cast<std::size_t>(packed_size));
    if (packed_size > 0) pack_weight(cuda, s, taken, kType<T>, {weights.data(), packed.data()})();
    float* const given = packed_size > 0 ? nullptr : weights.data();
    float* const shifts = with_bias ? shift.data() : nullptr;
    float* const shift_gradients = with_bias ? shift_gradient.data() : nullptr;
    const auto run = [&](ConvolutionPass pass, bool adds, Type weight_type, PassArrays t) {
      const LibraryPass library{taken, adds,
                                std::make_shared<const Oracle<T>>(taken, pass, adds, weight_type)};
      const auto plan = plan_library_pass(cuda, s, pass, kType<T>, with_bias, t.add, library);
      const std::vector<unsigned char> nan(plan->workspace_bytes(), 0xff);
      const ShiftedArray<unsigned char> workspace(nan, 64);  // as an arena may begin one
      t.workspace = workspace.data();
      plan->bind(t)();
      CUDA_CHECK(cudaStreamSynchronize(cuda.stream));
    };
    run(ConvolutionPass::Forward, false, kType<T>,
        {in.data(), given, shifts, out.data(), nullptr, false, {}, packed.data()});
    run(ConvolutionPass::BackwardData, library_adds, kType<T>,
        {data.data(), given, nullptr, upstream.data(), nullptr, add, {}, packed.data()});
    run(ConvolutionPass::BackwardWeight, library_adds && plain_gradient, gradient_type,
        {in.data(), gradient.data(), shift_gradients, upstream.data(), nullptr, add});
    return std::tuple(out.host(), data.host(), gradient.host(), shift_gradient.host());
  });

  const auto used = widened(std::vector<T>(weight.begin(), weight.end()));
  const ConvolutionResults expected = convolution_oracle(
      s, widened(x), used, widened(with_bias ? bias : std::vector<float>()), widened(d_y));
  const double tolerance = 2 * kTolerance<T>;  // y is rounded before the bias is added
  REQUIRE(normalised_error(y, expected.y) < tolerance);
  REQUIRE(normalised_error(d_x, after(d_x_start, mode, expected.d_x)) < tolerance);
  REQUIRE(normalised_error(d_weight, after(d_weight_start, mode, expected.d_weight)) <
          (gradient_type == Type::Float ? kTolerance<float> : kTolerance<bfloat16>));
  if (with_bias)
    REQUIRE(normalised_error(d_bias, after(d_bias_start, mode, expected.d_bias)) <
            kTolerance<float>);
}
