"""The inputs of all kinds of work, and what these leave and print when nothing disturbs them."""

import json
import pathlib
import shlex
import shutil
import signal
import struct
import subprocess
import time
import zipfile

from commands import BENCHMARK, COMMANDS, FASTER, NETWORK, PICTURE, PLAN, SET, SHARDED, rivals
from program import Finding, Run

# How many places a killed run leaves are kept of a command.
BEGUN = 3


def npy(kind, shape, data):
    """A file of NumPy's."""
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header.encode() + data


def floats(rows):
    return npy("<f4", (len(rows), len(rows[0])), b"".join(struct.pack(f"<{len(row)}f", *row) for row in rows))


def dataset(path, people, folder=""):
    """Annotations of rendered people as SPIN's files have them, the names of pictures perhaps with their folder."""
    truths = [json.loads(p.read_text()) for p in sorted(people.glob("*.json"))]
    names = [folder + p.name for p in sorted(people.glob("*.png"))]
    width = max(map(len, names))
    texts = b"".join(n.ljust(width, "\0").encode("utf-32-le") for n in names)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("imgname.npy", npy(f"<U{width}", (len(names),), texts))
        archive.writestr("center.npy", floats([[31, 31]] * len(names)))
        archive.writestr("scale.npy", npy("<f4", (len(names),), struct.pack("<f", 0.25) * len(names)))
        archive.writestr("pose.npy", floats([t["pose"] for t in truths]))
        archive.writestr("shape.npy", floats([t["betas"] for t in truths]))


# Many small files, several times a second: Python takes five times as long.
def copy(source, to):
    to.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", source, to], check=True)


def remove(folder):
    subprocess.run(["rm", "-rf", folder], check=True)


