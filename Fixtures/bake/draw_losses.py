#!/usr/bin/env python3
"""Draw the loss curves of the built-in networks from their logs.

  pip install matplotlib
  python3 Fixtures/bake/draw_losses.py Fixtures/networks

losses.png: the networks on BlazePose's encoder; losses-small.png: the small ones.
"""
import csv
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

folder = Path(sys.argv[1])


def log(*names):
    """The lines of one run after the other, pictures counted through."""
    rows, before = [], 0
    for name in names:
        for row in csv.DictReader(open(folder / f"{name}.csv")):
            rows.append({key: float(value) for key, value in row.items()})
            rows[-1]["pictures"] += before
        before = rows[-1]["pictures"]
    return rows


def runs(name):
    """The logs of a network's runs, in order: those before the last carry their number."""
    numbered = sorted(folder.glob(f"{name}-[0-9].csv"))
    return [file.stem for file in numbered] + [name]


terms = ("joints_2d", "joints_3d", "rotations", "betas", "camera")
colours = {"gap": "#1b6ca8", "attention": "#c8553d", "parts": "#666666"}


def draw(file, suffix, segmented, limits):
    figure, axes = plt.subplots(1, 2 if segmented else 1, figsize=(10 if segmented else 5.5, 3.6), squeeze=False)
    body, parts = axes[0, 0], axes[0, -1]
    for name in ("gap", "attention"):
        rows = log(*runs(name + suffix))
        pictures = [row["pictures"] / 1000 for row in rows]
        body.plot(pictures, [sum(row[term] for term in terms) for row in rows], color=colours[name], label=name + suffix)
    for count in range(1, len(runs("gap" + suffix))):
        # Where a new run began, with a step size of its own.
        body.axvline(log(*runs("gap" + suffix)[:count])[-1]["pictures"] / 1000, color="#999999", linewidth=0.8, linestyle=":")
    for name, label in segmented:
        rows = log(*runs(name))
        # A gap in the curve where parts were not supervised.
        values = [row["parts"] / 60 if row["parts"] > 0 else float("nan") for row in rows]
        parts.plot([row["pictures"] / 1000 for row in rows], values, color=colours[name.partition("-")[0]], label=label)
    body.set(title="Loss of the body", xlabel="thousand pictures", ylabel="weighted loss")
    if segmented:
        parts.set(title="Part segmentation", xlabel="thousand pictures", ylabel="cross-entropy per pixel", ylim=limits)
    for each in axes[0]:
        each.legend(frameon=False)
        each.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(folder / file, dpi=110, metadata={"Software": None})


draw("losses.png", "", [], None)
small = [("parts", "pretraining"), ("gap-small", "gap-small, auxiliary"), ("attention-small", "attention-small")]
draw("losses-small.png", "-small", small, (0.15, 0.6))
