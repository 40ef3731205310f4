"""Writes Fixtures/golden/networks/expected/exact.npz: what the golden networks give in 64-bit arithmetic.

The golden values are those of 32-bit arithmetic, whose rounding a softmax magnifies. Beside these exact ones it
shows how much of a deviation is Penumbra's. Needs torch and numpy; about ten minutes on two cores.
"""
import os

import networks
import numpy as np
import torch
import torch.nn.functional as F

NAMES = ["spin", "pare_resnet50_deconv", "pare_resnet50_upsample", "pare_hrnet_w32_conv"]
FIXTURES = os.path.join(networks.GOLDEN, "../..")
J14 = [6, 5, 4, 1, 2, 3, 16, 15, 14, 11, 12, 13, 8, 10]


def rotations(pose):
    """Six numbers a joint, read as three rows of two, to matrices (Zhou et al. 2019)."""
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

    def joints14(self, turns, betas):
        """[14, 3] from the regressed pelvis, of rotations [24, 3, 3] and betas [10]."""
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
        world[:, :3, 3] -= np.einsum("kab,kb->ka", world[:, :3, :3], joints)
        blended = np.einsum("vk,kab->vab", a["weights"], world[:, :3])
        posed = np.einsum("vab,vb->va", blended[:, :, :3], vertices) + blended[:, :, 3]
        found = self.regressor @ posed
        return found[J14] - found[0]


def aligned(points, target):
    """The points after the similarity that brings them nearest to the target (Procrustes)."""
    a, b = points - points.mean(0), target - target.mean(0)
    u, sizes, vt = np.linalg.svd(a.T @ b)
    signs = np.array([1, 1, np.sign(np.linalg.det(u @ vt))])
    turn = (u * signs) @ vt
    return (sizes * signs).sum() / (a * a).sum() * a @ turn + target.mean(0)


def main():
    body = Body()
    expected = np.load(f"{networks.GOLDEN}/expected/occlusion_s40_t40.npz")
    truth = expected["gt_joints14"].reshape(14, 3).astype(float)
    results = {}
    for name in NAMES:
        network = networks.golden(name).double()
        with torch.no_grad():
            pose, betas, camera = network(networks.crops().double())
            results |= {
                f"{name}_pose6d": pose.numpy(), f"{name}_rotmat": rotations(pose).numpy(),
                f"{name}_betas": betas.numpy(), f"{name}_cam": camera.numpy(),
            }
            plain, maps = networks.crops()[:1].double(), np.zeros((2, 6, 6, 14))
            for y in range(6):
                for x in range(6):
                    covered = plain.clone()
                    covered[:, :, 40 * y : 40 * y + 40, 40 * x : 40 * x + 40] = 0
                    pose, betas, _ = network(covered)
                    joints = body.joints14(rotations(pose)[0].numpy(), betas[0].numpy())
                    maps[0, y, x] = np.linalg.norm(joints - truth, axis=1)
                    maps[1, y, x] = np.linalg.norm(aligned(joints, truth) - truth, axis=1)
        for kind, exact in zip(["mpjpe", "pampjpe"], maps):
            golden = expected[f"{name}_{kind}"]
            print(f"{name} {kind}: golden off by {1000 * np.abs(golden - exact).max():.3f} mm at most")
            results[f"{name}_{kind}"] = exact
        for key in ["rotmat", "betas", "cam"]:
            golden = np.load(f"{networks.GOLDEN}/expected/{name}.npz")[key].reshape(2, -1)
            exact = results[f"{name}_{key}"].reshape(2, -1)
            print(f"{name} {key}: golden off by {np.abs(golden - exact).max():.2e} at most", flush=True)
    np.savez_compressed(f"{networks.GOLDEN}/expected/exact.npz", **results)


if __name__ == "__main__":
    main()
