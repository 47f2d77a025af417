"""Weights of PyTorch in, weights and ONNX out: the same logits, to 1e-4, wherever they are computed.

    exchange_test.py AUXTRAIN [--onnxruntime] [MODEL]

torchvision's modules (and ours, where it has none) get weights at random; their .pth files go through
`auxtrain import`, `predict` and `export`. What comes out loads with strict=True into the module it
came from, and as ONNX it is computed by PyTorch's functions, as the operators' specification says;
with --onnxruntime by ONNX Runtime instead, after onnx's checker. Skips (77) where one of them is
missing; other interpreters than this one are tried: $AUXTRAIN_TEST_PYTHON and Debian's.
"""
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile

SKIPPED = 77
CLASSES, IMAGES, LIMIT = 10, 2, 1e-4
DEBIANS = "/usr/bin/python3"

needed = ["torch", "torchvision"] + (["onnx", "onnxruntime"] if "--onnxruntime" in sys.argv else [])
missing = [name for name in needed if not importlib.util.find_spec(name)]
tried = os.environ.get("EXCHANGE_TRIED", "").split(":") + [sys.executable]
for python in [os.environ.get("AUXTRAIN_TEST_PYTHON", ""), DEBIANS]:
    if missing and os.access(python, os.X_OK) and python not in tried:
        os.execve(python, [python, "-B", *sys.argv],
                  {**os.environ, "EXCHANGE_TRIED": ":".join(tried)})
if missing:
    print("skipped: not installed here:", ", ".join(missing))
    sys.exit(SKIPPED)

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parents[1] / "tools/compare")]

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
import torchvision  # noqa: E402
from torch import nn  # noqa: E402

import load_primary  # noqa: E402
import onnx_reader  # noqa: E402

CASES = [(model, stem) for stem in ("imagenet", "cifar")
         for model in ("resnet18", "resnet50", "resnext50_32x4d", "alexnet")] + [("resnet20", "cifar")]
NORMALIZATION = {"imagenet": ([.485, .456, .406], [.229, .224, .225]),
                 "cifar": ([.4914, .4822, .4465], [.2023, .1994, .2010])}


def build(model, stem):
    if stem == "imagenet":
        return getattr(torchvision.models, model)(num_classes=CLASSES)
    return load_primary.build(model, stem, CLASSES)


def at_random(module):
    """Also what begins as ones and zeros."""
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            for tensor, low, high in ((layer.weight, .5, 1), (layer.bias, -.2, .2),
                                      (layer.running_mean, -.2, .2), (layer.running_var, .5, 1.5)):
                nn.init.uniform_(tensor, low, high)
    return module.eval()


