"""Faults of batch norm's gradients, and of batch norm with statistics that are known."""
from .fault import RACES, SANITIZER, Kernel

UNIT, TESTS = "kernels/batch_norm/batch_norm_backward.cu", "[batch_norm]"
SLOW = ("views do not see each other - float,batch norm works in place - float,"
        "batch norm for inference - float,one array decides how wide all accesses of batch norm are*")

SUMS = Kernel(UNIT, TESTS, [
    ("the ReLU let everything pass",
     "bits >> k & 1u ? static_cast<float>(d_y[k]) : 0.0f", "static_cast<float>(d_y[k])"),
    ("bits of the word's first channels",
     "bits >> tile_.channel % 32 : bits", "bits : bits"),
    ("bits of the row's first word",
     " +\n           tile_.channel / 32;", ";"),
    ("bits that nobody copied",
     "if (t_.positive) __pipeline_memcpy_async(kept_word(slot), word(view, round), 4);", ""),
    ("the mean of view 0",
     "mean[k] = t_.mean[long{view} * tile_.channels + tile_.channel + k]",
     "mean[k] = t_.mean[tile_.channel + k]"),
    ("the deviation of view 0",
     "t_.inv_std[long{view} * tile_.channels + tile_.own_channel()]",
     "t_.inv_std[tile_.own_channel()]"),
    ("x lies where d_y does",
     "return kept_d_y(slot) + Tile::kThreads;", "return kept_d_y(slot);"),
    ("slots overlap",
     "dynamic_shared<Row>() + 2 * slot * Tile::kThreads", "dynamic_shared<Row>() + slot * Tile::kThreads"),
    ("bits lie where rows do",
     "2 * cut_.capacity * Tile::kThreads", "cut_.capacity * Tile::kThreads"),
    ("what was not kept is read from the ring",
     "if (round < cut_.kept) {", "if (round <= cut_.kept) {"),
], slow_tests=SLOW)

GRADIENTS = Kernel(UNIT, TESTS, [
    ("other threads' slopes are not there yet",
     "slopes(kMean)[i] = t_.mean[long{view} * tile_.channels + channel];\n    }\n    __syncthreads();",
     "slopes(kMean)[i] = t_.mean[long{view} * tile_.channels + channel];\n    }", RACES),
    ("distances from the mean of view 0",
     "slopes(kMean)[i] = t_.mean[long{view} * tile_.channels + channel];",
     "slopes(kMean)[i] = t_.mean[channel];"),
    ("every slice gives d_gamma",
     "if (slice_ > 0 || !tile_.speaks()) return;", "if (!tile_.speaks()) return;", RACES),
    ("the last view but one is forgotten",
     "earlier < view; ++earlier", "earlier < view - 1; ++earlier"),
    ("d_gamma has the mode of d_beta",
     "d_gamma_, t_.gamma_mode", "d_gamma_, t_.beta_mode"),
    ("what d_x held is forgotten",
     "t_.x_mode);\n          });", "GradientMode::Overwrite);\n          });"),
    ("what d_residual held is forgotten",
     "if (t_.d_residual && t_.residual_mode == GradientMode::Accumulate)", "if (false)"),
    ("the residual's gradient takes no notice of the ReLU",
     "give(d_residual[i][k], rows[i].gradient(k), t_.residual_mode)",
     "give(d_residual[i][k], static_cast<float>(rows[i].d_y[k]), t_.residual_mode)"),
    ("an average over all rows but one",
     "share = 1 / static_cast<float>(tile_.rows)", "share = 1 / static_cast<float>(tile_.rows - 1)"),
    ("a gradient that nobody needs",
     "if (t_.d_x) store_vector", "store_vector"),
    ("a gradient alone, without another that nobody needs",
     "if (t.d_x || t.d_residual) pass", "if (t.d_x) pass"),
    ("wide though d_x may not be",
     "all_aligned({t.d_y, t.x, t.d_x, t.d_residual})", "all_aligned({t.d_y, t.x, t.d_residual})",
     SANITIZER),
    ("wide though d_residual may not be",
     "all_aligned({t.d_y, t.x, t.d_x, t.d_residual})", "all_aligned({t.d_y, t.x, t.d_x})",
     SANITIZER),
], slow_tests=SLOW)

KNOWN = Kernel("kernels/batch_norm/batch_norm_apply.cu", TESTS, [
    ("the mean of view 0",
     "known.mean[view * known.stride + channel]", "known.mean[channel]"),
    ("the deviation of view 0",
     "inv_std[view * stride + channel]", "inv_std[channel]"),
    ("running statistics of a view",
     "t.running_variance, t.epsilon, 0}", "t.running_variance, t.epsilon, s.channels}", SANITIZER),
    ("no epsilon",
     "sqrtf(variance[channel] + epsilon)", "sqrtf(variance[channel])"),
    ("the last rounds are left out",
     "round < cut.rounds; round += Tile::kBatch", "round + Tile::kBatch <= cut.rounds; round += Tile::kBatch"),
    ("every slice is the first",
     "static_cast<int>(blockIdx.y)", "0"),
    ("channels that do not exist",
     "if (tile.inside)\n", "", SANITIZER),
    ("no ReLU the second time",
     "t.inv_std, nullptr, 0, s.channels}, t.x,\n           {t.residual, t.y, t.relu, nullptr}",
     "t.inv_std, nullptr, 0, s.channels}, t.x,\n           {t.residual, t.y, false, nullptr}"),
    ("wide though the residual may not be",
     "all_aligned({x, to.residual, to.y})", "all_aligned({x, to.y})", SANITIZER),
], slow_tests=SLOW + ",batch norm computes its result a second time - float")

SCHEDULE = Kernel(UNIT, TESTS, [
    ("no shared memory for bits",
     "relu ? 36 : 32", "32", SANITIZER),
], header="kernels/batch_norm/schedule.h", slow_tests=SLOW)

KERNELS = [SUMS, GRADIENTS, KNOWN, SCHEDULE]
