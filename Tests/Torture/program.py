"""Running the program: what one run said and cost, and what it must never do."""

import ctypes
import os
import re
import resource
import signal
import subprocess
import tempfile
import time

# What exit codes a failure may have: those of sysexits.h.
FAILURES = range(64, 79)
# What tells its progress unless it is told to be quiet.
TALKING = {"sweep", "train", "experiment", "evaluate", "benchmark", "render", "merge", "influence"}
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1
# A run that takes longer hangs: the works take about a second, on a busy machine several.
PATIENCE = 120


class Finding(Exception):
    """What the program did wrong."""


class Run:
    """A run of the program that has begun; `end` waits for it."""

    def __init__(self, arguments, folder, *, environment=None, limits=(), output=None, wrapper=(), umask=0o022):
        self.arguments, self.folder = list(arguments), folder
        self.output = tempfile.TemporaryFile() if output is None else None
        self.errors = tempfile.TemporaryFile()
        self.begun = time.monotonic()
        self.code = self.usage = None

        def before():
            os.umask(umask)
            LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            # Traps and SIGBUS must not leave files of their own.
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            for limit, value in limits:
                resource.setrlimit(limit, (value, value))
            if output == "closed":
                os.close(1)
        self.process = subprocess.Popen(
            [*wrapper, *self.arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
            stdout=self.output or (output if output != "closed" else None), stderr=self.errors, preexec_fn=before,
            start_new_session=True)

    def poll(self):
        """Whether it has ended."""
        if self.code is None:
            identifier, status, usage = os.wait4(self.process.pid, os.WNOHANG)
            if identifier:
                self._take(status, usage)
        return self.code is not None

    def _take(self, status, usage):
        self.code, self.usage = os.waitstatus_to_exitcode(status), usage
        self.process.returncode = self.code
        self.seconds = time.monotonic() - self.begun

    def send(self, number):
        if not self.poll():
            os.kill(self.process.pid, number)

    def wait(self, seconds):
        """Waits for so long; returns whether it has ended."""
        end = time.monotonic() + seconds
        while not self.poll() and time.monotonic() < end:
            time.sleep(min(0.005, max(0, end - time.monotonic())))
        return self.poll()

    def end(self, patience=PATIENCE):
        self.patience, self.hangs = patience, not self.wait(patience)
        if self.hangs:
            os.killpg(self.process.pid, signal.SIGKILL)
            self._take(*os.wait4(self.process.pid, 0)[1:])
        self.error = _read(self.errors)
        self.text = _read(self.output) if self.output else None
        return self

    def complaint(self, allowed=(0, *FAILURES)):
        """What is wrong with how it ended; None where all is well."""
        if self.hangs:
            return f"does not end within {self.patience} s"
        if self.code < 0 and self.code in allowed:
            return None
        if self.code < 0:
            return f"killed by {signal.Signals(-self.code).name}{self._last()}"
        if self.code not in allowed:
            expected = " or ".join(map(str, allowed)) if len(allowed) < 5 else "0 or 64–78"
            return f"exit code {self.code}, not {expected}{self._last()}"
        if self.code == 0:
            return None
        lines = self.error.strip().split("\n")
        if self.code in FAILURES and not lines[-1].startswith("penumbra: "):
            return f"exit code {self.code} without a line that begins with 'penumbra:'{self._last()}"
        strangers = [line for line in lines if not line.startswith("penumbra: ")]
        is_quiet = "--quiet" in self.arguments
        if self.code in FAILURES and (len(lines) > 1 if is_quiet else strangers and not TALKING & set(self.arguments)):
            return f"exit code {self.code} with more than one line: {lines[0][:200]!r} …{self._last()}"
        return None

    def _last(self):
        line = self.error.strip().split("\n")[-1]
        return f": {line[:300]}" if line else ", nothing on stderr"


def _read(file):
    file.seek(0)
    text = file.read().decode(errors="replace")
    file.close()
    return text


def signature(text):
    """A complaint without what differs between repetitions."""
    return re.sub(r"\d+", "0", re.sub(r"/[^\s':]*", "PATH", text))[:160]
