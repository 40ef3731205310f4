"""Writes a record of a sweep that you ran in a loop of your own, for `penumbra report`, `compare`, `measure` and `inspect`.

    import penumbra_record
    penumbra_record.write("photo.mine.zarr", joints=joints, clean_joints=clean, skeleton="smpl24", rows=rows,
                          columns=columns, occluder=(40, "square"), picture="photo.jpg", network="mine")

One file, numpy alone, Python 3.9 or later; Pillow reads pictures. docs/records-from-elsewhere.md explains the arguments.
"""
import hashlib
import json
import math
import os
import struct

import numpy as np

LINES = {
    "row": (["row"], "pixel", "centre of the occluder, down the crop"),
    "column": (["column"], "pixel", "centre of the occluder, across the crop"),
    "picture_row": (["row"], "pixel", "centre of the occluder, down the picture"),
    "picture_column": (["column"], "pixel", "centre of the occluder, across the picture"),
    "joint": (["joint"], None, "joints"),
    "joints": (["joint", "axis"], "m", "predicted joints; x right, y down, z away from the camera"),
    "error": (["joint"], "m", "distance from the reference, roots aligned"),
    "error_pa": (["joint"], "m", "distance from the reference after Procrustes alignment"),
    "rotations": (["smpl_joint", "matrix_row", "matrix_column"], None, "SMPL rotations; the first is global"),
    "betas": (["beta"], None, "SMPL shape coefficients"),
    "camera": (["camera_number"], None, "weak-perspective camera: scale, shift right, shift down"),
    "confidence": (["joint"], None, "confidence of the network, 0 to 1"),
    "uncertainty": (["joint"], "m", "uncertainty that the network reports"),
    "truth_joints": (["joint", "axis"], "m", "ground-truth joints"),
    "picture": (["image_row", "image_column", "colour"], None, "the crop for looking at, red, green and blue"),
    "attention_clean": (["attention_row", "attention_column", "joint"], None, "attention of every joint, unoccluded"),
}
OVER_POSITIONS = ("joints", "error", "error_pa", "rotations", "betas", "camera", "confidence", "uncertainty")
LONGEST_SIDE, LARGEST_SIZE, SHOWN_SIDE = 2048, 224, 480


