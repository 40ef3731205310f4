#!/usr/bin/env python3
"""Bake a set of SMPL-convention training poses (24 x axis-angle) from openly usable motion capture:
CMU 01_01 and 01_03 and a boxing take, as Debian ships them for tests.

  apt-get download assimp-testmodels && dpkg -x assimp-testmodels_*.deb DIR
  python bake_poses.py --bvh DIR/usr/share/assimp/models/BVH --out poses.npz

Needs numpy only. Poses are relative to the T-pose; the root keeps pitch and roll, its heading is removed
(train with a random one).  Farthest-point selection spreads the picks over the pose space.
"""

import argparse
import os
import numpy as np

J = [
    "pelvis",
    "left_hip",
    "right_hip",
    "spine1",
    "left_knee",
    "right_knee",
    "spine2",
    "left_ankle",
    "right_ankle",
    "spine3",
    "left_foot",
    "right_foot",
    "neck",
    "left_collar",
    "right_collar",
    "head",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hand",
    "right_hand",
]
PAR = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21]
CMU = dict(
    pelvis="Hips",
    left_hip="LeftUpLeg",
    right_hip="RightUpLeg",
    spine1="LowerBack",
    spine2="Spine",
    spine3="Spine1",
    left_knee="LeftLeg",
    right_knee="RightLeg",
    left_ankle="LeftFoot",
    right_ankle="RightFoot",
    left_foot="LeftToeBase",
    right_foot="RightToeBase",
    neck="Neck",
    head="Head",
    left_collar="LeftShoulder",
    right_collar="RightShoulder",
    left_shoulder="LeftArm",
    right_shoulder="RightArm",
    left_elbow="LeftForeArm",
    right_elbow="RightForeArm",
    left_wrist="LeftHand",
    right_wrist="RightHand",
)
BOX = dict(
    pelvis="Hips",
    spine1="Ab",
    spine3="Chest",
    neck="Neck",
    head="Head",
    left_collar="LeftCollar",
    right_collar="RightCollar",
    left_shoulder="LeftShoulder",
    right_shoulder="RightShoulder",
    left_elbow="LeftElbow",
    right_elbow="RightElbow",
    left_wrist="LeftWrist",
    right_wrist="RightWrist",
    left_hip="LeftHip",
    right_hip="RightHip",
    left_knee="LeftKnee",
    right_knee="RightKnee",
    left_ankle="LeftAnkle",
    right_ankle="RightAnkle",
    left_foot="LeftToes",
    right_foot="RightToes",
)


def axis_rot(axis, deg):
    t = np.radians(deg)
    c, s, z, o = np.cos(t), np.sin(t), np.zeros_like(t), np.ones_like(t)
    m = dict(X=[o, z, z, z, c, -s, z, s, c], Y=[c, z, s, z, o, z, -s, z, c], Z=[c, -s, z, s, c, z, z, z, o])[
        axis
    ]
    return np.stack(m, -1).reshape(t.shape + (3, 3))


