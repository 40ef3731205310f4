"""Times a network of HMR2.0's size through a worker, beside PyTorch's own loop on it.

    python3 Tests/Peers/worker_vit.py                               # on a GPU: bfloat16 and float32
    python3 Tests/Peers/worker_vit.py --layers 2 --positions 256    # a short try, on any machine

The network is a ViT-H with random weights: 256 x 192 pixels of a square of 256, patches of 16, 32 layers of width 1280,
and a decoder of one query. PyTorch's own loop runs it on inputs that are on the device already, and fetches what it
predicts, at each batch size; the worker gets windows from a client that plays Penumbra, at the size that was best. Both
run in processes of their own, one after the other. Prints a table in Markdown.
"""
import argparse
import json
import os
import subprocess
import sys
import time

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../Python"))
import penumbra_worker as pw  # noqa: E402

MEAN, SPREAD = np.float32([123.675, 116.28, 103.53]), np.float32([58.395, 57.12, 57.375])
DENSE = 50176
WINDOW = 46


def network(options):
    import torch
    from torch import nn
    from torch.nn import functional as F

    class Attention(nn.Module):
        def __init__(self, width, heads, inner, context):
            super().__init__()
            self.heads = heads
            self.query, self.both = nn.Linear(width, inner), nn.Linear(context, 2 * inner)
            self.out = nn.Linear(inner, width)

        def forward(self, x, context):
            split = lambda y: y.unflatten(2, (self.heads, -1)).transpose(1, 2)
            keys, values = self.both(context).chunk(2, 2)
            mixed = F.scaled_dot_product_attention(split(self.query(x)), split(keys), split(values))
            return self.out(mixed.transpose(1, 2).flatten(2))

    class Layer(nn.Module):
        def __init__(self, width, heads, inner, hidden, context=None):
            super().__init__()
            self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
            self.attention = Attention(width, heads, inner, context or width)
            self.hidden = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))

        def forward(self, x, context=None):
            y = self.norms[0](x)
            x = x + self.attention(y, y if context is None else context)
            return x + self.hidden(self.norms[1](x))

    class Network(nn.Module):
        def __init__(self, layers):
            super().__init__()
            self.patches = nn.Conv2d(3, 1280, 16, 16)
            self.places = nn.Parameter(torch.randn(1, 192, 1280) * 0.02)
            self.layers = nn.ModuleList(Layer(1280, 16, 1280, 5120) for _ in range(layers))
            self.norm = nn.LayerNorm(1280)
            self.query = nn.Parameter(torch.randn(1, 1, 1024) * 0.02)
            self.decoder = nn.ModuleList(Layer(1024, 8, 512, 1024, 1280) for _ in range(6))
            self.pose, self.shape, self.camera = (nn.Linear(1024, n) for n in (144, 10, 3))

        def forward(self, inputs):
            x = self.patches(inputs[:, :, :, 32:-32]).flatten(2).transpose(1, 2) + self.places
            for layer in self.layers:
                x = layer(x)
            x, query = self.norm(x), self.query.expand(len(x), -1, -1)
            for layer in self.decoder:
                query = layer(query, x)
            query = query[:, 0]
            a, b = self.pose(query).float().unflatten(1, (24, 2, 3)).unbind(2)
            a = F.normalize(a, dim=-1)
            b = F.normalize(b - (a * b).sum(-1, keepdim=True) * a, dim=-1)
            rotations = torch.stack([a, b, torch.linalg.cross(a, b)], -1)
            return {"rotations": rotations, "betas": self.shape(query), "camera": self.camera(query)}

    torch.manual_seed(0)
    with torch.device(options.device):
        model = Network(options.layers).eval()
    half = torch.autocast(torch.device(options.device).type, torch.bfloat16, enabled=options.precision == "bfloat16")

    def predict(inputs, state=None):
        with half:
            return model(inputs)

    def prepare(picture, box=None):
        crop = ((picture - MEAN) / SPREAD).transpose(2, 0, 1).astype(np.float32)
        return torch.from_numpy(crop).to(options.device), None, np.eye(2, 3)

    return prepare, predict


def picture():
    return np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)


