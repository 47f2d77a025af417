"""What the scripts in tools/compare make of figures; nothing here is timed."""
import json
import os
import pathlib
import subprocess
import sys
import unittest
from xml.etree import ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools/compare"))

import busy_neighbour  # noqa: E402
import ceiling_chart  # noqa: E402
import charts  # noqa: E402
import cpu_speed  # noqa: E402
import runs  # noqa: E402
import scaling  # noqa: E402
import start_up  # noqa: E402


def bench(*arguments, **variables):
    return subprocess.run([os.environ["AUXTRAIN_BENCH"], *arguments], capture_output=True, text=True,
                          env={**os.environ, **variables}, check=False)


class Runs(unittest.TestCase):
    def test_median_and_noise(self):
        self.assertEqual(runs.median_and_noise([4, 1, 2]), (2, 1.5))
        self.assertEqual(runs.median_and_noise([3]), (3, 0))

    def test_busy_is_what_is_not_idle(self):
        before = "cpu  100 0 100 1000 50 0 0 0 0 0"
        self.assertAlmostEqual(runs.busy_share(before, "cpu  110 0 105 1080 55 0 0 0 0 0"), 0.15)
        self.assertAlmostEqual(runs.busy_share(before, "cpu  100 0 100 1000 50 0 0 40 0 0"), 1)
        self.assertEqual(runs.busy_share(before, before), 0)

    def test_json_is_the_output_or_its_last_line(self):
        python = [sys.executable, "-c"]
        self.assertEqual(runs.run_json([*python, "print('note'); print('{\"a\": 1}')"]), {"a": 1})
        self.assertEqual(runs.run_json([*python, "print('{\\n\"a\": 2\\n}')"]), {"a": 2})
        with self.assertRaisesRegex(runs.Failed, "the reason"):
            runs.run_json([*python, "import sys; sys.exit('first\\nthe reason')"])


def row(precision, ours, **peers):
    case = cpu_speed.Case("training", "resnet20", precision, 2)
    return cpu_speed.row_of(case, 128, ours, {name: ("channels_last", rates)
                                              for name, rates in peers.items()})


class Speed(unittest.TestCase):
    def test_ratio_is_to_the_faster_peer(self):
        made = row("fp32", [90, 100, 110], old=[40, 50, 60], new=[80, 80, 80])
        self.assertEqual((made["best_peer"], made["auxtrain"]), ("new", 100))
        self.assertAlmostEqual(made["ratio"], 1.25)
        self.assertAlmostEqual(made["noise"], 0.2)  # ours; the slower peer's does not matter
        self.assertIn("50.0, 2.00x (channels_last)", cpu_speed.tables([made]))

    def test_without_a_peer_there_is_no_ratio(self):
        made = row("fp32", [100])
        self.assertIsNone(made["ratio"])
        self.assertIn("| 100.0 | - |", cpu_speed.tables([made]))

    def test_float_against_bf16(self):
        rows = [row("fp32", [100], peer=[50]), row("bf16", [300], peer=[80])]
        (wide, narrow, ratio), = cpu_speed.across(rows)
        self.assertEqual((wide["precision"], narrow["precision"], ratio), ("fp32", "bf16", 1.25))
        self.assertEqual(cpu_speed.across(rows[:1]), [])

    def test_forms_that_fail_or_compute_something_else_do_not_count(self):
        result = lambda rate, value: {"view_images_per_second": rate, "result": value}  # noqa: E731
        tried = {"slow": result(1, 5.0), "fast": result(3, 5.01), "wrong": result(9, 7.0),
                 "failed": None}
        self.assertEqual(cpu_speed.rank(tried), ["fast", "slow"])
        self.assertEqual(cpu_speed.rank({"failed": None}), [])

    def test_bf16_inference_has_forms_of_its_own(self):
        forms = cpu_speed.forms_of(cpu_speed.Case("inference", "resnet20", "bf16", 1))
        self.assertIn("folded,converted", forms)
        self.assertNotIn("native", forms)


