#!/usr/bin/env python3
"""Bake the takes that the poses came from as motions: SMPL-convention poses and the way of the pelvis, frame by frame.

  apt-get download assimp-testmodels && dpkg -x assimp-testmodels_*.deb DIR
  python bake_motions.py --bvh DIR/usr/share/assimp/models/BVH --body body.npz --out motions.npz

Needs numpy only; no randomness. CMU 01_01 and 01_03 and a boxing take, 30 frames a second. Poses are relative to the T-pose,
as those of bake_poses.py, with the heading that they have in the take; the way is in metres, in the body's axes (x left, y
up, z front at heading 0), scaled from the take's legs to those of the body.

Result: `pose` [F, 72], `translation` [F, 3], `first` [takes], where each take begins, and `source` [takes].
"""

import argparse
import os

import numpy as np

from bake_poses import BOX, CMU, from_bvh, to_axis_angle

FRAMES_A_SECOND = 30
TAKES = (
    ("cmu_01_01", "01_01.bvh", CMU, "frame0"),
    ("cmu_01_03", "01_03.bvh", CMU, "frame0"),
    ("boxing", "Boxing_Toes.bvh", BOX, "zero"),
)


def root(path, table):
    """Positions of the pelvis (frames, 3) and the length of a leg, both in the file's unit, and the seconds of a frame."""
    words = open(path).read().split()
    start = words.index("MOTION")
    channels, offsets, stack, name = [], {}, [], None
    for i, word in enumerate(words[:start]):
        if word in ("ROOT", "JOINT"):
            name = words[i + 1]
        elif word == "End":
            name = "end of " + stack[-1]
        elif word == "{":
            stack.append(name)
        elif word == "}":
            stack.pop()
        elif word == "OFFSET":
            offsets[stack[-1]] = np.array(words[i + 1 : i + 4], float)
        elif word == "CHANNELS":
            channels += [(stack[-1], c) for c in words[i + 2 : i + 2 + int(words[i + 1])]]
    values = np.array(words[start + 6 :], float)
    values = values[: len(values) // len(channels) * len(channels)].reshape(-1, len(channels))
    pelvis = channels[0][0]
    at = [channels.index((pelvis, axis + "position")) for axis in "XYZ"]
    leg = sum(np.linalg.norm(offsets[table[joint]]) for joint in ("left_knee", "left_ankle"))
    return values[:, at], leg, float(words[start + 5])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bvh", required=True)
    parser.add_argument("--body", required=True)
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    body = np.load(options.body)
    joints = body["J_regressor"].astype(float) @ body["v_template"].astype(float)
    leg = np.linalg.norm(joints[4] - joints[1]) + np.linalg.norm(joints[7] - joints[4])
    poses, ways, first, sources = [], [], [], []
    for source, name, table, rest in TAKES:
        path = os.path.join(options.bvh, name)
        places, own, seconds = root(path, table)
        # As bake_poses.py picks frames: from the second on, one in so many.
        step = max(1, round(1 / (FRAMES_A_SECOND * seconds)))
        pose = to_axis_angle(from_bvh(path, table, FRAMES_A_SECOND, rest)).reshape(-1, 72)
        way = (places[1::step] - places[1]) * (leg / own)
        assert len(pose) == len(way)
        first.append(sum(map(len, poses)))
        poses.append(pose)
        ways.append(way)
        sources.append(source)
        speed = np.linalg.norm(np.diff(way[:, [0, 2]], axis=0), axis=1).mean() / (step * seconds)
        print(f"{source}: {len(pose)} frames of {step * seconds * 1000:.1f} ms, a leg is {own:.2f}, {speed:.2f} m/s on average, "
              f"height from {way[:, 1].min():.2f} to {way[:, 1].max():.2f}")
    np.savez_compressed(
        options.out,
        pose=np.concatenate(poses).astype(np.float16),
        translation=np.concatenate(ways).astype(np.float32),
        first=np.array(first, np.int32),
        source=np.array(sources),
    )


if __name__ == "__main__":
    main()
