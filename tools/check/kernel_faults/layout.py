"""Faults of weights and pixels on their way to channels last and back."""
from .fault import RACES, SANITIZER, Kernel

UNIT = "kernels/layout/layout.cu"

WEIGHTS = Kernel(UNIT, "weights to channels last*", [
    ("what others read of x is not there yet",
     "shared[place_of(i)] = x[i];\n  }\n  __syncthreads();", "shared[place_of(i)] = x[i];\n  }",
     RACES),
    ("what others read of y is not there yet",
     "shared[place_of(c * taps + tap)] = y[k];\n  }\n  __syncthreads();",
     "shared[place_of(c * taps + tap)] = y[k];\n  }", RACES),
    ("two floats share a place",
     "return i + i / 32;", "return i - i / 32;", RACES),
    ("the padding is what lies behind",
     "c < tile.channels ? shared[place_of(c * taps + tap)] : 0.0f;",
     "shared[place_of(c * taps + tap)];"),
    ("the last channels are not fetched",
     "items = (tile.channels + kWidth - 1) / kWidth;", "items = tile.channels / kWidth;"),
    ("shared memory without its gaps",
     "static_cast<std::size_t>(place_of(tile_channels * s.taps))",
     "static_cast<std::size_t>(tile_channels * s.taps)", SANITIZER),
    ("the last tile is as wide as the others",
     "min(cut.tile_channels, s.padded_channels - first)", "cut.tile_channels"),
    ("filters of fewer than whole accesses",
     "s.channels * s.taps % kRunWidth == 0 &&", "true &&"),
    ("wide wherever x begins",
     " && are_aligned<kRunWidth>(x)", "", SANITIZER),
    ("taps lie as near as in one tile",
     "tap * cut.s.padded_channels + channel, y)", "tap * tile.padded_channels + channel, y)"),
    ("filters lie as near as without padding",
     "y_offset = filter * s.taps * s.padded_channels", "y_offset = filter * s.taps * s.channels"),
    ("always overwrites",
     "load_start<width>(x + i, t.mode)", "load_start<width>(x + i, GradientMode::Overwrite)"),
])

PIXELS = Kernel(UNIT, "channels of pixels*", [
    ("the next pixel is the padding",
     "c < channels ? static_cast<float>(x[c]) : 0.0f;", "static_cast<float>(x[c]);"),
    ("the padding lands in the next pixel",
     "if (c >= channels) break;", "", RACES),
    ("off by one channel",
     "if (c >= channels) break;", "if (c >= channels - 1) break;"),
    ("pixels lie as near as without padding",
     "t.y + long{pixel} * padded_channels + item * kWidth, y)",
     "t.y + long{pixel} * channels + item * kWidth, y)"),
    ("always accumulates",
     "load_start<1>(x + c, t.mode)", "load_start<1>(x + c, GradientMode::Accumulate)"),
    ("always overwrites",
     "load_start<1>(x + c, t.mode)", "load_start<1>(x + c, GradientMode::Overwrite)"),
])

KERNELS = [WEIGHTS, PIXELS]
