#include "kernels/cudnn/engines.h"

#include <cudnn.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "kernels/base/check.h"
#include "kernels/cudnn/convolution_graph.h"
#include "kernels/cudnn/libraries.h"

namespace kernels::cudnn {
namespace {

constexpr std::int64_t kMostAdvised = 64;  // by one of the heuristics

Descriptor engine_of(const Descriptor& configuration) {
  return configuration
      .get_descriptors(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR, 1)
      .at(0);
}

// " 15 2=3 6=0": the engine's number, and what each knob is set to.
std::string numbers_of(const Descriptor& configuration) {
  std::string numbers = text(
      " ",
      engine_of(configuration).get<std::int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64));
  for (const Descriptor& choice :
       configuration.get_descriptors(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES,
                                     CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR, CUDNN_KNOB_TYPE_COUNTS))
    numbers += text(
        " ",
        choice.get<cudnnBackendKnobType_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, CUDNN_TYPE_KNOB_TYPE),
        "=", choice.get<std::int64_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, CUDNN_TYPE_INT64));
  return numbers;
}

// A plan made ready; bind() gives it arrays.
class Engine final : public LibraryAlgorithm {
 public:
  Engine(cudnnContext* cudnn, std::string name, Type weight_type, Descriptor plan)
      : cudnn_(cudnn),
        name_(std::move(name)),
        weight_type_(weight_type),
        plan_(std::move(plan)),
        workspace_bytes_(static_cast<std::size_t>(
            plan_.get<std::int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64))) {}

  std::string name() const override { return name_; }
  std::size_t workspace_bytes() const override { return workspace_bytes_; }
  Type weight_type() const override { return weight_type_; }
  std::string json() const { return plan_.get_text(CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION); }

  Launch bind(const LibraryArrays& t) const override {
    CHECK(cudnn_, "cuDNN: a plan for a device that is not there cannot run");
    const std::array<std::int64_t, 3> names{kX, kWeight, kY};
    const std::array<void*, 3> arrays{t.x, t.weight, t.y};
    Descriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, names.data(), 3);
    pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, arrays.data(), 3);
    pack.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, t.workspace);
    pack.finalize();
    return [cudnn = cudnn_, plan = plan_, pack] {
      check(cudnnBackendExecute(cudnn, plan.raw(), pack.raw()), "running", "a plan");
    };
  }

 private:
  cudnnContext* cudnn_;
  std::string name_;
  Type weight_type_;
  Descriptor plan_;
  std::size_t workspace_bytes_;
};

// One of the graphs that compute a pass.
struct Graph {
  std::string name;
  Type weight_type;
  Descriptor descriptor;
};

