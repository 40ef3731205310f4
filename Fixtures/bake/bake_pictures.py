#!/usr/bin/env python3
"""Makes pictures of Fixtures/pictures in formats that the tests cannot write themselves.

    python3 -m pip install pillow numpy
    python3 Fixtures/bake/bake_pictures.py

Pillow 13 and, for arithmetic.jpg, cjpeg of libjpeg-turbo 2.1. All but the JPEGs and phone.png hold the same 5 × 4
pixels, whose colours tell where they are.
"""
import io
import struct
import subprocess
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

out = Path(__file__).resolve().parents[1] / "pictures"
height, width = 4, 5
y, x = np.mgrid[:height, :width]
colours = np.stack([40 * x + 10, 60 * y + 5, 200 - 20 * x - 10 * y], -1).astype(np.uint8)
opacity = (50 * y + 10 * x).astype(np.uint8)
picture = Image.fromarray(colours)
clear = Image.fromarray(np.dstack([colours, opacity]))
gray = Image.fromarray(colours[..., 0])
other = Image.fromarray(colours[::-1, ::-1])
turned = Image.fromarray(np.rot90(colours, 1).copy())
exif = Image.Exif()
exif[0x0112] = 6

picture.save(out / "lossless.webp", lossless=True)
clear.save(out / "alpha.webp", lossless=True, exact=True)
picture.save(out / "animated.webp", lossless=True, save_all=True, append_images=[other])
turned.save(out / "turned.webp", lossless=True, exif=exif)
turned.save(out / "turned.png", exif=exif)

picture.save(out / "strips.tif", compression="tiff_lzw", tiffinfo={278: 3})
picture.save(out / "packbits.tif", compression="packbits")
picture.quantize(32).save(out / "palette.tif", compression="tiff_adobe_deflate")
picture.convert("CMYK").save(out / "inks.tif")
picture.save(out / "pages.tif", save_all=True, append_images=[other])
picture.save(out / "big.tif", big_tiff=True)
gray.save(out / "gray.tif")
turned.save(out / "turned.tif", tiffinfo={0x0112: 6})


def tiles(values, order):
    """A file of 16 × 16 tiles, deflated, in either byte order."""
    whole = np.zeros((16, 16, 3), values.dtype)
    whole[:height, :width] = values
    block = zlib.compress(whole.astype(values.dtype.newbyteorder(order)).tobytes())
    bits = 8 * values.dtype.itemsize
    tags = [(256, 4, width), (257, 4, height), (258, 3, (bits, bits, bits)), (259, 3, 8), (262, 3, 2), (277, 3, 3)]
    tags += [(322, 4, 16), (323, 4, 16), (324, 4, None), (325, 4, len(block))]
    end = 8 + 2 + 12 * len(tags) + 4
    file = (b"II" if order == "<" else b"MM") + struct.pack(order + "HIH", 42, 8, len(tags))
    for tag, kind, value in tags:
        value = end + 6 if value is None else value
        if isinstance(value, tuple):
            file += struct.pack(order + "HHII", tag, kind, 3, end)
        elif kind == 3:
            file += struct.pack(order + "HHIHH", tag, kind, 1, value, 0)
        else:
            file += struct.pack(order + "HHII", tag, kind, 1, value)
    return file + struct.pack(order + "IHHH", 0, bits, bits, bits) + block


(out / "tiles.tif").write_bytes(tiles(colours, ">"))
(out / "tiles16.tif").write_bytes(tiles(colours.astype(np.uint16) * 257, "<"))

picture.save(out / "rgb.bmp")
clear.save(out / "rgba.bmp")
picture.quantize(32).save(out / "palette.bmp")
rows = b"".join(row.tobytes() + b"\0" for row in colours[..., ::-1])
head = struct.pack("<IiiHHIIiiII", 40, width, -height, 1, 24, 0, len(rows), 0, 0, 0, 0)
(out / "top_down.bmp").write_bytes(b"BM" + struct.pack("<IHHI", 54 + len(rows), 0, 0, 54) + head + rows)
picture.quantize(32).save(out / "palette.gif")
picture.save(out / "rgb.ppm")

coarse = Image.fromarray(np.kron(colours, np.ones((16, 16, 1), np.uint8)))
coarse.save(out / "progressive.jpg", progressive=True)
coarse.save(out / "restarts.jpg", restart_marker_blocks=2)
coarse.save(out / "jpeg.tif", compression="jpeg")
plain = io.BytesIO()
coarse.save(plain, "ppm")
(out / "arithmetic.jpg").write_bytes(
    subprocess.run(["cjpeg", "-arithmetic"], input=plain.getvalue(), check=True, capture_output=True).stdout
)

large = out / "large"
large.mkdir(exist_ok=True)
Image.new("1", (12000, 9000), 1).save(large / "phone.png")
