#!/usr/bin/env python3
"""What BlazePose's own file gives by LiteRT for ten crops of the repository's pictures: Fixtures/golden/blazepose.npz.

    python3 -m pip install numpy pillow ai-edge-litert==2.3.0
    python3 -m pip download --no-deps --python-version 3.11 --only-binary :all: mediapipe==0.10.21
    python3 Tests/Peers/blazepose_reference.py --wheel mediapipe-0.10.21-*.whl

A crop is a square of 256 pixels of a picture, mirrored or not, so that a test makes the same bytes. Kernels are LiteRT's
own without XNNPACK; the script prints how far XNNPACK's, and its plain loops, are from them. Presence comes after a
logistic function, visibility and presence of landmarks before one. Nothing is random.
"""
import argparse
import hashlib
import zipfile
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from PIL import Image

MODEL = "mediapipe/modules/pose_landmark/pose_landmark_full.tflite"
DIGEST = "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f"
FIXTURES = Path(__file__).resolve().parents[2] / "Fixtures"
PICTURES = ["people/person-1.png", "people/person-2.png", "people/person-3.png", "astronaut.png"]
SIDE = 256
# Which picture, the left and the upper edge of the square, and whether it is mirrored.
CROPS = [
    (0, 64, 64, 0), (0, 32, 0, 1), (0, 96, 128, 0), (1, 0, 0, 0), (1, 32, 64, 1),
    (2, 64, 64, 0), (2, 32, 96, 1), (3, 64, 64, 0), (3, 256, 0, 0), (3, 128, 192, 0),
]


def crop(number, left, top, mirrored):
    with Image.open(FIXTURES / PICTURES[number]) as picture:
        pixels = np.asarray(picture.convert("RGB"))[top : top + SIDE, left : left + SIDE]
    return pixels[:, ::-1] if mirrored else pixels


def run(data, crops, kernels):
    interpreter = Interpreter(model_content=data, num_threads=1, experimental_op_resolver_type=kernels)
    interpreter.allocate_tensors()
    sizes = {"screen": 195, "world": 117, "presence": 1}
    results = {name: [] for name in sizes}
    for pixels in crops:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], (pixels / np.float32(255))[None].astype(np.float32))
        interpreter.invoke()
        for name, size in sizes.items():
            place = next(one for one in interpreter.get_output_details() if one["shape"][-1] == size and len(one["shape"]) == 2)
            results[name].append(interpreter.get_tensor(place["index"])[0].copy())
    return {
        "screen": np.stack(results["screen"]).reshape(-1, 39, 5), "world": np.stack(results["world"]).reshape(-1, 39, 3),
        "presence": np.stack(results["presence"])[:, 0],
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wheel", required=True)
    parser.add_argument("--out", default=FIXTURES / "golden/blazepose.npz", type=Path)
    options = parser.parse_args()
    data = zipfile.ZipFile(options.wheel).read(MODEL)
    assert hashlib.sha256(data).hexdigest() == DIGEST, f"{options.wheel}: another {MODEL} than the one that is meant"
    crops = [crop(*one) for one in CROPS]
    found = run(data, crops, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    for other in [OpResolverType.BUILTIN_REF, OpResolverType.BUILTIN]:
        off = run(data, crops, other)
        print(other.name, *(f"{name} {np.abs(found[name] - off[name]).max():.2e}" for name in found))
    print("presence", found["presence"].round(4))
    np.savez_compressed(options.out, crops=np.array(CROPS, np.int32), **found)


if __name__ == "__main__":
    main()
