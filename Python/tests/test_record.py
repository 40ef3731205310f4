"""Tests of penumbra_record: `python -m unittest discover Python/tests`.

Needs numpy; tests of what zarr 3 and xarray read are skipped where these are missing. With PENUMBRA naming the program, as
in PENUMBRA=.build/release/penumbra, its commands read what was written.
"""
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import unittest

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import penumbra_record

NAMES = ["left_hip", "right_hip", "head", "left_hand", "right_hand"]
CLEAN = np.array([[.1, 0, 0], [-.1, 0, 0], [0, -.6, 0], [.4, -.1, 0], [-.4, -.1, .2]], np.float32)
ROWS, COLUMNS = np.arange(20, 100, 16), np.arange(12, 100, 16)


def has(library):
    return importlib.util.find_spec(library) is not None


class RecordTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.random = np.random.default_rng(1)
        self.picture = self.random.integers(0, 255, (120, 150, 3)).astype(np.uint8)
        self.joints = CLEAN + .05 * self.random.normal(size=(len(ROWS), len(COLUMNS), 5, 3)).astype(np.float32)
        self.joints[2, 3] = np.nan

    def write(self, name="photo.mine.zarr", **changes):
        arguments = {"joints": self.joints, "clean_joints": CLEAN, "skeleton": NAMES, "root": "midhip", "rows": ROWS,
                     "columns": COLUMNS, "occluder": (40, "square"), "picture": self.picture, "network": "mine"}
        return penumbra_record.write(os.path.join(self.folder, name), **{**arguments, **changes})

    @unittest.skipUnless(has("zarr"), "zarr is not there")
    def test_zarr_reads_numbers_and_names(self):
        import zarr

        record = zarr.open_group(self.write(confidence=self.random.random(self.joints.shape[:3])), mode="r")
        np.testing.assert_array_equal(record["joints"][:], self.joints)
        self.assertEqual(list(record["joint"][:]), NAMES)
        np.testing.assert_array_equal(record["picture_row"][:], ROWS)
        # Roots are laid on each other before distances are taken.
        root = self.joints[..., :2, :].mean(-2, keepdims=True)
        expected = np.linalg.norm(self.joints - root - CLEAN, axis=-1)
        np.testing.assert_allclose(record["error"][:], expected, atol=1e-6)
        self.assertTrue((record["clean_error"][:] == 0).all())
        self.assertTrue(np.isnan(record["error_pa"][2, 3]).all())
        self.assertEqual(np.isnan(record["error_pa"][:]).sum(), 5)

    @unittest.skipUnless(has("zarr"), "zarr is not there")
    def test_alignment_undoes_turn_and_scale(self):
        import zarr

        turn = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]])
        joints = np.broadcast_to(CLEAN @ turn * 1.5 + 3, self.joints.shape)
        record = zarr.open_group(self.write(joints=joints), mode="r")
        self.assertLess(record["error_pa"][:].max(), 1e-6)
        self.assertGreater(record["error"][:].max(), .1)

    def test_the_grid_lies_where_the_centres_were(self):
        cases = [(ROWS, COLUMNS, 40), (ROWS + .5, COLUMNS, 7), (ROWS * 12.5, COLUMNS * 12.5, 500),
                 (ROWS / 4, COLUMNS / 4, 11)]
        for rows, columns, size in cases:
            frame, occluder, rule, _ = penumbra_record._frame(
                rows.astype(float), columns.astype(float), size, None, self.picture)
            scale = frame["side_px"] * frame["box_share"] / 224
            extent, stride = (max(1, int(length * scale + .5)) for length in (occluder, rule["stride"]))
            pixel = frame["width"] / frame["side_px"]
            self.assertAlmostEqual(extent * pixel, size, delta=.02 * size)
            # The positions that Penumbra makes of the rule, in the picture.
            for start, region, expected in (("y", (1, 3), rows), ("x", (0, 2), columns)):
                grid = frame[start] + (np.arange(0, frame["side_px"], stride) - extent // 2 + extent / 2) * pixel
                low, length = (rule["region"][i] for i in region)
                np.testing.assert_allclose(grid[(grid >= low) & (grid < low + length)], expected, atol=1e-6)

    @unittest.skipUnless(has("zarr") and has("xarray"), "xarray is not there")
    def test_xarray_reads_it(self):
        import xarray

        record = xarray.open_zarr(self.write())
        self.assertEqual(dict(record.error.sizes), {"row": 5, "column": 6, "joint": 5})
        self.assertEqual(json.loads(record.attrs["settings"])["model"]["label"], "mine")

    def test_wrong_arguments_are_named(self):
        with self.assertRaisesRegex(ValueError, "not of 4 rows"):
            self.write(rows=ROWS[1:])
        with self.assertRaisesRegex(ValueError, "one and the same step"):
            self.write(rows=ROWS ** 2)
        with self.assertRaisesRegex(ValueError, "joints' names"):
            self.write(skeleton="nobody7")
        self.write()
        with self.assertRaises(FileExistsError):
            self.write()

    @unittest.skipUnless(os.environ.get("PENUMBRA"), "PENUMBRA names no program")
    def test_the_commands_read_it(self):
        def penumbra(*arguments):
            command = [os.environ["PENUMBRA"], *arguments]
            return subprocess.run(command, check=True, capture_output=True, text=True).stdout

        first = self.write(truth_joints=CLEAN * 1.1, attention_clean=self.random.random((7, 7, 5)))
        second = self.write("photo.other.zarr", joints=self.joints * 1.1, truth_joints=CLEAN * 1.1, network="other")
        self.assertIn("30, 30 computed", penumbra("inspect", first))
        found = json.loads(penumbra("compare", first, second, "--json"))
        self.assertAlmostEqual(found["a"]["clean"]["pa_mpjpe_mm"], 0, places=3)
        penumbra("report", self.folder, "--out", os.path.join(self.folder, "report.pdf"))
        truth = os.path.join(self.folder, "truth.json")
        smpl = self.write("photo.smpl.zarr", skeleton="smpl24", joints=np.zeros((5, 6, 24, 3)),
                          clean_joints=np.zeros((24, 3)))
        with open(truth, "w") as file:
            json.dump({"joints": "smpl24", "positions_m": [[.1 * k, 0, 0] for k in range(24)]}, file)
        self.assertIn("30 positions", penumbra("measure", smpl, "--truth", truth))


if __name__ == "__main__":
    unittest.main()
