"""Times Penumbra and its peers side by side: `make bench`.

Runs `penumbra bench` and `torch_peer.py` in turn and takes medians over the rounds; nothing else should be running. The
peers try all settings in the first round, and use their best in the others. Prints a table in Markdown.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "../..")


# Limits PyTorch, OpenVINO and oneDNN to AVX2, and OpenBLAS to its kernel for it.
AVX2 = {"ATEN_CPU_CAPABILITY": "avx2", "DNNL_MAX_CPU_ISA": "AVX2", "ONEDNN_MAX_CPU_ISA": "AVX2",
        "PENUMBRA_ISA": "avx2", "OPENBLAS_CORETYPE": "Haswell"}


def output(environment, *command):
    environment = {**os.environ, **environment}
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout)


def processor():
    """The processor's name as the system gives it, with family and model."""
    lines = dict(line.split("\t: ") for line in open("/proc/cpuinfo").read().split("\n\n")[0].splitlines()
                 if "\t: " in line)
    field = lambda name: next((value for key, value in lines.items() if key.strip() == name), "?")
    return f"{field('model name')}, family {field('cpu family')} model {field('model')}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--positions", "--places", type=int, default=2000)
    parser.add_argument("--network", nargs="+", default=["spin", "pare"])
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--isa", choices=["native", "avx2"], default="native",
                        help="instruction level that all programs are limited to")
    options = parser.parse_args()
    level = AVX2 if options.isa == "avx2" else {}
    precision = ["--precision", options.precision]
    ours, theirs, best, ceilings, memory = {}, {}, {}, [], 0
    for turn in range(options.rounds):
        for network in options.network:
            print(f"round {turn + 1} of {options.rounds}, {network}", file=sys.stderr)
            chosen = ["--setting", *best[network].values()] if network in best else []
            peer = output(level, sys.executable, f"{HERE}/torch_peer.py", network, *precision, *chosen)
            best.setdefault(network, peer["best"])
            for library, setting in best[network].items():
                theirs.setdefault((network, library), []).append(peer["crops_per_second"][setting])
            report = output(level, f"{ROOT}/.build/release/penumbra", "bench", "--network", network, "--places",
                            str(options.positions), *precision, "--json")
            for result in report["results"]:
                ours.setdefault((network, result["mode"]), []).append(result)
            ceilings.append(report["ceiling_gflops"])
            memory = max(memory, report["peak_memory_mb"])
            kernels = report["kernels"]
    print("| network | method | positions/s | share of the ceiling | bound | share of the bound "
          "| relative to PyTorch's best |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for network in options.network:
        rate = statistics.median(theirs[network, "torch"])
        for library, setting in best[network].items():
            other = statistics.median(theirs[network, library])
            print(f"| {network} | {setting} | {other:.1f} | | | | {other / rate:.2f} |")
        for (name, mode), results in ours.items():
            if name != network:
                continue
            middle = lambda key: statistics.median(r[key] for r in results)
            speed = middle("positions_per_second" if "positions_per_second" in results[0] else "places_per_second")
            share = f"{100 * middle('share_of_bound'):.0f} %" if results[0].get("share_of_bound") else ""
            print(f"| {network} | penumbra {mode} | {speed:.1f} | "
                  f"{100 * middle('share_of_ceiling'):.0f} % | {middle('bound'):.2f} | {share} | "
                  f"{speed / rate:.2f} |")
    print(f"\n{processor()}; {kernels}.")
    print(f"Ceiling {statistics.median(ceilings):.0f} GFLOP/s; Penumbra's peak memory {memory:.0f} MB; medians of "
          f"{options.rounds} rounds, {options.precision}.")


if __name__ == "__main__":
    main()
