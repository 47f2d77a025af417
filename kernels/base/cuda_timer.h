// How long a GPU takes for what it is told to do, by its own clock.
#pragma once

#include <functional>
#include <memory>

#include "kernels/base/context.h"

struct CUevent_st;  // what a cudaEvent_t points to

namespace kernels {

class CudaTimer {
 public:
  explicit CudaTimer(Cuda);

  // From the start to the end of what `work` puts on the stream, in seconds. The stream begins when
  // all of it is there, so that the GPU never waits for the host; therefore it must be no more than
  // some hundred launches, of kernels that have run before, and neither allocate nor wait.
  double seconds_of(const std::function<void()>& work);

 private:
  struct Destroy {
    void operator()(CUevent_st* event) const;
  };
  using Event = std::unique_ptr<CUevent_st, Destroy>;
  static Event make_event();

  Cuda cuda_;
  Event start_ = make_event(), stop_ = make_event();
};

}  // namespace kernels
