"""The layering check refuses what it is there to refuse."""
import pathlib
import shutil
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
import check_layers  # noqa: E402


class LayersTest(unittest.TestCase):
    def setUp(self):
        self.tree = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.tree)
        (self.tree / "docs").mkdir()
        shutil.copy(ROOT / "docs/layers.txt", self.tree / "docs/layers.txt")

    def plant(self, name, *includes):
        file = self.tree / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"#include {include}\n" for include in includes))

    def violations(self):
        return list(check_layers.violations(self.tree))

    def test_this_tree_holds(self):
        self.assertEqual([], list(check_layers.violations(ROOT)))

    def test_what_is_allowed_passes(self):
        self.plant("base/status.h", "<string>")
        self.plant("coordinator/round/round.h", '"base/status.h"', "<map>")
        self.plant("client/torch/worker.cc", "<torch/script.h>", '"client/trainer.h"')
        self.assertEqual([], self.violations())

    def test_a_lower_layer_may_not_see_a_higher_one(self):
        self.plant("base/status.cc", '"platform/log.h"')
        self.assertEqual(["base/status.cc: base may not see platform (platform/log.h)"],
                         self.violations())

    def test_the_coordinators_core_sees_neither_the_platform_nor_the_wire(self):
        self.plant("coordinator/round/round.cc", '"platform/sqlite.h"', '"rpc/unary.h"',
                   '"coordinator/rpc/edge_service.h"')
        self.assertEqual(3, len(self.violations()))

    def test_only_the_torch_worker_sees_torch(self):
        self.plant("client/session/session.cc", "<torch/script.h>")
        self.plant("coordinator/app/main.cc", "<ATen/ATen.h>")
        self.assertEqual(["client/session/session.cc: client may not see <torch>",
                          "coordinator/app/main.cc: coordinator/app may not see <ATen>"],
                         self.violations())

    def test_grpc_and_protobuf_stop_at_the_rpc_folders(self):
        self.plant("coordinator/campaign/spec.cc", "<google/protobuf/message.h>")
        self.plant("registry/registry.cc", "<grpcpp/grpcpp.h>")
        self.assertEqual(2, len(self.violations()))

    def test_angle_brackets_open_no_back_door(self):
        self.plant("base/status.cc", "<platform/log.h>", "<muster/v1/edge.pb.h>")
        self.plant("coordinator/rpc/edge_service.cc", '"muster/v1/edge.grpc.pb.h"')
        self.assertEqual(["base/status.cc: base may not see platform (platform/log.h)",
                          "base/status.cc: base may not see proto (muster/v1/edge.pb.h)"],
                         self.violations())

    def test_an_include_with_odd_spacing_is_seen(self):
        self.plant("base/status.cc")
        (self.tree / "base/status.cc").write_text('  #  include   "platform/log.h"\n')
        self.assertEqual(1, len(self.violations()))

    def test_a_folder_without_a_line_is_refused(self):
        self.plant("gadgets/gadget.h", "<string>")
        self.assertEqual(["gadgets/gadget.h: no line of docs/layers.txt holds this file"],
                         self.violations())

    def test_every_line_names_folders_that_the_file_knows(self):
        rules = check_layers.read_rules(ROOT / "docs/layers.txt")
        for folder, seen in rules.items():
            for name in seen:
                known = name in rules or name.strip("<>") in check_layers.FOREIGN
                self.assertTrue(known, f"{folder}: {name} is neither a folder nor a library")


if __name__ == "__main__":
    unittest.main()
