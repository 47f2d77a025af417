// Convolutions by NVIDIA's libraries, on a GPU, beside those of the CPU.
#include "kernels/convolution/convolution.h"

#include <cstdio>

#include "kernels/cudnn/engines.h"
#include "kernels/cudnn/libraries.h"
#include "test/cuda/device_array.h"
#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/convolution_arrays.h"
#include "test/support/gradient_start.h"
#include "test/support/threads.h"
#include "test/support/workspace.h"

using namespace kernels;
using namespace test;

namespace {

// Never destroyed: at the program's end cuDNN may be gone first.
CudaLibraries& libraries() {
  static auto& all = *new CudaLibraries(cuda().stream);
  return all;
}

template <class T>
struct Arrays {
  Arrays(const ConvolutionSizes& s, GradientMode of_gradients, bool adds_bias)
      : mode(of_gradients),
        with_bias(adds_bias),
        x(random_array<T>(x_size(s), 1, {-1.0f, 2.0f})),
        d_y(random_array<T>(y_size(s), 2, {-1.0f, 2.0f})),
        weight(widened_weights(s)),
        bias(random_array<float>(s.out_channels, 4)),
        d_x(gradient_start<T>(x_size(s), mode, 5)),
        d_weight(gradient_start<float>(s.weight_size(), mode, 6)),
        d_bias(gradient_start<float>(s.out_channels, mode, 7)) {}

  // What both devices multiply with, whatever they round.
  static std::vector<float> widened_weights(const ConvolutionSizes& s) {
    std::vector<float> wide;
    for (const T value : random_array<T>(s.weight_size(), 3))
      wide.push_back(static_cast<float>(value));
    return wide;
  }

