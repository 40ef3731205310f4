"""The kinds of work: small commands, their inputs, and what they leave when nothing disturbs them."""

import json
import pathlib
import shutil
import struct
import zipfile

from program import Run

PLAN = {
    "name": "tiny", "side": 32, "width": 4, "seeds": [1],
    "recipe": {"pictures": 32, "batch": 8, "warmup": 2, "architecture": {"hidden": 16, "branch_width": 8}},
    "variants": [{"name": "parts", "head": "parts", "start_only": True}, {"name": "gap", "head": "gap", "start": "parts"}],
    "evaluation": {"people": 2, "seed": 9, "patches": [80], "fills": ["gray"], "stride": 112, "objects": False},
}
PICTURE = "in/people/00000.png --truth in/people/00000.json"
NETWORK = "--model in/net.safetensors --body in/body.npz --workers 1 --quiet"
SHARDED = f"sweep {PICTURE} {NETWORK} --stride 12 --out out --shard"
# Every command is given inside a folder that has the inputs in `in`. Where a work has several commands, they follow each other.
COMMANDS = {
    "sweep": [f"sweep {PICTURE} {NETWORK} --stride 12 --out out"],
    "adaptive": [f"sweep {PICTURE} {NETWORK} --stride 16 --tolerance 1mm --out out"],
    "folder": [f"sweep in/people --truth in/people {NETWORK} --stride 32 --out out"],
    "shards": [f"{SHARDED} 1/2", f"{SHARDED} 2/2"],
    "train": ["train --head gap --pictures 96 --batch 8 --side 32 --width 4 --body in/body.npz --seed 1 --workers 1 "
              "--quiet --out net.safetensors"],
    "experiment": ["experiment in/plan.json --body in/body.npz --workers 1 --quiet --out out"],
    "evaluate": ["evaluate --dataset in/set.npz --images in/people --body-dir in/smpl --joint-regressors in/joints "
                 "--model in/net.safetensors --quiet --out out"],
    "report": ["report in/record --out figures --figure overview,grid --format svg --npz arrays"],
    "page": ["report in/record --html page.html"],
    "render": ["render --count 6 --side 64 --seed 3 --quiet --out people"],
    "merge": ["merge out --body in/body.npz --quiet"],
}


def npy(kind, shape, data):
    """A file of NumPy's."""
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header.encode() + data


def floats(rows):
    return npy("<f4", (len(rows), len(rows[0])), b"".join(struct.pack(f"<{len(row)}f", *row) for row in rows))


def dataset(path, people):
    """Annotations of rendered people as SPIN's files have them."""
    truths = [json.loads(p.read_text()) for p in sorted(people.glob("*.json"))]
    names = [p.name for p in sorted(people.glob("*.png"))]
    width = max(map(len, names))
    texts = b"".join(n.ljust(width, "\0").encode("utf-32-le") for n in names)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("imgname.npy", npy(f"<U{width}", (len(names),), texts))
        archive.writestr("center.npy", floats([[31, 31]] * len(names)))
        archive.writestr("scale.npy", npy("<f4", (len(names),), struct.pack("<f", 0.25) * len(names)))
        archive.writestr("pose.npy", floats([t["pose"] for t in truths]))
        archive.writestr("shape.npy", floats([t["betas"] for t in truths]))


class Works:
    """Inputs and undisturbed results, made once for a run of the harness, when they are first asked for."""

    def __init__(self, program, fixtures, base, work):
        self.program, self.fixtures, self.base = program, pathlib.Path(fixtures), base
        self.work = pathlib.Path(work)
        self.counted, self.printed = {}, {}
        self.leaks = []
        self._inputs()

    def run(self, words, folder, **options):
        words = words.split() if isinstance(words, str) else words
        options.setdefault("environment", self.base)
        return Run([str(self.program), *words], folder, **options)

    def _must(self, words, folder):
        run = self.run(words, folder).end()
        if run.code:
            raise SystemExit(f"torture: undisturbed, penumbra {words} ends with {run.code}: {run.error}")
        return run

    def _inputs(self):
        start, inputs = self.work / "start", self.work / "start/in"
        (inputs / "joints").mkdir(parents=True)
        shutil.copy(self.fixtures / "body_1000.npz", inputs / "body.npz")
        shutil.copytree(self.fixtures / "golden/small/data/smpl", inputs / "smpl", ignore=lambda _, names: [
            n for n in names if n != "SMPL_NEUTRAL.npz"])
        shutil.copy(self.fixtures / "golden/small/data/J_regressor_h36m.npy", inputs / "joints")
        (inputs / "plan.json").write_text(json.dumps(PLAN))
        self._must("render --count 2 --side 64 --seed 3 --quiet --out in/people", start)
        self._must(COMMANDS["train"][0].replace("--pictures 96", "--pictures 16"), start)
        (start / "net.safetensors").rename(inputs / "net.safetensors")
        for name in ("net.csv", "net.checkpoint"):
            (start / name).unlink()
        dataset(inputs / "set.npz", inputs / "people")
        self._must(f"sweep {PICTURE} {NETWORK} --stride 24 --out in/record", start)
        # A record that both shards have computed and none has closed: each in a folder of its own, then put together.
        for shard in "12":
            self._must(f"{SHARDED.replace('--out out', f'--out shard{shard}')} {shard}/2", start)
        shutil.copytree(start / "shard2", start / "shard1", dirs_exist_ok=True)
        shutil.rmtree(start / "shard2")
        (start / "shard1").rename(self.work / "unmerged")

    def folder(self, work=None, name="here"):
        """A new folder with the inputs of a work, always of the same path, as some results contain it."""
        folder = self.work / name
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.work / "start", folder)
        if work == "merge":
            shutil.copytree(self.work / "unmerged", folder / "out")
        return folder

    def undisturbed(self, work):
        """The folder as the work leaves it."""
        folder = self.work / "undisturbed" / work
        if not folder.exists():
            made = self.folder(work)
            self.printed[work] = [self._must(command, made).text for command in COMMANDS[work]]
            self.leaks += [f"{work}: {p.relative_to(made)} contains the path of its folder" for p in sorted(made.rglob("*"))
                           if p.is_file() and bytes(made) in p.read_bytes().replace(b"\\/", b"/")]
            folder.parent.mkdir(exist_ok=True)
            made.rename(folder)
        return folder
