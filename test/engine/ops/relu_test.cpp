#include "engine/ops/relu.h"

#include "test/support/catch.h"
#include "test/support/op_gradient.h"

TEST_CASE("relu's gradient", "[relu]") { test::require_op_gradient({2, 1, 3, 3, 5}, engine::relu); }
