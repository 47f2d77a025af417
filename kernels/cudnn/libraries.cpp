#include "kernels/cudnn/libraries.h"

#include <cublasLt.h>
#include <cudnn.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "kernels/base/check.h"

namespace kernels {
namespace {

namespace fs = std::filesystem;

// FNV-1a: enough to tell files apart, whose first line says what they are.
std::string hash_of(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  std::ostringstream digits;
  digits << std::hex << hash;
  return digits.str();
}

}  // namespace

void CudaLibraries::Destroy::operator()(cudnnContext* handle) const { cudnnDestroy(handle); }
void CudaLibraries::Destroy::operator()(cublasLtContext* handle) const { cublasLtDestroy(handle); }

CudaLibraries::CudaLibraries(CUstream_st* stream, fs::path plan_folder)
    : plan_folder_(std::move(plan_folder)), stream_(stream) {
  cudnnHandle_t cudnn_handle = nullptr;
  cudnn::check(cudnnCreate(&cudnn_handle), "making a handle");
  cudnn_.reset(cudnn_handle);
  cudnn::check(cudnnSetStream(cudnn_handle, stream), "setting the stream");
  cublasLtHandle_t cublaslt_handle = nullptr;
  const cublasStatus_t status = cublasLtCreate(&cublaslt_handle);
  CHECK(status == CUBLAS_STATUS_SUCCESS,
        "cuBLASLt: making a handle: ", cublasLtGetStatusName(status));
  cublaslt_.reset(cublaslt_handle);
  describe_device(CUDNN_ATTR_DEVICEPROP_HANDLE, CUDNN_TYPE_HANDLE, &cudnn_handle, 1);
  device_properties_ = device_.get_text(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION);
}

CudaLibraries::CudaLibraries(const AbsentDevice& device, fs::path plan_folder)
    : plan_folder_(std::move(plan_folder)), device_properties_(device.properties) {
  describe_device(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR,
                  device.properties.data(), device.properties.size());
}

void CudaLibraries::describe_device(int attribute, int type, const void* value, std::size_t count) {
  device_ = cudnn::Descriptor(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
  device_.set(attribute, type, value, static_cast<std::int64_t>(count));
  device_.finalize();
}

std::string CudaLibraries::key_of(const std::string& of) const {
  return text(of, ", cuDNN ", cudnn_version(), ", device ", hash_of(device_properties_));
}

fs::path CudaLibraries::file_of(const std::string& key) const {
  return plan_folder_ / ("cudnn-" + hash_of(key) + ".json");
}

std::optional<std::string> CudaLibraries::kept_plan(const std::string& of) const {
  if (plan_folder_.empty()) return {};
  const std::string key = key_of(of);
  std::ifstream file(file_of(key), std::ios::binary);
  std::string first_line;
  if (!std::getline(file, first_line) || first_line != key) return {};
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void CudaLibraries::keep_plan(const std::string& of, const std::string& plan) const {
  if (plan_folder_.empty()) return;
  const std::string key = key_of(of);
  const fs::path file = file_of(key), beside = text(file.string(), ".", getpid());
  std::error_code ignored;
  fs::create_directories(plan_folder_, ignored);
  std::ofstream out(beside, std::ios::binary);
  out << key << "\n" << plan;
  out.close();
  if (out) fs::rename(beside, file, ignored);
}

std::string cudnn_version() {
  const std::size_t version = cudnnGetVersion();  // 91900 means 9.19.0
  return text(version / 10000, ".", version / 100 % 100, ".", version % 100);
}

std::string cublaslt_version() {
  const std::size_t version = cublasLtGetVersion();  // 130002 means 13.0.2
  return text(version / 10000, ".", version / 100 % 100, ".", version % 100);
}

}  // namespace kernels
