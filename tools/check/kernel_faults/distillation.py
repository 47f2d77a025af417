"""Faults of distillation, where several views' rows of logits share a block."""
from .fault import RACES, Kernel

UNIT, TESTS = "kernels/distillation/distillation.cu", "[distillation]"

DISTILLATION = Kernel(UNIT, TESTS, [
    ("a view learns from itself",
     "const Softmax teacher = all_softened[0];", "const Softmax teacher = all_softened[view];"),
    ("rows lie image by image",
     "(long{v} * sizes.images + image) * classes", "(image * sizes.views + v) * classes"),
    ("the weight of view 0",
     "t.ce_weight[view] * inverse_images", "t.ce_weight[0] * inverse_images"),
    ("the label of image 0",
     "t.labels[image]", "t.labels[0]"),
    ("every view writes the teacher",
     "if (view == 0) plain_of_teacher", "plain_of_teacher", RACES),
    ("the teacher is not there yet",
     "plain_of_teacher = plain;\n  }\n  __syncthreads();", "plain_of_teacher = plain;\n  }", RACES),
    ("divergences are not there yet",
     "divergences[view] = divergence;\n  }\n  __syncthreads();",
     "divergences[view] = divergence;\n  }", RACES),
    ("a detached teacher learns",
     "sizes.teacher == Teacher::Mutual ? sizes.views : 1", "sizes.views"),
    ("the teacher does not hear the last view",
     "v < learners; ++v", "v < learners - 1; ++v"),
    ("views give each other's share of the teacher's gradient",
     "c += static_cast<int>(blockDim.x)", "c += team.size", RACES),
    ("the temperature once too often",
     "*t.kl_weight * temperature * inverse_images",
     "*t.kl_weight * temperature * temperature * inverse_images"),
    ("0 times minus infinity",
     "return s > 0.0f ? s * log_ratio : 0.0f;", "return s * log_ratio;"),
])

TOTALS = Kernel(UNIT, TESTS, [
    ("images that a lane meets later are left out",
     "image < sizes.images; image += kWarp", "image < min(sizes.images, kWarp); image += kWarp"),
    ("the weight of view 0 in the total",
     "losses[view] = t.ce_weight[view]", "losses[view] = t.ce_weight[0]"),
    ("other views' losses are not there yet",
     "*t.temperature * kl;\n  }\n  __syncthreads();", "*t.temperature * kl;\n  }", RACES),
    ("every thread writes the total",
     "if (threadIdx.x > 0) return;", "", RACES),
    ("the last view's loss is missing",
     "v < sizes.views; ++v) loss", "v < sizes.views - 1; ++v) loss"),
    ("an average over lanes",
     "kl = warp_sum(kl) / sizes.images;", "kl = warp_sum(kl) / kWarp;"),
])

ROWS = Kernel(UNIT, TESTS, [
    ("the sums of view 0's warps",
     "first = row * warps;", "first = 0;"),
    ("slower warps still read the view's other softmax",
     "__syncthreads();  // the last results have been read", "", RACES),
    ("only who may be right meets",
     "team.sum(greatest ? label : 0, [&](int c) { return logits[c] == max ? 1.0f : 0.0f; });",
     "!greatest ? 1 : team.sum(label, [&](int c) { return logits[c] == max ? 1.0f : 0.0f; });"),
], header="kernels/cross_entropy/softmax_row.cuh")

KERNELS = [DISTILLATION, TOTALS, ROWS]
