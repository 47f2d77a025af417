"""Weights of others in, weights and ONNX out, as far as no other framework is needed."""
import json
import os
import pathlib
import struct
import sys
import unittest

from program import FOLDER, TINY, ProgramTest, auxtrain, trained, write_bytes, write_json

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "exchange"))

import onnx_reader  # noqa: E402

IMAGE = b"P6 32 32 255\n" + bytes(7 * i * i % 256 for i in range(32 * 32 * 3))


def read(name):
    """-> tensors as name -> (shape, bytes), metadata."""
    content = (FOLDER / name).read_bytes()
    size, = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + size])
    metadata, data = header.pop("__metadata__", {}), content[8 + size:]
    return {key: (entry["shape"], data[slice(*entry["data_offsets"])])
            for key, entry in header.items()}, metadata


def write(name, tensors):
    header, data = {}, b""
    for key, (shape, numbers) in tensors.items():
        header[key] = {"dtype": "F32", "shape": shape,
                       "data_offsets": [len(data), len(data) + len(numbers)]}
        data += numbers
    text = json.dumps(header).encode()
    return write_bytes(name, struct.pack("<Q", len(text)) + text + data)


class Exchange(ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.exported = "exported.safetensors"
        auxtrain("export", trained(), "--output", cls.exported)
        cls.tensors, cls.metadata = read(cls.exported)
        cls.weights = write("weights.safetensors", cls.tensors)  # and nothing else
        cls.model = ("--model", "resnet20", "--stem", "cifar", "--width", "4")

    def imported(self, *options):
        self.results_of("import", self.weights, *self.model, "--output", "in.safetensors", *options)
        return read("in.safetensors")

    def test_what_goes_out_comes_in_again(self):
        printed = self.results_of("import", self.weights, *self.model, "--output", "in.safetensors")
        self.assertEqual(printed, self.results_of("export", trained(), "--output", self.exported)
                         .replace(self.exported, "in.safetensors"))
        tensors, metadata = read("in.safetensors")
        self.assertEqual(tensors, self.tensors)
        self.assertEqual(json.loads(metadata["class_names"]), [str(c) for c in range(10)])
        self.assertEqual(metadata["dataset"], "unknown")
        image = write_bytes("image.ppm", IMAGE)
        options = (image, "--top", "10", "--json", "-")
        ours, theirs = (json.loads(self.results_of("predict", model, *options))["images"][0]["top"]
                        for model in ("in.safetensors", trained()))
        self.assertEqual([each["class"] for each in ours], [each["class"] for each in theirs])

    def test_what_the_file_does_not_say_is_said_with_it(self):
        names = write_bytes("names.txt", "".join(f"é{c}\r\n" for c in range(10)).encode())
        _, metadata = self.imported("--class-names", names, "--dataset", "synthetic",
                                    "--mean", "0.5,0.25,0.125", "--std", "1,2,4")
        self.assertEqual(json.loads(metadata["class_names"]), [f"é{c}" for c in range(10)])
        self.assertEqual(json.loads(metadata["normalization_mean"]), [0.5, 0.25, 0.125])
        self.assertEqual(json.loads(metadata["normalization_std"]), [1, 2, 4])
        self.assertEqual(json.loads(self.results_of("evaluate", "in.safetensors", "--json", "-"))
                         ["dataset"], "synthetic")

    def test_onnx(self):
        printed = self.results_of("export", trained(), "--output", "out.onnx")
        self.assertEqual(printed, self.results_of("export", trained(), "--output", self.exported)
                         .replace(self.exported, "out.onnx"))
        model = onnx_reader.read(FOLDER / "out.onnx")
        onnx_reader.check(model)
        self.assertEqual((model.ir_version, model.opset), (7, 13))
        self.assertEqual(model.inputs, {"image": ["batch", 3, 32, 32]})
        self.assertEqual(model.outputs, {"logits": ["batch", 10]})
        self.assertEqual(model.metadata["class_names"], self.metadata["class_names"])
        self.assertEqual([node.op for node in model.nodes][:4], ["Sub", "Div", "Conv", "Relu"])
        self.assertEqual([node.op for node in model.nodes][-3:],
                         ["GlobalAveragePool", "Flatten", "Gemm"])
        # The plain backbone's numbers, a bias in place of each batch norm, and no auxiliary ones.
        numbers = {name: len(raw) // 4 for name, (_, raw) in model.constants.items()
                   if not name.startswith("normalization.")}
        plain = {name: len(raw) // 4 for name, (_, raw) in self.tensors.items()
                 if "running_" not in name and not (".bn" in name and name.endswith("weight"))
                 and name not in ("bn1.weight",) and ".downsample.1.weight" not in name}
        self.assertEqual(sum(numbers.values()), sum(plain.values()))
        self.assertFalse([name for name in numbers if "auxiliary" in name])

    def test_a_training_starts_from_it(self):
        # Of other classes; its learning rate is 0, so that what it starts with is what it ends with.
        shape, raw = self.tensors["fc.weight"]
        seven = write("seven.safetensors", {
            **self.tensors, "fc.weight": ([7, shape[1]], raw[:7 * shape[1] * 4]),
            "fc.bias": ([7], self.tensors["fc.bias"][1][:28])})
        still = {**TINY, "init": seven, "optimizer": {"lr": 0, "weight_decay": 0},
                 "method": {"name": "standard"}}
        done = auxtrain("train", write_json("still.json", still), "--output", "started")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("note: seven.safetensors: its last layer is for 7 classes; the one for 10 "
                      "begins anew\n", done.stderr)
        tensors, _ = read("started/primary.safetensors")
        for name in ("conv1.weight", "layer3.2.bn2.bias"):
            self.assertEqual(tensors[name], self.tensors[name])
        self.assertEqual(tensors["fc.weight"][0], shape)
        self.assertNotEqual(tensors["fc.weight"], self.tensors["fc.weight"])

    def test_what_cannot_be_is_refused(self):
        def refused(arguments, *parts, code=2):
            with self.subTest(arguments=arguments):
                self.assert_refused(auxtrain(*arguments), code, *parts)
        to = ("--output", "refused.safetensors")
        refused(["import", "none.pth", *self.model, *to], "none.pth: there is no such file")
        refused(["import", self.weights, *self.model, "--output", "x.onnx"], "--output", "x.onnx")
        refused(["import", self.weights, *self.model, "--output", "no/x.safetensors"],
                "--output: no/x.safetensors: cannot be written")
        refused(["import", self.weights, *self.model, *to, "--dataset", os.fsdecode(b"\xe9")],
                "--dataset: expected UTF-8")
        refused(["import", self.weights, "--model", "resnet19", *to], "resnet19", "resnet18")
        refused(["import", self.weights, "--model", "resnet20", *to],
                "resnet20 has no stem imagenet; expected cifar")
        refused(["import", self.weights, *self.model[:4], *to], "weights.safetensors: does not fit",
                "conv1.weight is [4, 3, 3, 3], expected [16, 3, 3, 3]", "more", code=1)
        refused(["import", self.weights, *self.model, *to, "--std", "1,0,1"], "--std", "got 0")
        for std in ("1e-07,1,1", "inf,1,1", "nan,1,1"):
            refused(["import", self.weights, *self.model, *to, "--std", std],
                    "--std: expected finite numbers from 1e-06, got " + std[:-4])
        refused(["import", self.weights, *self.model, *to, "--mean", "1,0"],
                "--mean: expected three numbers, as in 0.5,0.5,0.5, got 2")
        refused(["import", self.weights, *self.model, *to, "--mean", "nan,0,0"], "--mean: expected")
        refused(["import", self.weights, *self.model, *to, "--class-names",
                 write_bytes("latin.txt", b"a\n\xe9t\xe9\n")], "latin.txt:2: expected UTF-8")
        refused(["import", self.weights, *self.model, *to, "--class-names",
                 write_bytes("two.txt", b"a\nb\n")], "a name a line for 10 classes, got 2 in two.txt")
        text = write_bytes("text.pth", b"not a zip archive")
        refused(["import", text, *self.model, *to], "text.pth: not a zip archive", code=1)
        refused(["export", trained(), "--output", "x.pth"], ".safetensors or .onnx, got x.pth")
        train = ["train", "quickstart", "--output", "refused", "--set"]
        refused([*train, "init=a.pth"], "init: expected a .safetensors file, got a.pth")
        refused([*train, "init=none.safetensors"], "init: none.safetensors: there is no such file")
        refused([*train, f"init={self.weights}"], "weights.safetensors: does not fit", code=1)
        self.assertFalse((FOLDER / "refused").exists())
        self.assertFalse((FOLDER / "refused.safetensors").exists())


if __name__ == "__main__":
    unittest.main()
