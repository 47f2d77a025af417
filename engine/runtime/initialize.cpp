#include "engine/runtime/initialize.h"

#include <cmath>
#include <numbers>

#include "kernels/base/philox.h"

namespace engine {
namespace {

// FNV-1a: the same number for the same name, on any machine.
std::uint64_t hash_of(const std::string& name) {
  std::uint64_t hash = 14695981039346656037u;
  for (unsigned char letter : name) hash = (hash ^ letter) * 1099511628211u;
  return hash;
}

// Box and Muller's; u in (0, 1].
float normal(kernels::Random& random) {
  const double u = 1.0 - static_cast<double>(random.uniform());
  const double angle = 2 * std::numbers::pi * static_cast<double>(random.uniform());
  return static_cast<float>(std::sqrt(-2 * std::log(u)) * std::cos(angle));
}

}  // namespace

void initialize_value(const Value& value, std::uint64_t seed, float* data) {
  const std::uint64_t hash = hash_of(value.name);
  kernels::Random random(seed, kernels::RandomUse::Initialize, static_cast<std::uint32_t>(hash),
                         static_cast<std::uint32_t>(hash >> 32));
  const auto [kind, scale] = value.initializer;
  for (long i = 0; i < size_of(value.shape); ++i) switch (kind) {
      case Initializer::Kind::Constant:
        data[i] = scale;
        break;
      case Initializer::Kind::Normal:
        data[i] = scale * normal(random);
        break;
      case Initializer::Kind::Uniform:
        data[i] = random.uniform(-scale, scale);
        break;
    }
}

}  // namespace engine
