// The only file that knows oneDNN. Versions 2 and 3 differ in how a primitive is described; see
// describe().
#include "kernels/onednn/primitive.h"

#include <dnnl.hpp>
#include <unordered_map>

#include "kernels/base/check.h"

namespace kernels::onednn {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;

dnnl::engine& engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}
dnnl::stream& stream() {
  static dnnl::stream in_order(engine());
  return in_order;
}

// A value of cpu_isa is a set of bits, one for each extension; AVX2 VNNI's is above AVX-512's.
bool has(dnnl::cpu_isa extension) {
  const auto needed = static_cast<unsigned>(extension);
  return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & needed) == needed;
}

memory::data_type data_type(Type type) {
  return type == Type::BFloat16 ? memory::data_type::bf16 : memory::data_type::f32;
}

struct Descriptions {
  memory::desc x, weight, bias, y;
  memory::desc forward_weight;  // backward passes are described beside their forward pass
};

memory::dims weight_dims(const ConvolutionSizes& s) {
  if (s.groups == 1) return {s.out_channels, s.in_channels, s.kernel_height, s.kernel_width};
  return {s.groups, s.out_channels / s.groups, s.in_channels / s.groups, s.kernel_height,
          s.kernel_width};
}

memory::desc plain_weight(const ConvolutionSizes& s) {
  return {weight_dims(s), memory::data_type::f32, s.groups == 1 ? Tag::oihw : Tag::goihw};
}

Descriptions descriptions(const ConvolutionSizes& s, ConvolutionPass pass, Type type, int images,
                          bool bias) {
  // Weight gradients are summed over slices in float.
  const Type weight_type = pass == ConvolutionPass::BackwardWeight ? Type::Float : type;
  return {{{images, s.in_channels, s.height, s.width}, data_type(type), Tag::nhwc},
          {weight_dims(s), data_type(weight_type), Tag::any},
          bias ? memory::desc{{s.out_channels}, memory::data_type::f32, Tag::x} : memory::desc{},
          {{images, s.out_channels, s.out_height(), s.out_width()}, data_type(type), Tag::nhwc},
          {weight_dims(s), data_type(type), Tag::any}};
}

struct Described {
  dnnl::primitive_desc_base base;
  dnnl::primitive primitive;
  memory::desc weight;
};

Described describe(const ConvolutionSizes& s, ConvolutionPass pass, const Descriptions& d) {
  constexpr auto kDirect = dnnl::algorithm::convolution_direct;
  const memory::dims strides{s.stride, s.stride}, padding{s.padding, s.padding};
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const memory::desc& weight = pass == ConvolutionPass::Forward ? d.weight : d.forward_weight;
#if DNNL_VERSION_MAJOR >= 3
  const dnnl::convolution_forward::primitive_desc forward(
      engine(), dnnl::prop_kind::forward_training, kDirect, d.x, weight, d.bias, d.y, strides,
      padding, padding, attributes);
#else
  const dnnl::convolution_forward::primitive_desc forward(
      {dnnl::prop_kind::forward_training, kDirect, d.x, weight, d.bias, d.y, strides, padding,
       padding},
      attributes, engine());
#endif
  if (pass == ConvolutionPass::Forward)
    return {forward, dnnl::convolution_forward(forward), forward.weights_desc()};
  if (pass == ConvolutionPass::BackwardData) {
#if DNNL_VERSION_MAJOR >= 3
    const dnnl::convolution_backward_data::primitive_desc backward(
        engine(), kDirect, d.x, d.weight, d.y, strides, padding, padding, forward, attributes);
#else
    const dnnl::convolution_backward_data::primitive_desc backward(
        {kDirect, d.x, d.weight, d.y, strides, padding, padding}, attributes, engine(), forward);
#endif
    return {backward, dnnl::convolution_backward_data(backward), backward.weights_desc()};
  }
#if DNNL_VERSION_MAJOR >= 3
  const dnnl::convolution_backward_weights::primitive_desc backward(
      engine(), kDirect, d.x, d.weight, d.bias, d.y, strides, padding, padding, forward,
      attributes);
#else
  const dnnl::convolution_backward_weights::primitive_desc backward(
      {kDirect, d.x, d.weight, d.bias, d.y, strides, padding, padding}, attributes, engine(),
      forward);
#endif
  return {backward, dnnl::convolution_backward_weights(backward), backward.diff_weights_desc()};
}

class InsideLibrary {
 public:
  InsideLibrary() { inside_library() = true; }
  ~InsideLibrary() { inside_library() = false; }
};

}  // namespace