def windows(count):
    """Windows over the part that the network sees, in the order of a map; fewer ones are spread over it."""
    first = np.linspace(0, 209 * 145, count, endpoint=False).astype(np.int32)
    corner = np.stack([first // 145, 32 + first % 145], 1)
    return np.concatenate([corner, corner + WINDOW], 1)


def occluded(prepare, some):
    """Inputs with the occluder at these windows, made one by one."""
    clean, gray = prepare(picture())[0], prepare(np.broadcast_to(MEAN, (256, 256, 3)))[0]
    inputs = clean[None].repeat(len(some), 1, 1, 1)
    for row, (y0, x0, y1, x1) in zip(inputs, some.tolist()):
        row[:, y0:y1, x0:x1] = gray[:, y0:y1, x0:x1]
    return inputs


def alone(options):
    """PyTorch's own loop: a JSON line of positions a second by batch, and of what it predicts for some windows."""
    import torch

    prepare, predict = network(options)
    with torch.inference_mode():
        speeds = {}
        for batch in options.batches:
            try:
                inputs = occluded(prepare, windows(batch))
                fetch = lambda: {name: value.float().cpu().numpy() for name, value in predict(inputs).items()}
                fetch()
                start, count = time.perf_counter(), 0
                while count < options.positions or time.perf_counter() - start < options.seconds:
                    fetch()
                    count += batch
                speeds[batch] = count / (time.perf_counter() - start)
            except torch.cuda.OutOfMemoryError:
                break
        some = predict(occluded(prepare, windows(options.positions)[:4]))
    memory = torch.cuda.max_memory_allocated() / 1e9 if options.device.startswith("cuda") else 0
    name = torch.cuda.get_device_name() if options.device.startswith("cuda") else f"{torch.get_num_threads()} threads"
    print(json.dumps({"speeds": speeds, "betas": some["betas"].float().cpu().tolist(), "memory": memory, "device": name,
                      "torch": torch.__version__}))


def served(options, batch):
    """Positions a second through a worker, and what it tells of some windows."""
    command = [sys.executable, __file__, "--part", "worker", "--layers", str(options.layers), "--device",
               options.device, "--precision", options.precision, "--batches", str(batch)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             env={**os.environ, "PENUMBRA_WORKER": "1"}, bufsize=1 << 16)

    def say(*message, **texts):
        child.stdin.write(pw.encode(*message, **texts))
        child.stdin.flush()

    def hear(wanted):
        said, texts, arrays = pw.decode(child.stdout)
        assert said == wanted, texts
        return arrays

    hear("hello")
    say("open", {"picture": picture(), "filler": MEAN.reshape(1, 1, 3)}, id="1")
    hear("opened")
    asked, some = windows(options.positions), None
    size = min(options.asked, max(batch, len(asked) // 4))
    for least, seconds in ((2 * batch, 0), (len(asked), options.seconds)):  # the first, short, warms up
        start, sent, count, waiting = time.perf_counter(), 0, 0, 0
        while True:
            more = sent < least or time.perf_counter() - start < seconds
            if more and waiting < 2:
                part = asked[sent % len(asked):][:size]
                say("ask", {"windows": part}, id="1", number=sent, want="[]")
                sent, waiting = sent + len(part), waiting + 1
            elif waiting:
                told = hear("told")
                some = told if some is None else some
                count, waiting = count + len(told["betas"]), waiting - 1
            else:
                break
        speed = count / (time.perf_counter() - start)
    child.stdin.close()
    child.wait()
    return speed, some


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, default=32)
    parser.add_argument("--positions", type=int, default=4096, help=f"at least; a dense map has {DENSE}")
    parser.add_argument("--seconds", type=float, default=10, help="at least, for each measurement")
    parser.add_argument("--batches", type=int, nargs="+", help="default: 32 64 128 256 on a GPU, else 4 16")
    parser.add_argument("--precision", nargs="+", choices=["bfloat16", "float32"], default=["bfloat16", "float32"])
    parser.add_argument("--device", default="")
    parser.add_argument("--asked", type=int, default=1024, help="windows in an ask")
    parser.add_argument("--part", choices=["alone", "worker"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.device:
        import torch

        options.device = "cuda" if torch.cuda.is_available() else "cpu"
    options.batches = options.batches or ([32, 64, 128, 256] if options.device != "cpu" else [4, 16])
    if options.part:
        options.precision = options.precision[0]
        if options.part == "alone":
            alone(options)
        else:
            prepare, predict = network(options)
            pw.serve(prepare, predict, name="random ViT", body="smpl", gives=["camera"], batch=options.batches[0],
                     device=options.device, precision=options.precision)
        return
    print(f"| precision | batch | PyTorch alone, positions/s | through the worker | ratio | {DENSE} positions |")
    print("| --- | --- | --- | --- | --- | --- |")
    for precision in options.precision:
        options.precision = precision
        command = [sys.executable, __file__, "--part", "alone", "--layers", str(options.layers), "--positions",
                   str(options.positions), "--seconds", str(options.seconds), "--device", options.device, "--precision",
                   precision, "--batches", *map(str, options.batches)]
        peer = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
        batch, best = max(peer["speeds"].items(), key=lambda item: item[1])
        speed, some = served(options, int(batch))
        off = np.abs(some["betas"][:4] - np.array(peer["betas"])).max()
        print(f"| {precision} | {batch} | {best:,.1f} | {speed:,.1f} | {speed / best:.3f} | {DENSE / speed:,.0f} s |",
              flush=True)
        print(f"{precision}: {peer['device']}, PyTorch {peer['torch']}, {peer['memory']:.1f} GB; betas differ by "
              f"{off:.1e} at most; alone by batch: " + ", ".join(f"{b}: {s:,.1f}" for b, s in peer["speeds"].items()),
              file=sys.stderr)


main()
