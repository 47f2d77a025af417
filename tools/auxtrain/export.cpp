#include "aux_training/model_file.h"
#include "aux_training/onnx_file.h"
#include "tools/auxtrain/commands.h"

namespace tools {

using namespace aux_training;

int export_model(const Export& arguments) {
  const bool is_onnx = arguments.output.ends_with(".onnx");
  if (!is_onnx && !arguments.output.ends_with(".safetensors"))
    throw kernels::UsageError("--output: expected a name ending in .safetensors or .onnx, got " +
                              arguments.output);
  require_writable("--output", arguments.output);
  const Model model = load_model(arguments.model);
  kernels::ThreadPool pool(1);
  ClassifierSettings settings = model.description.classifier;
  settings.images = 1;
  const auto network =
      record_inference(kernels::Cpu{&pool}, engine::Type::Float, settings, features_of(settings));
  engine::Session session(network->program);
  engine::load_entries(session, model.weights, is_primary);
  if (is_onnx)
    write_onnx(arguments.output, session, *network, model.description);
  else
    write_primary(arguments.output, session, model.description);
  print_written(arguments.output, settings.model, settings.classes,
                network->program.parameter_count());
  return 0;
}

}  // namespace tools
