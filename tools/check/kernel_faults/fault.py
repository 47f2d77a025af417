"""What a planted fault is, and who must notice it."""
from typing import NamedTuple

# The tests; the same with address and undefined-behaviour sanitizers; with the race finder.
TESTS, SANITIZER, RACES = "cuda_test", "cuda_test, sanitized", "cuda_races_test"


class Fault(NamedTuple):
    what: str
    text: str  # occurs once in the file
    replacement: str
    seen_by: str = TESTS


class Kernel(NamedTuple):
    """Faults of a .cu file, or of a header as seen through a .cu file that includes it."""

    unit: str  # the .cu file, which alone is compiled anew
    tests: str  # those that concern it, as Catch2 chooses them
    faults: list  # of tuples, as in Fault
    header: str = ""
    slow_tests: str = ""  # for the sanitizers and the race finder, where there are too many

    @property
    def file(self):
        return self.header or self.unit

    def tests_of(self, who):
        return self.tests if who == TESTS else self.slow_tests or self.tests
