"""One try of a trial: its random numbers, its folder, what it did, and how its outcome is judged."""

import random
import shlex
import time

from folders import differences, told
from program import PATIENCE
from works import COMMANDS


class Finding(Exception):
    """What the program did wrong."""


class Try:
    def __init__(self, name, number, seed, works, preload):
        self.name, self.number, self.works, self.preload = name, number, works, preload
        self.random = random.Random(f"{seed} {name} {number}")
        # What is counted, and what is disturbed: mostly the same.
        self.kind, self.work = "all", None
        self.count, self.patience = 1, PATIENCE
        self.log = []
        self.folder = None

    def say(self, text):
        self.log.append(text)

    def draw(self, works):
        """A kind of work; the numbers of tries go round all of them, in an order of the seed."""
        round_, place = divmod(self.number - 1, len(works))
        order = sorted(works)
        random.Random(f"{self.name} {round_}").shuffle(order)
        self.kind = self.work = order[place]
        self.expected = self.works.undisturbed(self.work)
        self.folder = self.works.folder(self.work)
        return COMMANDS[self.work]

    def start(self, words, *, preload=None, below="", **options):
        """Begins a run in the folder of the try; `preload` are settings of the library, which sees what is `below`."""
        settings = ""
        if preload is not None:
            options["environment"] = self.preload.environment(self.works.base, self.folder / below, **preload)
            settings = " ".join(f"TORTURE_{k.upper()}={v}" for k, v in preload.items())
            settings = f"LD_PRELOAD=preload.so TORTURE_FOLDER=$PWD/{below} {settings} "
        words = words.split() if isinstance(words, str) else words
        more = "".join(f"{name}={value} " for name, value in options.get("limits", []))
        if options.get("output"):
            more += f"output={getattr(options['output'], 'name', options['output'])} "
        self.say(f"{settings}{more}penumbra {shlex.join(map(str, words))}")
        return self.works.run(words, self.folder, **options)

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

    def goes_on(self, ignored=(), where="the same command again"):
        """The same commands must now end well, and leave what an undisturbed run leaves."""
        for command in COMMANDS[self.work]:
            run = self.ended(self.start(command))
            if run.code or run.hangs:
                problem = run.complaint() or f"exit code {run.code}{run._last()}"
                raise Finding(f"{where} fails: {problem}")
        words = differences(self.folder, self.expected, ignored)
        if words:
            raise Finding(f"after {where}: {told(words)}")

    def calls(self, step, below=""):
        """How many system calls of each kind a command of this work makes; counted in a run of its own."""
        key = (self.work, step, below)
        known = self.works.counted
        if key not in known:
            folder = self.works.folder(self.work, "counted")
            for command in COMMANDS[self.work][:step]:
                self.works.run(command, folder).end()
            begun = time.monotonic()
            environment = self.preload.environment(self.works.base, folder / below)
            run = self.works.run(COMMANDS[self.work][step], folder, environment=environment).end()
            if run.code:
                raise RuntimeError(f"counting the calls of {self.work} ends with {run.code}: {run.error}")
            shared, counts, _ = self.preload.result()
            known[key] = (shared.total, counts, time.monotonic() - begun)
        return known[key]

    def moment(self, step, action):
        """A random moment of a command: settings that act at a system call, or a delay in seconds."""
        total, _, seconds = self.calls(step)
        if self.random.random() < 0.5:
            return {"call": "any", "number": self.random.randint(1, total), "action": action}, None
        return None, self.random.uniform(0, 1.05 * seconds)

    def before(self, step):
        """What comes before a command of a work of several."""
        for command in COMMANDS[self.work][:step]:
            self.judge(self.start(command), 0)
