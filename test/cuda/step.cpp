// Prints what a training step launches on an H100, by kinds of calls, and what memory it takes:
//   cuda_step [MODEL]     5 views of 128 images, in bfloat16
// The step is recorded as for a GPU; its launches are written down by the stand-in and not run. In
// the place of cuDNN and cuBLASLt is one launch for each of their calls, without scratch memory:
// how many kernels theirs are, and what they need, these two alone know.
#include <cxxabi.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <regex>

#include "aux_training/batches.h"
#include "aux_training/report/table.h"
#include "data/synthetic.h"
#include "engine/runtime/available_memory.h"
#include "engine/runtime/memory_peak.h"
#include "kernels/convolution/library_pass.h"
#include "test/cuda/kernel_names.h"
#include "test/cuda/session/device.h"
#include "test/stand_in/stand_in.h"

namespace kernels {
namespace {

int library_calls = 0;

class LibraryCall final : public LibraryAlgorithm {
 public:
  explicit LibraryCall(Type weight_type) : weight_type_(weight_type) {}
  std::string name() const override { return "a library's"; }
  std::size_t workspace_bytes() const override { return 0; }
  Type weight_type() const override { return weight_type_; }
  Launch bind(const LibraryArrays&) const override {
    return [] { ++library_calls; };
  }

 private:
  Type weight_type_;
};

// As kernels/cudnn/convolution.cpp plans it.
class WrittenConvolution final : public PassByPass {
 public:
  WrittenConvolution(const Cuda& cuda, const ConvolutionSizes& sizes, Type type, bool bias)
      : PassByPass(sizes), cuda_(cuda), sizes_(sizes), taken_(sizes), type_(type) {
    const bool is_product = sizes.height == 1 && sizes.width == 1;
    if (!is_product) taken_ = padded_channels(sizes, type);
    for (const ConvolutionPass pass :
         {ConvolutionPass::Forward, ConvolutionPass::BackwardData, ConvolutionPass::BackwardWeight})
      for (const bool add : {false, true}) {
        const bool adds = add && (is_product || (pass == ConvolutionPass::BackwardData &&
                                                 taken_.in_channels == sizes.in_channels));
        plans_[static_cast<int>(pass)][add] =
            plan_library_pass(cuda, sizes, pass, type, bias, add,
                              {taken_, adds, std::make_shared<LibraryCall>(type)});
      }
  }

  long packed_weight_size() const override {
    return kernels::packed_weight_size(sizes_, taken_, type_);
  }
  Launch pack_weight(const PackWeight& t) const override {
    return kernels::pack_weight(cuda_, sizes_, taken_, type_, t);
  }

 private:
  const PassPlan& of(ConvolutionPass pass, GradientMode mode) const override {
    return *plans_[static_cast<int>(pass)][mode == GradientMode::Accumulate];
  }

  Cuda cuda_;
  ConvolutionSizes sizes_, taken_;  // ours, the library's
  Type type_;
  std::unique_ptr<PassPlan> plans_[3][2];  // by pass and whether it adds
};

}  // namespace

std::shared_ptr<const ConvolutionPlan> plan_convolution(Cuda cuda, const ConvolutionSizes& sizes,
                                                        Type type, bool bias) {
  return std::make_shared<WrittenConvolution>(cuda, sizes, type, bias);
}

}  // namespace kernels

namespace {

using engine::Tensor;

constexpr int kViews = 5, kImages = 128;

// Addresses for the values of a program, which nobody touches.
class Places {
 public:
  explicit Places(const engine::Program& program) {
    std::uintptr_t end = 1 << 20;
    for (const engine::Value& value : program.values()) {
      const bool is_part = value.alias_of >= 0;
      places_.push_back(
          is_part ? places_[static_cast<std::size_t>(value.alias_of)] + value.alias_offset : end);
      if (!is_part) end += engine::aligned(value.bytes());
    }
  }
  std::vector<void*> of(const std::vector<Tensor>& tensors) const {
    std::vector<void*> all;
    for (const Tensor t : tensors)
      all.push_back(t ? reinterpret_cast<void*>(places_[static_cast<std::size_t>(t.id)]) : nullptr);
    return all;
  }

