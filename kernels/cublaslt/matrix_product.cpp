// cuBLASLt's matrices are column by column: to it, each of ours is its own transpose. So it is
// asked for y' = weight x', d_x' = weight' d_y' and d_weight' = x' d_y, whose factors are A and B.
#include "kernels/cublaslt/matrix_product.h"

#include <cublasLt.h>

#include <algorithm>
#include <cstring>
#include <iomanip>
#include <sstream>
#include <type_traits>

#include "kernels/base/check.h"
#include "kernels/cudnn/libraries.h"

namespace kernels::cublaslt {
namespace {

constexpr int kAdvised = 8;  // algorithms

void check(cublasStatus_t status, const char* what) {
  if (status != CUBLAS_STATUS_SUCCESS)
    throw Error(text("cuBLASLt: ", what, ": ", cublasLtGetStatusName(status)));
}

using Operation = std::remove_pointer_t<cublasLtMatmulDesc_t>;
using Layout = std::remove_pointer_t<cublasLtMatrixLayout_t>;
using Preference = std::remove_pointer_t<cublasLtMatmulPreference_t>;
struct Destroy {
  void operator()(Operation* operation) const { cublasLtMatmulDescDestroy(operation); }
  void operator()(Layout* layout) const { cublasLtMatrixLayoutDestroy(layout); }
  void operator()(Preference* preference) const { cublasLtMatmulPreferenceDestroy(preference); }
};

// Of [rows, columns] as we see it.
struct Matrix {
  Matrix(Type type, int rows, int columns)
      : row_bytes(static_cast<std::size_t>(columns) * bytes_of(type)) {
    cublasLtMatrixLayout_t made = nullptr;
    check(cublasLtMatrixLayoutCreate(&made, type == Type::BFloat16 ? CUDA_R_16BF : CUDA_R_32F,
                                     static_cast<std::uint64_t>(columns),
                                     static_cast<std::uint64_t>(rows), columns),
          "describing a matrix");
    layout.reset(made);
  }
  // A row may begin wherever one does in an array that begins at a multiple of 16 bytes.
  std::uint32_t alignment() const {
    return static_cast<std::uint32_t>(std::min(row_bytes & -row_bytes, std::size_t{16}));
  }

  std::size_t row_bytes;
  std::unique_ptr<Layout, Destroy> layout;
};

struct Product {
  Product(const ConvolutionSizes& s, ConvolutionPass of, Type type, bool adds)
      : weight_type(of == ConvolutionPass::BackwardWeight ? Type::Float : type),
        x(type, s.images, s.in_channels),
        weight(weight_type, s.out_channels, s.in_channels),
        y(type, s.images, s.out_channels),
        pass(of),
        add(adds) {
    cublasLtMatmulDesc_t made = nullptr;
    check(cublasLtMatmulDescCreate(&made, CUBLAS_COMPUTE_32F, CUDA_R_32F), "describing a product");
    operation.reset(made);
    if (pass == ConvolutionPass::BackwardData) return;
    const cublasOperation_t transposed = CUBLAS_OP_T;
    check(cublasLtMatmulDescSetAttribute(made,
                                         pass == ConvolutionPass::Forward
                                             ? CUBLASLT_MATMUL_DESC_TRANSA
                                             : CUBLASLT_MATMUL_DESC_TRANSB,
                                         &transposed, sizeof transposed),
          "describing a product");
  }
  const Matrix& a() const { return pass == ConvolutionPass::BackwardWeight ? x : weight; }
  const Matrix& b() const { return pass == ConvolutionPass::Forward ? x : y; }
  const Matrix& result() const {
    return pass == ConvolutionPass::Forward        ? y
           : pass == ConvolutionPass::BackwardData ? x
                                                   : weight;
  }

