"""Two and eight of the same command, or two of different ones, at the same moment on one place; some of them are killed.

Each works or refuses, and nothing is spoiled or mixed.
"""

import signal

from commands import COMMANDS, RIVALS, rivals
from folders import differences, told
from program import Finding

WHAT = "groups of writers"
# What only prints has no place.
WORKS = sorted(COMMANDS.keys() - {"inspect"})
NUMBERS = {2: "two", 8: "eight"}


def one(self):
    commands = self.draw(WORKS)
    if self.work in RIVALS and self.random.random() < 0.4:
        self.kind = "two different"
        different(self)
    else:
        writers = 2 if self.random.random() < 0.7 else 8
        self.kind = NUMBERS[writers]
        same(self, commands, writers)


def same(self, commands, writers):
    # Of shares, all at once and perhaps each twice.
    runs = [self.start(commands[i % len(commands)]) for i in range(writers)]
    finish(self, runs)
    # Where each share says that all went well, all is there.
    if {i % len(commands) for i, run in enumerate(runs) if run.code == 0} == set(range(len(commands))):
        self.compare_folder(-1)
    self.goes_on(where=f"the same command after {writers} writers ({sum(not r.code for r in runs)} of them worked)")


def different(self):
    """The place belongs to one of the two; the other must not change it, unless it takes all of it."""
    sides = [(COMMANDS[self.work][0], self.expected[0]), (rivals(self.work)[0], self.works.undisturbed(self.work, True)[0])]
    self.random.shuffle(sides)
    finish(self, [self.start(command) for command, _ in sides])
    went_on = 0
    for (command, expected), (_, other) in zip(sides, reversed(sides)):
        run = self.judge(self.start(command))
        words = differences(self.folder, expected, self.umask) if run.code == 0 else []
        # An experiment's runs have names of their own: those of the other stay beside them.
        words = [w for w in words if not (w.startswith("left over: ") and (other / w.removeprefix("left over: ")).exists())]
        if words:
            raise Finding(f"after two different writers, exit code 0, but {told(words)}")
        went_on += run.code == 0
    if not went_on:
        raise Finding("after two different writers neither can go on")


def finish(self, runs):
    """Waits for all, of which some may be killed; of those that are not at least one must work."""
    killed = []
    if self.random.random() < 0.4:
        self.kind += ", some killed"
        killed = self.random.sample(runs, self.random.randint(1, len(runs) - 1))
        seconds = self.calls()[2] * len(runs)
        for run in killed:
            run.wait(self.random.uniform(0, seconds) / len(killed))
            self.say(f"  SIGKILL to number {runs.index(run) + 1}")
            run.send(signal.SIGKILL)
    for run in runs:
        self.ended(run)
    for run in runs:
        problem = run.complaint((0, *range(64, 79), -signal.SIGKILL) if run in killed else (0, *range(64, 79)))
        if problem:
            raise Finding(f"of {len(runs)} writers one ends wrongly: {problem}")
    if not killed and all(run.code for run in runs):
        raise Finding(f"none of {len(runs)} writers works")
