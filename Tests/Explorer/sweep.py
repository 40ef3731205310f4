#!/usr/bin/env python3
"""Makes small records for the states of the page with the built program: a few seconds.

    sweep.py PENUMBRA FIXTURES OUT
"""

import pathlib
import shutil
import subprocess
import sys

HOSTILE = "<!--<script><img src=x onerror=alert(1)>"
PEOPLE = ["{fixtures}/people/person-1.png", "--truth", "{fixtures}/people/person-1.json"]
STATES = {
    "no-truth": ["{fixtures}/astronaut.png", "--box", "-280,20,1000,1000", "--model", "blazepose", "--stride", "16"],
    "one": PEOPLE + ["--model", "gap", "--stride", "16"],
    "few-joints": PEOPLE + ["--model", "gap", "--model", "attention", "--joints", "common12", "--stride", "16"],
    "adaptive": PEOPLE + ["--model", "gap", "--model", "attention", "--stride", "8", "--tolerance", "20mm"],
    "unequal": PEOPLE + ["--model", "gap-small", "--model", "blazepose", "--joints", "common12", "--stride", "16"],
    "four": PEOPLE + ["--model", "gap", "--model", "attention", "--model", "again=gap", "--model", "twice=attention", "--stride", "16"],
    "disc": PEOPLE + ["--model", "gap", "--shape", "disc", "--fill", "black", "--occluder-size", "60", "--stride", "16"],
    "hostile": ["{out}/" + HOSTILE + ".png", *PEOPLE[1:], "--model", "<b>gap&amp;\"'=gap", "--stride", "28"],
    "two-without-truth": ["{fixtures}/people/person-1.png", "--model", "gap", "--model", "attention", "--stride", "16"],
}


def ordered(state, folder):
    """The records of a state, in the order in which its networks were given."""
    arguments = STATES[state]
    labels = [m.split("=")[0] for a, m in zip(arguments, arguments[1:]) if a == "--model"]
    return sorted(pathlib.Path(folder).glob("*.zarr"), key=lambda path: next(
        (i for i, label in enumerate(labels) if f".{label}." in path.name), 0))


def make(program, fixtures, out):
    """Makes the records that are not there; returns their paths by state."""
    found = {}
    for state, arguments in STATES.items():
        folder = pathlib.Path(out) / state
        if not list(folder.glob("*.zarr")):
            folder.mkdir(parents=True, exist_ok=True)
            if state == "hostile":
                shutil.copy(f"{fixtures}/people/person-1.png", folder / f"{HOSTILE}.png")
            options = [a.format(fixtures=fixtures, out=folder) for a in arguments]
            command = [program, "sweep", *options, "--out", str(folder), "--quiet"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found[state] = ordered(state, folder)
    return found


if __name__ == "__main__":
    for state, paths in make(*sys.argv[1:4]).items():
        print(state, *[path.name for path in paths])
