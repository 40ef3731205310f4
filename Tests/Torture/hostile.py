"""Damaged and costly inputs of every kind, and what is no file, given to the commands that read them.

Each ends well or with one line, in bounded time and memory, and leaves nothing where it fails.
"""

import os
import pathlib
import re
import shutil
import stat
import zipfile

import costly
import mutate
from commands import PICTURE, SET
from folders import tree
from program import Finding

WHAT = "damaged files"
SECONDS, MEGABYTES = 10, 1024
ESTIMATE = "--model in/net.safetensors --body in/body.npz --out new"
SWEEP = "sweep {} --model in/net.safetensors --workers 1 --quiet --stride 75 --out new"
ANNOTATED = ("--images in/people --body-dir in/smpl --joint-regressors in/joints --model in/net.safetensors "
             "--quiet --out new")
TRAIN = "train --head gap --pictures 8 --batch 8 --side 32 --width 4 --body in/body.npz --workers 1 --quiet --out new.safetensors"
BODY = "--body in/body.npz"
# What is damaged, how by structure, and the commands that read it. All that they write is named `new`.
SUBJECTS = {
    "record": ("in/record/*/zarr.json", mutate.json_text, "inspect {folder}", "report {folder} --out new",
               "report {folder} --npz new --html new.html",
               "measure {folder} --truth in/people/00000.json --out new --body in/body.npz",
               "compare {folder} in/other/*.zarr", "merge {folder} --body in/body.npz"),
    "array": ("in/record/*/*/zarr.json", mutate.json_text, "inspect {folder}", "report {folder} --npz new --out new.pdf"),
    "chunk": ("in/record/*/*/c/**/[0-9]*", None, "inspect {folder}", "report {folder} --npz new --out new.pdf"),
    "truth": ("in/people/00000.json", mutate.json_text, "inspect {}",
              SWEEP.format("in/people/00000.png --truth {} --body in/body.npz")),
    "picture": ("fixtures/pictures/*.*", None, "inspect {}", f"estimate {{}} --box whole {ESTIMATE}",
                SWEEP.format("{} --box whole --body in/body.npz")),
    "boxes": ("in/boxes.json", mutate.json_text, f"estimate in/people/00000.png --bbox {{}} {ESTIMATE}"),
    "body": ("in/body.npz", mutate.arrays, "inspect {}", "render --count 1 --side 64 --body {} --quiet --out new",
             "estimate in/people/00000.png --model in/net.safetensors --body {} --out new",
             SWEEP.format("in/people/00000.png --truth in/people/00000.json --body {}"), "report in/record --body {} --out new"),
    "weights": ("in/net.safetensors", mutate.safetensors, "inspect {}",
                "estimate in/people/00000.png --model {} --body in/body.npz --out new"),
    "shape": ("in/record/*/*/zarr.json", mutate.shape, "inspect {folder}", "report {folder} --npz new --out new.pdf",
              "report {folder} --html new.html", "compare {folder} in/other/*.zarr",
              "influence {folder} --body in/body.npz --out new.pdf --quiet"),
    "shard note": ("in/shared/.shards/*/1of2.json", mutate.json_text, f"merge in/shared {BODY} --quiet",
                   f"{SET.replace('--out out', '--out in/shared')} 2/2"),
    "dataset": ("in/set.npz", mutate.arrays, "inspect {}", f"evaluate --dataset {{}} {ANNOTATED}",
                f"sweep --dataset {{}} {ANNOTATED} --workers 1 --stride 75"),
    "rows": ("in/set.npz", mutate.rows, f"evaluate --dataset {{}} {ANNOTATED}",
             f"sweep --dataset {{}} {ANNOTATED} --workers 1 --stride 75"),
    "benchmark": ("in/benchmark.json", mutate.benchmark,
                  f"benchmark {{}} --model in/net.safetensors {BODY} --workers 1 --quiet --out new"),
    "positions": ("in/positions.json", mutate.json_text, f"sweep in/people/00000.png --model in/net.safetensors {BODY} "
                  "--workers 1 --quiet --positions {} --out new"),
    "occluder": ("fixtures/pictures/*.png", None, f"{SWEEP.format(PICTURE)} {BODY} --fill texture:{{}}",
                 f"{SWEEP.format(PICTURE)} {BODY} --shape mask:{{}}", f"{TRAIN} --occluders occluders"),
    "plan": ("in/plan.json", mutate.json_text, "experiment {} --dry-run --workers 1 --body in/body.npz --out new"),
    "skeleton": ("fixtures/skeletons/*.json", mutate.json_text, "inspect {}",
                 "estimate in/people/00000.png --joints {} --model in/net.safetensors --body in/body.npz"),
    "costly": ("in/plan.json", None, "inspect {}", SWEEP.format("in/people/00000.png --body in/body.npz --truth {}"),
               "render --count 1 --side 64 --body {} --quiet --out new",
               f"estimate {{}} --box whole {ESTIMATE}"),
    "no file": ("in/plan.json", None, "inspect {}", SWEEP.format("in/people/00000.png --body in/body.npz --truth {}"),
                f"estimate {{}} {ESTIMATE}", "experiment {} --dry-run --out new",
                "report {} --out new", "estimate in/people/00000.png --model {} --out new", "render --body {} --count 1 --out new",
                "evaluate --dataset {} --images in/people --model in/net.safetensors --out new",
                "benchmark {} --model in/net.safetensors --quiet --out new",
                f"measure in/other/*.zarr --truth {{}} --out new {BODY}",
                f"estimate in/people/00000.png --joints {{}} --model in/net.safetensors {BODY}", f"{TRAIN} --occluders {{}}",
                f"{TRAIN} --occluders occluders", f"{TRAIN} --start {{}}", f"{SWEEP.format(PICTURE)} {BODY} --fill texture:{{}}",
                f"{SWEEP.format(PICTURE)} {BODY} --shape mask:{{}}", f"{SWEEP.format(PICTURE)} {BODY} --positions {{}}",
                f"{SWEEP.format('in/people/00000.png')} {BODY} --bbox {{}}",
                f"{SWEEP.format('in/people/00000.png')} {BODY} --openpose {{}}",
                f"{SWEEP.format(PICTURE)} {BODY} --joint-regressors {{}}", "import {} --out new",
                f"influence {{}} {BODY} --out new.pdf",
                f"merge {{}} {BODY}", "compare {} in/other/*.zarr", f"check {{}} in/people/00000.png {BODY} --out new.pdf"),
    "archive": ("fixtures/archives/**/*.*", None, "inspect {}", "inspect {} --json"),
}

