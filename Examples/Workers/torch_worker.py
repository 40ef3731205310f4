"""SPIN or PARE in PyTorch: the same networks that Penumbra reads by itself, to prove the protocol and to use a GPU.

2026-11-29, run: PyTorch 2.13 on a CPU, with files of the published layout whose weights a formula filled; sweeps are within
0.005 mm of the native engine's. The networks are Tests/Peers/networks.py of this repository, written from their papers
(Kolotouros et al., SPIN, 2019; Kocabas et al., PARE, 2021). Published weights are for research only.

    penumbra sweep photo.jpg --box 100,40,220,400 --model SPIN='worker: python torch_worker.py spin model_checkpoint.pt'

In place of a file, `golden:spin_tame` or another network of Fixtures/golden fills the weights by a formula, for a trial.
"""
import os
import sys

import numpy as np
import penumbra_worker as pw
import torch

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../Tests/Peers"))
import networks
from exact import rotations

MEAN, DEVIATION = np.array([.485, .456, .406], np.float32), np.array([.229, .224, .225], np.float32)
SIDE = 224
device = "cuda" if torch.cuda.is_available() else "cpu"
torch.backends.cudnn.allow_tf32 = False  # ten bits of a fraction are too few to compare engines


def load(kind, path):
    """The network with the weights of a file."""
    if path.startswith("golden:"):
        return networks.golden(path[len("golden:"):])
    # Published checkpoints contain more than tensors, which runs code of the file: only open files that you trust.
    file = torch.load(path, map_location="cpu", weights_only=False)
    file = next((file[key] for key in ("state_dict", "model") if key in file), file)
    tensors = {key.removeprefix("model."): value for key, value in file.items()}
    if kind == "spin":
        network = networks.Spin()
    elif "backbone.conv2.weight" in tensors:
        network = networks.Pare("hrnet")
    else:
        network = networks.Pare("deconv" if "head.keypoint_deconv_layers.3.weight" in tensors else "upsample")
    missing, _ = network.load_state_dict(tensors, strict=False)
    needless = "num_batches_tracked", "init_pose", "init_shape", "init_cam"
    if missing := [key for key in missing if not key.endswith(needless)]:
        sys.exit(f"{path}: has no {missing[0]}; {len(missing)} tensors are missing")
    return network.eval()


def cut(picture, box):
    """The square around the box, black outside the picture, its corner, and where in it the picture is."""
    x, y, width, height = box
    extent = max(width, height)

    def span(centre):
        # In the published order: a rounding more or less decides whether a pixel is in.
        pixel, shift = 1 / (SIDE / extent), SIDE * (-centre / extent + .5)
        low = int(-shift * pixel)
        return low, max(low, int(SIDE * pixel - shift * pixel))

    (left, right), (top, bottom) = span(x + width / 2), span(y + height / 2)
    square = np.zeros((bottom - top, right - left, 3), picture.dtype)
    rows, columns = (slice(max(low, 0), min(high, size)) for low, high, size in (
        (top, bottom, picture.shape[0]), (left, right, picture.shape[1])))
    inside = (slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left))
    square[inside] = picture[rows, columns]
    return square, left, top, inside


def triangle(count):
    """The matrix [224, count] that resizes as Pillow does: a triangle, wider where the picture shrinks."""
    ratio = count / SIDE
    centres, places = (np.arange(SIDE) + .5) * ratio, np.arange(count) + .5
    reach = max(ratio, 1)
    weights = np.maximum(0, 1 - np.abs(places - centres[:, None]) / reach)
    low, high = np.floor(np.maximum(centres - reach + .5, 0)), np.floor(np.minimum(centres + reach + .5, count))
    weights *= (np.arange(count) >= low[:, None]) & (np.arange(count) < high[:, None])
    return np.floor(weights / weights.sum(1, keepdims=True) * 2**22 + .5) / 2**22


def smooth(count):
    """The matrix [224, count] that smooths where the picture shrinks, mirrored at borders, and interpolates."""
    ratio = count / SIDE
    sigma = max(0, (ratio - 1) / 2)
    radius = int(4 * sigma + .5)
    kernel = np.exp(-.5 * (np.arange(-radius, radius + 1) / sigma) ** 2) if sigma else np.ones(1)

    def mirrored(index):
        index = index % max(2 * (count - 1), 1)
        return min(index, 2 * (count - 1) - index)

    matrix = np.zeros((SIDE, count))
    for row in range(SIDE):
        place = (row + .5) * ratio - .5
        before = int(np.floor(place))
        for index, share in ((before, 1 - (place - before)), (before + 1, place - before)):
            for step, weight in zip(range(-radius, radius + 1), share * kernel / kernel.sum()):
                matrix[row, mirrored(mirrored(index) + step)] += weight
    return matrix


def prepare_spin(square, inside):
    """SPIN's crop: stretched to the whole range of bytes, resized across and then down, rounded each time."""
    part = square[inside]
    plain = (part == part[:1, :1]).all()  # one colour stays what it is
    whole = (lambda values: values) if plain else np.floor
    if not plain:
        low, high = float(square.min()), float(square.max())
        square = np.floor(((square - low) * (255 / (high - low))).clip(0, 255) + .5)
    across = whole(np.einsum("ij,yjc->yic", triangle(square.shape[1]), square) + (0 if plain else .5))
    return whole(np.einsum("ij,jxc->ixc", triangle(square.shape[0]), across) + (0 if plain else .5))


def prepare(picture, box):
    if box is None and picture.shape[:2] == (SIDE, SIDE):
        crop, to_picture = picture, [[1, 0, 0], [0, 1, 0]]
    else:
        square, left, top, inside = cut(picture, box or (0, 0, picture.shape[1], picture.shape[0]))
        if kind == "spin":
            crop = prepare_spin(square, inside)
        else:
            crop = np.einsum("ij,jkc,lk->ilc", smooth(square.shape[0]), square, smooth(square.shape[1]), optimize=True)
        to_picture = [[square.shape[1] / SIDE, 0, left], [0, square.shape[0] / SIDE, top]]
    crop = (crop.astype(np.float32) / 255 - MEAN) / DEVIATION
    return torch.from_numpy(crop.transpose(2, 0, 1).copy()).to(device), None, to_picture


@torch.no_grad()
def predict(inputs, state, want=()):
    pose, betas, camera = network(inputs)
    told = {"rotations": rotations(pose), "betas": betas, "camera": camera}
    if "attention" in want:
        told["attention"] = logits[0][:, 1:].flatten(2).softmax(2).unflatten(2, logits[0].shape[2:]).permute(0, 2, 3, 1)
    return told


kind, path = sys.argv[1:]
network = load(kind, path).to(device)
logits = [None]
if kind == "pare":
    network.head.keypoint_final_layer.register_forward_hook(lambda layer, inputs, output: logits.__setitem__(0, output))
pw.serve(
    prepare, predict, name=kind.upper(), body="smpl", batch=64 if device == "cuda" else 8, device=device,
    fingerprint=path if path.startswith("golden:") else pw.fingerprint(path),
    gives=["camera", "attention"] if kind == "pare" else ["camera"])
