"""PyTorch's SPIN through a worker against PyTorch alone: positions a second, in turn, on this machine's processors.

    worker_ratio.py [--stride 8] [--rounds 2]

Both compute whole passes, float32, the same windows on the same crop; PyTorch alone in the fastest of several batches. Alone,
predictions stay in memory; through the worker, Penumbra poses bodies, measures errors and writes a record. Needs torch, numpy and
the built program.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch

import networks
from exact import rotations

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
PROGRAM = os.environ.get("PENUMBRA", f"{ROOT}/.build/release/penumbra")
SIDE, PATCH, BATCHES = 224, 40, (8, 16, 32, 64)


def alone(network, crop, windows, batch):
    """Positions a second of a loop as people write it: a copy of the crop for every window, the patch in it."""
    with torch.inference_mode():
        network(crop[None].repeat(batch, 1, 1, 1))
        start, results = time.perf_counter(), []
        for first in range(0, len(windows), batch):
            part = windows[first:first + batch]
            inputs = crop[None].repeat(len(part), 1, 1, 1)
            for row, (y, x) in zip(inputs, part):
                row[:, max(0, y):y + PATCH, max(0, x):x + PATCH] = 0
            pose, betas, camera = network(inputs)
            results.append((rotations(pose).numpy(), betas.numpy(), camera.numpy()))
        return len(windows) / (time.perf_counter() - start)


def through(folder, stride):
    command = [PROGRAM, "sweep", f"{folder}/crop.png", "--out", f"{folder}/out", "--stride", str(stride), "--grid", "centred",
               "--json", "--model", f"spin=worker: {sys.executable} {ROOT}/Examples/Workers/torch_worker.py spin golden:spin_tame"]
    shutil.rmtree(f"{folder}/out", ignore_errors=True)
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return json.loads(result)["results"][0]["positions_per_second"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stride", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    sys.path.insert(0, f"{ROOT}/Python")
    os.environ["PYTHONPATH"] = os.pathsep.join([f"{ROOT}/Python", os.environ.get("PYTHONPATH", "")])
    import penumbra_worker as pw

    folder = tempfile.mkdtemp()
    try:
        with open(f"{folder}/crop.png", "wb") as file:
            file.write(pw._png(np.load(f"{networks.GOLDEN}/images.npz")["u8"][0]))
        centres = range(0, SIDE, options.stride)
        windows = [(y - PATCH // 2, x - PATCH // 2) for y in centres for x in centres]
        network, crop = networks.golden("spin_tame"), networks.crops()[0]
        tried = {batch: alone(network, crop, windows[:2 * max(BATCHES)], batch) for batch in BATCHES}
        batch = max(tried, key=tried.get)
        print(f"PyTorch alone by batch: { {b: round(rate, 1) for b, rate in tried.items()} }", flush=True)
        rates = [(alone(network, crop, windows, batch), through(folder, options.stride)) for _ in range(options.rounds)]
        for own, worker in rates:
            print(f"{len(windows)} positions: PyTorch alone {own:.1f}, through the worker {worker:.1f} positions/s: "
                  f"{worker / own:.3f}")
        best = [max(column) for column in zip(*rates)]
        print(json.dumps({"alone": best[0], "worker": best[1], "ratio": best[1] / best[0]}))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
