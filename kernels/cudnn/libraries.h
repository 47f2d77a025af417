// What cuDNN and cuBLASLt keep for one stream of a GPU: handles, and the plans made so far. A
// program makes one beside its stream and lends it to plans (Cuda::libraries); it outlives them.
//
// It can also stand for a GPU that is not there, by its properties: then every plan can be made and
// asked, and no driver is needed, but nothing can run.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "kernels/cudnn/algorithm.h"
#include "kernels/cudnn/descriptor.h"

struct CUstream_st;      // what a cudaStream_t points to
struct cudnnContext;     // what a cudnnHandle_t points to
struct cublasLtContext;  // what a cublasLtHandle_t points to

namespace kernels {

class CudaLibraries {
 public:
  // Of the calling thread's current device. `plan_folder` keeps serialised plans between runs, so
  // that code that cuDNN compiles is compiled once; empty: nowhere.
  explicit CudaLibraries(CUstream_st* stream, std::filesystem::path plan_folder = {});

  struct AbsentDevice {
    std::string properties;  // JSON, as device_properties() of a present one gives it
  };
  explicit CudaLibraries(const AbsentDevice&, std::filesystem::path plan_folder = {});

  ~CudaLibraries();
  CudaLibraries(const CudaLibraries&) = delete;
  CudaLibraries& operator=(const CudaLibraries&) = delete;

  bool has_device() const { return cudnn_ != nullptr; }
  std::string device_properties() const;

  // For plans. Null without a device.
  cudnnContext* cudnn() const { return cudnn_; }
  cublasLtContext* cublaslt() const { return cublaslt_; }
  const cudnn::Descriptor& device() const { return device_; }  // CUDNN_BACKEND_DEVICEPROP

  // Algorithms made before, so that layers of the same sizes share one.
  std::map<std::string, std::shared_ptr<const Algorithm>>& made() { return made_; }

  // Serialised plans in files, found by what they are of; whatever is wrong with the folder, there
  // just is no plan.
  std::optional<std::string> kept_plan(const std::string& of) const;
  void keep_plan(const std::string& of, const std::string& plan) const;

 private:
  std::filesystem::path plan_file(const std::string& of) const;

  std::filesystem::path plan_folder_;
  cudnnContext* cudnn_ = nullptr;
  cublasLtContext* cublaslt_ = nullptr;
  cudnn::Descriptor device_;
  std::string plans_of_;  // the device and cuDNN's version, on which serialised plans depend
  std::map<std::string, std::shared_ptr<const Algorithm>> made_;
};

std::string cudnn_version();     // "9.19.0", of the library that is loaded
std::string cublaslt_version();  // "13.0.2"

}  // namespace kernels
