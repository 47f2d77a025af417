#include "kernels/cudnn/descriptor.h"

#include <cudnn.h>

#include <algorithm>
#include <sstream>

#include "kernels/base/check.h"

namespace kernels::cudnn {
namespace {

// What cuDNN said about its last error on this thread, in one line.
std::string last_words() {
  char words[4096] = "";
  cudnnGetLastErrorString(words, sizeof words);
  std::istringstream in(words);
  std::string line, word;
  while (in >> word) line += (line.empty() ? "" : " ") + word;
  return line;
}

const char* name_of(int type) {
  switch (type) {
    case CUDNN_BACKEND_TENSOR_DESCRIPTOR:
      return "a tensor";
    case CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR:
      return "a convolution";
    case CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR:
      return "a graph";
    case CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR:
      return "heuristics";
    case CUDNN_BACKEND_ENGINE_DESCRIPTOR:
      return "an engine";
    case CUDNN_BACKEND_ENGINECFG_DESCRIPTOR:
      return "an engine's configuration";
    case CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR:
      return "a knob's choice";
    case CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR:
      return "a plan";
    case CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR:
      return "a plan's arrays";
    case CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR:
      return "device properties";
    default:
      return "an operation";
  }
}

cudnnBackendAttributeName_t name(int attribute) {
  return static_cast<cudnnBackendAttributeName_t>(attribute);
}
cudnnBackendAttributeType_t type_of(int type) {
  return static_cast<cudnnBackendAttributeType_t>(type);
}

}  // namespace

void check(int status, const char* what, const char* of_what) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  const std::string words = last_words();
  throw Error(text("cuDNN: ", what, *of_what ? " " : "", of_what, ": ",
                   cudnnGetErrorString(static_cast<cudnnStatus_t>(status)),
                   words.empty() ? "" : ": ", words));
}

struct Descriptor::State {
  explicit State(int type_of_descriptor) : type(type_of_descriptor) {
    check(cudnnBackendCreateDescriptor(static_cast<cudnnBackendDescriptorType_t>(type), &raw),
          "making", name_of(type));
  }
  ~State() { cudnnBackendDestroyDescriptor(raw); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  int type;
  cudnnBackendDescriptor_t raw = nullptr;
  std::vector<Descriptor> kept;  // what it refers to
};

Descriptor::Descriptor(int type) : state_(std::make_shared<State>(type)) {}

void* Descriptor::raw() const { return state_->raw; }

void Descriptor::set(int attribute, int type, const void* values, std::int64_t count) {
  check(cudnnBackendSetAttribute(state_->raw, name(attribute), type_of(type), count, values),
        "describing", name_of(state_->type));
}

void Descriptor::set(int attribute, const std::vector<Descriptor>& descriptors) {
  std::vector<void*> raws;
  for (const Descriptor& descriptor : descriptors) raws.push_back(descriptor.raw());
  set(attribute, CUDNN_TYPE_BACKEND_DESCRIPTOR, raws.data(),
      static_cast<std::int64_t>(raws.size()));
  state_->kept.insert(state_->kept.end(), descriptors.begin(), descriptors.end());
}

void Descriptor::finalize() {
  check(cudnnBackendFinalize(state_->raw), "finalising", name_of(state_->type));
}

std::int64_t Descriptor::count(int attribute, int type) const {
  return get(attribute, type, nullptr, 0);
}

std::int64_t Descriptor::get(int attribute, int type, void* values, std::int64_t most) const {
  std::int64_t there = 0;
  check(cudnnBackendGetAttribute(state_->raw, name(attribute), type_of(type), most, &there, values),
        "asking", name_of(state_->type));
  return most == 0 ? there : std::min(there, most);
}

std::vector<Descriptor> Descriptor::get_descriptors(int attribute, int descriptor_type,
                                                    std::int64_t most) const {
  std::vector<Descriptor> descriptors;
  std::vector<void*> raws;
  for (std::int64_t i = 0; i < most; ++i) {
    descriptors.emplace_back(descriptor_type);
    descriptors.back().state_->kept.push_back(*this);
    raws.push_back(descriptors.back().raw());
  }
  descriptors.resize(
      static_cast<std::size_t>(get(attribute, CUDNN_TYPE_BACKEND_DESCRIPTOR, raws.data(), most)));
  return descriptors;
}

std::string Descriptor::get_text(int attribute) const {
  const std::vector<char> characters = get_all<char>(attribute, CUDNN_TYPE_CHAR);
  return {characters.begin(), std::find(characters.begin(), characters.end(), '\0')};
}

}  // namespace kernels::cudnn
