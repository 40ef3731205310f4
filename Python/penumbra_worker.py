"""Lets Penumbra sweep any network: a worker is a short Python file that says how a picture becomes the network's input,
and what the network predicts.

    import penumbra_worker as pw

    def prepare(picture, box):          # uint8 RGB [H, W, 3]; the box x, y, width, height in its pixels, or None
        return crop, None               # the network's input, and whatever else predict needs

    def predict(inputs, state):         # inputs [n, ...], as prepare gave them
        return {"joints": ...}          # [n, joints, 3] in metres; or {"rotations": [n, 24, 3, 3], "betas": [n, 10]}

    pw.serve(prepare, predict, name="mine", joints="smpl24", batch=64)

Needs numpy, and Python 3.9 or later. docs/workers.md in Penumbra's repository tells more, and describes the messages.
"""
import collections
import contextlib
import glob
import hashlib
import inspect
import json
import math
import os
import queue
import shutil
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import zlib

import numpy as np

__version__ = "1.0"
PROTOCOL = "penumbra-worker/1"
MOST_HEADER = 1 << 20  # bytes
MOST_NUMBERS = 1 << 30
MOST_WINDOWS = 65536


class Damaged(Exception):
    """What came over the pipe is no message."""


class Refused(Exception):
    """A message asks for what cannot be."""


class Mistake(Exception):
    """The user's functions gave what cannot be used."""


class SweepFailed(Exception):
    """`penumbra sweep` ended with an error."""


def _say(text):
    print("penumbra_worker: " + text, file=sys.stderr, flush=True)


# Messages.

_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "U8": "u1"}
_NAMES = {np.dtype(kind): name for name, kind in _TYPES.items() if name != "BF16"}


def _parts(say, arrays, texts):
    """A message as buffers: the length of the header with the header, and each array."""
    header = {"__metadata__": {"say": say, **{key: str(value) for key, value in texts.items() if value is not None}}}
    buffers, at = [], 0
    # Wide numbers first, so that all lie at multiples of their size.
    for name, array in sorted(arrays.items(), key=lambda item: -item[1].itemsize):
        array = np.ascontiguousarray(array)
        header[name] = {"dtype": _NAMES[array.dtype], "shape": array.shape, "data_offsets": (at, at + array.nbytes)}
        at += array.nbytes
        if array.nbytes:
            buffers.append(memoryview(array).cast("B"))
    if at > MOST_NUMBERS:
        raise Mistake(f"{at} bytes are more than a message may have: {MOST_NUMBERS}")
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return [struct.pack("<Q", len(text)) + text, *buffers]


def encode(say, arrays=None, **texts):
    """A message as bytes."""
    return b"".join(_parts(say, arrays or {}, texts))


def _read(stream, count, may_end=False):
    parts, left = [], count
    while left:
        part = stream.read(min(left, 1 << 24))
        if not part:
            if may_end and left == count:
                return None
            raise Damaged(f"the input ends {left} bytes before the end of a message")
        parts.append(part)
        left -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def decode(stream):
    """The next message as (say, texts, arrays), or None at the end. Raises `Damaged`."""
    head = _read(stream, 8, may_end=True)
    if head is None:
        return None
    (length,) = struct.unpack("<Q", head)
    if not 2 <= length <= MOST_HEADER:
        raise Damaged(f"the length of the header is {length}, not 2 to {MOST_HEADER}")
    try:
        header = json.loads(_read(stream, length).decode())
    except (ValueError, RecursionError):
        raise Damaged("the header is not JSON") from None
    texts = header.pop("__metadata__", {}) if isinstance(header, dict) else None
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise Damaged("the header is no object with __metadata__ of texts")
    spans = []
    for name, entry in header.items():
        try:
            kind, shape, (start, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
            good = isinstance(kind, str) and all(type(n) is int and n >= 0 for n in [*shape, start, end])
        except (TypeError, KeyError, ValueError):
            good = False
        if not good:
            raise Damaged(f"the header's entry of {name!r:.80} makes no sense")
        spans.append((start, end, name, kind, shape))
    size = 0
    for start, end, name, kind, shape in sorted(spans, key=lambda span: span[:2]):
        fits = kind not in _TYPES or math.prod(shape) * np.dtype(_TYPES[kind]).itemsize == end - start
        if start != size or end < start or not fits:
            raise Damaged(f"the offsets {start}, {end} of {name!r:.80} do not fit its shape, or leave a gap")
        size = end
    if size > MOST_NUMBERS:
        raise Damaged(f"the numbers have {size} bytes, more than {MOST_NUMBERS}")
    data, arrays = _read(stream, size) if size else b"", {}
    for start, end, name, kind, shape in spans:
        if kind not in _TYPES:
            continue
        try:
            array = np.frombuffer(data[start:end] if start % 8 else data, _TYPES[kind], math.prod(shape),
                                  0 if start % 8 else start).reshape(shape)
        except (ValueError, OverflowError):
            raise Damaged(f"the shape of {name!r:.80} makes no sense") from None
        arrays[name] = (array.astype("<u4") << 16).view("<f4") if kind == "BF16" else array
    return texts.get("say", ""), texts, arrays


# The pipe. Whatever a library prints must not get into it, so it is put aside before any of them is imported.

_pipe = None


def _claim():
    """Takes the pipe for messages: what is printed goes to standard error from here on, and standard input is empty."""
    global _pipe
    if _pipe is None:
        _pipe = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        # A whole answer fits into a pipe of 1 MiB, so that the next batch need not wait until it is read.
        with contextlib.suppress(OSError, ImportError, AttributeError):
            import fcntl

            fcntl.fcntl(_pipe[1].fileno(), fcntl.F_SETPIPE_SZ if hasattr(fcntl, "F_SETPIPE_SZ") else 1031, 1 << 20)
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(line_buffering=True)
        if threading.current_thread() is threading.main_thread():
            # Ctrl-C reaches all processes of a terminal; Penumbra ends its workers by itself.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
    return _pipe


def _is_worker():
    if os.environ.get("PENUMBRA_WORKER"):
        return True
    # ssh and docker do not hand the environment on.
    try:
        piped = all(stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) for mode in (os.fstat(0).st_mode, os.fstat(1).st_mode))
        with open(sys.modules["__main__"].__file__, encoding="utf-8") as file:
            text = file.read()
        return piped and "penumbra_worker" in text and "serve(" in text
    except (OSError, ValueError, AttributeError, TypeError):
        return False


