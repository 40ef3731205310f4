"""BlazePose GHUM full (Google's MediaPipe): 33 landmarks in metres, and how sure the network is of each.

2026-11-29, run: the model of mediapipe 0.10.21 in OpenVINO 2026.4 on a CPU, 20 ms a crop; landmarks lie on the people of
Fixtures, and within 0.03 mm of TFLite's own; `penumbra check` has nothing to object. Apache-2.0, code and weights. The model is a file in the wheel; mediapipe
itself is not imported:

    pip install openvino numpy; pip download --no-deps mediapipe==0.10.21
    unzip mediapipe-*.whl mediapipe/modules/pose_landmark/pose_landmark_full.tflite
    penumbra sweep photo.jpg --box 100,40,220,400 --model BlazePose='worker: python blazepose_worker.py FILE.tflite'

Positions at which the network finds nobody are NaN. Landmarks are not SMPL's joints: expect centimetres between the two.
"""
import sys

import numpy as np
import openvino
import penumbra_worker as pw

SIDE, BATCH, MARGIN = 256, 16, 1.25  # MediaPipe's own crops have a quarter more than the person
FOUND = .5  # below this share of certainty, nobody is there


def prepare(picture, box):
    height, width = picture.shape[:2]
    x, y, w, h = box or (0, 0, width, height)
    extent = max(w, h) * (MARGIN if box else 1)
    left, top = x + (w - extent) / 2, y + (h - extent) / 2
    # Bilinear, from one black pixel around the picture.
    places = (np.arange(SIDE) + .5) * extent / SIDE - .5
    padded = np.pad(picture, ((1, 1), (1, 1), (0, 0))).astype(np.float32) / 255
    for axis, (start, size) in enumerate(((top, height), (left, width))):
        place = np.clip(start + places + 1, 0, size + 1)
        low = np.minimum(place.astype(int), size)
        share = (place - low).astype(np.float32).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        padded = padded.take(low, axis) * (1 - share) + padded.take(low + 1, axis) * share
    return padded.transpose(2, 0, 1), None, [[extent / SIDE, 0, left], [0, extent / SIDE, top]]


def predict(inputs, state):
    landmarks, presence, world = ([] for _ in range(3))
    for crop in inputs.transpose(0, 2, 3, 1):  # the file is for one crop at a time
        told = network(crop[None])
        landmarks.append(told["Identity"].copy())
        presence.append(told["Identity_1"].copy())
        world.append(told["Identity_4"].copy())
    joints = np.concatenate(world).reshape(-1, 39, 3)[:, :33]  # six more are for tracking
    joints[np.concatenate(presence)[:, 0] < FOUND] = np.nan
    visibility = np.concatenate(landmarks).reshape(-1, 39, 5)[:, :33, 3]
    return {"joints": joints, "confidence": 1 / (1 + np.exp(-visibility))}


path = sys.argv[1]
network = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
pw.serve(prepare, predict, name="BlazePose", joints="blazepose33", batch=BATCH, device="cpu",
         fingerprint=pw.fingerprint(path), gives=["confidence"])
