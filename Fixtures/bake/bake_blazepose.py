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


def spread(sparsity, values, shape):
    """A kernel [outputs, 1, 1, inputs] of which the file has only what is not zero, row by row."""
    row = sparsity.DimMetadata(3)
    assert sparsity.DimMetadataLength() == 4 and row.Format() == tflite.DimensionType.SPARSE_CSR, "another sparse form"
    assert list(sparsity.TraversalOrderAsNumpy()) == [0, 1, 2, 3] and shape[1] == shape[2] == 1

    def numbers(kind, table):
        vector = {2: tflite.Uint16Vector, 3: tflite.Uint8Vector}[kind]()
        vector.Init(table.Bytes, table.Pos)
        return vector.ValuesAsNumpy()

    ends = numbers(row.ArraySegmentsType(), row.ArraySegments())
    columns = numbers(row.ArrayIndicesType(), row.ArrayIndices())
    kernel = np.zeros(shape, values.dtype)
    kernel[np.repeat(np.arange(shape[0]), np.diff(ends.astype(int))), 0, 0, columns] = values[: len(columns)]
    return kernel


def convolutions(model):
    """The weights of every convolution in the order of the file: (is depthwise, kernel, bias)."""
    graph = model.Subgraphs(0)
    kinds = {0: np.float32, 1: np.float16, 2: np.int32}

    def constant(index):
        tensor = graph.Tensors(index)
        data = model.Buffers(tensor.Buffer()).DataAsNumpy()
        values, shape = np.frombuffer(data.tobytes(), kinds[tensor.Type()]), tensor.ShapeAsNumpy()
        return values.reshape(shape) if tensor.Sparsity() is None else spread(tensor.Sparsity(), values, shape)

    widened, found = {}, []
    for number in range(graph.OperatorsLength()):
        operator = graph.Operators(number)
        code = model.OperatorCodes(operator.OpcodeIndex())
        kind = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        inputs = operator.InputsAsNumpy()
        # Constants in 16 bits, used as they are, and kernels of which most is zero.
        if kind in (tflite.BuiltinOperator.DEQUANTIZE, tflite.BuiltinOperator.DENSIFY):
            widened[operator.Outputs(0)] = widened.get(inputs[0], inputs[0])
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


def read(wheel, model, digest):
    """The model of a wheel, and the wheel's licence."""
    archive = zipfile.ZipFile(wheel)
    data = archive.read(model)
    assert hashlib.sha256(data).hexdigest() == digest, f"{wheel}: another {model} than the one that is meant"
    licence = next(name for name in archive.namelist() if name.endswith(".dist-info/LICENSE"))
    return tflite.Model.GetRootAsModel(data, 0), archive.read(licence)


def write(path, network, source, found, names):
    """Writes convolutions by their names, 16-bit floats in PyTorch's shapes."""
    tensors = {}
    for name, (is_depthwise, kernel, bias) in zip(names, found, strict=True):
        # [out, rows, columns, in] and, channel by channel, [1, rows, columns, channels].
        tensors[f"{name}.weight"] = kernel.transpose(3, 0, 1, 2) if is_depthwise else kernel.transpose(0, 3, 1, 2)
        tensors[f"{name}.bias"] = bias
    for name, tensor in tensors.items():
        assert (tensor.astype(np.float16).astype(np.float32) == tensor.astype(np.float32)).all(), name

    header = {"__metadata__": {
        "penumbra.network": network,
        "source": f"PyPI mediapipe 0.10.21, {source}",
        "licence": "Apache-2.0, Copyright The MediaPipe Authors",
    }}
    body = b""
    for name in sorted(tensors):
        part = np.ascontiguousarray(tensors[name]).astype("<f2").tobytes()
        header[name] = {"dtype": "F16", "shape": list(tensors[name].shape), "data_offsets": [len(body), len(body) + len(part)]}
        body += part
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)
    print(f"{path}: {len(tensors)} tensors, {len(body) / 1e6:.1f} MB")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wheel", required=True)
    parser.add_argument("--out", default=Path(__file__).resolve().parents[1] / "networks", type=Path)
    options = parser.parse_args()
    model, licence = read(options.wheel, MODEL, DIGEST)
    (options.out / "blazepose.LICENSE").write_bytes(licence)
    kept = [entry for index, entry in enumerate(convolutions(model)) if index not in OTHER]
    write(options.out / "blazepose.safetensors", "blazepose", f"{MODEL}, sha256 {DIGEST}", kept, names())


if __name__ == "__main__":
    main()
