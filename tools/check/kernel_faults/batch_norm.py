"""Faults of batch norm's forward pass, and of what it shares with the backward pass."""
from .fault import RACES, SANITIZER, Kernel

UNIT, TESTS = "kernels/batch_norm/batch_norm.cu", "[batch_norm]"
SLOW = ("views do not see each other - float,batch norm works in place - float,"
        "batch norm for inference - float,one array decides how wide all accesses of batch norm are*")

FORWARD = Kernel(UNIT, TESTS, [
    ("running statistics of view 1",
     "if (view == 0) {", "if (view == 1) {"),
    ("every slice updates running statistics",
     "if (slice_ == 0) {", "if (true) {", RACES),
    ("a running variance that is biased",
     "squares / (rows - 1)", "squares / rows"),
    ("saved statistics of view 0 alone",
     "of_view = long{view} * tile_.channels + channel;", "of_view = channel;"),
    ("the reference of view 0",
     "t_.x + view_start + tile_.channel", "t_.x + tile_.channel"),
    ("x where y may already be",
     "average = exchange_.shared(view)[channel]",
     "average = static_cast<float>(t_.x[long{view} * tile_.rows * tile_.channels + channel])", RACES),
    ("no epsilon",
     "squares / rows + t_.epsilon", "squares / rows"),
    ("other threads' statistics are not there yet",
     "}\n      }\n    }\n    __syncthreads();", "}\n      }\n    }", RACES),
    ("the last rounds of a slice are left out",
     "round < cut_.rounds; round += kBatch", "round + kBatch <= cut_.rounds; round += kBatch"),
    ("wide though the residual may not be",
     "all_aligned({t.x, t.residual, t.y})", "all_aligned({t.x, t.y})", SANITIZER),
    ("wide though y may not be",
     "all_aligned({t.x, t.residual, t.y})", "all_aligned({t.x, t.residual})", SANITIZER),
], slow_tests=SLOW)

RESULTS = Kernel(UNIT, TESTS, [
    ("hides NaN",
     "!(y <= 0)", "y > 0"),
    ("the residual is forgotten",
     "if (t.residual) y += static_cast<float>(residual[i][k]);", ""),
    ("the residual of view 0",
     "t.residual + tile.at(view, round)", "t.residual + tile.at(0, round)"),
    ("bits of the tile's first channels",
     "bits << tile.channel % Tile::kTileChannels", "bits"),
    ("every lane stores the bits",
     "if (!stores || threadIdx.x % Tile::kAcross != 0) return;", "if (!stores) return;", RACES),
    ("bits of no channel",
     "if (last && tile.tile % 2 == 0) halves", "if (false) halves"),
], slow_tests=SLOW, header="kernels/batch_norm/normalise.cuh")

COPIES = Kernel(UNIT, TESTS, [
    ("a wait that comes too early",
     "view_ - view - 1)", "view_ - view)"),
    ("copies that nobody commits",
     "__pipeline_commit();  // a view is what is waited for", ""),
    ("a slot is filled again before it was read",
     "give(begin, cut.kept);\n    __syncwarp();  // no read moves down here\n"
     "    for (int i = 0; i < min(kBatch, cut.kept - begin); ++i) copy_next();",
     "for (int i = 0; i < min(kBatch, cut.kept - begin); ++i) copy_next();\n"
     "    give(begin, cut.kept);"),
    ("every view begins at slot 0",
     "long{view - first_} * kept_ % capacity_", "0"),
    ("the ring does not close",
     ": first + round - capacity_;", ": first + round;"),
], slow_tests=SLOW, header="kernels/batch_norm/tiles.cuh")

SUMS = Kernel(UNIT, TESTS, [
    ("off-by-one guard of rows",
     "row(round) < no_row", "row(round) <= no_row"),
    ("off-by-one guard of channels",
     "inside(channel < s.channels)", "inside(channel <= s.channels)"),
    ("the last lanes do not add",
     "bits < kWarp; bits *= 2) {\n    const float more", "bits < kWarp / 2; bits *= 2) {\n    const float more"),
    ("how far two means lie apart is forgotten",
     "other_squares + apart * apart * shares.between", "other_squares"),
    ("slower threads still read",
     "__syncthreads();  // slower threads have read what was there", "", RACES),
    ("other warps' parts are not there yet",
     "give(parts);\n  __syncthreads();", "give(parts);", RACES),
    ("the last warp's part is missing",
     "group < kGroups; ++group", "group < kGroups - 1; ++group"),
    ("the grid does not meet",
     "cooperative_groups::this_grid().sync();", "", RACES),
    ("slices of all views in one place",
     "(long{view} * (2 * slices + 1) + index)", "long{index}"),
    ("the last slice is missing",
     "slice < slices; slice += kGroups", "slice < slices - 1; slice += kGroups"),
    ("the last slice weighs as much as the others",
     "min(cut.rows_per_slice, tile.rows - begin)", "cut.rows_per_slice"),
], slow_tests=SLOW, header="kernels/batch_norm/tiles.cuh")

LAUNCH = Kernel(UNIT, TESTS, [
    ("nobody asks for more shared memory",
     "if (!fits && !asked)", "if (false)"),
    ("not all blocks are alive",
     "attribute.val.cooperative = geometry.cooperative;", ""),
], slow_tests=SLOW, header="kernels/base/launch.cuh")

# Alone in a process: a kernel that has once asked for more may have it from then on.
OWN_SHARED_MEMORY = Kernel(UNIT, "views do not see each other - float", [
    ("a kernel's own shared memory does not count",
     "allow_dynamic_shared(reinterpret",
     "if (geometry.dynamic_shared_bytes > (48 << 10)) allow_dynamic_shared(reinterpret"),
], header="kernels/base/launch.cuh")

KERNELS = [FORWARD, RESULTS, COPIES, SUMS, LAUNCH, OWN_SHARED_MEMORY]
