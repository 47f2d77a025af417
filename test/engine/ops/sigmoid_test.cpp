#include "engine/ops/sigmoid.h"

#include "test/support/catch.h"
#include "test/support/op_gradient.h"

TEST_CASE("sigmoid's gradient", "[sigmoid]") {
  test::require_op_gradient({2, 1, 3, 3, 5}, engine::sigmoid);
}
