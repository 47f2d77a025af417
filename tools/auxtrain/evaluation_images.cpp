#include "tools/auxtrain/evaluation_images.h"

#include <algorithm>
#include <cstdio>

#include "data/corruptions/published.h"
#include "kernels/base/check.h"
#include "tools/auxtrain/corruption_options.h"

namespace tools {
namespace {

using namespace aux_training;
using data::corruptions::Kind;
using kernels::text;
using kernels::UsageError;

constexpr std::uint64_t kSeed = 0;  // of everything random, as `corrupt` has it

bool is_generated(const std::string& corruptions) { return corruptions == "generate"; }
bool is_benchmark(const std::string& corruptions) {
  return corruptions != "none" && corruptions != "training";
}

void check_options(const Evaluate& a, const std::string& dataset) {
  std::error_code ignored;
  if (is_benchmark(a.corruptions) && !is_generated(a.corruptions) &&
      !std::filesystem::is_directory(a.corruptions, ignored))
    throw UsageError("--corruptions: expected none, training, generate or a folder, got " +
                     a.corruptions + ", which is not there");
  const auto refuse = [&](bool given, const char* option, const char* right) {
    if (given) throw UsageError(text(option, ": expected --corruptions ", right, " beside it"));
  };
  if (!is_benchmark(a.corruptions)) {
    refuse(!a.only.empty(), "--only", "generate, or a folder,");
    refuse(!a.severities.empty(), "--severities", "generate, or a folder,");
    refuse(!a.baseline.empty(), "--baseline", "generate, or a folder,");
  }
  if (!is_generated(a.corruptions)) refuse(!a.frost.empty(), "--frost", "generate");
  if (dataset == "imagenet" && a.corruptions == "training")
    throw UsageError("--corruptions training: expected none, generate or a folder for imagenet");
}

}  // namespace

EvaluationImages::EvaluationImages(const Evaluate& a, const std::string& dataset, int side)
    : corruptions_(a.corruptions) {
  check_options(a, dataset);
  if (is_benchmark(corruptions_)) {
    kinds_ = kinds_of(a.only);
    severities_ = severities_of(a.severities);
  }
  if (is_generated(corruptions_)) {
    frost_ = &textures_of(a.frost);
    note_drawn_ice(kinds_, *frost_);
  }
  const std::string directory = data::data_directory(a.data);
  if (dataset == "imagenet") {
    pictures_.emplace(data::list_imagenet(directory, "val"), corruptions_, side);
    test_ = pictures_->test();
    return;
  }
  dataset_ = data::load_dataset(dataset, directory);
  test_ = test_set(dataset_.test);
  if (corruptions_ == "training") {
    views_ = data::default_views();
    views_.erase(views_.begin());
  } else if (is_benchmark(corruptions_) && !frost_) {
    arrays_.emplace(corruptions_, dataset, test_);
    if (a.severities.empty()) severities_ = arrays_->severities();
  }
}

const TestSet& EvaluationImages::test() const { return test_; }

ImageSet EvaluationImages::corrupted_set(Kind kind, int severity) {
  if (arrays_) return arrays_->set(kind, severity);
  if (!pictures_) return generated_set(dataset_.test, {kind, severity}, kSeed, *frost_);
  return frost_ ? pictures_->generated(kind, severity, kSeed, *frost_)
                : pictures_->set(kind, severity);
}

std::vector<ImageSet> EvaluationImages::sets() {
  std::vector<ImageSet> sets{pictures_ ? pictures_->clean() : clean_set(dataset_.test)};
  for (const data::View& view : views_) sets.push_back(view_set(dataset_.test, view, kSeed));
  for (const Kind kind : kinds_)
    for (const int severity : severities_) sets.push_back(corrupted_set(kind, severity));
  return sets;
}

std::vector<Kind> EvaluationImages::published() const {
  return arrays_ ? arrays_->published() : std::vector<Kind>{};
}

std::string EvaluationImages::source() const {
  if (kinds_.empty()) return "";
  if (frost_) {
    const bool has_frost = std::find(kinds_.begin(), kinds_.end(), Kind::Frost) != kinds_.end();
    return text("made here, seed ", kSeed, has_frost ? ", frost " + frost_->source() : "");
  }
  const auto* known = data::corruptions::published_arrays(dataset_.name);
  if (!known) return corruptions_;
  return text(corruptions_, ", ", published().size(), " of ", kinds_.size(), " arrays published (",
              known->name, ")");
}

void EvaluationImages::warn() const {
  if (pictures_ && !pictures_->misfit().empty())
    std::fprintf(stderr,
                 "warning: %s: pictures of %s were resized, since the models take %d x %d\n",
                 corruptions_.c_str(), pictures_->misfit().c_str(), test_.height, test_.width);
}

}  // namespace tools