# These write into what they are given.
SHARED_PLACE = {"merge", "--shard"}
# The rows or people before the damaged one stay, and the same command continues.
KEEPS = {"dataset", "rows", "benchmark", "shard note"}
NO_FILES = {"a pipe": os.mkfifo, "a folder": os.mkdir, "an endless device": lambda p: p.symlink_to("/dev/zero"),
            "an empty device": lambda p: p.symlink_to("/dev/null"), "a link to nothing": lambda p: p.symlink_to("nothing"),
            "a link to itself": lambda p: p.symlink_to(p), "a link to its folder": lambda p: p.symlink_to(p.parent),
            "an empty file": lambda p: p.touch(), "a socket": lambda p: os.mknod(p, 0o600 | stat.S_IFSOCK)}


def one(self):
    self.patience = 60
    self.kind = sorted(SUBJECTS)[(self.number - 1) % len(SUBJECTS)]
    pattern, by_structure, *commands = SUBJECTS[self.kind]
    self.folder = self.works.folder()
    prepare(self)
    if pattern.startswith("fixtures/"):
        files = [p for p in self.works.fixtures.glob(pattern.split("/", 1)[1]) if p.is_file() and p.stat().st_size < 40000
                 and p.suffix not in (".py", ".md")]
        original = self.random.choice(sorted(files))
        victim = self.folder / f"victim{original.suffix}"
    else:
        original = victim = self.random.choice(sorted(p for p in self.folder.glob(pattern) if p.is_file()))
    if self.kind == "costly":
        suffix, data = self.random.choice(costly.KINDS)(self.random, self.works.fixtures)
        victim = self.folder / f"victim{suffix}"
        victim.write_bytes(data)
    elif self.kind == "no file":
        victim = self.folder / "victim"
        what = self.random.choice(sorted(NO_FILES))
        self.say(f"victim is {what}")
        NO_FILES[what](victim)
    else:
        victim.write_bytes(changed(original.read_bytes(), by_structure, original.suffix, self.random))
    command = self.random.choice(commands)
    record = next((self.folder / "in/record").glob("*.zarr")).relative_to(self.folder)
    path = victim.relative_to(self.folder)
    if " occluders" in command:
        (self.folder / "occluders").mkdir()
        victim.rename(self.folder / "occluders" / f"one{original.suffix if self.kind == 'occluder' else '.png'}")
    words = [str(next(self.folder.glob(w)).relative_to(self.folder)) if "*" in w else w
             for w in command.format(path, folder=record).split()]
    if self.random.random() < 0.3:
        words = [w for w in words if w != "--quiet"]
    self.say(f"damaged: {path}, from {original.name}")
    before = tree(self.folder)
    run = self.judge(self.start(words))
    look(self, run, before)


