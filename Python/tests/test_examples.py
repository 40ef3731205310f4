"""Tests of Examples/Workers: `python -m unittest discover Python/tests`. All compile; the one without weights is asked."""
import glob
import os
import sys
import unittest

import numpy as np

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
WORKERS = os.path.join(ROOT, "Examples/Workers")
sys.path.insert(0, os.path.join(ROOT, "Tests/Peers"))
from worker_client import Client


class ExampleTests(unittest.TestCase):
    def test_all_compile_and_say_whether_they_were_run(self):
        paths = glob.glob(f"{WORKERS}/*.py")
        self.assertGreaterEqual(len(paths), 8)
        for path in paths:
            with open(path, encoding="utf-8") as file:
                text = file.read()
            compile(text, path, "exec")
            self.assertRegex(text, r'^"""[^\n]+\n\n20\d\d-\d\d-\d\d, (not )?run: ', path)

    @unittest.skipUnless(os.path.exists(f"{ROOT}/Python/penumbra_worker.py"), "penumbra_worker.py is not there")
    def test_the_dummy_answers(self):
        client = Client(f"PYTHONPATH='{ROOT}/Python' '{sys.executable}' '{WORKERS}/dummy_worker.py'")
        self.addCleanup(client.process.stdout.close)
        self.assertEqual((client.hello["say"], client.hello["joints"]), ("hello", "common12"))
        picture = np.full((90, 60, 3), 200, np.uint8)
        texts, arrays = client.open(picture, [10, 20, 30, 60], filler=np.zeros((1, 1, 3), np.uint8))
        self.assertEqual(texts["size"].replace(" ", ""), "[64,64]")
        np.testing.assert_allclose(arrays["to_picture"], [[60 / 64, 0, -5], [0, 60 / 64, 20]], atol=1e-6)
        joints = client.ask([[0, 0, 0, 0], [0, 0, 64, 64], [0, 0, 20, 64]])["joints"]
        self.assertEqual(joints.shape, (3, 12, 3))
        np.testing.assert_allclose(joints[0, :, 2], -200 / 255, atol=1e-6)
        np.testing.assert_allclose(joints[1, :, 2], 0, atol=1e-6)  # black everywhere
        self.assertTrue((joints[2, :2, 2] > -.5).all() and (joints[2, 8:, 2] < -.7).all())  # shoulders, not knees
        self.assertEqual(client.close(), 0)


if __name__ == "__main__":
    unittest.main()
