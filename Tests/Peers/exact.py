"""Outputs of the golden networks in 64-bit arithmetic, and the differences of 32-bit outputs from them.

    exact.py                  writes Fixtures/golden/networks/expected/exact.npz; ten minutes on two cores
    exact.py --rounding NAME  adds the 32-bit differences of this PyTorch to rounding.json, under this name

The golden values come from 32-bit arithmetic, whose rounding the networks magnify; by how much decides how closely
Penumbra can agree. ONEDNN_MAX_CPU_ISA chooses PyTorch's kernels. Needs torch and numpy.
"""
import argparse
import json
import os

import networks
import numpy as np
import torch
import torch.nn.functional as F

PUBLISHED = ["spin", "pare_resnet50_deconv", "pare_resnet50_upsample", "pare_hrnet_w32_conv"]
TAME = ["spin_tame", "pare_hrnet_w32_conv_tame"]
FIXTURES = os.path.join(networks.GOLDEN, "../..")
EXACT = f"{networks.GOLDEN}/expected/exact.npz"
ROUNDING = f"{networks.GOLDEN}/rounding.json"
J14 = [6, 5, 4, 1, 2, 3, 16, 15, 14, 11, 12, 13, 8, 10]


def rotations(pose):
    """The matrices of 6D rotations, read as three rows of two (Zhou et al. 2019)."""
    a, b = pose.reshape(-1, 24, 3, 2).unbind(-1)
    first = F.normalize(a, dim=-1)
    second = F.normalize(b - (first * b).sum(-1, keepdim=True) * first, dim=-1)
    return torch.stack([first, second, torch.linalg.cross(first, second)], -1)


class Body:
    """The shipped body in SMPL's equations; rows of weights and regressor sum to one, then 32 bits."""

    def __init__(self):
        names = ["v_template", "shapedirs", "posedirs", "weights", "J_regressor", "kintree_table"]
        file = np.load(f"{FIXTURES}/body.npz")
        arrays = {name: file[name].astype(np.float64) for name in names}
        for name in ["weights", "J_regressor"]:
            arrays[name] /= arrays[name].sum(1, keepdims=True)
        self.arrays = {name: array.astype(np.float32).astype(np.float64) for name, array in arrays.items()}
        self.regressor = np.load(f"{networks.GOLDEN}/data/J_regressor_h36m.npy").astype(np.float32).astype(float)
        self.parents = self.arrays["kintree_table"][0].astype(int)

    def joints(self, turns, betas):
        """SMPL's 24, and 14 from the regressed pelvis, of rotations [24, 3, 3] and betas [10]."""
        a = self.arrays
        resting = a["v_template"] + a["shapedirs"][:, :, :10] @ betas
        joints = a["J_regressor"] @ resting
        vertices = resting + a["posedirs"] @ (turns[1:] - np.eye(3)).ravel()
        world = np.zeros((24, 4, 4))
        for k in range(24):
            here = np.eye(4)
            here[:3, :3] = turns[k]
            here[:3, 3] = joints[k] - (joints[self.parents[k]] if k else 0)
            world[k] = world[self.parents[k]] @ here if k else here
        places = world[:, :3, 3].copy()
        world[:, :3, 3] -= np.einsum("kab,kb->ka", world[:, :3, :3], joints)
        blended = np.einsum("vk,kab->vab", a["weights"], world[:, :3])
        posed = np.einsum("vab,vb->va", blended[:, :, :3], vertices) + blended[:, :, 3]
        found = self.regressor @ posed
        return places, found[J14] - found[0]


def aligned(points, target):
    """The points after the similarity transform that fits them to the target best (Procrustes)."""
    a, b = points - points.mean(0), target - target.mean(0)
    u, sizes, vt = np.linalg.svd(a.T @ b)
    signs = np.array([1, 1, np.sign(np.linalg.det(u @ vt))])
    turn = (u * signs) @ vt
    return (sizes * signs).sum() / (a * a).sum() * a @ turn + target.mean(0)


def answers(name, kind, body, truth):
    """All quantities by name; network and rotations are computed in the given arithmetic."""
    network, crops = networks.golden(name).to(kind), networks.crops().to(kind)
    maps = np.zeros((2, 6, 6, 14))
    with torch.no_grad():
        pose, betas, camera = network(crops)
        turns = rotations(pose)
        joints = [body.joints(*pair) for pair in zip(turns.double().numpy(), betas.double().numpy())]
        for y in range(6):
            for x in range(6):
                covered = crops[:1].clone()
                covered[:, :, 40 * y : 40 * y + 40, 40 * x : 40 * x + 40] = 0
                hidden, shape, _ = network(covered)
                found = body.joints(rotations(hidden)[0].double().numpy(), shape[0].double().numpy())[1]
                maps[0, y, x] = np.linalg.norm(found - truth, axis=1)
                maps[1, y, x] = np.linalg.norm(aligned(found, truth) - truth, axis=1)
    return {
        "pose6d": pose.numpy(), "rotmat": turns.numpy(), "betas": betas.numpy(), "cam": camera.numpy(),
        "joints24": np.array([pair[0] for pair in joints]), "joints14": np.array([pair[1] for pair in joints]),
        "mpjpe": maps[0], "pampjpe": maps[1],
    }


def golden(name):
    """The golden 32-bit values by name; none for the networks that only this project has."""
    if name in TAME:
        return {}
    file, maps = (np.load(f"{networks.GOLDEN}/expected/{f}.npz") for f in (name, "occlusion_s40_t40"))
    return {
        **{key: file[key] for key in ("pose6d", "rotmat", "betas", "cam", "joints24", "joints14")},
        **{key: maps[f"{name}_{key}"] for key in ("mpjpe", "pampjpe")},
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounding", metavar="NAME")
    build = parser.parse_args().rounding
    body = Body()
    truth = np.load(f"{networks.GOLDEN}/expected/occlusion_s40_t40.npz")["gt_joints14"].reshape(14, 3).astype(float)
    if not build:
        results = {}
        for name in PUBLISHED + TAME:
            found = answers(name, torch.float64, body, truth)
            results |= {f"{name}_{key}": value for key, value in found.items()}
            print(name, flush=True)
        np.savez_compressed(EXACT, **results)
        build = "golden"
    exact, table = np.load(EXACT), json.load(open(ROUNDING)) if os.path.exists(ROUNDING) else {}
    table[build] = {}
    for name in PUBLISHED + TAME:
        found = golden(name) if build == "golden" else answers(name, torch.float32, body, truth)
        off = lambda key: np.abs(found[key].ravel() - exact[f"{name}_{key}"].ravel()).max()
        if found:
            table[build][name] = {key: float(f"{off(key):.3g}") for key in found}
            print(build, name, table[build][name], flush=True)
    with open(ROUNDING, "w") as file:
        json.dump(table, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
