#include "kernels/dropout/dropout.h"

#include "kernels/base/for_each_group.h"
#include "kernels/dropout/mask.h"

namespace kernels {

template <class T>
void dropout(Cpu cpu, DropoutSizes sizes, const Dropout<T>& a) {
  const Write way = way_to_write(a.y, sizes.size, {a.x}, a.mode);
  const DropoutMask mask(a.random, a.layer, a.probability);
  const float scale = 1 / (1 - a.probability);
  for_each_group(cpu, sizes.size, [=, x = a.x, y = a.y](long i, int count) {
    std::uint32_t kept = 0;
    for (int four = 0; four < kLanes / 4; ++four) kept |= mask.kept(i / 4 + four) << (4 * four);
    write(way, y + i, where(kept, load_ahead(x + i, count)) * scale, count);
  });
}

template void dropout(Cpu, DropoutSizes, const Dropout<float>&);
template void dropout(Cpu, DropoutSizes, const Dropout<bfloat16>&);

}  // namespace kernels
