#include "aux_training/onnx_file.h"

#include "engine/checkpoint/atomic_file.h"
#include "engine/onnx/translate.h"

namespace aux_training {

void write_onnx(const std::filesystem::path& path, engine::Session& session,
                const InferenceProgram& network, const ModelDescription& description) {
  constexpr int kBatch = 0;  // of any size
  const ClassifierSettings& c = description.classifier;
  engine::OnnxGraph graph;
  graph.input("image", {kBatch, 3, c.height, c.width_pixels});
  graph.constant("normalization.mean", {1, 3, 1, 1}, description.normalization.mean);
  graph.constant("normalization.std", {1, 3, 1, 1}, description.normalization.std);
  graph.node("Sub", {"image", "normalization.mean"}, "image.centered");
  graph.node("Div", {"image.centered", "normalization.std"}, "image.normalized");
  const std::string logits =
      engine::translate(graph, session, network.images, "image.normalized", network.logits);
  graph.output(logits, {kBatch, c.classes});
  engine::Metadata metadata = to_metadata(description);
  metadata.erase("format");
  engine::write_file_atomically(path, graph.model(c.model, AUXTRAIN_VERSION, metadata));
}

}  // namespace aux_training
