"""A worker for tests, with Python's own library alone: every joint is as far away as its pixel of the picture is bright.

Joints are those of `common12`; joint j looks at row ROWS[j], column COLUMNS[j] of a picture of 32 by 32 pixels, which is the
network's input as it is. Depth is the mean of the pixel's colours / 255, in metres. What follows the file's name is what goes
wrong: `die:3` at the third ask, `hang:1`, `fail:2`, `rubbish:1`, and others; see `told`.
"""
import json
import os
import signal
import struct
import sys
import time

SIDE = 32
ROWS = [2 * j + 4 for j in range(12)]
COLUMNS = [(5 * j + 3) % SIDE for j in range(12)]
CODES = {"F32": "f", "F64": "d", "U8": "B", "I32": "i"}
FAULT, _, AT = (sys.argv[1] if len(sys.argv) > 1 else "").partition(":")
AT = int(AT or 1)
SECONDS = float(os.environ.get("PIXEL_WORKER_SECONDS", 0))
LOG = os.environ.get("PIXEL_WORKER_LOG")
EXTRAS = ("extras", "extra-shape", "maps")
# How large a pixel of the input is in the picture.
SCALE = {"tiny": 2e-4, "coarse": 1e6}.get(FAULT, 1)


def write(say, arrays=(), **texts):
    header, data = {"__metadata__": {"say": say, **texts}}, b""
    for name, kind, shape, values in arrays:
        part = struct.pack(f"<{len(values)}{CODES[kind]}", *values)
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(data), len(data) + len(part)]}
        data += part
    text = json.dumps(header).encode()
    sys.stdout.buffer.write(struct.pack("<Q", len(text)) + text + data)
    sys.stdout.buffer.flush()


def read():
    start = sys.stdin.buffer.read(8)
    if len(start) < 8:
        sys.exit(0)
    header = json.loads(sys.stdin.buffer.read(struct.unpack("<Q", start)[0]))
    texts = header.pop("__metadata__")
    data = sys.stdin.buffer.read(max((entry["data_offsets"][1] for entry in header.values()), default=0))
    arrays = {}
    for name, entry in header.items():
        first, end = entry["data_offsets"]
        code = CODES[entry["dtype"]]
        arrays[name] = (entry["shape"], struct.unpack(f"<{(end - first) // struct.calcsize(code)}{code}", data[first:end]))
    return texts, arrays


def fails(kind, ask):
    return FAULT == kind and ask >= AT


def depth(picture, filler, window, offset, masks, row, column):
    """The mean of a pixel's colours, the occluder over it where the window is."""
    colours = picture[3 * (SIDE * row + column):][:3]
    y0, x0, y1, x1 = window
    if not (y0 <= row < y1 and x0 <= column < x1):
        return sum(colours) / 765
    cover = 1.0
    if masks:
        (_, height, width), values = masks
        cover = values[(row - y0 + offset[0]) * width + column - x0 + offset[1]] / 255
    if len(filler) > 3:
        filler = filler[3 * (SIDE * row + column):][:3]
    return sum(cover * f + (1 - cover) * c for f, c in zip(filler, colours)) / 765


hello = {"protocol": "penumbra-worker/1", "name": "pixels", "fingerprint": "pixels-1", "joints": "common12", "batch": "8"}
if FAULT == "version":
    hello["protocol"] = "penumbra-worker/2"
if FAULT == "another":
    hello["fingerprint"] = "pixels-2"
if FAULT == "names":
    hello["joints"] = json.dumps(["left_hip", "right_hip", "nose"] + [f"point_{i}" for i in range(9)])
    hello["root"] = "midhip"
if FAULT == "body":
    del hello["joints"]
    hello["body"] = "smplx"
if FAULT in EXTRAS:
    hello["gives"] = '["confidence", "uncertainty", "attention", "camera", "something of a later version"]'
if FAULT == "silent":
    time.sleep(1000)
if FAULT == "slow-start":
    time.sleep(1)
write("hello", **hello)
pictures, asks = {}, 0
while True:
    texts, arrays = read()
    if texts["say"] == "close":
        pictures.pop(texts["id"], None)
        continue
    if texts["say"] not in ("open", "ask"):
        continue
    if texts["say"] == "open":
        (height, width, _), pixels = arrays["picture"]
        if (height, width) != (SIDE, SIDE):
            write("failed", id=texts["id"], kind="input", text=f"a picture of {height} by {width}")
            continue
        pictures[texts["id"]] = (pixels, arrays["filler"][1])
        answer = {"id": texts["id"], "size": json.dumps([SIDE, SIDE])}
        if FAULT == "active":
            answer["active"] = "[0, 8, 32, 24]"
        if FAULT == "size":
            answer["size"] = "[0, 32]"
        write("opened", [("to_picture", "F64", [2, 3], [SCALE, 0, 0, 0, SCALE, 0]), ("shown", "U8", [SIDE, SIDE, 3], pixels)], **answer)
        continue
    asks += 1
    count, windows = arrays["windows"][0][0], arrays["windows"][1]
    if LOG:
        with open(LOG, "a") as log:
            log.write(f"{os.getpid()} {count}\n")
    time.sleep(SECONDS * count)
    if fails("die", asks):
        sys.stderr.write("first words\nNo more of this.\n")
        sys.stderr.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    if fails("leave", asks):
        sys.stderr.write("RuntimeError: out of luck\n")
        sys.exit(3)
    if fails("hang", asks):
        time.sleep(1000)
    if fails("rubbish", asks):
        print("Loading checkpoint shards: 100%", flush=True)
        continue
    if fails("cut", asks):
        sys.stdout.buffer.write(struct.pack("<Q", 500) + b"{")
        sys.stdout.buffer.flush()
        sys.exit(0)
    if fails("fail", asks):
        write("failed", id=texts["id"], number=texts["number"], kind="internal", text="ValueError: nothing to see")
        continue
    if fails("memory", asks):
        write("failed", id=texts["id"], number=texts["number"], kind="memory", text="CUDA out of memory")
        continue
    masks, offsets = arrays.get("masks"), arrays.get("offsets", ([], [0] * 2 * count))[1]
    pixels, filler = pictures[texts["id"]]
    joints = []
    for i in range(count):
        window, offset = windows[4 * i:4 * i + 4], offsets[2 * i:2 * i + 2]
        if fails("miss", asks) and window[0] <= 4 and window[2] > 0:
            joints += [float("nan")] * 36
            continue
        for row, column in zip(ROWS, COLUMNS):
            joints += [column / SIDE, row / SIDE, depth(pixels, filler, window, offset, masks, row, column)]
    if fails("infinite", asks):
        joints[5] = float("inf")
    if fails("part", asks):
        joints[5] = float("nan")
    shape = [count, 12, 3] if not fails("shape", asks) else [count, 36]
    answer = [("joints", "F32", shape, joints)] if not fails("nothing", asks) else []
    if FAULT in EXTRAS:
        answer += [
            ("confidence", "F32", [count, 12], [.5] * 12 * count), ("camera", "F32", [count, 3], [.9, .1, -.1] * count),
            ("uncertainty", "F32", [count, 11 if FAULT == "extra-shape" else 12], [.01] * (11 if FAULT == "extra-shape" else 12) * count)]
        if "attention" in texts["want"]:
            rows = 3 if fails("maps", asks) else 2
            answer.append(("attention", "F32", [count, rows, 3, 12], [2.0] * 36 * rows * count))
    identity = "another" if fails("id", asks) else texts["id"]
    number = "0" if fails("number", asks) else texts["number"]
    write("opened" if fails("word", asks) else "told", answer, id=identity, number=number)
