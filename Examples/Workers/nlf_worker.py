"""NLF (Sárándi and Pons-Moll, Neural Localizer Fields, 2024): SMPL, and how far off it takes every joint to be.

2026-11-29, not run: the weights could not be fetched here; checked against a stand-in of the same calls. Written for the
TorchScript files of github.com/isarandi/nlf, release 0.2 or 0.3 (`nlf_l_multi_….torchscript`), which need torch and
torchvision and no other code. Code MIT; weights for non-commercial research only.

    penumbra sweep photo.jpg --box 100,40,220,400 --model NLF='worker: python nlf_worker.py nlf_l_multi.torchscript'

NLF cuts its crops itself: its input is the whole picture, and windows are pixels of the picture. For large pictures, cut
out the person first, or choose a smaller batch.
"""
import sys

import penumbra_worker as pw
import numpy as np
import torch
import torchvision  # noqa: F401, the file uses its operators

path = sys.argv[1]
device = "cuda" if torch.cuda.is_available() else "cpu"
network = torch.jit.load(path, map_location=device).eval()


def prepare(picture, box):
    x, y, width, height = box or (0, 0, picture.shape[1], picture.shape[0])
    pixels = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1))).to(device)  # uint8
    return pixels, torch.tensor([[x, y, width, height]], dtype=torch.float32, device=device)


def matrices(vectors):
    """Rotation matrices of axis-angle vectors [n, 24, 3]."""
    angles = vectors.norm(dim=-1, keepdim=True).clamp_min(1e-8)
    x, y, z = (vectors / angles).unbind(-1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).unflatten(-1, (3, 3))
    angles = angles[..., None]
    return torch.eye(3, device=x.device) + angles.sin() * cross + (1 - angles.cos()) * cross @ cross


@torch.inference_mode()
def predict(inputs, box):
    told = network.estimate_smpl_batched(inputs, [box] * len(inputs), model_name="smpl")
    pose, betas, uncertainty = (torch.stack([rows[0] for rows in told[key]]).float()  # one person in each picture
                                for key in ("pose", "betas", "joint_uncertainties"))
    return {"rotations": matrices(pose.unflatten(-1, (24, 3))), "betas": betas[:, :10],
            "uncertainty": uncertainty / 1000}  # millimetres in the file's answers


pw.serve(prepare, predict, name="NLF", body="smpl", batch=16, device=device, precision="float16 in part",
         fingerprint=pw.fingerprint(path), gives=["uncertainty"])
