"""Sweeps by PyTorch through a worker against the native engine, with the same weights: how far apart the maps are.

    worker_exact.py [--stride N] [--networks spin,pare] [--out DIR]

SPIN and PARE (HRNet-W32) with the golden weights, on a rendered person with a box: every position of the centred grid and of
the corner grid, and an adaptive sweep, float32 and convolutions as defined. Prints the largest differences over positions and
joints, of joints about the root and of errors, millimetres; fails above 0.01 mm. Needs torch, numpy and the built program.
"""
import argparse
import glob
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import torch

import networks

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
PROGRAM = os.environ.get("PENUMBRA", f"{ROOT}/.build/release/penumbra")
LIMIT = .01


def array(record, name):
    """An array of a record: dense chunks over the first two dimensions, as Penumbra writes them."""
    import zarr

    return zarr.open_group(record, mode="r")[name][:]


def sweep(out, models, options):
    command = [PROGRAM, "sweep", f"{ROOT}/Fixtures/people/person-1.png", "--box", "8,8,176,176", "--truth",
               f"{ROOT}/Fixtures/people/person-1.json", "--out", out, "--convolutions", "direct", *options]
    for model in models:
        command += ["--model", model]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stride", type=int, default=4)
    parser.add_argument("--networks", default="spin,pare")
    parser.add_argument("--out", default=f"{ROOT}/.build/worker-exact")
    arguments = parser.parse_args()
    shutil.rmtree(arguments.out, ignore_errors=True)
    os.makedirs(arguments.out)
    worst = 0
    for kind in arguments.networks.split(","):
        name = {"spin": "spin_tame", "pare": "pare_hrnet_w32_conv_tame"}[kind]
        weights = f"{arguments.out}/{kind}.pt"
        state = networks.golden(name).state_dict()
        torch.save({"model": state} if kind == "spin" else {"state_dict": {f"model.{k}": v for k, v in state.items()}}, weights)
        worker = f"{sys.executable} {ROOT}/Examples/Workers/torch_worker.py {kind} {weights}"
        for grid, options in [("centred", ["--stride", arguments.stride, "--grid", "centred"]),
                              ("corner", ["--stride", arguments.stride, "--grid", "corner"]),
                              ("adaptive", ["--tolerance", "4mm", "--stride", arguments.stride, "--grid", "centred"])]:
            out = f"{arguments.out}/{kind}-{grid}"
            sweep(out, [f"native={weights}", f"torch=worker: {worker}"], [str(option) for option in options])
            native, torch_ = (glob.glob(f"{out}/person-1.{label}.*.zarr")[0] for label in ("native", "torch"))
            joints = [array(record, "joints") for record in (native, torch_)]
            about = [values - values[..., :1, :] for values in joints]
            here = np.linalg.norm(about[0] - about[1], axis=-1)
            if grid == "adaptive":
                both = (array(native, "computed") > 0) & (array(torch_, "computed") > 0)
                same = (array(native, "computed") == array(torch_, "computed")).mean()
                here, count = here[both], f"{both.sum()} of {both.size} positions computed by both, {100 * same:.2f} % alike"
                errors = np.abs(array(native, "error") - array(torch_, "error"))[both]
            else:
                count = f"{here.shape[0] * here.shape[1]} positions"
                errors = np.abs(array(native, "error") - array(torch_, "error"))
            worst = max(worst, 1000 * here.max(), 1000 * errors.max())
            print(f"{kind}, {grid}: {count}: joints {1000 * here.max():.4f} mm, errors {1000 * errors.max():.4f} mm at most",
                  flush=True)
    print(json.dumps({"largest_mm": float(worst), "limit_mm": LIMIT}))
    sys.exit(bool(worst > LIMIT))


if __name__ == "__main__":
    main()
