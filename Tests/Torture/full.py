"""Limits of the machine: a full disk, no more inodes, files, descriptors or memory, an output that takes nothing."""

import functools
import resource
import shutil
import subprocess

from commands import COMMANDS
from program import Finding

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
    command = self.draw_command(COMMANDS)
    kinds = {"disk": disk, "inodes": inodes, "file size": file_size, "output": output, "descriptors": descriptors,
             "memory": memory}
    if not namespace():
        del kinds["disk"], kinds["inodes"]
    name = self.random.choice(sorted(kinds))
    self.kind, self.patience = name, 60
    try:
        run = kinds[name](self, command)
        if not run:
            self.count = 0
            return
        self.compare(run)
        self.goes_on(where=f"the same command without the limit ({name})")
    except Finding as finding:
        raise Finding(f"{self.work}: {finding}") from None


def disk(self, command):
    """So many kilobytes are left, anything from none to all that is needed."""
    expected = self.expected[self.step]
    size = sum(p.stat().st_size for p in expected.rglob("*")
               if p.is_file() and p.relative_to(expected).parts[0] != "in") // 1024
    return small_disk(self, command, "used", "size", self.random.randint(0, max(1, size + 64)), "k")


def inodes(self, command):
    here, there = (sum(1 for _ in f.rglob("*")) for f in (self.folder, self.expected[self.step]))
    return small_disk(self, command, "iused", "nr_inodes", self.random.randint(0, max(0, there - here) + 3), "")


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
        return self.judge(run)
    finally:
        shutil.rmtree(start)
        self.folder.rmdir()
        after.rename(self.folder)


def file_size(self, command):
    largest = max(p.stat().st_size for p in self.expected[self.step].rglob("*") if p.is_file())
    return self.judge(self.start(command, limits=[(resource.RLIMIT_FSIZE, self.random.randint(0, largest))]))


def output(self, command):
    """Results that cannot be printed are an error, as others are."""
    if self.random.random() < 0.5:
        with open("/dev/full", "w") as full:
            run = self.judge(self.start(command, output=full))
        if self.works.printed[self.work][self.step] and run.code == 0:
            raise Finding("a full standard output goes unnoticed: exit code 0, and the results are lost")
    else:
        run = self.judge(self.start(command, output="closed"))
    return run


def descriptors(self, command):
    return self.judge(self.start(command, limits=[(resource.RLIMIT_NOFILE, self.random.randint(24, 64))]))


def memory(self, command):
    megabytes = int(2 ** self.random.uniform(7, 11))
    run = self.ended(self.start(command, limits=[(resource.RLIMIT_AS, megabytes * 2 ** 20)]))
    # Before the program begins, libraries are loaded, and OpenBLAS makes its threads: what ends there is not ours.
    if "error while loading shared libraries" in run.error or "blas_thread_init" in run.error:
        return None
    if problem := run.complaint():
        raise Finding(problem)
    return run
