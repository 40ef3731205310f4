"""SAM 3D Body (Yang et al., 2025), its body decoder alone: 70 keypoints of the Momentum Human Rig, metres.

2026-11-29, not run: weights are given on request; checked against stand-ins of the same calls. Written for
github.com/facebookresearch/sam-3d-body, commit 2137f4e, in its own environment. SAM License for code and weights.

    penumbra sweep photo.jpg --box 100,40,220,400 \\
      --model SAM3D='worker: python sam3dbody_worker.py FOLDER/model.ckpt FOLDER/assets/mhr_model.pt'

The repository's own demo cuts both hands out of the picture a second time; that would have the occluder in other crops, and
is slower. Here the crop is computed once; each window is one more person of the same picture. The field of view is the
default of the repository, from the size of the picture.
"""
import sys

import penumbra_worker as pw
import torch
from sam_3d_body import SAM3DBodyEstimator, load_sam_3d_body
from sam_3d_body.data.utils.prepare_batch import prepare_batch

checkpoint, rig = sys.argv[1:]
device = "cuda" if torch.cuda.is_available() else "cpu"
network, config = load_sam_3d_body(checkpoint_path=checkpoint, device=device, mhr_path=rig)
estimator = SAM3DBodyEstimator(network, config)  # for its crop
# What prepare_batch gives for each person, with the dimensions picture and person first.
EACH = ("img_size", "ori_img_size", "bbox_center", "bbox_scale", "bbox", "affine_trans", "mask", "mask_score",
        "person_valid")


def prepare(picture, box):
    corners = pw.xyxy(box or (0, 0, picture.shape[1], picture.shape[0]))
    batch = prepare_batch(picture, estimator.transform, corners[None])
    batch = {key: value.to(device) if torch.is_tensor(value) else value for key, value in batch.items()}
    return batch.pop("img")[0, 0], batch


@torch.no_grad()
def predict(inputs, state):
    batch = {key: value.expand(1, len(inputs), *value.shape[2:]).contiguous() if key in EACH else value
             for key, value in state.items()}
    batch["img"] = inputs[None]
    network._initialize_batch(batch)
    told = network.forward_step(batch, decoder_type="body")["mhr"]
    return {"joints": told["pred_keypoints_3d"][:, :70]}  # about the rig's origin, the axes those of the camera


pw.serve(prepare, predict, name="SAM 3D Body", joints="mhr70", batch=16, device=device, precision="bfloat16 in part",
         fingerprint=pw.fingerprint(checkpoint, rig))
