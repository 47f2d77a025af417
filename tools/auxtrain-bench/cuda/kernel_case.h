// A call of a kernel for GPUs, described once: the arrays that it is given, and how it is launched.
// The benchmark, the tests and the table of docs/cuda.md each lend it memory of their own.
#pragma once

#include <cstddef>
#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/graph/value.h"
#include "kernels/base/context.h"
#include "kernels/base/launch.h"
#include "kernels/base/philox.h"
#include "kernels/base/type.h"

namespace tools {

// Hands out the arrays of a case as it names them, and keeps account of what the call does to them.
class CaseArrays {
 public:
  enum class Use { Read, Write, Update, Scratch };  // Update: read and written

  struct Array {
    void* data;
    std::size_t bytes;
    Use use;
    std::function<void(void*)> fill;  // writes on the host what the call expects; empty: nothing
  };

  using Allocate = std::function<void*(std::size_t bytes)>;
  // One after another from `start` on, each at a multiple of 256 bytes, as a GPU's driver does it.
  static Allocate one_by_one(void* start);
  // Addresses at which nothing is, for who asks only how much memory it takes, or how it launches.
  static Allocate nowhere();

  explicit CaseArrays(Allocate allocate) : allocate_(std::move(allocate)) {}

  // Of numbers that draw(kernels::Random&) gives, or in [-2, 2).
  template <class T, class Draw>
  const T* read(long size, Draw draw) {
    return add<T>(Use::Read, size, filling<T>(size, draw));
  }
  template <class T>
  const T* read(long size) {
    return read<T>(size, any_number);
  }
  template <class T>
  const T* given(std::vector<T> values) {
    const auto size = static_cast<long>(values.size());
    return add<T>(Use::Read, size, [values = std::move(values)](void* to) {
      std::memcpy(to, values.data(), values.size() * sizeof(T));
    });
  }
  template <class T>
  T* write(long size) {
    return add<T>(Use::Write, size, {});
  }
  template <class T>
  T* update(long size) {
    return add<T>(Use::Update, size, filling<T>(size, any_number));
  }
  template <class T>
  T* scratch(long size) {
    return add<T>(Use::Scratch, size, {});
  }

  // Says that the call's schedule reads so many bytes a second time.
  void reread(double bytes) { reread_bytes_ += bytes; }

  const std::vector<Array>& all() const { return arrays_; }
  std::size_t memory_bytes() const;  // one by one
  // Every array read once and written once; scratch is neither.
  double least_bytes() const;
  double reread_bytes() const { return reread_bytes_; }

 private:
  static float any_number(kernels::Random& random) { return random.uniform(-2, 2); }

  // Repeats itself, since drawing all numbers would take longer than all else.
  template <class T, class Draw>
  static std::function<void(void*)> filling(long size, Draw draw) {
    return [=](void* memory) {
      constexpr long kPeriod = 1 << 16;
      kernels::Random random(1, kernels::RandomUse::Test);
      T* const to = static_cast<T*>(memory);
      for (long i = 0; i < size; ++i) to[i] = i < kPeriod ? T(draw(random)) : to[i - kPeriod];
    };
  }
  template <class T>
  T* add(Use use, long size, std::function<void(void*)> fill) {
    const std::size_t bytes = static_cast<std::size_t>(size) * sizeof(T);
    arrays_.push_back({allocate_(bytes), bytes, use, std::move(fill)});
    return static_cast<T*>(arrays_.back().data);
  }

  Allocate allocate_;
  std::vector<Array> arrays_;
  double reread_bytes_ = 0;
};

struct KernelCase {
  std::string operation;  // "batch_norm [5, 128, 32, 32, 64], relu"
  std::string kernel;     // what is called: "batch_norm_backward"
  engine::Shape shape;    // of the largest array
  kernels::Type type;
  // Names the arrays and binds them to the call.
  std::function<kernels::Launch(kernels::Cuda, CaseArrays&)> prepare;
};

}  // namespace tools
