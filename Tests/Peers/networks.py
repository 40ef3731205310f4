"""The published networks in PyTorch, written from their descriptions, for comparison with Penumbra.

Modules are named so that the keys of their state_dict are the published ones (docs/networks.md); weights can be
filled by the formula of Fixtures/golden/README.md. `Spin` gives pose [N, 144], betas, camera; `Pare` the same.
"""
import os
import re

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../Fixtures/golden/networks")


def conv(inputs, outputs, size, stride=1, bias=False):
    return nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=bias)


class Residual(nn.Module):
    """A residual block: of ResNet-50, with `wide` times its width at the end, or of HRNet, with two 3×3."""

    def __init__(self, inputs, width, stride=1, bottleneck=True):
        super().__init__()
        outputs = 4 * width if bottleneck else width
        sizes = [(inputs, width, 1, 1), (width, width, 3, stride), (width, outputs, 1, 1)]
        if not bottleneck:
            sizes = [(inputs, width, 3, stride), (width, width, 3, 1)]
        self.count = len(sizes)
        for i, (a, b, size, step) in enumerate(sizes, 1):
            setattr(self, f"conv{i}", conv(a, b, size, step))
            setattr(self, f"bn{i}", nn.BatchNorm2d(b))
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = x
        for i in range(1, self.count + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            if i < self.count:
                y = F.relu(y)
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


def bottlenecks(inputs, width, count, stride=1):
    blocks = [Residual(inputs, width, stride)] + [Residual(4 * width, width) for _ in range(count - 1)]
    return nn.Sequential(*blocks)


class ResNet50(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = conv(3, 64, 7, 2), nn.BatchNorm2d(64)
        self.layer1 = bottlenecks(64, 64, 3)
        self.layer2 = bottlenecks(256, 128, 4, 2)
        self.layer3 = bottlenecks(512, 256, 6, 2)
        self.layer4 = bottlenecks(1024, 512, 3, 2)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))


def unit(inputs, outputs, size=3, stride=1, relu=True):
    parts = [conv(inputs, outputs, size, stride), nn.BatchNorm2d(outputs)]
    return nn.Sequential(*parts, nn.ReLU()) if relu else nn.Sequential(*parts)


class Exchange(nn.Module):
    """One module of HRNet: each branch alone, then each branch from all."""

    def __init__(self, channels):
        super().__init__()
        blocks = lambda c: nn.Sequential(*[Residual(c, c, bottleneck=False) for _ in range(4)])
        self.branches = nn.ModuleList([blocks(c) for c in channels])
        self.fuse_layers = nn.ModuleList()
        for i, to in enumerate(channels):
            row = nn.ModuleList()
            for j, origin in enumerate(channels):
                if j == i:
                    row.append(nn.Identity())
                elif j > i:
                    up = nn.Upsample(scale_factor=2 ** (j - i), mode="nearest")
                    row.append(nn.Sequential(*unit(origin, to, 1, relu=False), up))
                else:
                    steps = [unit(origin, origin, 3, 2) for _ in range(i - j - 1)]
                    row.append(nn.Sequential(*steps, unit(origin, to, 3, 2, relu=False)))
            self.fuse_layers.append(row)

    def forward(self, xs):
        xs = [branch(x) for branch, x in zip(self.branches, xs)]
        outputs = []
        for row in self.fuse_layers:
            total = row[0](xs[0])
            for fuse, x in zip(row[1:], xs[1:]):
                total = total + fuse(x)
            outputs.append(F.relu(total))
        return outputs


class HRNetW32(nn.Module):
    CHANNELS = (32, 64, 128, 256)

    def __init__(self):
        super().__init__()
        c = self.CHANNELS
        self.conv1, self.bn1 = conv(3, 64, 3, 2), nn.BatchNorm2d(64)
        self.conv2, self.bn2 = conv(64, 64, 3, 2), nn.BatchNorm2d(64)
        self.layer1 = bottlenecks(64, 64, 4)
        self.transition1 = nn.ModuleList([unit(256, c[0]), nn.ModuleList([unit(256, c[1], 3, 2)])])
        self.transition2 = nn.ModuleList([nn.Identity(), nn.Identity(), nn.ModuleList([unit(c[1], c[2], 3, 2)])])
        self.transition3 = nn.ModuleList([nn.Identity()] * 3 + [nn.ModuleList([unit(c[2], c[3], 3, 2)])])
        self.stage2 = nn.Sequential(Exchange(c[:2]))
        self.stage3 = nn.Sequential(*[Exchange(c[:3]) for _ in range(4)])
        self.stage4 = nn.Sequential(*[Exchange(c) for _ in range(3)])
        self.final_layer = nn.Conv2d(c[0], 24, 1)
        for k in (1, 2, 3):
            parts = []
            for _ in range(k):
                up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
                parts += [up, *unit(c[k], c[k])]
            setattr(self, f"upsample_stage_{k + 1}", nn.Sequential(*parts))

    def forward(self, x):
        x = F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))
        x = self.layer1(x)
        xs = self.stage2([self.transition1[0](x), self.transition1[1][0](x)])
        xs = self.stage3(xs + [self.transition2[2][0](xs[-1])])
        xs = self.stage4(xs + [self.transition3[3][0](xs[-1])])
        ups = [getattr(self, f"upsample_stage_{k + 1}")(xs[k]) for k in (1, 2, 3)]
        return torch.cat([xs[0], *ups], 1)