def picture(file, size, seed):
    """Writes a picture of coarse random colours; its pixels [3, size, size] in [0, 1]."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, 8, 8, generator=generator)
    pixels = (F.interpolate(coarse, size=size, mode="bilinear")[0] * 255).byte()
    file.write_bytes(b"P6 %d %d 255\n" % (size, size) + pixels.permute(1, 2, 0).numpy().tobytes())
    return pixels.float() / 255


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return done.stdout


def predicted(program, model, pictures):
    """log(probability) of every class, as `predict` gives it."""
    result = json.loads(run(program, "predict", model, *pictures, "--top", CLASSES, "--json", "-"))
    made = torch.zeros(len(pictures), CLASSES, dtype=torch.double)
    for image, entry in enumerate(result["images"]):
        for each in entry["top"]:
            made[image, each["class"]] = each["probability"]
    return made.log()


def by_pytorch(model, images):
    """Computes the graph, operator by operator."""
    values = {name: torch.tensor(onnx_reader.floats(raw)).view(shape)
              for name, (shape, raw) in model.constants.items()}
    values["image"] = images
    for node in model.nodes:
        x, *more = [values[name] for name in node.inputs]
        a = node.attributes
        if node.op in ("Conv", "MaxPool"):
            top, left, bottom, right = a["pads"]
            if (top, left) != (bottom, right) or top != left:
                raise ValueError(f"{node.output}: pads {a['pads']}")
        values[node.output] = {
            "Sub": lambda: x - more[0],
            "Div": lambda: x / more[0],
            "Add": lambda: x + more[0],
            "Relu": lambda: F.relu(x),
            "Conv": lambda: F.conv2d(x, *more, stride=a["strides"], padding=a["pads"][:2],
                                     groups=a["group"]),
            "MaxPool": lambda: F.max_pool2d(x, a["kernel_shape"], a["strides"], a["pads"][:2]),
            "GlobalAveragePool": lambda: x.mean((2, 3), keepdim=True),
            "Flatten": lambda: x.flatten(a["axis"]),
            "Gemm": lambda: x @ more[0].t() + more[1] if a == {"transB": 1} else None,
        }[node.op]()
    output, = model.outputs
    return values[output]


def by_onnxruntime(file, images):
    import onnx
    import onnxruntime
    onnx.checker.check_model(str(file), full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    return torch.from_numpy(session.run(["logits"], {"image": images.numpy()})[0])


def check_onnx(file, module, stem, size):
    """What can be said of the file before it is computed."""
    model = onnx_reader.read(file)
    onnx_reader.check(model)
    names = json.loads(model.metadata["class_names"])
    # Batch norms are folded: of each a bias is left.
    norms = [layer for layer in module.modules() if isinstance(layer, nn.BatchNorm2d)]
    folded = sum(p.numel() for p in module.parameters()) - sum(n.weight.numel() for n in norms)
    count = sum(len(raw) // 4 for name, (_, raw) in model.constants.items()
                if not name.startswith("normalization."))
    facts = {"opset": (model.opset, 13), "input": (model.inputs, {"image": ["batch", 3, size, size]}),
             "output": (model.outputs, {"logits": ["batch", CLASSES]}),
             "names": (names, [f"class {c}" for c in range(CLASSES)]),
             "stem": (model.metadata["stem"], stem), "numbers": (count, folded),
             "convolutions": (sum(node.op == "Conv" for node in model.nodes),
                              sum(isinstance(m, nn.Conv2d) for m in module.modules())
                              + 2 * (type(module) is torchvision.models.AlexNet))}
    for fact, (ours, right) in facts.items():
        if ours != right:
            raise ValueError(f"{fact}: {ours}, expected {right}")
    return model


def differences(program, model, stem, folder, onnxruntime):
    """name -> the largest difference of a logit to the module's."""
    torch.manual_seed(1)
    module, size = at_random(build(model, stem)), 224 if stem == "imagenet" else 32
    weights, imported = folder / "w.pth", folder / "imported.safetensors"
    torch.save(module.state_dict(), weights)
    names = folder / "names.txt"
    names.write_text("".join(f"class {c}\n" for c in range(CLASSES)))
    run(program, "import", weights, "--model", model, "--stem", stem, "--class-names", names,
        "--output", imported)
    weights.unlink()
    pictures = [folder / f"{i}.ppm" for i in range(IMAGES)]
    images = torch.stack([picture(file, size, i) for i, file in enumerate(pictures)])
    mean, std = (torch.tensor(numbers).view(3, 1, 1) for numbers in NORMALIZATION[stem])
    with torch.no_grad():
        right = module((images - mean) / std).double()
    scale = max(1, right.abs().max().item())
    log_right = right.log_softmax(1)
    exported, onnx_file = folder / "exported.safetensors", folder / "exported.onnx"
    printed = [run(program, "export", imported, "--output", file) for file in (exported, onnx_file)]
    count = f"{sum(p.numel() for p in module.parameters()):,} parameters"
    if not all(count in line for line in printed):
        raise ValueError(f"{printed}, expected {count}")

    tensors, _ = load_primary.read_safetensors(exported)
    other = build(model, stem).eval()
    other.load_state_dict(tensors, strict=True)
    graph = check_onnx(onnx_file, module, stem, size)
    made = {}
    with torch.no_grad():
        made["predict"] = predicted(program, imported, pictures) - log_right
        made["strict"] = other((images - mean) / std) - right
        made["onnx"] = (by_onnxruntime(onnx_file, images) if onnxruntime
                        else by_pytorch(graph, images)) - right
        made["batch 1"] = (by_onnxruntime(onnx_file, images[1:]) if onnxruntime
                           else by_pytorch(graph, images[1:])) - right[1:]
    return {name: difference.abs().max().item() / scale for name, difference in made.items()}


def main(program, arguments):
    onnxruntime = "--onnxruntime" in arguments
    wanted = [word for word in arguments if word != "--onnxruntime"]
    cases = [case for case in CASES if not wanted or case[0] in wanted]
    if not cases:
        sys.exit(f"no such model: {', '.join(wanted)}")
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    failed = False
    for model, stem in cases:
        with tempfile.TemporaryDirectory(prefix="auxtrain_exchange.") as folder:
            made = differences(program, model, stem, pathlib.Path(folder), onnxruntime)
        wrong = [name for name, difference in made.items() if not difference <= LIMIT]
        failed |= bool(wrong)
        print(f"{model:16} {stem:9}", *(f"{name} {value:.1e}" for name, value in made.items()),
              *(f"WRONG: {name}" for name in wrong), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
