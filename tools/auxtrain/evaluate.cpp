#include <cstdio>

#include "aux_training/evaluation/baseline.h"
#include "aux_training/report/run_folder.h"
#include "aux_training/report/table.h"
#include "tools/auxtrain/evaluation.h"

namespace tools {
using namespace aux_training;

int evaluate(const Evaluate& arguments) {
  require_writable("--json", arguments.json);
  const Evaluation evaluation = evaluation_of(arguments);
  if (arguments.json != "-") std::printf("%s", tables_of(evaluation).c_str());
  write_json(arguments.json, json_of(evaluation));
  return 0;
}

int store_baseline(const StoreBaseline& arguments) {
  require_writable("--output", arguments.output);
  const std::string& corruptions = arguments.evaluate.corruptions;
  if (corruptions == "none" || corruptions == "training")
    throw kernels::UsageError("--corruptions: expected generate or a folder, got " + corruptions);
  Evaluate all = arguments.evaluate;
  all.severities = {1, 2, 3, 4, 5};  // a folder that lacks one is refused before anything is run
  const Evaluation evaluation = evaluation_of(all);
  const EvaluatedModel& model = evaluation.models.front();
  const Baseline named{.name = last_part(model.name),
                       .description = description_of(model),
                       .sha256 = {},
                       .dataset = evaluation.dataset,
                       .corruptions = evaluation.source};
  write_text_file(arguments.output, baseline_json(named, model.classifiers.front().errors));
  const Baseline stored = read_baseline(arguments.output);
  std::printf("%s: %s, %s; clean %s, mean of all 19 %s; sha256 %s\n", arguments.output.c_str(),
              stored.name.c_str(), stored.description.c_str(), percent(stored.clean, 2).c_str(),
              percent(stored.mean_of(kind_groups().front().kinds), 2).c_str(),
              stored.sha256.c_str());
  return 0;
}

}  // namespace tools
