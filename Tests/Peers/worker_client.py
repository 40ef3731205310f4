"""Asks a worker by hand: starts it by a shell command, opens a picture, asks windows, gives arrays.

    worker_client.py COMMAND PICTURE [--box x,y,w,h] [--window y0,x0,y1,x1 ...] [--shown OUT.png]

docs/workers.md defines the messages; this is an implementation of its own, so that it shows when penumbra_worker.py
writes something else. Needs numpy; Pillow for pictures from files.
"""
import argparse
import json
import os
import struct
import subprocess

import numpy as np

GRAY = np.array([[[123.675, 116.28, 103.53]]], np.float32)  # 0 in ImageNet's normalisation
TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "u1", "BOOL": "?"}


class Client:
    def __init__(self, command):
        environment = {**os.environ, "PENUMBRA_WORKER": "1"}
        self.process = subprocess.Popen(
            ["sh", "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        self.hello, _ = self.read()

    def write(self, say, arrays=None, **texts):
        header, parts, end = {"__metadata__": {"say": say, **texts}}, [], 0
        for name, array in (arrays or {}).items():
            kind = {"float32": "F32", "int32": "I32", "uint8": "U8"}[str(array.dtype)]
            offsets = [end, end := end + array.nbytes]
            header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": offsets}
            parts.append(np.ascontiguousarray(array).tobytes())
        text = json.dumps(header).encode()
        self.process.stdin.write(struct.pack("<Q", len(text)) + text + b"".join(parts))
        self.process.stdin.flush()

    def read(self):
        """The texts and arrays of the next message."""
        stream = self.process.stdout
        head = stream.read(8)
        if len(head) < 8:
            raise EOFError(f"the worker has ended, status {self.process.wait()}")
        header = json.loads(stream.read(struct.unpack("<Q", head)[0]))
        texts = header.pop("__metadata__")
        data = stream.read(max((entry["data_offsets"][1] for entry in header.values()), default=0))
        arrays = {}
        for name, entry in header.items():
            start, end = entry["data_offsets"]
            if entry["dtype"] == "BF16":
                values = (np.frombuffer(data[start:end], "<u2").astype("<u4") << 16).view("<f4")
            else:
                values = np.frombuffer(data[start:end], TYPES[entry["dtype"]])
            arrays[name] = values.reshape(entry["shape"])
        if texts["say"] == "failed":
            raise RuntimeError(f"{texts['kind']}: {texts['text']}")
        return texts, arrays

    def open(self, picture, box=None, filler=GRAY, id="1"):
        arrays = {"picture": picture, "filler": filler}
        if box is not None:
            arrays["box"] = np.array(box, np.float32)
        self.write("open", arrays, id=id)
        return self.read()

    def ask(self, windows, want=("joints",), id="1"):
        windows = np.array(windows, np.int32).reshape(-1, 4)
        self.write("ask", {"windows": windows}, id=id, number="1", want=json.dumps(list(want)))
        return self.read()[1]

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command")
    parser.add_argument("picture")
    parser.add_argument("--box", type=lambda text: [float(n) for n in text.split(",")])
    parser.add_argument("--window", action="append", default=[], type=lambda text: [int(n) for n in text.split(",")])
    parser.add_argument("--shown")
    options = parser.parse_args()
    from PIL import Image

    client = Client(options.command)
    print("hello", client.hello)
    texts, arrays = client.open(np.array(Image.open(options.picture).convert("RGB")), options.box)
    print("opened", texts, {name: array.tolist() for name, array in arrays.items() if array.size < 10})
    if options.shown:
        Image.fromarray(arrays["shown"]).save(options.shown)
    wanted = ("joints", *json.loads(client.hello.get("gives") or "[]"))
    for name, array in client.ask([[0, 0, 0, 0], *options.window], wanted).items():
        moved = np.abs(array[1:] - array[:1]).reshape(len(array) - 1, -1).max(1)
        clean = f"{array[0].min():.4g} to {array[0].max():.4g}"
        print(f"told {name} {array.shape} {array.dtype}, clean {clean}, moved by", moved)
    print("status", client.close())


if __name__ == "__main__":
    main()
