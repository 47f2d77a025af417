#include "kernels/cudnn/descriptor.h"

#include <cudnn.h>

#include <array>

#include "kernels/base/check.h"
#include "kernels/cudnn/convolution_graph.h"
#include "test/cudnn/absent_h100.h"
#include "test/support/catch.h"
#include "test/support/contains.h"

using namespace kernels;
using cudnn::Descriptor;
using test_support::contains;

namespace {

template <class F>
std::string error_of(const F& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a descriptor tells what it was given", "[cudnn]") {
  test::absent_h100();
  const std::array<std::int64_t, 4> dimensions{2, 3, 5, 7}, strides{105, 1, 21, 3};
  Descriptor tensor(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  tensor.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, std::int64_t{11});
  tensor.set(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, CUDNN_DATA_BFLOAT16);
  tensor.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, std::int64_t{16});
  tensor.set(CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, dimensions.data(), 4);
  tensor.set(CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, strides.data(), 4);
  tensor.finalize();
  REQUIRE(tensor.get<std::int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64) == 11);
  REQUIRE(tensor.get<cudnnDataType_t>(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE) ==
          CUDNN_DATA_BFLOAT16);
  REQUIRE(tensor.get_all<std::int64_t>(CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64) ==
          std::vector<std::int64_t>(strides.begin(), strides.end()));
}

TEST_CASE("errors say what was tried, in cuDNN's words, in one line", "[cudnn]") {
  test::absent_h100();
  const std::string unfinished =
      error_of([] { Descriptor(CUDNN_BACKEND_TENSOR_DESCRIPTOR).finalize(); });
  REQUIRE_THAT(unfinished, contains("cuDNN: finalising a tensor: CUDNN_STATUS_BAD_PARAM"));
  const std::string wrong = error_of([] {
    Descriptor(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR)
        .set(CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, std::int64_t{1});
  });
  REQUIRE_THAT(wrong, contains("cuDNN: describing a convolution: CUDNN_STATUS_"));
  const std::string json = error_of([] { CudaLibraries{CudaLibraries::AbsentDevice{"{}"}}; });
  REQUIRE_THAT(json, contains("cuDNN: finalising device properties: CUDNN_STATUS_BAD_PARAM: "));
  for (const std::string& error : {unfinished, wrong, json})
    REQUIRE(error.find('\n') == std::string::npos);
}

TEST_CASE("each pass is a graph that engines know, whatever became of its parts", "[cudnn]") {
  test::absent_h100();
  const auto engines = [](ConvolutionPass pass, const cudnn::GraphOptions& options) {
    return cudnn::convolution_graph(nullptr, {2, 8, 8, 16, 32, 3, 3, 1, 1, 1}, pass, Type::BFloat16,
                                    options)
        .get<std::int64_t>(CUDNN_ATTR_OPERATIONGRAPH_ENGINE_GLOBAL_COUNT, CUDNN_TYPE_INT64);
  };
  REQUIRE(engines(ConvolutionPass::Forward, {Type::BFloat16}) > 0);
  REQUIRE(engines(ConvolutionPass::BackwardData, {Type::BFloat16}) > 0);
  REQUIRE(engines(ConvolutionPass::BackwardData, {Type::BFloat16, true}) > 0);
  REQUIRE(engines(ConvolutionPass::BackwardWeight, {Type::BFloat16}) > 0);
  REQUIRE(engines(ConvolutionPass::BackwardWeight, {Type::Float}) > 0);
}