if _is_worker():
    _claim()


# Arrays of other libraries.


def _library(array):
    """torch, jax, cupy or numpy; None for what is no array."""
    root = type(array).__module__.split(".")[0]
    root = "jax" if root == "jaxlib" else root
    if root in ("torch", "jax", "cupy") and hasattr(array, "shape") and hasattr(array, "dtype"):
        return root
    return "numpy" if isinstance(array, np.ndarray) else None


def to_numpy(array):
    """Any library's array as numpy's; torch's bfloat16 as float32."""
    library = _library(array)
    if library == "torch":
        array = array.detach()
        return (array.float() if str(array.dtype) == "torch.bfloat16" else array).cpu().numpy()
    return array.get() if library == "cupy" else np.asarray(array)


def _numbers(value):
    """Float32 in numpy of an array, a tensor, or a list of such."""
    if isinstance(value, (list, tuple)):
        return np.stack([_numbers(part) for part in value])
    if _library(value) == "torch":
        return value.detach().float().cpu().numpy()
    return np.asarray(to_numpy(value), np.float32)


def cat(*parts):
    """Arrays or tensors one after the other along the second dimension, such as global_orient and body_pose."""
    if _library(parts[0]) == "torch":
        return sys.modules["torch"].cat(parts, 1)
    return np.concatenate([to_numpy(part) for part in parts], 1)


def xyxy(box, picture=None):
    """A box x, y, width, height as its corners x0, y0, x1, y1, float32; without one, those of the picture."""
    if box is None:
        if picture is None:
            raise ValueError("there is no box; give one to Penumbra (--box), or the picture to xyxy")
        box = 0, 0, picture.shape[1], picture.shape[0]
    x, y, width, height = (float(number) for number in box)
    return np.array([x, y, x + width, y + height], np.float32)


def fingerprint(*paths):
    """A digest of files, such as the weights."""
    digest = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            for block in iter(lambda: file.read(1 << 22), b""):
                digest.update(block)
    return digest.hexdigest()[:32]


def shown(array):
    """An input as a picture for people, uint8 [h, w, 3]: its least number black, its largest white."""
    array = to_numpy(array)
    first = _Layout(array).first
    array = array.reshape(array.shape[-3:]).astype(np.float32)
    array = array.transpose(1, 2, 0) if first else array
    array = array[:, :, :3] if array.shape[2] >= 3 else array[:, :, :1].repeat(3, 2)
    low, high = float(array.min()), float(array.max())
    if not math.isfinite(high - low):
        raise Mistake("the input that prepare gave has NaN or infinities")
    return np.rint((array - low) * (255 / (high - low) if high > low else 0)).astype(np.uint8)


def _quiet_gradients():
    torch = sys.modules.get("torch")
    return torch.inference_mode() if hasattr(torch, "inference_mode") else contextlib.nullcontext()


# Inputs.


class _Layout:
    """Where height and width are in an input: [C, h, w] or [h, w, C], with any number of ones before."""

    def __init__(self, array):
        shape = tuple(int(n) for n in array.shape)
        if len(shape) < 3 or any(n != 1 for n in shape[:-3]) or 0 in shape:
            raise Mistake(f"prepare gave an input of shape {list(shape)}; it must be [C, h, w] or [h, w, C]")
        a, _, c = shape[-3:]
        if min(a, c) > 16:
            raise Mistake(f"prepare gave an input of shape {list(shape)}: neither its first nor its last number can be "
                          "that of channels")
        self.first = a <= c if 3 not in (a, c) else a == 3  # channels come first
        self.size = shape[-2:] if self.first else shape[-3:-1]
        self.row = shape[1:] if len(shape) > 3 else shape  # of one row of a batch
        self.before = len(self.row) - (2 if self.first else 3)  # dimensions before the height, without the batch

    def window(self, y0, x0, y1, x1):
        rows = slice(y0, y1), slice(x0, x1)
        return (Ellipsis, *rows) if self.first else (Ellipsis, *rows, slice(None))

    def over(self, maps):
        """[n, h, w] with ones in the place of channels."""
        return maps.reshape(len(maps), *(1,) * self.before, *self.size, *(() if self.first else (1,)))


def _mixed(clean, filler, cover, whole):
    """The filler over the clean input; exact where the coverage is 0 or 1."""
    mixed = clean * (1 - cover) + filler * cover
    return mixed.round() if whole else mixed


