#include "kernels/cudnn/convolution_graph.h"

#include <cudnn.h>

#include <algorithm>
#include <array>

namespace kernels::cudnn {
namespace {

// In the order in which cuDNN names dimensions, whatever the order in memory.
struct Extents {
  std::int64_t outer, channels, height, width;
};

cudnnDataType_t data_type(Type type) {
  return type == Type::BFloat16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
}

// A pixel may begin wherever one does in an array that begins at a multiple of 16 bytes.
std::int64_t alignment_of(const Extents& e, Type type) {
  constexpr std::int64_t kMost = 16;
  const std::int64_t bytes = e.channels * static_cast<std::int64_t>(bytes_of(type));
  return std::min(bytes & -bytes, kMost);
}

Descriptor tensor(std::int64_t name, Type type, const Extents& e, bool is_virtual = false) {
  const std::array<std::int64_t, 4> dimensions{e.outer, e.channels, e.height, e.width};
  const std::array<std::int64_t, 4> strides{e.height * e.width * e.channels, 1,
                                            e.width * e.channels, e.channels};
  Descriptor tensor(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  tensor.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, name);
  tensor.set(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, data_type(type));
  tensor.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, alignment_of(e, type));
  tensor.set(CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, dimensions.data(), 4);
  tensor.set(CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, strides.data(), 4);
  tensor.set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, is_virtual);
  tensor.finalize();
  return tensor;
}

Descriptor convolution(const ConvolutionSizes& s) {
  const std::int64_t dimensions = 2;
  const std::array<std::int64_t, 2> padding{s.padding, s.padding}, stride{s.stride, s.stride},
      dilation{1, 1};
  Descriptor convolution(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  convolution.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, CUDNN_DATA_FLOAT);
  convolution.set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE,
                  CUDNN_CROSS_CORRELATION);
  convolution.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, dimensions);
  convolution.set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64, padding.data(), 2);
  convolution.set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, CUDNN_TYPE_INT64, padding.data(), 2);
  convolution.set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64, stride.data(), 2);
  convolution.set(CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, dilation.data(), 2);
  convolution.finalize();
  return convolution;
}

// The attributes of one pass's operation.
struct PassAttributes {
  cudnnBackendDescriptorType_t operation;
  cudnnBackendAttributeName_t convolution, x, weight, y, alpha, beta;
};
PassAttributes attributes_of(ConvolutionPass pass) {
  switch (pass) {
    case ConvolutionPass::Forward:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
    case ConvolutionPass::BackwardData:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
    default:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};
  }
}

Descriptor identity(const Descriptor& from, const Descriptor& to) {
  Descriptor pointwise(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
  pointwise.set(CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, CUDNN_POINTWISE_IDENTITY);
  pointwise.set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, CUDNN_DATA_FLOAT);
  pointwise.finalize();
  Descriptor operation(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  operation.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, {pointwise});
  operation.set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, {from});
  operation.set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, {to});
  operation.finalize();
  return operation;
}

}  // namespace

Descriptor convolution_graph(cudnnContext* cudnn, const ConvolutionSizes& s, ConvolutionPass pass,
                             Type type, const GraphOptions& options) {
  constexpr std::int64_t kInside = 'i';
  // No engine widens its sums itself, but one fuses the operation that does.
  const bool widens = options.weight_type != type;
  const Extents filters{s.out_channels, s.in_channels / s.groups, s.kernel_height, s.kernel_width};
  const Descriptor weight =
      tensor(widens ? kInside : kWeight, options.weight_type, filters, widens);
  const PassAttributes a = attributes_of(pass);
  const float alpha = 1, beta = options.add ? 1 : 0;
  Descriptor operation(a.operation);
  operation.set(a.convolution, {convolution(s)});
  operation.set(a.x, {tensor(kX, type, {s.images, s.in_channels, s.height, s.width})});
  operation.set(a.weight, {weight});
  operation.set(a.y, {tensor(kY, type, {s.images, s.out_channels, s.out_height(), s.out_width()})});
  operation.set(a.alpha, CUDNN_TYPE_FLOAT, alpha);
  operation.set(a.beta, CUDNN_TYPE_FLOAT, beta);
  operation.finalize();
  std::vector<Descriptor> operations{operation};
  if (widens) operations.push_back(identity(weight, tensor(kWeight, options.weight_type, filters)));

  Descriptor graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  if (cudnn) graph.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, cudnn);
  graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operations);
  graph.finalize();
  return graph;
}

}  // namespace kernels::cudnn
