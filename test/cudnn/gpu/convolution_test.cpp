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

CudaLibraries& libraries() {
  static CudaLibraries all(cuda().stream);
  return all;
}

template <class T>
struct Arrays {
  Arrays(const ConvolutionSizes& s, GradientMode with, bool with_bias)
      : mode(with),
        x(random_array<T>(x_size(s), 1, {-1.0f, 2.0f})),
        d_y(random_array<T>(y_size(s), 2, {-1.0f, 2.0f})),
        bias(random_array<float>(with_bias ? s.out_channels : 0, 4)),
        d_x(gradient_start<T>(x_size(s), with, 5)),
        d_weight(gradient_start<float>(s.weight_size(), with, 6)),
        d_bias(gradient_start<float>(static_cast<long>(bias.size()), with, 7)) {
    // What both devices multiply with, whatever they round.
    for (const T value : random_array<T>(s.weight_size(), 3))
      weight.push_back(static_cast<float>(value));
  }
  GradientMode mode;
  std::vector<T> x, d_y;
  std::vector<float> weight, bias;
  std::vector<T> d_x;
  std::vector<float> d_weight, d_bias;
};

// y, d_x, d_weight, d_bias.
template <class T>
auto on_cpu(const ConvolutionSizes& s, Arrays<T> a) {
  ThreadPool pool(4);
  const auto plan = plan_convolution(Cpu{&pool}, s, kType<T>, !a.bias.empty());
  std::vector<T> y(a.d_y.size());
  const auto workspace = [&](ConvolutionPass pass) {
    return Workspace(plan->workspace_bytes(pass, a.mode));
  };
  Workspace forward = workspace(ConvolutionPass::Forward);
  Workspace data = workspace(ConvolutionPass::BackwardData);
  Workspace weight = workspace(ConvolutionPass::BackwardWeight);
  const bool bias = !a.bias.empty();
  plan->forward(
      {a.x.data(), a.weight.data(), bias ? a.bias.data() : nullptr, y.data(), forward.data()})();
  plan->backward_data({a.d_y.data(), a.weight.data(), a.d_x.data(), data.data(), a.mode})();
  plan->backward_weight({a.x.data(), a.d_y.data(), a.d_weight.data(),
                         bias ? a.d_bias.data() : nullptr, weight.data(), a.mode})();
  return std::tuple(y, a.d_x, a.d_weight, a.d_bias);
}

// Launched one by one, or as one captured graph, which neither allocates nor synchronises.
void run(const std::vector<Launch>& launches, CUstream_st* stream, bool captured) {
  if (captured) CUDA_CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  for (const Launch& launch : launches) launch();
  if (!captured) return CUDA_CHECK(cudaStreamSynchronize(stream));
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t executable = nullptr;
  CUDA_CHECK(cudaStreamEndCapture(stream, &graph));
  CUDA_CHECK(cudaGraphInstantiate(&executable, graph, 0));
  CUDA_CHECK(cudaGraphLaunch(executable, stream));
  CUDA_CHECK(cudaStreamSynchronize(stream));
  CUDA_CHECK(cudaGraphExecDestroy(executable));
  CUDA_CHECK(cudaGraphDestroy(graph));
}

template <class T>
auto on_gpu(const Cuda& device, const ConvolutionSizes& s, const Arrays<T>& a, bool captured) {
  const auto plan = plan_convolution(device, s, kType<T>, !a.bias.empty());
  const DeviceArray<T> x(a.x), d_y(a.d_y), y(a.d_y.size()), d_x(a.d_x);
  const DeviceArray<float> weight(a.weight), bias(a.bias), d_weight(a.d_weight), d_bias(a.d_bias);
  const auto workspace = [&](ConvolutionPass pass) {
    return DeviceArray<std::byte>(plan->workspace_bytes(pass, a.mode));
  };
  const auto forward = workspace(ConvolutionPass::Forward);
  const auto data = workspace(ConvolutionPass::BackwardData);
  const auto weights = workspace(ConvolutionPass::BackwardWeight);
  const bool with_bias = !a.bias.empty();
  run({plan->forward(
           {x.data(), weight.data(), with_bias ? bias.data() : nullptr, y.data(), forward.data()}),
       plan->backward_data({d_y.data(), weight.data(), d_x.data(), data.data(), a.mode}),
       plan->backward_weight({x.data(), d_y.data(), d_weight.data(),
                              with_bias ? d_bias.data() : nullptr, weights.data(), a.mode})},
      device.stream, captured);
  return std::tuple(y.host(), d_x.host(), d_weight.host(), d_bias.host());
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
  const double of_y = normalised_error(y, cpu_y), of_d_x = normalised_error(d_x, cpu_d_x);
  const double of_d_weight = normalised_error(d_weight, cpu_d_weight);
  const double of_d_bias = normalised_error(d_bias, cpu_d_bias);
  INFO(text_of(s) << (tensor_float ? ", TF32" : "") << ": errors of y " << of_y << ", d_x "
                  << of_d_x << ", d_weight " << of_d_weight << ", d_bias " << of_d_bias);
  // Sums of many products differ by their order; TF32 has 10 bits behind the first. Gradients of
  // weights are float, whatever the type.
  const double of_float = tensor_float ? 1e-3 : 1e-5;
  const double tolerance = std::is_same_v<T, float> ? of_float : 2 * kTolerance<T>;
  REQUIRE(of_y < tolerance);
  REQUIRE(of_d_x < tolerance);
  REQUIRE(of_d_weight < of_float);
  REQUIRE(of_d_bias < 1e-5);
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
  REQUIRE(known.replaced() == 0);
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