class _OnHost:
    """Batches in the computer's memory: a buffer of clean inputs, into which the windows are copied, and out again."""

    flies = False  # its outputs are fetched before the next batch begins

    def __init__(self, clean, filler, layout):
        self.layout, self.refills, self.checked, self.inputs = layout, False, False, None
        self.torch = sys.modules["torch"] if _library(clean) == "torch" else None
        self.clean, self.filler = (np.ascontiguousarray(to_numpy(a)).reshape(layout.row) for a in (clean, filler))

    def fill(self, windows, mask, offsets):
        """Inputs with the occluder at the windows."""
        layout, clean, filler = self.layout, self.clean, self.filler
        if self.inputs is None or len(self.inputs) < len(windows):
            shape = (len(windows), *layout.row)
            if self.torch is not None:
                self.inputs = self.torch.empty(shape, dtype=getattr(self.torch, clean.dtype.name))
                self.buffer = self.inputs.numpy()
            else:
                self.inputs = self.buffer = np.empty(shape, clean.dtype)
            self.buffer[...] = clean
            self.slots, self.flat = list(self.buffer), self.buffer.reshape(-1)
            self.old = [None] * len(windows)
            self.sample = np.random.default_rng(0).integers(0, self.flat.size, 256)
        elif self.refills:
            self.buffer[...] = clean
            self.old = [None] * len(windows)
        for i, (slot, old, window) in enumerate(zip(self.slots, self.old, windows.tolist())):
            if old is not None:
                slot[old] = clean[old]
            y0, x0, y1, x1 = window
            if y0 == y1 or x0 == x1:
                self.old[i] = None
                continue
            place = self.old[i] = layout.window(y0, x0, y1, x1)
            if mask is None:
                slot[place] = filler[place]
            else:
                y, x = offsets[i].tolist()
                cover = mask[y:y + y1 - y0, x:x + x1 - x0].astype(np.float32) / 255
                slot[place] = _mixed(clean[place], filler[place], cover if layout.first else cover[:, :, None],
                                     clean.dtype.kind in "iu")
        # Of the first batch, all is remembered to see whether predict changes its inputs; later, some numbers.
        self.before = self.flat[self.sample] if self.checked else self.flat.copy()
        return self.inputs[:len(windows)]

    def check(self):
        """Sees whether predict changed its inputs; if so, all are written anew from here on."""
        if self.refills:
            return
        after = self.flat[self.sample] if self.checked else self.flat
        if not np.array_equal(self.before.view(np.uint8), after.view(np.uint8)):
            self.refills = True
            _say("predict changes its inputs; they are written anew for every batch")
        self.checked, self.before = True, None

    def drop(self):
        """Frees the buffer; the next batch may have another size."""
        self.inputs = self.buffer = self.slots = self.flat = self.before = None


class _OnDevice:
    """Batches of torch, jax or cupy on any device: clean input and filler are chosen between for every pixel."""

    flies = True  # the next batch may begin before its outputs are fetched

    def __init__(self, clean, filler, layout):
        self.layout, self.library = layout, _library(clean)
        self.clean, self.filler = clean.reshape(layout.row)[None], filler.reshape(layout.row)[None]
        self.whole = "float" not in str(clean.dtype)
        self.mask = None, None
        self.xp = sys.modules["jax.numpy" if self.library == "jax" else self.library]
        where = {"device": clean.device} if self.library == "torch" else {}
        self.rows, self.columns = (self.xp.arange(n, dtype=self.xp.int32, **where) for n in layout.size)
        self.compose = sys.modules["jax"].jit(self._compose) if self.library == "jax" else self._compose

    def _sent(self, array):
        if self.library == "torch":
            return self.xp.from_numpy(np.array(array)).to(self.clean.device)
        return self.xp.asarray(array)

    def fill(self, windows, mask, offsets):
        if mask is not None:
            if self.mask[0] is not mask:
                self.mask = mask, self._sent(mask)
            mask, offsets = self.mask[1], self._sent(offsets)
        return self.compose(self.clean, self.filler, self._sent(windows), mask, offsets)

    def _compose(self, clean, filler, windows, mask, offsets):
        rows, columns = self.rows[None], self.columns[None]
        y0, x0, y1, x1 = (windows[:, i:i + 1] for i in range(4))
        inside = ((rows >= y0) & (rows < y1))[:, :, None] & ((columns >= x0) & (columns < x1))[:, None, :]
        if mask is None:
            return self.xp.where(self.layout.over(inside), filler, clean)
        y = self.xp.clip(rows - y0 + offsets[:, :1], 0, mask.shape[0] - 1)
        x = self.xp.clip(columns - x0 + offsets[:, 1:], 0, mask.shape[1] - 1)
        cover = self.layout.over(mask[y[:, :, None], x[:, None, :]] * inside)
        if self.library == "torch":
            return _mixed(clean, filler, cover.float() / 255, self.whole).to(clean.dtype)
        return _mixed(clean, filler, cover.astype("float32") / 255, self.whole).astype(clean.dtype)

    def check(self):
        pass

    def drop(self):
        pass


def _canvas(clean, filler, layout):
    library = _library(clean)
    host = library == "numpy" or (library == "torch" and clean.device.type == "cpu"
                                  and str(clean.dtype) != "torch.bfloat16")
    return (_OnHost if host else _OnDevice)(clean, filler, layout)


# Pictures.


def _own(array):
    """A copy: prepare may use its memory again."""
    return array.clone() if _library(array) == "torch" else array if _library(array) == "jax" else array.copy()


class _Preparer:
    """The user's prepare for one box, always with the same kind of input."""

    def __init__(self, prepare, box):
        self.prepare, self.box, self.kind = prepare, box, None

    def __call__(self, picture):
        """The input, the state and to_picture for a picture."""
        with _quiet_gradients():
            result = self.prepare(np.array(picture, np.uint8), self.box)
        result = result if isinstance(result, tuple) else (result,)
        if not 1 <= len(result) <= 3:
            raise Mistake(f"prepare gave {len(result)} things; it may give the input, the state, and to_picture")
        array, state, to_picture = (*result, None, None)[:3]
        if _library(array) is None:
            raise Mistake(f"prepare gave {type(array).__name__} as the input; it must be an array of numpy, torch, jax "
                          "or cupy, and what else the network needs belongs into the state: return input, state")
        if _library(array) == "torch":
            array = array.detach()
        kind = tuple(array.shape), str(array.dtype)
        if self.kind not in (None, kind):
            raise Mistake(f"prepare gave an input of {self.kind}, and then of {kind} for another picture and the same "
                          "box")
        self.kind = kind
        return _own(array), state, to_picture

    def filler(self, filler, shape):
        """The input of a picture that shows the filler everywhere; it may have values between whole numbers."""
        filler = np.clip(filler.astype(np.float64), 0, 255)
        base = np.floor(filler)
        fraction = filler - base
        if self.kind is not None and "float" not in self.kind[1]:
            base, fraction = np.rint(filler), np.zeros(1)
        if filler.shape[:2] == (1, 1):
            steps = [(float(fraction[0, 0, c]), np.eye(3)[c]) for c in range(3) if fraction.any() and fraction[0, 0, c]]
        else:  # the fraction's binary digits
            digits = np.rint(fraction * 256).astype(np.int64)
            steps = [(2.0 ** (bit - 8), digits >> bit & 1) for bit in range(9)]
            steps = [(weight, step) for weight, step in steps if step.any()]
        look = lambda picture: self(np.broadcast_to(picture, shape))[0]
        start = look(base)
        result = start
        for weight, step in steps:
            result = result + (look(base + step) - start) * weight
        return result