 private:
  std::vector<std::uintptr_t> places_;
};

// "sgd_kernel" of a mangled name.
std::string short_name(const std::string& mangled) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(
      abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status), std::free);
  std::cmatch found;
  return name && std::regex_search(name.get(), found, std::regex(R"((\w+)[<(])")) ? found[1].str()
                                                                                  : mangled;
}

struct Kind {
  std::string name;
  int calls = 0, library = 0;
  std::map<const void*, int> kernels = {};
  int launches() const {
    int sum = library;
    for (const auto& [kernel, count] : kernels) sum += count;
    return sum;
  }
};

std::vector<Kind> kinds_of(const engine::Program& program) {
  const Places places(program);
  std::vector<Kind> kinds;
  for (const engine::Call& call : program.calls()) {
    auto kind = std::find_if(kinds.begin(), kinds.end(),
                             [&](const Kind& each) { return each.name == call.name; });
    if (kind == kinds.end()) kind = kinds.insert(kind, Kind{.name = call.name});
    ++kind->calls;
    const int before = kernels::library_calls;
    const engine::Buffers buffers(places.of(call.inputs), places.of(call.outputs));
    const engine::Launch launch = call.prepare(buffers);
    for (const auto& written : stand_in::launches_of(launch)) ++kind->kernels[written.kernel];
    kind->library += kernels::library_calls - before;
  }
  return kinds;
}

std::string table_of(const std::vector<Kind>& kinds) {
  std::map<const void*, std::string> names;
  for (const Kind& kind : kinds)
    for (const auto& [kernel, count] : kind.kernels) names[kernel];
  names = test::names_of(std::move(names));
  using aux_training::Align;
  aux_training::Table table(
      {{"call"}, {"times", Align::Right}, {"launches", Align::Right}, {"of"}});
  int calls = 0, launches = 0;
  for (const Kind& kind : kinds) {
    std::map<std::string, int> counts;
    for (const auto& [kernel, count] : kind.kernels) counts[short_name(names[kernel])] += count;
    std::string of = kind.library > 0 ? kernels::text(kind.library, " of a library") : "";
    for (const auto& [name, count] : counts)
      of += kernels::text(of.empty() ? "" : ", ", count, " ", name);
    table.row({kind.name, std::to_string(kind.calls), std::to_string(kind.launches()), of});
    calls += kind.calls;
    launches += kind.launches();
  }
  table.line();
  table.row({"the step", std::to_string(calls), std::to_string(launches), ""});
  return table.str();
}

std::string table_of(const engine::MemoryUse& use, std::size_t dataset) {
  using aux_training::Align;
  aux_training::Table table({{"memory"}, {"MiB", Align::Right}});
  const auto row = [&](const char* name, std::size_t bytes) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", static_cast<double>(bytes) / (1 << 20));
    table.row({name, text});
  };
  row("parameters", use.parameters);
  row("gradients", use.gradients);
  row("momentum", use.momentum);
  row("running statistics", use.states);
  row("inputs and results", use.inputs + use.results);
  row("arena", use.arena);
  table.line();
  row("the step", use.total());
  row("CIFAR's training images, beside it", dataset);
  return table.str();
}

}  // namespace

int main(int count, char** arguments) {
  const std::string model = count > 1 ? arguments[1] : "resnet18";
  const aux_training::ClassifierSettings settings{
      .model = model, .views = kViews, .images = kImages};
  const engine::Device device = test::gpu().context();
  const data::Dataset dataset = data::make_synthetic(1);
  const auto batches =
      aux_training::make_batches(device, dataset.train, dataset.normalization,
                                 {.views = data::default_views(), .batch = kImages});
  const auto training = aux_training::record_training(
      device, engine::Type::BFloat16, settings, aux_training::features_of(settings),
      [&](engine::Program& program) { return batches->record(program); });
  constexpr std::size_t kDataset = 50'000 * (32 * 32 * 3 + sizeof(int));
  std::printf("%s, %d views of %d images, bf16, on an H100\n\n%s\n%s\n%s", model.c_str(), kViews,
              kImages, table_of(kinds_of(training->program)).c_str(),
              table_of(engine::memory_needed(training->program), kDataset).c_str(),
              engine::memory_report(training->program).c_str());
  return 0;
}
