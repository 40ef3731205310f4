#!/usr/bin/env python3
"""Turns BlazePose's detector, as PyPI's mediapipe ships it, into Fixtures/networks/person-finder.safetensors.

    python3 -m pip install numpy flatbuffers tflite
    python3 -m pip download --no-deps --python-version 3.11 --only-binary :all: mediapipe==0.10.21
    python3 Fixtures/bake/bake_person_finder.py --wheel mediapipe-0.10.21-*.whl

The weights stay the file's, in 16 bits, in PyTorch's shapes and by the names of Sources/Networks/PersonFinderNetwork.swift.
Three quarters of the 1×1 kernels are zero; the file leaves them out, here they are written. The licence is that of
blazepose.safetensors, from the same wheel. Nothing is random.
"""
import argparse
from pathlib import Path

from bake_blazepose import convolutions, read, write

MODEL = "mediapipe/modules/pose_detection/pose_detection.tflite"
DIGEST = "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c"


def names():
    """The names of the convolutions in the order of the file."""
    yield "stem"
    for block in range(15):
        if block:
            yield f"blocks.{block}.expand"
        # The map before a step down is read by the finer heads too.
        if block in (5, 11):
            level = "fine" if block == 5 else "middle"
            yield from (f"{level}.lateral.depthwise", f"{level}.lateral.project")
        yield from (f"blocks.{block}.depthwise", f"blocks.{block}.project")
    yield from ("last.expand", "last.depthwise")
    for level in ("middle", "fine"):
        yield f"{level}.enlarged"
        for block in range(2):
            yield from (f"{level}.blocks.{block}.depthwise", f"{level}.blocks.{block}.project")
    for level in ("fine", "middle", "coarse"):
        for part in ("scores", "places"):
            yield from (f"{level}.{part}.depthwise", f"{level}.{part}.project")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wheel", required=True)
    parser.add_argument("--out", default=Path(__file__).resolve().parents[1] / "networks", type=Path)
    options = parser.parse_args()
    model, _ = read(options.wheel, MODEL, DIGEST)
    write(
        options.out / "person-finder.safetensors", "person-finder", f"{MODEL}, sha256 {DIGEST}", convolutions(model),
        names())


if __name__ == "__main__":
    main()