def _bump(length, middle, radius):
    """A smooth hill of height 1 around the middle."""
    x = (np.arange(length) + 0.5 - middle) / radius
    return np.where(np.abs(x) < 1, np.cos(x * np.pi / 2) ** 2, 0)


def _places(look, height, width, region):
    """Where smooth white spots of a black picture are in the input: two places (picture, input) for x, and for y."""
    x0, y0, x1, y1 = region
    if x1 - x0 < 8 or y1 - y0 < 8:
        return None
    xs, ys = ([np.rint(low + part * (high - low)) for part in (0.3, 0.7)] for low, high in ((x0, x1), (y0, y1)))
    black, found = look(np.zeros((height, width, 3), np.uint8)), []
    for i, j in ((0, 0), (1, 1), (1, 0)):
        spot = _bump(height, ys[j], (y1 - y0) / 4)[:, None] * _bump(width, xs[i], (x1 - x0) / 4)
        seen = np.abs(look(np.rint(spot * 255)[:, :, None].repeat(3, 2)) - black).sum(2)
        top = seen.max()
        edge = max(seen[0].max(), seen[-1].max(), seen[:, 0].max(), seen[:, -1].max())
        if not np.isfinite(top) or top <= 0 or edge > top / 10:
            return None
        # A spot stays symmetric whatever the normalisation does to its brightness, so its middle stays in place.
        seen = np.clip(seen - top / 50, 0, None)
        total = seen.sum()
        found.append(((seen.sum(0) * (np.arange(seen.shape[1]) + 0.5)).sum() / total,
                      (seen.sum(1) * (np.arange(seen.shape[0]) + 0.5)).sum() / total))
    (u0, v0), (u1, v1), (u2, v2) = found
    if abs(u1 - u2) > 0.25 or abs(v0 - v2) > 0.25:
        return None
    return (xs, (u0, (u1 + u2) / 2)), (ys, ((v0 + v2) / 2, v1))


def _line(places, count):
    """Scale and shift through two places, with round ends where they are that within a fiftieth of a pixel."""
    (p0, p1), (q0, q1) = places
    if q1 - q0 < 1:
        return None
    scale = (p1 - p0) / (q1 - q0)
    shift = p0 - scale * q0
    for grid in (1, 2):
        low, high = np.rint(shift * grid) / grid, np.rint((shift + scale * count) * grid) / grid
        if max(abs(low - shift), abs(high - shift - scale * count)) < 0.02 * max(1, scale) and high > low:
            return (high - low) / count, low
    return scale, shift


def find_to_picture(look, shape, box, size):
    """What takes x, y of the input to those of the picture, [2, 3], found from where spots come out, or None.

    `look` gives the input [h, w, C] for a picture.
    """
    height, width = shape[:2]
    whole = np.array([0, 0, width, height], float)
    regions = [whole + [width / 4, height / 4, -width / 4, -height / 4], whole]
    if box is not None:
        corners = xyxy(box)
        box = np.array([*np.maximum(corners[:2], 0), *np.minimum(corners[2:], whole[2:])], float)
        middle, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 4
        regions = [box, np.array([*(middle - half), *(middle + half)]), whole]
    for region in regions:
        places = _places(look, height, width, region)
        lines = places and [_line(axis, count) for axis, count in zip(places, (size[1], size[0]))]
        if not lines or None in lines:
            continue
        if any(axis[1][1] - axis[1][0] < 0.3 * count for axis, count in zip(places, (size[1], size[0]))):
            # The spots were near each other: once more, over all that the input shows.
            (sx, tx), (sy, ty) = lines
            seen = [t + part * s * n for part in (0.05, 0.95) for s, t, n in ((sx, tx, size[1]), (sy, ty, size[0]))]
            seen = np.array([*np.maximum(seen[:2], 0), *np.minimum(seen[2:], whole[2:])])
            again = _places(look, height, width, seen)
            better = again and [_line(axis, count) for axis, count in zip(again, (size[1], size[0]))]
            lines = better if better and None not in better else lines
        (sx, tx), (sy, ty) = lines
        return np.array([[sx, 0, tx], [0, sy, ty]], np.float64)
    return None


