"""Limits of the machine: a full disk, no more inodes, files, descriptors or memory, an output that takes nothing."""

import functools
import resource
import shutil
import subprocess

from tries import Finding
from works import COMMANDS

WHAT = "limits"
# In a namespace of its own: a small disk over the folder of the try, the command, then room and the command again.
DISK = """
set -e
mount -t tmpfs -o size=64m,nr_inodes=4096 tmpfs "$1"
cp -a "$2/." "$1"
cd "$1"
used=$(df --output=$3 "$1" | tail -n 1)
mount -o remount,$4=$((used + $5))$6 "$1"
code=0
shift 6
"$@" || code=$?
mount -o remount,size=64m,nr_inodes=4096 "$PWD"
exec 1>&- 2>&-
cp -a "$PWD/." "$TORTURE_AFTER"
exit $code
"""


@functools.cache
def namespace():
    """How to mount without being asked: in namespaces of users, or as root; None where neither is allowed."""
    for words in (["unshare", "-rm"], ["unshare", "-m"]):
        try:
            probe = subprocess.run([*words, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True)
        except FileNotFoundError:
            return None
        if not probe.returncode:
            return words
    return None


def NOTES():
    return None if namespace() else "full disks skipped, as nothing can be mounted"


def one(self):
    commands = self.draw(COMMANDS)
    step = self.random.randrange(len(commands))
    self.before(step)
    kinds = {"disk": disk, "inodes": inodes, "file size": file_size, "output": output, "descriptors": descriptors,
             "memory": memory}
    if not namespace():
        del kinds["disk"], kinds["inodes"]
    name = self.random.choice(sorted(kinds))
    self.kind, self.patience = name, 60
    try:
        kinds[name](self, commands[step])
        self.goes_on(where=f"the same command without the limit ({name})")
    except Finding as finding:
        raise Finding(f"{self.work}: {finding}") from None


def disk(self, command):
    """So many kilobytes are left, anything from none to all that is needed."""
    size = sum(p.stat().st_size for p in self.expected.rglob("*") if p.is_file() and "in" not in p.parts) // 1024
    small_disk(self, command, "used", "size", self.random.randint(0, max(1, size + 64)), "k")


def inodes(self, command):
    here, there = (sum(1 for _ in f.rglob("*")) for f in (self.folder, self.expected))
    small_disk(self, command, "iused", "nr_inodes", self.random.randint(0, there - here + 3), "")


def small_disk(self, command, column, option, room, unit):
    after, start = (self.folder.with_name(self.folder.name + end) for end in (".after", ".start"))
    for place in (after, start):
        shutil.rmtree(place, ignore_errors=True)
    self.folder.rename(start)
    after.mkdir()
    self.folder.mkdir()
    self.say(f"mount -t tmpfs with {option} of what the inputs take and {room}{unit}")
    disk = [*namespace(), "bash", "-c", DISK, "disk", str(self.folder), str(start), column, option, str(room), unit]
    run = self.start(command, wrapper=disk, environment={**self.works.base, "TORTURE_AFTER": str(after)})
    try:
        self.judge(run)
    finally:
        shutil.rmtree(start)
        self.folder.rmdir()
        after.rename(self.folder)


def file_size(self, command):
    largest = max(p.stat().st_size for p in self.expected.rglob("*") if p.is_file())
    self.judge(self.start(command, limits=[(resource.RLIMIT_FSIZE, self.random.randint(0, largest))]))


def output(self, command):
    """Results that cannot be printed are an error, as others are."""
    is_printed = self.works.printed[self.work][COMMANDS[self.work].index(command)]
    if self.random.random() < 0.5:
        with open("/dev/full", "w") as full:
            run = self.judge(self.start(command, output=full))
        if is_printed and run.code == 0:
            raise Finding("a full standard output goes unnoticed: exit code 0, and the results are lost")
    else:
        self.judge(self.start(command, output="closed"))


def descriptors(self, command):
    self.judge(self.start(command, limits=[(resource.RLIMIT_NOFILE, self.random.randint(4, 40))]))


def memory(self, command):
    megabytes = int(2 ** self.random.uniform(7, 11))
    run = self.ended(self.start(command, limits=[(resource.RLIMIT_AS, megabytes * 2 ** 20)]))
    # Before the program begins, libraries are loaded, and OpenBLAS makes its threads: what ends there is not ours.
    if "error while loading shared libraries" in run.error or "blas_thread_init" in run.error:
        self.count = 0
        return
    if problem := run.complaint():
        raise Finding(problem)
