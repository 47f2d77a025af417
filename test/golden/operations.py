#!/usr/bin/env python3
"""Golden values of single operations: inputs, outputs and gradients from PyTorch in float64.

    python3 test/golden/operations.py

Writes operations.safetensors beside this script. Tensors are CASE.NAME: the inputs (x, weight...),
the outputs (y, or loss), and for a differentiable input its gradient d_NAME, where d_y is the
gradient that came in (of a loss: 1). Layouts are PyTorch's: NCHW, OIHW, IOHW for transposed
convolutions; logits [views, images, classes]; labels int32. What else a case needs (strides, T) is
JSON text in the metadata under its name.
"""
import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

import formula
import safetensors_file

HERE = pathlib.Path(__file__).resolve().parent
tensors, metadata = {}, {"made_by": "test/golden/operations.py"}


def case(name, operation, shapes, settings=None, fills=None, fixed=None):
    """Runs operation(**inputs) -> {output: tensor} and keeps inputs, outputs and gradients.

    shapes: input -> shape, filled by formula.py; fills: input -> (center, spread) unless (0, 1).
    fixed: further tensors that no gradient reaches, such as labels.
    The first output is differentiated; in-place changes of a fixed tensor are kept as "NAME_after".
    """
    inputs = {}
    for key, shape in shapes.items():
        value = formula.values(f"{name}.{key}", shape, *(fills or {}).get(key, (0.0, 1.0)))
        inputs[key] = torch.from_numpy(value).double().requires_grad_()
    given = {key: torch.from_numpy(value) for key, value in (fixed or {}).items()}
    working = {key: value.double() if value.is_floating_point() else value.long()
               for key, value in given.items()}
    outputs = operation(**inputs, **working)
    first, y = next(iter(outputs.items()))
    d_y = torch.ones((), dtype=torch.float64)
    if y.dim():
        d_y = torch.from_numpy(formula.values(f"{name}.d_{first}", tuple(y.shape))).double()
        keep(f"{name}.d_{first}", d_y)
    gradients = torch.autograd.grad(y, list(inputs.values()), d_y, allow_unused=True)
    for key, value in {**inputs, **outputs}.items():
        keep(f"{name}.{key}", value)
    for key, gradient in zip(inputs, gradients):  # None where the operation detaches the input
        keep(f"{name}.d_{key}", torch.zeros_like(inputs[key]) if gradient is None else gradient)
    for key, value in given.items():
        keep(f"{name}.{key}", value)
        if value.is_floating_point() and not torch.equal(working[key], value.double()):
            keep(f"{name}.{key}_after", working[key])
    if settings:
        metadata[name] = json.dumps(settings)


def keep(name, value):
    value = value.detach().numpy()
    tensors[name] = value.astype(np.int32 if value.dtype.kind == "i" else np.float32)


def convolutions():
    def add(name, x, weight, bias=False, groups=1, **settings):
        settings["groups"] = groups
        shapes = {"x": x, "weight": weight} | ({"bias": (weight[0],)} if bias else {})
        case(name, lambda x, weight, bias=None: {"y": F.conv2d(x, weight, bias, **settings)},
             shapes, settings)

    add("convolution_3x3", (2, 3, 5, 7), (4, 3, 3, 3), stride=1, padding=1)
    add("convolution_strided", (2, 5, 8, 7), (6, 5, 3, 3), stride=2, padding=1)
    add("convolution_grouped", (2, 6, 5, 5), (4, 3, 3, 3), stride=1, padding=1, groups=2)
    add("convolution_grouped_strided", (2, 8, 6, 6), (8, 2, 3, 3), stride=2, padding=1, groups=4)
    add("convolution_1x1_strided", (3, 4, 5, 5), (8, 4, 1, 1), stride=2, padding=0)
    add("convolution_unpadded_bias", (3, 4, 4, 4), (5, 4, 3, 3), bias=True, stride=1, padding=0)
    add("convolution_7x7_stem", (1, 3, 11, 12), (4, 3, 7, 7), stride=2, padding=3)

    def add_transposed(name, x, weight, output_padding=0, **settings):
        settings["output_padding"] = output_padding
        case(name, lambda x, weight: {"y": F.conv_transpose2d(x, weight, **settings)},
             {"x": x, "weight": weight}, settings)

    add_transposed("transposed_convolution", (2, 5, 4, 4), (5, 3, 3, 3), stride=1, padding=1)
    add_transposed("transposed_convolution_even", (2, 4, 4, 4), (4, 4, 3, 3), stride=2, padding=1,
                   output_padding=1)
    add_transposed("transposed_convolution_odd", (2, 4, 4, 4), (4, 4, 3, 3), stride=2, padding=1)


def selective_batch_norm(x, gamma, beta, running_mean, running_var, residual=None, *, views, relu):
    """Statistics per view; running statistics (momentum .1, unbiased) from view 0 alone."""
    y = torch.cat([F.batch_norm(part, running_mean if view == 0 else None,
                                running_var if view == 0 else None, gamma, beta, True, 0.1, 1e-5)
                   for view, part in enumerate(x.chunk(views))])
    y = y if residual is None else y + residual
    return {"y": F.relu(y) if relu else y}


