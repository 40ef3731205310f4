"""Times PyTorch and, where it is installed, OpenVINO on the networks that `penumbra bench` times.

    torch_peer.py spin|pare|pare-r50 [--precision float32|bfloat16] [--setting NAME…] [--seconds S]

Whole passes over crops with a patch, as a script around a checkpoint makes them. Prints one JSON object: crops/s for
every setting that was tried, the best of two trials each, and the best setting of each library.
"""
import argparse
import json
import time

import networks
import torch

KINDS = {"pare": "hrnet", "pare-r50": "deconv"}


def spell(call, batch, seconds):
    """Crops/s, measured for about so many seconds."""
    start, count = time.perf_counter(), 0
    while True:
        call()
        count += batch
        passed = time.perf_counter() - start
        if passed > seconds:
            return count / passed


def settings(network, precision):
    """Names and calls: batches of 1, 4, 8 and 16, either memory format; OpenVINO in batches of 1 and 8."""
    for form in ["channels_last", "contiguous_format"]:
        made = network.to(memory_format=getattr(torch, form))
        for batch in [1, 4, 8, 16]:
            crops = torch.randn(batch, 3, 224, 224).contiguous(memory_format=getattr(torch, form))

            def call(made=made, crops=crops):
                with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
                    made(crops)

            yield f"torch {form} {batch}", batch, call
    try:
        import openvino
    except ImportError:
        return
    hint = {"INFERENCE_PRECISION_HINT": "bf16" if precision == "bfloat16" else "f32"}
    for batch in [1, 8]:
        crops = torch.randn(batch, 3, 224, 224)
        model = openvino.convert_model(network, example_input=crops)
        compiled = openvino.compile_model(model, "CPU", hint)
        values = crops.numpy()
        yield f"openvino {batch}", batch, lambda compiled=compiled, values=values: compiled(values)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("network", choices=["spin", *KINDS])
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--setting", nargs="+", help="time only these")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each trial")
    options = parser.parse_args()
    torch.manual_seed(1)
    network = networks.Spin() if options.network == "spin" else networks.Pare(KINDS[options.network])
    network.eval()
    rates = {}
    for name, batch, call in settings(network, options.precision):
        if options.setting and name not in options.setting:
            continue
        call()
        rates[name] = max(spell(call, batch, options.seconds) for _ in range(2))
    best = {}
    for name in sorted(rates, key=rates.get):
        best[name.split()[0]] = name
    print(json.dumps({"network": options.network, "precision": options.precision, "threads": torch.get_num_threads(),
                      "torch": torch.__version__, "crops_per_second": rates, "best": best}))


if __name__ == "__main__":
    main()