def prepare(self):
    folder = self.folder
    shutil.copytree(folder / "in/record", folder / "in/other")
    if self.kind == "shard note":
        shutil.copytree(self.works.shared, folder / "in/shared")
    (folder / "in/positions.json").write_text("[[10, 20], [30.5, 40], [0, 63]]")
    (folder / "in/boxes.json").write_text('[{"image_id": 1, "category_id": 1, "bbox": [2, 3, 50, 58], "score": 0.9, '
                                          '"keypoints": [10, 12, 1, 30, 40, 0.5]}]')


def changed(data, by_structure, suffix, random):
    by_structure = by_structure or {".npz": mutate.arrays, ".npy": mutate.array, ".json": mutate.json_text}.get(suffix)
    if by_structure and random.random() < 0.8:
        try:
            return by_structure(data, random)
        except (ValueError, KeyError, IndexError, OverflowError, RuntimeError, zipfile.BadZipFile):
            pass
    return mutate.damaged(data, random)


def look(self, run, before):
    """What it cost, what it left, what it printed."""
    seconds = run.usage.ru_utime + run.usage.ru_stime
    if seconds > SECONDS:
        raise Finding(f"takes {seconds:.0f} s of the processor")
    if run.usage.ru_maxrss > MEGABYTES * 1024:
        raise Finding(f"takes {run.usage.ru_maxrss // 1024} MB of memory")
    after = tree(self.folder)
    new = [p for p in after if p not in before]
    strangers = [p for p in new if not p.startswith("new") and not pathlib.Path(p).parts[0].startswith("new")]
    if strangers and not SHARED_PLACE & set(run.arguments):
        raise Finding(f"writes outside its output: {', '.join(strangers[:3])}")
    files = [p for p in new if (self.folder / p).is_file()]
    if run.code and files and self.kind not in KEEPS:
        raise Finding(f"exit code {run.code} ({run.error.strip()[:200]}), and leaves {', '.join(files[:3])}")
    printed = run.text + run.error
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069]", printed):
        raise Finding(f"prints control characters: {printed[:200]!r}")
    if re.search(r"-nan|(?<![A-Za-z'])nan\b", run.text) and "inspect" not in run.arguments:
        raise Finding("exit code 0, and prints nan: " + re.search(r".*nan.*", run.text)[0].strip()[:120])