class _Opened:
    """A picture that Penumbra asks about."""

    def __init__(self, prepare, arrays):
        picture, box, filler = arrays.get("picture"), arrays.get("box"), arrays.get("filler")
        if picture is None or picture.dtype != np.uint8 or picture.shape[2:] != (3,) or not picture.size:
            raise Refused("open has no picture U8 [H, W, 3]")
        if box is not None and (box.shape != (4,) or not np.isfinite(box).all()):
            raise Refused("the box of open is not four finite numbers")
        if filler is None or filler.shape not in ((1, 1, 3), picture.shape) or not np.isfinite(filler).all():
            raise Refused("open has no filler [1, 1, 3] or [H, W, 3] of finite numbers")
        look = _Preparer(prepare, None if box is None else tuple(float(number) for number in box))
        clean, self.state, to_picture = look(picture)
        self.layout = layout = _Layout(clean)
        self.shown = shown(clean)
        try:
            hidden = look.filler(filler, picture.shape)
        except Exception:
            _say("prepare failed on a picture of the filler alone; it must take pictures in which nobody is")
            raise
        self.canvas = _canvas(clean, hidden, layout)

        def channels_last(array):
            array = to_numpy(array).reshape(clean.shape[-3:]).astype(np.float64)
            return array.transpose(1, 2, 0) if layout.first else array

        if to_picture is None:
            if layout.size == picture.shape[:2] and np.array_equal(channels_last(clean), picture):
                to_picture = np.eye(2, 3)
            else:
                try:
                    to_picture = find_to_picture(
                        lambda spots: channels_last(look(spots)[0]), picture.shape, look.box, layout.size)
                except Exception as error:
                    _say(f"prepare cannot look at spots: {error}")
                if to_picture is None:
                    _say("where the input lies in the picture could not be found; prepare may give it: "
                         "return input, state, to_picture")
        else:
            to_picture = np.asarray(to_numpy(to_picture), np.float64)
            if to_picture.shape != (2, 3) or not np.isfinite(to_picture).all():
                raise Mistake(f"the to_picture of prepare is not [2, 3] of finite numbers: {to_picture.tolist()}")
        self.to_picture = to_picture


# Answers.

_MEMORY = ("out of memory", "alloc_failed", "resource_exhausted", "failed to allocate", "unable to allocate")
_EXTRAS = ("camera", "attention", "confidence", "uncertainty")


def _is_memory(error):
    text = f"{type(error).__name__} {error}".lower()
    return isinstance(error, MemoryError) or "outofmemory" in text or any(word in text for word in _MEMORY)


class _Ask:
    """Windows of one picture, and what was predicted for them so far."""

    def __init__(self, texts, arrays):
        self.id, self.number = texts.get("id", ""), texts.get("number")
        self.windows, self.mask, self.offsets = arrays.get("windows"), arrays.get("masks"), arrays.get("offsets")
        self.results, self.error, self.seconds = {}, None, 0.0
        self.taken = self.done = 0  # rows whose prediction has begun, and is here
        self.want, self.count, self.key = (), 0, None
        try:
            self._check(texts)
        except Refused as error:
            self.error = error

    def _check(self, texts):
        try:
            self.want = tuple(sorted(str(word) for word in json.loads(texts.get("want", "[]"))))
        except (ValueError, TypeError, RecursionError):
            raise Refused("the want of ask is no list") from None
        windows = self.windows
        if windows is None or windows.ndim != 2 or windows.shape[1] != 4 or windows.dtype.kind != "i":
            raise Refused("ask has no windows I32 [n, 4]")
        if not 1 <= len(windows) <= MOST_WINDOWS:
            raise Refused(f"ask has {len(windows)} windows, not 1 to {MOST_WINDOWS}")
        key = None
        if self.mask is not None:
            if self.mask.ndim == 3 and len(self.mask) == 1:
                self.mask = self.mask[0]
            if self.mask.ndim != 2 or self.mask.dtype != np.uint8:
                raise Refused("the masks of ask are not U8 [1, h, w]")
            if self.offsets is None or self.offsets.shape != (len(windows), 2) or self.offsets.dtype.kind != "i":
                raise Refused("ask has masks, but not for each window offsets I32 [n, 2]")
            sizes = windows[:, 2:].astype(np.int64) - windows[:, :2]
            shows = (sizes > 0).all(1)
            if ((self.offsets < 0) | (self.offsets + sizes > self.mask.shape))[shows].any():
                raise Refused("a window reaches beyond the mask")
            self.offsets, key = self.offsets.astype(np.int32), (self.mask.shape, self.mask.tobytes())
        self.count, self.key = len(windows), (self.id, self.want, key)

    def fits(self, opened):
        if opened is None:
            raise Refused(f"no picture is open under {self.id!r:.80}")
        low, high = self.windows[:, :2], self.windows[:, 2:]
        if (low < 0).any() or (high < low).any() or (high > opened.layout.size).any():
            height, width = opened.layout.size
            raise Refused(f"a window is not within the input of {height} by {width} pixels")
        self.windows = self.windows.astype(np.int32)


