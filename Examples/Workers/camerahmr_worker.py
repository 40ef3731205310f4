"""CameraHMR (Patel and Black, 2025): SMPL, with the camera's field of view from the whole picture.

2026-11-29, not run: weights and body model are not free to have here; checked against stand-ins of the same calls. Written
for github.com/pixelite1201/CameraHMR as of 2025, run in its folder and environment. Weights after registration, for
non-commercial research only.

    penumbra sweep photo.jpg --box 100,40,220,400 \\
      --model CameraHMR='worker: cd CameraHMR && PYTHONPATH=. python camerahmr_worker.py'

Look at the picture of `penumbra check`: the order of colours changed between versions of that repository. If red and blue
are exchanged, take `[:, :, ::-1]` out of prepare. Box, field of view and picture size are those of the clean picture.
"""
import penumbra_worker as pw
import cv2
import numpy as np
import torch
from core.cam_model.fl_net import FLNet
from core.camerahmr_model import CameraHMR
from core.constants import CAM_MODEL_CKPT, CHECKPOINT_PATH, IMAGE_MEAN, IMAGE_SIZE, IMAGE_STD
from core.datasets.dataset import Dataset

device = "cuda" if torch.cuda.is_available() else "cpu"
network = CameraHMR.load_from_checkpoint(CHECKPOINT_PATH, strict=False, map_location=device).to(device).eval()
view = FLNet()
view.load_state_dict(torch.load(CAM_MODEL_CKPT, map_location="cpu")["state_dict"])
view = view.to(device).eval()


@torch.no_grad()
def intrinsics(picture):
    """The camera that the second network takes the picture to be from: it sees the picture within a white square."""
    height, width = picture.shape[:2]
    scale = IMAGE_SIZE / max(height, width)
    small = cv2.resize(picture, (int(width * scale), int(height * scale)), interpolation=cv2.INTER_AREA)
    top, left = (IMAGE_SIZE - small.shape[0]) // 2, (IMAGE_SIZE - small.shape[1]) // 2
    square = np.full((IMAGE_SIZE, IMAGE_SIZE, 3), 255, np.uint8)
    square[top:top + small.shape[0], left:left + small.shape[1]] = small
    square = ((square / 255 - np.array(IMAGE_MEAN)) / np.array(IMAGE_STD)).transpose(2, 0, 1)
    angles, _ = view(torch.tensor(square[None], dtype=torch.float32, device=device))
    focal = height / (2 * np.tan(float(angles[0, 1]) / 2))
    return np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]], np.float32)


def prepare(picture, box):
    x, y, width, height = box or (0, 0, picture.shape[1], picture.shape[0])
    centre, scale = np.array([[x + width / 2, y + height / 2]]), np.array([[width, height]]) / 200
    item = Dataset(picture[:, :, ::-1].copy(), centre, scale, np.eye(3, dtype=np.float32), False, "picture")[0]
    state = {key: torch.as_tensor(np.asarray(item[key]), dtype=torch.float32, device=device)
             for key in ("box_center", "box_size", "img_size")}
    # The field of view is only asked for when predictions are: this function also sees pictures that are only filler.
    return torch.as_tensor(np.asarray(item["img"]), dtype=torch.float32, device=device), {**state, "picture": picture}


@torch.no_grad()
def predict(inputs, state):
    if "cam_int" not in state:
        state["cam_int"] = torch.from_numpy(intrinsics(state.pop("picture"))).to(device)
    batch = {key: value.expand(len(inputs), *value.shape) for key, value in state.items()}
    body, camera, _ = network({"img": inputs, **batch})
    pose = body["body_pose"].reshape(len(inputs), -1, 3, 3)
    missing = torch.eye(3, device=device).expand(len(inputs), 23 - pose.shape[1], 3, 3)  # some versions leave out the hands
    rotations = pw.cat(body["global_orient"].reshape(-1, 1, 3, 3), pose, missing)
    return {"rotations": rotations, "betas": body["betas"][:, :10], "camera": camera}


pw.serve(prepare, predict, name="CameraHMR", body="smpl", batch=64, active=(0, 32, 256, 224), device=device,
         fingerprint=pw.fingerprint(CHECKPOINT_PATH, CAM_MODEL_CKPT), gives=["camera"])
