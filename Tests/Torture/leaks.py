"""Who ran a command, where and on which machine, must be in none of the files that it writes.

Every work runs with relative and with absolute paths, in a folder, as a user and on a host of unusual names.
"""

import base64
import re
import zlib

from commands import COMMANDS
from full import namespace
from program import Finding
from works import dataset

WHAT = "works looked through"
FOLDER, USER, HOST = "quokka7f3a", "numbat7f3a", "wombat7f3a"
# In a namespace of its own: another host, and another name of the user.
NAMES = f"""
echo {HOST} > /proc/sys/kernel/hostname || exit 75
sed "s/^[^:]*:\\([^:]*:$(id -u):\\)/{USER}:\\1/" /etc/passwd > "$TORTURE_AFTER"
mount --bind "$TORTURE_AFTER" /etc/passwd || exit 75
exec "$@"
"""
# How deep in each other what is packed is looked into, and how much of a piece.
DEPTH, MOST = 4, 64 << 20


def NOTES():
    return None if namespace() else "with the user's and the host's own names, as there are no namespaces"


def one(self):
    commands = self.draw(COMMANDS)
    self.umask, self.varies = 0o022, False
    self.kind = self.random.choice(["absolute paths", "absolute paths", "relative paths"])
    self.folder = self.works.folder(self.work, FOLDER)
    if self.kind == "absolute paths":
        dataset(self.folder / "in/set.npz", self.folder / "in/people", f"{self.folder}/in/people/")
    before = {p: p.stat().st_mtime_ns for p in self.folder.rglob("*")}
    environment = {**self.works.base, "USER": USER, "LOGNAME": USER, "HOME": f"/home/{USER}", "HOSTNAME": HOST,
                   "TORTURE_AFTER": str(self.folder.with_name("passwd"))}
    wrapper = [*namespace(), "-u", "bash", "-c", NAMES, "names"] if namespace() else ()
    for command in commands:
        words = command if self.kind == "relative paths" else absolute(self, command)
        self.judge(self.start(words, environment=environment, wrapper=wrapper), 0)
    found = []
    for path in sorted(self.folder.rglob("*")):
        if path.is_file() and before.get(path) != path.stat().st_mtime_ns:
            secrets = {name for data in unpacked(path.read_bytes()) for name in (FOLDER, USER, HOST) if contains(data, name)}
            found += [f"{path.relative_to(self.folder)} has the {WHOSE[name]}" for name in sorted(secrets)]
    if found:
        raise Finding(f"{self.work}, {self.kind}: {'; '.join(found[:4])}" + (f" and {len(found) - 4} more" if found[4:] else ""))


WHOSE = {FOLDER: "path of its folder", USER: "user", HOST: "host"}


def absolute(self, command):
    """The same command with the whole paths of all files, those of a worker's command too."""
    command = re.sub(r"(?<![\w/])in/", f"{self.folder}/in/", command)
    if self.random.random() < 0.5:
        command = re.sub(r"python3 (\S+\.py)", r'python3 "\1"', command)
    return re.sub(r"(--(?:out|npz|png|html|film|json-out)|^merge) (?=\w)", rf"\1 {self.folder}/", command)


def contains(data, name):
    return any(name.encode(form) in data for form in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"))


def unpacked(data, depth=DEPTH):
    """The bytes of a file, and of all that is compressed or base64 in it: streams of PDF, texts of PNG, entries of zips."""
    yield data
    if not depth:
        return
    for begin, bits in ((rb"\x78[\x01\x5e\x9c\xda]", 15), (rb"\x1f\x8b\x08", 31), (rb"PK\x03\x04.{4}\x08\x00", -15)):
        for match in re.finditer(begin, data, re.DOTALL):
            start = match.start()
            if bits < 0:
                start += 30 + sum(int.from_bytes(data[start + at:start + at + 2], "little") for at in (26, 28))
            try:
                piece = zlib.decompressobj(bits).decompress(data[start:], MOST)
            except zlib.error:
                continue
            if len(piece) > 8:
                yield from unpacked(piece, depth - 1)
    for match in re.finditer(rb"[A-Za-z0-9+/]{40,}={0,2}", data):
        yield from unpacked(base64.b64decode(match[0][:len(match[0]) // 4 * 4]), depth - 1)
