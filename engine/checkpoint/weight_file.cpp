#include "engine/checkpoint/weight_file.h"

#include <algorithm>
#include <fstream>

#include "engine/checkpoint/pytorch_file.h"
#include "engine/checkpoint/safetensors.h"
#include "kernels/base/check.h"

namespace engine {
namespace {

std::vector<std::byte> contents(const std::filesystem::path& path) {
  // The size of the file that was opened, whatever becomes of its name.
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  CHECK(file, path.string(), ": cannot be opened");
  std::vector<std::byte> bytes(static_cast<std::size_t>(file.tellg()));
  file.seekg(0);
  CHECK(
      file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size())),
      path.string(), ": cannot be read");
  return bytes;
}

void take_prefix_off(std::map<std::string, WeightArray>& arrays) {
  constexpr std::string_view kPrefix = "module.";
  const bool everywhere = std::all_of(arrays.begin(), arrays.end(), [&](const auto& each) {
    return each.first.starts_with(kPrefix);
  });
  if (!everywhere) return;
  std::map<std::string, WeightArray> plain;
  for (const auto& [name, array] : arrays) plain[name.substr(kPrefix.size())] = array;
  arrays = std::move(plain);
}

}  // namespace

WeightFile WeightFile::read(const std::filesystem::path& path) {
  const std::string name = path.string(), kind = path.extension().string();
  if (kind != ".safetensors" && kind != ".pth" && kind != ".pt")
    throw kernels::UsageError(name + ": expected weights in a .safetensors, .pth or .pt file");
  std::error_code failure;
  if (!std::filesystem::is_regular_file(path, failure))
    throw kernels::UsageError(name + ": there is no such file");
  WeightFile file;
  file.path_ = path;
  if (kind == ".safetensors") {
    const auto tensors = std::make_shared<Safetensors>(Safetensors::read(path));
    for (const std::string& tensor : tensors->names())
      file.arrays_[tensor] = tensors->array(tensor);
    file.storage_ = tensors;
  } else {
    const auto bytes = std::make_shared<std::vector<std::byte>>(contents(path));
    file.arrays_ = read_pytorch_file(*bytes, name);
    file.storage_ = bytes;
  }
  take_prefix_off(file.arrays_);
  return file;
}

}  // namespace engine
