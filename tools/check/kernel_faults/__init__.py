"""The faults that planted_kernel_faults.py plants, a file for each family of kernels."""
from . import (batch_norm, batch_norm_backward, bias, cross_entropy, distillation, dropout,
               elementwise, layout, pooling, sgd, views, weight_penalty)

KERNELS = [kernel for family in (elementwise, dropout, bias, sgd, cross_entropy, distillation,
                                 weight_penalty, pooling, layout, batch_norm, batch_norm_backward,
                                 views)
           for kernel in family.KERNELS]
