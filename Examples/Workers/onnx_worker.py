"""Any exported network that takes a square crop: ONNX Runtime on CPUs, CUDA, TensorRT or CoreML.

2026-11-29, run: onnxruntime 1.32 on a CPU, with SPIN of Tests/Peers/networks.py as torch.onnx exports it: rotations
equal PyTorch's to 1e-6.

    pip install onnxruntime          # or onnxruntime-gpu
    penumbra sweep photo.jpg --box 100,40,220,400 \\
      --model SPIN='worker: python onnx_worker.py spin.onnx --rotations rotations --betas betas'
    ... --model Mine='worker: python onnx_worker.py mine.onnx --joints joints3d --skeleton coco17 --millimetres'

`penumbra check` shows the crop and whether the joints make sense.
"""
import argparse

import numpy as np
import onnxruntime
import penumbra_worker as pw

parser = argparse.ArgumentParser()
parser.add_argument("file")
parser.add_argument("--input", help="name of the picture's input (default: the first)")
parser.add_argument("--side", type=int, help="side of the crop (default: as the file says)")
parser.add_argument("--margin", type=float, default=1, help="side of the crop in sides of the box")
parser.add_argument("--mean", type=float, nargs=3, default=[.485, .456, .406], help="of colours 0 to 1; default: ImageNet's")
parser.add_argument("--std", type=float, nargs=3, default=[.229, .224, .225])
parser.add_argument("--channels-last", action="store_true", help="input [n, side, side, 3]")
parser.add_argument("--joints", help="name of the output [n, J, 3], with --skeleton")
parser.add_argument("--skeleton", help="smplx22, coco17, …, or names with commas between")
parser.add_argument("--root", help="with names: the joint that poses are aligned at, or midhip")
parser.add_argument("--millimetres", action="store_true", help="joints are not in metres")
parser.add_argument("--rotations", help="name of the output [n, 24, 3, 3]: SMPL's, with --betas")
parser.add_argument("--betas", help="name of the output [n, 10]")
parser.add_argument("--camera", help="name of the output [n, 3]")
options = parser.parse_args()
if bool(options.joints and options.skeleton) == bool(options.rotations and options.betas):
    parser.error("give --joints and --skeleton, or --rotations and --betas")

providers = [name for name in onnxruntime.get_available_providers() if "Azure" not in name]  # that one calls a service
session = onnxruntime.InferenceSession(options.file, providers=providers)
entry = next((i for i in session.get_inputs() if i.name == options.input), session.get_inputs()[0])
fixed = entry.shape[0] if isinstance(entry.shape[0], int) else None  # many files are for one crop at a time
side = options.side or entry.shape[1 if options.channels_last else 2]
if not isinstance(side, int):
    parser.error(f"{options.file} takes crops of any side; give --side")
kind = np.float16 if "float16" in entry.type else np.float32
wanted = {key: name for key, name in vars(options).items() if key in ("joints", "rotations", "betas", "camera") and name}


def prepare(picture, box):
    """The square around the box, bilinear, black outside the picture."""
    height, width = picture.shape[:2]
    x, y, w, h = box or (0, 0, width, height)
    extent = max(w, h) * (options.margin if box else 1)
    left, top = x + (w - extent) / 2, y + (h - extent) / 2
    places = (np.arange(side) + .5) * extent / side - .5
    crop = np.pad(picture, ((1, 1), (1, 1), (0, 0))).astype(np.float32) / 255
    for axis, (start, size) in enumerate(((top, height), (left, width))):
        place = np.clip(start + places + 1, 0, size + 1)
        low = np.minimum(place.astype(int), size)
        share = (place - low).astype(np.float32).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        crop = crop.take(low, axis) * (1 - share) + crop.take(low + 1, axis) * share
    crop = (crop - np.float32(options.mean)) / np.float32(options.std)
    return crop.transpose(2, 0, 1), None, [[extent / side, 0, left], [0, extent / side, top]]


def predict(inputs, state):
    count = len(inputs)
    if fixed:
        inputs = np.concatenate([inputs, np.repeat(inputs[:1], fixed - count, 0)])
    if options.channels_last:
        inputs = inputs.transpose(0, 2, 3, 1)
    told = dict(zip(wanted, session.run(list(wanted.values()), {entry.name: inputs.astype(kind)})))
    told = {key: np.asarray(value, np.float32)[:count] for key, value in told.items()}
    if options.rotations:
        told["rotations"] = told["rotations"].reshape(count, 24, 3, 3)
    elif options.millimetres:
        told["joints"] = told["joints"] / 1000
    return told


skeleton = options.skeleton
pw.serve(
    prepare, predict, name=options.file.split("/")[-1].removesuffix(".onnx"), batch=fixed or 16,
    **({"body": "smpl"} if options.rotations else {"joints": skeleton.split(",") if "," in skeleton else skeleton}),
    root=options.root, device=session.get_providers()[0], fingerprint=pw.fingerprint(options.file),
    gives=["camera"] if options.camera else [])
