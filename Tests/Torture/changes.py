"""What a run uses changes under its feet: its folder goes away, an input is shortened or replaced while it is read."""

import shutil

from tries import Finding
from works import COMMANDS

WHAT = "changes under way"
OUTPUTS = {"sweep": "out", "adaptive": "out", "folder": "out", "train": ".", "experiment": "out", "evaluate": "out",
           "report": "figures", "render": "people", "merge": "out", "shards": "out", "page": "."}


def one(self):
    commands = self.draw(COMMANDS)
    step = self.random.randrange(len(commands))
    self.before(step)
    if self.random.random() < 0.3 and OUTPUTS[self.work] != ".":
        self.kind = "folder"
        folder_goes(self, commands[step], step)
    else:
        self.kind = "input"
        input_changes(self, commands[step], step)


def folder_goes(self, command, step):
    """The folder of the results is moved away, or removed; the same command then makes it anew."""
    place = self.folder / OUTPUTS[self.work]
    total, _, seconds = self.calls(step)
    if self.random.random() < 0.6:
        run = self.start(command, preload={"call": "any", "number": self.random.randint(1, total), "action": "move",
                                           "target": place})
    else:
        run = self.start(command)
        run.wait(self.random.uniform(0, seconds))
        self.say(f"  rm -r {OUTPUTS[self.work]}")
        shutil.rmtree(place, ignore_errors=True)
    self.ended(run)
    if run.complaint():
        raise Finding(f"{self.work}: {run.complaint()}")
    # `rm -r` says that a folder is not empty where the run wrote once more meanwhile: whoever reads that removes the rest.
    for rest in (place, f"{place}.moved"):
        shutil.rmtree(rest, ignore_errors=True)
    if self.work == "merge":
        # What was to be merged went away with it.
        return
    self.goes_on(where=f"the same command after its folder went away (it ended with {run.code})")


def input_changes(self, command, step):
    """A file is shortened or replaced right after a call that concerns it."""
    counts = self.calls(step, "in")[1]
    if not counts:
        self.count = 0
        return
    calls = [c for c in ("open", "fstat", "mmap", "read", "pread", "stat") if c in counts]
    call = self.random.choice(calls)
    action = self.random.choice(["truncate", "truncate", "replace"])
    number = self.random.randint(1, counts[call])
    run = self.ended(self.start(command, below="in",
                                preload={"call": call, "number": number, "action": action}))
    hit = self.preload.result()[2].replace(f"{self.folder}/", "")
    self.say(f"  {action} after {hit}")
    problem = run.complaint()
    if problem:
        raise Finding(f"{self.work}: {action} after {hit}: {problem}")
