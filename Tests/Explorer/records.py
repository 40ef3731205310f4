"""A record as the page's data say it: what a network predicted, where, and how far that is from the reference."""

import base64
import io
import json
import math
import re

import numpy as np
import zarr
from PIL import Image

from words import number


class Record:
    """One Zarr record, read whole."""

    def __init__(self, path):
        self.path = path
        group = zarr.open_group(str(path), mode="r")
        self.attributes = dict(group.attrs)
        self.settings = json.loads(self.attributes["settings"])
        self.notes = json.loads(self.attributes["notes"])
        self.arrays = {name: group[name][:] for name in group.array_keys() if name not in ("joint", "predicted_joint")}
        self.joint_names = json.loads(self.attributes["joint_names"]) if isinstance(
            self.attributes["joint_names"], str) else list(self.attributes["joint_names"])
        self.skeletons = {s["name"]: s for s in self.notes["skeletons"]}
        self.label = self.attributes["label"]
        self.has_truth = self.settings.get("truth") is not None
        self.mm = {name: self.arrays[name].astype(np.float64) * 1000 for name in (
            "error", "error_pa", "clean_error", "clean_error_pa", "joints", "clean_joints", "truth_joints")
            if name in self.arrays}
        self.frame = self.settings["frame"]
        self.misses = np.isnan(self.mm["error"].mean(-1))

    @property
    def side(self):
        return self.frame["side_px"]

    def occluder(self):
        """Height and width in pixels of the crop."""
        return [int(n) for n in self.attributes["occluder_px"]]

    def spans(self, axis):
        """The covered pixels and the centre of every row or column."""
        size = self.occluder()[axis]
        centres = np.atleast_1d(self.arrays["row" if axis == 0 else "column"]).astype(float)
        start = np.rint(centres - size / 2).astype(int)
        begin, end = np.maximum(0, start), np.minimum(self.side, start + size)
        if self.settings["positions"]["kind"] == "corner":
            # A clipped window has the centre of what is left of it.
            clipped = np.rint(centres * 2).astype(int)
            start = np.where(end < self.side, begin, clipped - self.side)
            begin, end = start, np.minimum(self.side, start + size)
        return {"centre": centres.tolist(), "start": begin.tolist(), "end": end.tolist(), "origin": start.tolist()}

    def fill(self):
        """The occluder's colour."""
        name = self.settings["occlusion"]["fill"]
        deviation, mean = (0.229, 0.224, 0.225), (0.485, 0.456, 0.406)
        if name == "black":
            return {"kind": "colour", "colour": "#000000"}
        if name.startswith("#"):
            return {"kind": "colour", "colour": name}
        value = 0.0 if name == "gray" else float(name)
        rgb = [round(255 * min(max(value * d + m, 0), 1)) for d, m in zip(deviation, mean)]
        return {"kind": "colour", "colour": "#" + "".join(f"{c:02x}" for c in rgb)}

    def shape(self):
        return re.sub(r"[0-9.]+", "", self.settings["occlusion"]["shape"])

    def worst(self, count=3):
        """The worst positions whose windows do not overlap."""
        error = self.mm["error"].mean(-1)
        columns = error.shape[1]
        flat = error.ravel()
        order = sorted(np.flatnonzero(~np.isnan(flat)), key=lambda i: (-np.float32(flat[i]), i))
        rows, cols = self.spans(0)["centre"], self.spans(1)["centre"]
        height, width = self.occluder()
        chosen = []
        for index in order:
            r, c = divmod(int(index), columns)
            if all(abs(rows[r] - rows[a]) >= height or abs(cols[c] - cols[b]) >= width for a, b in chosen):
                chosen.append((r, c))
            if len(chosen) == count:
                break
        return chosen

    def worst_text(self, position):
        text = f"{number(float(self.mm['error'][position].mean()), 0)} mm"
        return f"{text}, clean {number(float(self.mm['clean_error'].mean()), 0)} mm" if self.has_truth else text

    def measured_from(self):
        """For every measured joint its place among the predicted ones; nil where it has none."""
        own = self.skeletons.get(self.settings["skeleton"])
        if own is None:
            return None
        target = self.skeletons[self.settings["measured"]]
        other = own.get("counterparts", {}).get(target["name"], {})
        back = target.get("counterparts", {}).get(own["name"], {})
        places = {name: i for i, name in enumerate(own["joints"])}
        renamed = {there: here for here, there in other.items()}
        result = [places.get(name, places.get(back.get(name), places.get(renamed.get(name)))) for name in
                  target["joints"]]
        return None if any(i is None for i in result) else result

    def reported(self, name):
        """What the network reports of the measured joints; none where it does not."""
        places = self.measured_from()
        if name not in self.arrays or places is None:
            return None
        return self.arrays[name][..., places].astype(np.float64) * (1000 if name == "uncertainty" else 1)

    def picture(self):
        """The crop as a JPEG."""
        if "picture" not in self.arrays:
            return None
        stream = io.BytesIO()
        Image.fromarray(self.arrays["picture"]).save(stream, "JPEG", quality=90)
        return stream.getvalue()

    def sizes(self):
        """Occluder and positions, in a line."""
        height, width = self.occluder()
        occlusion, positions = self.settings["occlusion"], self.settings["positions"]
        size = f"{width}" if height == width else f"{width} × {height}"
        text = (f"{self.word()} {size} pixels, stride {self.attributes['stride_px']} of a {self.side}-pixel crop "
                f"({occlusion['size']} and {positions['stride']} of a 224-pixel crop), {positions['kind']} grid")
        if self.settings.get("tolerance_mm") is not None:
            text += f", interpolated to {self.settings['tolerance_mm']:g} mm, maxima are lower limits"
        return text

    def word(self):
        return {"square": "patch", "disc": "disc", "rectangle": "rectangle"}[self.shape()]

    def words(self):
        word = self.word()
        return word + ("es" if word == "patch" else "s")

    def visibility(self):
        words = self.notes.get("visibility")
        return None if words is None else ["" if w == "visible" else "hidden" for w in words]

    @property
    def is_adaptive(self):
        return self.settings.get("tolerance_mm") is not None and not (
            "computed" in self.arrays and self.arrays["computed"].all())


