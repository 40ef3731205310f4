#!/usr/bin/env python3
"""How far networks agree with BlazePose on photographs of people that packages of Debian and PyPI ship.

    python3 -m pip install numpy
    python3 Tests/Peers/photographs.py FOLDER [--model NAME …] [--overlays DIR]

No openly licensed photographs with the truth about the body were found. `photographs.json` lists 63 people in 43 pictures,
with the package that each picture comes from, where in it (of videos, the frame), the box of the person, drawn by hand, and
whether what BlazePose finds there was judged right by eye. Most of the pictures may not be passed on: put those you have
into FOLDER, under the names of the list; others are left out and counted. Every network is run on the box, and compared
with BlazePose over the 12 joints of `common12`: in space about the middle of the hips, and after Procrustes alignment, in
millimetres; in the picture, as a share of the box's longer side. Nothing is random.
"""
import argparse
import json
import os
import statistics
import subprocess
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]


def estimate(options, row, model, overlay=None):
    """The 12 joints in metres and in pixels of the crop; None where the network finds nobody."""
    command = [options.program, "estimate", str(options.folder / row["picture"]), "--box=" + ",".join(map(str, row["box"])),
               "--model", model, "--crop", "blazepose", "--joints", "common12", "--json"]
    if overlay:
        command += ["--out", str(overlay)]
    environment = {"PENUMBRA_FIXTURES": str(ROOT / "Fixtures")} | os.environ
    run = subprocess.run(command, capture_output=True, text=True, env=environment)
    if "finds nobody" in run.stderr:
        return None
    if run.returncode:
        raise SystemExit(run.stderr)
    told = json.loads(run.stdout)
    keypoints = told["keypoints"]
    joints = np.array(keypoints["positions_m"])
    hips = [keypoints["names"].index(side + "_hip") for side in ("left", "right")]
    # Of the crop, which is a quarter larger than the box.
    pixels = np.array(keypoints["crop_px"]) / told["side_px"] * 1.25
    return joints - joints[hips].mean(0), pixels


def aligned(points, target):
    """The points, moved, rotated and scaled to the target (Umeyama 1991)."""
    a, b = points - points.mean(0), target - target.mean(0)
    u, s, vt = np.linalg.svd(a.T @ b)
    sign = np.sign(np.linalg.det(u @ vt))
    d = np.array([1, 1, sign])
    return (s * d).sum() / (a * a).sum() * a @ (u * d) @ vt + target.mean(0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", action="append")
    parser.add_argument("--program", default=str(ROOT / ".build/release/penumbra"))
    parser.add_argument("--overlays", type=Path, help="folder for pictures of the bodies over the crops")
    options = parser.parse_args()
    models = options.model or ["gap", "attention"]
    people = json.loads(Path(__file__).with_suffix(".json").read_text())
    present = [row for row in people if (options.folder / row["picture"]).exists()]
    if options.overlays:
        options.overlays.mkdir(parents=True, exist_ok=True)
    found = {model: [] for model in models}
    nobody = 0
    for number, row in enumerate(present):
        reference = estimate(options, row, "blazepose")
        nobody += reference is None
        for model in models:
            label = model.split("=")[0]
            overlay = options.overlays and options.overlays / f"{number:02}-{Path(row['picture']).stem}-{label}.png"
            told = estimate(options, row, model, overlay)
            if reference is None or told is None:
                continue
            distance = lambda a, b: np.linalg.norm(a - b, axis=1).mean()
            found[model].append((
                row["blazepose_is_right"], 1000 * distance(told[0], reference[0]),
                1000 * distance(aligned(told[0], reference[0]), reference[0]), 100 * distance(told[1], reference[1])))
    print(f"{len(present)} of {len(people)} people are there; BlazePose finds nobody in {nobody} boxes")
    print("medians (means)                       people  MPJPE, mm      PA-MPJPE, mm   in the picture, % of the box")
    for model, rows in found.items():
        for name, chosen in [("BlazePose right", [r for r in rows if r[0]]), ("all", rows)]:
            if chosen:
                numbers = [[r[k] for r in chosen] for k in (1, 2, 3)]
                cells = [f"{statistics.median(n):.1f} ({statistics.mean(n):.1f})" for n in numbers]
                print(f"{model.split('=')[0] + ', ' + name:36} {len(chosen):7}  " + "".join(f"{c:15}" for c in cells))


if __name__ == "__main__":
    main()
