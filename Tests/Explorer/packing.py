"""Packs arrays as docs/explorer.md says: fixed point, gradient prediction, zigzag, byte planes, zlib, base64."""

import base64
import zlib

import numpy as np

MISSING = 65535


class Blocks:
    """The packed arrays and pictures of a page, in the order in which they are asked for."""

    def __init__(self):
        self.texts = {}
        self.owner = {}
        self.current = None

    def add(self, data):
        name = f"b{len(self.texts)}"
        self.texts[name] = base64.b64encode(data).decode()
        self.owner[name] = self.current
        return name

    def array(self, values, step, unit="mm", steps=(2, 5, 10, 20, 50, 100)):
        """Packs `[rows, columns, planes]`; a greater step is taken where the range needs it."""
        values = np.asarray(values, dtype=np.float64)
        while values.ndim < 3:
            values = values[None] if values.ndim == 1 else values[..., None]
        finite = values[np.isfinite(values)]
        low = float(finite.min()) if finite.size else 0.0
        high = float(finite.max()) if finite.size else 0.0
        base = step
        for factor in (1, *steps):
            step = base * factor
            offset = 0.0 if low >= 0 and high / step < MISSING - 1 else float(np.floor(low / step) * step)
            if (high - offset) / step < MISSING - 1:
                break
        q = np.where(np.isfinite(values), np.rint((values - offset) / step), MISSING).astype(np.int64)
        return {"block": self.add(pack(q)), "shape": list(values.shape), "step": clean(step),
                "offset": clean(offset), "unit": unit}


def clean(number):
    """A number without the noise of binary fractions."""
    return float(f"{number:.10g}")


def pack(q):
    """Integers 0…65535, `[rows, columns, planes]`, as bytes."""
    planes = np.moveaxis(q, 2, 0)
    left = np.pad(planes, ((0, 0), (0, 0), (1, 0)))[:, :, :-1]
    up = np.pad(planes, ((0, 0), (1, 0), (0, 0)))[:, :-1, :]
    corner = np.pad(planes, ((0, 0), (1, 0), (1, 0)))[:, :-1, :-1]
    residual = (planes - left - up + corner) & 0xFFFF
    signed = np.where(residual >= 32768, residual - 65536, residual)
    zigzag = ((signed << 1) ^ (signed >> 31)) & 0xFFFF
    flat = zigzag.reshape(-1).astype(np.uint16)
    data = (flat & 255).astype(np.uint8).tobytes() + (flat >> 8).astype(np.uint8).tobytes()
    return zlib.compress(data, 9)