class Worker:
    """Answers Penumbra's messages; `serve` runs it over standard input and output."""

    def __init__(self, prepare, predict, *, name, body=None, joints=None, root=None, batch=16, active=None, step=1,
                 device=None, precision=None, fingerprint=None, gives=()):
        if (body is None) == (joints is None):
            raise ValueError("say what the network predicts: body='smpl', or joints= with a skeleton's name or a list")
        if body not in (None, "smpl"):
            raise ValueError(f"body={body!r}: only 'smpl' is known; for others, give joints=")
        if batch < 1 or step < 1:
            raise ValueError("batch and step must be at least 1")
        gives = [gives] if isinstance(gives, str) else list(gives)
        for word in gives:
            if word not in _EXTRAS:
                raise ValueError(f"gives={word!r}: it may have {', '.join(_EXTRAS)}")
        if isinstance(joints, str) and joints.endswith(".json"):
            with open(joints, encoding="utf-8") as file:
                joints = json.load(file)
        names = joints["joints"] if isinstance(joints, dict) else joints
        self.joints = None if joints is None or isinstance(joints, str) else len(list(names))
        if self.joints and root not in (None, "midhip", *names):
            raise ValueError(f"root={root!r} is none of the joints, nor 'midhip'")
        self.prepare, self.predict, self.batch, self.gives, self.body = prepare, predict, int(batch), gives, body
        self.active, self.step = None if active is None else [int(n) for n in active], int(step)
        self.texts = {
            "protocol": PROTOCOL, "name": name, "body": body, "root": root,
            "joints": joints if joints is None or isinstance(joints, str) else json.dumps(
                joints if isinstance(joints, dict) else list(joints)),
            "gives": json.dumps(gives), "batch": self.batch, "device": _device(device),
            "precision": None if precision is None else str(precision).replace("torch.", ""),
            "fingerprint": fingerprint or _digest_of(prepare, predict)}
        self.wants = _takes_want(predict)
        self.opened, self.asks, self.flights = {}, collections.deque(), collections.deque()
        self.ended, self.landed, self.noted, self.last_error, self.records = False, 0.0, set(), None, []

    def run(self, incoming, outgoing):
        """Answers messages until there are no more. Raises `Damaged`, or `BrokenPipeError` when nobody listens."""
        self.outgoing = outgoing
        self._send("hello", {}, **self.texts)
        waiting, held = queue.Queue(4), None
        threading.Thread(target=self._listen, args=(incoming, waiting), daemon=True).start()
        while not self.ended:
            while sum(ask.count - ask.taken for ask in self.asks) < self.batch:
                try:
                    held = waiting.get(block=not self.asks) if held is None else held
                except queue.Empty:
                    break
                if not (isinstance(held, _Ask) and self._joins(held)):
                    break
                self.asks.append(held)
                held = None
            if self.asks:
                self._advance()
                continue
            if isinstance(held, Exception):
                raise held
            if isinstance(held, _Ask):
                self._fail(held.error, held.id, held.number)
            else:
                self._answer(*held)
            held = None

    def _listen(self, incoming, waiting):
        try:
            while True:
                message = decode(incoming)
                if message is None:
                    break
                waiting.put(_Ask(*message[1:]) if message[0] == "ask" else message)
        except Exception as error:
            waiting.put(error if isinstance(error, Damaged) else Damaged(str(error)))
            return
        self.ended = True
        waiting.put(("", {}, {}))

    def _send(self, say, arrays, **texts):
        for part in _parts(say, arrays, texts):
            part = memoryview(part)
            while len(part):
                part = part[self.outgoing.write(part):]

    def _fail(self, error, id, number=None):
        kind = "memory" if _is_memory(error) else "input" if isinstance(error, Refused) else "internal"
        text = str(error)
        if isinstance(error, (Refused, Mistake)):
            _say(text)
        else:
            text = f"{type(error).__name__}: {error}{self._line_of(error)}"
            traceback.print_exception(type(error), error, error.__traceback__, file=sys.stderr)
            traceback.clear_frames(error.__traceback__)  # they hold the batch
        self.last_error = error
        self._send("failed", {}, id=id, number=number, kind=kind, text=" ".join(text.split())[:2000])

    def _line_of(self, error):
        frames = traceback.extract_tb(error.__traceback__)
        files = {getattr(getattr(function, "__code__", None), "co_filename", None)
                 for function in (self.prepare, self.predict)}
        frames = [frame for frame in frames if frame.filename in files] or [
            frame for frame in frames if frame.filename != __file__]
        return f" ({os.path.basename(frames[-1].filename)}, line {frames[-1].lineno})" if frames else ""

    def _answer(self, say, texts, arrays):
        id = texts.get("id", "")
        if say == "close":
            self.opened.pop(id, None)
        if say == "record" and texts.get("path"):
            self.records.append(texts["path"])
        if say != "open":
            return  # others are not known, and ignored
        start = time.monotonic()
        self.opened.pop(id, None)
        try:
            opened = _Opened(self.prepare, arrays)
            height, width = opened.layout.size
            if self.active is not None:
                y0, x0, y1, x1 = self.active
                if not (0 <= y0 < y1 <= height and 0 <= x0 < x1 <= width):
                    raise Mistake(f"active={tuple(self.active)} is not within the input of {height} by {width} pixels")
        except Exception as error:
            self._fail(error, id)
            return
        self.opened[id] = opened
        told = {"shown": opened.shown}
        if opened.to_picture is not None:
            told["to_picture"] = opened.to_picture
        self._send("opened", told, id=id, size=json.dumps([height, width]), step=self.step,
                   active=None if self.active is None else json.dumps(self.active),
                   seconds=f"{time.monotonic() - start:.6f}")

    # Batches. The first asks in the queue are of one picture and want the same, so that batches go across them.

    def _joins(self, ask):
        if ask.error is None:
            try:
                ask.fits(self.opened.get(ask.id))
            except Refused as error:
                ask.error = error
        return ask.error is None and (not self.asks or self.asks[0].key == ask.key)

    def _advance(self):
        """Begins the next batch, fetches what is there of the one before, and tells of the asks that are done."""
        opened, rows, room = self.opened[self.asks[0].id], [], self.batch
        for ask in self.asks:
            count = min(room, ask.count - ask.taken)
            if count:
                rows.append((ask, ask.taken, count))
                room -= count
        try:
            if rows:
                self._begin(opened, rows)
        except Exception as error:
            self._recover(error, rows)
        while self.flights and (not rows or not opened.canvas.flies or len(self.flights) > 1):
            outputs, events, landing, size, began = self.flights.popleft()
            try:
                for event in events:
                    event.synchronize()
                self._fetch(opened, outputs, landing, size, began)
            except Exception as error:
                self._recover(error, landing)
        while self.asks and (self.asks[0].error or self.asks[0].done == self.asks[0].count):
            ask = self.asks.popleft()
            if ask.error is None:
                try:
                    self._send("told", ask.results, id=ask.id, number=ask.number, seconds=f"{ask.seconds:.6f}")
                except Mistake as error:
                    ask.error = error
            if ask.error is not None:
                self._fail(ask.error, ask.id, ask.number)
        if not self.asks:
            self.flights.clear()  # of asks that failed

    def _begin(self, opened, rows):
        # Rows left over have no window: a batch has always the same size, so that nothing is compiled or tuned again. An
        # ask of one window, such as that of a clean prediction, is not worth a whole batch.
        size = 1 if [ask.count for ask, _, _ in rows] == [1] else self.batch
        windows, began = np.zeros((size, 4), np.int32), time.monotonic()
        mask, offsets, at = rows[0][0].mask, None, 0
        if mask is not None:
            mask = getattr(opened, "mask", mask) if np.array_equal(getattr(opened, "mask", None), mask) else mask
            opened.mask, offsets = mask, np.zeros((size, 2), np.int32)
        for ask, first, count in rows:
            windows[at:at + count] = ask.windows[first:first + count]
            if mask is not None:
                offsets[at:at + count] = ask.offsets[first:first + count]
            at += count
        with _quiet_gradients():
            inputs = opened.canvas.fill(windows, mask, offsets)
            want = (list(rows[0][0].want),) if self.wants else ()
            outputs, events = _sent_home(self.predict(inputs, opened.state, *want))
        for ask, _, count in rows:
            ask.taken += count
        self.flights.append((outputs, events, rows, size, began))

    def _fetch(self, opened, outputs, rows, size, began):
        arrays = self._checked(outputs, size, rows[0][0].want)
        at = 0
        for ask, first, count in rows:
            for name, array in arrays.items():
                if name not in ask.results:
                    ask.results[name] = np.empty((ask.count, *array.shape[1:]), np.float32)
                if ask.results[name].shape[1:] != array.shape[1:]:
                    raise Mistake(f"predict gave {name} of shape {list(array.shape)}, and before of "
                                  f"{['n', *ask.results[name].shape[1:]]}")
                ask.results[name][first:first + count] = array[at:at + count]
            at += count
        opened.canvas.check()
        now = time.monotonic()
        for ask, _, count in rows:
            ask.done += count
            ask.seconds += (now - max(began, self.landed)) * count / at
        self.landed = now

    def _recover(self, error, rows):
        """After an exception: smaller batches if memory ran out, and else these asks failed."""
        if _is_memory(error) and self.batch > 1:
            self.flights.clear()
            for ask in self.asks:
                ask.taken = ask.done
            self.batch //= 2
            for opened in self.opened.values():
                opened.canvas.drop()
            _say(f"out of memory; batches of {self.batch} from here on")
            traceback.clear_frames(error.__traceback__)
            error.__traceback__ = None
            torch = sys.modules.get("torch")
            if torch is not None and torch.cuda.is_available():
                torch.cuda.empty_cache()
            return
        for ask, _, _ in rows:
            ask.error, ask.taken = ask.error or error, ask.count

    def _checked(self, outputs, size, want):
        """What predict gave as numpy, by name, after a look at names and shapes."""
        if not isinstance(outputs, dict):
            raise Mistake(f"predict gave {type(outputs).__name__}; it must give a dict, such as {{'joints': array}}")
        needed = ["rotations", "betas"] if self.body else ["joints"]
        needed += [word for word in self.gives if word != "attention" or word in want]
        missing = [name for name in needed if outputs.get(name) is None]
        if missing:
            raise Mistake(f"predict gave {', '.join(map(str, outputs)) or 'nothing'}, but not {' and '.join(missing)}")
        unused = set(map(str, outputs)) - set(needed) - set(self.gives) - self.noted
        if unused:
            self.noted |= unused
            _say(f"{', '.join(sorted(unused))} of predict: not used" + (
                "; name it in gives=" if unused & set(_EXTRAS) else ""))
        arrays, joints = {}, self.joints if not self.body else 24
        for name in needed:
            try:
                array = arrays[name] = _numbers(outputs[name])
            except (ValueError, TypeError) as error:
                if _is_memory(error):
                    raise
                raise Mistake(f"the {name} of predict are no array of numbers: {error}") from None
            if name == "joints" and joints is None and array.ndim == 3:
                joints = array.shape[1]
            shape = {"joints": (joints, 3), "rotations": (24, 3, 3), "betas": (10,), "camera": (3,),
                     "attention": (None, None, joints), "confidence": (joints,), "uncertainty": (joints,)}[name]
            if len(array.shape) != len(shape) + 1 or any(
                    wanted not in (None, got) for wanted, got in zip((size, *shape), array.shape)):
                letters = dict(zip(range(3), "rcJ")) if name == "attention" else {0: "J"}
                wanted = [size, *(letters.get(i, "J") if n is None else n for i, n in enumerate(shape))]
                raise Mistake(f"predict gave {name} of shape {list(array.shape)} for {size} inputs; it must be "
                              f"[{', '.join(map(str, wanted))}]")
        return arrays


