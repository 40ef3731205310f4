"""Kills a worker at random, again and again, while it is swept, and looks whether anything is lost.

    worker_kill.py [--times 100] [--seed 1] [--out DIR]

Every run of a sweep has its worker killed (SIGKILL) after a random time, until so many were killed; a last run of each sweep
finishes it. Then every array of its record must equal, byte for byte, that of an undisturbed sweep. A third of the sweeps are
adaptive, a third have two workers of which one is killed. Needs numpy, zarr and the built program.
"""
import argparse
import glob
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import zarr

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
PROGRAM = os.environ.get("PENUMBRA", f"{ROOT}/.build/release/penumbra")
WORKER = f"exec {sys.executable} {ROOT}/Examples/Workers/dummy_worker.py"
KINDS = {"every position": (1, ["--stride", "2"]), "adaptive": (1, ["--stride", "2", "--tolerance", "2mm"]),
         "two workers": (2, ["--stride", "2"])}


def command(out, kind):
    workers, options = KINDS[kind]
    models = ["--model", f"dummy=worker: {WORKER}"] * workers
    return [PROGRAM, "sweep", f"{ROOT}/Fixtures/people/person-1.png", "--out", out, *models, *options]


def children(process):
    """The workers of a running program."""
    found = []
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            fields = open(path).read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == process.pid:
            found.append(int(path.split("/")[2]))
    return found


def arrays(out):
    group = zarr.open_group(glob.glob(f"{out}/*.zarr")[0], mode="r")
    return {name: array[:] for name, array in group.arrays()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", default=f"{ROOT}/.build/worker-kill")
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    os.environ["DUMMY_WORKER_SECONDS"] = "0.0004"  # a position; so that a sweep lasts seconds
    shutil.rmtree(arguments.out, ignore_errors=True)
    wanted, seconds = {}, {}
    for kind in KINDS:
        start = time.time()
        subprocess.run(command(f"{arguments.out}/{kind}", kind), check=True, capture_output=True)
        wanted[kind], seconds[kind] = arrays(f"{arguments.out}/{kind}"), time.time() - start
    killed, sweeps, codes = 0, 0, {}
    while killed < arguments.times:
        kind = list(KINDS)[sweeps % len(KINDS)]
        out = f"{arguments.out}/{sweeps}"
        sweeps += 1
        for attempt in range(chance.randint(2, 6)):
            process = subprocess.Popen(command(out, kind), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            time.sleep(chance.uniform(0, 1) * seconds[kind])
            victims = children(process)
            if victims and process.poll() is None:
                try:
                    os.kill(chance.choice(victims), signal.SIGKILL)
                    killed += 1
                except ProcessLookupError:
                    pass
            words = process.communicate()[1].decode()
            codes[process.returncode] = codes.get(process.returncode, 0) + 1
            if process.returncode not in (0, 69):
                sys.exit(f"exit code {process.returncode}: {words}")
        subprocess.run(command(out, kind), check=True, capture_output=True)
        found = arrays(out)
        if set(found) != set(wanted[kind]):
            sys.exit(f"{out}: other arrays: {set(found) ^ set(wanted[kind])}")
        for name, array in found.items():
            if array.tobytes() != wanted[kind][name].tobytes():
                sys.exit(f"{out}: {name} differs by {np.nanmax(np.abs(array - wanted[kind][name]))}")
        shutil.rmtree(out)
    print(f"{killed} workers killed in {sweeps} sweeps, seed {arguments.seed}: all records equal undisturbed ones; "
          f"exit codes {codes}")


if __name__ == "__main__":
    main()