class Spin(ResNet50):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(2048 + 157, 1024), nn.Linear(1024, 1024)
        self.decpose, self.decshape, self.deccam = nn.Linear(1024, 144), nn.Linear(1024, 10), nn.Linear(1024, 3)
        for name, size in [("pose", 144), ("shape", 10), ("cam", 3)]:
            self.register_buffer(f"init_{name}", torch.zeros(1, size))

    def forward(self, x):
        features = super().forward(x).mean((2, 3))
        state = [b.expand(x.shape[0], -1) for b in (self.init_pose, self.init_shape, self.init_cam)]
        for _ in range(3):
            hidden = self.fc2(self.fc1(torch.cat([features, *state], 1)))
            steps = [self.decpose(hidden), self.decshape(hidden), self.deccam(hidden)]
            state = [value + step for value, step in zip(state, steps)]
        return state


class PerJoint(nn.Module):
    """One matrix for each joint."""

    def __init__(self, inputs):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1, 6, inputs, 24, 1, 1))

    def forward(self, attended):
        return torch.einsum("ncj,ocj->njo", attended, self.weight[0, :, :, :, 0, 0]).flatten(1)


class Head(nn.Module):
    def __init__(self, kind):
        super().__init__()
        inputs, width, count = {"hrnet": (480, 128, 2), "deconv": (2048, 256, 3), "upsample": (2048, 256, 3)}[kind]
        self.keypoint_deconv_layers = self.branch(kind, inputs, width, count)
        self.smpl_deconv_layers = self.branch(kind, inputs, width, count)
        self.keypoint_final_layer = nn.Conv2d(width, 25, 1)
        self.smpl_final_layer = nn.Conv2d(width, 64, 1)
        self.pose_mlp = PerJoint(width)
        self.shape_mlp, self.cam_mlp = nn.Linear(1536, 10), nn.Linear(1536, 3)

    @staticmethod
    def branch(kind, inputs, width, count):
        parts = []
        for k in range(count):
            first = inputs if k == 0 else width
            if kind == "deconv":
                up = nn.ConvTranspose2d(first, width, 4, 2, 1, bias=False)
                parts += [up, nn.BatchNorm2d(width), nn.ReLU()]
                continue
            if kind == "upsample":
                parts.append(nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True))
            parts += [*unit(first, width)]
        return nn.Sequential(*parts)

    def forward(self, features):
        logits = self.keypoint_final_layer(self.keypoint_deconv_layers(features))
        body = self.smpl_deconv_layers(features)
        attention = logits[:, 1:].flatten(2).softmax(2)
        pose = body.flatten(2) @ attention.transpose(1, 2)
        shape = (self.smpl_final_layer(body).flatten(2) @ attention.transpose(1, 2)).flatten(1)
        return self.pose_mlp(pose), self.shape_mlp(shape), self.cam_mlp(shape)


class Pare(nn.Module):
    """Part attention on HRNet-W32 (`hrnet`) or on ResNet-50 (`deconv`, `upsample`)."""

    def __init__(self, kind="hrnet"):
        super().__init__()
        self.backbone = HRNetW32() if kind == "hrnet" else ResNet50()
        self.head = Head(kind)

    def forward(self, x):
        return self.head(self.backbone(x))


def golden(name):
    """A network of Fixtures/golden with its weights by formula: `spin`, `pare_hrnet_w32_conv`, `spin_tame`, …"""
    base = name.removesuffix("_tame")
    network = Spin() if base == "spin" else Pare(base.replace("pare_hrnet_w32_conv", "hrnet").split("_")[-1])
    stored = np.load(f"{GOLDEN}/{base}_stored.npz")
    tame = [row[1:] for row in rows("tame") if row[0] == name]
    tensors = {}
    for key, shape, rule, offset, bound in rows(base):
        replaced = [row[1:] for row in tame if re.search(row[0], f"{key} {shape}")]
        if replaced:
            rule, (offset, bound) = "uniform", replaced[-1]
        if rule == "uniform":
            shape = [int(n) for n in shape.split("x")]
            offsets = [float(n) for n in offset.split(",")]
            values = uniform(f"penumbra-golden-1/{name}/{key}", int(np.prod(shape)), offsets, float(bound))
            tensors[key] = torch.from_numpy(values.reshape(shape))
        elif key in stored:
            tensors[key] = torch.from_numpy(np.array(stored[key]))
    missing, unexpected = network.load_state_dict(tensors, strict=False)
    ignored = ("num_batches_tracked", "init_pose", "init_shape", "init_cam", "temperature")
    wrong = [k for k in missing + unexpected if not k.endswith(ignored)]
    if wrong:
        raise ValueError(f"{name}: tensors that do not match: {wrong}")
    return network.eval()


def rows(table):
    lines = open(f"{GOLDEN}/{table}.tsv", encoding="utf-8").read().splitlines()[1:]
    return [line.split("\t")[:5] for line in lines]


def uniform(text, count, offsets, bound):
    state = 0xCBF29CE484222325
    for byte in text.encode():
        state = (state ^ byte) * 0x100000001B3 % 2**64
    with np.errstate(over="ignore"):
        z = np.uint64(state) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    offset = np.repeat(offsets, count // len(offsets))
    return np.float32(offset + bound * (2 * ((z >> np.uint64(11)).astype(np.float64) * 2.0**-53) - 1))


def crops():
    """The two golden crops, normalised, [2, 3, 224, 224]."""
    pixels = torch.from_numpy(np.load(f"{GOLDEN}/images.npz")["u8"]).permute(0, 3, 1, 2).float() / 255
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    return (pixels - mean[:, None, None]) / deviation[:, None, None]