class Engines final : public LibraryOffer {
 public:
  Engines(const Cuda& cuda, std::vector<Graph> graphs, Type type, std::string work)
      : cuda_(cuda),
        libraries_(*cuda.libraries),
        graphs_(std::move(graphs)),
        type_(type),
        work_(std::move(work)) {}

  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    const auto add = [&](const Graph& graph, const Descriptor& configuration) {
      if (!is_allowed(engine_of(configuration))) return;
      std::string name = graph.name + numbers_of(configuration);
      if (std::find(names.begin(), names.end(), name) == names.end())
        names.push_back(std::move(name));
    };
    for (const Graph& graph : graphs_) try {
        const std::vector<Descriptor> a = advice(graph, CUDNN_HEUR_MODE_A),
                                      b = advice(graph, CUDNN_HEUR_MODE_B);
        for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
          if (i < a.size()) add(graph, a[i]);
          if (i < b.size()) add(graph, b[i]);
        }
        for (const Descriptor& last : advice(graph, CUDNN_HEUR_MODE_FALLBACK)) add(graph, last);
      } catch (const Error&) {  // what cuDNN cannot plan for leaves the other graph
        if (names.empty() && &graph == &graphs_.back()) throw;
      }
    return names;
  }

  LibraryAlgorithmPtr make(const std::string& name) const override {
    std::istringstream in(name);
    std::string begin;
    in >> begin;
    const auto graph = std::find_if(graphs_.begin(), graphs_.end(),
                                    [&](const Graph& each) { return each.name == begin; });
    CHECK(graph != graphs_.end(), "cuDNN: '", name, "' is no engine of this pass, expected as in '",
          graphs_.back().name, " 15 2=3'");
    const auto engine = [&](const Descriptor& plan) {
      return std::make_shared<const Engine>(libraries_.cudnn(), name, graph->weight_type, plan);
    };
    if (const auto json = libraries_.kept_plan(work_ + ", " + name)) try {
        return engine(plan_from(*json));
      } catch (const Error&) {  // a damaged one, which keep() will replace
      }
    return engine(plan_from(configuration(*graph, in)));
  }

  void keep(const LibraryAlgorithm& algorithm) const override {
    try {
      libraries_.keep_plan(work_ + ", " + algorithm.name(),
                           dynamic_cast<const Engine&>(algorithm).json());
    } catch (const Error&) {  // one that cannot be serialised is made anew
    }
  }

 private:
  std::vector<Descriptor> advice(const Graph& graph, cudnnBackendHeurMode_t mode) const {
    Descriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, {graph.descriptor});
    heuristics.set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, mode);
    set_device(heuristics, CUDNN_ATTR_ENGINEHEUR_DEVICEPROP);
    heuristics.finalize();
    return heuristics.get_descriptors(CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                      CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, kMostAdvised);
  }

  bool is_allowed(const Descriptor& engine) const {
    const auto has = [](const auto& notes, auto note) {
      return std::find(notes.begin(), notes.end(), note) != notes.end();
    };
    const auto behavior = engine.get_all<cudnnBackendBehaviorNote_t>(
        CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE, CUDNN_TYPE_BEHAVIOR_NOTE);
    if (!libraries_.has_device() && has(behavior, CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION))
      return false;
    const auto numerical = engine.get_all<cudnnBackendNumericalNote_t>(
        CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE);
    const auto says = [&](cudnnBackendNumericalNote_t note) { return has(numerical, note); };
    if (cuda_.deterministic && says(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC)) return false;
    if (says(CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION)) return false;
    if (type_ != Type::Float) return true;
    return !says(CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS) &&
           (cuda_.tensor_float || !says(CUDNN_NUMERICAL_NOTE_TENSOR_CORE));
  }

  // From what numbers_of() wrote.
  Descriptor configuration(const Graph& graph, std::istream& numbers) const {
    std::int64_t number = 0, value = 0;
    numbers >> number;
    Descriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
    engine.set(CUDNN_ATTR_ENGINE_OPERATION_GRAPH, {graph.descriptor});
    engine.set(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, number);
    set_device(engine, CUDNN_ATTR_ENGINE_DEVICEPROP);
    engine.finalize();

    std::vector<Descriptor> choices;
    int type = 0;
    char equals = 0;
    while (numbers >> type >> equals >> value) {
      Descriptor choice(CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR);
      choice.set(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, CUDNN_TYPE_KNOB_TYPE,
                 static_cast<cudnnBackendKnobType_t>(type));
      choice.set(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, CUDNN_TYPE_INT64, value);
      choice.finalize();
      choices.push_back(choice);
    }
    Descriptor configuration(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    configuration.set(CUDNN_ATTR_ENGINECFG_ENGINE, {engine});
    if (!choices.empty()) configuration.set(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, choices);
    configuration.finalize();
    return configuration;
  }

  Descriptor plan_from(const Descriptor& configuration) const {
    Descriptor plan = new_plan();
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, {configuration});
    plan.finalize();
    return plan;
  }
  Descriptor plan_from(const std::string& json) const {
    Descriptor plan = new_plan();
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, json.data(),
             static_cast<std::int64_t>(json.size()));
    plan.finalize();
    return plan;
  }
  Descriptor new_plan() const {
    Descriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    if (libraries_.has_device())
      plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, libraries_.cudnn());
    set_device(plan, CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP);
    return plan;
  }
  // A device that is there is known by its handle.
  void set_device(Descriptor& descriptor, int attribute) const {
    if (!libraries_.has_device()) descriptor.set(attribute, {libraries_.device()});
  }

  Cuda cuda_;
  CudaLibraries& libraries_;
  std::vector<Graph> graphs_;
  Type type_;
  std::string work_;
};

}  // namespace

std::unique_ptr<LibraryOffer> engines(const Cuda& cuda, const ConvolutionSizes& sizes,
                                      ConvolutionPass pass, Type type, bool add,
                                      const std::string& work) {
  const auto graph = [&](const char* name, Type weight_type) {
    return Graph{name, weight_type,
                 convolution_graph(cuda.libraries->cudnn(), sizes, pass, type, {weight_type, add})};
  };
  std::vector<Graph> graphs;
  if (pass == ConvolutionPass::BackwardWeight && type != Type::Float) try {
      graphs.push_back(graph("cudnn-float", Type::Float));
    } catch (const Error&) {  // the other one computes the same
    }
  graphs.push_back(graph("cudnn", type));
  return std::make_unique<Engines>(cuda, std::move(graphs), type, work);
}

}  // namespace kernels::cudnn
