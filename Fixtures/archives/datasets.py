"""Makes datasets/ beside it: annotation files as projects write them, of three made-up rows. Needs numpy and joblib."""
import os
import pickle

import joblib
import numpy as np

os.makedirs(os.path.join(os.path.dirname(os.path.abspath(__file__)), "datasets"), exist_ok=True)
os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "datasets"))
names = [f"imageFiles/downtown_bar_00/image_{i:05d}.jpg" for i in range(3)]
pose = np.arange(216).reshape(3, 72) / 100
betas = np.arange(30).reshape(3, 10) / 10

# VIBE's: names as an array, as a list, compressed.
vibe = dict(
    img_name=np.array(names), vid_name=np.array(["downtown_bar_00_0"] * 3), frame_id=np.arange(3), pose=pose, shape=betas,
    bbox=np.tile([112.0, 100, 150, 150], (3, 1)), joints3D=np.zeros((3, 14, 3)), valid=np.array([1, 0, 1]))
joblib.dump(vibe, "vibe_db.pt")
joblib.dump({**vibe, "img_name": names}, "vibe_list_db.pt")
joblib.dump({**vibe, "img_name": np.array(names, dtype=object)}, "vibe_zlib_db.pt", compress=3)

# mmhuman3d's HumanData: whatever is no array lies in an array of one object.
np.savez_compressed(
    "human_data.npz", image_path=names, bbox_xywh=np.tile([37.0, 25, 100, 150, 1], (3, 1)), config="3dpw",
    smpl={"global_orient": pose[:, :3], "body_pose": pose[:, 3:].reshape(3, 23, 3), "betas": betas},
    meta={"gender": ["m", "f", "m"]}, __data_len__=3, __key_strict__=False, __keypoints_compressed__=False)

# 4D-Humans': names as bytes, boxes in pixels, no body in the last row.
np.savez(
    "hmr2.npz", imgname=np.array(names).astype("S"), center=np.tile([[112.0, 100]], (3, 1)), scale=np.full((3, 2), 180.0),
    body_pose=pose, betas=betas, has_body_pose=np.array([1.0, 1, 0]), has_betas=np.ones(3),
    extra_keypoints_3d=np.concatenate([np.arange(171).reshape(3, 19, 3) / 1000, np.ones((3, 19, 1))], 2))

# SPIN's rows in a pickle, as a dictionary of lists.
with open("rows.pkl", "wb") as file:
    pickle.dump(dict(imgname=names, center=[[112.0, 100]] * 3, scale=[0.9] * 3, pose=pose.tolist(), shape=betas.tolist(),
                     gender=["m", "f", "neutral"]), file, 2)
