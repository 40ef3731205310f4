"""Small files that cost much to read: what they say they hold is far more than they are."""

import io
import struct
import zipfile
import zlib

from works import npy


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(random, fixtures):
    """A picture of a pixel with texts that unpack to a gigabyte, or of absurd size with nothing in it."""
    side = random.choice([1, 1, 16000, 2 ** 31 - 1])
    text = chunk(random.choice([b"zTXt", b"iCCP"]), b"Comment\0\0" + zlib.compress(bytes(random.choice([2, 50]) << 20), 9))
    pixels = zlib.compress(bytes(4) if side == 1 else bytes(1 << 20), 9)
    return ".png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) + (
        text * random.choice([1, 20, 60])) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def jpeg(random, fixtures):
    """A picture whose scan comes again and again, of another size than it has."""
    names = sorted(p for p in (fixtures / "pictures").glob("*.jpg") if p.stat().st_size < 20000)
    data = random.choice(names).read_bytes()
    for marker in (b"\xff\xc0", b"\xff\xc1", b"\xff\xc2", b"\xff\xc9", b"\xff\xca"):
        at = data.find(marker)
        if at > 0:
            side = random.choice([4000, 16000, 65500])
            data = data[:at + 5] + struct.pack(">HH", side, side) + data[at + 9:]
            break
    start, end = data.rfind(b"\xff\xda"), data.rfind(b"\xff\xd9")
    return ".jpg", data[:start] + data[start:end] * random.choice([1, 50, 2000]) + data[end:]


def npz(random, fixtures):
    """Arrays of zeros, each a thousandth of its size in the file."""
    numbers = random.choice([1 << 20, 8 << 20, 31 << 20])
    entry = npy("<f4", (numbers,), bytes(4 * numbers))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in random.choice([["a"], ["pose", "betas"], ["v_template", "shapedirs", "J_regressor", "weights"]]):
            archive.writestr(f"{name}.npy", entry)
    return ".npz", out.getvalue()


def shared(random, fixtures):
    """A zip whose many names are all of one packed entry."""
    numbers, count = 1 << 22, random.choice([50, 1000, 20000])
    data = npy("<f4", (numbers,), bytes(4 * numbers))
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(data) + packer.flush()
    same = random.random() < 0.5
    entry = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, zlib.crc32(data), len(packed), len(data), 5, 0)
    file = b"PK\x03\x04" + entry + b"a.npy" + packed
    names = ["a.npy" if same else f"a{i}.npy" for i in range(count)]
    directory = b"".join(
        b"PK\x01\x02" + struct.pack("<H", 20) + entry[:-4] + struct.pack("<HHHHHII", len(n), 0, 0, 0, 0, 0, 0) + n.encode()
        for n in names)
    end = struct.pack("<HHHHIIH", 0, 0, min(count, 65535), min(count, 65535), len(directory), len(file), 0)
    return ".npz", file + directory + b"PK\x05\x06" + end


def json(random, fixtures):
    """Deep, wide or long."""
    count = random.choice([60, 5000, 2_000_000])
    return ".json", random.choice([
        b"[" * count, b'{"pose": ' + b"[" * 50 + b"0," * count + b"0" + b"]" * 50 + b"}", b'{"a":' * count,
        b"1" * count, b'{"pose": [' + b"1e5," * count + b'1], "betas": []}', b'"' + b"\\u0000" * count + b'"'])


KINDS = [png, jpeg, npz, shared, json]