  GradientMode mode;
  bool with_bias;
  std::vector<T> x, d_y;
  std::vector<float> weight, bias;
  std::vector<T> d_x;
  std::vector<float> d_weight, d_bias;
};

// y, d_x, d_weight, d_bias.
template <class T>
auto on_cpu(const ConvolutionSizes& s, Arrays<T> a) {
  ThreadPool pool(4);
  const auto plan = plan_convolution(Cpu{&pool}, s, kType<T>, a.with_bias);
  std::vector<T> y(a.d_y.size());
  Workspace forward(plan->workspace_bytes(ConvolutionPass::Forward));
  Workspace data(plan->workspace_bytes(ConvolutionPass::BackwardData, a.mode));
  Workspace weight(plan->workspace_bytes(ConvolutionPass::BackwardWeight, a.mode));
  const float* const bias = a.with_bias ? a.bias.data() : nullptr;
  float* const d_bias = a.with_bias ? a.d_bias.data() : nullptr;
  plan->forward({a.x.data(), a.weight.data(), bias, y.data(), forward.data()})();
  plan->backward_data({a.d_y.data(), a.weight.data(), a.d_x.data(), data.data(), a.mode})();
  plan->backward_weight(
      {a.x.data(), a.d_y.data(), a.d_weight.data(), d_bias, weight.data(), a.mode})();
  return std::tuple(y, a.d_x, a.d_weight, a.d_bias);
}

// One by one, or as one captured graph: then nothing may allocate or wait.
void run(const std::vector<Launch>& launches, CUstream_st* stream, bool captured) {
  if (captured) CUDA_CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  for (const Launch& launch : launches) launch();
  if (captured) {
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t executable = nullptr;
    CUDA_CHECK(cudaStreamEndCapture(stream, &graph));
    CUDA_CHECK(cudaGraphInstantiate(&executable, graph, 0));
    CUDA_CHECK(cudaGraphLaunch(executable, stream));
    CUDA_CHECK(cudaStreamSynchronize(stream));
    CUDA_CHECK(cudaGraphExecDestroy(executable));
    CUDA_CHECK(cudaGraphDestroy(graph));
  }
  CUDA_CHECK(cudaStreamSynchronize(stream));
}

template <class T>
auto on_gpu(const Cuda& device, const ConvolutionSizes& s, const Arrays<T>& a, bool captured) {
  const auto plan = plan_convolution(device, s, kType<T>, a.with_bias);
  const DeviceArray<T> x(a.x), d_y(a.d_y), y(a.d_y.size()), d_x(a.d_x);
  const DeviceArray<float> weight(a.weight), shift(a.bias), d_weight(a.d_weight),
      shift_gradient(a.d_bias);
  const DeviceArray<std::byte> forward(plan->workspace_bytes(ConvolutionPass::Forward));
  const DeviceArray<std::byte> data(plan->workspace_bytes(ConvolutionPass::BackwardData, a.mode));
  const DeviceArray<std::byte> weights(
      plan->workspace_bytes(ConvolutionPass::BackwardWeight, a.mode));
  const float* const bias = a.with_bias ? shift.data() : nullptr;
  float* const d_bias = a.with_bias ? shift_gradient.data() : nullptr;
  const DeviceArray<T> packed(static_cast<std::size_t>(plan->packed_weight_size()));
  const bool packs = plan->packed_weight_size() > 0;
  const float* const given = packs ? nullptr : weight.data();
  std::vector<Launch> launches{
      plan->forward({x.data(), given, bias, y.data(), forward.data(), packed.data()}),
      plan->backward_data({d_y.data(), given, d_x.data(), data.data(), a.mode, packed.data()}),
      plan->backward_weight(
          {x.data(), d_y.data(), d_weight.data(), d_bias, weights.data(), a.mode})};
  if (packs) launches.insert(launches.begin(), plan->pack_weight({weight.data(), packed.data()}));
  run(launches, device.stream, captured);
  return std::tuple(y.host(), d_x.host(), d_weight.host(), shift_gradient.host());
}

const ConvolutionSizes kSizes[] = {
    // images, height, width, in, out, kernel height, width, stride, padding, groups
    {20, 32, 32, 3, 16, 3, 3, 1, 1, 1},  // stems: few channels
    {4, 64, 64, 3, 64, 7, 7, 2, 3, 1},    {20, 16, 16, 64, 64, 3, 3, 1, 1, 1},
    {20, 16, 16, 64, 128, 3, 3, 2, 1, 1},  // shortcuts and what they go around
    {20, 16, 16, 64, 128, 1, 1, 2, 0, 1}, {40, 4, 4, 512, 512, 3, 3, 1, 1, 1},
    {16, 4, 4, 512, 256, 1, 1, 1, 0, 1},  // auxiliary classifiers
    {16, 4, 4, 256, 256, 3, 3, 1, 0, 1},  {5, 9, 8, 24, 40, 3, 3, 2, 1, 1},
    {3, 5, 7, 17, 10, 3, 1, 1, 1, 1},      // odd channels
    {20, 8, 8, 128, 128, 3, 3, 1, 1, 32},  // groups, and no channels in common
    {20, 8, 8, 256, 256, 3, 3, 2, 1, 32}, {9, 7, 6, 64, 64, 3, 3, 1, 1, 64},
    {640, 1, 1, 512, 100, 1, 1, 1, 0, 1},  // linear layers
    {33, 1, 1, 64, 10, 1, 1, 1, 0, 1},    {1, 1, 1, 17, 3, 1, 1, 1, 0, 1}};

}  // namespace