def load_bvh(path):
    """Names and world rotations (frames, joints, 3, 3) of a BVH file, and its rest offsets."""
    tok = open(path).read().split()
    i = 0
    names, par, off, ch, st, cur = [], [], [], [], [], -1
    while tok[i] != "MOTION":
        t = tok[i]
        if t in ("ROOT", "JOINT"):
            names.append(tok[i + 1])
            par.append(st[-1] if st else -1)
            off.append([0, 0, 0])
            ch.append([])
            cur = len(names) - 1
            i += 2
        elif t == "End":
            cur = -2
            i += 2
        elif t == "{":
            st.append(cur)
            i += 1
        elif t == "}":
            st.pop()
            i += 1
        elif t == "OFFSET":
            if st[-1] >= 0:
                off[st[-1]] = [float(x) for x in tok[i + 1 : i + 4]]
            i += 4
        elif t == "CHANNELS":
            n = int(tok[i + 1])
            ch[st[-1]] = tok[i + 2 : i + 2 + n]
            i += 2 + n
        else:
            i += 1
    dt = float(tok[i + 5])
    nch = sum(map(len, ch))
    D = np.array(tok[i + 6 :], float)
    D = D[: len(D) // nch * nch].reshape(-1, nch)
    G, k = [], 0
    for j in range(len(names)):
        R = np.tile(np.eye(3), (len(D), 1, 1))
        for c in ch[j]:
            if c.endswith("rotation"):
                R = R @ axis_rot(c[0], D[:, k])
            k += 1
        G.append(R if par[j] < 0 else G[par[j]] @ R)
    return names, np.stack(G, 1), dt


def locals_from_globals(G):
    return np.stack(
        [G[:, j] if PAR[j] < 0 else np.swapaxes(G[:, PAR[j]], 1, 2) @ G[:, j] for j in range(24)], 1
    )


def from_bvh(path, table, fps, tpose):
    """`tpose`: 'frame0' = the first frame is a T-pose; 'zero' = the zero pose is."""
    names, W, dt = load_bvh(path)
    T0 = W[0] if tpose == "frame0" else np.tile(np.eye(3), (len(names), 1, 1))
    G = np.zeros((len(W), 24, 3, 3))
    for j, n in enumerate(J):
        if n in table:
            k = names.index(table[n])
            G[:, j] = W[:, k] @ T0[k].T
        else:
            G[:, j] = G[:, PAR[j]]
    step = max(1, round(1 / (fps * dt)))
    return locals_from_globals(G[1::step])


def to_axis_angle(R):
    t = np.arccos(np.clip((np.trace(R, axis1=-2, axis2=-1) - 1) / 2, -1, 1))
    v = np.stack([R[..., 2, 1] - R[..., 1, 2], R[..., 0, 2] - R[..., 2, 0], R[..., 1, 0] - R[..., 0, 1]], -1)
    n = np.linalg.norm(v, axis=-1)
    out = v * np.where(n > 1e-6, t / np.maximum(n, 1e-9), 0.5)[..., None]
    big = t > np.pi - 1e-3
    if big.any():  # near half a turn the skew part vanishes
        w, V = np.linalg.eigh((R[big] + np.swapaxes(R[big], -1, -2)) / 2)
        out[big] = V[..., -1] * t[big][:, None]
    return out


def no_heading(L):
    f = L[:, 0] @ np.array([0, 0, 1.0])
    u = L[:, 0] @ np.array([0, 1.0, 0])
    f = np.where(np.abs(f[:, 1:2]) > 0.9, -np.sign(f[:, 1:2]) * u, f)
    a = np.degrees(np.arctan2(f[:, 0], f[:, 2]))
    L = L.copy()
    L[:, 0] = axis_rot("Y", -a) @ L[:, 0]
    return L


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--bvh", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--count", type=int, default=800)
    ap.add_argument("--fps", type=float, default=15)
    a = ap.parse_args()
    src, L = [], []

    def add(n, x):
        print(f"{n}: {len(x)} frames")
        src.extend([n] * len(x))
        L.append(x)

    for n in ("01_01", "01_03"):
        add("cmu_" + n, from_bvh(os.path.join(a.bvh, n + ".bvh"), CMU, a.fps, "frame0"))
    p = os.path.join(a.bvh, "Boxing_Toes.bvh")
    if os.path.exists(p):
        add("boxing", from_bvh(p, BOX, a.fps, "zero"))
    L = no_heading(np.concatenate(L))
    X = L.reshape(len(L), -1) * np.repeat([2.0, 1.5, 1.5] + [1] * 21, 9)
    pick = [0]
    d = ((X - X[0]) ** 2).sum(1)
    while len(pick) < min(a.count, len(X)):
        pick.append(int(d.argmax()))
        d = np.minimum(d, ((X - X[pick[-1]]) ** 2).sum(1))
    aa = to_axis_angle(L)[pick]
    src = np.array(src)[pick]
    np.savez_compressed(a.out, pose=aa.reshape(len(aa), 72).astype(np.float32), source=src)
    print(
        "kept",
        len(aa),
        "min distance",
        float(np.sqrt(d.max())),
        {s: int((src == s).sum()) for s in sorted(set(src))},
    )
    lo, hi = np.percentile(aa.reshape(-1, 24, 3), [2, 98], axis=0)
    for j, n in enumerate(J):
        print(
            f"{n:15s} x {lo[j,0]:+.2f}..{hi[j,0]:+.2f}  y {lo[j,1]:+.2f}..{hi[j,1]:+.2f}  z {lo[j,2]:+.2f}..{hi[j,2]:+.2f}"
        )


if __name__ == "__main__":
    main()
