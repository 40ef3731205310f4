"""Times what a worker itself costs: positions a second of one whose network answers at once.

    python3 Tests/Peers/worker_overhead.py [--library torch]

Plays Penumbra: a dense map of 256-pixel inputs, windows of 46 pixels, batches of 64, two asks under way.
"""
import argparse
import collections
import os
import subprocess
import sys
import time

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../Python"))
import penumbra_worker as pw  # noqa: E402


def worker(options):
    if options.library == "torch":
        import torch

        torch.set_num_threads(1)
        make = torch.from_numpy
    else:
        make = np.asarray
    if options.body:
        told = {"rotations": make(np.tile(np.float32(np.eye(3)), (options.batch, 24, 1, 1))),
                "betas": make(np.zeros((options.batch, 10), np.float32))}
    else:
        told = {"joints": make(np.zeros((options.batch, 24, 3), np.float32))}

    def prepare(picture, box):
        return make((picture.transpose(2, 0, 1) / np.float32(255)).astype(np.float32)), None

    run = lambda: pw.serve(prepare, lambda inputs, state: told, name="at once", batch=options.batch,
                           **({"body": "smpl"} if options.body else {"joints": "smpl24"}))
    if options.profile:
        import cProfile
        import pstats

        profile = cProfile.Profile()
        profile.runcall(run)
        pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(14)
    else:
        run()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", choices=["numpy", "torch"], default="numpy")
    parser.add_argument("--body", action="store_true", help="SMPL's rotations and betas instead of joints")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--window", type=int, default=46)
    parser.add_argument("--stride", type=int, default=1)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--asked", type=int, default=256, help="windows in an ask")
    parser.add_argument("--masks", action="store_true", help="a disc instead of a square")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        worker(options)
        return
    child = subprocess.Popen([sys.executable, __file__, "--worker", *sys.argv[1:]], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, env={**os.environ, "PENUMBRA_WORKER": "1"}, bufsize=1 << 16)

    def say(*message, **texts):
        child.stdin.write(pw.encode(*message, **texts))
        child.stdin.flush()

    assert pw.decode(child.stdout)[0] == "hello"
    picture = np.random.default_rng(0).integers(0, 256, (options.size, options.size, 3), dtype=np.uint8)
    say("open", {"picture": picture, "filler": np.array([[[123.675, 116.28, 103.53]]], np.float32)}, id="1")
    assert pw.decode(child.stdout)[0] == "opened"
    # Centres on 224 rows and columns; windows end where the input does.
    half, centres = options.window // 2, np.arange(16, options.size - 16, options.stride)
    y, x = (grid.ravel() for grid in np.meshgrid(centres, centres, indexing="ij"))
    windows = np.clip(np.stack([y - half, x - half, y - half + options.window, x - half + options.window], 1), 0,
                      options.size).astype(np.int32)
    offsets, more = np.stack([np.maximum(half - y, 0), np.maximum(half - x, 0)], 1).astype(np.int32), {}
    if options.masks:
        away = np.arange(options.window) - (options.window - 1) / 2
        more["masks"] = np.uint8(255 * np.clip(half - np.hypot(away[:, None], away) + 0.5, 0, 1))[None]
    waiting, best, done = collections.deque(), 0, 0
    for _ in range(3):
        start, count = time.perf_counter(), 0
        for first in range(0, len(windows), options.asked):
            if len(waiting) == 2:
                count += len(next(iter(pw.decode(child.stdout)[2].values())))
                waiting.popleft()
            part = windows[first:first + options.asked]
            if options.masks:
                more["offsets"] = offsets[first:first + options.asked]
            say("ask", {"windows": part, **more}, id="1", number=first, want="[]")
            waiting.append(first)
        while waiting:
            count += len(next(iter(pw.decode(child.stdout)[2].values())))
            waiting.popleft()
        assert count == len(windows)
        best, done = max(best, count / (time.perf_counter() - start)), count
    child.stdin.close()
    child.wait()
    print(f"{options.library}, {options.size} pixels, batches of {options.batch}, {done} positions: "
          f"{best:,.0f} positions/s")


main()
