"""Every system call that concerns the trial's folder, or what comes with the program, fails once, or from then on.

A call that fails must be harmless, or end the run with one line; the same command must then give the undisturbed result.
"""

import errno

from commands import COMMANDS
from program import Finding

WHAT = "injected errors"
COMMON = [errno.EIO, errno.EACCES, errno.ENOMEM]
# What each call may fail with; `short`: only half of the bytes.
ERRORS = {
    "open": [*COMMON, errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EINTR, errno.EROFS, errno.ENOENT],
    "read": [errno.EIO, errno.EINTR, "short", "short"], "pread": [errno.EIO, errno.EINTR, "short"],
    "write": [errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EINTR, "short", "short"],
    "pwrite": [errno.EIO, errno.ENOSPC, errno.EINTR, "short"],
    "fsync": [errno.EIO, errno.ENOSPC, errno.EINTR, errno.EINVAL], "close": [errno.EIO, errno.ENOSPC, errno.EINTR],
    "ftruncate": [errno.EIO, errno.ENOSPC, errno.EINTR], "fstat": COMMON, "stat": [errno.EIO, errno.EACCES, errno.ENOMEM],
    "rename": [*COMMON, errno.ENOSPC, errno.EXDEV], "unlink": COMMON, "rmdir": COMMON,
    "mkdir": [*COMMON, errno.ENOSPC, errno.EROFS, errno.EMLINK],
    "flock": [errno.EIO, errno.EINTR, errno.ENOLCK, errno.EOPNOTSUPP, errno.EWOULDBLOCK], "mmap": [errno.ENOMEM, errno.EACCES],
    "opendir": [*COMMON, errno.EMFILE], "readdir": [errno.EIO], "realpath": [errno.EIO, errno.EACCES],
    "link": [*COMMON, errno.EPERM], "fchmod": [errno.EIO, errno.EPERM], "dup": [errno.EMFILE], "lseek": [errno.EINVAL],
    "pipe": [errno.EMFILE, errno.ENFILE], "glob": [errno.EIO, errno.ENOMEM], "fts_open": COMMON, "fts_read": COMMON,
    "getcwd": [errno.ENOENT, errno.EACCES, errno.ENOMEM], "readlink": [errno.EIO, errno.EACCES],
}


# How often it is the program's own bodies, networks, poses and panoramas that cannot be read.
FIXTURES = 0.2


def one(self):
    command = self.draw_command(COMMANDS)
    below = self.works.fixtures if self.random.random() < FIXTURES else ""
    counts = self.calls(below)[1]
    if below and not set(counts) - {"pipe"}:
        below = ""
        counts = self.calls()[1]
    self.kind = "fixtures" if below else "resumed" if self.begun is not None else "first run"
    # Rare calls as often as frequent ones.
    call = self.random.choice(sorted(counts))
    error = self.random.choice(ERRORS[call])
    settings = {"call": call, "number": self.random.randint(1, counts[call]),
                "action": "short" if error == "short" else f"fail:{error}"}
    if error in (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.EROFS) and self.random.random() < 0.5:
        settings["lasting"] = 1
    name = error if error == "short" else errno.errorcode[error]
    run = self.ended(self.start(command, preload=settings, below=below))
    shared, _, hit = self.preload.result()
    if not shared.fired:
        self.say("  the call did not come")
        self.count = 0
    later = " and all later ones" if "lasting" in settings else ""
    self.say(f"  {call} number {settings['number']}{later} ({hit}): {name}")
    what = f"{name} of {call} ({hit.replace(str(self.folder) + '/', '').split(' ', 1)[-1]})"
    problem = run.complaint()
    if problem:
        raise Finding(f"{what}: {problem}")
    try:
        self.compare(run)
        self.goes_on(where=f"the same command after it (it ended with {run.code})")
    except Finding as finding:
        raise Finding(f"{what}: {finding}") from None
