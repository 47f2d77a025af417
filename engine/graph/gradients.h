// What is known of the gradients while the backward pass is being written.
//
// A gradient rule asks where to write its contribution to d(loss)/d(x), and whether it is the
// first there (Overwrite) or adds to others (Accumulate): there is no pass that zeroes gradients.
// Aliases take part: the gradient of a slice is the same slice of the gradient.
#pragma once

#include <map>
#include <vector>

#include "engine/graph/program.h"
#include "kernels/base/gradient_mode.h"

namespace engine {

using kernels::GradientMode;

class Gradients {
 public:
  Gradients(Program& program, std::vector<Tensor> losses)
      : program_(program), losses_(std::move(losses)) {}

  // Whether anything has contributed to the gradient of t, or t is one of the losses.
  bool has(Tensor t) const;
  // Whether anybody needs the gradient of t: not for inputs (unless wanted), data and states.
  bool wanted(Tensor t) const;

  struct Target {
    Tensor gradient;
    GradientMode mode;
  };
  // A value of the forward pass, for a rule that needs it: t itself where it is kept, else one that
  // holds the same numbers, recomputed here the first time that anybody asks.
  Tensor value(Tensor t);
  // Where a rule writes its contribution to the gradient of t.
  Target target(Tensor t);
  // The same for a rule that can only add: set to zero where nobody has been.
  Tensor accumulated(Tensor t);
  // `gradient` already holds a contribution to the gradient of t, and can become that gradient
  // where it is the first.
  void contribute(Tensor t, Tensor gradient);
  // The gradient of a result, complete: parts that nobody contributed to are set to zero.
  Tensor of(Tensor t);

  void finish_parameters();  // an error names the first parameter without a gradient

 private:
  struct Interval {
    std::size_t begin, end;  // bytes
  };
  struct Known {
    Tensor gradient;
    std::vector<Interval> written;  // disjoint, ascending
  };

  Tensor root(Tensor) const;
  Interval interval(Tensor) const;
  Known& known(Tensor root);
  Tensor part(const Known&, Tensor t);
  std::vector<Interval> gaps(const Known&, Interval) const;
  void fill_gaps(Known&, Tensor t);
  void mark(Known&, Interval);

  Program& program_;
  std::vector<Tensor> losses_;
  std::map<int, Known> known_;        // by the root value's id
  std::map<int, Tensor> recomputed_;  // by the root value's id
};

}  // namespace engine
