"""SIGKILL at a random moment of every kind of work, as a machine that loses its power; nothing may be lost or left over."""

import signal

from works import COMMANDS

WHAT = "SIGKILLs"
# With clocks that run so much faster, a training of a second writes checkpoints, which come every two minutes.
FASTER = 300


def one(self):
    commands = self.draw(COMMANDS)
    step = self.random.randrange(len(commands))
    self.before(step)
    self.count = 0
    # The run that continues is killed too, some times.
    for _ in range(self.random.choice([1, 1, 2, 3])):
        settings, delay = self.moment(step, f"signal:{int(signal.SIGKILL)}")
        if self.kind in ("train", "experiment"):
            settings = {**(settings or {}), "speed": FASTER}
        run = self.start(commands[step], preload=settings)
        if delay is not None:
            run.wait(delay)
            self.say(f"  SIGKILL after {delay:.3f} s")
            run.send(signal.SIGKILL)
        self.judge(run, 0, -signal.SIGKILL)
        self.count += run.code != 0
    self.goes_on()
