"""Two and eight of the same command at the same moment on one place: each works or refuses, nothing is spoiled."""

from tries import Finding

WHAT = "groups of writers"
WORKS = ["sweep", "adaptive", "folder", "shards", "train", "experiment", "evaluate", "render", "merge", "report"]


def one(self):
    commands = self.draw(WORKS)
    writers = 2 if self.random.random() < 0.7 else 8
    # Of shares, all at once and perhaps each twice.
    runs = [self.start(commands[i % len(commands)]) for i in range(writers)]
    for run in runs:
        self.ended(run)
    for run in runs:
        problem = run.complaint()
        if problem:
            raise Finding(f"of {writers} writers one ends wrongly: {problem}")
    if all(run.code for run in runs):
        self.say(f"none of {writers} writers works")
    self.goes_on(where=f"the same command after {writers} writers ({sum(not r.code for r in runs)} of them worked)")