def axis_angles(matrices):
    """Rotation matrices `[…, 3, 3]` as axis-angle vectors."""
    m = matrices.astype(np.float64)
    trace = np.clip((np.trace(m, axis1=-2, axis2=-1) - 1) / 2, -1, 1)
    angle = np.arccos(trace)
    skew = np.stack([m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]], -1)
    sine = np.maximum(np.linalg.norm(skew, axis=-1), 1e-12)
    axis = skew / sine[..., None]
    # Near half a turn the antisymmetric part vanishes.
    diagonal = np.sqrt(np.maximum((np.diagonal(m, axis1=-2, axis2=-1) + 1) / 2, 0))
    largest = diagonal.argmax(-1)
    row = np.take_along_axis(m + np.eye(3), largest[..., None, None], -2)[..., 0, :]
    near = row / np.maximum(np.linalg.norm(row, axis=-1, keepdims=True), 1e-12)
    flip = np.where((near * axis).sum(-1, keepdims=True) < 0, -1, 1)
    axis = np.where((math.pi - angle < 1e-3)[..., None], near * flip, axis)
    return np.nan_to_num(axis * angle[..., None], nan=np.nan)


def mean_map_jpeg(images):
    """Pictures beside one another, as a small JPEG for the first paint."""
    side = max(image.width for image in images)
    sheet = Image.new("RGB", (side * len(images) + 8 * (len(images) - 1), side), "white")
    for index, image in enumerate(images):
        sheet.paste(image.resize((side, side), Image.NEAREST), (index * (side + 8), 0))
    stream = io.BytesIO()
    sheet.save(stream, "JPEG", quality=80)
    return base64.b64encode(stream.getvalue()).decode()
