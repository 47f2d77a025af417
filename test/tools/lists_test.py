"""What `auxtrain models` says of backbones, and `auxtrain recipes` of recipes."""
import re
import unittest

from program import ProgramTest, auxtrain


class Models(ProgramTest):
    def rows(self, *options):
        """name -> the other cells."""
        table = self.results_of("models", *options).split("---\n", 1)[1]
        return {row[0]: row[1:] for row in (re.split(r"  +", line) for line in table.splitlines())}

    def test_the_table(self):
        rows = self.rows("--images", 8)
        self.assertEqual(rows["resnet18"][:2], ["11,173,962", "555,422,720"])
        self.assertEqual(rows["resnet18"][3], "33,497,202")  # with four auxiliary classifiers
        self.assertEqual(rows["alexnet"][0], "2,255,306")
        hundred = self.rows("--images", 8, "--classes", 100, "--views", 1)
        self.assertEqual(hundred["resnet50"][0], "23,705,252")
        self.assertEqual(len(hundred["resnet50"]), 4)

    def test_the_imagenet_stem(self):
        rows = self.rows("--stem", "imagenet", "--images", 1, "--views", 2)
        self.assertEqual(rows["resnet50"][:2], ["25,557,032", "4,089,184,256"])
        self.assertEqual(rows["alexnet"][0], "61,100,840")
        self.assertEqual(rows["alexnet"][3:5], ["-", "-"])
        self.assertNotIn("resnet20", rows)

    def test_memory_grows_with_the_batch_and_shrinks_with_recompute(self):
        def gibibytes(*options):
            return float(self.rows("--images", 64, *options)["resnet18"][4].split()[0])
        self.assertGreater(gibibytes("--views", 5), 1.5 * gibibytes("--views", 3))
        self.assertLess(gibibytes("--recompute"), 0.8 * gibibytes())

    def test_one_call_by_call(self):
        listing = self.results_of("models", "resnext50_32x4d", "--images", 2, "--views", 2)
        self.assertIn("convolution_forward: layer1.0.conv2.y [2, 2, 32, 32, 128] float", listing)
        self.assertRegex(listing, r"MiB of activations and workspaces")
        alone = self.results_of("models", "alexnet", "--stem", "imagenet", "--images", 2)
        self.assertIn("dropout_forward: classifier.3.y [1, 2, 1, 1, 4096] float", alone)

    def test_what_there_is_not_is_refused(self):
        self.assert_refused(auxtrain("models", "resnet19"), 2, "resnet19", "resnet20, resnet18")
        self.assert_refused(auxtrain("models", "resnet20", "--stem", "imagenet"), 2,
                            "resnet20 has no stem imagenet; expected cifar")
        self.assert_refused(auxtrain("models", "--stem", "vgg"), 2, "--stem", "vgg")


class Recipes(ProgramTest):
    def test_every_backbone_on_both_data_sets(self):
        recipes = self.results_of("recipes")
        for data in ("cifar10", "cifar100"):
            for model in self.results_of("models").split("---\n", 1)[1].splitlines():
                for method in ("standard", "auxiliary"):
                    self.assertRegex(recipes, rf"(?m)^{data}-{model.split()[0]}-{method} +300 ")
        self.assertRegex(recipes, r"(?m)^cifar100-resnet18-auxiliary-released +210 ")


if __name__ == "__main__":
    unittest.main()
