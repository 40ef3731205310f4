"""What the program's own words, scales and colours are, as far as the page needs them: a copy for the tests alone."""

import base64
import math
import pathlib
import re

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
COLOURS = {"truth": "#00A85C", "clean": "#374151", "hatch": ["#C4C8CE", "#8B9098"]}
NETWORKS = ["#D55E00", "#0072B2", "#CC79A7", "#E69F00", "#56B4E9", "#8B5E34"]


def colour_maps():
    """Tables of 256 colours, from the program's own stops."""
    text = (ROOT / "Sources/Presentation/Colormap.swift").read_text()
    maps = {}
    for name, codes in re.findall(r'Colormap\(\s*"(\w+)",\s*\[([^\]]+)\]', text):
        stops = [int(code, 16) for code in re.findall(r"0x([0-9A-F]{6})", codes)]
        rgb = np.array([[code >> 16, code >> 8 & 255, code & 255] for code in stops], dtype=float)
        at = np.linspace(0, len(stops) - 1, 256)
        table = np.stack([np.interp(at, range(len(stops)), rgb[:, i]) for i in range(3)], 1)
        maps[name] = base64.b64encode(np.rint(table).astype(np.uint8).tobytes()).decode()
    return maps


def number(value, decimals=1, signed=False):
    if value is None or not math.isfinite(value):
        return "–"
    digits = f"{abs(value):.{decimals}f}"
    if not digits.strip("0."):
        return digits
    return ("−" if value < 0 else "+" if signed else "") + digits


def tick(value):
    value = round(value * 100) / 100
    decimals = 0 if value == round(value) else 1 if round(value * 10) == value * 10 else 2
    return number(value, decimals)


def step_of(span):
    step = 0.001
    while True:
        for factor in (1, 2, 5):
            if span / (step * factor) <= 8:
                return step * factor
        step *= 10


def scale(values, difference=False, share=1.0, minimum=1.0):
    """The program's scale that covers values: low, high, ticks, and the share beyond the ends."""
    finite = np.sort(values[np.isfinite(values)].ravel())
    low, high = (float(finite[0]), float(finite[-1])) if finite.size else (0.0, 1.0)
    if share < 1 and finite.size:
        reach = float(np.sort(np.abs(finite))[int((finite.size - 1) * share)])
        low, high = max(low, -reach), min(high, reach)
    if difference:
        high = max(abs(low), abs(high), minimum)
        low = -high
    if high - low < minimum:
        high = low + minimum
    step = step_of(high - low)
    low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    ticks = [low + i * step for i in range(round((high - low) / step) + 1)]
    below, above = int((finite < low - 1e-9).sum()), int((finite > high + 1e-9).sum())
    return low, high, ticks, below, above, (below + above) / max(finite.size, 1)


def key(values, colours, title, reverse=None, marks=(), **rules):
    """A legend: what the colours of a map stand for."""
    low, high, ticks, below, above, beyond = scale(values, **rules)
    texts = [tick(t) for t in ticks]
    if below:
        texts[0] = "≤ " + texts[0]
    if above:
        texts[-1] = "≥ " + texts[-1]
    note = None
    if beyond > 0:
        share = "under 0.1" if beyond < 0.001 else number(beyond * 100)
        ends = "beyond the ends" if below and above else "below the bar" if below else "above the bar"
        note = f"{share} % of the values are {ends}"
    result = {"low": low, "high": high, "colours": colours, "signed": colours in ("change", "difference"),
              "ticks": [{"at": t, "text": text} for t, text in zip(ticks, texts)], "title": title}
    if reverse:
        result["reverse"] = reverse
    if note:
        result["note"] = note
    if len(marks):
        result["marks"] = list(marks)
    return result


def title(joint):
    words = joint.replace("_", " ")
    return words[:1].upper() + words[1:]


QUANTITIES = {
    "increase": ("error increase", ", with the occluder minus clean", "error", True, False),
    "error": ("error", "", "error", False, False),
    "pa-increase": ("PA error increase", " after Procrustes alignment, with the occluder minus clean",
                    "error_pa", True, True),
    "pa-error": ("PA error", ", after Procrustes alignment", "error_pa", False, True),
    "displacement": ("displacement", " from the clean prediction", "error", False, False),
    "uncertainty": ("reported uncertainty", "", "uncertainty", False, False),
    "confidence": ("reported confidence", "", "confidence", False, False),
    "pa-displacement": ("displacement, aligned", " from the clean prediction, after Procrustes alignment",
                        "error_pa", False, True),
}


def reading(quantity, occluder, misses, outline):
    there = f"with the gray {occluder} centred there"
    aligned = " after Procrustes alignment" if quantity.startswith("pa-") else ""
    if quantity.endswith("increase"):
        text = (f"The colour at a pixel says how much the mean error over the joints{aligned} changes {there}: red "
                f"where it rises, teal where it falls, white where the {occluder} changes nothing.")
    elif quantity in ("uncertainty", "confidence"):
        text = f"The colour at a pixel is the mean {quantity} that the network reports {there}."
    elif quantity.endswith("displacement"):
        text = ("The colour at a pixel is how far the joints move on average from the clean prediction "
                f"{there}: dark where they stay, bright where they move.")
    else:
        text = (f"The colour at a pixel is the mean error over the joints{aligned} {there}. The clean error is marked "
                f"on the bar: only what differs from it is due to the {occluder}.")
    if misses:
        text += " Hatched: nobody was found there."
    if outline:
        text += " The line is the outline of the body."
    return text
