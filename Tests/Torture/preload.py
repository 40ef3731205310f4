"""The preloaded library: building it, and what it counted."""

import ctypes
import pathlib
import subprocess

CALLS = ["open", "read", "pread", "write", "pwrite", "fsync", "close", "ftruncate", "fstat", "stat", "rename", "unlink",
         "rmdir", "mkdir", "flock", "mmap", "opendir", "readdir", "realpath", "link", "fchmod", "dup", "lseek", "pipe", "glob",
         "fts_open", "fts_read", "getcwd", "readlink"]


class Shared(ctypes.Structure):
    """As in preload.c."""

    _fields_ = [("total", ctypes.c_ulonglong), ("counts", ctypes.c_ulonglong * 32), ("checkpoints", ctypes.c_ulonglong),
                ("fired", ctypes.c_ulonglong), ("hit", ctypes.c_char * 512)]


class Preload:
    def __init__(self, work):
        self.library = pathlib.Path(work) / "preload.so"
        self.counts = pathlib.Path(work) / "counts"
        source = pathlib.Path(__file__).with_name("preload.c")
        subprocess.run(["cc", "-std=gnu11", "-O1", "-Wall", "-shared", "-fPIC", "-o", self.library, source, "-ldl"],
                       check=True)

    def environment(self, base, folder, **settings):
        """Variables for a run that counts the calls below a folder; settings as `call="read"`."""
        self.counts.write_bytes(bytes(ctypes.sizeof(Shared)))
        settings = {f"TORTURE_{name.upper()}": str(value) for name, value in settings.items()}
        return {**base, "LD_PRELOAD": str(self.library), "TORTURE_FOLDER": str(folder),
                "TORTURE_COUNTS": str(self.counts), **settings}

    def result(self):
        shared = Shared.from_buffer_copy(self.counts.read_bytes())
        counts = {name: shared.counts[i] for i, name in enumerate(CALLS) if shared.counts[i]}
        return shared, counts, shared.hit.decode(errors="replace")