def batch_norms():
    for name, views, images, channels, size, relu, residual in [
            ("batch_norm", 1, 3, 4, 3, False, False),
            ("batch_norm_views", 3, 2, 5, 3, False, False),
            ("batch_norm_relu", 2, 3, 5, 3, True, False),
            ("batch_norm_residual_relu", 5, 2, 3, 4, True, True)]:
        x = (views * images, channels, size, size)
        shapes = {"x": x, "gamma": (channels,), "beta": (channels,)}
        shapes |= {"residual": x} if residual else {}
        settings = {"views": views, "relu": relu}
        case(name, lambda settings=settings, **given: selective_batch_norm(**given, **settings),
             shapes, settings | {"momentum": 0.1, "epsilon": 1e-5}, fills={"gamma": (1.0, 0.5)},
             fixed={"running_mean": formula.values(f"{name}.running_mean", (channels,)),
                    "running_var": formula.values(f"{name}.running_var", (channels,), 1.0, 0.5)})
    case("batch_norm_inference",
         lambda x, gamma, beta, running_mean, running_var: {
             "y": F.batch_norm(x, running_mean, running_var, gamma, beta, False, 0.1, 1e-5)},
         {"x": (2, 5, 3, 3), "gamma": (5,), "beta": (5,)}, {"epsilon": 1e-5},
         fills={"gamma": (1.0, 0.5)},
         fixed={"running_mean": formula.values("batch_norm_inference.running_mean", (5,)),
                "running_var": formula.values("batch_norm_inference.running_var", (5,), 1.0, 0.5)})


def elementwise_and_pooling():
    case("global_average_pool", lambda x: {"y": x.mean((2, 3))}, {"x": (3, 5, 4, 4)})
    case("max_pool_2x2", lambda x: {"y": F.max_pool2d(x, 2, 2)}, {"x": (2, 5, 6, 4)},
         {"kernel": 2, "stride": 2, "padding": 0})
    case("max_pool_3x3", lambda x: {"y": F.max_pool2d(x, 3, 2, 1)}, {"x": (2, 5, 7, 6)},
         {"kernel": 3, "stride": 2, "padding": 1})
    case("sigmoid_gate", lambda x, gate: {"y": x * torch.sigmoid(gate)},
         {"x": (3, 4, 3, 3), "gate": (3, 4, 3, 3)})
    case("linear", lambda x, weight, bias: {"y": F.linear(x, weight, bias)},
         {"x": (7, 6), "weight": (10, 6), "bias": (10,)})


def losses():
    def cross_entropy(logits, labels):
        return {"loss": F.cross_entropy(logits, labels)}

    case("cross_entropy", cross_entropy, {"logits": (7, 10)}, fills={"logits": (0.0, 4.0)},
         fixed={"labels": formula.labels("cross_entropy.labels", 7, 10)})

    for name, mutual, t in [("kl_detached", False, 1.0), ("kl_detached_warm", False, 2.5),
                            ("kl_mutual", True, 1.0), ("kl_mutual_warm", True, 2.5)]:
        def kl(logits, mutual=mutual, t=t):
            """sum_j T^2 mean_i KL(softmax(z0 / T) || softmax(zj / T))."""
            teacher = logits[0] if mutual else logits[0].detach()
            log_p, log_q = F.log_softmax(teacher / t, 1), F.log_softmax(logits[1:] / t, 2)
            per_head = (log_p.exp() * (log_p - log_q)).sum(2).mean(1)
            return {"loss": t * t * per_head.sum(), "per_head": per_head}

        case(name, kl, {"logits": (5, 3, 10)}, {"mutual": mutual, "temperature": t},
             fills={"logits": (0.0, 4.0)})

    def weight_penalty(weight0, bias0, weight1, bias1, weight2, bias2):
        squares = [(weight0 - weight).square().sum() for weight in [weight1, weight2]]
        biases = [(bias0 - bias).square().sum() for bias in [bias1, bias2]]
        distance = torch.stack(squares).sqrt() / weight0.square().sum().sqrt()
        return {"loss": 0.75 * (sum(squares) + sum(biases)), "distance": distance}

    def weight_penalty_to_primary(weight0, bias0, **heads):
        return weight_penalty(weight0.detach(), bias0.detach(), **heads)

    for name, penalty in [("weight_penalty", weight_penalty),
                          ("weight_penalty_to_primary", weight_penalty_to_primary)]:
        case(name, penalty,
             {f"{kind}{j}": shape for j in range(3) for kind, shape in
              [("weight", (10, 6)), ("bias", (10,))]}, {"coefficient": 0.75})


def optimizers():
    """Three steps of SGD with momentum and weight decay, a fixed gradient for each step."""
    for name, nesterov in [("sgd", False), ("sgd_nesterov", True)]:
        weight = torch.from_numpy(formula.values(f"{name}.weight", (33,))).double().requires_grad_()
        keep(f"{name}.weight", weight)
        settings = {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01, "nesterov": nesterov}
        optimizer = torch.optim.SGD([weight], **settings)
        for step in range(1, 4):
            weight.grad = torch.from_numpy(formula.values(f"{name}.gradient{step}", (33,))).double()
            keep(f"{name}.gradient{step}", weight.grad)
            optimizer.step()
            keep(f"{name}.weight_after{step}", weight)
        keep(f"{name}.momentum_after3", optimizer.state[weight]["momentum_buffer"])
        metadata[name] = json.dumps(settings)


if __name__ == "__main__":
    torch.set_num_threads(1)
    convolutions()
    batch_norms()
    elementwise_and_pooling()
    losses()
    optimizers()
    safetensors_file.write(HERE / "operations.safetensors", tensors, metadata)