def _on_gpu(value):
    return _library(value) == "torch" and value.device.type == "cuda"


def _sent_home(outputs):
    """What predict gave, with the copies of a GPU's tensors to the host under way, and events that tell their ends.

    They are behind their own batch in the GPU's stream, but before the next one.
    """
    if not isinstance(outputs, dict):
        return outputs, []
    home, events = dict(outputs), []
    for name, value in outputs.items():
        if name in ("joints", "rotations", "betas", *_EXTRAS) and _on_gpu(value):
            home[name] = value.detach().float().to("cpu", non_blocking=True)
            events.append(sys.modules["torch"].cuda.current_stream(value.device).record_event())
    return home, events


def _device(device):
    if device is None:
        return None
    torch, text = sys.modules.get("torch"), str(device)
    if text.startswith("cuda") and " " not in text and torch is not None and torch.cuda.is_available():
        return f"{text} {torch.cuda.get_device_name(text)}"
    return text


def _takes_want(predict):
    try:
        parameters = list(inspect.signature(predict).parameters.values())
    except (ValueError, TypeError):
        return False
    places = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return len(places) > 2 and (places[2].name == "want" or places[2].default is places[2].empty)


def _digest_of(*functions):
    """For want of the weights': a digest of the files that the functions are in, or of their own text in a notebook."""
    digest = hashlib.sha256()
    for function in functions:
        try:
            with open(inspect.getsourcefile(function), "rb") as file:
                digest.update(file.read())
        except (OSError, TypeError):
            try:
                digest.update(inspect.getsource(function).encode())
            except (OSError, TypeError):
                digest.update(repr(type(function)).encode())
    return "file " + digest.hexdigest()[:27]


