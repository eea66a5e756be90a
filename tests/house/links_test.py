"""Only the worker links libtorch; the programs that run everywhere start without it."""
import os
import pathlib
import subprocess
import unittest

BIN = pathlib.Path(os.environ["MUSTER_BIN"])


def libraries(program):
    done = subprocess.run(["ldd", str(BIN / program)], capture_output=True, text=True, check=True)
    return done.stdout


class LinksTest(unittest.TestCase):
    def test_the_worker_links_torch_so_this_test_can_see_it(self):
        self.assertIn("libtorch", libraries("muster-torch"))

    def test_nothing_else_does(self):
        for program in ("musterd", "muster", "muster-edge"):
            self.assertNotRegex(libraries(program), r"libtorch|libc10|libopencv|libQt", program)

    def test_no_library_is_missing(self):
        for program in ("musterd", "muster", "muster-edge", "muster-torch"):
            self.assertNotIn("not found", libraries(program), program)


if __name__ == "__main__":
    unittest.main()
