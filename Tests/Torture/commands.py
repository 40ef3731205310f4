"""The kinds of work that are disturbed: small commands of about a second, and what they are given."""

import importlib.util
import shlex

PLAN = {
    "name": "tiny", "side": 32, "width": 4, "seeds": [1],
    "recipe": {"pictures": 32, "batch": 8, "warmup": 2, "architecture": {"hidden": 16, "branch_width": 8}},
    "variants": [{"name": "parts", "head": "parts", "start_only": True}, {"name": "gap", "head": "gap", "start": "parts"}],
    "evaluation": {"people": 2, "seed": 9, "patches": [80], "fills": ["gray"], "stride": 112, "objects": False},
}
BENCHMARK = {
    "name": "tiny", "version": 1, "about": "Two people.",
    "pictures": {"rendered": {"count": 2, "seed": 3, "side": 64, "objects": False}},
    "occluders": [{"size": 80, "shape": "square", "fill": "gray"}], "grid": "picture", "stride": 64,
    "joints": "common12", "root": ["left_hip", "right_hip"], "seed": 0,
}
PICTURE = "in/people/00000.png --truth in/people/00000.json"
THREADS = "--body in/body.npz --workers 1 --quiet"
NETWORK = f"--model in/net.safetensors {THREADS}"
ANNOTATED = ("--dataset in/set.npz --images in/people --body-dir in/smpl --joint-regressors in/joints "
             "--model in/net.safetensors --quiet")
SHARDED = f"sweep {PICTURE} {NETWORK} --stride 12 --out out --shard"
SET = f"sweep in/people --truth in/people {NETWORK} --stride 48 --out out --shard"
RUNS = f"experiment in/seeds.json {THREADS} --out out --shard"
# Every command is given inside a folder that has the inputs in `in`. Where a work has several commands, they follow each other.
COMMANDS = {
    "sweep": [f"sweep {PICTURE} {NETWORK} --stride 12 --out out"],
    # More than eight chunks, which are laid together at the end.
    "packed": [f"sweep {PICTURE} {NETWORK} --stride 8 --region 0,0,64,36 --out out"],
    # The network's maps at the worst positions are written last.
    "attention": [f"sweep {PICTURE} --model in/attention.safetensors {THREADS} --stride 24 --json --out out"],
    "networks": [f"sweep {PICTURE} {NETWORK} --model in/attention.safetensors --fill gray,texture:in/people/00001.png "
                 "--stride 48 --out out"],
    "adaptive": [f"sweep {PICTURE} {NETWORK} --stride 16 --tolerance 1mm --out out"],
    "folder": [f"sweep in/people --truth in/people {NETWORK} --stride 48 --out out"],
    "dataset": [f"sweep {ANNOTATED} --workers 1 --stride 48 --out out"],
    "clip": [f"sweep in/clip --clip --follow {NETWORK} --stride 32 --out out"],
    "shards": [f"{SHARDED} 1/2", f"{SHARDED} 2/2"],
    "set": [f"{SET} 1/2", f"{SET} 2/2", "merge out --body in/body.npz --quiet"],
    "merge": ["merge out --body in/body.npz --quiet"],
    "train": ["train --head gap --pictures 96 --batch 8 --side 32 --width 4 --seed 1 --body in/body.npz --workers 1 "
              "--occluders in/occluders --quiet --out net.safetensors"],
    # Its clips are rendered first, kept, and shared by runs with other seeds.
    "temporal": ["train --head temporal --start in/keypoints.safetensors --clips 2 --frames 3 --pictures 96 --batch 8 --seed 1 "
                 f"{THREADS} --out net.safetensors",
                 f"sweep in/clip --model net.safetensors {THREADS} --stride 64 --out out"],
    "experiment": ["experiment in/plan.json --body in/body.npz --workers 1 --quiet --out out"],
    "runs": [f"{RUNS} 1/2", f"{RUNS} 2/2"],
    "evaluate": [f"evaluate {ANNOTATED} --out out"],
    "benchmark": [f"benchmark in/benchmark.json {NETWORK} --out out"],
    "report": ["report in/record --out figures --figure overview,grid --format svg --npz arrays"],
    "page": ["report in/record --html page.html"],
    "pages": ["report in/record in/clipped --body in/body.npz --html out/"],
    "film": ["report in/clipped --out report.pdf --png pictures --film film.png"],
    "render": ["render --count 6 --side 64 --seed 3 --quiet --out people"],
    "clips": ["render --count 2 --frames 2 --occluded --side 64 --seed 3 --quiet --out clips"],
    "measure": ["measure in/record/00000.net.square40-stride24.zarr --truth in/people/00000.json --joints common12 "
                "--body in/body.npz --out measured.zarr"],
    "influence": ["influence in/record --body in/body.npz --quiet --out influence.pdf --json-out influence.json"],
    "check": ["check in/net.safetensors in/people/00000.png --body in/body.npz --out check.pdf"],
    "estimate": ["estimate in/people/00000.png --model gap-small --body in/body.npz --out estimates"],
    "import": ["import in/net.safetensors --precision float16 --out imported.safetensors"],
    # They only print.
    "inspect": ["inspect in/record/00000.net.square40-stride24.zarr --json", "inspect in/set.npz", "inspect in/net.safetensors",
                "compare in/record/00000.net.square40-stride24.zarr in/record/00000.net.square40-stride24.zarr"],
}
# A network in a process of its own; the example needs NumPy.
if importlib.util.find_spec("numpy"):
    COMMANDS["worker"] = [f"sweep {PICTURE} --model 'dummy=worker: python3 in/worker/dummy_worker.py' {THREADS} "
                          "--worker-timeout 30 --stride 48 --out out"]
# Which may be given at the same moment, of the same place but of another result: what of a command is another.
OTHER = "--model in/net.safetensors", "--model net=in/attention.safetensors"
RIVALS = {"sweep": OTHER, "packed": OTHER, "adaptive": OTHER, "evaluate": OTHER, "benchmark": OTHER,
          "train": ("--seed 1", "--seed 2"), "temporal": ("--seed 1", "--seed 2"), "render": ("--seed 3", "--seed 4"),
          "clips": ("--seed 3", "--seed 4"),
          "experiment": ("in/plan.json", "in/rival.json"), "measure": ("--joints common12", "--joints smpl24")}
# These run with clocks so much faster that checkpoints, which come every two minutes, come at every step.
FASTER = {"train": 1000, "temporal": 1000, "experiment": 1000, "runs": 1000}


def rivals(work):
    return [command.replace(*RIVALS[work]) for command in COMMANDS[work]]


def varied(words, random):
    """The same command with other threads, batches and memory, which change no result."""
    words = list(words)
    if "--workers" in words:
        words[words.index("--workers") + 1] = str(random.choice([1, 2, 2, 3]))
    if words[0] in ("sweep", "benchmark") and random.random() < 0.4:
        words += ["--memory", random.choice(["300MB", "1GB"])]
    if words[0] == "sweep" and random.random() < 0.4:
        words += ["--batch", str(random.randint(1, 20))]
    return words


def place(command):
    """What a command writes to."""
    words = shlex.split(command)
    return words[1] if words[0] == "merge" else words[words.index("--out") + 1] if "--out" in words else None
