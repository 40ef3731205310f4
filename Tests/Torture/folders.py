"""Comparing what a disturbed run left with what an undisturbed one leaves."""

import csv
import io
import pathlib
import re
import stat

# What differs without harm; all other bytes must be the same. (Commands are given with paths relative to the trial's
# folder, which is always the same, so that notes have the same command lines too.)
#
# The command in a record's notes is the one that began it: of shards that start together any may be the first.
SHARD = re.compile(rb"--shard \d/\d")
# Seconds in the log of a training run.
TIMES = {"seconds_per_1000", "rendering", "forward", "backward", "updating"}


def content(path):
    """The bytes of a file that count."""
    data = path.read_bytes()
    if path.name == "zarr.json":
        return SHARD.sub(b"--shard", data)
    if path.suffix != ".csv":
        return data
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    return repr([{k: v for k, v in row.items() if k not in TIMES} for row in rows]).encode()


def tree(folder):
    """Every path below a folder, with its kind and permissions."""
    found = {}
    for path in sorted(pathlib.Path(folder).rglob("*")):
        mode = path.lstat().st_mode
        found[str(path.relative_to(folder))] = (stat.S_IFMT(mode), stat.S_IMODE(mode))
    return found


def differences(folder, expected, ignored=()):
    """In words, what differs between a folder and the undisturbed one; empty where nothing does."""
    here, there = tree(folder), tree(expected)
    here = {p: m for p, m in here.items() if not any(p == i or p.startswith(i + "/") for i in ignored)}
    words = [f"left over: {p}" for p in here if p not in there] + [f"missing: {p}" for p in there if p not in here]
    for path in sorted(here.keys() & there.keys()):
        if here[path] != there[path]:
            words.append(f"permissions or kind differ: {path}")
        elif stat.S_ISREG(here[path][0]):
            a, b = pathlib.Path(folder) / path, pathlib.Path(expected) / path
            if content(a) != content(b):
                words.append(f"differs: {path}")
    return words


def told(words):
    return "; ".join(words[:4]) + (f" and {len(words) - 4} more" if len(words) > 4 else "")