struct Primitive::State {
  ConvolutionSizes sizes;
  ConvolutionPass pass;
  Descriptions descriptions;
  Described described;
};

struct Primitive::Bound::State {
  dnnl::primitive primitive;
  std::unordered_map<int, memory> arguments;
  memory scratch;
};

Primitive::Primitive(const ConvolutionSizes& s, ConvolutionPass pass, Type type, int images,
                     bool bias, const Primitive* packed_as) {
  try {
    Descriptions d = descriptions(s, pass, type, images, bias);
    if (packed_as) d.weight = packed_as->state_->described.weight;
    state_ = std::make_shared<State>(State{s, pass, d, describe(s, pass, d)});
  } catch (const dnnl::error& error) {
    throw Error(text("oneDNN has no convolution for ", images, "x", s.height, "x", s.width, "x",
                     s.in_channels, " -> ", s.out_channels, ", kernel ", s.kernel_height, "x",
                     s.kernel_width, ", stride ", s.stride, ", padding ", s.padding, ", groups ",
                     s.groups, ", ", name_of(type), ": ", error.what()));
  }
}

std::size_t Primitive::packed_bytes() const { return state_->described.weight.get_size(); }

std::size_t Primitive::scratch_bytes() const {
  return state_->described.base.scratchpad_desc().get_size();
}

std::string Primitive::implementation() const { return state_->described.base.impl_info_str(); }

Primitive::Bound Primitive::bind(const Arrays& arrays) const {
  const State& s = *state_;
  const auto at = [](const memory::desc& d, void* p) { return memory(d, engine(), p); };
  Bound bound;
  bound.state_ = std::make_shared<Bound::State>();
  Bound::State& to = *bound.state_;
  to.primitive = s.described.primitive;
  to.scratch = at(s.described.base.scratchpad_desc(), nullptr);
  to.arguments[DNNL_ARG_SCRATCHPAD] = to.scratch;
  const bool forward = s.pass == ConvolutionPass::Forward;
  const bool data = s.pass == ConvolutionPass::BackwardData;
  const bool weight = s.pass == ConvolutionPass::BackwardWeight;
  to.arguments[data ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC] = at(s.descriptions.x, arrays.x);
  to.arguments[weight ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS] =
      at(s.described.weight, arrays.weight);
  to.arguments[forward ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST] = at(s.descriptions.y, arrays.y);
  if (arrays.bias)
    to.arguments[weight ? DNNL_ARG_DIFF_BIAS : DNNL_ARG_BIAS] =
        at(s.descriptions.bias, arrays.bias);
  return bound;
}

void Primitive::Bound::run(void* scratch) const {
  const InsideLibrary inside;
  if (state_->scratch) state_->scratch.set_data_handle(scratch);
  state_->primitive.execute(stream(), state_->arguments);
}

Primitive::Bound Primitive::bind_pack(const float* plain, void* packed) const {
  Bound bound;
  bound.state_ = std::make_shared<Bound::State>();
  const memory from(plain_weight(state_->sizes), engine(), const_cast<float*>(plain));
  const memory to(state_->described.weight, engine(), packed);
  bound.state_->primitive = dnnl::reorder(from, to);
  bound.state_->arguments = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
  return bound;
}

Primitive::Bound Primitive::bind_unpack(const void* packed, float* plain) const {
  Bound bound;
  bound.state_ = std::make_shared<Bound::State>();
  const memory from(state_->described.weight, engine(), const_cast<void*>(packed));
  const memory to(plain_weight(state_->sizes), engine(), plain);
  bound.state_->primitive = dnnl::reorder(from, to);
  bound.state_->arguments = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
  return bound;
}

bool has_bfloat16() { return has(dnnl::cpu_isa::avx512_core); }
bool has_fast_bfloat16() { return has(dnnl::cpu_isa::avx512_core_amx); }

std::string version() {
  const dnnl_version_t* v = dnnl::version();
  return text(v->major, ".", v->minor, ".", v->patch);
}

std::string instruction_set() {
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::avx2:
      return "AVX2";
    case dnnl::cpu_isa::avx2_vnni:
      return "AVX2 VNNI";
    case dnnl::cpu_isa::avx512_core:
      return "AVX-512";
    case dnnl::cpu_isa::avx512_core_vnni:
      return "AVX-512 VNNI";
    case dnnl::cpu_isa::avx512_core_bf16:
      return "AVX-512 bf16";
    case dnnl::cpu_isa::avx512_core_amx:
      return "AMX";
    default:
      return "other";
  }
}

bool& inside_library() {
  thread_local bool inside = false;
  return inside;
}

}  // namespace kernels::onednn