  Type weight_type;
  Matrix x, weight, y;
  ConvolutionPass pass;
  bool add;
  std::unique_ptr<Operation, Destroy> operation;
};
using ProductPtr = std::shared_ptr<const Product>;

// cuBLASLt lets its algorithms be kept as they are, for the same version of it.
std::string name_of(const cublasLtMatmulAlgo_t& algorithm) {
  std::ostringstream name;
  name << "cublaslt " << cublaslt_version() << std::hex << std::setfill('0');
  for (const std::uint64_t word : algorithm.data) name << " " << word;
  return name.str();
}
cublasLtMatmulAlgo_t algorithm_of(const std::string& name) {
  std::istringstream in(name);
  std::string library, version;
  cublasLtMatmulAlgo_t algorithm{};
  in >> library >> version >> std::hex;
  for (std::uint64_t& word : algorithm.data) in >> word;
  CHECK(in && library == "cublaslt" && version == cublaslt_version(), "cuBLASLt ",
        cublaslt_version(), ": '", name, "' is no algorithm of it");
  return algorithm;
}

class MatrixProduct final : public LibraryAlgorithm {
 public:
  MatrixProduct(const Cuda& cuda, ProductPtr product, const std::string& name)
      : cublaslt_(cuda.libraries->cublaslt()),
        stream_(cuda.stream),
        product_(std::move(product)),
        algorithm_(algorithm_of(name)) {
    const Product& p = *product_;
    cublasLtMatmulHeuristicResult_t result{};
    check(cublasLtMatmulAlgoCheck(cublaslt_, p.operation.get(), p.a().layout.get(),
                                  p.b().layout.get(), p.result().layout.get(),
                                  p.result().layout.get(), &algorithm_, &result),
          "checking an algorithm");
    workspace_bytes_ = result.workspaceSize;
  }

  std::string name() const override { return name_of(algorithm_); }
  std::size_t workspace_bytes() const override { return workspace_bytes_; }
  Type weight_type() const override { return product_->weight_type; }
  Launch bind(const LibraryArrays& t) const override {
    const bool forward = product_->pass == ConvolutionPass::Forward;
    const bool data = product_->pass == ConvolutionPass::BackwardData;
    void* const result = forward ? t.y : data ? t.x : t.weight;
    return [cublaslt = cublaslt_, stream = stream_, product = product_, algorithm = algorithm_,
            bytes = workspace_bytes_, a = forward || data ? t.weight : t.x, b = forward ? t.x : t.y,
            result, workspace = t.workspace] {
      const float alpha = 1, beta = product->add ? 1 : 0;
      check(cublasLtMatmul(cublaslt, product->operation.get(), &alpha, a, product->a().layout.get(),
                           b, product->b().layout.get(), &beta, result,
                           product->result().layout.get(), result, product->result().layout.get(),
                           &algorithm, workspace, bytes, stream),
            "running a product");
    };
  }

 private:
  cublasLtContext* cublaslt_;
  CUstream_st* stream_;
  ProductPtr product_;
  cublasLtMatmulAlgo_t algorithm_;
  std::size_t workspace_bytes_ = 0;
};

class MatrixProducts final : public LibraryOffer {
 public:
  MatrixProducts(const Cuda& cuda, ProductPtr product)
      : cuda_(cuda), product_(std::move(product)) {}

  std::vector<std::string> names() const override {
    const Product& p = *product_;
    cublasLtMatmulPreference_t made = nullptr;
    check(cublasLtMatmulPreferenceCreate(&made), "stating preferences");
    const std::unique_ptr<Preference, Destroy> preference(made);
    const auto prefer = [&](cublasLtMatmulPreferenceAttributes_t attribute, auto value) {
      check(cublasLtMatmulPreferenceSetAttribute(made, attribute, &value, sizeof value),
            "stating preferences");
    };
    prefer(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, std::uint64_t{cuda_.workspace_limit});
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, p.a().alignment());
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, p.b().alignment());
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, p.result().alignment());
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, p.result().alignment());
    cublasLtMatmulHeuristicResult_t results[kAdvised];
    int count = 0;
    check(cublasLtMatmulAlgoGetHeuristic(cuda_.libraries->cublaslt(), p.operation.get(),
                                         p.a().layout.get(), p.b().layout.get(),
                                         p.result().layout.get(), p.result().layout.get(), made,
                                         kAdvised, results, &count),
          "asking for advice");
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i)
      if (results[i].state == CUBLAS_STATUS_SUCCESS) names.push_back(name_of(results[i].algo));
    return names;
  }
  LibraryAlgorithmPtr make(const std::string& name) const override {
    return std::make_unique<MatrixProduct>(cuda_, product_, name);
  }
  void keep(const LibraryAlgorithm&) const override {}  // its name is all there is of one

 private:
  Cuda cuda_;
  ProductPtr product_;
};

}  // namespace

bool is_matrix_product(const ConvolutionSizes& s) {
  return s.height == 1 && s.width == 1 && s.kernel_height == 1 && s.kernel_width == 1 &&
         s.padding == 0 && s.groups == 1;
}

std::unique_ptr<LibraryOffer> matrix_products(const Cuda& cuda, const ConvolutionSizes& sizes,
                                              ConvolutionPass pass, Type type, bool add) {
  return std::make_unique<MatrixProducts>(cuda,
                                          std::make_shared<const Product>(sizes, pass, type, add));
}

}  // namespace kernels::cublaslt