def serve(prepare, predict, **options):
    """Answers Penumbra until it has no more questions. See `Worker` for the options."""
    if _pipe is None and os.isatty(0):
        _say(f"this is a worker: penumbra sweep PICTURE --model NAME='worker: python {os.path.basename(sys.argv[0])}'")
        sys.exit(64)
    incoming, outgoing = _claim()
    try:
        Worker(prepare, predict, **options).run(incoming, outgoing)
    except (BrokenPipeError, ConnectionError):
        pass  # Penumbra is gone
    except Damaged as error:
        _say(f"what came from Penumbra is damaged: {error}")
        sys.exit(65)


# Sweeps from Python.


def _png(picture):
    """A PNG of uint8 [H, W, 3]."""
    height, width = picture.shape[:2]
    rows = np.concatenate([np.zeros((height, 1), np.uint8), picture.reshape(height, -1)], 1)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows.tobytes(), 6)) + chunk(b"IEND", b""))


def _arguments(options):
    """stride=4, quiet=True, box=(1, 2, 3, 4) as --stride 4 --quiet --box 1,2,3,4."""
    for key, value in options.items():
        option = "--" + key.rstrip("_").replace("_", "-")
        if value is True:
            yield option
        elif value is not None and value is not False:
            yield option
            yield ",".join(map(str, value)) if isinstance(value, (list, tuple, np.ndarray)) else str(value)


_OF_WORKER = set(inspect.getfullargspec(Worker).kwonlyargs) - {"name"}


def _label(name):
    """A name as a part of files' names."""
    return "".join(c if c.isalnum() or c in "-_.+" else "-" for c in name).lstrip(".") or "network"


def sweep(prepare, predict, picture, *, name="network", box=None, out=None, penumbra=None, **options):
    """Sweeps a picture, a path or uint8 RGB [H, W, 3], and returns the record as a dataset of xarray.

    Starts `penumbra sweep`, found by `penumbra`, by the environment's PENUMBRA, or in PATH. Options that `serve` takes
    are the worker's, all others the command's: `stride=4, occluder_size=40, truth="truth.json", quiet=True`;
    `body_="smpl.npz"` is its --body. The record is kept in the folder `out` if one is given. Raises `SweepFailed` with
    Penumbra's own words.
    """
    try:
        import xarray
        import zarr  # noqa: F401
    except ImportError:
        raise ImportError("sweep needs xarray and zarr: pip install xarray zarr") from None

    program = penumbra or os.environ.get("PENUMBRA") or shutil.which("penumbra")
    if not program:
        raise SweepFailed("penumbra is not in PATH; give penumbra='/path/to/penumbra', or set PENUMBRA")
    worker = Worker(prepare, predict, name=name, **{key: options.pop(key) for key in _OF_WORKER & set(options)})
    with tempfile.TemporaryDirectory(prefix="penumbra-") as folder:
        if isinstance(picture, np.ndarray):
            if picture.dtype != np.uint8 or picture.shape[2:] != (3,):
                raise ValueError("the picture must be uint8 RGB [H, W, 3], or a path")
            path = os.path.join(folder, "picture.png")
            with open(path, "wb") as file:
                file.write(_png(picture))
        else:
            path = os.fspath(picture)
        records = os.path.join(folder, "records") if out is None else os.fspath(out)
        command = [program, "sweep", path, "--model", f"{_label(name)}=worker: -", "--out", records,
                   *_arguments({"box": box, **options})]
        said = _converse(worker, command)
        found = said or sorted(glob.glob(os.path.join(glob.escape(records), "*.zarr")), key=_changed)[-1:]
        if not found:
            raise SweepFailed(f"penumbra wrote no record into {records}")
        dataset = xarray.open_zarr(found[-1])
        return dataset.load() if out is None else dataset


def _changed(record):
    return max(os.stat(path).st_mtime_ns for path in [record, *glob.glob(os.path.join(glob.escape(record), "*"))])


def _converse(worker, command):
    """Runs Penumbra as the child, with the worker at its pipes."""
    try:
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError as error:
        raise SweepFailed(f"{command[0]}: {error.strerror}") from None
    lines = collections.deque([""], 20)

    def pass_on():
        for line in iter(lambda: child.stderr.read1(4096), b""):
            text = line.decode(errors="replace")
            sys.stderr.write(text)
            sys.stderr.flush()
            first, *rest = text.replace("\r", "\n").split("\n")
            lines[-1] += first
            lines.extend(rest)

    errors, damage = threading.Thread(target=pass_on, daemon=True), None
    errors.start()
    try:
        outgoing = os.fdopen(os.dup(child.stdin.fileno()), "wb", buffering=0)
        child.stdin.close()
        with outgoing:
            worker.run(child.stdout, outgoing)
    except (BrokenPipeError, ConnectionError):
        pass  # its exit code tells
    except Damaged as error:
        damage = error
        child.terminate()
    except BaseException:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
        raise
    code = child.wait()
    errors.join(5)
    child.stdout.close()
    child.stderr.close()
    if code != 0 or damage:
        last = next((line for line in reversed(lines) if line.strip()), "")
        raise SweepFailed(last if code != 0 and last else
                          f"penumbra said what is no message: {damage}" if damage else
                          f"penumbra ended with exit code {code}") from worker.last_error
    return worker.records
