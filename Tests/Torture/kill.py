"""SIGKILL at a random moment of every kind of work, as a machine that loses its power; nothing may be lost or left over."""

import signal

from commands import COMMANDS

WHAT = "SIGKILLs"


def one(self):
    command = self.draw_command(COMMANDS)
    self.kind, self.count = "again" if self.begun is not None else "first run", 0
    # The run that continues is killed too, some times.
    for _ in range(self.random.choice([1, 1, 2, 3])):
        settings, delay = self.moment(f"signal:{int(signal.SIGKILL)}")
        run = self.start(command, preload=settings or {})
        if delay is not None:
            run.wait(delay)
            self.say(f"  SIGKILL after {delay:.3f} s")
            run.send(signal.SIGKILL)
        # The call may have been the worker's, which is then told.
        self.judge(run, 0, -signal.SIGKILL, *([69] if self.work == "worker" else []))
        self.count += run.code != 0
        self.compare(run)
    self.goes_on()
