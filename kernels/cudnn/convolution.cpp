#include "kernels/base/check.h"
#include "kernels/convolution/library_pass.h"
#include "kernels/cublaslt/matrix_product.h"
#include "kernels/cudnn/choose_algorithm.h"
#include "kernels/cudnn/engines.h"
#include "kernels/cudnn/libraries.h"

namespace kernels {
namespace {

// As AlgorithmChoices know it: with all that decides which algorithms there are.
std::string work_of(const Cuda& cuda, const ConvolutionSizes& s, ConvolutionPass pass, Type type,
                    bool adds) {
  return text("cuda ", describe(s, pass, type), adds ? " adding" : "",
              type == Type::Float && cuda.tensor_float ? " tf32" : "",
              cuda.deterministic ? "" : " in any order");
}

bool is_product(const Cuda& cuda, const ConvolutionSizes& sizes) {
  return cublaslt::is_matrix_product(sizes) && cuda.libraries->has_device();
}

// The sizes that the libraries are asked for.
ConvolutionSizes taken_sizes(const Cuda& cuda, const ConvolutionSizes& sizes, Type type) {
  return is_product(cuda, sizes) ? sizes : padded_channels(sizes, type);
}

std::unique_ptr<PassPlan> plan_pass(const Cuda& cuda, const ConvolutionSizes& sizes,
                                    ConvolutionPass pass, Type type, bool bias, bool add) {
  const bool product = is_product(cuda, sizes);
  const ConvolutionSizes taken = taken_sizes(cuda, sizes, type);
  const bool same_x = taken.in_channels == sizes.in_channels;
  const bool adds = add && (product || (pass == ConvolutionPass::BackwardData && same_x));
  const std::string work = work_of(cuda, sizes, pass, type, adds);
  const auto offer = product ? cublaslt::matrix_products(cuda, taken, pass, type, adds)
                             : cudnn::engines(cuda, taken, pass, type, adds, work);
  const auto algorithm =
      choose_algorithm(cuda, work, *offer, library_bytes(taken, type, Type::Float));
  return plan_library_pass(cuda, sizes, pass, type, bias, add, {taken, adds, algorithm});
}

class CudaConvolution final : public PassByPass {
 public:
  CudaConvolution(const Cuda& cuda, const ConvolutionSizes& sizes, Type type, bool bias)
      : PassByPass(sizes), cuda_(cuda), sizes_(sizes), type_(type), bias_(bias) {}

  long packed_weight_size() const override {
    return kernels::packed_weight_size(sizes_, taken_sizes(cuda_, sizes_, type_), type_);
  }
  Launch pack_weight(const PackWeight& t) const override {
    return kernels::pack_weight(cuda_, sizes_, taken_sizes(cuda_, sizes_, type_), type_, t);
  }

 private:
  const PassPlan& of(ConvolutionPass pass, GradientMode mode) const override {
    const bool add = mode == GradientMode::Accumulate;
    auto& plan = plans_[static_cast<int>(pass)][add];
    if (!plan) plan = plan_pass(cuda_, sizes_, pass, type_, bias_, add);
    return *plan;
  }

  Cuda cuda_;
  ConvolutionSizes sizes_;
  Type type_;
  bool bias_;
  mutable std::unique_ptr<PassPlan> plans_[3][2];  // by pass and whether it adds
};

}  // namespace

std::shared_ptr<const ConvolutionPlan> plan_convolution(Cuda cuda, const ConvolutionSizes& sizes,
                                                        Type type, bool bias) {
  check_sizes(sizes);
  CHECK(cuda.libraries, "convolution: plans for a GPU need Cuda::libraries, got none");
  CHECK(cuda.libraries->stream() == cuda.stream,
        "convolution: Cuda::libraries must be those of Cuda::stream, got those of another stream");
  return std::make_shared<CudaConvolution>(cuda, sizes, type, bias);
}

}  // namespace kernels
