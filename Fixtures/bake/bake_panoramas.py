#!/usr/bin/env python3
"""Bake the panoramas: tone-map the world lights of Debian's blender-data to JPEG.

  apt-get download blender-data && dpkg -x blender-data_*.deb DIR
  pip install openexr==3.5.3 pillow==13.0.0 numpy
  python bake_panoramas.py --lights DIR/usr/share/blender/datafiles/studiolights/world --out panoramas

Exposure brings the median over pixels (of the mean of their channels) to 0.35, by a factor of 8 at most.
Light beyond 0.8 bends towards 1 instead of being cut, and the result is encoded as sRGB.
"""

import argparse
import pathlib

import numpy as np
import OpenEXR
from PIL import Image

MEDIAN, STRONGEST, KNEE, QUALITY = 0.35, 8.0, 0.8, 88


def linear(path):
    """The picture in linear light, (rows, columns, 3)."""
    channels = OpenEXR.File(str(path)).channels()
    return (channels.get("RGB") or channels["RGBA"]).pixels[..., :3].astype(np.float64)


def tone_mapped(light):
    """Bytes of sRGB."""
    light = np.maximum(light * min(STRONGEST, MEDIAN / np.median(light.mean(-1))), 0)
    bent = KNEE + (1 - KNEE) * np.tanh((light - KNEE) / (1 - KNEE))
    light = np.where(light > KNEE, bent, light)
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return (encoded * 255 + 0.5).astype(np.uint8)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lights", type=pathlib.Path, required=True, help="folder of .exr files")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for the .jpg files")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for path in sorted(options.lights.glob("*.exr")):
        picture = Image.fromarray(tone_mapped(linear(path)))
        picture.save(options.out / (path.stem + ".jpg"), quality=QUALITY)
        print(path.stem, *picture.size)


if __name__ == "__main__":
    main()
