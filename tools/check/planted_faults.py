"""Fails unless includes.py notices each fault planted for it, and nothing else."""
import contextlib
import io
import pathlib
import sys
import tempfile

import includes

# (file, its text, what includes.py must say of it; None where it must be content)
CASES = [
    ("kernels/a.h", '#include "engine/graph/program.h"', "kernels/a.h:1: engine/graph/program.h"),
    ("engine/ops/a.cpp", '#include "models/resnet.h"', "not models/"),
    ("data/a.cpp", '#include "engine/graph/program.h"', "not engine/"),
    ("models/a.cpp", '  #  include "aux_training/trainer.h"', "not aux_training/"),
    ("tools/auxtrain/a.cpp", '#include "test/support/catch.h"', "not test/"),
    ("kernels/b.h", "#include <dnnl.hpp>", "not in headers"),
    ("kernels/b.cuh", "#include <cudnn.h>", "not in headers"),
    ("models/b.cpp", "#include <oneapi/dnnl/dnnl.hpp>", "belong in kernels/"),
    ("engine/ops/b.cpp", "#include <cublasLt.h>", "belong in kernels/"),
    ("aux_training/b.h", "#include <nlohmann/json.hpp>", "json_fwd.hpp"),
    ("kernels/c.cpp", '#include <dnnl.hpp>\n#include "kernels/a.h"', None),
    ("engine/runtime/c.cpp", '#include <dnnl.hpp>\n#include "kernels/a.h"', None),
    ("test/cudnn/c.cpp", '#include <cudnn.h>\n#include "models/resnet.h"', None),
    ("aux_training/c.h", "#include <nlohmann/json_fwd.hpp>", None),
    ("aux_training/c.cpp", '#include <nlohmann/json.hpp>\n#include "data/views.h"', None),
]


def main():
    failures = 0
    for name, text, expected in CASES:
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / name
            file.parent.mkdir(parents=True)
            file.write_text(text + "\n")
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                broken = includes.main(pathlib.Path(folder))
        noticed = broken and expected is not None and expected in printed.getvalue()
        content = not broken and expected is None
        if not (noticed or content):
            print(f"{name}: {text!r}: expected {expected!r}, got {printed.getvalue()!r}")
            failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
