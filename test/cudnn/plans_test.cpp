#include <unistd.h>

#include <algorithm>
#include <set>

#include "kernels/base/check.h"
#include "kernels/cudnn/choose_algorithm.h"
#include "kernels/cudnn/engines.h"
#include "test/cudnn/absent_h100.h"
#include "test/support/catch.h"
#include "test/support/contains.h"

using namespace kernels;
using test_support::contains;

namespace {

const ConvolutionSizes kSizes{64, 16, 16, 64, 64, 3, 3, 1, 1, 1};

std::vector<std::string> names(const Cuda& cuda, ConvolutionPass pass, Type type) {
  return cudnn::engines(cuda, kSizes, pass, type, false, "")->names();
}

// A folder that is empty at first and gone afterwards.
struct Folder {
  Folder() : path(std::filesystem::temp_directory_path() / text("cudnn_test-", getpid())) {
    std::filesystem::remove_all(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

class OnlyFirst final : public LibraryOffer {
 public:
  explicit OnlyFirst(const LibraryOffer& of) : of_(of) {}
  std::vector<std::string> names() const override { return {of_.names().at(0)}; }
  LibraryAlgorithmPtr make(const std::string& name) const override { return of_.make(name); }
  void keep(const LibraryAlgorithm&) const override {}

 private:
  const LibraryOffer& of_;
};

}  // namespace

TEST_CASE("engines are left out by what they say of themselves", "[cudnn]") {
  Cuda cuda = test::cuda_of_absent_h100(), fastest = cuda, exact = cuda;
  fastest.deterministic = false;
  exact.tensor_float = false;
  for (const auto pass : {ConvolutionPass::BackwardData, ConvolutionPass::BackwardWeight}) {
    const auto some = names(cuda, pass, Type::Float), more = names(fastest, pass, Type::Float);
    REQUIRE(some.size() < more.size());
    for (const std::string& name : some)
      REQUIRE(std::find(more.begin(), more.end(), name) != more.end());
  }
  const auto rounding = names(cuda, ConvolutionPass::Forward, Type::Float);
  const auto few = names(exact, ConvolutionPass::Forward, Type::Float);
  REQUIRE(!few.empty());
  REQUIRE(few.size() < rounding.size());
  REQUIRE(names(exact, ConvolutionPass::Forward, Type::BFloat16) ==
          names(cuda, ConvolutionPass::Forward, Type::BFloat16));
}

TEST_CASE("an engine is made again from its name, with its settings", "[cudnn]") {
  const Folder folder;
  CudaLibraries libraries(test::absent_h100(), folder.path);
  const auto offer = cudnn::engines({.libraries = &libraries}, kSizes, ConvolutionPass::Forward,
                                    Type::BFloat16, false, "w");
  std::set<std::string> names, plans;
  for (const std::string& name : offer->names()) {
    const auto engine = offer->make(name);
    REQUIRE(engine->name() == name);
    offer->keep(*engine);
    names.insert(name);
    plans.insert(libraries.kept_plan("w, " + name).value());
  }
  REQUIRE(names.size() > 20);
  REQUIRE(plans.size() == names.size());
  REQUIRE_THROWS_WITH(offer->make("winograd"),
                      contains("'winograd' is no engine of this pass, expected as in 'cudnn 15"));
  REQUIRE_THROWS_WITH(offer->make("cudnn 12345"), contains("cuDNN: finalising an engine"));
}

TEST_CASE("plans survive in files", "[cudnn]") {
  const Folder folder;
  CudaLibraries first(test::absent_h100(), folder.path), second(test::absent_h100(), folder.path);
  Cuda cuda{.libraries = &first};
  const auto offer_of = [&](CudaLibraries& libraries) {
    cuda.libraries = &libraries;
    return cudnn::engines(cuda, kSizes, ConvolutionPass::BackwardWeight, Type::Float, false, "w");
  };
  const auto offer = offer_of(first);
  // Two that differ in what they take, so that a plan that was read can be told from one made anew.
  const auto names = offer->names();
  const auto one = offer->make(names.at(0));
  const auto other = *std::find_if(names.begin(), names.end(), [&](const std::string& name) {
    return offer->make(name)->workspace_bytes() != one->workspace_bytes();
  });
  REQUIRE(!first.kept_plan("w, " + one->name()));
  offer->keep(*one);
  REQUIRE(second.kept_plan("w, " + one->name()));
  REQUIRE(offer_of(second)->make(one->name())->workspace_bytes() == one->workspace_bytes());

  second.keep_plan("w, " + other, *second.kept_plan("w, " + one->name()));
  REQUIRE(offer_of(second)->make(other)->workspace_bytes() == one->workspace_bytes());
  second.keep_plan("w, " + other, "damaged");
  REQUIRE(offer_of(second)->make(other)->workspace_bytes() != one->workspace_bytes());

  // Another device has plans of its own.
  auto device = test::absent_h100();
  device.properties.replace(device.properties.find("H100"), 4, "H101");
  REQUIRE(!CudaLibraries(device, folder.path).kept_plan("w, " + one->name()));
}

TEST_CASE("algorithms are chosen once, then from what is known", "[cudnn]") {
  CudaLibraries libraries(test::absent_h100());
  AlgorithmChoices choices;
  const Cuda cuda{.libraries = &libraries, .choices = &choices};
  const auto plan = plan_convolution(cuda, kSizes, Type::BFloat16, false);
  REQUIRE(choices.by_work().empty());  // nobody has asked for a pass
  const std::string first = plan->implementation(ConvolutionPass::Forward);
  REQUIRE(choices.by_work().size() == 1);
  const std::string work = choices.by_work().begin()->first;
  REQUIRE(work ==
          "cuda convolution forward bf16 64x16x16x64->64 kernel 3x3 stride 1 padding 1 "
          "groups 1");
  REQUIRE(choices.by_work().at(work) == first);

  const std::string another = names(cuda, ConvolutionPass::Forward, Type::BFloat16).at(1);
  REQUIRE(another != first);
  choices.set(work, another);
  REQUIRE(plan_convolution(cuda, kSizes, Type::BFloat16, false)
              ->implementation(ConvolutionPass::Forward) == another);
  REQUIRE(choices.by_work().at(work) == another);
  // Of another version: the run goes on with another one.
  choices.set(work, "cudnn 12345 1=1");
  REQUIRE(plan_convolution(cuda, kSizes, Type::BFloat16, false)
              ->implementation(ConvolutionPass::Forward) == first);
  REQUIRE(choices.by_work().at(work) == first);
}

TEST_CASE("layers of the same sizes share an algorithm", "[cudnn]") {
  CudaLibraries libraries(test::absent_h100());
  AlgorithmChoices choices;
  for (AlgorithmChoices* const given : {&choices, static_cast<AlgorithmChoices*>(nullptr)}) {
    const Cuda cuda{.libraries = &libraries, .choices = given};
    const auto offer =
        cudnn::engines(cuda, kSizes, ConvolutionPass::Forward, Type::BFloat16, false, "");
    REQUIRE(choose_algorithm(cuda, "a pass", *offer, {}) ==
            choose_algorithm(cuda, "a pass", *offer, {}));
  }
}

TEST_CASE("scratch memory has a limit", "[cudnn]") {
  const Cuda cuda = test::cuda_of_absent_h100();
  const ConvolutionSizes s{640, 32, 32, 128, 128, 3, 3, 1, 1, 32};
  const auto offer =
      cudnn::engines(cuda, s, ConvolutionPass::BackwardWeight, Type::Float, false, "");
  REQUIRE(offer->make(offer->names().at(0))->workspace_bytes() > cuda.workspace_limit);
  REQUIRE(choose_algorithm(cuda, "within", *offer, {})->workspace_bytes() <= cuda.workspace_limit);
  REQUIRE_THROWS_WITH(choose_algorithm(cuda, "a pass", OnlyFirst(*offer), {}),
                      contains("a pass: no algorithm can: cudnn ") &&
                          contains(" bytes of scratch memory, the limit is 268435456"));
}

TEST_CASE("a convolution that no plan can have is refused in one line", "[cudnn]") {
  const Cuda cuda = test::cuda_of_absent_h100();
  const auto plan = [](const Cuda& device, const ConvolutionSizes& s, ConvolutionPass pass) {
    return plan_convolution(device, s, Type::BFloat16, false)->workspace_bytes(pass);
  };
  REQUIRE_THROWS_WITH(
      plan(cuda, {1, 300'000, 300'000, 64, 64, 3, 3, 1, 1, 1}, ConvolutionPass::BackwardData),
      "cuda convolution backward_data bf16 1x300000x300000x64->64 kernel 3x3 stride "
      "1 padding 1 groups 1: no algorithm can: nothing is offered");
  REQUIRE_THROWS_WITH(
      plan(cuda, {.in_channels = 4, .out_channels = 6, .groups = 4}, ConvolutionPass::Forward),
      contains("4 groups"));
  REQUIRE_THROWS_WITH(plan(Cuda{}, kSizes, ConvolutionPass::Forward), contains("got none"));
  Cuda elsewhere = cuda;
  elsewhere.stream = reinterpret_cast<CUstream_st*>(1);  // never used
  REQUIRE_THROWS_WITH(plan(elsewhere, kSizes, ConvolutionPass::Forward),
                      contains("another stream"));
}

TEST_CASE("what was planned for a device that is not there does not run", "[cudnn]") {
  const auto plan = plan_convolution(test::cuda_of_absent_h100(), kSizes, Type::Float, false);
  REQUIRE_THROWS_WITH(plan->forward({}), contains("a device that is not there cannot run"));
}
