// Counts heap allocations of the whole program, of every thread: malloc and its kin, which operator
// new calls too. A program that links allocation_counter.cpp replaces the C library's functions, so
// only a program of its own does; sanitizers replace them as well, and exclude it.
#pragma once

namespace test {

struct Allocations {
  long ours = 0;
  long library = 0;  // made while oneDNN runs: kernels::onednn::inside_library()
};
Allocations allocations();  // since the program began

}  // namespace test
