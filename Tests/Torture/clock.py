"""The wall clock is set back an hour in the midst of training: checkpoints still come, and the network is the same."""

from commands import COMMANDS, FASTER
from program import Finding

WHAT = "jumps of the clock"
WORKS = ["train", "experiment", "adaptive"]
# All clocks run as fast as those of trainings, so that a jump's moment is one of a work's seconds.
SPEED = FASTER["train"]


def without_jump(self):
    """How long the work takes, and how many checkpoints it writes."""
    if self.work != "train":
        return self.calls()[2], 0
    run = self.judge(self.start(COMMANDS["train"][0], preload={}), 0)
    checkpoints = self.preload.result()[0].checkpoints
    self.goes_on()
    return run.seconds, checkpoints


def one(self):
    commands = self.draw(WORKS)
    # Their number of checkpoints is compared.
    self.varies = self.work != "train"
    seconds, checkpoints = without_jump(self)
    self.folder = self.works.folder(self.work, umask=self.umask)
    jump = self.random.choice([-3600, -3600, -86400, 3600, 86400])
    self.kind = f"{jump:+} s"
    moment = {"jump_at": f"{self.random.uniform(0.1, 0.9) * seconds * SPEED:.0f}"}
    if self.work == "train":
        moment = {"jump_after": self.random.randint(1, max(1, checkpoints - 3))}
    run = self.start(commands[0], preload={"speed": SPEED, "jump": jump, **moment})
    self.compare(self.judge(run, 0))
    seen = self.preload.result()[0].checkpoints
    self.say(f"  {seen} checkpoints, {checkpoints} without a jump")
    # After a jump forward one more may come, on a busy machine some fewer; the last is written in any case.
    if self.work == "train" and checkpoints >= 4 and seen <= max(moment["jump_after"] + 1, checkpoints // 3):
        raise Finding(f"the wall clock jumps by {jump} s: {seen} checkpoints in place of {checkpoints}")
    self.goes_on()
