"""PyTorch's SPIN through a worker against PyTorch alone: positions a second, in turn, on this machine's processors.

    worker_ratio.py [--stride 8] [--rounds 2]

Both compute whole passes, float32, the same windows on the same crop; PyTorch alone in the fastest of several batches. Alone,
predictions stay in memory; through the worker, Penumbra poses bodies, measures errors and writes a record. On a shared machine
wall time varies by more than the worker costs: the ratio of processor time, of which starting Python is part, is given beside it.
Needs torch, numpy and the built program.
"""
import argparse
import json
import os
import resource
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


def processor_seconds(who):
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def alone(network, crop, windows, batch):
    """Positions a second of a loop as people write it, a copy of the crop for every window, the patch in it; and processor
    seconds a position."""
    with torch.inference_mode():
        network(crop[None].repeat(batch, 1, 1, 1))
        start, used, results = time.perf_counter(), processor_seconds(resource.RUSAGE_SELF), []
        for first in range(0, len(windows), batch):
            part = windows[first:first + batch]
            inputs = crop[None].repeat(len(part), 1, 1, 1)
            for row, (y, x) in zip(inputs, part):
                row[:, max(0, y):y + PATCH, max(0, x):x + PATCH] = 0
            pose, betas, camera = network(inputs)
            results.append((rotations(pose).numpy(), betas.numpy(), camera.numpy()))
        seconds = time.perf_counter() - start
        return len(windows) / seconds, (processor_seconds(resource.RUSAGE_SELF) - used) / len(windows)


def through(folder, stride, positions):
    command = [PROGRAM, "sweep", f"{folder}/crop.png", "--out", f"{folder}/out", "--stride", str(stride), "--grid", "centred",
               "--json", "--model", f"spin=worker: {sys.executable} {ROOT}/Examples/Workers/torch_worker.py spin golden:spin_tame"]
    shutil.rmtree(f"{folder}/out", ignore_errors=True)
    used = processor_seconds(resource.RUSAGE_CHILDREN)
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    used, result = processor_seconds(resource.RUSAGE_CHILDREN) - used, json.loads(result)["results"][0]
    return result["positions_per_second"], used / positions


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
        tried = {batch: alone(network, crop, windows[:2 * max(BATCHES)], batch)[0] for batch in BATCHES}
        batch = max(tried, key=tried.get)
        print(f"PyTorch alone by batch: { {b: round(rate, 1) for b, rate in tried.items()} }", flush=True)
        rates = [(alone(network, crop, windows, batch), through(folder, options.stride, len(windows))) for _ in range(options.rounds)]
        for (own, used), (worker, worker_used) in rates:
            print(f"{len(windows)} positions: PyTorch alone {own:.1f}, through the worker {worker:.1f} positions/s: "
                  f"{worker / own:.3f}; of processor time {used / worker_used:.3f}")
        own, worker = (max(rate for rate, _ in column) for column in zip(*rates))
        used, worker_used = (min(seconds for _, seconds in column) for column in zip(*rates))
        print(json.dumps({"alone": own, "worker": worker, "ratio": worker / own, "processor_ratio": used / worker_used}))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