def write(path, joints, clean_joints, skeleton, rows, columns, occluder=(40, "square"), picture=None, *, box=None,
          network="own", root=None, fill="gray", truth_joints=None, fingerprint=None, **more):
    """Writes a record, whole or not at all, and returns its path; nothing may be there yet.

    joints [rows, columns, J, 3] and clean_joints [J, 3]: metres, x right, y down, z away from the camera; NaN where nobody
        was found. Any origin: roots are laid on each other.
    skeleton: the name of a skeleton that Penumbra knows, such as "smpl24", the path of its file, or the joints' names, with
    root: the joint, or the list of joints whose middle, that poses are aligned at; "midhip" is that of the hips.
    rows, columns: where the centre of the occluder was, pixels of the picture; evenly spaced, the same step in both.
    occluder: its width in pixels of the picture, and "square", "disc" or "rectangle1.5" (1.5 times as high as wide).
    picture: the file, or its pixels [H, W, 3], uint8; box: x, y, width, height of the person in it.
    network: the network's name; fingerprint: a digest of its weights, which tells networks of one name apart.
    truth_joints [J, 3]: with it errors are measured from the truth, without it from clean_joints.
    more: confidence, uncertainty, rotations, betas, camera, each also with clean_, and attention_clean [r, c, J].
    """
    joints, clean = (np.asarray(values, np.float32) for values in (joints, clean_joints))
    rows, columns = (np.asarray(values, np.float64).ravel() for values in (rows, columns))
    skeleton = _skeleton(skeleton, root)
    count = len(skeleton["joints"])
    if joints.shape != (len(rows), len(columns), count, 3) or clean.shape != (count, 3):
        raise ValueError(f"joints {joints.shape} and clean_joints {clean.shape} are not of {len(rows)} rows, "
                         f"{len(columns)} columns and the {count} joints of {skeleton['name']}")
    missing = np.isnan(joints).any((2, 3))
    if not np.isfinite(clean).all() or np.isinf(joints).any() or (missing != np.isnan(joints).all((2, 3))).any():
        raise ValueError("clean_joints must be numbers, and joints too; NaN, in the whole row, where nobody was found")
    if len(set(skeleton["joints"])) != count:
        raise ValueError("two joints have the same name")
    if np.abs(clean - clean.mean(0)).max() > 20:
        raise ValueError("joints are tens of metres apart; give metres")
    truth = None if truth_joints is None else np.asarray(truth_joints, np.float32).reshape(count, 3)
    roots = [skeleton["joints"].index(name) for name in skeleton.get("root", [])]
    name, pixels = _pixels(picture)
    frame, occlusion, rule, (crop_rows, crop_columns) = _frame(rows, columns, occluder[0], box, pixels)
    settings = {
        "model": {"label": network, "name": network, "fingerprint": fingerprint or "unknown", "kind": "swept elsewhere"},
        "picture": {"name": name, "fingerprint": _fingerprint(pixels)}, "crop": "own", "frame": frame,
        "skeleton": skeleton["name"], "measured": skeleton["name"],
        "occlusion": {"size": occlusion, "shape": occluder[1], "fill": fill}, "positions": rule}
    if box is not None:
        settings["box"] = [float(number) for number in box]
    if truth is not None:
        settings["truth"] = {"name": "truth_joints", "fingerprint": hashlib.sha256(truth.tobytes()).hexdigest()[:16]}
    notes = {"penumbra": "elsewhere", "seed": 0, "skeletons": [skeleton]}
    if pixels is not None:
        notes["picture_size_px"] = [pixels.shape[1], pixels.shape[0]]
    arrays = {"row": crop_rows, "column": crop_columns, "picture_row": rows, "picture_column": columns,
              "joint": skeleton["joints"], "joints": joints, "clean_joints": clean, "truth_joints": truth, **more}
    reference = clean if truth is None else truth
    for prefix, values in (("", joints), ("clean_", clean)):
        arrays[prefix + "error"], arrays[prefix + "error_pa"] = _errors(values, reference, roots)
    if pixels is not None:
        arrays["picture"] = _shown(pixels, frame)
    settings_text = canonical(settings)
    attributes = {
        "format": 2, "settings": settings_text, "identity": hashlib.sha256(settings_text.encode()).hexdigest(),
        "notes": canonical(notes), "penumbra": "elsewhere", "label": network, "network": network, "picture_name": name,
        "quantity": "displacement from the clean prediction" if truth is None else "error",
        "units": "metres; x right, y down, z away", "joint_names": json.dumps(skeleton["joints"])}
    return _write_group(path, attributes, {key: values for key, values in arrays.items() if values is not None})


def canonical(value):
    """JSON in one spelling: keys sorted, no spaces, whole numbers without a point."""
    def plain(value):
        if isinstance(value, dict):
            return {key: plain(entry) for key, entry in value.items()}
        if isinstance(value, (list, tuple)):
            return [plain(entry) for entry in value]
        return int(value) if isinstance(value, float) and value == int(value) else value
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _skeleton(skeleton, root):
    if not isinstance(skeleton, str):
        roots = ["left_hip", "right_hip"] if root == "midhip" else [root] if isinstance(root, str) else list(root or [])
        names = list(skeleton)
        digest = hashlib.sha256(canonical([names, roots]).encode()).hexdigest()[:8]
        return {"name": f"own{len(names)}-{digest}", "joints": names, "root": roots}
    here = os.path.dirname(os.path.abspath(__file__))
    folders = [os.environ.get("PENUMBRA_FIXTURES"), f"{here}/../Fixtures", f"{here}/../share/penumbra", here]
    for path in [skeleton] + [f"{folder}/skeletons/{skeleton}.json" for folder in folders if folder]:
        if path.endswith(".json") and os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                return json.load(file)
    raise ValueError(f"{skeleton}: no such skeleton is found; set PENUMBRA_FIXTURES, or give the joints' names and the root")


