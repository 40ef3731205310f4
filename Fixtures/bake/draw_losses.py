#!/usr/bin/env python3
"""Draw the loss curves of the built-in networks from their logs.

  pip install matplotlib
  python3 Fixtures/bake/draw_losses.py Fixtures/networks
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


terms = ("joints_2d", "joints_3d", "rotations", "betas", "camera")
figure, (body, parts) = plt.subplots(1, 2, figsize=(10, 3.6))
for name, colour in (("gap", "#1b6ca8"), ("attention", "#c8553d")):
    rows = log(f"{name}-1", f"{name}-2", name)
    pictures = [row["pictures"] / 1000 for row in rows]
    body.plot(pictures, [sum(row[term] for term in terms) for row in rows], color=colour, label=name)
for runs in (("gap-1",), ("gap-1", "gap-2")):
    # Where a new run began, with a step size of its own and fewer strange surroundings.
    body.axvline(log(*runs)[-1]["pictures"] / 1000, color="#999999", linewidth=0.8, linestyle=":")
for names, colour, label in (
    (("parts",), "#666666", "pretraining"), (("attention-1",), "#c8553d", "attention, while supervised"),
):
    rows = [row for row in log(*names) if row["parts"] > 0]
    parts.plot([row["pictures"] / 1000 for row in rows], [row["parts"] / 60 for row in rows], color=colour, label=label)
body.set(title="Loss of the body", xlabel="thousand pictures", ylabel="weighted loss")
parts.set(title="Part segmentation", xlabel="thousand pictures", ylabel="cross-entropy per pixel", ylim=(0.2, 0.6))
for axes in (body, parts):
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
figure.tight_layout()
figure.savefig(folder / "losses.png", dpi=110, metadata={"Software": None})
