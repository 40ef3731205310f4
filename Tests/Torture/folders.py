"""Comparing what a disturbed run left with what an undisturbed one leaves."""

import csv
import io
import pathlib
import re
import stat

# What differs without harm; all other bytes must be the same. (Commands are given with paths relative to the trial's
# folder, which is always the same, so that notes have the same command lines too.)
#
# The command in a record's notes is the one that began it: of shards that start together any may be the first, and threads,
# batches and memory vary.
VARIES = re.compile(rb" --(shard \d/\d|workers \d|batch \d+|memory \d+[MG]B)")
# What tells of time and memory in what is printed.
COSTS = re.compile(
    r'^ok +(Speed|Memory) .*|^ *"(peak_memory_mb|wall_s|places_per_second|positions_per_second)": .*', re.MULTILINE)
# Seconds in the log of a training run.
TIMES = {"seconds_per_1000", "rendering", "forward", "backward", "updating"}


def content(path):
    """The bytes of a file that count."""
    data = path.read_bytes()
    if path.name == "zarr.json":
        return VARIES.sub(b"", data)
    if path.name == "check.pdf":
        # Its last lines are speed and memory.
        return data[:5] + data[-6:]
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


def differences(folder, expected, umask=0o022, ignored=()):
    """In words, what differs between a folder and the undisturbed one, made with umask 022; empty where nothing does."""
    here, there = ({p: m for p, m in tree(place).items() if not any(p == i or p.startswith(i + "/") for i in ignored)}
                   for place in (folder, expected))
    words = [f"left over: {p}" for p in here if p not in there] + [f"missing: {p}" for p in there if p not in here]
    for path in sorted(here.keys() & there.keys()):
        kind, mode = there[path]
        # Inputs are there before.
        mode = mode if path.split("/")[0] == "in" else mode & ~umask
        if here[path] != (kind, mode):
            words.append(f"permissions or kind differ: {path} ({here[path][1]:03o}, not {mode:03o})")
        elif stat.S_ISREG(kind):
            a, b = pathlib.Path(folder) / path, pathlib.Path(expected) / path
            if content(a) != content(b):
                words.append(f"differs: {path}")
    return words


def other_line(text, expected):
    """The first line of a text that is not as expected, or what is wrong with it; None where all lines are."""
    a, b = (COSTS.sub("", t).split("\n") for t in (text, expected))
    return None if a == b else next((x for x, y in zip(a, b) if x != y), "nothing" if not text else "only a part")


def told(words):
    return "; ".join(words[:4]) + (f" and {len(words) - 4} more" if len(words) > 4 else "")
