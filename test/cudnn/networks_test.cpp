// Every convolution that training computes has plans on an H100.
#include <cstdio>

#include "aux_training/classifier.h"
#include "engine/runtime/available_memory.h"
#include "engine/runtime/memory_peak.h"
#include "kernels/convolution/library_pass.h"
#include "kernels/cudnn/engines.h"
#include "test/cudnn/absent_h100.h"
#include "test/support/catch.h"

using namespace kernels;

namespace {

struct Layers {
  int count;
  ConvolutionSizes sizes;  // images, height, width, in, out, kernel height, width, stride, padding
  bool gives_d_x = true;
};

constexpr int kImages = 128, kViews = 5, kAll = kViews * kImages, kHeads = kViews - 1;

// Of auxiliary training on 32x32 images, as recorded with attention of stride 1.
std::vector<Layers> resnet18() {
  return {{1, {kAll, 32, 32, 3, 64, 3, 3, 1, 1}, false},
          {4, {kAll, 32, 32, 64, 64, 3, 3, 1, 1}},
          {1, {kAll, 32, 32, 64, 128, 3, 3, 2, 1}},
          {1, {kAll, 32, 32, 64, 128, 1, 1, 2, 0}},
          {3, {kAll, 16, 16, 128, 128, 3, 3, 1, 1}},
          {1, {kAll, 16, 16, 128, 256, 3, 3, 2, 1}},
          {1, {kAll, 16, 16, 128, 256, 1, 1, 2, 0}},
          {3, {kAll, 8, 8, 256, 256, 3, 3, 1, 1}},
          {1, {kAll, 8, 8, 256, 512, 3, 3, 2, 1}},
          {1, {kAll, 8, 8, 256, 512, 1, 1, 2, 0}},
          {3, {kAll, 4, 4, 512, 512, 3, 3, 1, 1}},
          {2 * kHeads, {kImages, 4, 4, 512, 512, 3, 3, 1, 1}},
          {kHeads, {kImages, 4, 4, 512, 256, 1, 1, 1, 0}},
          {kHeads, {kImages, 4, 4, 256, 256, 3, 3, 1, 0}},
          {kHeads, {kImages, 2, 2, 256, 512, 1, 1, 1, 0}},
          {kViews, {kImages, 1, 1, 512, 100, 1, 1, 1, 0}}};
}
std::vector<Layers> resnet20() {
  return {{1, {kAll, 32, 32, 3, 16, 3, 3, 1, 1}, false},
          {6, {kAll, 32, 32, 16, 16, 3, 3, 1, 1}},
          {1, {kAll, 32, 32, 16, 32, 3, 3, 2, 1}},
          {1, {kAll, 32, 32, 16, 32, 1, 1, 2, 0}},
          {5, {kAll, 16, 16, 32, 32, 3, 3, 1, 1}},
          {1, {kAll, 16, 16, 32, 64, 3, 3, 2, 1}},
          {1, {kAll, 16, 16, 32, 64, 1, 1, 2, 0}},
          {5, {kAll, 8, 8, 64, 64, 3, 3, 1, 1}},
          {2 * kHeads, {kImages, 8, 8, 64, 64, 3, 3, 1, 1}},
          {kHeads, {kImages, 8, 8, 64, 32, 1, 1, 1, 0}},
          {kHeads, {kImages, 8, 8, 32, 32, 3, 3, 1, 0}},
          {kHeads, {kImages, 6, 6, 32, 64, 1, 1, 1, 0}},
          {kViews, {kImages, 1, 1, 64, 100, 1, 1, 1, 0}}};
}
// The grouped layers of ResNeXt-50 32x4d on 32x32 images, of which a network here has none yet.
std::vector<Layers> resnext() {
  return {{3, {kAll, 32, 32, 128, 128, 3, 3, 1, 1, 32}},
          {1, {kAll, 32, 32, 256, 256, 3, 3, 2, 1, 32}},
          {5, {kAll, 8, 8, 512, 512, 3, 3, 1, 1, 32}},
          {2, {kAll, 4, 4, 1024, 1024, 3, 3, 1, 1, 32}}};
}

// What a recorded step takes in its convolutions, in all passes.
double recorded_operations(const std::string& model) {
  ThreadPool pool(1);
  const aux_training::ClassifierSettings settings{
      .model = model, .classes = 100, .views = kViews, .images = kImages};
  const auto training = aux_training::record_training(Cpu{&pool}, Type::Float, settings,
                                                      aux_training::features_of(settings));
  double sum = 0;
  for (const engine::Call& call : training->program.calls())
    if (call.name.starts_with("convolution_")) sum += call.operations;
  return sum;
}

double operations_of(const std::vector<Layers>& layers) {
  double sum = 0;
  for (const Layers& each : layers)
    sum += (each.gives_d_x ? 3 : 2) * each.count * 2.0 *
           static_cast<double>(each.sizes.multiply_adds());
  return sum;
}

// A line for people: how many plans there are, and what the first one takes.
void require_plans(const Cuda& cuda, const ConvolutionSizes& s, ConvolutionPass pass, Type type,
                   GradientMode mode) {
  const bool add = mode == GradientMode::Accumulate && pass == ConvolutionPass::BackwardData;
  const auto offer = cudnn::engines(cuda, padded_channels(s, type), pass, type, add, "");
  const auto names = offer->names();
  int made = 0;
  for (const std::string& name : names) made += offer->make(name) != nullptr;
  const auto plan = plan_convolution(cuda, s, type, false);
  std::printf("%s%s: %d plans, first %s, %zu bytes of scratch memory\n",
              describe(s, pass, type).c_str(), add ? " adding" : "", made,
              plan->implementation(pass, mode).c_str(), plan->workspace_bytes(pass, mode));
  REQUIRE(made > 0);
}

}  // namespace

TEST_CASE("every convolution of the networks has plans on an H100", "[cudnn]") {
  const std::string model = GENERATE("resnet18", "resnet20", "resnext");
  const std::vector<Layers> layers = model == "resnet18"   ? resnet18()
                                     : model == "resnet20" ? resnet20()
                                                           : resnext();
  if (model != "resnext") REQUIRE(operations_of(layers) == recorded_operations(model));
  const Cuda cuda = test::cuda_of_absent_h100();
  for (const Layers& each : layers)
    for (const Type type : {Type::BFloat16, Type::Float}) {
      require_plans(cuda, each.sizes, ConvolutionPass::Forward, type, GradientMode::Overwrite);
      require_plans(cuda, each.sizes, ConvolutionPass::BackwardWeight, type,
                    GradientMode::Overwrite);
      for (const auto mode : {GradientMode::Overwrite, GradientMode::Accumulate})
        if (each.gives_d_x)
          require_plans(cuda, each.sizes, ConvolutionPass::BackwardData, type, mode);
    }
}

TEST_CASE("a training step of ResNet-18 is recorded for an H100 that is not there", "[cudnn]") {
  Cuda cuda = test::cuda_of_absent_h100();
  cuda.shared_bytes = 227 << 10;
  const aux_training::ClassifierSettings settings{
      .model = "resnet18", .views = kViews, .images = kImages};
  const auto training = aux_training::record_training(cuda, Type::BFloat16, settings,
                                                      aux_training::features_of(settings));
  const engine::MemoryUse use = engine::memory_needed(training->program);
  std::printf("%zu calls, %.1f MiB, of these\n%s", training->program.calls().size(),
              static_cast<double>(use.total()) / (1 << 20),
              engine::memory_report(training->program).c_str());
  REQUIRE(use.total() < std::size_t{20} << 30);
}
