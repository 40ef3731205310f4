"""Plays Penumbra's side of `penumbra sweep PICTURE --model 'NAME=worker: -'` for the tests."""
import json
import os
import sys

import numpy as np
import penumbra_worker as pw


def main():
    arguments = sys.argv[1:]
    options = dict(zip(arguments, arguments[1:]))
    incoming, outgoing = os.fdopen(0, "rb"), os.fdopen(1, "wb", buffering=0)
    if "--fail" in options:
        sys.exit(f"Error: {options['--fail']}")
    assert pw.decode(incoming)[0] == "hello"
    with open(arguments[1], "rb") as file:
        assert file.read(4) == b"\x89PNG"
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    outgoing.write(pw.encode("open", {"picture": picture, "filler": np.uint8([[[10, 20, 30]]])}, id="1"))
    assert pw.decode(incoming)[0] == "opened"
    print("sweeping", file=sys.stderr)
    windows = np.array([(0, 0, i, i) for i in range(4)], np.int32)
    outgoing.write(pw.encode("ask", {"windows": windows}, id="1", number=0, want="[]"))
    say, texts, arrays = pw.decode(incoming)
    if say != "told":
        sys.exit(f"Error: the worker {say}: {texts['text']}")
    import zarr

    name, stem = options["--model"].split("=")[0], os.path.splitext(os.path.basename(arguments[1]))[0]
    path = os.path.join(options["--out"], f"{stem}.{name}.square40.zarr")
    group = zarr.open_group(path, mode="w", attributes={"command": json.dumps(arguments)})
    group.create_array("error", data=arrays["joints"][:, 0, 0], dimension_names=["position"])
    zarr.consolidate_metadata(path)


main()
