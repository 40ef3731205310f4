#!/usr/bin/env python3
"""Runs the browser checks of a page against its records, one line a check; fails where one fails.

    run.py PAGE RECORD… [--states FOLDER] [--make COMMAND] [--only 5,16] [--shots FOLDER]

FOLDER holds a folder of records for each state (sweep.py makes them). COMMAND makes a page of records, with {out} and
{records} in it; without it pack.py does. Its first word is the program, whose `explore` is looked at too. With states a
check that does not apply fails, as all of them do then. --shots writes pictures of the page to look at, and checks
nothing.
"""

import argparse
import pathlib
import shlex
import subprocess
import sys
import time
import traceback

import pack
from browser import CHECKS, Session, Skip
import check_numbers  # noqa: F401
import check_maps  # noqa: F401
import check_space  # noqa: F401
import check_links  # noqa: F401
import check_access  # noqa: F401
import check_states  # noqa: F401
import check_files  # noqa: F401
import check_live  # noqa: F401
import check_server  # noqa: F401
import shots
import sweep


def maker(command):
    """What makes a page of records."""
    def make(paths, out, **options):
        if command and not options:
            words = shlex.split(command)
            at = words.index("{records}")
            words = words[:at] + [str(p) for p in paths] + words[at + 1:]
            subprocess.run([w.replace("{out}", str(out)) for w in words], check=True, stdout=subprocess.DEVNULL)
        else:
            page, _ = pack.make(paths, **options)
            out.write_text(page)
    return make


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=pathlib.Path)
    parser.add_argument("records", nargs="+", type=pathlib.Path)
    parser.add_argument("--states", type=pathlib.Path)
    parser.add_argument("--make")
    parser.add_argument("--shots", type=pathlib.Path)
    parser.add_argument("--only", type=lambda text: [int(n) for n in text.split(",")])
    options = parser.parse_args()
    states = {}
    if options.states:
        for name in sweep.STATES:
            states[name] = sweep.ordered(name, options.states / name)
    session = Session(options.page, options.records, states, maker(options.make))
    session.program = shlex.split(options.make)[0] if options.make else None
    if options.shots:
        print(f"{shots.take(session, options.shots)} pictures in {options.shots}")
        session.close()
        return
    failures = 0
    for number, title, function, _ in sorted(CHECKS, key=lambda c: (c[0], c[1])):
        if options.only and number not in options.only:
            continue
        start = time.time()
        try:
            note = function(session)
            word = "ok"
        except Skip as skip:
            word, note = "skipped", str(skip)
            if options.states:
                failures += 1
                word = "FAILED"
        except Exception as problem:
            failures += 1
            word, note = "FAILED", f"{type(problem).__name__}: {problem}"
            if not isinstance(problem, AssertionError):
                traceback.print_exc()
        print(f"{number:2} {word:7} {title}" + (f": {note}" if note else "") + f" ({time.time() - start:.1f} s)", flush=True)
    session.close()
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