def _pixels(picture):
    if picture is None:
        return "unknown", None
    if isinstance(picture, (str, os.PathLike)):
        from PIL import Image, ImageOps

        with Image.open(picture) as file:
            return os.path.basename(picture), np.array(ImageOps.exif_transpose(file).convert("RGB"))
    return "array", np.ascontiguousarray(picture, np.uint8)


def _fingerprint(pixels):
    """The digest that Penumbra gives a picture, so that records of one picture are known as such."""
    if pixels is None:
        return "unknown"
    state = 0xCBF29CE484222325
    for data in (f"{pixels.shape[1]} {pixels.shape[0]}".encode(), pixels.tobytes()):
        whole = len(data) // 8 * 8
        for word in (*np.frombuffer(data[:whole], "<u8").tolist(), *data[whole:], len(data)):
            state = (state ^ word) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
            state ^= state >> 29
    return f"{state:016x}"


def _frame(rows, columns, size, box, pixels):
    """A square of the picture in whose pixels the given positions are a grid: frame, occluder's size, rule, centres."""
    steps = np.concatenate([np.diff(rows), np.diff(columns)])
    step = float(steps.mean()) if len(steps) else float(size)
    if step <= 0 or np.abs(steps - step).max(initial=0) > 1e-3 * step:
        raise ValueError("rows and columns must rise by one and the same step")
    if box is not None:
        x, y, width, height = (float(number) for number in box)
        person = max(width, height)
        low, high = (y + (height - person) / 2, x + (width - person) / 2), None
        high = (low[0] + person, low[1] + person)
    elif pixels is not None:
        low, high, person = (0, 0), pixels.shape[:2], float(max(pixels.shape[:2]))
    else:
        low, high = (rows[0] - step, columns[0] - step), (rows[-1] + step, columns[-1] + step)
        person = max(high[0] - low[0], high[1] - low[1])
    for stride in range(min(LARGEST_SIZE, max(1, round(step))), 0, -1):
        pixel = step / stride  # a pixel of the frame, in those of the picture
        extent = max(1, round(size / pixel))
        shift = extent % 2 / 2  # an odd occluder is centred on the middle of its pixel
        before = [max(0, math.ceil((first - start) / step - shift / stride)) for first, start in
                  ((rows[0], low[0]), (columns[0], low[1]))]
        starts = [first - (count * stride + shift) * pixel for first, count in
                  ((rows[0], before[0]), (columns[0], before[1]))]
        side = max(max(math.ceil((end - start) / pixel), (count + len(centres) - 1) * stride + 1)
                   for end, start, count, centres in zip(high, starts, before, (rows, columns)))
        if side <= LONGEST_SIDE and extent <= LARGEST_SIZE and abs(extent * pixel - size) < .02 * size:
            break
    else:
        raise ValueError(f"an occluder of {size} pixels and a step of {step} have no common measure; round one of them")
    # Sizes are given in pixels of a person's box of 224 where that says them exactly, else in pixels of the frame.
    scaled = lambda length, share: max(1, math.floor(length * side * share / 224 + .5))
    share = person / (side * pixel)
    sizes = [max(1, round(length * pixel / person * 224)) for length in (extent, stride)]
    if max(sizes) > LARGEST_SIZE or [scaled(length, share) for length in sizes] != [extent, stride]:
        share, sizes = 224 / side, [extent, stride]
    frame = {"side_px": side, "x": starts[1], "y": starts[0], "width": side * pixel, "height": side * pixel,
             "box_share": share}
    region = [columns[0] - step / 2, rows[0] - step / 2, len(columns) * step, len(rows) * step]
    rule = {"kind": "centred", "stride": sizes[1], "region": [float(number) for number in region]}
    return frame, sizes[0], rule, [(rows - starts[0]) / pixel, (columns - starts[1]) / pixel]


