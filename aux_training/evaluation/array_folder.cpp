#include "aux_training/evaluation/array_folder.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "aux_training/report/run_folder.h"
#include "data/corruptions/published.h"
#include "data/digest.h"
#include "data/npy.h"
#include "kernels/base/check.h"

namespace aux_training {

using namespace data::corruptions;
using kernels::text;
using kernels::UsageError;
using nlohmann::json;

struct ArrayFolder::Array {
  Kind kind;
  std::string path;
  data::NpyFile file;
  const char* published_md5;  // null where nothing was published
  bool hashed = false, is_published = false;

  void hash() {
    if (hashed || !published_md5) return;
    is_published = data::md5_of_file(path) == published_md5;
    hashed = true;
  }
};

ArrayFolder::ArrayFolder(std::filesystem::path folder, std::string dataset, TestSet test)
    : folder_(std::move(folder)), dataset_(std::move(dataset)), test_(std::move(test)) {
  read_severities();
  check_labels();
}

void ArrayFolder::read_severities() {
  const std::filesystem::path path = folder_ / "corruptions.json";
  if (!std::filesystem::exists(path)) return;
  try {
    const json manifest = json::parse(read_text_file(path));
    severities_ = manifest.at("severities").get<std::vector<int>>();
    const auto dataset = manifest.at("dataset").get<std::string>();
    if (dataset != dataset_)
      throw UsageError(text(path.string(), ": is of ", dataset, ", the models of ", dataset_));
    for (const int severity : severities_)
      if (severity < 1 || severity > kSeverities) throw std::out_of_range("");
    if (severities_.empty()) throw std::out_of_range("");
  } catch (const kernels::Error&) {
    throw;
  } catch (const std::exception&) {
    throw kernels::Error(path.string() +
                         ": expected dataset and severities (1 to 5), as auxtrain " +
                         "corrupt writes them");
  }
}

std::vector<long> ArrayFolder::shape(bool of_labels) const {
  const long rows = static_cast<long>(severities_.size()) * test_.count;
  return of_labels ? std::vector<long>{rows}
                   : std::vector<long>{rows, test_.height, test_.width, 3};
}

void ArrayFolder::check_labels() const {
  const std::string path = (folder_ / "labels.npy").string();
  data::NpyFile file(path);
  CHECK(file.shape() == shape(true), path, ": expected a shape of ", data::shape_text(shape(true)),
        " (", severities_.size(), " severities of ", test_.count, " images), got ",
        data::shape_text(file.shape()));
  std::vector<std::uint8_t> labels(static_cast<std::size_t>(file.rows()));
  file.read(0, file.rows(), labels.data());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const int expected = test_.labels[i % test_.labels.size()];
    CHECK(labels[i] == expected, path, ": expected the labels of the test images of ", dataset_,
          ", so ", expected, " at row ", i, ", got ", int{labels[i]});
  }
}

std::shared_ptr<ArrayFolder::Array> ArrayFolder::array(Kind kind) {
  for (const auto& known : arrays_)
    if (known->kind == kind) return known;
  const std::string path = (folder_ / (name_of(kind) + ".npy")).string();
  CHECK(std::filesystem::exists(path), path,
        ": is not there; --only names the corruptions that are");
  const PublishedArrays* published = published_arrays(dataset_);
  const auto array = std::make_shared<Array>(
      Array{kind, path, data::NpyFile(path),
            published ? published->md5[static_cast<std::size_t>(kind)] : nullptr});
  CHECK(array->file.shape() == shape(false), path, ": expected a shape of ",
        data::shape_text(shape(false)), ", got ", data::shape_text(array->file.shape()));
  arrays_.push_back(array);
  return array;
}

ImageSet ArrayFolder::set(Kind kind, int severity) {
  const auto place = std::find(severities_.begin(), severities_.end(), severity);
  if (place == severities_.end())
    throw UsageError(text("--severities: ", folder_.string(), " has no severity ", severity));
  const long begin = (place - severities_.begin()) * long{test_.count};
  return {
      text(name_of(kind), " ", severity),
      [array = array(kind), begin](int first, int count, kernels::ThreadPool&, std::uint8_t* out) {
        array->hash();
        array->file.read(begin + first, count, out);
      }};
}

std::vector<Kind> ArrayFolder::published() const {
  std::vector<Kind> kinds;
  for (const auto& array : arrays_)
    if (array->is_published) kinds.push_back(array->kind);
  return kinds;
}

}  // namespace aux_training
