#!/usr/bin/env python3
"""Disturbs the program in every way that a machine can. Options: Tests/torture."""

import argparse
import importlib
import itertools
import os
import pathlib
import random
import shutil
import sys
import time
import traceback

from commands import COMMANDS
from preload import Preload
from program import Finding, signature
from tries import Try
from works import Works

TRIALS = ["kill", "signals", "writers", "faults", "full", "changes", "clock", "leaks", "hostile"]
# What is made anew for every run of the harness, below --work.
MADE = ["start", "undisturbed", "unmerged", "shared", "begun", "here", "counted", "quokka7f3a"]
# So many findings of one kind are kept whole.
KEPT = 2


class Account:
    """What the tries of a trial came to, by how and by what was disturbed."""

    def __init__(self, name):
        self.name, self.kinds, self.works, self.findings, self.skipped = name, {}, {}, {}, None

    @property
    def total(self):
        return sum(self.kinds.values())

    def add(self, one):
        for counts, key in ((self.kinds, one.kind), (self.works, one.work)):
            counts[key] = counts.get(key, 0) + one.count


def again(options, name, number):
    """The command that repeats a try."""
    only = f" --only {','.join(options.only)}" if options.only else ""
    return f"Tests/torture --seed {options.seed}{only} {name}:{number}"


def keep(one, problem, options, work):
    """Keeps the folder of a try and tells what it did; returns the place."""
    place = work / "findings" / f"{one.name}-{one.number}"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    (place / "finding.txt").write_text("\n".join([
        problem, "", again(options, one.name, one.number), "", *one.log, ""]))
    if one.folder and one.folder.exists():
        shutil.move(one.folder, place / "folder")
    return place


def attempt(module, account, number, options, works, preload, work):
    one = Try(account.name, number, options, works, preload)
    problem = None
    try:
        module.one(one)
    except Finding as finding:
        problem = str(finding)
    account.add(one)
    if problem:
        key = f"{one.kind}: {signature(problem)}"
        known = account.findings.setdefault(key, [])
        known.append(number)
        if len(known) <= KEPT:
            place = keep(one, problem, options, work)
            print(f"torture: {account.name}: FOUND with {one.kind}: {problem}\n"
                  f"  again: {again(options, account.name, number)}\n  kept: {place}", flush=True)
    elif options.verbose:
        print("\n".join(["", f"{account.name}:{number}", *one.log]), flush=True)


def perform(name, numbers, seconds, options, works, preload, work):
    """The tries of a trial, until their time is over."""
    account = Account(name)
    module = importlib.import_module(name)
    account.skipped = module.unavailable() if hasattr(module, "unavailable") else None
    if account.skipped:
        print(f"torture: {name}: {account.skipped}; skipped", flush=True)
        return account
    end = time.monotonic() + seconds
    for number in numbers or itertools.count(1):
        if not numbers and time.monotonic() > end:
            break
        attempt(module, account, number, options, works, preload, work)
    notes = f", {module.NOTES()}" if hasattr(module, "NOTES") and module.NOTES() else ""
    found = sum(map(len, account.findings.values()))
    print(f"torture: {name}: {account.total} {module.WHAT}{notes}, "
          f"{f'{found} findings of {len(account.findings)} kinds' if found else 'nothing found'}", flush=True)
    return account


def table(accounts, options):
    """The figures, for docs/numbers.md: by kind of trial, and by kind of work."""
    lines = ["| trial | done | of these | found |", "| --- | --- | --- | --- |"]
    for account in accounts:
        if account.skipped:
            lines.append(f"| {account.name} | skipped: {account.skipped} | | |")
            continue
        what = importlib.import_module(account.name).WHAT
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(account.kinds.items()))
        found = sum(map(len, account.findings.values()))
        lines.append(f"| {account.name} | {account.total} {what} | {kinds} | {found or 'nothing'} |")
    works = [account for account in accounts if any(account.works.keys() - {None})]
    if works:
        lines += ["", "| work | " + " | ".join(account.name for account in works) + " |", "| --- |" + " --- |" * len(works)]
        for work in sorted(set().union(*(account.works.keys() for account in works)) - {None}):
            lines.append(f"| {work} | " + " | ".join(str(account.works.get(work, "")) for account in works) + " |")
    for account in accounts:
        for key, numbers in sorted(account.findings.items()):
            lines.append(f"\n{account.name}, {key} – {len(numbers)} ×, `{again(options, account.name, numbers[0])}`")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(prog="Tests/torture", description=__doc__)
    parser.add_argument("--seconds", type=float, default=240, help="for all trials together (default: 240)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10 ** 6))
    parser.add_argument("--program", default=".build/release/penumbra")
    parser.add_argument("--work", default=".build-torture", help="folder of inputs, tries and findings")
    parser.add_argument("--only", default=[], type=lambda text: text.split(","), metavar="WORK,…", help="of all kinds of work")
    parser.add_argument("--verbose", action="store_true", help="print what every try does")
    parser.add_argument("trials", nargs="*", metavar="TRIAL",
                        help=f"{', '.join(TRIALS)}; all, the default; or NAME:NUMBER for one try")
    options = parser.parse_args()
    wanted = {}
    for text in TRIALS if options.trials in ([], ["all"]) else options.trials:
        name, _, number = text.partition(":")
        if name not in TRIALS or (number and not number.isdigit()):
            parser.error(f"there is no trial '{text}'; there are {', '.join(TRIALS)}")
        wanted.setdefault(name, []).extend([int(number)] if number else [])
    unknown = [work for work in options.only if work not in COMMANDS]
    if unknown:
        parser.error(f"there is no work '{unknown[0]}'; there are {', '.join(COMMANDS)}")
    program = pathlib.Path(options.program).resolve()
    if not program.exists():
        parser.error(f"there is no {options.program}; run `make build` or give --program")
    work = pathlib.Path(options.work).resolve()
    for old in MADE:
        shutil.rmtree(work / old, ignore_errors=True)
    work.mkdir(parents=True, exist_ok=True)
    os.umask(0o022)
    base = {k: v for k, v in os.environ.items() if not k.startswith(("TORTURE_", "LD_PRELOAD"))}
    base.setdefault("PENUMBRA_FIXTURES", str(pathlib.Path("Fixtures").resolve()))
    # Of a crash the signal is enough; the backtrace takes most of a minute.
    base["SWIFT_BACKTRACE"] = "enable=no"
    begun = time.monotonic()
    print(f"torture: seed {options.seed}", flush=True)
    preload = Preload(work)
    works = Works(program, base["PENUMBRA_FIXTURES"], base, work, preload)
    accounts, broken = [], False
    for index, (name, numbers) in enumerate(wanted.items()):
        share = (options.seconds - (time.monotonic() - begun)) / (len(wanted) - index)
        try:
            accounts.append(perform(name, numbers, share, options, works, preload, work))
        except Exception:
            broken = True
            print(f"torture: {name}: the trial itself fails:", flush=True)
            traceback.print_exc()
    for old in MADE:
        shutil.rmtree(work / old, ignore_errors=True)
    print(f"torture: {time.monotonic() - begun:.0f} s\n\n{table(accounts, options)}")
    sys.exit(1 if broken or any(account.findings for account in accounts) else 0)


if __name__ == "__main__":
    main()
