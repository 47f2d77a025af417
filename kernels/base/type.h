// How numbers are stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "kernels/base/bfloat16.h"

namespace kernels {

enum class Type { Float, BFloat16, Int32, UInt32, UInt8 };

constexpr std::size_t bytes_of(Type type) {
  return type == Type::UInt8 ? 1 : type == Type::BFloat16 ? 2 : 4;
}
constexpr const char* name_of(Type type) {
  constexpr const char* kNames[] = {"float", "bf16", "int32", "uint32", "uint8"};
  return kNames[static_cast<int>(type)];
}

template <class T>
struct TypeTag {
  using type = T;
};

// Calls f with TypeTag<float> or TypeTag<bfloat16>: the storage types of activations.
template <class F>
decltype(auto) with_storage(Type type, F&& f) {
  return type == Type::BFloat16 ? std::forward<F>(f)(TypeTag<bfloat16>{})
                                : std::forward<F>(f)(TypeTag<float>{});
}

}  // namespace kernels
