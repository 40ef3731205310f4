#!/usr/bin/env python3
"""What BlazePose's detector gives by LiteRT for squares of the repository's pictures: Fixtures/golden/person-finder.npz.

    python3 -m pip install numpy pillow ai-edge-litert==2.3.0
    python3 -m pip download --no-deps --python-version 3.11 --only-binary :all: mediapipe==0.10.21
    python3 Tests/Peers/person_finder_reference.py --wheel mediapipe-0.10.21-*.whl

A square has 224 pixels, every one or every second of a picture, mirrored or not, black beyond it, so that a test makes the
same bytes. Kernels are LiteRT's own without XNNPACK; the script prints how far XNNPACK's are from them. Scores come before
a logistic function. `people` are those that the plain code below finds in a square, the surest first: score, middle of the
hips and end of the body in pixels of the square. Nothing is random.
"""
import argparse
import hashlib
import zipfile
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from PIL import Image

MODEL = "mediapipe/modules/pose_detection/pose_detection.tflite"
DIGEST = "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c"
FIXTURES = Path(__file__).resolve().parents[2] / "Fixtures"
PICTURES = ["people/person-1.png", "people/person-2.png", "people/person-3.png", "astronaut.png"]
SIDE = 224
# Which picture, the left and the upper edge of the square, the step between its pixels, and whether it is mirrored.
CROPS = [
    (0, -32, -32, 2, 0), (1, -32, -32, 2, 1), (2, -32, -32, 2, 0), (0, 100, 60, 1, 0), (3, 32, 32, 2, 0), (3, 0, 64, 2, 1),
    (3, 280, 200, 1, 0),
]
# Of how many anchors, those of the highest scores, the places are kept.
KEPT = 32


def crop(number, left, top, step, mirrored):
    with Image.open(FIXTURES / PICTURES[number]) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    square = np.zeros((SIDE, SIDE, 3), np.uint8)
    for y in range(SIDE):
        for x in range(SIDE):
            row, column = top + step * y, left + step * x
            if 0 <= row < pixels.shape[0] and 0 <= column < pixels.shape[1]:
                square[y, x] = pixels[row, column]
    return square[:, ::-1] if mirrored else square


def run(data, crops, kernels):
    interpreter = Interpreter(model_content=data, num_threads=1, experimental_op_resolver_type=kernels)
    interpreter.allocate_tensors()
    found = {1: [], 12: []}
    for pixels in crops:
        shares = (pixels / np.float32(127.5) - np.float32(1)).astype(np.float32)
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], shares[None])
        interpreter.invoke()
        for place in interpreter.get_output_details():
            found[place["shape"][-1]].append(interpreter.get_tensor(place["index"])[0].copy())
    return np.stack(found[1])[:, :, 0], np.stack(found[12])


def anchors():
    for side, count in ((28, 2), (14, 2), (7, 6)):
        for row in range(side):
            for column in range(side):
                yield from [((column + 0.5) / side * SIDE, (row + 0.5) / side * SIDE)] * count


def overlap(a, b):
    width = min(a[0] + a[2] / 2, b[0] + b[2] / 2) - max(a[0] - a[2] / 2, b[0] - b[2] / 2)
    height = min(a[1] + a[3] / 2, b[1] + b[3] / 2) - max(a[1] - a[3] / 2, b[1] - b[3] / 2)
    shared = max(width, 0) * max(height, 0)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


def people(scores, places):
    """MediaPipe's decoding: scores from 0.5, boxes that overlap by more than 0.3 averaged by their scores."""
    sure = [1 / (1 + np.exp(-float(np.clip(score, -100, 100)))) for score in scores]
    left = []
    for index, middle in enumerate(anchors()):
        if sure[index] >= 0.5:
            entry = places[index].astype(float)
            entry[[0, 4, 6, 8, 10]] += middle[0]
            entry[[1, 5, 7, 9, 11]] += middle[1]
            left.append((sure[index], entry))
    left.sort(key=lambda one: -one[0])
    found = []
    while left:
        near = [one for one in left if overlap(left[0][1], one[1]) > 0.3]
        mean = sum(score * entry for score, entry in near) / sum(score for score, _ in near)
        found.append([left[0][0], *mean[4:8]])
        left = [one for one in left if not any(one is other for other in near)]
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wheel", required=True)
    parser.add_argument("--out", default=FIXTURES / "golden/person-finder.npz", type=Path)
    options = parser.parse_args()
    data = zipfile.ZipFile(options.wheel).read(MODEL)
    assert hashlib.sha256(data).hexdigest() == DIGEST, f"{options.wheel}: another {MODEL} than the one that is meant"
    crops = [crop(*one) for one in CROPS]
    scores, places = run(data, crops, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    for other in [OpResolverType.BUILTIN]:
        off = run(data, crops, other)
        print(other.name, "scores %.2e places %.2e" % (np.abs(scores - off[0]).max(), np.abs(places - off[1]).max()))
    kept = np.argsort(-scores, axis=1, kind="stable")[:, :KEPT]
    found = [(number, *one) for number in range(len(crops)) for one in people(scores[number], places[number])]
    print(np.array(found).round(3))
    np.savez_compressed(
        options.out, crops=np.array(CROPS, np.int32), scores=scores, kept=kept.astype(np.int32),
        places=np.take_along_axis(places, kept[:, :, None], 1), people=np.array(found, np.float32))


if __name__ == "__main__":
    main()
