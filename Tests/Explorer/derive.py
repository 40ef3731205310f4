"""Records of kinds that the program's small sweeps do not give, made from one that there is: for pages of pack.py."""

import json

import numpy as np

import pack
import reports
from records import Record

ROOT = reports.ROOT


class Derived(Record):
    """A record with something changed."""

    def __init__(self, path, change):
        super().__init__(path)
        change(self)


def fourteen(path):
    """The record with errors over the 14 evaluation joints, which are regressed from a body."""
    def change(record):
        skeleton = json.loads((ROOT / "Fixtures/skeletons/h36m14.json").read_text())
        record.skeletons["h36m14"] = {"root": [], "bones": [], **skeleton}
        record.settings["measured"] = "h36m14"
        record.joint_names = skeleton["joints"]
        for name in ("error", "error_pa", "clean_error", "clean_error_pa"):
            record.mm[name] = record.mm[name][..., 1:15]
        record.mm["truth_joints"] = record.mm["truth_joints"][1:15] - record.mm["truth_joints"][0]
        record.notes.pop("visibility", None)
        record.measured_from = lambda: None
    return Derived(path, change)


def listed(path):
    """The record with every fifth of its positions, as a list."""
    def change(record):
        rows, columns = (Record.spans(record, axis) for axis in (0, 1))
        at = [(r, c) for r in range(0, len(rows["centre"]), 5) for c in range(r % 3, len(columns["centre"]), 7)]
        parts = [{name: [values[p[axis]] for p in at] for name, values in spans.items()}
                 for axis, spans in ((0, rows), (1, columns))]
        index = tuple(np.array(at).T)
        shape = record.mm["error"].shape[:2]
        for group in (record.mm, record.arrays):
            for name in list(group):
                if group[name].shape[:2] == shape and not name.startswith(("body_mask", "truth", "clean")):
                    group[name] = group[name][index][None]
        record.misses = np.isnan(record.mm["error"].mean(-1))
        record.spans = lambda axis: parts[axis]
        record.worst = lambda: [(0, int(np.nanargmax(record.mm["error"].mean(-1))))]
        record.arrays.pop("attention_worst", None)
        record.is_list = True
    return Derived(path, change)


def page_of(record):
    """A page of one record that is not on disk."""
    grouped = pack.grouped
    pack.grouped = lambda _: [[record]]
    try:
        return pack.make([record.path])[0]
    finally:
        pack.grouped = grouped