TEMPLATE_TEST_CASE("a GPU's convolutions are the CPU's", "[cudnn]", float, bfloat16) {
  using T = TestType;
  const ConvolutionSizes s = GENERATE(from_range(std::begin(kSizes), std::end(kSizes)));
  const auto mode = GENERATE(GradientMode::Overwrite, GradientMode::Accumulate);
  const bool with_bias = GENERATE(false, true), tensor_float = GENERATE(false, true);
  if (tensor_float && std::is_same_v<T, bfloat16>) return;
  Cuda device = cuda();
  device.libraries = &libraries();
  device.tensor_float = tensor_float;
  const Arrays<T> a(s, mode, with_bias);
  const auto results = on_gpu(device, s, a, false);
  const auto [y, d_x, d_weight, d_bias] = results;
  const auto [cpu_y, cpu_d_x, cpu_d_weight, cpu_d_bias] = on_cpu(s, a);
  const std::string of_weight = plan_convolution(device, s, kType<T>, with_bias)
                                    ->implementation(ConvolutionPass::BackwardWeight, mode);
  const double y_error = normalised_error(y, cpu_y), d_x_error = normalised_error(d_x, cpu_d_x);
  const double d_weight_error = normalised_error(d_weight, cpu_d_weight);
  INFO(text_of(s) << (tensor_float ? ", TF32" : "") << ": errors of y " << y_error << ", d_x "
                  << d_x_error << ", d_weight " << d_weight_error << " by " << of_weight);
  // Sums of many products differ by their order, tensor cores drop bits behind the 23rd, and TF32
  // has 10 bits. Gradients of weights are float, or rounded once.
  constexpr bool kNarrow = std::is_same_v<T, bfloat16>;
  const double of_float = tensor_float ? 1e-3 : kNarrow ? 1e-4 : 1e-5;
  const double tolerance = kNarrow ? 2 * kTolerance<bfloat16> : of_float;
  const bool rounds_weight = kNarrow && of_weight.starts_with("cudnn ");
  REQUIRE(y_error < tolerance);
  REQUIRE(d_x_error < tolerance);
  REQUIRE(d_weight_error < (rounds_weight ? kTolerance<bfloat16> : of_float));
  if (with_bias) REQUIRE(normalised_error(d_bias, cpu_d_bias) < 1e-5);
  REQUIRE(same_bits(results, on_gpu(device, s, a, false)));
  REQUIRE(same_bits(results, on_gpu(device, s, a, true)));
}

TEST_CASE("a GPU's algorithms are timed once, then chosen from what is known", "[cudnn]") {
  const ConvolutionSizes s = GENERATE(ConvolutionSizes{64, 16, 16, 64, 64, 3, 3, 1, 1, 1},
                                      ConvolutionSizes{64, 1, 1, 64, 100, 1, 1, 1, 0, 1});
  AlgorithmChoices timed;
  Cuda device = cuda();
  device.libraries = &libraries();
  device.choices = &timed;
  const Arrays<float> a(s, GradientMode::Accumulate, true);
  const auto results = on_gpu(device, s, a, false);
  REQUIRE(timed.by_work().size() == 3);
  for (const auto& [work, algorithm] : timed.by_work())
    std::printf("%s: %s\n", work.c_str(), algorithm.c_str());

  AlgorithmChoices known(timed.by_work());
  CudaLibraries others(device.stream);
  device.libraries = &others;
  device.choices = &known;
  REQUIRE(same_bits(results, on_gpu(device, s, a, false)));
  REQUIRE(known.by_work() == timed.by_work());
}

TEST_CASE("a GPU's description is enough to make plans for it", "[cudnn]") {
  const std::string properties = libraries().device_properties();
  std::printf("device properties: %s\n", properties.c_str());
  CudaLibraries described(CudaLibraries::AbsentDevice{properties});
  const ConvolutionSizes s{640, 32, 32, 64, 64, 3, 3, 1, 1, 1};
  for (const auto pass :
       {ConvolutionPass::Forward, ConvolutionPass::BackwardData, ConvolutionPass::BackwardWeight}) {
    Cuda device = cuda();
    device.libraries = &libraries();
    const auto present = cudnn::engines(device, s, pass, Type::BFloat16, false, "")->names();
    device.libraries = &described;
    const auto absent = cudnn::engines(device, s, pass, Type::BFloat16, false, "")->names();
    std::printf("%zu engines, %zu by description\n", present.size(), absent.size());
    REQUIRE(!present.empty());
    REQUIRE(!absent.empty());
  }
}