class Works:
    """Inputs and undisturbed results, made once for a run of the harness, when they are first asked for."""

    def __init__(self, program, fixtures, base, work, preload):
        self.program, self.fixtures, self.base, self.preload = program, pathlib.Path(fixtures), base, preload
        self.work = pathlib.Path(work)
        self.counted, self.printed, self.places = {}, {}, {}
        self._inputs()

    def run(self, words, folder, **options):
        words = shlex.split(words) if isinstance(words, str) else words
        options.setdefault("environment", self.base)
        return Run([str(self.program), *words], folder, **options)

    def _must(self, words, folder, **options):
        return self._insist(self.run(words, folder, **options).end())

    def _insist(self, run):
        if run.code:
            raise SystemExit(f"torture: undisturbed, {shlex.join(run.arguments)} ends with {run.code}: {run.error}")
        return run

    def _inputs(self):
        start, inputs = self.work / "start", self.work / "start/in"
        (inputs / "joints").mkdir(parents=True)
        shutil.copy(self.fixtures / "body_1000.npz", inputs / "body.npz")
        shutil.copytree(self.fixtures / "golden/small/data/smpl", inputs / "smpl", ignore=lambda _, names: [
            n for n in names if n != "SMPL_NEUTRAL.npz"])
        shutil.copy(self.fixtures / "golden/small/data/J_regressor_h36m.npy", inputs / "joints")
        (inputs / "plan.json").write_text(json.dumps(PLAN))
        (inputs / "rival.json").write_text(json.dumps({**PLAN, "seeds": [2]}))
        (inputs / "seeds.json").write_text(json.dumps({**PLAN, "seeds": [1, 2]}))
        (inputs / "benchmark.json").write_text(json.dumps(BENCHMARK))
        (inputs / "occluders").mkdir()
        shutil.copy(self.fixtures / "pictures/rgba8.png", inputs / "occluders")
        self._worker(inputs / "worker")
        self._must("render --count 2 --side 64 --seed 3 --quiet --out in/people", start)
        self._must("render --count 1 --frames 3 --side 64 --seed 5 --quiet --out clips", start)
        (start / "clips/00000").rename(inputs / "clip")
        (start / "clips").rmdir()
        for head, name in (("gap", "net"), ("attention", "attention"), ("keypoints", "keypoints")):
            self._must(f"train --head {head} --pictures 16 --batch 8 --side 32 --width 4 --body in/body.npz --seed 1 "
                       f"--quiet --out {name}.safetensors", start)
            (start / f"{name}.safetensors").rename(inputs / f"{name}.safetensors")
            for rest in start.glob(f"{name}.*"):
                rest.unlink()
        dataset(inputs / "set.npz", inputs / "people")
        self._must(f"sweep {PICTURE} {NETWORK} --stride 24 --out in/record", start)
        self._must(f"sweep in/clip --clip {NETWORK} --stride 64 --out in/clipped", start)
        # A set of which one share is done.
        self._must(f"{SET.replace('--out out', '--out shared')} 1/2", start)
        self.shared = (start / "shared").rename(self.work / "shared")
        # A record that both shards have computed and none has closed: each in a folder of its own, then put together.
        for shard in "12":
            self._must(f"{SHARDED.replace('--out out', f'--out shard{shard}')} {shard}/2", start)
        shutil.copytree(start / "shard2", start / "shard1", dirs_exist_ok=True)
        shutil.rmtree(start / "shard2")
        (start / "shard1").rename(self.work / "unmerged")

    @staticmethod
    def _worker(folder):
        folder.mkdir()
        root = pathlib.Path(__file__).resolve().parents[2]
        for file in ("Examples/Workers/dummy_worker.py", "Python/penumbra_worker.py"):
            shutil.copy(root / file, folder)

    def folder(self, work=None, name="here", umask=0o022, source=None):
        """A new folder with the inputs of a work, always of the same path, as some results contain it."""
        folder = self.work / name
        remove(folder)
        copy(source or self.work / "start", folder)
        if work == "merge" and not source:
            copy(self.work / "unmerged", folder / "out")
        # What an earlier run wrote was written by one with the same mask.
        for path in folder.rglob("*") if umask != 0o022 else ():
            if path.relative_to(folder).parts[0] != "in":
                path.chmod(path.stat().st_mode & ~umask)
        return folder

    def undisturbed(self, work, rival=False):
        """The folders as each command of a work leaves them; what they print and the calls they make are kept beside."""
        name = f"{work}-rival" if rival else work
        if name not in self.printed:
            made, printed = self.folder(work, "counted"), []
            for step, command in enumerate(rivals(work) if rival else COMMANDS[work]):
                printed.append(self._insist(self._count((name, step, "", None), command, made, made)).text)
                copy(made, self.work / "undisturbed" / name / str(step))
            self.printed[name] = printed
        return [self.work / "undisturbed" / name / str(step) for step in range(len(self.printed[name]))]

    def _count(self, key, command, folder, watched):
        began = time.monotonic()
        run = self.run(command, folder, environment=self.watched(key[0], watched)).end()
        shared, counts, _ = self.preload.result()
        self.counted[key] = (shared.total, counts, time.monotonic() - began)
        return run

    def calls(self, work, step, below="", begun=None):
        """How many system calls of each kind a command makes, and its seconds."""
        key = (work, step, str(below), begun)
        if key not in self.counted:
            folder = self.folder(work, "counted", source=None if begun is None else self.begun(work, step, begun))
            for command in COMMANDS[work][:step] if begun is None else ():
                self._must(command, folder)
            run = self._count(key, COMMANDS[work][step], folder, folder / below)
            if begun is None:
                self._insist(run)
            elif problem := run.complaint((0,)):
                del self.counted[key]
                raise Finding(f"{work}, the same command after a SIGKILL midway: {problem}")
        return self.counted[key]

    def begun(self, work, step, number):
        """A place where a run of a command was killed midway, at one of a few moments."""
        key = (work, step, number)
        if key not in self.places:
            total = self.calls(work, step)[0]
            folder = self.folder(work, "counted")
            for command in COMMANDS[work][:step]:
                self._must(command, folder)
            # The first calls find out what is there and what is given.
            moment = total * (2 * number + 3) // (2 * BEGUN + 3)
            self.run(COMMANDS[work][step], folder, environment=self.watched(
                work, folder, call="any", number=moment, action=f"signal:{int(signal.SIGKILL)}")).end()
            self.places[key] = self.work / "begun" / f"{work}-{step}-{number}"
            copy(folder, self.places[key])
        return self.places[key]

    def watched(self, work, folder, **settings):
        if work in FASTER:
            settings.setdefault("speed", FASTER[work])
        return self.preload.environment(self.base, folder, **settings)
