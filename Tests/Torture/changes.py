"""What a run uses changes under its feet: its folder goes away, an input is shortened or replaced while it is read."""

import shutil

from commands import COMMANDS, place
from program import Finding

WHAT = "changes under way"


def one(self):
    command = self.draw_command(COMMANDS)
    target = place(command)
    if self.random.random() < 0.3 and target and "." not in target:
        self.kind = "folder"
        folder_goes(self, command, self.folder / target)
    else:
        self.kind = "input"
        input_changes(self, command)


def folder_goes(self, command, target):
    """The folder of the results is moved away, or removed; the same command then makes it anew."""
    total, _, seconds = self.calls()
    if self.random.random() < 0.6:
        run = self.start(command, preload={"call": "any", "number": self.random.randint(1, total), "action": "move",
                                           "target": target})
    else:
        run = self.start(command)
        run.wait(self.random.uniform(0, seconds))
        self.say(f"  rm -r {target.name}")
        shutil.rmtree(target, ignore_errors=True)
    self.ended(run)
    if run.complaint():
        raise Finding(f"{self.work}: {run.complaint()}")
    # `rm -r` says that a folder is not empty where the run wrote once more meanwhile: whoever reads that removes the rest.
    for rest in (target, f"{target}.moved"):
        shutil.rmtree(rest, ignore_errors=True)
    if self.work == "merge":
        # What was to be merged went away with it.
        return
    self.goes_on(where=f"the same command after its folder went away (it ended with {run.code})")


def input_changes(self, command):
    """A file is shortened or replaced right after a call that concerns it."""
    counts = self.calls("in")[1]
    calls = [c for c in ("open", "fstat", "mmap", "read", "pread", "stat") if c in counts]
    if not calls:
        self.count = 0
        return
    call = self.random.choice(calls)
    action = self.random.choice(["truncate", "truncate", "replace"])
    number = self.random.randint(1, counts[call])
    run = self.ended(self.start(command, below="in", preload={"call": call, "number": number, "action": action}))
    hit = self.preload.result()[2].replace(f"{self.folder}/", "")
    self.say(f"  {action} after {hit}")
    try:
        if problem := run.complaint():
            raise Finding(problem)
        # What is left of the input cannot be read: a run that says that all went well had all of it before.
        self.compare(run, ignored=["in"])
        again(self, command)
    except Finding as finding:
        raise Finding(f"{self.work}: {action} after {hit}: {finding}") from None


def again(self, command):
    """With the changed input the command ends as it should; with the former one it goes on, or says that it cannot."""
    if self.random.random() < 0.5:
        self.judge(self.start(command))
    shutil.rmtree(self.folder / "in")
    shutil.copytree(self.works.work / "start/in", self.folder / "in")
    run = self.judge(self.start(command))
    self.compare(run)
    if run.code not in (0, 65, 73):
        raise Finding(f"the same command with the former input ends with {run.code}{run._last()}")
