"""One try of a trial: its random numbers, its folder, what it did, and how its outcome is judged."""

import random
import re
import shlex

from commands import COMMANDS, varied
from folders import differences, other_line, told
from program import PATIENCE, Finding
from works import BEGUN

# How often a try begins where an earlier run was killed.
RESUMED = 0.35
UMASKS = [0o022, 0o022, 0o077, 0o027]


class Try:
    def __init__(self, name, number, options, works, preload):
        self.name, self.number, self.works, self.preload = name, number, works, preload
        self.seed, self.only = options.seed, options.only
        self.random = random.Random(f"{self.seed} {name} {number}")
        # What is counted: by how it was disturbed, and by what was disturbed.
        self.kind, self.work = "all", None
        self.count, self.patience = 1, PATIENCE
        self.step, self.begun, self.umask, self.varies = 0, None, 0o022, True
        self.log = []
        self.folder = None

    def say(self, text):
        self.log.append(text)

    def draw(self, works):
        """A kind of work; the numbers of tries go round all of them, in an order of the seed."""
        order = sorted(work for work in works if work in self.only) or sorted(works)
        round_, place = divmod(self.number - 1, len(order))
        random.Random(f"{self.seed} {self.name} {round_}").shuffle(order)
        self.work = order[place]
        self.umask = self.random.choice(UMASKS)
        self.expected = self.works.undisturbed(self.work)
        self.folder = self.works.folder(self.work, umask=self.umask)
        return COMMANDS[self.work]

    def draw_command(self, works):
        """A command of a work, after those that come before it; some times where the same command was killed midway."""
        commands = self.draw(works)
        self.step = self.random.randrange(len(commands))
        if self.random.random() < RESUMED:
            self.begun = self.random.randrange(BEGUN)
            self.say(f"where the same command was killed, place {self.begun}")
            self.folder = self.works.folder(
                self.work, umask=self.umask, source=self.works.begun(self.work, self.step, self.begun))
        else:
            for step, command in enumerate(commands[:self.step]):
                self.compare(self.judge(self.start(command), 0), step)
        return commands[self.step]

    def start(self, words, *, preload=None, below="", **options):
        """Begins a run in the folder of the try; `preload` are settings of the library, which sees what is `below`."""
        settings = ""
        if preload is not None:
            options["environment"] = self.works.watched(self.work, self.folder / below, **preload)
            settings = " ".join(f"{k}={v}" for k, v in options["environment"].items() if k.startswith("TORTURE_"))
            settings = f"LD_PRELOAD={self.preload.library} {settings} "
        words = shlex.split(words) if isinstance(words, str) else words
        if self.varies:
            words = varied(words, self.random)
        more = "".join(f"{name}={value} " for name, value in options.get("limits", []))
        if options.get("output"):
            more += f"output={getattr(options['output'], 'name', options['output'])} "
        if self.umask != 0o022:
            more += f"umask={self.umask:03o} "
        self.say(f"{settings}{more}penumbra {shlex.join(map(str, words))}")
        return self.works.run(words, self.folder, umask=self.umask, **options)

    def ended(self, run):
        run.end(self.patience)
        self.say(f"  ends with {run.code} after {run.seconds:.2f} s" + (f": {run.error.strip()[:500]}" if run.error else ""))
        return run

    def judge(self, run, *allowed):
        """Waits for a run, and complains where it ends as it must not."""
        self.ended(run)
        problem = run.complaint(allowed) if allowed else run.complaint()
        if problem:
            raise Finding(problem)
        return run

    def compare(self, run, step=None, ignored=()):
        """A run that says that all went well must have left and printed what an undisturbed one does."""
        step = self.step if step is None else step
        if run.code == 0:
            self.compare_folder(step, ignored)
            self.compare_text(run, step)

    def compare_folder(self, step, ignored=()):
        words = differences(self.folder, self.expected[step], self.umask, ignored)
        # What could not be removed is for the next run, as long as it is hidden.
        words = [w for w in words if not re.match(r"left over: (.*/)?\.", w)]
        if words:
            raise Finding(f"exit code 0, but {told(words)}")

    def compare_text(self, run, step):
        line = None if run.text is None else other_line(run.text, self.works.printed[self.work][step])
        if line is not None:
            raise Finding(f"exit code 0, but prints something else: {line[:200]}")

    def goes_on(self, ignored=(), where="the same command again"):
        """The same commands must now end well, and leave what an undisturbed run leaves."""
        for command in COMMANDS[self.work]:
            run = self.ended(self.start(command))
            if run.code or run.hangs:
                problem = run.complaint() or f"exit code {run.code}{run._last()}"
                raise Finding(f"{where} fails: {problem}")
        words = differences(self.folder, self.expected[-1], self.umask, ignored)
        if words:
            raise Finding(f"after {where}: {told(words)}")
        self.compare_text(run, -1)

    def calls(self, below=""):
        """How many system calls of each kind the command of this try makes."""
        return self.works.calls(self.work, self.step, below, self.begun)

    def moment(self, action):
        """A random moment of the command: settings that act at a system call, or a delay in seconds."""
        total, _, seconds = self.calls()
        if self.random.random() < 0.5:
            return {"call": "any", "number": self.random.randint(1, total), "action": action}, None
        return None, self.random.uniform(0, 1.05 * seconds)
