"""A network without weights, to try the protocol: a standing person whose joints come nearer where it is bright.

2026-11-29, run: numpy 2.4, Python 3.11. Needs numpy alone.

    penumbra sweep photo.jpg --box 100,40,220,400 --model dummy='worker: python dummy_worker.py'
"""
import os
import time

import numpy as np
import penumbra_worker as pw

SIDE = 64
SECONDS = float(os.environ.get("DUMMY_WORKER_SECONDS", 0))  # a position, to see what a slow network is like
# Where the joints of `common12` are, metres, and shares of the crop.
X = [.18, -.18, .22, -.22, .24, -.24, .1, -.1, .11, -.11, .12, -.12]
Y = [-.5, -.5, -.22, -.22, .03, .03, 0, 0, .42, .42, .82, .82]
COLUMNS, ROWS = (np.round((np.array(values) / 2 + share) * SIDE).astype(int) for values, share in ((X, .5), (Y, .45)))


def prepare(picture, box):
    x, y, width, height = box or (0, 0, picture.shape[1], picture.shape[0])
    extent = max(width, height)
    left, top = x + (width - extent) / 2, y + (height - extent) / 2
    places = (np.arange(SIDE) + .5) * extent / SIDE
    rows, columns = np.floor(top + places).astype(int), np.floor(left + places).astype(int)
    crop = picture[rows.clip(0, len(picture) - 1)][:, columns.clip(0, picture.shape[1] - 1)]
    to_picture = [[extent / SIDE, 0, left], [0, extent / SIDE, top]]
    return crop.transpose(2, 0, 1).astype(np.float32) / 255, None, to_picture


def predict(inputs, state):
    time.sleep(SECONDS * len(inputs))
    depth = [-inputs[:, :, max(row - 6, 0):row + 6, column - 6:column + 6].mean((1, 2, 3))
             for row, column in zip(ROWS, COLUMNS)]
    joints = np.zeros((len(inputs), 12, 3), np.float32)
    joints[..., 0], joints[..., 1], joints[..., 2] = X, Y, np.transpose(depth)
    return {"joints": joints}


pw.serve(prepare, predict, name="dummy", joints="common12", batch=64, fingerprint="dummy-1")
