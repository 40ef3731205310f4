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
figure, (body, parts) = plt.subplots(1, 2, figsize=(10, 3.6))
for name, colour in (("gap", "#1b6ca8"), ("attention", "#c8553d")):
    rows = list(csv.DictReader(open(folder / f"{name}.csv")))
    pictures = [int(row["pictures"]) / 1000 for row in rows]
    terms = ("joints_2d", "joints_3d", "rotations", "betas", "camera")
    body.plot(pictures, [sum(float(row[t]) for t in terms) for row in rows], color=colour, label=name)
for name, colour in (("parts", "#666666"), ("attention", "#c8553d")):
    rows = [row for row in csv.DictReader(open(folder / f"{name}.csv")) if float(row["parts"]) > 0]
    parts.plot(
        [int(row["pictures"]) / 1000 for row in rows], [float(row["parts"]) / 60 for row in rows],
        color=colour, label={"parts": "pretraining", "attention": "attention, while supervised"}[name])
body.set(title="Loss of the body", xlabel="thousand pictures", ylabel="weighted loss")
parts.set(title="Part segmentation", xlabel="thousand pictures", ylabel="cross-entropy per pixel", ylim=(0.3, 0.8))
for axes in (body, parts):
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
figure.tight_layout()
figure.savefig(folder / "losses.png", dpi=110, metadata={"Software": None})
