"""Damaging files: bytes of any file, and the numbers and structure of JSON, arrays and weight files."""

import io
import json
import struct
import zipfile

ABSURD = [1e30, -1e30, 1e300, -1, 0, -0.0, float("nan"), float("inf"), -float("inf"), 1e-40, 2 ** 31, 2 ** 32 + 1, 2 ** 53 + 1,
          2 ** 63, -2 ** 63, 10 ** 30, 1e18, 0.5, 65536, None, True, [], {}, "", "NaN", "../../outside", "/etc/passwd",
          "\x1b[31mred\x1b]0;title\x07", "a" * 300, "line\nbreak", "\u202eabc", [[]], [1e30] * 3, {"": None}]


def damaged(data, random):
    """Bytes with bits flipped, pieces cut out, repeated, moved or overwritten."""
    data = bytearray(data)
    for _ in range(random.choice([1, 1, 1, 2, 5])):
        if not data:
            break
        start = random.randrange(len(data))
        # The beginning says what a file is, and how long its parts are.
        if random.random() < 0.4:
            start = random.randrange(min(len(data), 200))
        size = random.choice([1, 2, 4, 8, 64, 1024])
        kind = random.choice(["flip", "flip", "cut", "truncate", "repeat", "fill", "number"])
        if kind == "flip":
            data[start] ^= 1 << random.randrange(8)
        elif kind == "cut":
            del data[start:start + size]
        elif kind == "truncate":
            del data[start:]
        elif kind == "repeat":
            to = random.randrange(len(data))
            data[to:to] = data[start:start + size]
        elif kind == "fill":
            data[start:start + size] = bytes([random.choice([0, 255, 127, 128])]) * len(data[start:start + size])
        else:
            form = random.choice(["<I", ">I", "<H", ">H", "<f", "<Q"])
            number = random.choice([1e30, float("nan")]) if form == "<f" else random.choice([0, 1, 0x7FFF, 0xFFFF])
            if form[1] in "IQ":
                number = random.choice([number, 0x7FFFFFFF, 0xFFFFFFFF])
            piece = struct.pack(form, number)
            data[start:start + len(piece)] = piece
    return bytes(data)


def nodes(value, path=()):
    """Every place in a JSON value."""
    yield path
    for key, child in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from nodes(child, (*path, key))


def restructured(value, random):
    """A JSON value with some nodes made absurd, left out, doubled, exchanged or nested."""
    value = json.loads(json.dumps(value))
    for _ in range(random.choice([1, 1, 1, 2, 4])):
        places = [p for p in nodes(value) if p]
        if not places:
            return random.choice(ABSURD)
        # Keys near the root as often as the many numbers of lists.
        depth = random.choice(sorted({len(p) for p in places}))
        *path, last = random.choice([p for p in places if len(p) == depth])
        holder = value
        for key in path:
            holder = holder[key]
        kind = random.choice(["absurd", "absurd", "absurd", "remove", "double", "nest", "scale"])
        text = holder[last]
        if isinstance(text, str) and text.startswith(("{", "[")) and random.random() < 0.8:
            # JSON within JSON, as the settings and notes of a record are.
            holder[last] = json.dumps(restructured(json.loads(text), random))
        elif kind == "remove":
            del holder[last]
        elif kind == "double" and isinstance(holder, list):
            holder[last:last] = [holder[last]] * random.choice([1, 2, 1000])
        elif kind == "nest":
            for _ in range(random.choice([1, 3, 100])):
                holder[last] = [holder[last]]
        elif kind == "scale" and isinstance(holder[last], (int, float)) and abs(holder[last]) < 1e200:
            holder[last] *= random.choice([-1, 1e3, 1e6, 1e12, 1e30, 1e-30])
        else:
            holder[last] = random.choice(ABSURD)
    return value


def json_text(data, random):
    """JSON changed by structure; numbers such as NaN are written as Python and JavaScript write them."""
    value = restructured(json.loads(data), random)
    text = json.dumps(value, ensure_ascii=random.random() < 0.5)
    if random.random() < 0.05:
        text = text.replace("{", '{"a": 1, "a": 2, ', 1)
    return text.encode("utf-8", "surrogatepass")