def _shown(pixels, frame):
    """What the frame shows of the picture, black outside, at most 480 pixels a side."""
    side = max(1, min(SHOWN_SIDE, round(frame["width"])))
    places = (np.arange(side) + .5) * frame["width"] / side
    rows, columns = (np.floor(frame[start] + places).astype(int) for start in ("y", "x"))
    shown = pixels[rows.clip(0, pixels.shape[0] - 1)][:, columns.clip(0, pixels.shape[1] - 1)].copy()
    shown[(rows < 0) | (rows >= pixels.shape[0])] = 0
    shown[:, (columns < 0) | (columns >= pixels.shape[1])] = 0
    return shown


def _errors(joints, reference, roots):
    """Distances [..., J] from a reference [J, 3]: with the roots on each other, and after Procrustes alignment."""
    joints, reference = joints.astype(np.float64), reference.astype(np.float64)
    if roots:
        moved = joints - joints[..., roots, :].mean(-2, keepdims=True) + reference[roots].mean(0)
    else:
        moved = joints
    found = ~np.isnan(joints).any((-1, -2), keepdims=True)
    a = np.where(found, joints, 0) - np.where(found, joints, 0).mean(-2, keepdims=True)
    b = reference - reference.mean(0)
    u, gains, vt = np.linalg.svd(np.swapaxes(a, -1, -2) @ b)
    signs = np.ones_like(gains)
    signs[..., 2] = np.sign(np.linalg.det(u @ vt))
    scale = (gains * signs).sum(-1) / np.maximum((a * a).sum((-1, -2)), 1e-24)
    aligned = scale[..., None, None] * (a @ ((u * signs[..., None, :]) @ vt))
    return (np.linalg.norm(moved - reference, axis=-1),
            np.where(found[..., 0], np.linalg.norm(aligned - b, axis=-1), np.nan))


def _write_group(path, attributes, arrays):
    """A Zarr v3 group, one chunk for each array."""
    path = os.fspath(path).rstrip("/")
    if os.path.exists(path):
        raise FileExistsError(f"{path}: is there already; remove it or choose another name")
    partial, described = f"{path}.partial{os.getpid()}", {}
    for name, values in sorted(arrays.items()):
        dimensions, unit, long_name = LINES[name] if name in LINES else LINES[name.removeprefix("clean_")]
        kind, codec, empty = "float32", {"name": "bytes", "configuration": {"endian": "little"}}, "NaN"
        if name == "joint":
            kind, codec, empty = "string", {"name": "vlen-utf8", "configuration": {}}, ""
            texts = [text.encode() for text in values]
            data = struct.pack("<I", len(texts)) + b"".join(struct.pack("<I", len(text)) + text for text in texts)
            shape = [len(texts)]
        else:
            values = np.asarray(values)
            if np.isinf(values).any():
                raise ValueError(f"{name}: contains infinities")
            if name == "picture":
                kind, empty = "uint8", 0
            shape, data = list(values.shape), values.astype("u1" if kind == "uint8" else "<f4").tobytes()
        if name in OVER_POSITIONS:
            dimensions = ["row", "column", *dimensions]
        if len(shape) != len(dimensions):
            raise ValueError(f"{name}: has the shape {shape}; its dimensions are {', '.join(dimensions)}")
        notes = {"long_name": long_name + (", unoccluded" if name.startswith("clean_") else "")}
        if unit:
            notes["units"] = unit
        if name in OVER_POSITIONS:
            notes["coordinates"] = "picture_row picture_column"
        described[name] = {
            "zarr_format": 3, "node_type": "array", "shape": shape, "data_type": kind, "fill_value": empty,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": shape}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}}, "codecs": [codec],
            "dimension_names": dimensions, "attributes": notes}
        chunk = os.path.join(partial, name, "c", *["0"] * len(shape))
        os.makedirs(os.path.dirname(chunk), exist_ok=True)
        with open(chunk, "wb") as file:
            file.write(data)
        with open(os.path.join(partial, name, "zarr.json"), "w") as file:
            json.dump(described[name], file)
    group = {"zarr_format": 3, "node_type": "group", "attributes": attributes, "consolidated_metadata": {
        "kind": "inline", "must_understand": False, "metadata": described}}
    with open(os.path.join(partial, "zarr.json"), "w") as file:
        json.dump(group, file)
    os.rename(partial, path)
    return path
