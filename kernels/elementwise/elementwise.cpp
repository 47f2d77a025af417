#include "kernels/elementwise/elementwise.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <type_traits>

#include "kernels/base/for_each_group.h"

namespace kernels {

namespace {

// A copy, bit for bit, a line of the cache at a time.
void copy_bytes(Cpu cpu, const std::byte* from, std::byte* to, long size) {
  constexpr long kLine = sizeof(Lanes);
  const bool streams =
      way_to_write(reinterpret_cast<float*>(to), size / kLine, kLanes, {}) == Write::Stream;
  for_each_part(cpu, (size + kLine - 1) / kLine, kLanes, [=](Range lines) {
    const long end = std::min(lines.end * kLine, size);
    long i = lines.begin * kLine;
    for (; i + kLine <= end; i += kLine) {
      prefetch(from + i, 2048);
      Lanes line;
      std::memcpy(&line, from + i, sizeof line);
      if (streams)
        stream(reinterpret_cast<float*>(to + i), line);
      else
        std::memcpy(to + i, &line, sizeof line);
    }
    std::memcpy(to + i, from + i, static_cast<std::size_t>(end - i));
    finish_streams();
  });
}

}  // namespace

template <class T>
void fill(Cpu cpu, ElementwiseSizes sizes, const Fill<T>& a) {
  const Write way = way_to_write(a.y, sizes.size, {});
  for_each_group(cpu, sizes.size, [=, value = all_lanes(a.value), y = a.y](long i, int count) {
    write(way, y + i, value, count);
  });
}

template <class From, class To>
void convert(Cpu cpu, ElementwiseSizes sizes, const Convert<From, To>& a) {
  if constexpr (std::is_same_v<From, To>) {
    copy_bytes(cpu, reinterpret_cast<const std::byte*>(a.x), reinterpret_cast<std::byte*>(a.y),
               sizes.size * static_cast<long>(sizeof(To)));
  } else {
    const Write way = way_to_write(a.y, sizes.size, {});
    for_each_group(cpu, sizes.size, [=, x = a.x, y = a.y](long i, int count) {
      write(way, y + i, load_ahead(x + i, count), count);
    });
  }
}

template <class T>
void add_into(Cpu cpu, ElementwiseSizes sizes, const AddInto<T>& a, GradientMode mode) {
  if (mode == GradientMode::Accumulate) {
    add(cpu, sizes, Add<T>{.a = a.y, .b = a.x, .y = a.y});
  } else {
    convert(cpu, sizes, Convert<T, T>{.x = a.x, .y = a.y});
  }
}

template <class T>
void add(Cpu cpu, ElementwiseSizes sizes, const Add<T>& args) {
  const Write way = way_to_write(args.y, sizes.size, {args.a, args.b});
  for_each_group(cpu, sizes.size, [=, a = args.a, b = args.b, y = args.y](long i, int count) {
    write(way, y + i, load_ahead(a + i, count) + load_ahead(b + i, count), count);
  });
}

template <class T>
void multiply_forward(Cpu cpu, ElementwiseSizes sizes, const MultiplyForward<T>& args) {
  const Write way = way_to_write(args.y, sizes.size, {args.a, args.b});
  for_each_group(cpu, sizes.size, [=, a = args.a, b = args.b, y = args.y](long i, int count) {
    write(way, y + i, load_ahead(a + i, count) * load_ahead(b + i, count), count);
  });
}

template <class T>
void multiply_backward(Cpu cpu, ElementwiseSizes sizes, const MultiplyBackward<T>& args) {
  const Write a_way = way_to_write(args.d_a, sizes.size, {}, args.a_mode);
  const Write b_way = way_to_write(args.d_b, sizes.size, {}, args.b_mode);
  for_each_group(cpu, sizes.size, [=](long i, int count) {
    const Lanes d_y = load_ahead(args.d_y + i, count);
    if (a_way != Write::None)
      write(a_way, args.d_a + i, d_y * load_ahead(args.b + i, count), count);
    if (b_way != Write::None)
      write(b_way, args.d_b + i, d_y * load_ahead(args.a + i, count), count);
  });
}

template void fill(Cpu, ElementwiseSizes, const Fill<float>&);
template void fill(Cpu, ElementwiseSizes, const Fill<bfloat16>&);
template void convert(Cpu, ElementwiseSizes, const Convert<float, float>&);
template void convert(Cpu, ElementwiseSizes, const Convert<float, bfloat16>&);
template void convert(Cpu, ElementwiseSizes, const Convert<bfloat16, float>&);
template void convert(Cpu, ElementwiseSizes, const Convert<bfloat16, bfloat16>&);
template void add_into(Cpu, ElementwiseSizes, const AddInto<float>&, GradientMode);
template void add_into(Cpu, ElementwiseSizes, const AddInto<bfloat16>&, GradientMode);
template void add(Cpu, ElementwiseSizes, const Add<float>&);
template void add(Cpu, ElementwiseSizes, const Add<bfloat16>&);
template void multiply_forward(Cpu, ElementwiseSizes, const MultiplyForward<float>&);
template void multiply_forward(Cpu, ElementwiseSizes, const MultiplyForward<bfloat16>&);
template void multiply_backward(Cpu, ElementwiseSizes, const MultiplyBackward<float>&);
template void multiply_backward(Cpu, ElementwiseSizes, const MultiplyBackward<bfloat16>&);

}  // namespace kernels