def array(data, random):
    """A file of NumPy's with absurd numbers, or another shape or type in its header."""
    start = 10 + struct.unpack_from("<H", data, 8)[0]
    header, body = data[:start], bytearray(data[start:])
    if random.random() < 0.2:
        return damaged(header, random) + bytes(body)
    form = next((f for name, f in ((b"<f4", "<f"), (b"<f8", "<d"), (b"<u4", "<I"), (b"<i4", "<i")) if name in header), None)
    if form is None or len(body) < 8:
        return header + damaged(body, random)
    numbers = [1e30, -1e30, float("nan"), float("inf"), 1e18, -1, 0, 1e6, 3e38, 1e-40] if form in ("<f", "<d") else (
        [0, 1, 0x7FFFFFFF, 1000, 99999])
    number = random.choice(numbers)
    size = struct.calcsize(form)
    total = len(body) // size
    count = min(random.choice([1, 1, 5, total]), total)
    for index in range(count):
        at = (random.randrange(total) if count < total else index) * size
        struct.pack_into(form, body, at, number)
    return header + bytes(body)


def rows(data, random):
    """A dataset in which a person or all have an absurd pose, shape or box, and all else is right."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(out, "w") as changed:
        chosen = random.choice(["pose", "shape", "center", "scale"])
        number = random.choice([1e18, -1e18, 1e30, 3e38, 1e9, 1e6, 1e-40, 0.0, -1.0])
        for name in archive.namelist():
            content = bytearray(archive.read(name))
            if name == f"{chosen}.npy":
                start = 10 + struct.unpack_from("<H", content, 8)[0]
                total = (len(content) - start) // 4
                for place in random.sample(range(total), random.choice([1, 1, min(total, 10), total])):
                    struct.pack_into("<f", content, start + 4 * place, number)
            changed.writestr(name, bytes(content))
    return out.getvalue()


def shape(data, random):
    """An array of a record that says it is far larger than it is, in one chunk or in many."""
    value = json.loads(data)
    side = random.choice([9400, 9400, 100_000, 2 ** 31, 2 ** 40])
    value["shape"] = [side if n > 4 else n for n in value["shape"]]
    grid = value["chunk_grid"]["configuration"]
    if random.random() < 0.7:
        grid["chunk_shape"] = [side if n > 4 else n for n in grid["chunk_shape"]]
    return json.dumps(value).encode()


def benchmark(data, random):
    """The definition of a benchmark changed by structure, yet no more work than before."""
    before = json.loads(data)
    while True:
        value = restructured(before, random)
        pictures = value.get("pictures") if isinstance(value, dict) else None
        rendered = pictures.get("rendered") if isinstance(pictures, dict) else None
        counts = [rendered.get("count"), rendered.get("side")] if isinstance(rendered, dict) else []
        if not any(isinstance(n, (int, float)) and n > 64 for n in counts) and (
                not isinstance(value, dict) or value.get("stride", 64) == 64):
            return json.dumps(value).encode("utf-8", "surrogatepass")


def arrays(data, random):
    """An npz with one array changed, its checksums right again."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(out, "w", random.choice([0, 8])) as changed:
        names = archive.namelist()
        chosen = random.choice(names)
        for name in names:
            content = archive.read(name)
            if name == chosen:
                kind = random.random()
                if kind < 0.08:
                    continue
                content = array(content, random) if kind < 0.8 and content[:6] == b"\x93NUMPY" else damaged(content, random)
            changed.writestr(name, content)
    return out.getvalue()


def safetensors(data, random):
    """A weight file with another header, or absurd weights."""
    size = struct.unpack_from("<Q", data)[0]
    header, body = json.loads(data[8:8 + size]), bytearray(data[8 + size:])
    if random.random() < 0.6:
        metadata = header.get("__metadata__", {})
        name = "penumbra.architecture"
        if name in metadata and random.random() < 0.5:
            metadata[name] = json.dumps(restructured(json.loads(metadata[name]), random))
        else:
            header = restructured(header, random)
    else:
        start = random.randrange(0, len(body) - 64, 2)
        count = random.choice([1, 16, 5000])
        piece = struct.pack("<e", random.choice([float("nan"), float("inf"), 60000, -60000])) * count
        body[start:start + len(piece)] = piece[:len(body) - start]
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(body)