class Others(unittest.TestCase):
    def test_busy_neighbour(self):
        rates = {(False, 1): [10], (False, 2): [20], (True, 1): [9, 10, 11], (True, 2): [12]}
        made = busy_neighbour.row_of("auxtrain", "resnet20", rates)
        self.assertAlmostEqual(made["ratio"], 1.2)
        self.assertAlmostEqual(made["noise"], 0.2)
        self.assertIn("**1.20**", busy_neighbour.table([made]))

    def test_start_up_phases_add_up(self):
        phases = start_up.phases_of(10, {"recipe.json": 11.5, "checkpoint.safetensors": 12})
        self.assertEqual(list(phases.values()), [1.5, .5])
        self.assertIn("| start to first step | 2.00 s | 2.00 s | 0% |", start_up.table([phases]))

    def test_scaling(self):
        rows = [{"model": "resnet20", "precision": "fp32", "threads": threads, "images": images,
                 "images_per_second": 100.0, "view_images_per_second": 500.0, "noise": 0.01,
                 "arena_bytes": images << 20, "process_bytes": images << 21}
                for threads in (1, 2) for images in (8, 16)]
        self.assertIn("| resnet20 | fp32 | 2 | 16 | 100.0 | 500.0 | 1% | 16 | 32 |",
                      scaling.table(rows))
        titles = [node.text for node in ElementTree.fromstring(scaling.picture(rows)).iter()]
        self.assertIn("resnet20: view-images/s", titles)

    def test_charts_escape_and_cut(self):
        picture = charts.lines({"left": {"a": [(8, 1), (16, 2)], "b": [(8, 2), (16, 3)]},
                                "right": {"b": [(8, 3), (16, 4)]}}, "images")
        self.assertEqual([picture.count(colour) for colour in charts.COLOURS[:3]], [4, 7, 0])
        picture = charts.bars("a < b", [("one", 0.5), ("more", 3.0)])
        texts = [node.text for node in ElementTree.fromstring(picture).iter() if node.text]
        self.assertTrue({"a < b", "50%", "300% →"} <= set(texts))
        self.assertEqual([charts.round_above(n) for n in (1, 1.1, 4, 70, 0.3)], [1, 2, 5, 100, 0.5])


class Bench(unittest.TestCase):
    """auxtrain-bench, as the scripts use it."""

    def test_a_step_has_the_name_that_scripts_look_for(self):
        case = cpu_speed.Case("training", "resnet20", "bf16", 1)
        done = bench("--rows", "training,calls", "--model", "resnet20", "--precision", "bf16",
                     "--images", "1", "--threads", "1", "--seconds", "0", "--json", "-",
                     "--filter", f"^{cpu_speed.step_name(case, 1)}$")
        self.assertEqual(done.returncode, 0, done.stderr)
        result = json.loads(done.stdout)
        self.assertEqual([step["name"] for step in result["steps"]], ["resnet20 training 5x1 bf16"])
        self.assertEqual({call["where"] for call in result["calls"]}, {"resnet20 training 5x1 bf16"})
        self.assertEqual(sum(call["count"] for call in result["calls"]),
                         result["steps"][0]["calls"])
        self.assertTrue(ceiling_chart.groups_of(result, 3))

    def test_an_operation_has_a_row_for_each_of_its_calls(self):
        done = bench("--rows", "operations", "--filter", "^weight_penalty|^cross_entropy",
                     "--precision", "fp32", "--threads", "1", "--seconds", "0", "--json", "-")
        self.assertEqual(done.returncode, 0, done.stderr)
        kernels = [each["kernel"] for each in json.loads(done.stdout)["operations"]]
        self.assertEqual(kernels, ["cross_entropy", "weight_penalty"])

    def test_mistakes(self):
        for arguments, named in ((["--filter", "("], "--filter"), (["--rows", "all"], "--rows"),
                                 (["--device", "tpu"], "--device: expected cpu, cuda or cuda:N"),
                                 (["--device", "cuda:"], "--device: expected cpu")):
            done = bench(*arguments)
            self.assertEqual(done.returncode, 2)
            self.assertIn(named, done.stdout + done.stderr)

    def test_without_a_gpu_one_line_says_why(self):
        done = bench("--device", "cuda", CUDA_VISIBLE_DEVICES="")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(done.stderr, r"\Aauxtrain-bench: --device cuda: [^\n]*(driver|CUDA)[^\n]*\n\Z")

    def test_a_gpu_has_a_row_for_each_call_of_a_kernel(self):
        done = bench("--device", "cuda", "--filter", "^relu", "--seconds", "0", "--json", "-")
        if "--device cuda: " in done.stderr:
            self.skipTest(done.stderr)
        result = json.loads(done.stdout)
        self.assertEqual([(row["kernel"], row["type"]) for row in result["operations"]],
                         [("relu_forward", "float"), ("relu_backward", "float"),
                          ("relu_forward", "bf16"), ("relu_backward", "bf16")])
        for row in result["operations"]:
            self.assertGreater(row["median_seconds"], 0)
        self.assertGreater(result["copy_bytes_per_second"], 0)


if __name__ == "__main__":
    unittest.main()
