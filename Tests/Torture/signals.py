"""SIGINT, SIGTERM, SIGHUP and SIGUSR1 at any moment: a clean end with a code of its own, and the same command goes on."""

import signal

from commands import COMMANDS
from program import Finding

WHAT = "signals"
# What a run ends with that a signal stops; 0 where it had just finished.
EXPECTED = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGUSR1: 138}
# How soon "at once" is after a second signal, on a busy machine.
AT_ONCE = 2
# A scheduler may tell a process the same twice: what comes sooner than this is the first signal.
ECHO = 0.3


def one(self):
    command = self.draw_command(COMMANDS)
    number = self.random.choice(list(EXPECTED))
    self.kind = number.name
    settings, delay = self.moment(f"signal:{int(number)}")
    run = self.start(command, preload=settings or {})
    if delay is not None:
        run.wait(delay)
        self.say(f"  {number.name} after {delay:.3f} s")
        run.send(number)
        if self.random.random() < 0.3 and not run.wait(self.random.uniform(ECHO, 2 * ECHO)):
            self.say("  and again")
            run.send(number)
            if not run.wait(AT_ONCE):
                self.ended(run)
                raise Finding(f"a second {number.name} does not stop it within {AT_ONCE} s")
    self.ended(run)
    # While libraries are loaded nothing of the program runs yet, and there is nothing to stop or to spoil.
    if run.code != -number or self.preload.result()[0].total:
        # The call may have been the worker's, which is then told.
        judge(run, number, [69] if self.work == "worker" else [])
    self.compare(run)
    self.goes_on(where=f"the same command after {number.name}")


def judge(run, number, others):
    if run.code < 0:
        raise Finding(f"killed by {signal.Signals(-run.code).name} after {number.name}{run._last()}")
    problem = run.complaint((0, EXPECTED[number], *others))
    if problem:
        raise Finding(f"after {number.name}: {problem}")
    if run.code and not run.error.startswith("penumbra: "):
        raise Finding(f"after {number.name}: nothing says that it was interrupted")
