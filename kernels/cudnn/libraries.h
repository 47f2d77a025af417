// What cuDNN and cuBLASLt keep for one stream of a GPU: handles, and the algorithms made so far. A
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

#include "kernels/convolution/library_algorithm.h"
#include "kernels/cudnn/descriptor.h"

struct CUstream_st;      // what a cudaStream_t points to
struct cudnnContext;     // what a cudnnHandle_t points to
struct cublasLtContext;  // what a cublasLtHandle_t points to

namespace kernels {

class CudaLibraries {
 public:
  // Of the calling thread's current device. `plan_folder` keeps serialised plans between runs, so
  // that what cuDNN compiles is compiled once; empty: nowhere.
  explicit CudaLibraries(CUstream_st* stream, std::filesystem::path plan_folder = {});

  struct AbsentDevice {
    std::string properties;  // JSON, as device_properties() of a present one gives it
  };
  explicit CudaLibraries(const AbsentDevice&, std::filesystem::path plan_folder = {});

  bool has_device() const { return cudnn_ != nullptr; }
  CUstream_st* stream() const { return stream_; }
  const std::string& device_properties() const { return device_properties_; }

  // For plans; null without a device.
  cudnnContext* cudnn() const { return cudnn_.get(); }
  cublasLtContext* cublaslt() const { return cublaslt_.get(); }
  const cudnn::Descriptor& device() const { return device_; }  // its properties

  // Algorithms by what they compute, so that layers of the same sizes share one.
  std::map<std::string, LibraryAlgorithmPtr>& made() { return made_; }

  // Serialised plans in files, by what they compute and how. Whatever is wrong with the folder,
  // there just is none.
  std::optional<std::string> kept_plan(const std::string& of) const;
  void keep_plan(const std::string& of, const std::string& plan) const;

 private:
  struct Destroy {
    void operator()(cudnnContext*) const;
    void operator()(cublasLtContext*) const;
  };

  void describe_device(int attribute, int type, const void* value, std::size_t count);
  std::string key_of(const std::string& of) const;
  std::filesystem::path file_of(const std::string& key) const;

  std::filesystem::path plan_folder_;
  CUstream_st* stream_ = nullptr;
  std::unique_ptr<cudnnContext, Destroy> cudnn_;
  std::unique_ptr<cublasLtContext, Destroy> cublaslt_;
  cudnn::Descriptor device_;
  std::string device_properties_;
  std::map<std::string, LibraryAlgorithmPtr> made_;
};

std::string cudnn_version();     // "9.19.0", of the library that is loaded
std::string cublaslt_version();  // "13.0.2"

}  // namespace kernels
