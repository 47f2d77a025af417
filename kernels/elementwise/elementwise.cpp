#include "kernels/elementwise/elementwise.h"

#include <algorithm>
#include <type_traits>

#include "kernels/base/bfloat16.h"
#include "kernels/base/for_each_part.h"

namespace kernels {

namespace {

// y[i] = f(i) for all i. The pragma says that elements do not depend on each other, which the
// compiler cannot know when an array may be its own result.
template <class T, class F>
void for_each_element(Cpu cpu, ElementwiseSizes sizes, T* y, const F& f) {
  for_each_part(cpu, sizes.size, 1, [=](Range range) {
#pragma GCC ivdep
    for (long i = range.begin; i < range.end; ++i) y[i] = T(f(i));
  });
}

}  // namespace

template <class T>
void fill(Cpu cpu, ElementwiseSizes sizes, const Fill<T>& a) {
  for_each_element(cpu, sizes, a.y, [value = T(a.value)](long) { return value; });
}

template <class From, class To>
void convert(Cpu cpu, ElementwiseSizes sizes, const Convert<From, To>& a) {
  for_each_element(cpu, sizes, a.y, [x = a.x](long i) {
    if constexpr (std::is_same_v<From, To>) {
      return x[i];  // a copy, bit for bit
    } else {
      return static_cast<float>(x[i]);
    }
  });
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
  for_each_element(cpu, sizes, args.y, [a = args.a, b = args.b](long i) {
    return static_cast<float>(a[i]) + static_cast<float>(b[i]);
  });
}

template <class T>
void multiply_forward(Cpu cpu, ElementwiseSizes sizes, const MultiplyForward<T>& args) {
  for_each_element(cpu, sizes, args.y, [a = args.a, b = args.b](long i) {
    return static_cast<float>(a[i]) * static_cast<float>(b[i]);
  });
}

template <class T>
void multiply_backward(Cpu cpu, ElementwiseSizes sizes, const MultiplyBackward<T>& args) {
  const auto give = [](Range range, const T* d_y, const T* factor, T* gradient, auto accumulate) {
#pragma GCC ivdep
    for (long i = range.begin; i < range.end; ++i) {
      give_gradient(gradient[i], static_cast<float>(d_y[i]) * static_cast<float>(factor[i]),
                    accumulate);
    }
  };
  for_each_part(cpu, sizes.size, 1, [&](Range part) {
    // In blocks that stay in the first-level cache, so that d_y comes from memory once.
    constexpr long kBlock = 1024;
    for (long begin = part.begin; begin < part.end; begin += kBlock) {
      const Range block{begin, std::min(begin + kBlock, part.end)};
      if (args.d_a) {
        with_accumulate(args.a_mode, [&](auto accumulate) {
          give(block, args.d_y, args.b, args.d_a, accumulate);
        });
      }
      if (args.d_b) {
        with_accumulate(args.b_mode, [&](auto accumulate) {
          give(block, args.d_y, args.a, args.d_b, accumulate);
        });
      }
    }
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
