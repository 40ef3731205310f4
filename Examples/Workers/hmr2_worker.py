"""HMR2.0 (Goel et al., Humans in 4D, 2023): SMPL, with the attention of its one query.

2026-11-29, not run: the body model that it loads is not free to have here; checked against stand-ins of the same calls.
Written for github.com/shubham-goel/4D-Humans, commit 068130a, in its own environment. Code MIT; SMPL has its own licence.

    penumbra sweep photo.jpg --box 100,40,220,400 \
      --model HMR2='worker: conda run --no-capture-output -n 4D-humans python hmr2_worker.py'

TokenHMR and HSMR, which grew out of it, differ in the names of modules and in what they return.
"""
import penumbra_worker as pw  # first: what the others print goes to standard error
import numpy as np
import torch
from hmr2.datasets.vitdet_dataset import ViTDetDataset
from hmr2.models import DEFAULT_CHECKPOINT, load_hmr2

device = "cuda" if torch.cuda.is_available() else "cpu"
network, config = load_hmr2()
network = network.to(device).eval()
ROWS, COLUMNS = 16, 12  # cells of the part that the backbone sees
maps = []


def keep(layer, inputs, weights):
    if weights.shape[-1] == ROWS * COLUMNS:  # of the query over cells; the other attention is of the query over itself
        maps.append(weights.mean(1)[:, 0])


for name, layer in network.smpl_head.named_modules():
    if name.endswith(".attend"):
        layer.register_forward_hook(keep)


def prepare(picture, box):
    corners = pw.xyxy(box or (0, 0, picture.shape[1], picture.shape[0]))
    crop = ViTDetDataset(config, picture[:, :, ::-1].copy(), corners[None])[0]["img"]  # OpenCV's order of colours
    return torch.as_tensor(np.asarray(crop), dtype=torch.float32, device=device), None


@torch.no_grad()
def predict(inputs, state, want=()):
    maps.clear()
    told = network({"img": inputs})
    body = told["pred_smpl_params"]
    rotations = pw.cat(body["global_orient"].reshape(-1, 1, 3, 3), body["body_pose"].reshape(-1, 23, 3, 3))
    result = {"rotations": rotations, "betas": body["betas"].reshape(-1, 10), "camera": told["pred_cam"]}
    if "attention" in want:
        attention = torch.stack(maps).mean(0).reshape(-1, ROWS, COLUMNS)  # over layers; over heads above
        attention = torch.nn.functional.pad(attention, (2, 2))  # to 16 x 16 cells of the whole input
        result["attention"] = attention[..., None].expand(-1, -1, -1, 24)  # one query for all joints
    return result


pw.serve(prepare, predict, name="HMR2.0", body="smpl", batch=64, active=(0, 32, 256, 224), device=device,
         fingerprint=pw.fingerprint(DEFAULT_CHECKPOINT), gives=["camera", "attention"])
